// Package orgapi decides how the organisation, its members and their access look in the REST interface: operations come in, calls of org
// and JSON go out.
package orgapi

import (
	"context"
	"encoding/json"
	"time"

	"github.com/entente/entente/internal/api"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

const tag = "organisation"

// Operations adds the operations. Tokens are made on pages only, by members who have signed in: one that leaked cannot make others.
func Operations(a *api.API, s *org.Service) {
	h := handlers{s}
	api.Add(a, api.Op{ID: "me", Method: "GET", Path: "/me", Tag: tag, Summary: "Who this token acts for, and what it may do", Permission: org.SignedIn}, h.me)
	api.Add(a, api.Op{ID: "change-me", Method: "PATCH", Path: "/me", Tag: tag, Summary: "Change one's own profile",
		Description: "Needs a token with the scope signed_in.", Permission: org.SignedIn}, h.changeMe)
	api.Add(a, api.Op{ID: "list-my-sessions", Method: "GET", Path: "/me/sessions", Tag: tag, Summary: "List one's own sessions",
		Description: "Needs a token with the scope signed_in.", Permission: org.SignedIn}, h.sessions)
	api.Add(a, api.Op{ID: "end-my-session", Method: "DELETE", Path: "/me/sessions/{id}", Tag: tag, Summary: "End one of one's own sessions",
		Description: "Needs a token with the scope signed_in.", Permission: org.SignedIn, Status: 204}, h.endSession)
	api.Add(a, api.Op{ID: "list-my-tokens", Method: "GET", Path: "/me/tokens", Tag: tag, Summary: "List one's own tokens",
		Description: "Needs a token with the scope signed_in. Secrets are never shown.", Permission: org.SignedIn}, h.tokens)
	api.Add(a, api.Op{ID: "revoke-my-token", Method: "DELETE", Path: "/me/tokens/{id}", Tag: tag, Summary: "Revoke one of one's own tokens",
		Description: "Needs a token with the scope signed_in, except to revoke itself.", Permission: org.SignedIn, Status: 204}, h.revokeToken)

	api.Add(a, api.Op{ID: "list-members", Method: "GET", Path: "/members", Tag: tag, Summary: "List members, those who came last first", Permission: org.MemberRead}, h.members)
	api.Add(a, api.Op{ID: "read-member", Method: "GET", Path: "/members/{id}", Tag: tag, Summary: "Read a member", Permission: org.MemberRead}, h.member)
	api.Add(a, api.Op{ID: "change-member", Method: "PATCH", Path: "/members/{id}", Tag: tag, Summary: "Give a member another role",
		Description: "A role can be given and taken away only by a token that allows everything the role allows.", Permission: org.MemberEdit}, h.changeMember)
	api.Add(a, api.Op{ID: "suspend-member", Method: "POST", Path: "/members/{id}/suspend", Tag: tag, Summary: "Suspend a member",
		Description: "Sessions and tokens end at once.", Permission: org.MemberEdit}, h.suspend)
	api.Add(a, api.Op{ID: "resume-member", Method: "POST", Path: "/members/{id}/resume", Tag: tag, Summary: "Let a suspended member in again", Permission: org.MemberEdit}, h.resume)
	api.Add(a, api.Op{ID: "remove-member", Method: "DELETE", Path: "/members/{id}", Tag: tag, Summary: "Remove a member for good",
		Description: "Address, password, sessions, tokens and links are deleted. What they did stays under their name.", Permission: org.MemberEdit, Status: 204}, h.remove)
	api.Add(a, api.Op{ID: "invite", Method: "POST", Path: "/invitations", Tag: tag, Summary: "Invite somebody, or again",
		Description: "The link is in the answer only when it was not mailed.", Permission: org.MemberEdit, Status: 201, Secret: true}, h.invite)
	api.Add(a, api.Op{ID: "withdraw-invitation", Method: "DELETE", Path: "/invitations/{id}", Tag: tag, Summary: "Withdraw an invitation, by the id of the member",
		Permission: org.MemberEdit, Status: 204}, h.withdraw)

	api.Add(a, api.Op{ID: "read-organisation", Method: "GET", Path: "/organisation", Tag: tag, Summary: "Read the organisation", Permission: org.SignedIn}, h.organisation)
	api.Add(a, api.Op{ID: "change-organisation", Method: "PATCH", Path: "/organisation", Tag: tag, Summary: "Change the organisation", Permission: org.OrgEdit}, h.changeOrganisation)
	api.Add(a, api.Op{ID: "list-audit", Method: "GET", Path: "/audit", Tag: tag, Summary: "List the audit log, newest first", Permission: org.AuditRead}, h.audit)
}

type handlers struct{ s *org.Service }

// Member is a member as the interface shows it.
type Member struct {
	ID         string     `json:"id"`
	Email      string     `json:"email"`
	Name       string     `json:"name"`
	Role       string     `json:"role" enum:"owner,strategist,social,volunteer,member"`
	State      string     `json:"state" enum:"active,suspended,invited,removed" doc:"Removed members are found by id alone."`
	Lang       string     `json:"lang" doc:"Language, such as fr."`
	Zone       string     `json:"zone" doc:"Time zone, such as Europe/Paris."`
	CreatedAt  time.Time  `json:"created_at"`
	LastSeenAt *time.Time `json:"last_seen_at,omitempty" doc:"Exact to a minute; absent when never."`
}

func member(m *org.Member) Member {
	return Member{ID: m.ID, Email: m.Email, Name: m.Name, Role: string(m.Role), State: string(m.State), Lang: m.Lang, Zone: m.Zone,
		CreatedAt: m.CreatedAt, LastSeenAt: some(m.LastSeenAt)}
}

func some(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// Me is whom a token acts for.
type Me struct {
	Member
	Permissions []string `json:"permissions" doc:"What this token may do now: its scopes, as far as the member has them."`
}

func (h handlers) me(ctx context.Context, _ *struct{}) (*api.One[Me], error) {
	m := org.Who(ctx)
	out := Me{Member: member(m), Permissions: []string{}}
	for _, p := range m.Role.Permissions() {
		if m.May(p) {
			out.Permissions = append(out.Permissions, string(p))
		}
	}
	return api.Only(out), nil
}

type profileIn struct {
	Body struct {
		Name  *string `json:"name,omitempty" maxLength:"500"`
		Lang  *string `json:"lang,omitempty" maxLength:"20"`
		Zone  *string `json:"zone,omitempty" maxLength:"100"`
		Theme *string `json:"theme,omitempty" enum:"light,dark,"`
	}
}

// or is the value given, else the one there is.
func or(given *string, is string) string {
	if given != nil {
		return *given
	}
	return is
}

func (h handlers) changeMe(ctx context.Context, in *profileIn) (*api.One[Member], error) {
	m, b := org.Who(ctx), in.Body
	if err := h.s.ChangeProfile(ctx, org.Profile{Name: or(b.Name, m.Name), Lang: or(b.Lang, m.Lang), Zone: or(b.Zone, m.Zone), Theme: or(b.Theme, m.Theme)}); err != nil {
		return nil, err
	}
	return h.read(ctx, m.ID)
}

func (h handlers) read(ctx context.Context, id string) (*api.One[Member], error) {
	m, err := h.s.Find(ctx, id)
	if err != nil {
		return nil, err
	}
	out := member(m)
	if m.State == org.Removed {
		out.Email = "" // it is nobody's
	}
	return api.Only(out), nil
}

// Session is a session as the interface shows it.
type Session struct {
	ID        string    `json:"id"`
	Agent     string    `json:"agent" doc:"Browser and system, such as Firefox · Linux."`
	IP        string    `json:"ip" doc:"Where it began."`
	CreatedAt time.Time `json:"created_at"`
	SeenAt    time.Time `json:"seen_at"`
	ExpiresAt time.Time `json:"expires_at" doc:"When it ends unless it is used before."`
}

func (h handlers) sessions(ctx context.Context, _ *struct{}) (*api.List[Session], error) {
	list, err := h.s.Sessions(ctx)
	if err != nil {
		return nil, err
	}
	var out []Session
	for _, x := range list {
		out = append(out, Session{x.ID, x.Agent, x.IP, x.CreatedAt, x.SeenAt, x.ExpiresAt})
	}
	return api.Listed(out, ""), nil
}

type byID struct {
	ID string `path:"id" maxLength:"64"`
}

func (h handlers) endSession(ctx context.Context, in *byID) (*api.None, error) {
	return nil, h.s.EndSession(ctx, in.ID)
}

// Token is a token as the interface shows it.
type Token struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	Scopes    []string   `json:"scopes"`
	CreatedAt time.Time  `json:"created_at"`
	ExpiresAt time.Time  `json:"expires_at"`
	UsedAt    *time.Time `json:"used_at,omitempty" doc:"Exact to a minute; absent when never."`
	RevokedAt *time.Time `json:"revoked_at,omitempty"`
}

func (h handlers) tokens(ctx context.Context, _ *struct{}) (*api.List[Token], error) {
	list, err := h.s.Tokens(ctx)
	if err != nil {
		return nil, err
	}
	var out []Token
	for _, t := range list {
		x := Token{ID: t.ID, Name: t.Name, Scopes: []string{}, CreatedAt: t.CreatedAt, ExpiresAt: t.ExpiresAt, UsedAt: some(t.UsedAt), RevokedAt: some(t.RevokedAt)}
		for _, s := range t.Scopes {
			x.Scopes = append(x.Scopes, string(s))
		}
		out = append(out, x)
	}
	return api.Listed(out, ""), nil
}

func (h handlers) revokeToken(ctx context.Context, in *byID) (*api.None, error) {
	return nil, h.s.RevokeToken(ctx, in.ID)
}

type membersIn struct {
	api.Paging
	State string `query:"state" enum:"active,suspended,invited"`
	Email string `query:"email" maxLength:"300" doc:"Only the member with this address."`
}

func (h handlers) members(ctx context.Context, in *membersIn) (*api.List[Member], error) {
	after, err := api.ParseCursor(in.Cursor, 1)
	if err != nil {
		return nil, err
	}
	if in.Email != "" {
		m, err := h.s.ByEmail(ctx, in.Email)
		if problem.Is(err, problem.Missing) {
			return api.Listed[Member](nil, ""), nil
		}
		if err != nil {
			return nil, err
		}
		if in.State != "" && string(m.State) != in.State || after != nil {
			return api.Listed[Member](nil, ""), nil
		}
		return api.Listed([]Member{member(m)}, ""), nil
	}
	l := org.Listing{State: org.State(in.State), Limit: in.Limit}
	if after != nil {
		l.Before = after[0]
	}
	all, more, err := h.s.List(ctx, l)
	if problem.Is(err, problem.Missing) {
		return nil, problem.New(problem.Invalid, "org.bad_cursor").On("cursor")
	}
	if err != nil {
		return nil, err
	}
	next := ""
	if more {
		next = api.Cursor(all[len(all)-1].ID)
	}
	var out []Member
	for _, m := range all {
		out = append(out, member(m))
	}
	return api.Listed(out, next), nil
}

func (h handlers) member(ctx context.Context, in *byID) (*api.One[Member], error) {
	return h.read(ctx, in.ID)
}

type roleIn struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Role string `json:"role" enum:"owner,strategist,social,volunteer,member"`
	}
}

