// Package reportweb shows on pages what report decides: forms come in, pages and calls of report go out.
package reportweb

import (
	"context"
	"strconv"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/paper"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/report"
	"github.com/entente/entente/internal/report/tell"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

type handlers struct {
	s       *report.Service
	org     *org.Service
	printer *paper.Printer
}

// Routes registers the pages; printer makes PDFs and may be nil.
func Routes(r *web.Routes, s *report.Service, o *org.Service, printer *paper.Printer) {
	h := &handlers{s: s, org: o, printer: printer}
	r.Page("GET /dashboards", org.MeasureRead, h.list)
	r.Page("GET /dashboards/new", org.MeasureEdit, h.form)
	r.Do("POST /dashboards", org.MeasureEdit, h.save)
	r.Page("GET /dashboards/{id}", org.MeasureRead, h.show)
	r.Page("GET /dashboards/{id}/edit", org.MeasureEdit, h.form)
	r.Do("POST /dashboards/{id}", org.MeasureEdit, h.save)
	r.Do("POST /dashboards/{id}/remove", org.MeasureEdit, h.remove)
	r.Page("GET /dashboards/{id}/tiles/new", org.MeasureEdit, h.tileForm)
	r.Do("POST /dashboards/{id}/tiles", org.MeasureEdit, h.saveTile)
	r.Page("GET /dashboards/{id}/tiles/{tile}", org.MeasureEdit, h.tileForm)
	r.Do("POST /dashboards/{id}/tiles/{tile}", org.MeasureEdit, h.saveTile)
	r.Do("POST /dashboards/{id}/tiles/{tile}/move", org.MeasureEdit, h.moveTile)
	r.Do("POST /dashboards/{id}/tiles/{tile}/remove", org.MeasureEdit, h.removeTile)
	r.Page("GET /dashboards/{id}/export/{format}", org.MeasureRead, h.export)
	h.more(r)
}

// names says what the ids in filters are called.
type names map[kpi.Dimension]map[string]string

func (h *handlers) names(ctx context.Context) (names, error) {
	m := h.s.Measures()
	out := names{kpi.ByChannel: {}, kpi.ByTopic: {}, kpi.ByMember: {}, kpi.ByCommunity: {}}
	for by := range out {
		list, err := m.Values(ctx, by, measure.Window{})
		if err != nil {
			return nil, err
		}
		for _, c := range list {
			out[by][c.ID] = c.Name
		}
	}
	return out, nil
}

func (n names) of(ctx context.Context, by kpi.Dimension, id string) string {
	return tell.Value(ctx, by, id, n[by][id])
}

// narrowed says in words what a tile is narrowed to.
func (n names) narrowed(ctx context.Context, f measure.Filter) string {
	out := ""
	for _, p := range report.Narrowed(f) {
		if out != "" {
			out += " · "
		}
		out += n.of(ctx, p.By, p.Value)
	}
	return out
}

func count(ctx context.Context, n int) string { return i18n.Number(ctx, float64(n), 0) }

// wrong is what is to be put right in a form. Its zero value is nothing.
type wrong []ui.FieldError

func (w wrong) at(field string) string {
	for _, e := range w {
		if e.Field == field {
			return e.Text
		}
	}
	return ""
}

// mend sorts what was refused: what the reader can put right becomes sentences in the form, anything else is an error for the page.
func mend(ctx context.Context, err error) (wrong, error) {
	var out wrong
	seen := map[string]bool{}
	for _, p := range org.Problems(err) {
		if p.Code != problem.Invalid && p.Code != problem.Conflict {
			return nil, err
		}
		if p.Field == "" || !seen[p.Field] {
			out = append(out, ui.FieldError{Field: p.Field, Text: i18n.T(ctx, p.Key, p.Args...)})
		}
		seen[p.Field] = true
	}
	return out, nil
}

func spans(ctx context.Context) []ui.Option {
	var out []ui.Option
	for _, d := range report.Spans() {
		out = append(out, ui.Option{Value: strconv.Itoa(d), Label: i18n.T(ctx, "report.days", "Days", strconv.Itoa(d))})
	}
	return out
}

func words[T ~string](ctx context.Context, prefix string, list []T) []ui.Option {
	var out []ui.Option
	for _, v := range list {
		out = append(out, ui.Option{Value: string(v), Label: i18n.T(ctx, prefix+string(v))})
	}
	return out
}

func href(dashboard string, parts ...string) string {
	out := "/dashboards/" + dashboard
	for _, p := range parts {
		out += "/" + p
	}
	return out
}
