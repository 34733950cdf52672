package listeningweb

import (
	"context"
	"math"
	"net/http"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/listening"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
	"github.com/entente/entente/lang/query"
)

type topicLine struct {
	listening.Topic
	weeks []float64
	month int
}

func (p *pages) topics(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	list, err := p.listening.Topics(ctx)
	if err != nil {
		return err
	}
	zone := i18n.Zone(ctx)
	y, m, d := time.Now().In(zone).Date()
	var cuts []time.Time
	for i := 12; i >= 0; i-- {
		cuts = append(cuts, time.Date(y, m, d+1-7*i, 0, 0, 0, 0, zone))
	}
	lines := make([]topicLine, len(list))
	for i := range list {
		lines[i].Topic = list[i]
		volume, err := p.listening.VolumeBy(ctx, list[i].ID, "", cuts)
		if err != nil {
			return err
		}
		for k, v := range volume {
			lines[i].weeks = append(lines[i].weeks, float64(v.N))
			if k >= len(volume)-4 {
				lines[i].month += v.N
			}
		}
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "listening.topics")}, topicsPage(lines, org.Who(ctx).May(org.ListeningEdit)))
}

// topicForm is a topic being written.
type topicForm struct {
	id      string
	name    string
	query   string
	exclude string
	inbox   bool
	form    *web.Form
	preview *listening.Preview
	names   map[string]string
}

func (f *topicForm) action() string {
	if f.id == "" {
		return "/topics"
	}
	return "/topics/" + f.id
}

func (f *topicForm) wrong(r *http.Request, field string) string {
	if f.form == nil {
		return ""
	}
	return f.form.Error(r, field)
}

func (p *pages) draft(w http.ResponseWriter, r *http.Request) error {
	f := &topicForm{name: r.URL.Query().Get("name"), query: r.URL.Query().Get("query"), exclude: r.URL.Query().Get("exclude")}
	return p.showForm(w, r, f)
}

func (p *pages) edit(w http.ResponseWriter, r *http.Request) error {
	t, err := p.listening.Topic(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return p.showForm(w, r, &topicForm{id: t.ID, name: t.Name, query: t.Query, exclude: t.Exclude, inbox: !t.InboxAt.IsZero()})
}

func (p *pages) showForm(w http.ResponseWriter, r *http.Request, f *topicForm) error {
	ctx := r.Context()
	if err := p.try(ctx, f); err != nil {
		return err
	}
	key := "listening.topic.new"
	if f.id != "" {
		key = "listening.topic.edit"
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, key)}, topicPage(r, f, i18n.T(ctx, key)))
}

func (p *pages) try(ctx context.Context, f *topicForm) error {
	if f.query == "" {
		return nil
	}
	preview, err := p.listening.Try(ctx, f.query, f.exclude, 20)
	if err != nil {
		return err
	}
	f.preview = &preview
	f.names, _, err = p.names(ctx)
	return err
}

// preview is the fragment below the query, while it is typed.
func (p *pages) preview(w http.ResponseWriter, r *http.Request) error {
	f := &topicForm{query: r.URL.Query().Get("query"), exclude: r.URL.Query().Get("exclude")}
	if len(f.query) > 8<<10 || len(f.exclude) > 8<<10 {
		return problem.New(problem.TooLarge, "problem.too_large", "Limit", "8 kB")
	}
	if err := p.try(r.Context(), f); err != nil {
		return err
	}
	return web.Part(w, r, previewPart(f))
}

func (p *pages) save(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	form, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	f := &topicForm{id: r.PathValue("id"), name: form.Text("name"), query: form.Text("query"), exclude: form.Text("exclude"), inbox: form.Get("inbox") != "", form: form}
	mended, mendedExclude := form.Text("mended"), form.Text("mended-exclude")
	if mended != "" {
		f.query = mended
	}
	if mendedExclude != "" {
		f.exclude = mendedExclude
	}
	if form.Get("try") != "" || mended != "" || mendedExclude != "" { // buttons that save nothing
		return p.showForm(w, r, f)
	}
	d := listening.Draft{Name: f.name, Query: f.query, Exclude: f.exclude, Inbox: f.inbox}
	if f.id == "" {
		_, err = p.listening.Add(ctx, d)
	} else {
		was, missing := p.listening.Topic(ctx, f.id)
		if missing != nil {
			return missing
		}
		d.Colour = was.Colour
		_, err = p.listening.Change(ctx, f.id, d)
	}
	if problem.Is(err, problem.Invalid) {
		form.Refuse(err)
		web.Invalid(w)
		return p.showForm(w, r, f)
	}
	if err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "listening.topic.saved", "Name", f.name)
	return web.Redirect(w, r, "/topics")
}

func (p *pages) remove(w http.ResponseWriter, r *http.Request) error {
	if err := p.listening.Remove(r.Context(), r.PathValue("id")); err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "listening.topic.removed")
	return web.Redirect(w, r, "/topics")
}

// lint writes what is odd about a query.
func lint(ctx context.Context, p query.Problem) string {
	args := []any{}
	for k, v := range p.Args {
		args = append(args, k, v)
	}
	return i18n.T(ctx, p.Key, args...)
}

func lintTone(p query.Problem) ui.Tone {
	if p.Severity == query.Error {
		return ui.Danger
	}
	return ui.Warning
}

// around is where a problem is, with a little of what stands before and after it; "" when that is everywhere.
func around(source string, p query.Problem) (before, at, after string) {
	if p.Start < 0 || p.End > len(source) || p.Start >= p.End || p.Start == 0 && p.End == len(source) {
		return "", "", ""
	}
	before, at, after = source[:p.Start], source[p.Start:p.End], source[p.End:]
	const most = 40
	if r := []rune(before); len(r) > most {
		before = "…" + string(r[len(r)-most:])
	}
	if r := []rune(at); len(r) > 3*most {
		at = string(r[:3*most]) + "…"
	}
	if r := []rune(after); len(r) > most {
		after = string(r[:most]) + "…"
	}
	return before, at, after
}

// mended is the query with a problem's suggestion put in.
func mended(source string, p query.Problem) string {
	if p.Suggestion == "" || p.Start < 0 || p.End > len(source) || p.Start > p.End {
		return ""
	}
	return source[:p.Start] + p.Suggestion + source[p.End:]
}

func weekly(values []float64) []float64 {
	if len(values) == 0 {
		return []float64{math.NaN()}
	}
	return values
}
