// Package listeningapi offers topics and mentions over REST.
package listeningapi

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/entente/entente/internal/api"
	"github.com/entente/entente/internal/listening"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/lang/query"
)

// Topic is a saved query.
type Topic struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Query     string    `json:"query"`
	Exclude   string    `json:"exclude,omitempty" doc:"What the query must not find, one on a line."`
	Inbox     bool      `json:"inbox" doc:"Whether new mentions become conversations."`
	Filled    bool      `json:"filled" doc:"Whether all older posts were matched."`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// TopicDraft is what a topic should be.
type TopicDraft struct {
	Name    string `json:"name" minLength:"1" maxLength:"100"`
	Query   string `json:"query" minLength:"1" maxLength:"8000"`
	Exclude string `json:"exclude,omitempty" maxLength:"8000" doc:"What the query must not find, one on a line: words, which stand one after the other, or anything of the query language."`
	Inbox   bool   `json:"inbox,omitempty"`
}

// Mention is a post that matches topics.
type Mention struct {
	ID         string    `json:"id"`
	Channel    string    `json:"channel"`
	ExternalID string    `json:"external_id"`
	Kind       string    `json:"kind,omitempty"`
	Author     string    `json:"author" doc:"Identity URI."`
	AuthorName string    `json:"author_name,omitempty"`
	Title      string    `json:"title,omitempty"`
	Text       string    `json:"text"`
	URL        string    `json:"url,omitempty"`
	Lang       string    `json:"lang,omitempty"`
	Sentiment  string    `json:"sentiment,omitempty" doc:"A person's word, else the model's where it is sure enough."`
	Kinds      []string  `json:"kinds,omitempty" doc:"praise, complaint, suggestion, question, lead, job."`
	Topics     []string  `json:"topics"`
	At         time.Time `json:"at"`
	LearnedAt  time.Time `json:"learned_at"`
}

// Volume is a count of posts from a moment on.
type Volume struct {
	At time.Time `json:"at"`
	N  int       `json:"n"`
}

// Problem is what is odd about a query.
type Problem struct {
	Start      int    `json:"start" doc:"Byte offset."`
	End        int    `json:"end"`
	Error      bool   `json:"error" doc:"Whether the query cannot be saved like this."`
	Key        string `json:"key"`
	Suggestion string `json:"suggestion,omitempty" doc:"What to put in its place."`
}

// Preview is what a query would find.
type Preview struct {
	Problems []Problem `json:"problems"`
	Exclude  []Problem `json:"exclude" doc:"Problems of what is excluded."`
	Unheard  []string  `json:"unheard" doc:"Words of the query that occur in no post so far."`
	Hits     []Mention `json:"hits"`
	Found    int       `json:"found" doc:"How many posts match of those looked at."`
	Looked   int       `json:"looked"`
	All      bool      `json:"all" doc:"Whether all posts that could match were looked at; else the newest."`
}

func topic(t listening.Topic) Topic {
	return Topic{t.ID, t.Name, t.Query, t.Exclude, !t.InboxAt.IsZero(), t.FilledTo == 0, t.CreatedAt, t.UpdatedAt}
}

func mention(m *listening.Mention) Mention {
	out := Mention{m.ID, m.Channel, m.ExternalID, m.Kind, m.Author, m.AuthorName, m.Title, m.Text, m.URL, m.Lang, m.Label, m.Kinds, m.Topics, m.At, m.LearnedAt}
	if out.Topics == nil {
		out.Topics = []string{}
	}
	return out
}

func problems(list []query.Problem) []Problem {
	out := make([]Problem, len(list))
	for i, f := range list {
		out[i] = Problem{f.Start, f.End, f.Severity == query.Error, f.Key, f.Suggestion}
	}
	return out
}

// ByID is the id in a path. It is exported because the specification is made from exported fields.
type ByID struct {
	ID string `path:"id" maxLength:"50"`
}

