// Package export decides what of a community goes out as files, and to whom: who may and which groups are named comes in; JSON lines, a dump in the form of
// Stack Exchange, or all that one member said and has here go out.
package export

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// The forms.
const (
	Lines = "jsonl"
	Dump  = "stackexchange"
)

// Forms lists them.
func Forms() []string { return []string{Lines, Dump} }

// State is how far an export is.
type State string

// The states.
const (
	Queued  State = "queued"
	Running State = "running"
	Done    State = "done"
	Failed  State = "failed"
)

// Order says what is wanted.
type Order struct {
	Community string   `json:"community"` // id
	Form      string   `json:"form"`
	Groups    []string `json:"groups,omitempty"` // closed groups that are taken along, by id or slug
	People    bool     `json:"people,omitempty"` // with mail addresses; for who reads about people
}

// Job is an export asked for.
type Job struct {
	ID        string
	Member    string // who asked, "" for the operator
	Order     Order
	State     State
	Done      int // posts
	Total     int
	Size      int64 // bytes of the file
	Problem   string
	CreatedAt time.Time
	EndedAt   time.Time
}

// Open reports whether it is still to be done or under way.
func (j *Job) Open() bool { return j.State == Queued || j.State == Running }

// Limits of exports.
const (
	keptFor  = 7 * 24 * time.Hour
	leaseFor = 2 * time.Minute
	maxOpen  = 10
)

// Service makes exports. It is safe for concurrent use.
type Service struct {
	db        *db.DB
	community *community.Service
	org       *org.Service
	dir       string
	log       *slog.Logger
	clock     func() time.Time
	me        string
	wake      chan struct{}
}

// New makes a service that keeps files in dir. It starts nothing: see Loop.
func New(d *db.DB, c *community.Service, o *org.Service, dir string, log *slog.Logger, clock func() time.Time) *Service {
	return &Service{db: d, community: c, org: o, dir: dir, log: log, clock: clock, me: id.New(), wake: make(chan struct{}, 1)}
}

const jobColumns = "id, member, wanted, state, done, total, size, problem, created_at, ended_at"

func jobFields(j *Job) []any {
	return []any{&j.ID, &j.Member, db.JSON(&j.Order), (*string)(&j.State), &j.Done, &j.Total, &j.Size, &j.Problem, db.At(&j.CreatedAt), db.At(&j.EndedAt)}
}

// Begin asks for an export, which is made in the background in the name of whoever asks.
func (s *Service) Begin(ctx context.Context, o Order) (Job, error) {
	if o.Form != Lines && o.Form != Dump {
		return Job{}, problem.New(problem.Invalid, "export.no_form").On("form")
	}
	if _, err := s.look(ctx, o); err != nil {
		return Job{}, err
	}
	j := Job{ID: id.New(), Order: o, State: Queued, CreatedAt: s.clock().UTC().Truncate(time.Microsecond)}
	if m := org.Who(ctx); m != nil {
		j.Member = m.ID
	}
	err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		open, _, err := db.Value[int](ctx, q, "SELECT COUNT(*) FROM community_export WHERE state IN ('queued', 'running')")
		if err == nil && open >= maxOpen {
			return problem.New(problem.Busy, "export.too_many")
		}
		if err == nil {
			err = db.Insert(ctx, q, "community_export (id, member, wanted, state, created_at)", [][]any{{j.ID, j.Member, db.J(o), string(Queued), db.T(j.CreatedAt)}}, "")
		}
		if err != nil {
			return err
		}
		return s.org.Audit(ctx, q, "community.export", "community:"+o.Community, map[string]any{"form": o.Form, "groups": o.Groups, "people": o.People})
	})
	if err != nil {
		return Job{}, err
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
	return j, nil
}

// scope is what an order takes along.
type scope struct {
	community community.Community
	spaces    []community.Space
	people    bool
}

func (s *Service) look(ctx context.Context, o Order) (scope, error) {
	c, spaces, err := s.community.ExportSpaces(ctx, o.Community, o.Groups)
	if err != nil {
		return scope{}, err
	}
	if o.People {
		if err := org.Require(ctx, org.PeopleRead); err != nil {
			return scope{}, err
		}
	}
	return scope{c, spaces, o.People}, nil
}

