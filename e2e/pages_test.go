package e2e

import (
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/html"

	"github.com/entente/entente/assets"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/web"
)

// listed are the routes of the program, from the inside.
func listed(t *testing.T) []web.Route {
	t.Helper()
	a := newPlace(t, "sqlite").open(t)
	defer closed(t, a)
	return a.Web.List()
}

// without are the patterns of a method that need nothing filled in.
func without(routes []web.Route, method string) []web.Route {
	var out []web.Route
	for _, r := range routes {
		m, path, ok := strings.Cut(r.Pattern, " ")
		if !ok || m != method || strings.Contains(strings.ReplaceAll(path, "{$}", ""), "{") {
			continue
		}
		out = append(out, web.Route{Pattern: strings.TrimSuffix(path, "{$}"), Permission: r.Permission})
	}
	return out
}

func roleOf(name string) org.Role { return org.Role(name) }

var roles = []string{"", "member", "volunteer", "social", "strategist", "owner"}

// TestRoutes: every page and every role, who may gets it and who may not does not.
func TestRoutes(t *testing.T) {
	t.Parallel()
	routes := listed(t)
	known := append(roleOf("owner").Permissions(), org.Public)
	seen := map[string]bool{}
	for _, r := range routes {
		if !slices.Contains(known, r.Permission) {
			t.Errorf("%s asks for %q, which nobody can have", r.Pattern, r.Permission)
		}
		if seen[r.Pattern] {
			t.Errorf("%s is there twice", r.Pattern)
		}
		seen[r.Pattern] = true
		if r.Permission == org.Public && !slices.Contains(open, r.Pattern) {
			t.Errorf("%s is open to everybody: say so here if it is meant", r.Pattern)
		}
	}
	s := demo(t)
	for _, role := range roles {
		t.Run("as "+role, func(t *testing.T) {
			t.Parallel()
			c := as(t, s, role, "en")
			pages := 0
			for _, r := range without(routes, http.MethodGet) {
				if r.Pattern == "/live" {
					continue // a stream; TestStopsWithOpenPages listens to it
				}
				a := c.get(r.Pattern)
				headers(t, r.Pattern, a)
				may := r.Permission == org.Public || role != "" && roleOf(role).May(r.Permission)
				switch {
				case role == "" && !may:
					if a.status != http.StatusSeeOther || !strings.HasPrefix(a.to(), "/sign-in") {
						t.Errorf("%s: %d to %q, want a way to sign in", r.Pattern, a.status, a.to())
					}
				case !may:
					if a.status != http.StatusForbidden {
						t.Errorf("%s: %d, want 403", r.Pattern, a.status)
					}
				case (r.Pattern == "/people/of" || r.Pattern == "/business/example") && a.status == http.StatusNotFound: // of ?uri=, of ?kind=
				case r.Pattern == "/moderation" && a.status == http.StatusNotFound && !roleOf(role).May(org.CommunityModerate): // who looks after no space
				case a.status == http.StatusOK:
					pages++
				case a.status != http.StatusSeeOther && a.status != http.StatusFound:
					t.Errorf("%s: %d\n%.500s", r.Pattern, a.status, a.body)
				}
			}
			if want := map[string]int{"": 2, "member": 3, "volunteer": 6, "social": 10, "strategist": 8, "owner": 12}[role]; pages < want {
				t.Errorf("only %d pages were seen, want at least %d", pages, want)
			}
			// What changes something is asked for by nobody else's page, whoever is signed in.
			for _, r := range routes {
				method, path, _ := strings.Cut(r.Pattern, " ")
				if method != http.MethodPost {
					continue
				}
				path = regexp.MustCompile(`\{[^}]*\}`).ReplaceAllString(path, "none")
				for _, header := range [][2]string{{"Origin", "https://elsewhere.example"}, {"Sec-Fetch-Site", "cross-site"}} {
					a, err := c.try(http.MethodPost, path, strings.NewReader("a=b"), "Content-Type", "application/x-www-form-urlencoded", header[0], header[1])
					if err != nil {
						t.Fatal(err)
					}
					if header[0] == "Sec-Fetch-Site" && a.status == http.StatusForbidden || header[0] == "Origin" && a.status == http.StatusForbidden {
						continue
					}
					t.Errorf("POST %s with %s %s: %d, want 403", path, header[0], header[1], a.status)
				}
				if roleOf(role).May(r.Permission) || r.Permission == org.Public {
					continue
				}
				a := c.post(path)
				if want := map[bool]int{true: http.StatusUnauthorized, false: http.StatusForbidden}[role == ""]; a.status != want {
					t.Errorf("POST %s by who may not: %d, want %d", path, a.status, want)
				}
			}
		})
	}
}

