package planweb

import (
	"context"
	"net/http"
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
	"github.com/entente/entente/internal/web/ui/chart"
)

// page is what all pages of an initiative show.
type page struct {
	St    plan.Standing
	Tab   string // "", timeline, money, people
	Me    string // member id of the reader
	Edit  bool
	Wrong wrong // of the form on the page

	unit func(measure string) kpi.Unit
}

func (p page) tabs(ctx context.Context) []ui.Tab {
	var out []ui.Tab
	for _, t := range []struct {
		part, key string
		count     int
	}{{"", "plan.overview", 0}, {"timeline", "plan.timeline", len(p.St.Tasks)}, {"money", "plan.money", len(p.St.Lines)}, {"people", "plan.people", len(p.St.Contributors)}} {
		if t.part == "money" && p.St.Discreet {
			continue
		}
		to := href(p.St.ID)
		if t.part != "" {
			to = href(p.St.ID, t.part)
		}
		out = append(out, ui.Tab{Label: i18n.T(ctx, t.key), Href: to, Count: t.count, Current: t.part == p.Tab})
	}
	return out
}

func (h *handlers) open(r *http.Request, tab string) (page, error) {
	st, err := h.s.Stand(r.Context(), r.PathValue("id"))
	return page{St: st, Tab: tab, Me: org.Who(r.Context()).ID, Edit: mayEdit(r.Context()), unit: h.s.Unit}, err
}

type overviewPage struct {
	page
	History []plan.Taken
	Serves  []served
	Origin  *origin // nil when it was made of no idea
	Note    string  // typed
}

type served struct {
	ID   string
	Name strategy.Words // nil when it is gone
}

func (h *handlers) overview(w http.ResponseWriter, r *http.Request) error {
	return h.showOverview(w, r, "", nil)
}

func (h *handlers) showOverview(w http.ResponseWriter, r *http.Request, note string, bad wrong) error {
	ctx := r.Context()
	base, err := h.open(r, "")
	if err != nil {
		return err
	}
	base.Wrong = bad
	p := overviewPage{page: base, Note: note}
	if p.History, err = h.s.History(ctx, p.St.ID); err != nil {
		return err
	}
	objectives, err := h.s.Objectives(ctx)
	if err != nil {
		return err
	}
	p.Serves = servedBy(objectives, p.St.Objectives)
	if p.Origin, err = h.originOf(ctx, p.St.Initiative); err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: p.St.Name}, overviewBody(p))
}

func (h *handlers) take(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	step := plan.Step(in.Text("step"))
	i, err := h.s.Take(ctx, r.PathValue("id"), readSeen(in), step, in.Text("note"))
	if err != nil {
		bad, err := mend(ctx, w, nil, err)
		if err != nil {
			return err
		}
		return h.showOverview(w, r, in.Text("note"), bad)
	}
	web.Flash(w, r, ui.Success, "plan.taken."+string(step))
	return web.Redirect(w, r, href(i.ID))
}

func (h *handlers) remove(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	i, err := h.s.Initiative(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := h.s.Remove(ctx, i.ID); err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "plan.removed", "Name", i.Name)
	return web.Redirect(w, r, "/initiatives")
}

type timelinePage struct {
	page
	Drawn string
}

func (h *handlers) timeline(w http.ResponseWriter, r *http.Request) error {
	base, err := h.open(r, "timeline")
	if err != nil {
		return err
	}
	p := timelinePage{page: base, Drawn: tasksDrawn(r.Context(), base.St, false)}
	return web.Show(w, r, web.Page{Title: p.St.Name, Wide: true}, timelineBody(p))
}

func (h *handlers) svg(w http.ResponseWriter, r *http.Request) error {
	p, err := h.open(r, "timeline")
	if err != nil {
		return err
	}
	drawn := tasksDrawn(r.Context(), p.St, true)
	if drawn == "" {
		return problem.New(problem.Missing, "problem.not_found")
	}
	w.Header().Set("Content-Type", "image/svg+xml; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache, private")
	_, err = w.Write([]byte(drawn))
	return err
}

type moneyPage struct {
	page
	Bookings []plan.Booking
	Facts    []plan.Fact
	Form     row // of a booking
}

func (h *handlers) money(w http.ResponseWriter, r *http.Request) error {
	return h.showMoney(w, r, nil, nil)
}

func (h *handlers) showMoney(w http.ResponseWriter, r *http.Request, typed row, bad wrong) error {
	ctx := r.Context()
	base, err := h.open(r, "money")
	if err != nil {
		return err
	}
	if base.St.Discreet {
		return problem.New(problem.Forbidden, "plan.money_hidden")
	}
	base.Wrong = bad
	p := moneyPage{page: base, Form: typed}
	if typed == nil {
		p.Form = row{"day": base.St.World.Today.String(), "currency": base.St.Currency}
	}
	if p.Bookings, err = h.s.Bookings(ctx, p.St.ID); err != nil {
		return err
	}
	if p.Facts, err = h.s.Facts(ctx, p.St.Initiative); err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: p.St.Name, Wide: true}, moneyBody(p))
}

