package inbox

import "github.com/entente/entente/internal/db"

// growth is what changed of a conversation in which more was said, and nothing else happened. Most changes are that, and what an index
// holds is written only when it changed: a write of one column costs as much as the indexes it is in.
type growth struct{ last, waiting, due bool } // the columns last_at, waiting_since and those of what is due

var growths = [...]growth{{false, false, false}, {false, true, false}, {true, false, false}, {true, true, false},
	{false, false, true}, {false, true, true}, {true, false, true}, {true, true, true}}

// grew says what changed from was to c; only is false when it is more than what a growth writes.
func grew(was, c *Conversation) (g growth, only bool) {
	g = growth{!was.LastAt.Equal(c.LastAt), !was.WaitingSince.Equal(c.WaitingSince),
		!was.DueAt.Equal(c.DueAt) || was.DueAim != c.DueAim || !was.WarnAt.Equal(c.WarnAt) || was.Promised != c.Promised}
	same := *was
	same.FirstReplyAt, same.FirstReplyBy, same.WaitingSince = c.FirstReplyAt, c.FirstReplyBy, c.WaitingSince
	same.LastTheirsAt, same.LastOursAt, same.LastAt, same.Posts, same.Notes = c.LastTheirsAt, c.LastOursAt, c.LastAt, c.Posts, c.Notes
	same.DueAt, same.DueAim, same.WarnAt, same.Promised = c.DueAt, c.DueAim, c.WarnAt, c.Promised
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
	if g.due {
		list = append(list, "due_at", "due_aim", "warn_at", "promised")
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
	if g.due {
		row = append(row, db.T(c.DueAt), c.DueAim, db.T(c.WarnAt), c.Promised)
	}
	return append(row, c.ID)
}
