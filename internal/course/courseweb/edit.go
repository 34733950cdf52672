package courseweb

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/entente/entente/internal/charter"
	"github.com/entente/entente/internal/course"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

type beginPage struct {
	shipped []course.Content
	title   charter.Words
	wrong   wrong
}

// begin offers what a course can be made from.
func (h *handlers) begin(w http.ResponseWriter, r *http.Request) error {
	return h.showBegin(w, r, beginPage{})
}

func (h *handlers) showBegin(w http.ResponseWriter, r *http.Request, p beginPage) error {
	var err error
	if p.shipped, err = h.s.Templates(); err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: i18n.T(r.Context(), "course.new")}, beginBody(p))
}

func (h *handlers) add(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	v := course.Content{Title: wordsOf(f, "title"), Minutes: 20, Months: 12}
	if n, err := strconv.Atoi(f.Text("template")); err == nil {
		list, err := h.s.Templates()
		if err != nil {
			return err
		}
		if n < 0 || n >= len(list) {
			return problem.New(problem.Invalid, "problem.bad_form")
		}
		v = list[n]
	}
	c, err := h.s.Add(ctx, v)
	if err == nil {
		return web.Redirect(w, r, "/courses/"+c.ID+"/edit")
	}
	p := beginPage{title: v.Title}
	if p.wrong, err = mend(ctx, w, err); err != nil {
		return err
	}
	return h.showBegin(w, r, p)
}

func wordsOf(f *web.Form, field string) charter.Words {
	out := charter.Words{}
	for _, l := range i18n.Languages() {
		if t := f.Text(field + "_" + l); t != "" {
			out[l] = t
		}
	}
	return out
}

type editPage struct {
	course.Course
	head  course.Content
	seen  string
	wrong wrong
}

func (h *handlers) edit(w http.ResponseWriter, r *http.Request) error {
	c, err := h.s.Find(r.Context(), r.PathValue("course"))
	if err != nil {
		return err
	}
	return h.showEdit(w, r, editPage{Course: c, head: c.Draft, seen: c.Mark()})
}

func (h *handlers) showEdit(w http.ResponseWriter, r *http.Request, p editPage) error {
	return web.Show(w, r, web.Page{Title: say(r.Context(), p.Draft.Title)}, editBody(p))
}

func number(f *web.Form, field string) int {
	n, err := strconv.Atoi(strings.TrimSpace(f.Text(field)))
	if err != nil {
		return -1 // refused with its bounds
	}
	return n
}

func (h *handlers) saveHead(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	c, err := h.s.Find(ctx, r.PathValue("course"))
	if err != nil {
		return err
	}
	p := editPage{Course: c, head: c.Draft, seen: f.Text("seen")}
	p.head.Title, p.head.About, p.head.Minutes, p.head.Months = wordsOf(f, "title"), wordsOf(f, "about"), number(f, "minutes"), number(f, "months")
	if _, err = h.s.SetHead(ctx, c.ID, p.seen, p.head); err == nil {
		return done(w, r, nil, "/courses/"+c.ID+"/edit", "course.done.saved")
	}
	if p.wrong, err = mend(ctx, w, err); err != nil {
		return err
	}
	return h.showEdit(w, r, p)
}

func (h *handlers) publish(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	_, err = h.s.Publish(r.Context(), r.PathValue("course"), f.Text("seen"))
	return done(w, r, err, "/courses/"+r.PathValue("course")+"/edit", "course.done.published")
}

func (h *handlers) retire(w http.ResponseWriter, r *http.Request) error {
	return done(w, r, h.s.Retire(r.Context(), r.PathValue("course")), "/courses/"+r.PathValue("course")+"/edit", "course.done.retired")
}

type stepPage struct {
	course.Course
	st        course.Step
	path      string
	seen      string
	said      map[string]string // as typed, by language
	questions map[string]string
	pass      string
	tries     string
	wrong     wrong
}

// newStep is what stands in the address for a step that is not there yet, before its kind.
const newStep = "new-"

