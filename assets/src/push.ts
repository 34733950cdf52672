// Push: lets this browser show notices while no page is open. What cannot do that keeps the sentence that says so.
function bytes(base64url: string): Uint8Array<ArrayBuffer> {
	const raw = atob(base64url.replace(/-/g, "+").replace(/_/g, "/"));
	const out = new Uint8Array(new ArrayBuffer(raw.length));
	for (let i = 0; i < raw.length; i++) out[i] = raw.charCodeAt(i);
	return out;
}

function text(buffer: ArrayBuffer | null): string {
	return btoa(String.fromCharCode(...new Uint8Array(buffer ?? new ArrayBuffer(0))))
		.replace(/\+/g, "-")
		.replace(/\//g, "_")
		.replace(/=+$/, "");
}

export class PushElement extends HTMLElement {
	connectedCallback(): void {
		const button = this.querySelector("button");
		if (!button || !("serviceWorker" in navigator) || !("PushManager" in window) || !("Notification" in window)) return;
		button.hidden = false;
		this.#say("");
		button.addEventListener("click", () => void this.#add(button));
	}

	#say(words: string): void {
		const status = this.querySelector("[role=status]");
		if (status) status.textContent = words;
	}

	async #add(button: HTMLButtonElement): Promise<void> {
		button.disabled = true;
		try {
			if ((await Notification.requestPermission()) !== "granted") {
				this.#say(this.getAttribute("refused") ?? "");
				return;
			}
			const registration = await navigator.serviceWorker.register(this.getAttribute("worker") ?? "");
			const ready = await this.#active(registration);
			const old = await ready.pushManager.getSubscription();
			const key = bytes(this.getAttribute("key") ?? "");
			if (old && text(old.options.applicationServerKey) !== text(key.buffer)) await old.unsubscribe();
			const subscription = await ready.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
			const answer = await fetch(this.getAttribute("href") ?? "", {
				method: "POST",
				body: new URLSearchParams({ endpoint: subscription.endpoint, key: text(subscription.getKey("p256dh")), secret: text(subscription.getKey("auth")) }),
			});
			if (!answer.ok) throw new Error(String(answer.status));
			location.reload();
		} catch {
			this.#say(this.getAttribute("failed") ?? "");
		} finally {
			button.disabled = false;
		}
	}

	#active(registration: ServiceWorkerRegistration): Promise<ServiceWorkerRegistration> {
		const worker = registration.active ?? registration.waiting ?? registration.installing;
		return new Promise((resolve, reject) => {
			const look = (): void => {
				if (registration.active) resolve(registration);
				else if (worker?.state === "redundant") reject(new Error("redundant"));
			};
			worker?.addEventListener("statechange", look);
			look();
		});
	}
}
