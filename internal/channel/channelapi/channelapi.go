// Package channelapi decides how programs set channels up and settle what was not sent: REST calls come in, calls of channel and JSON go out.
package channelapi

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/entente/entente/internal/api"
	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/sorting"
)

// Kind is a kind of channel and the settings it needs.
type Kind struct {
	Kind   string   `json:"kind" example:"feed"`
	Title  string   `json:"title" doc:"In the language of the request."`
	Can    []string `json:"can" doc:"fetch, search, stream, receive, replies, public_reply, private_reply, publish, schedule, edit, delete, metrics"`
	Paid   bool     `json:"paid" doc:"Each call costs money there."`
	Fields []Field  `json:"fields"`
}

// Field is one setting.
type Field struct {
	Name     string   `json:"name"`
	Title    string   `json:"title"`
	Type     string   `json:"type" enum:"text,url,host,number,secret,choice,switch,mail"`
	Required bool     `json:"required"`
	Default  string   `json:"default,omitempty"`
	Choices  []string `json:"choices,omitempty"`
}

// Channel is a channel; secrets are named, never given.
type Channel struct {
	ID        string            `json:"id"`
	Kind      string            `json:"kind"`
	Name      string            `json:"name"`
	Settings  map[string]string `json:"settings"`
	Secrets   []string          `json:"secrets" doc:"Names of the secrets that are kept."`
	Inbox     string            `json:"inbox" enum:"all,questions,mentions,none" doc:"Which threads become conversations."`
	Enabled   bool              `json:"enabled"`
	CreatedAt time.Time         `json:"created_at"`
	Health    Health            `json:"health"`
	Shown     map[string]string `json:"shown,omitempty" doc:"Secrets just made by us, given this once."`
}

// Health is how a channel fares.
type Health struct {
	Fault     string     `json:"fault" enum:",temporary,throttled,unauthorised,refused,gone" doc:"Empty when all is well."`
	Detail    string     `json:"detail,omitempty"`
	Stopped   bool       `json:"stopped" doc:"A person must act before it is asked again."`
	Failures  int        `json:"failures" doc:"In a row."`
	DueAt     *time.Time `json:"due_at,omitempty"`
	PolledAt  *time.Time `json:"polled_at,omitempty"`
	ChangedAt *time.Time `json:"changed_at,omitempty"`
	ExpiresAt *time.Time `json:"expires_at,omitempty"`
	Limits    *Limits    `json:"limits,omitempty" doc:"What the place allows now; absent when it does not say."`
}

// Limits are what a place allows.
type Limits struct {
	Remaining *int       `json:"remaining,omitempty" doc:"Calls left until reset_at."`
	ResetAt   *time.Time `json:"reset_at,omitempty"`
	MaxLength int        `json:"max_length,omitempty" doc:"Characters a post may have."`
}

// Draft is a channel to be made.
type Draft struct {
	Kind     string            `json:"kind" maxLength:"60"`
	Name     string            `json:"name,omitempty" maxLength:"200" doc:"Absent: what the place calls itself."`
	Settings map[string]string `json:"settings,omitempty" doc:"By field name, secrets among them."`
	Inbox    string            `json:"inbox,omitempty" enum:"all,questions,mentions,none"`
	Enabled  *bool             `json:"enabled,omitempty" doc:"True when absent."`
}

// Change is what is to change of a channel; what is absent stays.
type Change struct {
	Name     string            `json:"name,omitempty" maxLength:"200"`
	Settings map[string]string `json:"settings,omitempty" doc:"Only these change. A secret that is absent or empty stays, unless the channel moves to another machine."`
	Inbox    string            `json:"inbox,omitempty" enum:"all,questions,mentions,none"`
	Enabled  *bool             `json:"enabled,omitempty"`
}

// Checked is what the place said of itself.
type Checked struct {
	Title     string     `json:"title,omitempty"`
	ExpiresAt *time.Time `json:"expires_at,omitempty"`
}

// ByID names a thing in the path.
type ByID struct {
	ID string `path:"id" maxLength:"40"`
}

