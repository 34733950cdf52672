package govern_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/govern"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Who hands an insight over does not decide on it: not by naming themselves, and not where it came about before the rule.
func TestNobodyDecidesOnTheirOwnInsight(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		vic, zoe := w.member("vic@velo.example", org.Volunteer), w.member("zoe@velo.example", org.Volunteer)
		mine := govern.Insight{Name: "Plates wear", Department: "Product", Owner: me(vic), DueAt: w.days(10)}
		if _, err := w.s.HandInsight(vic, mine); !problem.Is(err, problem.Invalid) || problem.Of(err).Field != "owner" {
			t.Errorf("handed over to oneself: %v", err)
		}
		mine.Owner = me(zoe)
		i, err := w.s.HandInsight(vic, mine)
		w.must(err)
		again := i
		again.Owner = me(vic)
		if _, err := w.s.ChangeInsight(vic, again); !problem.Is(err, problem.Forbidden) {
			t.Errorf("took the decision over: %v", err)
		}
		if i.MayDecide(vic) || !i.MayDecide(zoe) || !i.MayDecide(w.ctx) || i.MayDecide(w.member("tom@velo.example", org.Social)) {
			t.Error("the wrong people may decide")
		}
		if _, err := w.s.DecideInsight(vic, i.ID, time.Time{}, "done", "So be it", ""); !problem.Is(err, problem.Forbidden) {
			t.Errorf("who handed it over decides: %v", err)
		}
		w.exec("UPDATE insight SET owner = $1 WHERE id = $2", me(vic), i.ID)
		if _, err := w.s.DecideInsight(vic, i.ID, time.Time{}, "done", "So be it", ""); !problem.Is(err, problem.Forbidden) {
			t.Errorf("who handed it over to themselves decides: %v", err)
		}
		w.exec("UPDATE insight SET owner = $1 WHERE id = $2", me(zoe), i.ID)
		if _, err := w.s.DecideInsight(zoe, i.ID, time.Time{}, "done", "So be it", ""); err != nil {
			t.Error(err)
		}
		if _, err := w.s.HandInsight(w.ctx, govern.Insight{Name: "Mine", Department: "All", Owner: me(w.ctx), DueAt: w.days(1)}); err != nil {
			t.Errorf("those who steer may: %v", err)
		}
	})
}

// Amounts are for those who steer and for the owner; that a capability is doubled is for all.
func TestMoneyIsNotForAll(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		vic := w.member("vic@velo.example", org.Volunteer)
		entry := govern.Spending{Tool: "Ear", Capability: "listening", Department: "Marketing", Payer: "Marketing", Amount: 4990, Currency: "EUR", Period: "month", BeginsAt: w.days(-30), Approval: "no"}
		_, err := w.s.AddSpending(w.ctx, entry)
		w.must(err)
		entry.Department, entry.Owner = "Product", me(vic)
		_, err = w.s.AddSpending(w.ctx, entry)
		w.must(err)
		list, err := w.s.Spendings(vic)
		w.must(err)
		var amounts []int64
		for _, e := range list {
			amounts = append(amounts, e.Yearly())
			if e.Discreet != (e.Owner == "") || e.Discreet && e.Currency+e.Period+e.Payer != "" {
				t.Errorf("%+v", e)
			}
		}
		if diff := cmp.Diff([]int64{0, 59880}, amounts); diff != "" {
			t.Error(diff)
		}
		if got := govern.Doubles(list, w.now); len(got) != 1 || len(got[0].Yearly)+len(got[0].Avoidable) != 0 {
			t.Errorf("doubled: %+v", got)
		}
		look, err := w.s.Look(vic)
		w.must(err)
		if diff := cmp.Diff([]govern.Money{{Currency: "EUR", Amount: 59880}}, govern.Total(look.Spendings, w.now)); diff != "" {
			t.Error(diff)
		}
		tie, err := w.s.AddTie(w.ctx, govern.Tie{Name: "Riders", Kind: "customer", Amount: 12000, Currency: "EUR", Wanted: 3})
		w.must(err)
		if got, err := w.s.Tie(vic, tie.ID); err != nil || !got.Discreet || got.Amount != 0 || got.Wanted != 3 {
			t.Errorf("%+v, %v", got, err)
		}
		if got, err := w.s.Ties(w.ctx); err != nil || got[0].Amount != 12000 || got[0].Discreet {
			t.Errorf("%+v, %v", got, err)
		}
		one, err := w.s.Spending(vic, list[0].ID)
		w.must(err)
		if one.Amount != 0 || !one.Discreet {
			t.Errorf("%+v", one)
		}
	})
}
