package inboxweb

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/internal/hours"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/inbox/due"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/sorting"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

func (p *pages) serviceRoutes(r *web.Routes) {
	r.Page("GET /service-levels", org.InboxRead, p.levels)
	r.Page("GET /service-levels/policies/{policy}", org.InboxAssign, p.policy)
	r.Do("POST /service-levels/policies/{policy}", org.InboxAssign, p.setPolicy)
	r.Do("POST /service-levels/policies/{policy}/up", org.InboxAssign, p.policyUp)
	r.Do("POST /service-levels/policies/{policy}/delete", org.InboxAssign, p.dropPolicy)
	r.Page("GET /service-levels/calendars/{calendar}", org.InboxAssign, p.calendar)
	r.Do("POST /service-levels/calendars/{calendar}", org.InboxAssign, p.setCalendar)
	r.Do("POST /service-levels/calendars/{calendar}/delete", org.InboxAssign, p.dropCalendar)
}

// newOne is the id in the address of what is not there yet.
const newOne = "new"

type levelsView struct {
	said     due.Promises
	seen     string
	may      bool
	channels map[string]string
	members  map[string]string
	now      time.Time
}

func (p *pages) levels(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v := &levelsView{may: org.Require(ctx, org.InboxAssign) == nil, now: p.inbox.Now()}
	var err error
	if v.said, v.seen, err = p.inbox.Promises(ctx); err != nil {
		return err
	}
	if v.channels, v.members, err = p.whoAndWhere(ctx); err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "service.title")}, levelsPage(v))
}

// whoAndWhere are the names of channels, and of those who answer.
func (p *pages) whoAndWhere(ctx context.Context) (channels, members map[string]string, err error) {
	list, err := p.inbox.Channels(ctx)
	if err != nil {
		return nil, nil, err
	}
	channels, members = map[string]string{}, map[string]string{}
	for _, c := range list {
		channels[c.ID] = c.Name
	}
	all, err := p.inbox.Answerers(ctx)
	for _, m := range all {
		members[m.ID] = m.Name
	}
	return channels, members, err
}

// whom says for whom a policy is, a word for each condition.
func (v *levelsView) whom(ctx context.Context, p *due.Policy) []string {
	var out []string
	named := func(list []string, prefix string) {
		for _, x := range list {
			out = append(out, i18n.T(ctx, prefix+x))
		}
	}
	for _, c := range p.Channels {
		if n := v.channels[c]; n != "" {
			out = append(out, n)
		}
	}
	named(p.Kinds, "enrich.kinds.")
	named(p.Feelings, "inbox.sentiment.")
	named(p.Priorities, "service.priority.")
	for _, l := range p.Languages {
		out = append(out, i18n.Language(ctx, l))
	}
	if p.Seen != "" {
		out = append(out, i18n.T(ctx, "service.seen."+p.Seen))
	}
	if len(out) == 0 {
		out = []string{i18n.T(ctx, "service.everything")}
	}
	return out
}

func (v *levelsView) calendar(ctx context.Context, id string) string {
	for _, c := range v.said.Calendars {
		if c.ID == id {
			return c.Name
		}
	}
	return i18n.T(ctx, "service.around")
}

func promised(ctx context.Context, minutes int) string {
	if minutes == 0 {
		return "–"
	}
	return i18n.For(ctx, time.Duration(minutes)*time.Minute)
}

// levelForm is a form about what is promised.
type levelForm struct {
	levelsView
	policy   due.Policy
	calendar due.Calendar
	index    int // -1: a new one
	times    map[due.Aim]string
	days     [7]string
	holidays string
	warn     string
	langs    string
	problems []*problem.Problem
	fields   string // how fields are named in problems: policy.0.
}

func (f *levelForm) wrong(ctx context.Context, field string) string {
	for _, p := range f.problems {
		if p.Field == field || p.Field == f.fields+field {
			return i18n.T(ctx, p.Key, p.Args...)
		}
	}
	return ""
}

