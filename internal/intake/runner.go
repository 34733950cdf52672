package intake

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/problem"
)

const (
	batchRows  = 2000
	batchBytes = 4 << 20
	everyFor   = 200 * time.Millisecond // between two reports of progress
	maxSeen    = 2_000_000              // keys remembered by a dry run to tell what stands twice in a file
)

// Runner brings what formats read into the ledger. Without a database it can only try.
type Runner struct {
	DB       *db.DB           // nil: dry runs only
	Ledger   *ledger.Ledger   // nil when DB is
	Channels *channel.Service // nil when DB is
	Clock    func() time.Time
}

// Task is one import to be run.
type Task struct {
	Format   Format
	Source   *Source
	Options  Options
	DryRun   bool
	Progress func(Progress) // may be nil; called a few times a second, by the goroutine of Run
	Refused  *Refused       // may be nil: nobody wants the list
}

// Progress is how far an import has come.
type Progress struct {
	Done    int64         `json:"done"`  // bytes
	Total   int64         `json:"total"` // bytes
	Rows    int           `json:"rows"`
	Added   int           `json:"added"` // stated, or would be
	Known   int           `json:"known"` // was in the ledger already, or stands twice in the file
	Refused int           `json:"refused"`
	Left    int           `json:"left"`     // left out on purpose
	Took    time.Duration `json:"took"`     // so far
	LeftFor time.Duration `json:"left_for"` // until it is done, by the bytes so far; 0 when nobody can tell
}

// Rate is how many rows a second were dealt with.
func (p Progress) Rate() float64 {
	if p.Took <= 0 {
		return 0
	}
	return float64(p.Rows) / p.Took.Seconds()
}

// Report is how an import ended.
type Report struct {
	Progress
	Cancelled bool
	Broken    error // a *problem.Problem: what came before was imported, the rest could not be read; nil when all was read
}

// Run reads the task's source to its end. It can be cancelled through ctx between two batches: what was stated stays, and running it
// again adds the rest. The error is for failures of ours; what is wrong with the file is in the report.
func (r *Runner) Run(ctx context.Context, t Task) (Report, error) {
	if r.Ledger == nil && !t.DryRun {
		return Report{}, problem.New(problem.Invalid, "org.not_set_up")
	}
	t.Options.Now, t.Options.dry = r.Clock(), t.DryRun
	var missed []Row
	t.Options.missed = func(what string, err error) { // called by the goroutine that reads, and listed once that is done
		if len(missed) < MaxRefused {
			missed = append(missed, refusedBy(Place{File: what}, err, ""))
		}
	}
	if t.Format.Describe().Posts && t.Options.Channel == "" && !t.DryRun && t.Format.Describe().Name != "jsonl" && t.Format.Describe().Name != "csv" {
		return Report{}, problem.New(problem.Invalid, "intake.no_channel").On("channel")
	}
	var err error
	if t.Options.second, err = r.counts(ctx, &t); err != nil {
		return Report{}, err
	}
	began := time.Now()
	w := &work{r: r, t: &t, began: began, seed: maphash.MakeSeed(), names: map[string]string{}}
	batches := make(chan []Row, 1)
	readCtx, stop := context.WithCancel(ctx)
	defer stop()
	var readErr error
	var wait sync.WaitGroup
	wait.Go(func() {
		defer close(batches)
		readErr = read(readCtx, t, batches)
	})
	for rows := range batches {
		if ctx.Err() != nil || err != nil {
			continue // drain
		}
		// A batch begun is a batch stated: cancelling waits for it.
		if err = w.take(context.WithoutCancel(ctx), rows); err != nil {
			stop()
			continue
		}
		w.tell(false)
	}
	wait.Wait()
	for _, row := range missed {
		err = errors.Join(err, w.refuse(row))
	}
	err = errors.Join(err, w.digested())
	w.tell(true)
	out := Report{Progress: w.p}
	if err != nil {
		return out, fmt.Errorf("import %s: %w", t.Source.Name(), err)
	}
	if ctx.Err() != nil {
		out.Cancelled = true
		return out, nil
	}
	if readErr != nil {
		var known *problem.Problem
		if !errors.As(readErr, &known) {
			known = problem.New(problem.Invalid, "intake.unreadable").Because(readErr)
		}
		out.Broken = known
		if t.Refused != nil {
			if err := t.Refused.Add(refusedBy(Place{File: t.Source.Name()}, known, "")); err != nil {
				return out, err
			}
		}
	}
	return out, nil
}

