// Live regions: an event names topics; the regions that declare one of them are fetched again and morphed in place, so that
// focus, selection and typed text stay.
import htmx from "htmx.org";
import { Idiomorph } from "idiomorph";
import { dirty } from "./dom";

// A page nobody looks at lets go of its stream after a while: browsers allow only a few connections to one host.
const rest = 20_000;

export class LiveElement extends HTMLElement {
	#source: EventSource | undefined;
	#waiting = new Set<string>();
	#timer = 0;
	#resting = 0;
	#missed = false;

	connectedCallback(): void {
		this.#open();
		document.addEventListener("visibilitychange", this.#seen);
		window.addEventListener("pagehide", this.#close);
		window.addEventListener("pageshow", this.#open);
	}

	disconnectedCallback(): void {
		this.#close();
		clearTimeout(this.#resting);
		document.removeEventListener("visibilitychange", this.#seen);
		window.removeEventListener("pagehide", this.#close);
		window.removeEventListener("pageshow", this.#open);
	}

	#open = (): void => {
		const href = this.getAttribute("href");
		if (!href || this.#source || regions().length === 0) return;
		this.#source = new EventSource(href);
		this.#source.onmessage = (event: MessageEvent<string>) => this.#announce(event.data.split(/\s+/));
		this.#source.onerror = () => (this.#missed = true);
		this.#source.onopen = () => {
			if (!this.#missed) return;
			this.#missed = false;
			for (const region of regions()) void refresh(region);
		};
	};

	#close = (): void => {
		if (this.#source) this.#missed = true;
		this.#source?.close();
		this.#source = undefined;
	};

	#seen = (): void => {
		clearTimeout(this.#resting);
		if (document.hidden) {
			this.#resting = window.setTimeout(this.#close, rest);
			return;
		}
		this.#open();
		if (this.#waiting.size > 0) this.#announce([]);
	};

	// Announcements are gathered for a moment: an import may make hundreds a second. All who are online hear of it at once and should not ask at
	// once, so the moment is not equally long for each. A hidden page waits until it is seen.
	#announce(topics: string[]): void {
		for (const topic of topics) {
			if (!topic) continue;
			this.#waiting.add(topic);
			this.#waiting.add(topic.replace(/:.*/, "")); // inbox:c1 concerns those who watch the inbox too
		}
		if (document.hidden || this.#timer) return;
		this.#timer = window.setTimeout(() => {
			this.#timer = 0;
			const due = this.#waiting;
			this.#waiting = new Set();
			for (const region of regions()) {
				const wanted = (region.dataset["live"] ?? "").split(/\s+/);
				if (wanted.some((topic) => due.has(topic))) void refresh(region);
			}
		}, 150 + Math.random() * 300);
	}
}

function regions(): HTMLElement[] {
	return [...document.querySelectorAll<HTMLElement>("[data-live][hx-get]")];
}

// Who presses a button means that button: nothing moves under a finger before it is lifted, or for some seconds, should nobody hear that.
const longest = 3_000;
let lifted: Promise<void> | undefined;
let done: (() => void) | undefined;
let giveUp = 0;
const lift = (): void => {
	clearTimeout(giveUp);
	done?.();
	lifted = done = undefined;
};
document.addEventListener(
	"pointerdown",
	() => {
		lifted ??= new Promise((resolve) => (done = resolve));
		clearTimeout(giveUp);
		giveUp = window.setTimeout(lift, longest);
	},
	true,
);
for (const name of ["pointerup", "pointercancel"]) document.addEventListener(name, () => setTimeout(lift), true); // the click comes after

const busy = new WeakSet<HTMLElement>();
const again = new WeakSet<HTMLElement>();

export async function refresh(region: HTMLElement): Promise<void> {
	if (busy.has(region)) {
		again.add(region);
		return;
	}
	busy.add(region);
	try {
		const answer = await fetch(region.getAttribute("hx-get") ?? "", {
			headers: { "HX-Request": "true", "HX-Target": region.id, Accept: "text/html" },
			redirect: "error",
		});
		if (!answer.ok || answer.status === 204) return;
		const page = new DOMParser().parseFromString(await answer.text(), "text/html");
		const fresh = (region.id && page.getElementById(region.id)) || page.body.firstElementChild;
		while (lifted) await lifted;
		if (!fresh || !region.isConnected) return;
		Idiomorph.morph(region, fresh, {
			morphStyle: "outerHTML",
			ignoreActiveValue: true,
			callbacks: {
				// What somebody opened stays open.
				beforeAttributeUpdated: (name: string, element: Element) => !(name === "open" && element.matches("details, dialog")),
				beforeNodeMorphed: (old: Node) => !(old instanceof Element) || !keep(old),
				beforeNodeRemoved: (old: Node) => !(old instanceof Element) || !holdsWork(old),
			},
		});
		htmx.process(region);
	} catch {
		// The next announcement tries again; the page still shows what it had.
		return;
	} finally {
		busy.delete(region);
		if (again.delete(region)) void refresh(region);
	}
}

function keep(element: Element): boolean {
	if (element.hasAttribute("data-keep")) return true;
	const beside = element.getAttribute("data-keep-with"); // what was shown when somebody began to write there
	if (beside) return [...document.querySelectorAll(beside)].some((field) => field === document.activeElement || dirty(field));
	return element.matches("input, textarea, select") && (element === document.activeElement || dirty(element));
}

function holdsWork(element: Element): boolean {
	if (element.contains(document.activeElement) && document.activeElement !== document.body) return true;
	return [element, ...element.querySelectorAll("input, textarea, select")].some(dirty);
}
