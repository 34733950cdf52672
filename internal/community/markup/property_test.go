package markup_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"github.com/entente/entente/internal/community/markup"
)

// allowed are the elements of a document and the attributes that each may have.
var allowed = map[string][]string{
	"p": {"dir"}, "br": nil, "hr": nil, "h3": {"dir"}, "h4": {"dir"}, "h5": {"dir"}, "h6": {"dir"}, "blockquote": nil, "ul": nil, "ol": {"start"},
	"li": {"dir"}, "pre": {"tabindex"}, "code": {"class"}, "em": nil, "strong": nil, "del": nil, "table": nil, "thead": nil, "tbody": nil, "tr": nil,
	"th": {"dir", "scope", "class"}, "td": {"dir", "class"}, "div": {"class", "tabindex"}, "span": {"class"}, "a": {"href", "rel", "class"},
	"img": {"src", "alt", "loading", "decoding"},
}

// unsafe says what of HTML must not be in a page; "" when nothing is. Elements are closed where they were opened, so that a document
// cannot leave the place it is shown in.
func unsafe(doc string) string {
	z := html.NewTokenizer(strings.NewReader(doc))
	var open []string
	for {
		kind := z.Next()
		token := z.Token()
		switch kind {
		case html.ErrorToken:
			if len(open) > 0 {
				return "not closed: " + strings.Join(open, " ")
			}
			return ""
		case html.CommentToken, html.DoctypeToken:
			return "a comment"
		case html.StartTagToken, html.SelfClosingTagToken:
			attrs, ok := allowed[token.Data]
			if !ok {
				return "element " + token.Data
			}
			for _, a := range token.Attr {
				if !slices.Contains(attrs, a.Key) {
					return "attribute " + a.Key + " of " + token.Data
				}
				if a.Key == "href" || a.Key == "src" {
					if why := unsafeAddress(a.Val, a.Key == "src"); why != "" {
						return why
					}
				}
			}
			if token.Data != "br" && token.Data != "hr" && token.Data != "img" {
				open = append(open, token.Data)
			}
		case html.EndTagToken:
			if len(open) == 0 || open[len(open)-1] != token.Data {
				return "closed without being open: " + token.Data
			}
			open = open[:len(open)-1]
		}
	}
}

func unsafeAddress(raw string, picture bool) string {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return "address " + raw
	case strings.ContainsFunc(raw, func(r rune) bool { return r <= ' ' || r > '~' || r == '\\' }):
		return "letters of address " + raw
	case picture && !strings.HasPrefix(raw, markup.PicturePath):
		return "picture " + raw
	case u.Scheme == "" && (!strings.HasPrefix(raw, "/") || strings.HasPrefix(raw, "//")):
		return "relative address " + raw
	case u.Scheme != "" && u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "mailto":
		return "scheme of " + raw
	}
	return ""
}

// check holds what is true of every document.
func check(t interface {
	Helper()
	Errorf(string, ...any)
}, src string) {
	t.Helper()
	doc, err := markup.Render(src)
	again, errAgain := markup.Render(src)
	if diff := cmp.Diff(doc, again); diff != "" || (err == nil) != (errAgain == nil) {
		t.Errorf("%q is rendered twice and differs: %s", src, diff)
	}
	if why := unsafe(doc.HTML); why != "" {
		t.Errorf("%q: %s in %q", src, why, doc.HTML)
	}
	if !utf8.ValidString(doc.HTML) || !utf8.ValidString(doc.Text) {
		t.Errorf("%q makes text that is none", src)
	}
	for _, r := range doc.Text + doc.HTML {
		if r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x200b || r == 0xfeff || r == 0 {
			t.Errorf("%q keeps %U", src, r)
		}
	}
	if len(doc.HTML) > 2*markup.MaxHTML || len(doc.Text) > 2*markup.MaxHTML {
		t.Errorf("%d bytes become %d of HTML and %d of text", len(src), len(doc.HTML), len(doc.Text))
	}
	if err == nil {
		if _, passed := markup.Washed(markup.Unwashed(src)); !passed {
			t.Errorf("%q makes a tag that is not ours: %q", src, markup.Unwashed(src))
		}
		// The policy would take nothing out: it writes signs in its own way, so what is compared is what they mean.
		if diff := cmp.Diff(html.UnescapeString(doc.HTML), html.UnescapeString(markup.Policed(doc.HTML))); diff != "" {
			t.Errorf("%q: the policy took something out: %s", src, diff)
		}
	}
}

// TestSecondLock gives it what the writer never writes.
func TestSecondLock(t *testing.T) {
	t.Parallel()
	for _, bad := range append([]string{
		`<p onclick="ran()">x</p>`, `<P>x</P>`, `<p`, `<p >x</p >`, `<a href="javascript:ran()" rel="nofollow ugc noopener">x</a>`,
		`<a href="//x" rel="nofollow ugc noopener">x</a>`, `<a href="https://x" onclick="ran()" rel="nofollow ugc noopener">x</a>`,
		`<a href="https://x" rel="nofollow ugc noopener" onclick="ran()">x</a>`, `<a href="https://x">x</a>`, `<a class="prose-mention" href="javascript:ran()">x</a>`,
		`<img src="https://x/" alt="" loading="lazy" decoding="async">`, `<img src="/media/x" alt="" onerror="ran()" loading="lazy" decoding="async">`,
		`<img src="/media/x" alt="" loading="lazy" decoding="async" onerror="ran()">`, `<code class="language-x y">x</code>`, `<ol start="x">`, `<ol start="1" onclick="ran()">`,
		`<!-- x -->`, `<!doctype html>`, `<div>x</div>`, `<span>x</span>`, `<span class="other">x</span>`, `<td style="x">x</td>`, `<base href="/">`,
	}, rawPayloads()...) {
		got, passed := markup.Washed(bad)
		if passed {
			t.Errorf("%q passes", bad)
		}
		lower := strings.ToLower(got)
		for _, sign := range []string{"<script", "onclick=\"", "onerror=\"", "href=\"javascript", "style=\"", "<base", "<!"} {
			if strings.Contains(lower, sign) {
				t.Errorf("%q leaves %q", bad, got)
			}
		}
	}
}

