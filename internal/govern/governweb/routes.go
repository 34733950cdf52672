// Package governweb shows on pages what govern decides: forms come in, pages and calls of govern go out.
package governweb

import (
	"context"
	"net/http"

	"github.com/entente/entente/internal/govern"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

type handlers struct {
	s   *govern.Service
	org *org.Service
}

// Routes registers the pages.
func Routes(r *web.Routes, s *govern.Service, o *org.Service) {
	h := &handlers{s: s, org: o}
	r.Page("GET /govern", org.StrategyRead, h.overview)

	r.Page("GET /govern/orientation", org.StrategyRead, h.orientation)
	r.Page("GET /govern/orientation/{question}", org.StrategyEdit, h.question)
	r.Do("POST /govern/orientation/{question}", org.StrategyEdit, h.answer)
	r.Do("POST /govern/proposals/{proposal}/put", org.StrategyEdit, h.put)

	r.Page("GET /govern/readiness", org.StrategyRead, h.readiness)
	r.Page("GET /govern/readiness/{question}", org.StrategyRead, h.claims)
	r.Do("POST /govern/readiness/{question}", org.StrategyEdit, h.claim)
	r.Do("POST /govern/gate/open", org.OrgEdit, h.openGate)
	r.Do("POST /govern/gate/close", org.OrgEdit, h.closeGate)

	r.Page("GET /govern/risks", org.StrategyRead, h.risks)
	mount(r, h, h.riskNoun(), org.StrategyEdit)
	r.Page("GET /govern/surroundings", org.StrategyRead, h.surroundings)
	mount(r, h, h.surroundingNoun(), org.StrategyEdit)
	r.Do("POST /govern/surroundings/{id}/review", org.StrategyEdit, h.reviewSurrounding)
	r.Page("GET /govern/decisions", org.StrategyRead, h.decisions)
	mount(r, h, h.decisionNoun(), org.StrategyEdit)

	r.Page("GET /govern/reviews", org.StrategyRead, h.reviews)
	mount(r, h, h.reviewNoun(), org.StrategyEdit)
	r.Page("GET /govern/reviews/{id}/pack", org.StrategyRead, h.pack)
	r.Page("GET /govern/reviews/{id}/calendar.ics", org.StrategyRead, h.calendar)
	r.Do("POST /govern/reviews/{id}/hold", org.StrategyEdit, h.hold)
	r.Page("GET /govern/actions", org.StrategyRead, h.actions)
	mount(r, h, h.actionNoun(), org.StrategyEdit)
	r.Do("POST /govern/actions/{id}/finish", org.StrategyRead, h.finish)

	r.Page("GET /govern/spending", org.StrategyRead, h.spendings)
	mount(r, h, h.spendingNoun(), org.StrategyEdit)
	r.Page("GET /govern/insights", org.StrategyRead, h.insights)
	mount(r, h, h.insightNoun(), org.StrategyRead)
	r.Do("POST /govern/insights/{id}/decide", org.StrategyRead, h.decide)
	r.Page("GET /govern/ties", org.StrategyRead, h.ties)
	mount(r, h, h.tieNoun(), org.StrategyEdit)
	r.Page("GET /govern/ties/{id}/people", org.PeopleRead, h.tied)
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
func mend(ctx context.Context, w http.ResponseWriter, errs ...error) (wrong, error) {
	var out wrong
	for _, err := range errs {
		for _, p := range govern.Problems(err) {
			if p.Code != problem.Invalid && p.Code != problem.Conflict {
				return nil, err
			}
			if out.at(p.Field) == "" || p.Field == "" {
				out = append(out, ui.FieldError{Field: p.Field, Text: i18n.T(ctx, p.Key, p.Args...)})
			}
		}
	}
	web.Invalid(w)
	return out, nil
}

// refused shows a refusal that the reader can do something about on the page to.
func refused(w http.ResponseWriter, r *http.Request, err error, to string) error {
	if list := govern.Problems(err); len(list) > 0 {
		switch p := list[0]; p.Code {
		case problem.Conflict, problem.Invalid:
			web.Flash(w, r, ui.Danger, p.Key, p.Args...)
			return web.Redirect(w, r, to)
		}
	}
	return err
}

func mayEdit(ctx context.Context) bool { return org.Who(ctx).May(org.StrategyEdit) }

func tabs(ctx context.Context, current string) []ui.Tab {
	var out []ui.Tab
	for _, t := range []struct{ href, key string }{{"/govern", "govern.overview"}, {"/govern/orientation", "govern.orientation"}, {"/govern/readiness", "govern.readiness"}, {"/govern/risks", "govern.risks"},
		{"/govern/surroundings", "govern.surroundings"}, {"/govern/reviews", "govern.reviews"}, {"/govern/decisions", "govern.decisions"}, {"/govern/actions", "govern.actions"},
		{"/govern/insights", "govern.insights"}, {"/govern/spending", "govern.spendings"}, {"/govern/ties", "govern.ties"}} {
		out = append(out, ui.Tab{Label: i18n.T(ctx, t.key), Href: t.href, Current: t.href == current})
	}
	return out
}
