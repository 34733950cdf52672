package measureweb

import (
	"context"
	"net/http"
	"net/url"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
	"github.com/entente/entente/internal/web/ui/chart"
)

func (h *handlers) rows(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v, err := h.view(r)
	if err != nil {
		return err
	}
	m, err := h.s.Find(r.PathValue("id"))
	if err != nil {
		return err
	}
	v = v.of(ctx, m)
	p := rowsProps{View: v, Measure: m}
	if p.Result, err = h.s.Compute(ctx, m.ID, v.Window, v.Filter); err != nil {
		return err
	}
	if v.Weekday > 0 {
		days, ok, err := h.s.ByWeekday(ctx, m.ID, v.Window, v.Filter)
		if err != nil {
			return err
		}
		if !ok { // its number is more than what happened on each day
			v.Weekday, p.View.Weekday = 0, 0
		} else {
			p.Result = days[v.Weekday%7]
		}
	}
	cursor := r.URL.Query().Get("cursor")
	rows, next, err := h.s.Rows(ctx, m.ID, v.Window, v.Filter, measure.Paging{Part: v.Part, Weekday: v.Weekday, Cursor: cursor})
	if err != nil {
		return err
	}
	p.Rows = rows
	if next != "" {
		p.Pages.Older = v.rows(r.URL.Path, v.Part, "cursor", next)
	}
	if cursor != "" {
		p.First = v.rows(r.URL.Path, v.Part)
	}
	title := i18n.T(ctx, "measure.rows") + " – " + name(ctx, m)
	return web.Show(w, r, web.Page{Title: title, Wide: true}, rowsPage(p))
}

type rowsProps struct {
	View    view
	Measure kpi.Measure
	Result  measure.Result
	Rows    []measure.Row
	Pages   ui.Pages
	First   string
}

func (p rowsProps) tabs(ctx context.Context) []ui.Tab {
	path := "/measures/" + p.Measure.ID + "/rows"
	tabs := []ui.Tab{{Label: i18n.T(ctx, "measure.rows_all") + " (" + count(ctx, p.Result.N) + ")", Href: p.View.rows(path, ""), Current: p.View.Part == ""}}
	for _, part := range p.Result.Parts {
		if part.Role == kpi.Population {
			continue
		}
		tabs = append(tabs, ui.Tab{Label: i18n.T(ctx, "measure.part."+part.ID) + " (" + count(ctx, part.N) + ")",
			Href: p.View.rows(path, part.ID), Current: p.View.Part == part.ID})
	}
	return tabs
}

func (p rowsProps) columns(ctx context.Context) []ui.Column {
	said := "measure.col.said"
	if p.Measure.Of == kpi.OfConversations {
		said = "measure.col.opened"
	} else if p.Measure.Of == kpi.OfFacts {
		said = "measure.col.dated"
	} else if p.Measure.Of == kpi.OfInsights {
		said = "measure.col.handed"
	} else if p.Measure.Of == kpi.OfPeople {
		said = "measure.col.joined"
	} else if p.Measure.Of == kpi.OfSituations {
		said = "situation.field.detected"
	}
	cols := []ui.Column{{Label: i18n.T(ctx, "measure.col.what_"+string(p.Measure.Of))}, {Label: i18n.T(ctx, "measure.col.author")},
		{Label: i18n.T(ctx, "measure.col.channel")}, {Label: i18n.T(ctx, said)}, {Label: i18n.T(ctx, "measure.col.part")}}
	if p.Measure.Unit == kpi.Seconds {
		cols = append(cols, ui.Column{Label: i18n.T(ctx, "measure.col.wait"), Numeric: true})
	}
	return cols
}

// href is where a row can be read whole.
func href(r measure.Row) string {
	if r.Of == kpi.OfConversations {
		return "/inbox/" + url.PathEscape(r.ID)
	}
	if r.Of == kpi.OfInsights {
		return "/govern/insights/" + url.PathEscape(r.ID)
	}
	if r.Of == kpi.OfVisits {
		return "/deflection"
	}
	if r.Of == kpi.OfPeople {
		return "/people?q=" + url.QueryEscape(r.Title)
	}
	if r.Of == kpi.OfSituations {
		return "/situations/" + url.PathEscape(r.ID)
	}
	if r.Of == kpi.OfFacts {
		return "/business/facts/" + url.PathEscape(r.ID)
	}
	return "/mentions?post=" + url.QueryEscape(r.ID)
}

func title(ctx context.Context, r measure.Row) string {
	if r.Title == "" {
		return i18n.T(ctx, "measure.untitled")
	}
	return r.Title
}

func waited(ctx context.Context, r measure.Row) string {
	d := chart.Duration().Write(ctx, r.For.Seconds())
	if r.Open {
		return i18n.T(ctx, "measure.ongoing", "For", d)
	}
	return d
}

func partTone(r kpi.Role) ui.Tone {
	if r == kpi.Numerator {
		return ui.Accent
	}
	return ui.Neutral
}
