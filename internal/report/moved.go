package report

import (
	"context"
	"slices"
	"strings"

	"github.com/entente/entente/internal/govern"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/plan"
	"github.com/entente/entente/internal/strategy"
)

// Moving says of what somebody wants to know which objectives it moved: ids, and the name of a campaign; "" is not asked.
type Moving struct{ Said, Initiative, Campaign, Fact string }

// Moved is the line of sight upwards: from something that was said or done to objectives.
type Moved struct {
	Counted     []strategy.Moved  // by the rows behind numbers
	Insights    []govern.Insight  // handed over from there
	Initiatives []plan.Initiative // that it is, or that are called like the campaign
	Meant       []strategy.Above  // objectives that those are for
}

// Moved follows it up. Whoever asks reads the strategy.
func (s *Service) Moved(ctx context.Context, m Moving) (Moved, error) {
	var v Moved
	if err := org.Require(ctx, org.StrategyRead); err != nil {
		return v, err
	}
	var t strategy.Trace
	var err error
	if m.Said != "" {
		if t, err = s.strategy.Said(ctx, m.Said); err != nil {
			return v, err
		}
	}
	if m.Fact != "" {
		if t, err = s.strategy.Fact(ctx, m.Fact); err != nil {
			return v, err
		}
	}
	t.Campaign = strings.TrimSpace(m.Campaign)
	var meant []string
	if m.Initiative != "" || t.Campaign != "" {
		list, err := s.plan.Initiatives(ctx)
		if err != nil {
			return v, err
		}
		for _, i := range list {
			if i.ID == m.Initiative || t.Campaign != "" && (i.ID == t.Campaign || strings.EqualFold(i.Name, t.Campaign)) {
				v.Initiatives = append(v.Initiatives, i)
				meant = append(meant, i.Objectives...)
				if t.Campaign == "" { // what facts name it by
					t.Campaign = i.Name
				}
			}
		}
		if m.Initiative != "" && len(v.Initiatives) == 0 {
			return v, notFound()
		}
	}
	var about []string
	for _, id := range t.Posts {
		about = append(about, "post:"+id)
	}
	for _, id := range t.Conversations {
		about = append(about, "conversation:"+id)
	}
	if len(about) > 0 {
		if v.Insights, err = s.govern.InsightsAbout(ctx, about...); err != nil {
			return v, err
		}
		for _, i := range v.Insights {
			if i.Objective != "" {
				meant = append(meant, i.Objective)
			}
		}
	}
	now := s.Now()
	if v.Counted, err = s.strategy.Moved(ctx, t, now); err != nil {
		return v, err
	}
	slices.Sort(meant)
	v.Meant, err = s.strategy.Stand(ctx, slices.Compact(meant), now)
	return v, err
}
