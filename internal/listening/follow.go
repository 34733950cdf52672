package listening

import (
	"context"
	"fmt"
	"sort"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/lang/query"
)

// Follower derives mentions and their volume. It matches what is said against the topics of today: the rows are those of the topics as
// they stand, for old posts too, see Fill. A post of which people say something else is matched again.
func (m *Matcher) Follower() ledger.Follower {
	return ledger.Follower{Name: "listening", Version: 3, Tables: []string{"mention", "mention_hour", "mention_due"}, Apply: m.apply}
}

type hourKey struct {
	topic   string
	hour    int64
	channel string
}

type tally map[hourKey]int

// write adds the tally to mention_hour.
func (t tally) write(ctx context.Context, q db.Q) error {
	keys := make([]hourKey, 0, len(t))
	for k, n := range t {
		if n != 0 {
			keys = append(keys, k)
		}
	}
	sort.Slice(keys, func(i, j int) bool {
		a, b := keys[i], keys[j]
		if a.topic != b.topic {
			return a.topic < b.topic
		}
		if a.hour != b.hour {
			return a.hour < b.hour
		}
		return a.channel < b.channel
	})
	rows := make([][]any, len(keys))
	for i, k := range keys {
		rows[i] = []any{k.topic, k.hour, k.channel, t[k]}
	}
	return db.Insert(ctx, q, "mention_hour (topic, hour, channel, n)", rows,
		"ON CONFLICT (topic, hour, channel) DO UPDATE SET n = mention_hour.n + excluded.n")
}

func hourOf(micros int64) int64 {
	const hour = 3600 * 1000000
	h := micros / hour
	if micros < 0 && micros%hour != 0 {
		h--
	}
	return h
}

func (m *Matcher) apply(ctx context.Context, q db.Q, list []ledger.Activity) error {
	var topics *compiled
	counts := tally{}
	var rows, due [][]any
	for i := range list {
		a := &list[i]
		switch a.Kind {
		case ledger.PostSaid, ledger.PostEdited, ledger.PostDeleted, ledger.PostLabelled:
		default:
			continue
		}
		if topics == nil {
			var err error
			if topics, err = m.topics(ctx, q); err != nil {
				return err
			}
		}
		if a.Kind == ledger.PostLabelled { // with others of its kind only, about other posts: enrich cuts
			var l ledger.Label
			if err := a.Decode(&l); err != nil {
				return err
			}
			if topics.asked[l.Label] {
				if err := m.rematch(ctx, q, a.Object, topics); err != nil {
					return err
				}
			}
			continue
		}
		if a.Kind != ledger.PostSaid { // alone in the batch, see channel.PostFollower
			return m.rematch(ctx, q, a.Object, topics)
		}
		said, err := a.Said()
		if err != nil {
			return err
		}
		if said.Ours {
			continue
		}
		hour := hourOf(a.At.UnixMicro())
		counts[hourKey{"", hour, a.Channel}]++
		if len(topics.topics) == 0 {
			continue
		}
		d := m.enrich.Doc(a.ID)
		if d == nil {
			continue
		}
		wanted := false
		for _, n := range topics.set.Match(d) {
			t := &topics.topics[n]
			rows = append(rows, []any{t.ID, a.ID, db.T(a.At), a.Channel, d.Lang})
			counts[hourKey{t.ID, hour, a.Channel}]++
			wanted = wanted || !t.InboxAt.IsZero() && !a.LearnedAt.Before(t.InboxAt)
		}
		if wanted && said.Automatic == "" {
			due = append(due, []any{a.ID, db.T(a.At)})
		}
	}
	if err := db.Insert(ctx, q, "mention (topic, post, at, channel, lang)", rows, ""); err != nil {
		return err
	}
	if err := db.Insert(ctx, q, "mention_due (post, at)", due, "ON CONFLICT DO NOTHING"); err != nil {
		return err
	}
	return counts.write(ctx, q)
}

// Rematch matches posts again that are taken for something else now: after a new model, which no activity tells of.
func (m *Matcher) Rematch(ctx context.Context, q db.Q, posts []channel.Post) error {
	topics, err := m.topics(ctx, q)
	if err != nil || len(topics.topics) == 0 {
		return err
	}
	docs, err := m.enrich.Docs(ctx, q, posts)
	if err != nil {
		return err
	}
	for i := range posts {
		if err := m.again(ctx, q, &posts[i], docs[posts[i].ID], topics); err != nil {
			return fmt.Errorf("match post %s again: %w", posts[i].ID, err)
		}
	}
	return nil
}

// rematch matches one post again whose text or labels changed, or that turned out to be ours.
func (m *Matcher) rematch(ctx context.Context, q db.Q, post string, topics *compiled) error {
	posts, err := channel.Posts(ctx, q, post)
	if err != nil || len(posts) == 0 {
		return err
	}
	d := m.enrich.Doc(post)
	if d == nil {
		docs, err := m.enrich.Docs(ctx, q, posts)
		if err != nil {
			return err
		}
		d = docs[post]
	}
	return m.again(ctx, q, &posts[0], d, topics)
}

func (m *Matcher) again(ctx context.Context, q db.Q, p *channel.Post, d *query.Doc, topics *compiled) error {
	post := p.ID
	had, err := db.All(ctx, q, db.Self[string], "SELECT topic FROM mention WHERE post = $1", post)
	if err != nil {
		return err
	}
	wanted := false
	counts, hour := tally{}, hourOf(p.At.UnixMicro())
	for _, t := range had {
		counts[hourKey{t, hour, p.Channel}]--
	}
	if _, err := db.Exec(ctx, q, "DELETE FROM mention WHERE post = $1", post); err != nil {
		return err
	}
	var rows [][]any
	if p.DeletedAt.IsZero() && !p.Ours {
		for _, n := range topics.set.Match(d) {
			t := &topics.topics[n]
			rows = append(rows, []any{t.ID, p.ID, db.T(p.At), p.Channel, d.Lang})
			counts[hourKey{t.ID, hour, p.Channel}]++
			wanted = wanted || !t.InboxAt.IsZero() && !p.LearnedAt.Before(t.InboxAt)
		}
	}
	if !wanted { // nobody need look at what says something else now
		if _, err := db.Exec(ctx, q, "DELETE FROM mention_due WHERE post = $1", post); err != nil {
			return err
		}
	}
	if err := db.Insert(ctx, q, "mention (topic, post, at, channel, lang)", rows, ""); err != nil {
		return err
	}
	if err := counts.write(ctx, q); err != nil {
		return err
	}
	for k, n := range counts { // nothing but these can have come to nothing
		if n >= 0 {
			continue
		}
		if _, err := db.Exec(ctx, q, "DELETE FROM mention_hour WHERE topic = $1 AND hour = $2 AND channel = $3 AND n = 0", k.topic, k.hour, k.channel); err != nil {
			return err
		}
	}
	return nil
}
