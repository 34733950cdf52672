package planweb

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/plan"
	"github.com/entente/entente/internal/plan/cost"
	"github.com/entente/entente/internal/plan/money"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

// row is what is typed in a row of a section, by field.
type row map[string]string

// section is how a part of an initiative is edited: its rows have a name for their fields, and show some that are empty.
type section struct {
	prefix string
	fields []string
	tells  []string // a row in which none of these is filled is empty
	blanks int
	most   int
}

func sectionOf(s plan.Section) (section, bool) {
	switch s {
	case plan.AboutIt:
		return section{}, true
	case plan.Tasks:
		return section{"task", []string{"id", "name", "length", "after", "from", "member", "hours", "done", "began", "ended", "place"}, []string{"id", "name", "length", "after"}, 3, plan.MaxTasks}, true
	case plan.Budget:
		return section{"line", []string{"id", "kind", "label", "funding", "amount", "currency", "every", "count", "from", "to"}, []string{"id", "label", "amount", "funding"}, 2, 100}, true
	case plan.Risks:
		return section{"risk", []string{"id", "name", "trigger", "probability", "impact", "contingency", "reserve", "currency", "state"}, []string{"id", "name", "trigger", "contingency"}, 1, 50}, true
	case plan.Benefits:
		return section{"benefit", []string{"id", "kind", "label", "low", "likely", "high", "currency", "every", "grade", "measure", "baseline", "target", "from", "to"},
			[]string{"id", "label", "likely", "target"}, 1, 30}, true
	case plan.People:
		return section{"person", []string{"member", "hours", "from", "to"}, []string{"member", "hours"}, 2, 60}, true
	}
	return section{}, false
}

func (s section) empty(r row) bool {
	return !slices.ContainsFunc(s.tells, func(f string) bool { return r[f] != "" })
}

// read reads the rows of a form. list are those that are filled and not to be removed, by their place among all.
func (s section) read(in *web.Form) (all []row, list []int) {
	n, _ := strconv.Atoi(in.Text("rows"))
	for i := range min(max(n, 0), s.most+20) {
		r, name := row{}, s.prefix+"_"+strconv.Itoa(i)+"_"
		for _, f := range s.fields {
			r[f] = in.Text(name + f)
		}
		r["remove"] = in.Text(name + "remove")
		if all = append(all, r); r["remove"] == "" && !s.empty(r) {
			list = append(list, i)
		}
	}
	return all, list
}

// moved says how a field of the list is called on the page, where empty rows stand between.
func (s section) moved(list []int) func(string) string {
	return func(field string) string {
		parts := strings.SplitN(field, "_", 3)
		if len(parts) != 3 || parts[0] != s.prefix {
			return field
		}
		n, err := strconv.Atoi(parts[1])
		if err != nil || n < 0 || n >= len(list) {
			return field
		}
		return parts[0] + "_" + strconv.Itoa(list[n]) + "_" + parts[2]
	}
}

type editPage struct {
	Initiative plan.Initiative // without an id: a new one
	Section    plan.Section
	Rows       []row
	About      row
	Serves     []string
	Seen       string
	Members    []*org.Member
	Objectives []plan.Objective
	Measures   []string
	Wrong      wrong
}

func (p editPage) row(prefix string, n int, field string) string {
	return prefix + "_" + strconv.Itoa(n) + "_" + field
}

func (h *handlers) show(w http.ResponseWriter, r *http.Request, p editPage) error {
	ctx := r.Context()
	var err error
	chosen := []string{p.Initiative.Owner}
	for _, c := range p.Initiative.Contributors {
		chosen = append(chosen, c.Member)
	}
	for _, t := range p.Initiative.Tasks {
		chosen = append(chosen, t.Member)
	}
	if p.Members, err = h.org.Members(ctx, chosen...); err != nil {
		return err
	}
	switch p.Section {
	case plan.AboutIt:
		if p.Objectives, err = h.s.Objectives(ctx); err != nil {
			return err
		}
	case plan.Benefits:
		p.Measures = h.s.Measures()
	}
	title := i18n.T(ctx, "plan.edit."+string(p.Section))
	if p.Initiative.ID == "" {
		title = i18n.T(ctx, "plan.new")
	}
	return web.Show(w, r, web.Page{Title: title, Wide: p.Section == plan.Tasks}, editBody(p, title))
}

func (h *handlers) add(w http.ResponseWriter, r *http.Request) error {
	today := h.s.Today(r.Context())
	return h.show(w, r, editPage{Section: plan.AboutIt, About: row{"owner": org.Who(r.Context()).ID, "currency": "EUR", "start": today.String()}, Serves: r.URL.Query()["objective"]})
}

func (h *handlers) create(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	form, about, errs := readAbout(in)
	if len(errs) == 0 {
		i, err := h.s.Add(ctx, about)
		if err == nil {
			web.Flash(w, r, ui.Success, "plan.added")
			return web.Redirect(w, r, href(i.ID))
		}
		errs = append(errs, err)
	}
	bad, err := mend(ctx, w, nil, errs...)
	if err != nil {
		return err
	}
	return h.show(w, r, editPage{Section: plan.AboutIt, About: form, Serves: about.Objectives, Wrong: bad})
}