// read cuts what the format finds into batches.
func read(ctx context.Context, t Task, out chan<- []Row) (err error) {
	defer func() {
		if v := recover(); v != nil { // what a file can do to a parser must not end the program
			err = problem.New(problem.Internal, "intake.unreadable").Because(fmt.Errorf("panic while reading %s: %v", t.Format.Describe().Name, v))
		}
	}()
	rows := make([]Row, 0, batchRows)
	size := 0
	flush := func() error {
		if len(rows) == 0 {
			return nil
		}
		select {
		case out <- rows:
			rows, size = make([]Row, 0, batchRows), 0
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	err = t.Format.Read(ctx, t.Source, t.Options, func(row Row) error {
		if row.Item != nil && row.Item.ExternalID == "" {
			row.Item.ExternalID = sum(*row.Item)
		}
		if i := row.Item; i != nil {
			i.Title, i.AuthorName = t.Options.line(i.Title), t.Options.line(i.AuthorName)
			for k := range i.Tags {
				i.Tags[k] = t.Options.line(i.Tags[k])
			}
		}
		rows = append(rows, row)
		size += row.size()
		if len(rows) == batchRows || size >= batchBytes {
			return flush()
		}
		return nil
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return errors.Join(flush(), err)
}

// work is a task under way.
type work struct {
	r     *Runner
	t     *Task
	p     Progress
	began time.Time
	told  time.Time
	seed  maphash.Seed
	seen  map[uint64]struct{} // keys of a dry run
	names map[string]string   // channels by name
	said  map[string]string   // of a dry run: what was said last about facts

	others map[string]string // posts whose numbers another forum had before, to what they are called

	digesting chan error // of the batch before, nil when none is under way
}

func (w *work) tell(last bool) {
	now := time.Now()
	if !last && now.Sub(w.told) < everyFor {
		return
	}
	w.told = now
	p := &w.p
	p.Done, p.Total, p.Took = w.t.Source.Done(), w.t.Source.Size(), now.Sub(w.began)
	p.Total = max(p.Total, p.Done)
	p.LeftFor = 0
	if p.Done > 0 && p.Done < p.Total {
		p.LeftFor = time.Duration(float64(p.Took) * float64(p.Total-p.Done) / float64(p.Done))
	}
	if w.t.Progress != nil {
		w.t.Progress(*p)
	}
}

// take states a batch and waits until the followers have digested it: an import never runs ahead of what is derived from it.
func (w *work) take(ctx context.Context, rows []Row) error {
	if err := w.apart(ctx, rows); err != nil {
		return err
	}
	var items []channel.Item
	var facts []Row
	for _, row := range rows {
		switch {
		case row.Left:
			w.p.Left++
			continue
		case row.Refused != nil:
			if err := w.refuse(row); err != nil {
				return err
			}
		case row.Item != nil:
			items = append(items, *row.Item)
		case row.Fact != nil:
			facts = append(facts, row)
		}
		w.p.Rows++
	}
	facts, err := w.restate(ctx, facts)
	if err != nil {
		return err
	}
	if w.t.DryRun {
		return w.try(ctx, items, facts)
	}
	if len(items) > 0 {
		if w.t.Options.Channel == "" {
			return problem.New(problem.Invalid, "intake.no_channel").On("channel")
		}
		added, err := w.r.Channels.State(ctx, w.t.Options.Channel, items)
		if err != nil {
			return err
		}
		w.p.Added += added
		w.p.Known += len(items) - added
	}
	if err := w.state(ctx, facts); err != nil {
		return err
	}
	return w.digest(ctx)
}

// restate leaves out what a source repeats, and gives the rest of its statements their keys.
func (w *work) restate(ctx context.Context, rows []Row) ([]Row, error) {
	var list []ledger.Activity
	out := rows[:0:0]
	for _, row := range rows {
		if row.Restates {
			list = append(list, *row.Fact)
		} else {
			out = append(out, row)
		}
	}
	if len(list) == 0 {
		return rows, nil
	}
	said := map[string]string{}
	if w.r.Ledger != nil {
		var err error
		if said, err = w.r.Ledger.Said(ctx, list); err != nil {
			return nil, err
		}
	}
	if w.t.DryRun { // what this very file said before is not in the ledger
		if w.said == nil {
			w.said = map[string]string{}
		}
		for _, a := range list {
			if last, ok := w.said[a.Object]; ok {
				said[a.Object] = last
			}
		}
	}
	fresh := ledger.Restate(said, list)
	w.p.Known += len(list) - len(fresh)
	for i := range fresh {
		if w.t.DryRun && len(w.said) < maxSeen {
			w.said[fresh[i].Object] = said[fresh[i].Object]
		}
		out = append(out, Row{Fact: &fresh[i]})
	}
	return out, nil
}

// digest lets the followers catch up. Where two connections can write at once, it does so while the next batch is stated, which waits
// for it then: an import is never more than a batch ahead of what is derived from it.
func (w *work) digest(ctx context.Context) error {
	if w.r.DB.Engine() != db.Postgres {
		return w.r.Ledger.CatchUp(ctx)
	}
	err := w.digested()
	done := make(chan error, 1)
	w.digesting = done
	go func() {
		_, err := w.level(ctx, patientFor)
		done <- err
	}()
	return err
}

// Transactions under way, of whatever database of a PostgreSQL cluster, hold the followers. An import waits so long for them.
const (
	patientFor  = 10 * time.Second // after a batch: it is safe, only what follows from it is late
	stubbornFor = time.Minute      // for what the next facts are about
)

// level has everything that is in the ledger digested; all is false when that took too long.
func (w *work) level(ctx context.Context, wait time.Duration) (all bool, err error) {
	if err := w.r.Ledger.CatchUp(ctx); err != nil || w.r.DB.Engine() != db.Postgres {
		return true, err
	}
	bounded, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	err = w.r.Ledger.Finish(bounded)
	if bounded.Err() != nil && ctx.Err() == nil {
		return false, nil
	}
	return true, err
}

// digested waits for what digest began.
func (w *work) digested() error {
	if w.digesting == nil {
		return nil
	}
	err := <-w.digesting
	w.digesting = nil
	return err
}

func (w *work) refuse(row Row) error {
	w.p.Refused++
	if w.t.Refused == nil {
		return nil
	}
	return w.t.Refused.Add(row)
}

// state appends facts, each about what it names.
func (w *work) state(ctx context.Context, rows []Row) error {
	if len(rows) == 0 {
		return nil
	}
	caught := false
	ids, err := w.posts(ctx, rows)
	if err != nil {
		return err
	}
	list := make([]ledger.Activity, 0, len(rows))
	flush := func() error {
		added, err := w.r.Ledger.Append(ctx, list...)
		w.p.Added += len(added)
		w.p.Known += len(list) - len(added)
		list = list[:0]
		return err
	}
	for _, row := range rows {
		a := *row.Fact
		if a.At.After(w.t.Options.Now.Add(24*time.Hour)) || a.At.Before(time.Unix(0, 0)) {
			if err := w.refuse(refused(row.Place, "intake.bad_date", a.At.Format(time.RFC3339))); err != nil {
				return err
			}
			continue
		}
		if row.About.External {
			key := w.keyOf(ctx, row.About)
			post := ids[key]
			if post == "" {
				if err := w.refuse(refused(row.Place, "intake.no_post", row.About.Post)); err != nil {
					return err
				}
				continue
			}
			a.Object = post
			if row.About.Same != "" {
				same := ids[w.keyOf(ctx, About{Channel: row.About.Channel, Post: row.About.Same})]
				if same == "" {
					if err := w.refuse(refused(row.Place, "intake.no_post", row.About.Same)); err != nil {
						return err
					}
					continue
				}
				var turned ledger.Turned
				if err := a.Decode(&turned); err != nil {
					return err
				}
				turned.To = same
				a.Data = ledger.Data(turned)
			}
			if row.About.Thread {
				// Conversations are derived: what stands before must be digested first.
				if !caught || len(list) > 0 {
					if err := flush(); err != nil {
						return err
					}
					if all, err := w.level(ctx, stubbornFor); err != nil {
						return err
					} else if !all {
						return fmt.Errorf("a transaction under way in the database cluster has held the followers for %s", stubbornFor)
					}
					caught = true
				}
				if a.Object, err = w.conversation(ctx, row, post); err != nil {
					if err := w.refuse(refusedBy(row.Place, err, row.About.Post)); err != nil {
						return err
					}
					continue
				}
			}
		}
		if a.Kind == ledger.PersonAdded {
			a.ID = id.New()
			a.Object = a.ID
		}
		list = append(list, a)
	}
	return flush()
}

// conversation finds the conversation of a post. What members handled is one, whatever the channel says: it is opened when it is not there.
func (w *work) conversation(ctx context.Context, row Row, post string) (string, error) {
	if w.t.Options.Resolve == nil {
		return id.From(post, "conversation"), nil
	}
	ch := w.channelOf(ctx, row.About)
	_, found, err := w.t.Options.Resolve(ctx, ch, row.About.Post)
	if err != nil || found != "" {
		return found, err
	}
	opened := ledger.Activity{Kind: ledger.ConversationOpened, Actor: row.Fact.Actor, Object: id.From(post, "conversation"), Channel: ch, At: row.Fact.At,
		Key: "opened:" + post, Data: ledger.Data(ledger.Opened{Post: post})}
	added, err := w.r.Ledger.State(ctx, opened)
	if err != nil {
		return "", err
	}
	w.p.Added += len(added)
	if _, found, err = w.t.Options.Resolve(ctx, ch, row.About.Post); err == nil && found == "" {
		err = problem.New(problem.Missing, "intake.no_conversation")
	}
	return found, err
}

func (w *work) channelOf(ctx context.Context, about About) string {
	if about.Channel == "" {
		return w.t.Options.Channel
	}
	if found, ok := w.names[about.Channel]; ok {
		return found
	}
	found := ""
	if a, err := w.r.Channels.FindByName(ctx, about.Channel); err == nil {
		found = a.ID
	}
	w.names[about.Channel] = found
	return found
}

func (w *work) keyOf(ctx context.Context, about About) string {
	return ledger.SaidKey(w.channelOf(ctx, about), channel.External(about.Post))
}

// posts finds the ids of the posts that rows are about, by key.
func (w *work) posts(ctx context.Context, rows []Row) (map[string]string, error) {
	var keys []string
	for _, row := range rows {
		if row.About.External {
			keys = append(keys, w.keyOf(ctx, row.About))
		}
		if row.About.Same != "" {
			keys = append(keys, w.keyOf(ctx, About{Channel: row.About.Channel, Post: row.About.Same}))
		}
	}
	return w.known(ctx, keys)
}

type keyed struct{ key, id string }

func (w *work) known(ctx context.Context, keys []string) (map[string]string, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	q := w.r.DB.Read()
	list, err := db.All(ctx, q, func(k *keyed) []any { return []any{&k.key, &k.id} }, "SELECT key, id FROM activity WHERE key IN "+db.Among(q, "$1"), db.Texts(keys))
	if err != nil {
		return nil, fmt.Errorf("find what is known: %w", err)
	}
	out := make(map[string]string, len(list))
	for _, k := range list {
		out[k.key] = k.id
	}
	return out, nil
}

// try counts what take would do.
func (w *work) try(ctx context.Context, items []channel.Item, facts []Row) error {
	keys := make([]string, 0, len(items)+len(facts))
	for i := range items {
		keys = append(keys, ledger.SaidKey(w.t.Options.Channel, channel.External(items[i].ExternalID)))
	}
	for _, f := range facts {
		keys = append(keys, f.Fact.Key)
	}
	if w.seen == nil {
		w.seen = map[uint64]struct{}{}
	}
	var known map[string]string
	if w.r.DB != nil {
		var err error
		if known, err = w.known(ctx, keys); err != nil {
			return err
		}
	}
	for _, k := range keys {
		h := maphash.String(w.seed, k)
		_, twice := w.seen[h]
		if _, there := known[k]; k != "" && (twice || there) {
			w.p.Known++
			continue
		}
		if len(w.seen) < maxSeen {
			w.seen[h] = struct{}{}
		}
		w.p.Added++
	}
	return nil
}

// Preview reads the first rows of a source as they would be understood.
func Preview(ctx context.Context, f Format, src *Source, opts Options, most int) (rows []Row, err error) {
	if opts.Now.IsZero() {
		opts.Now = time.Now()
	}
	full := errors.New("enough")
	defer func() {
		if v := recover(); v != nil {
			err = problem.New(problem.Invalid, "intake.unreadable").Because(fmt.Errorf("panic while reading: %v", v))
		}
	}()
	err = f.Read(ctx, src, opts, func(row Row) error {
		if row.Left {
			return nil
		}
		rows = append(rows, row)
		if len(rows) >= most {
			return full
		}
		return nil
	})
	if errors.Is(err, full) {
		err = nil
	}
	return rows, err
}

// each reads the files one after the other; a file that breaks is reported and the next one is read.
func each(ctx context.Context, src *Source, names []string, emit func(Row) error, do func(name string, r io.Reader) error) error {
	if len(names) == 0 {
		return problem.New(problem.Invalid, "intake.nothing_to_read", "Name", src.Name())
	}
	var first error
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := func() error {
			r, err := src.open(name)
			if err != nil {
				return err
			}
			defer r.Close()
			return do(name, r)
		}()
		var known *problem.Problem
		switch {
		case err == nil:
		case len(names) == 1 || !errors.As(err, &known):
			return err
		default:
			if first == nil {
				first = err
			}
			if err := emit(refusedBy(Place{File: name}, err, "")); err != nil {
				return err
			}
		}
	}
	return nil
}

// brief is s on one line, short enough for a list.
func brief(s string) string {
	const most = 300
	if len(s) > 4*most {
		s = s[:4*most]
	}
	s = strings.Join(strings.Fields(strings.Map(printable, strings.ToValidUTF8(s, "\uFFFD"))), " ")
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return s
}

func printable(r rune) rune {
	if r < 0x20 || r >= 0x7f && r < 0xa0 {
		return ' '
	}
	return r
}
