// Package subscription decides how lists of feeds come and go: OPML in, one channel a feed that is not there yet; all feeds out as OPML.
package subscription

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/channel/feed"
)

// Imported is what came of a list.
type Imported struct {
	Added []channel.Account
	Known int // feeds that were there already
}

// Import adds the feeds of an OPML list, all or none. inbox is "" for the usual way into the inbox.
func Import(ctx context.Context, s *channel.Service, r io.Reader, inbox channel.Inbox) (Imported, error) {
	list, err := feed.ReadOPML(r)
	if err != nil {
		return Imported{}, err
	}
	have, err := s.List(ctx)
	if err != nil {
		return Imported{}, err
	}
	names, urls := map[string]bool{}, map[string]bool{}
	for _, a := range have {
		names[strings.ToLower(a.Name)] = true
		if a.Kind == "feed" {
			urls[a.Settings["url"]] = true
		}
	}
	var out Imported
	var drafts []channel.Draft
	for _, o := range feed.Feeds(list) {
		if urls[o.URL] {
			out.Known++
			continue
		}
		urls[o.URL] = true
		name := strings.TrimSpace(o.Title)
		if r := []rune(name); len(r) > 150 {
			name = string(r[:150])
		}
		if name != "" {
			name = free(names, name)
			names[strings.ToLower(name)] = true
		}
		drafts = append(drafts, channel.Draft{Kind: "feed", Name: name, Settings: channel.Settings{"url": o.URL}, Inbox: inbox})
	}
	out.Added, err = s.AddAll(ctx, drafts)
	return out, err
}

func free(taken map[string]bool, name string) string {
	for n, try := 2, name; ; n++ {
		if !taken[strings.ToLower(try)] {
			return try
		}
		try = fmt.Sprintf("%s (%d)", name, n)
	}
}

// Export writes all feeds as OPML.
func Export(ctx context.Context, s *channel.Service, w io.Writer, title string) error {
	have, err := s.List(ctx)
	if err != nil {
		return err
	}
	var list []feed.Outline
	for _, a := range have {
		if a.Kind == "feed" {
			list = append(list, feed.Outline{Title: a.Name, URL: a.Settings["url"]})
		}
	}
	return feed.WriteOPML(w, title, list)
}
