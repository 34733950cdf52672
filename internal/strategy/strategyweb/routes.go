// Package strategyweb decides how the strategy map is read and changed on pages: evaluations and forms come in, pages, drawings and
// calls of strategy go out.
package strategyweb

import (
	"context"
	"net/http"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/paper"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/strategy"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

type handlers struct {
	Options
	s    *strategy.Service
	org  *org.Service
	memo ui.Memo // of drawn maps

	bodies latest // of the page of a map
	desk   desk
}

// Options are what the pages are given from outside.
type Options struct {
	Printer *paper.Printer // may be nil
	// OnObjective and OnMap are shown on the page of an objective and below a map; may be nil.
	OnObjective func(ctx context.Context, e strategy.Evaluation, st strategy.Standing) []ui.Panel
	OnMap       func(ctx context.Context, e strategy.Evaluation) []ui.Panel
	// Groups names the groups of the relationship plan, which an objective may be for; may be nil.
	Groups func(ctx context.Context) []string
}

// Routes registers the pages.
func Routes(r *web.Routes, s *strategy.Service, o *org.Service, options Options) {
	h := &handlers{Options: options, s: s, org: o}

	r.Page("GET /strategy", org.StrategyRead, h.mapPage)
	r.Page("GET /strategy/map.svg", org.StrategyRead, h.svg)
	r.Page("GET /strategy/map.json", org.StrategyRead, h.json)
	r.Do("POST /strategy/template", org.StrategyEdit, h.fromTemplate)
	r.Page("GET /strategy/map.png", org.StrategyRead, h.png)
	r.Page("GET /strategy/map.pdf", org.StrategyRead, h.pdf)
	r.Page("GET /strategy/present", org.StrategyRead, h.present)
	r.Page("GET /strategy/compare", org.StrategyRead, h.compare)

	r.Page("GET /strategy/maps", org.StrategyRead, h.maps)
	r.Page("GET /strategy/maps/new", org.StrategyEdit, h.newMap)
	r.Do("POST /strategy/maps", org.StrategyEdit, h.addMap)
	r.Do("POST /strategy/maps/import", org.StrategyEdit, h.importMap)
	r.Page("GET /strategy/maps/{id}/draw", org.StrategyEdit, h.editor)
	r.Do("POST /strategy/maps/{id}/undo", org.StrategyEdit, h.undo)
	r.Do("POST /strategy/maps/{id}/redo", org.StrategyEdit, h.redo)
	r.Do("POST /strategy/maps/{id}/quick", org.StrategyEdit, h.quickObjective)
	r.Page("GET /strategy/maps/{id}/history", org.StrategyRead, h.history)
	r.Do("POST /strategy/maps/{id}/history/{change}/undo", org.StrategyEdit, h.takeBack)
	r.Page("GET /strategy/maps/{id}/shares", org.StrategyEdit, h.shares)
	r.Do("POST /strategy/maps/{id}/shares", org.StrategyEdit, h.makeShare)
	r.Do("POST /strategy/shares/{id}/revoke", org.StrategyEdit, h.revokeShare)
	r.Page("GET /shared/strategy/{secret}", org.Public, h.shared)
	r.Page("GET /shared/strategy/{secret}/present", org.Public, h.sharedPresent)

	r.Page("GET /strategy/maps/{id}/edit", org.StrategyEdit, h.editMap)
	r.Do("POST /strategy/maps/{id}/perspectives", org.StrategyEdit, h.addPerspective)
	r.Do("POST /strategy/perspectives/{id}/move", org.StrategyEdit, h.movePerspective)
	r.Do("POST /strategy/perspectives/{id}/remove", org.StrategyEdit, h.removePerspective)
	r.Do("POST /strategy/maps/{id}/themes", org.StrategyEdit, h.addTheme)
	r.Do("POST /strategy/themes/{id}/move", org.StrategyEdit, h.moveTheme)
	r.Do("POST /strategy/themes/{id}/remove", org.StrategyEdit, h.removeTheme)
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
	r.Do("POST /strategy/objectives/{id}/rename", org.StrategyEdit, h.renameObjective)
	r.Page("GET /strategy/objectives/{id}/sight", org.StrategyRead, h.sight)
	r.Do("POST /strategy/objectives/{id}/contributions", org.StrategyEdit, h.contribute)
	r.Do("POST /strategy/objectives/{id}/contributions/{serves}/remove", org.StrategyEdit, h.withdraw)
	r.Do("POST /strategy/objectives/{id}/overrides", org.StrategyEdit, h.override)
	r.Do("POST /strategy/objectives/{id}/overrides/{letter}/remove", org.StrategyEdit, h.removeOverride)
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

// lookBack is how many years a map can be looked back to.
const lookBack = 10

// when is the moment the page is about: now, or the end of a day asked for with ?at=2026-10-31. odd is what was asked for when that is no
// such day, or one that nobody can look back to: the page is about now then, and has to say so.
func (h *handlers) when(r *http.Request) (at time.Time, odd string) {
	return dayAsked(r.Context(), r.URL.Query().Get("at"), h.s.Now())
}

func dayAsked(ctx context.Context, text string, now time.Time) (at time.Time, odd string) {
	if text == "" {
		return now, ""
	}
	day, err := time.ParseInLocation(time.DateOnly, text, i18n.Zone(ctx))
	if short := []rune(text); len(short) > 40 {
		text = string(short[:40]) + "…"
	}
	if err != nil || day.After(now) || day.Before(now.AddDate(-lookBack, 0, 0)) {
		return now, text
	}
	if end := day.AddDate(0, 0, 1); end.Before(now) {
		return end.UTC(), ""
	}
	return now, ""
}

// oddDay says that a day asked for was not understood, "" when it was.
func oddDay(ctx context.Context, odd string) string {
	if odd == "" {
		return ""
	}
	return i18n.T(ctx, "strategy.at_odd", "Typed", odd, "Years", lookBack)
}

// stillHere is the name of a member, with a word when they have left: what they own has nobody who answers for it.
func stillHere(ctx context.Context, m *org.Member) string {
	if m.State == org.Removed {
		return i18n.T(ctx, "strategy.left", "Name", m.Name)
	}
	return m.Name
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
			out[o.Owner] = stillHere(ctx, m)
		}
	}
	return out, nil
}
