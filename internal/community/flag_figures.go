package community

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/entente/entente/internal/db"
)

// Month is what moderation did in a month.
type Month struct {
	Begins     time.Time
	Flags      int // cases that flags opened
	Held       int // posts that waited
	Decided    int
	Against    int           // hidden, removed or declined
	Median     time.Duration // until decided; zero when nothing was
	Appeals    int           // answered
	Overturned int
	Sanctions  int
}

// months is how many months the figures go back.
const months = 12

// Figures counts what moderation did in a community, by the month in which cases were opened, the newest first, back to the first that had any. Only cases of spaces that whoever asks
// may see are counted, so that figures tell of no space that others do not know of.
func (s *Service) Figures(ctx context.Context, o Sight, community string, zone *time.Location) ([]Month, error) {
	now := s.Now().In(zone)
	first := time.Date(now.Year(), now.Month()-months+1, 1, 0, 0, 0, 0, zone)
	type row struct {
		kind, state string
		cause       string
		at, decided time.Time
	}
	q := s.db.Read()
	var w db.Where
	w.And("c.community = ?", community).And("c.at >= ?", db.T(first))
	w.And("(c.space = '' OR COALESCE(t.space, c.space) IN " + db.Among(q, w.Arg(db.Texts(o.Readable(community)))) + ")")
	rows, err := db.All(ctx, q, func(r *row) []any { return []any{&r.kind, &r.state, &r.cause, db.At(&r.at), db.At(&r.decided)} },
		"SELECT c.kind, c.state, c.cause, c.at, c.decided_at"+caseTables+w.String()+" ORDER BY c.at DESC"+db.Limit(100_000), w.Args...)
	if err != nil {
		return nil, fmt.Errorf("count what moderators did: %w", err)
	}
	type sanction struct{ at time.Time }
	sanctions, err := db.All(ctx, q, func(x *sanction) []any { return []any{db.At(&x.at)} }, "SELECT at FROM community_sanction WHERE community = $1 AND at >= $2"+db.Limit(100_000), community, db.T(first))
	if err != nil {
		return nil, fmt.Errorf("count sanctions: %w", err)
	}
	out := make([]Month, months)
	for i := range out {
		out[i].Begins = time.Date(now.Year(), now.Month()-time.Month(i), 1, 0, 0, 0, 0, zone)
	}
	monthOf := func(at time.Time) *Month {
		at = at.In(zone)
		i := (now.Year()-at.Year())*12 + int(now.Month()) - int(at.Month())
		return &out[min(max(i, 0), months-1)]
	}
	took := make(map[*Month][]time.Duration)
	for _, r := range rows {
		m := monthOf(r.at)
		switch r.kind {
		case "flag":
			if r.cause == "" {
				m.Flags++
			}
		case "held":
			m.Held++
		case "appeal":
			if !r.decided.IsZero() {
				m.Appeals++
				if r.state == "overturned" {
					m.Overturned++
				}
			}
			continue
		}
		if !r.decided.IsZero() {
			m.Decided++
			if r.cause != causeRemoved { // decided at once: it waited for nobody
				took[m] = append(took[m], r.decided.Sub(r.at))
			}
			if r.state == "hidden" || r.state == "deleted" || r.state == "declined" {
				m.Against++
			}
		}
	}
	for m, list := range took {
		slices.Sort(list)
		m.Median = list[len(list)/2]
		if len(list)%2 == 0 {
			m.Median = (list[len(list)/2-1] + list[len(list)/2]) / 2
		}
	}
	for _, x := range sanctions {
		monthOf(x.at).Sanctions++
	}
	for len(out) > 1 && out[len(out)-1] == (Month{Begins: out[len(out)-1].Begins}) {
		out = out[:len(out)-1] // before the first there is nothing to show
	}
	return out, nil
}
