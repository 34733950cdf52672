package teamweb

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
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/team"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
	"github.com/entente/entente/lang"
)

type listPage struct {
	tabs  []ui.Tab
	list  []team.Profile
	given map[string]time.Duration
	now   time.Time
	mine  string
	lead  bool
}

func (h *handlers) list(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	p := listPage{tabs: h.tabs(ctx, "/team"), now: h.s.Now(), mine: org.Who(ctx).ID, lead: org.Who(ctx).May(org.InboxAssign)}
	var err error
	if p.list, err = h.s.All(ctx); err != nil {
		return err
	}
	if p.given, err = h.s.ThisWeek(ctx); err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "team.title")}, listBody(p))
}

// presence says in a few words whether somebody is there.
func presence(ctx context.Context, p *team.Profile, now time.Time) (string, ui.Tone) {
	if until, away := p.Away(now); away {
		day, _ := time.Parse(time.DateOnly, until)
		return i18n.T(ctx, "team.away", "Day", i18n.Day(i18n.With(ctx, i18n.Lang(ctx), time.UTC), day)), ui.Warning
	}
	if p.Here(now) {
		return i18n.T(ctx, "team.here"), ui.Success
	}
	return i18n.T(ctx, "team.not_now"), ui.Neutral
}

func languages(ctx context.Context, codes []string) string {
	var out []string
	for _, c := range codes {
		out = append(out, i18n.Language(ctx, c))
	}
	return strings.Join(out, ", ")
}

func minutesText(ctx context.Context, minutes int) string {
	return i18n.For(ctx, time.Duration(minutes)*time.Minute)
}

type profilePage struct {
	tabs    []ui.Tab
	p       team.Profile
	seen    string
	edit    bool
	lead    bool
	own     bool
	days    [7]string
	skills  string
	away    string
	minutes string
	mentors []ui.Option
	mentor  string // name
	codes   []string
	depts   []string
	given   time.Duration
	now     time.Time
	panels  []ui.Panel
	aims    *aimsPart // nil when the reader may not see them
	wrong   wrong
}

func (h *handlers) profile(w http.ResponseWriter, r *http.Request) error {
	p, err := h.s.Find(r.Context(), r.PathValue("member"))
	if err != nil {
		return err
	}
	v := profilePage{p: p, seen: p.Mark(), skills: strings.Join(p.Skills, ", "), minutes: strconv.Itoa(p.Minutes)}
	for d := range p.Calendar.Week {
		v.days[d] = written(p.Calendar.Week[d])
	}
	for _, a := range p.Absences {
		v.away += a.From + " – " + a.To + "\n"
	}
	return h.showProfile(w, r, v)
}

func (h *handlers) showProfile(w http.ResponseWriter, r *http.Request, v profilePage) error {
	ctx := r.Context()
	all, err := h.s.All(ctx)
	if err != nil {
		return err
	}
	v.mentors = []ui.Option{{Label: i18n.T(ctx, "team.no_mentor_yet")}}
	for _, m := range all {
		if m.Member == v.p.Mentor {
			v.mentor = m.Name
		}
		if m.Member != v.p.Member && m.Approval != team.Beginner {
			v.mentors = append(v.mentors, ui.Option{Value: m.Member, Label: m.Name})
		}
		if m.Department != "" && !slices.Contains(v.depts, m.Department) {
			v.depts = append(v.depts, m.Department)
		}
	}
	given, err := h.s.ThisWeek(ctx)
	if err != nil {
		return err
	}
	me := org.Who(ctx)
	v.given, v.now, v.codes = given[v.p.Member], h.s.Now(), offered(v.p.Languages)
	v.own, v.lead = me.ID == v.p.Member, me.May(org.InboxAssign)
	v.edit = me.May(org.InboxEdit) && (v.own || v.lead)
	v.tabs = h.tabs(ctx, "/team")
	if err := h.aims(ctx, &v); err != nil {
		return err
	}
	if h.Panels != nil {
		v.panels = h.Panels(ctx, v.p)
	}
	return web.Show(w, r, web.Page{Title: v.p.Name}, profileBody(v))
}