// Operations adds the operations.
func Operations(a *api.API, s *channel.Service) {
	api.Add(a, api.Op{ID: "list-channel-kinds", Method: "GET", Path: "/channel-kinds", Tag: "channel", Summary: "List the kinds of channel and their settings",
		Permission: org.ChannelRead}, func(ctx context.Context, _ *struct{}) (*api.List[Kind], error) {
		var out []Kind
		for _, d := range s.Kinds() {
			out = append(out, kind(ctx, d))
		}
		return api.Listed(out, ""), nil
	})
	api.Add(a, api.Op{ID: "list-channels", Method: "GET", Path: "/channels", Tag: "channel", Summary: "List channels, oldest first",
		Permission: org.ChannelRead}, func(ctx context.Context, in *struct{ api.Paging }) (*api.List[Channel], error) {
		after, err := api.ParseCursor(in.Cursor, 1)
		if err != nil {
			return nil, err
		}
		list, err := s.List(ctx)
		if err != nil {
			return nil, err
		}
		sorting.Func(list, func(a, b channel.Account) int { return strings.Compare(a.ID, b.ID) })
		var out []Channel
		for _, a := range list {
			if after != nil && a.ID <= after[0] {
				continue
			}
			if len(out) == in.Limit {
				return api.Listed(out, api.Cursor(out[len(out)-1].ID)), nil
			}
			out = append(out, account(ctx, a))
		}
		return api.Listed(out, ""), nil
	})
	api.Add(a, api.Op{ID: "create-channel", Method: "POST", Path: "/channels", Tag: "channel", Summary: "Set a channel up", Status: 201, Secret: true,
		Permission: org.ChannelEdit}, func(ctx context.Context, in *struct{ Body Draft }) (*api.One[Channel], error) {
		a, err := s.Add(ctx, channel.Draft{Kind: in.Body.Kind, Name: in.Body.Name, Settings: in.Body.Settings, Inbox: channel.Inbox(in.Body.Inbox),
			Disabled: in.Body.Enabled != nil && !*in.Body.Enabled})
		return one(ctx, a, placed(s, in.Body.Kind, err))
	})
	api.Add(a, api.Op{ID: "find-channel", Method: "GET", Path: "/channels/{id}", Tag: "channel", Summary: "Find a channel",
		Permission: org.ChannelRead}, func(ctx context.Context, in *ByID) (*api.One[Channel], error) {
		a, err := present(ctx, s, in.ID)
		return one(ctx, a, err)
	})
	api.Add(a, api.Op{ID: "update-channel", Method: "PATCH", Path: "/channels/{id}", Tag: "channel", Summary: "Change a channel",
		Permission: org.ChannelEdit}, func(ctx context.Context, in *struct {
		ByID
		Body Change
	}) (*api.One[Channel], error) {
		a, err := present(ctx, s, in.ID)
		if err != nil {
			return nil, err
		}
		enabled := a.Enabled
		if in.Body.Enabled != nil {
			enabled = *in.Body.Enabled
		}
		kind := a.Kind
		a, err = s.Update(ctx, in.ID, channel.Draft{Name: in.Body.Name, Settings: in.Body.Settings, Inbox: channel.Inbox(in.Body.Inbox), Disabled: !enabled})
		return one(ctx, a, placed(s, kind, err))
	})
	api.Add(a, api.Op{ID: "delete-channel", Method: "DELETE", Path: "/channels/{id}", Tag: "channel", Summary: "Remove a channel; what was said there stays",
		Permission: org.ChannelEdit}, func(ctx context.Context, in *ByID) (*api.None, error) {
		return &api.None{}, s.Remove(ctx, in.ID)
	})
	api.Add(a, api.Op{ID: "poll-channel", Method: "POST", Path: "/channels/{id}/poll", Tag: "channel", Summary: "Have a channel asked for news now",
		Permission: org.ChannelEdit}, func(ctx context.Context, in *ByID) (*api.None, error) {
		return &api.None{}, s.PollNow(ctx, in.ID)
	})
	api.Add(a, api.Op{ID: "check-channel", Method: "POST", Path: "/channels/{id}/check", Tag: "channel", Summary: "Test a channel's access",
		Permission: org.ChannelEdit}, func(ctx context.Context, in *ByID) (*api.One[Checked], error) {
		h, err := s.Check(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		return api.Only(Checked{h.Title, when(h.ExpiresAt)}), nil
	})
	api.Add(a, api.Op{ID: "renew-channel-secrets", Method: "POST", Path: "/channels/{id}/renew", Tag: "channel", Summary: "Make new secrets for a channel whose secrets are made here; the old ones end now", Secret: true,
		Permission: org.ChannelEdit}, func(ctx context.Context, in *ByID) (*api.One[Channel], error) {
		a, err := s.Renew(ctx, in.ID)
		return one(ctx, a, err)
	})
	outgoing(a, s)
}

func one(ctx context.Context, a channel.Account, err error) (*api.One[Channel], error) {
	if err != nil {
		return nil, err
	}
	return api.Only(account(ctx, a)), nil
}

// placed says of a problem with a setting where it stands in the body.
func placed(s *channel.Service, kind string, err error) error {
	if err == nil {
		return nil
	}
	p := problem.Of(err)
	d, _ := s.Describe(kind)
	if p.Key == "channel.unknown_setting" || slices.ContainsFunc(d.Fields, func(f channel.Field) bool { return f.Name == p.Field }) {
		return p.On("settings." + p.Field)
	}
	return err
}

// present finds a channel that was not removed.
func present(ctx context.Context, s *channel.Service, id string) (channel.Account, error) {
	a, err := s.Find(ctx, id)
	if err == nil && !a.RemovedAt.IsZero() {
		err = problem.New(problem.Missing, "channel.not_found")
	}
	return a, err
}

func when(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func account(ctx context.Context, a channel.Account) Channel {
	out := Channel{ID: a.ID, Kind: a.Kind, Name: a.Name, Settings: a.Settings, Secrets: a.Secrets, Inbox: string(a.Inbox), Enabled: a.Enabled,
		CreatedAt: a.CreatedAt, Shown: a.Shown, Health: Health{Fault: string(a.State.Fault), Detail: remark(ctx, a.State.Remark), Stopped: a.State.Stopped(),
			Failures: a.State.Failures, DueAt: when(a.State.DueAt), PolledAt: when(a.State.PolledAt), ChangedAt: when(a.State.ChangedAt), ExpiresAt: when(a.State.ExpiresAt)}}
	if l := a.State.Limits; l != (channel.Limits{}) {
		out.Health.Limits = &Limits{ResetAt: when(l.ResetAt), MaxLength: l.MaxLength}
		if l.Counted {
			out.Health.Limits.Remaining = &l.Remaining
		}
	}
	if out.Settings == nil {
		out.Settings = map[string]string{}
	}
	if out.Secrets == nil {
		out.Secrets = []string{}
	}
	return out
}

func remark(ctx context.Context, r channel.Remark) string {
	if r.Key != "" && i18n.Has(r.Key) {
		return i18n.T(ctx, r.Key, r.Args...)
	}
	return r.Text
}

func kind(ctx context.Context, d channel.Description) Kind {
	out := Kind{Kind: d.Kind, Title: i18n.T(ctx, "channel.kind."+d.Kind), Paid: d.Paid, Can: []string{}, Fields: []Field{}}
	names := []string{"fetch", "search", "stream", "receive", "replies", "public_reply", "private_reply", "publish", "schedule", "edit", "delete", "metrics"}
	for i, name := range names {
		if d.Can.Has(channel.Fetch << i) {
			out.Can = append(out.Can, name)
		}
	}
	for _, f := range d.Fields {
		out.Fields = append(out.Fields, Field{Name: f.Name, Title: i18n.T(ctx, "channel."+d.Kind+"."+f.Name), Type: string(f.Type), Required: f.Required,
			Default: f.Default, Choices: f.Choices})
	}
	return out
}
