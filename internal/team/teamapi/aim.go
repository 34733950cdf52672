package teamapi

import (
	"context"
	"net/http"
	"time"

	"github.com/entente/entente/internal/api"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/team"
)

// QuarterAim is what a member means to reach in a quarter, agreed with those who lead them.
type QuarterAim struct {
	ID       string     `json:"id"`
	Member   string     `json:"member"`
	Quarter  string     `json:"quarter" example:"2026-Q4"`
	MemberAt *time.Time `json:"member_agreed_at,omitempty"`
	LeadAt   *time.Time `json:"lead_agreed_at,omitempty"`
	Lead     string     `json:"lead,omitempty" doc:"Member."`
	QuarterAimDraft
}

// QuarterAimDraft is what an aim should say.
type QuarterAimDraft struct {
	Measure string `json:"measure" enum:"time,kept,prompt,breadth"`
	Target  int    `json:"target" minimum:"1" doc:"Minutes of time, percent of kept and prompt, topics of breadth."`
	Words   string `json:"words,omitempty" maxLength:"500"`
}

// ResponsibilityDraft is what a line of the matrix should say.
type ResponsibilityDraft struct {
	Work   string                 `json:"work" maxLength:"120"`
	Duties map[string]team.Letter `json:"duties"`
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func quarterAim(a *team.Aim) QuarterAim {
	return QuarterAim{a.ID, a.Member, a.Quarter, moment(a.MemberAt), moment(a.LeadAt), a.Lead, QuarterAimDraft{string(a.Measure), a.Target, a.Words}}
}

func responsibility(w *team.Work) Responsibility {
	return Responsibility{ID: w.ID, Work: w.Name, Duties: w.Duties, Gaps: append([]team.Gap{}, w.Gaps()...)}
}

// OfMember names a member in a path.
type OfMember struct {
	Member string `path:"member" maxLength:"40"`
}

// OneAim names an aim of a member in a path.
type OneAim struct {
	OfMember
	Aim string `path:"aim" maxLength:"40"`
}

// OneWork names a kind of work in a path.
type OneWork struct {
	ID string `path:"id" maxLength:"40"`
}

// aims adds the operations on aims and on the lines of the matrix.
func aims(a *api.API, s *team.Service) {
	list := func(ctx context.Context, member, quarter string) (*api.List[QuarterAim], error) {
		if quarter == "" {
			quarter, _, _ = team.Quarter(s.Local(ctx))
		}
		list, err := s.Aims(ctx, member, quarter)
		if err != nil {
			return nil, err
		}
		out := make([]QuarterAim, len(list))
		for i := range list {
			out[i] = quarterAim(&list[i])
		}
		return api.Listed(out, ""), nil
	}
	op := func(id, method, path, summary string, status int) api.Op {
		return api.Op{ID: id, Method: method, Path: "/team/profiles/{member}/aims" + path, Tag: "team", Summary: summary, Status: status, Permission: org.InboxEdit,
			Description: "Between the member, their mentor and those who assign."}
	}
	api.Add(a, op("list-aims", http.MethodGet, "", "Aims of a quarter", 0), func(ctx context.Context, in *struct {
		OfMember
		Quarter string `query:"quarter" maxLength:"7" doc:"Such as 2026-Q4; this one by default."`
	}) (*api.List[QuarterAim], error) {
		return list(ctx, in.Member, in.Quarter)
	})
	api.Add(a, op("set-aim", http.MethodPost, "", "Propose an aim for this quarter, or change the one with its measure", http.StatusCreated), func(ctx context.Context, in *struct {
		OfMember
		Body QuarterAimDraft
	}) (*api.One[QuarterAim], error) {
		if _, err := s.SetAim(ctx, team.Aim{Member: in.Member, Measure: team.AimMeasure(in.Body.Measure), Target: in.Body.Target, Words: in.Body.Words}); err != nil {
			return nil, err
		}
		all, err := list(ctx, in.Member, "")
		if err != nil {
			return nil, err
		}
		for _, one := range all.Body.Items {
			if one.Measure == in.Body.Measure { // a changed one keeps its id
				return api.Only(one), nil
			}
		}
		return nil, nil
	})
	api.Add(a, op("agree-aim", http.MethodPost, "/{aim}/agree", "Agree to an aim for your side", 0), func(ctx context.Context, in *struct {
		OneAim
		Body struct {
			Target int `json:"target" doc:"The one you have seen."`
		}
	}) (*api.List[QuarterAim], error) {
		if err := s.AgreeAim(ctx, in.Member, in.Aim, in.Body.Target); err != nil {
			return nil, err
		}
		return list(ctx, in.Member, "")
	})
	api.Add(a, op("delete-aim", http.MethodDelete, "/{aim}", "Take an aim back", 0), func(ctx context.Context, in *OneAim) (*api.None, error) {
		return &api.None{}, s.DropAim(ctx, in.Member, in.Aim)
	})

	set := func(ctx context.Context, id string, d ResponsibilityDraft) (*api.One[Responsibility], error) {
		w, err := s.SetWork(ctx, team.Work{ID: id, Name: d.Work, Duties: d.Duties})
		if err != nil {
			return nil, err
		}
		return api.Only(responsibility(&w)), nil
	}
	api.Add(a, api.Op{ID: "create-responsibility", Method: http.MethodPost, Path: "/team/responsibilities", Tag: "team", Summary: "Add a kind of work", Status: http.StatusCreated, Permission: org.InboxAssign},
		func(ctx context.Context, in *struct{ Body ResponsibilityDraft }) (*api.One[Responsibility], error) {
			return set(ctx, "", in.Body)
		})
	api.Add(a, api.Op{ID: "replace-responsibility", Method: http.MethodPut, Path: "/team/responsibilities/{id}", Tag: "team", Summary: "Change a kind of work", Permission: org.InboxAssign},
		func(ctx context.Context, in *struct {
			OneWork
			Body ResponsibilityDraft
		}) (*api.One[Responsibility], error) {
			return set(ctx, in.ID, in.Body)
		})
	api.Add(a, api.Op{ID: "delete-responsibility", Method: http.MethodDelete, Path: "/team/responsibilities/{id}", Tag: "team", Summary: "Take a kind of work away", Permission: org.InboxAssign},
		func(ctx context.Context, in *OneWork) (*api.None, error) {
			return &api.None{}, s.RemoveWork(ctx, in.ID)
		})
}
