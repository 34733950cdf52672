package org

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/problem"
)

// TokenPrefix begins every personal token, so that one that leaked is recognised.
const TokenPrefix = "ent_"

const (
	maxTokens   = 50                   // live ones a member
	maxTokenFor = 366 * 24 * time.Hour // longest life
)

// Token lets a program act for a member, within its scopes. It never allows more than the member may at that moment.
type Token struct {
	ID        string
	Member    string
	Name      string
	Scopes    []Permission
	CreatedAt time.Time
	ExpiresAt time.Time
	UsedAt    time.Time // zero when never; exact to a minute
	UsedIP    string    // where it was used last
	RevokedAt time.Time // zero while it lives
}

// Live reports whether the token still works at now.
func (t Token) Live(now time.Time) bool { return t.RevokedAt.IsZero() && now.Before(t.ExpiresAt) }

const tokenColumns = "t.id, t.member, t.name, t.scopes, t.created_at, t.expires_at, t.used_at, t.used_ip, t.revoked_at"

func tokenFields(t *Token) []any {
	return []any{&t.ID, &t.Member, &t.Name, db.JSON(&t.Scopes), db.At(&t.CreatedAt), db.At(&t.ExpiresAt), db.At(&t.UsedAt), &t.UsedIP, db.At(&t.RevokedAt)}
}

// Bearer gives the member and the token of a personal token's secret. The member returned may do only what the scopes allow.
func (s *Service) Bearer(ctx context.Context, token string) (*Member, Token, error) {
	bad := problem.New(problem.Unauthenticated, "org.bad_token")
	if rest, ok := strings.CutPrefix(token, TokenPrefix); !ok || !plausible(rest) {
		return nil, Token{}, bad
	}
	type pair struct {
		m Member
		t Token
	}
	p, found, err := db.One(ctx, s.db.Read(), func(p *pair) []any { return append(memberFields(&p.m), tokenFields(&p.t)...) },
		"SELECT "+memberColumns+", "+tokenColumns+" FROM member_token t JOIN member m ON m.id = t.member WHERE t.hash = $1", digest(token))
	if err != nil {
		return nil, Token{}, fmt.Errorf("find a token: %w", err)
	}
	now := s.now()
	if !found || p.m.State != Active || !p.t.Live(now) {
		return nil, Token{}, bad
	}
	if now.Sub(p.t.UsedAt) >= seenFor {
		ip := clip(VisitOf(ctx).IP, 64)
		note := func(ctx context.Context) error {
			return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
				_, err := db.Exec(ctx, q, "UPDATE member_token SET used_at = $1, used_ip = $2 WHERE id = $3 AND (used_at IS NULL OR used_at < $1)", db.T(now), ip, p.t.ID)
				return err
			})
		}
		if p.t.UsedAt.IsZero() { // the first use is waited for: whoever tries a new token looks whether it arrived
			if err := note(ctx); err != nil {
				s.log.Warn("note that a token was used", "error", err)
			}
		} else {
			s.after(ctx, "note that a token was used", note)
		}
		p.t.UsedAt, p.t.UsedIP = now, ip
	}
	p.m.limited, p.m.scopes, p.m.token = true, p.t.Scopes, p.t.ID
	return &p.m, p.t, nil
}

// MakeToken makes a token for whoever acts, who must have signed in. The secret is returned this once and kept nowhere.
func (s *Service) MakeToken(ctx context.Context, name string, scopes []Permission, lasts time.Duration) (secret string, t Token, err error) {
	m, err := inPerson(ctx)
	if err != nil {
		return "", t, err
	}
	name, err = checkName(name, "name")
	errs := []error{err}
	scopes = slices.Compact(slices.Sorted(slices.Values(scopes)))
	if len(scopes) == 0 {
		errs = append(errs, problem.New(problem.Invalid, "org.no_scopes").On("scopes"))
	}
	for _, p := range scopes {
		if p == Public || !m.May(p) {
			errs = append(errs, problem.New(problem.Invalid, "org.scope_above", "Scope", clip(string(p), 40)).On("scopes"))
			break
		}
	}
	if lasts < time.Hour || lasts > maxTokenFor {
		errs = append(errs, problem.New(problem.Invalid, "org.bad_expiry").On("expires"))
	}
	if err := errors.Join(errs...); err != nil {
		return "", t, err
	}
	secret = TokenPrefix + newSecret()
	now := s.now()
	t = Token{ID: s.newID(), Member: m.ID, Name: name, Scopes: scopes, CreatedAt: now, ExpiresAt: now.Add(lasts)}
	err = s.change(ctx, m.ID, func(ctx context.Context, q db.Q, m *Member) error {
		if m.State != Active {
			return signInFirst()
		}
		n, _, err := db.Value[int64](ctx, q, "SELECT count(*) FROM member_token WHERE member = $1 AND revoked_at IS NULL AND expires_at > $2", m.ID, db.T(now))
		if err != nil {
			return fmt.Errorf("count tokens: %w", err)
		}
		if n >= maxTokens {
			return problem.New(problem.Conflict, "org.too_many_tokens", "Max", maxTokens)
		}
		if err := db.Insert(ctx, q, "member_token (id, member, hash, name, scopes, created_at, expires_at)",
			[][]any{{t.ID, m.ID, digest(secret), t.Name, db.J(t.Scopes), db.T(now), db.T(t.ExpiresAt)}}, ""); err != nil {
			return err
		}
		return s.Audit(ctx, q, "token.make", "token:"+t.ID, map[string]any{"name": name, "scopes": scopes, "expires_at": t.ExpiresAt})
	})
	if err != nil {
		return "", Token{}, err
	}
	return secret, t, nil
}

// Tokens lists the tokens of whoever acts, the newest first; those revoked or expired for 30 days are left out.
func (s *Service) Tokens(ctx context.Context) ([]Token, error) {
	m, err := ownAccount(ctx)
	if err != nil {
		return nil, err
	}
	since := db.T(s.now().Add(-30 * 24 * time.Hour))
	list, err := db.All(ctx, s.db.Read(), tokenFields, "SELECT "+tokenColumns+
		" FROM member_token t WHERE t.member = $1 AND t.expires_at > $2 AND (t.revoked_at IS NULL OR t.revoked_at > $2) ORDER BY t.id DESC LIMIT 200", m.ID, since)
	if err != nil {
		return nil, fmt.Errorf("list tokens: %w", err)
	}
	return list, nil
}

// RevokeToken ends one of the tokens of whoever acts at once. A token may always end itself.
func (s *Service) RevokeToken(ctx context.Context, tokenID string) error {
	m, err := ownAccount(ctx)
	if w := Who(ctx); w.ByToken() && w.token == tokenID {
		m, err = w, nil
	}
	if err != nil {
		return err
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		n := int64(0)
		if id.Valid(tokenID) {
			var err error
			if n, err = db.Exec(ctx, q, "UPDATE member_token SET revoked_at = $1 WHERE id = $2 AND member = $3 AND revoked_at IS NULL",
				db.T(s.now()), tokenID, m.ID); err != nil {
				return fmt.Errorf("revoke a token: %w", err)
			}
		}
		if n == 0 {
			return problem.New(problem.Missing, "org.no_token")
		}
		return s.Audit(ctx, q, "token.revoke", "token:"+tokenID, nil)
	})
}
