package plan_test

import (
	"context"
	"testing"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/plan"
	"github.com/entente/entente/internal/problem"
)

// as makes somebody with a role.
func (w *world) as(email string, role org.Role) (context.Context, string) {
	w.t.Helper()
	_, err := w.org.Invite(w.ctx, org.Invite{Email: email, Name: email[:3], Role: role, Lang: "en"})
	w.must(err)
	w.exec("UPDATE member SET state = 'active' WHERE email = $1", email)
	m, err := w.org.ByEmail(w.t.Context(), email)
	w.must(err)
	return org.With(w.t.Context(), m), m.ID
}

// running is an initiative of a volunteer (Oda) in which another (Wim) has a task; a third (Nic) has nothing to do with it.
func (w *world) running() (i plan.Initiative, oda, wim, nic context.Context) {
	w.t.Helper()
	oda, o := w.as("oda@velo.example", org.Volunteer)
	wim, m := w.as("wim@velo.example", org.Volunteer)
	nic, _ = w.as("nic@velo.example", org.Volunteer)
	i = w.whole("Guides")
	about := i.About()
	about.Owner = o
	i, err := w.s.ChangeAbout(w.ctx, i.ID, i.UpdatedAt, about)
	w.must(err)
	tasks := i.Tasks
	tasks[1].Member = m
	i, err = w.s.ChangeTasks(w.ctx, i.ID, i.UpdatedAt, tasks)
	w.must(err)
	return w.take(w.take(w.take(i, plan.Propose), plan.Approve), plan.Start), oda, wim, nic
}

// Volunteers see where the work stands, their own hours, and no money, unless the initiative is theirs.
func TestMoneyAndHoursAreNotForAll(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		i, oda, wim, nic := w.running()
		_, err := w.s.Book(w.ctx, plan.Booking{Initiative: i.ID, Day: day("2026-11-02"), Amount: 4200, Minutes: 60})
		w.must(err)
		for _, c := range []struct {
			name     string
			who      context.Context
			accounts int
			minutes  []int
			people   int // contributors
			bookings int
			cost     int // amounts of the objective
			weeks    int // people in the plan of time, and in what there is to reach objectives with
		}{{"who steers", w.ctx, 1, []int{2400, 2400, 0}, 1, 1, 1, 2}, {"the owner", oda, 1, []int{2400, 2400, 0}, 1, 1, 0, 0}, {"who has a task", wim, 0, []int{0, 2400, 0}, 0, 0, 0, 1}, {"another", nic, 0, []int{0, 0, 0}, 0, 0, 0, 0}} {
			st, err := w.s.Stand(c.who, i.ID)
			w.must(err)
			list, err := w.s.Portfolio(c.who)
			w.must(err)
			serving, err := w.s.Serving(c.who, w.objective)
			w.must(err)
			got, err := w.s.Initiative(c.who, i.ID)
			w.must(err)
			all, err := w.s.Initiatives(c.who)
			w.must(err)
			discreet := c.accounts == 0
			for _, one := range []plan.Initiative{st.Initiative, list[0].Initiative, serving[0].Initiative, got, all[0]} {
				for n, task := range one.Tasks {
					if task.Minutes != c.minutes[n] {
						t.Errorf("%s sees %d minutes of the task %s", c.name, task.Minutes, task.Name)
					}
				}
				if one.Discreet != discreet || len(one.Contributors) != c.people || (len(one.Lines) == 0) != discreet || (one.Risks[0].Reserve == 0) != discreet || (len(one.Benefits) == 1) != discreet ||
					(len(one.Approved.Cost)+len(one.Approved.Lines)+len(one.Approved.Reserve) == 0) != discreet || len(one.Changes()) != 0 {
					t.Errorf("%s sees %+v", c.name, one)
				}
			}
			for _, one := range []plan.Standing{st, list[0], serving[0]} {
				if len(one.Accounts) != c.accounts || (one.Spent.Minutes == 0) != discreet || one.Expected != day("2026-11-13") || !one.Weighed {
					t.Errorf("%s sees %+v", c.name, one)
				}
			}
			if a := st.Own(); (a.Budget == 0) != discreet {
				t.Errorf("%s sees a budget of %d", c.name, a.Budget)
			}
			bookings, err := w.s.Bookings(c.who, i.ID)
			w.must(err)
			means, err := w.s.Means(c.who)
			w.must(err)
			capacity, err := w.s.Capacity(c.who, day("2026-11-02"), 4)
			w.must(err)
			if len(bookings) != c.bookings || len(means.Objectives[w.objective].Cost) != c.cost || !means.Objectives[w.objective].Funded || len(capacity.People) != c.weeks || len(means.Owners) != c.weeks {
				t.Errorf("%s sees %d bookings, %v, %d people", c.name, len(bookings), means.Objectives[w.objective], len(capacity.People))
			}
		}
		if _, err := w.s.Initiatives(t.Context()); !problem.Is(err, problem.Unauthenticated) {
			t.Error(err)
		}
	})
}