// rawPayloads are those that are HTML by themselves.
func rawPayloads() []string {
	var out []string
	for _, p := range payloads {
		if strings.HasPrefix(p, "<") && strings.Contains(p, "ran()") {
			out = append(out, p)
		}
	}
	return out
}

func FuzzRender(f *testing.F) {
	for _, s := range []string{"", "# a\n\n> b\n- c\n\n1. d\n", "| a |\n|---|\n| b |", "```x\ny", "[a](b \"c\")", "![a][b]\n\n[b]: /media/x", "<a@b.fr> @c :velo:",
		"a\u202eb", "\xff\xfe", "&#x202e;&#0;&gt;", "~~*a~~*", "https://аpple.com)", "- [x] a\n\t- b\n", "***\n---\n===", "\\\n\\*\\", "שלום @a"} {
		f.Add(s)
	}
	for _, s := range payloads {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) { check(t, src) })
}

// words of a text, as a search would cut them.
func words(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// TestTextHasEveryWord builds documents of words and checks that the text has them all, in order and apart.
func TestTextHasEveryWord(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var said []string
		word := func() string {
			w := rapid.StringMatching(`[a-zéèêàçœù]{2,9}`).Draw(t, "word")
			said = append(said, w)
			return w
		}
		inline := func() string {
			w := word()
			switch rapid.IntRange(0, 9).Draw(t, "inline") {
			case 0:
				return "**" + w + "**"
			case 1:
				return "*" + w + " " + word() + "*"
			case 2:
				return "`" + w + "`"
			case 3:
				return "[" + w + "](https://exemple.fr/)"
			case 4:
				return "~~" + w + "~~"
			case 5:
				return "![" + w + "](/media/1.png)"
			case 6:
				return "« " + w + " » !"
			case 7:
				return "@" + w
			}
			return w
		}
		line := func() string {
			parts := make([]string, rapid.IntRange(1, 5).Draw(t, "parts"))
			for i := range parts {
				parts[i] = inline()
			}
			return strings.Join(parts, " ")
		}
		var src strings.Builder
		for range rapid.IntRange(1, 6).Draw(t, "blocks") {
			switch rapid.IntRange(0, 7).Draw(t, "block") {
			case 0:
				src.WriteString("## " + line() + "\n")
			case 1:
				src.WriteString("> " + line() + "\n>\n> " + line() + "\n\n")
			case 2:
				src.WriteString("- " + line() + "\n  - " + line() + "\n- [ ] " + line() + "\n\n")
			case 3:
				src.WriteString("```\n" + word() + "\n" + word() + "\n```\n")
			case 4:
				src.WriteString("| " + line() + " | " + line() + " |\n|---|---|\n| " + line() + " | " + line() + " |\n\n")
			case 5:
				src.WriteString("<b>" + word() + "</b>\n\n")
				said = append(said[:len(said)-1], "b", said[len(said)-1], "b")
			default:
				src.WriteString(line() + "\n" + line() + "\n\n")
			}
		}
		doc, err := markup.Render(src.String())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(said, words(doc.Text)); diff != "" {
			t.Fatalf("%s\nbecomes\n%s\n(-said +found):\n%s", src.String(), doc.Text, diff)
		}
		check(t, src.String())
	})
}

// TestAnything makes documents of the signs that mean something.
func TestAnything(t *testing.T) {
	t.Parallel()
	pieces := []string{"*", "_", "~~", "`", "```", "\n", "\n\n", "> ", "- ", "1. ", "# ", "|", "|---|\n", "[", "](", ")", "!", "<", ">", "\"", "'", "&", "&#x202e;", "\\",
		"javascript:", "https://", "www.", "a.fr", "/media/", "@", ":velo:", "a", "é", " ", "\t", "    ", "\u202e", "\u200d", "<script>", "onerror=", "style=", "]: ", "[x] ", "\x00", "\xff", "ש"}
	rapid.Check(t, func(t *rapid.T) {
		check(t, strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 40).Draw(t, "pieces"), ""))
	})
}

func BenchmarkRender(b *testing.B) {
	post := strings.Repeat("Bonjour, ma roue **avant** fait du bruit « tic tic » depuis l’orage : voir https://exemple.fr/roue.\n\n"+
		"> Vous l’avez graissée ?\n\n- oui, *deux fois*\n- `huile fine`\n\nMerci @amina pour l’aide, à demain matin sur le quai. ", 4)
	b.SetBytes(int64(len(post)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := markup.Render(post); err != nil {
			b.Fatal(err)
		}
	}
}
