// What every page has: small improvements to pages that already work without them.
import { confirmations, copying, dialogs, dismissing, revealing } from "./actions";
import { MarkdownElement } from "./markdown";
import { PushElement } from "./push";
import { shortcuts } from "./shortcuts";
import { drafts, growing } from "./textareas";
import { themes } from "./theme";

customElements.define("entente-markdown", MarkdownElement);
customElements.define("entente-push", PushElement);

confirmations();
copying();
dialogs();
dismissing();
revealing();
shortcuts();
themes();

export function enhance(root: ParentNode): void {
	growing(root);
	drafts(root);
}
enhance(document);

// A refused form comes back with its errors: say them first.
document.querySelector<HTMLElement>("[data-focus]:not([data-quiet] *)")?.focus();
