package stat

import (
	"math"
	"time"

	"github.com/entente/entente/internal/sorting"
)

// Better says which way a measure should move.
type Better int

const (
	// Higher means more is better (maximise).
	Higher Better = iota
	// Lower means less is better (minimise).
	Lower
	// Within means inside a range is best.
	Within
)

// GoalError is why a goal cannot be scored; the caller turns it into words.
type GoalError string

// Error returns the reason in English, for logs.
func (e GoalError) Error() string { return string(e) }

const (
	// ErrNotFinite means a number of the goal, or the value, is missing or infinite.
	ErrNotFinite GoalError = "a number of the goal is not finite"
	// ErrNoDistance means the target is the baseline, so that no progress is possible.
	ErrNoDistance GoalError = "the target equals the baseline"
	// ErrWrongWay means the target lies on the worse side of the baseline.
	ErrWrongWay GoalError = "the target is worse than the baseline"
	// ErrRange means the range is not min ≤ lo ≤ hi ≤ max.
	ErrRange GoalError = "the range is not min ≤ lo ≤ hi ≤ max"
)

// Goal is what a measure should reach, in the measure's unit. Higher and Lower use Baseline and Target; Within uses Lo..Hi as
// the good range and Min, Max as the values that count as no progress.
type Goal struct {
	Better           Better
	Baseline, Target float64
	Lo, Hi           float64
	Min, Max         float64
}

// Check reports why the goal cannot be scored, as a GoalError, or nil.
func (g Goal) Check() error {
	if g.Better == Within {
		switch {
		case !finite(g.Lo, g.Hi, g.Min, g.Max):
			return ErrNotFinite
		case g.Min > g.Lo || g.Lo > g.Hi || g.Hi > g.Max:
			return ErrRange
		}
		return nil
	}
	switch {
	case !finite(g.Baseline, g.Target, g.Target-g.Baseline):
		return ErrNotFinite
	case g.Target == g.Baseline:
		return ErrNoDistance
	case (g.Target > g.Baseline) != (g.Better == Higher):
		return ErrWrongWay
	}
	return nil
}

// Progress scores value: (v−b)/(t−b) for Higher and Lower, where the signs cancel; for Within 1 inside Lo..Hi and linear to 0 at
// Min and Max. The result is raw: under 0 when worse than the start, over 1 beyond the target. Use Clip for roll-ups.
func (g Goal) Progress(value float64) (float64, error) {
	if err := g.Check(); err != nil {
		return 0, err
	}
	if !finite(value) {
		return 0, ErrNotFinite
	}
	p := 0.0
	switch {
	case g.Better != Within:
		p = (value - g.Baseline) / (g.Target - g.Baseline)
	case value >= g.Lo && value <= g.Hi:
		p = 1
	case value < g.Lo && g.Lo > g.Min:
		p = (value - g.Min) / (g.Lo - g.Min)
	case value > g.Hi && g.Max > g.Hi:
		p = (g.Max - value) / (g.Max - g.Hi)
	}
	if !finite(p) {
		return 0, ErrNotFinite
	}
	return p, nil
}

// Clip limits a raw progress to 0..1, so that one measure beyond its target cannot hide another that is behind.
func Clip(progress float64) float64 {
	if math.IsNaN(progress) {
		return 0
	}
	return clamp(progress, 0, 1)
}

// Checkpoint is a share of the way expected by a date, for seasonal paths.
type Checkpoint struct {
	At    time.Time
	Share float64
}

// Path is how progress is expected to grow from 0 at From to 1 at Due: in a straight line, or through Checkpoints between them.
type Path struct {
	From, Due   time.Time
	Checkpoints []Checkpoint
}

// At returns the progress expected at t, 0 before From and 1 from Due on. A path that ends before it starts expects 1.
// Checkpoints outside From..Due and shares that are not finite are ignored; shares are clipped to 0..1.
func (p Path) At(t time.Time) float64 {
	switch {
	case !t.Before(p.Due):
		return 1
	case !t.After(p.From):
		return 0
	}
	points := []Checkpoint{{p.From, 0}}
	for _, c := range p.Checkpoints {
		if c.At.After(p.From) && c.At.Before(p.Due) && finite(c.Share) {
			points = append(points, Checkpoint{c.At, Clip(c.Share)})
		}
	}
	points = append(points, Checkpoint{p.Due, 1})
	sorting.Stable(points, func(a, b Checkpoint) int { return a.At.Compare(b.At) })
	for i := 1; i < len(points); i++ {
		a, b := points[i-1], points[i]
		if t.Before(b.At) {
			// Seconds, because two dates can be further apart than a Duration holds.
			share := seconds(a.At, t) / seconds(a.At, b.At)
			return a.Share + (b.Share-a.Share)*share
		}
	}
	return 1
}

