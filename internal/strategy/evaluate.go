package strategy

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Evaluation is a map with where everything on it stands at a moment. No number in it is NaN or infinite.
type Evaluation struct {
	Map        Map
	At         time.Time
	Objectives []Standing // in the order of Map.Objectives
	Links      []Tested   // in the order of Map.Links
	OnTrack    int
	Watch      int
	Off        int
	Unknown    int
	Stamp      int64 // of this evaluation: another one has another
}

// Standing is where an objective stands.
type Standing struct {
	Objective
	Rolled   stat.Rolled // over its measures with data
	Leading  stat.Rolled // over those that move before it is reached
	Lagging  stat.Rolled // over those that show that it was
	Readings []Reading   // in the order of Objective.Measures
	Missing  []Gap       // what keeps it from being steered
}

// Gap is something that an objective lacks.
type Gap string

// The gaps; "strategy.gap.X" says each in words.
const (
	NoOwner   Gap = "owner"
	NoDue     Gap = "due"
	NoMeasure Gap = "measure"
	NoLink    Gap = "link" // it serves nothing, and is not in the top perspective
	NoData    Gap = "data" // a measure without enough to judge by
	Overdue   Gap = "overdue"
)

// Reason says why a measure has no state.
type Reason string

// The reasons; "strategy.why.X" says each in words.
const (
	Judged     Reason = ""
	NoNumber   Reason = "no_data"
	TooFew     Reason = "too_few"     // a number, on too few observations to colour it
	NotReached Reason = "not_reached" // more than half, or a tenth, still wait: the number is "more than"
	NoPath     Reason = "no_path"     // no due date after that of the baseline
	BadGoal    Reason = "bad_goal"
	Gone       Reason = "gone" // the catalogue no longer has it, or its filter
)

// Reading is a measure of an objective with its number.
type Reading struct {
	Measure
	Unit     kpi.Unit
	Window   measure.Window
	Result   measure.Result
	Value    stat.Estimate // of the statistic
	Progress float64       // raw: under 0 when worse than the baseline
	Expected float64
	State    stat.State
	Why      Reason
	Spark    []Sample // the last weeks, week by week
}

// Sample is one step of a course; Value means nothing when it is not Known.
type Sample struct {
	At    time.Time
	Value float64
	Known bool
	Short bool // the week began before the course or is not over
}

// Tested is a link with what the two main measures say about it.
type Tested struct {
	Link
	Correlation stat.Correlation // of weekly changes
}

const (
	weeksTested = 26
	weeksDrawn  = 12
	longEnough  = 10 * time.Second // for a whole map; what is not there by then is shown without a number
)

// Evaluate computes where everything on a map stands at a moment; "" is the first map. Somebody else's answer of a few seconds ago may be given.
func (s *Service) Evaluate(ctx context.Context, mapID string, at time.Time) (Evaluation, error) {
	if err := org.Require(ctx, org.StrategyRead); err != nil {
		return Evaluation{}, err
	}
	m, err := s.maps.Read(ctx, s.db, mapID, func(ctx context.Context) (Map, error) { return s.read(ctx, mapID) })
	if err != nil {
		return Evaluation{}, err
	}
	return s.evaluated(ctx, m, at)
}

// Kept gives the text that make made under this key, and makes it anew when anything was committed since. The key must name everything else that
// it depends on, and of evaluations their stamp. What may be seen must be decided before it is asked for.
func (s *Service) Kept(ctx context.Context, key string, make func(ctx context.Context) (string, error)) (string, error) {
	return s.texts.Read(ctx, s.db, key, make)
}

// present names a map as it is now, to a reader of a zone.
func present(m Map, zone *time.Location) string {
	return fmt.Sprintf("%s %d %s", m.ID, m.UpdatedAt.UnixMicro(), zone)
}

