package ui_test

import (
	"encoding/xml"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"
	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/web/ui"
)

func render(t *testing.T, lang string, c templ.Component, children ...templ.Component) *goquery.Document {
	t.Helper()
	ctx := templ.WithChildren(i18n.With(t.Context(), lang, time.UTC), templ.Join(children...))
	var b strings.Builder
	if err := c.Render(ctx, &b); err != nil {
		t.Fatal(err)
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// TestGalleryKeepsThePolicy: what the policy of pages forbids, no component writes; ids are written once.
func TestGalleryKeepsThePolicy(t *testing.T) {
	t.Parallel()
	doc := render(t, "en", ui.Shell(ui.ShellProps{Title: "x", MemberName: "A", Nonce: "n", Live: "/live"}), ui.Gallery())
	doc.Find("*").Each(func(_ int, s *goquery.Selection) {
		for _, a := range s.Nodes[0].Attr {
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") || strings.HasPrefix(a.Key, "hx-on") || strings.HasPrefix(a.Val, "javascript:") {
				t.Errorf("<%s %s=%q>", s.Nodes[0].Data, a.Key, a.Val)
			}
		}
	})
	if n := doc.Find("style").Length(); n != 0 {
		t.Errorf("%d style elements", n)
	}
	if n := doc.Find("script").Length(); n != 1 || doc.Find(`script[nonce="n"][src]`).Length() != 1 {
		t.Errorf("%d scripts, want the one with a nonce", n)
	}
	seen := map[string]int{}
	doc.Find("[id]").Each(func(_ int, s *goquery.Selection) { seen[s.AttrOr("id", "")]++ })
	for id, n := range seen {
		if n > 1 {
			t.Errorf("id %q is written %d times", id, n)
		}
	}
}

// TestGallerySpeaks: in the made-up language no key comes out as itself.
func TestGallerySpeaks(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"en", "fr", i18n.Pseudo} {
		doc := render(t, lang, ui.Shell(ui.ShellProps{MemberName: "A", Search: "/s"}), ui.Gallery())
		html, err := doc.Html()
		if err != nil {
			t.Fatal(err)
		}
		if key := regexp.MustCompile(`\bui\.[a-z]+[a-z._]*`).FindString(html); key != "" {
			t.Errorf("%s: the key %q has no sentence", lang, key)
		}
		if lang == "fr" {
			if bad := regexp.MustCompile(`[a-zé] [;!?:](\s|<)`).FindString(doc.Find("nav, dialog, .toasts").Text()); bad != "" {
				t.Errorf("French sign after a breaking space: %q", bad)
			}
		}
	}
}

