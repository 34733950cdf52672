// Package ruleweb shows on pages what rules do: forms come in, pages and calls of rule go out.
package ruleweb

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/rule"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

type handlers struct{ s *rule.Service }

// Routes registers the pages.
func Routes(r *web.Routes, s *rule.Service) {
	h := &handlers{s}
	r.Page("GET /rules", org.InboxRead, h.list)
	r.Page("GET /rules/new", org.InboxAssign, h.draft)
	r.Do("POST /rules", org.InboxAssign, h.save)
	r.Page("GET /rules/{id}", org.InboxRead, h.one)
	r.Page("GET /rules/{id}/edit", org.InboxAssign, h.edit)
	r.Do("POST /rules/{id}", org.InboxAssign, h.save)
	r.Do("POST /rules/{id}/switch", org.InboxAssign, h.turn)
	r.Do("POST /rules/{id}/move", org.InboxAssign, h.move)
	r.Do("POST /rules/{id}/remove", org.InboxAssign, h.remove)
}

func mayEdit(ctx context.Context) bool { return org.Require(ctx, org.InboxAssign) == nil }

// names are what rules name by id.
type names struct {
	channels []channel.Account
	members  []*org.Member
	teams    []ui.Option // departments and skills, to hand to
	channel  map[string]string
	member   map[string]string
}

func (h *handlers) names(ctx context.Context) (*names, error) {
	n := &names{channel: map[string]string{}, member: map[string]string{}}
	var err error
	if n.channels, err = h.s.Channels(ctx); err != nil {
		return nil, err
	}
	n.channels = slices.DeleteFunc(n.channels, func(a channel.Account) bool {
		n.channel[a.ID] = a.Name
		return !a.RemovedAt.IsZero()
	})
	if n.members, err = h.s.Colleagues(ctx); err != nil {
		return nil, err
	}
	if n.teams, err = h.teams(ctx); err != nil {
		return nil, err
	}
	for _, m := range n.members {
		n.member[m.ID] = m.Name
	}
	return n, nil
}

// teams are the departments and skills that profiles name.
func (h *handlers) teams(ctx context.Context) ([]ui.Option, error) {
	var out []ui.Option
	departments, skills, err := h.s.Teams(ctx)
	for _, d := range departments {
		out = append(out, ui.Option{Value: "department:" + d, Label: i18n.T(ctx, "rule.of_department", "Name", d)})
	}
	for _, k := range skills {
		out = append(out, ui.Option{Value: "skill:" + k, Label: i18n.T(ctx, "rule.of_skill", "Name", k)})
	}
	return out, err
}

// handed is what a rule's hand-over is in the form.
func handed(d *rule.Doings) string {
	switch {
	case d.Department != "":
		return "department:" + d.Department
	case d.Skill != "":
		return "skill:" + d.Skill
	}
	return d.Assign
}

// handOptions are to whom a conversation can be given. What a rule names and no profile does any more stays choosable.
func (n *names) handOptions(ctx context.Context, d *rule.Doings) []ui.Option {
	out := append(n.memberOptions(ui.Option{Label: i18n.T(ctx, "rule.no_change")}), n.teams...)
	now := handed(d)
	if _, name, team := strings.Cut(now, ":"); team && !slices.ContainsFunc(out, func(o ui.Option) bool { return o.Value == now }) {
		out = append(out, ui.Option{Value: now, Label: name})
	}
	return out
}

func (n *names) of(ctx context.Context, member string) string {
	if name := n.member[member]; name != "" {
		return name
	}
	return i18n.T(ctx, "rule.gone")
}

type listPage struct {
	Rules   []rule.Rule
	Tallies map[string]rule.Tally
	Names   *names
	May     bool
	Now     time.Time
}

const tallyDays = 7

func (h *handlers) list(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	p := listPage{May: mayEdit(ctx), Now: h.s.Now()}
	var err error
	if p.Rules, err = h.s.Rules(ctx); err != nil {
		return err
	}
	if p.Tallies, err = h.s.Tallies(ctx, p.Now.AddDate(0, 0, -tallyDays)); err != nil {
		return err
	}
	if p.Names, err = h.names(ctx); err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "rule.title"), Wide: true}, listBody(p))
}

