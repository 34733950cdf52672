package planweb

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/plan"
	"github.com/entente/entente/internal/plan/schedule"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
	"github.com/entente/entente/internal/web/ui/chart"
)

// shownWeeks are how many weeks of capacity are shown when nobody says otherwise.
const shownWeeks = 12

type capacityPage struct {
	C     plan.Capacity
	From  schedule.Day
	Weeks int
	Odd   string // what was asked for as a day or as weeks and is none
}

func (h *handlers) capacity(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	p := capacityPage{From: h.s.Today(ctx), Weeks: shownWeeks}
	odd := func(text string) {
		if list := []rune(text); len(list) > 40 {
			text = string(list[:40]) + "…"
		}
		p.Odd = i18n.T(ctx, "plan.capacity_odd", "Typed", text)
	}
	if d, ok := schedule.ParseDay(r.URL.Query().Get("from")); ok && d != 0 {
		p.From = d
	} else if !ok {
		odd(r.URL.Query().Get("from"))
	}
	if n, err := strconv.Atoi(r.URL.Query().Get("weeks")); err == nil && n >= 1 && n <= 53 {
		p.Weeks = n
	} else if text := r.URL.Query().Get("weeks"); text != "" {
		odd(text)
	}
	var err error
	if p.C, err = h.s.Capacity(ctx, p.From, p.Weeks); err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "plan.capacity"), Wide: true}, capacityBody(p))
}

type peoplePage struct {
	page
	C    capacityPage
	Mine []plan.Booking // of the reader, where they do not see all
}

func (h *handlers) people(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	base, err := h.open(r, "people")
	if err != nil {
		return err
	}
	from := max(base.St.World.Today, base.St.Start)
	c, err := h.s.Capacity(ctx, from, shownWeeks)
	if err != nil {
		return err
	}
	concerned := map[string]bool{}
	for _, k := range base.St.Contributors {
		concerned[k.Member] = true
	}
	for _, t := range base.St.Tasks {
		concerned[t.Member] = true
	}
	var list []plan.Person
	for _, k := range c.People {
		if concerned[k.Member] {
			list = append(list, k)
		}
	}
	c.People = list
	p := peoplePage{page: base, C: capacityPage{C: c, From: from, Weeks: shownWeeks}}
	if base.St.Discreet {
		if p.Mine, err = h.s.Bookings(ctx, base.St.ID); err != nil {
			return err
		}
	}
	return web.Show(w, r, web.Page{Title: base.St.Name, Wide: true}, peopleBody(p))
}

// heat is the class of a week: empty, with room, full, too full.
func heat(w plan.Week) string {
	switch {
	case w.Over() > 0:
		return "heat-3"
	case w.Planned == 0:
		return ""
	case w.Planned*10 >= w.Available*9:
		return "heat-2"
	}
	return "heat-1"
}

// load writes planned of available hours, rounded to whole hours where they are.
func load(ctx context.Context, w plan.Week) string {
	if w.Planned == 0 && w.Available == 0 {
		return "–"
	}
	h := func(minutes int) string {
		if minutes%60 == 0 {
			return i18n.Number(ctx, float64(minutes/60), 0)
		}
		return i18n.Number(ctx, float64(minutes)/60, 1)
	}
	return h(w.Planned) + "\u00a0/\u00a0" + h(w.Available)
}

// causes names the initiatives that take a week, with their hours.
func causes(ctx context.Context, w plan.Week) string {
	var parts []string
	for _, l := range w.Of {
		if l.Minutes > 0 {
			parts = append(parts, l.Name+" ("+hours(ctx, l.Minutes)+")")
		}
	}
	return strings.Join(parts, ", ")
}

// strained is somebody with too much planned in some weeks.
type strained struct {
	Name  string
	Weeks int
	Worst plan.Overload
	Of    plan.Week // what all those weeks take together
}