func (h handlers) changeMember(ctx context.Context, in *roleIn) (*api.One[Member], error) {
	if err := h.s.ChangeRole(ctx, in.ID, org.Role(in.Body.Role)); err != nil {
		return nil, err
	}
	return h.read(ctx, in.ID)
}

func (h handlers) suspend(ctx context.Context, in *byID) (*api.One[Member], error) {
	if err := h.s.Suspend(ctx, in.ID); err != nil {
		return nil, err
	}
	return h.read(ctx, in.ID)
}

func (h handlers) resume(ctx context.Context, in *byID) (*api.One[Member], error) {
	if err := h.s.Resume(ctx, in.ID); err != nil {
		return nil, err
	}
	return h.read(ctx, in.ID)
}

type removeIn struct {
	ID       string `path:"id" maxLength:"64"`
	Nameless bool   `query:"nameless" doc:"What they did is shown under “Former member” instead of their name."`
}

func (h handlers) remove(ctx context.Context, in *removeIn) (*api.None, error) {
	return nil, h.s.Remove(ctx, in.ID, in.Nameless)
}

type inviteIn struct {
	Body struct {
		Email string `json:"email" maxLength:"300"`
		Name  string `json:"name,omitempty" maxLength:"500"`
		Role  string `json:"role" enum:"owner,strategist,social,volunteer,member"`
		Lang  string `json:"lang,omitempty" maxLength:"20" doc:"Of the mail; the organisation's when absent."`
	}
}