// Who does a task and who owns the initiative report on their own, with hours, and no further; it stands in the audit log.
func TestProgressIsReportedByThoseWhoDoIt(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		i, oda, wim, nic := w.running()
		first, second := i.Tasks[0], i.Tasks[1]
		p := plan.Progress{Done: 40, Began: day("2026-11-02"), Minutes: 90, Day: day("2026-11-02")}
		for _, who := range []context.Context{nic, wim} {
			if _, err := w.s.Report(who, i.ID, i.UpdatedAt, first.ID, p); !problem.Is(err, problem.Forbidden) || i.MayReport(who, first) {
				t.Errorf("reports on what others do: %v", err)
			}
		}
		if _, err := w.s.Report(wim, i.ID, i.UpdatedAt, second.ID, plan.Progress{Done: 140, Began: day("2027-01-01")}); len(keys(err)) != 2 {
			t.Errorf("all that is wrong: %v", err)
		}
		after, err := w.s.Report(wim, i.ID, i.UpdatedAt, second.ID, p)
		w.must(err)
		if got := after.Tasks[1]; got.Done != 40 || got.Began != p.Began || got.Minutes != 2400 || !after.Discreet {
			t.Errorf("reported: %+v", got)
		}
		if _, err := w.s.Report(wim, i.ID, i.UpdatedAt, second.ID, p); !problem.Is(err, problem.Conflict) {
			t.Errorf("reported over what changed meanwhile: %v", err)
		}
		if _, err := w.s.Report(wim, i.ID, time.Time{}, "nothing", p); !problem.Is(err, problem.Missing) {
			t.Errorf("a task that is not there: %v", err)
		}
		if after, err = w.s.Report(oda, i.ID, after.UpdatedAt, first.ID, plan.Progress{Ended: day("2026-11-02")}); err != nil || after.Tasks[0].Done != 100 || after.Discreet {
			t.Errorf("the owner reports: %v, %+v", err, after.Tasks[0])
		}
		if full, err := w.s.Initiative(w.ctx, i.ID); err != nil || len(full.Lines) != 1 || full.Tasks[0].Minutes != 2400 || len(full.Changes()) != 0 {
			t.Errorf("a report lost something: %v, %+v", err, full)
		}

		// Hours: one's own, and no money.
		if _, err := w.s.Book(wim, plan.Booking{Initiative: i.ID, Day: p.Day, Minutes: 30, Amount: 100}); !problem.Is(err, problem.Forbidden) {
			t.Errorf("books money: %v", err)
		}
		if _, err := w.s.Book(nic, plan.Booking{Initiative: i.ID, Day: p.Day, Minutes: 30}); !problem.Is(err, problem.Forbidden) {
			t.Errorf("books hours on what they do not work in: %v", err)
		}
		b, err := w.s.Book(wim, plan.Booking{Initiative: i.ID, Day: p.Day, Minutes: 30})
		w.must(err)
		theirs, err := w.s.Book(w.ctx, plan.Booking{Initiative: i.ID, Day: p.Day, Minutes: 30})
		w.must(err)
		mine, err := w.s.Bookings(wim, i.ID)
		w.must(err)
		if len(mine) != 2 || mine[1].Minutes != 90 || mine[1].Note != "Print" {
			t.Errorf("their hours: %+v", mine)
		}
		if err := w.s.Unbook(wim, i.ID, theirs.ID); !problem.Is(err, problem.Forbidden) {
			t.Errorf("takes away what others booked: %v", err)
		}
		w.must(w.s.Unbook(wim, i.ID, b.ID))

		// Done: the owner says so, and decides nothing else.
		now, err := w.s.Initiative(oda, i.ID)
		w.must(err)
		if got := now.MayTake(oda); len(got) != 1 || got[0] != plan.Finish || len(now.MayTake(wim)) != 0 {
			t.Errorf("the owner may take %v, who has a task %v", got, now.MayTake(wim))
		}
		if _, err := w.s.Take(oda, i.ID, now.UpdatedAt, plan.Stop, "no"); !problem.Is(err, problem.Forbidden) {
			t.Errorf("the owner stops it: %v", err)
		}
		if _, err := w.s.Take(wim, i.ID, now.UpdatedAt, plan.Finish, ""); !problem.Is(err, problem.Forbidden) {
			t.Errorf("who has a task finishes it all: %v", err)
		}
		if now, err = w.s.Take(oda, i.ID, now.UpdatedAt, plan.Finish, ""); err != nil || now.State != plan.Done {
			t.Error(err)
		}
		if _, err := w.s.Report(oda, i.ID, now.UpdatedAt, first.ID, plan.Progress{}); !problem.Is(err, problem.Conflict) {
			t.Errorf("reported on what is done: %v", err)
		}
		log, _, err := w.org.AuditLog(w.ctx, org.AuditFilter{Object: "initiative:" + i.ID})
		w.must(err)
		n := 0
		for _, e := range log {
			if e.Action == "plan.progress_reported" {
				n++
			}
		}
		if n != 2 {
			t.Errorf("%d reports stand in the audit log, want 2", n)
		}
	})
}

