package inboxweb

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/team"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

func (p *pages) routingRoutes(r *web.Routes) {
	r.Do("POST /inbox/{id}/pass", org.InboxEdit, p.pass)
	r.Do("POST /inbox/{id}/escalate", org.InboxEdit, p.escalate)
	r.Page("GET /routing", org.InboxRead, p.routing)
	r.Do("POST /routing", org.InboxAssign, p.setRouting)
	r.Page("GET /routing/now", org.InboxAssign, p.dashboard)
	r.Page("GET /routing/fair", org.InboxAssign, p.fair)
	r.Page("GET /routing/new", org.InboxAssign, p.rule)
	r.Page("GET /routing/{rule}", org.InboxAssign, p.rule)
	r.Do("POST /routing/rules", org.InboxAssign, p.saveRule)
	r.Do("POST /routing/{rule}/move", org.InboxAssign, p.moveRule)
	r.Do("POST /routing/{rule}/remove", org.InboxAssign, p.removeRule)
}

// TeamTabs are the pages of the inbox that stand beside those of the team.
func TeamTabs(ctx context.Context) []ui.Tab {
	out := []ui.Tab{{Label: i18n.T(ctx, "routing.title"), Href: "/routing"}, {Label: i18n.T(ctx, "course.title"), Href: "/courses"}}
	if org.Who(ctx).May(org.InboxAssign) {
		out = append(out, ui.Tab{Label: i18n.T(ctx, "routing.now"), Href: "/routing/now"})
		out = append(out, ui.Tab{Label: i18n.T(ctx, "routing.fair"), Href: "/routing/fair"})
	}
	return out
}

func teamTabs(ctx context.Context, current string) []ui.Tab {
	out := append([]ui.Tab{{Label: i18n.T(ctx, "team.tab.team"), Href: "/team"}, {Label: i18n.T(ctx, "team.tab.matrix"), Href: "/team/matrix"}}, TeamTabs(ctx)...)
	for i := range out {
		out[i].Current = out[i].Href == current
	}
	return out
}

// suggestions is what the page of a conversation shows of routing.
type suggestions struct {
	assign, pass, escalate string // addresses
	list                   []inbox.Suggestion
	passes                 []inbox.Pass
	may                    bool // assign
	assignee               string
	up                     []ui.Option
	passed                 bool // by the reader
}

// routingPanels show who fits a conversation, and the ways to get rid of it.
func (p *pages) routingPanels(ctx context.Context, v *conversationView) []ui.Panel {
	if v.c.State != inbox.Open {
		return nil
	}
	s := suggestions{assign: v.at(v.path + "/assign"), pass: v.at(v.path + "/pass"), escalate: v.at(v.path + "/escalate"), may: v.may(org.InboxAssign), assignee: v.c.Assignee}
	var err error
	if s.passes, err = p.inbox.Passes(ctx, v.c.ID); err != nil {
		return nil // a panel is an extra; the page stands without it
	}
	for _, one := range s.passes {
		s.passed = s.passed || one.Member == v.me.ID
	}
	var out []ui.Panel
	if v.c.Assignee == "" {
		out = append(out, ui.Panel{Title: i18n.T(ctx, "routing.suggested"), Later: v.at(v.path + "/suggested")})
	} else if len(s.passes) > 0 {
		out = append(out, ui.Panel{Title: i18n.T(ctx, "routing.passes"), Body: passesList(s)})
	}
	if v.may(org.InboxEdit) && (v.c.Assignee == "" || v.c.Assignee == v.me.ID || s.may) {
		to, err := p.inbox.EscalateTo(ctx)
		if err != nil {
			return out
		}
		s.up = []ui.Option{{Label: i18n.T(ctx, "routing.up_all")}}
		for _, m := range to {
			s.up = append(s.up, ui.Option{Value: m.ID, Label: m.Name})
		}
		out = append(out, ui.Panel{Title: i18n.T(ctx, "routing.not_mine"), Body: waysOut(s)})
	}
	return out
}

// suggestedLater is who fits a conversation, worked out when somebody unfolds it.
func (p *pages) suggestedLater(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	c, err := p.inbox.Find(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	s := suggestions{assign: sightOf(r.URL.Query()).at("/inbox/" + c.ID + "/assign"), may: org.Who(ctx).May(org.InboxAssign)}
	if s.passes, err = p.inbox.Passes(ctx, c.ID); err != nil {
		return err
	}
	if s.list, err = p.inbox.Suggest(ctx, c.ID); err != nil {
		return err
	}
	if r.Header.Get("HX-Request") != "" {
		return web.Part(w, r, suggested(s))
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "routing.suggested")}, foldedPage(&c, suggested(s)))
}

func reasonLines(ctx context.Context, s inbox.Suggestion) string {
	var out []string
	for _, r := range s.Reasons {
		out = append(out, r.Line(ctx))
	}
	return strings.Join(out, " · ")
}

