// Textareas that grow with their text and keep what was not sent.
const prefix = "entente.draft.";

/** growing is for browsers that do not know the CSS property for it. */
export function growing(root: ParentNode): void {
	if (CSS.supports("field-sizing", "content")) return;
	for (const area of root.querySelectorAll<HTMLTextAreaElement>("textarea[data-autosize]")) {
		const grow = (): void => {
			area.style.height = "auto";
			area.style.height = `${area.scrollHeight + 2}px`;
		};
		area.addEventListener("input", grow);
		if (area.value) grow();
	}
}

export function drafts(root: ParentNode): void {
	forgetSaid();
	for (const area of root.querySelectorAll<HTMLTextAreaElement | HTMLInputElement>("[data-draft]")) {
		if (area.dataset["draftKept"]) continue;
		area.dataset["draftKept"] = "yes";
		const key = prefix + (area.dataset["draft"] ?? "");
		const kept = read(key);
		const stays = area.dataset["draftStays"];
		if (stays === "over") {
			changed(area, key, kept);
			continue;
		}
		if (kept && (!area.value || stays === "after")) {
			const more = area.value.trim();
			area.value = more && !kept.includes(more) ? `${kept}\n\n${area.value}` : kept;
			const folded = area.closest("details");
			if (folded) folded.open = true;
			area.dispatchEvent(new Event("input", { bubbles: true }));
		}
		area.addEventListener("input", () => write(key, area.value));
		// The draft goes when the form goes; if sending fails the server writes the text back into the field. One that stays waits until the server
		// says that it has the words.
		if (!stays) area.form?.addEventListener("submit", () => write(key, ""));
	}
}

// Words that are there already: what was begun of changing them takes their place, the form says so, and gives them back when it is reset.
function changed(area: HTMLTextAreaElement | HTMLInputElement, key: string, kept: string | null): void {
	if (kept && kept !== area.value) {
		area.value = kept;
		const told = area.form?.querySelector<HTMLElement>("[data-draft-told]");
		if (told) told.hidden = false;
		area.dispatchEvent(new Event("input", { bubbles: true }));
	}
	area.addEventListener("input", () => write(key, area.value === area.defaultValue ? "" : area.value));
	area.form?.addEventListener("reset", () => write(key, ""));
}

// The server names in a cookie the words that it has.
function forgetSaid(): void {
	const said = /(?:^|; )said=([a-z0-9.-]+)/.exec(document.cookie)?.[1];
	if (!said) return;
	document.cookie = "said=; path=/; max-age=0";
	try {
		for (const key of Object.keys(localStorage)) if (key.startsWith(`${prefix}${said}.`)) localStorage.removeItem(key);
	} catch {
		return;
	}
}

// Storage may be full or forbidden; a draft is a courtesy.
function read(key: string): string | null {
	try {
		return localStorage.getItem(key);
	} catch {
		return null;
	}
}

function write(key: string, text: string): void {
	try {
		if (text.trim()) localStorage.setItem(key, text);
		else localStorage.removeItem(key);
	} catch {
		return;
	}
}
