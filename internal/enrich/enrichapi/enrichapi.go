// Package enrichapi offers what is known of posts over REST: labels and corrections, audit samples, and the models with what they have to do.
package enrichapi

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/entente/entente/internal/api"
	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/lang/classify"
)

// Said is a label with its probability.
type Said struct {
	Label string             `json:"label" doc:"What counts: a person's word, else the model's when it is sure; empty when nobody is."`
	P     map[string]float64 `json:"p,omitempty" doc:"Probabilities, as the model gives them."`
}

// Language is the language of a post.
type Language struct {
	Code string  `json:"code,omitempty" doc:"ISO 639-1."`
	P    float64 `json:"p"`
}

// PostLabels is what is known of a post.
type PostLabels struct {
	Post       string             `json:"post"`
	Version    string             `json:"version" doc:"Of the models and thresholds that said it."`
	Classified bool               `json:"classified" doc:"Whether a model read it for more than its language."`
	Language   Language           `json:"language"`
	Sentiment  Said               `json:"sentiment"`
	Kinds      []string           `json:"kinds" nullable:"false"`
	KindP      map[string]float64 `json:"kind_p,omitempty"`
	Emotion    Said               `json:"emotion"`
	Aggression Said               `json:"aggression"`
	ByHand     []string           `json:"by_hand" nullable:"false" doc:"The heads a person spoke of; their word wins."`
}

// Words are what a person says of a post. What is absent is not spoken of.
type Words struct {
	Sentiment  *string   `json:"sentiment,omitempty" enum:"negative,neutral,positive"`
	Kinds      *[]string `json:"kinds,omitempty" nullable:"false" maxItems:"6" doc:"All that apply, of praise, complaint, suggestion, question, lead, job; an empty list says none."`
	Emotion    *string   `json:"emotion,omitempty" enum:"anger,disgust,fear,joy,sadness,surprise,none"`
	Aggression *string   `json:"aggression,omitempty" enum:"none,attack,insult,hate"`
	Language   *string   `json:"language,omitempty" minLength:"2" maxLength:"2" doc:"ISO 639-1."`
}

// Correction are words, and heads of which a word is taken back.
type Correction struct {
	Words
	TakeBack []string `json:"take_back,omitempty" nullable:"false" maxItems:"5" doc:"Heads (sentiment, kinds, emotion, aggression, language) that the model may say again."`
}

// Remark is one word about a post.
type Remark struct {
	At     time.Time `json:"at"`
	By     string    `json:"by"`
	Head   string    `json:"head"`
	Value  string    `json:"value,omitempty" doc:"Absent when the word was taken back."`
	Sample bool      `json:"sample,omitempty" doc:"Said in an audit sample."`
}

// Sample is posts drawn by rule.
type Sample struct {
	ID      string    `json:"id"`
	Seed    int64     `json:"seed"`
	Size    int       `json:"size"`
	Since   time.Time `json:"since"`
	Until   time.Time `json:"until"`
	DrawnAt time.Time `json:"drawn_at"`
	Judged  int       `json:"judged"`
	Twice   int       `json:"judged_twice"`
	Mine    int       `json:"mine" doc:"Judged or passed on by you."`
}

// SampleDraft is what to draw.
type SampleDraft struct {
	Size int   `json:"size" minimum:"20" maximum:"2000"`
	Days int   `json:"days" minimum:"1" maximum:"3660" doc:"How far back."`
	Seed int64 `json:"seed,omitempty" doc:"The same seed draws the same; absent or 0 takes one by chance."`
}

// SamplePost is a post to judge; what the model says of it is not told.
type SamplePost struct {
	ID      string    `json:"id"`
	Place   int       `json:"place"`
	Channel string    `json:"channel"`
	Author  string    `json:"author,omitempty"`
	Title   string    `json:"title,omitempty"`
	Text    string    `json:"text"`
	At      time.Time `json:"at"`
}

