package community

import (
	"context"
	"fmt"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/org"
)

// Read notes that whoever acts has read a thread as far as it goes now. Who reads it again meanwhile changes nothing.
func (s *Service) Read(ctx context.Context, t *Thread) error {
	m := org.Who(ctx)
	if m == nil || m.ByToken() {
		return nil
	}
	upTo, _, err := db.Value[int64](ctx, s.db.Read(), "SELECT up_to FROM community_read WHERE member = $1 AND thread = $2", m.ID, t.ID)
	if err != nil {
		return fmt.Errorf("see what was read: %w", err)
	}
	if upTo >= t.LastAt.UnixMicro() {
		return nil
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, `INSERT INTO community_read (member, thread, up_to) VALUES ($1, $2, $3)
			ON CONFLICT (member, thread) DO UPDATE SET up_to = CASE WHEN community_read.up_to < excluded.up_to THEN excluded.up_to ELSE community_read.up_to END`,
			m.ID, t.ID, db.T(t.LastAt))
		if err != nil {
			return fmt.Errorf("note what was read: %w", err)
		}
		return nil
	})
}

// unreadFor is how long what is said counts as unread by who never looked: an old thread that somebody never opened is no news.
const unreadFor = 30 * 24 * time.Hour

// Unread says which of the threads have something in them that a member has not read, by thread.
func (s *Service) Unread(ctx context.Context, m *org.Member, list []Thread) (map[string]bool, error) {
	if m == nil || len(list) == 0 {
		return nil, nil
	}
	ids := make([]string, len(list))
	for i := range list {
		ids[i] = list[i].ID
	}
	type row struct {
		thread string
		upTo   time.Time
	}
	q := s.db.Read()
	rows, err := db.All(ctx, q, func(r *row) []any { return []any{&r.thread, db.At(&r.upTo)} },
		"SELECT thread, up_to FROM community_read WHERE member = $1 AND thread IN "+db.Among(q, "$2"), m.ID, db.Texts(ids))
	if err != nil {
		return nil, fmt.Errorf("see what was read: %w", err)
	}
	read := map[string]time.Time{}
	for _, r := range rows {
		read[r.thread] = r.upTo
	}
	out, since := map[string]bool{}, latest(m.CreatedAt, s.Now().Add(-unreadFor))
	for i := range list {
		t := &list[i]
		if t.LastAt.After(latest(read[t.ID], since)) {
			out[t.ID] = true
		}
	}
	return out, nil
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
