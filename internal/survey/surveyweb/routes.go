// Package surveyweb shows on pages how content people are, and asks them on a small public one: forms come in, pages and calls of survey go out.
package surveyweb

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/survey"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
	"github.com/entente/entente/internal/web/ui/chart"
)

type handlers struct{ s *survey.Service }

// Routes registers the pages. Those below /s/ are for whoever has the link.
func Routes(r *web.Routes, s *survey.Service) {
	h := &handlers{s}
	r.Page("GET /satisfaction", org.InboxRead, h.figures)
	r.Page("GET /satisfaction/settings", org.InboxAssign, h.settings)
	r.Do("POST /satisfaction/settings", org.InboxAssign, h.set)
	r.Page("GET "+survey.Path+"{token}", org.Public, h.question)
	r.Do("POST "+survey.Path+"{token}", org.Public, h.answer)
	r.Do("POST "+survey.Path+"{token}/stop", org.Public, h.stop)
}

type figuresPage struct {
	Set     survey.Settings
	Figures survey.Figures
	Answers []survey.Ask
	Show    string // which questions the table has: "", asked, left_out, why one was not asked, or a score
	Words   bool
	Days    int
	May     bool
	Newest  string
	Older   string
}

const onPage = 50

// whys are why somebody was not asked.
func whys() []string {
	return []string{survey.NotDrawn, survey.AskedLate, survey.Refused, survey.NoConsent, survey.NoWay, survey.Unanswered}
}

// narrow is what the table has, by what the address says.
func (p figuresPage) narrow() survey.Narrow {
	n := survey.Narrow{Scale: p.Figures.Scale, Words: p.Words}
	switch {
	case p.Show == survey.Asked || p.Show == survey.LeftOut:
		n.State = p.Show
	case slices.Contains(whys(), p.Show):
		n.State, n.Why = survey.LeftOut, p.Show
	default:
		if _, err := strconv.Atoi(p.Show); err == nil {
			n.Score = p.Show
		}
	}
	return n
}

func spans() []int { return []int{30, 90, 365} }

func (h *handlers) figures(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	p := figuresPage{Days: 90, Words: r.URL.Query().Get("words") != "", Show: r.URL.Query().Get("show"), May: org.Require(ctx, org.InboxAssign) == nil}
	if n, err := strconv.Atoi(r.URL.Query().Get("days")); err == nil && slices.Contains(spans(), n) {
		p.Days = n
	}
	var err error
	if p.Set, err = h.s.Settings(ctx); err != nil {
		return err
	}
	scale := p.Set.Scale
	if v := survey.Scale(r.URL.Query().Get("scale")); slices.Contains(survey.Scales(), v) {
		scale = v
	}
	since := h.s.Now().AddDate(0, 0, -p.Days)
	if p.Figures, err = h.s.Figures(ctx, scale, since, i18n.Zone(ctx)); err != nil {
		return err
	}
	n, before := p.narrow(), r.URL.Query().Get("before")
	n.Since = since
	if p.Answers, err = h.s.List(ctx, n, before, onPage+1); err != nil {
		return err
	}
	if len(p.Answers) > onPage {
		p.Answers = p.Answers[:onPage]
		p.Older = p.href(p.Days, p.Show, p.Words) + "&before=" + p.Answers[onPage-1].ID + "#answers"
	}
	if before != "" {
		p.Newest = p.href(p.Days, p.Show, p.Words) + "#answers"
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "survey.title"), Wide: true}, figuresBody(p))
}

type settingsPage struct {
	Set   survey.Settings
	Wrong []ui.FieldError
}

func (p settingsPage) bad(field string) string {
	for _, e := range p.Wrong {
		if e.Field == field {
			return e.Text
		}
	}
	return ""
}

func (h *handlers) settings(w http.ResponseWriter, r *http.Request) error {
	v, err := h.s.Settings(r.Context())
	if err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: i18n.T(r.Context(), "survey.settings")}, settingsBody(settingsPage{Set: v}))
}

func (h *handlers) set(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	number := func(name string) int {
		n, err := strconv.Atoi(f.Text(name))
		if err != nil {
			return -1 // refused with its bounds
		}
		return n
	}
	v := survey.Settings{On: f.Has("on"), Agreed: f.Has("agreed"), Scale: survey.Scale(f.Text("scale")), Share: number("share"), Quiet: number("quiet"), After: number("after")}
	if _, err := h.s.Set(ctx, v); err != nil {
		p := problem.Of(err)
		if p.Code != problem.Invalid {
			return err
		}
		web.Invalid(w)
		return web.Show(w, r, web.Page{Title: i18n.T(ctx, "survey.settings")}, settingsBody(settingsPage{v, []ui.FieldError{{Field: p.Field, Text: i18n.T(ctx, p.Key, p.Args...)}}}))
	}
	web.Flash(w, r, ui.Success, "survey.saved")
	return web.Redirect(w, r, "/satisfaction")
}

