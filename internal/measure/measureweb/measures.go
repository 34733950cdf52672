package measureweb

import (
	"net/http"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

func (h *handlers) all(w http.ResponseWriter, r *http.Request) error {
	v, err := h.view(r)
	if err == nil {
		err = h.choose(r, &v)
	}
	if err != nil {
		return err
	}
	v.Filter.Member = "" // a tile that cannot be narrowed would be missing
	var list []measure.Report
	for _, m := range h.s.All() {
		rep, err := h.s.Report(r.Context(), m.ID, v.Window, v.Step, v.Filter)
		if err != nil {
			return err
		}
		list = append(list, rep)
	}
	return web.Show(w, r, web.Page{Title: i18n.T(r.Context(), "measure.title"), Wide: true}, measuresPage(v, list))
}

func (h *handlers) one(w http.ResponseWriter, r *http.Request) error {
	v, err := h.view(r)
	if err == nil {
		err = h.choose(r, &v)
	}
	if err != nil {
		return err
	}
	rep, err := h.s.Report(r.Context(), r.PathValue("id"), v.Window, v.Step, v.Filter)
	if err != nil {
		return err
	}
	var panels []ui.Panel
	if h.Panels != nil {
		panels = h.Panels(r.Context(), rep.Measure.ID, v.Filter)
	}
	return web.Show(w, r, web.Page{Title: name(r.Context(), rep.Measure), Wide: true}, measurePage(v, rep, panels))
}
