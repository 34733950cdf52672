package intake

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// State is where a job stands.
type State string

// The states.
const (
	Draft     State = "draft" // the file is here; nobody said yet what to do with it
	Queued    State = "queued"
	Running   State = "running"
	Done      State = "done"
	Cancelled State = "cancelled"
	Failed    State = "failed"
)

// Job is a file that somebody brought, and how its import goes.
type Job struct {
	ID, Member, Lang, Zone string
	Name                   string // of the file, as it was called
	Size                   int64  // bytes
	Format                 string
	Settings               Settings
	Dry                    bool
	State                  State
	Progress               Progress
	Problem                Refusal // why it failed, or what broke it off; Reason "" when nothing did
	Stop                   bool    // somebody asked it to stop
	Kept                   bool    // the file is still here
	CreatedAt              time.Time
	StartedAt, EndedAt     time.Time
}

// Open reports whether the job is still to be done or under way.
func (j *Job) Open() bool { return j.State == Queued || j.State == Running }

const jobColumns = "id, member, lang, zone, name, size, format, settings, dry, state, progress, problem, stop, kept, created_at, started_at, ended_at"

func jobFields(j *Job) []any {
	return []any{&j.ID, &j.Member, &j.Lang, &j.Zone, &j.Name, &j.Size, &j.Format, db.JSON(&j.Settings), db.Bool(&j.Dry), (*string)(&j.State),
		db.JSON(&j.Progress), db.JSON(&j.Problem), db.Bool(&j.Stop), db.Bool(&j.Kept), db.At(&j.CreatedAt), db.At(&j.StartedAt), db.At(&j.EndedAt)}
}

// Find returns a job.
func (s *Service) Find(ctx context.Context, job string) (Job, error) {
	return s.find(ctx, s.db.Read(), job)
}

func (s *Service) find(ctx context.Context, q db.Q, job string) (Job, error) {
	j, found, err := db.One(ctx, q, jobFields, "SELECT "+jobColumns+" FROM intake_job WHERE id = $1", job)
	if err != nil {
		return j, fmt.Errorf("find an import: %w", err)
	}
	if !found {
		return j, problem.New(problem.Missing, "problem.not_found")
	}
	return j, nil
}

// List lists the newest jobs, newest first; before is the id of the last one of the page before, or "".
func (s *Service) List(ctx context.Context, before string, limit int) ([]Job, error) {
	var w db.Where
	if before != "" {
		w.And("id < ?", before)
	}
	text := "SELECT " + jobColumns + " FROM intake_job"
	if before != "" {
		text += " WHERE id < $1"
	}
	return db.All(ctx, s.db.Read(), jobFields, text+" ORDER BY id DESC"+db.Limit(limit), w.Args...)
}

// Order says what is to be done with a job's file.
type Order struct {
	Format     string
	Settings   Settings
	NewChannel string // name of a channel to be made for it; Settings.Channel then is ""
	Dry        bool
}

// Start queues a job that does not run: for the first time, or again. It is done in the name of whoever starts it, with what they may do
// at that moment.
func (s *Service) Start(ctx context.Context, job string, o Order) (Job, error) {
	if err := org.Require(ctx, org.ImportRun); err != nil {
		return Job{}, err
	}
	f, found := Find(o.Format)
	if !found {
		return Job{}, problem.New(problem.Invalid, "intake.bad_format").On("format")
	}
	j, err := s.Find(ctx, job)
	if err != nil {
		return j, err
	}
	if j.Open() {
		return j, problem.New(problem.Conflict, "intake.running")
	}
	if !j.Kept {
		return j, problem.New(problem.Missing, "intake.file_gone")
	}
	if o.Settings.Space != "" {
		if _, err := s.aim(ctx, &o.Settings); err != nil {
			return j, err
		}
	}
	if o.Settings.Channel != "" {
		a, err := s.runner.Channels.Find(ctx, o.Settings.Channel)
		if err != nil || !a.RemovedAt.IsZero() {
			return j, problem.New(problem.Invalid, "channel.not_found").On("channel")
		}
	} else if o.NewChannel != "" && !o.Dry {
		a, err := s.place(ctx, f, &o)
		if err != nil {
			return j, err
		}
		o.Settings.Channel = a.ID
	}
	o.Settings.NewChannel = ""
	if o.Dry {
		o.Settings.NewChannel = o.NewChannel
	}
	if o.Settings.Channel == "" && !o.Dry && f.Describe().Posts && f.Describe().Name != "jsonl" && (f.Describe().Name != "csv" || o.Settings.Target == Posts) {
		return j, problem.New(problem.Invalid, "intake.no_channel").On("channel")
	}
	if threads := o.Settings.Target == IdeaLines || o.Settings.Target == ArticleLines; threads && o.Settings.Space == "" && !o.Dry {
		return j, problem.New(problem.Invalid, "intake.no_space").On("space")
	}
	member := ""
	if m := org.Who(ctx); m != nil {
		member = m.ID
	}
	o.Settings.Grants = grants(ctx)
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		n, err := db.Exec(ctx, q, `UPDATE intake_job SET format = $1, settings = $2, dry = $3, member = $4, state = 'queued', progress = '{}', problem = '{}',
			stop = 0, started_at = NULL, ended_at = NULL, lease_until = NULL WHERE id = $5 AND state NOT IN ('queued', 'running')`,
			f.Describe().Name, db.J(o.Settings), db.B(o.Dry), member, j.ID)
		if err == nil && n == 0 {
			err = problem.New(problem.Conflict, "intake.running")
		}
		if err != nil {
			return err
		}
		return s.org.Audit(ctx, q, "import.start", "import:"+j.ID, map[string]any{"file": j.Name, "format": f.Describe().Name, "dry": o.Dry})
	})
	if err != nil {
		return j, err
	}
	s.ring()
	return s.Find(ctx, job)
}

