package strategy

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/entente/entente/internal/db"
	ids "github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/intake"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Statistic is which number of a wait counts.
type Statistic string

// The statistics. Whole is for measures that are one number.
const (
	Whole  Statistic = ""
	Median Statistic = "median"
	P90    Statistic = "p90"
)

// Timing says whether a measure moves before the objective is reached or shows that it was (measures.md, section 1).
type Timing string

// The timings.
const (
	Leading Timing = "leading"
	Lagging Timing = "lagging"
)

// Measure says how an objective is measured: what counts, from where to where. Values are in the unit of the measure (kpi.Unit).
type Measure struct {
	ID, Objective string
	Position      int
	Measure       string // id of the catalogue
	Statistic     Statistic
	Better        kpi.Better // Higher, Lower or Within
	Weight        float64    // in the objective, over 0
	Baseline      float64
	BaselineAt    time.Time
	Target        float64 // for Within the nearer end of the range
	Low, High     float64 // the good range of Within
	Days          int     // width of the window
	Channel       string  // id, "" for all
	Topic         string  // id, "" for all
	Language      string  // as of measure.Filter, as what follows
	Community     string
	Kind          string
	Team          string
	Partner       string
	Campaign      string
	Defined       string // which definition of a measure that people put together the baseline is of, "" where nobody knows
	Timing        Timing
	Seen          string // as of an Objective
	Hidden        bool   // it is an amount, and whoever asked does not see those: Baseline, Target, Low and High are left out
}

// MaxMeasures is how many measures an objective may have.
const MaxMeasures = 8

const measureColumns = "m.id, m.objective, m.position, m.measure, m.statistic, m.better, m.weight, m.baseline, m.baseline_at, m.target, m.low, m.high, m.days, m.channel, m.topic, m.language, m.community, m.kind, m.team, m.partner, m.campaign, m.defined, m.timing"

type measureRow struct {
	Measure
	low, high *float64
}

func measureFields(m *measureRow) []any {
	return []any{&m.ID, &m.Objective, &m.Position, &m.Measure.Measure, (*string)(&m.Statistic), (*string)(&m.Better), &m.Weight, &m.Baseline, db.At(&m.BaselineAt), &m.Target,
		&m.low, &m.high, &m.Days, &m.Channel, &m.Topic, &m.Language, &m.Community, &m.Kind, &m.Team, &m.Partner, &m.Campaign, &m.Defined, (*string)(&m.Timing)}
}

func (m measureRow) settled() Measure {
	if m.low != nil && m.high != nil {
		m.Low, m.High = *m.low, *m.high
	}
	return m.Measure
}

func (m Measure) row() []any {
	var low, high any
	if m.Better == kpi.Within {
		low, high = m.Low, m.High
	}
	return []any{m.ID, m.Objective, m.Position, m.Measure, string(m.Statistic), string(m.Better), m.Weight, m.Baseline, db.T(m.BaselineAt), m.Target, low, high, m.Days, m.Channel, m.Topic, m.Language, m.Community, m.Kind, m.Team, m.Partner, m.Campaign, m.Defined, string(m.Timing)}
}

func insertMeasure(ctx context.Context, q db.Q, m Measure) error {
	return db.Insert(ctx, q, "objective_measure (id, objective, position, measure, statistic, better, weight, baseline, baseline_at, target, low, high, days, channel, topic, language, community, kind, team, partner, campaign, defined, timing)", [][]any{m.row()}, "")
}

// Filter is what the measure counts.
func (m Measure) Filter() measure.Filter {
	return measure.Filter{Channel: m.Channel, Topic: m.Topic, Language: m.Language, Community: m.Community, Kind: m.Kind, Team: m.Team, Partner: m.Partner, Campaign: m.Campaign}
}

// Narrow lets the measure count what a filter lets through; who has a conversation narrows no objective.
func (m *Measure) Narrow(f measure.Filter) {
	m.Channel, m.Topic, m.Language, m.Community, m.Kind, m.Team, m.Partner, m.Campaign = f.Channel, f.Topic, f.Language, f.Community, f.Kind, f.Team, f.Partner, f.Campaign
}

// Goal is what the measure should reach. A range counts as missed altogether at the baseline, when that is outside of it, and as far
// away on the other side; else at half its width beyond either end.
func (m Measure) Goal() stat.Goal {
	g := stat.Goal{Baseline: m.Baseline, Target: m.Target}
	switch m.Better {
	case kpi.Lower:
		g.Better = stat.Lower
	case kpi.Within:
		g.Better = stat.Within
		g.Lo, g.Hi = m.Low, m.High
		slack := (m.High - m.Low) / 2
		switch {
		case m.Baseline < m.Low:
			slack = m.Low - m.Baseline
		case m.Baseline > m.High:
			slack = m.Baseline - m.High
		}
		g.Min, g.Max = m.Low-slack, m.High+slack
	}
	return g
}

