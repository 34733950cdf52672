package strategy

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/strategy/check"
)

// Means is what there is to reach objectives with, as the plan knows it; its zero value is that nothing is known.
type Means struct {
	Funded      map[string]bool       // objectives with an approved initiative; nil: not known
	Load        map[string]check.Load // hours a week, by owner
	Served      map[string]bool       // objectives with any initiative
	Checkpoints map[string]int        // dates between now and the end at which an objective is looked at
}

// monthsOfHistory is how far back targets are held against what was reached before.
const monthsOfHistory = 25

// Smart holds an objective of an evaluated map against the rules of package check. label names measures for the reader.
func (s *Service) Smart(ctx context.Context, e Evaluation, st Standing, means Means, label func(Measure) string) (check.SMART, error) {
	if err := org.Require(ctx, org.StrategyRead); err != nil {
		return check.SMART{}, err
	}
	over, err := s.overrides(ctx, e.Map.ID)
	if err != nil {
		return check.SMART{}, err
	}
	o := s.known(e, st, means, label)
	// Hours are for those who steer, and one's own: as in the plan of time.
	if who := org.Who(ctx); org.Require(ctx, org.StrategyEdit) != nil && (who == nil || who.ID != st.Owner) {
		o.Planned, o.Withheld = nil, means.Served[st.ID]
	}
	o.Overridden = over[st.ID]
	ctx = org.WithMoney(ctx) // history is held against, and not told
	hidden := map[string]bool{}
	for i, r := range st.Readings {
		hidden[r.ID], r = r.Hidden, r.open()
		if o.Measures[i].Months, err = s.months(ctx, r, e.At); err != nil {
			return check.SMART{}, err
		}
		if o.Measures[i].Then, err = s.then(ctx, r); err != nil {
			return check.SMART{}, err
		}
	}
	found := check.Check(o, e.At)
	for i, f := range found.Findings {
		if hidden[f.Measure] && len(f.Args) > 2 { // its name, then amounts
			found.Findings[i].Rule, found.Findings[i].Args = f.Rule+"_hidden", f.Args[:2]
		}
	}
	return found, nil
}

// CheckMap holds an evaluated map against the rules of package check.
func (s *Service) CheckMap(ctx context.Context, e Evaluation, means Means) ([]check.Flaw, error) {
	if err := org.Require(ctx, org.StrategyRead); err != nil {
		return nil, err
	}
	m := check.Map{Touched: map[string]time.Time{}, Funded: means.Funded}
	for _, st := range e.Objectives {
		m.Objectives = append(m.Objectives, s.known(e, st, means, func(x Measure) string { return x.Measure }))
		m.Touched[st.ID] = st.UpdatedAt
	}
	for _, l := range e.Map.Links {
		m.Links = append(m.Links, [2]string{l.Origin, l.Serves})
	}
	return check.CheckMap(m, e.At), nil
}

// known is what the rules look at, without history.
func (s *Service) known(e Evaluation, st Standing, means Means, label func(Measure) string) check.Objective {
	top := ""
	if bands := e.Map.Bands(); len(bands) > 0 {
		top = bands[0].ID
	}
	o := check.Objective{ID: st.ID, Name: st.Name, Owner: st.Owner, Stakeholders: len(st.Stakeholders), Goal: st.Goal, Business: e.Map.business(st.ID),
		Top: e.Map.Band(st.Perspective) == top, Stage: string(st.Stage), Due: st.DueAt, Checkpoints: means.Checkpoints[st.ID]}
	if load, ok := means.Load[st.Owner]; ok && means.Served[st.ID] {
		o.Planned = &load
	}
	for _, r := range st.Readings {
		r = r.open()
		m := check.Measure{ID: r.Measure.ID, Name: label(r.Measure), Narrowed: r.Filter() != (measure.Filter{}), Leading: r.Timing == Leading,
			Judged: r.Why == Judged || r.Why == NoPath, Maximise: r.Better == kpi.Higher, Minimise: r.Better == kpi.Lower, Within: r.Better == kpi.Within,
			Baseline: r.Baseline, BaselineAt: r.BaselineAt, Target: r.Target}
		if def, err := s.measures.Find(r.Measure.Measure); err == nil {
			m.Unit, m.Formula, m.Stage = string(def.Unit), def.Formula != "", string(def.Stage)
		}
		if m.Judged {
			m.Fresh = e.At
		}
		if o.Start.IsZero() || r.BaselineAt.Before(o.Start) {
			o.Start = r.BaselineAt
		}
		o.Measures = append(o.Measures, m)
	}
	return o
}

// business reports whether an objective serves a business goal of a known kind, by itself or by what it leads to.
func (m Map) business(objective string) bool {
	return slices.ContainsFunc(m.Objectives, func(o Objective) bool {
		return o.GoalKind != "" && (o.ID == objective || leads(m.Links, objective, o.ID))
	})
}

// then is what was measured on the date of the baseline; nil when that stands on too little.
func (s *Service) then(ctx context.Context, r Reading) (*check.Measured, error) {
	res, err := s.measures.Compute(measure.Permitted(ctx), r.Measure.Measure, r.Measure.Window(r.BaselineAt, s.measures.Zone(ctx)), r.Filter())
	if problem.Is(err, problem.Invalid) || problem.Is(err, problem.Missing) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("the baseline of %s: %w", r.Measure.Measure, err)
	}
	e, notReached := pick(res, r.Unit, r.Statistic)
	if !e.OK() || !e.Bounded || notReached {
		return nil, nil
	}
	return &check.Measured{Value: e.Value, Low: e.Low, High: e.High}, nil
}

