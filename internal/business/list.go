package business

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
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
	Month    time.Time // its beginning; a period counts in the month in which it begins
	Split    string    // status or label, see SplitBy
	Currency string
	Count    int
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
	split, quantity := "''", "SUM(quantity)"
	if by := SplitBy(&k); by != "" {
		split = by
	}
	if !k.Sums {
		quantity = "AVG(quantity)"
	}
	type line struct {
		Total
		month int
	}
	f.Reaching = false // each counts in the month in which it begins
	w := f.where()
	lines, err := db.All(ctx, s.db.Read(), func(l *line) []any {
		return []any{&l.month, &l.Split, &l.Currency, &l.Count, &l.Quantity, &l.Amount}
	}, "SELECT m, split, currency, COUNT(*), "+quantity+", CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM (SELECT "+month.String()+" AS m, "+split+
		" AS split, currency, quantity, amount FROM business_fact "+w.String()+") AS f GROUP BY m, split, currency ORDER BY m, split, currency", w.Args...)
	if err != nil {
		return nil, fmt.Errorf("add up facts: %w", err)
	}
	out := make([]Total, len(lines))
	for i, l := range lines {
		l.Month = starts[l.month]
		if l.Currency != "" && !org.SeesMoney(ctx) {
			l.Amount, l.Hidden = 0, true
		}
		out[i] = l.Total
	}
	return out, nil
}
