package e2e

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// owed is what schema.org things have to say so that search engines show them as what they are, by type.
var owed = map[string][]string{
	"QAPage":                 {"mainEntity"},
	"Question":               {"name", "text", "answerCount", "upvoteCount", "datePublished", "author", "url"},
	"Answer":                 {"text", "url", "upvoteCount", "datePublished", "author"},
	"DiscussionForumPosting": {"headline", "text", "author", "datePublished", "url", "commentCount", "interactionStatistic"},
	"Comment":                {"text", "author", "datePublished", "url"},
	"Article":                {"headline", "author", "datePublished", "dateModified", "publisher", "url", "inLanguage"},
	"Event":                  {"name", "startDate", "endDate", "location", "eventStatus", "eventAttendanceMode", "organizer", "description", "url"},
	"Place":                  {"name", "address"},
	"VirtualLocation":        {"url"},
	"ProfilePage":            {"mainEntity"},
	"Person":                 {"name"},
	"Organization":           {"name", "url"},
	"WebPage":                {"name", "url"},
	"InteractionCounter":     {"interactionType", "userInteractionCount"},
}

// validated lists what is wrong with a thing and all in it, and notes the types seen.
func validated(at string, v any, seen map[string]int) []string {
	var out []string
	switch x := v.(type) {
	case []any:
		for i := range x {
			out = append(out, validated(fmt.Sprintf("%s[%d]", at, i), x[i], seen)...)
		}
	case map[string]any:
		kind, _ := x["@type"].(string)
		at += "/" + kind
		seen[kind]++
		if owed[kind] == nil {
			out = append(out, at+": an unknown type")
		}
		for _, name := range owed[kind] {
			if s, isText := x[name].(string); x[name] == nil || isText && strings.TrimSpace(s) == "" {
				out = append(out, at+" lacks "+name)
			}
		}
		for name, v := range x {
			s, isText := v.(string)
			switch {
			case slices.Contains([]string{"url", "image", "mainEntityOfPage"}, name) && isText:
				if u, err := url.Parse(s); err != nil || u.Host == "" || !strings.HasPrefix(u.Scheme, "http") {
					out = append(out, fmt.Sprintf("%s.%s is no address: %q", at, name, s))
				}
			case strings.HasPrefix(name, "date") || strings.HasSuffix(name, "Date"):
				if _, err := time.Parse(time.RFC3339, s); err != nil {
					out = append(out, fmt.Sprintf("%s.%s is no time: %q", at, name, s))
				}
			case strings.HasSuffix(name, "Count"):
				if n, ok := v.(float64); !ok || n != float64(int(n)) || n < 0 && name != "upvoteCount" {
					out = append(out, fmt.Sprintf("%s.%s is no count: %v", at, name, v))
				}
			default:
				out = append(out, validated(at+"."+name, v, seen)...)
			}
		}
		if n, ok := x["answerCount"].(float64); ok && n > 0 && x["acceptedAnswer"] == nil && x["suggestedAnswer"] == nil {
			out = append(out, at+" has answers and shows none")
		}
	}
	return out
}

