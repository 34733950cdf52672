package planweb

import (
	"context"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/plan"
	"github.com/entente/entente/internal/web/ui"
)

// ObjectivePanel says which initiatives serve an objective (id), with state, cost and hours, and offers to plan one: for the page of the
// objective. shown is false for those who may not read the strategy.
func ObjectivePanel(s *plan.Service) func(ctx context.Context, objective string) (p ui.Panel, shown bool, err error) {
	return func(ctx context.Context, objective string) (ui.Panel, bool, error) {
		if !org.Who(ctx).May(org.StrategyRead) {
			return ui.Panel{}, false, nil
		}
		list, err := s.Serving(ctx, objective)
		if err != nil {
			return ui.Panel{}, false, err
		}
		return ui.Panel{Title: i18n.T(ctx, "plan.title"), Body: objectivePanel(objective, list, mayEdit(ctx))}, true, nil
	}
}

// planned is the time planned in the tasks of an initiative, in minutes.
func planned(i plan.Initiative) int {
	n := 0
	for _, t := range i.Tasks {
		n += t.Minutes
	}
	return n
}