// evaluated gives what was evaluated a moment ago as long as nothing came in since. When something did, whoever asks first sets off a new
// evaluation and nobody waits for it, unless the old one is older than bearable.
func (s *Service) evaluated(ctx context.Context, m Map, at time.Time) (Evaluation, error) {
	zone := s.measures.Zone(ctx)
	now := present(m, zone)
	age := s.clock().Sub(at)
	live := age > -keptFor && age < keptFor
	key := now // of the present there is one
	if !live {
		key = fmt.Sprintf("%s %d", now, at.Unix()/60)
	}
	epoch, told := s.measures.Epoch()
	if f, ok := s.shelf.take(key); ok {
		switch age := s.clock().Sub(f.made); {
		case age < 0:
		case !live || !told:
			if age < keptFor {
				return f.e, nil
			}
		case f.epoch == epoch && age < keptLong || age < keptLeast:
			return f.e, nil
		case age < bearable:
			s.flight.DoChan(key, func() (any, error) { return s.evaluateAnew(ctx, m, at, zone, key, now, live, 1) }) // beside those who look
			return f.e, nil
		}
	}
	v, err, _ := s.flight.Do(key, func() (any, error) { return s.evaluateAnew(ctx, m, at, zone, key, now, live, atOnce) })
	if err != nil {
		return Evaluation{}, fmt.Errorf("evaluate the map: %w", err)
	}
	return v.(Evaluation), nil
}

// evaluateAnew evaluates, so many measures at once, and keeps what comes out. Whoever asked first may leave; the others still wait for it.
func (s *Service) evaluateAnew(ctx context.Context, m Map, at time.Time, zone *time.Location, key, now string, live bool, most int) (Evaluation, error) {
	c, cancel := context.WithTimeout(context.WithoutCancel(ctx), longEnough)
	defer cancel()
	epoch, _ := s.measures.Epoch() // what comes in while it is evaluated may not be in it
	made := s.clock()
	e, err := s.evaluate(c, m, at, zone, most)
	if err == nil {
		s.shelf.put(key, shelved{e, made, epoch})
		if live {
			s.shelf.putLast(now, shelved{e, made, epoch})
		}
	}
	return e, err
}

// soon is evaluated for those who can do with the state of some minutes ago, and must not wait for a new one.
func (s *Service) soon(ctx context.Context, m Map, at time.Time) (Evaluation, error) {
	e, made, ok := s.shelf.last(present(m, s.measures.Zone(ctx)))
	age := at.Sub(made)
	if !ok || age > longSince || age < -time.Minute {
		return s.evaluated(ctx, m, at)
	}
	if age > aMomentAgo {
		go func() {
			if _, err := s.evaluated(context.WithoutCancel(ctx), m, at); err != nil {
				s.log.Warn("a map could not be evaluated anew", "map", m.ID, "error", err)
			}
		}()
	}
	return e, nil
}

const (
	aMomentAgo = time.Minute
	longSince  = 6 * time.Hour
)

func (s *Service) evaluate(ctx context.Context, m Map, at time.Time, zone *time.Location, most int) (Evaluation, error) {
	ctx = i18n.With(ctx, i18n.Lang(ctx), zone) // weeks are cut by it
	e := Evaluation{Map: m, At: at, Objectives: make([]Standing, len(m.Objectives)), Stamp: s.stamps.Add(1)}
	weekly := make([][]float64, len(m.Objectives))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(most)
	for i, o := range m.Objectives {
		st := &e.Objectives[i]
		st.Objective = o
		st.Readings = make([]Reading, len(o.Measures))
		for j, measured := range o.Measures {
			g.Go(func() error {
				release, err := s.turn(gctx)
				if late(gctx, err) {
					st.Readings[j] = Reading{Measure: measured, Window: measured.Window(at, zone), Why: NoNumber}
					return nil
				}
				if err != nil {
					return err
				}
				defer release()
				r, err := s.reading(gctx, measured, o.DueAt, at, zone)
				if err != nil && !late(gctx, err) {
					return err
				}
				if err != nil {
					r.Why = NoNumber
				}
				course, err := s.weekly(gctx, measured, at)
				if err != nil && !late(gctx, err) {
					return err
				}
				r.Spark = course[max(0, len(course)-weeksDrawn):]
				st.Readings[j] = r
				if j == 0 {
					weekly[i] = oriented(measured, r.Unit, course)
				}
				return nil
			})
		}
	}
	if err := g.Wait(); err != nil {
		return e, err
	}
	top := ""
	if bands := m.Bands(); len(bands) > 0 {
		top = bands[0].ID
	}
	index := map[string]int{}
	for i := range e.Objectives {
		st := &e.Objectives[i]
		index[st.ID] = i
		st.settle(m, top, at)
		switch st.Rolled.State {
		case stat.OnTrack:
			e.OnTrack++
		case stat.Watch:
			e.Watch++
		case stat.Off:
			e.Off++
		default:
			e.Unknown++
		}
	}
	for _, l := range m.Links {
		t := Tested{Link: l}
		from, okFrom := index[l.Origin]
		to, okTo := index[l.Serves]
		if okFrom && okTo {
			t.Correlation = stat.Correlate(stat.Changes(weekly[from]), stat.Changes(weekly[to]), (l.LagDays+3)/7, true)
		}
		e.Links = append(e.Links, t)
	}
	return e, nil
}

