package community

import (
	"context"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
)

// eventTables are what is derived of events beside their threads, and of challenges.
func eventTables() []string {
	return []string{"community_event", "community_event_seat", "community_event_change", "community_challenge", "community_challenge_entry", "community_challenge_score"}
}

func deriveEvent(ctx context.Context, q db.Q, a *ledger.Activity, e *ledger.Event) error {
	for n, starts := range append([]time.Time{e.StartsAt}, e.More...) {
		if _, err := db.Exec(ctx, q, `INSERT INTO community_event (id, n, often, starts_at, ends_at, zone, place, link, seats, changed_at, last) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $1) ON CONFLICT DO NOTHING`,
			a.ID, n, e.Often, db.T(starts), db.T(starts.Add(e.EndsAt.Sub(e.StartsAt))), e.Zone, e.Place, e.Link, e.Seats, db.T(a.At)); err != nil {
			return err
		}
	}
	return nil
}

// deriveEventSet digests a change of one date, or of it and those after it. Of these each is called off when all are, and stays so when only the time is
// another. Who has a seat keeps it, also when there are fewer seats than before.
func deriveEventSet(ctx context.Context, q db.Q, a *ledger.Activity) error {
	var to ledger.Event
	if err := a.Decode(&to); err != nil {
		return err
	}
	type date struct {
		n            int
		starts, ends time.Time
		place, link  string
		off          bool
	}
	w := "n >= $2"
	if to.Only {
		w = "n = $2"
	}
	list, err := db.All(ctx, q, func(d *date) []any {
		return []any{&d.n, db.At(&d.starts), db.At(&d.ends), &d.place, &d.link, db.Bool(&d.off)}
	}, "SELECT n, starts_at, ends_at, place, link, cancelled FROM community_event WHERE id = $1 AND "+w+" ORDER BY n", a.Object, to.Date)
	if err != nil || len(list) == 0 {
		return err
	}
	told := false
	for i, d := range list {
		is := date{d.n, d.starts, d.ends, to.Place, to.Link, to.Cancelled || d.off && i > 0}
		switch {
		case i == 0:
			is.starts, is.ends = to.StartsAt, to.EndsAt
		case i <= len(to.More):
			is.starts = to.More[i-1]
			is.ends = is.starts.Add(to.EndsAt.Sub(to.StartsAt))
		}
		if !is.starts.Equal(d.starts) || !is.ends.Equal(d.ends) || is.place != d.place || is.link != d.link || is.off != d.off {
			told = true
		}
		if _, err := db.Exec(ctx, q, `UPDATE community_event SET starts_at = $3, ends_at = $4, zone = $5, place = $6, link = $7, seats = $8, cancelled = $9, reason = $10, changed_at = $11,
			changes = changes + 1, last = $12 WHERE id = $1 AND n = $2`, a.Object, d.n, db.T(is.starts), db.T(is.ends), to.Zone, is.place, is.link, to.Seats, db.B(is.off), to.Reason, db.T(a.At), a.ID); err != nil {
			return err
		}
	}
	if told {
		if _, err := db.Exec(ctx, q, "INSERT INTO community_event_change (activity, event, n, alone, at, actor, cancelled, reason, decider) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING",
			a.ID, a.Object, to.Date, db.B(to.Only), db.T(a.At), a.Actor, db.B(to.Cancelled), to.Reason, to.By); err != nil {
			return err
		}
	}
	for _, d := range list {
		if err := raise(ctx, q, a, d.n); err != nil {
			return err
		}
	}
	return nil
}

// deriveSeat digests that somebody comes on a date, or does not. Who comes back after leaving stands at the end of those who wait.
func deriveSeat(ctx context.Context, q db.Q, a *ledger.Activity) error {
	var in ledger.Seat
	if err := a.Decode(&in); err != nil {
		return err
	}
	if !in.In {
		n, err := db.Exec(ctx, q, "UPDATE community_event_seat SET state = 'out', at = $4, raised = '', raised_at = NULL, last = $5 WHERE event = $1 AND n = $2 AND person = $3", a.Object, in.Date, a.Actor, db.T(a.At), a.ID)
		if err != nil || n == 0 {
			return err
		}
		return raise(ctx, q, a, in.Date)
	}
	_, err := db.Exec(ctx, q, `INSERT INTO community_event_seat (event, n, person, name, state, turn, at, last)
		SELECT e.id, e.n, $3, $4, CASE WHEN e.seats = 0 OR (SELECT COUNT(*) FROM community_event_seat s WHERE s.event = e.id AND s.n = e.n AND s.state = 'in') < e.seats THEN 'in' ELSE 'waiting' END,
			1 + COALESCE((SELECT MAX(s.turn) FROM community_event_seat s WHERE s.event = e.id AND s.n = e.n), 0), $5, $6 FROM community_event e WHERE e.id = $1 AND e.n = $2
		ON CONFLICT (event, n, person) DO UPDATE SET name = excluded.name, state = excluded.state, turn = excluded.turn, at = excluded.at, raised = '', raised_at = NULL, last = excluded.last
		WHERE community_event_seat.state = 'out'`, a.Object, in.Date, a.Actor, in.Name, db.T(a.At), a.ID)
	return err
}

// raise gives free seats of a date to those who wait longest, unless it is called off. It notes by which activity, for they are told.
func raise(ctx context.Context, q db.Q, a *ledger.Activity, date int) error {
	_, err := db.Exec(ctx, q, `UPDATE community_event_seat SET state = 'in', raised = $3, raised_at = $4 WHERE event = $1 AND n = $2 AND state = 'waiting'
		AND (SELECT cancelled FROM community_event e WHERE e.id = $1 AND e.n = $2) = 0
		AND ((SELECT seats FROM community_event e WHERE e.id = $1 AND e.n = $2) = 0
			OR (SELECT COUNT(*) FROM community_event_seat b WHERE b.event = $1 AND b.n = $2 AND b.state = 'waiting' AND b.turn <= community_event_seat.turn)
			<= (SELECT seats FROM community_event e WHERE e.id = $1 AND e.n = $2) - (SELECT COUNT(*) FROM community_event_seat i WHERE i.event = $1 AND i.n = $2 AND i.state = 'in'))`, a.Object, date, a.ID, db.T(a.At))
	return err
}
