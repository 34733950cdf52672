// On a crowded map the links of the objective under the pointer, or with the focus, stand out and the others stand back.
export function tracing(): void {
	const trace = (event: Event): void => {
		const objective = event.target instanceof Element ? event.target.closest<SVGElement>("svg.map a.map-objective") : null;
		for (const map of document.querySelectorAll("svg.map.is-tracing")) {
			if (map.contains(objective)) continue;
			map.classList.remove("is-tracing");
		}
		const map = objective?.closest("svg.map");
		if (!objective || !map) return;
		const id = objective.dataset["objective"];
		let any = false;
		for (const link of map.querySelectorAll<SVGElement>(".map-link[data-from]")) {
			const near = link.dataset["from"] === id || link.dataset["to"] === id;
			link.classList.toggle("is-near", near);
			any ||= near;
		}
		map.classList.toggle("is-tracing", any);
	};
	document.addEventListener("pointerover", trace, { passive: true });
	document.addEventListener("focusin", trace);
}
