package feed

import (
	"strconv"
	"strings"

	"github.com/entente/entente/internal/channel"
)

// document is a feed as written, before it is read as posts.
type document struct {
	format  string // rss, atom, json
	version string
	title   prose
	link    string // the site
	self    string // the feed
	lang    string
	authors []person
	entries []entry
	pace    pace

	updated string
	faults  faults
}

// entry is an item as written.
type entry struct {
	id         string
	about      string // of RSS 1.0: stands for the id when there is neither id nor link
	title      prose
	link       string
	summary    prose
	content    prose
	authors    []person
	source     person // of the feed that it was taken from; counts when authors is empty
	published  string
	updated    string
	categories []string
	enclosures []enclosure
	replyTo    []string
	lang       string
	base       string
}

// prose is text and what is known of its form.
type prose struct {
	text string
	form form
}

type form uint8

const (
	unsaid  form = iota // may be HTML: RSS does not say
	literal             // plain text
	hyper               // HTML
)

type person struct{ name, mail, uri string }

type enclosure struct{ url, kind, length string }

const (
	maxItems      = 10_000 // of a feed; feeds that have more are archives, and are cut
	maxCategories = 50     // of an item
	maxAuthors    = 20
	maxEnclosures = 50
)

// parsePerson reads "a@b (Name)", "Name (a@b)", "Name <a@b>", a name, or an address.
func parsePerson(s string) person {
	s = strings.TrimSpace(s)
	if s == "" {
		return person{}
	}
	for _, pair := range [...]string{"()", "<>"} {
		open := strings.LastIndexByte(s, pair[0])
		if open < 0 || s[len(s)-1] != pair[1] {
			continue
		}
		out, in := strings.TrimSpace(s[:open]), strings.TrimSpace(s[open+1:len(s)-1])
		switch {
		case address(in) && !address(out):
			return person{name: out, mail: in}
		case address(out):
			return person{name: in, mail: out}
		}
	}
	if address(s) {
		return person{mail: s}
	}
	return person{name: s}
}

// address reports whether s has the form of a mail address.
func address(s string) bool {
	at := strings.IndexByte(s, '@')
	return at > 0 && at < len(s)-1 && len(s) <= 254 && !strings.ContainsAny(s, " \t\r\n<>()\",;:/\\") && strings.IndexByte(s[at+1:], '@') < 0
}

func (p person) empty() bool { return p == person{} }

// faults is what was read but not understood, bounded.
type faults struct {
	list    []channel.Skipped
	more    int // beyond the list
	surplus int // items beyond maxItems
	cutAt   string
}

const maxSkipped = 100

func (f *faults) add(place, reason, detail string) {
	if len(f.list) >= maxSkipped {
		f.more++
		return
	}
	f.list = append(f.list, channel.Skipped{Place: short(place), Reason: reason, Detail: short(detail)})
}

// cut notes the item in which the document stopped.
func (f *faults) cut(s *scanner, place string) { f.cutAt = first(place, "byte "+strconv.Itoa(s.pos)) }

// close adds what is known only at the end.
func (f *faults) close(s *scanner) []channel.Skipped {
	if s != nil && s.broken {
		reason := "feed.truncated"
		if s.deep {
			reason = "feed.too_deep"
		}
		f.list = append(f.list, channel.Skipped{Place: short(first(f.cutAt, "byte "+strconv.Itoa(s.at))), Reason: reason})
	}
	if f.surplus > 0 {
		f.list = append(f.list, channel.Skipped{Place: strconv.Itoa(maxItems + 1), Reason: "feed.too_many", Detail: strconv.Itoa(f.surplus)})
	}
	if f.more > 0 {
		f.list = append(f.list, channel.Skipped{Reason: "feed.more_skipped", Detail: strconv.Itoa(f.more)})
	}
	return f.list
}

func short(s string) string {
	if len(s) > 200 {
		s = strings.ToValidUTF8(s[:200], "") + "…"
	}
	return s
}
