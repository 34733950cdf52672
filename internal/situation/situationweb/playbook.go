package situationweb

import (
	"net/http"
	"strconv"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/situation"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

type booksPage struct {
	Own   []situation.Playbook
	Usual []situation.Playbook // of levels without an own one
}

func (p *pages) playbooks(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	own, err := p.s.Playbooks(ctx)
	if err != nil {
		return err
	}
	v := booksPage{Own: own}
	has := map[situation.Level]bool{}
	for _, b := range own {
		has[b.Level] = true
	}
	for _, l := range situation.Levels() {
		if !has[l] {
			v.Usual = append(v.Usual, situation.Usual(ctx, l))
		}
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "situation.playbooks"), Wide: true}, booksBody(&v))
}

type bookPage struct {
	Book   situation.Playbook
	Seen   string
	Errors []ui.FieldError
}

func (p *pages) newPlaybook(w http.ResponseWriter, r *http.Request) error {
	l := situation.Level(r.URL.Query().Get("level"))
	b := situation.Usual(r.Context(), l)
	if l != situation.Watch && l != situation.Serious {
		b.Level = situation.Crisis
	}
	return p.showBook(w, r, &bookPage{Book: b})
}

func (p *pages) playbook(w http.ResponseWriter, r *http.Request) error {
	b, err := p.s.Playbook(r.Context(), r.PathValue("book"))
	if err != nil {
		return err
	}
	return p.showBook(w, r, &bookPage{Book: b, Seen: b.UpdatedAt.Format(time.RFC3339Nano)})
}

func (p *pages) showBook(w http.ResponseWriter, r *http.Request, v *bookPage) error {
	title := i18n.T(r.Context(), "situation.playbook.new")
	if v.Book.ID != "" {
		title = v.Book.Name
	}
	return web.Show(w, r, web.Page{Title: title}, bookBody(v, title))
}

// moreSteps are the empty lines of the form.
const moreSteps = 3

func (p *pages) savePlaybook(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	b := situation.Playbook{ID: r.PathValue("book"), Name: f.Text("name"), About: f.Text("about"), Level: situation.Level(f.Text("level"))}
	if b.ID != "" {
		if b.UpdatedAt, err = time.Parse(time.RFC3339Nano, f.Text("seen")); err != nil {
			return problem.New(problem.Invalid, "problem.bad_form")
		}
	}
	names, after, does := f.Values["step"], f.Values["after"], f.Values["does"]
	if len(after) != len(names) || len(does) != len(names) {
		return problem.New(problem.Invalid, "problem.bad_form")
	}
	for i := range names {
		n := 0
		if after[i] != "" {
			if n, err = strconv.Atoi(after[i]); err != nil || n > 1<<20 {
				n = -1
			}
		}
		b.Steps = append(b.Steps, situation.Step{Name: names[i], After: time.Duration(n) * time.Minute, Does: does[i]})
	}
	if _, err := p.s.SavePlaybook(r.Context(), b); err != nil {
		if !problem.Is(err, problem.Invalid) && !problem.Is(err, problem.Conflict) {
			return err
		}
		f.Refuse(err)
		web.Invalid(w)
		return p.showBook(w, r, &bookPage{Book: b, Seen: f.Text("seen"), Errors: f.Errors(r)})
	}
	web.Flash(w, r, ui.Success, "situation.saved")
	return web.Redirect(w, r, "/playbooks")
}

func (p *pages) removePlaybook(w http.ResponseWriter, r *http.Request) error {
	if err := p.s.RemovePlaybook(r.Context(), r.PathValue("book")); err != nil {
		return err
	}
	return web.Redirect(w, r, "/playbooks")
}
