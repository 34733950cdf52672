package community

import (
	"context"
	"fmt"
	"slices"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/sorting"
)

// Reactions lists what can be shown on a post beside votes, in the order of pages.
func Reactions() []string { return []string{"thanks", "agree", "smile", "cheer", "wonder"} }

// Reacted is how many show a reaction on a post.
type Reacted struct {
	Reaction string
	N        int
	Mine     bool // whoever asks is one of them
}

// React shows a reaction of whoever acts on a post, or takes it back. Each person shows each reaction once.
func (s *Service) React(ctx context.Context, community, post, reaction string, on bool) (Post, Thread, error) {
	m := org.Who(ctx)
	if m == nil {
		return Post{}, Thread{}, problem.New(problem.Unauthenticated, "problem.sign_in")
	}
	o, err := s.Sees(ctx, nil)
	if err != nil {
		return Post{}, Thread{}, err
	}
	p, t, err := s.Post(ctx, o, community, post)
	if err != nil {
		return p, t, err
	}
	w, err := s.speaker(ctx, t.Space)
	if err != nil {
		return p, t, err
	}
	switch {
	case !slices.Contains(Reactions(), reaction):
		return p, t, problem.New(problem.Invalid, "community.post.no_such_reaction").On("reaction")
	case !p.DeletedAt.IsZero():
		return p, t, problem.New(problem.Conflict, "community.post.removed")
	case t.Locked:
		return p, t, problem.New(problem.Conflict, "community.thread.is_locked")
	}
	if err := s.votes.within(m.ID, s.Now(), mostVotes); err != nil {
		return p, t, err
	}
	err = s.replace(ctx, func(ctx context.Context) (*ledger.Activity, error) {
		is, _, err := db.One(ctx, s.db.Read(), ballotFields, "SELECT taken, last FROM community_reaction WHERE post = $1 AND reaction = $2 AND voter = $3", p.ID, reaction, w.actor())
		if err != nil || is.value == int(db.B(on)) {
			return nil, err
		}
		return &ledger.Activity{Kind: ledger.ReactionSet, Actor: w.actor(), Object: p.ID, Channel: w.community.Channel, At: s.Now(),
			Key: "reaction:" + p.ID + ":" + reaction + ":" + m.ID + ":" + is.last, Data: ledger.Data(ledger.Reaction{Reaction: reaction, On: on})}, nil
	})
	return p, t, err
}

// replace states what takes the place of what the same person stated before. The key of the activity names what it replaces: of two at one
// moment one is stated, and the other decides anew. decide returns nil when nothing is to be stated.
func (s *Service) replace(ctx context.Context, decide func(ctx context.Context) (*ledger.Activity, error)) error {
	for range voteTries {
		a, err := decide(ctx)
		if err != nil || a == nil {
			return err
		}
		added, err := s.ledger.State(ctx, *a)
		if err != nil {
			return fmt.Errorf("state what somebody chose: %w", err)
		}
		if len(added) > 0 {
			return nil
		}
		if err := s.ledger.CatchUp(ctx); err != nil {
			return err
		}
	}
	return problem.New(problem.Conflict, "problem.conflict")
}

// Reacted counts the reactions on posts, by post, in the order of Reactions; m may be nil.
func (s *Service) Reacted(ctx context.Context, m *org.Member, posts []string) (map[string][]Reacted, error) {
	if len(posts) == 0 {
		return nil, nil
	}
	type row struct {
		post string
		Reacted
	}
	q, who := s.db.Read(), ""
	if m != nil {
		who = actorOf(m)
	}
	list, err := db.All(ctx, q, func(r *row) []any { return []any{&r.post, &r.Reaction, &r.N, db.Bool(&r.Mine)} },
		"SELECT post, reaction, COUNT(*), MAX(CASE WHEN voter = $1 THEN 1 ELSE 0 END) FROM community_reaction WHERE taken = 1 AND post IN "+db.Among(q, "$2")+" GROUP BY post, reaction",
		who, db.Texts(posts))
	if err != nil {
		return nil, fmt.Errorf("count reactions: %w", err)
	}
	out := map[string][]Reacted{}
	for _, r := range list {
		out[r.post] = append(out[r.post], r.Reacted)
	}
	order := Reactions()
	for _, of := range out {
		sorting.Func(of, func(a, b Reacted) int { return slices.Index(order, a.Reaction) - slices.Index(order, b.Reaction) })
	}
	return out, nil
}

func deriveReaction(ctx context.Context, q db.Q, a *ledger.Activity) error {
	var r ledger.Reaction
	if err := a.Decode(&r); err != nil {
		return err
	}
	_, err := db.Exec(ctx, q, `INSERT INTO community_reaction (post, reaction, voter, taken, last) SELECT id, $2, $3, $4, $5 FROM community_post WHERE id = $1 AND deleted_at IS NULL
		ON CONFLICT (post, reaction, voter) DO UPDATE SET taken = excluded.taken, last = excluded.last`, a.Object, r.Reaction, a.Actor, db.B(r.On), a.ID)
	return err
}
