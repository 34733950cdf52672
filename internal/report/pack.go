package report

import (
	"context"
	"time"

	"github.com/entente/entente/internal/govern"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/plan"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/strategy"
)

// packAhead is how far a pack looks for decisions that are due.
const packAhead = 31 * 24 * time.Hour

// Pack is what a review looks at.
type Pack struct {
	At        time.Time
	Map       strategy.Evaluation
	NoMap     bool
	Off       []strategy.Standing // and those to watch, the worst first
	Notes     []Note
	Over      int // numbers that notes were looked for in
	Value     ValueLedger
	Late      []plan.Standing
	Decisions []govern.Decision // to be looked at again by now or within a month
	Insights  []govern.Insight  // handed to somebody and not decided, due by then
}

// Pack gathers it for a map, "" for the first.
func (s *Service) Pack(ctx context.Context, mapID string) (Pack, error) {
	p := Pack{At: s.Now()}
	if err := org.Require(ctx, org.StrategyRead); err != nil {
		return p, err
	}
	if err := org.Require(ctx, org.MeasureRead); err != nil {
		return p, err
	}
	var err error
	if p.Map, err = s.strategy.Evaluate(ctx, mapID, p.At); err != nil {
		if !problem.Is(err, problem.Missing) || mapID != "" {
			return p, err
		}
		p.NoMap = true
	}
	for _, state := range []stat.State{stat.Off, stat.Watch} {
		for _, st := range p.Map.Objectives {
			if st.Rolled.State == state {
				p.Off = append(p.Off, st)
			}
		}
	}
	subjects, err := s.Subjects(ctx, 0)
	if err != nil {
		return p, err
	}
	p.Over = len(subjects)
	if p.Notes, err = s.Notes(ctx, subjects); err != nil {
		return p, err
	}
	if p.Value, err = s.Value(ctx, measure.Last(365, p.At, i18n.Zone(ctx)), ""); err != nil {
		return p, err
	}
	initiatives, err := s.plan.Portfolio(ctx)
	if err != nil {
		return p, err
	}
	for _, st := range initiatives {
		if (st.State == plan.Approved || st.State == plan.Running) && st.Slip > 0 {
			p.Late = append(p.Late, st)
		}
	}
	decisions, err := s.govern.Decisions(ctx)
	if err != nil {
		return p, err
	}
	for _, d := range decisions {
		if d.Due(p.At.Add(packAhead)) {
			p.Decisions = append(p.Decisions, d)
		}
	}
	insights, err := s.govern.Insights(ctx)
	if err != nil {
		return p, err
	}
	for _, i := range insights {
		if i.DecidedAt.IsZero() && !i.DueAt.IsZero() && i.DueAt.Before(p.At.Add(packAhead)) {
			p.Insights = append(p.Insights, i)
		}
	}
	return p, nil
}
