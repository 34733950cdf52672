package measure_test

import (
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/measure/own"
	"github.com/entente/entente/internal/problem"
)

// fact is a business fact as a source states it.
func fact(kind, key string, at time.Time, f ledger.Fact, cents int64, currency string) ledger.Activity {
	f.Kind = kind
	if f.Quantity == 0 {
		f.Quantity = 1
	}
	return ledger.Activity{Kind: ledger.FactStated, Actor: "member:m1", Object: id.From(kind+key, "fact"), At: at, LearnedAt: at, Amount: cents, Currency: currency, Data: ledger.Data(f)}
}

// TestOwn makes a measure of each way and compares it with what can be counted by hand, its rows with its n, before and after it is kept.
func TestOwn(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		now := time.Date(2026, 5, 20, 12, 0, 0, 0, time.UTC)
		w := newWorld(t, d, now)
		w.s.Trust(w.enrich)
		at := func(hours int) time.Time { return now.Add(-time.Duration(hours) * time.Hour) }
		list := []ledger.Activity{
			said("c", "a", at(50), ledger.Said{Text: "The brake squeaks", Inbox: true}),
			said("c", "b", at(40), ledger.Said{Text: "The brake is loud and the saddle too", Inbox: true}),
			said("c", "c", at(30), ledger.Said{Text: "A fine saddle", Inbox: true}),
			said("c", "o", at(20), ledger.Said{Text: "We look at the brake", Ours: true, Member: "m1", InReplyTo: []string{"a"}}),
			about(ledger.ConversationResolved, conversationID("c", "a"), at(10)),
		}
		for i, cents := range []int64{1000, 2000, 3000, 4000, 90000} {
			list = append(list, fact("cost", "c"+string(rune('a'+i)), at(60+i), ledger.Fact{Label: "platform"}, cents, "EUR"))
		}
		list = append(list, fact("cost", "other", at(5), ledger.Fact{Label: "content"}, 700, "EUR"),
			fact("lead", "l1", at(45), ledger.Fact{Status: "open", Ref: "r1"}, 0, ""), fact("lead", "l2", at(35), ledger.Fact{Status: "won", Ref: "r1"}, 0, ""),
			fact("lead", "l3", at(25), ledger.Fact{Status: "open", Ref: "r3"}, 0, ""))
		w.state(list...)
		win := measure.Window{From: now.AddDate(0, 0, -7), To: now}
		add := func(d own.Definition) measure.Own {
			t.Helper()
			if d.Name == "" {
				d.Name = string(d.Way)
			}
			o, err := w.s.AddOwn(w.ctx, d)
			if err != nil {
				t.Fatalf("%+v: %v", d, err)
			}
			return o
		}
		brakes := add(own.Definition{Way: own.Count, Of: kpi.OfPosts, Query: "brake"})
		euros := own.Definition{Name: "euros", Way: own.Sum, Of: kpi.OfFacts, Fact: "cost", Value: "amount", Label: "licences"}
		w.state(fact("cost", "e1", at(20), ledger.Fact{Label: "licences"}, 1500, "EUR"), fact("cost", "e2", at(21), ledger.Fact{Label: "licences"}, 2500, "EUR"), fact("cost", "e3", at(22), ledger.Fact{Label: "licences"}, 9900, "USD"))
		if r, err := w.s.Compute(w.ctx, add(euros).ID, win, measure.Filter{}); err != nil || r.Value.Defined() || r.Why != "mixed_currencies" {
			t.Errorf("two currencies were added: %+v, %v", r, err)
		}
		euros.Name, euros.Currency = "only euros", "eur"
		only := add(euros)
		if r, err := w.s.Compute(w.ctx, only.ID, win, measure.Filter{}); err != nil || r.Value.Value != 4000 || r.Currency != "EUR" || r.N != 2 || len(w.rows(only.ID, win, measure.Filter{}, "")) != 2 {
			t.Errorf("in euros there are %+v, %v", r, err)
		}
		costs := add(own.Definition{Way: own.Sum, Of: kpi.OfFacts, Fact: "cost", Value: "amount", Label: "platform"})
		want := []struct {
			o       measure.Own
			n       int
			value   float64
			numbers string
		}{
			{brakes, 2, 2, "posts"},
			{add(own.Definition{Way: own.Count, Of: kpi.OfConversations}), 3, 3, "conversations"},
			{add(own.Definition{Way: own.Count, Of: kpi.OfFacts, Fact: "lead"}), 3, 3, "facts"},
			{add(own.Definition{Way: own.Share, Of: kpi.OfPosts, Query: "brake OR saddle", PartQuery: "brake AND saddle"}), 3, 1.0 / 3, "share"},
			{add(own.Definition{Way: own.Share, Of: kpi.OfFacts, Fact: "lead", PartStatus: "won"}), 3, 1.0 / 3, "share"},
			{costs, 5, 100000, "money"},
			{add(own.Definition{Way: own.Median, Of: kpi.OfFacts, Fact: "cost", Value: "amount", Label: "platform"}), 5, 3000, "money"},
			{add(own.Definition{Way: own.Percentile, Percent: 90, Of: kpi.OfFacts, Fact: "cost", Value: "amount", Label: "platform"}), 5, 90000, "money"},
			{add(own.Definition{Way: own.Duration, Of: kpi.OfConversations, Begin: "opened", End: "resolved"}), 3, 0, "seconds"},
			{add(own.Definition{Way: own.Duration, Of: kpi.OfFacts, Fact: "lead", Begin: "open", End: "won"}), 2, 10 * 3600, "seconds"},
			{add(own.Definition{Way: own.Ratio, Over: costs.ID, Under: brakes.ID}), 5, 50000, "ratio"},
			// Of conversations, by the post that began them.
			{add(own.Definition{Way: own.Count, Of: kpi.OfConversations, Query: "brake"}), 2, 2, "conversations"},
			{add(own.Definition{Way: own.Share, Of: kpi.OfConversations, Query: "brake OR saddle", PartQuery: "brake AND saddle"}), 3, 1.0 / 3, "share"},
			{add(own.Definition{Way: own.Duration, Of: kpi.OfConversations, Query: "brake", Begin: "opened", End: "answered"}), 2, 30 * 3600, "seconds"},
			{add(own.Definition{Way: own.Percentile, Percent: 30, Of: kpi.OfConversations, Query: "brake", Begin: "opened", End: "answered"}), 2, 30, "hours"},
			{add(own.Definition{Way: own.Median, Of: kpi.OfConversations, Query: "brake AND NOT saddle", Begin: "opened", End: "resolved"}), 1, 40, "hours"},
		}
		check := func(when string) {
			t.Helper()
			for _, x := range want {
				r, err := w.s.Compute(w.ctx, x.o.ID, win, measure.Filter{})
				if err != nil {
					t.Fatalf("%s, %s: %v", when, x.o.Definition.Name, err)
				}
				if r.N != x.n || x.value != 0 && (r.Value.Value < x.value*0.999999 || r.Value.Value > x.value*1.000001) || string(r.Unit) != x.numbers {
					t.Errorf("%s, %s of %s: n %d, %v %s, want %d, %v %s", when, x.o.Definition.Way, x.o.Definition.Of, r.N, r.Value.Value, r.Unit, x.n, x.value, x.numbers)
				}
				if rows := w.rows(x.o.ID, win, measure.Filter{}, ""); len(rows) != r.N {
					t.Errorf("%s, %s of %s: %d rows, n is %d", when, x.o.Definition.Way, x.o.Definition.Of, len(rows), r.N)
				}
			}
		}
		check("from rows")
		if rep, rows, err := w.s.PreviewOwn(w.ctx, "", own.Definition{Name: "brakes", Way: own.Count, Of: kpi.OfConversations, Query: "brake"}, win); err != nil || rep.Result.N != 2 || len(rows) != 2 || rows[0].ID != conversationID("c", "b") {
			t.Errorf("previewed: n %d, rows %+v, %v", rep.Result.N, rows, err)
		}
		if err := w.s.Roll(w.ctx); err != nil {
			t.Fatal(err)
		}
		check("kept")
		w.state(said("c", "late", at(33), ledger.Said{Text: "Another brake"}))
		want[0].n, want[0].value = 3, 3
		want[3].n, want[3].value = 4, 0.25
		want[10].value = 100000.0 / 3
		check("late")
		if err := w.s.Roll(w.ctx); err != nil {
			t.Fatal(err)
		}
		check("put right")
	})
}

