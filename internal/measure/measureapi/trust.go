package measureapi

import (
	"context"
	"net/http"
	"time"

	"github.com/entente/entente/internal/api"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/org"
)

// Agreed is how far two judges say the same of a head.
type Agreed struct {
	Head   string `json:"head"`
	Kind   string `json:"kind,omitempty" doc:"Of kinds: which one, present or absent."`
	Lang   string `json:"lang,omitempty" doc:"Absent for all languages."`
	Same   Number `json:"same" doc:"Share of posts with the same answer, with Wilson's interval."`
	Kappa  Number `json:"kappa" doc:"Cohen's kappa: agreement beyond chance."`
	N      int    `json:"n"`
	Unsure int    `json:"unsure,omitempty" doc:"Posts on which the model was not sure, which are not in n."`
}

// AgreedAt is a step of the course of agreement about sentiment.
type AgreedAt struct {
	At   time.Time `json:"at"`
	Same Number    `json:"same"`
	N    int       `json:"n"`
}

// Agreement is how far models can be believed here, by the audit samples alone.
type Agreement struct {
	Posts     int        `json:"posts" doc:"Posts that somebody judged."`
	Models    []Agreed   `json:"models" nullable:"false" doc:"People and models."`
	Languages []Agreed   `json:"languages" nullable:"false" doc:"The same for sentiment, by language."`
	People    []Agreed   `json:"people" nullable:"false" doc:"Two people about the same post."`
	Course    []AgreedAt `json:"course" nullable:"false"`
	Step      string     `json:"step" enum:"week,month"`
}

// Portion is the share of a sentiment or kind among what others said.
type Portion struct {
	Head    string  `json:"head"`
	Value   string  `json:"value"`
	Raw     Number  `json:"raw" doc:"As the labels say."`
	Right   *Number `json:"corrected,omitempty" doc:"Put right for the errors of models; absent when those are not known."`
	Audited bool    `json:"audited,omitempty" doc:"Whether the errors were counted on the audit samples; else on validation texts."`
	N       int     `json:"n"`
}

func number(e stat.Estimate) (n Number) {
	if e.Defined() {
		n.Value = some(e.Value)
	}
	if e.Bounded {
		n.Low, n.High = some(e.Low), some(e.High)
	}
	return n
}

func agreed(list []measure.Agreed) []Agreed {
	out := make([]Agreed, len(list))
	for i, a := range list {
		out[i] = Agreed{a.Head, a.Kind, a.Lang, number(a.Share), number(a.Kappa), a.Share.N, a.Unsure}
	}
	return out
}

func trust(a *api.API, s *measure.Service) {
	api.Add(a, api.Op{ID: "read-agreement", Method: http.MethodGet, Path: "/models/agreement", Tag: "labels", Summary: "How far people and models agree",
		Description: "From the audit samples alone: what people happened to correct has no part in it.", Permission: org.MeasureRead},
		func(ctx context.Context, _ *struct{}) (*api.One[Agreement], error) {
			t, err := s.Agreement(ctx)
			if err != nil {
				return nil, err
			}
			out := Agreement{Posts: t.Posts, Models: agreed(t.Heads), Languages: agreed(t.Languages), People: agreed(t.People), Course: []AgreedAt{}, Step: "week"}
			if t.Monthly {
				out.Step = "month"
			}
			for _, c := range t.Course {
				out.Course = append(out.Course, AgreedAt{c.At, number(c.Share), c.Share.N})
			}
			return api.Only(out), nil
		})
	api.Add(a, api.Op{ID: "read-shares", Method: http.MethodGet, Path: "/models/shares", Tag: "labels", Summary: "Shares of sentiments and kinds, raw and put right", Permission: org.MeasureRead},
		func(ctx context.Context, in *struct {
			Days int `query:"days" minimum:"1" maximum:"366" default:"30"`
		}) (*api.List[Portion], error) {
			list, err := s.Portions(ctx, in.Days)
			if err != nil {
				return nil, err
			}
			out := make([]Portion, len(list))
			for i, p := range list {
				out[i] = Portion{p.Head, p.Value, number(p.Raw), nil, p.Audited, p.Raw.N}
				if p.Right.Defined() {
					right := number(p.Right)
					out[i].Right = &right
				}
			}
			return api.Listed(out, ""), nil
		})
}
