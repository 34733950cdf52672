// What the islands share.

/** on listens on the whole document and calls back with the closest element that matches. */
export function on<K extends keyof DocumentEventMap>(
	type: K,
	selector: string,
	run: (target: HTMLElement, event: DocumentEventMap[K]) => void,
	capture = false,
): void {
	document.addEventListener(
		type,
		(event) => {
			const found = event.target instanceof Element ? event.target.closest<HTMLElement>(selector) : null;
			if (found) run(found, event);
		},
		capture,
	);
}

/** writable says whether keys typed into the element are text. */
export function writable(element: EventTarget | null): boolean {
	if (!(element instanceof HTMLElement)) return false;
	if (element.isContentEditable || element instanceof HTMLTextAreaElement || element instanceof HTMLSelectElement) return true;
	return element instanceof HTMLInputElement && !["checkbox", "radio", "button", "submit", "reset", "file"].includes(element.type);
}

/** dirty says whether somebody changed the field since the server wrote it. */
export function dirty(field: Element): boolean {
	if (field instanceof HTMLTextAreaElement) return field.value !== field.defaultValue;
	if (field instanceof HTMLInputElement) {
		if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
		if (field.type === "file") return (field.files?.length ?? 0) > 0;
		return field.type !== "hidden" && field.value !== field.defaultValue;
	}
	if (field instanceof HTMLSelectElement) {
		const options = [...field.options];
		// Without a chosen one, a browser shows the first of a single choice.
		if (!field.multiple && !options.some((o) => o.defaultSelected)) return field.selectedIndex > 0;
		return options.some((o) => o.selected !== o.defaultSelected);
	}
	return false;
}