func (f *levelForm) errors(ctx context.Context) (out []ui.FieldError) {
	for _, p := range f.problems {
		out = append(out, ui.FieldError{Field: strings.TrimPrefix(p.Field, f.fields), Text: i18n.T(ctx, p.Key, p.Args...)})
	}
	return out
}

func (p *pages) openLevels(r *http.Request) (*levelForm, error) {
	ctx := r.Context()
	f := &levelForm{index: -1}
	f.now = p.inbox.Now()
	var err error
	if f.said, f.seen, err = p.inbox.Promises(ctx); err != nil {
		return nil, err
	}
	f.channels, f.members, err = p.whoAndWhere(ctx)
	return f, err
}

func (p *pages) policyForm(r *http.Request) (*levelForm, error) {
	f, err := p.openLevels(r)
	if err != nil {
		return nil, err
	}
	f.policy = due.Policy{ID: newOne, FirstReply: 4 * 60, NextReply: 8 * 60, Pause: true, Warn: 80}
	if len(f.said.Calendars) > 0 {
		f.policy.Calendar = f.said.Calendars[0].ID
	}
	if asked := r.PathValue("policy"); asked != newOne {
		if f.index = slices.IndexFunc(f.said.Policies, func(x due.Policy) bool { return x.ID == asked }); f.index < 0 {
			return nil, problem.New(problem.Missing, "problem.not_found")
		}
		f.policy = f.said.Policies[f.index]
	}
	f.times = map[due.Aim]string{}
	for _, a := range due.Aims() {
		f.times[a] = span(f.policy.Minutes(a))
	}
	f.warn, f.langs = strconv.Itoa(f.policy.Warn), strings.Join(f.policy.Languages, ", ")
	return f, nil
}

func (p *pages) policy(w http.ResponseWriter, r *http.Request) error {
	f, err := p.policyForm(r)
	if err != nil {
		return err
	}
	return showPolicy(w, r, f)
}

func showPolicy(w http.ResponseWriter, r *http.Request, f *levelForm) error {
	title := f.policy.Name
	if f.index < 0 {
		title = i18n.T(r.Context(), "service.add")
	}
	if len(f.problems) > 0 {
		web.Invalid(w)
	}
	return web.Show(w, r, web.Page{Title: title}, policyPage(f, title))
}

func (p *pages) setPolicy(w http.ResponseWriter, r *http.Request) error {
	f, err := p.policyForm(r)
	if err != nil {
		return err
	}
	form, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	t := &f.policy
	t.Name, t.Calendar, t.Seen, t.Pause = form.Text("name"), form.Text("calendar"), form.Text("seen"), form.Text("pause") != ""
	t.Channels, t.Kinds, t.Feelings, t.Priorities, t.Escalate = r.PostForm["channels"], r.PostForm["kinds"], r.PostForm["feelings"], r.PostForm["priorities"], r.PostForm["escalate"]
	t.Waits = strings.FieldsFunc(form.Text("waits"), func(r rune) bool { return r == ',' || r == ';' })
	refuse := func(key, field string) {
		f.problems = append(f.problems, problem.New(problem.Invalid, key).On(field))
	}
	f.langs, t.Languages = form.Text("languages"), nil
	for _, l := range strings.FieldsFunc(f.langs, func(r rune) bool { return r == ',' || r == ';' || r == ' ' }) {
		t.Languages = append(t.Languages, strings.ToLower(l))
	}
	for _, a := range due.Aims() {
		f.times[a] = form.Text(string(a))
		n, ok := minutesOf(f.times[a])
		if !ok {
			refuse("service.bad_target", string(a))
		}
		switch a {
		case due.FirstReply:
			t.FirstReply = n
		case due.NextReply:
			t.NextReply = n
		case due.Resolution:
			t.Resolution = n
		}
	}
	f.warn = form.Text("warn")
	if t.Warn, err = strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(f.warn, "%"))); err != nil && f.warn != "" {
		refuse("service.bad_warn", "warn")
	}
	if day := form.Text("from"); day != "" && day != f.policy.From.Format(time.DateOnly) {
		if t.From, err = time.Parse(time.DateOnly, day); err != nil {
			refuse("problem.bad_form", "from")
		}
	}
	if f.index < 0 {
		f.index, t.ID = len(f.said.Policies), id.New()
		f.said.Policies = append(f.said.Policies, *t)
	} else {
		f.said.Policies[f.index] = *t
	}
	f.fields = fmt.Sprintf("policy.%d.", f.index)
	if len(f.problems) == 0 {
		if err := p.inbox.Promise(r.Context(), f.said, form.Text("seen_last")); err != nil {
			if f.problems = problemsOf(err); len(f.problems) == 0 {
				return told(w, r, err, "/service-levels")
			}
		}
	}
	if len(f.problems) > 0 {
		if r.PathValue("policy") == newOne {
			f.index, t.ID = -1, newOne
		}
		return showPolicy(w, r, f)
	}
	web.Flash(w, r, ui.Success, "service.saved")
	return web.Redirect(w, r, "/service-levels")
}

