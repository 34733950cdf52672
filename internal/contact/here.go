package contact

import (
	"context"
	"sync"
	"time"

	"github.com/entente/entente/internal/db"
)

// An open page asks every few seconds; that somebody is there is remembered here and written once a minute, so that other nodes know it too.
const (
	hereEvery = time.Minute
	mostHere  = 10_000 // visits remembered; when there are more, all are asked of the database again
)

// here remembers until when visits had the page open.
type here struct {
	mu   sync.Mutex
	seen map[string]time.Time
}

func (h *here) note(visit string, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.seen == nil || len(h.seen) > mostHere {
		h.seen = map[string]time.Time{}
	}
	h.seen[visit] = now
}

// present reports whether a visit has the page open: by what asked here, or by what any node wrote.
func (h *here) present(visit string, written, now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if seen, known := h.seen[visit]; known && !written.After(seen) {
		return now.Sub(seen) < awayAfter
	}
	return now.Sub(written) < awayAfter+hereEvery
}

// Here notes that somebody has the page open and sees all of ours in the lines.
func (s *Service) Here(ctx context.Context, v *Visit, lines []Line) error {
	now := s.Now()
	var shown time.Time
	for _, l := range lines {
		if l.Ours && l.At.After(shown) {
			shown = l.At
		}
	}
	s.here.note(v.ID, now)
	type row struct{ seen, shown time.Time }
	was, found, err := db.One(ctx, s.db.Read(), func(r *row) []any { return []any{db.At(&r.seen), db.At(&r.shown)} }, "SELECT seen_at, shown_at FROM contact_presence WHERE visit = $1", v.ID)
	if err != nil || found && now.Sub(was.seen) < hereEvery && !shown.After(was.shown) {
		return err
	}
	at := int64(0)
	if !shown.IsZero() {
		at = shown.UnixMicro()
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, `INSERT INTO contact_presence (visit, seen_at, shown_at) VALUES ($1, $2, $3) ON CONFLICT (visit) DO UPDATE SET seen_at = excluded.seen_at,
			shown_at = CASE WHEN excluded.shown_at > contact_presence.shown_at THEN excluded.shown_at ELSE contact_presence.shown_at END`, v.ID, db.T(now), at)
		return err
	})
}