// Operations adds the operations.
func Operations(a *api.API, s *listening.Service) {
	api.Add(a, api.Op{ID: "list-topics", Method: http.MethodGet, Path: "/topics", Tag: "listening", Summary: "List topics", Permission: org.ListeningRead},
		func(ctx context.Context, _ *struct{}) (*api.List[Topic], error) {
			list, err := s.Topics(ctx)
			if err != nil {
				return nil, err
			}
			out := make([]Topic, len(list))
			for i := range list {
				out[i] = topic(list[i])
			}
			return api.Listed(out, ""), nil
		})
	api.Add(a, api.Op{ID: "create-topic", Method: http.MethodPost, Path: "/topics", Tag: "listening", Summary: "Save a topic", Permission: org.ListeningEdit, Status: http.StatusCreated},
		func(ctx context.Context, in *struct{ Body TopicDraft }) (*api.One[Topic], error) {
			t, err := s.Add(ctx, listening.Draft{Name: in.Body.Name, Query: in.Body.Query, Exclude: in.Body.Exclude, Inbox: in.Body.Inbox})
			if err != nil {
				return nil, err
			}
			return api.Only(topic(t)), nil
		})
	api.Add(a, api.Op{ID: "get-topic", Method: http.MethodGet, Path: "/topics/{id}", Tag: "listening", Summary: "One topic", Permission: org.ListeningRead},
		func(ctx context.Context, in *ByID) (*api.One[Topic], error) {
			t, err := s.Topic(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			return api.Only(topic(t)), nil
		})
	api.Add(a, api.Op{ID: "update-topic", Method: http.MethodPut, Path: "/topics/{id}", Tag: "listening", Summary: "Change a topic", Permission: org.ListeningEdit},
		func(ctx context.Context, in *struct {
			ByID
			Body TopicDraft
		}) (*api.One[Topic], error) {
			was, err := s.Topic(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			t, err := s.Change(ctx, in.ID, listening.Draft{Name: in.Body.Name, Query: in.Body.Query, Exclude: in.Body.Exclude, Inbox: in.Body.Inbox, Colour: was.Colour})
			if err != nil {
				return nil, err
			}
			return api.Only(topic(t)), nil
		})
	api.Add(a, api.Op{ID: "delete-topic", Method: http.MethodDelete, Path: "/topics/{id}", Tag: "listening", Summary: "Remove a topic and its mentions", Permission: org.ListeningEdit, Status: http.StatusNoContent},
		func(ctx context.Context, in *ByID) (*api.None, error) {
			return nil, s.Remove(ctx, in.ID)
		})
	api.Add(a, api.Op{ID: "preview-topic", Method: http.MethodGet, Path: "/topics/preview", Tag: "listening", Summary: "Lint a query and see what it would find", Permission: org.ListeningRead},
		func(ctx context.Context, in *struct {
			Query   string `query:"query" required:"true" maxLength:"8000"`
			Exclude string `query:"exclude" maxLength:"8000"`
			Limit   int    `query:"limit" minimum:"1" maximum:"100" default:"20"`
		}) (*api.One[Preview], error) {
			p, err := s.Try(ctx, in.Query, in.Exclude, in.Limit)
			if err != nil {
				return nil, err
			}
			out := Preview{Problems: problems(p.Problems), Exclude: problems(p.Excluding), Unheard: []string{}, Hits: []Mention{}, Found: p.Found, Looked: p.Looked, All: p.All}
			for _, t := range p.Unheard {
				out.Unheard = append(out.Unheard, t.Text)
			}
			for i := range p.Hits {
				out.Hits = append(out.Hits, mention(&p.Hits[i]))
			}
			return api.Only(out), nil
		})
	api.Add(a, api.Op{ID: "list-mentions", Method: http.MethodGet, Path: "/mentions", Tag: "listening", Summary: "List posts by others, newest first", Permission: org.ListeningRead},
		func(ctx context.Context, in *struct {
			api.Paging
			Topic     string    `query:"topic" maxLength:"50"`
			Channel   string    `query:"channel" maxLength:"50"`
			Lang      string    `query:"lang" maxLength:"10"`
			Sentiment string    `query:"sentiment" enum:"negative,neutral,positive,none"`
			Query     string    `query:"query" maxLength:"8000" doc:"In the query language. A page may then be short although there is a next one."`
			Kind      string    `query:"kind" enum:"praise,complaint,suggestion,question,lead,job"`
			Since     time.Time `query:"since"`
			Until     time.Time `query:"until"`
		}) (*api.List[Mention], error) {
			parts, err := api.ParseCursor(in.Cursor, 2)
			if err != nil {
				return nil, err
			}
			var before listening.Place
			if parts != nil {
				n, err := strconv.ParseInt(parts[0], 10, 64)
				if err != nil {
					return nil, problem.New(problem.Invalid, "api.bad_cursor").On("cursor")
				}
				before = listening.Place{At: time.UnixMicro(n), Post: parts[1]}
			}
			list, next, err := s.Mentions(ctx, listening.Filter{Topic: in.Topic, Channel: in.Channel, Lang: in.Lang, Label: in.Sentiment, Kind: in.Kind, Query: in.Query, Since: in.Since, Until: in.Until}, before, in.Limit)
			if err != nil {
				return nil, err
			}
			out := make([]Mention, len(list))
			for i := range list {
				out[i] = mention(&list[i])
			}
			cursor := ""
			if next.Post != "" {
				cursor = api.Cursor(strconv.FormatInt(next.At.UnixMicro(), 10), next.Post)
			}
			return api.Listed(out, cursor), nil
		})
	api.Add(a, api.Op{ID: "get-volume", Method: http.MethodGet, Path: "/mentions/volume", Tag: "listening", Summary: "Count posts a day (UTC)", Permission: org.ListeningRead},
		func(ctx context.Context, in *struct {
			Topic   string `query:"topic" maxLength:"50"`
			Channel string `query:"channel" maxLength:"50"`
			Days    int    `query:"days" minimum:"1" maximum:"1000" default:"30"`
		}) (*api.List[Volume], error) {
			end := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 1)
			cuts := make([]time.Time, in.Days+1)
			for i := range cuts {
				cuts[i] = end.AddDate(0, 0, i-in.Days)
			}
			list, err := s.VolumeBy(ctx, in.Topic, in.Channel, cuts)
			if err != nil {
				return nil, err
			}
			out := make([]Volume, len(list))
			for i, v := range list {
				out[i] = Volume{v.At, v.N}
			}
			return api.Listed(out, ""), nil
		})
}
