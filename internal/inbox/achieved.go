package inbox

import (
	"context"
	"fmt"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/team"
)

// Achieved is how far somebody got by a measure of aims, in its unit, and of how many observations that is made.
func (s *Service) Achieved(ctx context.Context, member string, measure team.AimMeasure, from, to time.Time) (value float64, n int, err error) {
	q := s.db.Read()
	type row struct{ n, good int }
	one := func(query string, args ...any) (row, error) {
		r, _, err := db.One(ctx, q, func(r *row) []any { return []any{&r.n, &r.good} }, query, args...)
		if err != nil {
			err = fmt.Errorf("measure an aim: %w", err)
		}
		return r, err
	}
	var r row
	switch measure {
	case team.AimTime:
		given, err := s.team.Given(ctx, from.Format(time.DateOnly), to.AddDate(0, 0, -1).Format(time.DateOnly))
		return given[member].Minutes(), 0, err
	case team.AimKept:
		r, err = one(`SELECT COUNT(*), COALESCE(SUM(CASE WHEN c.state = 'resolved' AND c.reopened = s.n THEN 1 ELSE 0 END), 0) FROM conversation_span s
			JOIN conversation c ON c.id = s.conversation WHERE s.resolved_by = $1 AND s.resolved_at >= $2 AND s.resolved_at < $3`, member, db.T(from), db.T(to))
	case team.AimPrompt:
		r, err = one(`SELECT COUNT(*), COALESCE(SUM(CASE WHEN first_reply_at - opened_at <= $4 THEN 1 ELSE 0 END), 0) FROM conversation
			WHERE first_reply_by = $1 AND opened_at >= $2 AND opened_at < $3`, member, db.T(from), db.T(to), (24 * time.Hour).Microseconds())
	case team.AimBreadth:
		r, err = one(`SELECT COUNT(*), COUNT(*) FROM (SELECT m.topic FROM conversation_span s JOIN conversation c ON c.id = s.conversation JOIN mention m ON m.post = c.post
			WHERE s.resolved_by = $1 AND s.resolved_at >= $2 AND s.resolved_at < $3 AND m.topic <> '' GROUP BY m.topic HAVING COUNT(*) >= 3) AS t`, member, db.T(from), db.T(to))
		return float64(r.good), r.n, err
	}
	if err != nil || r.n == 0 {
		return 0, 0, err
	}
	return 100 * float64(r.good) / float64(r.n), r.n, nil
}
