// The strategy map under one's hands: objectives are dragged or moved with Alt and arrows, linked, renamed, added and removed in place.
// Every step is a form that the server takes, so that it can be taken back there; what comes back is put in place without a new page.
import { refresh } from "./live";
import { writable } from "./dom";

type Held = { objective: SVGElement; from: DOMPoint; link: boolean; moved: boolean; pointer: number; string?: SVGLineElement };

const arrows: Record<string, string> = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down" };

export class MapElement extends HTMLElement {
	#held: Held | undefined;
	#linking = "";
	#busy = false;
	#swallow = false;

	connectedCallback(): void {
		this.addEventListener("pointerdown", this.#take);
		this.addEventListener("pointermove", this.#drag);
		this.addEventListener("pointerup", this.#drop);
		this.addEventListener("pointercancel", this.#letGo);
		this.addEventListener("click", this.#click, true);
		this.addEventListener("dblclick", this.#double);
		this.addEventListener("dragstart", this.#never);
		this.addEventListener("keydown", this.#key);
		document.addEventListener("keydown", this.#steps);
		document.addEventListener("submit", this.#step);
	}

	disconnectedCallback(): void {
		document.removeEventListener("keydown", this.#steps);
		document.removeEventListener("submit", this.#step);
	}

	get #svg(): SVGSVGElement | null {
		return this.querySelector("svg.map");
	}

	#say(what: string): void {
		const place = this.querySelector(".map-say");
		const text = this.dataset[what] ?? what;
		if (place) place.textContent = text;
	}

	#objectives(): SVGElement[] {
		return [...this.querySelectorAll<SVGElement>("a.map-objective")];
	}

	#find(id: string): SVGElement | undefined {
		return this.#objectives().find((o) => o.dataset["objective"] === id);
	}

	// #point is where an event happened, in the units of the drawing.
	#point(event: MouseEvent): DOMPoint {
		const matrix = this.#svg?.getScreenCTM()?.inverse();
		return new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix ?? undefined);
	}

	#take = (event: PointerEvent): void => {
		const target = event.target instanceof Element ? event.target : null;
		const objective = target?.closest<SVGElement>("a.map-objective");
		if (!objective || !objective.dataset["objective"] || event.button !== 0 || this.#busy) return;
		this.#held = { objective, from: this.#point(event), link: Boolean(target?.closest(".map-handle")), moved: false, pointer: event.pointerId };
	};

	#drag = (event: PointerEvent): void => {
		const held = this.#held;
		const svg = this.#svg;
		if (!held || !svg || event.pointerId !== held.pointer) return;
		const at = this.#point(event);
		if (!held.moved) {
			if (Math.hypot(at.x - held.from.x, at.y - held.from.y) < 6) return;
			held.moved = true;
			this.setPointerCapture(event.pointerId);
			held.objective.classList.add("is-held");
		}
		event.preventDefault();
		if (held.link) {
			if (!held.string) {
				held.string = document.createElementNS("http://www.w3.org/2000/svg", "line");
				held.string.setAttribute("class", "map-string");
				svg.append(held.string);
			}
			for (const [name, value] of Object.entries({ x1: held.from.x, y1: held.from.y, x2: at.x, y2: at.y })) held.string.setAttribute(name, String(value));
		} else {
			held.objective.setAttribute("transform", `translate(${at.x - held.from.x} ${at.y - held.from.y})`);
		}
		this.#mark(held, at);
	};

	// #mark shows what letting go here would mean.
	#mark(held: Held, at: DOMPoint): void {
		for (const o of this.#objectives()) o.classList.toggle("is-target", held.link && o !== held.objective && over(o, at));
		for (const d of this.querySelectorAll<SVGRectElement>(".map-drop")) d.classList.toggle("is-over", !held.link && holds(d, at));
	}

	#drop = (event: PointerEvent): void => {
		const held = this.#held;
		if (!held || event.pointerId !== held.pointer) return;
		const at = this.#point(event);
		const target = this.#objectives().find((o) => o !== held.objective && over(o, at));
		const place = [...this.querySelectorAll<SVGRectElement>(".map-drop")].find((d) => holds(d, at));
		this.#letGo();
		if (!held.moved) return;
		this.#swallow = true; // the click that follows is no wish to open it
		window.setTimeout(() => (this.#swallow = false), 50);
		const id = held.objective.dataset["objective"] ?? "";
		if (held.link) {
			if (target) void this.#send(`/strategy/objectives/${id}/links`, { serves: target.dataset["objective"] ?? "", lag: "4" }, "linked", id);
			return;
		}
		if (!place) return;
		const row = this.#objectives().filter((o) => o !== held.objective && o.dataset["place"] === place.dataset["drop"]);
		// In a step objectives stand one under the other, else side by side in one or more lines.
		const next = row
			.map((o) => ({ o, box: (o.querySelector(".map-card") as SVGGraphicsElement).getBBox() }))
			.sort((a, b) => a.box.y - b.box.y || a.box.x - b.box.x)
			.find(({ box }) => at.y < box.y || (at.y < box.y + box.height && at.x < box.x + box.width / 2));
		void this.#send(`/strategy/objectives/${id}/move`, { perspective: place.dataset["drop"] ?? "", before: next?.o.dataset["objective"] ?? "" }, "moved", id);
	};

	#letGo = (): void => {
		const held = this.#held;
		this.#held = undefined;
		if (!held) return;
		held.string?.remove();
		held.objective.removeAttribute("transform");
		held.objective.classList.remove("is-held");
		for (const marked of this.querySelectorAll(".is-target, .is-over")) marked.classList.remove("is-target", "is-over");
		if (this.hasPointerCapture(held.pointer)) this.releasePointerCapture(held.pointer);
	};

	#never = (event: Event): void => {
		if (event.target instanceof Element && event.target.closest(".map-objective")) event.preventDefault();
	};

	#click = (event: MouseEvent): void => {
		const objective = event.target instanceof Element ? event.target.closest<SVGElement>("a.map-objective") : null;
		if (!objective) return;
		// A single click takes hold; the page of an objective is opened from its row, or with Ctrl and a click.
		if (event.ctrlKey || event.metaKey || event.shiftKey) return;
		event.preventDefault();
		if (this.#swallow) {
			this.#swallow = false;
			return;
		}
		objective.focus();
		if (this.#linking) this.#linkTo(objective);
	};

	#double = (event: MouseEvent): void => {
		const objective = event.target instanceof Element ? event.target.closest<SVGElement>("a.map-objective") : null;
		if (objective) this.#rename(objective);
	};

	#key = (event: KeyboardEvent): void => {
		const objective = event.target instanceof Element ? event.target.closest<SVGElement>("a.map-objective") : null;
		if (!objective || event.isComposing) return;
		const id = objective.dataset["objective"] ?? "";
		const way = arrows[event.key];
		const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
		if (way && event.altKey) {
			void this.#send(`/strategy/objectives/${id}/move`, { to: way }, "moved", id);
		} else if (way && plain) {
			this.#go(objective, way);
		} else if (event.key === "F2") {
			this.#rename(objective);
		} else if (event.key === "l" && plain) {
			this.#begin(objective);
		} else if (event.key === "n" && plain) {
			this.#add(objective);
		} else if (event.key === "Delete" && plain) {
			const neighbour = this.#objectives().find((o) => o !== objective && o.dataset["place"] === objective.dataset["place"]);
			void this.#send(`/strategy/objectives/${id}/remove`, {}, "removed", neighbour?.dataset["objective"] ?? "");
		} else if (event.key === "Enter" && this.#linking) {
			this.#linkTo(objective);
		} else if (event.key === "Escape" && this.#linking) {
			this.#end();
			this.#say("cancelled");
		} else {
			return;
		}
		event.preventDefault();
		event.stopPropagation();
	};

	#begin(objective: SVGElement): void {
		this.#end();
		this.#linking = objective.dataset["objective"] ?? "";
		objective.classList.add("is-origin");
		this.#say("link");
	}

	#end(): void {
		this.#linking = "";
		for (const o of this.querySelectorAll(".is-origin")) o.classList.remove("is-origin");
	}

