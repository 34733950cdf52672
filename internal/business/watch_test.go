package business_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/entente/entente/internal/business"
	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/intake"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// house is an installation with a watched folder.
type house struct {
	*world
	w   *business.Watcher
	dir string
	now *atomic.Int64 // minutes after noon
	// during is called whenever somebody asks what time it is.
	during *atomic.Pointer[func()]
}

func newHouse(t testing.TB, d *db.DB, dir string) *house {
	t.Helper()
	minutes := new(atomic.Int64)
	during := new(atomic.Pointer[func()])
	clock := func() time.Time {
		if do := during.Load(); do != nil {
			(*do)()
		}
		return noon.Add(time.Duration(minutes.Load()) * time.Minute)
	}
	log := slog.New(slog.DiscardHandler)
	o := org.New(d, log, clock)
	l := ledger.New(d, log, clock, business.Follower())
	ctx := org.AsOperator(t.Context())
	if set, err := o.IsSetUp(ctx); err != nil {
		t.Fatal(err)
	} else if !set {
		if err := o.SetUp(ctx, org.SetUp{Organisation: "Vélo", Lang: "fr", Zone: "Europe/Paris", URL: "http://localhost", OwnerName: "Ada", OwnerEmail: "ada@velo.example", Password: "Pignon libre 42"}); err != nil {
			t.Fatal(err)
		}
	}
	in := intake.New(d, l, channel.New(d, l, nil, channel.World{}, log, clock), o, filepath.Join(dir, "imports"), log, clock, nil)
	folder := filepath.Join(dir, "facts")
	h := &house{&world{d, l, business.New(d, l, o, log, clock), ctx}, business.NewWatcher(d, in, o, folder, log, clock), folder, minutes, during}
	if err := h.w.Begin(ctx); err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *house) rule(t testing.TB, pattern, kind string) {
	t.Helper()
	if _, err := h.w.AddRule(h.ctx, business.Rule{Pattern: pattern, Kind: kind}); err != nil {
		t.Fatal(err)
	}
}

func (h *house) put(t testing.TB, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(h.dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (h *house) poll(t testing.TB) {
	t.Helper()
	h.now.Add(1)
	if err := h.w.Poll(h.ctx); err != nil {
		t.Fatal(err)
	}
}

func (h *house) lies(where ...string) bool {
	_, err := os.Lstat(filepath.Join(append([]string{h.dir}, where...)...))
	return err == nil
}

func (h *house) count(t testing.TB, kind string) int {
	t.Helper()
	h.level(t)
	n, err := h.s.Count(h.ctx, business.Filter{Kind: kind})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

const costs = "Référence;Mois;Catégorie;Montant\n1;2026-03;plateforme;1 234,50\n2;2026-04;plateforme;douze\n3;2026-05;contenu;8\n"

func TestFolder(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, t.TempDir())
		h.rule(t, "couts-*.csv", business.Cost)
		h.rule(t, "*.csv", business.Hours)
		outside := filepath.Join(t.TempDir(), "couts-secret.csv")
		if err := os.WriteFile(outside, []byte(costs), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(outside, filepath.Join(h.dir, "couts-link.csv")); err != nil {
			t.Fatal(err)
		}
		h.put(t, "Couts-mars.csv", costs)
		h.put(t, "notes.txt", "x")
		h.put(t, "couts-soon.csv.part", costs)
		h.put(t, "broken.csv", "a;b\n1;2\n")
		h.poll(t)
		if !h.lies("Couts-mars.csv") {
			t.Fatal("a file is taken before anybody knows that it stopped growing")
		}
		h.put(t, "Couts-mars.csv", costs+"4;2026-06;contenu;9\n")
		h.poll(t)
		if !h.lies("Couts-mars.csv") {
			t.Fatal("a file that grew is taken")
		}
		h.poll(t)
		h.poll(t)
		if n := h.count(t, business.Cost); n != 3 {
			t.Errorf("%d costs, want 3", n)
		}
		for _, want := range [][]string{{"done", "Couts-mars.csv"}, {"done", "Couts-mars.csv.errors.csv"}, {"failed", "broken.csv"}, {"failed", "broken.csv.errors.csv"},
			{"notes.txt"}, {"couts-soon.csv.part"}, {"couts-link.csv"}} {
			if !h.lies(want...) {
				t.Errorf("%v is not there", want)
			}
		}
		list, err := os.ReadFile(filepath.Join(h.dir, "done", "Couts-mars.csv.errors.csv"))
		if err != nil || !strings.Contains(string(list), "Couts-mars.csv:3") || !strings.Contains(string(list), "Montant") || !strings.Contains(string(list), "douze") {
			t.Errorf("%q %v", list, err)
		}
		h.put(t, "Couts-mars.csv", "Référence;Mois;Catégorie;Montant\n1;2026-03;plateforme;1 300,00\n")
		h.poll(t)
		h.poll(t)
		f := h.find(t, ledger.FactID(business.Cost, intake.FilesOrigin, "1"))
		if f.Amount == nil || *f.Amount != 130000 {
			t.Errorf("%+v", f)
		}
		files, err := h.w.Files(h.ctx, 10)
		if err != nil || len(files) != 3 || files[0].State != business.Done || files[0].Progress.Added != 1 {
			t.Errorf("%+v %v", files, err)
		}
		done, err := os.ReadDir(filepath.Join(h.dir, "done"))
		if err != nil || len(done) != 3 {
			t.Errorf("%v %v: nothing that is there is overwritten", done, err)
		}
		waiting, err := h.w.Waiting(h.ctx)
		if err != nil || len(waiting) != 3 {
			t.Errorf("%+v %v", waiting, err)
		}
	})
}

// TestRulesInOrder holds that rules are tried in the order in which they were added, also when the clock stands still meanwhile.
func TestRulesInOrder(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, t.TempDir())
		for i := range 20 {
			h.rule(t, fmt.Sprintf("%d-*.csv", i), business.Cost)
		}
		rules, err := h.w.Rules(h.ctx)
		if err != nil || len(rules) != 20 {
			t.Fatalf("%d %v", len(rules), err)
		}
		for i, r := range rules {
			if want := fmt.Sprintf("%d-*.csv", i); r.Pattern != want {
				t.Fatalf("%s is tried as number %d", r.Pattern, i)
			}
		}
	})
}