// Expected is the progress that should be made at t: from that of the baseline, at its date, in a straight line to 1 when it is due.
// known is false without a due date after the baseline.
func (m Measure) Expected(t, due time.Time) (share float64, known bool) {
	if due.IsZero() || !due.After(m.BaselineAt) {
		return 0, false
	}
	start, err := m.Goal().Progress(m.Baseline)
	if err != nil {
		return 0, false
	}
	start = stat.Clip(start)
	return start + (1-start)*stat.Path{From: m.BaselineAt, Due: due}.At(t), true
}

// ExpectedValue is Expected as a value of the measure; a range has none.
func (m Measure) ExpectedValue(t, due time.Time) (float64, bool) {
	share, ok := m.Expected(t, due)
	if !ok || m.Better == kpi.Within {
		return 0, false
	}
	return m.Baseline + (m.Target-m.Baseline)*share, true
}

// Window is what the measure looks at for its number at t, by the calendar of zone.
func (m Measure) Window(t time.Time, zone *time.Location) measure.Window {
	return measure.Last(m.Days, t, zone)
}

// checkMeasure puts a measure in order, or says all that is wrong with it.
func (s *Service) checkMeasure(ctx context.Context, m Measure) (Measure, error) {
	def, err := s.measures.Find(m.Measure)
	if err != nil {
		return m, problem.Of(err).On("measure")
	}
	var errs []error
	refuse := func(field, key string, args ...any) {
		errs = append(errs, problem.New(problem.Invalid, key, args...).On(field))
	}
	if def.Unit == kpi.Seconds {
		if m.Statistic == Whole {
			m.Statistic = Median
		}
		if m.Statistic != Median && m.Statistic != P90 {
			refuse("statistic", "strategy.statistic_unknown")
		}
	} else if m.Statistic != Whole {
		refuse("statistic", "strategy.statistic_unknown")
	}
	if m.Timing == "" {
		m.Timing = Lagging
	}
	if m.Timing != Leading && m.Timing != Lagging {
		refuse("timing", "strategy.timing_unknown")
	}
	if !(m.Weight > 0) || m.Weight > 1000 {
		refuse("weight", "strategy.weight_bad", "Max", 1000)
	}
	if m.Days < 1 || m.Days > 366 {
		refuse("days", "strategy.days_bad", "Max", 366)
	}
	if y := m.BaselineAt.Year(); y < 2000 || y > 2098 {
		refuse("baseline_at", "strategy.baseline_at_bad")
	}
	in := func(field string, v float64) bool {
		low, high := Bounds(def.Unit)
		if math.IsNaN(v) || v < low || v > high {
			refuse(field, "strategy.value_bad")
			return false
		}
		return true
	}
	ok := in("baseline", m.Baseline)
	switch m.Better {
	case kpi.Within:
		low, high := in("low", m.Low), in("high", m.High)
		if ok = ok && low && high; ok && m.Low > m.High {
			refuse("high", "strategy.range_bad")
		}
		if m.Target = m.Low; m.Baseline > m.High {
			m.Target = m.High
		}
	case kpi.Higher, kpi.Lower:
		m.Low, m.High = 0, 0
		if in("target", m.Target) && ok {
			switch m.Goal().Check() {
			case stat.ErrNoDistance:
				refuse("target", "strategy.target_same")
			case stat.ErrWrongWay:
				refuse("target", "strategy.target_wrong_way")
			case nil:
			default:
				refuse("target", "strategy.value_bad")
			}
		}
	default:
		refuse("better", "strategy.better_unknown")
	}
	for _, f := range []struct {
		field, value string
		list         func(context.Context) ([]measure.Choice, error)
	}{{"channel", m.Channel, s.measures.Channels}, {"topic", m.Topic, s.measures.Topics}} {
		if f.value == "" {
			continue
		}
		list, err := f.list(ctx)
		if err != nil {
			return m, err
		}
		if !has(list, f.value) {
			refuse(f.field, "strategy.filter_unknown")
		}
	}
	known := m.Filter()
	known.Channel, known.Topic = "", "" // looked at above: those that were removed do not count either
	if err := s.measures.Known(ctx, known); err != nil {
		errs = append(errs, err)
	}
	if err := measure.Accepts(def, m.Filter()); err != nil {
		errs = append(errs, err)
	}
	if m.Community, err = s.measures.CommunityID(ctx, m.Community); err != nil {
		return m, err
	}
	m.Defined = s.measures.Definition(def)
	return m, errors.Join(errs...)
}

func has(list []measure.Choice, value string) bool {
	for _, c := range list {
		if c.ID == value {
			return true
		}
	}
	return false
}

// Bounds are the least and the greatest value that a unit allows.
func Bounds(u kpi.Unit) (low, high float64) {
	switch u {
	case kpi.Share:
		return 0, 1
	case kpi.Points:
		return -100, 100
	case kpi.Seconds:
		return 0, 10 * 366 * 86400
	case kpi.Money, kpi.Ratio, kpi.Score:
		return -1e12, 1e12
	case kpi.Index:
		return 0, 1000
	}
	return 0, 1e12
}

// Typed is how many of a measure's unit are in one of the unit in which people type it: hours for seconds, per cent for shares, euros for cents.
func Typed(u kpi.Unit) float64 {
	switch u {
	case kpi.Seconds:
		return 3600
	case kpi.Share, kpi.Ratio:
		return 0.01
	case kpi.Money:
		return 100
	}
	return 1
}

