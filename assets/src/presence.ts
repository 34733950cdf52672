// Presence: tells the server every twenty seconds that this page is being looked at, and shows who else is here.
const every = 20_000;

export class PresenceElement extends HTMLElement {
	#timer = 0;

	connectedCallback(): void {
		void this.#beat();
		this.#timer = window.setInterval(() => void this.#beat(), every);
		document.addEventListener("visibilitychange", this.#seen);
		window.addEventListener("pagehide", this.#leave);
	}

	disconnectedCallback(): void {
		clearInterval(this.#timer);
		document.removeEventListener("visibilitychange", this.#seen);
		window.removeEventListener("pagehide", this.#leave);
		this.#leave();
	}

	#seen = (): void => {
		if (!document.hidden) void this.#beat();
	};

	#leave = (): void => {
		const href = this.getAttribute("href");
		if (href) void fetch(href, { method: "DELETE", keepalive: true }).catch(() => undefined);
	};

	async #beat(): Promise<void> {
		const href = this.getAttribute("href");
		if (!href || document.hidden) return;
		try {
			const answer = await fetch(href, { method: "POST", headers: { "HX-Request": "true", Accept: "text/html" }, redirect: "error" });
			if (!answer.ok) return;
			const html = answer.status === 204 ? "" : await answer.text();
			// Only what changed is written, so that screen readers do not hear the same names again.
			if (html.trim() !== this.innerHTML.trim()) this.innerHTML = html;
		} catch {
			return;
		}
	}
}
