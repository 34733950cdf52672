package enrich

import (
	"context"
	"fmt"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
)

// Run is how far old posts were looked at again by the enrichers and thresholds of today. New posts need not wait for it.
type Run struct {
	Version   string
	Below     int64 // the place of the oldest post looked at: newer ones are done
	Looked    int
	Changed   int // of those, taken for something else now
	Total     int
	WorkedFor time.Duration
	StartedAt time.Time
	EndedAt   time.Time // zero while it goes on
	PausedAt  time.Time // zero when it is not held
}

// Done reports whether nothing is left.
func (r Run) Done() bool { return !r.EndedAt.IsZero() }

// Rate is how many posts a second are looked at while it works, 0 when that cannot be told yet.
func (r Run) Rate() float64 {
	if r.WorkedFor <= 0 {
		return 0
	}
	return float64(r.Looked) / r.WorkedFor.Seconds()
}

// Left is how long it will still work at that rate, 0 when that cannot be told.
func (r Run) Left() time.Duration {
	rate := r.Rate()
	if rate == 0 || r.Done() {
		return 0
	}
	return time.Duration(float64(max(r.Total-r.Looked, 0)) / rate * float64(time.Second))
}

const runColumns = "version, below, looked, changed, total, worked_for, started_at, ended_at"

func runFields(r *Run) []any {
	return []any{&r.Version, &r.Below, &r.Looked, &r.Changed, &r.Total, (*int64)(&r.WorkedFor), db.At(&r.StartedAt), db.At(&r.EndedAt)}
}

// Progress is how far it has come; found is false before it first looked.
func (s *Service) Progress(ctx context.Context, q db.Q) (r Run, found bool, err error) {
	if r, found, err = db.One(ctx, q, runFields, "SELECT "+runColumns+" FROM enrich_run WHERE one = 1"); err != nil {
		return r, false, fmt.Errorf("read how far old posts were enriched: %w", err)
	}
	r.WorkedFor *= time.Duration(time.Microsecond)
	at, err := pausedAt(ctx, q)
	r.PausedAt = at
	return r, found, err
}

func pausedAt(ctx context.Context, q db.Q) (at time.Time, err error) {
	at, _, err = db.One(ctx, q, func(t *time.Time) []any { return []any{db.At(t)} }, "SELECT paused_at FROM enrich_setting WHERE one = 1")
	return at, err
}

const (
	pieceSize = 200             // posts a transaction: followers wait for it
	restFor   = 2 * time.Second // while the followers have more to do
	idleFor   = 5 * time.Second // between looks for something to do
)

// BackfillLoop says anew what an older version said, newest posts first, and goes on to do so until ctx ends: thresholds may change. It
// yields to what is being digested, and works half of the time at most.
func (s *Service) BackfillLoop(ctx context.Context, l *ledger.Ledger) error {
	wait := func(d time.Duration) {
		select {
		case <-ctx.Done():
		case <-time.After(d):
		}
	}
	for ctx.Err() == nil {
		if n, err := l.Behind(ctx); err != nil || n > pieceSize {
			wait(restFor)
			continue
		}
		began := time.Now()
		more, err := s.Piece(ctx, l)
		switch {
		case err != nil && ctx.Err() == nil:
			s.log.Error("old posts could not be enriched, will try again", "error", err)
			wait(10 * restFor)
		case !more:
			wait(idleFor)
		default:
			wait(min(time.Since(began), restFor))
		}
	}
	return nil
}

// Backfill is BackfillLoop until nothing is left or it is paused; progress, which may be nil, is told how many were looked at.
func (s *Service) Backfill(ctx context.Context, l *ledger.Ledger, progress func(done int)) error {
	for {
		more, err := s.Piece(ctx, l)
		if err != nil {
			return err
		}
		if progress != nil && more {
			r, _, err := s.Progress(ctx, s.db.Read())
			if err != nil {
				return err
			}
			progress(r.Looked)
		}
		if !more {
			return nil
		}
	}
}

