package measureweb

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web/ui"
)

// view is what an address asks for.
type view struct {
	Period, From, To string // From and To are dates when Period is custom
	At               string // the moment at which a number was read, so that its rows are those it was made of
	Step             measure.Step
	Filter           measure.Filter
	Window           measure.Window
	Part             string
	Weekday          int // of rows, 1 Monday to 7 Sunday; 0 for all
	Channels, Topics []measure.Choice
	Choices          map[kpi.Dimension][]measure.Choice // of the other dimensions
	Search, Section  string                             // of the list of measures
	By               kpi.Dimension                      // what the number is broken down by
	stepAsked        bool
	widened          bool // the step is wider than usual, so that each holds enough
	now              time.Time
}

// usual is the period that suits a measure: what it is read over when nobody says otherwise.
const usual = "usual"

const date = "2006-01-02"

func (h *handlers) view(r *http.Request) (view, error) {
	ctx, q := r.Context(), r.URL.Query()
	zone, now := i18n.Zone(ctx), h.s.Now()
	v := view{Period: q.Get("period"), From: q.Get("from"), To: q.Get("to"), At: q.Get("at"), Step: measure.Step(q.Get("step")), Part: q.Get("part"),
		Filter: measure.Filter{Channel: q.Get("channel"), Topic: q.Get("topic"), Language: q.Get("language"), Member: q.Get("member"),
			Kind: q.Get("kind"), Team: q.Get("team"), Partner: q.Get("partner"), Campaign: q.Get("campaign"), Community: q.Get("community")},
		Search: strings.TrimSpace(q.Get("q")), Section: q.Get("section"), By: kpi.Dimension(q.Get("by"))}
	if text := q.Get("weekday"); text != "" {
		if v.Weekday, _ = strconv.Atoi(text); v.Weekday < 1 || v.Weekday > 7 {
			return v, problem.New(problem.Invalid, "report.weekday_bad").On("weekday")
		}
	}
	if v.At != "" {
		n, err := strconv.ParseInt(v.At, 10, 64)
		if err != nil || n <= 0 || n > now.Add(ahead).UnixMicro() {
			return v, problem.New(problem.Invalid, "measure.bad_moment").On("at")
		}
		if t := time.UnixMicro(n).UTC(); t.Before(now) {
			now = t
		}
	}
	v.now = now
	if err := h.s.Known(ctx, v.Filter); err != nil {
		return v, err
	}
	step := measure.Week
	switch v.Period {
	case "", usual:
		v.Period = usual
		v.Window, step = measure.Last(30, now, zone), measure.Day
	case "30d":
		v.Window, step = measure.Last(30, now, zone), measure.Day
	case "90d":
		v.Window = measure.Last(90, now, zone)
	case "6m":
		y, m, d := now.In(zone).Date()
		v.Window = measure.Days(time.Date(y, m-6, d+1, 0, 0, 0, 0, zone), now.In(zone), now, zone)
	case "custom":
		last := measure.Last(30, now, zone)
		first, err := day(v.From, last.From.In(zone), "from")
		if err != nil {
			return v, err
		}
		end, err := day(v.To, now.In(zone), "to")
		if err != nil {
			return v, err
		}
		v.From, v.To = first.Format(date), end.Format(date)
		v.Window = measure.Days(first, end, now, zone)
		switch n := v.Window.To.Sub(v.Window.From).Hours() / 24; {
		case n <= 45:
			step = measure.Day
		case n > 400:
			step = measure.Month
		}
	default:
		return v, problem.New(problem.Invalid, "measure.bad_period").On("period")
	}
	if v.Period != "custom" && (v.From != "" || v.To != "") {
		for _, d := range []struct{ text, field string }{{v.From, "from"}, {v.To, "to"}} { // they wait in the form for the custom period
			if _, err := day(d.text, now, d.field); err != nil {
				return v, err
			}
		}
	}
	if v.Step == "" {
		v.Step = step
	} else {
		v.stepAsked = true
	}
	return v, nil
}

