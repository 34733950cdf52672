package channelapi

import (
	"context"
	"time"

	"github.com/entente/entente/internal/api"
	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/org"
)

// Sending is something we say, on its way.
type Sending struct {
	ID           string     `json:"id"`
	Channel      string     `json:"channel"`
	Conversation string     `json:"conversation,omitempty"`
	Member       string     `json:"member,omitempty"`
	State        string     `json:"state" enum:"queued,sending,sent,failed,uncertain,withdrawn"`
	Detail       string     `json:"detail,omitempty" doc:"Why it is not sent."`
	Attempts     int        `json:"attempts"`
	Subject      string     `json:"subject,omitempty"`
	Text         string     `json:"text"`
	Private      bool       `json:"private"`
	ExternalID   string     `json:"external_id,omitempty"`
	CreatedAt    time.Time  `json:"created_at"`
	DueAt        *time.Time `json:"due_at,omitempty"`
	SentAt       *time.Time `json:"sent_at,omitempty"`
}

func outgoing(a *api.API, s *channel.Service) {
	api.Add(a, api.Op{ID: "list-outgoing", Method: "GET", Path: "/outgoing", Tag: "channel", Summary: "List what we say through channels, oldest first",
		Permission: org.ChannelRead}, func(ctx context.Context, in *struct {
		api.Paging
		State        string `query:"state" enum:"queued,sending,sent,failed,uncertain,withdrawn"`
		Channel      string `query:"channel" maxLength:"40"`
		Conversation string `query:"conversation" maxLength:"40"`
	}) (*api.List[Sending], error) {
		after, err := api.ParseCursor(in.Cursor, 1)
		if err != nil {
			return nil, err
		}
		f := channel.SendingFilter{State: channel.SendingState(in.State), Channel: in.Channel, Conversation: in.Conversation, Limit: in.Limit + 1}
		if after != nil {
			f.After = after[0]
		}
		list, err := s.Outgoing(ctx, f)
		if err != nil {
			return nil, err
		}
		next := ""
		if len(list) > in.Limit {
			list = list[:in.Limit]
			next = api.Cursor(list[in.Limit-1].ID)
		}
		out := make([]Sending, len(list))
		for i, v := range list {
			out[i] = sending(ctx, v)
		}
		return api.Listed(out, next), nil
	})
	settle := func(id, path, summary string, do func(context.Context, string) error) {
		api.Add(a, api.Op{ID: id, Method: "POST", Path: "/outgoing/{id}/" + path, Tag: "channel", Summary: summary, Permission: org.ChannelEdit},
			func(ctx context.Context, in *ByID) (*api.One[Sending], error) {
				if err := do(ctx, in.ID); err != nil {
					return nil, err
				}
				v, err := s.Sending(ctx, in.ID)
				if err != nil {
					return nil, err
				}
				return api.Only(sending(ctx, v)), nil
			})
	}
	settle("resend-outgoing", "resend", "Send once more what failed, or what somebody found not to be there", s.Resend)
	settle("mark-outgoing-sent", "mark-sent", "Say of an uncertain sending that it is there", func(ctx context.Context, id string) error { return s.MarkSent(ctx, id, "") })
	settle("withdraw-outgoing", "withdraw", "Take back what is not on its way", s.Withdraw)
}

func sending(ctx context.Context, v channel.Sending) Sending {
	out := Sending{ID: v.ID, Channel: v.Channel, Conversation: v.Conversation, Member: v.Member, State: string(v.State), Detail: remark(ctx, v.Remark),
		Attempts: v.Attempts, Subject: v.Content.Subject, Text: v.Content.Text, Private: v.Content.Private, ExternalID: v.ExternalID,
		CreatedAt: v.CreatedAt, SentAt: when(v.SentAt)}
	if v.State == channel.Queued {
		out.DueAt = when(v.DueAt)
	}
	return out
}
