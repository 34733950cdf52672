package reportweb

import (
	"context"
	"net/http"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/report"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

type notesPart struct {
	Notes []report.Note
	Name  report.Namer
	Over  int // subjects looked at
}

func (h *handlers) notesOf(ctx context.Context, dashboard string) (notesPart, report.Dashboard, error) {
	var d report.Dashboard
	var list []report.Subject
	var err error
	if dashboard != "" {
		if d, err = h.s.Dashboard(ctx, dashboard); err != nil {
			return notesPart{}, d, err
		}
		list = d.Subjects()
	} else if list, err = h.s.Subjects(ctx, 0); err != nil {
		return notesPart{}, d, err
	}
	p := notesPart{Over: len(list)}
	if p.Notes, err = h.s.Notes(ctx, list); err != nil {
		return p, d, err
	}
	p.Name, err = h.s.Namer(ctx)
	return p, d, err
}

func (h *handlers) notesPart(w http.ResponseWriter, r *http.Request) error {
	p, _, err := h.notesOf(r.Context(), r.URL.Query().Get("dashboard"))
	if err != nil {
		return err
	}
	return web.Part(w, r, notesBody(p))
}

func (h *handlers) notes(w http.ResponseWriter, r *http.Request) error {
	p, d, err := h.notesOf(r.Context(), r.URL.Query().Get("dashboard"))
	if err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: i18n.T(r.Context(), "report.notes")}, notesPage(p, d))
}

func noteTone(n report.Note) ui.Tone {
	switch {
	case n.Kind == report.Silent, n.Kind == report.Surged || n.Kind == report.Dipped:
		return ui.Warning
	case n.Good > 0:
		return ui.Success
	case n.Good < 0:
		return ui.Danger
	}
	return ui.Neutral
}

// views are the pages of this module.
func views(ctx context.Context, current string) []ui.Tab {
	var out []ui.Tab
	for _, v := range []struct{ href, key string }{{"/dashboards", "report.dashboards"}, {"/notes", "report.notes"}, {"/value", "report.value"}, {"/reports", "report.plans"}, {"/review-pack", "report.pack"}} {
		out = append(out, ui.Tab{Label: i18n.T(ctx, v.key), Href: v.href, Current: v.href == current})
	}
	return out
}

func (h *handlers) noteRoutes(r *web.Routes) {
	r.Page("GET /notes", org.MeasureRead, h.notes)
	r.Page("GET /notes/part", org.MeasureRead, h.notesPart)
	r.Page("GET /value", org.MeasureRead, h.value)
	r.Page("GET /value/lines/new", org.StrategyEdit, h.lineForm)
	r.Do("POST /value/lines", org.StrategyEdit, h.saveLine)
	r.Page("GET /value/lines/{id}", org.StrategyEdit, h.lineForm)
	r.Do("POST /value/lines/{id}", org.StrategyEdit, h.saveLine)
	r.Do("POST /value/lines/{id}/remove", org.StrategyEdit, h.removeLine)
}
