package inbox

import (
	"context"
	"fmt"
	"strings"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/inbox/match"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/sorting"
	"github.com/entente/entente/internal/team"
)

// Suggestion is somebody who could have a conversation.
type Suggestion struct {
	Member, Name string
	Free         bool // they can take it now
	Reasons      []Reason
}

// Reason says why somebody is suggested: a sentence and its args, in the language of whoever asked.
type Reason struct {
	Cause match.Cause
	Key   string
	Args  []any
}

// Line is what it says.
func (r Reason) Line(ctx context.Context) string { return line(ctx, r.Key, r.Args) }

const mostSuggested = 3

// Suggest lists who fits a conversation best, the best first: at most three.
func (s *Service) Suggest(ctx context.Context, conversation string) ([]Suggestion, error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return nil, err
	}
	return s.fits.Page(ctx, s.db, fmt.Sprint(conversation, s.now().Unix()/60), func(ctx context.Context) ([]Suggestion, error) { return s.suggest(ctx, conversation) })
}

func (s *Service) suggest(ctx context.Context, conversation string) ([]Suggestion, error) {
	c, err := s.Find(ctx, conversation)
	if err != nil {
		return nil, err
	}
	set, err := s.RoutingNow(ctx)
	if err != nil {
		return nil, err
	}
	crew, err := s.crew(ctx, set, false)
	if err != nil {
		return nil, err
	}
	needs, err := s.needs(ctx, s.db.Read(), []Conversation{c})
	if err != nil {
		return nil, err
	}
	for i := range crew {
		if crew[i].ID == c.Assignee { // it is theirs: not one more
			crew[i].Open--
		}
	}
	topics, err := s.topicNames(ctx)
	if err != nil {
		return nil, err
	}
	names := s.names(ctx)
	var out []Suggestion
	for _, f := range match.Rank(needs[0], crew, mostSuggested) {
		v := Suggestion{Member: f.Member, Name: names(f.Member), Free: f.Free}
		for _, r := range f.Reasons {
			v.Reasons = append(v.Reasons, reason(ctx, r, topics))
		}
		out = append(out, v)
	}
	return out, nil
}

// topicNames are the names of topics by id.
func (s *Service) topicNames(ctx context.Context) (map[string]string, error) {
	list, err := s.topics.Read(ctx, s.db, "", func(ctx context.Context) ([]Topic, error) {
		return db.All(ctx, s.db.Read(), func(t *Topic) []any { return []any{&t.ID, &t.Name} }, "SELECT id, name FROM topic WHERE removed_at IS NULL ORDER BY name, id")
	})
	out := make(map[string]string, len(list))
	for _, t := range list {
		out[t.ID] = t.Name
	}
	return out, err
}

// reason puts a cause into words.
func reason(ctx context.Context, r match.Reason, topics map[string]string) Reason {
	out := Reason{Cause: r.Cause, Key: "routing.why." + string(r.Cause)}
	switch r.Cause {
	case match.Speaks:
		out.Args = []any{"Language", i18n.Language(ctx, r.Value)}
	case match.Skilled:
		out.Args = []any{"Skill", r.Value}
	case match.Learnt:
		about := topics[r.Trait.Value]
		if r.Trait.What == match.Kind {
			about = i18n.T(ctx, "enrich.kinds."+r.Trait.Value)
		}
		out.Args = []any{"About", about, "Count", r.N}
	case match.Department:
		out.Args = []any{"Department", r.Value}
	case match.Free, match.LittleLoad, match.Full:
		out.Args = []any{"Count", r.N}
	}
	return out
}

// Profiles are the profiles of those who may answer, by name.
func (s *Service) Profiles(ctx context.Context) ([]team.Profile, error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return nil, err
	}
	return s.team.All(ctx)
}

// Experience is what somebody resolved conversations about, and how many.
type Experience struct {
	About string // in the language of whoever asked
	N     int
}

const mostExperience = 8

// ExperienceOf lists topics and kinds of what a member resolved lately, most first.
func (s *Service) ExperienceOf(ctx context.Context, member string) ([]Experience, error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return nil, err
	}
	all, err := s.learned(ctx, []team.Profile{{Member: member}})
	if err != nil {
		return nil, err
	}
	topics, err := s.topicNames(ctx)
	if err != nil {
		return nil, err
	}
	var out []Experience
	for t, n := range all[member] {
		switch {
		case t.What == match.Topic && topics[t.Value] != "":
			out = append(out, Experience{topics[t.Value], n})
		case t.What == match.Kind:
			out = append(out, Experience{i18n.T(ctx, "enrich.kinds."+t.Value), n})
		}
	}
	sorting.Func(out, func(a, b Experience) int {
		if a.N != b.N {
			return b.N - a.N
		}
		return strings.Compare(a.About, b.About)
	})
	return out[:min(len(out), mostExperience)], nil
}
