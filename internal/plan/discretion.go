package plan

import (
	"context"
	"slices"
	"strings"

	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/org"
)

// steers reports whether whoever asks may change plans.
func steers(ctx context.Context) bool { return org.Require(ctx, org.StrategyEdit) == nil }

// me is the id of whoever asks, "" for nobody who signed in.
func me(ctx context.Context) string {
	if m := org.Who(ctx); m != nil {
		return m.ID
	}
	return ""
}

// Leads reports whether whoever asks steers, or owns the initiative: they see its money and the hours of all in it, and report for all.
func (i Initiative) Leads(ctx context.Context) bool {
	return steers(ctx) || i.Owner != "" && i.Owner == me(ctx) && org.Require(ctx, org.StrategyRead) == nil
}

// Works reports whether whoever asks has hours or a task in the initiative.
func (i Initiative) Works(ctx context.Context) bool {
	who := me(ctx)
	return who != "" && org.Require(ctx, org.StrategyRead) == nil &&
		(slices.ContainsFunc(i.Contributors, func(c Contributor) bool { return c.Member == who }) || slices.ContainsFunc(i.Tasks, func(t Task) bool { return t.Member == who }))
}

// shown is an initiative as whoever asks may see it: those who do not lead it see no money and no hours but their own.
func (i Initiative) shown(ctx context.Context, priced func(measure string) bool) Initiative {
	if i.Leads(ctx) {
		return i
	}
	who := me(ctx)
	i.Discreet = true
	i.Contributors = slices.DeleteFunc(slices.Clone(i.Contributors), func(c Contributor) bool { return c.Member != who })
	i.Tasks = slices.Clone(i.Tasks)
	for n := range i.Tasks {
		if i.Tasks[n].Member != who {
			i.Tasks[n].Minutes = 0
		}
	}
	i.Lines = nil
	i.Risks = slices.Clone(i.Risks)
	for n := range i.Risks {
		i.Risks[n].Reserve, i.Risks[n].Currency = 0, ""
	}
	i.Benefits = slices.DeleteFunc(slices.Clone(i.Benefits), func(b Benefit) bool { return b.Kind == InMoney })
	for n := range i.Benefits {
		if b := &i.Benefits[n]; priced(b.Measure) {
			b.Baseline, b.Target, b.Hidden = 0, 0, true
		}
	}
	if i.Approved != nil {
		a := *i.Approved
		a.Cost, a.Reserve, a.Lines, a.Terms = nil, nil, nil, nil
		i.Approved = &a
	}
	return i
}

// Unit is what a measure is counted in, "" of one that is gone.
func (s *Service) Unit(measure string) kpi.Unit {
	m, err := s.measures.Find(measure)
	if err != nil {
		return ""
	}
	return m.Unit
}

// priced reports whether the numbers of a measure are amounts.
func (s *Service) priced(measure string) bool {
	m, err := s.measures.Find(measure)
	return err == nil && m.InMoney()
}

func shownAll(ctx context.Context, list []Initiative, priced func(measure string) bool) []Initiative {
	for n := range list {
		list[n] = list[n].shown(ctx, priced)
	}
	return list
}

// shown is a standing as whoever asks may see it; where the work stands is seen by all who read the strategy.
func (st Standing) shown(ctx context.Context, priced func(measure string) bool) Standing {
	if st.Initiative = st.Initiative.shown(ctx, priced); !st.Discreet {
		return st
	}
	st.Accounts, st.Spent = nil, Actual{}
	st.Gaps = slices.DeleteFunc(slices.Clone(st.Gaps), func(g Gap) bool { return g.Section == Budget })
	st.Unapproved = slices.DeleteFunc(slices.Clone(st.Unapproved), func(c Change) bool {
		return c.Key == "reserve" || strings.HasPrefix(c.Key, "line_") || strings.HasPrefix(c.Key, "benefit_")
	})
	return st
}

// shown are the weeks that whoever asks may see: their own, or those of all.
func (c Capacity) shown(ctx context.Context) Capacity {
	if who := me(ctx); !steers(ctx) {
		c.People = slices.DeleteFunc(c.People, func(p Person) bool { return p.Member != who })
	}
	return c
}
