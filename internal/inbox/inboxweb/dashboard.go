package inboxweb

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
	"github.com/entente/entente/internal/web/ui/chart"
)

type dashboardView struct {
	d     inbox.Dashboard
	stats []ui.StatProps
	now   time.Time
}

// dashboard shows how the team stands.
func (p *pages) dashboard(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v := dashboardView{now: p.inbox.Now()}
	var err error
	if v.d, err = p.inbox.Dashboard(ctx); err != nil {
		return err
	}
	v.stats = []ui.StatProps{
		{Label: i18n.T(ctx, "routing.now.here"), Value: i18n.Number(ctx, float64(len(v.d.Here)), 0), N: v.d.Team, Note: i18n.N(ctx, "routing.now.away", v.d.Away), Href: "#who"},
		{Label: i18n.T(ctx, "routing.now.waiting"), Value: i18n.Number(ctx, float64(v.d.Waiting), 0), Note: since(ctx, v.d.Longest, v.now), Href: "/inbox"},
		{Label: i18n.T(ctx, "routing.now.stuck"), Value: i18n.Number(ctx, float64(v.d.Stuck), 0), Href: "/routing"},
		{Label: i18n.T(ctx, "routing.now.approvals"), Value: i18n.Number(ctx, float64(v.d.Approvals), 0), Note: since(ctx, v.d.Oldest, v.now), Href: "/approvals"},
	}
	if p.Team != nil {
		v.stats = append(v.stats, p.Team(ctx)...)
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "routing.now")}, dashboardPage(v))
}

func since(ctx context.Context, at, now time.Time) string {
	if at.IsZero() {
		return ""
	}
	return i18n.T(ctx, "routing.now.since", "For", i18n.For(ctx, now.Sub(at)))
}

// givenChart is the time given each week by all together; nobody's own is in it.
func givenChart(ctx context.Context, d inbox.Dashboard) chart.BarsProps {
	s := chart.Series{Name: i18n.T(ctx, "routing.now.given")}
	for _, w := range d.Weeks {
		s.Points = append(s.Points, chart.Point{At: w.Monday, Value: w.Given.Seconds(), N: w.N})
	}
	return chart.BarsProps{Title: i18n.T(ctx, "routing.now.given"), Unit: chart.Duration(), Step: chart.Week, Series: []chart.Series{s}, Short: true,
		Note: i18n.T(ctx, "routing.now.offered", "For", worked(ctx, d.Offered))}
}

// gaps are what is asked for and rests on one at most.
func gaps(d inbox.Dashboard, languages bool) []inbox.Coverage {
	list := d.Skills
	if languages {
		list = d.Languages
	}
	return slices.DeleteFunc(slices.Clone(list), func(c inbox.Coverage) bool { return !c.Thin() })
}