// ahead is how far the clock of another node may be ahead of ours.
const ahead = time.Minute

// of is the view of one measure: over its usual period unless another was asked for.
func (v view) of(ctx context.Context, m kpi.Measure) view {
	if v.Period != usual {
		return v
	}
	v.Window = measure.Last(m.Days, v.now, i18n.Zone(ctx))
	if !v.stepAsked {
		switch {
		case m.Days <= 45:
			v.Step = measure.Day
		case m.Days <= 180:
			v.Step = measure.Week
		default:
			v.Step = measure.Month
		}
	}
	return v
}

// report reads a measure. Where nobody asked for a step and a step of the usual width holds next to nothing, so that the course would only
// jump, wider ones are taken.
func (h *handlers) report(ctx context.Context, v view, m kpi.Measure, f measure.Filter) (view, measure.Report, error) {
	v = v.of(ctx, m)
	for {
		rep, err := h.s.Report(ctx, m.ID, v.Window, v.Step, f)
		wide := wider(v.Step, v.Window)
		if err != nil {
			return v, rep, err
		}
		if v.stepAsked || wide == "" || !thin(rep) {
			err := h.comparable(ctx, &rep)
			return v, rep, err
		}
		v.Step, v.widened = wide, true
	}
}

// comparable takes away a change against a period in which not all was told yet: it would be one of the records.
func (h *handlers) comparable(ctx context.Context, rep *measure.Report) error {
	whole, err := h.s.Comparable(ctx, rep.Measure, &rep.Before)
	if err == nil && !whole {
		rep.Change = measure.Change{}
	}
	return err
}

// leastStep is how many observations a step holds on average before a course is drawn by it: with fewer a share is mostly 0 or 1.
const leastStep = 8

func thin(r measure.Report) bool {
	m := r.Measure
	if m.Stock || m.Interval == kpi.Poisson || m.Interval == kpi.ExactNumber || m.Interval == kpi.Compound || r.Result.N == 0 {
		return false
	}
	return r.Result.N < leastStep*len(r.Points)
}

// wider is the next step that still gives a course of four points, "" when there is none.
func wider(s measure.Step, w measure.Window) measure.Step {
	switch days := w.To.Sub(w.From).Hours() / 24; {
	case s == measure.Day && days >= 25:
		return measure.Week
	case s == measure.Week && days >= 85:
		return measure.Month
	}
	return ""
}

func day(text string, other time.Time, field string) (time.Time, error) {
	if text == "" {
		return other, nil
	}
	t, err := time.Parse(date, text)
	if err != nil || t.Year() < 1970 || t.Year() > 9999 {
		return t, problem.New(problem.Invalid, "measure.bad_date").On(field)
	}
	return t, nil
}

// choose fills the lists of the filter bar; dims are what can be narrowed.
func (h *handlers) choose(r *http.Request, v *view, dims ...kpi.Dimension) (err error) {
	v.Choices = map[kpi.Dimension][]measure.Choice{}
	for _, d := range dims {
		switch d {
		case kpi.ByChannel, kpi.ByTopic, kpi.ByMember:
			continue
		}
		if v.Choices[d], err = h.s.Values(r.Context(), d, v.Window); err != nil {
			return err
		}
		for i, c := range v.Choices[d] {
			v.Choices[d][i].Name = valueName(r.Context(), d, c)
		}
	}
	if v.Channels, err = h.s.Channels(r.Context()); err != nil {
		return err
	}
	v.Topics, err = h.s.Topics(r.Context())
	return err
}

