package inbox

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/problem"
)

// AnsweredMeanwhile is why an answer is not taken that was begun before a colleague's: whoever wrote it has not seen that one.
const AnsweredMeanwhile = "inbox.answered_meanwhile"

// newestOurs is when the newest answer of ours was written or said, whether it is with the other side or not; unsent are those that are not.
func (s *Service) newestOurs(ctx context.Context, c *Conversation) (newest time.Time, unsent []channel.Sending, err error) {
	ids, err := s.ids(ctx, c)
	if err != nil {
		return newest, nil, err
	}
	newest = c.LastOursAt
	for _, id := range ids {
		list, err := s.channels.Sendings(ctx, id)
		if err != nil {
			return newest, nil, err
		}
		for _, v := range list {
			newest = later(newest, v.CreatedAt)
			if v.State != channel.Sent {
				unsent = append(unsent, v)
			}
		}
	}
	held, err := s.heldBack(ctx, ids)
	for i := range held {
		newest = later(newest, held[i].CreatedAt)
	}
	return newest, append(unsent, held...), err
}

// meanwhile refuses an answer when a colleague answered after what its author has seen, in the transaction that would queue it. Of those who have
// seen the same the first to come leaves its mark, upon which the others wait and then find what was said.
func (s *Service) meanwhile(ctx context.Context, q db.Q, c *Conversation, member string, seen *time.Time) error {
	if seen == nil {
		return nil
	}
	since := max(seen.UnixMicro(), 0)
	mark := fmt.Sprintf("seen:%s:%d", c.ID, since)
	if _, err := db.Exec(ctx, q, "INSERT INTO conversation_reply (token, sending, at) VALUES ($1, '', $2) ON CONFLICT (token) DO NOTHING", mark, db.T(s.now())); err != nil {
		return fmt.Errorf("note upon what it is answered: %w", err)
	}
	// All through q: who holds a connection and waits for a second one would, with enough others who do, wait for ever.
	ids, err := db.All(ctx, q, db.Self[string], "SELECT id FROM conversation_alias WHERE conversation = $1 ORDER BY id LIMIT 100", c.ID)
	if err != nil {
		return err
	}
	ids = append(ids, c.ID)
	type answered struct{ id, by string }
	a, found, err := db.One(ctx, q, func(a *answered) []any { return []any{&a.id, &a.by} }, strings.ReplaceAll(`SELECT id, member FROM (
		SELECT id, member, created_at AS at FROM outgoing WHERE conversation IN $ids AND created_at > $1 AND member <> $2 AND state NOT IN ('withdrawn', 'failed')
		UNION ALL SELECT id, member, created_at FROM reply_approval WHERE conversation IN $ids AND state = 'waiting' AND created_at > $1 AND member <> $2
		UNION ALL SELECT id, '', at FROM post WHERE root = $4 AND ours = 1 AND automatic = '' AND member = '' AND at > $1
		) AS said ORDER BY at DESC, id DESC LIMIT 1`, "$ids", db.Among(q, "$3")), since, member, db.Texts(ids), c.Root)
	if err != nil || !found {
		return err
	}
	if a.by == "" {
		return problem.New(problem.Conflict, AnsweredMeanwhile+"_somebody").Beside(a.id)
	}
	name, found, err := db.Value[string](ctx, q, "SELECT name FROM member WHERE id = $1", a.by)
	if err != nil {
		return err
	}
	if !found {
		name = a.by
	}
	return problem.New(problem.Conflict, AnsweredMeanwhile, "Name", name).Beside(a.id)
}
