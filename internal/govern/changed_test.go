package govern_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/govern"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// TestInsightIsNotTaken: whoever hears things changes what they handed over while nothing is decided, and never who decides.
func TestInsightIsNotTaken(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		vic, tom, pau := w.member("vic@velo.example", org.Volunteer), w.member("tom@velo.example", org.Social), w.member("pau@velo.example", org.Volunteer)
		handed, err := w.s.HandInsight(vic, govern.Insight{Name: "Plates wear", Department: "Product", Owner: me(tom), DueAt: w.days(10)})
		w.must(err)
		change := func(ctx context.Context, do func(*govern.Insight)) error {
			i, err := w.s.Insight(ctx, handed.ID)
			w.must(err)
			do(&i)
			i.UpdatedAt = time.Time{}
			_, err = w.s.ChangeInsight(ctx, i)
			return err
		}
		rename := func(i *govern.Insight) { i.Name = "Plates wear out" }
		if err := change(pau, func(i *govern.Insight) { i.Owner = me(pau) }); !problem.Is(err, problem.Forbidden) {
			t.Errorf("a volunteer takes an insight over: %v", err)
		}
		if err := change(pau, rename); !problem.Is(err, problem.Forbidden) {
			t.Errorf("a volunteer changes what somebody else handed over: %v", err)
		}
		if err := change(vic, func(i *govern.Insight) { i.Owner = me(vic) }); !problem.Is(err, problem.Forbidden) {
			t.Errorf("who handed it makes themselves the one who decides: %v", err)
		}
		w.must(change(vic, rename))
		_, err = w.s.DecideInsight(tom, handed.ID, time.Time{}, "planned", "In spring", "")
		w.must(err)
		if err := change(vic, rename); !problem.Is(err, problem.Forbidden) {
			t.Errorf("what was decided is changed by who handed it: %v", err)
		}
		w.must(change(w.ctx, func(i *govern.Insight) { i.Owner = me(pau) }))
		if is, err := w.s.Insight(vic, handed.ID); err != nil || is.Owner != me(pau) || is.Verdict != "planned" || is.Name != "Plates wear out" {
			t.Errorf("%+v %v", is, err)
		}
		log, _, err := w.org.AuditLog(w.ctx, org.AuditFilter{Action: "govern.insight_changed"})
		w.must(err)
		details, err := json.Marshal(log[0].Details)
		w.must(err)
		if !strings.Contains(string(details), me(pau)) || !strings.Contains(string(details), me(tom)) {
			t.Errorf("the audit log does not say who decided before, and who does now: %s", details)
		}
	})
}

// TestChangedMeanwhile: who saves what somebody else changed since is told, and nothing is lost.
func TestChangedMeanwhile(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		stale := map[string]func() error{}
		risk, err := w.s.AddRisk(w.ctx, govern.Risk{Name: "Fire", Probability: 5, Impact: 5})
		w.must(err)
		stale["risk"] = func() error { _, err := w.s.ChangeRisk(w.ctx, risk); return err }
		decision, err := w.s.AddDecision(w.ctx, govern.Decision{Name: "Stay", DecidedAt: w.now})
		w.must(err)
		stale["decision"] = func() error { _, err := w.s.ChangeDecision(w.ctx, decision); return err }
		action, err := w.s.AddAction(w.ctx, govern.Action{Name: "Go", Owner: me(w.ctx), DueAt: w.days(2)})
		w.must(err)
		stale["action"] = func() error { _, err := w.s.ChangeAction(w.ctx, action); return err }
		review, err := w.s.AddReview(w.ctx, govern.Review{Name: "Monthly", Rhythm: "monthly", At: w.days(1)})
		w.must(err)
		stale["review"] = func() error { _, err := w.s.ChangeReview(w.ctx, review); return err }
		spent, err := w.s.AddSpending(w.ctx, govern.Spending{Tool: "Ear", Capability: "chat", Department: "A", Currency: "EUR", Period: "year", BeginsAt: w.now, Approval: "yes"})
		w.must(err)
		stale["spending"] = func() error { _, err := w.s.ChangeSpending(w.ctx, spent); return err }
		tie, err := w.s.AddTie(w.ctx, govern.Tie{Name: "Customers", Kind: "customer"})
		w.must(err)
		stale["tie"] = func() error { _, err := w.s.ChangeTie(w.ctx, tie); return err }
		around, err := w.s.AddSurrounding(w.ctx, govern.Surrounding{Factor: "legal", Name: "Law", Probability: 1, Impact: 1, Horizon: "year"})
		w.must(err)
		stale["surrounding"] = func() error { _, err := w.s.ChangeSurrounding(w.ctx, around); return err }
		insight, err := w.s.HandInsight(w.ctx, govern.Insight{Name: "Smoke", Department: "Workshop", DueAt: w.days(2)})
		w.must(err)
		stale["insight"] = func() error { _, err := w.s.ChangeInsight(w.ctx, insight); return err }
		for name, save := range stale {
			if err := save(); err != nil { // nobody changed it before
				t.Errorf("%s: %v", name, err)
			}
			if err := save(); !problem.Is(err, problem.Conflict) { // within the same moment of the clock
				t.Errorf("%s: what somebody else saved is overwritten: %v", name, err)
			}
		}
		if _, err := w.s.DecideInsight(w.ctx, insight.ID, insight.UpdatedAt, "done", "So", ""); !problem.Is(err, problem.Conflict) {
			t.Errorf("decided on what is no more: %v", err)
		}
	})
}

// TestAtOnce: of two who change different things at once neither undoes what the other did.
func TestAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		for range 10 {
			a, err := w.s.AddAction(w.ctx, govern.Action{Name: "Go", Owner: me(w.ctx), DueAt: w.days(2)})
			w.must(err)
			var all sync.WaitGroup
			failed := make(chan error, 2)
			all.Go(func() { _, err := w.s.FinishAction(w.ctx, a.ID, time.Time{}, true, ""); failed <- err })
			all.Go(func() {
				is := a
				is.Name, is.UpdatedAt = "Go there", time.Time{}
				_, err := w.s.ChangeAction(w.ctx, is)
				failed <- err
			})
			all.Wait()
			w.must(<-failed)
			w.must(<-failed)
			if a, err = w.s.Action(w.ctx, a.ID); err != nil || a.DoneAt.IsZero() || a.Name != "Go there" {
				t.Fatalf("one undid the other: %+v, %v", a, err)
			}
		}
	})
}
