package reportweb

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/plan/money"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/report"
	"github.com/entente/entente/internal/report/tell"
	"github.com/entente/entente/internal/sorting"
	"github.com/entente/entente/internal/strategy"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

type valuePage struct {
	Ledger    report.ValueLedger
	Days      int
	Objective string
	Names     map[string]strategy.Words
	Called    names // what is narrowed to
	Edit      bool
	Odd       string // what was asked for and makes no sense, in words
}

func (h *handlers) value(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	p := valuePage{Days: 365, Objective: r.URL.Query().Get("objective"), Edit: org.Who(ctx).May(org.StrategyEdit)}
	if n, err := strconv.Atoi(r.URL.Query().Get("days")); err == nil && slices.Contains(report.Spans(), n) {
		p.Days = n
	} else if text := r.URL.Query().Get("days"); text != "" {
		p.Odd = i18n.T(ctx, "report.days_odd", "Typed", shortened(text), "Days", p.Days)
	}
	for _, day := range []string{"from", "to", "at"} {
		if text := r.URL.Query().Get(day); text != "" {
			p.Odd = i18n.T(ctx, "report.days_odd", "Typed", shortened(text), "Days", p.Days)
		}
	}
	var err error
	if p.Names, err = h.s.ObjectiveNames(ctx); err != nil && !problem.Is(err, problem.Forbidden) {
		return err
	}
	if _, known := p.Names[p.Objective]; !known && p.Objective != "" {
		return problem.New(problem.Missing, "problem.not_found")
	}
	if p.Ledger, err = h.s.Value(ctx, measure.Last(p.Days, h.s.Now(), i18n.Zone(ctx)), p.Objective); err != nil {
		return err
	}
	if p.Called, err = h.names(ctx); err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "report.value"), Wide: true}, valueBody(p))
}

// shortened is what was typed, cut where it is too long to be repeated.
func shortened(text string) string {
	if list := []rune(text); len(list) > 40 {
		return string(list[:40]) + "…"
	}
	return text
}

// ObjectivePanel says what an objective (id) brought or saved in a year: for the page of the objective. shown is false where there is nothing.
func ObjectivePanel(s *report.Service) func(ctx context.Context, objective string) (p ui.Panel, shown bool, err error) {
	return func(ctx context.Context, objective string) (ui.Panel, bool, error) {
		if !org.Who(ctx).May(org.MeasureRead) {
			return ui.Panel{}, false, nil
		}
		v, err := s.Value(ctx, measure.Last(365, s.Now(), i18n.Zone(ctx)), objective)
		if err != nil || len(v.Sums) == 0 && (!v.Hidden || len(v.Entries) == 0) {
			return ui.Panel{}, false, err
		}
		return ui.Panel{Title: i18n.T(ctx, "report.value"), Body: valuePanel(v, objective)}, true, nil
	}
}

func objectiveOptions(ctx context.Context, all string, list map[string]strategy.Words) []ui.Option {
	var out []ui.Option
	for id, w := range list {
		out = append(out, ui.Option{Value: id, Label: w.In(i18n.Lang(ctx))})
	}
	sorting.Func(out, func(a, b ui.Option) int {
		if a.Label < b.Label {
			return -1
		}
		return 1
	})
	return append([]ui.Option{{Label: all}}, out...)
}

func entryName(ctx context.Context, e report.Entry) string {
	switch e.Origin {
	case report.FromMeasure:
		return measureName(ctx, e.Measure)
	case report.FromLead:
		return i18n.T(ctx, "report.from_leads", "Name", e.Name)
	case report.FromFact:
		if e.Name == "" {
			return i18n.T(ctx, "report.from_facts")
		}
		return i18n.T(ctx, "report.from_facts_of", "Name", e.Name)
	}
	return e.Name
}

// formula writes out how a line was worked out, with its figures.
func formula(ctx context.Context, e report.Entry) string {
	switch e.Origin {
	case report.FromMeasure:
		if e.Why != "" || !e.Value.Defined() {
			return i18n.T(ctx, "measure."+e.Measure.ID+".formula")
		}
		out := ""
		for _, t := range e.Result.Terms {
			if !t.Value.Defined() || t.ID == "saving" || t.ID == "programme_cost" {
				continue
			}
			if out != "" {
				out += " · "
			}
			name := t.ID
			if key := "measure.term." + t.ID; i18n.Has(key) {
				name = i18n.T(ctx, key)
			}
			currency := t.Currency
			if currency == "" {
				currency = e.Currency
			}
			out += name + "\u00a0= " + tell.Amount(ctx, t.Unit, currency, t.Value.Value)
		}
		if out == "" {
			return i18n.T(ctx, "measure."+e.Measure.ID+".formula")
		}
		return out
	case report.FromPrice:
		if e.Price == 0 || e.Measure.Section == "" { // amounts are not for whoever reads, or the measure is gone
			if e.Reason == "" {
				return measureName(ctx, e.Measure)
			}
			return e.Reason
		}
		f := tell.Of(ctx, e.Measure, e.Result, e.Measure.Unit, e.Result.Value)
		return i18n.T(ctx, "report.formula.price", "Number", f.Whole(), "Measure", measureName(ctx, e.Measure), "Price", i18n.Money(ctx, e.Price, e.Currency), "Reason", e.Reason)
	}
	return i18n.N(ctx, "report.formula."+string(e.Origin), e.N)
}

