// Package translateweb shows where translations by machine are asked for; settings come in from owners, calls of translate go out.
package translateweb

import (
	"context"
	"net/http"
	"strconv"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/translate"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

type handlers struct{ s *translate.Service }

// Routes registers the pages.
func Routes(r *web.Routes, s *translate.Service) {
	h := &handlers{s}
	r.Page("GET /translation", org.OrgEdit, h.show)
	r.Do("POST /translation", org.OrgEdit, h.set)
}

type view struct {
	translate.State
	on     bool // the box is ticked
	trial  string
	errors []ui.FieldError
}

func (v *view) wrong(field string) string {
	for _, e := range v.errors {
		if e.Field == field {
			return e.Text
		}
	}
	return ""
}

func (v *view) keyHint(ctx context.Context) string {
	if v.Keyed {
		return i18n.T(ctx, "translate.key_kept")
	}
	return ""
}

func (h *handlers) show(w http.ResponseWriter, r *http.Request) error {
	st, err := h.s.State(r.Context())
	if err != nil {
		return err
	}
	return h.page(w, r, &view{State: st, on: st.On()})
}

func (h *handlers) page(w http.ResponseWriter, r *http.Request, v *view) error {
	return web.Show(w, r, web.Page{Title: i18n.T(r.Context(), "translate.title")}, body(v))
}

func (h *handlers) set(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(f.Text("characters"))
	if err != nil {
		n = 0 // refused with its bounds
	}
	in := translate.Settings{Address: f.Text("address"), Kind: f.Text("kind"), Model: f.Text("model"), Private: f.Has("private"), Characters: n}
	err = h.s.Set(ctx, in, f.Text("key"), f.Has("drop"), f.Has("on"))
	trial := ""
	if err == nil && f.Has("try") {
		to := "en"
		if i18n.Lang(ctx) == to {
			to = "fr"
		}
		trial, err = h.s.Translate(ctx, i18n.T(ctx, "translate.sample"), i18n.Lang(ctx), to, false)
	}
	if err != nil || trial != "" {
		v := &view{on: f.Has("on"), trial: trial}
		if err != nil {
			p := problem.Of(err)
			if p.Code != problem.Invalid {
				return err
			}
			field := p.Field
			if field == "text" {
				field = ""
			}
			web.Invalid(w)
			v.errors = []ui.FieldError{{Field: field, Text: i18n.T(ctx, p.Key, p.Args...)}}
		}
		if v.State, err = h.s.State(ctx); err != nil {
			return err
		}
		v.Settings = in
		return h.page(w, r, v)
	}
	web.Flash(w, r, ui.Success, "translate.saved")
	return web.Redirect(w, r, "/translation")
}
