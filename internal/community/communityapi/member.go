package communityapi

import (
	"context"
	"net/http"
	"time"

	"github.com/entente/entente/internal/api"
	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/org"
)

// Belonging says that somebody is in a community or a group of it, or would like to be.
type Belonging struct {
	ID    string    `json:"id" doc:"Of the member."`
	Name  string    `json:"name"`
	Email string    `json:"email,omitempty"`
	Space string    `json:"space,omitempty" doc:"The group; absent for the community."`
	State string    `json:"state" enum:"in,asked,invited"`
	Role  string    `json:"role" enum:"member,moderator"`
	Words string    `json:"words,omitempty" doc:"With which they asked."`
	At    time.Time `json:"at"`
}

// members are the operations on who is in a community or a group.
func (d *desk) members(a *api.API) {
	s := d.s
	api.Add(a, op("list-community-members", http.MethodGet, "/communities/{id}/members", "Who is in a community or a group of it, asked to be or was invited", org.CommunityModerate), func(ctx context.Context, in *struct {
		ByID
		Space string `query:"space" maxLength:"50" doc:"A group; the community when absent."`
		State string `query:"state" enum:"in,asked,invited" default:"in"`
	}) (*api.List[Belonging], error) {
		c, _, err := d.find(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		list, err := s.Among(ctx, c.ID, in.Space, community.State(in.State))
		if err != nil {
			return nil, err
		}
		out := make([]Belonging, len(list))
		for i := range list {
			l := &list[i]
			out[i] = Belonging{ID: l.Member, Name: l.Name, Email: l.Email, Space: l.Space, State: string(l.State), Role: string(l.Role), Words: l.Words, At: l.At}
		}
		return api.Listed(out, ""), nil
	})
	api.Add(a, op("invite-to-community", http.MethodPost, "/communities/{id}/members", "Invite somebody who has an account; who asked is let in", org.CommunityModerate), func(ctx context.Context, in *struct {
		ByID
		Body struct {
			Email string `json:"email" maxLength:"254"`
			Space string `json:"space,omitempty" maxLength:"50" doc:"A group; the community when absent."`
		}
	}) (*api.None, error) {
		if err := org.InOwnName(ctx); err != nil {
			return nil, err
		}
		c, _, err := d.find(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		return &api.None{}, s.Invite(ctx, c.ID, in.Body.Space, in.Body.Email)
	})
	api.Add(a, op("put-out-of-community", http.MethodDelete, "/communities/{id}/members/{item}", "Put a member out of a community or a group, refuse who asked, or take an invitation back", org.CommunityModerate),
		func(ctx context.Context, in *struct {
			Within
			Space string `query:"space" maxLength:"50" doc:"A group; the community when absent."`
		}) (*api.None, error) {
			if err := org.InOwnName(ctx); err != nil {
				return nil, err
			}
			c, _, err := d.find(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			return &api.None{}, s.PutOut(ctx, c.ID, in.Space, in.Item)
		})
}
