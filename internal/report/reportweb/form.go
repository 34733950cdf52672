package reportweb

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/report"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

func measureName(ctx context.Context, m kpi.Measure) string { return measure.Name(ctx, m) }

func tileTitle(ctx context.Context, r report.Reading) string {
	if t := title(ctx, r); t != "" {
		return t
	}
	return i18n.T(ctx, "report.tile")
}

func firstColumn(ctx context.Context, r report.Reading) string {
	if r.Tile.By != "" {
		return i18n.T(ctx, "measure.by."+string(r.Tile.By))
	}
	return i18n.T(ctx, "report.from")
}

type formPage struct {
	Dashboard report.Dashboard // without an id: a new one
	Tiles     []tileLine
	Wrong     wrong
}

// tileLine is a tile in the list of the form.
type tileLine struct {
	report.Tile
	Name, About string
}

func (h *handlers) form(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	p := formPage{}
	if at := r.PathValue("id"); at != "" {
		d, err := h.s.Dashboard(ctx, at)
		if err != nil {
			return err
		}
		p.Dashboard = d
	}
	return h.showForm(w, r, p)
}

func (h *handlers) showForm(w http.ResponseWriter, r *http.Request, p formPage) error {
	ctx := r.Context()
	n, err := h.names(ctx)
	if err != nil {
		return err
	}
	for _, t := range p.Dashboard.Tiles {
		l := tileLine{Tile: t, Name: t.Title, About: i18n.T(ctx, "report.kind."+string(t.Kind)) + " · " + i18n.T(ctx, "report.days", "Days", strconv.Itoa(t.Days))}
		if m, err := h.s.Measures().Find(t.Measure); err == nil && l.Name == "" {
			l.Name = measureName(ctx, m)
		}
		if l.Name == "" {
			l.Name = t.Measure
		}
		if f := n.narrowed(ctx, t.Filter); f != "" {
			l.About += " · " + f
		}
		p.Tiles = append(p.Tiles, l)
	}
	title := i18n.T(ctx, "report.new")
	if p.Dashboard.ID != "" {
		title = i18n.T(ctx, "report.edit_of", "Name", p.Dashboard.Name)
	}
	return web.Show(w, r, web.Page{Title: title}, formBody(p, title))
}

func readRoles(in *web.Form) []org.Role {
	var out []org.Role
	for _, role := range org.Roles() {
		if in.Get("role_"+string(role)) != "" {
			out = append(out, role)
		}
	}
	return out
}

func (h *handlers) save(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	var d report.Dashboard
	at := r.PathValue("id")
	draft := report.Dashboard{Name: in.Text("name"), About: in.Text("about"), Roles: readRoles(in)}
	if at == "" {
		d, err = h.s.AddDashboard(ctx, draft)
	} else {
		d, err = h.s.ChangeDashboard(ctx, at, draft.Name, draft.About, draft.Roles)
	}
	if err != nil {
		bad, err := mend(ctx, err)
		if err != nil {
			return err
		}
		if at != "" {
			saved, err := h.s.Dashboard(ctx, at)
			if err != nil {
				return err
			}
			draft.ID, draft.Tiles = saved.ID, saved.Tiles
		}
		web.Invalid(w)
		return h.showForm(w, r, formPage{Dashboard: draft, Wrong: bad})
	}
	web.Flash(w, r, ui.Success, "report.saved")
	if at == "" {
		return web.Redirect(w, r, href(d.ID, "tiles", "new"))
	}
	return web.Redirect(w, r, href(d.ID, "edit"))
}

func (h *handlers) remove(w http.ResponseWriter, r *http.Request) error {
	if err := h.s.RemoveDashboard(r.Context(), r.PathValue("id")); err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "report.removed")
	return web.Redirect(w, r, "/dashboards")
}

type tilePage struct {
	Dashboard report.Dashboard
	Tile      report.Tile
	Measures  []ui.Option
	Choices   map[kpi.Dimension][]ui.Option
	Wrong     wrong
}

// narrows lists what a tile can be narrowed by, in the order of the form.
func narrows() []kpi.Dimension {
	return []kpi.Dimension{kpi.ByChannel, kpi.ByTopic, kpi.ByLanguage, kpi.ByKind, kpi.ByMember, kpi.ByTeam, kpi.ByPartner, kpi.ByCampaign, kpi.ByCommunity}
}

