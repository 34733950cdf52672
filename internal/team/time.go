package team

import (
	"context"
	"fmt"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
)

// Spend adds, in the transaction q, time that a member had a conversation open; at says on which day of their zone.
func (s *Service) Spend(ctx context.Context, q db.Q, member string, at time.Time, d time.Duration) error {
	seconds := int64(d / time.Second)
	if seconds <= 0 || !id.Valid(member) {
		return nil
	}
	zone := time.UTC
	if m, err := s.org.Find(ctx, member); err == nil {
		zone = m.Location()
	}
	_, err := db.Exec(ctx, q, "INSERT INTO team_time (member, day, seconds) VALUES ($1, $2, $3) ON CONFLICT (member, day) DO UPDATE SET seconds = team_time.seconds + excluded.seconds",
		member, at.In(zone).Format(time.DateOnly), seconds)
	if err != nil {
		return fmt.Errorf("note time given: %w", err)
	}
	return nil
}

// Week is the Monday of the week of an instant in its zone, 2026-11-16.
func Week(at time.Time) string {
	return at.AddDate(0, 0, -(int(at.Weekday())+6)%7).Format(time.DateOnly)
}

// Given is the time each member gave from one day to another, both included.
func (s *Service) Given(ctx context.Context, from, to string) (map[string]time.Duration, error) {
	return s.times.Read(ctx, s.db, from+" "+to, func(ctx context.Context) (map[string]time.Duration, error) {
		type row struct {
			member  string
			seconds int64
		}
		list, err := db.All(ctx, s.db.Read(), func(r *row) []any { return []any{&r.member, &r.seconds} },
			"SELECT member, CAST(SUM(seconds) AS BIGINT) FROM team_time WHERE day >= $1 AND day <= $2 GROUP BY member", from, to)
		if err != nil {
			return nil, fmt.Errorf("read time given: %w", err)
		}
		out := make(map[string]time.Duration, len(list))
		for _, r := range list {
			out[r.member] = time.Duration(r.seconds) * time.Second
		}
		return out, nil
	})
}

// ThisWeek is the time each member gave since Monday, in the organisation's time zone.
func (s *Service) ThisWeek(ctx context.Context) (map[string]time.Duration, error) {
	now := s.Local(ctx)
	return s.Given(ctx, Week(now), now.AddDate(0, 0, 2).Format(time.DateOnly)) // some are a day ahead
}

// GivenWeek is the time a team gave in a week, and of how many members that is made.
type GivenWeek struct {
	Monday time.Time
	Given  time.Duration
	N      int
}

// Weeks is the time given by all together in each of the last n weeks, this one last and not over.
func (s *Service) Weeks(ctx context.Context, n int) ([]GivenWeek, error) {
	now := s.Local(ctx)
	monday, err := time.ParseInLocation(time.DateOnly, Week(now), now.Location())
	if err != nil {
		return nil, err
	}
	var out []GivenWeek
	for i := n - 1; i >= 0; i-- {
		w := GivenWeek{Monday: monday.AddDate(0, 0, -7*i)}
		given, err := s.Given(ctx, w.Monday.Format(time.DateOnly), w.Monday.AddDate(0, 0, 6).Format(time.DateOnly))
		if err != nil {
			return nil, err
		}
		for _, d := range given {
			w.Given += d
			w.N++
		}
		out = append(out, w)
	}
	return out, nil
}
