package listening

import (
	"time"

	"github.com/entente/entente/internal/db"
)

// Topic is a saved query over posts.
type Topic struct {
	ID, Name, Query      string
	Colour               int       // index into the palette of charts
	InboxAt              time.Time // what we learn from then on becomes a conversation; zero: nothing does
	CreatedAt, UpdatedAt time.Time
	FilledTo             time.Time // old posts up to here (going back) are matched; zero: none yet
}

const topicColumns = "id, name, query, colour, inbox_at, created_at, updated_at, filled_to"

func topicFields(t *Topic) []any {
	return []any{&t.ID, &t.Name, &t.Query, &t.Colour, db.At(&t.InboxAt), db.At(&t.CreatedAt), db.At(&t.UpdatedAt), db.At(&t.FilledTo)}
}
