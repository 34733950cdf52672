package intake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

const (
	keptFor  = 7 * 24 * time.Hour // an uploaded file
	maxDraft = 50                 // files waiting
	spare    = 200 << 20          // bytes left free on the disk
)

// MaxUpload is the most bytes of an uploaded file.
const MaxUpload = 1 << 30

// Service runs imports that people begin on a page or through the REST interface.
type Service struct {
	db      *db.DB
	runner  Runner
	org     *org.Service
	dir     string
	log     *slog.Logger
	clock   func() time.Time
	resolve func(ctx context.Context, channel, externalID string) (post, conversation string, err error)
	me      string
	wake    chan struct{}

	communities *Communities

	mu      sync.Mutex
	running map[string]context.CancelFunc
}

// New makes a service that keeps files in dir, made when it is not there. resolve gives the post and conversation of what a channel
// (an id) calls an external id; it may be nil. It starts nothing: see Run.
func New(d *db.DB, l *ledger.Ledger, channels *channel.Service, o *org.Service, dir string, log *slog.Logger, clock func() time.Time,
	resolve func(ctx context.Context, channel, externalID string) (post, conversation string, err error)) *Service {
	return &Service{db: d, runner: Runner{DB: d, Ledger: l, Channels: channels, Clock: clock}, org: o, dir: dir, log: log, clock: clock,
		resolve: resolve, me: id.New(), wake: make(chan struct{}, 1), running: map[string]context.CancelFunc{}}
}

// Runner is what runs imports, for those who need no job: the command line.
func (s *Service) Runner() *Runner { return &s.runner }

// Channels is where posts may go.
func (s *Service) Channels(ctx context.Context) ([]channel.Account, error) {
	return s.runner.Channels.List(ctx)
}

// Lookups fills in how options find members, posts and conversations.
func (s *Service) Lookups(opts *Options) {
	opts.Resolve = s.resolve
	opts.Member, opts.Slug = Members(s.org)
}

// Members finds members by mail address, and those of the team by what the address of their web page ends in: their name in small letters.
func Members(o *org.Service) (byEmail, bySlug func(ctx context.Context, text string) (id string, ok bool)) {
	var slugs map[string]string // read once
	cached := func(find func(ctx context.Context, text string) (string, bool)) func(ctx context.Context, text string) (string, bool) {
		var mu sync.Mutex
		seen := map[string]string{}
		return func(ctx context.Context, text string) (string, bool) {
			mu.Lock()
			defer mu.Unlock()
			found, there := seen[text]
			if !there && len(seen) < 10_000 {
				found, _ = find(org.AsOperator(ctx), text)
				seen[text] = found
			}
			return found, found != ""
		}
	}
	return cached(func(ctx context.Context, email string) (string, bool) {
			m, err := o.ByEmail(ctx, email)
			if err != nil {
				return "", false
			}
			return m.ID, true
		}), cached(func(ctx context.Context, slug string) (string, bool) {
			if slugs == nil {
				slugs = map[string]string{}
				team, err := o.Team(ctx)
				if err != nil {
					return "", false
				}
				for _, m := range team {
					if _, other := slugs[heading(m.Name)]; !other {
						slugs[heading(m.Name)] = m.ID
					}
				}
			}
			id, ok := slugs[heading(slug)]
			return id, ok
		})
}

func (s *Service) file(job string) string { return filepath.Join(s.dir, job) }

func (s *Service) list(job string) string { return filepath.Join(s.dir, job+".refused.csv") }

func (s *Service) here(job string) bool {
	_, err := os.Stat(s.file(job))
	return id.Valid(job) && err == nil
}

// files are the jobs whose files are on this machine.
func (s *Service) files() ([]string, error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("look into the folder of imports: %w", err)
	}
	var out []string
	for _, e := range entries {
		if id.Valid(e.Name()) {
			out = append(out, e.Name())
		}
	}
	return out, nil
}

