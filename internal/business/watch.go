package business

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
	"syscall"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/intake"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/sorting"
)

// The folders in the watched folder.
const (
	takenFolder  = "taken"  // files under way, named ID-NAME
	doneFolder   = "done"   // files that were imported, some lines of which may be refused
	failedFolder = "failed" // files of which nothing could be imported
)

const (
	pollEvery   = 5 * time.Second
	settleFor   = 4 * time.Second // a file whose length and date stood still so long has stopped growing
	watchLease  = 2 * time.Minute
	beatEvery   = 10 * time.Second
	errorsEnd   = ".errors.csv"
	maxWatched  = 10_000 // entries of the folder looked at
	maxFileName = 200    // bytes
)

// Watcher imports the files that appear in a folder, each once. It is for one goroutine, but for Rules, AddRule, RemoveRule, Files and Waiting.
type Watcher struct {
	db     *db.DB
	intake *intake.Service
	org    *org.Service
	dir    string
	log    *slog.Logger
	clock  func() time.Time
	me     string
	seen   map[string]glimpse
}

// glimpse is a file as it was first seen so.
type glimpse struct {
	size  int64
	at    time.Time // of its last change
	since time.Time
}

// NewWatcher watches dir, which is made when it is not there. It does nothing until Run.
func NewWatcher(d *db.DB, in *intake.Service, o *org.Service, dir string, log *slog.Logger, clock func() time.Time) *Watcher {
	return &Watcher{db: d, intake: in, org: o, dir: dir, log: log, clock: clock, me: id.New(), seen: map[string]glimpse{}}
}

// Dir is the folder.
func (w *Watcher) Dir() string { return w.dir }

// Run watches until ctx ends.
func (w *Watcher) Run(ctx context.Context) error {
	if err := w.Begin(ctx); err != nil {
		w.log.Error("the watched folder cannot be used", "folder", w.dir, "error", err)
	}
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		if err := w.Poll(ctx); err != nil && ctx.Err() == nil {
			w.log.Error("the watched folder could not be worked through, will try again", "folder", w.dir, "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Begin makes the folders. On SQLite, where one process works, it takes up at once what another left behind.
func (w *Watcher) Begin(ctx context.Context) error {
	for _, name := range []string{"", takenFolder, doneFolder, failedFolder} {
		if err := os.MkdirAll(filepath.Join(w.dir, name), 0o700); err != nil {
			return fmt.Errorf("make the watched folder: %w", err)
		}
	}
	if w.db.Engine() != db.SQLite {
		return nil
	}
	return w.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, "UPDATE watch_file SET lease_until = 0 WHERE state = 'taken'")
		return err
	})
}

// Poll looks once through the folder: it goes on with what was left behind, and takes what has stopped growing and has a rule.
func (w *Watcher) Poll(ctx context.Context) error {
	root, err := os.OpenRoot(w.dir)
	if err != nil {
		return fmt.Errorf("open the watched folder: %w", err)
	}
	defer root.Close()
	for _, name := range []string{takenFolder, doneFolder, failedFolder} {
		if info, err := root.Lstat(name); err != nil || !info.IsDir() {
			return fmt.Errorf("%s in the watched folder is no folder: %w", name, errors.Join(err, fs.ErrInvalid))
		}
	}
	var all error
	left, err := entries(root, takenFolder)
	if err != nil {
		return err
	}
	for _, e := range left {
		if ctx.Err() != nil {
			return nil
		}
		file, name, ok := strings.Cut(e.Name(), "-")
		if ok && id.Valid(file) && !strings.HasSuffix(name, errorsEnd) {
			all = errors.Join(all, w.work(ctx, root, file, name))
		}
	}
	here, err := entries(root, ".")
	if err != nil {
		return errors.Join(all, err)
	}
	rules, err := w.Rules(ctx)
	if err != nil {
		return errors.Join(all, err)
	}
	seen := make(map[string]glimpse, len(here))
	for _, e := range here {
		if ctx.Err() != nil {
			return nil
		}
		name := e.Name()
		if why(e, rules) != Waits {
			continue
		}
		info, err := e.Info()
		if err != nil {
			continue // gone
		}
		now := w.clock()
		g, known := w.seen[name]
		if !known || g.size != info.Size() || !g.at.Equal(info.ModTime()) {
			g = glimpse{info.Size(), info.ModTime(), now}
		}
		if seen[name] = g; now.Sub(g.since) < settleFor {
			continue
		}
		delete(seen, name)
		file := id.New()
		if err := root.Rename(name, takenName(file, name)); err != nil {
			if !errors.Is(err, fs.ErrNotExist) { // another node took it
				all = errors.Join(all, fmt.Errorf("take %s: %w", name, err))
			}
			continue
		}
		all = errors.Join(all, w.work(ctx, root, file, name))
	}
	w.seen = seen
	return all
}

func takenName(file, name string) string { return takenFolder + "/" + file + "-" + name }

