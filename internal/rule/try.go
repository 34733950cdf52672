package rule

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/sorting"
	"github.com/entente/entente/lang/query"
)

// Bounds of a trial.
const (
	mostLooked = 5000
	mostRows   = 100
	MostDays   = 90
)

// Trial is what a rule would have done in the past.
type Trial struct {
	From, To time.Time
	Looked   int  // facts of its occasion
	All      bool // whether those were all of the time; else the newest
	Fired    int
	Ends     int       // of them a rule before it would have been the last
	OverAt   time.Time // when it would first have gone beyond its budget; zero: never
	At       []time.Time
	Rows     []Hit // the newest
}

// Hit is one fact with which a rule would have done something.
type Hit struct {
	At           time.Time
	Post         string
	Conversation string
	Title        string
	AuthorName   string
	Why          Why
}

// Try says what a rule would have done in the last days, without doing anything. Conditions about who has a conversation are asked of how it
// stood then.
func (s *Service) Try(ctx context.Context, r Rule, days int) (Trial, error) {
	if _, err := editor(ctx); err != nil {
		return Trial{}, err
	}
	r, err := s.checked(ctx, r)
	if err != nil {
		return Trial{}, err
	}
	now := s.Now()
	t := Trial{From: now.AddDate(0, 0, -min(max(days, 1), MostDays)), To: now, All: true}
	met, err := s.past(ctx, &r, &t)
	if err != nil {
		return t, err
	}
	sorting.Stable(met, func(a, b meeting) int { return a.at.Compare(b.at) })
	if err := (&known{s: s}).dress(ctx, met); err != nil {
		return t, err
	}
	t.Looked = len(met)
	before, err := s.before(ctx, &r)
	if err != nil {
		return t, err
	}
	for i := range met {
		m := &met[i]
		why, holds, err := s.wouldMatch(ctx, &r, m)
		if err != nil {
			return t, err
		}
		if !holds {
			continue
		}
		t.Fired++
		t.At = append(t.At, m.at)
		if n := len(t.At); t.OverAt.IsZero() && n > r.PerHour && m.at.Sub(t.At[n-1-r.PerHour]) < time.Hour {
			t.OverAt = m.at
		}
		for j := range before {
			if _, ends, err := s.wouldMatch(ctx, &before[j], m); err != nil {
				return t, err
			} else if ends {
				t.Ends++
				break
			}
		}
		t.Rows = append(t.Rows, hit(m, why))
	}
	slices.Reverse(t.Rows)
	t.Rows = t.Rows[:min(len(t.Rows), mostRows)]
	return t, nil
}

// before are the rules before one that would keep a fact from it.
func (s *Service) before(ctx context.Context, r *Rule) ([]Rule, error) {
	list, err := s.active(ctx)
	if err != nil {
		return nil, err
	}
	place := r.Place
	if i := slices.IndexFunc(list, func(o Rule) bool { return o.ID == r.ID }); i >= 0 && r.ID != "" {
		place = list[i].Place
	} else if r.ID == "" {
		place = 1 << 30
	}
	return slices.DeleteFunc(list, func(o Rule) bool {
		return o.ID == r.ID || o.Place >= place || !o.Last || o.When != r.When || o.When == Waiting && o.WaitFor > r.WaitFor
	}), nil
}

// wouldMatch asks what is cheap first: how a conversation stood then is read only where all else holds.
func (s *Service) wouldMatch(ctx context.Context, r *Rule, m *meeting) (Why, bool, error) {
	blind := *r
	blind.If.Held, blind.If.Standing = "", ""
	why, holds := blind.match(m)
	if !holds || r.If.Held == "" && r.If.Standing == "" {
		return why, holds, nil
	}
	if m.talk != nil && !m.standing.There {
		st, err := s.inbox.StoodAt(ctx, m.talk, m.at)
		if err != nil {
			return why, false, err
		}
		m.standing = st
	}
	why, holds = r.match(m)
	return why, holds, nil
}

func hit(m *meeting, why Why) Hit {
	h := Hit{At: m.at, Why: why}
	if m.post != nil {
		h.Post, h.AuthorName, h.Title = m.post.ID, m.post.AuthorName, m.post.Title
		if h.Title == "" {
			h.Title = inbox.Excerpt(m.post.Text)
		}
	}
	if m.talk != nil {
		h.Conversation = m.talk.ID
		if m.talk.Title != "" || h.Title == "" {
			h.Title = m.talk.Name()
		}
		if h.AuthorName == "" {
			h.AuthorName = m.talk.AuthorName
		}
	}
	return h
}

