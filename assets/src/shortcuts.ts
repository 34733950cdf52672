// Keys: "?" shows them all, j and k move in lists, o opens, "/" searches; buttons and links declare their own in data-key ("a", "g i"). A key of several with
// data-each goes from one to the next, and Enter presses the one it stands on. The second key of two has five seconds of the one who types: not
// everybody is quick, and a page that was busy meanwhile takes none of them away.
import { on, writable } from "./dom";

const together = 5_000;

export function shortcuts(): void {
	let pending = "";
	let since = 0;

	// What can be done with chosen lines is shown once there are any.
	on("change", "input.list-check", (box) => {
		const form = (box as HTMLInputElement).form?.closest("details");
		if (form && document.querySelector("input.list-check:checked")) form.open = true;
	});

	document.addEventListener("keydown", (event) => {
		if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
		if (writable(event.target)) {
			if (event.key === "Escape") (event.target as HTMLElement).blur();
			return;
		}
		if (document.querySelector("dialog[open]")) return;
		if (event.key.length !== 1 && event.key !== "Enter") return;

		let chord = pending && event.timeStamp - since < together ? `${pending} ${event.key}` : event.key;
		if (!keyed(chord)) chord = event.key; // what was begun leads nowhere
		pending = "";
		const target = keyed(chord);
		if (target) {
			event.preventDefault();
			if (writable(target)) target.focus();
			else if (target.hasAttribute("data-each") && same(chord).length > 1) next(same(chord));
			else if (target.localName === "summary") unfold(target);
			else target.click();
			return;
		}
		if (starts(event.key)) {
			pending = event.key;
			since = event.timeStamp;
			event.preventDefault();
			return;
		}
		if (builtin(event.key)) event.preventDefault();
	});
}

function visible(element: HTMLElement): boolean {
	return element.getClientRects().length > 0;
}

function declared(): HTMLElement[] {
	return [...document.querySelectorAll<HTMLElement>("[data-key]")].filter((e) => visible(e) && !e.hasAttribute("disabled"));
}

function same(chord: string): HTMLElement[] {
	return declared().filter((e) => e.dataset["key"] === chord);
}

function keyed(chord: string): HTMLElement | undefined {
	return same(chord)[0];
}

function next(all: HTMLElement[]): void {
	const to = all[(all.findIndex((e) => e === document.activeElement) + 1) % all.length];
	to?.focus();
	to?.scrollIntoView({ block: "nearest" });
}

function unfold(summary: HTMLElement): void {
	const folded = summary.closest("details");
	if (folded) folded.open = true;
	folded?.querySelector<HTMLElement>("input:not([type=hidden]), select, textarea")?.focus();
}

function starts(key: string): boolean {
	return declared().some((e) => e.dataset["key"]?.startsWith(`${key} `));
}

function builtin(key: string): boolean {
	switch (key) {
		case "?":
			return help();
		case "/": {
			const search = [...document.querySelectorAll<HTMLInputElement>("[data-search]")].find(visible);
			search?.select();
			search?.focus();
			return Boolean(search);
		}
		case "j":
			return move(1);
		case "k":
			return move(-1);
		case "x":
			return choose(false);
		case "X":
			return choose(true);
		case "o": {
			const line = current();
			const link = line?.querySelector<HTMLElement>("[data-open], a[href]");
			link?.click();
			return Boolean(link);
		}
	}
	return false;
}

function lines(): HTMLElement[] {
	return [...document.querySelectorAll<HTMLElement>("[data-list] > *")].filter(visible);
}

function current(): HTMLElement | undefined {
	return lines().find((l) => l.contains(document.activeElement)) ?? lines().find((l) => l.querySelector("[aria-current]"));
}

function move(by: number): boolean {
	const all = lines();
	if (all.length === 0) return false;
	const here = current();
	const at = here ? all.indexOf(here) + by : 0;
	const line = all[Math.max(0, Math.min(all.length - 1, at))];
	const link = line?.querySelector<HTMLElement>("[data-open], a[href], button, input");
	link?.focus();
	line?.scrollIntoView({ block: "nearest" });
	return Boolean(link);
}

// choose ticks the line where the focus is, or with shift all from the one ticked last, as mail programs do.
let ticked: HTMLInputElement | undefined;

function choose(many: boolean): boolean {
	const line = current();
	const box = line?.querySelector<HTMLInputElement>("input.list-check");
	if (!line || !box) return false;
	const all = lines();
	const from = ticked ? all.findIndex((l) => l.contains(ticked ?? null)) : -1;
	if (many && ticked && from >= 0) {
		const to = all.indexOf(line);
		for (const l of all.slice(Math.min(from, to), Math.max(from, to) + 1)) {
			const b = l.querySelector<HTMLInputElement>("input.list-check");
			if (b) b.checked = ticked.checked;
		}
	} else box.checked = !box.checked;
	ticked = box;
	box.dispatchEvent(new Event("change", { bubbles: true }));
	return true;
}

function help(): boolean {
	const overlay = document.getElementById("shortcuts");
	const list = overlay?.querySelector("[data-shortcuts]");
	if (!(overlay instanceof HTMLDialogElement) || !list) return false;
	for (const old of list.querySelectorAll("[data-found]")) old.remove();
	const always = new Map([...list.querySelectorAll("kbd")].map((k) => [k.textContent ?? "", k.closest("div")]));
	for (const row of always.values()) row?.toggleAttribute("hidden", false);
	const seen = new Set<string>();
	for (const element of declared()) {
		const key = element.dataset["key"] ?? "";
		if (seen.has(key)) continue;
		seen.add(key);
		always.get(key)?.toggleAttribute("hidden", true); // what the page says of a key comes first when it is pressed, too
		const row = document.createElement("div");
		row.dataset["found"] = "yes";
		const dt = document.createElement("dt");
		const kbd = document.createElement("kbd");
		kbd.textContent = key;
		dt.append(kbd);
		const dd = document.createElement("dd");
		const field = writable(element) ? (element as HTMLInputElement).labels?.[0] : undefined; // a list would tell all it holds
		const label = (field ?? element.querySelector(".nav-label") ?? element).cloneNode(true) as HTMLElement;
		for (const extra of label.querySelectorAll("kbd, .check-hint")) extra.remove();
		dd.textContent = (label.textContent ?? "").trim();
		row.append(dt, dd);
		list.append(row);
	}
	overlay.showModal();
	return true;
}
