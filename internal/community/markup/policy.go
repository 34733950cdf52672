package markup

import (
	"regexp"

	"github.com/microcosm-cc/bluemonday"
)

// policy is the second lock: what the writer writes passes unchanged, and would it ever write more, that is taken out here.
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
