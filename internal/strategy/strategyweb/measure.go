package strategyweb

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/strategy"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

// measureForm is what is typed of a measure.
type measureForm struct {
	ID, Measure, Statistic, Better, Weight, Baseline, BaselineOn, Target, Low, High, Days, Timing, Seen string

	Filter measure.Filter
}

type measurePage struct {
	Form      measureForm
	Objective strategy.Objective
	Unit      kpi.Unit
	Currency  string          // of amounts, as far as there were any in a year
	Now       string          // what the measure says today, ready to read
	Dims      []kpi.Dimension // what it can be narrowed by
	Choices   map[kpi.Dimension][]ui.Option
	Catalogue []kpi.Measure // of which one is chosen
	Wrong     wrong
}

// of is the part of the catalogue to choose from.
func (p *measurePage) of(section kpi.Section) []kpi.Measure {
	var out []kpi.Measure
	for _, m := range p.Catalogue {
		if m.Section == section {
			out = append(out, m)
		}
	}
	return out
}

func (h *handlers) showMeasure(w http.ResponseWriter, r *http.Request, p measurePage) error {
	ctx := r.Context()
	p.Catalogue = h.s.Measures().All()
	if def, err := h.s.Measures().Find(p.Form.Measure); err == nil {
		p.Unit = def.Unit
		p.Currency = h.currency(ctx, def, p.Form.Filter)
		if err := h.narrowing(ctx, &p, def); err != nil {
			return err
		}
	}
	key := "strategy.edit_measure"
	if p.Form.ID == "" {
		key = "strategy.add_measure"
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, key)}, measureBody(p, i18n.T(ctx, key)))
}

// currency is that of the amounts of a measure in the last year, "" when there were none or several.
func (h *handlers) currency(ctx context.Context, def kpi.Measure, f measure.Filter) string {
	if def.Unit != kpi.Money {
		return ""
	}
	res, err := h.s.Measures().Compute(measure.Permitted(ctx), def.ID, measure.Last(366, h.s.Now(), h.s.Measures().Zone(ctx)), f)
	if err != nil { // the form does without: an amount is then typed in whatever currency it is in
		return ""
	}
	return res.Currency
}

// narrowing fills what a measure can be narrowed by with what there is, and what it is narrowed to already.
func (h *handlers) narrowing(ctx context.Context, p *measurePage, def kpi.Measure) error {
	n, err := h.names(ctx)
	if err != nil {
		return err
	}
	p.Choices = map[kpi.Dimension][]ui.Option{}
	now := map[kpi.Dimension]string{}
	for _, v := range p.Form.Filter.Narrowed() {
		now[v.By] = v.Value
	}
	for _, by := range kpi.Dimensions() {
		if by == kpi.ByMember || !slices.Contains(def.Dims, by) && now[by] == "" { // nobody is an objective
			continue
		}
		list, err := h.s.Measures().Values(ctx, by, measure.Last(366, h.s.Now(), h.s.Measures().Zone(ctx)))
		if err != nil {
			return err
		}
		options := []ui.Option{{Label: i18n.T(ctx, "measure.filter.all")}}
		for _, c := range list {
			name := c.Name
			if by == kpi.ByLanguage || by == kpi.ByKind {
				name = n.value(ctx, by, c.ID)
			}
			options = append(options, ui.Option{Value: c.ID, Label: name})
		}
		if v := now[by]; v != "" && !slices.ContainsFunc(options, func(o ui.Option) bool { return o.Value == v }) {
			options = append(options, ui.Option{Value: v, Label: n.value(ctx, by, v)})
		}
		p.Dims, p.Choices[by] = append(p.Dims, by), options
	}
	return nil
}

// valueOf is what the form is narrowed to by a dimension.
func (f measureForm) valueOf(by kpi.Dimension) string {
	for _, v := range f.Filter.Narrowed() {
		if v.By == by {
			return v.Value
		}
	}
	return ""
}

// filterOf reads what a measure is narrowed to.
func filterOf(get func(name string) string) measure.Filter {
	return measure.Filter{Channel: get("channel"), Topic: get("topic"), Language: get("language"), Community: get("community"), Kind: get("kind"), Team: get("team"), Partner: get("partner"), Campaign: get("campaign")}
}

