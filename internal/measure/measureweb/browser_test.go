package measureweb_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/entente/entente/internal/web/webtest"
)

// TestInBrowser looks at the pages in a real browser, wide and narrow, light and dark, in both languages.
func TestInBrowser(t *testing.T) {
	b := webtest.Start(t)
	h, cookie := site(t, 60)
	if w := send(t, h, cookie, "/own-measures", url.Values{"name": {"Grincements"}, "way": {"share"}, "of": {"post"}, "part_query": {"squeaks"}, "better": {"lower"}, "days": {"30"}}); w.Code != http.StatusSeeOther {
		t.Fatalf("an own measure: %d", w.Code)
	}
	_, body := read(t, h, cookie, "en", "/own-measures")
	own := regexp.MustCompile(`/own-measures/own-[a-z0-9]+`).FindString(body)
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	w := b.Window(t, server.URL)
	name, token, _ := strings.Cut(cookie, "=")
	w.Cookie(name, token)
	pages := map[string]string{"list": "/measures", "wait": "/measures/first-response-time?by=channel", "volume": "/measures/volume", "missing": "/measures/csat", "rows": "/measures/response-rate/rows",
		"own": own, "own-number": "/measures/" + strings.TrimPrefix(own, "/own-measures/"), "own-list": "/own-measures", "hours": "/business-hours"}
	w.Walk(t, "measure", []webtest.View{webtest.Narrow, webtest.Wide}, pages, nil)
}