// open are the routes that need no sign-in. A line more here is to be thought about.
var open = []string{"POST /language", "POST /theme", "GET /design", "/", "GET /{$}", "GET /sign-in", "POST /sign-in", "POST /sign-out", "GET /set-up",
	"POST /set-up", "GET /forgot", "POST /forgot", "GET /reset/{secret}", "POST /reset/{secret}", "GET /invitation/{secret}", "POST /invitation/{secret}",
	"GET /shared/strategy/{secret}", "GET /shared/strategy/{secret}/present", "GET /unsubscribe/{secret}", "POST /unsubscribe/{secret}",
	// A community decides itself who sees it: see community.Sees.
	"GET /c/{slug}", "GET /c/{slug}/look.css", "GET /c/{slug}/sign-in", "POST /c/{slug}/sign-in", "POST /c/{slug}/sign-out", "GET /c/{slug}/sign-up",
	"POST /c/{slug}/sign-up", "GET /c/{slug}/confirm/{secret}", "GET /c/{slug}/invited/{secret}", "POST /c/{slug}/invited/{secret}", "POST /c/{slug}/confirm/{secret}", "GET /c/{slug}/spaces", "GET /c/{slug}/all",
	"GET /c/{slug}/{space}", "GET /c/{slug}/{space}/{file}", "GET /c/{slug}/feed.atom", "GET /c/{slug}/feed.json", "GET /c/{slug}/sitemap.xml",
	"GET /robots.txt", "GET /c/{slug}/robots.txt", "GET /c/{slug}/t/{thread}", "GET /c/{slug}/t/{thread}/{words}", "GET /c/{slug}/p/{post}",
	"GET /c/{slug}/people/{handle}", "GET /c/{slug}/people/{handle}/picture", "GET /c/{slug}/p/{post}/author", "GET /who/{channel}/{handle}", "GET /c/{slug}/who/{channel}/{handle}",
	"GET /c/{slug}/t/{thread}/{words}/{number}", "GET /c/{slug}/questions/{number}", "GET /c/{slug}/questions/{number}/{words}", "GET /c/{slug}/questions/{number}/{words}/{answer}",
	"GET /c/{slug}/q/{number}", "GET /c/{slug}/q/{number}/{words}", "GET /c/{slug}/a/{number}", "GET /c/{slug}/a/{number}/{words}",
	"GET /c/{slug}/p/{post}/history", "GET /c/{slug}/ask", "POST /c/{slug}/ask", "GET /c/{slug}/similar", "POST /c/{slug}/p/{post}/reply",
	// Whoever has a question; what is shown is what everybody may read.
	"GET /contact/{point}", "POST /contact/{point}", "GET /contact/{point}/lines", "GET /contact/{point}/answer/{kind}/{ref}", "GET /widget.js",
	"GET /contact/{point}/file/{file}", "GET /widget/{point}/{visit}/file/{file}", "GET /c/{slug}/contact", "POST /c/{slug}/contact", "GET /c/{slug}/contact/lines",
	"GET /c/{slug}/contact/answer/{kind}/{ref}", "GET /c/{slug}/contact/file/{file}",
	"GET /widget/{point}/{visit}", "POST /widget/{point}/{visit}", "GET /widget/{point}/{visit}/lines", "GET /widget/{point}/{visit}/answer/{kind}/{ref}",
	// Whoever was asked how it went has the link.
	"GET /s/{token}", "POST /s/{token}", "POST /s/{token}/stop",
	// A link in a mail, which only ends such mails.
	"GET /c/{slug}/push.js", "GET /c/{slug}/forgot", "POST /c/{slug}/forgot", "GET /c/{slug}/reset/{secret}", "POST /c/{slug}/reset/{secret}", "GET /c/{slug}/mail/{token}", "POST /c/{slug}/mail/{token}",
	// A link in a mail to whom it was sent in the name of: it posts what came, or drops it.
	"GET /c/{slug}/letter/{token}", "POST /c/{slug}/letter/{token}", "GET /c/{slug}/moderation",
	"GET /media/{file}", "GET /c/{slug}/media/{file}", "POST /c/{slug}/preview",
	"GET /c/{slug}/ideas", "GET /c/{slug}/ideas/new", "GET /c/{slug}/ideas/similar", "POST /c/{slug}/ideas", "GET /c/{slug}/roadmap",
	"GET /c/{slug}/articles", "GET /c/{slug}/articles/feed.atom", "GET /c/{slug}/articles/{article}", "GET /c/{slug}/articles/{article}/{words}",
	"GET /c/{slug}/fediverse", "GET /c/{slug}/articles/{article}/versions", "POST /c/{slug}/articles/{article}/helped", "GET /c/{slug}/search",
	"GET /c/{slug}/events", "GET /c/{slug}/events/calendar.ics", "GET /c/{slug}/events/mine/{token}", "GET /c/{slug}/t/{thread}/event.ics",
	"GET /c/{slug}/recognition", "GET /c/{slug}/recognition/{handle}", "GET /c/{slug}/challenges", "GET /c/{slug}/challenges/{challenge}",
	// What search engines, readers of feeds and other people's pages ask for.
	"GET /c/{slug}/feed.rss", "GET /c/{slug}/roadmap/feed.atom", "GET /c/{slug}/roadmap/feed.json", "GET /c/{slug}/roadmap/feed.rss", "GET /c/{slug}/events/feed.atom", "GET /c/{slug}/events/feed.json", "GET /c/{slug}/events/feed.rss", "GET /c/{slug}/challenges/feed.atom", "GET /c/{slug}/challenges/feed.json", "GET /c/{slug}/challenges/feed.rss", "GET /c/{slug}/ideas/feed.atom", "GET /c/{slug}/ideas/feed.json", "GET /c/{slug}/ideas/feed.rss", "GET /c/{slug}/articles/feed.json", "GET /c/{slug}/articles/feed.rss",
	"GET /c/{slug}/sitemap/{part}", "GET /c/{slug}/opensearch.xml", "GET /c/{slug}/oembed", "GET /c/{slug}/card.png", "GET /c/{slug}/t/{thread}/card.png", "GET /c/{slug}/articles/{article}/card.png",
	"GET /c/{slug}/embed/t/{thread}", "GET /c/{slug}/embed/ideas"}

