package plan

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/plan/money"
)

// Actual is what was really spent: what was booked by hand, and what business facts of cost and hours say that name the initiative, or its
// id, as campaign or, when their campaign names no initiative, as what they belong to: a fact counts once.
type Actual struct {
	Booked       money.Sum
	Facts        money.Sum
	Minutes      int // booked
	FactMinutes  int
	FactCount    int // how many facts
	BookingCount int
}

// Spent is all of it in a currency.
func (a Actual) Spent(currency string) int64 { return a.Booked[currency] + a.Facts[currency] }

// countsFor is the condition on facts that count for one of the names in $2. It asks all initiatives who is named, not only those that
// somebody looks at, so that a fact counts for the same one everywhere.
func countsFor(q db.Q) string {
	return "(campaign IN " + db.Among(q, "$2") + " OR ref IN " + db.Among(q, "$2") + " AND campaign NOT IN (SELECT id FROM initiative UNION ALL SELECT name FROM initiative))"
}

// actuals reads what was spent on initiatives, by id.
func (s *Service) actuals(ctx context.Context, q db.Q, initiatives []Initiative, until time.Time) (map[string]Actual, error) {
	out := map[string]Actual{}
	ids, named, names := []string{}, map[string]string{}, []string{}
	for _, i := range initiatives {
		out[i.ID] = Actual{Booked: money.Sum{}, Facts: money.Sum{}}
		ids = append(ids, i.ID)
		named[i.ID], named[i.Name] = i.ID, i.ID
		names = append(names, i.ID, i.Name)
	}
	if len(ids) == 0 {
		return out, nil
	}
	type booked struct {
		initiative, currency string
		amount, minutes, n   int64
	}
	sums, err := db.All(ctx, q, func(b *booked) []any { return []any{&b.initiative, &b.currency, &b.amount, &b.minutes, &b.n} },
		"SELECT initiative, currency, CAST(SUM(amount) AS BIGINT), CAST(SUM(minutes) AS BIGINT), COUNT(*) FROM initiative_booking WHERE initiative IN "+db.Among(q, "$1")+" GROUP BY initiative, currency", db.Texts(ids))
	if err != nil {
		return nil, fmt.Errorf("add up bookings: %w", err)
	}
	for _, b := range sums {
		a := out[b.initiative]
		a.Booked.Add(b.currency, b.amount)
		a.Minutes += int(b.minutes)
		a.BookingCount += int(b.n)
		out[b.initiative] = a
	}
	type fact struct {
		kind, campaign, ref, currency string
		amount                        *int64
		quantity                      float64
		n                             int64
	}
	facts, err := db.All(ctx, q, func(f *fact) []any {
		return []any{&f.kind, &f.campaign, &f.ref, &f.currency, &f.amount, &f.quantity, &f.n}
	},
		"SELECT kind, campaign, ref, currency, CAST(SUM(amount) AS BIGINT), SUM(quantity), COUNT(*) FROM business_fact WHERE kind IN ('cost', 'hours') AND at <= $1 AND "+
			countsFor(q)+" GROUP BY kind, campaign, ref, currency", db.T(until), db.Texts(names))
	if err != nil {
		return nil, fmt.Errorf("add up business facts: %w", err)
	}
	for _, f := range facts {
		initiative := named[f.campaign]
		if initiative == "" {
			initiative = named[f.ref]
		}
		a := out[initiative]
		a.FactCount += int(f.n)
		if f.amount != nil && f.currency != "" {
			a.Facts.Add(f.currency, *f.amount)
		}
		if f.kind == "hours" && f.quantity > 0 && f.quantity < 1e9 {
			a.FactMinutes += int(math.Round(f.quantity * 60))
		}
		out[initiative] = a
	}
	return out, nil
}

// Fact is a business fact that counts as spent.
type Fact struct {
	ID       string
	Kind     string
	At       time.Time
	Amount   money.Amount
	Minutes  int
	Label    string
	Activity string
}

// mostFacts is how many facts a page lists.
const mostFacts = 200

// facts lists the newest facts that count for an initiative.
func (s *Service) facts(ctx context.Context, q db.Q, i Initiative, until time.Time) ([]Fact, error) {
	type row struct {
		Fact
		amount   *int64
		quantity float64
	}
	rows, err := db.All(ctx, q, func(f *row) []any {
		return []any{&f.ID, &f.Kind, db.At(&f.At), &f.amount, &f.Amount.Currency, &f.quantity, &f.Label, &f.Activity}
	}, "SELECT id, kind, at, amount, currency, quantity, label, activity FROM business_fact WHERE kind IN ('cost', 'hours') AND at <= $1 AND "+
		countsFor(q)+" ORDER BY at DESC, id"+db.Limit(mostFacts), db.T(until), db.Texts([]string{i.ID, i.Name}))
	if err != nil {
		return nil, fmt.Errorf("list business facts: %w", err)
	}
	out := make([]Fact, len(rows))
	for n, r := range rows {
		out[n] = r.Fact
		if r.amount != nil {
			out[n].Amount.Minor = *r.amount
		}
		if r.Kind == "hours" && r.quantity > 0 && r.quantity < 1e9 {
			out[n].Minutes = int(math.Round(r.quantity * 60))
		}
	}
	return slices.Clip(out), nil
}

// Measured is what an initiative has brought by benefits that were stated as measured, or held against a control group: sums by currency and how many
// facts that are. Who does not lead it is told nothing.
func (s *Service) Measured(ctx context.Context, i Initiative) (money.Sum, int, error) {
	sum, n := money.Sum{}, 0
	if !i.Leads(ctx) {
		return sum, n, nil
	}
	type row struct {
		currency string
		amount   int64
		n        int
	}
	q := s.db.Read()
	list, err := db.All(ctx, q, func(r *row) []any { return []any{&r.currency, &r.amount, &r.n} },
		"SELECT currency, CAST(SUM(amount) AS BIGINT), COUNT(*) FROM business_fact WHERE kind = 'benefit' AND label IN ('measured', 'holdout') AND amount IS NOT NULL AND at <= $1 AND "+countsFor(q)+
			" GROUP BY currency ORDER BY currency", db.T(s.Now()), db.Texts([]string{i.ID, i.Name}))
	if err != nil {
		return nil, 0, fmt.Errorf("add up what an initiative has brought: %w", err)
	}
	for _, r := range list {
		sum.Add(r.currency, r.amount)
		n += r.n
	}
	return sum, n, nil
}
