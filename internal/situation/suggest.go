package situation

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/situation/cause"
)

// What suggestions are made from.
const (
	lookBack     = 3 * 24 * time.Hour  // conversations that may have one cause
	compareWith  = 28 * 24 * time.Hour // before that, for what is usual
	mostRecent   = 10_000
	mostEarlier  = 3000
	mostHints    = 8
	hintsFor     = 30 * time.Second // that suggestions are good for
	mostSample   = 300              // conversations of a situation that others are compared with
	regrows      = 2                // times its size from which on a dismissed suggestion is shown again
	likeLookBack = 14 * 24 * time.Hour
)

// Suggestion is conversations that seem to have one cause.
type Suggestion struct {
	Key           string // the conversation it began with
	Title         string // of that
	Words         []string
	Conversations []string
	From, To      time.Time
	Usual         float64 // how many were to be expected
	Channels      int
}

type line struct {
	id, channel, title, excerpt string
	at                          time.Time
}

func (s *Service) lines(ctx context.Context, from, to time.Time, most int, free bool) ([]line, error) {
	w := (&db.Where{}).And("c.opened_at >= ?", db.T(from)).And("c.opened_at < ?", db.T(to))
	if free {
		w.And("NOT EXISTS (SELECT 1 FROM situation_conversation x JOIN situation v ON v.id = x.situation WHERE x.conversation = c.id AND v.drill = 0)")
	}
	list, err := db.All(ctx, s.db.Read(), func(l *line) []any { return []any{&l.id, &l.channel, &l.title, &l.excerpt, db.At(&l.at)} },
		"SELECT c.id, c.channel, c.title, c.excerpt, c.opened_at FROM conversation c "+w.String()+" ORDER BY c.opened_at DESC"+db.Limit(most), w.Args...)
	if err != nil {
		return nil, fmt.Errorf("read conversations: %w", err)
	}
	return list, nil
}

func items(list []line) []cause.Item {
	out := make([]cause.Item, len(list))
	for i, l := range list {
		out[i] = cause.Item{ID: l.id, At: l.at, Text: strings.TrimSpace(l.title + ". " + l.excerpt)}
	}
	return out
}

// Suggestions lists what may be a situation: conversations of the last three days that say the same and come thicker than they used to. They
// are worked out anew every half minute.
func (s *Service) Suggestions(ctx context.Context) ([]Suggestion, error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return nil, err
	}
	now := s.Now()
	s.hints.Lock()
	defer s.hints.Unlock()
	if s.hints.list == nil || now.Sub(s.hints.at).Abs() >= hintsFor {
		list, err := s.suggest(ctx, now)
		if err != nil {
			return nil, err
		}
		s.hints.list, s.hints.at = list, now
	}
	return slices.Clone(s.hints.list), nil
}

// Suggested finds one of the suggestions by the conversation it began with.
func (s *Service) Suggested(ctx context.Context, key string) (Suggestion, error) {
	list, err := s.Suggestions(ctx)
	if err != nil {
		return Suggestion{}, err
	}
	for _, h := range list {
		if h.Key == key {
			return h, nil
		}
	}
	return Suggestion{}, notFound()
}

// forget has the suggestions worked out anew.
func (s *Service) forget() {
	s.hints.Lock()
	defer s.hints.Unlock()
	s.hints.list, s.hints.alike = nil, nil
}

