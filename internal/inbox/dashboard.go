package inbox

import (
	"context"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/team"
)

// Dashboard is how the team stands. It ranks nobody, and shows nobody's amount of work.
type Dashboard struct {
	Here      []team.Profile // who is there now and takes part in routing, by name
	Away      int            // of those who take part
	Team      int            // those who take part
	Skills    []Coverage     // asked for or known by one alone, the most asked first
	Languages []Coverage
	Looked    int // conversations that wait, of which Coverage counts
	Waiting   int
	Longest   time.Time // since when the one waits that waits longest; zero for none
	Approvals int       // replies of beginners that wait
	Oldest    time.Time // since when
	Weeks     []team.GivenWeek
	Offered   time.Duration // a week, by all together
	Stuck     int           // conversations that fit nobody who is free
}

// Dashboard says how the team stands, to those who assign.
func (s *Service) Dashboard(ctx context.Context) (d Dashboard, err error) {
	if err := org.Require(ctx, org.InboxAssign); err != nil {
		return d, err
	}
	now := s.now()
	profiles, err := s.team.All(ctx)
	if err != nil {
		return d, err
	}
	for _, p := range profiles {
		d.Offered += time.Duration(p.Minutes) * time.Minute
		if !p.Known || !p.Routed {
			continue
		}
		d.Team++
		if _, away := p.Away(now); away {
			d.Away++
		} else if p.Here(now) {
			d.Here = append(d.Here, p)
		}
	}
	var f Fairness
	if err := s.cover(ctx, &f, profiles); err != nil {
		return d, err
	}
	d.Skills, d.Languages, d.Looked = f.Skills, f.Languages, f.Looked
	if d.Weeks, err = s.team.Weeks(ctx, 8); err != nil {
		return d, err
	}
	q := s.db.Read()
	type row struct {
		n     int
		since time.Time
	}
	fields := func(r *row) []any { return []any{&r.n, db.At(&r.since)} }
	waiting, _, err := db.One(ctx, q, fields, "SELECT COUNT(*), MIN(waiting_since) FROM conversation WHERE waiting_since IS NOT NULL")
	if err != nil {
		return d, err
	}
	d.Waiting, d.Longest = waiting.n, waiting.since
	held, _, err := db.One(ctx, q, fields, "SELECT COUNT(*), MIN(created_at) FROM reply_approval WHERE state = 'waiting'")
	if err != nil {
		return d, err
	}
	d.Approvals, d.Oldest = held.n, held.since
	d.Stuck, _, err = db.Value[int](ctx, q, "SELECT COUNT(*) FROM routing_stuck")
	return d, err
}
