package plain

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestFromHTML(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ html, want string }{
		"nothing":             {"", ""},
		"words":               {"a  b\n c", "a b c"},
		"paragraphs":          {"<p>one</p><p>two</p>", "one\n\ntwo"},
		"unclosed paragraphs": {"<p>one<p>two", "one\n\ntwo"},
		"words stay apart":    {"<div>one</div><div>two</div>three", "one\ntwo\nthree"},
		"words stay together": {"w<b>or</b>d and<i> more</i>", "word and more"},
		"breaks":              {"one<br>two<br/><br />three", "one\ntwo\nthree"},
		"list":                {"Buy:<ul><li>milk</li><li> <p>bread</p> </li></ul>Thanks", "Buy:\n\n- milk\n- bread\n\nThanks"},
		"list without ends":   {"<ul><li>a<li>b</ul>", "- a\n- b"},
		"nested list":         {"<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", "- a\n  - b\n- c"},
		"empty entries":       {"<ul><li></li><li>a</li></ul>", "-\n- a"},
		"links":               {`see <a href="https://x.example/">this page</a>.`, "see this page."},
		"image":               {`<p>look<img src="x" alt="a bike">now</p>`, "look a bike now"},
		"image without words": {`<img src="x">`, ""},
		"scripts":             {"a<script>alert('<b>')</script><style>p{}</style>b", "ab"},
		"script never closed": {"a<script>alert(1)", "a"},
		"hidden elements":     {"a<svg><text>x</text><svg></svg></svg><template>y</template>b", "ab"},
		"comments":            {"a<!-- <p>x</p> -->b", "ab"},
		"entities":            {"&lt;b&gt; &amp;amp; &eacute;&nbsp;! &#8217;", "<b> &amp; é\u00a0! ’"},
		"table":               {"<table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>", "a b\nc d"},
		"heading":             {"<h1>Title</h1>text", "Title\n\ntext"},
		"quote":               {"he said<blockquote>no</blockquote>then", "he said\n\nno\n\nthen"},
		"preformatted":        {"<pre>a\n  b</pre>", "a\n  b"},
		"whole page":          {"<!doctype html><html><head><title>T</title></head><body><p>x</body></html>", "x"},
		"text only":           {"1 < 2 & 3", "1 < 2 & 3"},
		"broken":              {"<p>a</b></i><b>c", "ac"},
		"invalid bytes":       {"<p>a\xffb</p>", "a\uFFFDb"},
		"word's own":          {"<o:p>a</o:p><p>b</p>", "a\n\nb"},
	} {
		if got := FromHTML(c.html); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestBounds(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]string{
		"long":   strings.Repeat("é ", 1<<20),
		"html":   "<p>" + strings.Repeat("é ", 1<<20),
		"word":   "<p>" + strings.Repeat("é", 1<<20),
		"deep":   strings.Repeat("<ul><li>", 1<<19),
		"pre":    "<pre>" + strings.Repeat("\n\nx", 1<<19),
		"breaks": strings.Repeat("<br>", 1<<20) + "x",
		"open":   strings.Repeat("<", 1<<20),
		"attrs":  "<img " + strings.Repeat("a=b ", 1<<19) + ">x",
	} {
		if got := FromHTML(s); len(got) > MaxText || !utf8.ValidString(got) {
			t.Errorf("%s: %d bytes", name, len(got))
		}
	}
}

func TestLooks(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"": false, "a < b": false, "<": false, "a <b> c": false, "x<y and y>z": false, "<b>x</b>": true, "a<br>b": true, "a<BR />b": true,
		"<p class=x>y": true, "<!-- x -->": true, "<pre": false, "List<String>": false, "</": false, "I <3 you": false,
	} {
		if got := Looks(s); got != want {
			t.Errorf("%q: got %v", s, got)
		}
	}
}

func TestLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		s     string
		limit int
		want  string
	}{{" a\n b ", 10, "a b"}, {"éééé", 7, "éé…"}, {"", 3, ""}} {
		if got := Line(c.s, c.limit); got != c.want {
			t.Errorf("%q: got %q", c.s, got)
		}
	}
}

func TestTidy(t *testing.T) {
	t.Parallel()
	if got := Tidy(" a \r\n\r\n\r\n\r\n b\t\r c \n"); got != "a\n\n b\n c" {
		t.Errorf("got %q", got)
	}
}

func FuzzFromHTML(f *testing.F) {
	for _, s := range []string{"<p>a<ul><li>b</ul>", "<pre>a\n</pre>", "<script><!--</script>", "&#0;&lt;<img alt=a>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := FromHTML(s)
		if len(got) > MaxText || !utf8.ValidString(got) && utf8.ValidString(s) {
			t.Fatalf("%q", got)
		}
		if strings.TrimSpace(got) != got {
			t.Fatalf("%q", got)
		}
		_, _, _ = Looks(s), Tidy(s), Line(s, 20)
	})
}