func (s *Service) suggest(ctx context.Context, now time.Time) ([]Suggestion, error) {
	recent, err := s.lines(ctx, now.Add(-lookBack), now.Add(time.Minute), mostRecent, true)
	if err != nil {
		return nil, err
	}
	earlier, err := s.lines(ctx, now.Add(-lookBack-compareWith), now.Add(-lookBack), mostEarlier, false)
	if err != nil {
		return nil, err
	}
	span := compareWith
	if len(earlier) == mostEarlier { // fewer days than were asked for
		span = now.Add(-lookBack).Sub(earlier[len(earlier)-1].at)
	}
	type dismissal struct {
		conversation string
		size         int
	}
	no, err := db.All(ctx, s.db.Read(), func(d *dismissal) []any { return []any{&d.conversation, &d.size} }, "SELECT conversation, size FROM situation_dismissed WHERE at >= $1", db.T(now.Add(-2*lookBack)))
	if err != nil {
		return nil, fmt.Errorf("read dismissed suggestions: %w", err)
	}
	dismissed := map[string]int{}
	for _, d := range no {
		dismissed[d.conversation] = d.size
	}
	by := make(map[string]*line, len(recent))
	for i := range recent {
		by[recent[i].id] = &recent[i]
	}
	out := []Suggestion{}
	for _, c := range cause.Find(items(recent), items(earlier), lookBack, span) {
		// It may have begun with another one when it was dismissed: the earliest of it leave the window first.
		if slices.ContainsFunc(c.Items, func(id string) bool { n, is := dismissed[id]; return is && len(c.Items) < regrows*n }) {
			continue
		}
		h := Suggestion{Key: c.Items[0], Words: c.Words, Conversations: c.Items, From: c.From, To: c.To, Usual: c.Usual}
		channels := map[string]bool{}
		for _, id := range c.Items {
			channels[by[id].channel] = true
		}
		h.Channels = len(channels)
		if h.Title = by[h.Key].title; h.Title == "" {
			h.Title = by[h.Key].excerpt
		}
		if out = append(out, h); len(out) == mostHints {
			break
		}
	}
	return out, nil
}

// Dismiss says that a suggestion is no situation. It is shown again when it has doubled.
func (s *Service) Dismiss(ctx context.Context, key string) error {
	m, err := acting(ctx, org.InboxEdit)
	if err != nil {
		return err
	}
	h, err := s.Suggested(ctx, key)
	if problem.Is(err, problem.Missing) { // a conversation that nothing is suggested of, any more
		_, err = s.inbox.Find(ctx, key)
		return err
	}
	if err != nil {
		return err
	}
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if _, err := db.Exec(ctx, q, `INSERT INTO situation_dismissed (conversation, size, member, at) VALUES ($1, $2, $3, $4)
			ON CONFLICT (conversation) DO UPDATE SET size = excluded.size, member = excluded.member, at = excluded.at`, h.Key, len(h.Conversations), m.ID, db.T(s.Now())); err != nil {
			return fmt.Errorf("dismiss a suggestion: %w", err)
		}
		return s.org.Audit(ctx, q, "situation.dismiss", "conversation:"+h.Key, nil)
	})
	s.forget()
	return err
}

// Alike lists the conversations that speak of the same as those a situation gathered, since the first of it and at most two weeks back,
// and that belong to none.
func (s *Service) Alike(ctx context.Context, v *Situation) ([]string, error) {
	if err := org.Require(ctx, org.InboxRead); err != nil || !v.Open() {
		return nil, err
	}
	s.hints.Lock()
	kept, found := s.hints.alike[v.ID]
	s.hints.Unlock()
	if found && s.Now().Sub(kept.at).Abs() < hintsFor && kept.n == v.Conversations {
		return kept.list, nil
	}
	list, err := s.alike(ctx, v)
	if err == nil {
		s.hints.Lock()
		defer s.hints.Unlock()
		if len(s.hints.alike) > 100 || s.hints.alike == nil {
			s.hints.alike = map[string]likes{}
		}
		s.hints.alike[v.ID] = likes{list, s.Now(), v.Conversations}
	}
	return list, err
}

func (s *Service) alike(ctx context.Context, v *Situation) ([]string, error) {
	sample, err := db.All(ctx, s.db.Read(), func(l *line) []any { return []any{&l.title, &l.excerpt} }, "SELECT c.title, c.excerpt FROM situation_conversation x JOIN conversation c ON c.id = "+gathered+
		" WHERE x.situation = $1 ORDER BY c.opened_at DESC"+db.Limit(mostSample), v.ID)
	if err != nil || len(sample) == 0 {
		return nil, err
	}
	now := s.Now()
	from := v.DetectedAt
	if !v.First.IsZero() && v.First.Before(from) {
		from = v.First
	}
	if oldest := now.Add(-likeLookBack); from.Before(oldest) {
		from = oldest
	}
	rest, err := s.lines(ctx, from.Add(-24*time.Hour), now.Add(time.Minute), mostRecent, true)
	if err != nil {
		return nil, err
	}
	texts := make([]string, len(sample))
	for i, it := range items(sample) {
		texts[i] = it.Text
	}
	found := cause.Like(texts, items(rest))
	return slices.DeleteFunc(found, func(c string) bool { return !id.Valid(c) }), nil
}
