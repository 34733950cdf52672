package linked_test

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/community/linked"
	"github.com/entente/entente/internal/community/markup"
)

// asked is what the public definitions want of a type: those of schema.org, and what search engines say they need ("must") or would like ("should")
// before they show more than a link. A value is what each property may hold: other types of this table, or text, url, date, number.
var asked = map[string]struct {
	must, should string
	holds        map[string]string
}{
	"QAPage": {must: "mainEntity", holds: map[string]string{"mainEntity": "Question"}},
	"Question": {must: "name answerCount text author datePublished", should: "upvoteCount url dateModified image",
		holds: map[string]string{"name": "text", "answerCount": "number", "text": "text", "author": "Person", "datePublished": "date", "dateModified": "date", "upvoteCount": "number", "url": "url",
			"acceptedAnswer": "Answer", "suggestedAnswer": "Answer", "image": "url", "inLanguage": "text"}},
	"Answer": {must: "text", should: "author datePublished upvoteCount url",
		holds: map[string]string{"text": "text", "author": "Person", "datePublished": "date", "dateModified": "date", "upvoteCount": "number", "url": "url"}},
	"DiscussionForumPosting": {must: "author datePublished text", should: "headline url comment dateModified interactionStatistic isPartOf image commentCount mainEntityOfPage",
		holds: map[string]string{"author": "Person", "datePublished": "date", "dateModified": "date", "text": "text", "headline": "text", "url": "url", "comment": "Comment", "image": "url",
			"interactionStatistic": "InteractionCounter", "isPartOf": "WebPage", "commentCount": "number", "mainEntityOfPage": "url", "inLanguage": "text"}},
	"Comment": {must: "author datePublished text", should: "url",
		holds: map[string]string{"author": "Person", "datePublished": "date", "dateModified": "date", "text": "text", "url": "url"}},
	"Article": {must: "headline author datePublished", should: "dateModified image publisher description mainEntityOfPage inLanguage",
		holds: map[string]string{"headline": "text", "author": "Person", "contributor": "Person", "datePublished": "date", "dateModified": "date", "image": "url", "publisher": "Organization",
			"description": "text", "mainEntityOfPage": "url", "url": "url", "version": "number", "inLanguage": "text"}},
	"Event": {must: "name startDate location", should: "endDate description eventStatus eventAttendanceMode organizer image url",
		holds: map[string]string{"name": "text", "startDate": "date", "endDate": "date", "location": "Place VirtualLocation", "description": "text", "eventStatus": "url", "eventAttendanceMode": "url",
			"organizer": "Organization", "image": "url", "url": "url", "inLanguage": "text", "maximumAttendeeCapacity": "number", "remainingAttendeeCapacity": "number"}},
	"ProfilePage": {must: "mainEntity", should: "dateCreated", holds: map[string]string{"mainEntity": "Person", "dateCreated": "date"}},
	"Person": {must: "name", holds: map[string]string{"name": "text", "url": "url", "alternateName": "text", "identifier": "text", "description": "text", "image": "url",
		"agentInteractionStatistic": "InteractionCounter"}},
	"Organization":       {must: "name", should: "url", holds: map[string]string{"name": "text", "url": "url"}},
	"WebPage":            {must: "name url", holds: map[string]string{"name": "text", "url": "url"}},
	"Place":              {must: "name address", holds: map[string]string{"name": "text", "address": "text"}},
	"VirtualLocation":    {must: "url", holds: map[string]string{"url": "url"}},
	"InteractionCounter": {must: "interactionType userInteractionCount", holds: map[string]string{"interactionType": "url", "userInteractionCount": "number"}},
}

// valid reports what is wrong with a value that may be of some types. full asks for what is only wished for as well.
func valid(t *testing.T, at string, value any, types string, full bool) {
	t.Helper()
	switch v := value.(type) {
	case []any:
		if len(v) == 0 {
			t.Errorf("%s: an empty list", at)
		}
		for _, one := range v {
			valid(t, at, one, types, full)
		}
	case map[string]any:
		kind, _ := v["@type"].(string)
		if !slices.Contains(strings.Fields(types), kind) {
			t.Errorf("%s is a %q, want %s", at, kind, types)
			return
		}
		want := asked[kind]
		for _, p := range strings.Fields(want.must) {
			if _, has := v[p]; !has {
				t.Errorf("%s: a %s without %s", at, kind, p)
			}
		}
		for _, p := range strings.Fields(want.should) {
			if _, has := v[p]; !has && full {
				t.Errorf("%s: a %s should have %s", at, kind, p)
			}
		}
		for p, one := range v {
			if p == "@type" || p == "@context" {
				continue
			}
			if want.holds[p] == "" {
				t.Errorf("%s: a %s has no %s", at, kind, p)
				continue
			}
			valid(t, at+"."+p, one, want.holds[p], full)
		}
	case float64:
		if types != "number" {
			t.Errorf("%s: %v, want %s", at, v, types)
		}
	case string:
		var err error
		switch types {
		case "date":
			_, err = time.Parse(time.RFC3339, v)
		case "url":
			var u *url.URL
			if u, err = url.Parse(v); err == nil && (u.Scheme != "https" || u.Host == "") {
				t.Errorf("%s: %q is no address", at, v)
			}
		case "text":
			if strings.TrimSpace(v) == "" {
				t.Errorf("%s is empty", at)
			}
		default:
			t.Errorf("%s: %q, want %s", at, v, types)
		}
		if err != nil {
			t.Errorf("%s: %v", at, err)
		}
	default:
		t.Errorf("%s: %T", at, value)
	}
}

