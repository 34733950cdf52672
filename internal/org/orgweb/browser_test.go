package orgweb_test

import (
	"testing"
	"time"

	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/web/webtest"
)

// TestInBrowser walks the pages in a real browser, wide and narrow, light and dark, signed in with the keyboard alone; where a form is
// refused, the focus is on what must be put right.
func TestInBrowser(t *testing.T) {
	b := webtest.Start(t)
	s := open(t, true)
	fresh := open(t, false)
	op := org.AsOperator(t.Context())
	invited, err := s.s.Invite(op, org.Invite{Email: "leo.de-la-tour-du-pin@resellers.velo.example", Name: "Léo de La Tour du Pin", Role: org.Volunteer, Lang: "fr"})
	if err != nil {
		t.Fatal(err)
	}
	ada, err := s.s.ByEmail(t.Context(), ownerEmail)
	if err != nil {
		t.Fatal(err)
	}
	reset, err := s.s.ResetLink(op, ada.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.s.MakeToken(org.With(t.Context(), ada), "nightly backup", []org.Permission{org.ExportRun, org.InboxRead}, 48*time.Hour); err != nil {
		t.Fatal(err)
	}
	_, err = s.s.SignIn(t.Context(), ownerEmail, ownerWord, org.Visit{IP: "192.0.2.1", Agent: "Mozilla/5.0 (iPhone) Version/18.0 Safari/604.1"})
	if err != nil {
		t.Fatal(err)
	}
	light := webtest.View{Theme: "light", Lang: "en", Width: 1280, Height: 900}
	w := b.Window(t, s.URL)
	both := []webtest.View{webtest.Narrow, webtest.Wide}
	b.Window(t, fresh.URL).Walk(t, "org", both, map[string]string{"set-up": "/set-up"}, nil)
	w.Walk(t, "org", both, map[string]string{"sign-in": "/sign-in", "forgot": "/forgot", "invitation": invited.Path, "reset": reset.Path, "dead-link": "/reset/x"}, nil)
	// refused holds what is shown to where the focus has to be.
	refused := func(w *webtest.Window) {
		w.Until(`document.querySelector(".form-errors") && document.activeElement?.classList.contains("form-errors")`) // once the script ran
	}
	t.Run("sign-in-refused", func(t *testing.T) {
		w := w.In(t)
		w.Open("/sign-in")
		w.Type("#f-email", "nobody@velo.example")
		w.Type("#f-password", "not the password\r")
		refused(w)
		w.Look("org-sign-in-refused")
	})
	w.Open("/sign-in?to=/me")
	w.Type("#f-email", ownerEmail)
	w.Type("#f-password", ownerWord+"\r")
	w.Until(`document.querySelector("#sessions")`)
	in := map[string]string{"me": "/me", "members": "/members", "audit": "/audit", "organisation": "/organisation"}
	w.Walk(t, "org", []webtest.View{webtest.Narrow}, in, nil)
	t.Run("invited", func(t *testing.T) {
		w := w.In(t)
		w.Open("/members")
		w.Type("#f-email", "zoe@velo.example\r")
		w.Until(`document.querySelector("#f-secret")`)
		w.Look("org-invited")
	})
	t.Run("token", func(t *testing.T) {
		w := w.In(t)
		w.Open("/me")
		w.Click(`input[value="inbox:read"]`)
		w.Type("#f-token-name", "script\r")
		w.Until(`document.querySelector("#f-secret")`)
		w.Look("org-token")
	})
	t.Run("token-refused", func(t *testing.T) {
		w := w.In(t)
		w.Open("/me")
		w.Type("#f-token-name", "script\r")
		refused(w)
		w.Look("org-token-refused")
	})
	w.Walk(t, "org", []webtest.View{light, webtest.Wide}, in, nil)
}
