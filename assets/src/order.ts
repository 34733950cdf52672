// Rows with data-order can be dragged by their handle; the hidden data-place of each then holds where it goes. The buttons do the same
// without script, and saving is left to the form.
export function ordering(): void {
	document.querySelectorAll<HTMLTableSectionElement>("tbody:has(> [data-order])").forEach((body) => {
		let dragged: HTMLTableRowElement | null = null;
		const rows = (): HTMLTableRowElement[] => [...body.querySelectorAll<HTMLTableRowElement>(":scope > [data-order]")];
		const place = (row: Element): HTMLInputElement | null => row.querySelector<HTMLInputElement>("[data-place]");
		rows().forEach((row) => {
			const handle = row.querySelector<HTMLElement>("[data-handle]");
			if (!handle) return;
			handle.hidden = false;
			handle.draggable = true;
			handle.addEventListener("dragstart", (e) => {
				dragged = row;
				e.dataTransfer?.setDragImage(row, 20, 20);
				if (e.dataTransfer) e.dataTransfer.effectAllowed = "move";
				row.classList.add("is-dragged");
			});
			handle.addEventListener("dragend", () => {
				row.classList.remove("is-dragged");
				dragged = null;
			});
			row.addEventListener("dragover", (e) => {
				if (!dragged || dragged === row) return;
				e.preventDefault();
				const box = row.getBoundingClientRect();
				row[e.clientY > box.top + box.height / 2 ? "after" : "before"](dragged);
				rows().forEach((r, n) => {
					const p = place(r);
					if (p) p.value = String(n + 1);
				});
			});
			row.addEventListener("drop", (e) => e.preventDefault());
		});
	});
}
