package business

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/hours"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/sorting"
)

// Filter narrows facts. What is zero does not narrow.
type Filter struct {
	Kind, Status, Label, Team, Channel, Origin string
	From, Until                                time.Time // of the moment or the beginning of the period; Until exclusive
	Reaching                                   bool      // periods that only reach beyond From too
	Withdrawn                                  bool      // those taken back, instead of those that count
}

// Place is where a page of facts ended. The zero value is the beginning.
type Place struct {
	At time.Time
	ID string
}

func (f *Filter) where() *db.Where {
	var w db.Where
	texts := []struct{ column, text string }{{"kind", f.Kind}, {"origin", f.Origin}}
	if !f.Withdrawn {
		texts = append(texts, []struct{ column, text string }{{"status", f.Status}, {"label", f.Label}, {"team", f.Team}, {"channel", f.Channel}}...)
	}
	for _, t := range texts {
		if t.text != "" {
			w.And(t.column+" = ?", t.text)
		}
	}
	switch {
	case f.From.IsZero():
	case f.Reaching && !f.Withdrawn && f.Kind != "": // the kind again in both branches, so that each finds its index
		w.And("(kind = ? AND at >= ? OR kind = ? AND until > ?)", f.Kind, db.T(f.From), f.Kind, db.T(f.From))
	default:
		w.And("at >= ?", db.T(f.From))
	}
	if !f.Until.IsZero() {
		w.And("at < ?", db.T(f.Until))
	}
	return &w
}

// List lists facts, newest first, and where the next page begins.
func (s *Service) List(ctx context.Context, f Filter, before Place, limit int) ([]Fact, Place, error) {
	w := f.where()
	if before.ID != "" {
		w.And("(at, id) < (?, ?)", db.T(before.At), before.ID)
	}
	columns, table, fields := factColumns, "business_fact", factFields
	if f.Withdrawn {
		columns, table, fields = withdrawnColumns, "business_withdrawn", withdrawnFields
	}
	list, err := db.All(ctx, s.db.Read(), fields, "SELECT "+columns+" FROM "+table+" "+w.String()+" ORDER BY at DESC, id DESC"+db.Limit(limit+1), w.Args...)
	if err != nil {
		return nil, Place{}, fmt.Errorf("list facts: %w", err)
	}
	for i := range list {
		list[i] = list[i].shown(ctx)
	}
	var next Place
	if len(list) > limit {
		list = list[:limit]
		next = Place{list[limit-1].At, list[limit-1].ID}
	}
	return list, next, nil
}

// Count is how many facts there are.
func (s *Service) Count(ctx context.Context, f Filter) (int, error) {
	w, table := f.where(), "business_fact"
	if f.Withdrawn {
		table = "business_withdrawn"
	}
	n, _, err := db.Value[int](ctx, s.db.Read(), "SELECT COUNT(*) FROM "+table+" "+w.String(), w.Args...)
	return n, err
}

// Total is what the facts of a month come to, those of one currency and of what must not be added to others apart.
type Total struct {
	Month    time.Time // its beginning; a period counts in each month by the days of it that lie there
	Split    string    // status or label, see SplitBy
	Currency string
	Count    int     // of facts; one of a period that spans months counts in each
	Quantity float64 // their sum, or their mean where sums mean nothing
	Amount   int64   // minor units
	Hidden   bool    // the amount is left out for whoever asked
}

// SplitBy is the column by which facts of a kind are told apart when they are added up: status, label or "".
func SplitBy(k *FactKind) string {
	switch {
	case k.ID == Cost || k.ID == Order || k.ID == Hours || k.ID == Purchase || k.ID == Proposal:
		return ""
	case k.Status != ledger.Never && k.ID != Outcome: // a bid is no hire, whatever became of either
		return "status"
	case k.Label == ledger.Must:
		return "label"
	}
	return ""
}

// Adds reports whether amounts of a kind can be added: prices of one piece cannot.
func Adds(k *FactKind) bool { return k.Amount != ledger.Never && k.ID != Purchase && k.ID != Proposal }

