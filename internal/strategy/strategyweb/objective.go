package strategyweb

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/strategy"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
	"github.com/entente/entente/internal/web/ui/chart"
)

type objectivePage struct {
	E       strategy.Evaluation
	St      strategy.Standing
	Courses []strategy.Course // in the order of St.Readings
	Names   names
	Owners  map[string]string
	Edit    bool
	Odd     string // what is wrong with the day asked for
	Link    linkForm
	Wrong   wrong // of the form of links
	Reach   strategy.Reach
	Given   contributionForm
	Amiss   wrong       // of the form of contributions
	Others  []ui.Option // objectives of other maps
	Panels  []ui.Panel
}

type linkForm struct{ Serves, Weeks, Note string }

func (h *handlers) objectivePage(w http.ResponseWriter, r *http.Request) error {
	return h.showObjective(w, r, objectivePage{})
}

// showObjective shows an objective; p brings what was typed and is wrong.
func (h *handlers) showObjective(w http.ResponseWriter, r *http.Request, p objectivePage) error {
	ctx := r.Context()
	o, err := h.s.Objective(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	at, odd := h.when(r)
	p.Odd = oddDay(ctx, odd)
	p.Edit = mayEdit(ctx)
	if p.Link.Weeks == "" {
		p.Link.Weeks = "4"
	}
	if p.Given.Weight == "" {
		p.Given.Weight = "1"
	}
	if p.E, err = h.s.Evaluate(ctx, o.Map, at); err != nil {
		return err
	}
	p.E = h.s.TestLinks(ctx, p.E, o.ID)
	st, ok := p.E.Standing(o.ID)
	if !ok {
		return problem.New(problem.Missing, "problem.not_found")
	}
	p.St = st
	for _, reading := range st.Readings {
		c := strategy.Course{Reading: reading}
		if reading.Why != strategy.Gone {
			if c, err = h.s.Course(ctx, reading, st.DueAt, at); err != nil {
				return err
			}
		}
		p.Courses = append(p.Courses, c)
	}
	if p.Names, err = h.names(ctx); err != nil {
		return err
	}
	if p.Owners, err = h.owners(ctx, p.E.Objectives); err != nil {
		return err
	}
	reach, err := h.s.Reach(ctx, at, o.ID)
	if err != nil {
		return err
	}
	p.Reach = reach[o.ID]
	if p.Edit {
		if p.Others, err = h.elsewhere(ctx, o.Map); err != nil {
			return err
		}
	}
	if h.OnObjective != nil {
		p.Panels = h.OnObjective(ctx, p.E, p.St)
	}
	return web.Show(w, r, web.Page{Title: o.Name.In(i18n.Lang(ctx)), Wide: true}, objectiveBody(p))
}

// bullet is the number of a reading on its way from baseline to target.
func bullet(ctx context.Context, r strategy.Reading, due, at time.Time) chart.BulletProps {
	b := chart.BulletProps{Unit: unit(ctx, r), Value: chart.Missing(), Baseline: &r.Baseline, Tone: string(tone(r.State))}
	if r.Value.Defined() {
		b.Value = r.Value.Value
		if r.Value.Bounded {
			b.Low, b.High = r.Value.Low, r.Value.High
		}
	}
	if r.Better != kpi.Within {
		b.Target = &r.Target
	}
	if v, ok := r.ExpectedValue(at, due); ok {
		b.Expected = &v
	}
	return b
}

// lines is a measure over time against the path that was expected.
func lines(ctx context.Context, c strategy.Course, title string) chart.LinesProps {
	u := unit(ctx, c.Reading)
	p := chart.LinesProps{Title: title, Unit: u, Note: i18n.N(ctx, "strategy.course_note", c.Reading.Days)}
	own := chart.Series{Name: i18n.T(ctx, "strategy.measured")}
	for _, x := range c.Points {
		point := chart.Point{At: x.At, Value: chart.Missing(), N: x.N}
		if x.Value.Defined() {
			point.Value = x.Value.Value
			if x.Value.Bounded {
				point.Low, point.High = x.Value.Low, x.Value.High
			}
		}
		own.Points = append(own.Points, point)
	}
	p.Series = []chart.Series{own}
	level := func(key string, v float64) {
		s := chart.Series{Name: i18n.T(ctx, key), Dashed: true}
		for _, x := range []strategy.CoursePoint{c.Points[0], c.Points[len(c.Points)-1]} {
			s.Points = append(s.Points, chart.Point{At: x.At, Value: v})
		}
		p.Series = append(p.Series, s)
	}
	switch {
	case c.Reading.Better == kpi.Within && len(c.Points) > 0:
		level("strategy.low", c.Reading.Low)
		level("strategy.high", c.Reading.High)
	case c.Reading.Better != kpi.Within:
		p.Target = &c.Reading.Target
		if len(c.Expected) > 0 {
			s := chart.Series{Name: i18n.T(ctx, "strategy.path"), Dashed: true}
			for _, x := range c.Expected {
				s.Points = append(s.Points, chart.Point{At: x.At, Value: x.Value})
			}
			p.Series = append(p.Series, s)
		}
	}
	return p
}

// objectiveForm is what is typed of an objective.
type objectiveForm struct {
	ID, Map                                       string
	Names                                         map[string]string
	Perspective, Owner, Stakeholders, Note, DueOn string
	Goal, GoalKind, Stage                         string
	Themes                                        []string
	Seen                                          string
}

type editObjectivePage struct {
	Form    objectiveForm
	Map     strategy.Map
	Members []*org.Member
	Groups  []string // of the relationship plan
	Wrong   wrong
}

func (h *handlers) showEditObjective(w http.ResponseWriter, r *http.Request, p editObjectivePage) error {
	ctx := r.Context()
	var err error
	if p.Map, err = h.s.Map(ctx, p.Form.Map); err != nil {
		return err
	}
	if p.Members, err = h.org.Members(ctx, p.Form.Owner); err != nil {
		return err
	}
	if !slices.ContainsFunc(p.Members, func(m *org.Member) bool { return m.ID == p.Form.Owner }) && p.Form.Owner != "" {
		// Whoever left is still chosen, so that saving something else does not take them out unseen.
		if left, err := h.org.Find(ctx, p.Form.Owner); err == nil {
			p.Members = append(p.Members, left)
		} else if !problem.Is(err, problem.Missing) {
			return err
		}
	}
	if h.Groups != nil {
		p.Groups = h.Groups(ctx)
	}
	key := "strategy.edit_objective"
	if p.Form.ID == "" {
		key = "strategy.add_objective"
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, key)}, editObjectiveBody(p, i18n.T(ctx, key)))
}

