package inbox

import (
	"context"
	"fmt"
	"slices"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Diversion changes routing while something lasts: what matches Query, and the conversations named with Redirect, go to To, before all else
// and before any rule. Those in Hold get nothing else.
type Diversion struct {
	ID    string // of what lasts, such as a situation
	Query string // in the query language, "" for none
	To    Target // the zero value: to whoever fits
	Hold  []string
}

// Divert begins a diversion in the transaction q, or changes the one with its id. It holds until EndDivert.
func (s *Service) Divert(ctx context.Context, q db.Q, d Diversion) error {
	if err := org.Require(ctx, org.InboxEdit); err != nil {
		return err
	}
	if !id.Valid(d.ID) {
		return missing()
	}
	if _, err := ParseSearch(d.Query); err != nil {
		return problem.Of(err).On("query")
	}
	if d.To != (Target{}) {
		if err := d.To.check(); err != nil {
			return err
		}
	}
	hold := append([]string{}, d.Hold...)
	slices.Sort(hold)
	if err := db.Insert(ctx, q, "routing_divert (id, query, target_kind, target, hold, at)", [][]any{{d.ID, d.Query, string(d.To.Kind), d.To.Value, db.J(slices.Compact(hold)), db.T(s.now())}},
		`ON CONFLICT (id) DO UPDATE SET query = excluded.query, target_kind = excluded.target_kind, target = excluded.target, hold = excluded.hold`); err != nil {
		return fmt.Errorf("divert: %w", err)
	}
	s.wakeRouting()
	return s.org.Audit(ctx, q, "routing.divert", "divert:"+d.ID, d)
}

// Redirect names, in the transaction q, conversations that belong to a diversion, beside those that its query matches.
func (s *Service) Redirect(ctx context.Context, q db.Q, diversion string, conversations ...string) error {
	if err := org.Require(ctx, org.InboxEdit); err != nil {
		return err
	}
	var rows [][]any
	for _, c := range conversations {
		if id.Valid(c) {
			rows = append(rows, []any{c, diversion})
		}
	}
	if err := db.Insert(ctx, q, "routing_diverted (conversation, divert)", rows, "ON CONFLICT DO NOTHING"); err != nil {
		return fmt.Errorf("divert conversations: %w", err)
	}
	s.wakeRouting()
	return nil
}

// EndDivert ends a diversion in the transaction q; one that is not there has ended.
func (s *Service) EndDivert(ctx context.Context, q db.Q, diversion string) error {
	if err := org.Require(ctx, org.InboxEdit); err != nil {
		return err
	}
	if _, err := db.Exec(ctx, q, "DELETE FROM routing_diverted WHERE divert = $1", diversion); err != nil {
		return err
	}
	n, err := db.Exec(ctx, q, "DELETE FROM routing_divert WHERE id = $1", diversion)
	if err != nil || n == 0 {
		return err
	}
	s.wakeRouting()
	return s.org.Audit(ctx, q, "routing.divert_end", "divert:"+diversion, nil)
}

// Diversions lists what is diverted now, the first begun first.
func (s *Service) Diversions(ctx context.Context) ([]Diversion, error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return nil, err
	}
	return s.diversions(ctx, s.db.Read())
}

func (s *Service) diversions(ctx context.Context, q db.Q) ([]Diversion, error) {
	list, err := db.All(ctx, q, func(d *Diversion) []any {
		return []any{&d.ID, &d.Query, (*string)(&d.To.Kind), &d.To.Value, db.JSON(&d.Hold)}
	}, "SELECT id, query, target_kind, target, hold FROM routing_divert ORDER BY at, id")
	if err != nil {
		return nil, fmt.Errorf("read what is diverted: %w", err)
	}
	return list, nil
}

// held are the members who are kept free for something.
func (s *Service) held(ctx context.Context) (map[string]bool, error) {
	list, err := s.diversions(ctx, s.db.Read())
	out := map[string]bool{}
	for _, d := range list {
		for _, m := range d.Hold {
			out[m] = true
		}
	}
	return out, err
}