// TestFolderIsNoLink holds that a link instead of one of our folders stops the work.
func TestFolderIsNoLink(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.SQLite(t), t.TempDir())
	h.rule(t, "*.csv", business.Cost)
	away := t.TempDir()
	if err := os.Remove(filepath.Join(h.dir, "done")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(away, filepath.Join(h.dir, "done")); err != nil {
		t.Fatal(err)
	}
	h.put(t, "c.csv", costs)
	if err := h.w.Poll(h.ctx); err == nil {
		t.Error("the folder leads elsewhere, and nobody minds")
	}
}

// TestFolderShared holds that of two nodes over one folder one takes a file, and that one takes over what the other left.
func TestFolderShared(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		dir := t.TempDir()
		a, b := newHouse(t, d, dir), newHouse(t, d, dir)
		a.rule(t, "*.csv", business.Cost)
		for i := range 20 {
			a.put(t, fmt.Sprintf("c%d.csv", i), fmt.Sprintf("Référence;Mois;Catégorie;Montant\nr%d;2026-03;plateforme;1\n", i))
		}
		for range 2 {
			failed := make(chan error, 2)
			for _, h := range []*house{a, b} {
				go func() {
					h.now.Add(1)
					failed <- h.w.Poll(h.ctx)
				}()
			}
			for range 2 {
				if err := <-failed; err != nil {
					t.Fatal(err)
				}
			}
		}
		if n := a.count(t, business.Cost); n != 20 {
			t.Errorf("%d facts, want 20", n)
		}
		files, err := a.w.Files(a.ctx, 100)
		if err != nil || len(files) != 20 {
			t.Errorf("%d files taken, want 20: %v", len(files), err)
		}
		left := "00000000000000000007-left.csv"
		a.put(t, filepath.Join("taken", left), "Référence;Mois;Catégorie;Montant\nleft;2026-03;plateforme;1\n")
		b.poll(t)
		if n := a.count(t, business.Cost); n != 21 || !a.lies("done", "left.csv") {
			t.Errorf("%d facts: what a process that died left is not taken up", n)
		}
	})
}