// late reports whether a number was not there in time. A map is shown without it: what was asked for is read behind the pages and kept, so
// that it is there soon.
func late(ctx context.Context, err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(ctx.Err(), context.DeadlineExceeded)
}

// turn waits until a measure may be computed.
func (s *Service) turn(ctx context.Context) (release func(), err error) {
	select {
	case s.turns <- struct{}{}:
		return func() { <-s.turns }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// settle rolls the measures up and notes what is missing.
func (st *Standing) settle(m Map, top string, at time.Time) {
	var parts, leading, lagging []stat.Part
	noData := false
	for _, r := range st.Readings {
		part := stat.Part{Weight: r.Weight, Progress: r.Progress, Expected: r.Expected, Fresh: r.Why == Judged}
		if parts = append(parts, part); r.Timing == Leading {
			leading = append(leading, part)
		} else {
			lagging = append(lagging, part)
		}
		noData = noData || r.Why != Judged && r.Why != NoPath
	}
	judge := stat.DefaultThresholds()
	st.Rolled, st.Leading, st.Lagging = judge.RollUp(parts), judge.RollUp(leading), judge.RollUp(lagging)
	serves := m.Band(st.Perspective) == top
	for _, l := range m.Links {
		serves = serves || l.Origin == st.ID
	}
	for _, g := range []struct {
		gap  Gap
		lack bool
	}{
		{NoOwner, st.Owner == ""}, {NoDue, st.DueAt.IsZero()}, {Overdue, !st.DueAt.IsZero() && !at.Before(st.DueAt)},
		{NoMeasure, len(st.Readings) == 0}, {NoData, noData}, {NoLink, !serves},
	} {
		if g.lack {
			st.Missing = append(st.Missing, g.gap)
		}
	}
}

// reading computes a measure and judges it.
func (s *Service) reading(ctx context.Context, m Measure, due, at time.Time, zone *time.Location) (Reading, error) {
	r := Reading{Measure: m, Window: m.Window(at, zone)}
	def, err := s.measures.Find(m.Measure)
	if err != nil {
		r.Why = Gone
		return r, nil
	}
	r.Unit = def.Unit
	r.Result, err = s.measures.Compute(measure.Permitted(ctx), m.Measure, r.Window, m.Filter())
	if problem.Is(err, problem.Invalid) || problem.Is(err, problem.Missing) {
		r.Why = Gone
		return r, nil
	}
	if err != nil {
		return r, fmt.Errorf("measure %s: %w", m.Measure, err)
	}
	r.judge(due, at)
	return r, nil
}

// judge sets progress, expectation and state from the result.
func (r *Reading) judge(due, at time.Time) {
	var notReached bool
	r.Value, notReached = pick(r.Result, r.Unit, r.Statistic)
	progress, err := r.Goal().Progress(r.Value.Value)
	expected, path := r.Measure.Expected(at, due)
	switch {
	case !r.Value.Defined():
		r.Why = NoNumber
	case err != nil:
		r.Why = BadGoal
	case notReached && !(r.Better == kpi.Lower && r.Value.Value > r.Baseline):
		r.Why = NotReached
	case !r.Value.OK() && !notReached:
		r.Why = TooFew
	case !path:
		r.Why = NoPath
	}
	if err == nil && r.Value.Defined() {
		r.Progress = progress
	}
	if path {
		r.Expected = expected
	}
	if r.Why == Judged {
		r.State = stat.DefaultThresholds().State(r.Progress, r.Expected)
	}
}

// pick takes the number of a statistic out of a result. notReached: so many still wait that the number is only "more than".
func pick(r measure.Result, u kpi.Unit, statistic Statistic) (e stat.Estimate, notReached bool) {
	if u != kpi.Seconds {
		return r.Value, false
	}
	w := r.Median
	if statistic == P90 {
		w = r.P90
	}
	return w.In(time.Second), w.Defined() && !w.Reached && w.Grade == stat.Enough
}

// weekly is the course of a measure over the last weeks.
func (s *Service) weekly(ctx context.Context, m Measure, at time.Time) ([]Sample, error) {
	points, err := s.measures.Series(measure.Permitted(ctx), m.Measure, measure.Last(7*weeksTested, at, i18n.Zone(ctx)), measure.Week, m.Filter())
	if problem.Is(err, problem.Invalid) || problem.Is(err, problem.Missing) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("course of %s: %w", m.Measure, err)
	}
	out := make([]Sample, len(points))
	for i, p := range points {
		e, _ := pick(p.Result, p.Unit, m.Statistic)
		// So many in a part of a week are not so many in a week; a share, a wait and what is open now need no whole week.
		known := e.Defined() && finite(e.Value) && !(p.Short && p.Unit == kpi.Posts)
		out[i] = Sample{At: p.Window.From, Value: e.Value, Known: known, Short: p.Short}
	}
	return out, nil
}

// oriented turns a weekly course so that up is better; counts of a week stand for so many in the window. Weeks that are missing
// or not whole are NaN: all measures lack the same days of those, so that unrelated ones would seem to move together.
func oriented(m Measure, u kpi.Unit, course []Sample) []float64 {
	out := make([]float64, len(course))
	for i, p := range course {
		v := p.Value
		if u == kpi.Posts {
			v *= float64(m.Days) / 7
		}
		switch m.Better {
		case kpi.Lower:
			v = -v
		case kpi.Within:
			share, err := m.Goal().Progress(v)
			if v = stat.Clip(share); err != nil {
				p.Known = false
			}
		}
		if !p.Known || p.Short || !finite(v) {
			v = math.NaN()
		}
		out[i] = v
	}
	return out
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// Course is how a measure of an objective went, window after window, with what was expected.
type Course struct {
	Reading  Reading
	Points   []CoursePoint
	Expected []Sample // from the baseline to the due date; nothing for a range
}

// CoursePoint is the number of the window that ends At.
type CoursePoint struct {
	At    time.Time
	Value stat.Estimate
}

// mostPoints bounds the windows that are computed for one course.
const mostPoints = 27

// Course computes a measure in windows ending each week (or rarer, over a long time) since its baseline, at least twelve weeks back: each
// point can be compared with the target, as points of a series of weeks could not.
func (s *Service) Course(ctx context.Context, r Reading, due, at time.Time) (Course, error) {
	if err := org.Require(ctx, org.StrategyRead); err != nil {
		return Course{}, err
	}
	c := Course{Reading: r}
	zone := s.measures.Zone(ctx)
	step, from := 7*24*time.Hour, at.AddDate(0, 0, -7*weeksDrawn)
	if r.BaselineAt.Before(from) {
		from = r.BaselineAt
	}
	if oldest := at.AddDate(-3, 0, 0); from.Before(oldest) {
		from = oldest
	}
	n := int(at.Sub(from)/step) + 1
	if n > mostPoints {
		n, step = mostPoints, at.Sub(from)/(mostPoints-1)
	}
	values := make([]CoursePoint, n)
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for i := range n {
		t := at.Add(-step * time.Duration(n-1-i))
		values[i].At = t
		g.Go(func() error {
			release, err := s.turn(gctx)
			if err != nil {
				return err
			}
			defer release()
			res, err := s.measures.Compute(measure.Permitted(gctx), r.Measure.Measure, r.Measure.Window(t, zone), r.Filter())
			if problem.Is(err, problem.Invalid) || problem.Is(err, problem.Missing) {
				return nil
			}
			if err != nil {
				return err
			}
			values[i].Value, _ = pick(res, r.Unit, r.Statistic)
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return c, fmt.Errorf("course of %s: %w", r.Measure.Measure, err)
	}
	c.Points = values
	if r.Better != kpi.Within && !due.IsZero() && due.After(r.BaselineAt) {
		for _, t := range []time.Time{r.BaselineAt, due} {
			if v, ok := r.ExpectedValue(t, due); ok && finite(v) {
				c.Expected = append(c.Expected, Sample{At: t, Value: v, Known: true})
			}
		}
	}
	return c, nil
}