// headers holds what every answer carries.
func headers(t *testing.T, path string, a answer) {
	t.Helper()
	policy := a.header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'nonce-", "style-src 'self'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("%s: the policy %q lacks %s", path, policy, want)
		}
	}
	if strings.Contains(policy, "unsafe") {
		t.Errorf("%s: the policy %q allows what is unsafe", path, policy)
	}
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin"} {
		if got := a.header.Get(name); got != want {
			t.Errorf("%s: %s is %q, want %q", path, name, got, want)
		}
	}
	if a.status == http.StatusOK && strings.HasPrefix(a.header.Get("Content-Type"), "text/html") && a.header.Get("Cache-Control") == "" {
		t.Errorf("%s: nothing says how long the page may be kept", path)
	}
}

// crawl follows links from a page on, through at most so many pages; of pages that differ only in what they show (an id, a query) a few.
func crawl(t *testing.T, c *client, from []string, most, each int, see func(path string, a answer, page *html.Node)) int {
	t.Helper()
	queue, known, kinds, n := slices.Clone(from), map[string]string{}, map[string]int{}, 0
	for _, p := range from {
		known[p] = "the start"
	}
	for len(queue) > 0 && n < most {
		path := queue[0]
		queue = queue[1:]
		a := c.get(path)
		n++
		headers(t, path, a)
		if to := a.to(); a.status >= 300 && a.status < 400 && strings.HasPrefix(to, "/") {
			if _, ok := known[to]; !ok {
				known[to] = path
				queue = append(queue, to)
			}
			continue
		}
		if a.status != http.StatusOK {
			t.Errorf("%s, linked from %s: %d\n%.300s", path, known[path], a.status, a.body)
			continue
		}
		if !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
			see(path, a, nil)
			continue
		}
		// Without scripting, what stands in <noscript> is part of the page.
		page, err := html.ParseWithOptions(strings.NewReader(a.body), html.ParseOptionEnableScripting(false))
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		see(path, a, page)
		base, err := url.Parse(c.base + path)
		if err != nil {
			t.Fatal(err)
		}
		for e := range elements(page) {
			if e.Data != "a" {
				continue
			}
			u, err := base.Parse(attr(e, "href"))
			if err != nil {
				t.Errorf("%s: the link %q: %v", path, attr(e, "href"), err)
				continue
			}
			if u.Host != base.Host || u.Scheme != base.Scheme {
				continue
			}
			u.Fragment = ""
			to := u.RequestURI()
			kind := kindOf(u)
			if _, ok := known[to]; ok || kinds[kind] >= each {
				continue
			}
			kinds[kind]++
			known[to] = path
			queue = append(queue, to)
		}
	}
	return n
}

