package feed

import (
	"bytes"
	"context"
	"mime"
	"net/http"
	"strings"
	"time"

	"golang.org/x/net/html"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/problem"
)

// discover follows the link to a feed that a page names, once.
func (s *session) discover(ctx context.Context, page answer, now time.Time) (answer, error) {
	to := alternate(page.body, page.header.Get("Content-Type"), page.address)
	if to == "" || to == page.address {
		return answer{}, &channel.Fault{Kind: channel.Refused, Err: problem.New(problem.Invalid, "feed.page_without_feed").On("url")}
	}
	got, err := s.ask(ctx, to, cursor{})
	if err != nil {
		return answer{}, err
	}
	if err := got.fault(now); err != nil {
		return answer{}, err
	}
	if got.status == http.StatusNotModified {
		return answer{}, &channel.Fault{Kind: channel.Temporary, Err: problem.New(problem.Busy, "feed.status", "Status", got.status)}
	}
	if got.moved == "" {
		got.moved = to
	}
	return got, nil
}

// alternate finds the first feed that a page links to with rel=alternate, feeds of comments last.
func alternate(body []byte, contentType, address string) string {
	const headOnly = 512 << 10
	text := toUTF8(body[:min(len(body), headOnly)], contentType)
	z := html.NewTokenizer(bytes.NewReader([]byte(text)))
	z.SetMaxBuf(headOnly)
	base, second := address, ""
	for {
		switch z.Next() {
		case html.ErrorToken:
			return second
		case html.StartTagToken, html.SelfClosingTagToken:
			name, more := z.TagName()
			tag := string(name)
			if tag == "body" && second != "" {
				return second
			}
			if tag != "link" && tag != "base" {
				continue
			}
			attrs := map[string]string{}
			for more {
				var key, value []byte
				key, value, more = z.TagAttr()
				if len(attrs) < 32 {
					attrs[string(key)] = string(value)
				}
			}
			if tag == "base" {
				base = first(link(attrs["href"], address), base)
				continue
			}
			if !strings.Contains(" "+strings.ToLower(attrs["rel"])+" ", " alternate ") || !feedType(attrs["type"]) {
				continue
			}
			to := link(attrs["href"], base)
			if to == "" {
				continue
			}
			// Blogs announce their programming interface as application/json.
			if title := strings.ToLower(attrs["title"]); strings.Contains(title, "comment") || strings.Contains(to, "/comments/") || !sure(attrs["type"]) {
				second = first(second, to)
				continue
			}
			return to
		}
	}
}

func sure(s string) bool {
	return strings.Contains(s, "rss") || strings.Contains(s, "atom") || strings.Contains(s, "feed+json") || strings.Contains(s, "rdf")
}

func feedType(s string) bool {
	kind, _, err := mime.ParseMediaType(s)
	if err != nil {
		return false
	}
	switch kind {
	case "application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml", "application/json", "text/xml", "application/xml":
		return true
	}
	return false
}