// TestValid: what we say of pages has what the definitions require, nothing they do not know, and, where we know it, what they would like.
func TestValid(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	const home = "https://velo.example/c/velo"
	s := linked.Said{By: "Ada", ByURL: home + "/people/ada", Text: "Why?</script><script>", At: at, Edited: at, URL: home + "/t/1"}
	a, b := s, s
	a.Best, b.Score = true, -2
	full := linked.Thread{Title: "Why </script>?", Said: s, Image: home + "/t/1/card.png", Place: "Velo", Home: home, Lang: "en", Replies: 2, List: []linked.Said{a, b}}
	bare := linked.Thread{Title: "Why?", Said: linked.Said{By: "somebody", Text: "Why?", At: at, URL: home + "/t/1"}, Place: "Velo", Home: home}
	text := linked.Text{Title: "How", Excerpt: "So.", Lang: "en", By: "Ada", Credits: []string{"Bob"}, At: at, Changed: at, URL: home + "/articles/1", Image: home + "/c.png", Publisher: "Velo", Home: home, Version: 2}
	meet := linked.Meeting{Name: "Ride", Description: "Slowly.", Lang: "en", Begins: at, Ends: at.Add(time.Hour), Place: "Lyon", Organiser: "Velo", Home: home, URL: home + "/t/2", Image: home + "/c.png"}
	online, both, secret := meet, meet, meet
	online.Place, online.Link = "", "https://meet.example/x"
	both.Seats, both.Left = 20, 3
	both.Link, both.Cancelled = "https://meet.example/x", true
	secret.Place = ""
	for name, c := range map[string]struct {
		doc   map[string]any
		types string
		full  bool
	}{
		"question": {linked.Question(&full), "QAPage", true}, "bare question": {linked.Question(&bare), "QAPage", false},
		"discussion": {linked.Discussion(&full), "DiscussionForumPosting", true}, "bare discussion": {linked.Discussion(&bare), "DiscussionForumPosting", false},
		"article": {linked.Article(&text), "Article", true},
		"event":   {linked.Event(&meet), "Event", true}, "online": {linked.Event(&online), "Event", true}, "both": {linked.Event(&both), "Event", true}, "secret": {linked.Event(&secret), "Event", true},
		"person": {linked.Profile(&linked.Someone{Name: "Ada", Handle: "ada", About: "Rides.", URL: home + "/people/ada", Since: at, Posts: 3}), "ProfilePage", true},
	} {
		out := linked.Script(c.doc)
		body := strings.TrimSuffix(strings.TrimPrefix(out, `<script type="application/ld+json">`), "</script>")
		if strings.ContainsAny(body, "<>&") {
			t.Errorf("%s can leave its element: %s", name, out)
		}
		var doc map[string]any
		if err := json.Unmarshal([]byte(body), &doc); err != nil {
			t.Fatal(err)
		}
		if doc["@context"] != "https://schema.org" {
			t.Errorf("%s: context %v", name, doc["@context"])
		}
		valid(t, name, doc, c.types, c.full)
	}
	if q := linked.Question(&full)["mainEntity"].(map[string]any); q["acceptedAnswer"] == nil || len(q["suggestedAnswer"].([]any)) != 1 {
		t.Errorf("answers: %v", q)
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"**Bold** and [a link](https://velo.example/?a=1&b=2 \"a > b\").": "Bold and a link.",
		"One\n\nTwo":           "One\nTwo",
		"`<script>` & 1 > 0":   "<script> & 1 > 0",
		"- a\n- b":             "a\nb",
		"> quoted\n\nsaid":     "quoted\n\nsaid",
		"\\*not\\* bold":       "*not* bold",
		"![<b>](/media/x.png)": "",
	} {
		doc, err := markup.Render(source)
		if err != nil {
			t.Fatal(err)
		}
		if got := linked.Words(doc.HTML); got != want {
			t.Errorf("%q is read as %q, want %q, from %q", source, got, want, doc.HTML)
		}
	}
	for _, broken := range []string{"<", "a<b", "<p>a", "a>b", "<p", "&lt;", "<<>>"} {
		linked.Words(broken) // whatever comes, it ends
	}
}
