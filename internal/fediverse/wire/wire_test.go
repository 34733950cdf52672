package wire_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/entente/entente/internal/community/markup"
	"github.com/entente/entente/internal/fediverse/wire"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		raw  string
		want *wire.Node
		err  error
	}{
		"a reply": {raw: `{"@context":["https://www.w3.org/ns/activitystreams",{"x":"y"}],"id":"https://Social.example:443/1#create","type":"Create","actor":{"id":"https://social.example/ada"},
			"to":["as:Public"],"cc":"https://social.example/ada/followers","published":"2026-05-04T12:00:00.123456789+02:00",
			"object":{"id":"https://social.example/1","type":["Note"],"attributedTo":["https://social.example/ada"],"inReplyTo":"https://velo.example/c/velo/p/1","content":"<p>Hi</p>",
			"contentMap":{"fr-FR":"<p>Hi</p>"},"to":"https://www.w3.org/ns/activitystreams#Public","sensitive":true,"summary":"soup",
			"url":[{"type":"Link","href":"https://social.example/@ada/1","mediaType":"text/html"}],
			"attachment":[{"type":"Image","url":"https://social.example/m.png","name":"A wheel"},{"type":"Image","url":"javascript:alert(1)"},7]}}`,
			want: &wire.Node{ID: "https://social.example/1#create", Type: "Create", Actor: "https://social.example/ada", To: []string{wire.Public, "https://social.example/ada/followers"},
				Published: time.Date(2026, 5, 4, 10, 0, 0, 123456000, time.UTC),
				Object: &wire.Node{ID: "https://social.example/1", Type: "Note", AttributedTo: "https://social.example/ada", InReplyTo: []string{"https://velo.example/c/velo/p/1"}, Content: "<p>Hi</p>",
					Lang: "fr", To: []string{wire.Public}, Sensitive: true, Summary: "soup", URL: "https://social.example/@ada/1",
					Attachments: []wire.Attachment{{Type: "Image", URL: "https://social.example/m.png", Name: "A wheel"}}}}},
		"an undo of an address": {raw: `{"id":"https://a.example/2","type":"Undo","actor":"https://a.example/u","object":"https://a.example/1"}`,
			want: &wire.Node{ID: "https://a.example/2", Type: "Undo", Actor: "https://a.example/u", Object: &wire.Node{ID: "https://a.example/1"}}},
		"wrong kinds of values": {raw: `{"id":7,"type":"Create","actor":["x"],"object":[1,[2],null],"to":{"a":1},"published":"yesterday","content":{"a":1},"nameMap":{"en":3}}`, want: &wire.Node{Type: "Create"}},
		"addresses that are none": {raw: `{"id":"file:///etc/passwd","type":"Create","actor":"https://u:p@a.example/","target":"https://a.example/x y"}`,
			want: &wire.Node{Type: "Create"}},
		"no object": {raw: `[1]`, err: wire.ErrMalformed},
		"null":      {raw: `null`, err: wire.ErrMalformed},
		"two":       {raw: `{"type":"A"}{"type":"B"}`, err: wire.ErrMalformed},
		"no type":   {raw: `{"id":"https://a.example/1"}`, err: wire.ErrMalformed},
		"deep":      {raw: `{"type":"A","object":` + strings.Repeat(`{"object":`, 50_000/10) + "1" + strings.Repeat("}", 50_000/10) + "}", err: wire.ErrDeep},
		"brackets":  {raw: strings.Repeat("[", 200_000), err: wire.ErrDeep},
		"large":     {raw: `{"type":"A","x":"` + strings.Repeat("x", wire.MaxBytes) + `"}`, err: wire.ErrLarge},
	} {
		got, err := wire.Parse([]byte(c.raw))
		if !errors.Is(err, c.err) {
			t.Errorf("%s: %v, want %v", name, err, c.err)
			continue
		}
		if c.want != nil && c.want.Object != nil {
			c.want.Objects = []*wire.Node{c.want.Object}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestAddress(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"https://A.example/x":            "https://a.example/x",
		"http://a.example:80/x#key":      "http://a.example/x#key",
		"https://a.example:8443/":        "https://a.example:8443/",
		"https:/a":                       "",
		"//a.example/x":                  "",
		"ftp://a.example/":               "",
		"https://a.example/\u202e":       "https://a.example/%E2%80%AE",
		"https://a.example/\nx":          "",
		"https://user@a.example/":        "",
		strings.Repeat("https://a", 200): "",
	} {
		if got := wire.Address(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	for host, want := range map[string]bool{"a.example": true, "a.example:8443": true, "localhost": false, "10.0.0.1": false, "[::1]:80": false, "a_b.example": false, "intranet": false} {
		if got := wire.Named(host); got != want {
			t.Errorf("%q: %t", host, got)
		}
	}
}

// TestMarkdown: what others write looks as they wrote it, as far as our Markdown goes, and says nothing they did not say.
func TestMarkdown(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"<p>One<br>two</p><p>Three &amp; <b>four</b></p>": "<p>One<br>\ntwo</p>\n<p>Three &amp; <strong>four</strong></p>\n",
		"<ul><li>a</li><li>b <em>c</em></li></ul>":        "<ul>\n<li>a</li>\n<li>b <em>c</em></li>\n</ul>\n",
		"<blockquote><p>said</p></blockquote><p>so</p>":   "<blockquote>\n<p>said</p>\n</blockquote>\n<p>so</p>\n",
		"<p># no *heading* @claire ![x](y) 1. `z`</p>":    "<p># no *heading* @claire ![x](y) 1. `z`</p>\n",
		"<p>1. one</p><p>- two</p><p>+ three</p>":         "<p>1. one</p>\n<p>- two</p>\n<p>+ three</p>\n",
		`<p><a href="javascript:alert(1)">press</a></p>`:  "<p>press</p>\n",
		`<script>alert(1)</script><p onclick="x">y</p>`:   "<p>y</p>\n",
		"&lt;script&gt;alert(1)&lt;/script&gt;":           "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n",
		"plain text":                                      "<p>plain text</p>\n",
		"<p><b>open <i>wrong</b> order</i></p>":           "<p><strong>open <em>wrong</em></strong> order</p>\n",
	} {
		doc, err := markup.Render(wire.Markdown(in))
		if err != nil {
			t.Errorf("%q: %v", in, err)
		}
		if got := strings.ReplaceAll(doc.HTML, ` dir="auto"`, ""); got != want {
			t.Errorf("%q gives %q: %q, want %q", in, wire.Markdown(in), got, want)
		}
	}
	link, _ := markup.Render(wire.Markdown(`<p><span class="h-card"><a href="https://a.example/@ada" class="u-url mention">@<span>ada</span></a></span> see <a href="https://b.example/x_y_z">this</a> https://c.example/q_r_s</p>`))
	for _, want := range []string{`href="https://a.example/@ada"`, `href="https://b.example/x_y_z"`, `href="https://c.example/q_r_s"`} {
		if !strings.Contains(link.HTML, want) {
			t.Errorf("%s is not in %s", want, link.HTML)
		}
	}
	if got := wire.Markdown(strings.Repeat("<blockquote><ul><li>x", 5000)); len(got) > 3*wire.MostRunes {
		t.Errorf("%d bytes", len(got))
	}
}

// safe holds what is shown of HTML against what may be: nothing loaded from elsewhere, no link but to pages, nobody mentioned.
func safe(t interface {
	Helper()
	Errorf(string, ...any)
}, source string) {
	t.Helper()
	doc, _ := markup.Options{Mention: func(string) (string, bool) { return "", false }}.Render(wire.Markdown(source))
	z := html.NewTokenizer(strings.NewReader(doc.HTML))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return
		case html.StartTagToken, html.SelfClosingTagToken:
			tok := z.Token()
			if tok.Data == "img" || tok.Data == "script" || tok.Data == "iframe" {
				t.Errorf("%q shows %s", source, tok.Data)
			}
			for _, a := range tok.Attr {
				if a.Key == "href" && !strings.HasPrefix(a.Val, "https://") && !strings.HasPrefix(a.Val, "http://") && !strings.HasPrefix(a.Val, "mailto:") {
					t.Errorf("%q links to %q", source, a.Val)
				}
				if strings.HasPrefix(a.Key, "on") || a.Key == "style" {
					t.Errorf("%q has %s", source, a.Key)
				}
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"type":"Create","object":{"type":"Note","content":"<p>a<a href='https://x.example'>b</a></p>"}}`))
	f.Add([]byte(`{"type":"Note","content":"<ul><li><pre>x</pre><blockquote>"}`))
	f.Add([]byte(`{"type":"Person","publicKey":[{"id":"https://a.example/#k","publicKeyPem":"x"}]}`))
	f.Add([]byte("{\"type\":\"Note\",\"content\":\"[x](/media/1) ![y](/media/2) <img src='/media/3' alt='](/media/4)'>\"}"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		n, err := wire.Parse(raw)
		if err != nil {
			return
		}
		for _, to := range append([]string{n.ID, n.Actor, n.Inbox, n.URL}, n.To...) {
			if to != "" && wire.Address(to) != to {
				t.Errorf("%q is %q", to, wire.Address(to))
			}
		}
		safe(t, n.Content)
		if n.Object != nil {
			safe(t, n.Object.Content)
		}
	})
}
