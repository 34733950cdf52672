package webtest

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/serviceworker"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// Pushed registers the service worker at a path, lets a push service deliver a message to it, and gives the notifications that the worker then
// shows, as "title | body | address".
func (w *Window) Pushed(worker, message string) []string {
	w.t.Helper()
	call := func(what string, err error) {
		w.t.Helper()
		if err != nil {
			w.t.Fatalf("%s: %v", what, err)
		}
	}
	info, err := chromedp.Call(w.ctx, target.GetTargetInfo, target.GetTargetInfoParams{})
	call("ask for the window", err)
	_, err = chromedp.Call(w.ctx, browser.SetPermission, browser.SetPermissionParams{Permission: &browser.PermissionDescriptor{Name: "notifications"},
		Setting: browser.PermissionSettingGranted, Origin: w.base, BrowserContextID: info.TargetInfo.BrowserContextID})
	call("allow notifications", err)
	var mu sync.Mutex
	var found *serviceworker.Registration
	call("listen to workers", chromedp.Listen(w.ctx, func(event any) {
		if e, ok := event.(*serviceworker.EventWorkerRegistrationUpdated); ok {
			mu.Lock()
			defer mu.Unlock()
			for _, r := range e.Registrations {
				if strings.HasPrefix(r.ScopeURL, w.base) && !r.IsDeleted {
					found = r
				}
			}
		}
	}))
	_, err = chromedp.Call(w.ctx, serviceworker.Enable, cdp.Empty{})
	call("hear of workers", err)
	Eval[int](w, fmt.Sprintf(`(async () => {
		const r = await navigator.serviceWorker.register(%s);
		while (!r.active || r.active.state !== "activated") await new Promise((done) => setTimeout(done, 20));
		return 0;
	})()`, Quote(worker)))
	var at *serviceworker.Registration
	for end := time.Now().Add(patience); at == nil; <-time.After(20 * time.Millisecond) {
		mu.Lock()
		at = found
		mu.Unlock()
		if time.Now().After(end) {
			w.t.Fatalf("the browser never told of the worker %s", worker)
		}
	}
	_, err = chromedp.Call(w.ctx, serviceworker.DeliverPushMessage, serviceworker.DeliverPushMessageParams{Origin: w.base, RegistrationID: at.RegistrationID, Data: message})
	call("deliver a message", err)
	const shown = `navigator.serviceWorker.getRegistration(%s).then((r) => r.getNotifications()).then((all) => all.map((n) => [n.title, n.body, n.data?.url].join(" | ")))`
	script := fmt.Sprintf(shown, Quote(worker))
	for end := time.Now().Add(patience); ; <-time.After(20 * time.Millisecond) {
		if all := Eval[[]string](w, script); len(all) > 0 || time.Now().After(end) {
			return all
		}
	}
}
