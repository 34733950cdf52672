package reportweb

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/report"
	"github.com/entente/entente/internal/report/due"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

func (h *handlers) planRoutes(r *web.Routes) {
	r.Page("GET /reports", org.MeasureRead, h.plans)
	r.Page("GET /reports/new", org.MeasureEdit, h.planForm)
	r.Do("POST /reports", org.MeasureEdit, h.savePlan)
	r.Page("GET /reports/{id}", org.MeasureRead, h.plan)
	r.Page("GET /reports/{id}/edit", org.MeasureEdit, h.planForm)
	r.Do("POST /reports/{id}", org.MeasureEdit, h.savePlan)
	r.Do("POST /reports/{id}/remove", org.MeasureEdit, h.removePlan)
	r.Do("POST /reports/{id}/send", org.MeasureEdit, h.sendMe)
	r.Do("POST /reports/{id}/mails/{mail}/again", org.MeasureEdit, h.sendAgain)
	r.Page("GET /reports/{id}/text", org.MeasureRead, h.planText)
	r.Page("GET /unsubscribe/{secret}", org.Public, h.unsubscribe)
	r.Do("POST /unsubscribe/{secret}", org.Public, h.unsubscribed)
}

type plansPage struct {
	List    []report.Mailing
	Edit    bool
	CanMail bool
	Owners  map[string]string
}

func (h *handlers) plans(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	p := plansPage{Edit: org.Who(ctx).May(org.MeasureEdit), CanMail: h.s.CanMail()}
	var err error
	if p.List, err = h.s.Mailings(ctx); err != nil {
		return err
	}
	var owners []string
	for i := range p.List {
		owners = append(owners, p.List[i].Owner)
	}
	if p.Owners, err = h.org.Names(ctx, owners); err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "report.plans")}, plansBody(p))
}

// rhythm says in words when a report is sent.
func rhythm(ctx context.Context, r due.Rhythm) string {
	hour := i18n.Time(ctx, time.Date(2000, 1, 1, r.Minute/60, r.Minute%60, 0, 0, i18n.Zone(ctx)))
	if r.Every == due.Month {
		return i18n.T(ctx, "report.rhythm.month", "Day", strconv.Itoa(r.Day), "Hour", hour, "Zone", r.Zone)
	}
	return i18n.T(ctx, "report.rhythm.week", "Weekday", i18n.T(ctx, "report.weekday."+strconv.Itoa(int(r.Weekday))), "Hour", hour, "Zone", r.Zone)
}

type planPage struct {
	Plan    report.Mailing
	Mails   []report.Mail
	Members map[string]string
	Edit    bool
	CanMail bool
	Content string
	Away    map[string]bool // who of recipients and owner can no longer sign in
}

func (h *handlers) plan(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	p := planPage{Edit: org.Who(ctx).May(org.MeasureEdit), CanMail: h.s.CanMail()}
	var err error
	if p.Plan, err = h.s.Mailing(ctx, r.PathValue("id")); err != nil {
		return err
	}
	if p.Mails, err = h.s.Mails(ctx, p.Plan.ID); err != nil {
		return err
	}
	named := []string{p.Plan.Owner}
	for _, m := range p.Mails {
		named = append(named, m.Member)
	}
	for _, m := range p.Plan.Recipients {
		named = append(named, m.Member)
	}
	if p.Members, err = h.org.Names(ctx, named); err != nil {
		return err
	}
	p.Away = map[string]bool{}
	for _, who := range append(p.Plan.Recipients, report.Recipient{Member: p.Plan.Owner}) {
		if who.Member == "" {
			continue
		}
		m, err := h.org.Find(ctx, who.Member)
		if err != nil && !problem.Is(err, problem.Missing) {
			return err
		}
		p.Away[who.Member] = m == nil || m.State != org.Active
	}
	for _, o := range h.contents(ctx) {
		if o.Value == p.Plan.Content {
			p.Content = o.Label
		}
	}
	return web.Show(w, r, web.Page{Title: p.Plan.Name}, planBody(p))
}

// contents lists what a report can be made of.
func (h *handlers) contents(ctx context.Context) []ui.Option {
	var out []ui.Option
	if org.Who(ctx).May(org.StrategyRead) {
		out = append(out, ui.Option{Value: report.OfPack, Label: i18n.T(ctx, "report.pack")}, ui.Option{Value: report.OfMap, Label: i18n.T(ctx, "report.content.map")})
	}
	list, err := h.s.Dashboards(ctx)
	if err != nil {
		return out
	}
	for _, d := range list {
		out = append(out, ui.Option{Value: "dashboard:" + d.ID, Label: d.Name, Group: i18n.T(ctx, "report.dashboards")})
	}
	return out
}

type planFormPage struct {
	Plan      report.Mailing
	Hour      string
	Addresses string
	Contents  []ui.Option
	Members   []*org.Member
	Wrong     wrong
}

func (p planFormPage) has(member string) bool {
	return slices.ContainsFunc(p.Plan.Recipients, func(r report.Recipient) bool { return r.Member == member })
}