// past are the facts of a rule's occasion since t.From.
func (s *Service) past(ctx context.Context, r *Rule, t *Trial) ([]meeting, error) {
	switch r.When {
	case Heard:
		return s.pastPosts(ctx, r, t)
	case Labelled:
		return s.pastLabels(ctx, t)
	case Opened:
		list, err := s.inbox.OpenedSince(ctx, t.From, mostLooked)
		t.All = len(list) < mostLooked
		out := make([]meeting, len(list))
		for i := range list {
			out[i] = meeting{occasion: Opened, at: list[i].OpenedAt, talk: &list[i], standing: inbox.Standing{There: true, State: inbox.Open}}
		}
		return out, err
	case Reopened, Resolved:
		return s.pastSpans(ctx, r, t)
	}
	return s.pastWaits(ctx, r, t)
}

func (s *Service) withTalks(ctx context.Context, posts []channel.Post, at func(int) time.Time, o Occasion) ([]meeting, error) {
	roots := make([]string, len(posts))
	for i := range posts {
		roots[i] = posts[i].Root
	}
	talks, err := s.inbox.OfRoots(ctx, roots)
	if err != nil {
		return nil, err
	}
	out := make([]meeting, len(posts))
	for i := range posts {
		out[i] = meeting{occasion: o, at: at(i), post: &posts[i]}
		if c, found := talks[posts[i].Root]; found {
			out[i].talk = &c
		}
	}
	return out, nil
}

func engineOf(q db.Q) query.Engine {
	if q.Engine() == db.Postgres {
		return query.Postgres
	}
	return query.SQLite
}

// pastPosts are posts of others, narrowed by the full-text index where the rule has words.
func (s *Service) pastPosts(ctx context.Context, r *Rule, t *Trial) ([]meeting, error) {
	q := s.db.Read()
	var w db.Where
	w.And("p.at >= ?", db.T(t.From)).And("p.ours = 0 AND p.automatic = '' AND p.deleted_at IS NULL")
	if narrow := r.meant.Narrow(engineOf(q)); !r.meant.Empty() && narrow != "" {
		hits := "SELECT rowid FROM post_text WHERE post_text MATCH ?"
		if q.Engine() == db.Postgres {
			hits = "SELECT seq FROM post_text WHERE stems @@ CAST(? AS tsquery)"
		}
		w.And("p.seq IN ("+hits+")", narrow)
	}
	if len(r.If.Channels) > 0 {
		w.And("p.channel IN "+db.Among(q, "?"), db.Texts(r.If.Channels))
	}
	posts, err := db.All(ctx, q, channel.PostFields, "SELECT "+channel.PostColumns("p.")+" FROM post p "+w.String()+" ORDER BY p.at DESC, p.id DESC"+db.Limit(mostLooked), w.Args...)
	if err != nil {
		return nil, fmt.Errorf("read what was said: %w", err)
	}
	t.All = len(posts) < mostLooked
	return s.withTalks(ctx, posts, func(i int) time.Time { return posts[i].At }, Heard)
}

// pastLabels are posts on which a member's word stands.
func (s *Service) pastLabels(ctx context.Context, t *Trial) ([]meeting, error) {
	type word struct {
		post string
		at   time.Time
	}
	q := s.db.Read()
	words, err := db.All(ctx, q, func(w *word) []any { return []any{&w.post, db.At(&w.at)} },
		"SELECT post, at FROM post_label WHERE at >= $1 AND actor LIKE 'member:%' ORDER BY at DESC, post"+db.Limit(mostLooked), db.T(t.From))
	if err != nil {
		return nil, fmt.Errorf("read labels: %w", err)
	}
	t.All = len(words) < mostLooked
	ids := make([]string, len(words))
	for i, w := range words {
		ids[i] = w.post
	}
	list, err := channel.Posts(ctx, q, ids...)
	if err != nil {
		return nil, err
	}
	byID := map[string]channel.Post{}
	for _, p := range list {
		byID[p.ID] = p
	}
	var posts []channel.Post
	var at []time.Time
	for _, w := range words {
		if p, found := byID[w.post]; found && !p.Ours && p.DeletedAt.IsZero() {
			posts, at = append(posts, p), append(at, w.at)
		}
	}
	return s.withTalks(ctx, posts, func(i int) time.Time { return at[i] }, Labelled)
}

