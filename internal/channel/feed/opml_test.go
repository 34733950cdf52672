package feed

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/entente/entente/internal/problem"
)

func TestReadOPML(t *testing.T) {
	t.Parallel()
	got, err := ReadOPML(strings.NewReader(`<?xml version="1.0" encoding="ISO-8859-1"?>
<opml version="1.1"><head><title>Mine</title></head><body>
<outline text="V` + "\xe9" + `lo">
  <outline text="short" title="Long name" type="rss" xmlUrl="https://a.example/feed" htmlUrl="http://a.example/"/>
  <outline title="B" xmlurl="feed://b.example/rss"><outline text="nested" XMLURL="c.example/feed"></outline></outline>
</outline>
<outline text="empty folder"/>
<outline text="bad" xmlUrl="javascript:alert(1)" htmlUrl="javascript:alert(2)"/>
<outline text="link" type="link" url="https://d.example/"/>
<outline text="typed" type="rss" url="https://e.example/rss?a=1&amp;b=2"/>
</body></opml>`))
	if err != nil {
		t.Fatal(err)
	}
	want := []Outline{
		{Title: "Vélo", Outlines: []Outline{
			{Title: "Long name", URL: "https://a.example/feed", Site: "http://a.example/"},
			{Title: "B", URL: "https://b.example/rss", Outlines: []Outline{{Title: "nested", URL: "https://c.example/feed"}}},
		}},
		{Title: "typed", URL: "https://e.example/rss?a=1&b=2"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if feeds := Feeds(got); len(feeds) != 4 || feeds[2].Title != "nested" {
		t.Errorf("feeds: %v", feeds)
	}
}

func TestHostileOPML(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ body, key string }{
		"empty":      {"", "feed.not_opml"},
		"a feed":     {rssOf(), "feed.not_opml"},
		"text":       {"hello", "feed.not_opml"},
		"cut":        {`<opml><body><outline text="a" xmlUrl="https://a.example/"`, "feed.opml_broken"},
		"cut later":  {`<opml><body><outline text="a" xmlUrl="https://a.example/"/>`, "feed.opml_broken"},
		"deep":       {`<opml><body>` + strings.Repeat("<outline>", 1_000_000), "feed.opml_broken"},
		"deep whole": {`<opml><body>` + strings.Repeat("<outline text='a' xmlUrl='https://a.example/'>", 100) + strings.Repeat("</outline>", 100) + `</body></opml>`, ""},
		"many":       {`<opml><body>` + strings.Repeat(`<outline xmlUrl="https://a.example/"/>`, maxOutlines+1) + `</body></opml>`, "feed.opml_too_many"},
		"too large":  {`<opml><!--` + strings.Repeat(" ", MaxBody), "feed.too_large"},
		"bomb":       {`<!DOCTYPE opml [<!ENTITY a "aaaa">]><opml><body><outline title="&a;" xmlUrl="https://a.example/"/></body></opml>`, ""},
	} {
		_, err := ReadOPML(strings.NewReader(c.body))
		if c.key == "" && err != nil || c.key != "" && (err == nil || problem.Of(err).Key != c.key) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// TestOPMLRoundTrip writes any list and reads it back, equal.
func TestOPMLRoundTrip(t *testing.T) {
	t.Parallel()
	title := rapid.Custom(func(t *rapid.T) string {
		return strings.TrimSpace(rapid.StringOf(rapid.RuneFrom([]rune("<>&\"' é€🚲;#ampxyzABC019]-!"))).Draw(t, "title"))
	})
	var outline func(depth int) *rapid.Generator[Outline]
	outline = func(depth int) *rapid.Generator[Outline] {
		return rapid.Custom(func(t *rapid.T) Outline {
			o := Outline{Title: title.Draw(t, "title")}
			if depth < 4 && rapid.Bool().Draw(t, "folder") {
				o.Outlines = rapid.SliceOfN(outline(depth+1), 1, 3).Draw(t, "outlines")
			}
			if len(o.Outlines) == 0 || rapid.Bool().Draw(t, "feed") {
				o.URL = "https://" + rapid.StringMatching(`[a-z]{1,10}\.example/[a-z0-9/]{0,10}(\?a=[a-z&"'<>]{0,5})?`).Draw(t, "url")
				o.URL, _ = Address(o.URL)
				if rapid.Bool().Draw(t, "site") {
					o.Site = "http://" + rapid.StringMatching(`[a-z]{1,10}\.example/`).Draw(t, "site")
				}
			}
			return o
		})
	}
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(outline(0), 0, 4).Draw(t, "list")
		var b bytes.Buffer
		if err := WriteOPML(&b, title.Draw(t, "name"), list); err != nil {
			t.Fatal(err)
		}
		got, err := ReadOPML(&b)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(list, got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatal(diff)
		}
	})
}

func FuzzOPML(f *testing.F) {
	f.Add([]byte(`<opml version="2.0"><body><outline text="a" xmlUrl="https://a.example/&amp;"><outline/></outline></body></opml>`))
	f.Fuzz(func(t *testing.T, body []byte) {
		list, err := ReadOPML(bytes.NewReader(body))
		if err != nil {
			return
		}
		var b bytes.Buffer
		if err := WriteOPML(&b, "x", list); err != nil {
			t.Fatal(err)
		}
		again, err := ReadOPML(&b)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(list, again, cmpopts.EquateEmpty()); diff != "" {
			t.Fatal(diff)
		}
	})
}