type onePage struct {
	Rule    rule.Rule
	Firings []rule.Firing
	Older   string
	First   bool
	At      []time.Time
	Names   *names
	May     bool
	Now     time.Time
}

const (
	chartDays = 30
	pageOf    = 30
)

func (h *handlers) one(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	p := onePage{May: mayEdit(ctx), Now: h.s.Now(), First: r.URL.Query().Get("before") == ""}
	var err error
	if p.Rule, err = h.s.Rule(ctx, r.PathValue("id")); err != nil {
		return err
	}
	if p.Names, err = h.names(ctx); err != nil {
		return err
	}
	if p.At, err = h.s.FiredAt(ctx, p.Rule.ID, p.Now.AddDate(0, 0, -chartDays)); err != nil {
		return err
	}
	if p.Firings, err = h.s.Firings(ctx, p.Rule.ID, r.URL.Query().Get("before"), pageOf+1); err != nil {
		return err
	}
	if len(p.Firings) > pageOf {
		p.Firings = p.Firings[:pageOf]
		p.Older = "/rules/" + p.Rule.ID + "?before=" + p.Firings[pageOf-1].ID
	}
	return web.Show(w, r, web.Page{Title: p.Rule.Name, Wide: true}, oneBody(p))
}

type formPage struct {
	Rule  rule.Rule
	Names *names
	Days  int
	Trial *rule.Trial
	Wrong []ui.FieldError
	Seen  string
}

func (p formPage) bad(field string) string {
	for _, e := range p.Wrong {
		if e.Field == field {
			return e.Text
		}
	}
	return ""
}

func (h *handlers) show(w http.ResponseWriter, r *http.Request, p formPage) error {
	ctx := r.Context()
	var err error
	if p.Names, err = h.names(ctx); err != nil {
		return err
	}
	title := i18n.T(ctx, "rule.new")
	if p.Rule.ID != "" {
		title = i18n.T(ctx, "rule.edit")
	}
	return web.Show(w, r, web.Page{Title: title, Wide: true}, formBody(p, title))
}

func (h *handlers) draft(w http.ResponseWriter, r *http.Request) error {
	return h.show(w, r, formPage{Rule: rule.Rule{When: rule.Opened, PerHour: rule.UsualBudget, WaitFor: 4 * time.Hour, State: rule.On}, Days: 30})
}

func (h *handlers) edit(w http.ResponseWriter, r *http.Request) error {
	is, err := h.s.Rule(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return h.show(w, r, formPage{Rule: is, Days: 30, Seen: strconv.FormatInt(is.UpdatedAt.UnixMicro(), 10)})
}

// read is the rule as it was typed.
func read(f *web.Form, id string) rule.Rule {
	v := rule.Rule{ID: id, Name: f.Text("name"), When: rule.Occasion(f.Text("when")), Last: f.Has("last"), State: rule.Off}
	if f.Has("on") {
		v.State = rule.On
	}
	number := func(name string) int {
		n, err := strconv.Atoi(strings.TrimSpace(f.Text(name)))
		if err != nil && f.Text(name) != "" {
			return -1 // refused with its bounds
		}
		return n
	}
	unit := map[string]time.Duration{"minutes": time.Minute, "days": 24 * time.Hour}[f.Text("wait_unit")]
	if unit == 0 {
		unit = time.Hour
	}
	v.WaitFor = time.Duration(min(max(number("wait"), -1), 1_000_000)) * unit
	v.If = rule.Conditions{Words: f.Text("words"), Channels: kept(f.Values["channels"]), Held: f.Text("held"), Privacy: f.Text("privacy"), Standing: f.Text("standing"), Reopened: number("reopened")}
	v.Then = rule.Doings{Open: f.Has("open"), Sentiment: f.Text("sentiment"), Kind: f.Text("kind"), Tags: strings.Split(f.Text("tags"), ","), Release: f.Has("release"), Note: f.Text("note"),
		Tell: kept(f.Values["tell"]), TellTeam: f.Has("tell_team"), Resolve: f.Has("resolve"), Because: f.Text("because")}
	switch kind, value, _ := strings.Cut(f.Text("assign"), ":"); {
	case value == "":
		v.Then.Assign = kind
	case kind == "department":
		v.Then.Department = value
	case kind == "skill":
		v.Then.Skill = value
	default:
		v.Then.Assign = f.Text("assign")
	}
	v.PerHour = number("per_hour")
	return v
}

func kept(list []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == "" })
}