// TestIconsAreInTheSprite: an icon named in any page of the program is one of assets/icons.txt.
func TestIconsAreInTheSprite(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..", "..")
	listed, err := os.ReadFile(filepath.Join(root, "assets", "icons.txt"))
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for line := range strings.Lines(string(listed)) {
		known[strings.TrimSpace(line)] = true
	}
	used := regexp.MustCompile(`(?:\bIcon\(|\bIcon: |EmptyState\()"([^"]*)"`)
	found := 0
	err = filepath.WalkDir(filepath.Join(root, "internal"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !(strings.HasSuffix(path, ".templ") || strings.HasSuffix(path, ".go")) || strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, "_templ.go") {
			return err
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range used.FindAllStringSubmatch(string(source), -1) {
			found++
			if m[1] != "" && !known[m[1]] {
				t.Errorf("%s: the icon %q is not in assets/icons.txt", path, m[1])
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found < 20 {
		t.Errorf("only %d icons found: the test looks in the wrong place", found)
	}
}

func TestHostileWordsStayWords(t *testing.T) {
	t.Parallel()
	evil := `"><script>alert(1)</script>`
	all := []templ.Component{
		ui.TextField(ui.Field{Name: evil, Label: evil, Value: evil, Hint: evil, Error: evil, Placeholder: evil}),
		ui.TextArea(ui.Field{Name: "a", Label: evil, Value: "</textarea>" + evil, DraftKey: evil}),
		ui.Select(ui.Field{Name: "b", Options: []ui.Option{{Value: evil, Label: evil, Group: evil}}}),
		ui.ListItem(ui.ItemProps{ID: evil, Href: "javascript:alert(1)", Title: evil, Excerpt: evil, From: evil, At: evil, Select: evil}),
		ui.Post(ui.PostProps{Author: evil, AuthorURL: "javascript:alert(1)", Text: evil, At: evil, Stamp: evil, Lang: evil}),
		ui.LinkButton(ui.ButtonProps{Label: evil, Href: " JavaScript:alert(1)", Key: evil, Confirm: evil}),
		ui.CopyText(evil), ui.Avatar(evil), ui.Tag(evil, "data:text/html,"+evil), ui.Stat(ui.StatProps{Label: evil, Value: evil, Href: "vbscript:x"}),
		ui.Toasts([]ui.Toast{{Text: evil, Href: "javascript:1"}}), ui.Icon(evil),
	}
	doc := render(t, "en", templ.Join(all...))
	if n := doc.Find("script").Length(); n != 0 {
		t.Errorf("%d scripts came out of words", n)
	}
	doc.Find("[href]").Each(func(_ int, s *goquery.Selection) {
		href := strings.ToLower(strings.TrimSpace(s.AttrOr("href", "")))
		for _, scheme := range []string{"javascript:", "data:", "vbscript:"} {
			if strings.HasPrefix(href, scheme) {
				t.Errorf("link to %q", href)
			}
		}
	})
}

func TestFieldIsTiedTogether(t *testing.T) {
	t.Parallel()
	doc := render(t, "en", ui.TextField(ui.Field{Name: "name", Label: "Name", Hint: "h", Error: "e", Required: true}))
	input := doc.Find("input")
	got := []string{input.AttrOr("aria-describedby", ""), input.AttrOr("aria-invalid", ""), doc.Find("label").AttrOr("for", ""), doc.Find("#f-name-error").Text()}
	if diff := cmp.Diff([]string{"f-name-hint f-name-error", "true", "f-name", "e"}, got); diff != "" {
		t.Error(diff)
	}
	if _, ok := input.Attr("required"); !ok {
		t.Error("the field is not required")
	}
	if doc := render(t, "en", ui.PasswordField(ui.Field{Name: "p", Value: "secret"})); doc.Find("[value=secret]").Length() != 0 {
		t.Error("a password was written back")
	}
}

func TestAgo(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, time.May, 4, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		lang string
		age  time.Duration
		want string
	}{
		{"en", 2 * time.Hour, "2\u00a0h ago"},
		{"fr", 3 * time.Minute, "il y a 3\u00a0min"},
		{"en", 40 * 24 * time.Hour, "25\u00a0Mar 2026"},
		{"en", -time.Hour, "4\u00a0May 2026"},
	} {
		if got := render(t, tt.lang, ui.Ago(now.Add(-tt.age), now)).Find("time").Text(); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

func TestTabIcon(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"Le Sillage": "LS", "<b> & co": "<&", `"quoted" 'name'`: "\"'", "": "?", "Éric": "É", "日本": "日"} {
		address := ui.TabIcon(name, "#0e6458", "#ffffff")
		if strings.ContainsAny(address, "\"'<> #") {
			t.Errorf("%q: %s is not an address", name, address)
		}
		picture, err := url.PathUnescape(strings.TrimPrefix(address, "data:image/svg+xml,"))
		if err != nil {
			t.Fatal(err)
		}
		var svg struct {
			Text string `xml:"text"`
		}
		if err := xml.Unmarshal([]byte(picture), &svg); err != nil || svg.Text != want {
			t.Errorf("%q: %q, %v, want %q, in %s", name, svg.Text, err, want, picture)
		}
	}
}
