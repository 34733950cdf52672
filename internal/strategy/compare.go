package strategy

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/org"
)

// Comparison is a map as it stood at two moments, and what lies between.
type Comparison struct {
	Before, After Evaluation
	Objectives    []Compared // those of After in its order, then those that are gone
	Early         bool       // Before is a moment when the map was not made yet: its first form, with the numbers of that moment
	Changes       []Change   // of the map between the two, newest first, MostChanges at most
}

// MostChanges is how many changes a comparison lists.
const MostChanges = 100

// Compared is an objective at both moments; nil is not there.
type Compared struct {
	Before, After  *Standing
	Renamed, Moved bool
	Measures       []ComparedMeasure
}

// Added and Removed: it is only there at one of the two.
func (c Compared) Added() bool { return c.Before == nil }

// Removed reports whether it was there and is no more.
func (c Compared) Removed() bool { return c.After == nil }

// Verdict says whether two numbers differ by more than chance makes them.
type Verdict string

// The verdicts; "strategy.verdict.X" says each in words.
const (
	Clear     Verdict = "clear"
	Chance    Verdict = "chance"    // so much of a difference is to be expected when nothing changed
	CannotSay Verdict = "unknown"   // a number is missing or stands on too few
	Redefined Verdict = "redefined" // it is counted in another way now
)

// ComparedMeasure is a measure of an objective at both moments; nil is not there.
type ComparedMeasure struct {
	Before, After *Reading
	By, Low, High float64 // the difference and its 95 % interval, in the unit, unless the verdict is CannotSay or Redefined
	Verdict       Verdict
	Better        bool // whether the difference goes the way it should
}

// Compare says how a map stood at two moments, as the changes of the map tell it, with the numbers of those moments.
func (s *Service) Compare(ctx context.Context, mapID string, from, to time.Time) (Comparison, error) {
	if err := org.Require(ctx, org.StrategyRead); err != nil {
		return Comparison{}, err
	}
	if to.Before(from) {
		from, to = to, from
	}
	var c Comparison
	stood := func(at time.Time) (Evaluation, error) {
		m, existed, err := s.mapAt(ctx, mapID, at)
		if err != nil {
			return Evaluation{}, err
		}
		if !existed {
			c.Early = true
			if m, _, err = s.mapAt(ctx, mapID, m.CreatedAt); err != nil {
				return Evaluation{}, err
			}
		}
		return s.evaluated(ctx, m, at)
	}
	var err error
	if c.Before, err = stood(from); err != nil {
		return c, err
	}
	if c.After, err = stood(to); err != nil {
		return c, err
	}
	c.Changes, err = db.All(ctx, s.db.Read(), changeFields, "SELECT "+changeColumns+" FROM strategy_change WHERE map = $1 AND at > $2 AND at <= $3 ORDER BY number DESC"+db.Limit(MostChanges),
		mapID, db.T(from), db.T(to))
	if err != nil {
		return c, fmt.Errorf("read the changes between: %w", err)
	}
	for i := range c.After.Objectives {
		now := &c.After.Objectives[i]
		x := Compared{After: now}
		if was, ok := c.Before.Standing(now.ID); ok {
			x.Before = &was
			x.Renamed, x.Moved = !equalWords(was.Name, now.Name), was.Perspective != now.Perspective
		}
		s.compareMeasures(&x)
		c.Objectives = append(c.Objectives, x)
	}
	for i := range c.Before.Objectives {
		was := &c.Before.Objectives[i]
		if _, still := c.After.Standing(was.ID); !still {
			x := Compared{Before: was}
			s.compareMeasures(&x)
			c.Objectives = append(c.Objectives, x)
		}
	}
	return c, nil
}

func equalWords(a, b Words) bool {
	for _, w := range []Words{a, b} {
		for lang := range w {
			if a[lang] != b[lang] {
				return false
			}
		}
	}
	return true
}

func (s *Service) compareMeasures(x *Compared) {
	was := map[string]*Reading{}
	if x.Before != nil {
		for i := range x.Before.Readings {
			was[x.Before.Readings[i].ID] = &x.Before.Readings[i]
		}
	}
	if x.After != nil {
		for i := range x.After.Readings {
			r := &x.After.Readings[i]
			x.Measures = append(x.Measures, s.compareMeasure(was[r.ID], r))
			delete(was, r.ID)
		}
	}
	if x.Before != nil {
		for i := range x.Before.Readings {
			if r := was[x.Before.Readings[i].ID]; r != nil {
				x.Measures = append(x.Measures, ComparedMeasure{Before: r, Verdict: CannotSay})
			}
		}
	}
}

func (s *Service) compareMeasure(a, b *Reading) ComparedMeasure {
	m := ComparedMeasure{Before: a, After: b, Verdict: CannotSay}
	if a == nil || b.Hidden || !a.Value.Defined() || !b.Value.Defined() {
		return m
	}
	if a.Measure.Measure != b.Measure.Measure || a.Statistic != b.Statistic || a.Filter() != b.Filter() || a.Days != b.Days {
		m.Verdict = Redefined
		return m
	}
	m.By = b.Value.Value - a.Value.Value
	if m.Better = m.By > 0; b.Better == kpi.Lower {
		m.Better = m.By < 0
	} else if b.Better == kpi.Within {
		m.Better = b.Progress > a.Progress
	}
	def, err := s.measures.Find(b.Measure.Measure)
	switch {
	case err != nil:
	case def.Interval == kpi.ExactNumber:
		m.Low, m.High = m.By, m.By
		if m.Verdict = Clear; m.By == 0 {
			m.Verdict = Chance
		}
	case a.Why == NotReached || b.Why == NotReached || !a.Value.OK() || !b.Value.OK() || !a.Value.Bounded || !b.Value.Bounded:
	default:
		m.Low, m.High = difference(a.Value, b.Value)
		if m.Verdict = Chance; m.Low > 0 || m.High < 0 {
			m.Verdict = Clear
		}
	}
	return m
}

// difference is the 95 % interval of b − a from the intervals of both (MOVER, Zou and Donner 2008; for shares with Wilson intervals it is
// Newcombe's). It takes the two as independent: where their windows overlap it is too wide rather than too narrow.
func difference(a, b stat.Estimate) (low, high float64) {
	d := b.Value - a.Value
	return d - math.Hypot(b.Value-b.Low, a.High-a.Value), d + math.Hypot(b.High-b.Value, a.Value-a.Low)
}
