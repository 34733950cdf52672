package situationweb

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/situation"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

type listPage struct {
	List  []situation.Situation
	Hints []situation.Suggestion
	Names map[string]string
	Older string
	First bool
	Now   time.Time
}

const pageSize = 50

func (p *pages) list(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	after := r.URL.Query().Get("after")
	v := listPage{Now: p.s.Now(), Names: map[string]string{}, First: after == ""}
	var err error
	if v.List, err = p.s.List(ctx, after, pageSize+1); err != nil {
		return err
	}
	if len(v.List) > pageSize {
		v.List = v.List[:pageSize]
		v.Older = "/situations?after=" + url.QueryEscape(v.List[pageSize-1].ID)
	}
	for _, s := range v.List {
		v.Names[s.Owner] = p.s.Name(ctx, s.Owner)
	}
	if v.First {
		if v.Hints, err = p.s.Suggestions(ctx); err != nil {
			return err
		}
	}
	if r.Header.Get("HX-Target") == "situations" {
		return web.Part(w, r, listRegion(v))
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "situation.title"), Wide: true}, listBody(v))
}

func (p *pages) dismiss(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	err = p.s.Dismiss(r.Context(), f.Text("key"))
	if err != nil && !problem.Is(err, problem.Missing) { // it was gathered or dismissed meanwhile
		return err
	}
	web.Flash(w, r, ui.Info, "situation.dismissed")
	return web.Redirect(w, r, "/situations")
}

type newPage struct {
	Draft             situation.Draft
	Suggestion, About string // where its conversations come from
	Gathers           int
	Since             string
	Levels, Owners    []ui.Option
	Topics, Books     []ui.Option
	Form              *web.Form
	Errors            []ui.FieldError
}

func (v *newPage) at(field string) string {
	for _, e := range v.Errors {
		if e.Field == field {
			return e.Text
		}
	}
	return ""
}

func (p *pages) fresh(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	v := &newPage{Draft: situation.Draft{Level: situation.Watch, Drill: q.Get("drill") != "", Token: id.New()}, Suggestion: q.Get("suggestion"), About: q.Get("conversation")}
	if v.Suggestion != "" {
		if h, err := p.s.Suggested(r.Context(), v.Suggestion); err == nil {
			v.Draft.Name, v.Draft.Level = clip(h.Title), situation.Serious
		}
	} else if v.About != "" {
		if c, err := p.inbox.Find(r.Context(), v.About); err == nil {
			v.Draft.Name = clip(c.Name())
		}
	}
	return p.showNew(w, r, v)
}

func clip(text string) string {
	if r := []rune(text); len(r) > 120 {
		return string(r[:119]) + "…"
	}
	return text
}

func (p *pages) showNew(w http.ResponseWriter, r *http.Request, v *newPage) error {
	ctx := r.Context()
	var err error
	v.Levels = levels(ctx)
	if v.Owners, err = p.owners(ctx, v.Draft.Owner); err != nil {
		return err
	}
	if v.Topics, err = p.topics(ctx); err != nil {
		return err
	}
	books, err := p.s.Playbooks(ctx)
	if err != nil {
		return err
	}
	v.Books = []ui.Option{{Label: i18n.T(ctx, "situation.field.playbook_level")}}
	for _, b := range books {
		v.Books = append(v.Books, ui.Option{Value: b.ID, Label: b.Name})
	}
	v.Books = append(v.Books, ui.Option{Value: "none", Label: i18n.T(ctx, "situation.field.playbook_none")})
	switch {
	case v.Suggestion != "":
		h, err := p.s.Suggested(ctx, v.Suggestion)
		if problem.Is(err, problem.Missing) {
			v.Suggestion = ""
		} else if err != nil {
			return err
		}
		v.Gathers = len(h.Conversations)
	case v.About != "":
		v.Gathers = 1
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "situation.new")}, newBody(v))
}

const localTime = "2006-01-02T15:04"

func (p *pages) create(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	v := &newPage{Draft: situation.Draft{Name: f.Text("name"), About: f.Text("about"), Level: situation.Level(f.Text("level")), Owner: f.Text("owner"), Topic: f.Text("topic"), Drill: f.Text("drill") != "",
		Playbook: f.Text("playbook"), Token: f.Text("token")}, Suggestion: f.Text("suggestion"), About: f.Text("conversation"), Since: f.Text("since")}
	if v.Since != "" {
		if v.Draft.Since, err = time.ParseInLocation(localTime, v.Since, i18n.Zone(ctx)); err != nil {
			f.Refuse(problem.New(problem.Invalid, "problem.bad_form").On("since"))
		}
	}
	if v.Suggestion != "" {
		h, err := p.s.Suggested(ctx, v.Suggestion)
		if err != nil && !problem.Is(err, problem.Missing) {
			return err
		}
		v.Draft.Conversations = h.Conversations
	} else if v.About != "" {
		v.Draft.Conversations = []string{v.About}
	}
	if f.OK() {
		made, err := p.s.Start(ctx, v.Draft)
		if err == nil {
			return web.Redirect(w, r, situation.Path(made.ID))
		}
		if !problem.Is(err, problem.Invalid) {
			return err
		}
		f.Refuse(err)
	}
	v.Errors = f.Errors(r)
	web.Invalid(w)
	return p.showNew(w, r, v)
}

// add brings the conversation of a panel into a situation.
func (p *pages) add(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	c := f.Text("conversation")
	to := "/inbox/" + url.PathEscape(c)
	if !id.Valid(c) {
		to = "/situations"
	}
	if _, err := p.s.Gather(ctx, f.Text("situation"), []string{c}); err != nil {
		return refused(w, r, err, to)
	}
	web.Flash(w, r, ui.Success, "situation.saved")
	return web.Redirect(w, r, to)
}

// words of a suggestion, joined.
func joined(words []string) string { return strings.Join(slices.Clone(words), ", ") }
