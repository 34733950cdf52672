package org

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/problem"
)

// How long sessions last.
const (
	IdleFor    = 14 * 24 * time.Hour // without a request
	SessionFor = 90 * 24 * time.Hour // in all
	seenFor    = time.Minute         // how old LastSeenAt may grow before it is written again
)

// Session is one sign-in of a member on one device.
type Session struct {
	ID        string
	Member    string
	IP        string // where it began
	Agent     string // what the browser calls itself, such as "Firefox · Linux"
	CreatedAt time.Time
	SeenAt    time.Time
	ExpiresAt time.Time // when it ends unless it is used before
}

const sessionColumns = "s.id, s.member, s.ip, s.agent, s.created_at, s.seen_at"

func sessionFields(x *Session) []any {
	return []any{&x.ID, &x.Member, &x.IP, &x.Agent, db.At(&x.CreatedAt), db.At(&x.SeenAt)}
}

func (x *Session) dated() {
	x.ExpiresAt = x.SeenAt.Add(IdleFor)
	if end := x.CreatedAt.Add(SessionFor); end.Before(x.ExpiresAt) {
		x.ExpiresAt = end
	}
}

// signedIn is whose session it is.
type signedIn struct {
	m     Member
	x     Session
	found bool
}

func signInFirst() error { return problem.New(problem.Unauthenticated, "problem.sign_in") }

// Authenticate gives the member and the session of a session token; it is a problem of the kind Unauthenticated when there is none.
func (s *Service) Authenticate(ctx context.Context, sessionToken string) (*Member, Session, error) {
	if !plausible(sessionToken) {
		return nil, Session{}, signInFirst()
	}
	hash := digest(sessionToken)
	p, err := s.sessions.Read(ctx, s.db, hash, func(ctx context.Context) (p signedIn, err error) {
		p, p.found, err = db.One(ctx, s.db.Read(), func(p *signedIn) []any { return append(memberFields(&p.m), sessionFields(&p.x)...) },
			"SELECT "+memberColumns+", "+sessionColumns+" FROM member_session s JOIN member m ON m.id = s.member WHERE s.hash = $1", hash)
		return p, err
	})
	if err != nil {
		return nil, Session{}, fmt.Errorf("find a session: %w", err)
	}
	now := s.now()
	p.x.dated()
	if !p.found || p.m.State != Active || !now.Before(p.x.ExpiresAt) {
		return nil, Session{}, signInFirst()
	}
	if now.Sub(p.x.SeenAt) >= seenFor {
		// Behind the answer: on SQLite a long import may hold the only writer, and no page waits for that.
		was := p.x
		s.after(ctx, "note that a member was seen", func(ctx context.Context) error { return s.seen(ctx, was, now) })
		p.x.SeenAt, p.m.LastSeenAt = now, now
		p.x.dated()
	}
	return &p.m, p.x, nil
}

func (s *Service) seen(ctx context.Context, x Session, now time.Time) error {
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		n, err := db.Exec(ctx, q, "UPDATE member_session SET seen_at = $1 WHERE id = $2 AND seen_at <= $3", db.T(now), x.ID, db.T(now.Add(-seenFor)))
		if err != nil || n == 0 {
			return err
		}
		_, err = db.Exec(ctx, q, "UPDATE member SET seen_at = $1 WHERE id = $2", db.T(now), x.Member)
		return err
	})
}

// SignIn checks an address and a password and gives the secret of a new session, to be kept in a cookie. A wrong address, a wrong
// password, a suspended member and one who has not accepted yet are all the same problem.
func (s *Service) SignIn(ctx context.Context, email, password string, from Visit) (token string, err error) {
	var missing []error
	if strings.TrimSpace(email) == "" {
		missing = append(missing, problem.New(problem.Invalid, "problem.required").On("email"))
	}
	if password == "" {
		missing = append(missing, problem.New(problem.Invalid, "problem.required").On("password"))
	}
	if err := errors.Join(missing...); err != nil {
		return "", err
	}
	ctx = WithVisit(ctx, from)
	email = lookupEmail(email)
	type row struct {
		m    Member
		hash string
	}
	r, _, err := db.One(ctx, s.db.Read(), func(r *row) []any { return append(memberFields(&r.m), &r.hash) },
		"SELECT "+memberColumns+", m.password FROM member m WHERE m.email = $1 AND m.state <> 'removed'", email)
	if err != nil {
		return "", fmt.Errorf("find who signs in: %w", err)
	}
	// What others guess for the address, or from the same place, does not concern a device that signed in before; nor does its owner's
	// getting in wash away what they guessed.
	tries, subject, shared := map[string]pace{}, "", []string(nil)
	if p, ok := s.known(from.Device, r.m.ID, r.hash); ok {
		subject = p.subject()
		tries[subject] = addressPace()
	} else {
		place := "sign_in_from:" + origin(from.IP)
		subject, shared = "sign_in:"+digest(email), []string{place}
		tries[subject], tries[place] = addressPace(), originPace()
	}
	if err := s.attempt(ctx, tries); err != nil {
		return "", err
	}
	same, err := s.vault.same(ctx, password, r.hash)
	if err != nil {
		return "", err
	}
	if !same || r.m.State != Active {
		if r.m.ID != "" { // behind the answer, which must take as long for addresses that nobody has
			s.after(ctx, "note a refused sign-in", func(ctx context.Context) error {
				return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
					return s.Audit(ctx, q, "member.sign_in_refused", "member:"+r.m.ID, nil)
				})
			})
		}
		return "", problem.New(problem.Invalid, "org.wrong_sign_in").On("password")
	}
	if err := s.forgive(ctx, subject, shared...); err != nil {
		return "", err
	}
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		// The member may have been suspended, or have changed the password, while the hash was computed.
		still, err := db.Exec(ctx, q, "UPDATE member SET seen_at = $1 WHERE id = $2 AND state = 'active' AND password = $3", db.T(s.now()), r.m.ID, r.hash)
		if err != nil {
			return err
		}
		if still == 0 {
			return problem.New(problem.Invalid, "org.wrong_sign_in").On("password")
		}
		token, err = s.begin(ctx, q, &r.m, from)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("sign in: %w", err)
	}
	return token, nil
}

