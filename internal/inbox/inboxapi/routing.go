package inboxapi

import (
	"context"
	"net/http"
	"time"

	"github.com/entente/entente/internal/api"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/org"
)

// Suggestion is somebody who could have a conversation.
type Suggestion struct {
	Member  string             `json:"member"`
	Name    string             `json:"name"`
	Free    bool               `json:"free" doc:"They can take it now."`
	Reasons []SuggestionReason `json:"reasons"`
}

// SuggestionReason says why somebody is suggested.
type SuggestionReason struct {
	Cause string `json:"cause" enum:"speaks,skill,learned,department,named,free,little_load,turn,away,no_time,full"`
	Text  string `json:"text" doc:"In the language asked for."`
}

// InboxNotice is something a member was told.
type InboxNotice struct {
	ID           string     `json:"id"`
	Key          string     `json:"key"`
	Text         string     `json:"text" doc:"In the language asked for."`
	Conversation string     `json:"conversation,omitempty"`
	At           time.Time  `json:"at"`
	ReadAt       *time.Time `json:"read_at,omitempty"`
}

// routing adds the operations about who gets what.
func routing(a *api.API, s *inbox.Service) {
	api.Add(a, api.Op{ID: "suggest-members", Method: http.MethodGet, Path: "/conversations/{id}/suggestions", Tag: "inbox", Summary: "Who fits a conversation, and why",
		Permission: org.InboxRead}, func(ctx context.Context, in *Named) (*api.List[Suggestion], error) {
		list, err := s.Suggest(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		out := make([]Suggestion, len(list))
		for i, one := range list {
			out[i] = Suggestion{Member: one.Member, Name: one.Name, Free: one.Free, Reasons: []SuggestionReason{}}
			for _, r := range one.Reasons {
				out[i].Reasons = append(out[i].Reasons, SuggestionReason{string(r.Cause), r.Line(ctx)})
			}
		}
		return api.Listed(out, ""), nil
	})
	api.Add(a, api.Op{ID: "pass-conversation", Method: http.MethodPost, Path: "/conversations/{id}/pass", Tag: "inbox", Summary: "Say that you will not have a conversation",
		Description: "It is not suggested to you again.", Permission: org.InboxEdit}, func(ctx context.Context, in *struct {
		Named
		Body struct {
			Reason string `json:"reason" enum:"skill,time,language,known,other"`
			Words  string `json:"words,omitempty" maxLength:"500" doc:"Needed for other."`
		}
	}) (*api.One[Conversation], error) {
		return shown(s.Pass(ctx, in.ID, inbox.PassReason(in.Body.Reason), in.Body.Words))
	})
	api.Add(a, api.Op{ID: "escalate-conversation", Method: http.MethodPost, Path: "/conversations/{id}/escalate", Tag: "inbox", Summary: "Hand a conversation up",
		Permission: org.InboxEdit}, func(ctx context.Context, in *struct {
		Named
		Body struct {
			To     string `json:"to,omitempty" maxLength:"40" doc:"Somebody who assigns, or your mentor; absent: all who assign."`
			Reason string `json:"reason" enum:"decision,angry,legal,press,danger,other"`
			Words  string `json:"words,omitempty" maxLength:"500" doc:"Needed for other."`
		}
	}) (*api.One[Conversation], error) {
		return shown(s.Escalate(ctx, in.ID, inbox.Escalation{To: in.Body.To, Reason: inbox.EscalationReason(in.Body.Reason), Words: in.Body.Words}))
	})
	api.Add(a, api.Op{ID: "list-notices", Method: http.MethodGet, Path: "/notices", Tag: "inbox", Summary: "What you were told, newest first", Permission: org.InboxRead},
		func(ctx context.Context, in *struct {
			Limit int `query:"limit" minimum:"1" maximum:"200" default:"50"`
		}) (*api.List[InboxNotice], error) {
			list, err := s.Notices(ctx, in.Limit)
			if err != nil {
				return nil, err
			}
			out := make([]InboxNotice, len(list))
			for i := range list {
				n := &list[i]
				out[i] = InboxNotice{ID: n.ID, Key: n.Key, Text: n.Line(ctx), Conversation: n.Conversation, At: n.At, ReadAt: at(n.ReadAt)}
			}
			return api.Listed(out, ""), nil
		})
}