// Piece takes one more piece of the old posts, in a transaction of its own; more is false when nothing is left, or it is paused.
func (s *Service) Piece(ctx context.Context, l *ledger.Ledger) (more bool, err error) {
	if at, err := pausedAt(ctx, s.db.Read()); err != nil || !at.IsZero() {
		return false, err
	}
	rules, err := s.rulesOf(ctx, s.db.Read())
	if err != nil {
		return false, err
	}
	last, found, err := s.Progress(ctx, s.db.Read())
	if err != nil || found && last.Version == rules.version && last.Done() {
		return false, err
	}
	total := 0
	if !found || last.Version != rules.version { // counted before, for nobody should wait for it
		if total, _, err = db.Value[int](ctx, s.db.Read(), "SELECT COUNT(*) FROM post"); err != nil {
			return false, fmt.Errorf("count posts: %w", err)
		}
	}
	began := time.Now()
	err = l.Exclusive(ctx, func(ctx context.Context, q db.Q) error {
		more = false
		r, found, err := s.Progress(ctx, q)
		if err != nil || !r.PausedAt.IsZero() {
			return err
		}
		if !found || r.Version != rules.version {
			if r, err = s.begin(ctx, q, rules, total, l.Now()); err != nil {
				return err
			}
		}
		if r.Done() {
			return nil
		}
		more = true
		posts, err := db.All(ctx, q, channel.PostFields, "SELECT "+channel.PostColumns("")+" FROM post WHERE seq < $1 ORDER BY seq DESC LIMIT $2", r.Below, pieceSize)
		if err != nil {
			return err
		}
		if len(posts) == 0 {
			more = false
			_, err := db.Exec(ctx, q, "UPDATE enrich_run SET ended_at = $1 WHERE one = 1", db.T(l.Now()))
			return err
		}
		n, err := s.refresh(ctx, q, posts, rules)
		if err != nil {
			return err
		}
		_, err = db.Exec(ctx, q, "UPDATE enrich_run SET below = $1, looked = looked + $2, changed = changed + $3, worked_for = worked_for + $4 WHERE one = 1",
			posts[len(posts)-1].Seq, len(posts), n, time.Since(began).Microseconds())
		return err
	})
	if err != nil {
		return false, fmt.Errorf("enrich old posts: %w", err)
	}
	return more, nil
}

// begin makes the run of another version: from the newest post on.
func (s *Service) begin(ctx context.Context, q db.Q, rules rules, total int, now time.Time) (Run, error) {
	r := Run{Version: rules.version, Total: total, StartedAt: now}
	var err error
	if r.Below, _, err = db.Value[int64](ctx, q, "SELECT COALESCE(MAX(seq), 0) + 1 FROM post"); err != nil {
		return r, err
	}
	return r, db.Insert(ctx, q, "enrich_run (one, version, below, looked, changed, total, worked_for, started_at)",
		[][]any{{1, r.Version, r.Below, 0, 0, r.Total, 0, db.T(now)}}, `ON CONFLICT (one) DO UPDATE SET version = excluded.version, below = excluded.below,
		looked = 0, changed = 0, total = excluded.total, worked_for = 0, started_at = excluded.started_at, ended_at = NULL`)
}

// refresh says anew what an older version said of these posts, and counts those that are taken for something else now.
func (s *Service) refresh(ctx context.Context, q db.Q, posts []channel.Post, rules rules) (int, error) {
	ids := make([]string, len(posts))
	for i := range posts {
		ids[i] = posts[i].ID
	}
	fresh, err := db.All(ctx, q, db.Self[string], "SELECT post FROM enrichment WHERE version = $1 AND post IN "+db.Among(q, "$2"), rules.version, db.Texts(ids))
	if err != nil {
		return 0, err
	}
	done := make(map[string]bool, len(fresh))
	for _, id := range fresh {
		done[id] = true
	}
	var due []channel.Post
	for i := range posts {
		if !done[posts[i].ID] {
			due = append(due, posts[i])
		}
	}
	if len(due) == 0 {
		return 0, nil
	}
	changed, err := s.again(ctx, q, due, rules, false, false)
	if err != nil || len(changed) == 0 || s.changed == nil {
		return len(changed), err
	}
	return len(changed), s.changed(ctx, q, changed)
}
