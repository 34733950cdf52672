package inboxapi

import (
	"context"
	"net/http"
	"time"

	"github.com/entente/entente/internal/api"
	"github.com/entente/entente/internal/hours"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/inbox/due"
	"github.com/entente/entente/internal/org"
)

// ServiceLevels is what is promised to those who wait.
type ServiceLevels struct {
	Seen      string            `json:"seen" doc:"Give it back when you change them."`
	Calendars []ServiceCalendar `json:"calendars"`
	Policies  []ServicePolicy   `json:"policies" doc:"The first that is for a conversation counts."`
}

// ServiceCalendar is business hours with a name.
type ServiceCalendar struct {
	ID       string         `json:"id"`
	Name     string         `json:"name"`
	Calendar hours.Calendar `json:"hours"`
}

// ServicePolicy is what is promised to some. Of what it is for, an empty list narrows nothing.
type ServicePolicy struct {
	ID         string    `json:"id"`
	Name       string    `json:"name"`
	Channels   []string  `json:"channels,omitempty"`
	Kinds      []string  `json:"kinds,omitempty"`
	Feelings   []string  `json:"feelings,omitempty"`
	Languages  []string  `json:"languages,omitempty"`
	Priorities []string  `json:"priorities,omitempty"`
	Seen       string    `json:"seen,omitempty" doc:"public or private; absent for both."`
	FirstReply int       `json:"first_reply,omitempty" doc:"Minutes by the calendar; absent promises nothing."`
	NextReply  int       `json:"next_reply,omitempty"`
	Resolution int       `json:"resolution,omitempty"`
	Calendar   string    `json:"calendar,omitempty" doc:"Absent for day and night."`
	Pause      bool      `json:"pause,omitempty" doc:"The time until resolution stands still while they owe us a word."`
	Waits      []string  `json:"waits,omitempty" doc:"Tags: it also stands still while a conversation has one of them."`
	Warn       int       `json:"warn,omitempty" doc:"Percent of the time."`
	Escalate   []string  `json:"escalate,omitempty" doc:"Members told of a breach; absent: those who may assign."`
	From       time.Time `json:"from" doc:"What began earlier was promised nothing."`
}

// KeptView is a view under a name.
type KeptView struct {
	ID    string `json:"id"`
	Owner string `json:"owner" doc:"Member."`
	Count int    `json:"count" doc:"Conversations it has, at most 1,000."`
	More  bool   `json:"more,omitempty" doc:"It has more than that."`
	KeptViewDraft
}

// KeptViewDraft is what a view should show.
type KeptViewDraft struct {
	Name   string     `json:"name" maxLength:"60"`
	Shared bool       `json:"shared,omitempty" doc:"Everybody who reads the inbox sees it."`
	View   string     `json:"view" enum:"waiting,mine,unassigned,open,resolved"`
	Filter ViewFilter `json:"filter,omitempty"`
}

// ViewFilter narrows a view; what is absent narrows nothing.
type ViewFilter struct {
	Channel    string `json:"channel,omitempty"`
	Assignee   string `json:"assignee,omitempty" doc:"Member, or nobody."`
	Topic      string `json:"topic,omitempty"`
	Words      string `json:"words,omitempty" doc:"In the query language."`
	Language   string `json:"language,omitempty"`
	Feeling    string `json:"feeling,omitempty"`
	Nature     string `json:"nature,omitempty"`
	Priority   string `json:"priority,omitempty"`
	Age        int    `json:"age,omitempty" doc:"Days since it was opened, at least."`
	Service    string `json:"service,omitempty"`
	Tag        string `json:"tag,omitempty"`
	Department string `json:"department,omitempty"`
	Skill      string `json:"skill,omitempty"`
	Situation  string `json:"situation,omitempty" doc:"any that goes on, none of them, or one by its id or words of its name."`
}

// RoutingRule sends conversations to somebody; of several that match the first counts.
type RoutingRule struct {
	ID string `json:"id"`
	RoutingRuleDraft
}

// RoutingRuleDraft is what a rule of routing should say.
type RoutingRuleDraft struct {
	Name   string `json:"name" maxLength:"80"`
	Query  string `json:"query" doc:"In the query language, of the first post."`
	To     string `json:"to" enum:"member,department,skill"`
	Value  string `json:"value" doc:"Member id, department or skill."`
	Urgent bool   `json:"urgent,omitempty" doc:"Before the others."`
	Active bool   `json:"active,omitempty"`
}

func routingRule(r inbox.Rule) RoutingRule {
	return RoutingRule{r.ID, RoutingRuleDraft{r.Name, r.Query, string(r.To.Kind), r.To.Value, r.Urgent, r.Active}}
}

func (d RoutingRuleDraft) rule(id string) inbox.Rule {
	return inbox.Rule{ID: id, Name: d.Name, Query: d.Query, To: inbox.Target{Kind: inbox.TargetKind(d.To), Value: d.Value}, Urgent: d.Urgent, Active: d.Active}
}

// ByID names one in a path.
type ByID struct {
	ID string `path:"id" maxLength:"40"`
}

