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

// Draft is a course as it is being written, with what is right in its quizzes.
type Draft struct {
	ID      string         `json:"id"`
	Version int            `json:"version" doc:"Published last; 0 for none."`
	Changed bool           `json:"changed" doc:"The draft says something else than what was published."`
	Retired bool           `json:"retired,omitempty"`
	Seen    string         `json:"seen" doc:"Give it back when you change or publish what you read."`
	Content course.Content `json:"content"`
}

// ByID is the id in a path. It is exported because the specification is made from exported fields.
type ByID struct {
	ID string `path:"id" maxLength:"40"`
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
	draft := func(c course.Course, err error) (*api.One[Draft], error) {
		if err != nil {
			return nil, err
		}
		return api.Only(Draft{c.ID, c.Number, c.Changed(), !c.RetiredAt.IsZero(), c.Mark(), c.Draft}), nil
	}
	write := func(id, method, path, summary string) api.Op {
		return api.Op{ID: id, Method: method, Path: "/courses" + path, Tag: "team", Summary: summary, Permission: org.InboxAssign}
	}
	create := write("create-course", http.MethodPost, "", "Write a course; nobody learns from it until it is published")
	create.Status = http.StatusCreated
	api.Add(a, create, func(ctx context.Context, in *struct{ Body course.Content }) (*api.One[Draft], error) {
		return draft(s.Add(ctx, in.Body))
	})
	api.Add(a, write("get-course-draft", http.MethodGet, "/{id}/draft", "A course as it is being written"), func(ctx context.Context, in *ByID) (*api.One[Draft], error) {
		return draft(s.Find(ctx, in.ID))
	})
	api.Add(a, write("replace-course-draft", http.MethodPut, "/{id}/draft", "Change a course; steps keep the ids they have"), func(ctx context.Context, in *struct {
		ByID
		Body struct {
			Seen    string         `json:"seen" maxLength:"40"`
			Content course.Content `json:"content"`
		}
	}) (*api.One[Draft], error) {
		return draft(s.Replace(ctx, in.ID, in.Body.Seen, in.Body.Content))
	})
	api.Add(a, write("publish-course", http.MethodPost, "/{id}/publish", "Make the draft the version that learners begin from now on"), func(ctx context.Context, in *struct {
		ByID
		Body struct {
			Seen string `json:"seen" maxLength:"40"`
		}
	}) (*api.One[Draft], error) {
		return draft(s.Publish(ctx, in.ID, in.Body.Seen))
	})
	retire := write("retire-course", http.MethodDelete, "/{id}", "Take a course off the list; who has begun it may finish, certificates stay")
	retire.Status = http.StatusNoContent
	api.Add(a, retire, func(ctx context.Context, in *ByID) (*api.None, error) { return nil, s.Retire(ctx, in.ID) })
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