func (h *handlers) tileForm(w http.ResponseWriter, r *http.Request) error {
	d, err := h.s.Dashboard(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	p := tilePage{Dashboard: d, Tile: report.Tile{Kind: report.Figure, Days: 30, Step: measure.Week, Compare: report.WithBefore, Width: 1, Measure: r.URL.Query().Get("measure")}}
	if at := r.PathValue("tile"); at != "" {
		i := slices.IndexFunc(d.Tiles, func(t report.Tile) bool { return t.ID == at })
		if i < 0 {
			return web.Redirect(w, r, href(d.ID, "edit"))
		}
		p.Tile = d.Tiles[i]
	}
	return h.showTile(w, r, p)
}

func (h *handlers) showTile(w http.ResponseWriter, r *http.Request, p tilePage) error {
	ctx := r.Context()
	m := h.s.Measures()
	for _, each := range m.All() {
		p.Measures = append(p.Measures, ui.Option{Value: each.ID, Label: measureName(ctx, each), Group: i18n.T(ctx, "measure.section."+string(each.Section))})
	}
	now := h.s.Now()
	n, err := h.names(ctx)
	if err != nil {
		return err
	}
	p.Choices = map[kpi.Dimension][]ui.Option{}
	for _, by := range narrows() {
		list, err := m.Values(ctx, by, measure.Last(365, now, i18n.Zone(ctx)))
		if err != nil {
			return err
		}
		for _, c := range list {
			p.Choices[by] = append(p.Choices[by], ui.Option{Value: c.ID, Label: n.of(ctx, by, c.ID)})
		}
		if v := valueOf(p.Tile.Filter, by); v != "" && !slices.ContainsFunc(p.Choices[by], func(o ui.Option) bool { return o.Value == v }) {
			p.Choices[by] = append(p.Choices[by], ui.Option{Value: v, Label: n.of(ctx, by, v)})
		}
	}
	title := i18n.T(ctx, "report.add_tile")
	if p.Tile.ID != "" {
		title = i18n.T(ctx, "report.change_tile")
	}
	return web.Show(w, r, web.Page{Title: title}, tileBody(p, title))
}

func valueOf(f measure.Filter, by kpi.Dimension) string {
	for _, p := range report.Narrowed(f) {
		if p.By == by {
			return p.Value
		}
	}
	return ""
}

func readTile(in *web.Form) report.Tile {
	days, _ := strconv.Atoi(in.Text("days"))
	width, _ := strconv.Atoi(in.Text("width"))
	return report.Tile{Kind: report.Kind(in.Text("kind")), Title: in.Text("title"), Measure: in.Text("measure"), Statistic: report.Statistic(in.Text("statistic")), Days: days, Step: measure.Step(in.Text("step")),
		By: kpi.Dimension(in.Text("by")), Compare: report.Compare(in.Text("compare")), Width: width,
		Filter: measure.Filter{Channel: in.Text("channel"), Topic: in.Text("topic"), Language: in.Text("language"), Kind: in.Text("post_kind"), Member: in.Text("member"), Team: in.Text("team"),
			Partner: in.Text("partner"), Campaign: in.Text("campaign"), Community: in.Text("community")}}
}

// fieldOf is how a dimension is called in the form; "kind" is taken.
func fieldOf(by kpi.Dimension) string {
	if by == kpi.ByKind {
		return "post_kind"
	}
	return string(by)
}

func (h *handlers) saveTile(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	t := readTile(in)
	t.ID = r.PathValue("tile")
	at := r.PathValue("id")
	if t.ID == "" {
		_, err = h.s.AddTile(ctx, at, t)
	} else {
		_, err = h.s.ChangeTile(ctx, at, t)
	}
	if err != nil {
		bad, err := mend(ctx, err)
		if err != nil {
			return err
		}
		d, err := h.s.Dashboard(ctx, at)
		if err != nil {
			return err
		}
		web.Invalid(w)
		return h.showTile(w, r, tilePage{Dashboard: d, Tile: t, Wrong: bad})
	}
	web.Flash(w, r, ui.Success, "report.saved")
	return web.Redirect(w, r, href(at, "edit"))
}

func (h *handlers) moveTile(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	at, tile := r.PathValue("id"), r.PathValue("tile")
	switch in.Text("way") {
	case "earlier":
		_, err = h.s.MoveTile(ctx, at, tile, -1)
	case "later":
		_, err = h.s.MoveTile(ctx, at, tile, 1)
	case "wider":
		_, err = h.s.WidenTile(ctx, at, tile, 1)
	case "narrower":
		_, err = h.s.WidenTile(ctx, at, tile, -1)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, href(at, "edit")+"#tile-"+tile)
}

func (h *handlers) removeTile(w http.ResponseWriter, r *http.Request) error {
	at := r.PathValue("id")
	if _, err := h.s.RemoveTile(r.Context(), at, r.PathValue("tile")); err != nil {
		return err
	}
	return web.Redirect(w, r, href(at, "edit"))
}
