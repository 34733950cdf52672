// The editor of Markdown: a toolbar, keys and a preview around a plain textarea. Changes go through the browser's own editing, so that
// undo takes them back.
const pause = 400;

export class MarkdownElement extends HTMLElement {
	#timer = 0;
	#asked = 0;

	#list: HTMLUListElement | null = null;
	#sought = 0;

	connectedCallback(): void {
		this.addEventListener("paste", this.#pasted);
		this.addEventListener("dragover", this.#over);
		this.addEventListener("drop", this.#dropped);
		this.addEventListener("focusout", this.#left);
		this.addEventListener("click", this.#click);
		this.addEventListener("keydown", this.#key);
		this.addEventListener("input", this.#typed);
	}

	disconnectedCallback(): void {
		clearTimeout(this.#timer);
		this.removeEventListener("paste", this.#pasted);
		this.removeEventListener("dragover", this.#over);
		this.removeEventListener("drop", this.#dropped);
		this.removeEventListener("focusout", this.#left);
		this.removeEventListener("click", this.#click);
		this.removeEventListener("keydown", this.#key);
		this.removeEventListener("input", this.#typed);
	}

	get #area(): HTMLTextAreaElement | null {
		return this.querySelector("textarea");
	}

	get #pane(): HTMLElement | null {
		return this.querySelector(".markdown-preview");
	}

	#click = (event: Event): void => {
		const button = event.target instanceof Element ? event.target.closest<HTMLButtonElement>("[data-do]") : null;
		if (!button || button.disabled) return;
		if (button.dataset["do"] === "preview") this.#look(button);
		else this.#do(button.dataset["do"] ?? "");
	};

	#key = (event: KeyboardEvent): void => {
		if (event.isComposing || this.#pick(event)) return;
		if (event.target instanceof HTMLButtonElement && event.target.closest("[role=toolbar]")) {
			this.#walk(event);
			return;
		}
		if (event.target !== this.#area || event.altKey || !(event.ctrlKey || event.metaKey)) return;
		const name = shortcut(event);
		if (!name) return;
		event.preventDefault();
		if (name === "send") this.#area?.form?.requestSubmit();
		else this.#do(name);
	};

	#typed = (event: Event): void => {
		if (event.target === this.#area) void this.#seek();
		if (event.target !== this.#area || this.#pane?.hidden !== false) return;
		clearTimeout(this.#timer);
		this.#timer = window.setTimeout(() => void this.#draw(), pause);
	};

	#pasted = (event: ClipboardEvent): void => {
		if (event.target === this.#area) this.#bring(event, event.clipboardData);
	};

	#over = (event: DragEvent): void => {
		if (this.hasAttribute("files") && event.dataTransfer?.types.includes("Files")) event.preventDefault();
	};

	#dropped = (event: DragEvent): void => this.#bring(event, event.dataTransfer);

	/** bring sends files and puts what shows them where the cursor is. */
	#bring(event: Event, data: DataTransfer | null): void {
		const files = [...(data?.files ?? [])];
		const area = this.#area;
		if (!area || !files.length || !this.hasAttribute("files")) return;
		event.preventDefault();
		void this.#send(area, files);
	}

	async #send(area: HTMLTextAreaElement, files: File[]): Promise<void> {
		this.#say(this.getAttribute("sending") ?? "");
		const form = new FormData();
		for (const f of files) form.append("files", f, f.name);
		try {
			const answer = await fetch(this.getAttribute("files") ?? "", { method: "POST", headers: { Accept: "text/plain" }, body: form, redirect: "error" });
			const text = await answer.text();
			const plain = answer.headers.get("Content-Type")?.startsWith("text/plain");
			if (!answer.ok || !plain) {
				this.#say(plain && text ? text : (this.getAttribute("unsent") ?? ""));
				return;
			}
			this.#say("");
			area.focus();
			const at = area.selectionEnd;
			const edge = at > 0 && area.value[at - 1] !== "\n" ? "\n\n" : "";
			write(area, at, at, `${edge}${text}\n`, edge.length + text.length + 1, edge.length + text.length + 1);
		} catch {
			this.#say(this.getAttribute("unsent") ?? "");
		}
	}

	#say(text: string): void {
		const status = this.querySelector(".markdown-status");
		if (status) status.textContent = text;
	}

	/** seek asks who can be mentioned by what stands between @ and the cursor. */
	async #seek(): Promise<void> {
		const area = this.#area;
		const address = this.getAttribute("names");
		const begun = area && area.selectionStart === area.selectionEnd ? /(?:^|[\s(])@([\p{L}\p{N}_-]{1,40})$/u.exec(area.value.slice(0, area.selectionStart)) : null;
		const asked = ++this.#sought;
		if (!area || !address || !begun) {
			this.#close();
			return;
		}
		try {
			const answer = await fetch(address + encodeURIComponent(begun[1] ?? ""), { headers: { Accept: "application/json" }, redirect: "error" });
			const names = answer.ok ? ((await answer.json()) as { handle: string; name: string }[]) : [];
			if (asked === this.#sought) this.#offer(area, names);
		} catch {
			this.#close();
		}
	}

	#offer(area: HTMLTextAreaElement, names: { handle: string; name: string }[]): void {
		this.#close();
		if (!names.length || document.activeElement !== area) return;
		const list = document.createElement("ul");
		list.className = "markdown-people";
		list.id = `${area.id}-people`;
		list.setAttribute("role", "listbox");
		list.setAttribute("aria-label", this.getAttribute("people") ?? "");
		names.forEach((n, i) => {
			const item = document.createElement("li");
			item.id = `${list.id}-${i}`;
			item.setAttribute("role", "option");
			item.dataset["handle"] = n.handle;
			item.append(n.name, " ");
			const handle = document.createElement("span");
			handle.textContent = `@${n.handle}`;
			item.append(handle);
			item.addEventListener("pointerdown", (e) => {
				e.preventDefault();
				this.#take(n.handle);
			});
			list.append(item);
		});
		area.after(list);
		this.#list = list;
		area.setAttribute("aria-autocomplete", "list");
		area.setAttribute("aria-controls", list.id);
		this.#mark(0);
	}

	#mark(to: number): void {
		[...(this.#list?.children ?? [])].forEach((item, i) => item.setAttribute("aria-selected", String(i === to)));
		const item = this.#list?.children[to];
		if (item) {
			this.#area?.setAttribute("aria-activedescendant", item.id);
			item.scrollIntoView({ block: "nearest" });
		}
	}

	/** pick is what keys do while people are offered. */
	#pick(event: KeyboardEvent): boolean {
		if (!this.#list || event.target !== this.#area || event.ctrlKey || event.metaKey || event.altKey) return false;
		const items = [...this.#list.children] as HTMLElement[];
		const at = items.findIndex((i) => i.getAttribute("aria-selected") === "true");
		switch (event.key) {
			case "ArrowDown":
				this.#mark((at + 1) % items.length);
				break;
			case "ArrowUp":
				this.#mark((at - 1 + items.length) % items.length);
				break;
			case "Enter":
			case "Tab":
				this.#take(items[at]?.dataset["handle"] ?? "");
				break;
			case "Escape":
				this.#close();
				break;
			default:
				return false;
		}
		event.preventDefault();
		return true;
	}

	#take(handle: string): void {
		const area = this.#area;
		this.#close();
		if (!area || !handle) return;
		const to = area.selectionStart;
		const from = area.value.lastIndexOf("@", to);
		if (from >= 0) write(area, from, to, `@${handle} `, handle.length + 2, handle.length + 2);
		this.#close();
	}

	#left = (event: FocusEvent): void => {
		if (event.target === this.#area) this.#close();
	};

	#close(): void {
		this.#sought++;
		this.#list?.remove();
		this.#list = null;
		this.#area?.removeAttribute("aria-activedescendant");
		this.#area?.removeAttribute("aria-controls");
	}

	/** walk moves between the buttons of the toolbar, of which one at a time is reached by tab. */
	#walk(event: KeyboardEvent): void {
		const buttons = [...this.querySelectorAll<HTMLButtonElement>("[role=toolbar] button:not(:disabled)")];
		const at = buttons.indexOf(event.target as HTMLButtonElement);
		const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
		if (to === undefined || buttons.length === 0) return;
		event.preventDefault();
		const next = buttons[(to + buttons.length) % buttons.length];
		for (const b of buttons) b.tabIndex = b === next ? 0 : -1;
		next?.focus();
	}

	#do(name: string): void {
		const area = this.#area;
		if (!area || area.disabled || area.readOnly) return;
		area.focus();
		switch (name) {
			case "bold":
				wrap(area, "**", this.#words());
				break;
			case "italic":
				wrap(area, "*", this.#words());
				break;
			case "code":
				code(area, this.#words());
				break;
			case "link":
				link(area, this.#words());
				break;
			case "quote":
				lines(area, "> ");
				break;
			case "list":
				lines(area, "- ");
				break;
		}
	}

	#words(): string {
		return this.getAttribute("words") ?? "";
	}

	#look(button: HTMLButtonElement): void {
		const pane = this.#pane;
		if (!pane) return;
		pane.hidden = !pane.hidden;
		button.setAttribute("aria-expanded", String(!pane.hidden));
		if (!pane.hidden) void this.#draw();
	}

	async #draw(): Promise<void> {
		const area = this.#area;
		const pane = this.#pane;
		const address = this.getAttribute("preview");
		if (!area || !pane || !address) return;
		const asked = ++this.#asked;
		if (!area.value.trim()) {
			pane.textContent = this.getAttribute("empty");
			return;
		}
		try {
			const answer = await fetch(address, {
				method: "POST",
				headers: { "HX-Request": "true", Accept: "text/html" },
				body: new URLSearchParams({ text: area.value }),
				redirect: "error",
			});
			const html = await answer.text();
			if (asked !== this.#asked) return; // somebody typed on
			if (!answer.ok) throw new Error(answer.statusText);
			pane.innerHTML = html;
		} catch {
			if (asked === this.#asked) pane.textContent = this.getAttribute("failed");
		}
	}
}

function shortcut(event: KeyboardEvent): string {
	if (event.key === "Enter" && !event.shiftKey) return "send";
	if (event.shiftKey) {
		if (event.code === "Period") return "quote";
		if (event.code === "Digit8") return "list";
		return "";
	}
	return { b: "bold", i: "italic", k: "link", e: "code" }[event.key.toLowerCase()] ?? "";
}

/** write replaces a part of the text and selects from start to end, counted from where the part begins. */
function write(area: HTMLTextAreaElement, from: number, to: number, text: string, start: number, end: number): void {
	area.setSelectionRange(from, to);
	// The only way to change a textarea that undo knows of; deprecated for pages that edit HTML, and kept by all browsers.
	if (!document.execCommand("insertText", false, text) || area.value.slice(from, from + text.length) !== text) {
		area.setRangeText(text, from, to, "end");
		area.dispatchEvent(new InputEvent("input", { bubbles: true }));
	}
	area.setSelectionRange(from + start, from + end);
}

/** chosen is the selection without white space around it. */
function chosen(area: HTMLTextAreaElement): [number, number, string] {
	let from = area.selectionStart;
	let to = area.selectionEnd;
	while (from < to && /\s/.test(area.value[from] ?? "")) from++;
	while (to > from && /\s/.test(area.value[to - 1] ?? "")) to--;
	return [from, to, area.value.slice(from, to)];
}

function wrap(area: HTMLTextAreaElement, mark: string, words: string): void {
	const [from, to, text] = chosen(area);
	const n = mark.length;
	const before = area.value.slice(0, from);
	const after = area.value.slice(to);
	const sign = mark[0] ?? "";
	const row = (s: string, end: boolean): number => (end ? s.length - trimEnd(s, sign).length : s.length - trimStart(s, sign).length);
	const outside = Math.min(row(before, true), row(after, false));
	const inside = Math.min(row(text, false), row(text, true));
	// Of three signs one is for italic and two are for bold.
	const has = (count: number): boolean => count >= n && !(n === 1 && count === 2);
	if (text && has(outside)) {
		write(area, from - n, to + n, text, 0, text.length);
	} else if (text.length > 2 * n && has(inside)) {
		const bare = text.slice(n, -n);
		write(area, from, to, bare, 0, bare.length);
	} else {
		const what = text || words;
		write(area, from, to, mark + what + mark, n, n + what.length);
	}
}

function trimEnd(s: string, sign: string): string {
	let end = s.length;
	while (end > 0 && s[end - 1] === sign) end--;
	return s.slice(0, end);
}

function trimStart(s: string, sign: string): string {
	let start = 0;
	while (start < s.length && s[start] === sign) start++;
	return s.slice(start);
}

function code(area: HTMLTextAreaElement, words: string): void {
	const text = area.value.slice(area.selectionStart, area.selectionEnd);
	if (!text.includes("\n")) {
		wrap(area, "`", words);
		return;
	}
	const [from, to] = whole(area);
	const block = area.value.slice(from, to);
	const fence = "`".repeat(Math.max(3, 1 + Math.max(0, ...[...block.matchAll(/`{3,}/g)].map((m) => m[0].length))));
	const edge = from > 0 ? "\n" : "";
	write(area, from, to, `${edge}${fence}\n${block}\n${fence}`, edge.length + fence.length + 1, edge.length + fence.length + 1 + block.length);
}

function link(area: HTMLTextAreaElement, words: string): void {
	const [from, to, text] = chosen(area);
	if (/^https?:\/\/\S+$/.test(text)) {
		write(area, from, to, `[${words}](${text})`, 1, 1 + words.length);
		return;
	}
	const what = text || words;
	const start = what.length + 3;
	write(area, from, to, `[${what}](https://)`, start, start + 8);
}

/** whole are the lines that the selection touches. */
function whole(area: HTMLTextAreaElement): [number, number] {
	const from = area.value.lastIndexOf("\n", area.selectionStart - 1) + 1;
	const last = area.selectionEnd > area.selectionStart && area.value[area.selectionEnd - 1] === "\n" ? area.selectionEnd - 1 : area.selectionEnd;
	const end = area.value.indexOf("\n", last);
	return [from, end < 0 ? area.value.length : end];
}

function lines(area: HTMLTextAreaElement, mark: string): void {
	const [from, to] = whole(area);
	const all = area.value.slice(from, to).split("\n");
	const marked = all.every((l) => l.startsWith(mark));
	const text = all.map((l) => (marked ? l.slice(mark.length) : mark + l)).join("\n");
	// A quote or list of one empty line is begun: the words go after its mark.
	if (all.length === 1) write(area, from, to, text, text.length, text.length);
	else write(area, from, to, text, 0, text.length);
}