// begin makes a session.
func (s *Service) begin(ctx context.Context, q db.Q, m *Member, from Visit) (token string, err error) {
	token = newSecret()
	now := s.now()
	if err := db.Insert(ctx, q, "member_session (id, member, hash, ip, agent, created_at, seen_at)",
		[][]any{{s.newID(), m.ID, digest(token), clip(from.IP, 64), agentName(from.Agent), db.T(now), db.T(now)}}, ""); err != nil {
		return "", err
	}
	// What ended by itself is cleared when the same member comes back.
	if _, err := db.Exec(ctx, q, "DELETE FROM member_session WHERE member = $1 AND (seen_at <= $2 OR created_at <= $3)",
		m.ID, db.T(now.Add(-IdleFor)), db.T(now.Add(-SessionFor))); err != nil {
		return "", err
	}
	return token, s.Audit(With(WithVisit(ctx, from), m), q, "member.sign_in", "member:"+m.ID, nil)
}

// SignOut ends the session of the token. A token that is none ends nothing, and is no error.
func (s *Service) SignOut(ctx context.Context, sessionToken string) error {
	if !plausible(sessionToken) {
		return nil
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		member, found, err := db.Value[string](ctx, q, "DELETE FROM member_session WHERE hash = $1 RETURNING member", digest(sessionToken))
		if err != nil {
			return fmt.Errorf("sign out: %w", err)
		}
		if !found {
			return nil
		}
		return s.Audit(ctx, q, "member.sign_out", "member:"+member, nil)
	})
}

// Sessions lists the live sessions of whoever acts, the last used first.
func (s *Service) Sessions(ctx context.Context) ([]Session, error) {
	m, err := ownAccount(ctx)
	if err != nil {
		return nil, err
	}
	now := s.now()
	list, err := db.All(ctx, s.db.Read(), sessionFields, "SELECT "+sessionColumns+
		" FROM member_session s WHERE s.member = $1 AND s.seen_at > $2 AND s.created_at > $3 ORDER BY s.seen_at DESC, s.id DESC LIMIT 200",
		m.ID, db.T(now.Add(-IdleFor)), db.T(now.Add(-SessionFor)))
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	for i := range list {
		list[i].dated()
	}
	return list, nil
}

// EndSession ends one of the sessions of whoever acts.
func (s *Service) EndSession(ctx context.Context, sessionID string) error {
	m, err := ownAccount(ctx)
	if err != nil {
		return err
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		n := int64(0)
		if id.Valid(sessionID) {
			var err error
			if n, err = db.Exec(ctx, q, "DELETE FROM member_session WHERE id = $1 AND member = $2", sessionID, m.ID); err != nil {
				return fmt.Errorf("end a session: %w", err)
			}
		}
		if n == 0 {
			return problem.New(problem.Missing, "org.no_session")
		}
		return s.Audit(ctx, q, "session.end", "session:"+sessionID, nil)
	})
}

// EndOtherSessions ends all sessions of whoever acts but the one whose secret is keep.
func (s *Service) EndOtherSessions(ctx context.Context, keep string) error {
	m, err := ownAccount(ctx)
	if err != nil {
		return err
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if err := s.endAll(ctx, q, m.ID, keep); err != nil {
			return err
		}
		return s.Audit(ctx, q, "session.end_others", "member:"+m.ID, nil)
	})
}

func (s *Service) endAll(ctx context.Context, q db.Q, memberID, keep string) error {
	if _, err := db.Exec(ctx, q, "DELETE FROM member_session WHERE member = $1 AND hash <> $2", memberID, digest(keep)); err != nil {
		return fmt.Errorf("end a member's sessions: %w", err)
	}
	return nil
}
