package course

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
)

const remindEvery = 30 * time.Minute

// Loop reminds of certificates that run out and tells what went well, until ctx ends.
func (s *Service) Loop(ctx context.Context) error {
	tick := time.NewTicker(remindEvery)
	defer tick.Stop()
	for {
		if err := errors.Join(s.Remind(ctx), s.Cheer(ctx)); err != nil && ctx.Err() == nil {
			s.log.Error("not all were told of certificates and of what went well, will try again", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Remind tells members that a certificate of theirs runs out: 30 days, 7 days and a day before, and when it has; each once, whatever they read,
// and not who has a later one.
func (s *Service) Remind(ctx context.Context) error {
	now := s.Now()
	list, err := s.certificates(ctx, "WHERE revoked_at IS NULL AND until IS NOT NULL AND until > $1 AND until <= $2", db.T(now.AddDate(0, 0, -7)), db.T(now.Add(Soon)))
	if err != nil || len(list) == 0 {
		return err
	}
	for _, c := range list {
		later, _, err := db.Value[int](ctx, s.db.Read(), "SELECT COUNT(*) FROM certificate WHERE member = $1 AND course = $2 AND revoked_at IS NULL AND (until IS NULL OR until > $3)", c.Member, c.Course, db.T(c.Until))
		if err != nil {
			return fmt.Errorf("look for a later certificate: %w", err)
		}
		m, err := s.org.Find(ctx, c.Member)
		if later > 0 || err != nil || m.State != org.Active {
			continue
		}
		of, err := s.find(ctx, s.db.Read(), c.Course)
		if err != nil {
			continue
		}
		days, key := 0, "course.told.over"
		for _, d := range []int{1, 7, 30} {
			if left := c.Until.Sub(now); left > 0 && left <= time.Duration(d)*24*time.Hour {
				days, key = d, "course.told.ending"
				break
			}
		}
		said := i18n.With(ctx, m.Lang, m.Location())
		err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
			return s.inbox.TellOnce(ctx, q, fmt.Sprintf("certificate:%s:%d", c.ID, days), []string{c.Member}, key,
				[]any{"Title", of.Content.Title.In(m.Lang), "Day", i18n.Day(said, c.Until)}, "", "/courses/"+c.Course)
		})
		if err != nil {
			return fmt.Errorf("remind of a certificate: %w", err)
		}
	}
	return nil
}