type questionPage struct {
	Ask     survey.Ask
	Token   string
	Score   string // chosen in the mail
	Comment string
	Over    bool
	Wrong   []ui.FieldError
}

func private(w http.ResponseWriter) {
	w.Header().Set("X-Robots-Tag", "noindex, nofollow, noarchive")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
}

func (h *handlers) question(w http.ResponseWriter, r *http.Request) error {
	return h.ask(w, r, questionPage{Score: r.URL.Query().Get("score")})
}

func (h *handlers) ask(w http.ResponseWriter, r *http.Request, p questionPage) error {
	private(w)
	var err error
	p.Token = r.PathValue("token")
	if p.Ask, err = h.s.Of(r.Context(), p.Token); err != nil {
		return err
	}
	p.Over = p.Ask.Over(h.s.Now())
	return web.Bare(w, r, web.Page{Title: i18n.T(r.Context(), "survey.page.title")}, questionBody(p))
}

// answer keeps what was chosen. Opening the link of a mail alone says nothing: programs that look through mails open links too.
func (h *handlers) answer(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	score, err := strconv.Atoi(f.Text("score"))
	if err != nil {
		score = -1
	}
	if _, err := h.s.Answer(ctx, r.PathValue("token"), score, f.Text("comment")); err != nil {
		p := problem.Of(err)
		if p.Code != problem.Invalid {
			return err
		}
		web.Invalid(w)
		return h.ask(w, r, questionPage{Score: f.Text("score"), Comment: f.Text("comment"), Wrong: []ui.FieldError{{Field: p.Field, ID: p.Field, Text: i18n.T(ctx, p.Key, p.Args...)}}})
	}
	return web.Redirect(w, r, survey.Path+r.PathValue("token"))
}

func (h *handlers) stop(w http.ResponseWriter, r *http.Request) error {
	private(w)
	if err := h.s.Stop(r.Context(), r.PathValue("token")); err != nil {
		return err
	}
	return web.Bare(w, r, web.Page{Title: i18n.T(r.Context(), "survey.page.stopped")}, stoppedBody())
}

// InConversation is the panel that shows on a conversation's page what its author said of how it went.
func InConversation(ctx context.Context, s *survey.Service, conversation string) []ui.Panel {
	list, err := s.About(ctx, conversation)
	if err != nil || len(list) == 0 {
		return nil // a panel is an extra; the page stands without it
	}
	return []ui.Panel{{Title: i18n.T(ctx, "survey.title"), Body: panelBody(list)}}
}

func value(ctx context.Context, s survey.Scale, e stat.Estimate, v float64) string {
	switch {
	case !e.Defined():
		return "–"
	case s == survey.CSAT:
		return i18n.Percent(ctx, v, 0)
	}
	return i18n.Number(ctx, v, 0)
}

func interval(ctx context.Context, s survey.Scale, e stat.Estimate) string {
	if !e.Defined() || !e.Bounded {
		return ""
	}
	return i18n.T(ctx, "survey.interval", "Low", value(ctx, s, e, e.Low), "High", value(ctx, s, e, e.High))
}

func few(ctx context.Context, e stat.Estimate) string {
	if e.Defined() && !e.OK() {
		return i18n.T(ctx, "survey.few")
	}
	return ""
}

func unit(s survey.Scale) chart.Unit {
	if s == survey.CSAT {
		return chart.Share(0)
	}
	return chart.Count("", 0)
}

func weeks(ctx context.Context, f survey.Figures) []chart.Series {
	line := chart.Series{Name: i18n.T(ctx, "survey."+string(f.Scale))}
	for i, w := range f.Weeks {
		if i > 0 { // nobody answered in the weeks between
			for at := f.Weeks[i-1].At.AddDate(0, 0, 7); at.Before(w.At); at = at.AddDate(0, 0, 7) {
				line.Points = append(line.Points, chart.Point{At: at, Value: chart.Missing(), Low: chart.Missing(), High: chart.Missing()})
			}
		}
		line.Points = append(line.Points, chart.Point{At: w.At, Value: w.Score.Value, Low: w.Score.Low, High: w.Score.High, N: w.Score.N})
	}
	return []chart.Series{line}
}

func scores(s survey.Scale) []int {
	var out []int
	for n := s.Most(); n >= s.Least(); n-- {
		out = append(out, n)
	}
	return out
}

func scoreOptions(s survey.Scale) []ui.Option {
	var out []ui.Option
	for _, n := range scores(s) {
		out = append(out, ui.Option{Value: strconv.Itoa(n), Label: strconv.Itoa(n)})
	}
	return out
}

func tone(s survey.Scale, score int) ui.Tone {
	switch {
	case s.Low(score):
		return ui.Danger
	case s == survey.CSAT && score >= 4 || s == survey.NPS && score >= 9:
		return ui.Success
	}
	return ui.Warning
}
