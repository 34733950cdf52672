// Package teamapi offers over REST what team decides: profiles and the responsibility matrix.
package teamapi

import (
	"context"
	"net/http"

	"github.com/entente/entente/internal/api"
	"github.com/entente/entente/internal/hours"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/team"
)

// TeamProfile is what somebody who answers can, and when.
type TeamProfile struct {
	Member string `json:"member"`
	Name   string `json:"name"`
	Mark   string `json:"mark" doc:"Give it as seen when you change the profile."`
	Here   bool   `json:"here" doc:"There now: by their hours, and not absent."`
	Speaks bool   `json:"speaks_freely" doc:"Else replies wait for the mentor."`
	TeamProfileDraft
}

// TeamProfileDraft is what a profile should say.
type TeamProfileDraft struct {
	Skills     []string       `json:"skills" maxItems:"40"`
	Languages  []string       `json:"languages" minItems:"1" doc:"ISO 639-1."`
	Department string         `json:"department,omitempty" maxLength:"60"`
	Calendar   hours.Calendar `json:"calendar"`
	Minutes    int            `json:"minutes,omitempty" minimum:"0" maximum:"10080" doc:"Offered a week; 0 when it was not said."`
	Absences   []team.Absence `json:"absences" maxItems:"40"`
	Mentor     string         `json:"mentor,omitempty" maxLength:"40" doc:"Member. Only those who assign change it."`
	Beginner   bool           `json:"beginner,omitempty" doc:"Replies wait for the mentor. Only those who assign change it."`
	Routed     bool           `json:"routed" doc:"Is given conversations by routing."`
	Mail       bool           `json:"mail" doc:"Is told by mail too."`
	Quiet      bool           `json:"quiet,omitempty" doc:"Is not told what went well."`
}

// Responsibility is a kind of work, and who has which part in it.
type Responsibility struct {
	ID     string                 `json:"id"`
	Work   string                 `json:"work"`
	Duties map[string]team.Letter `json:"duties" doc:"role:NAME, department:NAME or member:ID, to r (responsible), a (accountable), c (consulted) or i (informed)."`
	Gaps   []team.Gap             `json:"gaps" doc:"nobody_does, nobody_answers, several_answer."`
}

func profile(s *team.Service, p *team.Profile) TeamProfile {
	out := TeamProfile{Member: p.Member, Name: p.Name, Mark: p.Mark(), Here: p.Here(s.Now()), Speaks: p.Approval != team.Beginner}
	out.TeamProfileDraft = TeamProfileDraft{Skills: append([]string{}, p.Skills...), Languages: append([]string{}, p.Languages...), Department: p.Department, Calendar: p.Calendar,
		Minutes: p.Minutes, Absences: append([]team.Absence{}, p.Absences...), Mentor: p.Mentor, Beginner: p.Approval == team.Beginner, Routed: p.Routed, Mail: p.Mail, Quiet: !p.Cheer}
	for d := range out.Calendar.Week {
		out.Calendar.Week[d] = append([]hours.Stretch{}, out.Calendar.Week[d]...)
	}
	out.Calendar.Holidays = append([]string{}, out.Calendar.Holidays...)
	return out
}

// Operations adds the operations.
func Operations(a *api.API, s *team.Service) {
	api.Add(a, api.Op{ID: "list-team-profiles", Method: http.MethodGet, Path: "/team/profiles", Tag: "team", Summary: "Those who answer: what they can, and when", Permission: org.InboxRead},
		func(ctx context.Context, _ *struct{}) (*api.List[TeamProfile], error) {
			list, err := s.All(ctx)
			if err != nil {
				return nil, err
			}
			out := make([]TeamProfile, len(list))
			for i := range list {
				out[i] = profile(s, &list[i])
			}
			return api.Listed(out, ""), nil
		})
	api.Add(a, api.Op{ID: "get-team-profile", Method: http.MethodGet, Path: "/team/profiles/{member}", Tag: "team", Summary: "One profile", Permission: org.InboxRead},
		func(ctx context.Context, in *struct {
			Member string `path:"member" maxLength:"40"`
		}) (*api.One[TeamProfile], error) {
			p, err := s.Find(ctx, in.Member)
			if err != nil {
				return nil, err
			}
			return api.Only(profile(s, &p)), nil
		})
	api.Add(a, api.Op{ID: "replace-team-profile", Method: http.MethodPut, Path: "/team/profiles/{member}", Tag: "team", Summary: "Change a profile",
		Description: "One's own; those who assign change all.", Permission: org.InboxEdit}, func(ctx context.Context, in *struct {
		Member string `path:"member" maxLength:"40"`
		Seen   string `query:"seen" maxLength:"40" doc:"The mark you have seen. Without it, and when the profile reads otherwise by now, the change is refused (409)."`
		Body   TeamProfileDraft
	}) (*api.One[TeamProfile], error) {
		if _, err := s.Find(ctx, in.Member); err != nil {
			return nil, err
		}
		b := in.Body
		p := team.Profile{Member: in.Member, Skills: b.Skills, Languages: b.Languages, Department: b.Department, Calendar: b.Calendar, Minutes: b.Minutes, Absences: b.Absences,
			Mentor: b.Mentor, Approval: team.Free, Routed: b.Routed, Mail: b.Mail, Cheer: !b.Quiet}
		if b.Beginner {
			p.Approval = team.Beginner
		}
		saved, err := s.Save(ctx, in.Seen, p)
		if err != nil {
			return nil, err
		}
		return api.Only(profile(s, &saved)), nil
	})
	api.Add(a, api.Op{ID: "list-responsibilities", Method: http.MethodGet, Path: "/team/responsibilities", Tag: "team", Summary: "Who does what, by kind of work", Permission: org.InboxRead},
		func(ctx context.Context, _ *struct{}) (*api.List[Responsibility], error) {
			list, err := s.Matrix(ctx)
			if err != nil {
				return nil, err
			}
			out := make([]Responsibility, len(list))
			for i := range list {
				out[i] = responsibility(&list[i])
			}
			return api.Listed(out, ""), nil
		})
	aims(a, s)
}