// newMeasure asks in two steps: first what is measured, then from where to where, with today's number over the usual window of the measure as the
// baseline offered.
func (h *handlers) newMeasure(w http.ResponseWriter, r *http.Request) error {
	ctx, q := r.Context(), r.URL.Query()
	o, err := h.s.Objective(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	p := measurePage{Objective: o, Form: measureForm{Weight: "1", Timing: string(strategy.Lagging), BaselineOn: dueDay(ctx, h.s.Now())}}
	def, err := h.s.Measures().Find(q.Get("measure"))
	if err != nil {
		return h.showMeasure(w, r, p)
	}
	p.Form.Measure, p.Form.Days, p.Form.Filter = def.ID, strconv.Itoa(def.Days), measure.Narrows(def, filterOf(q.Get))
	if err := h.s.Measures().Known(ctx, p.Form.Filter); err != nil {
		return err
	}
	if p.Form.Better = string(def.Better); def.Better == kpi.Neither {
		p.Form.Better = string(kpi.Within)
	}
	if def.Unit == kpi.Seconds {
		p.Form.Statistic = string(strategy.Median)
	}
	res, err := h.s.Measures().Compute(ctx, def.ID, measure.Last(def.Days, h.s.Now(), h.s.Measures().Zone(ctx)), p.Form.Filter)
	if err != nil && !problem.Is(err, problem.Invalid) {
		return err
	}
	if err == nil && res.Value.Defined() {
		p.Form.Baseline = typed(ctx, def.Unit, res.Currency, res.Value.Value)
		p.Now = unitOf(ctx, def.Unit, res.Currency).Write(ctx, res.Value.Value) + " · " + i18n.T(ctx, "ui.stat.n", "N", i18n.Number(ctx, float64(res.N), 0))
	}
	return h.showMeasure(w, r, p)
}

func (h *handlers) editMeasure(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	m, err := h.s.MeasureOf(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	o, err := h.s.Objective(ctx, m.Objective)
	if err != nil {
		return err
	}
	var unit kpi.Unit
	currency := ""
	if def, err := h.s.Measures().Find(m.Measure); err == nil {
		unit, currency = def.Unit, h.currency(ctx, def, m.Filter())
	}
	f := measureForm{ID: m.ID, Measure: m.Measure, Statistic: string(m.Statistic), Better: string(m.Better), Weight: typed(ctx, "", "", m.Weight),
		Baseline: typed(ctx, unit, currency, m.Baseline), BaselineOn: dueDay(ctx, m.BaselineAt), Days: strconv.Itoa(m.Days), Filter: m.Filter(), Timing: string(m.Timing), Seen: m.Stamp()}
	if m.Better == kpi.Within {
		f.Low, f.High = typed(ctx, unit, currency, m.Low), typed(ctx, unit, currency, m.High)
	} else {
		f.Target = typed(ctx, unit, currency, m.Target)
	}
	p := measurePage{Form: f, Objective: o}
	if r.URL.Query().Get("baseline") == "now" { // as the measure is defined today
		res, err := h.s.Measures().Compute(ctx, m.Measure, m.Window(h.s.Now(), h.s.Measures().Zone(ctx)), m.Filter())
		if err != nil && !problem.Is(err, problem.Invalid) && !problem.Is(err, problem.Missing) {
			return err
		}
		if err == nil && res.Value.Defined() {
			p.Form.Baseline, p.Form.BaselineOn = typed(ctx, unit, res.Currency, res.Value.Value), dueDay(ctx, h.s.Now())
		}
	}
	return h.showMeasure(w, r, p)
}

// readMeasure reads the form; errs are what cannot be read.
func (h *handlers) readMeasure(r *http.Request) (f measureForm, m strategy.Measure, errs []error, err error) {
	in, err := web.ReadForm(r)
	if err != nil {
		return f, m, nil, err
	}
	ctx := r.Context()
	f = measureForm{Measure: in.Text("measure"), Statistic: in.Text("statistic"), Better: in.Text("better"), Weight: in.Text("weight"), Baseline: in.Text("baseline"),
		BaselineOn: in.Text("baseline_at"), Target: in.Text("target"), Low: in.Text("low"), High: in.Text("high"), Days: in.Text("days"), Filter: filterOf(in.Text),
		Timing: in.Text("timing"), Seen: in.Text("seen")}
	m = strategy.Measure{Measure: f.Measure, Statistic: strategy.Statistic(f.Statistic), Better: kpi.Better(f.Better), Timing: strategy.Timing(f.Timing), Seen: f.Seen}
	m.Narrow(f.Filter)
	unit := 1.0
	if def, err := h.s.Measures().Find(f.Measure); err == nil {
		unit = typedIn(def.Unit, h.currency(ctx, def, f.Filter))
		if def.Unit != kpi.Seconds {
			m.Statistic = strategy.Whole
		}
	}
	read := func(field, text string, factor float64, into *float64) {
		if text == "" {
			errs = append(errs, problem.New(problem.Invalid, "problem.required").On(field))
			return
		}
		v, ok := number(text)
		if !ok {
			errs = append(errs, problem.New(problem.Invalid, "strategy.number_bad").On(field))
		}
		*into = v * factor
	}
	read("baseline", f.Baseline, unit, &m.Baseline)
	if m.Better == kpi.Within {
		read("low", f.Low, unit, &m.Low)
		read("high", f.High, unit, &m.High)
	} else {
		read("target", f.Target, unit, &m.Target)
	}
	read("weight", f.Weight, 1, &m.Weight)
	var days float64
	if read("days", f.Days, 1, &days); days >= 0 && days < 1e6 {
		m.Days = int(days)
	}
	day, err := time.ParseInLocation(time.DateOnly, f.BaselineOn, i18n.Zone(ctx))
	if err != nil {
		errs = append(errs, problem.New(problem.Invalid, "strategy.date_bad").On("baseline_at"))
	} else {
		m.BaselineAt = day.Add(12 * time.Hour).UTC()
	}
	return f, m, errs, nil
}

func (h *handlers) addMeasure(w http.ResponseWriter, r *http.Request) error {
	return h.saveMeasure(w, r, func(f *measureForm, m *strategy.Measure) error {
		m.Objective = r.PathValue("id")
		return nil
	}, h.s.AddMeasure)
}

func (h *handlers) changeMeasure(w http.ResponseWriter, r *http.Request) error {
	return h.saveMeasure(w, r, func(f *measureForm, m *strategy.Measure) error {
		was, err := h.s.MeasureOf(r.Context(), r.PathValue("id"))
		f.ID, m.ID, m.Objective = was.ID, was.ID, was.Objective
		return err
	}, h.s.ChangeMeasure)
}

func (h *handlers) saveMeasure(w http.ResponseWriter, r *http.Request, fill func(*measureForm, *strategy.Measure) error,
	save func(context.Context, strategy.Measure) (strategy.Measure, error)) error {
	ctx := r.Context()
	f, m, errs, err := h.readMeasure(r)
	if err == nil {
		err = fill(&f, &m)
	}
	if err != nil {
		return err
	}
	o, err := h.s.Objective(ctx, m.Objective)
	if err != nil {
		return err
	}
	if len(errs) == 0 {
		if _, err = save(ctx, m); err != nil {
			errs = append(errs, err)
		}
	}
	if len(errs) > 0 {
		bad, err := mend(ctx, w, errs...)
		if err != nil {
			return err
		}
		return h.showMeasure(w, r, measurePage{Form: f, Objective: o, Wrong: bad})
	}
	web.Flash(w, r, ui.Success, "strategy.saved")
	return web.Redirect(w, r, objectiveHref(o.ID))
}

func (h *handlers) removeMeasure(w http.ResponseWriter, r *http.Request) error {
	m, err := h.s.MeasureOf(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := h.s.RemoveMeasure(r.Context(), m.ID); err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "strategy.measure_removed")
	return web.Redirect(w, r, objectiveHref(m.Objective))
}
