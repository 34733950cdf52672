package channel

import (
	"context"
	"fmt"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
)

// rejoin follows two threads that members made one, and a part of a thread that they made one of its own. What answers what stays as it
// is; only which thread a post is in changes.
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
	var s ledger.Split
	if err := a.Decode(&s); err != nil {
		return err
	}
	root, found, err := rootOf(ctx, q, s.Post)
	if err != nil || !found || root == s.Post {
		return err
	}
	return reroot(ctx, q, a.ID, root, s.Post, "id IN ("+part(q)+")", db.Texts(append([]string{s.Post}, s.Also...)), root)
}

// part selects the posts $2 of the thread $3 and what answers them, never the post that leads the thread.
func part(q db.Q) string {
	return "WITH RECURSIVE part (id) AS (SELECT id FROM post WHERE root = $3 AND id <> $3 AND id IN " + db.Among(q, "$2") +
		" UNION SELECT p.id FROM post p JOIN part ON p.parent = part.id WHERE p.root = $3 AND p.id <> $3) SELECT id FROM part"
}

// Part returns the ids of the given posts of a thread and of all that answers them.
func Part(ctx context.Context, q db.Q, root string, posts ...string) ([]string, error) {
	return db.All(ctx, q, db.Self[string], part(q)+" WHERE $1 = $1 ORDER BY id", root, db.Texts(posts), root)
}

// Trees returns the posts of a thread that answer none of it, at most limit: with what answers them they are the whole thread.
func Trees(ctx context.Context, q db.Q, root string, limit int) ([]string, error) {
	return db.All(ctx, q, db.Self[string], `SELECT id FROM post p WHERE root = $1 AND id <> $1 AND NOT EXISTS
		(SELECT 1 FROM post u WHERE u.id = p.parent AND u.root = p.root) ORDER BY id`+db.Limit(limit), root)
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
