package e2e

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"maps"
	"mime"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/net/html"

	"github.com/entente/entente/internal/charter"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/plan/money"
	"github.com/entente/entente/sample"
)

// TestUnspoken reads the pages in the made-up language, in which every sentence given to translators stands between brackets: words outside
// that are neither of the sample nor a name are said to readers of all languages alike.
func TestUnspoken(t *testing.T) {
	t.Parallel()
	s := demo(t)
	known := corpus(t, s.place)
	for _, role := range []string{"owner", "volunteer", ""} {
		t.Run("as "+role, func(t *testing.T) {
			t.Parallel()
			start := []string{"/"}
			if role == "" {
				start = []string{"/sign-in", "/forgot"}
			}
			heard, told := 0, map[string]bool{}
			c := as(t, s, role, i18n.Pseudo)
			crawl(t, c, start, 160, 3, func(path string, _ answer, page *html.Node) {
				if page == nil || strings.HasPrefix(path, "/design") {
					return
				}
				broken := false // a sentence goes on in the next line of a drawing
				for _, v := range spoken(page) {
					if strings.Contains(v.text, "⟦") {
						heard++
					}
					if broken && v.part {
						v.text = "⟦" + v.text
					}
					broken = v.part && strings.LastIndex(v.text, "⟦") > strings.LastIndex(v.text, "⟧") && !strings.HasSuffix(v.text, "…")
					rest := strings.TrimSpace(outside(v.text))
					if strings.HasPrefix(path, "/audit") && strings.Contains(rest, ": ") {
						continue // what was changed is shown as it is kept
					}
					if rest == "" || known.has(rest, v.part) || told[rest] {
						continue
					}
					told[rest] = true
					t.Errorf("%s: <%s> says %q in every language", path, v.where, rest)
				}
			})
			if heard < 20 {
				t.Errorf("only %d sentences were heard: the made-up language is not spoken", heard)
			}
		})
	}
}

type utterance struct {
	where, text string
	part        bool // of a longer text, such as a line of a drawing
}

// spoken lists what a page says to those who see or hear it.
func spoken(page *html.Node) []utterance {
	var out []utterance
	for n := range page.Descendants() {
		switch n.Type {
		case html.TextNode:
			if n.Parent != nil && !apart(n) {
				out = append(out, utterance{n.Parent.Data, n.Data, inside(n, "svg")})
			}
		case html.ElementNode:
			for _, a := range n.Attr {
				switch a.Key {
				case "title", "aria-label", "placeholder", "alt", "aria-description", "data-confirm":
					if a.Key == "placeholder" && strings.ContainsAny(a.Val, "@/") || inside(n, "time") || n.Data == "time" {
						continue
					}
					out = append(out, utterance{n.Data + " " + a.Key, a.Val, false})
				}
			}
		}
	}
	return out
}

// apart reports whether a text is no sentence: code, keys, times, names of languages, what somebody typed.
func apart(n *html.Node) bool {
	for p := n.Parent; p != nil; p = p.Parent {
		if p.Type != html.ElementNode {
			continue
		}
		switch p.Data {
		case "script", "style", "code", "kbd", "pre", "time", "textarea", "mark", "head":
			return p.Data != "head" || n.Parent.Data != "title"
		}
		if attr(p, "aria-hidden") == "true" && len([]rune(strings.TrimSpace(n.Data))) <= 2 {
			return true // initials
		}
		if (attr(p, "lang") != "" || attr(p, "translate") == "no") && p.Data != "html" {
			return true
		}
		for d := range p.ChildNodes() {
			if d.Type == html.ElementNode && d.Data == "mark" {
				return true // a text with hits in it
			}
		}
	}
	return false
}

// outside is what stands outside all brackets.
func outside(text string) string {
	var b strings.Builder
	depth := 0
	for _, r := range text {
		switch {
		case r == '⟦':
			depth++
		case r == '⟧':
			depth = max(depth-1, 0)
			b.WriteByte(' ')
		case depth == 0:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// words are all texts of the sample: whole, and field by field.
type words struct {
	all    string
	fields map[string]bool
}

// plainly keeps words: no addresses, times, numbers, marks; small letters, one space between.
func plainly(s string) string {
	s = spaces.Replace(s)
	for _, e := range []*regexp.Regexp{zones, addresses, clock, months, coded} {
		s = e.ReplaceAllString(s, " ")
	}
	return strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) }), " ")
}

