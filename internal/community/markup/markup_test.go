package markup_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/internal/community/markup"
	"github.com/entente/entente/internal/problem"
)

func TestRender(t *testing.T) {
	t.Parallel()
	const rel = ` rel="nofollow ugc noopener"`
	for _, c := range []struct {
		name, src, html, text string
	}{
		{"emphasis", "un **mot** *fort*, ~~non~~", "<p>un <strong>mot</strong> <em>fort</em>, <del>non</del></p>\n", "un mot fort, non"},
		{"lines stay lines", "Bonjour,\nmerci", "<p>Bonjour,<br>\nmerci</p>\n", "Bonjour,\nmerci"},
		{"paragraphs are apart", "un\n\ndeux", "<p>un</p>\n<p>deux</p>\n", "un\n\ndeux"},
		{"headings keep an order", "# A\n\n#### B\n\n## C\n\ntexte", "<h3>A</h3>\n<h4>B</h4>\n<h4>C</h4>\n<p>texte</p>\n", "A\n\nB\n\nC\n\ntexte"},
		{"quotes", "> un\n> > deux\n\nmoi", "<blockquote>\n<p>un</p>\n<blockquote>\n<p>deux</p>\n</blockquote>\n</blockquote>\n<p>moi</p>\n", "> un\n\n> > deux\n\nmoi"},
		{"code", "```go\nif a < b {\n\n}\n```", "<pre tabindex=\"0\"><code class=\"language-go\">if a &lt; b {\n\n}\n</code></pre>\n", "if a < b {\n\n}"},
		{"a language that is none", "```\"><script>\nx\n```", "<pre tabindex=\"0\"><code>x\n</code></pre>\n", "x"},
		{"code in a line", "dire `a  *b*`", "<p>dire <code>a  *b*</code></p>\n", "dire a  *b*"},
		{"lists", "- un\n- deux\n  1. trois\n\nfin", "<ul>\n<li>un</li>\n<li>deux\n<ol>\n<li>trois</li>\n</ol>\n</li>\n</ul>\n<p>fin</p>\n", "- un\n- deux\n  1. trois\n\nfin"},
		{"tasks", "- [x] fait\n- [ ] reste", "<ul>\n<li>☑ fait</li>\n<li>☐ reste</li>\n</ul>\n", "- ☑ fait\n- ☐ reste"},
		{"a list that begins late", "3. trois\n4. quatre", "<ol start=\"3\">\n<li>trois</li>\n<li>quatre</li>\n</ol>\n", "3. trois\n4. quatre"},
		{"a table", "| a | b |\n|--|-:|\n| 1 | `x\\|y` |", "<div class=\"prose-table\" tabindex=\"0\"><table>\n<thead>\n<tr><th scope=\"col\">a</th><th scope=\"col\" class=\"is-right\">b</th></tr>\n</thead>\n<tbody>\n<tr><td>1</td><td class=\"is-right\"><code>x|y</code></td></tr>\n</tbody>\n</table></div>\n", "a | b\n1 | x|y"},
		{"a table that would lose a cell is none", "a|b\n-|-\n1|2|perdu", "<p>a|b<br>\n-|-<br>\n1|2|perdu</p>\n", "a|b\n-|-\n1|2|perdu"},
		{"HTML is words", "un <b>mot</b> <!-- x --> &lt;i&gt;", "<p>un &lt;b&gt;mot&lt;/b&gt; &lt;!-- x --&gt; &lt;i&gt;</p>\n", "un <b>mot</b> <!-- x --> <i>"},
		{"a block of HTML too", "<div onclick=x>\n*y*\n</div>", "<p>&lt;div onclick=x&gt;<br>\n<em>y</em><br>\n&lt;/div&gt;</p>\n", "<div onclick=x>\ny\n</div>"},
		{"French stays as typed", "« Où ? » : l’été, 10 000 € !", "<p>« Où ? » : l’été, 10 000 € !</p>\n", "« Où ? » : l’été, 10 000 € !"},
		{"references", "&eacute;&amp;lt; \\*pas\\* \\&amp;", "<p>é&amp;lt; *pas* &amp;amp;</p>\n", "é&lt; *pas* &amp;"},
		{"a link", "[ici](https://exemple.fr/a?b=1&c=2 \"titre\")", "<p><a href=\"https://exemple.fr/a?b=1&amp;c=2\"" + rel + ">ici</a></p>\n", "ici"},
		{"a link of this site", "[ici](/c/sillage)", "<p><a href=\"/c/sillage\"" + rel + ">ici</a></p>\n", "ici"},
		{"a bare address", "voir https://exemple.fr/été.", "<p>voir <a href=\"https://exemple.fr/%C3%A9t%C3%A9\"" + rel + ">https://exemple.fr/été</a>.</p>\n", "voir https://exemple.fr/été."},
		{"a bare address in French quotes", "« https://exemple.fr »", "<p>« <a href=\"https://exemple.fr\"" + rel + ">https://exemple.fr</a> »</p>\n", "« https://exemple.fr »"},
		{"a bare address in bold", "**https://exemple.fr/a_b_c**", "<p><strong><a href=\"https://exemple.fr/a_b_c\"" + rel + ">https://exemple.fr/a_b_c</a></strong></p>\n", "https://exemple.fr/a_b_c"},
		{"a bare address in brackets", "(https://fr.wikipedia.org/wiki/Sillage_(bateau))", "<p>(<a href=\"https://fr.wikipedia.org/wiki/Sillage_(bateau)\"" + rel + ">https://fr.wikipedia.org/wiki/Sillage_(bateau)</a>)</p>\n", "(https://fr.wikipedia.org/wiki/Sillage_(bateau))"},
		{"www", "www.exemple.fr", "<p><a href=\"https://www.exemple.fr\"" + rel + ">www.exemple.fr</a></p>\n", "www.exemple.fr"},
		{"mail", "écrire à a.b@exemple.fr.", "<p>écrire à <a href=\"mailto:a.b@exemple.fr\"" + rel + ">a.b@exemple.fr</a>.</p>\n", "écrire à a.b@exemple.fr."},
		{"a host that looks like another", "https://аpple.com", "<p><a href=\"https://xn--pple-43d.com\"" + rel + ">https://аpple.com</a> <span class=\"prose-host\">(xn--pple-43d.com)</span></p>\n", "https://аpple.com (xn--pple-43d.com)"},
		{"words that name another host", "[banque.fr](https://voleur.example)", "<p><a href=\"https://voleur.example\"" + rel + ">banque.fr</a> <span class=\"prose-host\">(voleur.example)</span></p>\n", "banque.fr (voleur.example)"},
		{"a name before the host", "https://banque.fr@voleur.example/", "<p><a href=\"https://banque.fr@voleur.example/\"" + rel + ">https://banque.fr@voleur.example/</a> <span class=\"prose-host\">(voleur.example)</span></p>\n", "https://banque.fr@voleur.example/ (voleur.example)"},
		{"a link without words", "[](https://vide.example)", "<p><a href=\"https://vide.example\"" + rel + ">vide.example</a></p>\n", "vide.example"},
		{"a script in a link", "[clic](javascript:alert(1)) [clac](JaVa&#x09;script:x) <javascript:x>", "<p>clic clac javascript:x</p>\n", "clic clac javascript:x"},
		{"other schemes", "[a](data:text/html,x) [b](vbscript:x) [c](//ailleurs.example) [d](file:///etc) [e](x.html)", "<p>a b c d e</p>\n", "a b c d e"},
		{"a picture of ours", "![le *chat*](/media/a1.png)", "<p><img src=\"/media/a1.png\" alt=\"le chat\" loading=\"lazy\" decoding=\"async\"></p>\n", "le chat"},
		{"a picture from elsewhere", "![le chat](https://ailleurs.example/x.png)", "<p><a href=\"https://ailleurs.example/x.png\"" + rel + ">le chat</a></p>\n", "le chat"},
		{"a path that climbs", "![x](/media/../logout)", "<p><a href=\"/media/../logout\"" + rel + ">x</a></p>\n", "x"},
		{"emoji", ":velo: 10:30:45 :inconnu: `:velo:`", "<p>🚲 10:30:45 :inconnu: <code>:velo:</code></p>\n", "🚲 10:30:45 :inconnu: :velo:"},
		{"mentions", "@Jean-Paul et @élodie.b, a@b", "<p><span class=\"prose-mention\">@Jean-Paul</span> et <span class=\"prose-mention\">@élodie.b</span>, a@b</p>\n", "@Jean-Paul et @élodie.b, a@b"},
		{"an order of reading is not changed", "a\u202eb&#x202e;c\u2066d", "<p>abcd</p>\n", "abcd"},
		{"what nobody sees goes", "mo\u200bt\u00ad\ufeff\u2060s\U000e0041", "<p>mots</p>\n", "mots"},
		{"joined emoji stay", "👩\u200d👧 ❤\ufe0f", "<p>👩\u200d👧 ❤\ufe0f</p>\n", "👩\u200d👧 ❤\ufe0f"},
		{"Persian keeps its joiners", "می\u200cخواهم", "<p dir=\"auto\">می\u200cخواهم</p>\n", "می\u200cخواهم"},
		{"a tower of marks", "a" + strings.Repeat("\u0301", 50) + "b", "<p>a" + strings.Repeat("\u0301", 5) + "b</p>\n", "a" + strings.Repeat("\u0301", 5) + "b"},
		{"broken bytes", "a\xff\xfeb", "<p>a\ufffd\ufffdb</p>\n", "a\ufffd\ufffdb"},
		{"nothing", " \n\t\n", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			doc, err := markup.Render(c.src)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.html, doc.HTML); diff != "" {
				t.Errorf("HTML (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.text, doc.Text); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	o := markup.Options{Top: 2, Pictures: "/p/", Mention: func(h string) (string, bool) { return "/c/x/m/" + h, h == "amina" }}
	doc, err := o.Render("# A\n\n@Amina @zoe ![x](/p/1) ![y](/media/1)")
	if err != nil {
		t.Fatal(err)
	}
	want := "<h2>A</h2>\n<p><a class=\"prose-mention\" href=\"/c/x/m/amina\">@Amina</a> @zoe " +
		"<img src=\"/p/1\" alt=\"x\" loading=\"lazy\" decoding=\"async\"> <a href=\"/media/1\" rel=\"nofollow ugc noopener\">y</a></p>\n"
	if diff := cmp.Diff(want, doc.HTML); diff != "" {
		t.Errorf("HTML (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"amina", "zoe"}, doc.Mentions); diff != "" {
		t.Errorf("mentions (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"/media/1"}, doc.Links); diff != "" {
		t.Errorf("links (-want +got):\n%s", diff)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	many := func(n int, s string) string { return strings.Repeat(s, n) }
	for _, c := range []struct{ name, src, key string }{
		{"as long as may be", many(markup.MaxRunes/2, "é "), ""},
		{"longer", many(markup.MaxRunes+1, "é"), "markup.long"},
		{"deep quotes", many(40, "> ") + "x", "markup.deep"},
		{"deep lists", many(40, "- ") + "x", "markup.deep"},
		{"deep numbers", many(40, "1. ") + "x", "markup.deep"},
		{"a line of dashes", many(40, "- ") + "\n\n" + many(40, "* "), ""},
		{"lists deep by steps", steps(40), "markup.deep"},
		{"emphasis inside emphasis", many(300, "*a _b ") + many(300, "c_ c* "), "markup.deep"},
		{"links", many(markup.MaxLinks, "https://exemple.fr "), ""},
		{"more links", many(markup.MaxLinks+1, "https://exemple.fr "), "markup.links"},
		{"links that never end", many(9000, "[a]("), "markup.links"},
		{"signs of emphasis that never end", many(9000, "*a_ "), "markup.heavy"},
		{"a long address many times", "[a]: https://exemple.fr/" + many(1900, "x") + "\n\n" + many(markup.MaxLinks+1, "[a] "), "markup.links"},
		{"quotes over thousands of lines", many(16, ">") + "a\n" + many(19_000, "b\n"), "markup.heavy"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			doc, err := markup.Render(c.src)
			if c.key == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if err == nil || problem.Of(err).Key != c.key {
				t.Fatalf("refused with %v, want %s", err, c.key)
			}
			if diff := cmp.Diff(markup.Plain(c.src), doc); diff != "" {
				t.Errorf("beside a refusal stands not the plain document:\n%s", diff)
			}
		})
	}
}

func steps(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%s- x\n", strings.Repeat("  ", i))
	}
	return b.String()
}

func TestPlain(t *testing.T) {
	t.Parallel()
	got := markup.Plain("un <b>\ndeux\n\n\n*trois*\r\n")
	want := markup.Doc{HTML: "<p>un &lt;b&gt;<br>\ndeux</p>\n<p>*trois*</p>\n", Text: "un <b>\ndeux\n\n*trois*"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("plain (-want +got):\n%s", diff)
	}
	if long := markup.Plain(strings.Repeat("é", 3*markup.MaxRunes)); len([]rune(long.Text)) != markup.MaxRunes+1 {
		t.Errorf("a long one is cut to %d runes", len([]rune(long.Text)))
	}
}

func TestLinks(t *testing.T) {
	t.Parallel()
	doc, err := markup.Render("https://b.fr https://a.fr https://b.fr <mailto:x@y.fr> [z](/z)")
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"https://b.fr", "https://a.fr", "mailto:x@y.fr", "/z"}; !slices.Equal(want, doc.Links) {
		t.Errorf("links are %q, want %q", doc.Links, want)
	}
}