// Turn is the next post to judge.
type Turn struct {
	Sample Sample      `json:"sample"`
	Post   *SamplePost `json:"post,omitempty" doc:"Absent when nothing is left for you."`
}

// Answer is what a person says of a post of a sample.
type Answer struct {
	Post string `json:"post" maxLength:"50"`
	Words
	Skip bool `json:"skip,omitempty" doc:"Pass it on to others."`
}

// Run is how far old posts were read again.
type Run struct {
	Done      bool       `json:"done"`
	Looked    int        `json:"looked"`
	Changed   int        `json:"changed" doc:"Of those, taken for something else now."`
	Total     int        `json:"total"`
	Rate      float64    `json:"rate" doc:"Posts a second, while at work."`
	Seconds   float64    `json:"seconds_left" doc:"Of work, at that rate."`
	StartedAt *time.Time `json:"started_at,omitempty"`
	EndedAt   *time.Time `json:"ended_at,omitempty"`
	PausedAt  *time.Time `json:"paused_at,omitempty"`
}

// Thresholds say from which probability on a model is believed.
type Thresholds struct {
	Sentiment  float64            `json:"sentiment" minimum:"0" maximum:"0.999" doc:"0 leaves it to the model's own rule."`
	Emotion    float64            `json:"emotion" minimum:"0" maximum:"0.999"`
	Aggression float64            `json:"aggression" minimum:"0" maximum:"0.999"`
	Kinds      map[string]float64 `json:"kinds,omitempty"`
}

// Models is what reads posts.
type Models struct {
	Version    string         `json:"version" doc:"Of models and thresholds together."`
	Thresholds Thresholds     `json:"thresholds"`
	Run        Run            `json:"run"`
	Card       *classify.Card `json:"card,omitempty"`
}

// Elsewhere is how a model on another machine stands, if an owner has one asked.
type Elsewhere struct {
	OnSince    *time.Time  `json:"on_since,omitempty" doc:"Absent while it is off: no post leaves the house."`
	Host       string      `json:"host,omitempty"`
	Kind       string      `json:"kind,omitempty" doc:"openai or tei."`
	Model      string      `json:"model,omitempty"`
	Heads      []string    `json:"heads" nullable:"false" doc:"What is asked of a post."`
	All        bool        `json:"all" doc:"Whether all posts are shown, not only those of which the models here are not sure."`
	Private    bool        `json:"private" doc:"Whether what was said in private is shown too."`
	Requests   Budget      `json:"requests" doc:"Of today, UTC."`
	Characters Budget      `json:"characters" doc:"Of today, UTC."`
	RetryAt    *time.Time  `json:"retry_at,omitempty" doc:"It is left alone until then."`
	Stopped    string      `json:"stopped,omitempty" doc:"The key of the sentence that says why it stopped."`
	Read       []ReadPosts `json:"read" nullable:"false" doc:"How many posts have an answer that still counts, by model."`
}

// Budget is what may be used of something in a day, and what was.
type Budget struct {
	Used int `json:"used"`
	Of   int `json:"of"`
}

// ReadPosts is how many posts a model elsewhere has read.
type ReadPosts struct {
	Model string `json:"model"`
	Posts int    `json:"posts"`
}

func elsewhere(ctx context.Context, r *enrich.Review, e *enrich.Elsewhere) (*api.One[Elsewhere], error) {
	f, err := e.State(ctx)
	if err != nil {
		return nil, err
	}
	models, err := r.FarModels(ctx)
	if err != nil {
		return nil, err
	}
	out := Elsewhere{Heads: []string{}, Read: []ReadPosts{}}
	moment := func(at time.Time) *time.Time {
		if at.IsZero() {
			return nil
		}
		return &at
	}
	for _, m := range models {
		out.Read = append(out.Read, ReadPosts{m.Name, m.Posts})
	}
	if f.Found {
		out.OnSince, out.RetryAt = moment(f.Since), moment(f.RetryAt)
		out.Host, out.Kind, out.Model, out.Heads, out.All, out.Private, out.Stopped = f.Host(), f.Kind, f.Model, f.Heads, f.Every, f.Private, f.Stopped
		out.Requests, out.Characters = Budget{f.Asked, f.Requests}, Budget{f.Shown, f.Characters}
	}
	return &api.One[Elsewhere]{Body: out}, nil
}

