package business_test

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/entente/entente/internal/business"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

var noon = time.Date(2026, 11, 4, 12, 0, 0, 0, time.UTC)

// world is a ledger with the follower of facts.
type world struct {
	db  *db.DB
	led *ledger.Ledger
	s   *business.Service
	ctx context.Context
}

func newWorld(t testing.TB, d *db.DB) *world {
	t.Helper()
	clock := func() time.Time { return noon }
	log := slog.New(slog.DiscardHandler)
	l := ledger.New(d, log, clock, business.Follower())
	return &world{d, l, business.New(d, l, org.New(d, log, clock), log, clock), org.AsOperator(t.Context())}
}

type fataler interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

func (w *world) append(t fataler, list ...ledger.Activity) {
	t.Helper()
	if _, err := w.led.Append(w.ctx, list...); err != nil {
		t.Fatal(err)
	}
}

// level digests everything: on PostgreSQL transactions of other tests hold followers back for their time.
func (w *world) level(t fataler) {
	t.Helper()
	if err := w.led.Finish(w.ctx); err != nil {
		t.Fatal(err)
	}
	if failed, err := w.led.Failures(w.ctx); err != nil || len(failed) > 0 {
		t.Fatalf("failures: %v %v", failed, err)
	}
}

func (w *world) tables(t fataler) string {
	t.Helper()
	var out strings.Builder
	for _, withdrawn := range []bool{false, true} {
		list, _, err := w.s.List(w.ctx, business.Filter{Withdrawn: withdrawn}, business.Place{}, 10_000)
		if err != nil {
			t.Fatal(err)
		}
		lines := make([]string, len(list))
		for i, f := range list {
			amount := "-"
			if f.Amount != nil {
				amount = fmt.Sprint(*f.Amount)
			}
			f.Amount = nil
			lines[i] = fmt.Sprintf("%+v %s", f, amount)
		}
		sort.Strings(lines)
		fmt.Fprintln(&out, withdrawn, strings.Join(lines, "\n"))
	}
	return out.String()
}

func (w *world) empty(t fataler) {
	t.Helper()
	if err := w.db.Tx(w.ctx, func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, "DELETE FROM activity")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := w.led.Rebuild(w.ctx, 500, nil); err != nil {
		t.Fatal(err)
	}
}

func cost(external string, at time.Time, amount int64) business.Statement {
	return business.Statement{Fact: ledger.Fact{Kind: business.Cost, Origin: "books", External: external, Quantity: 1, Label: "platform"}, At: at, Amount: amount, Currency: "EUR"}
}

func (w *world) find(t fataler, id string) business.Fact {
	t.Helper()
	f, err := w.s.Find(w.ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestCorrections walks a fact through its life: stated, repeated, corrected by its source, by hand, withdrawn, brought back.
func TestCorrections(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		state := func(amount int64) business.Stated {
			t.Helper()
			list, err := w.s.State(w.ctx, []business.Statement{cost("c1", noon, amount)})
			if err != nil {
				t.Fatal(err)
			}
			w.level(t)
			return list[0]
		}
		first := state(100)
		amount := func(want int64) business.Fact {
			t.Helper()
			f := w.find(t, first.ID)
			if f.Withdrawn || f.Amount == nil || *f.Amount != want {
				t.Fatalf("%+v, want %d", f, want)
			}
			return f
		}
		if again := state(100); again.New || !first.New || again.ID != first.ID {
			t.Errorf("said twice is said once: %+v %+v", first, again)
		}
		amount(100)
		if !state(120).New {
			t.Error("another amount is a new statement")
		}
		was := amount(120)
		if !state(100).New { // back to what it said at first
			t.Error("what was said before the last statement is new again")
		}
		now := amount(100)
		st := cost("", noon, 90)
		st.Note = "typing mistake"
		if err := w.s.Correct(w.ctx, first.ID, was.Activity, st); !problem.Is(err, problem.Conflict) {
			t.Errorf("a correction of what has changed: %v", err)
		}
		if err := w.s.Correct(w.ctx, first.ID, now.Activity, st); err != nil {
			t.Fatal(err)
		}
		w.level(t)
		amount(90)
		if state(100).New {
			t.Error("the source repeats what was corrected by hand")
		}
		amount(90)
		if !state(130).New {
			t.Error("the source says something else")
		}
		now = amount(130)
		if err := w.s.Withdraw(w.ctx, first.ID, now.Activity, "booked twice"); err != nil {
			t.Fatal(err)
		}
		w.level(t)
		if f := w.find(t, first.ID); !f.Withdrawn {
			t.Errorf("%+v", f)
		}
		totals, err := w.s.Totals(w.ctx, business.Filter{Kind: business.Cost, From: noon.AddDate(0, -1, 0), Until: noon.AddDate(0, 1, 0)}, time.UTC)
		if err != nil || len(totals) != 0 {
			t.Errorf("withdrawn facts are added up: %+v %v", totals, err)
		}
		if err := w.s.Withdraw(w.ctx, first.ID, "", "again"); !problem.Is(err, problem.Conflict) {
			t.Errorf("withdrawn twice: %v", err)
		}
		lines, err := w.s.History(w.ctx, w.find(t, first.ID))
		if err != nil || len(lines) != 6 || !lines[0].Void || lines[0].Note != "booked twice" || !lines[0].Counts || lines[5].Amount != 100 {
			t.Errorf("%d %+v %v", len(lines), lines, err)
		}
		if err := w.s.Correct(w.ctx, first.ID, "", cost("", noon, 70)); err != nil {
			t.Fatal(err)
		}
		w.level(t)
		amount(70)
	})
}