// stakeholdersHint names the groups of the relationship plan, so that both speak of the same.
func stakeholdersHint(ctx context.Context, groups []string) string {
	if len(groups) == 0 {
		return i18n.T(ctx, "strategy.stakeholders_hint")
	}
	return i18n.T(ctx, "strategy.stakeholders_known", "Groups", strings.Join(groups, ", "))
}

func (h *handlers) newObjective(w http.ResponseWriter, r *http.Request) error {
	me := org.Who(r.Context())
	return h.showEditObjective(w, r, editObjectivePage{Form: objectiveForm{Map: r.PathValue("id"), Names: map[string]string{}, Owner: me.ID,
		Perspective: r.URL.Query().Get("perspective"), DueOn: dueDay(r.Context(), h.s.Now().AddDate(1, 0, 0))}})
}

func (h *handlers) editObjective(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	o, err := h.s.Objective(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	f := objectiveForm{ID: o.ID, Map: o.Map, Names: map[string]string{}, Perspective: o.Perspective, Owner: o.Owner, Note: o.Note,
		Stakeholders: strings.Join(o.Stakeholders, ", "), DueOn: dueDay(ctx, o.DueAt), Goal: o.Goal, GoalKind: o.GoalKind, Stage: string(o.Stage), Themes: o.Themes, Seen: o.Stamp()}
	for lang, name := range o.Name {
		f.Names["name_"+lang] = name
	}
	return h.showEditObjective(w, r, editObjectivePage{Form: f})
}

// readObjective reads the form; errs are what cannot be read.
func readObjective(r *http.Request) (f objectiveForm, o strategy.Objective, errs []error, err error) {
	in, err := web.ReadForm(r)
	if err != nil {
		return f, o, nil, err
	}
	ctx := r.Context()
	f = objectiveForm{Names: map[string]string{}, Perspective: in.Text("perspective"), Owner: in.Text("owner"), Stakeholders: in.Text("stakeholders"),
		Note: in.Text("note"), DueOn: in.Text("due"), Goal: in.Text("goal"), GoalKind: in.Text("goal_kind"), Stage: in.Text("stage"), Themes: in.Values["theme"], Seen: in.Text("seen")}
	o = strategy.Objective{Name: strategy.Words{}, Perspective: f.Perspective, Owner: f.Owner, Note: f.Note, Goal: f.Goal, GoalKind: f.GoalKind,
		Stage: strategy.Stage(f.Stage), Themes: f.Themes, Seen: f.Seen, Stakeholders: strings.FieldsFunc(f.Stakeholders, func(r rune) bool { return r == ',' || r == '\n' || r == ';' })}
	for _, lang := range i18n.Languages() {
		o.Name[lang] = in.Text("name_" + lang)
		f.Names["name_"+lang] = o.Name[lang]
	}
	if f.DueOn != "" {
		day, err := time.ParseInLocation(time.DateOnly, f.DueOn, i18n.Zone(ctx))
		if err != nil {
			errs = append(errs, problem.New(problem.Invalid, "strategy.date_bad").On("due"))
		} else {
			o.DueAt = day.Add(12 * time.Hour).UTC()
		}
	}
	return f, o, errs, nil
}

func (h *handlers) addObjective(w http.ResponseWriter, r *http.Request) error {
	return h.saveObjective(w, r, func(f *objectiveForm, o *strategy.Objective) error {
		f.Map, o.Map = r.PathValue("id"), r.PathValue("id")
		return nil
	}, h.s.AddObjective, "strategy.objective_added")
}

func (h *handlers) changeObjective(w http.ResponseWriter, r *http.Request) error {
	return h.saveObjective(w, r, func(f *objectiveForm, o *strategy.Objective) error {
		was, err := h.s.Objective(r.Context(), r.PathValue("id"))
		f.ID, f.Map, o.ID = was.ID, was.Map, was.ID
		return err
	}, h.s.ChangeObjective, "strategy.saved")
}

func (h *handlers) saveObjective(w http.ResponseWriter, r *http.Request, fill func(*objectiveForm, *strategy.Objective) error,
	save func(context.Context, strategy.Objective) (strategy.Objective, error), done string) error {
	ctx := r.Context()
	f, o, errs, err := readObjective(r)
	if err == nil {
		err = fill(&f, &o)
	}
	if err != nil {
		return err
	}
	if len(errs) == 0 {
		if o, err = save(ctx, o); err != nil {
			errs = append(errs, err)
		}
	}
	if len(errs) > 0 {
		bad, err := mend(ctx, w, errs...)
		if err != nil {
			return err
		}
		return h.showEditObjective(w, r, editObjectivePage{Form: f, Wrong: bad})
	}
	web.Flash(w, r, ui.Success, done)
	return web.Redirect(w, r, objectiveHref(o.ID))
}

func (h *handlers) removeObjective(w http.ResponseWriter, r *http.Request) error {
	o, err := h.s.Objective(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := h.s.RemoveObjective(r.Context(), o.ID); err != nil {
		return err
	}
	if r.Header.Get("HX-Request") == "" {
		web.Flash(w, r, ui.Success, "strategy.objective_removed", "Name", o.Name.In(i18n.Lang(r.Context())))
	}
	return done(w, r, o.Map, mapHref(o.Map))
}

func (h *handlers) addLink(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	form := linkForm{Serves: f.Text("serves"), Weeks: f.Text("lag"), Note: f.Text("note")}
	var errs []error
	weeks, ok := 0.0, true
	if form.Weeks != "" {
		weeks, ok = number(form.Weeks)
	}
	if !ok || weeks < 0 || weeks > 1000 {
		errs = append(errs, problem.New(problem.Invalid, "strategy.number_bad").On("lag"))
	}
	if len(errs) == 0 {
		if _, err := h.s.AddLink(ctx, strategy.Link{Origin: r.PathValue("id"), Serves: form.Serves, LagDays: int(weeks * 7), Note: form.Note}); err != nil {
			errs = append(errs, err)
		}
	}
	if f.Text("back") == "draw" {
		o, err := h.s.Objective(ctx, r.PathValue("id"))
		if err != nil {
			return err
		}
		if len(errs) > 0 {
			return fits(w, r, errs[0], o.Map, backToDrawing(r, o.Map))
		}
		return web.Redirect(w, r, backToDrawing(r, o.Map))
	}
	if len(errs) > 0 {
		bad, err := mend(ctx, w, errs...)
		if err != nil {
			return err
		}
		return h.showObjective(w, r, objectivePage{Link: form, Wrong: bad})
	}
	web.Flash(w, r, ui.Success, "strategy.link_added")
	return web.Redirect(w, r, objectiveHref(r.PathValue("id")))
}

func (h *handlers) removeLink(w http.ResponseWriter, r *http.Request) error {
	o, err := h.s.Objective(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := h.s.RemoveLink(r.Context(), o.ID, r.PathValue("serves")); err != nil {
		return err
	}
	if !fromEditor(r) {
		web.Flash(w, r, ui.Success, "strategy.link_removed")
	}
	return done(w, r, o.Map, objectiveHref(o.ID))
}
