package planweb

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/plan"
	"github.com/entente/entente/internal/plan/cost"
	"github.com/entente/entente/internal/plan/money"
	"github.com/entente/entente/internal/plan/schedule"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/strategy"
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
		return section{"task", []string{"id", "name", "length", "after", "from", "member", "hours", "done", "began", "ended"}, []string{"id", "name", "length", "after"}, 3, plan.MaxTasks}, true
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
	if p.Members, err = h.org.Members(ctx); err != nil {
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
	i := p.Initiative
	amount := func(minor int64, currency string) string { return money.Typed(minor, currency, mark(ctx)) }
	switch p.Section {
	case plan.AboutIt:
		p.About = row{"name": i.Name, "owner": i.Owner, "outcome": i.Outcome, "scope_in": i.ScopeIn, "scope_out": i.ScopeOut, "manner": i.Manner, "exit": i.Exit,
			"start": i.Start.String(), "end": i.End.String(), "currency": i.Currency}
		p.Serves = i.Objectives
	case plan.Tasks:
		place := map[string]int{}
		for n, t := range i.Tasks {
			place[t.ID] = n + 1
		}
		for _, t := range i.Tasks {
			var after []schedule.Row
			for _, w := range t.After {
				if place[w.Task] > 0 {
					after = append(after, schedule.Row{Number: place[w.Task], Lag: w.Lag})
				}
			}
			done := ""
			if t.Done > 0 {
				done = strconv.Itoa(t.Done)
			}
			p.Rows = append(p.Rows, row{"id": t.ID, "name": t.Name, "length": strconv.Itoa(t.Length), "after": schedule.TypeRows(after), "from": t.From.String(), "member": t.Member,
				"hours": schedule.TypeMinutes(t.Minutes), "done": done, "began": t.Began.String(), "ended": t.Ended.String()})
		}
	case plan.Budget:
		for _, l := range i.Lines {
			count := ""
			switch l.Kind {
			case cost.Hours:
				count = schedule.TypeMinutes(l.Minutes)
			case cost.Licences:
				count = strconv.Itoa(l.Count)
			}
			p.Rows = append(p.Rows, row{"id": l.ID, "kind": string(l.Kind), "label": l.Label, "funding": l.Funding, "amount": amount(l.Amount, l.Currency), "currency": l.Currency,
				"every": string(l.Every), "count": count, "from": l.From.String(), "to": l.To.String()})
		}
	case plan.Risks:
		for _, k := range i.Risks {
			p.Rows = append(p.Rows, row{"id": k.ID, "name": k.Name, "trigger": k.Trigger, "probability": strconv.Itoa(k.Probability), "impact": strconv.Itoa(k.Impact),
				"contingency": k.Contingency, "reserve": amount(k.Reserve, k.Currency), "currency": k.Currency, "state": k.State})
		}
	case plan.Benefits:
		for _, b := range i.Benefits {
			k := row{"id": b.ID, "kind": string(b.Kind), "label": b.Label, "from": b.From.String(), "to": b.To.String(), "currency": b.Currency, "every": string(b.Every), "grade": string(b.Grade),
				"low": amount(b.Low, b.Currency), "likely": amount(b.Likely, b.Currency), "high": amount(b.High, b.Currency), "measure": b.Measure}
			if b.Kind == plan.InMeasure {
				k["baseline"], k["target"] = typedNumber(ctx, b.Baseline), typedNumber(ctx, b.Target)
				k["currency"], k["every"], k["grade"] = i.Currency, string(cost.Month), "assumed"
			}
			p.Rows = append(p.Rows, k)
		}
	case plan.People:
		for _, c := range i.Contributors {
			p.Rows = append(p.Rows, row{"member": c.Member, "hours": schedule.TypeMinutes(c.Minutes), "from": c.From.String(), "to": c.To.String()})
		}
	}
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
	if in.Text("then") == "more" {
		return web.Redirect(w, r, href(i, "edit", string(p.Section)))
	}
	return web.Redirect(w, r, href(i, map[plan.Section][]string{plan.Tasks: {"timeline"}, plan.Budget: {"money"}, plan.People: {"people"}}[p.Section]...))
}

