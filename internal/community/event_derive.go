package community

import (
	"context"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
)

// eventTables are what is derived of events beside their threads, and of challenges.
func eventTables() []string {
	return []string{"community_event", "community_event_seat", "community_event_change", "community_challenge", "community_challenge_entry", "community_challenge_score"}
}

func deriveEvent(ctx context.Context, q db.Q, a *ledger.Activity, e *ledger.Event) error {
	_, err := db.Exec(ctx, q, `INSERT INTO community_event (id, starts_at, ends_at, zone, place, link, seats, changed_at, last) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $1) ON CONFLICT DO NOTHING`,
		a.ID, db.T(e.StartsAt), db.T(e.EndsAt), e.Zone, e.Place, e.Link, e.Seats, db.T(a.At))
	return err
}

// deriveEventSet digests a change. Who has a seat keeps it, also when there are fewer seats than before.
func deriveEventSet(ctx context.Context, q db.Q, a *ledger.Activity) error {
	var to ledger.Event
	if err := a.Decode(&to); err != nil {
		return err
	}
	told, _, err := db.Value[int](ctx, q, `SELECT CASE WHEN starts_at <> $2 OR ends_at <> $3 OR place <> $4 OR link <> $5 OR cancelled <> $6 THEN 1 ELSE 0 END FROM community_event WHERE id = $1`,
		a.Object, db.T(to.StartsAt), db.T(to.EndsAt), to.Place, to.Link, db.B(to.Cancelled))
	if err != nil {
		return err
	}
	n, err := db.Exec(ctx, q, `UPDATE community_event SET starts_at = $2, ends_at = $3, zone = $4, place = $5, link = $6, seats = $7, cancelled = $8, reason = $9, changed_at = $10,
		changes = changes + 1, last = $11 WHERE id = $1`, a.Object, db.T(to.StartsAt), db.T(to.EndsAt), to.Zone, to.Place, to.Link, to.Seats, db.B(to.Cancelled), to.Reason, db.T(a.At), a.ID)
	if err != nil || n == 0 {
		return err
	}
	if told == 1 {
		if _, err := db.Exec(ctx, q, "INSERT INTO community_event_change (activity, event, at, actor, cancelled, reason, decider) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
			a.ID, a.Object, db.T(a.At), a.Actor, db.B(to.Cancelled), to.Reason, to.By); err != nil {
			return err
		}
	}
	return raise(ctx, q, a)
}

// deriveSeat digests that somebody comes, or does not. Who comes back after leaving stands at the end of those who wait.
func deriveSeat(ctx context.Context, q db.Q, a *ledger.Activity) error {
	var in ledger.Seat
	if err := a.Decode(&in); err != nil {
		return err
	}
	if !in.In {
		n, err := db.Exec(ctx, q, "UPDATE community_event_seat SET state = 'out', at = $3, raised = '', raised_at = NULL, last = $4 WHERE event = $1 AND person = $2", a.Object, a.Actor, db.T(a.At), a.ID)
		if err != nil || n == 0 {
			return err
		}
		return raise(ctx, q, a)
	}
	if _, err := db.Exec(ctx, q, `INSERT INTO community_event_seat (event, person, name, state, turn, at, last)
		SELECT e.id, $2, $3, CASE WHEN e.seats = 0 OR (SELECT COUNT(*) FROM community_event_seat s WHERE s.event = e.id AND s.state = 'in') < e.seats THEN 'in' ELSE 'waiting' END,
			1 + COALESCE((SELECT MAX(s.turn) FROM community_event_seat s WHERE s.event = e.id), 0), $4, $5 FROM community_event e WHERE e.id = $1
		ON CONFLICT (event, person) DO UPDATE SET name = excluded.name, state = excluded.state, turn = excluded.turn, at = excluded.at, raised = '', raised_at = NULL, last = excluded.last
		WHERE community_event_seat.state = 'out'`, a.Object, a.Actor, in.Name, db.T(a.At), a.ID); err != nil {
		return err
	}
	return nil
}

// raise gives free seats to those who wait longest, unless the event is called off. It notes by which activity, for they are told.
func raise(ctx context.Context, q db.Q, a *ledger.Activity) error {
	_, err := db.Exec(ctx, q, `UPDATE community_event_seat SET state = 'in', raised = $2, raised_at = $3 WHERE event = $1 AND state = 'waiting'
		AND (SELECT cancelled FROM community_event e WHERE e.id = $1) = 0
		AND ((SELECT seats FROM community_event e WHERE e.id = $1) = 0 OR (SELECT COUNT(*) FROM community_event_seat b WHERE b.event = $1 AND b.state = 'waiting' AND b.turn <= community_event_seat.turn)
			<= (SELECT seats FROM community_event e WHERE e.id = $1) - (SELECT COUNT(*) FROM community_event_seat i WHERE i.event = $1 AND i.state = 'in'))`, a.Object, a.ID, db.T(a.At))
	return err
}