// Labelled is a post with what people said of it.
type Labelled struct {
	Post       string    `json:"post"`
	Lang       string    `json:"lang,omitempty"`
	Text       string    `json:"text"`
	Sentiment  string    `json:"sentiment,omitempty"`
	Kinds      []string  `json:"kinds,omitempty" nullable:"false"`
	Emotion    string    `json:"emotion,omitempty"`
	Aggression string    `json:"aggression,omitempty"`
	SaidAt     time.Time `json:"said_at"`
}

// ByID is the id in a path. It is exported because the specification is made from exported fields.
type ByID struct {
	ID string `path:"id" maxLength:"50"`
}

func known(p *enrich.Seen) PostLabels {
	k, taken := &p.Known.Reading, &p.Known.Taken
	out := PostLabels{Post: p.ID, Version: p.Known.Version, Classified: k.Classified, Language: Language{taken.Lang, k.LangP}, Kinds: taken.Kinds, ByHand: taken.Hand,
		Sentiment: Said{Label: taken.Sentiment}, Emotion: Said{Label: taken.Emotion}, Aggression: Said{Label: taken.Aggression}}
	if out.Kinds == nil {
		out.Kinds = []string{}
	}
	if out.ByHand == nil {
		out.ByHand = []string{}
	}
	if k.Classified {
		p := func(head string) map[string]float64 {
			m := map[string]float64{}
			for _, v := range enrich.Values(head) {
				m[v] = k.P(head, v)
			}
			return m
		}
		out.Sentiment.P, out.KindP, out.Emotion.P, out.Aggression.P = p(enrich.Sentiment), p(enrich.Kinds), p(enrich.Emotion), p(enrich.Aggression)
	}
	return out
}

// said is the words by head.
func (w *Words) said() map[string]string {
	out := map[string]string{}
	for head, v := range map[string]*string{enrich.Sentiment: w.Sentiment, enrich.Emotion: w.Emotion, enrich.Aggression: w.Aggression, enrich.Language: w.Language} {
		if v != nil {
			out[head] = *v
		}
	}
	if w.Kinds != nil {
		out[enrich.Kinds] = enrich.JoinKinds(*w.Kinds)
	}
	return out
}

func sample(s *enrich.Sample) Sample {
	return Sample{s.ID, s.Seed, s.Size, s.Since, s.Until, s.DrawnAt, s.Judged, s.Twice, s.Mine}
}

func run(r *enrich.Rules) Run {
	some := func(t time.Time) *time.Time {
		if t.IsZero() {
			return nil
		}
		return &t
	}
	out := Run{PausedAt: some(r.Run.PausedAt)}
	if r.Found {
		out = Run{r.Run.Done(), r.Run.Looked, r.Run.Changed, r.Run.Total, r.Run.Rate(), r.Run.Left().Seconds(), some(r.Run.StartedAt), some(r.Run.EndedAt), out.PausedAt}
	}
	return out
}

func models(ctx context.Context, r *enrich.Review) (*api.One[Models], error) {
	rules, err := r.Rules(ctx)
	if err != nil {
		return nil, err
	}
	out := Models{Version: rules.Version, Thresholds: Thresholds(rules.Thresholds), Run: run(&rules)}
	if card, has := r.Card(); has {
		out.Card = &card
	}
	return api.Only(out), nil
}

func turn(ctx context.Context, r *enrich.Review, id string) (*api.One[Turn], error) {
	t, err := r.Next(ctx, id)
	if err != nil {
		return nil, err
	}
	out := Turn{Sample: sample(&t.Sample)}
	if t.Post != "" {
		p, err := r.Post(ctx, t.Post)
		if err != nil {
			return nil, err
		}
		out.Post = &SamplePost{p.ID, t.Place, p.Channel, p.AuthorName, p.Title, p.Text, p.At}
	}
	return api.Only(out), nil
}

