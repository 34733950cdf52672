package enrichweb_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/inbox/inboxtest"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/web/webtest"
)

// TestInBrowser looks at the pages wide and narrow, light and dark, in both languages, and works through a sample by the keyboard.
func TestInBrowser(t *testing.T) {
	b := webtest.Start(t)
	s := open(t)
	var items []channel.Item
	for n := range 20 {
		items = append(items, inboxtest.Question("q"+string(rune('a'+n)), "ada", "", "The brake squeaks in the rain, why?", s.Now().Add(-time.Duration(n+1)*time.Hour)))
	}
	s.hear(items...)
	olga := s.as("Olga", org.Owner)
	here := "/posts/" + s.PostID(s.Deaf.ID, "qa")
	olga.post(here+"/labels", 303, "was.kinds", "complaint,question", "sentiment", "neutral", "kinds.asked", "yes", "kind.lead", "yes")
	if code, _, _ := olga.do(http.MethodPost, "/models/elsewhere", elsewhereForm()); code != http.StatusSeeOther {
		t.Fatalf("a model elsewhere: %d", code)
	}
	olga.post("/samples", 303, "size", "20", "days", "30", "seed", "5")
	list, err := s.review.Samples(org.AsOperator(t.Context()))
	if err != nil || len(list) != 1 {
		t.Fatal(err)
	}
	site := httptest.NewServer(s.h)
	t.Cleanup(site.Close)
	w := b.Window(t, site.URL)
	w.Cookie("entente", olga.cookie["entente"])
	unfolded := func(w *webtest.Window) {
		webtest.Eval[int](w, `document.querySelectorAll("details:has(form)").forEach((d) => { d.open = true }); 0`)
	}
	views := []webtest.View{webtest.Narrow, webtest.Wide, {Theme: "light", Lang: "en", Width: 1280, Height: 900}}
	pages := map[string]string{"post": here, "models": "/models", "samples": "/samples", "sample": "/samples/" + list[0].ID}
	w.WalkWhen(t, "enrich", views, pages, unfolded, nil)
	t.Run("by the keyboard", func(t *testing.T) {
		w := w.In(t)
		arrived := func(n string) { // keys are heard once the script runs
			t.Helper()
			w.Until(`customElements.get("entente-live") && document.readyState === "complete" && document.querySelector(".progress-label")?.textContent.startsWith("` + n + ` of 20")`)
		}
		w.Open("/samples/" + list[0].ID)
		arrived("0")
		w.Keys("1")
		w.Keys("c")
		w.Keys("\r")
		arrived("1")
		w.Keys("u")
		arrived("0")
		w.Keys("3")
		w.Keys("\r")
		arrived("1")
		all, err := s.e.Judgements(t.Context(), s.DB.Read())
		if err != nil || len(all) != 3 {
			t.Fatalf("%d judgements (%v)", len(all), err)
		}
		for _, j := range all {
			if j.Head == "sentiment" && j.Value != "positive" || j.Head == "kinds" && j.Value != "none" {
				t.Errorf("%+v", j)
			}
		}
	})
}
