package feed

import (
	"strings"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/problem"
)

// MaxBody is the most bytes a feed may have.
const MaxBody = 16 << 20

// Feed is a feed that was read.
type Feed struct {
	Format   string         // rss, atom or json
	Version  string         // as the feed says
	Title    string         // plain text
	Link     string         // the site it belongs to, absolute or ""
	FeedLink string         // where it says it lives, absolute or ""
	Lang     string         // as the feed says
	Items    []channel.Item // in the order of the feed, each external id once
	Every    time.Duration  // how often it asks to be read; 0 when it does not say

	pace pace
}

// Parse reads RSS 0.9x, 1.0 and 2.0, Atom 0.3 and 1.0, JSON Feed 1.0 and 1.1, in whatever charset. Base is the address it came from, or "";
// contentType the header it came with, or "". What cannot be understood is skipped and reported; the error is a *problem.Problem that says
// why this is no feed at all. Items dated more than a day after now count as undated.
func Parse(body []byte, contentType, base string, now time.Time) (Feed, []channel.Skipped, error) {
	if len(body) > MaxBody {
		return Feed{}, nil, problem.New(problem.TooLarge, "feed.too_large", "Limit", "16 MB")
	}
	doc, skipped, err := parse(body, contentType)
	if err != nil {
		return Feed{}, nil, err
	}
	f, more := doc.read(base, now)
	return f, append(skipped, more...), nil
}

// parse reads a feed as it is written.
func parse(body []byte, contentType string) (*document, []channel.Skipped, error) {
	text := strings.TrimSpace(toUTF8(body, contentType))
	if text == "" {
		return nil, nil, problem.New(problem.Invalid, "feed.empty")
	}
	d := &document{}
	if text[0] == '{' {
		if !d.json(text) {
			return nil, nil, problem.New(problem.Invalid, "feed.not_a_feed")
		}
		return d, d.faults.close(nil), nil
	}
	// Some servers print warnings before the document.
	lt := strings.IndexByte(text, '<')
	if lt < 0 || lt > 4096 {
		return nil, nil, problem.New(problem.Invalid, "feed.not_a_feed")
	}
	s := &scanner{doc: text, pos: lt}
	switch root(s) {
	case "rss", "rdf", "channel":
		d.rss(s)
	case "feed":
		d.atom(s)
	case "html":
		return nil, nil, problem.New(problem.Invalid, "feed.page")
	case "opml":
		return nil, nil, problem.New(problem.Invalid, "feed.opml")
	default:
		return nil, nil, problem.New(problem.Invalid, "feed.not_a_feed")
	}
	return d, d.faults.close(s), nil
}

// root moves to the first element and gives its name.
func root(s *scanner) string {
	head := s.doc[s.pos:min(len(s.doc), s.pos+20)]
	if len(head) > 14 && strings.EqualFold(head[:14], "<!doctype html") {
		return "html"
	}
	for {
		switch s.next() {
		case tokenOver:
			return ""
		case tokenStart:
			return s.top().name
		}
	}
}
