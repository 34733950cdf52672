package org

import (
	"context"
	"fmt"
	"time"

	"github.com/entente/entente/internal/db"
)

// AuditFor is how long audit entries are kept.
const AuditFor = 3 * 365 * 24 * time.Hour

// Tidy removes what is over: sessions, links, sign-ups, attempts, tokens dead for a year, audit entries older than AuditFor. Call it once a day.
func (s *Service) Tidy(ctx context.Context) error {
	now := s.now()
	steps := []step{
		{"DELETE FROM member_session WHERE seen_at <= $1 OR created_at <= $2", []any{db.T(now.Add(-IdleFor)), db.T(now.Add(-SessionFor))}},
		{"DELETE FROM member_link WHERE expires_at <= $1", []any{db.T(now)}},
		{"DELETE FROM member_sign_up WHERE expires_at <= $1", []any{db.T(now)}},
		{"DELETE FROM attempt WHERE last_at < $1", []any{db.T(now.Add(-forgetAfter))}},
		{"DELETE FROM member_token WHERE expires_at < $1", []any{db.T(now.Add(-maxTokenFor))}},
		{"DELETE FROM audit WHERE at < $1", []any{db.T(now.Add(-AuditFor))}},
	}
	for _, step := range steps {
		err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
			_, err := db.Exec(ctx, q, step.text, step.args...)
			return err
		})
		if err != nil {
			return fmt.Errorf("tidy the organisation: %w", err)
		}
	}
	return nil
}
