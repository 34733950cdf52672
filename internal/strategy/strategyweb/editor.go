package strategyweb

import (
	"context"
	"net/http"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/strategy"
	"github.com/entente/entente/internal/strategy/layout"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

// editorPage is a map with everything to change it: the drawing for those with a pointer, forms for all.
type editorPage struct {
	E          strategy.Evaluation
	Drawing    string
	Undo, Redo *strategy.Change
	Crossings  int
	Fold       string // the perspective whose forms were used last
}

// unfolded reports whether the forms of a perspective are shown: all while there are few, else those that were used last.
func (p editorPage) unfolded(perspective string) bool {
	return len(p.E.Objectives) <= strategy.Readable || p.Fold == perspective
}

func (h *handlers) editor(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	e, err := h.s.Lately(ctx, r.PathValue("id"), h.s.Now())
	if err != nil {
		return err
	}
	n, err := h.names(ctx)
	if err != nil {
		return err
	}
	p := editorPage{E: e, Fold: r.URL.Query().Get("fold")}
	m := picture(ctx, e, n, look{})
	for i := range m.Objectives { // names and states are what is needed to arrange
		c := &m.Objectives[i].Card
		*c = layout.Card{State: c.State, Measure: c.Measure, Value: c.Value}
	}
	o := layout.Options{Width: wide, Prefix: "e", Edit: true}
	if p.Drawing, err = h.drawn(ctx, m, o); err != nil {
		return err
	}
	p.Crossings = layout.Arrange(m, o).Crossings
	if p.Undo, p.Redo, err = h.s.Steps(ctx, e.Map.ID); err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "strategy.draw"), Wide: true, Shortcuts: editorKeys(ctx)}, editorBody(p))
}

// editorKeys says what keys do on an objective of the drawing.
func editorKeys(ctx context.Context) []ui.Shortcut {
	var out []ui.Shortcut
	for _, k := range []struct{ keys, what string }{{"Alt ↑ ↓ ← →", "move"}, {"↑ ↓ ← →", "go"}, {"F2", "rename"}, {"l", "link"}, {"n", "new"}, {"Del", "remove"}, {"Ctrl Z", "undo"}, {"Ctrl Shift Z", "redo"}} {
		out = append(out, ui.Shortcut{Keys: k.keys, Label: i18n.T(ctx, "strategy.key."+k.what)})
	}
	return out
}

// fromEditor reports whether a form was sent from the editor of the drawing.
func fromEditor(r *http.Request) bool {
	f, err := web.ReadForm(r)
	return err == nil && f.Text("back") == "draw"
}

// backToDrawing is the editor of a map, with the forms unfolded that were just used.
func backToDrawing(r *http.Request, mapID string) string {
	if f, err := web.ReadForm(r); err == nil && id.Valid(f.Text("fold")) {
		return drawHref(mapID) + "?fold=" + f.Text("fold") + "#place-" + f.Text("fold")
	}
	return drawHref(mapID)
}

// done answers a change: back to the editor for those who came from there, else to another page.
func done(w http.ResponseWriter, r *http.Request, mapID, otherwise string) error {
	if fromEditor(r) {
		otherwise = backToDrawing(r, mapID)
	}
	return web.Redirect(w, r, otherwise)
}

// fits shows a refusal on the page it came from; the browser's editor says it by itself.
func fits(w http.ResponseWriter, r *http.Request, err error, mapID, otherwise string) error {
	if r.Header.Get("HX-Request") != "" {
		if list := strategy.Problems(err); len(list) > 0 {
			return list[0]
		}
		return err
	}
	if fromEditor(r) {
		otherwise = drawHref(mapID)
	}
	if list := strategy.Problems(err); len(list) > 0 {
		err = list[0]
	}
	return refused(w, r, err, otherwise)
}

func (h *handlers) undo(w http.ResponseWriter, r *http.Request) error {
	return h.stepBack(w, r, "strategy.was_undone", h.s.Undo)
}

func (h *handlers) redo(w http.ResponseWriter, r *http.Request) error {
	return h.stepBack(w, r, "strategy.was_redone", h.s.Redo)
}

func (h *handlers) stepBack(w http.ResponseWriter, r *http.Request, key string, step func(context.Context, string) (strategy.Change, error)) error {
	mapID := r.PathValue("id")
	if _, err := web.ReadForm(r); err != nil {
		return err
	}
	if _, err := step(r.Context(), mapID); err != nil {
		return fits(w, r, err, mapID, drawHref(mapID))
	}
	if r.Header.Get("HX-Request") == "" {
		web.Flash(w, r, ui.Success, key)
	}
	return web.Redirect(w, r, drawHref(mapID))
}

