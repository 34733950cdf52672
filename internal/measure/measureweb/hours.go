package measureweb

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/entente/entente/internal/hours"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

// hoursProps is the form of the business hours.
type hoursProps struct {
	Zone     string
	Days     [7]string // such as 9:00-12:00, 14:00-18:00; Sunday first
	Holidays string    // one on a line
	Form     *web.Form
	May      bool
}

func (h *handlers) hours(w http.ResponseWriter, r *http.Request) error {
	c, err := h.s.Hours(r.Context())
	if err != nil {
		return err
	}
	p := hoursProps{Zone: c.Zone, Holidays: strings.Join(c.Holidays, "\n")}
	for d, list := range c.Week {
		var parts []string
		for _, s := range list {
			parts = append(parts, fmt.Sprintf("%d:%02d-%d:%02d", s.From/60, s.From%60, s.To/60, s.To%60))
		}
		p.Days[d] = strings.Join(parts, ", ")
	}
	return h.showHours(w, r, p)
}

func (h *handlers) showHours(w http.ResponseWriter, r *http.Request, p hoursProps) error {
	p.May = org.Require(r.Context(), org.MeasureEdit) == nil
	return web.Show(w, r, web.Page{Title: i18n.T(r.Context(), "measure.hours.title")}, hoursPage(p))
}

func (h *handlers) setHours(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	p := hoursProps{Zone: form.Text("zone"), Holidays: form.Text("holidays"), Form: form}
	c := hours.Calendar{Zone: p.Zone}
	for d := range c.Week {
		p.Days[d] = form.Text(fmt.Sprintf("day%d", d))
		list, ok := hours.ParseDay(p.Days[d])
		if !ok {
			form.Refuse(problem.New(problem.Invalid, "measure.hours.bad_times").On(fmt.Sprintf("day%d", d)))
		}
		c.Week[d] = list
	}
	for line := range strings.FieldsFuncSeq(p.Holidays, func(r rune) bool { return r == '\n' || r == ',' || r == ';' }) {
		if line = strings.TrimSpace(line); line != "" {
			c.Holidays = append(c.Holidays, line)
		}
	}
	if form.OK() {
		err := h.s.SetHours(r.Context(), c)
		problems := problemsOf(err)
		if err != nil && len(problems) == 0 {
			return err
		}
		for _, one := range problems {
			form.Refuse(one)
		}
	}
	if !form.OK() {
		web.Invalid(w)
		return h.showHours(w, r, p)
	}
	web.Flash(w, r, ui.Success, "measure.hours.saved")
	return web.Redirect(w, r, "/business-hours")
}

// weekdays are the days from Monday, as weekdays count.
func weekdays() []time.Weekday {
	return []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday, time.Sunday}
}

func dayField(d time.Weekday) string { return fmt.Sprintf("day%d", int(d)) }

func hoursErrors(ctx context.Context, p hoursProps) []ui.FieldError {
	return ownProps{Form: p.Form}.errors(ctx)
}

func hoursError(ctx context.Context, p hoursProps, field string) string {
	return ownProps{Form: p.Form}.wrong(ctx, field)
}