var (
	spaces    = strings.NewReplacer("\u00a0", " ", "\u202f", " ", "\u2009", " ", "’", "'")
	zones     = regexp.MustCompile(`\b(?:Africa|America|Asia|Atlantic|Australia|Europe|Indian|Pacific)/[\w/ ]+`)
	addresses = regexp.MustCompile(`(?:https?://|mailto:|acct:|tel:)?[\w.+-]+(?:@[\w-]+)?(?:\.[\w-]+)+(?:/[^\s]*)?`)
	clock     = regexp.MustCompile(`(?i)\b\d+(?:[.,]\d+)?\s?(?:h|min|s|ms|d|j|kb|mb|gb|px)\b`)
	months    = regexp.MustCompile(`(?i)\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b|\b(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\b|\bAM\b|\bPM\b|\bUTC\b`)
	coded     = regexp.MustCompile(`\b[0-9a-z]*\d[0-9a-z]*\b|#\S+|\bhash:\S+`)
)

// has reports whether a text is of the sample, or no words at all. A word or two count only as a whole field: "open" stands in many a post
// and may still be a label that nobody translated.
func (w *words) has(text string, part bool) bool {
	plain := plainly(text)
	if len([]rune(plain)) < 2 {
		return true
	}
	if w.fields[plain] {
		return true
	}
	if first, second, ok := strings.Cut(plain, " "); ok && w.fields[first] && w.fields[second] {
		return true
	}
	if part || strings.Count(plain, " ") >= 2 {
		if strings.Contains(w.all, plain) {
			return true
		}
		for _, part := range regexp.MustCompile(`[…·:|,()–—→›.\n]|\bRe\b`).Split(text, -1) { // put together, or cut in the middle of a word
			p := plainly(part)
			if p != "" && !w.fields[p] && !strings.Contains(w.all, p) {
				return false
			}
		}
		return true
	}
	for _, part := range regexp.MustCompile(`[·:|,()–—/…→›.]`).Split(text, -1) {
		if p := plainly(part); p != "" && !w.fields[p] {
			return false
		}
	}
	return true
}

