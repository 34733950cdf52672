package app

import (
	"context"

	"github.com/entente/entente/internal/course"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/survey"
	"github.com/entente/entente/internal/web/ui"
)

// teamStats are what the dashboard of the team shows from right of the inbox: certificates and how content people are.
func (a *App) teamStats(ctx context.Context) []ui.StatProps {
	var out []ui.StatProps
	now := a.Course.Now()
	if gate, err := a.Course.Gate(ctx); err == nil && gate.Reach != course.Nowhere {
		list, err := a.Course.All(ctx)
		team, wrong := a.Team.All(ctx)
		if err == nil && wrong == nil {
			ending, silent := 0, 0
			for _, m := range team {
				best, _ := course.Best(list, gate.Course, m.Member, now)
				if best.Ending(now) {
					ending++
				}
				if !best.Valid(now) {
					silent++
				}
			}
			out = append(out, ui.StatProps{Label: i18n.T(ctx, "course.ending_certificates"), Value: i18n.Number(ctx, float64(ending), 0), N: len(team), Note: i18n.N(ctx, "course.silent", silent), Href: "/certificates"})
		}
	}
	set, err := a.Survey.Settings(ctx)
	if err != nil {
		return out
	}
	f, err := a.Survey.Figures(ctx, set.Scale, now.AddDate(0, 0, -90), i18n.Zone(ctx))
	if err != nil {
		return out // figures are an extra; the page stands without them
	}
	s := ui.StatProps{Label: i18n.T(ctx, "survey."+string(set.Scale)), Value: "–", N: f.Score.N, Href: "/satisfaction"}
	switch {
	case !f.Score.Defined():
	case set.Scale == survey.CSAT:
		s.Value, s.Interval = i18n.Percent(ctx, f.Score.Value, 0), i18n.T(ctx, "survey.interval", "Low", i18n.Percent(ctx, f.Score.Low, 0), "High", i18n.Percent(ctx, f.Score.High, 0))
	default:
		s.Value, s.Unit = i18n.Number(ctx, f.Score.Value, 0), i18n.T(ctx, "survey.points")
	}
	return append(out, s)
}