func (h *handlers) stepOf(ctx context.Context, r *http.Request) (stepPage, error) {
	p := stepPage{said: map[string]string{}, questions: map[string]string{}}
	var err error
	if p.Course, err = h.s.Find(ctx, r.PathValue("course")); err != nil {
		return p, err
	}
	p.path, p.seen = "/courses/"+p.ID+"/edit/"+r.PathValue("step"), p.Mark()
	if kind, fresh := strings.CutPrefix(r.PathValue("step"), newStep); fresh {
		for _, k := range course.Kinds() {
			if string(k) == kind {
				p.st = course.Step{Kind: k, Pass: 80, Tries: 3, Asks: map[charter.Check]course.Demand{}}
				if k == course.Scenario {
					p.st.Asks[charter.SaysWho], p.st.Asks[charter.NotAggressive] = course.Shown, course.NotBroken
				}
			}
		}
	}
	if i, found := p.Draft.Step(r.PathValue("step")); found {
		p.st = p.Draft.Steps[i]
	}
	if p.st.Kind == "" {
		return p, problem.New(problem.Missing, "problem.not_found")
	}
	for _, l := range i18n.Languages() {
		p.said[l], p.questions[l] = course.SaidText(p.st.Said, l), course.QuestionsText(p.st.Questions, l)
	}
	p.pass, p.tries = strconv.Itoa(p.st.Pass), strconv.Itoa(p.st.Tries)
	return p, nil
}

func (h *handlers) editStep(w http.ResponseWriter, r *http.Request) error {
	p, err := h.stepOf(r.Context(), r)
	if err != nil {
		return err
	}
	return h.showEditStep(w, r, p)
}

func (h *handlers) showEditStep(w http.ResponseWriter, r *http.Request, p stepPage) error {
	return web.Show(w, r, web.Page{Title: i18n.T(r.Context(), "course.kind."+string(p.st.Kind))}, editStepBody(p))
}

func (h *handlers) saveStep(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	p, err := h.stepOf(ctx, r)
	if err != nil {
		return err
	}
	p.seen = f.Text("seen")
	p.st.Title, p.st.Text, p.st.Model = wordsOf(f, "title"), wordsOf(f, "text"), wordsOf(f, "model")
	for _, l := range i18n.Languages() {
		p.said[l], p.questions[l] = f.Text("said_"+l), f.Text("questions_"+l)
	}
	p.pass, p.tries = f.Text("pass"), f.Text("tries")
	switch p.st.Kind {
	case course.Scenario:
		p.st.Private, p.st.Angry, p.st.Foreign, p.st.Asks = f.Text("where") == "private", f.Has("angry"), f.Has("foreign"), map[charter.Check]course.Demand{}
		for _, c := range charter.Checks() {
			if d := f.Text("ask_" + string(c)); d != "" {
				p.st.Asks[c] = course.Demand(d)
			}
		}
		p.st.Said, err = course.ReadSaid(p.said)
	case course.Quiz:
		p.st.Pass, p.st.Tries = number(f, "pass"), number(f, "tries")
		p.st.Questions, err = course.ReadQuestions(p.questions)
	}
	if err == nil {
		_, err = h.s.SetStep(ctx, p.ID, p.seen, p.st)
	}
	if err == nil {
		return done(w, r, nil, "/courses/"+p.ID+"/edit", "course.done.saved")
	}
	if p.wrong, err = mend(ctx, w, err); err != nil {
		return err
	}
	return h.showEditStep(w, r, p)
}

func (h *handlers) shiftStep(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	ctx, id, step := r.Context(), r.PathValue("course"), r.PathValue("step")
	switch r.PathValue("what") {
	case "up", "down":
		_, err = h.s.MoveStep(ctx, id, f.Text("seen"), step, r.PathValue("what") == "down")
	case "remove":
		_, err = h.s.RemoveStep(ctx, id, f.Text("seen"), step)
	default:
		return problem.New(problem.Missing, "problem.not_found")
	}
	return done(w, r, err, "/courses/"+id+"/edit", "")
}

func demands(ctx context.Context) []ui.Option {
	return []ui.Option{{Value: "", Label: i18n.T(ctx, "course.demand.none")}, {Value: string(course.NotBroken), Label: i18n.T(ctx, "course.demand.kept")}, {Value: string(course.Shown), Label: i18n.T(ctx, "course.demand.shown")}}
}

// in is a label with its language.
func in(ctx context.Context, key, lang string) string {
	return i18n.T(ctx, key) + " (" + i18n.Language(ctx, lang) + ")"
}

func published(ctx context.Context, p editPage) string {
	switch {
	case p.Number == 0:
		return i18n.T(ctx, "course.draft")
	case !p.RetiredAt.IsZero():
		return i18n.T(ctx, "course.retired")
	case p.Changed():
		return i18n.T(ctx, "course.changed", "N", p.Number)
	}
	return i18n.T(ctx, "course.version", "N", p.Number)
}