func entryValue(ctx context.Context, e report.Entry) string {
	if !e.Value.Defined() {
		return "–"
	}
	return tell.Amount(ctx, kpi.Money, e.Currency, e.Value.Value)
}

func entryInterval(ctx context.Context, e report.Entry) string {
	switch {
	case e.Why == "missing":
		return i18n.T(ctx, "measure.missing")
	case e.Why == "gone":
		return i18n.T(ctx, "report.measure_gone")
	case e.Why != "":
		return i18n.T(ctx, "measure.why."+e.Why, "Currencies", join(e.Result.Currencies))
	case !e.Value.Defined():
		return i18n.T(ctx, "measure.nothing")
	case e.Value.Bounded && e.Value.Low < e.Value.High:
		return tell.Between(ctx, kpi.Money, e.Currency, e.Value)
	case e.Value.OK() && e.Value.Low == e.Value.Value && e.Value.High == e.Value.Value:
		return i18n.T(ctx, "report.added_up")
	}
	return ""
}

func join(list []string) string {
	out := ""
	for i, s := range list {
		if i > 0 {
			out += ", "
		}
		out += s
	}
	return out
}

func gradeTone(g report.Grade) ui.Tone {
	if g.Proven() {
		return ui.Success
	}
	return ui.Neutral
}

type linePage struct {
	Line     report.ValueLine
	Price    string
	Measures []ui.Option
	Names    map[string]strategy.Words
	Wrong    wrong
}

// lineForm is the form of a new line, or of the one in the address.
func (h *handlers) lineForm(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	p := linePage{Line: report.ValueLine{Currency: "EUR", Grade: report.Assumed, Objective: r.URL.Query().Get("objective")}}
	if at := r.PathValue("id"); at != "" {
		list, err := h.s.ValueLines(ctx)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(list, func(l report.ValueLine) bool { return l.ID == at })
		if i < 0 {
			return problem.New(problem.Missing, "problem.not_found")
		}
		p.Line = list[i]
		p.Price = money.Typed(p.Line.Price, p.Line.Currency, decimalMark(ctx))
	}
	return h.showLine(w, r, p)
}

func decimalMark(ctx context.Context) string {
	if i18n.Lang(ctx) == "fr" {
		return ","
	}
	return "."
}

func (h *handlers) showLine(w http.ResponseWriter, r *http.Request, p linePage) error {
	ctx := r.Context()
	for _, m := range h.s.Measures().All() {
		switch m.Unit {
		case kpi.Posts, kpi.Conversations, kpi.Contacts, kpi.Hours, kpi.People, kpi.Number:
			if len(m.Pending()) == 0 {
				p.Measures = append(p.Measures, ui.Option{Value: m.ID, Label: measureName(ctx, m), Group: i18n.T(ctx, "measure.section."+string(m.Section))})
			}
		}
	}
	var err error
	if p.Names, err = h.s.ObjectiveNames(ctx); err != nil {
		return err
	}
	title := i18n.T(ctx, "report.new_line")
	if p.Line.ID != "" {
		title = i18n.T(ctx, "report.change_line")
	}
	return web.Show(w, r, web.Page{Title: title}, lineBody(p, title))
}

func (h *handlers) saveLine(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	l := report.ValueLine{ID: r.PathValue("id"), Name: in.Text("name"), Measure: in.Text("measure"), Objective: in.Text("objective"), Currency: in.Text("currency"), Grade: report.Grade(in.Text("grade")), Reason: in.Text("reason")}
	l.Price, _ = money.Parse(in.Text("price"), l.Currency) // 0 is refused as no price
	if _, err = h.s.SaveValueLine(ctx, l); err != nil {
		bad, err := mend(ctx, err)
		if err != nil {
			return err
		}
		web.Invalid(w)
		return h.showLine(w, r, linePage{Line: l, Price: in.Text("price"), Wrong: bad})
	}
	web.Flash(w, r, ui.Success, "report.saved")
	return web.Redirect(w, r, "/value")
}

func (h *handlers) removeLine(w http.ResponseWriter, r *http.Request) error {
	if err := h.s.RemoveValueLine(r.Context(), r.PathValue("id")); err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "report.removed")
	return web.Redirect(w, r, "/value")
}

func until(t time.Time) time.Time { return t.Add(-time.Microsecond) }
