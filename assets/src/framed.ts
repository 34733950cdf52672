// A page in the frame of a widget: what its reader has put away or left in another tab they have not seen; the site around is told how many
// answers there are, never what they say.
export function framed(): void {
	if (!document.body.classList.contains("embedded") || window.parent === window) return;
	let away = false;
	window.addEventListener("message", (event) => {
		if (event.source === window.parent && (event.data === "entente:open" || event.data === "entente:closed")) away = event.data === "entente:closed";
	});
	document.addEventListener("htmx:configRequest", (event) => {
		const { parameters, path } = (event as CustomEvent<{ parameters: FormData | Record<string, string>; path: string }>).detail;
		if (!path.endsWith("/lines") || !(away || document.hidden)) return;
		if (parameters instanceof FormData) parameters.set("away", "1");
		else parameters["away"] = "1";
	});
	const tell = (): void => window.parent.postMessage({ entente: document.querySelectorAll(".post-theirs").length }, "*");
	document.addEventListener("htmx:afterSettle", tell);
	tell();
}
