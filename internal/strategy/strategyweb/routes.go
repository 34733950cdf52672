// Package strategyweb decides how the strategy map is read and changed on pages: evaluations and forms come in, pages, drawings and
// calls of strategy go out.
package strategyweb

import (
	"context"
	"net/http"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/strategy"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

type handlers struct {
	s    *strategy.Service
	org  *org.Service
	memo ui.Memo // of drawn maps
}

// Routes registers the pages.
func Routes(r *web.Routes, s *strategy.Service, o *org.Service) {
	h := &handlers{s: s, org: o}

	r.Page("GET /strategy", org.StrategyRead, h.mapPage)
	r.Page("GET /strategy/map.svg", org.StrategyRead, h.svg)
	r.Page("GET /strategy/map.json", org.StrategyRead, h.json)
	r.Do("POST /strategy/template", org.StrategyEdit, h.fromTemplate)
	r.Page("GET /strategy/maps/{id}/edit", org.StrategyEdit, h.editMap)
	r.Do("POST /strategy/maps/{id}", org.StrategyEdit, h.renameMap)
	r.Do("POST /strategy/maps/{id}/remove", org.StrategyEdit, h.removeMap)
	r.Do("POST /strategy/maps/{id}/untangle", org.StrategyEdit, h.untangle)

	r.Page("GET /strategy/maps/{id}/objectives/new", org.StrategyEdit, h.newObjective)
	r.Do("POST /strategy/maps/{id}/objectives", org.StrategyEdit, h.addObjective)
	r.Page("GET /strategy/objectives/{id}", org.StrategyRead, h.objectivePage)
	r.Page("GET /strategy/objectives/{id}/edit", org.StrategyEdit, h.editObjective)
	r.Do("POST /strategy/objectives/{id}", org.StrategyEdit, h.changeObjective)
	r.Do("POST /strategy/objectives/{id}/remove", org.StrategyEdit, h.removeObjective)
	r.Do("POST /strategy/objectives/{id}/move", org.StrategyEdit, h.moveObjective)
	r.Do("POST /strategy/objectives/{id}/links", org.StrategyEdit, h.addLink)
	r.Do("POST /strategy/objectives/{id}/links/{serves}/remove", org.StrategyEdit, h.removeLink)

	r.Page("GET /strategy/objectives/{id}/measures/new", org.StrategyEdit, h.newMeasure)
	r.Do("POST /strategy/objectives/{id}/measures", org.StrategyEdit, h.addMeasure)
	r.Page("GET /strategy/measures/{id}/edit", org.StrategyEdit, h.editMeasure)
	r.Do("POST /strategy/measures/{id}", org.StrategyEdit, h.changeMeasure)
	r.Do("POST /strategy/measures/{id}/remove", org.StrategyEdit, h.removeMeasure)
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
	seen := map[string]bool{}
	for _, err := range errs {
		for _, p := range strategy.Problems(err) {
			if p.Code != problem.Invalid && p.Code != problem.Conflict {
				return nil, err
			}
			if p.Field == "" || !seen[p.Field] {
				e := ui.FieldError{Field: p.Field, Text: i18n.T(ctx, p.Key, p.Args...)}
				if p.Field == "name" { // a name has a field for each language
					e.ID = "f-name_" + i18n.Languages()[0]
				}
				out = append(out, e)
			}
			seen[p.Field] = true
		}
	}
	web.Invalid(w)
	return out, nil
}

func mayEdit(ctx context.Context) bool { return org.Who(ctx).May(org.StrategyEdit) }

// when is the moment the page is about: now, or the end of a day asked for with ?at=2026-10-31.
func (h *handlers) when(r *http.Request) time.Time {
	now := h.s.Now()
	day, err := time.ParseInLocation(time.DateOnly, r.URL.Query().Get("at"), i18n.Zone(r.Context()))
	if err != nil {
		return now
	}
	end := day.AddDate(0, 0, 1)
	if !end.Before(now) || end.Before(now.AddDate(-10, 0, 0)) {
		return now
	}
	return end.UTC()
}

// owners gives the names of those who own objectives.
func (h *handlers) owners(ctx context.Context, list []strategy.Standing) (map[string]string, error) {
	out := map[string]string{}
	for _, o := range list {
		if _, done := out[o.Owner]; done || o.Owner == "" {
			continue
		}
		m, err := h.org.Find(ctx, o.Owner)
		switch {
		case problem.Is(err, problem.Missing):
			out[o.Owner] = ""
		case err != nil:
			return nil, err
		default:
			out[o.Owner] = m.Name
		}
	}
	return out, nil
}
