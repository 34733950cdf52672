package governweb

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/entente/entente/internal/govern"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/sorting"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

type insightsPage struct {
	Desk *desk
	List []govern.Insight
	Rate govern.Rate
}

func (h *handlers) insights(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	d, err := h.desk(ctx)
	if err != nil {
		return err
	}
	list, err := h.s.Insights(ctx)
	if err != nil {
		return err
	}
	// What waits longest over its day comes first.
	sorting.Stable(list, func(a, b govern.Insight) int {
		if x, y := a.Verdict == "", b.Verdict == ""; x != y {
			if x {
				return -1
			}
			return 1
		} else if x {
			return a.DueAt.Compare(b.DueAt)
		}
		return 0
	})
	p := insightsPage{d, list, govern.RateOf(list, d.now)}
	if show := r.URL.Query().Get("show"); show != "" { // those that a figure counts
		p.List = slices.DeleteFunc(slices.Clone(list), func(i govern.Insight) bool {
			one := govern.RateOf([]govern.Insight{i}, d.now)
			return !map[string]bool{"decided": one.Decided.Value == 1, "in_time": one.InTime.Value == 1, "acted": one.Acted.Value == 1, "waiting": one.Waiting == 1}[show]
		})
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "govern.insights"), Wide: true}, insightsBody(p))
}

func interval(ctx context.Context, e stat.Estimate) string {
	if !e.Defined() {
		return ""
	}
	return i18n.T(ctx, "govern.interval", "Low", i18n.Percent(ctx, e.Low, 0), "High", i18n.Percent(ctx, e.High, 0))
}

func share(ctx context.Context, e stat.Estimate) string {
	if !e.Defined() {
		return "–"
	}
	return i18n.Percent(ctx, e.Value, 0)
}

// origin is the page of what an insight came from.
func origin(about string) string {
	kind, id, _ := strings.Cut(about, ":")
	switch kind {
	case "conversation":
		return "/inbox/" + id
	case "post":
		return "/mentions/" + id
	}
	return ""
}

func (h *handlers) insightNoun() noun[govern.Insight] {
	return noun[govern.Insight]{
		path: "/govern/insights", key: "govern.insight", plural: "govern.insights", mayAdd: govern.MayHand,
		mayChange: func(ctx context.Context, v govern.Insight) bool { return v.MayChange(ctx) },
		id:        func(v govern.Insight) string { return v.ID }, stamp: func(v *govern.Insight) *time.Time { return &v.UpdatedAt }, name: func(v govern.Insight) string { return v.Name },
		find: h.s.Insight, add: h.s.HandInsight, change: h.s.ChangeInsight, remove: h.s.RemoveInsight,
		begin: func(r *http.Request, d *desk) govern.Insight {
			return govern.Insight{DueAt: d.now.AddDate(0, 0, 30), About: r.URL.Query().Get("about"), Name: r.URL.Query().Get("name")}
		},
		inputs: func(ctx context.Context, d *desk, v govern.Insight) []input {
			out := []input{
				{Kind: inHidden, Field: ui.Field{Name: "about", Value: v.About}},
				needed(text(ctx, "name", "govern.field.insight", v.Name, 300)), area(ctx, "note", "govern.field.note", v.Note),
				needed(text(ctx, "department", "govern.field.to_department", v.Department, 80)),
			}
			if v.ID == "" || mayEdit(ctx) { // who only handed it over cannot say anew who decides
				decides := d.member(ctx, "owner", "govern.field.decides", v.Owner)
				if !mayEdit(ctx) { // who hands it over cannot decide too
					decides.Options = slices.DeleteFunc(decides.Options, func(o ui.Option) bool { return o.Value == org.Who(ctx).ID })
					decides = hinted(decides, i18n.T(ctx, "govern.field.decides_hint"))
				}
				out = append(out, decides)
			}
			return append(out, date(ctx, "due_at", "govern.field.decide_by", v.DueAt), d.objective(ctx, v.Objective))
		},
		read: func(f *form, v govern.Insight) govern.Insight {
			v.About, v.Name, v.Note, v.Department = f.text("about"), f.text("name"), f.text("note"), f.text("department")
			if f.f.Has("owner") {
				v.Owner = f.text("owner")
			}
			v.DueAt, v.Objective = f.until("due_at"), f.text("objective")
			return v
		},
		facts: func(ctx context.Context, d *desk, v govern.Insight) []ui.Item {
			out := []ui.Item{long(ctx, "govern.field.note", v.Note), fact(ctx, "govern.field.to_department", v.Department), fact(ctx, "govern.field.decides", d.names[v.Owner]),
				dayFact(ctx, "govern.field.decide_by", v.DueAt), fact(ctx, "govern.field.handed_by", d.names[v.HandedBy]), d.objectiveFact(ctx, v.Objective)}
			if href := origin(v.About); href != "" {
				out = append(out, ui.Item{Label: i18n.T(ctx, "govern.field.came_from"), Body: link(href, i18n.T(ctx, "govern.about."+strings.SplitN(v.About, ":", 2)[0]))})
			}
			if v.Verdict != "" {
				out = append(out, ui.Item{Label: i18n.T(ctx, "govern.field.verdict"), Body: verdict(v, d.now)}, long(ctx, "govern.field.reason", v.Reason), dayFact(ctx, "govern.field.decided_at", v.DecidedAt),
					fact(ctx, "govern.field.decided_by", d.names[v.DecidedBy]), long(ctx, "govern.field.outcome", v.Outcome))
			}
			return out
		},
		extra: func(ctx context.Context, _ *desk, v govern.Insight, bad wrong) (templ.Component, error) {
			if !v.MayDecide(ctx) {
				return nil, nil
			}
			return decideForm(v, bad), nil
		},
	}
}

func (h *handlers) decide(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := readForm(r)
	if err != nil {
		return err
	}
	v, err := h.s.DecideInsight(ctx, r.PathValue("id"), f.seen(), f.text("verdict"), f.text("reason"), f.text("outcome"))
	if err != nil {
		bad, failed := mend(ctx, w, err)
		if failed != nil {
			return failed
		}
		v.UpdatedAt = f.seen()
		v.Verdict, v.Reason, v.Outcome = f.text("verdict"), f.text("reason"), f.text("outcome")
		return showEntry(w, r, h, h.insightNoun(), v, bad)
	}
	web.Flash(w, r, ui.Success, "govern.saved")
	return web.Redirect(w, r, "/govern/insights/"+v.ID)
}

// InsightsAbout gives the panel that shows on the page of a conversation or post what was handed over from there, and lets hand over more.
func InsightsAbout(ctx context.Context, s *govern.Service, here string, also ...string) []ui.Panel {
	list, err := s.InsightsAbout(ctx, append(also, here)...)
	if problem.Is(err, problem.Forbidden) || err != nil || len(list) == 0 && !govern.MayHand(ctx) {
		return nil // a panel is an extra; the page stands without it
	}
	return []ui.Panel{{Title: i18n.T(ctx, "govern.insights"), Body: insightsPanel(list, here, s.Now())}}
}