func entries(root *os.Root, name string) ([]fs.DirEntry, error) {
	dir, err := root.Open(name)
	if err != nil {
		return nil, fmt.Errorf("look into the watched folder: %w", err)
	}
	defer dir.Close()
	list, err := dir.ReadDir(maxWatched)
	if err != nil && len(list) == 0 && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("look into the watched folder: %w", err)
	}
	sorting.Func(list, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return list, nil
}

// Why says what happens with an entry of the folder.
type Why string

// The reasons.
const (
	Waits    Why = "waits"    // it is imported once it has stopped growing
	NoRule   Why = "no_rule"  // no rule fits its name
	NoFile   Why = "no_file"  // a link or something else that is no file
	Unending Why = "unending" // its name says that somebody still writes it, or is too long
	Ours     Why = "ours"     // one of our folders, or hidden
)

func why(e fs.DirEntry, rules []Rule) Why {
	name := e.Name()
	low := strings.ToLower(name)
	switch {
	case strings.HasPrefix(name, "."), e.IsDir():
		return Ours
	case !e.Type().IsRegular():
		return NoFile
	case len(name) > maxFileName || strings.HasSuffix(low, ".part") || strings.HasSuffix(low, ".tmp") || strings.HasSuffix(low, ".crdownload") || strings.HasSuffix(low, ".filepart"):
		return Unending
	case ruleFor(rules, name) == nil:
		return NoRule
	}
	return Waits
}

func ruleFor(rules []Rule, name string) *Rule {
	for i := range rules {
		if rules[i].fits(name) {
			return &rules[i]
		}
	}
	return nil
}

// work imports a taken file, or goes on with one that another process left, and puts it away.
func (w *Watcher) work(ctx context.Context, root *os.Root, file, name string) error {
	f, mine, err := w.claim(ctx, file, name)
	if err != nil || !mine {
		return err
	}
	if f.State == Taken {
		if f, err = w.run(ctx, root, f); err != nil || f.State == Taken {
			w.release(context.WithoutCancel(ctx), file)
			return err
		}
	}
	return w.putAway(root, &f)
}

// claim takes the lease of a file; mine is false when somebody else has it.
func (w *Watcher) claim(ctx context.Context, file, name string) (f WatchedFile, mine bool, err error) {
	err = w.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		now := w.clock()
		if err := db.Insert(ctx, q, "watch_file (id, name, state, taken_at, lease_until, lease_by)",
			[][]any{{file, name, string(Taken), db.T(now), int64(0), ""}}, "ON CONFLICT DO NOTHING"); err != nil {
			return err
		}
		var found bool
		f, found, err = db.One(ctx, q, watchedFields, "UPDATE watch_file SET lease_until = $1, lease_by = $2 WHERE id = $3 AND (lease_until < $4 OR lease_by = $2) RETURNING "+watchedColumns,
			db.T(now.Add(watchLease)), w.me, file, db.T(now))
		mine = found
		return err
	})
	if err != nil {
		return f, false, fmt.Errorf("take %s: %w", name, err)
	}
	return f, mine, nil
}

func (w *Watcher) release(ctx context.Context, file string) {
	if err := w.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, "UPDATE watch_file SET lease_until = 0 WHERE id = $1 AND lease_by = $2", file, w.me)
		return err
	}); err != nil {
		w.log.Warn("the lease of a watched file was not given back; it ends by itself", "file", file, "error", err)
	}
}

// run imports a file. Its state is Taken still when it was stopped.
func (w *Watcher) run(ctx context.Context, root *os.Root, f WatchedFile) (WatchedFile, error) {
	rules, err := w.Rules(ctx)
	if err != nil {
		return f, err
	}
	rule := ruleFor(rules, f.Name)
	if rule == nil {
		return w.end(ctx, f, Failed, intake.Progress{}, problem.New(problem.Invalid, "business.watch.no_rule"))
	}
	f.Kind = rule.Kind
	o, err := w.org.Organisation(ctx)
	if err != nil {
		return f, err
	}
	ctx = org.AsOperator(i18n.With(ctx, o.Lang, o.Location()))
	var report intake.Report
	var broken error
	for range 5 {
		info, err := root.Lstat(takenName(f.ID, f.Name))
		if err != nil || !info.Mode().IsRegular() {
			return w.end(ctx, f, Failed, intake.Progress{}, problem.New(problem.Invalid, "intake.cannot_open", "Name", f.Name))
		}
		if report, broken, err = w.bring(ctx, root, &f, info, rule, o.Location()); err != nil {
			return f, err
		}
		if report.Cancelled {
			return f, nil
		}
		if now, err := root.Lstat(takenName(f.ID, f.Name)); err != nil || now.Size() == info.Size() {
			break // else whoever writes it went on: what was read is known, the rest is added
		}
	}
	state := Done
	if broken == nil && report.Broken != nil {
		broken = report.Broken
	}
	if broken == nil && report.Rows == 0 {
		broken = problem.New(problem.Invalid, "business.watch.empty")
	}
	if report.Added+report.Known == 0 {
		state = Failed
	}
	return w.end(ctx, f, state, report.Progress, broken)
}