// offered are the languages to choose from: those most asked for first, then whatever is known of somebody.
func offered(have []string) []string {
	out := append(slices.Clone(i18n.Languages()), "de", "es", "it", "nl", "pt", "pl", "ar", "zh")
	for _, c := range have {
		if !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	known := lang.Detected()
	return slices.DeleteFunc(out, func(c string) bool { return !slices.Contains(known, c) })
}

func (h *handlers) save(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	was, err := h.s.Find(ctx, r.PathValue("member"))
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	v := profilePage{p: was, seen: f.Text("seen"), skills: f.Text("skills"), away: f.Text("absences"), minutes: f.Text("minutes")}
	p := was
	p.Skills = split(v.skills, ",;\n")
	p.Languages = f.Values["languages"]
	p.Department, p.Routed, p.Mail, p.Cheer = f.Text("department"), f.Text("routed") != "", f.Text("mail") != "", f.Text("cheer") != ""
	if f.Has("mentor") {
		p.Mentor, p.Approval = f.Text("mentor"), team.Free
		if f.Text("beginner") != "" {
			p.Approval = team.Beginner
		}
	}
	if p.Minutes, err = strconv.Atoi(strings.TrimSpace(v.minutes)); err != nil && strings.TrimSpace(v.minutes) != "" {
		f.Refuse(problem.New(problem.Invalid, "team.bad_minutes").On("minutes"))
	}
	for d := range p.Calendar.Week {
		field := fmt.Sprintf("day%d", d)
		v.days[d] = f.Text(field)
		list, ok := stretches(v.days[d])
		if !ok {
			f.Refuse(problem.New(problem.Invalid, "measure.hours.bad_times").On(field))
		}
		p.Calendar.Week[d] = list
	}
	p.Absences = nil
	for _, line := range split(v.away, "\n;") {
		from, to, found := strings.Cut(strings.NewReplacer("–", " ", "—", " ", "…", " ").Replace(line), " ")
		if !found {
			to = from
		}
		p.Absences = append(p.Absences, team.Absence{From: strings.TrimSpace(from), To: strings.TrimSpace(to)})
	}
	if f.OK() {
		if _, err = h.s.Save(ctx, v.seen, p); err == nil {
			web.Flash(w, r, ui.Success, "team.saved")
			return web.Redirect(w, r, "/team/"+p.Member)
		}
		if v.wrong, err = mend(ctx, w, err); err != nil {
			return err
		}
	} else {
		web.Invalid(w)
		v.wrong = f.Errors(r)
	}
	v.p = p
	return h.showProfile(w, r, v)
}

func split(text, at string) (out []string) {
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return strings.ContainsRune(at, r) }) {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

func written(list []hours.Stretch) string {
	var parts []string
	for _, s := range list {
		parts = append(parts, fmt.Sprintf("%d:%02d-%d:%02d", s.From/60, s.From%60, s.To/60, s.To%60))
	}
	return strings.Join(parts, ", ")
}

// stretches reads times of a day such as 9-12, 14:00–18:30.
func stretches(text string) (list []hours.Stretch, ok bool) {
	for _, part := range split(strings.NewReplacer("–", "-", "—", "-", "h", ":", "H", ":").Replace(text), ",;") {
		from, to, found := strings.Cut(part, "-")
		a, first := minute(from)
		b, second := minute(to)
		if !found || !first || !second {
			return nil, false
		}
		list = append(list, hours.Stretch{From: a, To: b})
	}
	return list, true
}

func minute(text string) (int, bool) {
	h, m, _ := strings.Cut(strings.TrimSuffix(strings.TrimSpace(text), ":"), ":")
	hour, err := strconv.Atoi(strings.TrimSpace(h))
	if err != nil {
		return 0, false
	}
	past := 0
	if m != "" {
		if past, err = strconv.Atoi(strings.TrimSpace(m)); err != nil {
			return 0, false
		}
	}
	return hour*60 + past, hour >= 0 && hour <= 24 && past >= 0 && past < 60
}

// weekdays are the days from Monday.
func weekdays() []time.Weekday {
	return []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday, time.Sunday}
}

func dayField(d time.Weekday) string { return fmt.Sprintf("day%d", int(d)) }

func dayName(ctx context.Context, d time.Weekday) string {
	return i18n.T(ctx, "measure.weekday."+dayField(d))
}