func passOptions(ctx context.Context) []ui.Option {
	var out []ui.Option
	for _, r := range inbox.PassReasons() {
		out = append(out, ui.Option{Value: string(r), Label: i18n.T(ctx, "routing.pass."+string(r))})
	}
	return out
}

func upOptions(ctx context.Context) []ui.Option {
	var out []ui.Option
	for _, r := range inbox.EscalationReasons() {
		out = append(out, ui.Option{Value: string(r), Label: i18n.T(ctx, "routing.up."+string(r))})
	}
	return out
}

func (p *pages) pass(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	_, err = p.inbox.Pass(r.Context(), r.PathValue("id"), inbox.PassReason(f.Text("reason")), f.Text("words"))
	return acted(w, r, err, "routing.done.passed")
}

func (p *pages) escalate(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	_, err = p.inbox.Escalate(r.Context(), r.PathValue("id"), inbox.Escalation{To: f.Text("to"), Reason: inbox.EscalationReason(f.Text("reason")), Words: f.Text("words")})
	return acted(w, r, err, "routing.done.escalated")
}

type routingView struct {
	set      inbox.Routing
	most     string
	cost     string
	rules    []inbox.Rule
	names    map[string]string
	diverts  []inbox.Diversion
	edit     bool
	wrong    []ui.FieldError
	can, all int // how many take part, of how many who answer
}

func wrongAt(list []ui.FieldError, field string) string {
	for _, e := range list {
		if e.Field == field {
			return e.Text
		}
	}
	return ""
}

func (p *pages) routing(w http.ResponseWriter, r *http.Request) error {
	set, err := p.inbox.RoutingNow(r.Context())
	if err != nil {
		return err
	}
	return p.showRouting(w, r, routingView{set: set, most: strconv.Itoa(set.Most), cost: strconv.Itoa(set.Cost)})
}

func (p *pages) showRouting(w http.ResponseWriter, r *http.Request, v routingView) error {
	ctx := r.Context()
	var err error
	if v.rules, err = p.inbox.Rules(ctx); err != nil {
		return err
	}
	if v.diverts, err = p.inbox.Diversions(ctx); err != nil {
		return err
	}
	profiles, err := p.inbox.Profiles(ctx)
	if err != nil {
		return err
	}
	v.names = map[string]string{}
	for _, m := range profiles {
		v.names[m.Member] = m.Name
		if v.all++; m.Known && m.Routed {
			v.can++
		}
	}
	v.edit = org.Who(ctx).May(org.InboxAssign)
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "routing.title")}, routingPage(v))
}

func (p *pages) setRouting(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	v := routingView{set: inbox.Routing{Automatic: f.Text("automatic") == "yes"}, most: f.Text("most"), cost: f.Text("cost")}
	v.set.Most, _ = strconv.Atoi(v.most) // what is no number is out of bounds
	v.set.Cost, _ = strconv.Atoi(v.cost)
	if err := p.inbox.SetRouting(ctx, v.set); err != nil {
		if v.wrong, err = mend(ctx, err); err != nil {
			return err
		}
		web.Invalid(w)
		return p.showRouting(w, r, v)
	}
	web.Flash(w, r, ui.Success, "routing.saved")
	return web.Redirect(w, r, "/routing")
}

// mend makes sentences of what the reader can put right; anything else is an error for the page.
func mend(ctx context.Context, err error) ([]ui.FieldError, error) {
	var out []ui.FieldError
	list := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		list = joined.Unwrap()
	}
	for _, e := range list {
		if e == nil {
			continue
		}
		if _, joined := e.(interface{ Unwrap() []error }); joined {
			more, err := mend(ctx, e)
			if err != nil {
				return nil, err
			}
			out = append(out, more...)
			continue
		}
		pr := problem.Of(e)
		if pr.Code != problem.Invalid && pr.Code != problem.Conflict {
			return nil, err
		}
		out = append(out, ui.FieldError{Field: pr.Field, Text: i18n.T(ctx, pr.Key, pr.Args...)})
	}
	return out, nil
}

type ruleView struct {
	r       inbox.Rule
	to      string // kind:value
	options []ui.Option
	wrong   []ui.FieldError
	matches int
	looked  int
}

func (v ruleView) title(ctx context.Context) string {
	if v.r.ID == "" {
		return i18n.T(ctx, "routing.rule_add")
	}
	return v.r.Name
}

func (p *pages) rule(w http.ResponseWriter, r *http.Request) error {
	v := ruleView{r: inbox.Rule{Active: true}}
	if id := r.PathValue("rule"); id != "" {
		list, err := p.inbox.Rules(r.Context())
		if err != nil {
			return err
		}
		found := false
		for _, one := range list {
			if one.ID == id {
				v.r, found = one, true
			}
		}
		if !found {
			return problem.New(problem.Missing, "problem.not_found")
		}
	}
	if v.r.To.Kind != "" {
		v.to = string(v.r.To.Kind) + ":" + v.r.To.Value
	}
	return p.showRule(w, r, v)
}

