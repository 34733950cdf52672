package planweb

import (
	"context"
	"net/http"
	"slices"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/plan"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
	"github.com/entente/entente/internal/web/ui/chart"
)

type listPage struct {
	All, List []plan.Standing
	State     string
	Edit      bool
	Drawn     string
	Money     bool // of one of them at least
}

func (h *handlers) list(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	all, err := h.s.Portfolio(ctx)
	if err != nil {
		return err
	}
	p := listPage{All: all, Edit: mayEdit(ctx)}
	if s := r.URL.Query().Get("state"); slices.Contains(plan.States(), plan.State(s)) {
		p.State = s
	}
	for _, st := range all {
		if p.State == "" && st.State != plan.Stopped || string(st.State) == p.State {
			p.List = append(p.List, st)
			p.Money = p.Money || !st.Discreet
		}
	}
	p.Drawn = allDrawn(ctx, p.List)
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "plan.title"), Wide: true}, listBody(p))
}

// views are the pages about all initiatives.
func views(ctx context.Context, current string) []ui.Tab {
	var out []ui.Tab
	for _, v := range []struct{ href, key string }{{"/initiatives", "plan.title"}, {"/initiatives/portfolio", "plan.portfolio"}, {"/initiatives/capacity", "plan.capacity"}, {"/initiatives/calendar", "plan.calendar"}} {
		out = append(out, ui.Tab{Label: i18n.T(ctx, v.key), Href: v.href, Current: v.href == current})
	}
	return out
}

type portfolioPage struct {
	List      []plan.Standing
	Unfunded  []plan.Objective
	Count     int // of objectives
	Edit      bool
	Estimates []chart.Estimate
	Scatters  []chart.ScatterProps // one a currency: currencies are never added
	Hidden    int                  // initiatives whose money is not for the reader
}

func (h *handlers) portfolio(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	p := portfolioPage{Edit: mayEdit(ctx)}
	all, err := h.s.Portfolio(ctx)
	if err != nil {
		return err
	}
	for _, st := range all {
		if st.State == plan.Stopped {
			continue
		}
		if st.Discreet {
			p.Hidden++
			continue
		}
		p.List = append(p.List, st)
		for _, a := range st.Accounts {
			if a.Return.Known {
				e := chart.Estimate{Label: st.Name, Value: a.Return.ROI, Low: a.Return.Low, High: a.Return.High, Href: href(st.ID, "money")}
				if len(st.Accounts) > 1 {
					e.Label += " (" + a.Currency + ")"
				}
				p.Estimates = append(p.Estimates, e)
			}
		}
	}
	p.Scatters = scatters(ctx, p.List)
	objectives, err := h.s.Objectives(ctx)
	if err != nil {
		return err
	}
	means, err := h.s.Means(ctx)
	if err != nil {
		return err
	}
	p.Count, p.Unfunded = len(objectives), means.Unfunded(objectives)
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "plan.portfolio"), Wide: true}, portfolioBody(p))
}

// scatters draw what initiatives cost against what they should bring, a drawing for each currency. The cost goes up to what it is with the
// reserve spent, the benefit from the least to the most that was estimated; what has no cost or no benefit in money is counted in the note.
func scatters(ctx context.Context, list []plan.Standing) []chart.ScatterProps {
	of := map[string]*chart.ScatterProps{}
	var order []string
	all := map[string]int{}
	for _, st := range list {
		for _, a := range st.Accounts {
			if all[a.Currency]++; of[a.Currency] == nil {
				of[a.Currency] = &chart.ScatterProps{X: chart.Money(a.Currency), Y: chart.Money(a.Currency), XLabel: i18n.T(ctx, "plan.scatter_cost", "Currency", a.Currency), YLabel: i18n.T(ctx, "plan.scatter_benefit", "Currency", a.Currency),
					Title: i18n.T(ctx, "plan.scatter_title"), Even: i18n.T(ctx, "plan.scatter_even")}
				order = append(order, a.Currency)
			}
			if a.Budget > 0 && a.Likely > 0 {
				of[a.Currency].Spots = append(of[a.Currency].Spots, chart.Spot{Label: st.Name, Href: href(st.ID, "money"), X: float64(a.Budget), XLow: float64(a.Budget), XHigh: float64(a.Budget + a.Reserve),
					Y: float64(a.Likely), YLow: float64(a.Low), YHigh: float64(a.High), Open: st.State == plan.Draft || st.State == plan.Proposed})
			}
		}
	}
	slices.Sort(order)
	var out []chart.ScatterProps
	for _, c := range order {
		if s := of[c]; len(s.Spots) > 0 {
			s.Note = i18n.T(ctx, "plan.scatter_note", "N", len(s.Spots), "All", all[c])
			if len(s.Spots) == all[c] {
				s.Note = i18n.T(ctx, "plan.scatter_note_all", "N", all[c])
			}
			if len(order) > 1 {
				s.Title += " (" + c + ")"
			}
			out = append(out, *s)
		}
	}
	return out
}
