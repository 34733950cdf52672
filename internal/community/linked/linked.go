// Package linked decides what programs that search the web are told a page is: questions, discussions, articles, events and people come in, schema.org
// data as JSON-LD goes out.
package linked

import (
	"encoding/json"
	"html"
	"strings"
	"time"
)

// Said is a post.
type Said struct {
	By     string // the name shown
	ByURL  string // the person's page, "" for none
	Text   string
	At     time.Time
	Edited time.Time // zero for never
	URL    string
	Score  int
	Best   bool // the answer that was accepted
}

// Thread is a question or a discussion.
type Thread struct {
	Title   string
	Said           // what it began with
	Image   string // a picture of it, "" for none
	Place   string // the name of the community
	Home    string // its address
	Lang    string
	Replies int // in all, on other pages too
	List    []Said
}

type thing = map[string]any

// Script is the element that holds a thing.
func Script(doc map[string]any) string {
	doc["@context"] = "https://schema.org"
	raw, err := json.Marshal(doc) // < > & are written \u003c …: nothing in it can end the element
	if err != nil {
		return ""
	}
	return `<script type="application/ld+json">` + string(raw) + "</script>"
}

// Words are what a page of ours shows of a post, without its elements: others read it as text. The HTML must be ours, in which ">" stands in elements alone.
func Words(page string) string {
	var out strings.Builder
	out.Grow(len(page))
	for page != "" {
		text, element, more := strings.Cut(page, "<")
		out.WriteString(text)
		if !more {
			break
		}
		_, page, _ = strings.Cut(element, ">")
	}
	return strings.TrimSpace(html.UnescapeString(out.String()))
}

func person(name, url string) thing {
	out := thing{"@type": "Person", "name": name}
	if url != "" {
		out["url"] = url
	}
	return out
}

func said(kind string, s *Said) thing {
	out := thing{"@type": kind, "text": s.Text, "datePublished": s.At.Format(time.RFC3339), "author": person(s.By, s.ByURL), "url": s.URL}
	if !s.Edited.IsZero() {
		out["dateModified"] = s.Edited.Format(time.RFC3339)
	}
	return out
}

func (t *Thread) about(out thing) {
	if t.Image != "" {
		out["image"] = t.Image
	}
	if t.Lang != "" {
		out["inLanguage"] = t.Lang
	}
}

// Question is a page with a question and its answers.
func Question(t *Thread) map[string]any {
	q := said("Question", &t.Said)
	q["name"], q["answerCount"], q["upvoteCount"] = t.Title, t.Replies, t.Score
	t.about(q)
	var others []any
	for i := range t.List {
		a := said("Answer", &t.List[i])
		a["upvoteCount"] = t.List[i].Score
		if t.List[i].Best {
			q["acceptedAnswer"] = a
		} else {
			others = append(others, a)
		}
	}
	if others != nil {
		q["suggestedAnswer"] = others
	}
	return thing{"@type": "QAPage", "mainEntity": q}
}

// Discussion is a page with a discussion, or an idea with what is said of it.
func Discussion(t *Thread) map[string]any {
	d := said("DiscussionForumPosting", &t.Said)
	d["headline"], d["commentCount"], d["mainEntityOfPage"] = t.Title, t.Replies, t.URL
	d["interactionStatistic"] = thing{"@type": "InteractionCounter", "interactionType": "https://schema.org/LikeAction", "userInteractionCount": max(t.Score, 0)}
	d["isPartOf"] = thing{"@type": "WebPage", "name": t.Place, "url": t.Home}
	t.about(d)
	var list []any
	for i := range t.List {
		list = append(list, said("Comment", &t.List[i]))
	}
	if list != nil {
		d["comment"] = list
	}
	return d
}

// Text is an article.
type Text struct {
	Title, Excerpt, Lang string
	By                   string
	Credits              []string
	At, Changed          time.Time
	URL, Image           string
	Publisher, Home      string
	Version              int
}

// Article is a page with an article.
func Article(t *Text) map[string]any {
	out := thing{"@type": "Article", "headline": t.Title, "description": t.Excerpt, "inLanguage": t.Lang, "datePublished": t.At.Format(time.RFC3339),
		"dateModified": t.Changed.Format(time.RFC3339), "url": t.URL, "mainEntityOfPage": t.URL, "version": t.Version, "author": person(t.By, ""),
		"publisher": thing{"@type": "Organization", "name": t.Publisher, "url": t.Home}}
	if t.Image != "" {
		out["image"] = t.Image
	}
	var others []any
	for _, c := range t.Credits {
		others = append(others, person(c, ""))
	}
	if others != nil {
		out["contributor"] = others
	}
	return out
}

// Meeting is an event: at a place, by a link, or both.
type Meeting struct {
	Name, Description, Lang string
	Begins, Ends            time.Time
	Place                   string // "" for none
	Link                    string // where it is online, "" for nowhere
	Cancelled               bool
	Organiser, Home         string
	URL, Image              string
	Seats, Left             int // 0 seats for no limit
}

// Event is a page with an event.
func Event(m *Meeting) map[string]any {
	const base = "https://schema.org/"
	out := thing{"@type": "Event", "name": m.Name, "description": m.Description, "startDate": m.Begins.Format(time.RFC3339), "url": m.URL, "eventStatus": base + "EventScheduled",
		"organizer": thing{"@type": "Organization", "name": m.Organiser, "url": m.Home}}
	if !m.Ends.IsZero() {
		out["endDate"] = m.Ends.Format(time.RFC3339)
	}
	if m.Cancelled {
		out["eventStatus"] = base + "EventCancelled"
	}
	if m.Image != "" {
		out["image"] = m.Image
	}
	if m.Lang != "" {
		out["inLanguage"] = m.Lang
	}
	if m.Seats > 0 {
		out["maximumAttendeeCapacity"], out["remainingAttendeeCapacity"] = m.Seats, m.Left
	}
	place, online := thing{"@type": "Place", "name": m.Place, "address": m.Place}, thing{"@type": "VirtualLocation", "url": m.Link}
	switch {
	case m.Place != "" && m.Link != "":
		out["location"], out["eventAttendanceMode"] = []any{place, online}, base+"MixedEventAttendanceMode"
	case m.Link != "":
		out["location"], out["eventAttendanceMode"] = online, base+"OnlineEventAttendanceMode"
	case m.Place != "":
		out["location"], out["eventAttendanceMode"] = place, base+"OfflineEventAttendanceMode"
	default: // told to those who come: the page says how
		online["url"] = m.URL
		out["location"], out["eventAttendanceMode"] = online, base+"OnlineEventAttendanceMode"
	}
	return out
}

// Someone is a person's page.
type Someone struct {
	Name, About, URL, Image string
	Handle                  string
	Since                   time.Time
	Posts                   int
}

// Profile is the page of somebody.
func Profile(s *Someone) map[string]any {
	p := person(s.Name, s.URL)
	if s.Handle != "" {
		p["alternateName"], p["identifier"] = s.Handle, s.Handle
	}
	if s.About != "" {
		p["description"] = s.About
	}
	if s.Image != "" {
		p["image"] = s.Image
	}
	p["agentInteractionStatistic"] = thing{"@type": "InteractionCounter", "interactionType": "https://schema.org/WriteAction", "userInteractionCount": s.Posts}
	out := thing{"@type": "ProfilePage", "mainEntity": p}
	if !s.Since.IsZero() {
		out["dateCreated"] = s.Since.Format(time.RFC3339)
	}
	return out
}
