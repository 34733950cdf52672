package report

import (
	"context"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/plan"
	"github.com/entente/entente/internal/plan/cost"
	"github.com/entente/entente/internal/plan/money"
	"github.com/entente/entente/internal/plan/schedule"
	"github.com/entente/entente/internal/strategy"
)

// Grade is on what a value stands.
type Grade string

// The grades, the strongest first. Only the first two count in a headline.
const (
	Measured Grade = "measured"
	Holdout  Grade = "holdout" // against a control group
	Surveyed Grade = "surveyed"
	Modelled Grade = "modelled"
	Assumed  Grade = "assumed"
)

// Grades lists them, the strongest first.
func Grades() []Grade { return []Grade{Measured, Holdout, Surveyed, Modelled, Assumed} }

// Proven reports whether a grade counts in the headline.
func (g Grade) Proven() bool { return g == Measured || g == Holdout }

// weaker is the weaker of two grades: a product is no better than its worst part.
func weaker(a, b Grade) Grade {
	return Grades()[max(slices.Index(Grades(), a), slices.Index(Grades(), b), 0)]
}

// Origin is where a line of the ledger comes from.
type Origin string

// The origins.
const (
	FromMeasure    Origin = "measure"    // a measure in money
	FromPrice      Origin = "price"      // a measure times what a unit of it is worth
	FromFact       Origin = "fact"       // benefits that were stated
	FromLead       Origin = "lead"       // leads won that came over a channel, a community or a campaign
	FromInitiative Origin = "initiative" // what an approved initiative is expected to bring
)

// Entry is a line of the ledger.
type Entry struct {
	Origin     Origin
	Ref        string // id of the measure, the initiative or the value line, what benefits belong to, or where leads came from
	Name       string // as stated; "" is the measure's or the origin's
	Measure    kpi.Measure
	Result     measure.Result
	Price      int64 // of FromPrice, minor units for one of the measure
	Reason     string
	Objectives []string
	Grade      Grade
	Currency   string
	Value      stat.Estimate // minor units
	N          int
	Rows       string // address of what is behind it
	Why        string // why there is no value: a key under "measure.why.", or "missing"
	Twice      bool   // another line counts the same, so that this one is not added
}

// Sum is amounts of one currency; currencies are never added.
type Sum struct {
	Currency  string
	Proven    int64 // measured, or held against a control group
	Potential int64 // the rest, expected benefits of initiatives included
	Cost      int64 // stated costs of the period
	Lines     int   // with a value
}

// ValueLedger is what the work brought or saved in a period.
type ValueLedger struct {
	Window  measure.Window
	Entries []Entry // proven first, the largest first
	Sums    []Sum   // by currency
	Hidden  bool    // whoever asked does not see amounts
}

// inMoney lists the measures of the catalogue that are lines of the ledger by themselves; a net or total of others would count twice.
func inMoney() []string {
	return []string{"contact-saving", "supplier-savings", "cost-avoidance", "member-effect"}
}