// bring runs the import; broken is what is wrong with the file as a whole.
func (w *Watcher) bring(ctx context.Context, root *os.Root, f *WatchedFile, looked fs.FileInfo, rule *Rule, zone *time.Location) (report intake.Report, broken, err error) {
	// Within the folder that Poll opened, and the very file that was looked at: whoever may write here could put a link or a pipe in its place.
	in, err := root.OpenFile(takenName(f.ID, f.Name), os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return report, problem.New(problem.Invalid, "intake.cannot_open", "Name", f.Name).Because(err), nil
	}
	if held, err := in.Stat(); err != nil || !os.SameFile(looked, held) {
		in.Close()
		return report, problem.New(problem.Invalid, "intake.cannot_open", "Name", f.Name).Because(err), nil
	}
	src, err := intake.OpenFile(in, f.Name)
	if err != nil {
		return report, err, nil
	}
	defer src.Close()
	out, err := root.OpenFile(takenName(f.ID, f.Name)+errorsEnd, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return report, nil, fmt.Errorf("begin the list of what is refused: %w", err)
	}
	defer out.Close()
	refused := intake.NewRefused(ctx, out)
	format, _ := intake.Find("facts")
	opts := intake.Options{Settings: rule.Settings, Zone: zone}
	beat := time.Now()
	report, err = w.intake.Runner().Run(ctx, intake.Task{Format: format, Source: src, Options: opts, Refused: refused, Progress: func(p intake.Progress) {
		if now := time.Now(); now.Sub(beat) >= beatEvery {
			beat = now
			if err := w.beat(context.WithoutCancel(ctx), f.ID, p); err != nil {
				w.log.Warn("the progress of a watched file could not be kept", "error", err)
			}
		}
	}})
	if e := refused.Close(); e != nil && err == nil {
		err = fmt.Errorf("write the list of what is refused: %w", e)
	}
	if p := (*problem.Problem)(nil); errors.As(err, &p) && p.Code != problem.Internal && p.Code != problem.Busy {
		return report, err, nil
	}
	return report, nil, err
}

func (w *Watcher) beat(ctx context.Context, file string, p intake.Progress) error {
	return w.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, "UPDATE watch_file SET progress = $1, lease_until = $2 WHERE id = $3 AND lease_by = $4", db.J(p), db.T(w.clock().Add(watchLease)), file, w.me)
		return err
	})
}

// end notes how a file ended, before it is put away: whoever finds it then only moves it. When the lease went to another node meanwhile, the
// state stays Taken: it is theirs to put away.
func (w *Watcher) end(ctx context.Context, f WatchedFile, state FileState, p intake.Progress, broken error) (WatchedFile, error) {
	f.State, f.Progress = state, p
	if broken != nil {
		known := problem.Of(broken)
		f.Problem = intake.Refusal{Reason: known.Key, Args: known.Args}
	}
	var mine int64
	err := w.db.Tx(context.WithoutCancel(ctx), func(ctx context.Context, q db.Q) error {
		var err error
		mine, err = db.Exec(ctx, q, "UPDATE watch_file SET state = $1, kind = $2, progress = $3, problem = $4, ended_at = $5 WHERE id = $6 AND lease_by = $7",
			string(f.State), f.Kind, db.J(f.Progress), db.J(f.Problem), db.T(w.clock()), f.ID, w.me)
		return err
	})
	if err != nil {
		return f, fmt.Errorf("note how %s ended: %w", f.Name, err)
	}
	if mine == 0 {
		f.State = Taken
	}
	return f, nil
}

// putAway moves a file, and the list of what was refused beside it. Nothing that is there is overwritten.
func (w *Watcher) putAway(root *os.Root, f *WatchedFile) error {
	folder := doneFolder
	if f.State == Failed {
		folder = failedFolder
	}
	name := f.Name
	if _, err := root.Lstat(folder + "/" + name); err == nil {
		ext := filepath.Ext(name)
		name = strings.TrimSuffix(name, ext) + "." + f.ID + ext
	}
	list := takenName(f.ID, f.Name) + errorsEnd
	var all error
	if f.Progress.Refused > 0 || f.Problem.Reason != "" {
		if err := root.Rename(list, folder+"/"+name+errorsEnd); err != nil && !errors.Is(err, fs.ErrNotExist) {
			all = fmt.Errorf("put the list of what is refused of %s away: %w", f.Name, err)
		}
	} else if err := root.Remove(list); err != nil && !errors.Is(err, fs.ErrNotExist) {
		all = fmt.Errorf("remove an empty list: %w", err)
	}
	if err := root.Rename(takenName(f.ID, f.Name), folder+"/"+name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		all = errors.Join(all, fmt.Errorf("put %s away: %w", f.Name, err))
	}
	return all
}