func (h *handlers) edit(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	p := editPage{Section: plan.Section(r.PathValue("section"))}
	s, ok := sectionOf(p.Section)
	if !ok {
		return problem.New(problem.Missing, "problem.not_found")
	}
	var err error
	if p.Initiative, err = h.s.Initiative(ctx, r.PathValue("id")); err != nil {
		return err
	}
	p.Seen = seen(p.Initiative.UpdatedAt)
	p.fill(ctx)
	for range s.blanks {
		p.Rows = append(p.Rows, p.blank())
	}
	return h.show(w, r, p)
}

// blank is a row in which nothing is said yet.
func (p editPage) blank() row {
	return row{"currency": p.Initiative.Currency, "kind": map[plan.Section]string{plan.Budget: string(cost.OneOff), plan.Benefits: string(plan.InMoney)}[p.Section],
		"every": string(cost.Month), "grade": "assumed", "probability": "3", "impact": "3", "state": plan.RiskOpen}
}

// fill writes what is kept into the form.
func (p *editPage) fill(ctx context.Context) {
	switch p.Section {
	case plan.AboutIt:
		p.About, p.Serves = aboutRow(p.Initiative), p.Initiative.Objectives
	case plan.Tasks:
		p.Rows = taskRowsOf(p.Initiative)
	case plan.Budget:
		p.Rows = lineRowsOf(ctx, p.Initiative)
	case plan.Risks:
		p.Rows = riskRowsOf(ctx, p.Initiative)
	case plan.Benefits:
		p.Rows = benefitRowsOf(ctx, p.Initiative)
	case plan.People:
		p.Rows = contributorRowsOf(p.Initiative)
	}
}

// typedAmount writes an amount as it can be typed again.
func typedAmount(ctx context.Context, minor int64, currency string) string {
	return money.Typed(minor, currency, mark(ctx))
}

func (h *handlers) change(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	p := editPage{Section: plan.Section(r.PathValue("section")), Seen: in.Text("seen")}
	s, ok := sectionOf(p.Section)
	if !ok {
		return problem.New(problem.Missing, "problem.not_found")
	}
	if p.Initiative, err = h.s.Initiative(ctx, r.PathValue("id")); err != nil {
		return err
	}
	var errs []error
	var list []int
	moved := -1 // where a task was moved to
	i, at := p.Initiative.ID, readSeen(in)
	save := func(do func() (plan.Initiative, error)) {
		if len(errs) == 0 {
			if _, err := do(); err != nil {
				errs = append(errs, err)
			}
		}
	}
	p.Rows, list = s.read(in)
	t := &typedRows{section: s, rows: p.Rows, list: list}
	switch p.Section {
	case plan.AboutIt:
		var about plan.About
		p.About, about, errs = readAbout(in)
		p.Rows, p.Serves = nil, about.Objectives
		save(func() (plan.Initiative, error) { return h.s.ChangeAbout(ctx, i, at, about) })
	case plan.Tasks:
		list, moved = ordered(p.Rows, list, in.Text("then"))
		t.list = list
		tasks := t.tasks()
		errs = t.errs
		save(func() (plan.Initiative, error) { return h.s.ChangeTasks(ctx, i, at, tasks) })
	case plan.Budget:
		lines := t.lines()
		errs = t.errs
		save(func() (plan.Initiative, error) { return h.s.ChangeBudget(ctx, i, at, lines) })
	case plan.Risks:
		risks := t.risks()
		errs = t.errs
		save(func() (plan.Initiative, error) { return h.s.ChangeRisks(ctx, i, at, risks) })
	case plan.Benefits:
		benefits := t.benefits()
		errs = t.errs
		save(func() (plan.Initiative, error) { return h.s.ChangeBenefits(ctx, i, at, benefits) })
	case plan.People:
		people := t.people()
		errs = t.errs
		save(func() (plan.Initiative, error) { return h.s.ChangePeople(ctx, i, at, people) })
	}
	if len(errs) > 0 {
		if p.Wrong, err = mend(ctx, w, s.moved(list), errs...); err != nil {
			return err
		}
		return h.show(w, r, p)
	}
	web.Flash(w, r, ui.Success, "plan.saved")
	if moved >= 0 {
		return web.Redirect(w, r, href(i, "edit", string(p.Section))+"#task-"+strconv.Itoa(moved+1))
	}
	if in.Text("then") == "more" {
		return web.Redirect(w, r, href(i, "edit", string(p.Section)))
	}
	return web.Redirect(w, r, href(i, map[plan.Section][]string{plan.Tasks: {"timeline"}, plan.Budget: {"money"}, plan.People: {"people"}}[p.Section]...))
}

// choices are options with words of a kind.
func choices[T ~string](ctx context.Context, prefix string, list []T) []ui.Option {
	var out []ui.Option
	for _, v := range list {
		out = append(out, ui.Option{Value: string(v), Label: i18n.T(ctx, prefix+string(v))})
	}
	return out
}