func seconds(from, to time.Time) float64 {
	return float64(to.Unix()-from.Unix()) + float64(to.Nanosecond()-from.Nanosecond())/1e9
}

// State is how progress to date stands against the expected path.
type State int

const (
	// Unknown means no fresh data to judge by; it is never shown as bad or good.
	Unknown State = iota
	// OnTrack means at or near the expected path.
	OnTrack
	// Watch means behind, within reach.
	Watch
	// Off means far behind.
	Off
)

// String returns a stable word for storage and class names: unknown, on-track, watch or off.
func (s State) String() string {
	switch s {
	case OnTrack:
		return "on-track"
	case Watch:
		return "watch"
	case Off:
		return "off"
	default:
		return "unknown"
	}
}

// Thresholds say how far behind the expected path a measure may be, as a share of the expected progress, with a floor in
// progress points so that the first weeks do not flicker.
type Thresholds struct {
	WatchBehind, OffBehind float64 // share of the expected progress
	WatchFloor, OffFloor   float64 // points of progress (0.05 is five points)
	Coverage               float64 // least coverage for a roll-up to have a state
}

// DefaultThresholds: on track within 10 % of the path (or 5 points), off beyond 30 % (or 10 points), half of the weight fresh.
func DefaultThresholds() Thresholds {
	return Thresholds{WatchBehind: 0.10, OffBehind: 0.30, WatchFloor: 0.05, OffFloor: 0.10, Coverage: 0.5}
}

// State judges progress to date (raw or clipped) against expected, both as shares of the way from baseline to target.
func (t Thresholds) State(progress, expected float64) State {
	if !finite(progress, expected) {
		return Unknown
	}
	const slack = 1e-9
	behind := expected - progress
	switch {
	case behind <= math.Max(t.WatchFloor, t.WatchBehind*expected)+slack:
		return OnTrack
	case behind <= math.Max(t.OffFloor, t.OffBehind*expected)+slack:
		return Watch
	}
	return Off
}

// Part is one measure of an objective.
type Part struct {
	Weight   float64 // 0 or less, or not finite, counts as no weight
	Progress float64 // raw
	Expected float64 // by the path, 0..1
	Fresh    bool    // whether the value is known and recent enough
}

// Rolled is the progress of an objective.
type Rolled struct {
	Progress float64 // 0..1, weighted over fresh measures
	Expected float64 // 0..1, weighted the same way
	Coverage float64 // share of the weight that was fresh, 0..1
	Fresh    int     // measures used
	Total    int     // measures with a weight
	State    State
}

// RollUp computes Σ wᵢpᵢ / Σ wᵢ over measures with fresh data, progress clipped to 0..1, and publishes how much of the weight that
// covers. Under the least coverage, and with nothing fresh, the state is Unknown.
func (t Thresholds) RollUp(parts []Part) Rolled {
	var r Rolled
	heaviest := 0.0
	for _, p := range parts {
		if finite(p.Weight) {
			heaviest = math.Max(heaviest, p.Weight)
		}
	}
	var all, fresh float64
	for _, p := range parts {
		if !finite(p.Weight) || p.Weight <= 0 {
			continue
		}
		w := p.Weight / heaviest // so that sums cannot overflow
		r.Total++
		all += w
		if !p.Fresh || !finite(p.Progress, p.Expected) {
			continue
		}
		r.Fresh++
		fresh += w
		r.Progress += w * Clip(p.Progress)
		r.Expected += w * Clip(p.Expected)
	}
	if fresh <= 0 {
		return Rolled{Total: r.Total}
	}
	r.Progress, r.Expected, r.Coverage = Clip(r.Progress/fresh), Clip(r.Expected/fresh), Clip(fresh/all)
	if r.Coverage+1e-9 >= t.Coverage {
		r.State = t.State(r.Progress, r.Expected)
	}
	return r
}
