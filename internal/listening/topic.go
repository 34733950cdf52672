package listening

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/lang/query"
)

// Topic is a saved query over posts.
type Topic struct {
	ID, Name, Query      string
	Exclude              string    // what the query must not find, one on a line
	Colour               int       // index into the palette of charts, 0 to 7
	InboxAt              time.Time // what we learn from then on becomes a conversation; zero: nothing does
	CreatedAt, UpdatedAt time.Time
	FilledTo             int64 // posts down to this seq are matched; -1: nothing yet, 0: all
}

const topicColumns = "id, name, query, exclude, colour, inbox_at, created_at, updated_at, filled_to"

func topicFields(t *Topic) []any {
	return []any{&t.ID, &t.Name, &t.Query, &t.Exclude, &t.Colour, db.At(&t.InboxAt), db.At(&t.CreatedAt), db.At(&t.UpdatedAt), &t.FilledTo}
}

// Draft is what a member says a topic should be.
type Draft struct {
	Name, Query string
	Exclude     string // what the query must not find, one on a line
	Colour      int
	Inbox       bool // mentions become conversations from now on
}

// parsed is what a topic means.
func parsed(source, exclude string) *query.Query {
	q, _ := query.Parse(source) // what was saved parses
	excluded, _ := query.ParseExclusions(exclude)
	return q.Without(excluded)
}

// MaxTopics is how many topics there may be.
const MaxTopics = 500

func (d *Draft) check() error {
	d.Name, d.Query = strings.TrimSpace(d.Name), strings.TrimSpace(d.Query)
	d.Exclude = strings.TrimSpace(strings.ReplaceAll(d.Exclude, "\r\n", "\n"))
	switch {
	case d.Name == "":
		return problem.New(problem.Invalid, "problem.required").On("name")
	case utf8.RuneCountInString(d.Name) > 100:
		return problem.New(problem.Invalid, "problem.too_long", "Max", 100).On("name")
	}
	_, found := query.Parse(d.Query)
	if err := refused(found, "query"); err != nil {
		return err
	}
	_, found = query.ParseExclusions(d.Exclude)
	if err := refused(found, "exclude"); err != nil {
		return err
	}
	d.Colour = ((d.Colour % 8) + 8) % 8
	return nil
}

// refused is the first error of a query.
func refused(found []query.Problem, field string) error {
	for _, p := range found {
		if p.Severity == query.Error {
			args := []any{}
			for k, v := range p.Args {
				args = append(args, k, v)
			}
			return problem.New(problem.Invalid, p.Key, args...).On(field)
		}
	}
	return nil
}

// Topics lists the topics by name.
func (s *Service) Topics(ctx context.Context) ([]Topic, error) {
	list, err := s.topics.Read(ctx, s.db, "", func(ctx context.Context) ([]Topic, error) {
		return db.All(ctx, s.db.Read(), topicFields, "SELECT "+topicColumns+" FROM topic WHERE removed_at IS NULL ORDER BY name, id")
	})
	return slices.Clone(list), err
}

// Topic returns one topic.
func (s *Service) Topic(ctx context.Context, topic string) (Topic, error) {
	t, found, err := db.One(ctx, s.db.Read(), topicFields, "SELECT "+topicColumns+" FROM topic WHERE id = $1 AND removed_at IS NULL", topic)
	if err == nil && !found {
		err = problem.New(problem.Missing, "problem.not_found")
	}
	return t, err
}

// Add saves a topic; old posts are matched soon, see FillLoop.
func (s *Service) Add(ctx context.Context, d Draft) (Topic, error) {
	if err := org.Require(ctx, org.ListeningEdit); err != nil {
		return Topic{}, err
	}
	if err := d.check(); err != nil {
		return Topic{}, err
	}
	now := s.clock().UTC().Truncate(time.Microsecond)
	t := Topic{ID: id.New(), Name: d.Name, Query: d.Query, Exclude: d.Exclude, Colour: d.Colour, CreatedAt: now, UpdatedAt: now, FilledTo: -1}
	if d.Inbox {
		t.InboxAt = now
	}
	err := s.ledger.Exclusive(ctx, func(ctx context.Context, q db.Q) error {
		n, _, err := db.Value[int](ctx, q, "SELECT COUNT(*) FROM topic WHERE removed_at IS NULL")
		if err != nil {
			return err
		}
		if t.UpdatedAt, err = later(ctx, q, now); err != nil {
			return err
		}
		if n >= MaxTopics {
			return problem.New(problem.Invalid, "listening.too_many", "Max", MaxTopics)
		}
		if err := db.Insert(ctx, q, "topic ("+topicColumns+")", [][]any{{t.ID, t.Name, t.Query, t.Exclude, t.Colour, db.T(t.InboxAt), db.T(now), db.T(t.UpdatedAt), t.FilledTo}}, ""); err != nil {
			return err
		}
		return s.org.Audit(ctx, q, "topic.added", t.ID, d)
	})
	s.wake()
	return t, err
}

