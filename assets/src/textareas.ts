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
	for (const area of root.querySelectorAll<HTMLTextAreaElement>("textarea[data-draft]")) {
		if (area.dataset["draftKept"]) continue;
		area.dataset["draftKept"] = "yes";
		const key = prefix + (area.dataset["draft"] ?? "");
		const kept = read(key);
		if (kept && !area.value) {
			area.value = kept;
			area.dispatchEvent(new Event("input", { bubbles: true }));
		}
		area.addEventListener("input", () => write(key, area.value));
		// The draft goes when the form goes; if sending fails the server writes the text back into the field.
		area.form?.addEventListener("submit", () => write(key, ""));
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