	#linkTo(objective: SVGElement): void {
		const from = this.#linking;
		const to = objective.dataset["objective"] ?? "";
		this.#end();
		if (from === to) return this.#say("cancelled");
		void this.#send(`/strategy/objectives/${from}/links`, { serves: to, lag: "4" }, "linked", from);
	}

	// #go focuses the nearest objective that way.
	#go(objective: SVGElement, way: string): void {
		const middle = (o: SVGElement): DOMRect => (o.querySelector(".map-card") as SVGGraphicsElement).getBoundingClientRect();
		const here = middle(objective);
		let best: SVGElement | undefined;
		let least = Infinity;
		for (const o of this.#objectives()) {
			if (o === objective) continue;
			const there = middle(o);
			const dx = there.x + there.width / 2 - here.x - here.width / 2;
			const dy = there.y + there.height / 2 - here.y - here.height / 2;
			const along = way === "left" ? -dx : way === "right" ? dx : way === "up" ? -dy : dy;
			const across = way === "left" || way === "right" ? Math.abs(dy) : Math.abs(dx);
			if (along > 4 && along + 2 * across < least) {
				least = along + 2 * across;
				best = o;
			}
		}
		best?.focus();
	}

	// #field lays an input over an objective.
	#field(objective: SVGElement, value: string, done: (name: string) => void): void {
		const frame = this.getBoundingClientRect();
		const card = (objective.querySelector(".map-card") as SVGGraphicsElement).getBoundingClientRect();
		const field = document.createElement("input");
		field.className = "map-name-field";
		field.maxLength = 120;
		field.value = value;
		field.setAttribute("aria-label", this.dataset["name"] ?? "");
		field.style.left = `${card.x - frame.x}px`;
		field.style.top = `${card.y - frame.y}px`;
		field.style.width = `${Math.max(180, card.width)}px`;
		let over = false;
		const end = (save: boolean): void => {
			if (over) return;
			over = true;
			const name = field.value.trim();
			field.remove();
			if (objective.isConnected) objective.focus();
			if (save && name && name !== value) done(name);
		};
		field.addEventListener("keydown", (event) => {
			event.stopPropagation();
			if (event.isComposing) return;
			if (event.key === "Enter") end(true);
			if (event.key === "Escape") end(false);
		});
		field.addEventListener("blur", () => end(true));
		this.append(field);
		field.focus();
		field.select();
	}

	#rename(objective: SVGElement): void {
		const id = objective.dataset["objective"] ?? "";
		const row = document.getElementById(`name-${id}`);
		const value = row instanceof HTMLInputElement ? row.defaultValue : "";
		this.#field(objective, value, (name) => void this.#send(`/strategy/objectives/${id}/rename`, { name }, "renamed", id));
	}

	#add(objective: SVGElement): void {
		this.#field(objective, "", (name) => {
			const known = new Set(this.#objectives().map((o) => o.dataset["objective"]));
			void this.#send(`/strategy/maps/${this.dataset["map"]}/quick`, { name, perspective: objective.dataset["place"] ?? "" }, "added", "").then(() =>
				this.#objectives().find((o) => !known.has(o.dataset["objective"]))?.focus(),
			);
		});
	}

	// #steps takes back and brings back, wherever the focus is on the page.
	#steps = (event: KeyboardEvent): void => {
		if (!(event.ctrlKey || event.metaKey) || event.altKey || writable(event.target)) return;
		const key = event.key.toLowerCase();
		const way = key === "y" || (key === "z" && event.shiftKey) ? "redo" : key === "z" ? "undo" : "";
		if (!way) return;
		event.preventDefault();
		this.#back(way);
	};

	// #step keeps the buttons of both on this page.
	#step = (event: SubmitEvent): void => {
		const form = event.target instanceof HTMLFormElement ? event.target : null;
		const way = form?.dataset["step"];
		if (!way) return;
		event.preventDefault();
		this.#back(way);
	};

	#back(way: string): void {
		const focus = document.activeElement instanceof SVGElement ? document.activeElement.dataset["objective"] : "";
		void this.#send(`/strategy/maps/${this.dataset["map"]}/${way}`, {}, way === "undo" ? "undone" : "redone", focus ?? "");
	}

	// #send asks the server for one step, then shows how the map stands.
	async #send(path: string, fields: Record<string, string>, said: string, focus: string): Promise<void> {
		if (this.#busy) return;
		this.#busy = true;
		try {
			const answer = await fetch(path, { method: "POST", body: new URLSearchParams({ ...fields, back: "draw" }), headers: { "HX-Request": "true" }, redirect: "error" });
			if (!answer.ok) {
				const page = new DOMParser().parseFromString(await answer.text(), "text/html");
				const text = page.querySelector(".toast")?.textContent?.trim();
				this.#say(text || "failed");
				return;
			}
			const before = this.#svg?.outerHTML;
			const region = document.getElementById("map-editor");
			if (region) {
				// What has the focus is never taken away while a page is mended; here it may be what was removed.
				if (document.activeElement instanceof SVGElement) document.activeElement.blur();
				region.setAttribute("hx-get", location.pathname);
				await refresh(region);
			}
			if (focus) this.#find(focus)?.focus();
			this.#say(said === "moved" && before === this.#svg?.outerHTML ? "stays" : said);
		} catch {
			this.#say("failed");
		} finally {
			this.#busy = false;
		}
	}
}

function over(objective: SVGElement, at: DOMPoint): boolean {
	const card = objective.querySelector<SVGGraphicsElement>(".map-card");
	return card ? within(card.getBBox(), at) : false;
}

function holds(drop: SVGRectElement, at: DOMPoint): boolean {
	return within(drop.getBBox(), at);
}

function within(box: DOMRect, at: DOMPoint): boolean {
	return at.x >= box.x && at.x <= box.x + box.width && at.y >= box.y && at.y <= box.y + box.height;
}