func (h *handlers) planForm(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who := org.Who(ctx)
	p := planFormPage{Plan: report.Mailing{Lang: i18n.Lang(ctx), Enabled: true, Rhythm: due.Rhythm{Every: due.Week, Weekday: time.Monday, Day: 1, Minute: 8 * 60, Zone: i18n.Zone(ctx).String()},
		Recipients: []report.Recipient{{Member: who.ID}}}}
	if d := r.URL.Query().Get("dashboard"); d != "" {
		p.Plan.Content = "dashboard:" + d
	}
	if at := r.PathValue("id"); at != "" {
		var err error
		if p.Plan, err = h.s.Mailing(ctx, at); err != nil {
			return err
		}
	}
	p.Hour = fmt.Sprintf("%02d:%02d", p.Plan.Rhythm.Minute/60, p.Plan.Rhythm.Minute%60)
	for _, to := range p.Plan.Recipients {
		if to.Address != "" {
			p.Addresses += to.Address + "\n"
		}
	}
	return h.showPlanForm(w, r, p)
}

func (h *handlers) showPlanForm(w http.ResponseWriter, r *http.Request, p planFormPage) error {
	ctx := r.Context()
	var err error
	var chosen []string
	for _, m := range p.Plan.Recipients {
		chosen = append(chosen, m.Member)
	}
	if p.Members, err = h.org.Members(ctx, chosen...); err != nil {
		return err
	}
	p.Contents = h.contents(ctx)
	title := i18n.T(ctx, "report.new_plan")
	if p.Plan.ID != "" {
		title = i18n.T(ctx, "report.edit_of", "Name", p.Plan.Name)
	}
	return web.Show(w, r, web.Page{Title: title}, planFormBody(p, title))
}

func (h *handlers) savePlan(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	weekday, _ := strconv.Atoi(in.Text("weekday"))
	day, _ := strconv.Atoi(in.Text("day"))
	m := report.Mailing{ID: r.PathValue("id"), Name: in.Text("name"), Content: in.Text("content"), Lang: in.Text("lang"), Enabled: in.Get("enabled") != "",
		Rhythm: due.Rhythm{Every: due.Every(in.Text("every")), Weekday: time.Weekday(weekday), Day: day, Minute: -1, Zone: in.Text("zone")}}
	if t, err := time.Parse("15:04", in.Text("hour")); err == nil {
		m.Rhythm.Minute = t.Hour()*60 + t.Minute()
	}
	for _, member := range in.Values["member"] {
		m.Recipients = append(m.Recipients, report.Recipient{Member: member})
	}
	for _, a := range strings.FieldsFunc(in.Text("addresses"), func(c rune) bool { return c == '\n' || c == ',' || c == ';' }) {
		if a = strings.TrimSpace(a); a != "" {
			m.Recipients = append(m.Recipients, report.Recipient{Address: a})
		}
	}
	saved, err := h.s.SaveMailing(ctx, m)
	if err != nil {
		bad, err := mend(ctx, err)
		if err != nil {
			return err
		}
		web.Invalid(w)
		return h.showPlanForm(w, r, planFormPage{Plan: m, Hour: in.Text("hour"), Addresses: in.Text("addresses"), Wrong: bad})
	}
	web.Flash(w, r, ui.Success, "report.saved")
	return web.Redirect(w, r, "/reports/"+saved.ID)
}

func (h *handlers) removePlan(w http.ResponseWriter, r *http.Request) error {
	if err := h.s.RemoveMailing(r.Context(), r.PathValue("id")); err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "report.removed")
	return web.Redirect(w, r, "/reports")
}

func (h *handlers) sendMe(w http.ResponseWriter, r *http.Request) error {
	at := r.PathValue("id")
	if err := h.s.SendMe(r.Context(), at); err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "report.asked")
	return web.Redirect(w, r, "/reports/"+at)
}

func (h *handlers) sendAgain(w http.ResponseWriter, r *http.Request) error {
	at := r.PathValue("id")
	if err := h.s.SendAgain(r.Context(), at, r.PathValue("mail")); err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "report.again_queued")
	return web.Redirect(w, r, "/reports/"+at)
}

// mayAgain reports whether a mail can be sent once more.
func mayAgain(s report.SendingState) bool { return s == report.Uncertain || s == report.Failed }

// planText shows a report as its plain text, as it would be sent now.
func (h *handlers) planText(w http.ResponseWriter, r *http.Request) error {
	_, text, err := h.s.Letter(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Write([]byte(text))
	return nil // whoever stopped reading needs no answer
}

func (h *handlers) unsubscribe(w http.ResponseWriter, r *http.Request) error {
	x, err := h.s.Subscribed(r.Context(), r.PathValue("secret"))
	if err != nil {
		return err
	}
	w.Header().Set("Referrer-Policy", "no-referrer")
	return web.Bare(w, r, web.Page{Title: i18n.T(r.Context(), "report.mail.unsubscribe")}, unsubscribeBody(x, r.PathValue("secret")))
}

func (h *handlers) unsubscribed(w http.ResponseWriter, r *http.Request) error {
	x, err := h.s.Unsubscribe(r.Context(), r.PathValue("secret"))
	if err != nil {
		return err
	}
	return web.Bare(w, r, web.Page{Title: i18n.T(r.Context(), "report.mail.unsubscribe")}, unsubscribeBody(x, r.PathValue("secret")))
}

func mailTone(s report.SendingState) ui.Tone {
	switch s {
	case report.Sent:
		return ui.Success
	case report.Failed:
		return ui.Danger
	case report.Uncertain:
		return ui.Warning
	}
	return ui.Neutral
}
