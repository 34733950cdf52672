package strategyweb

import (
	"net/http"
	"net/url"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/strategy"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

type mapPage struct {
	E      strategy.Evaluation
	Maps   []strategy.Map
	Wide   string
	Narrow string
	Names  names
	Owners map[string]string
	Past   bool
	At     string // the day asked for
	Edit   bool
}

func (h *handlers) mapPage(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	maps, err := h.s.Maps(ctx)
	if err != nil {
		return err
	}
	title := i18n.T(ctx, "strategy.title")
	if len(maps) == 0 {
		return web.Show(w, r, web.Page{Title: title}, emptyBody(mayEdit(ctx)))
	}
	p := mapPage{Maps: maps, Edit: mayEdit(ctx)}
	at := h.when(r)
	if p.Past = !at.Equal(h.s.Now()) && r.URL.Query().Get("at") != "" && at.Before(h.s.Now()); p.Past {
		p.At = r.URL.Query().Get("at")
	}
	if p.E, err = h.s.Evaluate(ctx, r.URL.Query().Get("map"), at); err != nil {
		return err
	}
	if p.Names, err = h.names(ctx); err != nil {
		return err
	}
	if p.Owners, err = h.owners(ctx, p.E.Objectives); err != nil {
		return err
	}
	m := picture(ctx, p.E, p.Names, "")
	if p.Wide, err = h.drawn(ctx, m, wide, "w", false); err != nil {
		return err
	}
	if p.Narrow, err = h.drawn(ctx, m, narrow, "n", false); err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: title, Wide: true}, mapBody(p))
}

// svg sends the map as a file that stands by itself.
func (h *handlers) svg(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	e, err := h.s.Evaluate(ctx, r.URL.Query().Get("map"), h.when(r))
	if err != nil {
		return err
	}
	n, err := h.names(ctx)
	if err != nil {
		return err
	}
	base := ""
	if o, err := h.org.Organisation(ctx); err == nil {
		if u, err := url.Parse(o.URL); err == nil && u.Host != "" {
			base = u.Scheme + "://" + u.Host
		}
	}
	body, err := h.drawn(ctx, picture(ctx, e, n, base), wide, "", true)
	if err != nil {
		return err
	}
	return download(w, "image/svg+xml; charset=utf-8", "strategy-map.svg", []byte(body))
}

func (h *handlers) json(w http.ResponseWriter, r *http.Request) error {
	body, err := h.s.Export(r.Context(), r.URL.Query().Get("map"))
	if err != nil {
		return err
	}
	return download(w, "application/json", "strategy-map.json", body)
}

func download(w http.ResponseWriter, kind, name string, body []byte) error {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	w.Header().Set("Cache-Control", "no-store")
	_, err := w.Write(body)
	_ = err // the reader has gone; there is nobody to tell
	return nil
}

func (h *handlers) fromTemplate(w http.ResponseWriter, r *http.Request) error {
	m, err := h.s.FromTemplate(r.Context(), "", strategy.As{})
	if err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "strategy.map_made")
	return web.Redirect(w, r, mapHref(m.ID))
}

type editMapPage struct {
	Map   strategy.Map
	Names map[string]string // what is typed, by field
	Wrong wrong
}

func (h *handlers) editMap(w http.ResponseWriter, r *http.Request) error {
	m, err := h.s.Map(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	p := editMapPage{Map: m, Names: map[string]string{}}
	for _, lang := range i18n.Languages() {
		p.Names["name_"+lang] = m.Name[lang]
		for _, q := range m.Perspectives {
			p.Names["perspective_"+q.ID+"_"+lang] = q.Name[lang]
		}
	}
	return h.showEditMap(w, r, p)
}

func (h *handlers) showEditMap(w http.ResponseWriter, r *http.Request, p editMapPage) error {
	return web.Show(w, r, web.Page{Title: i18n.T(r.Context(), "strategy.edit_map")}, editMapBody(p))
}

func (h *handlers) renameMap(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	m, err := h.s.Map(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	p := editMapPage{Map: m, Names: map[string]string{}}
	words := func(field string) strategy.Words {
		out := strategy.Words{}
		for _, lang := range i18n.Languages() {
			out[lang] = f.Text(field + "_" + lang)
			p.Names[field+"_"+lang] = out[lang]
		}
		return out
	}
	name := words("name")
	perspectives := map[string]strategy.Words{}
	for _, q := range m.Perspectives {
		perspectives[q.ID] = words("perspective_" + q.ID)
	}
	if err := h.s.Rename(ctx, m.ID, name, perspectives); err != nil {
		if p.Wrong, err = mend(ctx, w, err); err != nil {
			return err
		}
		return h.showEditMap(w, r, p)
	}
	web.Flash(w, r, ui.Success, "strategy.saved")
	return web.Redirect(w, r, mapHref(m.ID))
}

func (h *handlers) removeMap(w http.ResponseWriter, r *http.Request) error {
	if err := h.s.RemoveMap(r.Context(), r.PathValue("id")); err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "strategy.map_removed")
	return web.Redirect(w, r, "/strategy")
}

func (h *handlers) untangle(w http.ResponseWriter, r *http.Request) error {
	if err := h.s.Place(r.Context(), r.PathValue("id"), nil); err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "strategy.untangled")
	return web.Redirect(w, r, mapHref(r.PathValue("id")))
}

// refused shows a refusal that the reader can do something about on the page to.
func refused(w http.ResponseWriter, r *http.Request, err error, to string) error {
	switch p := problem.Of(err); p.Code {
	case problem.Conflict, problem.Invalid:
		web.Flash(w, r, ui.Danger, p.Key, p.Args...)
		return web.Redirect(w, r, to)
	}
	return err
}
