package channel

import (
	"context"
	"fmt"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
)

// rejoin follows two threads that members made one, and a part of a thread that they made one of its own.
func rejoin(ctx context.Context, q db.Q, a *ledger.Activity) error {
	if a.Kind == ledger.ConversationMerged {
		var m ledger.MergedThreads
		if err := a.Decode(&m); err != nil {
			return err
		}
		from, found, err := rootOf(ctx, q, m.Thread)
		if err != nil || !found {
			return err
		}
		into, found, err := rootOf(ctx, q, m.Into)
		if err != nil || !found || from == into {
			return err
		}
		return reroot(ctx, q, a.ID, from, into, "root = $2", from)
	}
	var s ledger.SplitThread
	if err := a.Decode(&s); err != nil {
		return err
	}
	root, found, err := rootOf(ctx, q, s.Post)
	if err != nil || !found || root == s.Post {
		return err
	}
	if _, err := db.Exec(ctx, q, "UPDATE post SET parent = '', waiting_for = '' WHERE id = $1", s.Post); err != nil {
		return err
	}
	return reroot(ctx, q, a.ID, root, s.Post, `id IN (WITH RECURSIVE part (id) AS (SELECT id FROM post WHERE id = $2
		UNION SELECT p.id FROM post p JOIN part ON p.parent = part.id WHERE p.root = $3) SELECT id FROM part)`, s.Post, root)
}

func rootOf(ctx context.Context, q db.Q, post string) (string, bool, error) {
	return db.Value[string](ctx, q, "SELECT root FROM post WHERE id = $1", post)
}

func reroot(ctx context.Context, q db.Q, activity, from, to, which string, args ...any) error {
	if _, err := db.Exec(ctx, q, "UPDATE post SET root = $1 WHERE "+which, append([]any{to}, args...)...); err != nil {
		return fmt.Errorf("move posts between threads: %w", err)
	}
	_, err := db.Exec(ctx, q, "INSERT INTO thread_move (activity, old_root, new_root) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", activity, from, to)
	return err
}
