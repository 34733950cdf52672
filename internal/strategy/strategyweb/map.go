package strategyweb

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/org"
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
	At     string      // the day asked for
	Odd    string      // what is wrong with it
	Theme  string      // the theme looked at
	State  *stat.State // of the objectives that are listed, nil for all
	Edit   bool
	Prints bool // PDF and PNG can be made
	Reach  map[string]strategy.Reach
	Panels []ui.Panel
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
	p := mapPage{Maps: maps, Edit: mayEdit(ctx), Prints: h.Printer.Able()}
	at, odd := h.when(r)
	p.Odd = oddDay(ctx, odd)
	if p.Past = !at.Equal(h.s.Now()) && r.URL.Query().Get("at") != "" && at.Before(h.s.Now()); p.Past {
		p.At = r.URL.Query().Get("at")
	}
	if p.E, err = h.s.Evaluate(ctx, r.URL.Query().Get("map"), at); err != nil {
		return err
	}
	if _, ok := p.E.Map.Theme(r.URL.Query().Get("theme")); ok {
		p.Theme = r.URL.Query().Get("theme")
	}
	for _, s := range []stat.State{stat.OnTrack, stat.Watch, stat.Off, stat.Unknown} {
		if r.URL.Query().Get("state") == s.String() {
			p.State = &s
		}
	}
	version, err := h.s.Version(ctx)
	if err != nil {
		return err
	}
	key := fmt.Sprintf("%s %s %s %s %s %t %t %q", p.E.Map.ID, edition(maps), org.Who(ctx).Role, i18n.Lang(ctx), i18n.Zone(ctx), p.Past, p.Prints, r.URL.RawQuery)
	packed, err := h.bodies.read(ctx, key, fmt.Sprintf("%s %d", version, p.E.Stamp), func(ctx context.Context) (string, error) { return h.written(ctx, p, at) })
	if err != nil {
		return err
	}
	return web.ShowPacked(w, r, web.Page{Title: title, Wide: true}, packed)
}

// edition is another one after any map was edited: maps contribute to each other, and whoever edits sees it at once.
func edition(maps []strategy.Map) string {
	var b strings.Builder
	for _, m := range maps {
		fmt.Fprintf(&b, "%s.%d.", m.ID, m.UpdatedAt.UnixMicro())
	}
	return b.String()
}

// written is the page of a map as text: many look at it while nothing changes.
func (h *handlers) written(ctx context.Context, p mapPage, at time.Time) (string, error) {
	var err error
	if p.Names, err = h.names(ctx); err != nil {
		return "", err
	}
	if p.Owners, err = h.owners(ctx, p.E.Objectives); err != nil {
		return "", err
	}
	ids := make([]string, len(p.E.Objectives))
	for i, o := range p.E.Objectives {
		ids[i] = o.ID
	}
	if p.Reach, err = h.s.Reach(ctx, at, ids...); err != nil {
		return "", err
	}
	if h.OnMap != nil && len(p.E.Objectives) > 0 { // of nothing there is nothing to say
		p.Panels = h.OnMap(ctx, p.E)
	}
	if p.Wide, p.Narrow, err = h.both(ctx, picture(ctx, p.E, p.Names, look{theme: p.Theme})); err != nil {
		return "", err
	}
	var b strings.Builder
	err = mapBody(p).Render(ctx, &b)
	return b.String(), err
}

// listed are the objectives in the list below the drawing.
func (p mapPage) listed() []strategy.Standing {
	if p.State == nil {
		return p.E.Objectives
	}
	return slices.DeleteFunc(slices.Clone(p.E.Objectives), func(st strategy.Standing) bool { return st.Rolled.State != *p.State })
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