// problemsOf are the mistakes of a form in err; none when it is about something else.
func problemsOf(err error) (out []*problem.Problem) {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		for _, one := range many.Unwrap() {
			out = append(out, problemsOf(one)...)
		}
		return out
	}
	if p := problem.Of(err); p.Code == problem.Invalid {
		out = append(out, p)
	}
	return out
}

// promise states promises of which something was changed on the list.
func (p *pages) promise(w http.ResponseWriter, r *http.Request, key string, change func(f *levelForm) error) error {
	form, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	f, err := p.openLevels(r)
	if err == nil {
		err = change(f)
	}
	if err == nil {
		err = p.inbox.Promise(r.Context(), f.said, form.Text("seen_last"))
	}
	if err != nil {
		return told(w, r, err, "/service-levels")
	}
	web.Flash(w, r, ui.Success, key)
	return web.Redirect(w, r, "/service-levels")
}

func (p *pages) policyUp(w http.ResponseWriter, r *http.Request) error {
	return p.promise(w, r, "service.saved", func(f *levelForm) error {
		if i := slices.IndexFunc(f.said.Policies, func(x due.Policy) bool { return x.ID == r.PathValue("policy") }); i > 0 {
			f.said.Policies[i-1], f.said.Policies[i] = f.said.Policies[i], f.said.Policies[i-1]
		}
		return nil
	})
}

func (p *pages) dropPolicy(w http.ResponseWriter, r *http.Request) error {
	return p.promise(w, r, "service.deleted", func(f *levelForm) error {
		f.said.Policies = slices.DeleteFunc(f.said.Policies, func(x due.Policy) bool { return x.ID == r.PathValue("policy") })
		return nil
	})
}

func (p *pages) dropCalendar(w http.ResponseWriter, r *http.Request) error {
	return p.promise(w, r, "service.deleted", func(f *levelForm) error {
		c := r.PathValue("calendar")
		if slices.ContainsFunc(f.said.Policies, func(x due.Policy) bool { return x.Calendar == c }) {
			return problem.New(problem.Conflict, "service.calendar_used")
		}
		f.said.Calendars = slices.DeleteFunc(f.said.Calendars, func(x due.Calendar) bool { return x.ID == c })
		return nil
	})
}

func (p *pages) calendarForm(r *http.Request) (*levelForm, error) {
	f, err := p.openLevels(r)
	if err != nil {
		return nil, err
	}
	zone := "UTC"
	if m := org.Who(r.Context()); m != nil && m.Zone != "" {
		zone = m.Zone
	}
	f.calendar = due.Calendar{ID: newOne, Calendar: hours.Usual(zone)}
	if asked := r.PathValue("calendar"); asked != newOne {
		if f.index = slices.IndexFunc(f.said.Calendars, func(x due.Calendar) bool { return x.ID == asked }); f.index < 0 {
			return nil, problem.New(problem.Missing, "problem.not_found")
		}
		f.calendar = f.said.Calendars[f.index]
	}
	for d, list := range f.calendar.Week {
		var parts []string
		for _, s := range list {
			parts = append(parts, fmt.Sprintf("%d:%02d-%d:%02d", s.From/60, s.From%60, s.To/60, s.To%60))
		}
		f.days[d] = strings.Join(parts, ", ")
	}
	f.holidays = strings.Join(f.calendar.Holidays, "\n")
	return f, nil
}