// Value works the ledger out for a window, by the calendar of ctx. objective narrows it to what serves one objective; "" is all. Those who do
// not steer the strategy see no amounts.
func (s *Service) Value(ctx context.Context, w measure.Window, objective string) (ValueLedger, error) {
	if err := org.Require(ctx, org.MeasureRead); err != nil {
		return ValueLedger{}, err
	}
	v := ValueLedger{Window: w}
	serves, initiatives, err := s.serves(ctx)
	if err != nil {
		return v, err
	}
	for _, step := range []func() ([]Entry, error){
		func() ([]Entry, error) { return s.fromMeasures(ctx, w, serves) },
		func() ([]Entry, error) { return s.fromPrices(ctx, w) },
		func() ([]Entry, error) { return s.fromFacts(ctx, w, initiatives) },
		func() ([]Entry, error) { return s.fromLeads(ctx, w) },
		func() ([]Entry, error) { return s.fromInitiatives(ctx, w, initiatives) },
	} {
		list, err := step()
		if err != nil {
			return v, err
		}
		v.Entries = append(v.Entries, list...)
	}
	// Avoided contacts are worth what they would have cost; a price for them says the same another way.
	saved := slices.ContainsFunc(v.Entries, func(e Entry) bool { return e.Origin == FromMeasure && e.Ref == "contact-saving" && e.Value.Defined() })
	priced := map[string]bool{}
	for i := range v.Entries {
		e := &v.Entries[i]
		if e.Origin != FromPrice || !e.Value.Defined() {
			continue
		}
		e.Twice = saved && e.Measure.Unit == kpi.Contacts || priced[e.Measure.ID+e.Rows]
		priced[e.Measure.ID+e.Rows] = true
	}
	if objective != "" {
		v.Entries = slices.DeleteFunc(v.Entries, func(e Entry) bool { return !slices.Contains(e.Objectives, objective) })
	}
	slices.SortStableFunc(v.Entries, func(a, b Entry) int {
		switch {
		case a.Grade.Proven() != b.Grade.Proven():
			if a.Grade.Proven() {
				return -1
			}
			return 1
		case a.Value.Value > b.Value.Value:
			return -1
		case a.Value.Value < b.Value.Value:
			return 1
		}
		return 0
	})
	if !org.SeesMoney(ctx) {
		return v.discreet(), nil
	}
	v.Sums, err = s.sums(ctx, v, objective == "")
	return v, err
}

func (s *Service) sums(ctx context.Context, v ValueLedger, costs bool) ([]Sum, error) {
	by := map[string]*Sum{}
	of := func(currency string) *Sum {
		if by[currency] == nil {
			by[currency] = &Sum{Currency: currency}
		}
		return by[currency]
	}
	for _, e := range v.Entries {
		if e.Twice || !e.Value.Defined() || e.Currency == "" || math.Abs(e.Value.Value) > 1e17 {
			continue
		}
		t, minor := of(e.Currency), int64(math.Round(e.Value.Value))
		t.Lines++
		if e.Grade.Proven() && e.Value.OK() && e.Origin != FromInitiative {
			t.Proven += minor
		} else {
			t.Potential += minor
		}
	}
	if costs {
		type total struct {
			currency string
			minor    int64
		}
		list, err := db.All(ctx, s.db.Read(), func(t *total) []any { return []any{&t.currency, &t.minor} },
			"SELECT currency, CAST(SUM(amount) AS BIGINT) FROM business_fact WHERE kind = 'cost' AND at >= $1 AND at < $2 AND amount IS NOT NULL AND label <> 'support' GROUP BY currency", db.T(v.Window.From), db.T(v.Window.To))
		if err != nil {
			return nil, fmt.Errorf("add costs up: %w", err)
		}
		for _, t := range list {
			of(t.currency).Cost = t.minor
		}
	}
	var out []Sum
	for _, t := range by {
		out = append(out, *t)
	}
	slices.SortFunc(out, func(a, b Sum) int { return strings.Compare(a.Currency, b.Currency) })
	return out, nil
}