// TestFolderReplaced holds that what is read is what lies in the folder that was looked through, whatever is at its path by then.
func TestFolderReplaced(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.SQLite(t), t.TempDir())
	h.rule(t, "*.csv", business.Cost)
	h.put(t, "c.csv", "Référence;Mois;Catégorie;Montant\nours;2026-03;plateforme;1\n")
	h.poll(t)
	replace := func() {
		taken, err := os.ReadDir(filepath.Join(h.dir, "taken"))
		if err != nil || len(taken) == 0 {
			return
		}
		h.during.Store(nil)
		if err := os.Rename(h.dir, h.dir+"-moved"); err != nil {
			t.Error(err)
		}
		if err := os.MkdirAll(filepath.Join(h.dir, "taken"), 0o700); err != nil {
			t.Error(err)
		}
		h.put(t, filepath.Join("taken", taken[0].Name()), "Référence;Mois;Catégorie;Montant\nsecret;2026-03;plateforme;1\n")
	}
	h.during.Store(&replace)
	h.poll(t)
	if h.during.Load() != nil {
		t.Fatal("nothing was taken")
	}
	h.level(t)
	list, _, err := h.s.List(h.ctx, business.Filter{Kind: business.Cost}, business.Place{}, 10)
	if err != nil || len(list) != 1 || list[0].ID != ledger.FactID(business.Cost, intake.FilesOrigin, "ours") {
		t.Errorf("%+v %v", list, err)
	}
	if _, err := os.Lstat(filepath.Join(h.dir+"-moved", "done", "c.csv")); err != nil {
		t.Error(err)
	}
}

// TestFolderLeaseLost holds that a node whose lease went to another while it worked leaves the file to that one.
func TestFolderLeaseLost(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.SQLite(t), t.TempDir())
	h.rule(t, "*.csv", business.Cost)
	if err := h.db.Tx(h.ctx, func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, "CREATE TRIGGER other_node AFTER INSERT ON activity BEGIN UPDATE watch_file SET lease_by = 'other'; END")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	h.put(t, "c.csv", costs)
	h.poll(t)
	h.poll(t)
	taken, err := os.ReadDir(filepath.Join(h.dir, "taken"))
	if err != nil || len(taken) == 0 || h.lies("done", "c.csv") || h.lies("failed", "c.csv") {
		t.Errorf("what another node works on is put away: %v %v", taken, err)
	}
	if files, err := h.w.Files(h.ctx, 10); err != nil || len(files) != 1 || files[0].State != business.Taken {
		t.Errorf("%+v %v", files, err)
	}
}

const (
	killEnv   = "ENTENTE_TEST_FOLDER"
	killFiles = 6
	killLines = 3000
)