func (s *Service) ring() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Receive keeps a file that somebody brings, called name, and finds out what it is. size is how long it is said to be, -1 when nobody
// says. The error is a *problem.Problem when it is too long or there is no room for it.
func (s *Service) Receive(ctx context.Context, name string, r io.Reader, size int64) (Job, error) {
	if size > MaxUpload {
		return Job{}, problem.New(problem.TooLarge, "problem.too_large", "Limit", "1 GB").On("file")
	}
	n, _, err := db.Value[int](ctx, s.db.Read(), "SELECT COUNT(*) FROM intake_job WHERE state = 'draft' AND kept = 1")
	if err != nil {
		return Job{}, err
	}
	if n >= maxDraft {
		return Job{}, problem.New(problem.Busy, "intake.too_many_drafts", "Max", maxDraft).On("file")
	}
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return Job{}, fmt.Errorf("make the folder for imports: %w", err)
	}
	if free, ok := freeSpace(s.dir); ok && free < spare+max(size, 0) {
		return Job{}, problem.New(problem.TooLarge, "intake.no_room").On("file")
	}
	j := Job{ID: id.New(), Name: calledName(name), State: Draft, Kept: true, CreatedAt: s.clock().UTC().Truncate(time.Microsecond), Lang: i18n.Lang(ctx),
		Zone: i18n.Zone(ctx).String()}
	if m := org.Who(ctx); m != nil {
		j.Member = m.ID
	}
	if j.Size, err = s.keep(j.ID, r); err != nil {
		os.Remove(s.file(j.ID))
		return Job{}, err
	}
	src, err := OpenAs(s.file(j.ID), j.Name)
	if err != nil { // what cannot be opened is told at once, such as an archive of a kind that is not read
		os.Remove(s.file(j.ID))
		return Job{}, problem.Of(err).On("file")
	}
	j.Format = Detect(src)
	src.Close()
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		return db.Insert(ctx, q, "intake_job (id, member, lang, zone, name, size, format, state, created_at)",
			[][]any{{j.ID, j.Member, j.Lang, j.Zone, j.Name, j.Size, j.Format, string(j.State), db.T(j.CreatedAt)}}, "")
	})
	if err != nil {
		os.Remove(s.file(j.ID))
		return Job{}, err
	}
	return j, nil
}

// keep writes a file, looking at the room left as it grows.
func (s *Service) keep(job string, r io.Reader) (int64, error) {
	f, err := os.OpenFile(s.file(job), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, fmt.Errorf("keep a file: %w", err)
	}
	defer f.Close()
	const step = 64 << 20
	var size int64
	for {
		n, err := io.CopyN(f, r, step)
		size += n
		switch {
		case size > MaxUpload:
			return 0, problem.New(problem.TooLarge, "problem.too_large", "Limit", "1 GB").On("file")
		case errors.Is(err, io.EOF):
			if size == 0 {
				return 0, problem.New(problem.Invalid, "intake.empty").On("file")
			}
			return size, f.Close()
		case err != nil:
			return 0, problem.New(problem.Invalid, "intake.upload_broke").On("file").Because(err)
		}
		if free, ok := freeSpace(s.dir); ok && free < spare {
			return 0, problem.New(problem.TooLarge, "intake.no_room").On("file")
		}
	}
}

