// Package surveyapi offers satisfaction over REST: figures, answers, and whom we ask.
package surveyapi

import (
	"context"
	"net/http"
	"time"

	"github.com/entente/entente/internal/api"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/survey"
)

// SurveySettings say whether and whom we ask.
type SurveySettings struct {
	On     bool   `json:"on"`
	Scale  string `json:"scale" enum:"csat,nps"`
	Share  int    `json:"share" minimum:"1" maximum:"100" doc:"Percent of those who could be asked."`
	Agreed bool   `json:"agreed,omitempty" doc:"Ask only those who agreed to be asked."`
	Quiet  int    `json:"quiet_days" minimum:"7" maximum:"730" doc:"Nobody is asked twice within so many days."`
	After  int    `json:"after_minutes" minimum:"5" maximum:"2880" doc:"After a conversation was resolved."`
}

// SurveyEstimate is a figure with its interval of 95 %.
type SurveyEstimate struct {
	Value *float64 `json:"value,omitempty" doc:"Absent where nobody answered."`
	Low   *float64 `json:"low,omitempty"`
	High  *float64 `json:"high,omitempty"`
	N     int      `json:"n"`
	Few   bool     `json:"few,omitempty" doc:"Fewer than 30 answers."`
}

// Satisfaction is what was asked and answered.
type Satisfaction struct {
	Scale    string         `json:"scale" enum:"csat,nps"`
	Asked    int            `json:"asked"`
	Answered int            `json:"answered"`
	LeftOut  map[string]int `json:"left_out" doc:"How many were not asked, by why: not_drawn, quiet, refused, no_consent, no_way, unanswered."`
	Score    SurveyEstimate `json:"score" doc:"csat: share of 4 and 5, with Wilson's interval; nps: -100 to 100, with its standard error."`
	Response SurveyEstimate `json:"response" doc:"Share of the asked who answered."`
}

// Rating is what somebody answered.
type Rating struct {
	ID           string    `json:"id"`
	Conversation string    `json:"conversation"`
	Author       string    `json:"author"`
	Scale        string    `json:"scale" enum:"csat,nps"`
	Score        int       `json:"score"`
	Comment      string    `json:"comment,omitempty"`
	Post         string    `json:"post,omitempty" doc:"The comment as a post."`
	AnsweredAt   time.Time `json:"answered_at"`
}

func estimate(e stat.Estimate) SurveyEstimate {
	out := SurveyEstimate{N: e.N, Few: e.Defined() && !e.OK()}
	if e.Defined() {
		out.Value = &e.Value
	}
	if e.Defined() && e.Bounded {
		out.Low, out.High = &e.Low, &e.High
	}
	return out
}

func shown(v survey.Settings) SurveySettings {
	return SurveySettings{On: v.On, Scale: string(v.Scale), Share: v.Share, Quiet: v.Quiet, After: v.After, Agreed: v.Agreed}
}

func op(id, method, path, summary string, p org.Permission) api.Op {
	return api.Op{ID: id, Method: method, Path: "/satisfaction" + path, Tag: "satisfaction", Summary: summary, Permission: p}
}

// Operations adds the operations.
func Operations(a *api.API, s *survey.Service) {
	api.Add(a, op("read-satisfaction", http.MethodGet, "", "How content people are after their conversation was resolved", org.InboxRead), func(ctx context.Context, in *struct {
		Scale string `query:"scale" enum:"csat,nps" default:"csat"`
		Days  int    `query:"days" minimum:"1" maximum:"1000" default:"90"`
	}) (*api.One[Satisfaction], error) {
		f, err := s.Figures(ctx, survey.Scale(in.Scale), s.Now().AddDate(0, 0, -in.Days), time.UTC)
		if err != nil {
			return nil, err
		}
		return api.Only(Satisfaction{Scale: in.Scale, Asked: f.Asked, Answered: f.Answered, LeftOut: f.LeftOut, Score: estimate(f.Score), Response: estimate(f.Response)}), nil
	})
	api.Add(a, op("list-ratings", http.MethodGet, "/answers", "What people answered, the newest first", org.InboxRead), func(ctx context.Context, in *struct {
		Scale  string `query:"scale" enum:"csat,nps" default:"csat"`
		Words  bool   `query:"words" doc:"Only those with a comment."`
		Cursor string `query:"cursor" maxLength:"50"`
		Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	}) (*api.List[Rating], error) {
		if in.Cursor != "" && !id.Valid(in.Cursor) {
			return nil, problem.New(problem.Invalid, "survey.bad_cursor").On("cursor")
		}
		list, err := s.Answers(ctx, survey.Scale(in.Scale), in.Words, in.Cursor, in.Limit)
		if err != nil {
			return nil, err
		}
		next := ""
		if len(list) == in.Limit {
			next = list[len(list)-1].ID
		}
		out := make([]Rating, len(list))
		for i, v := range list {
			out[i] = Rating{ID: v.ID, Conversation: v.Conversation, Author: v.Author, Scale: string(v.Scale), Score: v.Score, Comment: v.Comment, Post: v.Post, AnsweredAt: v.AnsweredAt}
		}
		return api.Listed(out, next), nil
	})
	api.Add(a, op("read-survey-settings", http.MethodGet, "/settings", "Whether and whom we ask", org.InboxRead), func(ctx context.Context, _ *struct{}) (*api.One[SurveySettings], error) {
		v, err := s.Settings(ctx)
		if err != nil {
			return nil, err
		}
		return api.Only(shown(v)), nil
	})
	api.Add(a, op("replace-survey-settings", http.MethodPut, "/settings", "Change whether and whom we ask", org.InboxAssign), func(ctx context.Context, in *struct{ Body SurveySettings }) (*api.One[SurveySettings], error) {
		v, err := s.Set(ctx, survey.Settings{On: in.Body.On, Scale: survey.Scale(in.Body.Scale), Share: in.Body.Share, Quiet: in.Body.Quiet, After: in.Body.After, Agreed: in.Body.Agreed})
		if err != nil {
			return nil, err
		}
		return api.Only(shown(v)), nil
	})
}
