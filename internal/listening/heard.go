package listening

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/lang/query"
)

// mostHeard is how many of the newest posts say which sites, authors, tags and places there are: reading all would take too long at a million.
const mostHeard = 5000

// heardFor is how long what was read of them is good.
const heardFor = time.Minute

// heard is what the newest posts have in the fields that are names, the commonest first.
type heard struct {
	at        time.Time
	looked    int
	full      bool                // whether there are older posts
	names     map[string][]string // by field
	followers bool                // whether a channel told of any author how many they have
}

// heards keeps what was read: for those who may read everything, and for the others.
type heards struct {
	mu   sync.Mutex
	read [2]*heard
}

// named are the fields whose values are names that posts have.
func named() []string { return []string{"site", "author", "tag", "in", "channel"} }

// heard reads the newest posts, or gives what was read of them a moment ago.
func (s *Service) heard(ctx context.Context) (*heard, error) {
	confined := confined(ctx)
	place := 0
	if confined {
		place = 1
	}
	s.heards.mu.Lock()
	defer s.heards.mu.Unlock()
	now := s.clock()
	if h := s.heards.read[place]; h != nil && h.full && now.Sub(h.at) < heardFor && !now.Before(h.at) {
		return h, nil
	}
	q := s.db.Read()
	posts, err := db.All(ctx, q, func(p *channel.Post) []any {
		return []any{&p.Channel, &p.URL, &p.Author, &p.AuthorName, &p.Title, &p.Text, db.JSON(&p.More), db.Bool(&p.Ours), db.Bool(&p.Private), db.At(&p.DeletedAt)}
	}, "SELECT channel, url, author, author_name, title, text, more, ours, private, deleted_at FROM post ORDER BY seq DESC"+db.Limit(mostHeard))
	if err != nil {
		return nil, fmt.Errorf("read what the newest posts have: %w", err)
	}
	h := &heard{at: now, full: len(posts) == mostHeard, names: map[string][]string{}}
	counts := map[string]map[string]int{}
	for _, f := range named() {
		counts[f] = map[string]int{}
	}
	add := func(field, name string) {
		if name != "" {
			counts[field][name]++
		}
	}
	for i := range posts {
		p := &posts[i]
		if p.Ours || !p.DeletedAt.IsZero() || p.Private && confined {
			continue
		}
		h.looked++
		add("site", query.Site(p.URL))
		add("author", p.Author)
		add("author", p.AuthorName)
		add("in", p.More.In)
		add("channel", p.Channel)
		for _, t := range slices.Concat(p.More.Tags, query.TagsIn(p.Title), query.TagsIn(p.Text)) {
			add("tag", t)
		}
		h.followers = h.followers || p.More.Followers > 0
	}
	type row struct{ id, name string }
	channels, err := db.All(ctx, q, func(r *row) []any { return []any{&r.id, &r.name} }, "SELECT id, name FROM channel")
	if err != nil {
		return nil, fmt.Errorf("read names of channels: %w", err)
	}
	for _, c := range channels { // one without a row has its id for a name
		delete(counts["channel"], c.id)
	}
	for _, c := range channels {
		add("channel", c.name)
	}
	for field, by := range counts {
		h.names[field] = slices.SortedFunc(maps.Keys(by), func(a, b string) int { return cmp.Or(by[b]-by[a], cmp.Compare(a, b)) })
	}
	s.heards.read[place] = h
	return h, nil
}

// Unknown names the sites, authors, tags, places and channels a query wants that none of the newest posts has, nor any of hits: perhaps they are misspelled.
// A suggestion is one of those that posts have.
func (s *Service) Unknown(ctx context.Context, meant *query.Query, hits []channel.Post) ([]query.Problem, error) {
	values := meant.Values(append(named(), "followers")...)
	if len(values) == 0 {
		return nil, nil
	}
	h, err := s.heard(ctx)
	if err != nil {
		return nil, err
	}
	var out []query.Problem
	for _, v := range values {
		if v.Field == "followers" {
			if len(hits) == 0 && !h.followers {
				out = append(out, query.Problem{Start: v.Start, End: v.End, Severity: query.Warning, Key: "listening.no_followers"})
			}
			continue
		}
		if slices.ContainsFunc(h.names[v.Field], v.Fits) || slices.ContainsFunc(hits, func(p channel.Post) bool { return had(v, &p) }) {
			continue
		}
		out = append(out, query.Problem{Start: v.Start, End: v.End, Severity: query.Warning, Key: "listening.unheard_value", Suggestion: v.Meant(h.names[v.Field]),
			Args: map[string]any{"Field": v.Field, "Value": v.Value, "Looked": h.looked}})
	}
	return out, nil
}

// had reports whether a post has a value; of channels and tags those that posts have lately are enough.
func had(v query.Value, p *channel.Post) bool {
	switch v.Field {
	case "site":
		return v.Fits(p.URL)
	case "author":
		return v.Fits(p.Author) || v.Fits(p.AuthorName)
	case "in":
		return v.Fits(p.More.In)
	case "tag":
		return slices.ContainsFunc(slices.Concat(p.More.Tags, query.TagsIn(p.Title), query.TagsIn(p.Text)), v.Fits)
	}
	return false
}
