// Package teamweb shows on pages what team decides: forms come in, the team, profiles and the responsibility matrix go out.
package teamweb

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/team"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

// Options bring in what stands beside a profile.
type Options struct {
	// Panels shows what somebody did and learned; may be nil.
	Panels func(ctx context.Context, p team.Profile) []ui.Panel
	// Achieved is how far somebody got by a measure of aims, and of how many observations; may be nil.
	Achieved func(ctx context.Context, member string, m team.AimMeasure, from, to time.Time) (value float64, n int, err error)
	// Tabs are further pages about the team; may be nil.
	Tabs func(ctx context.Context) []ui.Tab
}

type handlers struct {
	s   *team.Service
	org *org.Service
	Options
}

// Routes registers the pages.
func Routes(r *web.Routes, s *team.Service, o *org.Service, options Options) {
	h := &handlers{s, o, options}
	r.Page("GET /team", org.InboxRead, h.list)
	r.Page("GET /team/{member}", org.InboxRead, h.profile)
	r.Do("POST /team/{member}", org.InboxEdit, h.save)
	r.Do("POST /team/{member}/aims", org.InboxEdit, h.setAim)
	r.Do("POST /team/{member}/aims/{aim}/agree", org.InboxEdit, h.agreeAim)
	r.Do("POST /team/{member}/aims/{aim}/drop", org.InboxEdit, h.dropAim)
	r.Page("GET /team/matrix", org.InboxRead, h.matrix)
	r.Do("POST /team/matrix", org.InboxAssign, h.saveWork)
	r.Page("GET /team/matrix/new", org.InboxAssign, h.work)
	r.Page("GET /team/matrix/{work}", org.InboxAssign, h.work)
	r.Do("POST /team/matrix/{work}/remove", org.InboxAssign, h.removeWork)
}

// Tabs are the pages about the team.
func Tabs(ctx context.Context, current string, more ...ui.Tab) []ui.Tab {
	list := append([]ui.Tab{{Label: i18n.T(ctx, "team.tab.team"), Href: "/team"}, {Label: i18n.T(ctx, "team.tab.matrix"), Href: "/team/matrix"}}, more...)
	for i := range list {
		list[i].Current = list[i].Href == current
	}
	return list
}

func (h *handlers) tabs(ctx context.Context, current string) []ui.Tab {
	if h.Tabs == nil {
		return Tabs(ctx, current)
	}
	return Tabs(ctx, current, h.Tabs(ctx)...)
}

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

// mend sorts what was refused: what the reader can put right becomes sentences in the form; anything else is an error for the page.
func mend(ctx context.Context, w http.ResponseWriter, err error) (wrong, error) {
	var out wrong
	for _, p := range problems(err) {
		if p.Code != problem.Invalid && p.Code != problem.Conflict {
			return nil, err
		}
		out = append(out, ui.FieldError{Field: p.Field, Text: i18n.T(ctx, p.Key, p.Args...)})
	}
	web.Invalid(w)
	return out, nil
}

// problems takes joined errors apart.
func problems(err error) []*problem.Problem {
	if list, ok := err.(interface{ Unwrap() []error }); ok {
		var out []*problem.Problem
		for _, e := range list.Unwrap() {
			out = append(out, problems(e)...)
		}
		return out
	}
	if _, is := err.(*problem.Problem); !is {
		if inner := errors.Unwrap(err); inner != nil {
			return problems(inner)
		}
	}
	return []*problem.Problem{problem.Of(err)}
}
