package plan

import (
	"context"
	"errors"
	"math"
	"slices"
	"time"

	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/plan/cost"
	"github.com/entente/entente/internal/plan/money"
	"github.com/entente/entente/internal/plan/schedule"
	"github.com/entente/entente/internal/problem"
)

// Benefit is what an initiative should bring: money, with how sure that is, or a measure that should reach a target.
type Benefit struct {
	ID    string       `json:"id"`
	Kind  BenefitKind  `json:"kind"`
	Label string       `json:"label"`
	From  schedule.Day `json:"from"` // money: first day; no day is the end of the initiative
	To    schedule.Day `json:"to"`   // money: last day; measure: by when

	Currency string       `json:"currency"` // of money
	Low      int64        `json:"low"`      // minor units each time, as are the next two
	Likely   int64        `json:"likely"`
	High     int64        `json:"high"`
	Every    cost.Every   `json:"every"`
	Grade    kpi.Evidence `json:"grade"` // on what the estimate stands

	Measure  string  `json:"measure"` // of the catalogue
	Baseline float64 `json:"baseline"`
	Target   float64 `json:"target"`
	Hidden   bool    `json:"-"` // both are amounts that whoever asks does not see
}

// BenefitKind says in what a benefit comes.
type BenefitKind string

// The kinds.
const (
	InMoney   BenefitKind = "money"
	InMeasure BenefitKind = "measure"
)

// Grades lists what estimates of benefits can stand on.
func Grades() []kpi.Evidence {
	return []kpi.Evidence{kpi.Assumed, kpi.Modelled, kpi.Surveyed, kpi.Measured}
}

// ChangeBenefits saves what is expected. One without an id is new.
func (s *Service) ChangeBenefits(ctx context.Context, initiative string, seen time.Time, benefits []Benefit) (Initiative, error) {
	return s.change(ctx, initiative, seen, "plan.benefits_changed", func(i Initiative) (func(*Initiative), error) {
		if len(benefits) > maxBenefits {
			return nil, problem.New(problem.Invalid, "plan.too_many", "Max", maxBenefits)
		}
		checked := slices.Clone(benefits)
		var errs []error
		refuse := func(n int, field, key string, args ...any) {
			errs = append(errs, problem.New(problem.Invalid, key, args...).On(at("benefit", n, field)))
		}
		known := map[string]bool{}
		for n := range checked {
			b := &checked[n]
			if b.ID == "" || known[b.ID] || !slices.ContainsFunc(i.Benefits, func(o Benefit) bool { return o.ID == b.ID }) {
				b.ID = s.newID()
			}
			known[b.ID] = true
			var err error
			if b.Label, err = text(b.Label, at("benefit", n, "label"), 200); err != nil {
				errs = append(errs, err)
			} else if b.Label == "" {
				refuse(n, "label", "problem.required")
			}
			if err := ordered(b.From, b.To); err != nil {
				errs = append(errs, err.On(at("benefit", n, "to")))
			}
			switch b.Kind {
			case InMoney:
				b.Measure, b.Baseline, b.Target = "", 0, 0
				if b.Currency == "" {
					b.Currency = i.Currency
				}
				if !money.Known(b.Currency) {
					refuse(n, "currency", "plan.currency_unknown")
				}
				if b.Low == 0 && b.High == 0 { // nobody said how sure it is
					b.Low, b.High = b.Likely, b.Likely
				}
				if b.Likely <= 0 || b.High > money.Most || b.Low < 0 || b.Low > b.Likely || b.Likely > b.High {
					refuse(n, "likely", "plan.estimate_bad")
				}
				if b.Every == "" {
					b.Every = cost.Once
				}
				if !slices.Contains(cost.Rhythms(), b.Every) {
					refuse(n, "every", "plan.every_bad")
				} else if b.Every != cost.Once && b.To == 0 {
					refuse(n, "to", "plan.benefit_until")
				}
				if b.Grade == "" {
					b.Grade = kpi.Assumed
				}
				if !slices.Contains(Grades(), b.Grade) {
					refuse(n, "grade", "plan.kind_unknown")
				}
			case InMeasure:
				b.Low, b.Likely, b.High, b.Currency, b.Every, b.Grade = 0, 0, 0, "", "", ""
				if _, err := s.measures.Find(b.Measure); err != nil {
					refuse(n, "measure", "plan.measure_unknown")
				}
				if bad(b.Target) || bad(b.Baseline) || b.Target == b.Baseline {
					refuse(n, "target", "plan.target_bad")
				}
				if b.To == 0 {
					refuse(n, "to", "plan.benefit_by_when")
				}
			default:
				refuse(n, "kind", "plan.kind_unknown")
			}
		}
		return func(i *Initiative) { i.Benefits = checked }, errors.Join(errs...)
	})
}

func bad(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) || math.Abs(v) > 1e12 }

// benefits are the pieces of what is expected in a currency, at the low end, likely and at the high end.
func (i Initiative) benefits(currency string) (low, likely, high []cost.Piece) {
	for _, b := range i.Benefits {
		if b.Kind != InMoney || b.Currency != currency {
			continue
		}
		from := b.From
		if from == 0 {
			from = max(i.End, i.Start)
		}
		of := func(amount int64) []cost.Piece {
			l := cost.Line{Kind: cost.Recurring, Amount: amount, Every: b.Every, From: from, To: b.To}
			if b.Every == cost.Once {
				l.Kind = cost.OneOff
			}
			return l.Pieces(from, from)
		}
		low, likely, high = append(low, of(b.Low)...), append(likely, of(b.Likely)...), append(high, of(b.High)...)
	}
	return low, likely, high
}
