// Package contactapi offers contact points over REST: what they are set to, and how far those who asked came.
package contactapi

import (
	"context"
	"net/http"
	"time"

	"github.com/entente/entente/internal/api"
	"github.com/entente/entente/internal/contact"
	"github.com/entente/entente/internal/org"
)

// ContactPoint is a form, and a widget on the sites it names.
type ContactPoint struct {
	ID        string    `json:"id"`
	Slug      string    `json:"slug" doc:"Its form is at /contact/SLUG."`
	Channel   string    `json:"channel"`
	Closed    bool      `json:"closed,omitempty"`
	ChangedAt time.Time `json:"changed_at"`
	ContactPointDraft
}

// ContactPointDraft is what a contact point should be.
type ContactPointDraft struct {
	Name      string   `json:"name" maxLength:"80"`
	Languages []string `json:"languages" minItems:"1" doc:"Of its pages, the first is its own."`
	Community string   `json:"community,omitempty" maxLength:"40" doc:"Whose answers are shown first."`
	Mail      string   `json:"mail,omitempty" maxLength:"40" doc:"Channel that answers go out through by mail."`
	Sites     []string `json:"sites,omitempty" maxItems:"20" doc:"Origins that may embed the widget."`
	Holdout   int      `json:"holdout,omitempty" minimum:"0" maximum:"50" doc:"Percent of visitors who are shown no answers."`
	Days      int      `json:"days,omitempty" minimum:"1" maximum:"30" doc:"Within so many days of a question writing to us is about it; 3 where it is not said."`
	Survey    bool     `json:"survey,omitempty"`
}

// ContactFigures are how far those who asked came.
type ContactFigures struct {
	Visits  int `json:"visits"`
	Held    int `json:"held" doc:"Without answers, to compare."`
	Offered int `json:"offered"`
	Read    int `json:"read"`
	Found   int `json:"found" doc:"Said that an answer helped."`
	Missed  int `json:"missed"`
	Would   int `json:"would" doc:"Said that they would have written otherwise."`
	Not     int `json:"would_not"`
	Wrote   int `json:"wrote" doc:"Within the days that the contact point says."`
}

func shown(p contact.Point) ContactPoint {
	return ContactPoint{ID: p.ID, Slug: p.Slug, Channel: p.Channel, Closed: !p.ClosedAt.IsZero(), ChangedAt: p.ChangedAt,
		ContactPointDraft: ContactPointDraft{p.Name, p.Langs, p.Community, p.Mail, p.Sites, p.Holdout, p.Days, p.Survey}}
}

func (d ContactPointDraft) point(id string) contact.Point {
	return contact.Point{ID: id, Name: d.Name, Langs: d.Languages, Community: d.Community, Mail: d.Mail, Sites: d.Sites, Holdout: d.Holdout, Days: d.Days, Survey: d.Survey}
}

// ByID names one in a path.
type ByID struct {
	ID string `path:"id" maxLength:"40"`
}

// Operations adds the operations.
func Operations(a *api.API, s *contact.Service) {
	one := func(p contact.Point, err error) (*api.One[ContactPoint], error) {
		if err != nil {
			return nil, err
		}
		return api.Only(shown(p)), nil
	}
	op := func(id, method, path, summary string, p org.Permission) api.Op {
		return api.Op{ID: id, Method: method, Path: "/contact-points" + path, Tag: "channels", Summary: summary, Permission: p}
	}
	api.Add(a, op("list-contact-points", http.MethodGet, "", "Contact points by name", org.ChannelRead), func(ctx context.Context, _ *struct{}) (*api.List[ContactPoint], error) {
		list, err := s.Points(ctx)
		if err != nil {
			return nil, err
		}
		out := make([]ContactPoint, len(list))
		for i := range list {
			out[i] = shown(list[i])
		}
		return api.Listed(out, ""), nil
	})
	create := op("create-contact-point", http.MethodPost, "", "Add a contact point and its channel", org.ChannelEdit)
	create.Status = http.StatusCreated
	api.Add(a, create, func(ctx context.Context, in *struct{ Body ContactPointDraft }) (*api.One[ContactPoint], error) {
		return one(s.Add(ctx, in.Body.point("")))
	})
	api.Add(a, op("get-contact-point", http.MethodGet, "/{id}", "A contact point", org.ChannelRead), func(ctx context.Context, in *ByID) (*api.One[ContactPoint], error) {
		return one(s.Point(ctx, in.ID))
	})
	api.Add(a, op("replace-contact-point", http.MethodPut, "/{id}", "Change a contact point", org.ChannelEdit), func(ctx context.Context, in *struct {
		ByID
		Seen time.Time `query:"seen" doc:"The changed_at you have seen: a later change of somebody else is then a conflict (409)."`
		Body ContactPointDraft
	}) (*api.One[ContactPoint], error) {
		p := in.Body.point(in.ID)
		p.ChangedAt = in.Seen.UTC()
		return one(s.Change(ctx, p))
	})
	api.Add(a, op("close-contact-point", http.MethodPost, "/{id}/close", "Close a contact point, or open it again", org.ChannelEdit), func(ctx context.Context, in *struct {
		ByID
		Body struct {
			Closed bool `json:"closed"`
		}
	}) (*api.One[ContactPoint], error) {
		if err := s.Close(ctx, in.ID, in.Body.Closed); err != nil {
			return nil, err
		}
		return one(s.Point(ctx, in.ID))
	})
	api.Add(a, op("read-contact-figures", http.MethodGet, "/{id}/figures", "How far those who asked came", org.InboxRead), func(ctx context.Context, in *struct {
		ByID
		Days int `query:"days" minimum:"1" maximum:"366" default:"90"`
	}) (*api.One[ContactFigures], error) {
		if _, err := s.Point(ctx, in.ID); err != nil {
			return nil, err
		}
		f, err := s.Steps(ctx, in.ID, s.Now().AddDate(0, 0, -in.Days))
		if err != nil {
			return nil, err
		}
		return api.Only(ContactFigures(f)), nil
	})
}