func (p *pages) showRule(w http.ResponseWriter, r *http.Request, v ruleView) error {
	ctx := r.Context()
	profiles, err := p.inbox.Profiles(ctx)
	if err != nil {
		return err
	}
	v.options = []ui.Option{{Label: "–"}}
	seen := map[string]bool{}
	add := func(kind inbox.TargetKind, value, label string) {
		if key := string(kind) + ":" + value; !seen[key] {
			seen[key] = true
			v.options = append(v.options, ui.Option{Value: key, Label: label, Group: i18n.T(ctx, "routing.to."+string(kind))})
		}
	}
	for _, m := range profiles {
		if m.Department != "" {
			add(inbox.ToDepartment, m.Department, m.Department)
		}
	}
	for _, m := range profiles {
		for _, k := range m.Skills {
			add(inbox.ToSkill, team.Skill(k), k)
		}
	}
	for _, m := range profiles {
		add(inbox.ToMember, m.Member, m.Name)
	}
	if kind, value, ok := strings.Cut(v.to, ":"); ok && !seen[v.to] {
		add(inbox.TargetKind(kind), value, i18n.T(ctx, "routing.gone"))
	}
	if v.r.Query != "" {
		if v.matches, v.looked, err = p.inbox.Matching(ctx, v.r.Query); err != nil && !problem.Is(err, problem.Invalid) {
			return err
		}
	}
	return web.Show(w, r, web.Page{Title: v.title(ctx)}, rulePage(v))
}

func (p *pages) saveRule(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	v := ruleView{to: f.Text("to")}
	kind, value, _ := strings.Cut(v.to, ":")
	v.r = inbox.Rule{ID: f.Text("rule"), Name: f.Text("name"), Query: f.Text("query"), To: inbox.Target{Kind: inbox.TargetKind(kind), Value: value},
		Urgent: f.Text("urgent") != "", Active: f.Text("active") != ""}
	if f.Text("do") == "try" {
		if _, err := inbox.ParseSearch(v.r.Query); err != nil {
			if v.wrong, err = mend(ctx, problem.Of(err).On("query")); err != nil {
				return err
			}
			web.Invalid(w)
		}
		return p.showRule(w, r, v)
	}
	if _, err := p.inbox.SetRule(ctx, v.r); err != nil {
		if v.wrong, err = mend(ctx, err); err != nil {
			return err
		}
		web.Invalid(w)
		return p.showRule(w, r, v)
	}
	web.Flash(w, r, ui.Success, "routing.saved")
	return web.Redirect(w, r, "/routing")
}

func (p *pages) moveRule(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	by := 1
	if f.Text("to") == "up" {
		by = -1
	}
	if err := p.inbox.MoveRule(r.Context(), r.PathValue("rule"), by); err != nil {
		return err
	}
	return web.Redirect(w, r, "/routing")
}

func (p *pages) removeRule(w http.ResponseWriter, r *http.Request) error {
	if err := p.inbox.RemoveRule(r.Context(), r.PathValue("rule")); err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "routing.rule_removed")
	return web.Redirect(w, r, "/routing")
}

// whither names to whom conversations go.
func whither(ctx context.Context, t inbox.Target, names map[string]string) string {
	switch t.Kind {
	case inbox.ToMember:
		if n := names[t.Value]; n != "" {
			return n
		}
		return i18n.T(ctx, "routing.gone")
	case "":
		return i18n.T(ctx, "routing.to.anybody")
	}
	return i18n.T(ctx, "routing.to.named."+string(t.Kind), "Name", t.Value)
}

// routingSentence says who passed on a conversation or handed it up, and why.
func routingSentence(ctx context.Context, ch *inbox.Change, by string) string {
	why := ch.Text
	if ch.Kind == ledger.ConversationPassed {
		if why == "" {
			why = i18n.T(ctx, "routing.pass."+string(known(inbox.PassReasons(), inbox.PassReason(ch.Reason), inbox.PassOther)))
		}
		return i18n.T(ctx, "routing.did.passed", "Name", by, "Why", why)
	}
	if why == "" {
		why = i18n.T(ctx, "routing.up."+string(known(inbox.EscalationReasons(), inbox.EscalationReason(ch.Reason), inbox.OtherReason)))
	}
	if ch.ToName == "" {
		return i18n.T(ctx, "routing.did.escalated", "Name", by, "Why", why)
	}
	return i18n.T(ctx, "routing.did.escalated_to", "Name", by, "To", ch.ToName, "Why", why)
}

// known is v when it is one of list.
func known[T comparable](list []T, v, other T) T {
	for _, k := range list {
		if k == v {
			return v
		}
	}
	return other
}

// ExperienceOf is the panel that a profile shows: what somebody resolved conversations about.
func ExperienceOf(ctx context.Context, s *inbox.Service, member string) []ui.Panel {
	list, err := s.ExperienceOf(ctx, member)
	if err != nil || len(list) == 0 {
		return nil // a panel is an extra; the page stands without it
	}
	return []ui.Panel{{Title: i18n.T(ctx, "routing.experience"), Body: experience(list)}}
}
