package reportweb

import (
	"context"
	"net/http"
	"net/url"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/report"
	"github.com/entente/entente/internal/strategy"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

type movedPage struct {
	Asked     report.Moving
	V         report.Moved
	Names     names
	Campaigns []ui.Option
	Steps     []movedStep
	Called    map[string]string // names of measures, by id
}

// movedStep is an objective with all of its measures that count something.
type movedStep struct {
	Standing strategy.Standing
	Serves   []strategy.Standing
	Counted  []strategy.Moved
}

// moved shows which objectives something that was said or done moved: the line of sight upwards.
func (h *handlers) moved(w http.ResponseWriter, r *http.Request) error {
	ctx, q := r.Context(), r.URL.Query()
	p := movedPage{Asked: report.Moving{Said: q.Get("said"), Initiative: q.Get("initiative"), Campaign: q.Get("campaign"), Fact: q.Get("fact")}, Called: map[string]string{}}
	var err error
	if p.Names, err = h.names(ctx); err != nil {
		return err
	}
	known, err := h.s.Measures().Values(ctx, kpi.ByCampaign, measure.Last(1100, h.s.Now(), i18n.Zone(ctx)))
	if err != nil {
		return err
	}
	p.Campaigns = []ui.Option{{Label: i18n.T(ctx, "report.moved.choose")}}
	for _, c := range known {
		p.Campaigns = append(p.Campaigns, ui.Option{Value: c.ID, Label: c.Name})
	}
	if p.Asked != (report.Moving{}) {
		if p.V, err = h.s.Moved(ctx, p.Asked); err != nil {
			return err
		}
	}
	for _, m := range p.V.Counted {
		if n := len(p.Steps); n == 0 || p.Steps[n-1].Standing.ID != m.Standing.ID {
			p.Steps = append(p.Steps, movedStep{Standing: m.Standing, Serves: m.Serves})
		}
		last := &p.Steps[len(p.Steps)-1]
		last.Counted = append(last.Counted, m)
		if def, err := h.s.Measures().Find(m.Reading.Measure.Measure); err == nil {
			p.Called[def.ID] = measureName(ctx, def)
		}
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "report.moved")}, movedBody(p))
}

// MovedPath is where it is shown what something said (the id of a post or a conversation) moved.
func MovedPath(said string) string { return "/strategy/moved?said=" + url.QueryEscape(said) }

// source is the way back to what was asked about: the initiative, or what was said.
func (p movedPage) source(ctx context.Context) (label, href string) {
	switch {
	case len(p.V.Initiatives) == 1 && p.Asked.Initiative != "":
		return p.V.Initiatives[0].Name, "/initiatives/" + p.V.Initiatives[0].ID
	case p.Asked.Campaign != "":
		return p.Asked.Campaign, ""
	case p.Asked.Fact != "":
		return i18n.T(ctx, "report.moved.fact"), "/business/facts/" + url.PathEscape(p.Asked.Fact)
	case p.Asked.Said != "":
		return i18n.T(ctx, "report.moved.said"), "/mentions?post=" + url.QueryEscape(p.Asked.Said)
	}
	return "", ""
}

// rows is where the rows behind a number are, narrowed to the campaign that was asked about.
func (p movedPage) rows(ctx context.Context, m strategy.Moved) string {
	f, w := m.Reading.Filter(), m.Reading.Window
	f.Campaign = p.Asked.Campaign
	if m.Now == 0 && m.Reading.BaselineAt.Before(w.From) {
		w.From = m.Reading.BaselineAt
	}
	return report.RowsPath(ctx, m.Reading.Measure.Measure, w, f)
}

func (h *handlers) movedRoutes(r *web.Routes) {
	r.Page("GET /strategy/moved", org.StrategyRead, h.moved)
}

// standingWord is where an objective stands; too few observations are not none.
func standingWord(ctx context.Context, st strategy.Standing) string {
	if st.TooFew() {
		return i18n.T(ctx, "strategy.map.few")
	}
	return i18n.T(ctx, "report.state."+st.Rolled.State.String())
}