var ids = regexp.MustCompile(`/(?:[0-9a-z]{20,40}|[a-z]+%3A[^/]*|[a-z]+:[^/]*|[0-9]+)(?:/|$)`)

// kindOf is what pages have in common that show different things of one kind.
func kindOf(u *url.URL) string {
	return ids.ReplaceAllString(u.EscapedPath(), "/*/") + "?" + strings.Join(slices.Sorted(maps.Keys(u.Query())), "&")
}

// elements walks the elements of a page in order.
func elements(n *html.Node) func(yield func(*html.Node) bool) {
	return func(yield func(*html.Node) bool) {
		for d := range n.Descendants() {
			if d.Type == html.ElementNode && !yield(d) {
				return
			}
		}
	}
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}

// TestCrawl follows the links of the demo as its owner, in both languages, and looks at every page.
func TestCrawl(t *testing.T) {
	t.Parallel()
	s := demo(t)
	for _, lang := range []string{"en", "fr"} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			figures := map[string]string{} // where the number of a measure leads to, and a page that shows it
			c := as(t, s, "owner", lang)
			n := crawl(t, c, []string{"/", "/design", "/c/sillage", "/c/equipe"}, 440, 6, func(path string, a answer, page *html.Node) {
				if page != nil && path != "/design" { // which shows parts of pages, not one
					for _, label := range leads(page, path, figures) {
						if !slices.ContainsFunc(rowsBelow, func(p string) bool { return strings.HasPrefix(path, p) }) {
							t.Errorf("%s: the number of %q cannot be opened", path, label)
						}
					}
					for _, fault := range faults(page, a, lang) {
						t.Errorf("%s: %s", path, fault)
					}
				}
			})
			if n < 60 {
				t.Errorf("only %d pages were found", n)
			}
			opened := 0
			for _, to := range slices.Sorted(maps.Keys(figures)) {
				if opened++; opened > 60 {
					break
				}
				// Without a script: the page behind the number is that of its rows, or leads to them.
				if a := c.get(to); a.status != http.StatusOK || !strings.Contains(to, "/rows") && !strings.Contains(a.body, "/rows") {
					t.Errorf("%s: a number leads to %s, answered %d, which does not lead to its rows", figures[to], to, a.status)
				}
			}
			if opened < 10 {
				t.Errorf("only %d numbers of measures were found", opened)
			}
		})
	}
	routes := listed(t)
	for _, role := range []string{"member", "volunteer", "social", "strategist"} {
		// Nobody is shown a link or a button that is refused.
		t.Run("offers to a "+role, func(t *testing.T) {
			t.Parallel()
			permission := permissions(routes)
			crawl(t, as(t, s, role, "en"), []string{"/", "/me"}, 150, 3, func(path string, _ answer, page *html.Node) {
				if page == nil {
					return
				}
				for e := range elements(page) {
					for _, to := range []string{attr(e, "action"), attr(e, "formaction"), attr(e, "hx-post")} {
						if e.Data == "form" && strings.ToLower(attr(e, "method")) != "post" || to == "" {
							continue
						}
						if p := permission(http.MethodPost, to); p != org.Public && !roleOf(role).May(p) {
							t.Errorf("%s offers %s, which needs %s", path, to, p)
						}
					}
				}
			})
		})
	}
	t.Run("nobody", func(t *testing.T) {
		t.Parallel()
		crawl(t, as(t, s, "", "fr"), []string{"/sign-in", "/forgot", "/c/sillage"}, 150, 3, func(path string, a answer, page *html.Node) {
			if page != nil {
				for _, fault := range faults(page, a, "fr") {
					t.Errorf("%s: %s", path, fault)
				}
			}
		})
	})
}