// serves tells which objectives each measure stands for, and lists the initiatives.
func (s *Service) serves(ctx context.Context) (map[string][]string, []plan.Initiative, error) {
	out := map[string][]string{}
	if org.Require(ctx, org.StrategyRead) != nil {
		return out, nil, nil
	}
	maps, err := s.strategy.Maps(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, m := range maps {
		full, err := s.strategy.Map(ctx, m.ID)
		if err != nil {
			return nil, nil, err
		}
		for _, o := range full.Objectives {
			for _, om := range o.Measures {
				if !slices.Contains(out[om.Measure], o.ID) {
					out[om.Measure] = append(out[om.Measure], o.ID)
				}
			}
		}
	}
	list, err := s.plan.Initiatives(ctx)
	return out, list, err
}

func gradeOf(m kpi.Measure) Grade {
	switch m.Evidence {
	case kpi.Measured:
		return Measured
	case kpi.Surveyed:
		return Surveyed
	case kpi.Modelled:
		return Modelled
	}
	return Assumed
}

// compute reads a measure for a line; Why says what keeps it from having a number.
func (s *Service) compute(ctx context.Context, e *Entry, id string, w measure.Window, f measure.Filter) (err error) {
	if e.Measure, err = s.measures.Find(id); err != nil {
		e.Why, e.Measure.ID = "gone", id
		return nil
	}
	missing, err := s.measures.Missing(ctx, e.Measure)
	if err != nil {
		return err
	}
	if len(missing) > 0 {
		e.Why = "missing"
		return nil
	}
	if e.Result, err = s.measures.Compute(org.WithMoney(ctx), id, w, f); err != nil { // Value leaves out what is not for whoever asks
		e.Why = "gone"
		return nil
	}
	e.N, e.Why, e.Rows = e.Result.N, e.Result.Why, RowsPath(ctx, id, w, f)
	return nil
}

func (s *Service) fromMeasures(ctx context.Context, w measure.Window, serves map[string][]string) ([]Entry, error) {
	var out []Entry
	for _, id := range inMoney() {
		e := Entry{Origin: FromMeasure, Ref: id, Objectives: serves[id]}
		if id == "contact-saving" { // whoever counts avoided contacts saves by them
			for _, other := range []string{"contact-saving-net", "deflected-contacts", "cost-per-contact-saved"} {
				for _, o := range serves[other] {
					if !slices.Contains(e.Objectives, o) {
						e.Objectives = append(e.Objectives, o)
					}
				}
			}
		}
		if err := s.compute(ctx, &e, id, w, measure.Filter{}); err != nil {
			return nil, err
		}
		e.Grade, e.Value, e.Currency = gradeOf(e.Measure), e.Result.Value, e.Result.Currency
		out = append(out, e)
	}
	return out, nil
}

func (s *Service) fromPrices(ctx context.Context, w measure.Window) ([]Entry, error) {
	list, err := s.valueLines(ctx)
	if err != nil {
		return nil, err
	}
	var out []Entry
	for _, l := range list {
		e := Entry{Origin: FromPrice, Ref: l.ID, Name: l.Name, Price: l.Price, Reason: l.Reason, Currency: l.Currency}
		if l.Objective != "" {
			e.Objectives = []string{l.Objective}
		}
		if err := s.compute(ctx, &e, l.Measure, w, l.Filter); err != nil {
			return nil, err
		}
		e.Grade = weaker(gradeOf(e.Measure), l.Grade)
		v := e.Result.Value
		if e.Measure.Unit == kpi.Seconds || e.Measure.Unit == kpi.Money {
			v = stat.Estimate{}
		}
		e.Value = v.Scale(float64(l.Price))
		out = append(out, e)
	}
	return out, nil
}

// FactsPath is where business facts of a kind are listed, with a status or a label.
func FactsPath(ctx context.Context, kind, status, label string, w measure.Window) string {
	zone := i18n.Zone(ctx)
	return "/business/facts?" + url.Values{"kind": {kind}, "status": {status}, "label": {label}, "period": {"custom"}, "from": {w.From.In(zone).Format(time.DateOnly)}, "to": {w.To.Add(-time.Microsecond).In(zone).Format(time.DateOnly)}}.Encode()
}

type factSum struct {
	ref, label, currency string
	minor                int64
	n                    int
}

func factSumFields(f *factSum) []any { return []any{&f.ref, &f.label, &f.currency, &f.minor, &f.n} }

func (s *Service) fromFacts(ctx context.Context, w measure.Window, initiatives []plan.Initiative) ([]Entry, error) {
	list, err := db.All(ctx, s.db.Read(), factSumFields, `SELECT ref, label, currency, CAST(SUM(amount) AS BIGINT), COUNT(*) FROM business_fact
		WHERE kind = 'benefit' AND at >= $1 AND at < $2 AND amount IS NOT NULL GROUP BY ref, label, currency ORDER BY ref, label, currency LIMIT 500`, db.T(w.From), db.T(w.To))
	if err != nil {
		return nil, fmt.Errorf("add benefits up: %w", err)
	}
	var out []Entry
	for _, f := range list {
		e := Entry{Origin: FromFact, Ref: f.ref, Name: f.ref, Grade: Grade(f.label), Currency: f.currency, Value: stat.Exact(float64(f.minor), f.n), N: f.n, Rows: FactsPath(ctx, "benefit", "", f.label, w)}
		if !slices.Contains(Grades(), e.Grade) {
			e.Grade = Assumed
		}
		for _, i := range initiatives {
			if f.ref == i.ID || f.ref != "" && strings.EqualFold(f.ref, i.Name) {
				e.Name, e.Objectives = i.Name, i.Objectives
			}
		}
		if len(e.Objectives) == 0 && f.ref != "" {
			e.Objectives = []string{f.ref}
		}
		out = append(out, e)
	}
	return out, nil
}

func (s *Service) fromLeads(ctx context.Context, w measure.Window) ([]Entry, error) {
	const from = "COALESCE(NULLIF(channel, ''), NULLIF(community, ''), campaign)"
	list, err := db.All(ctx, s.db.Read(), factSumFields, `SELECT `+from+`, 'modelled', currency, CAST(SUM(amount) AS BIGINT), COUNT(*) FROM business_fact
		WHERE kind = 'lead' AND status = 'won' AND at >= $1 AND at < $2 AND amount IS NOT NULL AND `+from+` <> '' GROUP BY `+from+`, currency ORDER BY 4 DESC, 1 LIMIT 50`, db.T(w.From), db.T(w.To))
	if err != nil {
		return nil, fmt.Errorf("add won leads up: %w", err)
	}
	var out []Entry
	for _, f := range list {
		out = append(out, Entry{Origin: FromLead, Ref: f.ref, Name: f.ref, Grade: Modelled, Currency: f.currency, Value: stat.Exact(float64(f.minor), f.n), N: f.n, Rows: FactsPath(ctx, "lead", "won", "", w)})
	}
	return out, nil
}

// fromInitiatives is what initiatives that were approved are expected to bring in the window. It was not brought yet: whatever the estimate
// stands on, it counts as potential.
func (s *Service) fromInitiatives(ctx context.Context, w measure.Window, list []plan.Initiative) ([]Entry, error) {
	zone := i18n.Zone(ctx)
	first, last := schedule.Of(w.From, zone), schedule.Of(w.To.Add(-time.Microsecond), zone)
	var out []Entry
	for _, i := range list {
		if i.State != plan.Approved && i.State != plan.Running && i.State != plan.Done {
			continue
		}
		for _, b := range i.Benefits {
			if b.Kind != plan.InMoney {
				continue
			}
			from := b.From
			if from == 0 {
				from = max(i.End, i.Start)
			}
			of := func(amount int64) float64 {
				l := cost.Line{Kind: cost.Recurring, Amount: amount, Every: b.Every, From: from, To: b.To}
				if b.Every == cost.Once {
					l.Kind = cost.OneOff
				}
				pieces := l.Pieces(from, from)
				return float64(cost.Until(pieces, last) - cost.Until(pieces, first-1))
			}
			v := of(b.Likely)
			if v == 0 {
				continue
			}
			grade := gradeOf(kpi.Measure{Evidence: b.Grade})
			out = append(out, Entry{Origin: FromInitiative, Ref: i.ID, Name: i.Name + " – " + b.Label, Objectives: i.Objectives, Grade: weaker(grade, Modelled), Currency: b.Currency,
				Value: stat.Estimate{Value: v, Low: of(b.Low), High: of(b.High), N: 1, Grade: stat.Enough, Bounded: true}, N: 1, Rows: "/initiatives/" + i.ID + "/money"})
		}
	}
	return out, nil
}

// ObjectiveNames names the objectives of all maps.
func (s *Service) ObjectiveNames(ctx context.Context) (map[string]strategy.Words, error) {
	list, err := s.plan.Objectives(ctx)
	if err != nil {
		return nil, err
	}
	out := map[string]strategy.Words{}
	for _, o := range list {
		out[o.ID] = o.Name
	}
	return out, nil
}

// Currencies lists what a price can be in.
func Currencies() []string { return money.Currencies() }