func (p *pages) calendar(w http.ResponseWriter, r *http.Request) error {
	f, err := p.calendarForm(r)
	if err != nil {
		return err
	}
	return showCalendar(w, r, f)
}

func showCalendar(w http.ResponseWriter, r *http.Request, f *levelForm) error {
	title := f.calendar.Name
	if f.index < 0 {
		title = i18n.T(r.Context(), "service.add_calendar")
	}
	if len(f.problems) > 0 {
		web.Invalid(w)
	}
	return web.Show(w, r, web.Page{Title: title}, calendarPage(f, title))
}

func (p *pages) setCalendar(w http.ResponseWriter, r *http.Request) error {
	f, err := p.calendarForm(r)
	if err != nil {
		return err
	}
	form, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	c := &f.calendar
	c.Name, c.Zone, c.Holidays, f.holidays = form.Text("name"), form.Text("zone"), nil, form.Text("holidays")
	for d := range c.Week {
		f.days[d] = form.Text(dayField(time.Weekday(d)))
		list, ok := hours.ParseDay(f.days[d])
		if !ok {
			f.problems = append(f.problems, problem.New(problem.Invalid, "measure.hours.bad_times").On(dayField(time.Weekday(d))))
		}
		c.Week[d] = list
	}
	for line := range strings.FieldsFuncSeq(f.holidays, func(r rune) bool { return r == '\n' || r == ',' || r == ';' }) {
		if line = strings.TrimSpace(line); line != "" {
			c.Holidays = append(c.Holidays, line)
		}
	}
	if f.index < 0 {
		f.index, c.ID = len(f.said.Calendars), id.New()
		f.said.Calendars = append(f.said.Calendars, *c)
	} else {
		f.said.Calendars[f.index] = *c
	}
	f.fields = fmt.Sprintf("calendar.%d.", f.index)
	if len(f.problems) == 0 {
		if err := p.inbox.Promise(r.Context(), f.said, form.Text("seen_last")); err != nil {
			if f.problems = problemsOf(err); len(f.problems) == 0 {
				return told(w, r, err, "/service-levels")
			}
		}
	}
	if len(f.problems) > 0 {
		if r.PathValue("calendar") == newOne {
			f.index, c.ID = -1, newOne
		}
		return showCalendar(w, r, f)
	}
	web.Flash(w, r, ui.Success, "service.saved")
	return web.Redirect(w, r, "/service-levels")
}

// weekdays are the days from Monday, as weekdays count.
func weekdays() []time.Weekday {
	return []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday, time.Sunday}
}

func dayField(d time.Weekday) string { return fmt.Sprintf("day%d", int(d)) }

// span writes minutes for a form: 4 h, 1 h 30, 45 min; "" for none.
func span(minutes int) string {
	switch h, m := minutes/60, minutes%60; {
	case minutes == 0:
		return ""
	case h == 0:
		return fmt.Sprintf("%d min", m)
	case m == 0:
		return fmt.Sprintf("%d h", h)
	default:
		return fmt.Sprintf("%d h %02d", h, m)
	}
}

// minutesOf reads what span writes, and 1:30, 90, 1h30min.
func minutesOf(text string) (int, bool) {
	text = strings.NewReplacer("\u00a0", "", "\u202f", "", " ", "", "min", "", "m", "", ":", "h").Replace(strings.ToLower(text))
	if text == "" {
		return 0, true
	}
	hours, rest, found := strings.Cut(text, "h")
	if !found {
		hours, rest = "0", text
	}
	if rest == "" {
		rest = "0"
	}
	h, err := strconv.Atoi(hours)
	m, err2 := strconv.Atoi(rest)
	if err != nil || err2 != nil || h < 0 || m < 0 || h > 24*366 || m > 60*24*366 {
		return 0, false
	}
	return h*60 + m, true
}

