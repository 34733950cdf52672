package feed

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/mmcdole/gofeed"
	"github.com/mmcdole/gofeed/atom"
	gofeedjson "github.com/mmcdole/gofeed/json"
	"github.com/mmcdole/gofeed/rss"

	"github.com/entente/entente/internal/channel/plain"
)

// facts are what both readings are compared on.
type facts struct {
	Title string
	Items []itemFacts
}

type itemFacts struct {
	Title, Link, GUID  string
	Names, Mails       []string
	Published, Updated string
	Content, Summary   string
	Categories         []string
}

func corpus(t testing.TB) string {
	root := filepath.Join("..", "..", "..", "..", "shared", "data", "feeds", "gofeed", "testdata")
	if _, err := os.Stat(root); err != nil {
		t.Skip("the corpus is not here")
	}
	return root
}

// TestCorpusAgrees compares every feed of the corpus that has an expectation with it.
func TestCorpusAgrees(t *testing.T) {
	t.Parallel()
	root := corpus(t)
	// What differs on purpose, with the reason.
	known := map[string]string{
		"parser/rss/issue_303_encoded_no_namespace.xml":   "an <encoded> without its namespace is the text when there is no other",
		"parser/atom/issue_275_extensions_and_source.xml": "dc:subject is a tag in Atom too; entities are decoded whatever the type",
	}
	total, agree := 0, 0
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, _ := filepath.Rel(root, path)
		name = filepath.ToSlash(name)
		if strings.HasSuffix(name, "_expected.json") {
			return nil
		}
		base := strings.TrimSuffix(path, filepath.Ext(path))
		expectation := base + ".json"
		if filepath.Ext(path) == ".json" {
			expectation = base + "_expected.json"
		}
		wanted, err := os.ReadFile(expectation)
		if err != nil {
			return nil
		}
		body, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		total++
		want, err := expected(name, wanted)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return nil
		}
		doc, _, err := parse(body, "")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return nil
		}
		diff := cmp.Diff(want, factsOf(doc))
		_, excused := known[name]
		switch {
		case diff == "":
			agree++
			if excused {
				t.Errorf("%s: agrees now", name)
			}
		case !excused:
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d of %d agree", agree, total)
}

// expected reads the expectation, whose form depends on the folder, into facts.
func expected(name string, raw []byte) (facts, error) {
	feed := &gofeed.Feed{}
	var err error
	switch {
	case strings.HasPrefix(name, "parser/rss/"):
		in := &rss.Feed{}
		if err = json.Unmarshal(raw, in); err == nil {
			feed, err = (&gofeed.DefaultRSSTranslator{DisableContentImageScan: true}).Translate(in)
		}
	case strings.HasPrefix(name, "parser/atom/"):
		in := &atom.Feed{}
		if err = json.Unmarshal(raw, in); err == nil {
			feed, err = (&gofeed.DefaultAtomTranslator{}).Translate(in)
		}
	case strings.HasPrefix(name, "parser/json/"):
		in := &gofeedjson.Feed{}
		if err = json.Unmarshal(raw, in); err == nil {
			feed, err = (&gofeed.DefaultJSONTranslator{}).Translate(in)
		}
	default:
		err = json.Unmarshal(raw, feed)
	}
	if err != nil {
		return facts{}, err
	}
	return factsOfFeed(feed), nil
}

func factsOfFeed(f *gofeed.Feed) facts {
	out := facts{Title: linkless(strings.TrimSpace(f.Title))}
	for _, it := range f.Items {
		x := itemFacts{
			Title: linkless(it.Title), Link: it.Link, GUID: it.GUID, Content: same(it.Content), Summary: same(it.Description), Categories: spoken(it.Categories),
		}
		for _, a := range it.Authors {
			if a.Name == "" && a.Email == "" {
				continue
			}
			x.Names, x.Mails = append(x.Names, a.Name), append(x.Mails, a.Email)
		}
		if it.PublishedParsed != nil {
			x.Published = it.PublishedParsed.UTC().Format(time.RFC3339)
		}
		if it.UpdatedParsed != nil {
			x.Updated = it.UpdatedParsed.UTC().Format(time.RFC3339)
		}
		out.Items = append(out.Items, x)
	}
	return out
}

func factsOf(d *document) facts {
	out := facts{Title: linkless(d.title.text)}
	for i := range d.entries {
		it := &d.entries[i]
		x := itemFacts{
			Title: linkless(it.title.text), Link: it.link, GUID: it.id, Content: same(it.content.text), Summary: same(it.summary.text), Categories: it.categories,
		}
		for _, a := range it.authors {
			if a.name == "" && a.mail == "" {
				continue
			}
			x.Names, x.Mails = append(x.Names, a.name), append(x.Mails, a.mail)
		}
		if at, ok := parseDate(it.published); ok {
			x.Published = at.Format(time.RFC3339)
		}
		if at, ok := parseDate(it.updated); ok {
			x.Updated = at.Format(time.RFC3339)
		}
		out.Items = append(out.Items, x)
	}
	return out
}

// same is how texts are compared: as text. Addresses inside markup never reach a post.
func same(s string) string { return plain.FromHTML(s) }

// linkless compares a title with a link in it as text, and every other one as it is written.
func linkless(title string) string {
	if strings.Contains(title, "href=") {
		return same(title)
	}
	return title
}

// spoken drops empty categories: they say nothing.
func spoken(categories []string) []string {
	var out []string
	for _, c := range categories {
		if c != "" {
			out = append(out, c)
		}
	}
	return out
}

// TestCorpusNeverBreaks reads everything there, whole and cut at every tenth.
func TestCorpusNeverBreaks(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	err := filepath.WalkDir(corpus(t), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for i := range 11 {
			_, _, _ = Parse(body[:len(body)*i/10], "", "https://example.org/feed", now)
		}
		if f, _, err := Parse(body, "", "https://example.org/feed", now); err == nil && bytes.Contains(body, []byte("<item>")) && !bytes.Contains(body, []byte("img")) && len(f.Items) == 0 {
			for _, c := range []string{"<title>", "<description>", "encoded>"} {
				if bytes.Contains(bytes.SplitN(body, []byte("<item>"), 2)[1], []byte(c)) {
					t.Errorf("%s: no item", path)
					break
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