// rowsBelow are pages whose numbers count the list that stands below them on the same page.
var rowsBelow = []string{"/ambassadors", "/govern/spending", "/govern/insights"}

// leads notes where the numbers of measures on a page lead to; closed are the labels of those that lead nowhere.
func leads(page *html.Node, path string, figures map[string]string) (closed []string) {
	ids := map[string]bool{}
	for e := range elements(page) {
		ids["#"+attr(e, "id")] = true
		if to := attr(e, "href"); e.Data == "a" && strings.HasPrefix(to, "/measures/") && !strings.Contains(to, "/series.") && figures[to] == "" {
			figures[to] = path
		}
	}
	for e := range elements(page) {
		if e.Data != "div" || !slices.Contains(strings.Fields(attr(e, "class")), "stat") {
			continue
		}
		opens := false
		for a := range elements(e) {
			to := attr(a, "href")
			opens = opens || a.Data == "a" && to != "" && (!strings.HasPrefix(to, "#") || ids[to])
		}
		if !opens {
			closed = append(closed, strings.TrimSpace(content(e)))
		}
	}
	return closed
}

// permissions finds what a request needs.
func permissions(routes []web.Route) func(method, path string) org.Permission {
	mux, needs := http.NewServeMux(), map[string]org.Permission{}
	for _, r := range routes {
		mux.HandleFunc(r.Pattern, func(http.ResponseWriter, *http.Request) {})
		needs[r.Pattern] = r.Permission
	}
	return func(method, path string) org.Permission {
		r, err := http.NewRequest(method, path, nil)
		if err != nil {
			return "no address"
		}
		_, pattern := mux.Handler(r)
		if pattern == "" || pattern == "/" {
			return "no route"
		}
		return needs[pattern]
	}
}

// faults lists what is wrong with a page whatever it shows.
func faults(page *html.Node, a answer, lang string) []string {
	var out []string
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	nonce := regexp.MustCompile(`'nonce-([^']+)'`).FindStringSubmatch(a.header.Get("Content-Security-Policy"))
	ids, labels, headings, titles := map[string]bool{}, map[string]bool{}, 0, 0
	var level int
	for e := range elements(page) {
		if e.Data == "label" {
			labels[attr(e, "for")] = true
		}
		if id := attr(e, "id"); has(e, "id") {
			if id == "" || ids[id] {
				say("the id %q is there twice or empty", id)
			}
			ids[id] = true
		}
	}
	for e := range elements(page) {
		for _, at := range e.Attr {
			if at.Key == "style" || strings.HasPrefix(at.Key, "on") {
				say("<%s %s=%q>: style and script stand in files", e.Data, at.Key, at.Val)
			}
			if (at.Key == "href" || at.Key == "src" || at.Key == "action") && strings.HasPrefix(strings.ToLower(strings.TrimSpace(at.Val)), "javascript:") {
				say("<%s %s=%q> runs script", e.Data, at.Key, at.Val)
			}
			switch at.Key {
			case "for", "aria-labelledby", "aria-describedby", "aria-controls", "list", "form":
				for id := range strings.FieldsSeq(at.Val) {
					if !ids[id] {
						say("<%s %s=%q> points at nothing", e.Data, at.Key, at.Val)
					}
				}
			}
		}
		switch e.Data {
		case "html":
			if got := attr(e, "lang"); got != lang {
				say("the page says it is in %q, want %q", got, lang)
			}
		case "title":
			if e.Parent != nil && e.Parent.Data == "head" {
				titles++
				if strings.TrimSpace(content(e)) == "" {
					say("the title is empty")
				}
			}
		case "style":
			if e.Parent.Data != "svg" && e.Namespace == "" {
				say("<style> stands in the page")
			}
		case "script":
			switch {
			case attr(e, "type") == "application/ld+json": // data about the page
			case attr(e, "src") == "":
				say("<script> without a file")
			case nonce == nil || attr(e, "nonce") != nonce[1]:
				say("<script src=%q> without the nonce of the page", attr(e, "src"))
			}
		case "h1":
			headings++
		case "img":
			if !has(e, "alt") {
				say("<img src=%q> has no alt", attr(e, "src"))
			}
		case "input", "select", "textarea":
			if kind := attr(e, "type"); kind == "hidden" || kind == "submit" || kind == "button" || has(e, "hidden") || attr(e, "aria-hidden") == "true" {
				continue
			}
			if !labels[attr(e, "id")] && attr(e, "aria-label") == "" && attr(e, "aria-labelledby") == "" && !inside(e, "label") {
				say("<%s name=%q> has no label", e.Data, attr(e, "name"))
			}
		case "button", "a":
			if e.Data == "a" && !has(e, "href") || inside(e, "svg") {
				continue
			}
			if strings.TrimSpace(content(e)) == "" && attr(e, "aria-label") == "" && attr(e, "aria-labelledby") == "" {
				say("<%s class=%q href=%q> has no name", e.Data, attr(e, "class"), attr(e, "href"))
			}
		case "form":
			if m := strings.ToLower(attr(e, "method")); m == "post" && !strings.HasPrefix(attr(e, "action"), "/") && attr(e, "action") != "" {
				say("a form is sent to %q", attr(e, "action"))
			}
		}
		if len(e.Data) == 2 && e.Data[0] == 'h' && e.Data[1] >= '1' && e.Data[1] <= '6' && !inside(e, "dialog") {
			if now := int(e.Data[1] - '0'); now > level+1 {
				say("<%s>%.40s comes after a heading of level %d", e.Data, content(e), level)
				level = now
			} else {
				level = now
			}
		}
	}
	for _, fault := range missed(page) {
		say("%s", fault)
	}
	if headings != 1 {
		say("%d first headings, want 1", headings)
	}
	if titles != 1 {
		say("%d titles, want 1", titles)
	}
	return out
}

