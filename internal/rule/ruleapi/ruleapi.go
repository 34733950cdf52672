// Package ruleapi offers rules over REST: what they are, what they did, and what they would have done.
package ruleapi

import (
	"context"
	"net/http"
	"time"

	"github.com/entente/entente/internal/api"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/rule"
)

// Rule is something to be done by itself.
type Rule struct {
	ID        string     `json:"id"`
	Place     int        `json:"place" doc:"Rules look in this order."`
	State     string     `json:"state" enum:"on,off,paused"`
	Why       string     `json:"why,omitempty" enum:"budget,owner,failing" doc:"Why it is paused."`
	Owner     string     `json:"owner" doc:"The member who saved it last: it acts in their name and may do what they may."`
	SinceAt   time.Time  `json:"since_at" doc:"It looks at what happened from then on."`
	UpdatedAt time.Time  `json:"updated_at"`
	LastAt    *time.Time `json:"last_at,omitempty" doc:"When it last fired."`
	RuleDraft
}

// RuleDraft is what a rule is to be.
type RuleDraft struct {
	Name    string         `json:"name" maxLength:"120"`
	When    string         `json:"when" enum:"heard,opened,reopened,waiting,resolved,labelled"`
	WaitFor int            `json:"wait_minutes,omitempty" minimum:"0" doc:"Of waiting: how long somebody waits for us, in minutes."`
	If      RuleConditions `json:"if,omitempty"`
	Then    RuleDoings     `json:"then"`
	Last    bool           `json:"last,omitempty" doc:"When it fires, rules after it do not look at the same fact."`
	PerHour int            `json:"per_hour,omitempty" minimum:"0" maximum:"2000" doc:"It may fire so often in an hour (60 when nothing is said); beyond that it is paused and the social team told."`
	On      bool           `json:"on,omitempty"`
}

// RuleConditions narrow when a rule fires; what is absent does not.
type RuleConditions struct {
	Words    string   `json:"words,omitempty" doc:"In the query language, of the post at hand: the one heard or labelled, of a conversation the newest of theirs."`
	Channels []string `json:"channels,omitempty"`
	Held     string   `json:"held,omitempty" doc:"nobody, somebody, or a member."`
	Privacy  string   `json:"privacy,omitempty" enum:"public,private"`
	Standing string   `json:"standing,omitempty" enum:"none,open,resolved" doc:"Of the conversation; none: there is none."`
	Reopened int      `json:"reopened,omitempty" doc:"At least so often."`
}

// RuleDoings are what a rule does, in this order.
type RuleDoings struct {
	Open       bool     `json:"open,omitempty" doc:"A conversation about the post."`
	Sentiment  string   `json:"sentiment,omitempty" enum:"negative,neutral,positive"`
	Kind       string   `json:"kind,omitempty" enum:"praise,complaint,suggestion,question,lead,job"`
	Tags       []string `json:"tags,omitempty"`
	Assign     string   `json:"assign,omitempty" doc:"Member."`
	Department string   `json:"department,omitempty" doc:"Whoever fits best of it and is free."`
	Skill      string   `json:"skill,omitempty" doc:"Whoever fits best of those who declare it and is free."`
	Release    bool     `json:"release,omitempty"`
	Note       string   `json:"note,omitempty" maxLength:"4000"`
	Tell       []string `json:"tell,omitempty" doc:"Members."`
	TellTeam   bool     `json:"tell_team,omitempty"`
	Resolve    bool     `json:"resolve,omitempty"`
	Because    string   `json:"because,omitempty" maxLength:"4000"`
}

// RuleFiring is one time a rule met a fact.
type RuleFiring struct {
	ID           string     `json:"id"`
	Rule         string     `json:"rule"`
	When         string     `json:"when"`
	Conversation string     `json:"conversation,omitempty"`
	Post         string     `json:"post,omitempty"`
	State        string     `json:"state" enum:"due,done,failed,held" doc:"held: beyond the budget, nothing was done."`
	Why          RuleWhy    `json:"why"`
	Steps        []RuleStep `json:"steps"`
	At           time.Time  `json:"at"`
}