// to is an address that keeps the view; more are name, value pairs.
func (v view) to(path string, more ...string) string {
	q := url.Values{}
	set := func(name, value string) {
		if value != "" {
			q.Set(name, value)
		}
	}
	if v.Period != usual {
		set("period", v.Period)
	}
	if v.Period == "custom" {
		set("from", v.From)
		set("to", v.To)
	}
	if v.stepAsked {
		set("step", string(v.Step))
	}
	set("channel", v.Filter.Channel)
	set("topic", v.Filter.Topic)
	set("language", v.Filter.Language)
	set("member", v.Filter.Member)
	set("kind", v.Filter.Kind)
	set("team", v.Filter.Team)
	set("partner", v.Filter.Partner)
	set("campaign", v.Filter.Campaign)
	set("community", v.Filter.Community)
	for i := 0; i+1 < len(more); i += 2 {
		set(more[i], more[i+1])
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// moment pins an address to the moment at which its number was read.
func (v view) moment() string {
	if v.At != "" {
		return v.At
	}
	return strconv.FormatInt(v.Window.To.UnixMicro(), 10)
}

// rows is an address below a measure that shows the same rows.
func (v view) rows(path, part string, more ...string) string {
	more = append(more, "part", part, "at", v.moment())
	if v.Weekday > 0 {
		more = append(more, "weekday", strconv.Itoa(v.Weekday))
	}
	return v.to(path, more...)
}

func options(all string, list []measure.Choice) []ui.Option {
	out := []ui.Option{{Label: all}}
	for _, c := range list {
		out = append(out, ui.Option{Value: c.ID, Label: c.Name})
	}
	return out
}

// valueOf is what a dimension is narrowed to.
func (v view) valueOf(d kpi.Dimension) string {
	f := v.Filter
	return map[kpi.Dimension]string{kpi.ByChannel: f.Channel, kpi.ByTopic: f.Topic, kpi.ByLanguage: f.Language, kpi.ByMember: f.Member, kpi.ByKind: f.Kind, kpi.ByTeam: f.Team,
		kpi.ByPartner: f.Partner, kpi.ByCampaign: f.Campaign, kpi.ByCommunity: f.Community}[d]
}

// sections are the parts of the list of measures.
func sections(ctx context.Context) []ui.Option {
	out := []ui.Option{{Label: i18n.T(ctx, "measure.filter.all")}}
	for _, s := range append(kpi.Sections(), kpi.Own) {
		out = append(out, ui.Option{Value: string(s), Label: i18n.T(ctx, "measure.section."+string(s))})
	}
	return out
}

// periods are what the form offers; m is the measure it is for, nil for all.
func periods(ctx context.Context, m *kpi.Measure) []ui.Option {
	own := i18n.T(ctx, "measure.period.usual")
	if m != nil {
		own = i18n.N(ctx, "measure.period.usual_one", m.Days)
	}
	return []ui.Option{{Value: usual, Label: own}, {Value: "30d", Label: i18n.T(ctx, "measure.period.30d")}, {Value: "90d", Label: i18n.T(ctx, "measure.period.90d")},
		{Value: "6m", Label: i18n.T(ctx, "measure.period.6m")}, {Value: "custom", Label: i18n.T(ctx, "measure.period.custom")}}
}

// stepChosen is the step that was asked for, "" when it is left to the figures.
func (v view) stepChosen() string {
	if v.stepAsked {
		return string(v.Step)
	}
	return ""
}

// overDays is how long the window of a number is, in words.
func overDays(ctx context.Context, v view) string {
	zone := i18n.Zone(ctx)
	date := func(t time.Time) time.Time {
		y, m, d := t.In(zone).Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	days := 1 + int(date(v.Window.To.Add(-time.Microsecond)).Sub(date(v.Window.From)).Hours()/24)
	return i18n.N(ctx, "measure.over_days", days)
}

// share is how many measures of a section have a number.
func (c chapter) share(ctx context.Context) string {
	return i18n.T(ctx, "measure.with_numbers", "N", count(ctx, len(c.Entries)), "All", count(ctx, len(c.Entries)+len(c.Folded)))
}

// atFirst is how many measures of a section are shown at once when all are looked at.
const atFirst = 6

// first is how many measures of a section are shown at once: all where somebody looks for some.
func (c chapter) first(v view) int {
	if v.Section != "" || v.Search != "" || len(c.Entries) <= atFirst+1 {
		return len(c.Entries)
	}
	return atFirst
}
