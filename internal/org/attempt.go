package org

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/problem"
)

// pace is how fast something may be tried: so many failures are free, then each further one doubles the wait, up to a longest.
// There is no lock-out: whoever waits may try.
type pace struct {
	free  int64
	first time.Duration
	most  time.Duration
}

// The paces: of one address (288 guesses a day at most), of one IP address (which a whole office may share), and of mails to one address.
func addressPace() pace { return pace{free: 5, first: 2 * time.Second, most: 5 * time.Minute} }
func originPace() pace  { return pace{free: 30, first: 1 * time.Second, most: 15 * time.Minute} }
func mailPace() pace    { return pace{free: 3, first: 1 * time.Minute, most: 1 * time.Hour} }

// after is how long to wait after so many failures.
func (p pace) after(failures int64) time.Duration {
	over := failures - p.free
	if over < 0 {
		return 0
	}
	if over > 20 {
		return p.most
	}
	return min(p.first<<over, p.most)
}

// forgetAfter is how long after the last failure a subject starts afresh.
const forgetAfter = 24 * time.Hour

// attempt counts one try of each subject, before it is known whether it fails: a hundred tries at one moment are a hundred. When one of
// them must wait, none is counted, and the problem says how long.
func (s *Service) attempt(ctx context.Context, subjects map[string]pace) error {
	now := s.now()
	// Looked at before it is locked: a flood that has to wait anyway writes nothing.
	for subject := range subjects {
		until, _, err := db.One(ctx, s.db.Read(), func(t *time.Time) []any { return []any{db.At(t)} }, "SELECT wait_until FROM attempt WHERE subject = $1", subject)
		if err != nil {
			return fmt.Errorf("look at attempts: %w", err)
		}
		if wait := until.Sub(now); wait > 0 {
			return mustWait(ctx, wait)
		}
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		// The upsert locks the rows before they are read; in one order, so that two attempts cannot wait for each other.
		for _, subject := range slices.Sorted(maps.Keys(subjects)) {
			p := subjects[subject]
			type row struct {
				failures int64
				until    time.Time
			}
			if _, err := db.Exec(ctx, q, `INSERT INTO attempt (subject, failures, last_at, wait_until) VALUES ($1, 0, $2, 0)
				ON CONFLICT (subject) DO UPDATE SET failures = CASE WHEN attempt.last_at < $3 THEN 0 ELSE attempt.failures END`,
				subject, db.T(now), db.T(now.Add(-forgetAfter))); err != nil {
				return fmt.Errorf("count an attempt: %w", err)
			}
			r, _, err := db.One(ctx, q, func(r *row) []any { return []any{&r.failures, db.At(&r.until)} },
				"SELECT failures, wait_until FROM attempt WHERE subject = $1", subject)
			if err != nil {
				return fmt.Errorf("count an attempt: %w", err)
			}
			if wait := r.until.Sub(now); wait > 0 {
				return mustWait(ctx, wait)
			}
			until := now.Add(p.after(r.failures + 1))
			if _, err := db.Exec(ctx, q, "UPDATE attempt SET failures = $1, last_at = $2, wait_until = $3 WHERE subject = $4",
				r.failures+1, db.T(now), db.T(until), subject); err != nil {
				return fmt.Errorf("count an attempt: %w", err)
			}
		}
		return nil
	})
}

// mustWait says how long; Seconds is for a Retry-After.
func mustWait(ctx context.Context, wait time.Duration) error {
	seconds := int64((wait + time.Second - 1) / time.Second)
	return problem.New(problem.Busy, "org.wait", "For", i18n.For(ctx, time.Duration(seconds)*time.Second), "Seconds", seconds)
}

// forgive takes an attempt that succeeded back: the subject starts afresh, and each of shared (which others use too) has one failure less.
func (s *Service) forgive(ctx context.Context, subject string, shared ...string) error {
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if _, err := db.Exec(ctx, q, "DELETE FROM attempt WHERE subject = $1", subject); err != nil {
			return fmt.Errorf("forgive attempts: %w", err)
		}
		for _, subject := range shared {
			if _, err := db.Exec(ctx, q, "UPDATE attempt SET failures = failures - 1, wait_until = 0 WHERE subject = $1 AND failures > 0", subject); err != nil {
				return fmt.Errorf("forgive attempts: %w", err)
			}
		}
		return nil
	})
}

// origin is what counts as one place to try from: an IPv4 address, or the /64 an IPv6 customer is given whole.
func origin(ip string) string {
	a, err := netip.ParseAddr(ip)
	if err != nil {
		return "unknown"
	}
	a = a.Unmap().WithZone("")
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}
