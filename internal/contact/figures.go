package contact

import (
	"context"
	"fmt"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/org"
)

// Steps are how far visits of a window came, of all contact points or of one.
type Steps struct {
	Visits  int // questions asked
	Held    int // of them, without answers, to compare
	Offered int // saw at least one answer
	Read    int // opened one
	Found   int // said that it answered them
	Missed  int // said that it did not
	Would   int // said that they would have written to us otherwise
	Not     int // said that they would not
	Wrote   int // wrote to us in time, as the contact point says
}

// Useful is an answer and what came after it was read.
type Useful struct {
	Kind, Ref, Title, Path string
	Read                   int
	Found                  int // of those who said
	Said                   int
	Wrote                  int // in time after it
}

// Steps counts the visits since a moment; point is "" for all.
func (s *Service) Steps(ctx context.Context, point string, since time.Time) (Steps, error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return Steps{}, err
	}
	t, _, err := db.One(ctx, s.db.Read(), func(t *Steps) []any {
		return []any{&t.Visits, &t.Held, &t.Offered, &t.Read, &t.Found, &t.Missed, &t.Would, &t.Not, &t.Wrote}
	}, `SELECT COUNT(*), COALESCE(SUM(held), 0), COALESCE(SUM(CASE WHEN held = 0 AND offered > 0 THEN 1 ELSE 0 END), 0), COALESCE(SUM(CASE WHEN reads > 0 THEN 1 ELSE 0 END), 0),
		COALESCE(SUM(CASE WHEN found = 1 THEN 1 ELSE 0 END), 0), COALESCE(SUM(CASE WHEN found = 0 THEN 1 ELSE 0 END), 0),
		COALESCE(SUM(CASE WHEN would = 1 THEN 1 ELSE 0 END), 0), COALESCE(SUM(CASE WHEN would = 0 THEN 1 ELSE 0 END), 0),
		COALESCE(SUM(CASE WHEN wrote_at <= at + `+inTime+` THEN 1 ELSE 0 END), 0)
		FROM contact_visit v WHERE at >= $1 AND ($2 = '' OR point = $2)`, db.T(since), point)
	if err != nil {
		return t, fmt.Errorf("count visits: %w", err)
	}
	return t, nil
}

// Useful lists the answers that were read most since a moment. Titles are those whoever asks may read.
func (s *Service) Useful(ctx context.Context, since time.Time) ([]Useful, error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return nil, err
	}
	q := s.db.Read()
	list, err := db.All(ctx, q, func(u *Useful) []any { return []any{&u.Kind, &u.Ref, &u.Read, &u.Found, &u.Said, &u.Wrote, &u.Title} },
		`SELECT r.kind, r.ref, COUNT(*), COALESCE(SUM(CASE WHEN v.found = 1 THEN 1 ELSE 0 END), 0), COALESCE(SUM(CASE WHEN v.found IS NOT NULL THEN 1 ELSE 0 END), 0),
		COALESCE(SUM(CASE WHEN v.wrote_at > r.at AND v.wrote_at <= r.at + `+inTime+` THEN 1 ELSE 0 END), 0),
		COALESCE(MAX(CASE r.kind WHEN 'article' THEN (SELECT a.title FROM community_article a WHERE a.id = r.ref) ELSE (SELECT t.title FROM community_thread t WHERE t.id = r.ref) END), '')
		FROM contact_read r JOIN contact_visit v ON v.id = r.visit WHERE r.at >= $1 GROUP BY r.kind, r.ref ORDER BY 3 DESC, r.ref LIMIT 20`, db.T(since))
	if err != nil {
		return nil, fmt.Errorf("count what was read: %w", err)
	}
	return list, nil
}