// TestLinked: what pages tell programs that search the web is whole, of every kind of page.
func TestLinked(t *testing.T) {
	t.Parallel()
	s := demo(t)
	c := newClient(t, s.URL)
	script := regexp.MustCompile(`(?s)<script type="application/ld\+json">(.*?)</script>`)
	open := " FROM community_thread t JOIN community_space s ON s.id = t.space JOIN community c ON c.id = s.community WHERE c.slug = 'sillage' AND s.access = 'open' AND t.deleted_at IS NULL AND t.kind = "
	pages := map[string][]string{}
	for _, kind := range []string{"question", "discussion", "idea", "event"} {
		for _, id := range s.place.rows(t, "SELECT t.id"+open+"'"+kind+"' ORDER BY t.replies DESC, t.id LIMIT 8") {
			pages[kind] = append(pages[kind], c.get("/c/sillage/t/"+id).to())
		}
	}
	for _, path := range regexp.MustCompile(`/c/sillage/articles/\w{15,}/[^"]+`).FindAllString(c.page("/c/sillage/articles"), -1) {
		pages["article"] = append(pages["article"], html.UnescapeString(path))
	}
	for _, handle := range s.place.rows(t, "SELECT v.handle FROM community_voice v JOIN community c ON c.channel = v.channel WHERE c.slug = 'sillage' ORDER BY v.handle LIMIT 6") {
		if a := c.get("/c/sillage/people/" + handle); a.status == 200 {
			pages["profile"] = append(pages["profile"], "/c/sillage/people/"+handle)
		}
	}
	want := map[string]string{"question": "QAPage", "discussion": "DiscussionForumPosting", "idea": "DiscussionForumPosting", "event": "Event", "article": "Article", "profile": "ProfilePage"}
	seen := map[string]int{}
	for kind, top := range want {
		if len(pages[kind]) == 0 {
			t.Errorf("the demo has no page of a %s", kind)
		}
		for _, path := range pages[kind] {
			found := script.FindAllStringSubmatch(c.page(path), -1)
			if len(found) != 1 {
				t.Errorf("%s holds %d things, want 1", path, len(found))
				continue
			}
			doc := map[string]any{}
			if err := json.Unmarshal([]byte(found[0][1]), &doc); err != nil {
				t.Errorf("%s: %v", path, err)
				continue
			}
			if doc["@context"] != "https://schema.org" || doc["@type"] != top {
				t.Errorf("%s is a %v of %v, want a %s", path, doc["@type"], doc["@context"], top)
			}
			delete(doc, "@context")
			for _, wrong := range validated(path, doc, seen) {
				t.Error(wrong)
			}
		}
	}
	for _, kind := range []string{"Question", "Answer", "Comment", "Place", "Person", "InteractionCounter"} {
		if seen[kind] == 0 {
			t.Errorf("no %s was seen: nothing is tested of it", kind)
		}
	}
	t.Log(seen)
}

