// Package letterweb shows on a page what was written by mail in somebody's name, to whoever has the link: their word comes in, the post goes out.
package letterweb

import (
	"errors"
	"net/http"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/letter"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
)

type handlers struct {
	s      *letter.Service
	places *community.Service
}

// Routes registers the pages.
func Routes(r *web.Routes, s *letter.Service, places *community.Service) {
	h := &handlers{s, places}
	r.Page("GET /c/{slug}/letter/{token}", org.Public, h.ask)
	r.Do("POST /c/{slug}/letter/{token}", org.Public, h.answer)
}

type page struct {
	Letter letter.Letter
	Place  community.Community
	To     string
	Post   string // where it is read
	Wrong  string
}

func (h *handlers) find(r *http.Request) (page, error) {
	ctx := r.Context()
	all, err := h.places.Map(ctx)
	if err != nil {
		return page{}, err
	}
	p := page{}
	var found bool
	if p.Place, found = all.BySlug(r.PathValue("slug")); !found {
		return p, problem.New(problem.Missing, "problem.not_found")
	}
	if p.Letter, err = h.s.Pending(ctx, r.PathValue("token")); err != nil {
		return p, err
	}
	if p.Letter.Community != p.Place.ID {
		return p, problem.New(problem.Missing, "problem.not_found")
	}
	p.to(r)
	return p, nil
}

func (p *page) to(r *http.Request) {
	p.To = web.Href(r.Context(), p.Place.Path()+"/letter/"+r.PathValue("token"))
	if p.Letter.Post != "" {
		p.Post = web.Href(r.Context(), p.Place.Path()+"/p/"+p.Letter.Post)
	}
}

func (h *handlers) ask(w http.ResponseWriter, r *http.Request) error {
	p, err := h.find(r)
	if err != nil {
		return err
	}
	return h.show(w, r, p)
}

func (h *handlers) show(w http.ResponseWriter, r *http.Request, p page) error {
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("X-Robots-Tag", "noindex")
	return web.Show(w, r, web.Page{Title: i18n.T(r.Context(), "letter.title")}, body(p))
}

func (h *handlers) answer(w http.ResponseWriter, r *http.Request) error {
	p, err := h.find(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	token := r.PathValue("token")
	if f.Text("do") != "post" {
		if err := h.s.Drop(ctx, token); err != nil {
			return err
		}
		if p.Letter.State == letter.Asks {
			p.Letter.State = letter.Dropped
		}
		return h.show(w, r, p)
	}
	if p.Letter, err = h.s.Confirm(ctx, token); err != nil {
		var x *problem.Problem
		if !errors.As(err, &x) || x.Code == problem.Internal || x.Code == problem.Missing {
			return err
		}
		p.Wrong = i18n.T(ctx, x.Key, x.Args...)
		web.Invalid(w)
	}
	p.to(r)
	return h.show(w, r, p)
}