// corpus reads every file of the sample, and what the program made of those that are written in other ways.
func corpus(t *testing.T, p place) *words {
	t.Helper()
	w := &words{fields: map[string]bool{}}
	var all strings.Builder
	add := func(s string) {
		if strings.ContainsAny(s, "<&") {
			w.fields[plainly(s)] = true
			if page, err := html.Parse(strings.NewReader(s)); err == nil {
				s += " " + content(page)
			}
		}
		w.fields[plainly(s)] = true
		for _, part := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(";,<>=\n\t", r) }) {
			w.fields[plainly(part)] = true
		}
		all.WriteString(" " + plainly(s))
	}
	err := fs.WalkDir(sample.Files(), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := fs.ReadFile(sample.Files(), path)
		if err != nil {
			return err
		}
		add(path[strings.LastIndexByte(path, '/')+1:])
		add(strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(path[strings.LastIndexByte(path, '/')+1:], ".atom"), ".xml"), ".json"))
		switch {
		case strings.HasSuffix(path, ".csv"):
			r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))))
			r.FieldsPerRecord, r.LazyQuotes = -1, true
			if head, _, _ := bytes.Cut(raw, []byte("\n")); bytes.Count(head, []byte(";")) > bytes.Count(head, []byte(",")) {
				r.Comma = ';'
			}
			rows, err := r.ReadAll()
			if err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
			for _, row := range rows {
				for _, cell := range row {
					add(cell)
				}
				if len(row) > 2 {
					add(row[1] + " " + row[2])
					add(row[2] + " " + row[1])
				}
			}
		case strings.HasSuffix(path, ".xml"), strings.HasSuffix(path, ".atom"), strings.HasSuffix(path, ".opml"):
			x := xml.NewDecoder(bytes.NewReader(raw))
			x.Strict = false
			x.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
			for {
				token, err := x.Token()
				if err != nil {
					break
				}
				switch v := token.(type) {
				case xml.StartElement:
					for _, a := range v.Attr {
						add(a.Value)
					}
				case xml.CharData:
					add(string(v))
				}
			}
		case strings.HasSuffix(path, ".json"), strings.HasSuffix(path, ".jsonl"):
			d := json.NewDecoder(bytes.NewReader(raw))
			for {
				var v any
				if err := d.Decode(&v); err != nil {
					break
				}
				each(v, add)
			}
		default:
			word := mime.WordDecoder{}
			for line := range strings.Lines(string(raw)) {
				if plain, err := word.DecodeHeader(strings.TrimSpace(line)); err == nil {
					line = plain
				}
				add(line)
				if _, value, ok := strings.Cut(line, ":"); ok {
					add(value)
					name, _, _ := strings.Cut(value, "<")
					add(strings.Trim(name, ` "`))
				}
			}
			add(string(raw))
			add(unquoted(string(raw)))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, query := range []string{"SELECT title FROM post", "SELECT text FROM post", "SELECT author_name FROM post", "SELECT name FROM person", "SELECT organisation FROM person",
		"SELECT title FROM person"} {
		for _, row := range p.rows(t, query) {
			add(row)
		}
	}
	// What the program fills an empty place with is written in Go: it is data, in the language of the sample.
	for _, pattern := range []string{"../internal/app/demo*.go", "../internal/strategy/template.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("nothing at %s: %v", pattern, err)
		}
		for _, name := range files {
			for _, text := range sentences(t, name) {
				add(text)
			}
		}
	}
	for _, c := range money.Currencies() {
		add(c)
	}
	title, preamble, rules := charter.Default() // kept when a charter is begun, and then the organisation's own words
	add(title["en"])
	add(preamble["en"])
	for _, r := range rules {
		for _, text := range slices.Concat([]string{r.Sentence["en"], r.Why["en"]}, r.Good["en"], r.Bad["en"]) {
			add(text)
		}
	}
	w.all = all.String()
	// Names of things that are the same in every language.
	for _, name := range []string{"Entente", "English", "Français", "RSS", "Atom", "JSON Feed", "OPML", "CSV", "JSONL", "vCard", "mbox", "IMAP", "SMTP", "SVG", "JSON",
		"P90", "n", "URI", "PNG", "PDF", "Go-http-client/1.1", "demo", "Chrome", "Linux"} {
		add(name)
	}
	if len(w.fields) < 3000 {
		t.Fatalf("only %d texts were found in the sample: %v", len(w.fields), slices.Collect(maps.Keys(w.fields)))
	}
	return w
}

// sentences are the texts in a file of Go: not its keys, which are small words without a space.
func sentences(t *testing.T, name string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	ast.Inspect(file, func(n ast.Node) bool {
		if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
			if text, err := strconv.Unquote(l.Value); err == nil && (strings.Contains(text, " ") || strings.ToLower(text) != text) {
				out = append(out, text)
			}
		}
		return true
	})
	return out
}

// unquoted undoes quoted-printable and the folding of header lines, wherever it stands.
func unquoted(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.ReplaceAll(s, "=\n", "")
	return regexp.MustCompile(`(?:=[0-9A-F]{2})+`).ReplaceAllStringFunc(s, func(q string) string {
		var out []byte
		for i := 1; i+1 < len(q); i += 3 {
			n, err := strconv.ParseUint(q[i:i+2], 16, 8)
			if err != nil {
				return q
			}
			out = append(out, byte(n))
		}
		return string(out)
	})
}

func each(v any, add func(string)) {
	switch v := v.(type) {
	case string:
		add(v)
	case []any:
		for _, e := range v {
			each(e, add)
		}
	case map[string]any:
		for _, e := range v {
			each(e, add)
		}
	}
}