// desk adds the operations on what the inbox is set to.
func desk(a *api.API, s *inbox.Service) {
	levels := func(ctx context.Context) (*api.One[ServiceLevels], error) {
		p, seen, err := s.Promises(ctx)
		if err != nil {
			return nil, err
		}
		out := ServiceLevels{Seen: seen, Calendars: []ServiceCalendar{}, Policies: []ServicePolicy{}}
		for _, c := range p.Calendars {
			for d := range c.Week {
				c.Week[d] = append([]hours.Stretch{}, c.Week[d]...)
			}
			c.Holidays = append([]string{}, c.Holidays...)
			out.Calendars = append(out.Calendars, ServiceCalendar{c.ID, c.Name, c.Calendar})
		}
		for _, one := range p.Policies {
			out.Policies = append(out.Policies, ServicePolicy(one))
		}
		return api.Only(out), nil
	}
	api.Add(a, api.Op{ID: "read-service-levels", Method: http.MethodGet, Path: "/service-levels", Tag: "inbox", Summary: "What is promised to whom, and by which calendars", Permission: org.InboxRead},
		func(ctx context.Context, _ *struct{}) (*api.One[ServiceLevels], error) { return levels(ctx) })
	api.Add(a, api.Op{ID: "replace-service-levels", Method: http.MethodPut, Path: "/service-levels", Tag: "inbox", Summary: "Change what is promised", Permission: org.InboxAssign},
		func(ctx context.Context, in *struct{ Body ServiceLevels }) (*api.One[ServiceLevels], error) {
			var p due.Promises
			for _, c := range in.Body.Calendars {
				p.Calendars = append(p.Calendars, due.Calendar{ID: c.ID, Name: c.Name, Calendar: c.Calendar})
			}
			for _, one := range in.Body.Policies {
				p.Policies = append(p.Policies, due.Policy(one))
			}
			if err := s.Promise(ctx, p, in.Body.Seen); err != nil {
				return nil, err
			}
			return levels(ctx)
		})
	view := func(v *inbox.SavedView) KeptView {
		return KeptView{ID: v.ID, Owner: v.Owner, Count: v.Count, More: v.More, KeptViewDraft: KeptViewDraft{v.Name, v.Shared, string(v.View), ViewFilter(v.Filter)}}
	}
	api.Add(a, api.Op{ID: "list-views", Method: http.MethodGet, Path: "/views", Tag: "inbox", Summary: "Your kept views and those that others share", Permission: org.InboxRead},
		func(ctx context.Context, _ *struct{}) (*api.List[KeptView], error) {
			list, err := s.SavedViews(ctx)
			if err != nil {
				return nil, err
			}
			out := make([]KeptView, len(list))
			for i := range list {
				out[i] = view(&list[i])
			}
			return api.Listed(out, ""), nil
		})
	api.Add(a, api.Op{ID: "create-view", Method: http.MethodPost, Path: "/views", Tag: "inbox", Summary: "Keep a view under a name", Status: http.StatusCreated, Permission: org.InboxRead},
		func(ctx context.Context, in *struct{ Body KeptViewDraft }) (*api.One[KeptView], error) {
			v, err := s.SaveView(ctx, in.Body.Name, in.Body.Shared, inbox.View(in.Body.View), inbox.Filter(in.Body.Filter))
			if err != nil {
				return nil, err
			}
			return api.Only(view(&v)), nil
		})
	api.Add(a, api.Op{ID: "delete-view", Method: http.MethodDelete, Path: "/views/{id}", Tag: "inbox", Summary: "Forget a kept view", Permission: org.InboxRead},
		func(ctx context.Context, in *ByID) (*api.None, error) { return &api.None{}, s.DropView(ctx, in.ID) })

	rules := func(ctx context.Context, _ *struct{}) (*api.List[RoutingRule], error) {
		list, err := s.Rules(ctx)
		if err != nil {
			return nil, err
		}
		out := make([]RoutingRule, len(list))
		for i, r := range list {
			out[i] = routingRule(r)
		}
		return api.Listed(out, ""), nil
	}
	set := func(ctx context.Context, r inbox.Rule) (*api.One[RoutingRule], error) {
		r, err := s.SetRule(ctx, r)
		if err != nil {
			return nil, err
		}
		return api.Only(routingRule(r)), nil
	}
	api.Add(a, api.Op{ID: "list-routing-rules", Method: http.MethodGet, Path: "/routing-rules", Tag: "inbox", Summary: "Rules of routing in their order", Permission: org.InboxRead}, rules)
	api.Add(a, api.Op{ID: "create-routing-rule", Method: http.MethodPost, Path: "/routing-rules", Tag: "inbox", Summary: "Add a rule of routing, the last", Status: http.StatusCreated, Permission: org.InboxAssign},
		func(ctx context.Context, in *struct{ Body RoutingRuleDraft }) (*api.One[RoutingRule], error) {
			return set(ctx, in.Body.rule(""))
		})
	api.Add(a, api.Op{ID: "replace-routing-rule", Method: http.MethodPut, Path: "/routing-rules/{id}", Tag: "inbox", Summary: "Change a rule of routing", Permission: org.InboxAssign},
		func(ctx context.Context, in *struct {
			ByID
			Body RoutingRuleDraft
		}) (*api.One[RoutingRule], error) {
			return set(ctx, in.Body.rule(in.ID))
		})
	api.Add(a, api.Op{ID: "move-routing-rule", Method: http.MethodPost, Path: "/routing-rules/{id}/move", Tag: "inbox", Summary: "Put a rule of routing some places down, or up", Permission: org.InboxAssign},
		func(ctx context.Context, in *struct {
			ByID
			Body struct {
				By int `json:"by" minimum:"-100" maximum:"100"`
			}
		}) (*api.List[RoutingRule], error) {
			if err := s.MoveRule(ctx, in.ID, in.Body.By); err != nil {
				return nil, err
			}
			return rules(ctx, nil)
		})
	api.Add(a, api.Op{ID: "delete-routing-rule", Method: http.MethodDelete, Path: "/routing-rules/{id}", Tag: "inbox", Summary: "Take a rule of routing away", Permission: org.InboxAssign},
		func(ctx context.Context, in *ByID) (*api.None, error) { return &api.None{}, s.RemoveRule(ctx, in.ID) })
}
