package measure

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Result is the number of a measure in a window.
type Result struct {
	ID     string
	Unit   kpi.Unit
	Window Window
	// Value is the number, in Unit. Of a wait it is the median: Median and P90 say more.
	Value       stat.Estimate
	Raw         stat.Estimate // Value before it was put right for the errors of models; no data when it was not
	Median, P90 stat.Wait
	N           int // what it stands on: as many rows are behind it
	Open        int // of which waits that go on
	LeftOut     int // what was looked at and is not in n
	Of          int // what the n were drawn from, when not everything is looked at; else 0
	Parts       []Counted
	Currency    string     // of Value in money
	Terms       []kpi.Term // what it was worked out of
	Why         string     // why there is no value although there are facts: a key under "measure.why."
	Currencies  []string   // those that cannot be added
}

// Counted is how many of a part there are.
type Counted struct {
	kpi.Part
	N int
}

// Compute gives the number of a measure in a window.
func (s *Service) Compute(ctx context.Context, id string, w Window, f Filter) (Result, error) {
	if err := may(ctx); err != nil {
		return Result{}, err
	}
	m, f, err := s.ask(ctx, id, w, f)
	if err != nil {
		return Result{}, err
	}
	list, err := s.results(ctx, m, f, []time.Time{w.From, w.To}, []Window{w})
	if err != nil {
		return Result{}, err
	}
	return list[0].shown(ctx, m), nil
}

// Hidden is Result.Why of an amount that whoever asked does not see.
const Hidden = "hidden"

// shown is a number as whoever asks may see it: of an amount those who do not see amounts are told from how many it is.
func (r Result) shown(ctx context.Context, m kpi.Measure) Result {
	if org.SeesMoney(ctx) {
		return r
	}
	r.Terms = slices.DeleteFunc(slices.Clone(r.Terms), func(t kpi.Term) bool { return t.Unit == kpi.Money })
	if m.InMoney() && r.Value.Defined() {
		r.Value, r.Raw, r.Currency, r.Currencies, r.Why = stat.Estimate{}, stat.Estimate{}, "", nil, Hidden
	}
	return r
}

// Point is one step of a series.
type Point struct {
	Result
	Short bool // the window holds only a part of the step
}

// Series gives a measure step by step, by the calendar of i18n.Zone(ctx). The points of a stock are the ends of the steps.
func (s *Service) Series(ctx context.Context, id string, w Window, step Step, f Filter) ([]Point, error) {
	r, err := s.report(ctx, id, w, step, f, false)
	return r.Points, err
}

// Report is a measure in a window, in the one before, and step by step.
type Report struct {
	Measure kpi.Measure
	Result  Result
	Before  Result
	Change  Change
	Points  []Point
}

// Report gives all that a page about a measure shows, reading what is counted once.
func (s *Service) Report(ctx context.Context, id string, w Window, step Step, f Filter) (Report, error) {
	return s.report(ctx, id, w, step, f, true)
}

func (s *Service) report(ctx context.Context, id string, w Window, step Step, f Filter, before bool) (Report, error) {
	if err := may(ctx); err != nil {
		return Report{}, err
	}
	m, f, err := s.ask(ctx, id, w, f)
	if err != nil {
		return Report{}, err
	}
	zone := i18n.Zone(ctx)
	steps, err := w.steps(step, zone)
	if err != nil {
		return Report{}, err
	}
	cuts := steps.cuts
	var windows []Window
	last := len(steps.cuts) - 1
	for i := 1; i <= last; i++ {
		windows = append(windows, Window{steps.cuts[i-1], steps.cuts[i]})
	}
	if before {
		b := w.Before(zone)
		windows = append(windows, w, b)
		cuts = append([]time.Time{b.From, b.To}, cuts...)
		sort.Slice(cuts, func(i, j int) bool { return cuts[i].Before(cuts[j]) })
	}
	list, err := s.results(ctx, m, f, cuts, windows)
	if err != nil {
		return Report{}, err
	}
	for i := range list {
		list[i] = list[i].shown(ctx, m)
	}
	r := Report{Measure: m}
	if before {
		r.Result, r.Before = list[last], list[last+1]
		r.Change = change(m, r.Result, r.Before)
	}
	for i := range last {
		r.Points = append(r.Points, Point{list[i], i == 0 && steps.short || i == last-1 && steps.late})
	}
	return r, nil
}

