// The theme switch without a new page; the server keeps the choice.
export function themes(): void {
	document.addEventListener("submit", (event) => {
		const form = event.target;
		const button = event.submitter;
		if (!(form instanceof HTMLFormElement) || !form.matches("[data-theme-switch]") || !(button instanceof HTMLButtonElement)) return;
		event.preventDefault();
		const theme = button.value;
		if (theme) document.documentElement.dataset["theme"] = theme;
		else delete document.documentElement.dataset["theme"];
		for (const other of document.querySelectorAll<HTMLButtonElement>("[data-theme-switch] button")) {
			if (other.value === theme) other.setAttribute("aria-current", "true");
			else other.removeAttribute("aria-current");
		}
		const body = new URLSearchParams(new FormData(form) as unknown as Record<string, string>);
		body.set("theme", theme);
		// Whoever goes on at once has chosen all the same.
		void fetch(form.action, { method: "POST", body, redirect: "manual", keepalive: true }).catch(() => undefined);
	});
}