// What a measure in money should reach is an amount: who does not lead the initiative sees which measure it is, and no number.
func TestBenefitsInAMeasureInMoneyAreAmounts(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		i, oda, _, nic := w.running()
		i, err := w.s.ChangeBenefits(w.ctx, i.ID, i.UpdatedAt, []plan.Benefit{{Kind: plan.InMeasure, Label: "Cheaper", Measure: "supplier-savings", Baseline: 1000, Target: 5000, To: i.End}, {Kind: plan.InMeasure, Label: "Answers", Measure: "response-rate", Baseline: 0.4, Target: 0.9, To: i.End}})
		w.must(err)
		for name, who := range map[string]context.Context{"who steers": w.ctx, "the owner": oda, "another": nic} {
			got, err := w.s.Initiative(who, i.ID)
			w.must(err)
			if len(got.Benefits) != 2 || got.Benefits[1].Target != 0.9 || got.Benefits[1].Hidden {
				t.Fatalf("%s sees %+v", name, got.Benefits)
			}
			if b := got.Benefits[0]; b.Measure != "supplier-savings" || b.Hidden != (name == "another") || (b.Target == 0) != b.Hidden || (b.Baseline == 0) != b.Hidden {
				t.Errorf("%s sees %+v", name, b)
			}
		}
		if got, err := w.s.Initiative(w.ctx, i.ID); err != nil || got.Benefits[0].Target != 5000 {
			t.Errorf("looking took the number away: %+v, %v", got.Benefits, err)
		}
	})
}
