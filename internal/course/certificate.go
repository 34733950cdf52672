package course

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Certificate says that somebody passed a course, and until when that counts.
type Certificate struct {
	ID, Course, Member, Attempt string
	GivenAt, Until              time.Time // Until is zero for one that does not run out
	RevokedAt                   time.Time
	RevokedBy, Reason           string
}

// Valid reports whether it counts at an instant.
func (c *Certificate) Valid(at time.Time) bool {
	return c.ID != "" && c.RevokedAt.IsZero() && (c.Until.IsZero() || at.Before(c.Until))
}

// Soon is how long before its end a certificate is said to run out soon, and may be renewed at leisure.
const Soon = 30 * 24 * time.Hour

// Ending reports whether it counts and runs out soon.
func (c *Certificate) Ending(at time.Time) bool {
	return c.Valid(at) && !c.Until.IsZero() && c.Until.Sub(at) <= Soon
}

const certificateColumns = "id, course, member, attempt, given_at, until, revoked_at, revoked_by, reason"

func certificateFields(c *Certificate) []any {
	return []any{&c.ID, &c.Course, &c.Member, &c.Attempt, db.At(&c.GivenAt), db.At(&c.Until), db.At(&c.RevokedAt), &c.RevokedBy, &c.Reason}
}

// pass ends an attempt well and gives the certificate, in the transaction of the last answer.
func (s *Service) pass(ctx context.Context, q db.Q, a *Attempt, at time.Time) error {
	if err := s.end(ctx, q, a, Passed, at); err != nil {
		return err
	}
	return s.certify(ctx, q, a.Course, a.Member, a.ID, a.Content.Months, at)
}

func (s *Service) certify(ctx context.Context, q db.Q, course, member, attempt string, months int, at time.Time) error {
	var until time.Time
	if months > 0 {
		until = at.AddDate(0, months, 0)
	}
	one := id.New()
	n, err := db.Exec(ctx, q, "INSERT INTO certificate (id, course, member, attempt, given_at, until) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (attempt) DO NOTHING",
		one, course, member, attempt, db.T(at), db.T(until))
	if err != nil {
		return fmt.Errorf("give a certificate: %w", err)
	}
	if n == 0 {
		return nil
	}
	return s.org.Audit(ctx, q, "certificate.give", "member:"+member, map[string]any{"certificate": one, "course": course, "until": until})
}

// Recognise gives a certificate for what somebody learned elsewhere or before, from an instant on, by those who assign; nobody does so for themselves.
func (s *Service) Recognise(ctx context.Context, course, member string, at time.Time) error {
	if err := org.Require(ctx, org.InboxAssign); err != nil {
		return err
	}
	if m := org.Who(ctx); m != nil && m.ID == member {
		return problem.New(problem.Forbidden, "course.own_certificate")
	}
	if _, err := s.team.Find(ctx, member); err != nil {
		return err
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		c, err := s.find(ctx, q, course)
		if err != nil {
			return err
		}
		if c.Number == 0 {
			return missing()
		}
		return s.certify(ctx, q, course, member, "recognised:"+id.New(), c.Content.Months, at)
	})
}

// Revoke takes from somebody all that counts for a course, by those who assign, with the reason, which they are told.
func (s *Service) Revoke(ctx context.Context, course, member, reason string) error {
	if err := org.Require(ctx, org.InboxAssign); err != nil {
		return err
	}
	reason = strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(reason, "\uFFFD"), "\x00", ""))
	switch {
	case reason == "":
		return problem.New(problem.Invalid, "problem.required").On("reason")
	case len([]rune(reason)) > 500:
		return problem.New(problem.Invalid, "problem.too_long", "Max", 500).On("reason")
	}
	by, name := "", ""
	if m := org.Who(ctx); m != nil {
		by, name = m.ID, m.Name
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		c, err := s.find(ctx, q, course)
		if err != nil {
			return err
		}
		now := s.Now()
		n, err := db.Exec(ctx, q, "UPDATE certificate SET revoked_at = $3, revoked_by = $4, reason = $5 WHERE course = $1 AND member = $2 AND revoked_at IS NULL AND (until IS NULL OR until > $3)",
			course, member, db.T(now), by, reason)
		if err != nil {
			return fmt.Errorf("revoke a certificate: %w", err)
		}
		if n == 0 {
			return problem.New(problem.Conflict, "course.none_valid")
		}
		if err := s.inbox.TellOnce(ctx, q, "revoked:"+course+":"+id.New(), []string{member}, "course.told.revoked", []any{"Name", name, "Title", c.Content.Title.In(s.langOf(ctx, member)), "Reason", reason}, "", "/courses/"+course); err != nil {
			return err
		}
		return s.org.Audit(ctx, q, "certificate.revoke", "member:"+member, map[string]any{"course": course, "reason": reason})
	})
}

func (s *Service) langOf(ctx context.Context, member string) string {
	if m, err := s.org.Find(ctx, member); err == nil {
		return m.Lang
	}
	return "en"
}

// Own are the certificates of whoever acts, the newest first.
func (s *Service) Own(ctx context.Context) ([]Certificate, error) {
	m, err := acting(ctx, org.InboxRead)
	if err != nil {
		return nil, err
	}
	return s.certificates(ctx, "WHERE member = $1", m.ID)
}

// All are the certificates of everybody, the newest first, for those who assign.
func (s *Service) All(ctx context.Context) ([]Certificate, error) {
	if err := org.Require(ctx, org.InboxAssign); err != nil {
		return nil, err
	}
	return s.certificates(ctx, "")
}

func (s *Service) certificates(ctx context.Context, where string, args ...any) ([]Certificate, error) {
	list, err := db.All(ctx, s.db.Read(), certificateFields, "SELECT "+certificateColumns+" FROM certificate "+where+" ORDER BY given_at DESC, id DESC"+db.Limit(5000), args...)
	if err != nil {
		return nil, fmt.Errorf("read certificates: %w", err)
	}
	return list, nil
}

// Best is the certificate for a course that counts longest, of a list; found is false when there is none at all.
func Best(list []Certificate, course, member string, at time.Time) (best Certificate, found bool) {
	for _, c := range list {
		if c.Course != course || c.Member != member {
			continue
		}
		switch {
		case !found, c.Valid(at) && !best.Valid(at), c.Valid(at) == best.Valid(at) && !best.Until.IsZero() && (c.Until.IsZero() || c.Until.After(best.Until)):
			best, found = c, true
		}
	}
	return best, found
}