func options(ctx context.Context, prefix string, values ...string) (out []ui.Option) {
	for _, v := range values {
		out = append(out, ui.Option{Value: v, Label: i18n.T(ctx, prefix+v)})
	}
	return out
}

// byName are options of ids with names, by name.
func byName(names map[string]string) (out []ui.Option) {
	for v, n := range names {
		out = append(out, ui.Option{Value: v, Label: n})
	}
	sorting.Func(out, func(a, b ui.Option) int { return strings.Compare(a.Label+a.Value, b.Label+b.Value) })
	return out
}

// owes says how much time is left until something promised in a conversation, and how much that presses; "" when nothing is.
func owes(ctx context.Context, c *inbox.Conversation, now time.Time) (string, ui.Tone) {
	if c.DueAt.IsZero() {
		return "", ui.Neutral
	}
	aim := i18n.T(ctx, "service.aim."+c.DueAim)
	if now.After(c.DueAt) {
		return i18n.T(ctx, "service.over", "Aim", aim, "For", i18n.For(ctx, now.Sub(c.DueAt).Truncate(time.Minute))), ui.Danger
	}
	tone := ui.Neutral
	if !c.WarnAt.IsZero() && !now.Before(c.WarnAt) {
		tone = ui.Warning
	}
	return i18n.T(ctx, "service.left", "Aim", aim, "For", i18n.For(ctx, c.DueAt.Sub(now).Truncate(time.Minute))), tone
}

// served lists what is promised in the conversation that is read.
func served(ctx context.Context, list []inbox.ServiceLeft, now time.Time) (out []ui.Event) {
	for _, l := range list {
		e := ui.Event{Icon: "clock", At: i18n.DateTime(ctx, l.DueAt), Stamp: stamp(l.DueAt)}
		aim := i18n.T(ctx, "service.aim."+string(l.Aim))
		switch {
		case l.Paused:
			e.Icon, e.At, e.Stamp, e.Title = "pause", "", "", i18n.T(ctx, "service.stands", "Aim", aim, "For", i18n.For(ctx, l.Left.Truncate(time.Minute)))
		case now.After(l.DueAt):
			e.Tone, e.Title = ui.Danger, i18n.T(ctx, "service.over", "Aim", aim, "For", i18n.For(ctx, l.Left.Truncate(time.Minute)))
		default:
			e.Title = i18n.T(ctx, "service.left", "Aim", aim, "For", i18n.For(ctx, l.Left.Truncate(time.Minute)))
		}
		out = append(out, e)
	}
	return out
}

func priorityTone(priority string) ui.Tone {
	switch priority {
	case "urgent":
		return ui.Danger
	case "high":
		return ui.Warning
	}
	return ui.Neutral
}

func dayOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

func levelColumns(ctx context.Context, v *levelsView) []ui.Column {
	out := []ui.Column{{Label: i18n.T(ctx, "service.name")}, {Label: i18n.T(ctx, "service.for")}}
	for _, a := range due.Aims() {
		out = append(out, ui.Column{Label: i18n.T(ctx, "service.aim."+string(a)), Numeric: true})
	}
	out = append(out, ui.Column{Label: i18n.T(ctx, "service.calendar")})
	if v.may {
		out = append(out, ui.Column{Label: i18n.T(ctx, "service.up"), Hidden: true})
	}
	return out
}

func calendarOptions(ctx context.Context, f *levelForm) []ui.Option {
	out := []ui.Option{{Value: due.Around, Label: i18n.T(ctx, "service.around")}}
	for _, c := range f.said.Calendars {
		out = append(out, ui.Option{Value: c.ID, Label: c.Name})
	}
	return out
}

// owesText is what owes says and in which tone, for a line that is drawn again when it changes.
func owesText(ctx context.Context, c *inbox.Conversation, now time.Time) string {
	text, tone := owes(ctx, c, now)
	return text + string(tone)
}