// Totals adds up the facts of one kind by the months of zone, at most 60 of them. Currencies are never added to each other.
func (s *Service) Totals(ctx context.Context, f Filter, zone *time.Location) ([]Total, error) {
	k, found := Kind(f.Kind)
	if !found || f.From.IsZero() || f.Until.IsZero() {
		return nil, fmt.Errorf("totals need a kind and a period")
	}
	var starts []time.Time
	first := f.From.In(zone)
	for m := time.Date(first.Year(), first.Month(), 1, 0, 0, 0, 0, zone); m.Before(f.Until) && len(starts) < 60; m = m.AddDate(0, 1, 0) {
		starts = append(starts, m)
	}
	if len(starts) == 0 {
		return nil, nil
	}
	if end := starts[len(starts)-1].AddDate(0, 1, 0); end.Before(f.Until) {
		f.Until = end // what comes later is of no month told
	}
	var month strings.Builder
	month.WriteString("CASE")
	for i := len(starts) - 1; i > 0; i-- {
		month.WriteString(" WHEN at >= " + strconv.FormatInt(starts[i].UnixMicro(), 10) + " THEN " + strconv.Itoa(i))
	}
	month.WriteString(" ELSE 0 END")
	if len(starts) == 1 {
		month.Reset()
		month.WriteString("0")
	}
	split := "''"
	if by := SplitBy(&k); by != "" {
		split = by
	}
	type line struct {
		Total
		month     int
		at, until time.Time
	}
	f.Reaching = true
	w := f.where()
	lines, err := db.All(ctx, s.db.Read(), func(l *line) []any {
		return []any{&l.month, &l.Split, &l.Currency, db.At(&l.at), db.At(&l.until), &l.Count, &l.Quantity, &l.Amount}
	}, "SELECT m, split, currency, since, until, COUNT(*), SUM(quantity), CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM (SELECT CASE WHEN until IS NULL THEN "+month.String()+" ELSE 0 END AS m, CASE WHEN until IS NULL THEN NULL ELSE at END AS since, until, "+split+
		" AS split, currency, quantity, amount FROM business_fact "+w.String()+") AS f GROUP BY m, split, currency, since, until ORDER BY m, split, currency, since, until", w.Args...)
	if err != nil {
		return nil, fmt.Errorf("add up facts: %w", err)
	}
	sums := map[Total]*Total{} // by month, split and currency
	add := func(month int, l *line, quantity float64, amount int64) {
		key := Total{Month: starts[month], Split: l.Split, Currency: l.Currency}
		t := sums[key]
		if t == nil {
			t = &Total{Month: key.Month, Split: key.Split, Currency: key.Currency}
			sums[key] = t
		}
		t.Count, t.Quantity, t.Amount = t.Count+l.Count, t.Quantity+quantity, t.Amount+amount
	}
	for i := range lines {
		l := &lines[i]
		if l.until.IsZero() {
			add(l.month, l, l.Quantity, l.Amount)
			continue
		}
		begin := l.at.In(zone)
		upTo := func(t time.Time) float64 { return min(max(hours.Overlap(begin, l.until, begin, t), 0), 1) }
		for m, start := range starts {
			from, to := upTo(latest(start, f.From)), upTo(earliest(start.AddDate(0, 1, 0), f.Until))
			if to <= from {
				continue
			}
			quantity := l.Quantity
			if k.Sums {
				quantity *= to - from
			}
			// The cents of a month are what is told up to its end without what is told up to its beginning, so that months add up to the whole.
			add(m, l, quantity, int64(math.Round(float64(l.Amount)*to))-int64(math.Round(float64(l.Amount)*from)))
		}
	}
	out := make([]Total, 0, len(sums))
	for _, t := range sums {
		if !k.Sums {
			t.Quantity /= float64(t.Count)
		}
		if t.Currency != "" && !org.SeesMoney(ctx) {
			t.Amount, t.Hidden = 0, true
		}
		out = append(out, *t)
	}
	sorting.Func(out, func(a, b Total) int {
		return cmp.Or(a.Month.Compare(b.Month), strings.Compare(a.Split, b.Split), strings.Compare(a.Currency, b.Currency))
	})
	return out, nil
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earliest(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