// RuleWhy says which words and conditions decided.
type RuleWhy struct {
	Words []string `json:"words,omitempty"`
	Query string   `json:"query,omitempty" doc:"Where no word of it but only fields decided."`
	Held  string   `json:"held,omitempty"`
}

// RuleStep is one thing done, or why it was not.
type RuleStep struct {
	Do      string `json:"do"`
	Refused string `json:"refused,omitempty"`
}

// RuleTrial is what a rule would have done in the past.
type RuleTrial struct {
	From   time.Time  `json:"from"`
	To     time.Time  `json:"to"`
	Looked int        `json:"looked" doc:"Facts it would have looked at."`
	All    bool       `json:"all" doc:"Whether those were all of the time; else the newest."`
	Fired  int        `json:"fired"`
	Ends   int        `json:"kept" doc:"Of them a rule before it would have been the last."`
	OverAt *time.Time `json:"over_at,omitempty" doc:"When it would first have gone beyond its budget."`
	Rows   []RuleHit  `json:"rows" doc:"The newest."`
}

// RuleHit is a fact a rule would have met.
type RuleHit struct {
	At           time.Time `json:"at"`
	Conversation string    `json:"conversation,omitempty"`
	Post         string    `json:"post,omitempty"`
	Title        string    `json:"title"`
	Why          RuleWhy   `json:"why"`
}