// TestFolderKilled kills a process at work in the folder again and again, at any moment: in the end each line of each file is a fact, once.
func TestFolderKilled(t *testing.T) {
	if dir := os.Getenv(killEnv); dir != "" {
		childWorks(t, dir)
		return
	}
	if testing.Short() {
		t.Skip("starts processes")
	}
	t.Parallel()
	dir := t.TempDir()
	facts := filepath.Join(dir, "facts")
	if err := os.MkdirAll(facts, 0o700); err != nil {
		t.Fatal(err)
	}
	for i := range killFiles {
		var text strings.Builder
		text.WriteString("Référence;Mois;Catégorie;Montant\n")
		for n := range killLines {
			fmt.Fprintf(&text, "f%d-%d;2026-03;plateforme;1\n", i, n)
		}
		if err := os.WriteFile(filepath.Join(facts, fmt.Sprintf("c%d.csv", i)), []byte(text.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	kills, ended := 0, false
	for round := range 60 {
		c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFolderKilled$", "-test.count=1")
		c.Env = append(os.Environ(), killEnv+"="+dir)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- c.Wait() }()
		if round < 12 { // a different moment of its life each time
			select {
			case err := <-done:
				if err == nil {
					ended = true
				}
			case <-time.After(time.Duration(150+round*130) * time.Millisecond):
				_ = c.Process.Kill()
				<-done
				kills++
			}
		} else if err := <-done; err != nil {
			t.Fatalf("a process that nobody kills fails: %v", err)
		} else {
			ended = true
		}
		if ended {
			break
		}
	}
	if !ended {
		t.Fatal("the work never ended")
	}
	t.Logf("killed %d times", kills)
	h := newHouse(t, openFile(t, dir), dir)
	if n := h.count(t, business.Cost); n != killFiles*killLines {
		t.Errorf("%d facts, want %d", n, killFiles*killLines)
	}
	statements, _, err := db.Value[int](h.ctx, h.db.Read(), "SELECT COUNT(*) FROM activity WHERE kind = 'fact.stated'")
	if err != nil || statements != killFiles*killLines {
		t.Errorf("%d statements, want %d: %v", statements, killFiles*killLines, err)
	}
	for i := range killFiles {
		if !h.lies("done", fmt.Sprintf("c%d.csv", i)) {
			t.Errorf("file %d is not put away", i)
		}
	}
	if left, err := os.ReadDir(filepath.Join(h.dir, "taken")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func openFile(t testing.TB, dir string) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), filepath.Join(dir, "test.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if _, err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d
}

// childWorks polls until nothing is left to do.
func childWorks(t *testing.T, dir string) {
	h := newHouse(t, openFile(t, dir), dir)
	if rules, err := h.w.Rules(h.ctx); err != nil {
		t.Fatal(err)
	} else if len(rules) == 0 {
		h.rule(t, "*.csv", business.Cost)
	}
	for {
		h.poll(t)
		busy := false
		for _, where := range []string{"", "taken"} {
			list, err := os.ReadDir(filepath.Join(h.dir, where))
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range list {
				busy = busy || strings.HasSuffix(e.Name(), ".csv")
			}
		}
		if !busy {
			return
		}
	}
}

func TestRules(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.SQLite(t), t.TempDir())
	for name, r := range map[string]business.Rule{"empty": {Kind: business.Cost}, "a path": {Pattern: "../*.csv", Kind: business.Cost}, "unclosed": {Pattern: "[a", Kind: business.Cost},
		"no kind": {Pattern: "*.csv", Kind: "x"}, "no currency": {Pattern: "*.csv", Kind: business.Cost, Settings: intake.Settings{Currency: "XYZ"}}} {
		if _, err := h.w.AddRule(h.ctx, r); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	r, err := h.w.AddRule(h.ctx, business.Rule{Pattern: "*.csv", Kind: business.Cost})
	if err != nil {
		t.Fatal(err)
	}
	for _, same := range []string{"*.csv", " *.CSV "} {
		if _, err := h.w.AddRule(h.ctx, business.Rule{Pattern: same, Kind: business.Revenue}); !problem.Is(err, problem.Conflict) {
			t.Errorf("%q is taken twice: %v", same, err)
		}
	}
	if err := h.w.RemoveRule(context.WithoutCancel(t.Context()), r.ID); err == nil {
		t.Error("whoever may not, removed it")
	}
	if err := h.w.RemoveRule(h.ctx, r.ID); err != nil {
		t.Error(err)
	}
}

// TestExamples holds that the example of each kind, in both languages, is taken as it is.
func TestExamples(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	format, _ := intake.Find("facts")
	runner := intake.Runner{DB: w.db, Ledger: w.led, Clock: func() time.Time { return noon }}
	for _, k := range business.Kinds() {
		for _, lang := range []string{"fr", "en"} {
			file := filepath.Join(t.TempDir(), k.ID+".csv")
			if err := os.WriteFile(file, []byte("\uFEFF"+business.Example(&k, lang, noon)), 0o600); err != nil {
				t.Fatal(err)
			}
			src, err := intake.Open(file)
			if err != nil {
				t.Fatal(err)
			}
			report, err := runner.Run(w.ctx, intake.Task{Format: format, Source: src, DryRun: true, Options: intake.Options{Settings: intake.Settings{Target: intake.FactTarget(k.ID)}}})
			src.Close()
			if err != nil || report.Broken != nil || report.Refused > 0 || report.Added != 2 {
				t.Errorf("%s in %s: %+v %v\n%s", k.ID, lang, report, err, business.Example(&k, lang, noon))
			}
		}
	}
}
