// Package governapi offers over REST what govern decides.
package governapi

import (
	"context"
	"net/http"
	"time"

	"github.com/entente/entente/internal/api"
	"github.com/entente/entente/internal/govern"
	"github.com/entente/entente/internal/govern/orient"
	"github.com/entente/entente/internal/govern/ready"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// ByID names one entry.
type ByID struct {
	ID string `path:"id" maxLength:"50"`
}

// Given names one entry and says which state of it whoever changes it has seen.
type Given struct {
	ByID
	Seen time.Time `query:"seen" doc:"The updated_at you have seen: a later change of somebody else is then a conflict (409). To replace an entry it must be given."`
}

func op(id, method, path, summary string, p org.Permission) api.Op {
	o := api.Op{ID: id, Method: method, Path: "/govern" + path, Tag: "govern", Summary: summary, Permission: p}
	if method == http.MethodPost {
		o.Status = http.StatusCreated
	}
	return o
}

// entries are the five operations of a register: T is what govern keeps, E what is shown, D what is given.
type entries[T, E, D any] struct {
	one, many, path string
	stamp           func(*T) *time.Time // when it was last changed
	show            func(T) E
	take            func(D, string) T
	list            func(context.Context) ([]T, error)
	find            func(context.Context, string) (T, error)
	add, change     func(context.Context, T) (T, error)
	remove          func(context.Context, string) error
	write           org.Permission
}

func (e entries[T, E, D]) operations(a *api.API) {
	api.Add(a, op("list-"+e.many, http.MethodGet, e.path, "List "+e.many, org.StrategyRead), func(ctx context.Context, _ *struct{}) (*api.List[E], error) {
		list, err := e.list(ctx)
		if err != nil {
			return nil, err
		}
		out := make([]E, len(list))
		for i, v := range list {
			out[i] = e.show(v)
		}
		return api.Listed(out, ""), nil
	})
	api.Add(a, op("create-"+e.one, http.MethodPost, e.path, "Add one of the "+e.many, e.write), func(ctx context.Context, in *struct{ Body D }) (*api.One[E], error) {
		v, err := e.add(ctx, e.take(in.Body, ""))
		if err != nil {
			return nil, err
		}
		return api.Only(e.show(v)), nil
	})
	api.Add(a, op("get-"+e.one, http.MethodGet, e.path+"/{id}", "One of the "+e.many, org.StrategyRead), func(ctx context.Context, in *ByID) (*api.One[E], error) {
		v, err := e.find(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		return api.Only(e.show(v)), nil
	})
	api.Add(a, op("replace-"+e.one, http.MethodPut, e.path+"/{id}", "Change one of the "+e.many, e.write), func(ctx context.Context, in *struct {
		Given
		Body D
	}) (*api.One[E], error) {
		if in.Seen.IsZero() {
			return nil, problem.New(problem.Conflict, "govern.seen_missing")
		}
		v := e.take(in.Body, in.ID)
		*e.stamp(&v) = in.Seen.UTC()
		v, err := e.change(ctx, v)
		if err != nil {
			return nil, err
		}
		return api.Only(e.show(v)), nil
	})
	api.Add(a, op("delete-"+e.one, http.MethodDelete, e.path+"/{id}", "Remove one of the "+e.many, org.StrategyEdit), func(ctx context.Context, in *ByID) (*api.None, error) {
		return &api.None{}, e.remove(ctx, in.ID)
	})
}

// Operations adds the operations.
func Operations(a *api.API, s *govern.Service) {
	entries[govern.Risk, RiskEntry, RiskEntryDraft]{"risk", "risks", "/risks", func(v *govern.Risk) *time.Time { return &v.UpdatedAt }, func(r govern.Risk) RiskEntry { return ofRisk(s.Now())(r) }, RiskEntryDraft.entry,
		s.Risks, s.Risk, s.AddRisk, s.ChangeRisk, s.RemoveRisk, org.StrategyEdit}.operations(a)
	entries[govern.Surrounding, SurroundingEntry, SurroundingEntryDraft]{"surrounding", "surroundings", "/surroundings", func(v *govern.Surrounding) *time.Time { return &v.UpdatedAt }, ofSurrounding, SurroundingEntryDraft.entry,
		s.Surroundings, s.Surrounding, s.AddSurrounding, s.ChangeSurrounding, s.RemoveSurrounding, org.StrategyEdit}.operations(a)
	entries[govern.Decision, DecisionEntry, DecisionEntryDraft]{"decision", "decisions", "/decisions", func(v *govern.Decision) *time.Time { return &v.UpdatedAt }, ofDecision, DecisionEntryDraft.entry,
		s.Decisions, s.Decision, s.AddDecision, s.ChangeDecision, s.RemoveDecision, org.StrategyEdit}.operations(a)
	entries[govern.Review, ReviewEntry, ReviewEntryDraft]{"review", "reviews", "/reviews", func(v *govern.Review) *time.Time { return &v.UpdatedAt }, ofReview, ReviewEntryDraft.entry,
		s.Reviews, s.Review, s.AddReview, s.ChangeReview, s.RemoveReview, org.StrategyEdit}.operations(a)
	entries[govern.Action, ActionEntry, ActionEntryDraft]{"action", "actions", "/actions", func(v *govern.Action) *time.Time { return &v.UpdatedAt }, ofAction, ActionEntryDraft.entry,
		s.Actions, s.Action, s.AddAction, s.ChangeAction, s.RemoveAction, org.StrategyEdit}.operations(a)
	entries[govern.Spending, SpendingEntry, SpendingEntryDraft]{"spending", "spendings", "/spendings", func(v *govern.Spending) *time.Time { return &v.UpdatedAt }, ofSpending, SpendingEntryDraft.entry,
		s.Spendings, s.Spending, s.AddSpending, s.ChangeSpending, s.RemoveSpending, org.StrategyEdit}.operations(a)
	entries[govern.Insight, InsightEntry, InsightEntryDraft]{"insight", "insights", "/insights", func(v *govern.Insight) *time.Time { return &v.UpdatedAt }, ofInsight, InsightEntryDraft.entry,
		s.Insights, s.Insight, s.HandInsight, s.ChangeInsight, s.RemoveInsight, org.StrategyRead}.operations(a)
	entries[govern.Tie, TieEntry, TieEntryDraft]{"tie", "ties", "/ties", func(v *govern.Tie) *time.Time { return &v.UpdatedAt }, ofTie, TieEntryDraft.entry,
		func(ctx context.Context) ([]govern.Tie, error) {
			list, err := s.Ties(ctx)
			if err != nil {
				return nil, err
			}
			return s.Counted(ctx, list...)
		}, counted(s, s.Tie), counted(s, s.AddTie), counted(s, s.ChangeTie), s.RemoveTie, org.StrategyEdit}.operations(a)
	steps(a, s)
	standing(a, s)
}

// counted says of the line of the plan that comes of a call how many ties there are.
func counted[In any](s *govern.Service, do func(context.Context, In) (govern.Tie, error)) func(context.Context, In) (govern.Tie, error) {
	return func(ctx context.Context, in In) (govern.Tie, error) {
		t, err := do(ctx, in)
		if err != nil {
			return t, err
		}
		list, err := s.Counted(ctx, t)
		if err != nil {
			return t, err
		}
		return list[0], nil
	}
}

// steps are what is done with entries.
func steps(a *api.API, s *govern.Service) {
	api.Add(a, op("mark-surrounding-reviewed", http.MethodPost, "/surroundings/{id}/review", "Note that somebody looked at it now", org.StrategyEdit), func(ctx context.Context, in *struct {
		ByID
		Body struct {
			ReviewAt time.Time `json:"review_at" doc:"When to look at it again."`
		}
	}) (*api.One[SurroundingEntry], error) {
		if err := s.ReviewSurrounding(ctx, in.ID, in.Body.ReviewAt.UTC()); err != nil {
			return nil, err
		}
		e, err := s.Surrounding(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		return api.Only(ofSurrounding(e)), nil
	})
	api.Add(a, op("hold-review", http.MethodPost, "/reviews/{id}/hold", "Note that a review took place; the next one is planned", org.StrategyEdit), func(ctx context.Context, in *struct {
		ByID
		Body struct {
			Notes string `json:"notes,omitempty" maxLength:"20000"`
		}
	}) (*api.One[ReviewEntry], error) {
		r, _, err := s.HoldReview(ctx, in.ID, in.Body.Notes)
		if err != nil {
			return nil, err
		}
		return api.Only(ofReview(r)), nil
	})
	api.Add(a, op("read-agenda", http.MethodGet, "/reviews/{id}/agenda", "What the review talks about: made now while it is ahead, as it was once held", org.StrategyRead), func(ctx context.Context, in *ByID) (*api.List[AgendaPoint], error) {
		r, err := s.Review(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		list := r.Agenda
		if r.HeldAt.IsZero() {
			look, err := s.Look(ctx)
			if err != nil {
				return nil, err
			}
			list = look.Agenda()
		}
		out := make([]AgendaPoint, len(list))
		for i, p := range list {
			var args []any
			for _, v := range p.Args {
				args = append(args, v)
			}
			out[i] = AgendaPoint{p.Kind, p.Ref, p.In(i18n.Lang(ctx)), i18n.T(ctx, p.Why, args...)}
		}
		return api.Listed(out, ""), nil
	})
	api.Add(a, op("finish-action", http.MethodPost, "/actions/{id}/finish", "Note that an action is done, or open it again", org.StrategyRead), func(ctx context.Context, in *struct {
		Given
		Body struct {
			Done    bool   `json:"done"`
			Outcome string `json:"outcome,omitempty" maxLength:"4000"`
		}
	}) (*api.One[ActionEntry], error) {
		v, err := s.FinishAction(ctx, in.ID, in.Seen.UTC(), in.Body.Done, in.Body.Outcome)
		if err != nil {
			return nil, err
		}
		return api.Only(ofAction(v)), nil
	})
	api.Add(a, op("decide-insight", http.MethodPost, "/insights/{id}/decide", "Note what the department decided; who handed it over cannot, unless they steer", org.StrategyRead), func(ctx context.Context, in *struct {
		Given
		Body struct {
			Verdict string `json:"verdict" enum:"done,planned,refused"`
			Reason  string `json:"reason" maxLength:"2000"`
			Outcome string `json:"outcome,omitempty" maxLength:"4000"`
		}
	}) (*api.One[InsightEntry], error) {
		v, err := s.DecideInsight(ctx, in.ID, in.Seen.UTC(), in.Body.Verdict, in.Body.Reason, in.Body.Outcome)
		if err != nil {
			return nil, err
		}
		return api.Only(ofInsight(v)), nil
	})
}

// standing is where the whole stands.
func standing(a *api.API, s *govern.Service) {
	api.Add(a, op("read-insight-rate", http.MethodGet, "/insight-rate", "The insight-to-decision rate", org.StrategyRead), func(ctx context.Context, _ *struct{}) (*api.One[InsightRate], error) {
		list, err := s.Insights(ctx)
		if err != nil {
			return nil, err
		}
		r := govern.RateOf(list, s.Now())
		return api.Only(InsightRate{shareOf(r.Decided), shareOf(r.InTime), shareOf(r.Acted), r.Waiting}), nil
	})
	api.Add(a, op("list-doubled-capabilities", http.MethodGet, "/doubled-capabilities", "What several departments pay for at the same time", org.StrategyRead), func(ctx context.Context, _ *struct{}) (*api.List[DoubledCapability], error) {
		list, err := s.Spendings(ctx)
		if err != nil {
			return nil, err
		}
		planned, err := s.Planned(ctx, list)
		if err != nil {
			return nil, err
		}
		var out []DoubledCapability
		for _, d := range govern.Doubles(append(list, planned...), s.Now()) {
			x := DoubledCapability{Capability: d.Capability, Departments: d.Departments, Entries: []string{}}
			for _, e := range d.Entries {
				if e.Initiative != "" {
					x.Licences = append(x.Licences, Licence{e.Initiative, e.Tool, e.Department, e.Approval, e.BeginsAt, e.EndsAt})
				} else {
					x.Entries = append(x.Entries, e.ID)
				}
			}
			out = append(out, x)
		}
		return api.Listed(out, ""), nil
	})
	view := func(ctx context.Context) (*api.One[ReadinessView], error) {
		r, err := s.Readiness(ctx)
		if err != nil {
			return nil, err
		}
		out := ReadinessView{Service: r.Gate.Readiness, Needed: ready.ServiceThreshold, Open: r.Open(), Overruled: r.Opening != nil, First: []ReadinessStep{}}
		for _, x := range r.Scores {
			out.Scores = append(out.Scores, ReadinessScore{string(x.P), x.Mean, ready.Stage(x.Mean), x.Answered, x.Of})
		}
		for _, x := range r.Gate.First {
			out.First = append(out.First, ReadinessStep{x.Question.ID, x.Is, x.To})
		}
		return api.Only(out), nil
	}
	api.Add(a, op("read-readiness", http.MethodGet, "/readiness", "How far people, policies, processes and practices are", org.StrategyRead), func(ctx context.Context, _ *struct{}) (*api.One[ReadinessView], error) { return view(ctx) })
	api.Add(a, op("claim-readiness", http.MethodPost, "/readiness", "Give a question of readiness a level", org.StrategyEdit), func(ctx context.Context, in *struct{ Body ReadinessClaim }) (*api.One[ReadinessView], error) {
		b := in.Body
		if _, err := s.Claim(ctx, govern.Claim{Question: b.Question, Level: b.Level, Evidence: b.Evidence, Link: b.Link, EvidenceOn: at(b.EvidenceOn)}); err != nil {
			return nil, err
		}
		return view(ctx)
	})
	api.Add(a, op("open-gate", http.MethodPost, "/gate", "Let public services open for ninety days although the organisation is not ready", org.OrgEdit), func(ctx context.Context, in *struct {
		Body struct {
			Reason string `json:"reason" maxLength:"1000"`
		}
	}) (*api.One[ReadinessView], error) {
		if _, err := s.OpenGate(ctx, in.Body.Reason); err != nil {
			return nil, err
		}
		return view(ctx)
	})
	api.Add(a, op("close-gate", http.MethodDelete, "/gate", "Take that back", org.OrgEdit), func(ctx context.Context, _ *struct{}) (*api.None, error) { return &api.None{}, s.CloseGate(ctx) })

	because := func(list []orient.Reason) []string {
		out := []string{}
		for _, r := range list {
			out = append(out, r.Question+"."+r.Choice)
		}
		return out
	}
	where := func(ctx context.Context) (*api.One[OrientationView], error) {
		o, err := s.Orientation(ctx)
		if err != nil {
			return nil, err
		}
		out := OrientationView{Answers: o.Answers, Complete: o.Result.Complete(), Direction: o.Result.Direction(), Market: o.Result.Market(), Proposals: []OrientationProposal{}}
		for _, w := range o.Result.Activities {
			out.Activities = append(out.Activities, OrientationWeight{string(w.Subject), w.Points, because(w.Reasons)})
		}
		for _, p := range o.Result.Proposals {
			out.Proposals = append(out.Proposals, OrientationProposal{p.ID, i18n.T(ctx, "govern.proposal."+p.ID), p.Measures, p.Presence, because(p.Reasons), o.Put[p.ID]})
		}
		return api.Only(out), nil
	}
	api.Add(a, op("read-orientation", http.MethodGet, "/orientation", "Where the organisation is going, and what follows from that", org.StrategyRead), func(ctx context.Context, _ *struct{}) (*api.One[OrientationView], error) { return where(ctx) })
	api.Add(a, op("answer-orientation", http.MethodPut, "/orientation/{question}", "Answer a question; no choices take the answer back", org.StrategyEdit), func(ctx context.Context, in *struct {
		Question string `path:"question" maxLength:"50"`
		Body     struct {
			Choices []string `json:"choices" maxItems:"20"`
		}
	}) (*api.One[OrientationView], error) {
		if err := s.Answer(ctx, in.Question, in.Body.Choices); err != nil {
			return nil, err
		}
		return where(ctx)
	})
	api.Add(a, op("put-proposal", http.MethodPost, "/proposals/{id}/put", "Put a proposed objective on a map", org.StrategyEdit), func(ctx context.Context, in *struct {
		ByID
		Body struct {
			Map string `json:"map,omitempty" maxLength:"50" doc:"The first when absent."`
		}
	}) (*api.One[PutObjective], error) {
		o, err := s.PutProposal(ctx, in.ID, in.Body.Map)
		if err != nil {
			return nil, err
		}
		return api.Only(PutObjective{o.ID, o.Map, o.Perspective}), nil
	})
}

// PutObjective is what became of a proposal.
type PutObjective struct {
	Objective   string `json:"objective"`
	Map         string `json:"map"`
	Perspective string `json:"perspective"`
}