func inside(n *html.Node, name string) bool {
	for p := n.Parent; p != nil; p = p.Parent {
		if p.Data == name {
			return true
		}
	}
	return false
}

// missed lists what a page with the small script and style sheet, that of communities, has and they know nothing of.
func missed(page *html.Node) []string {
	var out []string
	small := false
	for e := range elements(page) {
		small = small || e.Data == "script" && attr(e, "src") == assets.PlaceScript()
	}
	if !small {
		return nil
	}
	for e := range elements(page) {
		if island := strings.TrimPrefix(e.Data, "entente-"); island != e.Data && island != "markdown" && island != "push" {
			out = append(out, fmt.Sprintf("<%s> is not in its script", e.Data))
		}
		for _, at := range e.Attr {
			if strings.HasPrefix(at.Key, "hx-") || at.Key == "data-live" || at.Key == "data-order" || at.Key == "data-print" {
				out = append(out, fmt.Sprintf("<%s %s=%q> is not in its script", e.Data, at.Key, at.Val))
			}
		}
		for class := range strings.FieldsSeq(attr(e, "class")) {
			if unstyled()[class] {
				out = append(out, fmt.Sprintf("<%s class=%q> is not in its style sheet", e.Data, class))
			}
		}
	}
	return out
}

// unstyled are the classes that the style sheet of communities does not know and the whole one does.
var unstyled = sync.OnceValue(func() map[string]bool {
	known := func(path string) map[string]bool {
		sheet, err := fs.ReadFile(assets.Files(), strings.TrimPrefix(path, assets.Prefix))
		if err != nil {
			panic(err) // every test needs the bundle
		}
		out := map[string]bool{}
		for _, m := range regexp.MustCompile(`(?:^|[{},;])\.([a-z][\w-]*)`).FindAllStringSubmatch(string(sheet), -1) {
			out[m[1]] = true
		}
		return out
	}
	all, small := known(assets.Style()), known(assets.PlaceStyle())
	maps.DeleteFunc(all, func(class string, _ bool) bool { return small[class] })
	return all
})

// content is the text of an element.
func content(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

// TestMissingPage: an address that leads nowhere is said to in the reader's language, with a way back.
func TestMissingPage(t *testing.T) {
	t.Parallel()
	s := demo(t)
	for _, path := range []string{"/no-such-page", "/inbox/00000000000000000000000000", "/people/nobody", "/measures/none", "/strategy/objectives/none", "/channels/none"} {
		a := as(t, s, "owner", "fr").get(path)
		if a.status != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", path, a.status)
			continue
		}
		page, err := html.Parse(strings.NewReader(a.body))
		if err != nil {
			t.Fatal(err)
		}
		for _, fault := range faults(page, a, "fr") {
			t.Errorf("%s: %s", path, fault)
		}
	}
}
