// The browser side: small improvements to pages that already work without it.
import htmx from "htmx.org";
import { confirmations, copying, dialogs, dismissing, revealing } from "./actions";
import { framed } from "./framed";
import { uploads } from "./uploads";
import { drafts, growing } from "./textareas";
import { ordering } from "./order";
import { shortcuts } from "./shortcuts";
import { themes } from "./theme";
import { LiveElement } from "./live";
import { PresenceElement } from "./presence";
import { MapElement } from "./map";
import { MarkdownElement } from "./markdown";
import { PushElement } from "./push";
import { SlidesElement, printing } from "./slides";
import { tracing } from "./trace";

(window as unknown as { htmx: typeof htmx }).htmx = htmx;

customElements.define("entente-live", LiveElement);
customElements.define("entente-presence", PresenceElement);
customElements.define("entente-map", MapElement);
customElements.define("entente-markdown", MarkdownElement);
customElements.define("entente-push", PushElement);
customElements.define("entente-slides", SlidesElement);

confirmations();
copying();
dialogs();
dismissing();
framed();
ordering();
revealing();
shortcuts();
printing();
themes();
tracing();
uploads();

function enhance(root: ParentNode): void {
	growing(root);
	drafts(root);
}
enhance(document);
document.addEventListener("htmx:load", (e) => enhance(e.target as Element));

// A refused form comes back with its errors: say them first.
document.querySelector<HTMLElement>("[data-focus]:not([data-quiet] *)")?.focus();