// TestOrderCorrected holds that an order that a shop brought is a fact, which can be corrected and withdrawn.
func TestOrderCorrected(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.append(t, ledger.Activity{ID: "00000000000000000001", Kind: ledger.OrderPlaced, Actor: "mailto:ada@example.org", At: noon, Amount: 5000, Currency: "EUR", Key: "order:1",
			Data: ledger.Data(ledger.Order{ExternalID: "B1", Product: "Lande", Quantity: 2, Through: "shop", Reseller: "Vélo-Marée"})})
		w.level(t)
		f := w.find(t, ledger.OrderFact("00000000000000000001"))
		if f.Kind != business.Order || f.Quantity != 2 || *f.Amount != 5000 || f.Person != "mailto:ada@example.org" || f.Partner != "Vélo-Marée" || f.Label != "Lande" || f.Ref != "B1" {
			t.Fatalf("%+v", f)
		}
		for i, wrong := range []business.Statement{{}, {At: noon}, {At: noon, Amount: 1, Currency: "EUR", Fact: ledger.Fact{Quantity: 1, Team: "x"}}} {
			if err := w.s.Correct(w.ctx, f.ID, f.Activity, wrong); !problem.Is(err, problem.Invalid) {
				t.Errorf("%d: %v", i, err)
			}
		}
		if err := w.s.Correct(w.ctx, f.ID, f.Activity, business.Statement{At: noon, Amount: 4000, Currency: "EUR", Fact: ledger.Fact{Quantity: 1, Label: "Lande"}}); err != nil {
			t.Fatal(err)
		}
		w.level(t)
		f = w.find(t, f.ID)
		if *f.Amount != 4000 || f.Quantity != 1 {
			t.Errorf("%+v", f)
		}
		if err := w.s.Withdraw(w.ctx, f.ID, "", ""); err != nil {
			t.Fatal(err)
		}
		w.level(t)
		f = w.find(t, f.ID)
		lines, err := w.s.History(w.ctx, f)
		if err != nil || len(lines) != 3 || !lines[2].Order || lines[2].Amount != 5000 || !f.Withdrawn {
			t.Errorf("%+v %v", lines, err)
		}
	})
}