// quickObjective puts an objective on the map by its name alone; the rest can follow.
func (h *handlers) quickObjective(w http.ResponseWriter, r *http.Request) error {
	ctx, mapID := r.Context(), r.PathValue("id")
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	owner := ""
	if me := org.Who(ctx); me != nil {
		owner = me.ID
	}
	o := strategy.Objective{Map: mapID, Perspective: f.Text("perspective"), Name: strategy.Words{i18n.Lang(ctx): f.Text("name")}, Owner: owner}
	if _, err := h.s.AddObjective(ctx, o); err != nil {
		return fits(w, r, err, mapID, drawHref(mapID))
	}
	return done(w, r, mapID, drawHref(mapID))
}

// moveObjective moves an objective by one place, or to a place.
func (h *handlers) moveObjective(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	o, err := h.s.Objective(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	if to := strategy.Way(f.Text("to")); to != "" {
		_, err = h.s.Nudge(ctx, o.ID, to)
	} else {
		err = h.s.Move(ctx, o.ID, f.Text("perspective"), f.Text("before"))
	}
	if err != nil {
		return fits(w, r, err, o.Map, objectiveHref(o.ID)+"/edit")
	}
	return done(w, r, o.Map, objectiveHref(o.ID)+"/edit")
}

func (h *handlers) renameObjective(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	o, err := h.s.Objective(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	if f.Text("name") == "" {
		err = problem.New(problem.Invalid, "strategy.name_missing")
	} else {
		err = h.s.RenameObjective(ctx, o.ID, i18n.Lang(ctx), f.Text("name"))
	}
	if err != nil {
		return fits(w, r, err, o.Map, objectiveHref(o.ID))
	}
	return done(w, r, o.Map, objectiveHref(o.ID))
}

// history lists what was changed on a map.
func (h *handlers) history(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	m, err := h.s.Map(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	before := int64(0)
	if v, ok := number(r.URL.Query().Get("before")); ok && v > 0 && v < 1e15 {
		before = int64(v)
	}
	list, err := h.s.Changes(ctx, m.ID, before, 51)
	if err != nil {
		return err
	}
	p := historyPage{Map: m, Edit: mayEdit(ctx)}
	if len(list) > 50 {
		list = list[:50]
		p.Older = "/strategy/maps/" + m.ID + "/history?before=" + i18nNumber(list[49].Number)
	}
	if before > 0 {
		p.Newer = "/strategy/maps/" + m.ID + "/history"
	}
	if p.Lines, err = h.told(ctx, list); err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "strategy.history")}, historyBody(p))
}

type historyPage struct {
	Map          strategy.Map
	Lines        []historyLine
	Newer, Older string
	Edit         bool
}

type historyLine struct {
	strategy.Change
	Who  string
	What string
}

// whatOf is what was done, and to what.
func whatOf(ctx context.Context, l historyLine) string {
	if name := l.Name.In(i18n.Lang(ctx)); name != "" {
		return l.What + i18n.Colon(ctx) + name
	}
	return l.What
}

// told puts changes into words.
func (h *handlers) told(ctx context.Context, list []strategy.Change) ([]historyLine, error) {
	who := map[string]string{"": i18n.T(ctx, "strategy.operator")}
	var out []historyLine
	for _, c := range list {
		if _, known := who[c.Member]; !known {
			m, err := h.org.Find(ctx, c.Member)
			switch {
			case problem.Is(err, problem.Missing):
				who[c.Member] = i18n.T(ctx, "strategy.former_member")
			case err != nil:
				return nil, err
			default:
				who[c.Member] = m.Name
			}
		}
		out = append(out, historyLine{c, who[c.Member], deed(ctx, c)})
	}
	return out, nil
}

// deed says what a change did.
func deed(ctx context.Context, c strategy.Change) string {
	key := "org.audit." + c.Action
	if !i18n.Has(key) {
		key = "strategy.audit." + c.Action[len("strategy."):]
	}
	return i18n.T(ctx, key)
}

func (h *handlers) takeBack(w http.ResponseWriter, r *http.Request) error {
	to := "/strategy/maps/" + r.PathValue("id") + "/history"
	if _, err := h.s.Revert(r.Context(), r.PathValue("id"), r.PathValue("change")); err != nil {
		return refused(w, r, err, to)
	}
	web.Flash(w, r, ui.Success, "strategy.was_undone")
	return web.Redirect(w, r, to)
}
