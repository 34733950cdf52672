// Package situationapi offers over REST what situation decides.
package situationapi

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/entente/entente/internal/api"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/situation"
)

// ByID names one of something.
type ByID struct {
	ID string `path:"id" maxLength:"50"`
}

// Page is which part of a list is wanted.
type Page struct {
	Cursor string `query:"cursor" maxLength:"50" doc:"next of the answer before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

func op(id, method, path, summary string, p org.Permission) api.Op {
	return api.Op{ID: id, Method: method, Path: path, Tag: "situations", Summary: summary, Permission: p}
}

func created(o api.Op) api.Op {
	o.Status = http.StatusCreated
	return o
}

func one(v situation.Situation, err error) (*api.One[SituationEntry], error) {
	if err != nil {
		return nil, err
	}
	return api.Only(of(v)), nil
}

// Operations adds the operations.
func Operations(a *api.API, s *situation.Service) {
	course(a, s)
	gathering(a, s)
	statements(a, s)
	playbooks(a, s)
}

// course is how a situation goes.
func course(a *api.API, s *situation.Service) {
	api.Add(a, op("list-situations", http.MethodGet, "/situations", "List situations, those that go on first", org.InboxRead), func(ctx context.Context, in *Page) (*api.List[SituationEntry], error) {
		list, err := s.List(ctx, in.Cursor, in.Limit+1)
		if err != nil {
			return nil, err
		}
		next := ""
		if len(list) > in.Limit {
			list = list[:in.Limit]
			next = list[in.Limit-1].ID
		}
		out := make([]SituationEntry, len(list))
		for i, v := range list {
			out[i] = of(v)
		}
		return api.Listed(out, next), nil
	})
	api.Add(a, created(op("open-situation", http.MethodPost, "/situations", "Open a situation", org.InboxEdit)), func(ctx context.Context, in *struct{ Body SituationDraft }) (*api.One[SituationEntry], error) {
		d := in.Body
		if d.Suggestion != "" {
			h, err := s.Suggested(ctx, d.Suggestion)
			if err != nil {
				return nil, problem.Of(err).On("suggestion")
			}
			d.Conversations = append(d.Conversations, h.Conversations...)
		}
		return one(s.Start(ctx, situation.Draft{Name: d.Name, About: d.About, Level: situation.Level(d.Level), Owner: d.Owner, Drill: d.Drill, Topic: d.Topic, Since: d.SinceAt.UTC(), Playbook: d.Playbook, Conversations: d.Conversations}))
	})
	api.Add(a, op("get-situation", http.MethodGet, "/situations/{id}", "One situation", org.InboxRead), func(ctx context.Context, in *ByID) (*api.One[SituationEntry], error) {
		return one(s.Find(ctx, in.ID))
	})
	api.Add(a, op("change-situation", http.MethodPatch, "/situations/{id}", "Change its name, level, owner or topic; what is not given stays", org.InboxAssign), func(ctx context.Context, in *struct {
		ByID
		Body SituationChange
	}) (*api.One[SituationEntry], error) {
		return one(s.Change(ctx, in.ID, situation.Turn(in.Body)))
	})
	api.Add(a, op("acknowledge-situation", http.MethodPost, "/situations/{id}/acknowledge", "Take it on", org.InboxEdit), func(ctx context.Context, in *ByID) (*api.One[SituationEntry], error) {
		return one(s.Acknowledge(ctx, in.ID))
	})
	api.Add(a, op("finish-situation-step", http.MethodPost, "/situations/{id}/steps/{step}/finish", "Tick a step off", org.InboxEdit), func(ctx context.Context, in *struct {
		ByID
		Step string `path:"step" maxLength:"50" doc:"Its place, from 0."`
		Body struct {
			Note string `json:"note,omitempty" maxLength:"4000"`
		}
	}) (*api.One[SituationEntry], error) {
		n, err := strconv.Atoi(in.Step)
		if err != nil {
			return nil, problem.New(problem.Missing, "problem.not_found")
		}
		return one(s.Finish(ctx, in.ID, n, in.Body.Note))
	})
	api.Add(a, op("clear-situation", http.MethodPost, "/situations/{id}/clear", "Give the all-clear", org.InboxAssign), func(ctx context.Context, in *struct {
		ByID
		Body SituationWords
	}) (*api.One[SituationEntry], error) {
		return one(s.Clear(ctx, in.ID, in.Body.Text))
	})
	api.Add(a, op("reopen-situation", http.MethodPost, "/situations/{id}/reopen", "Say that it is not over", org.InboxAssign), func(ctx context.Context, in *struct {
		ByID
		Body SituationWords
	}) (*api.One[SituationEntry], error) {
		return one(s.Reopen(ctx, in.ID, in.Body.Text))
	})
	api.Add(a, op("review-situation", http.MethodPut, "/situations/{id}/review", "Keep what was learned", org.InboxEdit), func(ctx context.Context, in *struct {
		ByID
		Body SituationReview
	}) (*api.One[SituationEntry], error) {
		return one(s.Learn(ctx, in.ID, ledger.Reviewed(in.Body)))
	})
	api.Add(a, op("note-in-situation", http.MethodPost, "/situations/{id}/notes", "Note something in the log", org.InboxEdit), func(ctx context.Context, in *struct {
		ByID
		Body SituationNote
	}) (*api.None, error) {
		return &api.None{}, s.Note(ctx, in.ID, in.Body.Text, in.Body.Token)
	})
	api.Add(a, op("tell-of-situation", http.MethodPost, "/situations/{id}/tellings", "Tell members, and note who else was told", org.InboxEdit), func(ctx context.Context, in *struct {
		ByID
		Body SituationTelling
	}) (*api.None, error) {
		return &api.None{}, s.Tell(ctx, in.ID, in.Body.told(), "")
	})
	api.Add(a, op("read-situation-log", http.MethodGet, "/situations/{id}/log", "What was done, the newest first", org.InboxRead), func(ctx context.Context, in *ByID) (*api.List[SituationLine], error) {
		v, err := s.Find(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		list, err := s.Log(ctx, v.ID)
		if err != nil {
			return nil, err
		}
		out := make([]SituationLine, len(list))
		for i, l := range list {
			out[i] = SituationLine{l.ID, l.Kind, l.At, l.By, l.N, l.Text}
		}
		return api.Listed(out, ""), nil
	})
}

// SituationWords are words for the log.
type SituationWords struct {
	Text string `json:"text,omitempty" maxLength:"20000"`
}

// SituationNote is a note for the log.
type SituationNote struct {
	Text  string `json:"text" maxLength:"20000"`
	Token string `json:"token,omitempty" maxLength:"100" doc:"The same token notes once."`
}

// gathering is which conversations belong to a situation.
func gathering(a *api.API, s *situation.Service) {
	api.Add(a, op("list-situation-suggestions", http.MethodGet, "/situation-suggestions", "Conversations of the last days that seem to have one cause", org.InboxRead), func(ctx context.Context, _ *struct{}) (*api.List[SituationSuggestion], error) {
		list, err := s.Suggestions(ctx)
		if err != nil {
			return nil, err
		}
		out := make([]SituationSuggestion, len(list))
		for i, h := range list {
			out[i] = SituationSuggestion{h.Key, h.Title, h.Words, len(h.Conversations), h.Usual, h.From, h.To}
		}
		return api.Listed(out, ""), nil
	})
	api.Add(a, op("dismiss-situation-suggestion", http.MethodDelete, "/situation-suggestions/{id}", "Say that it is no situation", org.InboxEdit), func(ctx context.Context, in *ByID) (*api.None, error) {
		return &api.None{}, s.Dismiss(ctx, in.ID)
	})
	api.Add(a, op("list-situation-conversations", http.MethodGet, "/situations/{id}/conversations", "The ids of the conversations it gathered", org.InboxRead), func(ctx context.Context, in *struct {
		ByID
		Page
	}) (*api.List[string], error) {
		v, err := s.Find(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		list, err := s.Conversations(ctx, v.ID, in.Cursor, in.Limit)
		if err != nil {
			return nil, err
		}
		out, next := make([]string, len(list)), ""
		for i := range list {
			out[i] = list[i].ID
		}
		if len(out) == in.Limit {
			next = out[len(out)-1]
		}
		return api.Listed(out, next), nil
	})
	api.Add(a, op("gather-conversations", http.MethodPost, "/situations/{id}/conversations", "Gather conversations, by id or by what they say", org.InboxEdit), func(ctx context.Context, in *struct {
		ByID
		Body struct {
			Conversations []string `json:"conversations,omitempty" maxItems:"20000"`
			Words         string   `json:"words,omitempty" maxLength:"2000" doc:"Open conversations, in the query language."`
			Alike         bool     `json:"alike,omitempty" doc:"Those that say the same as the ones that are here."`
		}
	}) (*api.One[Gathered], error) {
		total := 0
		add := func(n int, err error) error {
			total += n
			return err
		}
		if in.Body.Alike {
			v, err := s.Find(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			list, err := s.Alike(ctx, &v)
			if err != nil {
				return nil, err
			}
			if err := add(s.Gather(ctx, in.ID, list)); err != nil {
				return nil, err
			}
		}
		if in.Body.Words != "" {
			if err := add(s.GatherFound(ctx, in.ID, in.Body.Words)); err != nil {
				return nil, err
			}
		}
		if err := add(s.Gather(ctx, in.ID, in.Body.Conversations)); err != nil {
			return nil, err
		}
		return api.Only(Gathered{total}), nil
	})
	api.Add(a, op("let-conversations", http.MethodPost, "/situations/{id}/let", "Take conversations out", org.InboxEdit), func(ctx context.Context, in *struct {
		ByID
		Body struct {
			Conversations []string `json:"conversations" maxItems:"20000"`
		}
	}) (*api.None, error) {
		return &api.None{}, s.Let(ctx, in.ID, in.Body.Conversations)
	})
}

// Gathered is how many conversations were new.
type Gathered struct {
	New int `json:"new"`
}

// statements are what is said to all.
func statements(a *api.API, s *situation.Service) {
	show := func(ctx context.Context, w situation.Wording, err error) (*api.One[SituationStatement], error) {
		if err != nil {
			return nil, err
		}
		out, err := statement(ctx, s, w)
		if err != nil {
			return nil, err
		}
		return api.Only(out), nil
	}
	api.Add(a, op("list-statements", http.MethodGet, "/situations/{id}/statements", "The statements of a situation, the newest first", org.InboxRead), func(ctx context.Context, in *ByID) (*api.List[SituationStatement], error) {
		v, err := s.Find(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		list, err := s.Statements(ctx, v.ID)
		if err != nil {
			return nil, err
		}
		out := make([]SituationStatement, len(list))
		for i, w := range list {
			if out[i], err = statement(ctx, s, w); err != nil {
				return nil, err
			}
		}
		return api.Listed(out, ""), nil
	})
	api.Add(a, created(op("write-statement", http.MethodPost, "/situations/{id}/statements", "Write a statement, to be approved by somebody else", org.InboxEdit)), func(ctx context.Context, in *struct {
		ByID
		Body SituationStatementDraft
	}) (*api.One[SituationStatement], error) {
		w, err := s.Write(ctx, in.ID, ledger.Worded(in.Body), "")
		return show(ctx, w, err)
	})
	api.Add(a, op("get-statement", http.MethodGet, "/statements/{id}", "A statement and how far it has come", org.InboxRead), func(ctx context.Context, in *ByID) (*api.One[SituationStatement], error) {
		w, err := s.Statement(ctx, in.ID)
		return show(ctx, w, err)
	})
	for _, do := range []struct {
		id, path, summary string
		do                func(context.Context, string) (situation.Wording, error)
	}{{"approve-statement", "approve", "Approve it; what breaks a binding rule of the charter is refused", func(ctx context.Context, id string) (situation.Wording, error) { return s.Approve(ctx, id, false) }}, {"begin-statement", "begin", "Let it go out to every conversation that has no copy yet, each once", s.Begin}, {"stop-statement", "stop", "Keep back what is not yet on its way", s.Stop}} {
		api.Add(a, op(do.id, http.MethodPost, "/statements/{id}/"+do.path, do.summary, org.InboxAssign), func(ctx context.Context, in *ByID) (*api.One[SituationStatement], error) {
			w, err := do.do(ctx, in.ID)
			return show(ctx, w, err)
		})
	}
}

// playbooks are what to do, and by when.
func playbooks(a *api.API, s *situation.Service) {
	save := func(ctx context.Context, b situation.Playbook) (*api.One[PlaybookEntry], error) {
		b, err := s.SavePlaybook(ctx, b)
		if err != nil {
			return nil, err
		}
		return api.Only(ofBook(b)), nil
	}
	api.Add(a, op("list-playbooks", http.MethodGet, "/playbooks", "List playbooks", org.InboxRead), func(ctx context.Context, _ *struct{}) (*api.List[PlaybookEntry], error) {
		list, err := s.Playbooks(ctx)
		if err != nil {
			return nil, err
		}
		out := make([]PlaybookEntry, len(list))
		for i, b := range list {
			out[i] = ofBook(b)
		}
		return api.Listed(out, ""), nil
	})
	api.Add(a, created(op("create-playbook", http.MethodPost, "/playbooks", "Add a playbook", org.InboxAssign)), func(ctx context.Context, in *struct{ Body PlaybookDraft }) (*api.One[PlaybookEntry], error) {
		return save(ctx, in.Body.book(""))
	})
	api.Add(a, op("get-playbook", http.MethodGet, "/playbooks/{id}", "One playbook", org.InboxRead), func(ctx context.Context, in *ByID) (*api.One[PlaybookEntry], error) {
		b, err := s.Playbook(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		return api.Only(ofBook(b)), nil
	})
	api.Add(a, op("replace-playbook", http.MethodPut, "/playbooks/{id}", "Change a playbook", org.InboxAssign), func(ctx context.Context, in *struct {
		ByID
		Seen time.Time `query:"seen" doc:"The updated_at you have seen: a later change of somebody else is then a conflict (409)."`
		Body PlaybookDraft
	}) (*api.One[PlaybookEntry], error) {
		b := in.Body.book(in.ID)
		b.UpdatedAt = in.Seen.UTC()
		if in.Seen.IsZero() {
			b.UpdatedAt = time.Time{}
		}
		return save(ctx, b)
	})
	api.Add(a, op("delete-playbook", http.MethodDelete, "/playbooks/{id}", "Remove a playbook; situations keep their steps", org.InboxAssign), func(ctx context.Context, in *ByID) (*api.None, error) {
		return &api.None{}, s.RemovePlaybook(ctx, in.ID)
	})
}
