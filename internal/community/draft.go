package community

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/problem"
)

// Draft is what somebody wrote before they signed up or in.
type Draft struct {
	Space string `json:"space,omitempty"` // slug
	Kind  string `json:"kind,omitempty"`
	Title string `json:"title,omitempty"`
	Body  string `json:"body"`
	Tags  string `json:"tags,omitempty"`
	Post  string `json:"post,omitempty"` // the post answered; "" for a thread
}

// DraftFor is how long a draft is kept. maxDrafts bounds how many are kept of all visitors together: beyond, the oldest go.
const (
	DraftFor  = 7 * 24 * time.Hour
	maxDrafts = 10_000
)

// KeepDraft keeps a draft under a secret that the visitor's browser holds. Its digest alone is stored.
func (s *Service) KeepDraft(ctx context.Context, secret, community string, d Draft) error {
	if _, err := checkBody(d.Body); err != nil {
		return err
	}
	if len(secret) < 20 || len(secret) > 200 || len(d.Title) > 4*maxTitle || len(d.Tags) > 1000 || len(d.Space) > 200 || len(d.Post) > 200 || len(d.Kind) > 40 {
		return problem.New(problem.Invalid, "problem.bad_form")
	}
	now := s.Now()
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if _, err := db.Exec(ctx, q, "DELETE FROM community_draft WHERE at < $1", db.T(now.Add(-DraftFor))); err != nil {
			return fmt.Errorf("forget old drafts: %w", err)
		}
		if _, err := db.Exec(ctx, q, "DELETE FROM community_draft WHERE token IN (SELECT token FROM community_draft ORDER BY at DESC, token LIMIT 100 OFFSET "+fmt.Sprint(maxDrafts)+")"); err != nil {
			return fmt.Errorf("bound the drafts: %w", err)
		}
		_, err := db.Exec(ctx, q, `INSERT INTO community_draft (token, community, content, at) VALUES ($1, $2, $3, $4)
			ON CONFLICT (token) DO UPDATE SET community = excluded.community, content = excluded.content, at = excluded.at`, hashed(secret), community, db.J(d), db.T(now))
		if err != nil {
			return fmt.Errorf("keep a draft: %w", err)
		}
		return nil
	})
}

// DraftOf finds what was written in a community under a secret.
func (s *Service) DraftOf(ctx context.Context, secret, community string) (d Draft, found bool, err error) {
	if secret == "" {
		return d, false, nil
	}
	return db.One(ctx, s.db.Read(), func(d *Draft) []any { return []any{db.JSON(d)} }, "SELECT content FROM community_draft WHERE token = $1 AND community = $2 AND at >= $3",
		hashed(secret), community, db.T(s.Now().Add(-DraftFor)))
}

// DropDraft forgets a draft, once it was said.
func (s *Service) DropDraft(ctx context.Context, secret string) error {
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, "DELETE FROM community_draft WHERE token = $1", hashed(secret))
		return err
	})
}

func hashed(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
