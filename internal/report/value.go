package report

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/hours"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/plan"
	"github.com/entente/entente/internal/plan/cost"
	"github.com/entente/entente/internal/plan/money"
	"github.com/entente/entente/internal/plan/schedule"
	"github.com/entente/entente/internal/sorting"
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
	Filter     measure.Filter // what the measure is narrowed to
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
//
// An objective that measures a part only, such as one channel, is credited with that part: a line of its own, which is in the whole and not added
// to it.
func (s *Service) Value(ctx context.Context, w measure.Window, objective string) (ValueLedger, error) {
	if err := org.Require(ctx, org.MeasureRead); err != nil {
		return ValueLedger{}, err
	}
	v := ValueLedger{Window: w}
	serves, initiatives, err := s.serves(ctx)
	if err != nil {
		return v, err
	}
	named, err := s.named(ctx, initiatives)
	if err != nil {
		return v, err
	}
	for _, step := range []func() ([]Entry, error){
		func() ([]Entry, error) { return s.fromMeasures(ctx, w, serves) },
		func() ([]Entry, error) { return s.fromPrices(ctx, w) },
		func() ([]Entry, error) { return s.fromFacts(ctx, w, named) },
		func() ([]Entry, error) { return s.fromLeads(ctx, w, named) },
		func() ([]Entry, error) { return s.fromInitiatives(ctx, w, initiatives) },
	} {
		list, err := step()
		if err != nil {
			return v, err
		}
		v.Entries = append(v.Entries, list...)
	}
	if objective != "" {
		v.Entries = slices.DeleteFunc(v.Entries, func(e Entry) bool { return !slices.Contains(e.Objectives, objective) })
	}
	v.once()
	sorting.Stable(v.Entries, func(a, b Entry) int {
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

// once marks the lines that count what another counts: parts of what is there as a whole or as a larger part that it may share something with,
// and prices of what is counted another way.
func (v ValueLedger) once() {
	largest := make([]int, len(v.Entries))
	for i := range largest {
		largest[i] = i
	}
	sorting.Stable(largest, func(a, b int) int { return cmp.Compare(v.Entries[b].Value.Value, v.Entries[a].Value.Value) })
	for at, i := range largest {
		e := &v.Entries[i]
		if e.Origin != FromMeasure || !e.Value.Defined() {
			continue
		}
		e.Twice = slices.ContainsFunc(largest[:at], func(j int) bool {
			o := v.Entries[j]
			return o.Origin == FromMeasure && o.Ref == e.Ref && o.Value.Defined() && !o.Twice && !disjoint(o.Filter, e.Filter)
		})
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
}

// disjoint reports whether nothing can be in two parts: what counts has one channel, one team and so on, but may have several topics.
func disjoint(a, b measure.Filter) bool {
	for _, p := range Narrowed(a) {
		for _, q := range Narrowed(b) {
			if p.By == q.By && p.Value != q.Value && p.By != kpi.ByTopic && p.By != kpi.ByKind {
				return true
			}
		}
	}
	return false
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
		list, err := s.stated(ctx, v.Window, "'', ''", "kind = 'cost' AND label <> 'support'")
		if err != nil {
			return nil, fmt.Errorf("add costs up: %w", err)
		}
		for _, t := range list {
			of(t.currency).Cost += int64(math.Round(t.minor))
		}
	}
	var out []Sum
	for _, t := range by {
		out = append(out, *t)
	}
	sorting.Func(out, func(a, b Sum) int { return strings.Compare(a.Currency, b.Currency) })
	return out, nil
}

// credit is what a measure of an objective counts.
type credit struct {
	objective string
	filter    measure.Filter
}

// serves tells by measure which objectives it stands for, each narrowed to what, and lists the initiatives.
func (s *Service) serves(ctx context.Context) (map[string][]credit, []plan.Initiative, error) {
	out := map[string][]credit{}
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
				out[om.Measure] = append(out[om.Measure], credit{o.ID, om.Filter()})
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

func (s *Service) fromMeasures(ctx context.Context, w measure.Window, serves map[string][]credit) ([]Entry, error) {
	var out []Entry
	for _, id := range inMoney() {
		credits := slices.Clone(serves[id])
		if id == "contact-saving" { // whoever counts avoided contacts saves by them
			for _, other := range []string{"contact-saving-net", "deflected-contacts", "cost-per-contact-saved"} {
				credits = append(credits, serves[other]...)
			}
		}
		parts := []Entry{{Origin: FromMeasure, Ref: id}} // the whole first
		for _, c := range credits {
			i := slices.IndexFunc(parts, func(e Entry) bool { return e.Filter == c.filter })
			if i < 0 {
				i, parts = len(parts), append(parts, Entry{Origin: FromMeasure, Ref: id, Filter: c.filter})
			}
			if !slices.Contains(parts[i].Objectives, c.objective) {
				parts[i].Objectives = append(parts[i].Objectives, c.objective)
			}
		}
		for _, e := range parts {
			if err := s.compute(ctx, &e, id, w, e.Filter); err != nil {
				return nil, err
			}
			e.Grade, e.Value, e.Currency = gradeOf(e.Measure), e.Result.Value, e.Result.Currency
			out = append(out, e)
		}
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
		e := Entry{Origin: FromPrice, Ref: l.ID, Name: l.Name, Filter: l.Filter, Price: l.Price, Reason: l.Reason, Currency: l.Currency}
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

// factSum is amounts of one currency, told apart by two columns.
type factSum struct {
	ref, label, currency string
	minor                float64
	n                    int
}

// stated adds up the amounts of business facts, told apart by two columns: what is stated of a period counts by its days that lie in the window.
func (s *Service) stated(ctx context.Context, w measure.Window, columns, which string) ([]factSum, error) {
	type row struct {
		factSum
		at, until time.Time
	}
	const moment = "CASE WHEN until IS NULL THEN NULL ELSE at END"
	list, err := db.All(ctx, s.db.Read(), func(r *row) []any {
		return []any{&r.ref, &r.label, &r.currency, db.At(&r.at), db.At(&r.until), &r.minor, &r.n}
	}, "SELECT "+columns+", currency, "+moment+", until, CAST(SUM(amount) AS DOUBLE PRECISION), COUNT(*) FROM business_fact WHERE ("+which+" AND until IS NULL AND at >= $1 AND at < $2 OR "+which+
		" AND until > $1 AND at < $2) AND amount IS NOT NULL GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5", db.T(w.From), db.T(w.To))
	if err != nil {
		return nil, err
	}
	var out []factSum
	for _, r := range list {
		if !r.until.IsZero() {
			if r.minor *= hours.Overlap(r.at.In(i18n.Zone(ctx)), r.until, w.From, w.To); r.minor == 0 {
				continue
			}
		}
		if last := len(out) - 1; last >= 0 && out[last].ref == r.ref && out[last].label == r.label && out[last].currency == r.currency {
			out[last].minor, out[last].n = out[last].minor+r.minor, out[last].n+r.n
		} else {
			out = append(out, r.factSum)
		}
	}
	return out, nil
}

// mostStated is how many lines of what was stated there are, of benefits and of leads.
const mostStated = 500

// named finds the initiative that a business fact names, by its id, its name, or an idea that it was made of.
func (s *Service) named(ctx context.Context, initiatives []plan.Initiative) (func(ref string) *plan.Initiative, error) {
	type made struct{ idea, initiative string }
	ideas, err := db.All(ctx, s.db.Read(), func(m *made) []any { return []any{&m.idea, &m.initiative} }, "SELECT id, initiative FROM community_idea WHERE initiative <> ''"+db.Limit(10_000))
	if err != nil {
		return nil, fmt.Errorf("read what was made of ideas: %w", err)
	}
	by := map[string]*plan.Initiative{}
	for i := range initiatives {
		by[initiatives[i].ID], by[strings.ToLower(initiatives[i].Name)] = &initiatives[i], &initiatives[i]
	}
	of := map[string]*plan.Initiative{}
	for _, m := range ideas {
		of[m.idea] = by[m.initiative]
	}
	return func(ref string) *plan.Initiative {
		if i := by[ref]; i != nil {
			return i
		}
		if i := by[strings.ToLower(ref)]; i != nil && ref != "" {
			return i
		}
		return of[ref[strings.LastIndexByte(ref, '/')+1:]] // by its address too
	}, nil
}

func (s *Service) fromFacts(ctx context.Context, w measure.Window, named func(ref string) *plan.Initiative) ([]Entry, error) {
	list, err := s.stated(ctx, w, "ref, label", "kind = 'benefit'")
	if err != nil {
		return nil, fmt.Errorf("add benefits up: %w", err)
	}
	var out []Entry
	for _, f := range list[:min(len(list), mostStated)] {
		e := Entry{Origin: FromFact, Ref: f.ref, Name: f.ref, Grade: Grade(f.label), Currency: f.currency, Value: stat.Exact(f.minor, f.n), N: f.n, Rows: FactsPath(ctx, "benefit", "", f.label, w)}
		if !slices.Contains(Grades(), e.Grade) {
			e.Grade = Assumed
		}
		if i := named(f.ref); i != nil {
			e.Name, e.Objectives = i.Name, i.Objectives
		} else if f.ref != "" {
			e.Objectives = []string{f.ref}
		}
		out = append(out, e)
	}
	return out, nil
}

// fromLeads is what leads brought that were won, by where they came from; one that names an initiative, as its campaign or what it belongs to, is
// of the objectives of that.
func (s *Service) fromLeads(ctx context.Context, w measure.Window, named func(ref string) *plan.Initiative) ([]Entry, error) {
	const from = "COALESCE(NULLIF(channel, ''), NULLIF(community, ''), campaign)"
	list, err := s.stated(ctx, w, from+", COALESCE(NULLIF(campaign, ''), ref)", "kind = 'lead' AND status = 'won' AND "+from+" <> ''")
	if err != nil {
		return nil, fmt.Errorf("add won leads up: %w", err)
	}
	var out []Entry
	for _, f := range list {
		e := Entry{Origin: FromLead, Ref: f.ref, Name: f.ref, Grade: Modelled, Currency: f.currency, Value: stat.Exact(f.minor, f.n), N: f.n, Rows: FactsPath(ctx, "lead", "won", "", w)}
		if i := named(f.label); i != nil {
			e.Objectives = i.Objectives
		}
		same := slices.IndexFunc(out, func(o Entry) bool {
			return o.Ref == e.Ref && o.Currency == e.Currency && slices.Equal(o.Objectives, e.Objectives)
		})
		if same < 0 {
			out = append(out, e)
			continue
		}
		out[same].N += e.N
		out[same].Value = stat.Exact(out[same].Value.Value+f.minor, out[same].N)
	}
	sorting.Stable(out, func(a, b Entry) int { return cmp.Compare(b.Value.Value, a.Value.Value) })
	return out[:min(len(out), mostStated/10)], nil
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