func (s *Service) pastSpans(ctx context.Context, r *Rule, t *Trial) ([]meeting, error) {
	spans, err := s.inbox.SpansSince(ctx, t.From, r.When == Resolved, mostLooked)
	if err != nil {
		return nil, fmt.Errorf("read when conversations were open: %w", err)
	}
	t.All = len(spans) < mostLooked
	ids := make([]string, len(spans))
	for i, p := range spans {
		ids[i] = p.Conversation
	}
	talks, err := s.inbox.OfIDs(ctx, ids)
	if err != nil {
		return nil, err
	}
	var out []meeting
	for _, p := range spans {
		c, found := talks[p.Conversation]
		if !found {
			continue
		}
		c.Reopened = p.N // as it was then
		m := meeting{occasion: r.When, at: p.OpenedAt, talk: &c}
		if r.When == Resolved {
			m.at = p.ResolvedAt
		}
		out = append(out, m)
	}
	return out, nil
}

// pastWaits are waits that were longer than the rule says, at the moment when they had lasted so long.
func (s *Service) pastWaits(ctx context.Context, r *Rule, t *Trial) ([]meeting, error) {
	list, err := s.inbox.OpenedSince(ctx, t.From.Add(-r.WaitFor).AddDate(0, 0, -7), mostLooked)
	if err != nil {
		return nil, err
	}
	t.All = len(list) < mostLooked
	talks, roots := map[string]*inbox.Conversation{}, make([]string, len(list))
	for i := range list {
		roots[i] = list[i].Root
		talks[list[i].Root] = &list[i]
	}
	q := s.db.Read()
	words, err := db.All(ctx, q, func(w *turn) []any { return []any{&w.root, db.At(&w.at), db.Bool(&w.ours)} },
		"SELECT root, at, ours FROM post WHERE root IN "+db.Among(q, "$1")+" AND automatic = '' AND deleted_at IS NULL ORDER BY root, at, id", db.Texts(roots))
	if err != nil {
		return nil, fmt.Errorf("read who spoke when: %w", err)
	}
	spans := map[string][]inbox.Span{}
	ids := make([]string, 0, len(list))
	for i := range list {
		ids = append(ids, list[i].ID)
	}
	all, err := s.inbox.Spans(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, p := range all {
		spans[p.Conversation] = append(spans[p.Conversation], p)
	}
	var out []meeting
	for i := 0; i < len(words); {
		j := i
		for j < len(words) && words[j].root == words[i].root {
			j++
		}
		c := talks[words[i].root]
		for _, at := range waits(words[i:j], spans[c.ID], c.OpenedAt, t.To, r.WaitFor) {
			if !at.Before(t.From) {
				out = append(out, meeting{occasion: Waiting, fact: strconv.FormatInt(at.UnixMicro(), 36), at: at, talk: c})
			}
		}
		i = j
	}
	return out, nil
}

// turn is somebody's turn in a thread.
type turn struct {
	root string
	at   time.Time
	ours bool
}

// waits are the moments at which somebody had waited for us as long as atLeast: from the first of their words that we had not answered, until
// ours, or until it was resolved. said is in order; what was said before began is not waited for.
func waits(said []turn, open []inbox.Span, began, now time.Time, atLeast time.Duration) []time.Time {
	var out []time.Time
	var since time.Time
	end := func(until time.Time) {
		if !since.IsZero() && until.Sub(since) >= atLeast {
			out = append(out, since.Add(atLeast))
		}
		since = time.Time{}
	}
	k := 0
	for _, w := range said {
		if w.at.Before(began) {
			continue
		}
		for k < len(open) && !open[k].ResolvedAt.IsZero() && open[k].ResolvedAt.Before(w.at) {
			end(open[k].ResolvedAt)
			k++
		}
		switch {
		case w.ours:
			end(w.at)
		case since.IsZero():
			since = w.at
		}
	}
	if k < len(open) && !open[k].ResolvedAt.IsZero() {
		end(open[k].ResolvedAt)
	} else {
		end(now)
	}
	return out
}

// Channels lists the channels that conditions can name.
func (s *Service) Channels(ctx context.Context) ([]channel.Account, error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return nil, err
	}
	return s.inbox.Channels(ctx)
}

// Colleagues lists the members to whom a conversation can be given, or who can be told.
func (s *Service) Colleagues(ctx context.Context) ([]*org.Member, error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return nil, err
	}
	return s.inbox.Answerers(ctx)
}
