package inbox

import (
	"context"
	"fmt"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/org"
)

const (
	hereFor    = 50 * time.Second // after the last sign; pages give one every twenty seconds
	writingFor = 30 * time.Second // after the last key
	awayFor    = 24 * time.Hour   // then the row is of no use to anybody
)

// Present is somebody who looks at a conversation right now.
type Present struct {
	Member, Name string
	Since        time.Time
	Writing      bool
}

// Enter notes that a member looks at a conversation, and whether they write.
func (s *Service) Enter(ctx context.Context, conversation, member string, writing bool) error {
	c, err := s.Find(ctx, conversation)
	if err != nil {
		return err
	}
	now := s.now()
	var written time.Time
	if writing {
		written = now
	}
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if err := s.spend(ctx, q, member, now); err != nil {
			return err
		}
		_, err := db.Exec(ctx, q, `INSERT INTO presence (conversation, member, since_at, at, writing_at) VALUES ($1, $2, $3, $3, $4)
			ON CONFLICT (conversation, member) DO UPDATE SET since_at = CASE WHEN presence.at < $5 THEN excluded.at ELSE presence.since_at END,
			at = excluded.at, writing_at = COALESCE(excluded.writing_at, presence.writing_at)`, c.ID, member, db.T(now), db.T(written), db.T(now.Add(-hereFor)))
		if err != nil {
			return err
		}
		_, err = db.Exec(ctx, q, "DELETE FROM presence WHERE at < $1", db.T(now.Add(-awayFor)))
		return err
	})
	if err != nil {
		return fmt.Errorf("note who is here: %w", err)
	}
	return nil
}

// Leave notes that a member has gone.
func (s *Service) Leave(ctx context.Context, conversation, member string) error {
	c, err := s.Find(ctx, conversation)
	if err != nil {
		return err
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, "DELETE FROM presence WHERE conversation = $1 AND member = $2", c.ID, member)
		return err
	})
}

// Others lists who looks at a conversation right now beside member, the first to come first.
func (s *Service) Others(ctx context.Context, conversation, member string) ([]Present, error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return nil, err
	}
	now := s.now()
	list, err := db.All(ctx, s.db.Read(), func(p *Present) []any { return []any{&p.Member, &p.Name, db.At(&p.Since), db.Bool(&p.Writing)} },
		`SELECT p.member, m.name, p.since_at, CASE WHEN p.writing_at > $1 THEN 1 ELSE 0 END FROM presence p JOIN member m ON m.id = p.member
		WHERE p.conversation = $2 AND p.member <> $3 AND p.at > $4 ORDER BY p.since_at, p.member LIMIT 20`,
		db.T(now.Add(-writingFor)), conversation, member, db.T(now.Add(-hereFor)))
	if err != nil {
		return nil, fmt.Errorf("see who is here: %w", err)
	}
	return list, nil
}
