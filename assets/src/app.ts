// The browser side of pages that people work on: what all pages have, parts that are fetched again, the map, presentations.
import htmx from "htmx.org";
import { enhance } from "./base";
import { framed } from "./framed";
import { LiveElement } from "./live";
import { MapElement } from "./map";
import { ordering } from "./order";
import { PresenceElement } from "./presence";
import { SlidesElement, printing } from "./slides";
import { tracing } from "./trace";
import { uploads } from "./uploads";

(window as unknown as { htmx: typeof htmx }).htmx = htmx;

customElements.define("entente-live", LiveElement);
customElements.define("entente-presence", PresenceElement);
customElements.define("entente-map", MapElement);
customElements.define("entente-slides", SlidesElement);

framed();
ordering();
printing();
tracing();
uploads();

document.addEventListener("htmx:load", (e) => enhance(e.target as Element));
