package contact

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
)

const (
	stateEvery = time.Hour
	stateDays  = 8 // a visit is the same for seven days, and what is said in it counts for the day it began
)

// StateDays states the visits of each whole day since a moment, and what people said on leaving, as business facts: what the measure by survey is
// worked out of. Said again it changes nothing. Visits from which answers were held back are none of them.
func (s *Service) StateDays(ctx context.Context, since time.Time) error {
	points, err := s.all(ctx)
	if err != nil {
		return err
	}
	today := s.Now().Truncate(24 * time.Hour)
	for day := since.UTC().Truncate(24 * time.Hour); day.Before(today); day = day.AddDate(0, 0, 1) {
		type sums struct{ visits, found, said, would, asked int }
		for _, p := range points {
			n, _, err := db.One(ctx, s.db.Read(), func(n *sums) []any { return []any{&n.visits, &n.found, &n.said, &n.would, &n.asked} }, `SELECT COUNT(*), COALESCE(SUM(found), 0), COUNT(found), COALESCE(SUM(would), 0), COUNT(would)
				FROM contact_visit WHERE point = $1 AND at >= $2 AND at < $3 AND held = 0`, p.ID, db.T(day), db.T(day.AddDate(0, 0, 1)))
			if err != nil {
				return fmt.Errorf("count a day's visits: %w", err)
			}
			if n.visits == 0 {
				continue
			}
			var list []ledger.Activity
			state := func(kind, label string, quantity float64, of int) error {
				f := ledger.Fact{Kind: kind, Origin: "contact", External: p.ID + " " + day.Format(time.DateOnly) + " " + label, Until: day.AddDate(0, 0, 1), Quantity: quantity, Label: label, Community: p.Name}
				if of > 0 {
					f.Ref = strconv.Itoa(of)
				}
				if err := f.Check(day, 0, ""); err != nil {
					return err
				}
				list = append(list, f.Statement("channel:"+p.Channel, day, 0, ""))
				return nil
			}
			// Whoever asks at a contact point comes for help: nobody need say so.
			if err := state(ledger.FactVisit, "visits", float64(n.visits), 0); err != nil {
				return err
			}
			if err := state(ledger.FactSurvey, "support", 1, n.visits); err != nil {
				return err
			}
			if n.said > 0 {
				if err := state(ledger.FactSurvey, "found", float64(n.found)/float64(n.said), n.said); err != nil {
					return err
				}
			}
			if n.asked > 0 {
				if err := state(ledger.FactSurvey, "would_contact", float64(n.would)/float64(n.asked), n.asked); err != nil {
					return err
				}
			}
			if _, err := s.ledger.Append(ctx, list...); err != nil {
				return fmt.Errorf("state a day's visits: %w", err)
			}
		}
	}
	s.ledger.Wake()
	return nil
}
