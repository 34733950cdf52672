// Package leadapi offers leads over REST: handed over, read, and decided.
package leadapi

import (
	"context"
	"net/http"
	"time"

	"github.com/entente/entente/internal/api"
	"github.com/entente/entente/internal/lead"
	"github.com/entente/entente/internal/org"
)

// Lead is a conversation that somebody may buy after.
type Lead struct {
	ID        string     `json:"id"`
	State     string     `json:"state" enum:"open,won,lost"`
	Won       int64      `json:"won,omitempty" doc:"Minor units: what it was worth."`
	Outcome   string     `json:"outcome,omitempty"`
	HandedBy  string     `json:"handed_by" doc:"Member."`
	DecidedBy string     `json:"decided_by,omitempty" doc:"Member."`
	DecidedAt *time.Time `json:"decided_at,omitempty"`
	CreatedAt time.Time  `json:"created_at"`
	UpdatedAt time.Time  `json:"updated_at"`
	LeadDraft
}

// LeadDraft is what is handed over.
type LeadDraft struct {
	Conversation string    `json:"conversation" maxLength:"40"`
	Name         string    `json:"name" maxLength:"200"`
	Note         string    `json:"note,omitempty" maxLength:"4000"`
	Owner        string    `json:"owner" maxLength:"40" doc:"Member who sells."`
	DueAt        time.Time `json:"due_at"`
	Amount       int64     `json:"amount,omitempty" doc:"Minor units: what it may be worth."`
	Currency     string    `json:"currency,omitempty" enum:"EUR,USD,GBP,CHF,CAD"`
}

func shown(l *lead.Lead) Lead {
	out := Lead{ID: l.ID, State: string(l.State), Won: l.Won, Outcome: l.Outcome, HandedBy: l.HandedBy, DecidedBy: l.DecidedBy, CreatedAt: l.CreatedAt, UpdatedAt: l.UpdatedAt,
		LeadDraft: LeadDraft{l.Conversation, l.Name, l.Note, l.Owner, l.DueAt, l.Amount, l.Currency}}
	if !l.DecidedAt.IsZero() {
		out.DecidedAt = &l.DecidedAt
	}
	return out
}

// ByID names one in a path.
type ByID struct {
	ID string `path:"id" maxLength:"40"`
}

// Operations adds the operations.
func Operations(a *api.API, s *lead.Service) {
	one := func(l lead.Lead, err error) (*api.One[Lead], error) {
		if err != nil {
			return nil, err
		}
		return api.Only(shown(&l)), nil
	}
	op := func(id, method, path, summary string, p org.Permission) api.Op {
		return api.Op{ID: id, Method: method, Path: "/leads" + path, Tag: "inbox", Summary: summary, Permission: p}
	}
	api.Add(a, op("list-leads", http.MethodGet, "", "Leads: open ones by their day, or decided ones, the newest first", org.InboxRead), func(ctx context.Context, in *struct {
		Decided bool `query:"decided"`
	}) (*api.List[Lead], error) {
		list, err := s.List(ctx, !in.Decided)
		if err != nil {
			return nil, err
		}
		out := make([]Lead, len(list))
		for i := range list {
			out[i] = shown(&list[i])
		}
		return api.Listed(out, ""), nil
	})
	create := op("create-lead", http.MethodPost, "", "Hand a conversation to whoever sells", org.InboxEdit)
	create.Status = http.StatusCreated
	api.Add(a, create, func(ctx context.Context, in *struct{ Body LeadDraft }) (*api.One[Lead], error) {
		b := in.Body
		return one(s.Hand(ctx, lead.Lead{Conversation: b.Conversation, Name: b.Name, Note: b.Note, Owner: b.Owner, DueAt: b.DueAt, Amount: b.Amount, Currency: b.Currency}))
	})
	api.Add(a, op("get-lead", http.MethodGet, "/{id}", "A lead", org.InboxRead), func(ctx context.Context, in *ByID) (*api.One[Lead], error) { return one(s.Find(ctx, in.ID)) })
	api.Add(a, op("decide-lead", http.MethodPost, "/{id}/decide", "Say what came of a lead", org.InboxEdit), func(ctx context.Context, in *struct {
		ByID
		Seen time.Time `query:"seen" doc:"The updated_at you have seen: a later change of somebody else is then a conflict (409)."`
		Body struct {
			State    string `json:"state" enum:"open,won,lost" doc:"open takes back what was said."`
			Won      int64  `json:"won,omitempty" doc:"Minor units."`
			Currency string `json:"currency,omitempty" enum:"EUR,USD,GBP,CHF,CAD"`
			Outcome  string `json:"outcome,omitempty" maxLength:"4000"`
		}
	}) (*api.One[Lead], error) {
		return one(s.Decide(ctx, in.ID, in.Seen.UTC(), lead.State(in.Body.State), in.Body.Won, in.Body.Currency, in.Body.Outcome))
	})
}
