package inbox

import (
	"context"
	"fmt"
	"slices"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/enrich"
)

// Rehear brings conversations up to what their posts are taken for now, after a new model that no activity tells of. What was promised stays:
// nobody was told otherwise.
func Rehear(ctx context.Context, q db.Q, posts []channel.Post) error {
	roots := make([]string, len(posts))
	for i := range posts {
		roots[i] = posts[i].Root
	}
	slices.Sort(roots)
	list, err := db.All(ctx, q, fields, "SELECT "+columns+" FROM conversation WHERE root IN "+db.Among(q, "$1")+" ORDER BY id", db.Texts(slices.Compact(roots)))
	if err != nil {
		return fmt.Errorf("find conversations of posts: %w", err)
	}
	d := &desk{ctx: ctx, q: q, taken: map[string]enrich.Taken{}}
	var rows [][]any
	for i := range list {
		c := &list[i]
		anew, err := d.heardOf(c)
		if err != nil {
			return err
		}
		if anew.Lang != c.Lang || anew.Feeling != c.Feeling || anew.Nature != c.Nature {
			rows = append(rows, []any{anew.Lang, anew.Feeling, anew.Nature, c.ID})
		}
	}
	if err := db.Update(ctx, q, "conversation", []string{"lang", "feeling", "nature"}, []string{"id"}, rows); err != nil {
		return fmt.Errorf("say anew what conversations are about: %w", err)
	}
	return nil
}
