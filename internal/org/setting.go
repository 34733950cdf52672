package org

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/entente/entente/internal/db"
)

// Setting reads the setting key ("inbox.charter") into v, a pointer. v stays as it is when the setting was never made.
func (s *Service) Setting(ctx context.Context, key string, v any) error {
	text, err := s.settings.Page(ctx, s.db, key, func(ctx context.Context) (string, error) {
		text, _, err := db.Value[string](ctx, s.db.Read(), "SELECT value FROM setting WHERE key = $1", key)
		return text, err
	})
	if err != nil {
		return fmt.Errorf("read the setting %s: %w", key, err)
	}
	if text == "" { // JSON never is
		return nil
	}
	if err := json.Unmarshal([]byte(text), v); err != nil {
		return fmt.Errorf("read the setting %s: %w", key, err)
	}
	return nil
}

// SetSetting keeps v, as JSON, under key, in the transaction q. Secrets must be sealed before.
func (s *Service) SetSetting(ctx context.Context, q db.Q, key string, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("keep the setting %s: %w", key, err)
	}
	return db.Insert(ctx, q, "setting (key, value, changed_at)", [][]any{{key, string(raw), db.T(s.now())}},
		"ON CONFLICT (key) DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at")
}

// SwapSetting is SetSetting for what is made at its first use: nothing is kept when it is no longer what it was, so that of two nodes
// that make it at once the first one's holds.
func (s *Service) SwapSetting(ctx context.Context, q db.Q, key string, was, v any) error {
	old, err := json.Marshal(was)
	if err != nil {
		return fmt.Errorf("keep the setting %s: %w", key, err)
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("keep the setting %s: %w", key, err)
	}
	if _, err := db.Exec(ctx, q, `INSERT INTO setting (key, value, changed_at) VALUES ($1, $2, $3)
		ON CONFLICT (key) DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at WHERE setting.value = $4`, key, string(raw), db.T(s.now()), string(old)); err != nil {
		return fmt.Errorf("keep the setting %s: %w", key, err)
	}
	return nil
}