// months is the course of a measure month by month, whole months only, oldest first.
func (s *Service) months(ctx context.Context, r Reading, at time.Time) ([]float64, error) {
	points, err := s.measures.Series(measure.Permitted(ctx), r.Measure.Measure, measure.Window{From: at.AddDate(0, -monthsOfHistory, 0), To: at}, measure.Month, r.Filter())
	if problem.Is(err, problem.Invalid) || problem.Is(err, problem.Missing) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("months of %s: %w", r.Measure.Measure, err)
	}
	var out []float64
	for _, p := range points {
		e, _ := pick(p.Result, p.Unit, r.Statistic)
		if p.Short || p.N == 0 && len(out) == 0 { // nothing was there to be counted yet
			continue
		}
		v := math.NaN()
		if e.OK() {
			v = e.Value
			if p.Unit == kpi.Posts { // so many in a month stand for so many in the window
				v *= float64(r.Days) * 24 / p.Window.To.Sub(p.Window.From).Hours()
			}
		}
		out = append(out, v)
	}
	for len(out) > 0 && math.IsNaN(out[0]) {
		out = out[1:] // before there was anything
	}
	return out, nil
}

// Outlook is where a measure is heading if what was seen so far goes on.
type Outlook struct {
	stat.Trend
	Step  time.Duration // of the course
	DueAt time.Time
}

// Outlook reads the trend of a course at the due date. Two windows that share days resemble each other whatever comes: the line goes through the
// last one and those before that share none.
func (c Course) Outlook(due, at time.Time) Outlook {
	o := Outlook{DueAt: due}
	if len(c.Points) < 2 {
		return o
	}
	o.Step = c.Points[1].At.Sub(c.Points[0].At)
	values := make([]float64, len(c.Points))
	const clocks = time.Hour // a window is of whole days, which may have an hour less
	var next time.Time
	for i, p := range slices.Backward(c.Points) {
		values[i] = math.NaN()
		if p.Value.OK() && (next.IsZero() || next.Sub(p.At) >= c.Shared-clocks) {
			values[i], next = p.Value.Value, p.At
		}
	}
	ahead := 0
	if due.After(at) && o.Step > 0 {
		ahead = int(math.Round(float64(due.Sub(at)) / float64(o.Step)))
	}
	o.Trend = stat.Forecast(values, ahead)
	return o
}

func (s *Service) overrides(ctx context.Context, mapID string) (map[string]map[check.Letter]check.Override, error) {
	type row struct {
		objective string
		letter    check.Letter
		check.Override
	}
	rows, err := db.All(ctx, s.db.Read(), func(r *row) []any { return []any{&r.objective, (*string)(&r.letter), &r.By, &r.Reason, db.At(&r.At)} },
		"SELECT objective, letter, member, reason, at FROM objective_override WHERE map = $1", mapID)
	if err != nil {
		return nil, fmt.Errorf("read what was judged otherwise: %w", err)
	}
	out := map[string]map[check.Letter]check.Override{}
	for _, r := range rows {
		if out[r.objective] == nil {
			out[r.objective] = map[check.Letter]check.Override{}
		}
		out[r.objective][r.letter] = r.Override
	}
	return out, nil
}

// Overrides gives what people judged otherwise than the rules, for one objective.
func (s *Service) Overrides(ctx context.Context, o Objective) (map[check.Letter]check.Override, error) {
	if err := org.Require(ctx, org.StrategyRead); err != nil {
		return nil, err
	}
	all, err := s.overrides(ctx, o.Map)
	return all[o.ID], err
}

// Override lets a letter of an objective hold although a rule says otherwise. The reason is required, kept and audited.
func (s *Service) Override(ctx context.Context, objective string, letter check.Letter, reason string) error {
	if err := org.Require(ctx, org.StrategyEdit); err != nil {
		return err
	}
	reason, err := text(reason, "reason", 1000)
	switch {
	case err != nil:
		return err
	case reason == "":
		return problem.New(problem.Invalid, "check.override.required").On("reason")
	case !slices.Contains(check.Letters(), letter):
		return notFound()
	}
	o, err := one(ctx, s.db.Read(), objective)
	if err != nil {
		return err
	}
	who := ""
	if m := org.Who(ctx); m != nil {
		who = m.ID
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if _, err := db.Exec(ctx, q, `INSERT INTO objective_override (objective, letter, map, member, reason, at) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (objective, letter) DO UPDATE SET member = EXCLUDED.member, reason = EXCLUDED.reason, at = EXCLUDED.at`,
			o.ID, string(letter), o.Map, who, reason, db.T(s.Now())); err != nil {
			return fmt.Errorf("judge otherwise: %w", err)
		}
		return s.org.Audit(ctx, q, "strategy.check_overridden", "objective:"+o.ID, map[string]string{"letter": string(letter), "reason": reason})
	})
}

// RemoveOverride lets the rules speak again.
func (s *Service) RemoveOverride(ctx context.Context, objective string, letter check.Letter) error {
	if err := org.Require(ctx, org.StrategyEdit); err != nil {
		return err
	}
	o, err := one(ctx, s.db.Read(), objective)
	if err != nil {
		return err
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		n, err := db.Exec(ctx, q, "DELETE FROM objective_override WHERE objective = $1 AND letter = $2", o.ID, string(letter))
		if err != nil {
			return fmt.Errorf("take a judgement back: %w", err)
		}
		if n == 0 {
			return notFound()
		}
		return s.org.Audit(ctx, q, "strategy.check_restored", "objective:"+o.ID, map[string]string{"letter": string(letter)})
	})
}