// calledName is the last part of what a browser calls a file.
func calledName(name string) string {
	name = brief(name[strings.LastIndexAny(name, `/\`)+1:])
	for len(name) > 200 {
		_, n := utf8.DecodeRuneInString(name)
		name = name[n:]
	}
	if name == "" {
		return "file"
	}
	return name
}

// Look reads the first rows of a job's file as they would be understood with these settings. layout is that of a table.
func (s *Service) Look(ctx context.Context, j *Job, format string, set Settings, most int) (rows []Row, layout *Layout, err error) {
	f, found := Find(format)
	if !found {
		return nil, nil, problem.New(problem.Invalid, "intake.bad_format").On("format")
	}
	src, err := s.source(j)
	if err != nil {
		return nil, nil, err
	}
	defer src.Close()
	opts := Options{Settings: set, Now: s.clock(), Zone: i18n.Zone(ctx)}
	opts.begunBy(ctx)
	s.Lookups(&opts)
	if err := s.Into(ctx, &opts); err != nil {
		return nil, nil, err
	}
	opts.dry = true
	if name := f.Describe().Name; name == "csv" || name == "facts" {
		l, err := inspect(src, opts, name)
		layout = &l
		if err != nil {
			return nil, layout, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	rows, err = Preview(ctx, f, src, opts, most)
	return rows, layout, err
}

func (s *Service) source(j *Job) (*Source, error) {
	if !j.Kept || !s.here(j.ID) {
		return nil, problem.New(problem.Missing, "intake.file_gone")
	}
	return OpenAs(s.file(j.ID), j.Name)
}

// RefusedList opens the list of what a job refused, as CSV.
func (s *Service) RefusedList(ctx context.Context, job string) (io.ReadCloser, error) {
	j, err := s.Find(ctx, job)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(s.list(j.ID))
	if err != nil {
		return nil, problem.New(problem.Missing, "intake.no_list").Because(err)
	}
	return f, nil
}

// Remove takes a job's file away; what is known of the job stays, unless it never began.
func (s *Service) Remove(ctx context.Context, job string) error {
	j, err := s.Find(ctx, job)
	if err != nil {
		return err
	}
	if j.Open() {
		return problem.New(problem.Conflict, "intake.running")
	}
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if _, err := db.Exec(ctx, q, "DELETE FROM intake_job WHERE id = $1 AND state = 'draft'", job); err != nil {
			return err
		}
		_, err := db.Exec(ctx, q, "UPDATE intake_job SET kept = 0 WHERE id = $1", job)
		return err
	})
	if err != nil {
		return err
	}
	os.Remove(s.file(j.ID))
	os.Remove(s.list(j.ID))
	return nil
}

// Run works through queued jobs, one at a time, until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	if err := s.interrupted(ctx, s.db.Engine() == db.SQLite); err != nil && ctx.Err() == nil {
		s.log.Error("interrupted imports could not be marked", "error", err)
	}
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		for ctx.Err() == nil {
			more, err := s.RunNext(ctx)
			if err != nil {
				s.log.Error("an import failed", "error", err)
				break
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
			if err := errors.Join(s.interrupted(ctx, false), s.tidy(ctx)); err != nil && ctx.Err() == nil {
				s.log.Error("old imports could not be tidied", "error", err)
			}
		}
	}
}

// tidy removes files that were kept long enough.
func (s *Service) tidy(ctx context.Context) error {
	old, err := db.All(ctx, s.db.Read(), db.Self[string], "SELECT id FROM intake_job WHERE kept = 1 AND created_at < $1 AND state NOT IN ('queued', 'running') LIMIT 100",
		db.T(s.clock().Add(-keptFor)))
	if err != nil {
		return err
	}
	for _, job := range old {
		if err := s.Remove(ctx, job); err != nil {
			return err
		}
	}
	return nil
}

// RunNext runs the next queued job; more is false when there was none.
func (s *Service) RunNext(ctx context.Context) (more bool, err error) {
	j, found, err := s.claim(ctx)
	if err != nil || !found {
		return false, err
	}
	inner, cancel := context.WithCancel(j.speaks(ctx))
	defer cancel()
	s.mu.Lock()
	s.running[j.ID] = cancel
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.running, j.ID)
		s.mu.Unlock()
	}()
	report, err := s.run(inner, cancel, &j)
	state, why := Done, Refusal{}
	known := problem.Of(err)
	switch {
	case ctx.Err() != nil: // the program stops: whoever starts next finds it interrupted
		state, why = Failed, Refusal{Reason: "intake.interrupted"}
	case err != nil:
		state, why = Failed, Refusal{Reason: known.Key, Args: known.Args}
		if known.Code == problem.Internal {
			s.log.Error("an import failed", "import", j.ID, "format", j.Format, "error", err)
		}
	case report.Cancelled:
		state = Cancelled
	case report.Broken != nil:
		p := problem.Of(report.Broken)
		if why = (Refusal{Reason: p.Key, Args: p.Args}); report.Added+report.Known == 0 {
			state = Failed
		}
	}
	return true, s.end(context.WithoutCancel(ctx), j.ID, state, report.Progress, why)
}

func (s *Service) run(ctx context.Context, cancel context.CancelFunc, j *Job) (Report, error) {
	f, found := Find(j.Format)
	if !found {
		return Report{}, problem.New(problem.Invalid, "intake.bad_format")
	}
	src, err := s.source(j)
	if err != nil {
		return Report{}, err
	}
	defer src.Close()
	out, err := os.OpenFile(s.list(j.ID), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return Report{}, fmt.Errorf("begin the list of what is refused: %w", err)
	}
	defer out.Close()
	refused := NewRefused(ctx, out)
	opts := Options{Settings: j.Settings, Zone: i18n.Zone(ctx)}
	if j.Member != "" {
		opts.Actor = "member:" + j.Member
	}
	s.Lookups(&opts)
	if err := s.Into(ctx, &opts); err != nil {
		return Report{}, err
	}
	var beat time.Time
	report, err := s.runner.Run(ctx, Task{Format: f, Source: src, Options: opts, DryRun: j.Dry, Refused: refused, Progress: func(p Progress) {
		if now := time.Now(); now.Sub(beat) >= time.Second {
			beat = now
			stop, err := s.beat(context.WithoutCancel(ctx), j.ID, p)
			if err != nil {
				s.log.Warn("the progress of an import could not be kept", "error", err)
			}
			if stop {
				cancel()
			}
		}
	}})
	if e := refused.Close(); e != nil && err == nil {
		err = fmt.Errorf("write the list of what is refused: %w", e)
	}
	return report, err
}