// Find finds an export that whoever acts asked for.
func (s *Service) Find(ctx context.Context, job string) (Job, error) {
	if err := org.Require(ctx, org.ExportRun); err != nil {
		return Job{}, err
	}
	j, found, err := db.One(ctx, s.db.Read(), jobFields, "SELECT "+jobColumns+" FROM community_export WHERE id = $1 AND member = $2", job, who(ctx))
	if err == nil && !found {
		err = problem.New(problem.Missing, "problem.not_found")
	}
	return j, err
}

func who(ctx context.Context) string {
	if m := org.Who(ctx); m != nil {
		return m.ID
	}
	return ""
}

// List lists the exports of a community that whoever acts asked for, the newest first.
func (s *Service) List(ctx context.Context, community string) ([]Job, error) {
	if err := org.Require(ctx, org.ExportRun); err != nil {
		return nil, err
	}
	list, err := db.All(ctx, s.db.Read(), jobFields, "SELECT "+jobColumns+" FROM community_export WHERE member = $1 ORDER BY created_at DESC, id DESC"+db.Limit(50), who(ctx))
	out := list[:0]
	for _, j := range list {
		if j.Order.Community == community {
			out = append(out, j)
		}
	}
	return out, err
}

// File opens what an export made.
func (s *Service) File(ctx context.Context, job string) (Job, *os.File, error) {
	j, err := s.Find(ctx, job)
	if err != nil {
		return j, nil, err
	}
	if _, err := s.look(ctx, j.Order); err != nil { // whoever asked for it may have less to say now
		return j, nil, err
	}
	f, err := os.Open(s.at(j.ID))
	if err != nil || j.State != Done {
		return j, nil, problem.New(problem.Missing, "export.gone").Because(err)
	}
	return j, f, nil
}

func (s *Service) at(job string) string { return filepath.Join(s.dir, job+".zip") }

// Loop makes what was asked for, one after the other, until ctx ends. What a process that was killed had begun is made anew.
func (s *Service) Loop(ctx context.Context) error {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	all := s.db.Engine() == db.SQLite // one process has it
	for {
		if err := errors.Join(s.takeBack(ctx, all), s.forget(ctx)); err != nil && ctx.Err() == nil {
			s.log.Error("exports could not be tidied", "error", err)
		}
		all = false
		for ctx.Err() == nil {
			more, err := s.Next(ctx)
			if err != nil && ctx.Err() == nil {
				s.log.Error("an export failed", "error", err)
			}
			if !more {
				break
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.wake:
		case <-tick.C:
		}
	}
}

func (s *Service) takeBack(ctx context.Context, all bool) error {
	before := s.clock()
	if all {
		before = before.Add(24 * time.Hour)
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, "UPDATE community_export SET state = 'queued', done = 0 WHERE state = 'running' AND lease_until < $1 AND lease_by <> $2", db.T(before), s.me)
		return err
	})
}

// forget removes exports that were kept long enough.
func (s *Service) forget(ctx context.Context) error {
	old, err := db.All(ctx, s.db.Read(), db.Self[string], "SELECT id FROM community_export WHERE created_at < $1 AND state IN ('done', 'failed')"+db.Limit(100), db.T(s.clock().Add(-keptFor)))
	if err != nil {
		return err
	}
	for _, job := range old {
		if err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
			_, err := db.Exec(ctx, q, "DELETE FROM community_export WHERE id = $1", job)
			return err
		}); err != nil {
			return err
		}
		os.Remove(s.at(job))
	}
	return nil
}