// place finds or makes the channel that an order names; one that is made is noted in the audit log.
func (s *Service) place(ctx context.Context, f Format, o *Order) (channel.Account, error) {
	before, err := s.Channels(ctx)
	if err != nil {
		return channel.Account{}, err
	}
	a, err := s.runner.Channels.Place(ctx, f.Describe().Name, o.NewChannel, o.Settings.into(f))
	if err != nil || slices.ContainsFunc(before, func(b channel.Account) bool { return b.ID == a.ID }) {
		return a, err
	}
	return a, s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		return s.org.Audit(ctx, q, "channel.add", "channel:"+a.ID, map[string]any{"kind": a.Kind, "name": a.Name})
	})
}

// into is how a channel made for an import comes into the inbox.
func (s *Settings) into(f Format) channel.Inbox {
	switch {
	case !s.Inbox:
		return channel.InboxNone
	case f.Describe().Name == "stackexchange":
		return channel.InboxQuestions
	}
	return channel.InboxAll
}

// Again queues a job once more with what was ordered last, such as one that was interrupted; one that was tried is done now. What it stated
// before is not stated twice. When something is to be put right first, the job comes back with the error.
func (s *Service) Again(ctx context.Context, job string) (Job, error) {
	j, err := s.Find(ctx, job)
	if err != nil {
		return j, err
	}
	return s.Start(ctx, job, Order{Format: j.Format, Settings: j.Settings, NewChannel: j.Settings.NewChannel})
}

// Cancel stops a job at the end of its batch; what it stated stays.
func (s *Service) Cancel(ctx context.Context, job string) (Job, error) {
	err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		j, err := s.find(ctx, q, job)
		if err != nil {
			return err
		}
		switch j.State {
		case Queued:
			_, err = db.Exec(ctx, q, "UPDATE intake_job SET state = 'cancelled', ended_at = $1 WHERE id = $2", db.T(s.clock()), j.ID)
		case Running:
			_, err = db.Exec(ctx, q, "UPDATE intake_job SET stop = 1 WHERE id = $1", j.ID)
		default:
			return problem.New(problem.Conflict, "intake.not_running")
		}
		if err != nil {
			return err
		}
		return s.org.Audit(ctx, q, "import.cancel", "import:"+j.ID, nil)
	})
	if err != nil {
		return Job{}, err
	}
	s.mu.Lock()
	if cancel := s.running[job]; cancel != nil {
		cancel()
	}
	s.mu.Unlock()
	return s.Find(ctx, job)
}

const leaseFor = 2 * time.Minute

// claim takes the next job that is due and whose file is on this machine.
func (s *Service) claim(ctx context.Context) (j Job, found bool, err error) {
	files, err := s.files()
	if err != nil || len(files) == 0 {
		return j, false, err
	}
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		now := s.clock()
		var err error
		j, found, err = db.One(ctx, q, jobFields, "SELECT "+jobColumns+" FROM intake_job WHERE state = 'queued' AND id IN "+db.Among(q, "$1")+
			" ORDER BY created_at, id LIMIT 1"+db.Pick(q, "", " FOR UPDATE SKIP LOCKED"), db.Texts(files))
		if err != nil || !found {
			return err
		}
		_, err = db.Exec(ctx, q, "UPDATE intake_job SET state = 'running', started_at = $1, lease_until = $2, lease_by = $3 WHERE id = $4",
			db.T(now), db.T(now.Add(leaseFor)), s.me, j.ID)
		j.State, j.StartedAt = Running, now
		return err
	})
	if err != nil {
		return Job{}, false, fmt.Errorf("take the next import: %w", err)
	}
	return j, found, nil
}

// beat keeps the lease and the progress, and reports whether the job shall stop.
func (s *Service) beat(ctx context.Context, job string, p Progress) (stop bool, err error) {
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		var found bool
		stop, found, err = db.One(ctx, q, func(v *bool) []any { return []any{db.Bool(v)} },
			"UPDATE intake_job SET progress = $1, lease_until = $2 WHERE id = $3 AND lease_by = $4 AND state = 'running' RETURNING stop",
			db.J(p), db.T(s.clock().Add(leaseFor)), job, s.me)
		if err == nil && !found {
			stop = true // somebody else has it
		}
		return err
	})
	return stop, err
}

func (s *Service) end(ctx context.Context, job string, state State, p Progress, why Refusal) error {
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, `UPDATE intake_job SET state = $1, progress = $2, problem = $3, ended_at = $4, lease_until = NULL
			WHERE id = $5 AND lease_by = $6 AND state = 'running'`, string(state), db.J(p), db.J(why), db.T(s.clock()), job, s.me)
		return err
	})
}

// interrupted marks jobs whose process is gone.
func (s *Service) interrupted(ctx context.Context, all bool) error {
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		raw, err := json.Marshal(Refusal{Reason: "intake.interrupted"})
		if err != nil {
			return err
		}
		before := s.clock()
		if all {
			before = before.Add(24 * time.Hour)
		}
		_, err = db.Exec(ctx, q, "UPDATE intake_job SET state = 'failed', problem = $1, ended_at = $2 WHERE state = 'running' AND lease_until < $3 AND lease_by <> $4",
			string(raw), db.T(s.clock()), db.T(before), s.me)
		return err
	})
}

// speaks is a context in the language of whoever began the job. In it the program acts: what a row may say in whose name is held against
// Settings.Grants as it is read.
func (j *Job) speaks(ctx context.Context) context.Context {
	zone, err := time.LoadLocation(j.Zone)
	if err != nil {
		zone = time.UTC
	}
	return org.AsOperator(i18n.With(ctx, j.Lang, zone))
}