// strain gathers the weeks with too much by person, who has the worst first.
func strain(ctx context.Context, list []plan.Overload) []strained {
	place := map[string]int{}
	var out []strained
	for _, o := range list {
		n, ok := place[o.Person.Member]
		if !ok {
			n = len(out)
			place[o.Person.Member] = n
			out = append(out, strained{Name: personName(ctx, o.Person), Worst: o})
		}
		out[n].Weeks++
		for _, l := range o.Load.Of {
			k := slices.IndexFunc(out[n].Of.Of, func(had plan.Load) bool { return had.Initiative == l.Initiative })
			if k < 0 {
				out[n].Of.Of = append(out[n].Of.Of, l)
			} else {
				out[n].Of.Of[k].Minutes += l.Minutes
			}
		}
	}
	return out
}

func personName(ctx context.Context, p plan.Person) string {
	if p.Name == "" {
		return i18n.T(ctx, "plan.former")
	}
	return p.Name
}

// hoursDrawn is planned against released hours of all people, week by week.
func hoursDrawn(ctx context.Context, c plan.Capacity) chart.LinesProps {
	planned, available := chart.Series{Name: i18n.T(ctx, "plan.hours_planned")}, chart.Series{Name: i18n.T(ctx, "plan.hours_released"), Dashed: true}
	for n, monday := range c.Weeks {
		var p, a int
		for _, k := range c.People {
			p += k.Weeks[n].Planned
			a += k.Weeks[n].Available
		}
		at := monday.Noon(i18n.Zone(ctx))
		planned.Points = append(planned.Points, chart.Point{At: at, Value: float64(p) / 60})
		available.Points = append(available.Points, chart.Point{At: at, Value: float64(a) / 60})
	}
	return chart.LinesProps{Title: i18n.T(ctx, "plan.hours_title"), Unit: chart.Count(i18n.T(ctx, "plan.hours_unit"), 0), Series: []chart.Series{planned, available}, FromZero: true, Short: true, Note: i18n.T(ctx, "plan.hours_note")}
}

type calendarPage struct {
	Works  [7]bool
	Closed string

	Holidays []string // of the business hours
	Edit     bool
	Wrong    wrong
}

func (h *handlers) calendar(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	c, err := h.s.WrittenCalendar(ctx)
	if err != nil {
		return err
	}
	var days []string
	for _, d := range c.Closed() {
		days = append(days, d.String())
	}
	return h.showCalendar(w, r, calendarPage{Works: c.Weekdays(), Closed: strings.Join(days, "\n")})
}

func (h *handlers) showCalendar(w http.ResponseWriter, r *http.Request, p calendarPage) error {
	p.Edit = mayEdit(r.Context())
	var err error
	if p.Holidays, err = h.s.Holidays(r.Context()); err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: i18n.T(r.Context(), "plan.calendar")}, calendarBody(p))
}

func (h *handlers) changeCalendar(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	p := calendarPage{Closed: in.Text("closed")}
	for n := range p.Works {
		p.Works[n] = in.Text("works_"+strconv.Itoa(n)) != ""
	}
	var closed []schedule.Day
	var errs []error
	for _, f := range strings.FieldsFunc(p.Closed, func(r rune) bool { return r == '\n' || r == ',' || r == ';' || r == ' ' }) {
		d, ok := schedule.ParseDay(f)
		if !ok || d == 0 {
			errs = append(errs, problem.New(problem.Invalid, "plan.closed_bad", "Text", f).On("closed"))
			break
		}
		closed = append(closed, d)
	}
	if len(errs) == 0 {
		if err := h.s.ChangeCalendar(ctx, p.Works, closed); err != nil {
			errs = append(errs, err)
		}
	}
	if len(errs) > 0 {
		if p.Wrong, err = mend(ctx, w, nil, errs...); err != nil {
			return err
		}
		return h.showCalendar(w, r, p)
	}
	web.Flash(w, r, ui.Success, "plan.saved")
	return web.Redirect(w, r, "/initiatives/calendar")
}

// weekdays are the days of the week from Monday on.
func weekdays() []time.Weekday {
	return []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday, time.Sunday}
}
