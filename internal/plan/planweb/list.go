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
		p.List = append(p.List, st)
		for _, a := range st.Accounts {
			if a.Return.Known {
				e := chart.Estimate{Label: st.Name, Value: a.Return.ROI, Low: a.Return.Low, High: a.Return.High}
				if len(st.Accounts) > 1 {
					e.Label += " (" + a.Currency + ")"
				}
				p.Estimates = append(p.Estimates, e)
			}
		}
	}
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