// TestOwnVersions changes a definition, goes back, and refuses circles.
func TestOwnVersions(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		now := time.Date(2026, 5, 20, 12, 0, 0, 0, time.UTC)
		w := newWorld(t, d, now)
		w.s.Trust(w.enrich)
		w.state(said("c", "a", now.Add(-time.Hour), ledger.Said{Text: "The brake squeaks"}), said("c", "b", now.Add(-time.Hour), ledger.Said{Text: "The saddle"}))
		win := measure.Window{From: now.AddDate(0, 0, -1), To: now}
		n := func(id string) int {
			t.Helper()
			r, err := w.s.Compute(w.ctx, id, win, measure.Filter{})
			if err != nil {
				t.Fatal(err)
			}
			return r.N
		}
		o, err := w.s.AddOwn(w.ctx, own.Definition{Name: "Brakes", Way: own.Count, Of: kpi.OfPosts, Query: "brake"})
		if err != nil || n(o.ID) != 1 {
			t.Fatalf("%+v, %v", o, err)
		}
		changed := o.Definition
		changed.Query = ""
		if o, err = w.s.ChangeOwn(w.ctx, o.ID, changed); err != nil || o.Version != 2 || n(o.ID) != 2 {
			t.Fatalf("changed: %+v, %v", o, err)
		}
		if same, err := w.s.ChangeOwn(w.ctx, o.ID, changed); err != nil || same.Version != 2 {
			t.Errorf("saved without a change: version %d, %v", same.Version, err)
		}
		if o, err = w.s.ChooseOwn(w.ctx, o.ID, 1); err != nil || o.Version != 1 || n(o.ID) != 1 {
			t.Fatalf("chosen: %+v, %v", o, err)
		}
		versions, err := w.s.OwnVersions(w.ctx, o.ID)
		if err != nil || len(versions) != 2 || versions[0].Definition.Query != "" || versions[1].Definition.Query != "brake" {
			t.Fatalf("versions %+v, %v", versions, err)
		}
		if _, err := w.s.ChooseOwn(w.ctx, o.ID, 7); !problem.Is(err, problem.Missing) {
			t.Errorf("a version that is not: %v", err)
		}
		a, err := w.s.AddOwn(w.ctx, own.Definition{Name: "A", Way: own.Ratio, Over: o.ID, Under: "volume"})
		if err != nil {
			t.Fatal(err)
		}
		b, err := w.s.AddOwn(w.ctx, own.Definition{Name: "B", Way: own.Ratio, Over: "volume", Under: o.ID})
		if err != nil {
			t.Fatal(err)
		}
		for name, x := range map[string]own.Definition{
			"itself": {Name: "A", Way: own.Ratio, Over: a.ID, Under: "volume"},
			"a wait": {Name: "A", Way: own.Ratio, Over: "first-response-time", Under: "volume"},
			"none":   {Name: "A", Way: own.Ratio, Over: "nothing", Under: "volume"},
		} {
			if _, err := w.s.ChangeOwn(w.ctx, a.ID, x); err == nil {
				t.Errorf("a ratio of %s is saved", name)
			}
		}
		if _, err := w.s.ChangeOwn(w.ctx, a.ID, own.Definition{Name: "A", Way: own.Ratio, Over: b.ID, Under: "volume"}); err != nil {
			t.Errorf("a ratio of a ratio: %v", err)
		}
		if _, err := w.s.ChangeOwn(w.ctx, b.ID, own.Definition{Name: "B", Way: own.Ratio, Over: a.ID, Under: "volume"}); err == nil || !strings.Contains(err.Error(), "circular") {
			t.Errorf("a circle: %v", err)
		}
		if err := w.s.RemoveOwn(w.ctx, o.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := w.s.Compute(w.ctx, o.ID, win, measure.Filter{}); !problem.Is(err, problem.Missing) {
			t.Errorf("a removed measure: %v", err)
		}
		if _, err := w.s.Compute(w.ctx, a.ID, win, measure.Filter{}); err == nil {
			t.Error("a ratio of a removed measure has a number")
		}
	})
}