func (h *handlers) book(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	typed := row{}
	for _, f := range []string{"line", "day", "amount", "currency", "hours", "note"} {
		typed[f] = in.Text(f)
	}
	b := plan.Booking{Initiative: r.PathValue("id"), Line: typed["line"], Currency: typed["currency"], Note: typed["note"]}
	var errs []error
	refuse := func(field, key string) { errs = append(errs, problem.New(problem.Invalid, key).On(field)) }
	var ok bool
	if b.Day, ok = schedule.ParseDay(typed["day"]); !ok {
		refuse("day", "plan.day_bad")
	}
	if b.Amount, ok = money.Parse(typed["amount"], typed["currency"]); !ok {
		refuse("amount", "plan.amount_unread")
	}
	if b.Minutes, ok = schedule.ParseMinutes(typed["hours"]); !ok {
		refuse("hours", "plan.hours_bad")
	}
	if len(errs) == 0 {
		if _, err := h.s.Book(ctx, b); err != nil {
			errs = append(errs, err)
		}
	}
	if len(errs) > 0 {
		bad, err := mend(ctx, w, nil, errs...)
		if err != nil {
			return err
		}
		return h.showMoney(w, r, typed, bad)
	}
	web.Flash(w, r, ui.Success, "plan.booked")
	return web.Redirect(w, r, href(b.Initiative, "money"))
}

// hoursAt is where whoever asks sees the hours they booked.
func hoursAt(ctx context.Context, i plan.Initiative) string {
	if i.Leads(ctx) {
		return href(i.ID, "money")
	}
	return href(i.ID, "people")
}

func (h *handlers) unbook(w http.ResponseWriter, r *http.Request) error {
	i, err := h.s.Initiative(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := h.s.Unbook(r.Context(), i.ID, r.PathValue("booking")); err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "plan.unbooked")
	return web.Redirect(w, r, hoursAt(r.Context(), i))
}

// spentOf is what was spent, each currency for itself.
func spentOf(st plan.Standing) []money.Amount {
	sum := money.Sum{}
	for _, a := range st.Accounts {
		sum.Add(a.Currency, a.Actual)
	}
	if list := sum.Amounts(); len(list) > 0 {
		return list
	}
	return []money.Amount{{Currency: st.Currency}}
}

// between writes a benefit with its bounds.
func between(ctx context.Context, a plan.Account) string {
	if a.Likely == 0 && a.High == 0 {
		return "–"
	}
	likely := moneyText(ctx, a.Likely, a.Currency)
	if a.Low == a.High {
		return likely
	}
	return i18n.T(ctx, "plan.between", "Likely", likely, "Low", moneyText(ctx, a.Low, a.Currency), "High", moneyText(ctx, a.High, a.Currency))
}

// months draws what is planned to be spent and to come back, added up month by month.
func months(ctx context.Context, a plan.Account) (chart.LinesProps, bool) {
	first, last := cost.Bounds(append(append([]cost.Piece{}, a.Costs...), a.LikelyBenefits...))
	if first == 0 {
		return chart.LinesProps{}, false
	}
	zone := i18n.Zone(ctx)
	spend, gain := chart.Series{Name: i18n.T(ctx, "plan.cost_planned")}, chart.Series{Name: i18n.T(ctx, "plan.benefit_planned"), Dashed: true}
	for month := first.FirstOfMonth(); month <= last && len(spend.Points) < 400; month = month.AddMonths(1) {
		end := month.AddMonths(1) - 1
		spend.Points = append(spend.Points, chart.Point{At: end.Noon(zone), Value: float64(cost.Until(a.Costs, end))})
		gain.Points = append(gain.Points, chart.Point{At: end.Noon(zone), Value: float64(cost.Until(a.LikelyBenefits, end))})
	}
	p := chart.LinesProps{Title: i18n.T(ctx, "plan.added_up"), Unit: chart.Money(a.Currency), Series: []chart.Series{spend}, FromZero: true, Short: true}
	if a.Likely > 0 {
		p.Series = append(p.Series, gain)
	}
	return p, len(spend.Points) > 1
}

func lineName(i plan.Initiative, line string) string {
	for _, l := range i.Lines {
		if l.ID == line {
			return l.Label
		}
	}
	return ""
}

func lineOptions(ctx context.Context, i plan.Initiative) []ui.Option {
	out := []ui.Option{{Label: i18n.T(ctx, "plan.no_line")}}
	for _, l := range i.Lines {
		out = append(out, ui.Option{Value: l.ID, Label: l.Label})
	}
	return out
}

// waitNames writes what a task waits for by name.
func waitNames(i plan.Initiative, t plan.Task) string {
	var list []string
	for _, w := range t.After {
		if o, ok := i.Task(w.Task); ok {
			list = append(list, o.Name)
		}
	}
	return strings.Join(list, ", ")
}

// waits writes what a task waits for by number.
func waits(i plan.Initiative, t plan.Task) string {
	var list []schedule.Row
	for _, w := range t.After {
		for n, o := range i.Tasks {
			if o.ID == w.Task {
				list = append(list, schedule.Row{Number: n + 1, Lag: w.Lag})
			}
		}
	}
	return strings.TrimSpace(schedule.TypeRows(list))
}
