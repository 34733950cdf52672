package strategy

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/org"
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
	Few      bool        // a number of it stands on too few observations
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
	Stale      Reason = "stale"       // a number, and nothing of the kind it stands on was told within its window
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
	// Redefined says that people changed what the measure counts after its baseline was taken.
	Redefined bool
	Spark     []Sample // the last weeks, week by week
	whole     *Reading // with its amounts, where those are Hidden
}

// Sample is one step of a course; Value means nothing when it is not Known.
type Sample struct {
	At    time.Time
	Value float64
	Known bool
	Short bool // the week began before the course or is not over
}

// Tested is a link with what a measure of each end says about it: the first two of which enough weeks are known.
type Tested struct {
	Link
	Correlation stat.Correlation // of weekly changes
	From, To    int              // which measures of the two ends
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
	m, err := s.maps.Read(ctx, s.db, mapID, func(ctx context.Context) (Map, error) { return s.standing(ctx, mapID) })
	if err != nil {
		return Evaluation{}, err
	}
	return s.evaluated(ctx, m, at)
}

// Version stands for all that is stored: while it is the same, pages made of it are too.
func (s *Service) Version(ctx context.Context) (string, error) { return s.db.Version(ctx) }

// present names a map as it is now, to a reader of a zone.
func present(m Map, zone *time.Location) string {
	return fmt.Sprintf("%s %d %s", m.ID, m.UpdatedAt.UnixMicro(), zone)
}

// evaluated gives what was evaluated a moment ago as long as nothing came in since. When something did, whoever asks first sets off a new
// evaluation and nobody waits for it, unless the old one is older than bearable.
func (s *Service) evaluated(ctx context.Context, m Map, at time.Time) (Evaluation, error) {
	e, err := s.evaluatedWhole(ctx, m, at)
	return s.shown(ctx, e), err
}

// evaluatedWhole is evaluated with all amounts.
func (s *Service) evaluatedWhole(ctx context.Context, m Map, at time.Time) (Evaluation, error) {
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
	most := atOnce
	if _, _, known := s.shelf.last(now); known && live {
		most = 1 // most of it did not change
	}
	v, err, _ := s.flight.Do(key, func() (any, error) { return s.evaluateAnew(ctx, m, at, zone, key, now, live, most) })
	if err != nil {
		return Evaluation{}, fmt.Errorf("evaluate the map: %w", err)
	}
	return v.(Evaluation), nil
}

// evaluateAnew evaluates, so many measures at once, and keeps what comes out. Whoever asked first may leave; the others still wait for it.
func (s *Service) evaluateAnew(ctx context.Context, m Map, at time.Time, zone *time.Location, key, now string, live bool, most int) (Evaluation, error) {
	c, cancel := context.WithTimeout(org.WithMoney(context.WithoutCancel(ctx)), longEnough) // it is kept for all who look
	defer cancel()
	epoch, _ := s.measures.Epoch() // what comes in while it is evaluated may not be in it
	made := s.clock()
	var e Evaluation
	evaluate := func(c context.Context) (err error) {
		e, err = s.evaluate(c, m, at, zone, most)
		return err
	}
	var err error
	if most == 1 && s.shelf.moment.TryLock() {
		err = func() error {
			defer s.shelf.moment.Unlock()
			return s.measures.Together(c, evaluate)
		}()
	} else {
		err = evaluate(c)
	}
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
	return s.shown(ctx, e), nil
}

const (
	aMomentAgo = time.Minute
	longSince  = 6 * time.Hour
)

func (s *Service) evaluate(ctx context.Context, m Map, at time.Time, zone *time.Location, most int) (Evaluation, error) {
	ctx = i18n.With(ctx, i18n.Lang(ctx), zone) // weeks are cut by it
	e := Evaluation{Map: m, At: at, Objectives: make([]Standing, len(m.Objectives)), Stamp: s.stamps.Add(1)}
	weekly := make([][][]float64, len(m.Objectives))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(most)
	for i, o := range m.Objectives {
		st := &e.Objectives[i]
		st.Objective = o
		st.Readings = make([]Reading, len(o.Measures))
		weekly[i] = make([][]float64, len(o.Measures))
		for j, measured := range o.Measures {
			g.Go(func() error {
				release, err := s.turn(gctx)
				if err != nil {
					if !late(gctx, err) {
						return err
					}
					st.Readings[j] = Reading{Measure: measured, Window: measured.Window(at, zone), Why: NoNumber}
					s.await(ctx, measured, at)
					return nil
				}
				defer release()
				runtime.Gosched() // pages come first
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
				weekly[i][j] = oriented(measured, r.Unit, s.past.before(pastKey(measured, at, zone), course))
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
			t = tested(l, len(weekly[from]), len(weekly[to]), func(end string, j int) []float64 {
				if end == l.Origin {
					return weekly[from][j]
				}
				return weekly[to][j]
			})
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

// await lets a measure that was not come to be read behind the pages, as far back as its course goes.
func (s *Service) await(ctx context.Context, m Measure, at time.Time) {
	if def, err := s.measures.Find(m.Measure); err == nil {
		s.measures.Keep(ctx, def, m.Filter(), at.AddDate(0, 0, -7*(weeksTested+1)))
	}
}

// turn waits until a measure may be computed. Nobody gets one whose time is over.
func (s *Service) turn(ctx context.Context) (release func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case s.turns <- struct{}{}:
		return func() { <-s.turns }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