// TypedIn is Typed in a currency: yen have no cents, dinars have a thousand. "" is not known, and taken for hundredths.
func TypedIn(u kpi.Unit, currency string) float64 {
	if u == kpi.Money && currency != "" {
		return math.Pow10(intake.MinorFigures(currency))
	}
	return Typed(u)
}

func (m Measure) summary() map[string]any {
	return map[string]any{"objective": m.Objective, "measure": m.Measure, "better": m.Better, "baseline": m.Baseline, "target": m.Target, "low": m.Low, "high": m.High, "weight": m.Weight}
}

// AddMeasure gives an objective one more measure.
func (s *Service) AddMeasure(ctx context.Context, m Measure) (Measure, error) {
	o, err := s.ofMap(ctx, m.Objective)
	if err != nil {
		return m, err
	}
	if m, err = s.checkMeasure(ctx, m); err != nil {
		return m, err
	}
	m.ID = s.newID()
	err = s.edit(ctx, o.Map, "strategy.measure_added", "objective:"+o.ID, m.summary(), func(ctx context.Context, q db.Q) error {
		n, _, err := db.Value[int](ctx, q, "SELECT COUNT(*) FROM objective_measure WHERE objective = $1", o.ID)
		if err != nil {
			return fmt.Errorf("count measures: %w", err)
		}
		if n >= MaxMeasures {
			return problem.New(problem.Invalid, "strategy.too_many_measures", "Max", MaxMeasures)
		}
		if m.Position, _, err = db.Value[int](ctx, q, "SELECT COALESCE(MAX(position) + 1, 0) FROM objective_measure WHERE objective = $1", o.ID); err != nil {
			return fmt.Errorf("find the last place: %w", err)
		}
		return insertMeasure(ctx, q, m)
	})
	return m, err
}

// MeasureOf reads a measure of an objective by its own id.
func (s *Service) MeasureOf(ctx context.Context, id string) (Measure, error) {
	if err := org.Require(ctx, org.StrategyRead); err != nil {
		return Measure{}, err
	}
	if !ids.Valid(id) {
		return Measure{}, notFound()
	}
	m, found, err := db.One(ctx, s.db.Read(), measureFields, "SELECT "+measureColumns+" FROM objective_measure m WHERE m.id = $1", id)
	if err != nil {
		return Measure{}, fmt.Errorf("read a measure: %w", err)
	}
	if !found {
		return Measure{}, notFound()
	}
	return s.shownObjective(ctx, Objective{Measures: []Measure{m.settled()}}).Measures[0], nil
}

// ChangeMeasure saves a measure anew; its objective and place stay.
func (s *Service) ChangeMeasure(ctx context.Context, m Measure) (Measure, error) {
	was, err := s.MeasureOf(ctx, m.ID)
	if err != nil {
		return m, err
	}
	o, err := s.ofMap(ctx, was.Objective)
	if err != nil {
		return m, err
	}
	m.Objective, m.Position = was.Objective, was.Position
	if m, err = s.checkMeasure(ctx, m); err != nil {
		return m, err
	}
	if m.Measure == was.Measure && m.Baseline == was.Baseline && m.BaselineAt.Sub(was.BaselineAt).Abs() < 24*time.Hour {
		m.Defined = was.Defined // the baseline is the old one
	}
	err = s.edit(ctx, o.Map, "strategy.measure_changed", "objective:"+o.ID, m.summary(), func(ctx context.Context, q db.Q) error {
		is, found, err := db.One(ctx, q, measureFields, "SELECT "+measureColumns+" FROM objective_measure m WHERE m.id = $1", m.ID)
		if err != nil {
			return fmt.Errorf("read a measure: %w", err)
		}
		if !found {
			return notFound()
		}
		if err := overtaken(m.Seen, is.settled().Stamp()); err != nil {
			return err
		}
		n, err := db.Exec(ctx, q, `UPDATE objective_measure SET objective = $2, position = $3, measure = $4, statistic = $5, better = $6, weight = $7, baseline = $8, baseline_at = $9,
			target = $10, low = $11, high = $12, days = $13, channel = $14, topic = $15, language = $16, community = $17, kind = $18, team = $19, partner = $20, campaign = $21, defined = $22, timing = $23 WHERE id = $1`, m.row()...)
		if err != nil {
			return fmt.Errorf("change a measure: %w", err)
		}
		if n == 0 {
			return notFound()
		}
		return nil
	})
	return m, err
}

// RemoveMeasure takes a measure away from its objective.
func (s *Service) RemoveMeasure(ctx context.Context, id string) error {
	m, err := s.MeasureOf(ctx, id)
	if err != nil {
		return err
	}
	o, err := s.ofMap(ctx, m.Objective)
	if err != nil {
		return err
	}
	return s.edit(ctx, o.Map, "strategy.measure_removed", "objective:"+o.ID, m.summary(), func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, "DELETE FROM objective_measure WHERE id = $1", id)
		return err
	})
}
