// Package planweb shows on pages what plan decides: forms come in, pages and calls of plan go out.
package planweb

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/plan"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

type handlers struct {
	s     *plan.Service
	org   *org.Service
	ideas *community.Service // nil for none
}

// Routes registers the pages.
func Routes(r *web.Routes, s *plan.Service, o *org.Service, options Options) {
	h := &handlers{s: s, org: o, ideas: options.Ideas}

	r.Page("GET /initiatives", org.StrategyRead, h.list)
	r.Page("GET /initiatives/portfolio", org.StrategyRead, h.portfolio)
	r.Page("GET /initiatives/capacity", org.StrategyRead, h.capacity)
	r.Page("GET /initiatives/calendar", org.StrategyRead, h.calendar)
	r.Do("POST /initiatives/calendar", org.StrategyEdit, h.changeCalendar)
	r.Page("GET /initiatives/new", org.StrategyEdit, h.add)
	r.Do("POST /initiatives", org.StrategyEdit, h.create)
	r.Do("POST /initiatives/adopt", org.StrategyEdit, h.adopt)
	r.Page("GET /initiatives/{id}", org.StrategyRead, h.overview)
	r.Page("GET /initiatives/{id}/timeline", org.StrategyRead, h.timeline)
	r.Page("GET /initiatives/{id}/timeline.svg", org.StrategyRead, h.svg)
	r.Page("GET /initiatives/{id}/money", org.StrategyRead, h.money)
	r.Page("GET /initiatives/{id}/people", org.StrategyRead, h.people)
	r.Page("GET /initiatives/{id}/tasks/{task}", org.StrategyRead, h.task)
	r.Do("POST /initiatives/{id}/tasks/{task}", org.StrategyRead, h.report)
	r.Page("GET /initiatives/{id}/edit/{section}", org.StrategyEdit, h.edit)
	r.Do("POST /initiatives/{id}/edit/{section}", org.StrategyEdit, h.change)
	r.Do("POST /initiatives/{id}/steps", org.StrategyRead, h.take)
	r.Do("POST /initiatives/{id}/remove", org.StrategyEdit, h.remove)
	r.Do("POST /initiatives/{id}/bookings", org.StrategyRead, h.book)
	r.Do("POST /initiatives/{id}/bookings/{booking}/remove", org.StrategyRead, h.unbook)
}

func href(initiative string, parts ...string) string {
	return "/initiatives/" + strings.Join(append([]string{initiative}, parts...), "/")
}

func mayEdit(ctx context.Context) bool { return org.Who(ctx).May(org.StrategyEdit) }

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

// mend sorts what was refused: what the reader can put right becomes sentences in the form, each at its field, where moved says how a field
// is called on the page; anything else is an error for the page.
func mend(ctx context.Context, w http.ResponseWriter, moved func(string) string, errs ...error) (wrong, error) {
	var out wrong
	seen := map[string]bool{}
	for _, err := range errs {
		for _, p := range org.Problems(err) {
			if p.Code != problem.Invalid && p.Code != problem.Conflict {
				return nil, err
			}
			field := p.Field
			if moved != nil {
				field = moved(field)
			}
			if field == "" || !seen[field] {
				out = append(out, ui.FieldError{Field: field, Text: i18n.T(ctx, p.Key, p.Args...)})
			}
			seen[field] = true
		}
	}
	web.Invalid(w)
	return out, nil
}

// seen is when what a form shows was last changed, as the form carries it.
func seen(t time.Time) string { return strconv.FormatInt(t.UnixMicro(), 10) }

func readSeen(in *web.Form) time.Time {
	n, err := strconv.ParseInt(in.Text("seen"), 10, 64)
	if err != nil || n <= 0 {
		return time.UnixMicro(1) // nobody has seen what was never saved: refused rather than overwritten
	}
	return time.UnixMicro(n).UTC()
}
