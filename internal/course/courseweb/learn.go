package courseweb

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/entente/entente/internal/charter"
	"github.com/entente/entente/internal/course"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

// entry is a course as somebody who learns sees it.
type entry struct {
	course.Course
	Try  course.Attempt
	Best course.Certificate
	Gate bool // needed to answer
}

type listPage struct {
	tabs []ui.Tab
	list []entry
	edit bool
	now  time.Time
}

func (h *handlers) entry(ctx context.Context, c course.Course, own []course.Certificate) (entry, error) {
	e := entry{Course: c}
	var err error
	if e.Try, _, err = h.s.Mine(ctx, c.ID); err != nil {
		return e, err
	}
	e.Best, _ = course.Best(own, c.ID, org.Who(ctx).ID, h.s.Now())
	g, err := h.s.Gate(ctx)
	e.Gate = g.Reach != course.Nowhere && g.Course == c.ID
	return e, err
}

func (h *handlers) list(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	p := listPage{tabs: h.tabs(ctx, "/courses"), edit: org.Who(ctx).May(org.InboxAssign), now: h.s.Now()}
	list, err := h.s.Courses(ctx)
	if err != nil {
		return err
	}
	own, err := h.s.Own(ctx)
	if err != nil {
		return err
	}
	for _, c := range list {
		e, err := h.entry(ctx, c, own)
		if err != nil {
			return err
		}
		p.list = append(p.list, e)
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "course.title")}, listBody(p))
}

type coursePage struct {
	entry
	v      course.Content // of the version begun, else the newest
	edit   bool
	now    time.Time
	step   *course.Step // shown; nil on the page of the course
	n      int
	last   course.Try
	tried  bool
	answer course.Answer
	hints  []course.Hint
	right  []bool
	rules  map[charter.Check]charter.Clause
	wrong  wrong
}

func (h *handlers) read(ctx context.Context, id string) (coursePage, error) {
	p := coursePage{edit: org.Who(ctx).May(org.InboxAssign), now: h.s.Now()}
	c, err := h.s.Find(ctx, id)
	if err != nil {
		return p, err
	}
	own, err := h.s.Own(ctx)
	if err != nil {
		return p, err
	}
	if p.entry, err = h.entry(ctx, c, own); err != nil {
		return p, err
	}
	p.v = c.Content
	if p.Try.ID != "" {
		p.v = p.Try.Content
	}
	return p, nil
}

func (h *handlers) course(w http.ResponseWriter, r *http.Request) error {
	p, err := h.read(r.Context(), r.PathValue("course"))
	if err != nil {
		return err
	}
	if p.Number == 0 {
		return web.Redirect(w, r, "/courses/"+p.ID+"/edit")
	}
	return web.Show(w, r, web.Page{Title: say(r.Context(), p.v.Title)}, courseBody(p))
}

func (h *handlers) start(w http.ResponseWriter, r *http.Request) error {
	to := "/courses/" + r.PathValue("course")
	a, err := h.s.Start(r.Context(), r.PathValue("course"))
	if err == nil {
		to += "/steps/" + a.Next()
	}
	return done(w, r, err, to, "")
}

func (h *handlers) leave(w http.ResponseWriter, r *http.Request) error {
	return done(w, r, h.s.Leave(r.Context(), r.PathValue("course")), "/courses/"+r.PathValue("course"), "course.done.left")
}

func (h *handlers) step(w http.ResponseWriter, r *http.Request) error {
	p, err := h.read(r.Context(), r.PathValue("course"))
	if err != nil {
		return err
	}
	return h.showStep(w, r, p)
}

// showStep shows a step of what the reader has begun; nobody has a page of another's.
func (h *handlers) showStep(w http.ResponseWriter, r *http.Request, p coursePage) error {
	ctx := r.Context()
	i, found := p.v.Step(r.PathValue("step"))
	if !found || p.Try.ID == "" {
		return web.Redirect(w, r, "/courses/"+p.ID)
	}
	p.step, p.n = &p.v.Steps[i], i
	if p.last, p.tried = p.Try.Last(p.step.ID); p.tried && p.wrong == nil {
		p.answer = p.last.Answer
	}
	switch {
	case p.step.Kind == course.Scenario && p.answer.Text != "":
		p.hints, p.rules = h.s.Hints(ctx, p.step, p.answer.Text, org.Who(ctx).Name), h.s.Rules(ctx)
	case p.step.Kind == course.Quiz && p.tried:
		p.right, _ = course.Right(p.step.Questions, p.last.Answer.Choices)
	}
	return web.Show(w, r, web.Page{Title: say(ctx, p.step.Title) + " · " + say(ctx, p.v.Title)}, stepBody(p))
}

