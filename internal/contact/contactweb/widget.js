/* Opens a contact point of Entente in a frame. It keeps one random name for seven days on this site, so that answers are found again. */
(function () {
	"use strict";
	var me = document.currentScript;
	if (!me || !window.crypto || !window.URL) return;
	var base = new URL(me.src).origin, point = me.getAttribute("data-point") || "", label = me.getAttribute("data-label") || "Contact";
	if (!/^[a-z0-9-]{1,60}$/.test(point)) return;
	var key = "entente-contact:" + base + ":" + point, kept = null, frame = null, box = null;
	function secret() {
		try {
			kept = kept || JSON.parse(localStorage.getItem(key) || "null");
		} catch (e) {
			kept = null;
		}
		if (!kept || !/^[a-z2-7]{26}$/.test(kept.name) || !(kept.until > Date.now())) {
			var bytes = crypto.getRandomValues(new Uint8Array(16)), letters = "abcdefghijklmnopqrstuvwxyz234567", bits = "", name = "", i;
			for (i = 0; i < 16; i++) bits += ("0000000" + bytes[i].toString(2)).slice(-8);
			bits += "00";
			for (i = 0; i < 130; i += 5) name += letters[parseInt(bits.slice(i, i + 5), 2)];
			kept = { name: name, until: Date.now() + 7 * 864e5 };
			try {
				localStorage.setItem(key, JSON.stringify(kept));
			} catch (e) {
				/* kept for this page only */
			}
		}
		return kept.name;
	}
	function style(el, rules) {
		for (var name in rules) el.style.setProperty(name, rules[name]);
		return el;
	}
	var button = style(document.createElement("button"), {
		position: "fixed", right: "16px", bottom: "16px", "z-index": "2147483000", padding: "12px 18px", border: "0", "border-radius": "24px",
		background: "#1f4d3a", color: "#ffffff", font: "600 16px/1.2 system-ui, sans-serif", cursor: "pointer", "box-shadow": "0 2px 10px rgba(0,0,0,.3)"
	});
	button.type = "button";
	button.textContent = label;
	button.setAttribute("aria-expanded", "false");
	var answers = 0, read = 0, opened = false;
	function say() {
		var fresh = answers - read;
		button.textContent = label + (fresh > 0 && !opened ? " (" + fresh + ")" : "");
	}
	function tell() {
		if (frame && frame.contentWindow) frame.contentWindow.postMessage(opened ? "entente:open" : "entente:closed", base);
	}
	window.addEventListener("message", function (e) {
		if (!frame || e.source !== frame.contentWindow || e.origin !== base || !e.data || typeof e.data.entente !== "number") return;
		answers = e.data.entente;
		if (opened) read = answers;
		say();
		tell();
	});
	function toggle() {
		var open = !(box && box.style.display !== "none");
		if (!box) {
			box = style(document.createElement("div"), {
				position: "fixed", right: "16px", bottom: "72px", "z-index": "2147483000", width: "min(400px, calc(100vw - 32px))",
				height: "min(620px, calc(100vh - 96px))", "border-radius": "12px", overflow: "hidden", background: "#ffffff", "box-shadow": "0 6px 30px rgba(0,0,0,.35)"
			});
			frame = style(document.createElement("iframe"), { width: "100%", height: "100%", border: "0" });
			frame.title = label;
			frame.src = base + "/widget/" + point + "/" + secret();
			box.appendChild(frame);
			document.body.appendChild(box);
		}
		box.style.display = open ? "block" : "none";
		opened = open;
		if (open) read = answers;
		say();
		tell();
		button.setAttribute("aria-expanded", String(open));
		if (open) frame.focus();
	}
	button.addEventListener("click", toggle);
	document.addEventListener("keydown", function (e) {
		if (e.key === "Escape" && box && box.style.display !== "none") {
			toggle();
			button.focus();
		}
	});
	function begin() {
		document.body.appendChild(button);
	}
	if (document.body) begin();
	else document.addEventListener("DOMContentLoaded", begin);
})();