// Change is how a number differs from the one before.
type Change struct {
	By    float64 // in the measure's unit
	Known bool    // whether both numbers are there to compare
	Clear bool    // whether chance alone would seldom make as much of a difference
	// TooFew says that one of the numbers stands on fewer than can be judged, so that nothing can be said of chance.
	TooFew bool
}

// change compares shares by the interval of their difference, complete counts exactly, anything else by whether the intervals meet, which is
// the stricter.
func change(m kpi.Measure, now, before Result) Change {
	c := Change{Known: now.Value.Defined() && before.Value.Defined()}
	if now.Currency != before.Currency {
		return Change{} // amounts in different currencies do not compare
	}
	if m.Unit == kpi.Seconds {
		c.Known = now.Median.Reached && before.Median.Reached
	}
	if !c.Known {
		return Change{}
	}
	c.By = now.Value.Value - before.Value.Value
	switch {
	case m.Interval == kpi.ExactNumber:
		c.Clear = c.By != 0
	case now.Value.Grade == stat.TooFew || before.Value.Grade == stat.TooFew:
		c.TooFew = true
	case !now.Value.OK() || !before.Value.OK() || !now.Value.Bounded || !before.Value.Bounded:
	case m.Unit == kpi.Share && m.Interval == kpi.Wilson && now.Value.N == now.N && before.Value.N == before.N:
		d := stat.ShareDifference(now.numerator(), now.N, before.numerator(), before.N)
		c.Clear = d.Bounded && (d.Low > 0 || d.High < 0)
	default:
		c.Clear = !now.Value.Overlaps(before.Value)
	}
	return c
}

func (r Result) numerator() int {
	n := 0
	for _, p := range r.Parts {
		if p.Role == kpi.Numerator {
			n += p.N
		}
	}
	return n
}

// ask finds the measure and refuses what cannot be asked of it; the filter that it gives is settled.
func (s *Service) ask(ctx context.Context, id string, w Window, f Filter) (kpi.Measure, Filter, error) {
	m, err := s.Find(id)
	if err == nil {
		err = w.check()
	}
	if err == nil {
		err = Accepts(m, f)
	}
	if err == nil {
		f, err = s.Settled(ctx, m, f)
	}
	return m, f, err
}

// facts is what was read, in order of time.
type facts []kpi.Fact

// asking is what a measure is asked.
func (s *Service) asking(ctx context.Context, m kpi.Measure, cuts []time.Time, f Filter) (kpi.Ask, error) {
	a := kpi.Ask{Cuts: cuts, Now: s.clock(), Filter: f, Zone: i18n.Zone(ctx)}
	if err := s.working(ctx, m, &a); err != nil {
		return a, err
	}
	v, _ := ctx.Value(viewKey{}).(*view)
	switch {
	case !m.Confused || s.enrich == nil:
	case v != nil && v.sentiment != nil:
		a.Sentiment = *v.sentiment
	default:
		e, err := s.enrich.Errors(ctx, s.db.Read())
		if err != nil {
			return a, fmt.Errorf("measure %s: %w", m.ID, err)
		}
		if matrix, found := e.Matrix(enrich.Sentiment, ""); found {
			a.Sentiment = &stat.Confusion{Counts: matrix.Counts}
		}
		if v != nil {
			v.sentiment = &a.Sentiment
		}
	}
	return a, nil
}

