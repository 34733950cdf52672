package measure

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure/kpi"
)

// ByWeekday gives the number of a measure for each day of the week within a window, Sunday first, by the calendar of i18n.Zone(ctx). ok is false
// for measures whose number is more than what happened on each day: stocks, ratios, cohorts.
func (s *Service) ByWeekday(ctx context.Context, id string, w Window, f Filter) (out [7]Result, ok bool, err error) {
	if err := may(ctx); err != nil {
		return out, false, err
	}
	m, f, err := s.ask(ctx, id, w, f)
	if err != nil {
		return out, false, err
	}
	if m.Stock || m.Between != nil {
		return out, false, nil
	}
	zone := i18n.Zone(ctx)
	days, err := w.steps(Day, zone)
	if err != nil {
		return out, false, err
	}
	a, err := s.asking(ctx, m, days.cuts, f)
	if err != nil {
		return out, false, err
	}
	var list []kpi.Fact
	err = s.patiently(ctx, m, func(ctx context.Context) (err error) {
		list, err = m.Read(ctx, s.db.Read(), a)
		return err
	})
	if err != nil {
		return out, false, fmt.Errorf("measure %s by weekday: %w", m.ID, err)
	}
	var of [7][]kpi.Fact
	for _, fact := range list {
		if d := fact.At.In(zone).Weekday(); !fact.At.Before(w.From) && fact.At.Before(w.To) {
			of[d] = append(of[d], fact)
		}
	}
	for d := range of {
		out[d] = inOrder(of[d]).result(m, w).shown(ctx, m)
	}
	return out, true, nil
}

// onWeekday keeps of rows those at moments of one day of the week within a window. The days are told by their first and last moments, so that
// they are those of ByWeekday also when clocks change.
func onWeekday(w Window, day time.Weekday, narrowed bool, zone *time.Location) (func(w *db.Where, at string), error) {
	if !narrowed {
		return func(*db.Where, string) {}, nil
	}
	days, err := w.steps(Day, zone)
	if err != nil {
		return nil, err
	}
	return func(w *db.Where, at string) {
		in, args := []string{"1 = 0"}, []any{}
		for i, from := range days.cuts[:len(days.cuts)-1] {
			if from.In(zone).Weekday() == day {
				in, args = append(in, at+" >= ? AND "+at+" < ?"), append(args, db.T(from), db.T(days.cuts[i+1]))
			}
		}
		w.And("("+strings.Join(in, " OR ")+")", args...)
	}, nil
}
