package markup

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/microcosm-cc/bluemonday"
)

// washed is the second lock, which does not trust the writer: HTML passes when every tag in it is one of ours, letter by letter. Were there
// ever another, policy takes it out. (Reading all HTML anew with the policy takes as long as making it.)
func washed(html []byte) string {
	if ours(html) {
		return string(html)
	}
	return string(policy.SanitizeBytes(html))
}

// tags are those without a part that varies.
var tags = func() map[string]bool {
	known := map[string]bool{"<br>": true, "<hr>": true, `<div class="prose-table" tabindex="0">`: true, `<span class="prose-host">`: true,
		`<span class="prose-mention">`: true, `<pre tabindex="0">`: true}
	for _, name := range []string{"p", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "li", "pre", "code", "em", "strong", "del",
		"table", "thead", "tbody", "tr", "th", "td", "div", "span", "a"} {
		known["</"+name+">"] = true
	}
	for _, name := range []string{"p", "h2", "h3", "h4", "h5", "h6", "li"} {
		known["<"+name+">"], known["<"+name+` dir="auto">`] = true, true
	}
	for _, name := range []string{"blockquote", "ul", "ol", "code", "em", "strong", "del", "table", "thead", "tbody", "tr"} {
		known["<"+name+">"] = true
	}
	for _, dir := range []string{"", ` dir="auto"`} {
		for _, class := range []string{"", ` class="is-right"`, ` class="is-center"`} {
			known["<th"+dir+` scope="col"`+class+">"], known["<td"+dir+class+">"] = true, true
		}
	}
	return known
}()

// varying are the tags with parts that vary, by what begins them, stands between the parts and ends them.
var varying = []struct {
	pieces []string
	fits   []func(string) bool
}{
	{[]string{`<a href="`, `" rel="nofollow ugc noopener">`}, []func(string) bool{followed}},
	{[]string{`<a class="prose-mention" href="`, `">`}, []func(string) bool{followed}},
	{[]string{`<img src="`, `" alt="`, `" loading="lazy" decoding="async">`}, []func(string) bool{local, anything}},
	{[]string{`<code class="language-`, `">`}, []func(string) bool{known}},
	{[]string{`<ol start="`, `">`}, []func(string) bool{number}},
}

func anything(string) bool { return true }

func local(s string) bool { return strings.HasPrefix(s, "/") && !strings.HasPrefix(s, "//") }

func followed(s string) bool {
	return local(s) || strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "mailto:")
}

func number(s string) bool {
	return s != "" && len(s) <= 9 && !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}

// ours reports whether every tag is one that the writer writes.
func ours(html []byte) bool {
	for {
		open := bytes.IndexByte(html, '<')
		if open < 0 {
			return true
		}
		html = html[open:]
		end := bytes.IndexByte(html, '>')
		if end < 0 {
			return false
		}
		tag := html[:end+1]
		if !tags[string(tag)] && !varies(string(tag)) {
			return false
		}
		html = html[end+1:]
	}
}

// varies reports whether a tag is one of varying. No part holds a quote or a bracket, so nothing in it begins another attribute or tag.
func varies(tag string) bool {
	for _, v := range varying {
		rest, begun := strings.CutPrefix(tag, v.pieces[0])
		if !begun {
			continue
		}
		for i, piece := range v.pieces[1:] {
			part, after, found := strings.Cut(rest, `"`)
			if !found || strings.ContainsAny(part, "<>") || !v.fits[i](part) {
				return false
			}
			if rest, found = strings.CutPrefix(after, piece[1:]); !found {
				return false
			}
		}
		return rest == ""
	}
	return false
}

// policy takes out what is not ours.
var policy = strict()

func strict() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "hr", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "li", "pre", "code", "em", "strong", "del",
		"table", "thead", "tbody", "tr", "th", "td", "div", "span", "a", "img")
	p.AllowAttrs("dir").Matching(regexp.MustCompile(`^auto$`)).OnElements("p", "h2", "h3", "h4", "h5", "h6", "li", "th", "td")
	p.AllowAttrs("start").Matching(regexp.MustCompile(`^[0-9]{1,9}$`)).OnElements("ol")
	p.AllowAttrs("tabindex").Matching(regexp.MustCompile(`^0$`)).OnElements("pre", "div")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^language-[a-z0-9+#-]{1,20}$`)).OnElements("code")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^prose-table$`)).OnElements("div")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^prose-(host|mention)$`)).OnElements("span")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^prose-mention$`)).OnElements("a")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^is-(right|center)$`)).OnElements("th", "td")
	p.AllowAttrs("scope").Matching(regexp.MustCompile(`^col$`)).OnElements("th")
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("rel").Matching(regexp.MustCompile(`^nofollow ugc noopener$`)).OnElements("a")
	p.AllowAttrs("src").Matching(regexp.MustCompile(`^/[^/]`)).OnElements("img")
	p.AllowAttrs("alt").OnElements("img")
	p.AllowAttrs("loading").Matching(regexp.MustCompile(`^lazy$`)).OnElements("img")
	p.AllowAttrs("decoding").Matching(regexp.MustCompile(`^async$`)).OnElements("img")
	p.AllowURLSchemes("http", "https", "mailto")
	p.AllowRelativeURLs(true)
	p.RequireParseableURLs(true)
	p.AllowElements("span", "div")
	p.AllowNoAttrs().OnElements("span", "div")
	return p
}
