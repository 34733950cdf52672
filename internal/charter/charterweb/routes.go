// Package charterweb shows on pages what charter decides: forms come in, pages and calls of charter go out.
package charterweb

import (
	"context"
	"net/http"

	"github.com/entente/entente/internal/charter"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

type handlers struct {
	s   *charter.Service
	org *org.Service
}

// Routes registers the pages.
func Routes(r *web.Routes, s *charter.Service, o *org.Service) {
	h := &handlers{s: s, org: o}
	r.Page("GET /charter", org.SignedIn, h.inForce)
	r.Do("POST /charter/acknowledge", org.SignedIn, h.acknowledge)
	r.Page("GET /charter/members", org.StrategyRead, h.members)

	r.Page("GET /charter/versions", org.SignedIn, h.versions)
	r.Do("POST /charter/versions", org.StrategyEdit, h.begin)
	r.Page("GET /charter/versions/{id}", org.SignedIn, h.version)
	r.Page("GET /charter/versions/{id}/changes", org.SignedIn, h.changes)
	r.Page("GET /charter/versions/{id}/words", org.StrategyEdit, h.editWords)
	r.Do("POST /charter/versions/{id}/words", org.StrategyEdit, h.saveWords)
	r.Page("GET /charter/versions/{id}/rules/new", org.StrategyEdit, h.newRule)
	r.Page("GET /charter/versions/{id}/rules/{rule}", org.StrategyEdit, h.editRule)
	r.Do("POST /charter/versions/{id}/rules", org.StrategyEdit, h.saveRule)
	r.Do("POST /charter/versions/{id}/rules/{rule}/remove", org.StrategyEdit, h.removeRule)
	r.Do("POST /charter/versions/{id}/rules/{rule}/move", org.StrategyEdit, h.moveRule)
	r.Page("GET /charter/versions/{id}/publish", org.StrategyEdit, h.publishPage)
	r.Do("POST /charter/versions/{id}/publish", org.StrategyEdit, h.publish)
	r.Do("POST /charter/versions/{id}/discard", org.StrategyEdit, h.discard)
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
	for _, p := range charter.Problems(err) {
		if p.Code != problem.Invalid && p.Code != problem.Conflict {
			return nil, err
		}
		e := ui.FieldError{Field: p.Field, Text: i18n.T(ctx, p.Key, p.Args...)}
		switch p.Field {
		case "title", "sentence": // a field for each language
			e.Field += "_" + i18n.Languages()[0]
		case "id":
			e.Field = ""
		}
		out = append(out, e)
	}
	web.Invalid(w)
	return out, nil
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

func mayEdit(ctx context.Context) bool { return org.Who(ctx).May(org.StrategyEdit) }

func versionHref(id string) string { return "/charter/versions/" + id }

func tabs(ctx context.Context, current string) []ui.Tab {
	out := []ui.Tab{{Label: i18n.T(ctx, "charter.tab.in_force"), Href: "/charter"}, {Label: i18n.T(ctx, "charter.tab.versions"), Href: "/charter/versions"}}
	if org.Who(ctx).May(org.StrategyRead) {
		out = append(out, ui.Tab{Label: i18n.T(ctx, "charter.tab.members"), Href: "/charter/members"})
	}
	for i := range out {
		out[i].Current = out[i].Href == current
	}
	return out
}