// ByID names a rule.
type ByID struct {
	ID string `path:"id" maxLength:"50"`
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func shown(r rule.Rule, t rule.Tally) Rule {
	return Rule{ID: r.ID, Place: r.Place, State: string(r.State), Why: r.Why, Owner: r.Owner, SinceAt: r.SinceAt, UpdatedAt: r.UpdatedAt, LastAt: moment(t.LastAt), RuleDraft: RuleDraft{Name: r.Name,
		When: string(r.When), WaitFor: int(r.WaitFor / time.Minute), If: RuleConditions(r.If), Then: RuleDoings(r.Then), Last: r.Last, PerHour: r.PerHour, On: r.State == rule.On}}
}

func (d RuleDraft) rule(id string) rule.Rule {
	r := rule.Rule{ID: id, Name: d.Name, When: rule.Occasion(d.When), WaitFor: time.Duration(d.WaitFor) * time.Minute, If: rule.Conditions(d.If), Then: rule.Doings(d.Then), Last: d.Last,
		PerHour: d.PerHour, State: rule.Off}
	if d.On {
		r.State = rule.On
	}
	return r
}

func why(w rule.Why) RuleWhy { return RuleWhy{Words: w.Words, Query: w.Query, Held: w.Held} }

func op(id, method, path, summary string, p org.Permission) api.Op {
	o := api.Op{ID: id, Method: method, Path: "/rules" + path, Tag: "rules", Summary: summary, Permission: p}
	if id == "create-rule" {
		o.Status = http.StatusCreated
	}
	return o
}

// Operations adds the operations.
func Operations(a *api.API, s *rule.Service) {
	one := func(ctx context.Context, r rule.Rule) (*api.One[Rule], error) {
		t, err := s.Tallies(ctx, s.Now().AddDate(0, 0, -30))
		if err != nil {
			return nil, err
		}
		return api.Only(shown(r, t[r.ID])), nil
	}
	api.Add(a, op("list-rules", http.MethodGet, "", "Rules in the order in which they look", org.InboxRead), func(ctx context.Context, _ *struct{}) (*api.List[Rule], error) {
		list, err := s.Rules(ctx)
		if err != nil {
			return nil, err
		}
		t, err := s.Tallies(ctx, s.Now().AddDate(0, 0, -30))
		if err != nil {
			return nil, err
		}
		out := make([]Rule, len(list))
		for i, r := range list {
			out[i] = shown(r, t[r.ID])
		}
		return api.Listed(out, ""), nil
	})
	api.Add(a, op("create-rule", http.MethodPost, "", "Add a rule, the last in the order", org.InboxAssign), func(ctx context.Context, in *struct{ Body RuleDraft }) (*api.One[Rule], error) {
		r, err := s.Add(ctx, in.Body.rule(""))
		if err != nil {
			return nil, err
		}
		return one(ctx, r)
	})
	api.Add(a, op("get-rule", http.MethodGet, "/{id}", "A rule", org.InboxRead), func(ctx context.Context, in *ByID) (*api.One[Rule], error) {
		r, err := s.Rule(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		return one(ctx, r)
	})
	api.Add(a, op("replace-rule", http.MethodPut, "/{id}", "Change a rule", org.InboxAssign), func(ctx context.Context, in *struct {
		ByID
		Seen time.Time `query:"seen" doc:"The updated_at you have seen: a later change of somebody else is then a conflict (409)."`
		Body RuleDraft
	}) (*api.One[Rule], error) {
		r := in.Body.rule(in.ID)
		r.UpdatedAt = in.Seen.UTC()
		r, err := s.Change(ctx, r)
		if err != nil {
			return nil, err
		}
		return one(ctx, r)
	})
	api.Add(a, op("delete-rule", http.MethodDelete, "/{id}", "Remove a rule; what it did stays in the log", org.InboxAssign), func(ctx context.Context, in *ByID) (*api.None, error) {
		return &api.None{}, s.Remove(ctx, in.ID)
	})
	api.Add(a, op("move-rule", http.MethodPost, "/{id}/move", "Put a rule one place up or down", org.InboxAssign), func(ctx context.Context, in *struct {
		ByID
		Body struct {
			Up bool `json:"up"`
		}
	}) (*api.One[Rule], error) {
		if err := s.Move(ctx, in.ID, in.Body.Up); err != nil {
			return nil, err
		}
		r, err := s.Rule(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		return one(ctx, r)
	})
	api.Add(a, op("try-rule", http.MethodPost, "/try", "What a rule would have done in the past; nothing is done", org.InboxAssign), func(ctx context.Context, in *struct {
		Days int `query:"days" minimum:"1" maximum:"90" default:"30"`
		Body RuleDraft
	}) (*api.One[RuleTrial], error) {
		t, err := s.Try(ctx, in.Body.rule(""), in.Days)
		if err != nil {
			return nil, err
		}
		out := RuleTrial{From: t.From, To: t.To, Looked: t.Looked, All: t.All, Fired: t.Fired, Ends: t.Ends, OverAt: moment(t.OverAt), Rows: []RuleHit{}}
		for _, h := range t.Rows {
			out.Rows = append(out.Rows, RuleHit{At: h.At, Conversation: h.Conversation, Post: h.Post, Title: h.Title, Why: why(h.Why)})
		}
		return api.Only(out), nil
	})
	api.Add(a, op("list-rule-firings", http.MethodGet, "/{id}/firings", "What a rule did and why, the newest first", org.InboxRead), func(ctx context.Context, in *struct {
		ByID
		Cursor string `query:"cursor" maxLength:"50"`
		Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	}) (*api.List[RuleFiring], error) {
		list, err := s.Firings(ctx, in.ID, in.Cursor, in.Limit)
		if err != nil {
			return nil, err
		}
		next := ""
		if len(list) == in.Limit {
			next = list[len(list)-1].ID
		}
		out := make([]RuleFiring, len(list))
		for i, f := range list {
			out[i] = RuleFiring{ID: f.ID, Rule: f.Rule, When: string(f.When), Conversation: f.Conversation, Post: f.Post, State: string(f.State), Why: why(f.Why), Steps: []RuleStep{}, At: f.At}
			for _, st := range f.Steps {
				step := RuleStep{Do: st.Do}
				if p := st.Refused(); p != nil {
					step.Refused = i18n.T(ctx, p.Key, p.Args...)
				}
				out[i].Steps = append(out[i].Steps, step)
			}
		}
		return api.Listed(out, next), nil
	})
}