// TestFeeds: every list says what it is in a line and can be had as a feed, in the order in which it is shown; and other sites are told how to show what is linked to.
func TestFeeds(t *testing.T) {
	t.Parallel()
	c := newClient(t, demo(t).URL)
	link := regexp.MustCompile(`<link rel="alternate" type="([^"]+)" title="[^"]*" href="([^"]+)"`)
	article := ""
	for _, path := range []string{"/c/sillage/questions", "/c/sillage/questions?order=waiting", "/c/sillage/questions?order=best", "/c/sillage/ideas", "/c/sillage/roadmap", "/c/sillage/events", "/c/sillage/challenges", "/c/sillage/articles", "/c/sillage/savoir"} {
		page := c.page(path)
		if path != "/c/sillage/challenges" && !regexp.MustCompile(`<meta name="description" content="[^"]{20,}`).MatchString(page) {
			t.Errorf("%s does not say what it is", path)
		}
		items := map[string][]string{}
		for _, m := range link.FindAllStringSubmatch(page, -1) {
			to := html.UnescapeString(m[2])
			switch m[1] {
			case "application/json+oembed":
				continue
			case "text/calendar":
				continue
			}
			a := c.get(to)
			if a.status != 200 {
				t.Errorf("%s leads to %s: %d", path, to, a.status)
				continue
			}
			switch m[1] {
			case "application/feed+json":
				var doc struct {
					Items []struct{ URL string }
				}
				if err := json.Unmarshal([]byte(a.body), &doc); err != nil {
					t.Errorf("%s: %v", to, err)
				}
				for _, i := range doc.Items {
					items["json"] = append(items["json"], i.URL)
				}
			case "application/atom+xml":
				var doc struct {
					Entries []struct {
						Link struct {
							Href string `xml:"href,attr"`
						} `xml:"link"`
					} `xml:"entry"`
				}
				if err := xml.Unmarshal([]byte(a.body), &doc); err != nil {
					t.Errorf("%s: %v", to, err)
				}
				for _, i := range doc.Entries {
					items["atom"] = append(items["atom"], i.Link.Href)
				}
			case "application/rss+xml":
				var doc struct {
					Links []string `xml:"channel>item>link"`
				}
				if err := xml.Unmarshal([]byte(a.body), &doc); err != nil {
					t.Errorf("%s: %v", to, err)
				}
				items["rss"] = doc.Links
			}
		}
		if len(items["json"]) == 0 || !slices.Equal(items["json"], items["atom"]) || !slices.Equal(items["json"], items["rss"]) {
			t.Errorf("%s has feeds of %d, %d and %d", path, len(items["json"]), len(items["atom"]), len(items["rss"]))
			continue
		}
		_, first, _ := strings.Cut(items["json"][0], "/c/sillage")
		if strings.Contains(path, "articles") {
			article = items["json"][0]
		}
		if strings.Contains(path, "order=") { // the list begins with what its feed begins with
			if shown := regexp.MustCompile(`class="forum-title">\s*<a href="/c/sillage([^"]+)"`).FindStringSubmatch(page); shown == nil || shown[1] != first {
				t.Errorf("%s begins with %v, its feed with %s", path, shown, first)
			}
		} else if path != "/c/sillage/ideas" && !strings.Contains(page, first) { // where the best come first
			t.Errorf("%s does not show %s, with which its feed begins", path, first)
		}
	}
	type tagged struct {
		Title string
		Items []struct {
			URL  string
			Tags []string
		}
	}
	for _, list := range []string{"", "/ideas", "/roadmap", "/events", "/articles"} {
		var all, some tagged
		if err := json.Unmarshal([]byte(c.page("/c/sillage"+list+"/feed.json")), &all); err != nil {
			t.Fatal(err)
		}
		tag, with := "", 0
		for _, i := range all.Items {
			if len(i.Tags) > 0 {
				tag = i.Tags[0]
			}
		}
		for _, i := range all.Items {
			if slices.Contains(i.Tags, tag) {
				with++
			}
		}
		if err := json.Unmarshal([]byte(c.page("/c/sillage"+list+"/feed.json?tag="+url.QueryEscape(tag))), &some); err != nil {
			t.Fatal(err)
		}
		if tag == "" || len(some.Items) < with || !strings.HasSuffix(some.Title, "#"+tag) {
			t.Errorf("the feed of %s with the tag %q is %q, with %d of %d", list, tag, some.Title, len(some.Items), with)
		}
		for _, i := range some.Items {
			if !slices.Contains(i.Tags, tag) {
				t.Errorf("the feed of %s with the tag %q has %s of %v", list, tag, i.URL, i.Tags)
			}
		}
		if list == "/ideas" || list == "/events" { // so is the page
			page, shown := c.page("/c/sillage"+list+"?tag="+url.QueryEscape(tag)), 0
			for _, i := range all.Items {
				if path := i.URL[strings.Index(i.URL, "/c/sillage"):]; strings.Contains(page, path) {
					if shown++; !slices.Contains(i.Tags, tag) {
						t.Errorf("the page of %s with the tag %q has %s of %v", list, tag, path, i.Tags)
					}
				}
			}
			if shown == 0 || !strings.Contains(page, "feed.json?tag=") {
				t.Errorf("the page of %s with the tag %q shows %d", list, tag, shown)
			}
		}
	}
	_, path, _ := strings.Cut(article, "/c/sillage")
	for _, path := range []string{"/c/sillage" + path, "/c/sillage/ideas"} {
		to := ""
		for _, m := range link.FindAllStringSubmatch(c.page(path), -1) {
			if m[1] == "application/json+oembed" {
				to = html.UnescapeString(m[2])
			}
		}
		var doc struct {
			Type, Title  string
			AuthorName   string `json:"author_name"`
			ThumbnailURL string `json:"thumbnail_url"`
		}
		if err := json.Unmarshal([]byte(c.page(to[max(0, strings.Index(to, "/c/sillage")):])), &doc); err != nil || doc.Title == "" || doc.AuthorName == "" || doc.ThumbnailURL == "" {
			t.Errorf("%s is shown elsewhere as %+v (%v)", path, doc, err)
		}
	}
}
