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

// columns are what is written of g.
func (g growth) columns() []string {
	list := []string{"first_reply_at", "first_reply_by", "last_theirs_at", "last_ours_at", "posts", "notes"}
	if g.last {
		list = append(list, "last_at")
	}
	if g.waiting {
		list = append(list, "waiting_since")
	}
	return list
}

// row are the values of columns, then the id.
func (g growth) row(c *Conversation) []any {
	row := []any{db.T(c.FirstReplyAt), c.FirstReplyBy, db.T(c.LastTheirsAt), db.T(c.LastOursAt), c.Posts, c.Notes}
	if g.last {
		row = append(row, db.T(c.LastAt))
	}
	if g.waiting {
		row = append(row, db.T(c.WaitingSince))
	}
	return append(row, c.ID)
}
