package governweb

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/a-h/templ"

	"github.com/entente/entente/internal/govern"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
	"github.com/entente/entente/internal/web/ui/chart"
)

type surroundingsPage struct {
	Desk *desk
	List []govern.Surrounding
	Of   map[string]govern.Followed
}

func (p surroundingsPage) of(factor string) []govern.Surrounding {
	var out []govern.Surrounding
	for _, e := range p.List {
		if e.Factor == factor {
			out = append(out, e)
		}
	}
	return out
}

func (h *handlers) surroundings(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	d, err := h.desk(ctx)
	if err != nil {
		return err
	}
	p := surroundingsPage{Desk: d, Of: map[string]govern.Followed{}}
	if p.List, err = h.s.Surroundings(ctx); err != nil {
		return err
	}
	for _, e := range p.List {
		if p.Of[e.ID], err = h.s.Follow(ctx, e); err != nil {
			return err
		}
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "govern.surroundings"), Wide: true}, surroundingsBody(p))
}

func (h *handlers) surroundingNoun() noun[govern.Surrounding] {
	return noun[govern.Surrounding]{
		path: "/govern/surroundings", key: "govern.surrounding", plural: "govern.surroundings",
		id: func(v govern.Surrounding) string { return v.ID }, stamp: func(v *govern.Surrounding) *time.Time { return &v.UpdatedAt }, name: func(v govern.Surrounding) string { return v.Name },
		find: h.s.Surrounding, add: h.s.AddSurrounding, change: h.s.ChangeSurrounding, remove: h.s.RemoveSurrounding,
		begin: func(r *http.Request, d *desk) govern.Surrounding {
			return govern.Surrounding{Factor: r.URL.Query().Get("factor"), Probability: 3, Impact: 3, Horizon: "year", ReviewAt: d.now.AddDate(0, 3, 0)}
		},
		inputs: func(ctx context.Context, d *desk, v govern.Surrounding) []input {
			topics, _ := h.s.Topics(ctx) // without them nothing can be followed; the rest of the form stands
			follow := []ui.Option{{Label: i18n.T(ctx, "govern.none")}}
			for _, t := range topics {
				follow = append(follow, ui.Option{Value: t.ID, Label: t.Name})
			}
			risks := []ui.Option{{Label: i18n.T(ctx, "govern.none")}}
			for _, r := range d.risks {
				risks = append(risks, ui.Option{Value: r.ID, Label: r.Name})
			}
			return []input{
				choose(ctx, "factor", "govern.field.factor", v.Factor, worded(ctx, "govern.factor.", govern.Factors())...),
				needed(text(ctx, "name", "govern.field.surrounding", v.Name, 200)), area(ctx, "note", "govern.field.note", v.Note),
				hinted(text(ctx, "source", "govern.field.source", v.Source, 500), i18n.T(ctx, "govern.field.source_hint")), date(ctx, "source_on", "govern.field.source_on", v.SourceOn),
				scale(ctx, "probability", "govern.field.probability", v.Probability), scale(ctx, "impact", "govern.field.impact", v.Impact),
				choose(ctx, "horizon", "govern.field.horizon", v.Horizon, worded(ctx, "govern.horizon.", govern.Horizons())...),
				hinted(choose(ctx, "topic", "govern.field.topic", v.Topic, follow...), i18n.T(ctx, "govern.field.topic_hint")),
				d.objective(ctx, v.Objective), choose(ctx, "risk", "govern.field.its_risk", v.Risk, risks...), date(ctx, "review_at", "govern.field.review_at", v.ReviewAt),
			}
		},
		read: func(f *form, v govern.Surrounding) govern.Surrounding {
			v.Factor, v.Name, v.Note, v.Source, v.SourceOn = f.text("factor"), f.text("name"), f.text("note"), f.text("source"), f.day("source_on")
			v.Probability, v.Impact, v.Horizon = f.number("probability"), f.number("impact"), f.text("horizon")
			v.Topic, v.Objective, v.Risk, v.ReviewAt = f.text("topic"), f.text("objective"), f.text("risk"), f.until("review_at")
			return v
		},
		facts: func(ctx context.Context, d *desk, v govern.Surrounding) []ui.Item {
			out := []ui.Item{
				fact(ctx, "govern.field.factor", i18n.T(ctx, "govern.factor."+v.Factor)), long(ctx, "govern.field.note", v.Note), sourceFact(ctx, v.Source), dayFact(ctx, "govern.field.source_on", v.SourceOn),
				fact(ctx, "govern.field.probability", grade(ctx, "govern.field.probability", v.Probability)), fact(ctx, "govern.field.impact", grade(ctx, "govern.field.impact", v.Impact)),
				fact(ctx, "govern.field.horizon", i18n.T(ctx, "govern.horizon."+v.Horizon)), d.objectiveFact(ctx, v.Objective),
			}
			for _, r := range d.risks {
				if r.ID == v.Risk {
					out = append(out, ui.Item{Label: i18n.T(ctx, "govern.field.its_risk"), Body: link("/govern/risks/"+r.ID, r.Name)})
				}
			}
			return append(out, dayFact(ctx, "govern.field.reviewed_at", v.ReviewedAt), dayFact(ctx, "govern.field.review_at", v.ReviewAt))
		},
		extra: func(ctx context.Context, d *desk, v govern.Surrounding, bad wrong) (templ.Component, error) {
			f, err := h.s.Follow(ctx, v)
			if err != nil {
				return nil, err
			}
			return followed(v, f, typedDay(ctx, d.now.AddDate(0, 3, 0)), bad), nil
		},
	}
}

func (h *handlers) reviewSurrounding(w http.ResponseWriter, r *http.Request) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	to := "/govern/surroundings/" + r.PathValue("id")
	next := f.until("review_at")
	if err := f.err(); err != nil {
		return refused(w, r, err, to)
	}
	if err := h.s.ReviewSurrounding(r.Context(), r.PathValue("id"), next); err != nil {
		return refused(w, r, err, to)
	}
	web.Flash(w, r, ui.Success, "govern.saved")
	return web.Redirect(w, r, to)
}

// volumes are the mentions of a topic week by week; each bar leads to them.
func volumes(ctx context.Context, topic string, f govern.Followed) chart.BarsProps {
	s := chart.Series{Name: i18n.T(ctx, "govern.mentions")}
	for _, v := range f.Weeks {
		p := chart.Point{At: v.At, Value: float64(v.N), N: v.N}
		if v.N > 0 && org.Who(ctx).May(org.ListeningRead) {
			first := v.At.In(i18n.Zone(ctx))
			p.Href = "/mentions?" + url.Values{"topic": {topic}, "from": {first.Format(time.DateOnly)}, "to": {first.AddDate(0, 0, 6).Format(time.DateOnly)}}.Encode()
		}
		s.Points = append(s.Points, p)
	}
	return chart.BarsProps{Title: i18n.T(ctx, "govern.mentions_a_week"), Unit: chart.Count("", 0), Step: chart.Week, Series: []chart.Series{s}, Short: true}
}

func spark(ctx context.Context, f govern.Followed) chart.SparkProps {
	p := chart.SparkProps{Label: i18n.T(ctx, "govern.mentions_a_week"), Unit: chart.Count("", 0)}
	for _, v := range f.Weeks {
		p.Values = append(p.Values, float64(v.N))
	}
	return p
}

func sourceFact(ctx context.Context, source string) ui.Item {
	if isLink(source) {
		return ui.Item{Label: i18n.T(ctx, "govern.field.source"), Body: outside(source)}
	}
	return fact(ctx, "govern.field.source", source)
}