// TestAnyOrder holds that of statements with versions and times of their own the same one counts in whatever order they arrive, and
// that tables derived anew in batches of any size are the same.
func TestAnyOrder(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		rapid.Check(t, func(rt *rapid.T) {
			n := rapid.IntRange(1, 12).Draw(rt, "statements")
			var list []ledger.Activity
			best := map[string]int64{} // amount that counts, -1 for none
			stamps := map[string]time.Time{}
			for i := range n {
				st := cost(fmt.Sprint("c", rapid.IntRange(0, 2).Draw(rt, "fact")), noon.Add(-time.Hour), int64(i))
				version, minute := rapid.Int64Range(0, 2).Draw(rt, "version"), rapid.Int64Range(0, 100).Draw(rt, "minute")*100+int64(i) // no two alike
				st.Version, st.StatedAt = version, noon.Add(-time.Duration(20_000-minute)*time.Minute)
				st.Void = rapid.IntRange(0, 3).Draw(rt, "void") == 0
				a := st.Statement("", st.At, st.Amount, st.Currency)
				list = append(list, a)
				stamp := time.Unix(version, 0).Add(time.Duration(minute) * time.Microsecond)
				if stamp.After(stamps[a.Object]) {
					stamps[a.Object], best[a.Object] = stamp, st.Amount
					if st.Void {
						best[a.Object] = -1
					}
				}
			}
			list = rapid.Permutation(list).Draw(rt, "order")
			w.empty(rt)
			for len(list) > 0 {
				some := rapid.IntRange(1, len(list)).Draw(rt, "together")
				w.append(rt, list[:some]...)
				list = list[some:]
				if rapid.Bool().Draw(rt, "digest") {
					w.level(rt)
				}
			}
			w.level(rt)
			for object, want := range best {
				f := w.find(rt, object)
				switch {
				case want < 0 && !f.Withdrawn, want >= 0 && (f.Withdrawn || *f.Amount != want):
					rt.Fatalf("%+v, want %d", f, want)
				}
			}
			live := w.tables(rt)
			for _, size := range []int{1, 7, 500} {
				if err := w.led.Rebuild(w.ctx, size, nil); err != nil {
					rt.Fatal(err)
				}
				w.level(rt)
				if diff := cmp.Diff(live, w.tables(rt)); diff != "" {
					rt.Fatalf("rebuilt in batches of %d (-live +rebuilt):\n%s", size, diff)
				}
			}
		})
	})
}

func TestTotals(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		paris, err := time.LoadLocation("Europe/Paris")
		if err != nil {
			t.Fatal(err)
		}
		var list []business.Statement
		add := func(kind, label, status, currency string, at time.Time, quantity float64, amount int64) {
			list = append(list, business.Statement{Fact: ledger.Fact{Kind: kind, Origin: "t", External: fmt.Sprint(len(list)), Quantity: quantity, Label: label, Status: status},
				At: at, Amount: amount, Currency: currency})
		}
		march := time.Date(2026, 3, 1, 0, 0, 0, 0, paris)
		add(business.Cost, "platform", "", "EUR", march, 1, 1000)                    // the first moment of March in Paris is February in UTC
		add(business.Cost, "content", "", "EUR", march.AddDate(0, 0, 30), 1, 250)    // the last day
		add(business.Cost, "content", "", "GBP", march.AddDate(0, 0, 5), 1, 70)      // never added to euros
		add(business.Cost, "content", "", "EUR", march.AddDate(0, 1, 0), 1, 9)       // April
		add(business.Cost, "content", "", "EUR", march.Add(-time.Microsecond), 1, 5) // February
		add(business.Rating, "csat", "", "", march, 4, 0)
		add(business.Rating, "csat", "", "", march, 5, 0)
		add(business.Rating, "nps", "", "", march, 9, 0)
		// January to March: 31, 28 and 31 days of 90, and the cents of all months are those of the whole.
		list = append(list, business.Statement{Fact: ledger.Fact{Kind: business.Cost, Origin: "t", External: "quarter", Quantity: 1, Label: "platform", Until: march.AddDate(0, 1, 0)}, At: march.AddDate(0, -2, 0), Amount: 10001, Currency: "CHF"})
		list = append(list, business.Statement{Fact: ledger.Fact{Kind: business.Hours, Origin: "t", External: "two", Quantity: 590, Until: march.AddDate(0, 1, 0)}, At: march.AddDate(0, -1, 0)})
		if _, err := w.s.State(w.ctx, list); err != nil {
			t.Fatal(err)
		}
		w.level(t)
		months := func(kind string) (out []string) {
			totals, err := w.s.Totals(w.ctx, business.Filter{Kind: kind, From: march.AddDate(0, -1, 0), Until: march.AddDate(0, 2, 0)}, paris)
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range totals {
				out = append(out, fmt.Sprint(x.Month.Format("01"), x.Split, x.Currency, " ", x.Count, " ", math.Round(x.Quantity*1e6)/1e6, " ", x.Amount))
			}
			return out
		}
		if diff := cmp.Diff([]string{"02CHF 1 1 3111", "02EUR 1 1 5", "03CHF 1 1 3445", "03EUR 2 1 1250", "03GBP 1 1 70", "04EUR 1 1 9"}, months(business.Cost)); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"03csat 2 4.5 0", "03nps 1 9 0"}, months(business.Rating)); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"02 1 280 0", "03 1 310 0"}, months(business.Hours)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestCover(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		at := func(month int) time.Time { return time.Date(2026, time.Month(month), 10, 0, 0, 0, 0, time.UTC) }
		quarter := cost("q", time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC), 3)
		quarter.Until = time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC)
		if _, err := w.s.State(w.ctx, []business.Statement{cost("a", at(2), 1), cost("b", at(3), 1), quarter, cost("c", at(9), 1)}); err != nil {
			t.Fatal(err)
		}
		w.level(t)
		list, err := w.s.Cover(w.ctx, time.UTC)
		if err != nil || len(list) != len(business.Kinds()) {
			t.Fatalf("%v %v", list, err)
		}
		for _, c := range list {
			if c.Kind.ID != business.Cost {
				if c.Count != 0 || c.Gaps != nil {
					t.Errorf("%+v", c)
				}
				continue
			}
			var gaps []int
			for _, g := range c.Gaps {
				gaps = append(gaps, int(g.Month()))
			}
			if diff := cmp.Diff([]int{4, 8, 10}, gaps); diff != "" || c.Count != 4 || !c.First.Equal(at(2)) || !c.Last.Equal(at(9)) {
				t.Errorf("%+v %s", c, diff)
			}
		}
	})
}

func TestRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	for name, c := range map[string]struct {
		st    business.Statement
		field string
	}{
		"no such kind":     {business.Statement{Fact: ledger.Fact{Kind: "x", External: "1"}, At: noon}, "facts[0].kind"},
		"no date":          {business.Statement{Fact: ledger.Fact{Kind: business.Contact, External: "1", Quantity: 1}}, "facts[0].at"},
		"future":           {cost("1", noon.AddDate(0, 0, 2), 1), "facts[0].at"},
		"no reference":     {cost("", noon, 1), "facts[0].external_id"},
		"no amount":        {business.Statement{Fact: ledger.Fact{Kind: business.Cost, External: "1", Quantity: 1, Label: "other"}, At: noon}, "facts[0].amount"},
		"bad label":        {business.Statement{Fact: ledger.Fact{Kind: business.Cost, External: "1", Quantity: 1, Label: "x"}, At: noon, Currency: "EUR"}, "facts[0].label"},
		"not its field":    {business.Statement{Fact: ledger.Fact{Kind: business.Contact, External: "1", Quantity: 1, Partner: "x"}, At: noon}, "facts[0].partner"},
		"no period":        {business.Statement{Fact: ledger.Fact{Kind: business.Revenue, External: "1", Quantity: 1}, At: noon, Currency: "EUR"}, "facts[0].until"},
		"rating of 6 of 5": {business.Statement{Fact: ledger.Fact{Kind: business.Rating, External: "1", Quantity: 6, Label: "csat"}, At: noon}, "facts[0].quantity"},
		"control":          {business.Statement{Fact: ledger.Fact{Kind: business.Contact, External: "1\x00", Quantity: 1}, At: noon}, "facts[0].external"},
	} {
		_, err := w.s.State(w.ctx, []business.Statement{c.st})
		if p := problem.Of(err); p.Code != problem.Invalid || p.Field != c.field {
			t.Errorf("%s: %v on %q, want %q", name, err, p.Field, c.field)
		}
	}
	if _, err := w.s.State(t.Context(), []business.Statement{cost("1", noon, 1)}); err == nil {
		t.Error("whoever may not, did")
	}
}
