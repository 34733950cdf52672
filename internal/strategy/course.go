package strategy

import (
	"context"
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

// weekly is the course of a measure over the last weeks.
func (s *Service) weekly(ctx context.Context, m Measure, at time.Time) ([]Sample, error) {
	return s.samples(ctx, m, recent(at, i18n.Zone(ctx)))
}

// samples is the course of a measure week by week.
func (s *Service) samples(ctx context.Context, m Measure, w measure.Window) ([]Sample, error) {
	points, err := s.measures.Series(measure.Permitted(ctx), m.Measure, w, measure.Week, m.Filter())
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
	Expected []Sample      // from the baseline to the due date; nothing for a range
	Shared   time.Duration // windows that end less than this apart share days
}

// CoursePoint is the number of the window that ends At.
type CoursePoint struct {
	At    time.Time
	Value stat.Estimate
	N     int // what stands behind it
}

// mostPoints bounds the windows that are computed for one course.
const mostPoints = 27

// Course computes a measure in windows ending each week (or rarer, over a long time) since its baseline, at least twelve weeks back, and where facts
// are older as far back as it is until the due date and as enough windows reach that share no day, so that the line can be drawn on to it: each point can be compared with the target, as points of
// a series of weeks could not.
func (s *Service) Course(ctx context.Context, r Reading, due, at time.Time) (Course, error) {
	if err := org.Require(ctx, org.StrategyRead); err != nil {
		return Course{}, err
	}
	c := Course{Reading: r}
	if r.Hidden {
		return c, nil
	}
	zone := s.measures.Zone(ctx)
	step, from := 7*24*time.Hour, at.AddDate(0, 0, -7*weeksDrawn)
	if r.BaselineAt.Before(from) {
		from = r.BaselineAt
	}
	def, err := s.measures.Find(r.Measure.Measure)
	if err != nil {
		return c, nil // it is gone, which the page says
	}
	if !def.Stock { // what is open now is so at a moment
		c.Shared = time.Duration(r.Days) * 24 * time.Hour
	}
	back := at.AddDate(0, 0, -r.Days*(stat.FewestSteps+1))
	if far := at.Add(-due.Sub(at)); far.Before(back) {
		back = far
	}
	if !due.IsZero() && back.Before(from) {
		since, err := s.measures.Since(ctx, def)
		if err != nil {
			return c, err
		}
		if whole := since.AddDate(0, 0, r.Days); !since.IsZero() && whole.Before(from) { // the first window that is told whole
			if from = whole; from.Before(back) {
				from = back
			}
		}
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
			values[i].N = res.N
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