func readAbout(in *web.Form) (form row, a plan.About, errs []error) {
	form = row{}
	for _, f := range []string{"name", "owner", "outcome", "scope_in", "scope_out", "manner", "exit", "start", "end", "currency"} {
		form[f] = in.Text(f)
	}
	a = plan.About{Name: form["name"], Owner: form["owner"], Outcome: form["outcome"], ScopeIn: form["scope_in"], ScopeOut: form["scope_out"], Manner: form["manner"], Exit: form["exit"],
		Currency: form["currency"], Objectives: in.Values["objective"]}
	for field, to := range map[string]*schedule.Day{"start": &a.Start, "end": &a.End} {
		var ok bool
		if *to, ok = schedule.ParseDay(form[field]); !ok {
			errs = append(errs, problem.New(problem.Invalid, "plan.day_bad").On(field))
		}
	}
	return form, a, errs
}

// typedRows turns what is typed into what it means, and notes what cannot be read by its place in the list.
type typedRows struct {
	section section
	rows    []row
	list    []int // places of the rows that count
	errs    []error
}

func (t *typedRows) refuse(n int, field, key string) {
	t.errs = append(t.errs, problem.New(problem.Invalid, key).On(t.section.prefix+"_"+strconv.Itoa(n)+"_"+field))
}

func (t *typedRows) each(do func(n int, r row)) {
	for n, at := range t.list {
		do(n, t.rows[at])
	}
}

func (t *typedRows) day(n int, r row, field string) schedule.Day {
	d, ok := schedule.ParseDay(r[field])
	if !ok {
		t.refuse(n, field, "plan.day_bad")
	}
	return d
}

func (t *typedRows) whole(n int, r row, field, key string, otherwise int) int {
	if r[field] == "" {
		return otherwise
	}
	v, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(r[field], "%")))
	if err != nil {
		t.refuse(n, field, key)
	}
	return v
}

func (t *typedRows) minutes(n int, r row, field string) int {
	v, ok := schedule.ParseMinutes(r[field])
	if !ok {
		t.refuse(n, field, "plan.hours_bad")
	}
	return v
}

func (t *typedRows) amount(n int, r row, field string) int64 {
	v, ok := money.Parse(r[field], r["currency"])
	if !ok {
		t.refuse(n, field, "plan.amount_unread")
	}
	return v
}

func (t *typedRows) number(n int, r row, field string) float64 {
	if r[field] == "" {
		return 0
	}
	v, ok := number(r[field])
	if !ok {
		t.refuse(n, field, "plan.number_bad")
	}
	return v
}

func (t *typedRows) tasks() (out []plan.Task) {
	place := map[int]int{} // of the list, by number typed
	for n, at := range t.list {
		place[at+1] = n + 1
	}
	t.each(func(n int, r row) {
		task := plan.Task{ID: r["id"], Name: r["name"], Length: t.whole(n, r, "length", "plan.length_unread", 1), From: t.day(n, r, "from"), Member: r["member"],
			Minutes: t.minutes(n, r, "hours"), Done: t.whole(n, r, "done", "plan.percent_bad", 0), Began: t.day(n, r, "began"), Ended: t.day(n, r, "ended")}
		after, ok := schedule.ParseRows(r["after"])
		for _, a := range after {
			switch {
			case place[a.Number] > 0:
				task.After = append(task.After, plan.Wait{Task: "#" + strconv.Itoa(place[a.Number]), Lag: a.Lag})
			case a.Number > len(t.rows) || t.rows[a.Number-1]["remove"] == "":
				ok = false
			}
		}
		if !ok {
			t.refuse(n, "after", "plan.after_bad")
		}
		out = append(out, task)
	})
	return out
}

