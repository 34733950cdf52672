package e2e

import (
	"encoding/json"
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
