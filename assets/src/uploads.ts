// Uploads sent by htmx fill the <progress data-upload> of their form.
export function uploads(): void {
	document.addEventListener("htmx:xhr:progress", (event) => {
		const { loaded, total } = (event as CustomEvent<{ loaded: number; total: number }>).detail;
		const bar = event.target instanceof Element ? event.target.querySelector<HTMLProgressElement>("progress[data-upload]") : null;
		if (!bar || !total) return;
		bar.hidden = false;
		bar.max = 1;
		bar.value = loaded / total;
	});
}