// Invitation is an invitation just made.
type Invitation struct {
	Member Member `json:"member"`
	Mailed bool   `json:"mailed"`
	Link   string `json:"link,omitempty" doc:"To pass on by hand, when it was not mailed. It works once, for 7 days."`
}

func (h handlers) invite(ctx context.Context, in *inviteIn) (*api.One[Invitation], error) {
	d, err := h.s.Invite(ctx, org.Invite{Email: in.Body.Email, Name: in.Body.Name, Role: org.Role(in.Body.Role), Lang: in.Body.Lang})
	if err != nil {
		return nil, err
	}
	out := Invitation{Member: member(d.Member), Mailed: d.Mailed}
	if !d.Mailed {
		o, err := h.s.Organisation(ctx)
		if err != nil {
			return nil, err
		}
		out.Link = o.URL + d.Path
	}
	return api.Only(out), nil
}

func (h handlers) withdraw(ctx context.Context, in *byID) (*api.None, error) {
	return nil, h.s.Withdraw(ctx, in.ID)
}

// Organisation is the organisation as the interface shows it.
type Organisation struct {
	Name      string   `json:"name"`
	Lang      string   `json:"lang"`
	Zone      string   `json:"zone"`
	URL       string   `json:"url"`
	Addresses []string `json:"addresses" doc:"Its own sites, mailboxes and accounts."`
}

