package strategyweb

import (
	"context"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/strategy"
	"github.com/entente/entente/internal/web/ui"
)

// mostServed is how many lines a panel has; a conversation can count in every measure of a map.
const mostServed = 12

type panelLine struct {
	strategy.Counting
	Label string
	Gives []strategy.FarEnd // objectives of other maps that it contributes to, by itself or by what it serves
}

// ServesPanel says in which measures of which objectives something said (the id of a post or a conversation) in channel (id) about topics (ids)
// counts, by the rows behind their numbers: for its page. shown is false for those who may not read the strategy and where nothing counts.
func ServesPanel(s *strategy.Service) func(ctx context.Context, id, channel string, topics []string) (p ui.Panel, shown bool, err error) {
	return func(ctx context.Context, id, channel string, topics []string) (ui.Panel, bool, error) {
		if !org.Who(ctx).May(org.StrategyRead) {
			return ui.Panel{}, false, nil
		}
		moved, err := s.MovedBy(ctx, id, channel, topics, s.Now())
		if err != nil {
			return ui.Panel{}, false, err
		}
		list := make([]strategy.Counting, len(moved))
		for i, m := range moved {
			list[i] = m.Counting
		}
		return panel(ctx, s, list, i18n.T(ctx, "strategy.panel_conversation"))
	}
}

// MeasurePanel says which objectives a measure (id of the catalogue), narrowed by a filter, serves, and leads from a campaign to what it moved: for
// its page.
func MeasurePanel(s *strategy.Service) func(ctx context.Context, id string, f measure.Filter) (p ui.Panel, shown bool, err error) {
	return func(ctx context.Context, id string, f measure.Filter) (ui.Panel, bool, error) {
		if !org.Who(ctx).May(org.StrategyRead) {
			return ui.Panel{}, false, nil
		}
		list, err := s.Uses(ctx, id, f, s.Now())
		if err != nil {
			return ui.Panel{}, false, err
		}
		p, shown, err := panel(ctx, s, list, i18n.T(ctx, "strategy.panel_measure"))
		if f.Campaign != "" && err == nil {
			p, shown = ui.Panel{Title: i18n.T(ctx, "strategy.panel_title"), Body: campaignBody(f.Campaign, p.Body)}, true
		}
		return p, shown, err
	}
}

func panel(ctx context.Context, s *strategy.Service, list []strategy.Counting, text string) (ui.Panel, bool, error) {
	if len(list) == 0 {
		return ui.Panel{}, false, nil
	}
	n, err := namesOf(ctx, s)
	if err != nil {
		return ui.Panel{}, false, err
	}
	more := max(0, len(list)-mostServed)
	var ids []string
	for _, c := range list[:len(list)-more] {
		ids = append(ids, c.Standing.ID)
		for _, st := range c.Serves {
			ids = append(ids, st.ID)
		}
	}
	reach, err := s.Reach(ctx, s.Now(), ids...)
	if err != nil {
		return ui.Panel{}, false, err
	}
	var lines []panelLine
	for _, c := range list[:len(list)-more] {
		l := panelLine{Counting: c, Label: n.label(ctx, c.Reading.Measure)}
		seen := map[string]bool{}
		for _, st := range append([]strategy.Standing{c.Standing}, c.Serves...) {
			for _, f := range reach[st.ID].Gives {
				if !seen[f.Serves] {
					seen[f.Serves] = true
					l.Gives = append(l.Gives, f)
				}
			}
		}
		lines = append(lines, l)
	}
	return ui.Panel{Title: i18n.T(ctx, "strategy.panel_title"), Body: panelBody(text, lines, more)}, true, nil
}