// read reads the facts between cuts.
func (s *Service) read(ctx context.Context, m kpi.Measure, cuts []time.Time, f Filter) (facts, error) {
	a, err := s.asking(ctx, m, cuts, f)
	if err != nil {
		return nil, err
	}
	var list []kpi.Fact
	err = s.patiently(ctx, m, func(ctx context.Context) (err error) {
		list, err = s.gather(ctx, m, a)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("measure %s: %w", m.ID, err)
	}
	return inOrder(list), nil
}

// gather reads facts from what is kept, and from the rows where nothing is.
func (s *Service) gather(ctx context.Context, m kpi.Measure, a kpi.Ask) (list []kpi.Fact, err error) {
	if m.Made != nil && !s.direct {
		for _, p := range m.Made(a.Filter) {
			b := a
			b.Filter = p.Filter
			facts, err := s.gather(ctx, p.Measure, b)
			if err != nil {
				return nil, err
			}
			list = append(list, p.Named(facts)...)
		}
		return list, nil
	}
	if k, keeps := s.keepingOf(m, a.Filter); keeps && !s.direct {
		s.store.asked.Add(1)
		ok := false
		err := s.at(ctx, func(v *view) error {
			read, rolled, err := s.rolled(ctx, v, k, a)
			list, ok = read.list, rolled
			return err
		})
		if err != nil {
			return nil, err
		}
		if ok {
			s.store.used.Add(1)
			return list, nil
		}
	}
	return m.Read(ctx, s.db.Read(), a)
}

// results gives the numbers of windows, of which the cuts are the ends.
func (s *Service) results(ctx context.Context, m kpi.Measure, f Filter, cuts []time.Time, windows []Window) ([]Result, error) {
	a, err := s.asking(ctx, m, cuts, f)
	if err != nil {
		return nil, err
	}
	out := make([]Result, len(windows))
	err = s.patiently(ctx, m, func(ctx context.Context) error {
		done := make([]bool, len(windows))
		if k, keeps := s.keepingOf(m, f); keeps && !s.direct {
			var err error
			if out, done, err = s.numbers(ctx, m, k, a, windows); err != nil {
				return err
			}
		}
		if !slices.Contains(done, false) {
			return nil
		}
		read := m.Read
		if m.Made != nil {
			read = func(ctx context.Context, _ db.Q, a kpi.Ask) ([]kpi.Fact, error) { return s.gather(ctx, m, a) }
		}
		list, err := read(ctx, s.db.Read(), a)
		if err != nil {
			return err
		}
		facts := inOrder(list)
		for i, w := range windows {
			if !done[i] {
				out[i] = facts.result(m, w)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("measure %s: %w", m.ID, err)
	}
	return out, nil
}

// searchFor is how long whoever waits for a number lets posts be searched.
const searchFor = 10 * time.Second

// patiently refuses what takes longer than anybody waits, where posts must be searched for it.
func (s *Service) patiently(ctx context.Context, m kpi.Measure, read func(ctx context.Context) error) error {
	if !m.Searched {
		return read(ctx)
	}
	limited, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	err := read(limited)
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		return problem.New(problem.Invalid, "own.too_slow")
	}
	return err
}

// inOrder puts facts in order of time; those of one moment stay in the order in which they are. Facts are large, so it is their places that are sorted.
func inOrder(list []kpi.Fact) facts {
	type place struct {
		at time.Time
		n  int
	}
	places := make([]place, len(list))
	sorted := true
	for i := range list {
		places[i] = place{list[i].At, i}
		sorted = sorted && (i == 0 || !list[i].At.Before(list[i-1].At))
	}
	if sorted {
		return list
	}
	sort.Slice(places, func(i, j int) bool {
		if !places[i].at.Equal(places[j].at) {
			return places[i].at.Before(places[j].at)
		}
		return places[i].n < places[j].n
	})
	out := make([]kpi.Fact, len(list))
	for i, p := range places {
		out[i] = list[p.n]
	}
	return out
}

func (l facts) result(m kpi.Measure, w Window) Result {
	r := Result{ID: m.ID, Unit: m.Unit, Window: w}
	e := m.In(w.From, w.To, l)
	r.Value, r.Raw, r.Median, r.P90, r.Open = e.Value, e.Raw, e.Median, e.P90, e.Open
	r.Currency, r.Terms, r.Why, r.Currencies = e.Currency, e.Terms, e.Why, e.Currencies
	for _, p := range m.Parts {
		n := e.Counts[p.ID]
		r.Parts = append(r.Parts, Counted{p, n})
		switch p.Role {
		case kpi.LeftOut:
			r.LeftOut += n
		case kpi.Population:
			r.Of += n
		default:
			r.N += n
		}
	}
	return r
}
