package inbox

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
)

// Rehear brings conversations up to what their posts are taken for at an instant, after a new model that no activity tells of. What was promised in
// those that are open is counted by what they are taken for now; what was kept or broken by then stays.
func Rehear(ctx context.Context, q db.Q, posts []channel.Post, at time.Time) error {
	roots := make([]string, len(posts))
	for i := range posts {
		roots[i] = posts[i].Root
	}
	slices.Sort(roots)
	list, err := db.All(ctx, q, fields, "SELECT "+columns+" FROM conversation WHERE root IN "+db.Among(q, "$1")+" ORDER BY id", db.Texts(slices.Compact(roots)))
	if err != nil {
		return fmt.Errorf("find conversations of posts: %w", err)
	}
	d := newDesk(ctx, q)
	if err := d.openBook(); err != nil {
		return err
	}
	for i := range list {
		c := &list[i]
		anew, err := d.heardOf(c)
		if err != nil {
			return err
		}
		if anew.Lang == c.Lang && anew.Feeling == c.Feeling && anew.Nature == c.Nature {
			continue
		}
		d.know(c)
		c.Lang, c.Feeling, c.Nature = anew.Lang, anew.Feeling, anew.Nature
		d.dirty[c.ID] = true
		if c.State == Open {
			if err := d.serveAnew(c, at.UTC().Truncate(time.Microsecond)); err != nil {
				return err
			}
		}
	}
	if err := d.write(); err != nil {
		return fmt.Errorf("say anew what conversations are about: %w", err)
	}
	return nil
}
