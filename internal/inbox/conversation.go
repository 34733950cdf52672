package inbox

import (
	"time"

	"github.com/entente/entente/internal/db"
)

// State is where a conversation stands.
type State string

// The states.
const (
	Open     State = "open"
	Resolved State = "resolved"
)

// Conversation is a thread that somebody should handle or did handle.
type Conversation struct {
	ID, Root, Channel, Kind string
	State                   State
	Assignee                string // member, "" for nobody
	Title, Excerpt          string
	Author, AuthorName      string // who began it
	Private                 bool
	OpenedAt                time.Time // when the first of their posts was said
	FirstReplyAt            time.Time // when a human being of ours first answered; zero: not yet
	FirstReplyBy            string
	ResolvedAt              time.Time // when it was last resolved; zero while open
	WaitingSince            time.Time // since when they wait for us; zero: they do not
	LastTheirsAt            time.Time
	LastOursAt              time.Time
	LastAt                  time.Time
	Posts, Notes, Reopened  int
}

const columns = `id, root, channel, kind, state, assignee, title, excerpt, author, author_name, private, opened_at, first_reply_at, first_reply_by,
	resolved_at, waiting_since, last_theirs_at, last_ours_at, last_at, posts, notes, reopened`

func fields(c *Conversation) []any {
	return []any{&c.ID, &c.Root, &c.Channel, &c.Kind, (*string)(&c.State), &c.Assignee, &c.Title, &c.Excerpt, &c.Author, &c.AuthorName,
		db.Bool(&c.Private), db.At(&c.OpenedAt), db.At(&c.FirstReplyAt), &c.FirstReplyBy, db.At(&c.ResolvedAt), db.At(&c.WaitingSince),
		db.At(&c.LastTheirsAt), db.At(&c.LastOursAt), db.At(&c.LastAt), &c.Posts, &c.Notes, &c.Reopened}
}

func (c *Conversation) row() []any {
	return []any{c.ID, c.Root, c.Channel, c.Kind, string(c.State), c.Assignee, c.Title, c.Excerpt, c.Author, c.AuthorName, db.B(c.Private),
		db.T(c.OpenedAt), db.T(c.FirstReplyAt), c.FirstReplyBy, db.T(c.ResolvedAt), db.T(c.WaitingSince), db.T(c.LastTheirsAt), db.T(c.LastOursAt),
		db.T(c.LastAt), c.Posts, c.Notes, c.Reopened}
}

// Waiting reports whether they wait for us.
func (c *Conversation) Waiting() bool { return !c.WaitingSince.IsZero() }