// Operations adds the operations.
func Operations(a *api.API, r *enrich.Review, e *enrich.Elsewhere) {
	post := func(ctx context.Context, id string) (*api.One[PostLabels], error) {
		p, err := r.Post(ctx, id)
		if err != nil {
			return nil, err
		}
		return api.Only(known(&p)), nil
	}
	api.Add(a, api.Op{ID: "read-labels", Method: http.MethodGet, Path: "/posts/{id}/labels", Tag: "labels", Summary: "What a post is taken for, and how sure that is", Permission: org.ListeningRead},
		func(ctx context.Context, in *ByID) (*api.One[PostLabels], error) { return post(ctx, in.ID) })
	api.Add(a, api.Op{ID: "correct-labels", Method: http.MethodPatch, Path: "/posts/{id}/labels", Tag: "labels", Summary: "Say what a post is",
		Description: "A person's word wins over the model's at once, and is kept and audited.", Permission: org.InboxEdit},
		func(ctx context.Context, in *struct {
			ByID
			Body Correction
		}) (*api.One[PostLabels], error) {
			words := in.Body.said()
			for _, head := range in.Body.TakeBack {
				words[head] = ""
			}
			if err := r.Correct(ctx, in.ID, words); err != nil {
				return nil, err
			}
			return post(ctx, in.ID)
		})
	api.Add(a, api.Op{ID: "list-remarks", Method: http.MethodGet, Path: "/posts/{id}/labels/history", Tag: "labels", Summary: "Who said what of a post, newest first", Permission: org.ListeningRead},
		func(ctx context.Context, in *ByID) (*api.List[Remark], error) {
			list, err := r.History(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			out := make([]Remark, len(list))
			for i, h := range list {
				out[i] = Remark{h.At, h.Actor, h.Head, h.Value, h.Sample}
			}
			return api.Listed(out, ""), nil
		})
	api.Add(a, api.Op{ID: "list-corrections", Method: http.MethodGet, Path: "/corrections", Tag: "labels", Summary: "Posts that people labelled, for training",
		Description: "They hold the words of others: whoever takes them out answers for where they go.", Permission: org.ExportRun},
		func(ctx context.Context, in *struct{ api.Paging }) (*api.List[Labelled], error) {
			parts, err := api.ParseCursor(in.Cursor, 1)
			if err != nil {
				return nil, err
			}
			after := ""
			if parts != nil {
				after = parts[0]
			}
			list, err := r.Corrections(ctx, after, in.Limit+1)
			if err != nil {
				return nil, err
			}
			cursor := ""
			if len(list) > in.Limit {
				list = list[:in.Limit]
				cursor = api.Cursor(list[in.Limit-1].Post)
			}
			out := make([]Labelled, len(list))
			for i, c := range list {
				out[i] = Labelled{c.Post, c.Lang, c.Text, c.Sentiment, nil, c.Emotion, c.Aggression, c.SaidAt}
				if c.Kinds != "" {
					out[i].Kinds = strings.Split(c.Kinds, ",")
				}
			}
			return api.Listed(out, cursor), nil
		})
	api.Add(a, api.Op{ID: "list-samples", Method: http.MethodGet, Path: "/samples", Tag: "labels", Summary: "Audit samples, newest first", Permission: org.ListeningRead},
		func(ctx context.Context, _ *struct{}) (*api.List[Sample], error) {
			list, err := r.Samples(ctx)
			if err != nil {
				return nil, err
			}
			out := make([]Sample, len(list))
			for i := range list {
				out[i] = sample(&list[i])
			}
			return api.Listed(out, ""), nil
		})
	api.Add(a, api.Op{ID: "draw-sample", Method: http.MethodPost, Path: "/samples", Tag: "labels", Summary: "Draw an audit sample", Permission: org.ListeningEdit, Status: http.StatusCreated},
		func(ctx context.Context, in *struct{ Body SampleDraft }) (*api.One[Sample], error) {
			s, err := r.Draw(ctx, in.Body.Size, in.Body.Days, in.Body.Seed)
			if err != nil {
				return nil, err
			}
			return api.Only(sample(&s)), nil
		})
	api.Add(a, api.Op{ID: "next-of-sample", Method: http.MethodGet, Path: "/samples/{id}/next", Tag: "labels", Summary: "The next post of a sample to judge", Permission: org.InboxEdit},
		func(ctx context.Context, in *ByID) (*api.One[Turn], error) { return turn(ctx, r, in.ID) })
	api.Add(a, api.Op{ID: "judge-post", Method: http.MethodPost, Path: "/samples/{id}/judgements", Tag: "labels", Summary: "Say what a post of a sample is; the next is answered",
		Permission: org.InboxEdit, Status: http.StatusCreated},
		func(ctx context.Context, in *struct {
			ByID
			Body Answer
		}) (*api.One[Turn], error) {
			words := in.Body.said()
			switch {
			case in.Body.Skip:
				words = nil
			case words[enrich.Sentiment] == "":
				return nil, problem.New(problem.Invalid, "enrich.sentiment_first").On("sentiment")
			}
			if err := r.Judge(ctx, in.ID, in.Body.Post, words); err != nil {
				return nil, err
			}
			return turn(ctx, r, in.ID)
		})
	api.Add(a, api.Op{ID: "take-back-judgement", Method: http.MethodDelete, Path: "/samples/{id}/judgements/last", Tag: "labels", Summary: "Take back what you said last in a sample", Permission: org.InboxEdit, Status: http.StatusNoContent},
		func(ctx context.Context, in *ByID) (*api.None, error) {
			_, err := r.TakeBack(ctx, in.ID)
			return nil, err
		})
	api.Add(a, api.Op{ID: "read-models", Method: http.MethodGet, Path: "/models", Tag: "labels", Summary: "The models: card, thresholds and what they have to do", Permission: org.ListeningRead},
		func(ctx context.Context, _ *struct{}) (*api.One[Models], error) { return models(ctx, r) })
	api.Add(a, api.Op{ID: "read-model-elsewhere", Method: http.MethodGet, Path: "/models/elsewhere", Tag: "labels", Summary: "The model on another machine that is asked, if any", Permission: org.ListeningRead},
		func(ctx context.Context, _ *struct{}) (*api.One[Elsewhere], error) { return elsewhere(ctx, r, e) })
	api.Add(a, api.Op{ID: "set-thresholds", Method: http.MethodPut, Path: "/models/thresholds", Tag: "labels", Summary: "Change how sure the models must be", Permission: org.ListeningEdit},
		func(ctx context.Context, in *struct{ Body Thresholds }) (*api.One[Models], error) {
			if err := r.SetThresholds(ctx, enrich.Thresholds(in.Body)); err != nil {
				return nil, err
			}
			return models(ctx, r)
		})
	api.Add(a, api.Op{ID: "pause-models", Method: http.MethodPost, Path: "/models/pause", Tag: "labels", Summary: "Let old posts wait", Permission: org.ListeningEdit, Status: http.StatusOK},
		func(ctx context.Context, _ *struct{}) (*api.One[Models], error) {
			if err := r.Pause(ctx, true); err != nil {
				return nil, err
			}
			return models(ctx, r)
		})
	api.Add(a, api.Op{ID: "resume-models", Method: http.MethodPost, Path: "/models/resume", Tag: "labels", Summary: "Go on with old posts", Permission: org.ListeningEdit, Status: http.StatusOK},
		func(ctx context.Context, _ *struct{}) (*api.One[Models], error) {
			if err := r.Pause(ctx, false); err != nil {
				return nil, err
			}
			return models(ctx, r)
		})
}