func (h *handlers) save(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	v := read(f, r.PathValue("id"))
	days, err := strconv.Atoi(f.Text("days"))
	if err != nil || !slices.Contains(trialDays(), days) {
		days = 30
	}
	p := formPage{Rule: v, Days: days, Seen: f.Text("seen")}
	if f.Text("do") == "try" {
		t, err := h.s.Try(ctx, v, days)
		if p.Wrong = wrong(ctx, err); err != nil && p.Wrong == nil {
			return err
		}
		if err == nil {
			p.Trial = &t
		} else {
			web.Invalid(w)
		}
		return h.show(w, r, p)
	}
	var is rule.Rule
	if v.ID == "" {
		is, err = h.s.Add(ctx, v)
	} else {
		seen, _ := strconv.ParseInt(p.Seen, 10, 64)
		v.UpdatedAt = time.UnixMicro(max(seen, 1)).UTC()
		is, err = h.s.Change(ctx, v)
	}
	if err != nil {
		if p.Wrong = wrong(ctx, err); p.Wrong == nil {
			return err
		}
		web.Invalid(w)
		return h.show(w, r, p)
	}
	web.Flash(w, r, ui.Success, "rule.saved")
	return web.Redirect(w, r, "/rules/"+is.ID)
}

func trialDays() []int { return []int{7, 30, 90} }

// wrong are the sentences of a refusal that the reader can do something about; nil of any other error.
func wrong(ctx context.Context, err error) []ui.FieldError {
	var out []ui.FieldError
	for _, p := range rule.Problems(err) {
		if p.Code != problem.Invalid && p.Code != problem.Conflict {
			return nil
		}
		out = append(out, ui.FieldError{Field: p.Field, Text: i18n.T(ctx, p.Key, p.Args...)})
	}
	return out
}

func (h *handlers) turn(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	is, err := h.s.Switch(ctx, r.PathValue("id"), f.Text("on") == "yes")
	if list := wrong(ctx, err); list != nil {
		p := rule.Problems(err)[0]
		web.Flash(w, r, ui.Danger, p.Key, p.Args...)
		return web.Redirect(w, r, "/rules/"+r.PathValue("id"))
	}
	if err != nil {
		return err
	}
	if is.State == rule.On {
		web.Flash(w, r, ui.Success, "rule.is_on")
	} else {
		web.Flash(w, r, ui.Success, "rule.is_off")
	}
	return web.Redirect(w, r, web.Local(f.Text("back"), "/rules"))
}

func (h *handlers) move(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	if err := h.s.Move(r.Context(), r.PathValue("id"), f.Text("way") == "up"); err != nil {
		return err
	}
	return web.Redirect(w, r, "/rules")
}

func (h *handlers) remove(w http.ResponseWriter, r *http.Request) error {
	if err := h.s.Remove(r.Context(), r.PathValue("id")); err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "rule.removed")
	return web.Redirect(w, r, "/rules")
}

// InConversation is the panel that shows on a conversation's page what rules did with it and why.
func InConversation(ctx context.Context, s *rule.Service, conversation string) []ui.Panel {
	list, err := s.FiredIn(ctx, conversation)
	if err != nil || len(list) == 0 {
		return nil // a panel is an extra; the page stands without it
	}
	rules, err := s.Rules(ctx)
	if err != nil {
		return nil
	}
	called := map[string]string{}
	for _, r := range rules {
		called[r.ID] = r.Name
	}
	n, err := (&handlers{s}).names(ctx)
	if err != nil {
		return nil
	}
	return []ui.Panel{{Title: i18n.T(ctx, "rule.title"), Body: panelBody(list, called, n)}}
}
