package inbox

import "github.com/entente/entente/internal/db"

// growth is what changed of a conversation in which more was said, and nothing else happened. Most changes are that, and what an index
// holds is written only when it changed: a write of one column costs as much as the indexes it is in.
type growth struct{ last, waiting bool } // the columns last_at and waiting_since

var growths = [...]growth{{false, false}, {false, true}, {true, false}, {true, true}}

// grew says what changed from was to c; only is false when it is more than what a growth writes.
func grew(was, c *Conversation) (g growth, only bool) {
	g = growth{!was.LastAt.Equal(c.LastAt), !was.WaitingSince.Equal(c.WaitingSince)}
	same := *was
	same.FirstReplyAt, same.FirstReplyBy, same.WaitingSince = c.FirstReplyAt, c.FirstReplyBy, c.WaitingSince
	same.LastTheirsAt, same.LastOursAt, same.LastAt, same.Posts, same.Notes = c.LastTheirsAt, c.LastOursAt, c.LastAt, c.Posts, c.Notes
	return g, same == *c
}

// insert is how rows of g are written over what is there. The columns that must have a value are named for the engines' sake.
func (g growth) insert() (into, tail string) {
	into = `conversation (id, root, post, channel, state, author, opened_at, last_at, waiting_since, first_reply_at, first_reply_by, last_theirs_at, last_ours_at, posts, notes)`
	tail = `ON CONFLICT (id) DO UPDATE SET first_reply_at = excluded.first_reply_at, first_reply_by = excluded.first_reply_by,
		last_theirs_at = excluded.last_theirs_at, last_ours_at = excluded.last_ours_at, posts = excluded.posts, notes = excluded.notes`
	if g.last {
		tail += ", last_at = excluded.last_at"
	}
	if g.waiting {
		tail += ", waiting_since = excluded.waiting_since"
	}
	return into, tail
}

func (g growth) row(c *Conversation) []any {
	return []any{c.ID, c.Root, c.Post, c.Channel, string(c.State), c.Author, db.T(c.OpenedAt), db.T(c.LastAt), db.T(c.WaitingSince), db.T(c.FirstReplyAt),
		c.FirstReplyBy, db.T(c.LastTheirsAt), db.T(c.LastOursAt), c.Posts, c.Notes}
}
