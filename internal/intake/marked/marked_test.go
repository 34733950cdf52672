package marked

import (
	"strings"
	"testing"
)

func TestFrom(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ html, want string }{
		{"<p>Hello <b>big</b> world</p><p>Two</p>", "Hello **big** world\n\nTwo"},
		{"a * b _c_ # d", `a \* b \_c\_ # d`},
		{"<p># no heading</p><p>1. no list</p>", "\\# no heading\n\n1\\. no list"},
		{"<ul><li>one</li><li>two<ol><li>in</li></ol></li></ul>", "- one\n\n- two\n\n  1. in"},
		{"<pre><code class=\"lang-go\">a := 1\n\n\nb ` c</code></pre>", "```go\na := 1\n\n\nb ` c\n```"},
		{"<p>Use <code>x `y`</code> now</p>", "Use `` x `y` `` now"},
		{"<blockquote><p>said</p><p>so</p></blockquote><p>yes</p>", "> said\n>\n> so\n\nyes"},
		{`<a href="https://a.example/x">words</a>`, "[words](<https://a.example/x>)"},
		{`<a href="https://a.example/x">https://a.example/x</a>`, "<https://a.example/x>"},
		{`<img src="https://a.example/p.png" alt="A pump">`, "[A pump](<https://a.example/p.png>)"},
		{"<script>alert(1)</script><style>p{}</style>ok", "ok"},
		{"<table><tr><th>a</th><th>b</th></tr><tr><td>1</td></tr></table>", "| a | b |\n| --- | --- |\n| 1 | |"},
		{"<h2>Title</h2>text<br>more", "## Title\n\ntext\\\nmore"},
	} {
		got := Options{}.From(c.html)
		if got != c.want {
			t.Errorf("%s\ngives %q\nwant  %q", c.html, got, c.want)
		}
	}
}

func FuzzFrom(f *testing.F) {
	f.Add("<p>a<b>c</b><ul><li>x")
	f.Add(strings.Repeat("<blockquote>", 200) + "x")
	f.Fuzz(func(t *testing.T, s string) {
		if out := (Options{}).From(s); len(out) > 40*len(s)+maxBytes*8+1000 {
			t.Fatalf("%d bytes of %d", len(out), len(s))
		}
	})
}