func (t *typedRows) lines() (out []cost.Line) {
	t.each(func(n int, r row) {
		l := cost.Line{ID: r["id"], Kind: cost.Kind(r["kind"]), Label: r["label"], Funding: r["funding"], Currency: r["currency"], Amount: t.amount(n, r, "amount"),
			Every: cost.Every(r["every"]), From: t.day(n, r, "from"), To: t.day(n, r, "to")}
		switch l.Kind {
		case cost.Hours:
			l.Minutes = t.minutes(n, r, "count")
		case cost.Licences:
			l.Count = t.whole(n, r, "count", "plan.count_unread", 0)
		}
		out = append(out, l)
	})
	return out
}

func (t *typedRows) risks() (out []plan.Risk) {
	t.each(func(n int, r row) {
		out = append(out, plan.Risk{ID: r["id"], Name: r["name"], Trigger: r["trigger"], Probability: t.whole(n, r, "probability", "plan.grade_bad", 0), Impact: t.whole(n, r, "impact", "plan.grade_bad", 0),
			Contingency: r["contingency"], Reserve: t.amount(n, r, "reserve"), Currency: r["currency"], State: r["state"]})
	})
	return out
}

func (t *typedRows) benefits() (out []plan.Benefit) {
	t.each(func(n int, r row) {
		b := plan.Benefit{ID: r["id"], Kind: plan.BenefitKind(r["kind"]), Label: r["label"], From: t.day(n, r, "from"), To: t.day(n, r, "to")}
		if b.Kind == plan.InMeasure {
			b.Measure, b.Baseline, b.Target = r["measure"], t.number(n, r, "baseline"), t.number(n, r, "target")
		} else {
			b.Currency, b.Low, b.Likely, b.High = r["currency"], t.amount(n, r, "low"), t.amount(n, r, "likely"), t.amount(n, r, "high")
			b.Every, b.Grade = cost.Every(r["every"]), kpi.Evidence(r["grade"])
		}
		out = append(out, b)
	})
	return out
}

func (t *typedRows) people() (out []plan.Contributor) {
	t.each(func(n int, r row) {
		out = append(out, plan.Contributor{Member: r["member"], Minutes: t.minutes(n, r, "hours"), From: t.day(n, r, "from"), To: t.day(n, r, "to")})
	})
	return out
}

func memberOptions(ctx context.Context, p editPage, chosen string) []ui.Option {
	out := []ui.Option{{Label: i18n.T(ctx, "plan.nobody")}}
	found := chosen == ""
	for _, m := range p.Members {
		if m.State == org.Active || m.State == org.Invited || m.ID == chosen {
			out = append(out, ui.Option{Value: m.ID, Label: m.Name})
		}
		found = found || m.ID == chosen
	}
	if !found {
		out = append(out, ui.Option{Value: chosen, Label: i18n.T(ctx, "plan.former")})
	}
	return out
}

// choices are options with words of a kind.
func choices[T ~string](ctx context.Context, prefix string, list []T) []ui.Option {
	var out []ui.Option
	for _, v := range list {
		out = append(out, ui.Option{Value: string(v), Label: i18n.T(ctx, prefix+string(v))})
	}
	return out
}

func currencyOptions() []ui.Option {
	var out []ui.Option
	for _, c := range money.Currencies() {
		out = append(out, ui.Option{Value: c, Label: c})
	}
	return out
}

func gradeOptions(ctx context.Context, kind string) []ui.Option {
	var out []ui.Option
	for n := 1; n <= 5; n++ {
		v := strconv.Itoa(n)
		out = append(out, ui.Option{Value: v, Label: i18n.T(ctx, "plan."+kind+"."+v)})
	}
	return out
}

// objectiveMaps groups objectives by their map, in order.
func objectiveMaps(list []plan.Objective, lang string) (names []string, of map[string][]plan.Objective) {
	of = map[string][]plan.Objective{}
	for _, o := range list {
		name := strategy.Words(o.Map).In(lang)
		if of[name] == nil {
			names = append(names, name)
		}
		of[name] = append(of[name], o)
	}
	return names, of
}
