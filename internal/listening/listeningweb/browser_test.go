package listeningweb_test

import (
	"net/url"
	"testing"

	"github.com/entente/entente/internal/listening"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/web/webtest"
)

// TestEditorInBrowser types a query: what is wrong with it and what it finds are shown meanwhile, a click mends it, and the pages are fit to
// be seen, wide and narrow, light and dark.
func TestEditorInBrowser(t *testing.T) {
	b := webtest.Start(t)
	s := open(t)
	for i, text := range []string{"My brakes squeak when it rains on the road", "Les freins de mon vélo grincent quand il pleut", "A brake pad of orange colour"} {
		s.hear("q"+string(rune('a'+i)), "", text, s.Now())
	}
	topic, err := s.listening.Add(org.AsOperator(t.Context()), listening.Draft{Name: "Brakes", Query: "brake OR frein OR whistle", Exclude: "brake pad"})
	if err != nil {
		t.Fatal(err)
	}
	_, secret := s.Join("Paul", org.Social)
	w := b.Window(t, s.url)
	w.Open("/in/" + secret)
	w.Walk(t, "topic", []webtest.View{{Theme: "light", Lang: "en", Width: 1200, Height: 900}, {Theme: "dark", Lang: "fr", Width: 390, Height: 844}}, map[string]string{
		"edit":  "/topics/" + topic.ID,
		"new":   "/topics/new?name=x&exclude=" + url.QueryEscape("fine\n(open") + "&query=" + url.QueryEscape("autor:ada brake lang:french and zest"),
		"heard": "/mentions?kind=complaint"}, nil)
	w.Size(1200, 900)
	w.As("light", "en")
	w.Open("/topics/new")
	w.Type("#topic textarea[name=query]", "autor:ada brake")
	w.Until(`document.querySelector("#preview mark")?.textContent === "autor:"`)
	w.Shot("topic-typed")
	w.Click("#preview button[name=mended]")
	w.Until(`document.querySelector("#topic textarea[name=query]")?.value === "author:ada brake" && document.querySelector("#preview h2")?.textContent === "2 hits"`)
	w.Type("#topic textarea[name=exclude]", "brake pad")
	w.Until(`document.querySelector("#preview h2")?.textContent === "1 hit"`)
}