// Change saves a topic anew. A new query is applied to old posts too; what it matched before and does no more is forgotten.
func (s *Service) Change(ctx context.Context, topic string, d Draft) (Topic, error) {
	if err := org.Require(ctx, org.ListeningEdit); err != nil {
		return Topic{}, err
	}
	if err := d.check(); err != nil {
		return Topic{}, err
	}
	var t Topic
	err := s.ledger.Exclusive(ctx, func(ctx context.Context, q db.Q) error {
		was, found, err := db.One(ctx, q, topicFields, "SELECT "+topicColumns+" FROM topic WHERE id = $1 AND removed_at IS NULL", topic)
		if err != nil {
			return err
		}
		if !found {
			return problem.New(problem.Missing, "problem.not_found")
		}
		t = was
		if t.UpdatedAt, err = later(ctx, q, s.clock()); err != nil {
			return err
		}
		t.Name, t.Query, t.Exclude, t.Colour = d.Name, d.Query, d.Exclude, d.Colour
		switch {
		case !d.Inbox:
			t.InboxAt = time.Time{}
		case t.InboxAt.IsZero():
			t.InboxAt = t.UpdatedAt
		}
		if t.Query != was.Query || t.Exclude != was.Exclude {
			t.FilledTo = -1
			if err := forget(ctx, q, topic); err != nil {
				return err
			}
		}
		if _, err := db.Exec(ctx, q, "UPDATE topic SET name = $1, query = $2, exclude = $3, colour = $4, inbox_at = $5, updated_at = $6, filled_to = $7 WHERE id = $8",
			t.Name, t.Query, t.Exclude, t.Colour, db.T(t.InboxAt), db.T(t.UpdatedAt), t.FilledTo, topic); err != nil {
			return err
		}
		return s.org.Audit(ctx, q, "topic.changed", topic, d)
	})
	s.wake()
	return t, err
}

// later is now, but always after any change before: the followers notice a change of topics by its time, and clocks of nodes differ.
func later(ctx context.Context, q db.Q, now time.Time) (time.Time, error) {
	type last struct{ at time.Time }
	before, _, err := db.One(ctx, q, func(l *last) []any { return []any{db.At(&l.at)} }, "SELECT MAX(updated_at) FROM topic")
	if now = now.UTC().Truncate(time.Microsecond); !now.After(before.at) {
		now = before.at.Add(time.Microsecond)
	}
	return now, err
}

// Remove takes a topic and its mentions away; conversations stay.
func (s *Service) Remove(ctx context.Context, topic string) error {
	if err := org.Require(ctx, org.ListeningEdit); err != nil {
		return err
	}
	return s.ledger.Exclusive(ctx, func(ctx context.Context, q db.Q) error {
		was, found, err := db.One(ctx, q, topicFields, "SELECT "+topicColumns+" FROM topic WHERE id = $1 AND removed_at IS NULL", topic)
		if err != nil {
			return err
		}
		if !found {
			return problem.New(problem.Missing, "problem.not_found")
		}
		now, err := later(ctx, q, s.clock())
		if err != nil {
			return err
		}
		if _, err := db.Exec(ctx, q, "UPDATE topic SET removed_at = $1, updated_at = $1 WHERE id = $2", db.T(now), topic); err != nil {
			return err
		}
		if err := forget(ctx, q, topic); err != nil {
			return err
		}
		return s.org.Audit(ctx, q, "topic.removed", topic, map[string]string{"name": was.Name})
	})
}

func forget(ctx context.Context, q db.Q, topic string) error {
	for _, statement := range []string{"DELETE FROM mention WHERE topic = $1", "DELETE FROM mention_hour WHERE topic = $1"} {
		if _, err := db.Exec(ctx, q, statement, topic); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) wake() {
	select {
	case s.fill <- struct{}{}:
	default:
	}
}

// FillLoop matches old posts against new and changed topics until ctx ends.
func (s *Service) FillLoop(ctx context.Context) error {
	tick := time.NewTicker(30 * time.Second) // for topics saved on another node
	defer tick.Stop()
	for {
		if err := s.Fill(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("old posts were not matched, will try again", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.fill:
		case <-tick.C:
		}
	}
}

// Fill matches old posts against the topics that have not seen them, newest first, a piece at a time so that nothing waits for it.
func (s *Service) Fill(ctx context.Context) error {
	for {
		n, err := s.fillPiece(ctx, 2000)
		if err != nil || n == 0 {
			return err
		}
	}
}

func (s *Service) fillPiece(ctx context.Context, size int) (int, error) {
	worked := 0
	err := s.ledger.Exclusive(ctx, func(ctx context.Context, q db.Q) error {
		t, found, err := db.One(ctx, q, topicFields, "SELECT "+topicColumns+" FROM topic WHERE removed_at IS NULL AND filled_to <> 0 ORDER BY updated_at LIMIT 1")
		if err != nil || !found {
			return err
		}
		worked = 1
		meant := parsed(t.Query, t.Exclude)
		low := int64(0)
		posts, err := s.candidates(ctx, q, meant, t.FilledTo, size)
		if err != nil {
			return err
		}
		if len(posts) == size {
			low = posts[len(posts)-1].Seq
		}
		docs, err := s.enrich.Docs(ctx, q, posts)
		if err != nil {
			return err
		}
		counts := tally{}
		var rows [][]any
		hours := map[string]hourKey{}
		for i := range posts {
			p := &posts[i]
			if p.Ours || !p.DeletedAt.IsZero() {
				continue
			}
			if d := docs[p.ID]; meant.Match(d) {
				rows = append(rows, []any{t.ID, p.ID, db.T(p.At), p.Channel, d.Lang})
				hours[p.ID] = hourKey{t.ID, hourOf(p.At.UnixMicro()), p.Channel}
			}
		}
		fresh, err := db.InsertReturning(ctx, q, "mention (topic, post, at, channel, lang)", rows, "ON CONFLICT DO NOTHING RETURNING post", db.Self[string])
		if err != nil {
			return err
		}
		for _, post := range fresh {
			counts[hours[post]]++
		}
		if err := counts.write(ctx, q); err != nil {
			return err
		}
		_, err = db.Exec(ctx, q, "UPDATE topic SET filled_to = $1 WHERE id = $2", low, t.ID)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("match old posts: %w", err)
	}
	if worked > 0 && s.filled != nil {
		s.filled()
	}
	return worked, nil
}
