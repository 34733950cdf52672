// A presentation: arrows, space and Page keys turn pages, f fills the screen, Escape leaves. Without this the links do the same.
import { on, writable } from "./dom";

export class SlidesElement extends HTMLElement {
	connectedCallback(): void {
		document.addEventListener("keydown", this.#key);
		this.addEventListener("click", this.#click);
	}

	disconnectedCallback(): void {
		document.removeEventListener("keydown", this.#key);
		this.removeEventListener("click", this.#click);
	}

	#way(name: string): HTMLElement | null {
		return this.querySelector(`[data-slide="${name}"]`);
	}

	#key = (event: KeyboardEvent): void => {
		if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || writable(event.target)) return;
		const ways: Record<string, string> = { ArrowRight: "next", PageDown: "next", ArrowLeft: "back", PageUp: "back", f: "full", Escape: "leave" };
		// Space on a link or a button is theirs.
		const name = event.key === " " && !(event.target instanceof HTMLElement && event.target.closest("a, button, summary")) ? "next" : ways[event.key];
		if (!name || (name === "leave" && document.fullscreenElement) || document.querySelector("dialog[open]")) return;
		const target = this.#way(name);
		if (!target) return;
		event.preventDefault();
		target.click();
	};

	#click = (event: MouseEvent): void => {
		const target = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-slide]") : null;
		if (!target) return;
		const name = target.dataset["slide"];
		if (name === "full") {
			if (document.fullscreenElement) void document.exitFullscreen();
			else void this.requestFullscreen?.().catch(() => undefined);
			return;
		}
		// A new page would end the full screen: its content is put here instead.
		if (!document.fullscreenElement || name === "leave" || !(target instanceof HTMLAnchorElement)) return;
		event.preventDefault();
		void this.#turn(target.href);
	};

	async #turn(href: string): Promise<void> {
		try {
			const answer = await fetch(href, { headers: { Accept: "text/html" } });
			const page = new DOMParser().parseFromString(await answer.text(), "text/html");
			const fresh = page.querySelector("entente-slides");
			if (!answer.ok || !fresh) throw new Error(answer.statusText);
			this.replaceChildren(...fresh.childNodes);
			history.replaceState(null, "", href);
			const title = this.querySelector<HTMLElement>("h1");
			if (title) {
				title.tabIndex = -1;
				title.focus();
			}
		} catch {
			location.href = href;
		}
	}
}

export function printing(): void {
	on("click", "[data-print]", () => window.print());
}
