// Package communityapi offers over REST what community decides.
package communityapi

import (
	"context"
	"net/http"
	"time"

	"github.com/entente/entente/internal/api"
	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Community is a branded place.
type Community struct {
	ID       string            `json:"id"`
	Slug     string            `json:"slug" doc:"Its address is /c/SLUG."`
	Host     string            `json:"host,omitempty" doc:"Its own host name."`
	URL      string            `json:"url" doc:"Where it is in the world."`
	Channel  string            `json:"channel" doc:"What is said in it comes through this channel."`
	Name     map[string]string `json:"name" doc:"By language."`
	About    map[string]string `json:"about"`
	Langs    []string          `json:"langs"`
	Audience string            `json:"audience" enum:"public,members,kinds,invited"`
	Kinds    []string          `json:"kinds" doc:"Relationships that the audience is of, when it is by kinds."`
	SignUp   string            `json:"sign_up" enum:"open,approval,closed"`
	ClosedAt *time.Time        `json:"closed_at,omitempty"`
}

// Space is a section of a community, as far as the one who asks knows it.
type Space struct {
	ID         string            `json:"id"`
	Slug       string            `json:"slug"`
	Name       map[string]string `json:"name" doc:"By language."`
	About      map[string]string `json:"about"`
	Access     string            `json:"access" enum:"open,request,invitation,hidden"`
	Holds      []string          `json:"holds" doc:"What it takes: question, discussion."`
	Readable   bool              `json:"readable" doc:"You may read what is said there."`
	ArchivedAt *time.Time        `json:"archived_at,omitempty"`
}

// ByID names a community.
type ByID struct {
	ID string `path:"id" maxLength:"50"`
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// Operations adds the operations.
func Operations(a *api.API, s *community.Service) {
	op := func(id, path, summary string) api.Op {
		return api.Op{ID: id, Method: http.MethodGet, Path: path, Tag: "community", Summary: summary, Permission: org.CommunityRead}
	}
	of := func(ctx context.Context, c community.Community) Community {
		out := Community{ID: c.ID, Slug: c.Slug, Host: c.Host, URL: s.URL(ctx, c), Channel: c.Channel, Name: c.Name, About: c.About, Langs: c.Langs, Audience: string(c.Audience),
			Kinds: c.Kinds, SignUp: string(c.SignUp), ClosedAt: moment(c.ClosedAt)}
		if out.Kinds == nil {
			out.Kinds = []string{}
		}
		return out
	}
	find := func(ctx context.Context, id string) (community.Community, community.Sight, error) {
		o, err := s.Sees(ctx, nil)
		if err != nil {
			return community.Community{}, o, err
		}
		c, seen := o.ByID(id)
		if !seen {
			return c, o, problem.New(problem.Missing, "problem.not_found")
		}
		return c, o, nil
	}
	api.Add(a, op("list-communities", "/communities", "The communities that you see"), func(ctx context.Context, _ *struct{}) (*api.List[Community], error) {
		o, err := s.Sees(ctx, nil)
		if err != nil {
			return nil, err
		}
		var out []Community
		for _, c := range o.Communities() {
			out = append(out, of(ctx, c))
		}
		return api.Listed(out, ""), nil
	})
	api.Add(a, op("get-community", "/communities/{id}", "One community"), func(ctx context.Context, in *ByID) (*api.One[Community], error) {
		c, _, err := find(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		return api.Only(of(ctx, c)), nil
	})
	api.Add(a, op("list-spaces", "/communities/{id}/spaces", "The spaces of a community that you know of"), func(ctx context.Context, in *ByID) (*api.List[Space], error) {
		c, o, err := find(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		var out []Space
		for _, sp := range o.Spaces(c.ID) {
			out = append(out, Space{ID: sp.ID, Slug: sp.Slug, Name: sp.Name, About: sp.About, Access: string(sp.Access), Holds: sp.Holds, Readable: o.May(sp.ID), ArchivedAt: moment(sp.ArchivedAt)})
		}
		return api.Listed(out, ""), nil
	})
	(&desk{s: s, find: find, of: of}).operations(a)
}
