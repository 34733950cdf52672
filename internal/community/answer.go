package community

import (
	"context"
	"fmt"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// MayPick reports whether somebody may say which answer solved a question: who asked it, and who moderates the space.
func (o Sight) MayPick(m *org.Member, t *Thread) bool {
	return m != nil && t.Question() && !t.Locked && t.DeletedAt.IsZero() && (o.MayWrite(t.Space) && Wrote(m, t.Author) || o.MayModerate(t.Space))
}

// Pick says that an answer solved its question, or, when it is the accepted one and take is false, that it did not.
func (s *Service) Pick(ctx context.Context, community, answer string, take bool) (Thread, error) {
	m := org.Who(ctx)
	if m == nil {
		return Thread{}, problem.New(problem.Unauthenticated, "problem.sign_in")
	}
	o, err := s.Sees(ctx, nil)
	if err != nil {
		return Thread{}, err
	}
	p, t, err := s.Post(ctx, o, community, answer)
	if err != nil {
		return t, err
	}
	switch {
	case p.Kind != "answer":
		return t, problem.New(problem.Invalid, "community.post.no_answer")
	case !p.DeletedAt.IsZero():
		return t, problem.New(problem.Conflict, "community.post.removed")
	case !o.MayPick(m, &t):
		return t, problem.New(problem.Forbidden, "community.post.not_yours_to_accept")
	case take == p.Accepted:
		return t, nil
	}
	picked := ledger.Picked{Office: !Wrote(m, t.Author)}
	if take {
		picked.Answer = p.ExternalID
	}
	sp, _ := o.SpaceByID(t.Space)
	c, _ := o.ByID(sp.Community)
	last, _, err := db.Value[string](ctx, s.db.Read(), "SELECT id FROM activity WHERE object = $1 AND object <> id AND kind = $2 ORDER BY tx DESC, seq DESC LIMIT 1",
		t.ID, ledger.AnswerPicked)
	if err != nil {
		return t, fmt.Errorf("see what was accepted: %w", err)
	}
	added, err := s.ledger.State(ctx, ledger.Activity{Kind: ledger.AnswerPicked, Actor: actorOf(m), Object: t.ID, Channel: c.Channel, At: s.Now(),
		Key: "picked:" + t.ID + ":" + last, Data: ledger.Data(picked)})
	if err != nil {
		return t, fmt.Errorf("state which answer solved it: %w", err)
	}
	if len(added) == 0 {
		return t, problem.New(problem.Conflict, "problem.conflict")
	}
	return t, nil
}
