package teamweb

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/team"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

// column is somebody in the matrix.
type column struct{ key, label string }

type matrixPage struct {
	tabs []ui.Tab
	list []team.Work
	who  []column
	edit bool
}

func (v matrixPage) columns(ctx context.Context) []ui.Column {
	out := []ui.Column{{Label: i18n.T(ctx, "team.work")}}
	for _, c := range v.who {
		out = append(out, ui.Column{Label: c.label})
	}
	return out
}

// who lists the roles and whomever a line of the matrix names; with members, all departments and all who may answer too.
func (h *handlers) who(ctx context.Context, works []team.Work, members bool) ([]column, error) {
	var out []column
	for _, r := range org.Roles() {
		if r != org.Plain {
			out = append(out, column{"role:" + string(r), i18n.T(ctx, "org.role."+string(r))})
		}
	}
	all, err := h.s.All(ctx)
	if err != nil {
		return nil, err
	}
	add := func(key, label string) {
		if !slices.ContainsFunc(out, func(c column) bool { return c.key == key }) {
			out = append(out, column{key, label})
		}
	}
	for _, p := range all {
		if p.Department != "" && members {
			add("department:"+p.Department, p.Department)
		}
	}
	names := map[string]string{}
	for _, p := range all {
		names[p.Member] = p.Name
		if members {
			add("member:"+p.Member, p.Name)
		}
	}
	var more []string
	for _, w := range works {
		for key := range w.Duties {
			more = append(more, key)
		}
	}
	slices.Sort(more)
	for _, key := range more {
		kind, name, _ := strings.Cut(key, ":")
		label := name
		if kind == "member" {
			if label = names[name]; label == "" {
				label = i18n.T(ctx, "team.gone")
			}
		}
		add(key, label)
	}
	return out, nil
}

func (h *handlers) matrix(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v := matrixPage{tabs: h.tabs(ctx, "/team/matrix"), edit: org.Who(ctx).May(org.InboxAssign)}
	var err error
	if v.list, err = h.s.Matrix(ctx); err != nil {
		return err
	}
	if v.who, err = h.who(ctx, v.list, false); err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "team.matrix"), Wide: true}, matrixBody(v))
}

type workPage struct {
	w     team.Work
	who   []column
	wrong wrong
}

func (v workPage) title(ctx context.Context) string {
	if v.w.ID == "" {
		return i18n.T(ctx, "team.work_add")
	}
	return i18n.T(ctx, "team.work_edit")
}

func (h *handlers) work(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	list, err := h.s.Matrix(ctx)
	if err != nil {
		return err
	}
	var v workPage
	if id := r.PathValue("work"); id != "" {
		i := slices.IndexFunc(list, func(w team.Work) bool { return w.ID == id })
		if i < 0 {
			return problem.New(problem.Missing, "problem.not_found")
		}
		v.w = list[i]
	}
	return h.showWork(w, r, v)
}

func (h *handlers) showWork(w http.ResponseWriter, r *http.Request, v workPage) error {
	var err error
	if v.who, err = h.who(r.Context(), []team.Work{v.w}, true); err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: v.title(r.Context())}, workBody(v))
}

func (h *handlers) saveWork(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	v := workPage{w: team.Work{ID: f.Text("work"), Name: f.Text("name"), Duties: map[string]team.Letter{}}}
	for name := range f.Values {
		if who, ok := strings.CutPrefix(name, "duty:"); ok && f.Text(name) != "" {
			v.w.Duties[who] = team.Letter(f.Text(name))
		}
	}
	if _, err := h.s.SetWork(ctx, v.w); err != nil {
		if v.wrong, err = mend(ctx, w, err); err != nil {
			return err
		}
		return h.showWork(w, r, v)
	}
	web.Flash(w, r, ui.Success, "team.saved")
	return web.Redirect(w, r, "/team/matrix")
}

func (h *handlers) removeWork(w http.ResponseWriter, r *http.Request) error {
	if err := h.s.RemoveWork(r.Context(), r.PathValue("work")); err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "team.work_removed")
	return web.Redirect(w, r, "/team/matrix")
}

func tone(l team.Letter) ui.Tone {
	switch l {
	case team.Accountable:
		return ui.Accent
	case team.Responsible:
		return ui.Success
	case team.Consulted:
		return ui.Info
	}
	return ui.Neutral
}

func letterOptions(ctx context.Context) []ui.Option {
	out := []ui.Option{{Label: "–"}}
	for _, l := range team.Letters() {
		out = append(out, ui.Option{Value: string(l), Label: i18n.T(ctx, "team.letter."+string(l))})
	}
	return out
}

// slug is a key as an id of a page can be.
func slug(key string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '-'
	}, key)
}

func has(list []string, v string) bool { return slices.Contains(list, v) }

// readable is a profile for those who may not change it.
func readable(ctx context.Context, v profilePage) []ui.Item {
	out := []ui.Item{{Label: i18n.T(ctx, "team.skills"), Body: tagsOf(v.p.Skills)}, {Label: i18n.T(ctx, "team.languages"), Value: languages(ctx, v.p.Languages)},
		{Label: i18n.T(ctx, "team.department"), Value: v.p.Department}}
	for _, d := range weekdays() {
		if v.days[d] != "" {
			out = append(out, ui.Item{Label: dayName(ctx, d), Value: v.days[d]})
		}
	}
	return out
}
