package communityweb

import (
	"net/http"

	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/push"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

// push registers what browsers need that are told of notices.
func (h *handlers) push(r *web.Routes) {
	r.Page("GET /c/{slug}/push.js", org.Public, h.outside(h.worker))
	r.Do("POST /c/{slug}/push", org.SignedIn, h.in(h.addBrowser))
	r.Do("POST /c/{slug}/push/{browser}/remove", org.SignedIn, h.in(h.removeBrowser))
}

// worker is the script that a browser keeps to show notices: it runs for the community alone, and asks nobody anything but us.
func (h *handlers) worker(w http.ResponseWriter, _ *http.Request, _ visit) error {
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	_, err := w.Write([]byte(workerScript))
	return err
}

const workerScript = `"use strict";
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (e) => e.waitUntil(self.clients.claim()));
self.addEventListener("push", (e) => {
  let m = {};
  try { m = e.data.json(); } catch (_) { return; }
  if (typeof m.title !== "string" || m.title === "") return;
  e.waitUntil(self.registration.showNotification(m.title, { body: m.body || "", tag: m.tag || "", lang: m.lang || "", dir: "auto", data: { url: m.url } }));
});
self.addEventListener("notificationclick", (e) => {
  e.notification.close();
  const to = new URL((e.notification.data || {}).url || self.registration.scope, self.registration.scope);
  if (to.origin !== self.location.origin) return;
  e.waitUntil(self.clients.openWindow(to.href));
});
`

// browsersView is the part of the settings of notices that is about browsers.
type browsersView struct {
	list []push.Browser
	key  string
}

func (h *handlers) browsersOf(r *http.Request, community string) (*browsersView, error) {
	if h.options.Push == nil {
		return nil, nil
	}
	ctx := r.Context()
	v := &browsersView{}
	var err error
	if v.list, err = h.options.Push.Browsers(ctx, community); err != nil {
		return nil, err
	}
	v.key, err = h.options.Push.PublicKey(ctx)
	return v, err
}

func (h *handlers) addBrowser(w http.ResponseWriter, r *http.Request) error {
	v, err := h.hall(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	_, session, err := h.org.Authenticate(ctx, h.web.Session(r))
	if err != nil {
		return err
	}
	if _, err := h.options.Push.Add(ctx, v.place.ID, push.Subscription{Endpoint: f.Get("endpoint"), Key: f.Get("key"), Secret: f.Get("secret")}, session); err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "community.push.added")
	return web.Redirect(w, r, v.place.Path()+"/notices/settings#browsers")
}

func (h *handlers) removeBrowser(w http.ResponseWriter, r *http.Request) error {
	v, err := h.hall(r)
	if err != nil {
		return err
	}
	if err := h.options.Push.Remove(r.Context(), v.place.ID, r.PathValue("browser")); err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "community.push.removed")
	return web.Redirect(w, r, v.place.Path()+"/notices/settings#browsers")
}