// give takes an answer, and shows what it was worth.
func (h *handlers) give(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	p, err := h.read(ctx, r.PathValue("course"))
	if err != nil {
		return err
	}
	to := "/courses/" + p.ID
	i, found := p.v.Step(r.PathValue("step"))
	if !found || p.Try.ID == "" {
		return web.Redirect(w, r, to)
	}
	st := &p.v.Steps[i]
	in := course.Answer{Text: f.Text("text")}
	for n := range st.Questions {
		var mine []int
		for _, v := range f.Values["q"+strconv.Itoa(n)] {
			c, err := strconv.Atoi(v)
			if err != nil {
				c = -1 // refused as no choice of the question
			}
			mine = append(mine, c)
		}
		in.Choices = append(in.Choices, mine)
	}
	seen, err := strconv.Atoi(f.Text("seen"))
	if err != nil {
		seen = -1
	}
	a, err := h.s.Give(ctx, p.ID, st.ID, seen, in)
	here := to + "/steps/" + st.ID
	switch {
	case problem.Is(err, problem.Conflict):
		return done(w, r, err, here, "")
	case err != nil:
		p.answer = in
		if p.wrong, err = mend(ctx, w, err); err != nil {
			return err
		}
		return h.showStep(w, r, p)
	case a.Result == course.Passed:
		web.Flash(w, r, ui.Success, "course.done.passed", "Title", say(ctx, a.Content.Title))
		return web.Redirect(w, r, to)
	case a.Result == course.Failed:
		return done(w, r, nil, to, "")
	case st.Kind == course.Lesson && a.Next() != "":
		return web.Redirect(w, r, to+"/steps/"+after(&a, st.ID))
	}
	return web.Redirect(w, r, here)
}

// after is the step after one, "" after the last.
func after(a *course.Attempt, step string) string {
	i, _ := a.Content.Step(step)
	if i+1 < len(a.Content.Steps) {
		return a.Content.Steps[i+1].ID
	}
	return a.Next()
}

func before(p coursePage) string {
	if p.n == 0 {
		return ""
	}
	return p.v.Steps[p.n-1].ID
}

// left is how many tries there are still, -1 for any number.
func left(p coursePage) int {
	if p.step.Tries == 0 {
		return -1
	}
	return p.step.Tries - len(p.Try.Tries[p.step.ID])
}

func chose(p coursePage, question, choice int) bool {
	return question < len(p.answer.Choices) && slices.Contains(p.answer.Choices[question], choice)
}

// told reports whether what was chosen last at a question may be judged on the page.
func told(p coursePage, question int) bool {
	return p.tried && p.wrong == nil && question < len(p.right)
}

func stepIcon(k course.Kind) string {
	switch k {
	case course.Scenario:
		return "message-square-reply"
	case course.Quiz:
		return "list-checks"
	}
	return "book-open"
}

// certificateState says in a few words whether a certificate counts.
func certificateState(ctx context.Context, c course.Certificate, now time.Time) (string, ui.Tone) {
	switch {
	case c.ID == "":
		return i18n.T(ctx, "course.certificate.none"), ui.Neutral
	case !c.RevokedAt.IsZero():
		return i18n.T(ctx, "course.certificate.revoked"), ui.Danger
	case !c.Valid(now):
		return i18n.T(ctx, "course.certificate.over", "Day", i18n.Day(ctx, c.Until)), ui.Danger
	case c.Until.IsZero():
		return i18n.T(ctx, "course.certificate.always"), ui.Success
	case c.Ending(now):
		return i18n.T(ctx, "course.certificate.until", "Day", i18n.Day(ctx, c.Until)), ui.Warning
	}
	return i18n.T(ctx, "course.certificate.until", "Day", i18n.Day(ctx, c.Until)), ui.Success
}

func hintTone(hint course.Hint) ui.Tone {
	if hint.Good {
		return ui.Success
	}
	return ui.Warning
}

func hintLine(ctx context.Context, hint course.Hint) string {
	return i18n.T(ctx, hint.Reason, hint.Args...)
}

// words are those of the learner that decided a hint.
func words(text string, hint course.Hint) (out []string) {
	for _, w := range hint.Words {
		if w.To <= len(text) && len(out) < 3 {
			out = append(out, text[w.From:w.To])
		}
	}
	return out
}
