// Package courseapi offers over REST what courses there are and who has certificates.
package courseapi

import (
	"context"
	"net/http"
	"time"

	"github.com/entente/entente/internal/api"
	"github.com/entente/entente/internal/charter"
	"github.com/entente/entente/internal/course"
	"github.com/entente/entente/internal/org"
)

// Course is what is learned, as it was published last.
type Course struct {
	ID      string        `json:"id"`
	Version int           `json:"version"`
	Title   charter.Words `json:"title" doc:"By language."`
	Minutes int           `json:"minutes"`
	Months  int           `json:"months,omitempty" doc:"That its certificate counts; absent for always."`
	Steps   int           `json:"steps"`
	Retired bool          `json:"retired,omitempty"`
}

// Certificate says that somebody passed a course.
type Certificate struct {
	ID        string     `json:"id"`
	Course    string     `json:"course"`
	Member    string     `json:"member"`
	GivenAt   time.Time  `json:"given_at"`
	UntilAt   *time.Time `json:"until_at,omitempty"`
	RevokedAt *time.Time `json:"revoked_at,omitempty"`
	Reason    string     `json:"reason,omitempty"`
	Valid     bool       `json:"valid"`
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// Operations adds the operations.
func Operations(a *api.API, s *course.Service) {
	api.Add(a, api.Op{ID: "list-courses", Method: http.MethodGet, Path: "/courses", Tag: "team", Summary: "Published courses", Permission: org.InboxRead},
		func(ctx context.Context, _ *struct{}) (*api.List[Course], error) {
			list, err := s.Courses(ctx)
			if err != nil {
				return nil, err
			}
			out := []Course{}
			for _, c := range list {
				if c.Number > 0 {
					out = append(out, Course{c.ID, c.Number, c.Content.Title, c.Content.Minutes, c.Content.Months, len(c.Content.Steps), !c.RetiredAt.IsZero()})
				}
			}
			return api.Listed(out, ""), nil
		})
	certificates := func(ctx context.Context, of string) (*api.List[Certificate], error) {
		read := s.Own
		if of == "all" {
			read = s.All
		}
		list, err := read(ctx)
		if err != nil {
			return nil, err
		}
		out := make([]Certificate, len(list))
		for i, c := range list {
			out[i] = Certificate{c.ID, c.Course, c.Member, c.GivenAt, moment(c.Until), moment(c.RevokedAt), c.Reason, c.Valid(s.Now())}
		}
		return api.Listed(out, ""), nil
	}
	api.Add(a, api.Op{ID: "list-certificates", Method: http.MethodGet, Path: "/certificates", Tag: "team", Summary: "Certificates, the newest first",
		Description: "Your own; of all, for those who assign.", Permission: org.InboxRead}, func(ctx context.Context, in *struct {
		Of string `query:"of" enum:"me,all" default:"me"`
	}) (*api.List[Certificate], error) {
		return certificates(ctx, in.Of)
	})
	api.Add(a, api.Op{ID: "recognise-certificate", Method: http.MethodPost, Path: "/courses/{id}/certificates", Tag: "team", Summary: "Give a certificate for what somebody learned elsewhere",
		Permission: org.InboxAssign}, func(ctx context.Context, in *struct {
		ID   string `path:"id" maxLength:"40"`
		Body struct {
			Member string `json:"member" maxLength:"40" doc:"Not yourself."`
		}
	}) (*api.List[Certificate], error) {
		if err := s.Recognise(ctx, in.ID, in.Body.Member, s.Now()); err != nil {
			return nil, err
		}
		return certificates(ctx, "all")
	})
	api.Add(a, api.Op{ID: "revoke-certificate", Method: http.MethodPost, Path: "/courses/{id}/certificates/revoke", Tag: "team", Summary: "Take from somebody all that counts for a course",
		Permission: org.InboxAssign}, func(ctx context.Context, in *struct {
		ID   string `path:"id" maxLength:"40"`
		Body struct {
			Member string `json:"member" maxLength:"40"`
			Reason string `json:"reason" maxLength:"500" doc:"They are told."`
		}
	}) (*api.List[Certificate], error) {
		if err := s.Revoke(ctx, in.ID, in.Body.Member, in.Body.Reason); err != nil {
			return nil, err
		}
		return certificates(ctx, "all")
	})
}
