// Buttons that do a small thing in the page: ask first, copy, open a dialog, close a toast, show a password.
import { on } from "./dom";

export function confirmations(): void {
	const agreed = new WeakSet<HTMLElement>();
	let asked: HTMLElement | undefined;
	on(
		"click",
		"[data-confirm]",
		(button, event) => {
			const dialog = document.getElementById("confirm");
			if (agreed.delete(button) || !(dialog instanceof HTMLDialogElement)) return;
			event.preventDefault();
			event.stopPropagation();
			const question = dialog.querySelector("#confirm-question");
			if (question) question.textContent = button.dataset["confirm"] ?? "";
			asked = button;
			dialog.showModal();
		},
		true,
	);
	// The answer is taken from the form: the close event comes later, when the next question may already be open.
	document.addEventListener("submit", (event) => {
		const dialog = event.target instanceof HTMLFormElement ? event.target.closest<HTMLDialogElement>("dialog#confirm") : null;
		if (!dialog) return;
		event.preventDefault();
		dialog.close();
		if (!asked || !(event.submitter instanceof HTMLButtonElement) || event.submitter.value !== "yes") return;
		agreed.add(asked);
		asked.click();
	});
}

export function dialogs(): void {
	on("click", "[data-dialog]", (button, event) => {
		const dialog = document.getElementById(button.dataset["dialog"] ?? "");
		if (!(dialog instanceof HTMLDialogElement)) return;
		event.preventDefault();
		dialog.showModal();
	});
	// A click on the backdrop hits the dialog itself, outside of its box.
	document.addEventListener("click", (event) => {
		const dialog = event.target;
		if (!(dialog instanceof HTMLDialogElement) || !dialog.open) return;
		const box = dialog.getBoundingClientRect();
		const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
		if (!inside && event.detail > 0) dialog.close();
	});
	// The menu of narrow screens closes when somebody goes elsewhere.
	document.addEventListener("click", (event) => {
		const menu = document.querySelector<HTMLDetailsElement>("details.topbar-menu[open]");
		if (menu && event.target instanceof Node && !menu.contains(event.target)) menu.open = false;
	});
}

export function copying(): void {
	on("click", "[data-copy]", (button) => {
		void navigator.clipboard?.writeText(button.dataset["copy"] ?? "").then(() => {
			const label = button.querySelector(".visually-hidden");
			const before = button.title;
			button.title = button.dataset["copied"] ?? before;
			if (label) label.textContent = button.title;
			button.classList.add("is-copied");
			setTimeout(() => {
				button.title = before;
				if (label) label.textContent = before;
				button.classList.remove("is-copied");
			}, 2000);
		});
	});
}

export function dismissing(): void {
	on("click", "[data-dismiss]", (button) => button.closest(".toast")?.remove());
}

export function revealing(): void {
	on("click", "[data-reveal]", (button) => {
		const field = document.getElementById(button.dataset["reveal"] ?? "");
		if (!(field instanceof HTMLInputElement)) return;
		const shown = field.type === "text";
		field.type = shown ? "password" : "text";
		button.setAttribute("aria-pressed", String(!shown));
		field.focus();
	});
}