func (h handlers) organisation(ctx context.Context, _ *struct{}) (*api.One[Organisation], error) {
	o, err := h.s.Organisation(ctx)
	if err != nil {
		return nil, err
	}
	return api.Only(Organisation{o.Name, o.Lang, o.Zone, o.URL, append([]string{}, o.Addresses...)}), nil
}

type organisationIn struct {
	Body struct {
		Name      *string   `json:"name,omitempty" maxLength:"500"`
		Lang      *string   `json:"lang,omitempty" maxLength:"20"`
		Zone      *string   `json:"zone,omitempty" maxLength:"100"`
		URL       *string   `json:"url,omitempty" maxLength:"500"`
		Addresses *[]string `json:"addresses,omitempty" maxItems:"100"`
	}
}

func (h handlers) changeOrganisation(ctx context.Context, in *organisationIn) (*api.One[Organisation], error) {
	o, err := h.s.Organisation(ctx)
	if err != nil {
		return nil, err
	}
	b := in.Body
	o.Name, o.Lang, o.Zone, o.URL = or(b.Name, o.Name), or(b.Lang, o.Lang), or(b.Zone, o.Zone), or(b.URL, o.URL)
	if b.Addresses != nil {
		o.Addresses = *b.Addresses
	}
	if err := h.s.ChangeOrganisation(ctx, o); err != nil {
		return nil, err
	}
	return h.organisation(ctx, nil)
}

// Entry is a line of the audit log as the interface shows it.
type Entry struct {
	ID      string         `json:"id"`
	At      time.Time      `json:"at"`
	Member  string         `json:"member,omitempty" doc:"Id of who did it; absent when nobody had signed in."`
	Way     string         `json:"way,omitempty" enum:"session,token,operator"`
	IP      string         `json:"ip,omitempty"`
	Action  string         `json:"action" doc:"Such as member.suspend."`
	Object  string         `json:"object,omitempty" doc:"Such as member:ID."`
	Details map[string]any `json:"details,omitempty"`
}

type auditIn struct {
	api.Paging
	Member string    `query:"member" maxLength:"64"`
	Action string    `query:"action" maxLength:"64" doc:"An action, or its beginning with the dot: member."`
	Object string    `query:"object" maxLength:"300"`
	From   time.Time `query:"from" doc:"Included."`
	To     time.Time `query:"to" doc:"Excluded."`
}

func (h handlers) audit(ctx context.Context, in *auditIn) (*api.List[Entry], error) {
	f := org.AuditFilter{Member: in.Member, Action: in.Action, Object: in.Object, From: in.From, To: in.To, Limit: in.Limit}
	before, err := api.ParseCursor(in.Cursor, 1)
	if err != nil {
		return nil, err
	}
	if before != nil {
		f.Before = before[0]
	}
	list, next, err := h.s.AuditLog(ctx, f)
	if err != nil {
		return nil, err
	}
	var out []Entry
	for _, e := range list {
		x := Entry{ID: e.ID, At: e.At, Member: e.Member, Way: e.Way, IP: e.IP, Action: e.Action, Object: e.Object}
		// Details that are no object are of no use to a program.
		if json.Unmarshal(e.Details, &x.Details) != nil {
			x.Details = nil
		}
		out = append(out, x)
	}
	if next != "" {
		next = api.Cursor(next)
	}
	return api.Listed(out, next), nil
}