// Next makes the next export that waits; more is false when none does.
func (s *Service) Next(ctx context.Context) (more bool, err error) {
	var j Job
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		j, more, err = db.One(ctx, q, jobFields, "SELECT "+jobColumns+" FROM community_export WHERE state = 'queued' ORDER BY created_at, id LIMIT 1")
		if err != nil || !more {
			return err
		}
		n, err := db.Exec(ctx, q, "UPDATE community_export SET state = 'running', lease_until = $1, lease_by = $2 WHERE id = $3 AND state = 'queued'", db.T(s.clock().Add(leaseFor)), s.me, j.ID)
		if err == nil && n == 0 {
			return db.ErrAgain // another process has it
		}
		return err
	})
	if err != nil || !more {
		return false, err
	}
	making, lost := context.WithCancelCause(ctx)
	defer lost(nil)
	beat := time.NewTicker(leaseFor / 8)
	defer beat.Stop()
	go s.keep(making, j.ID, beat.C, lost)
	size, err := s.make(making, &j)
	switch {
	case ctx.Err() != nil:
		return false, ctx.Err() // whoever starts next makes it anew
	case errors.Is(context.Cause(making), errTaken):
		return true, nil // another does
	}
	state, why := Done, ""
	if err != nil {
		p := problem.Of(err)
		if state, why = Failed, p.Key; p.Code == problem.Internal {
			why = "export.failed"
		}
	}
	ended := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, "UPDATE community_export SET state = $1, problem = $2, size = $3, done = $4, total = $5, ended_at = $6 WHERE id = $7 AND lease_by = $8",
			string(state), why, size, j.Done, j.Total, db.T(s.clock()), j.ID, s.me)
		return err
	})
	return true, errors.Join(err, ended)
}

var errTaken = errors.New("another process makes this export")

// keep holds an export that is being made, however long one thread or file of it takes, and ends the making when another process has it.
func (s *Service) keep(ctx context.Context, job string, beat <-chan time.Time, lost context.CancelCauseFunc) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-beat:
		}
		held := int64(0)
		err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) (err error) {
			held, err = db.Exec(ctx, q, "UPDATE community_export SET lease_until = $1 WHERE id = $2 AND lease_by = $3 AND state = 'running'", db.T(s.clock().Add(leaseFor)), job, s.me)
			return err
		})
		if err == nil && held == 0 {
			lost(errTaken)
			return
		}
		if err != nil && ctx.Err() == nil {
			s.log.Error("an export could not be held, will try again", "error", err)
		}
	}
}

// make writes the file beside its place and moves it there once it is whole. What whoever asked may is asked again.
func (s *Service) make(ctx context.Context, j *Job) (size int64, err error) {
	as := org.AsOperator(ctx)
	if j.Member != "" {
		m, err := s.org.Find(as, j.Member)
		if err != nil {
			return 0, err
		}
		if m == nil || m.State != org.Active {
			return 0, problem.New(problem.Forbidden, "problem.forbidden")
		}
		as = org.With(ctx, m)
	}
	what, err := s.look(as, j.Order)
	if err != nil {
		return 0, err
	}
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return 0, fmt.Errorf("make the folder for exports: %w", err)
	}
	f, err := os.CreateTemp(s.dir, ".export-*")
	if err != nil {
		return 0, fmt.Errorf("begin an export: %w", err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	beat := s.clock()
	err = s.write(as, f, j.Order.Form, what, func(done, total int) error {
		j.Done, j.Total = done, total
		if now := s.clock(); now.Sub(beat) >= time.Second {
			beat = now
			return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
				_, err := db.Exec(ctx, q, "UPDATE community_export SET done = $1, total = $2, lease_until = $3 WHERE id = $4 AND lease_by = $5", done, total, db.T(now.Add(leaseFor)), j.ID, s.me)
				return err
			})
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	if size, err = f.Seek(0, io.SeekEnd); err != nil {
		return 0, err
	}
	if err := errors.Join(f.Sync(), ctx.Err()); err != nil {
		return 0, fmt.Errorf("end an export: %w", err)
	}
	if err := errors.Join(os.Chmod(f.Name(), 0o600), os.Rename(f.Name(), s.at(j.ID))); err != nil {
		return 0, fmt.Errorf("move an export to its place: %w", err)
	}
	return size, nil
}

// Write writes an export at once, for the command line.
func (s *Service) Write(ctx context.Context, w io.Writer, o Order, progress func(done, total int) error) error {
	if o.Form != Lines && o.Form != Dump {
		return problem.New(problem.Invalid, "export.no_form").On("form")
	}
	what, err := s.look(ctx, o)
	if err != nil {
		return err
	}
	if err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		return s.org.Audit(ctx, q, "community.export", "community:"+what.community.ID, map[string]any{"form": o.Form, "groups": o.Groups, "people": o.People})
	}); err != nil {
		return err
	}
	return s.write(ctx, w, o.Form, what, progress)
}
