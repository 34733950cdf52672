package plan_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/plan"
	"github.com/entente/entente/internal/plan/cost"
	"github.com/entente/entente/internal/plan/money"
	"github.com/entente/entente/internal/plan/schedule"
	"github.com/entente/entente/internal/problem"
)

func keys(err error) []string {
	var out []string
	for _, p := range org.Problems(err) {
		out = append(out, p.Key+" "+p.Field)
	}
	return out
}

// Nothing vague is approved: everything that is missing is named with its field, and what is whole goes through all states.
func TestApproval(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		bare, err := w.s.Add(w.ctx, plan.About{Name: "Bare"})
		w.must(err)
		if _, err := w.s.Take(w.ctx, bare.ID, time.Time{}, plan.Approve, ""); !problem.Is(err, problem.Conflict) {
			t.Errorf("a draft is approved: %v", err)
		}
		bare = w.take(bare, plan.Propose)
		_, err = w.s.Take(w.ctx, bare.ID, bare.UpdatedAt, plan.Approve, "")
		want := []string{"plan.gap.owner owner", "plan.gap.objective objectives", "plan.gap.start start", "plan.gap.end end", "plan.gap.outcome outcome", "plan.gap.scope scope_in",
			"plan.gap.manner manner", "plan.gap.exit exit", "plan.gap.tasks task_0_name", "plan.gap.cost line_0_amount", "plan.gap.risk risk_0_name", "plan.gap.benefit benefit_0_label"}
		if diff := cmp.Diff(want, keys(err)); diff != "" {
			t.Error(diff)
		}
		// Each of the four that it takes at the least, missing alone, keeps a whole plan from being approved.
		for key, take := range map[string]func(i plan.Initiative) (plan.Initiative, error){
			"plan.gap.owner owner": func(i plan.Initiative) (plan.Initiative, error) {
				about := i.About()
				about.Owner = ""
				return w.s.ChangeAbout(w.ctx, i.ID, i.UpdatedAt, about)
			},
			"plan.gap.end end": func(i plan.Initiative) (plan.Initiative, error) {
				about := i.About()
				about.End = 0
				return w.s.ChangeAbout(w.ctx, i.ID, i.UpdatedAt, about)
			},
			"plan.gap.cost line_0_amount": func(i plan.Initiative) (plan.Initiative, error) {
				return w.s.ChangeBudget(w.ctx, i.ID, i.UpdatedAt, nil)
			},
			"plan.gap.risk risk_0_name": func(i plan.Initiative) (plan.Initiative, error) {
				return w.s.ChangeRisks(w.ctx, i.ID, i.UpdatedAt, nil)
			},
		} {
			lacking, err := take(w.whole("Without " + key))
			w.must(err)
			lacking = w.take(lacking, plan.Propose)
			_, err = w.s.Take(w.ctx, lacking.ID, lacking.UpdatedAt, plan.Approve, "")
			if diff := cmp.Diff([]string{key}, keys(err)); diff != "" {
				t.Error(diff)
			}
		}
		i := w.whole("Guides")
		risks := slices.Clone(i.Risks)
		risks[0].Contingency = ""
		i, err = w.s.ChangeRisks(w.ctx, i.ID, i.UpdatedAt, risks)
		w.must(err)
		i = w.take(i, plan.Propose)
		_, err = w.s.Take(w.ctx, i.ID, i.UpdatedAt, plan.Approve, "")
		if diff := cmp.Diff([]string{"plan.gap.contingency risk_0_contingency"}, keys(err)); diff != "" {
			t.Error(diff)
		}
		if _, err := w.s.Take(w.ctx, i.ID, i.UpdatedAt, plan.SendBack, " "); !problem.Is(err, problem.Invalid) {
			t.Errorf("sent back without a reason: %v", err)
		}
		i = w.take(i, plan.SendBack)
		risks[0].Contingency = "Mail the guides"
		i, err = w.s.ChangeRisks(w.ctx, i.ID, i.UpdatedAt, risks)
		w.must(err)
		i = w.take(w.take(i, plan.Propose), plan.Approve)
		if i.State != plan.Approved || i.Approved == nil || i.Approved.By != w.ada || !cmp.Equal(i.Approved.Cost, []money.Amount{{Minor: 200000, Currency: "EUR"}}) || len(i.Changes()) != 0 {
			t.Errorf("approved: %+v", i.Approved)
		}
		if got := i.Approved.Tasks[1]; got.Start != day("2026-11-09") || got.End != day("2026-11-13") {
			t.Errorf("the second task is approved from %s to %s", got.Start, got.End)
		}
		// What it was approved on holds: with an empty trigger and contingency it is not started, nor approved again.
		about := i.About()
		about.Owner, about.Manner, about.Exit = "", "Otherwise", "When all is well"
		i, err = w.s.ChangeAbout(w.ctx, i.ID, i.UpdatedAt, about)
		w.must(err)
		risks = slices.Clone(i.Risks)
		risks[0].Trigger, risks[0].Contingency, risks[0].Probability = "", "", 5
		i, err = w.s.ChangeRisks(w.ctx, i.ID, i.UpdatedAt, risks)
		w.must(err)
		was := i.Benefits
		i, err = w.s.ChangeBenefits(w.ctx, i.ID, i.UpdatedAt, nil)
		w.must(err)
		var since []string
		for _, c := range i.Changes() {
			since = append(since, c.Key)
		}
		if diff := cmp.Diff([]string{"owner", "manner", "exit", "trigger", "contingency", "benefit_removed", "benefit_removed"}, since); diff != "" {
			t.Error(diff)
		}
		if _, err := w.s.Take(w.ctx, i.ID, i.UpdatedAt, plan.Start, ""); !problem.Is(err, problem.Conflict) {
			t.Errorf("what was not approved is started: %v", err)
		}
		_, err = w.s.Take(w.ctx, i.ID, i.UpdatedAt, plan.Approve, "")
		if diff := cmp.Diff([]string{"plan.gap.owner owner", "plan.gap.trigger risk_0_trigger", "plan.gap.contingency risk_0_contingency", "plan.gap.benefit benefit_0_label"}, keys(err)); diff != "" {
			t.Error(diff)
		}
		// An approval of before terms were kept does not start what lacks something.
		w.must(w.db.Tx(w.ctx, func(ctx context.Context, q db.Q) error {
			a := *i.Approved
			a.Terms = nil
			_, err := db.Exec(ctx, q, "UPDATE initiative SET approved = $1 WHERE id = $2", db.J(a), i.ID)
			return err
		}))
		_, err = w.s.Take(w.ctx, i.ID, i.UpdatedAt, plan.Start, "")
		if diff := cmp.Diff([]string{"plan.gap.owner owner", "plan.gap.trigger risk_0_trigger", "plan.gap.contingency risk_0_contingency", "plan.gap.benefit benefit_0_label"}, keys(err)); diff != "" {
			t.Error(diff)
		}
		about.Owner = w.ada
		i, err = w.s.ChangeAbout(w.ctx, i.ID, i.UpdatedAt, about)
		w.must(err)
		risks[0].Trigger, risks[0].Contingency = "Late", "Mail the guides"
		i, err = w.s.ChangeRisks(w.ctx, i.ID, i.UpdatedAt, risks)
		w.must(err)
		i, err = w.s.ChangeBenefits(w.ctx, i.ID, i.UpdatedAt, was)
		w.must(err)
		i = w.take(i, plan.Start)

		// Progress changes no plan, money does.
		tasks := slices.Clone(i.Tasks)
		tasks[0].Began, tasks[0].Done = day("2026-11-02"), 50
		i, err = w.s.ChangeTasks(w.ctx, i.ID, i.UpdatedAt, tasks)
		w.must(err)
		if len(i.Changes()) != 0 {
			t.Errorf("progress is a change of the plan: %+v", i.Changes())
		}
		lines := slices.Clone(i.Lines)
		lines[0].Amount = 150000
		lines = append(lines, cost.Line{Kind: cost.OneOff, Label: "Camera", Funding: "IT", Amount: 9900})
		i, err = w.s.ChangeBudget(w.ctx, i.ID, i.UpdatedAt, lines)
		w.must(err)
		about = i.About()
		about.End = day("2027-01-15")
		i, err = w.s.ChangeAbout(w.ctx, i.ID, i.UpdatedAt, about)
		w.must(err)
		var changed []string
		for _, c := range i.Changes() {
			changed = append(changed, c.Key+" "+c.Name)
		}
		if diff := cmp.Diff([]string{"end ", "line_changed Platform", "line_added Camera"}, changed); diff != "" {
			t.Error(diff)
		}
		if i.State != plan.Running || !slices.Contains(i.Steps(), plan.Approve) {
			t.Errorf("%s, can be %v", i.State, i.Steps())
		}
		if i = w.take(i, plan.Approve); i.State != plan.Running || len(i.Changes()) != 0 {
			t.Errorf("approved again: %s, %v", i.State, i.Changes())
		}
		if i = w.take(i, plan.Finish); i.State != plan.Done {
			t.Error(i.State)
		}
		if _, err := w.s.ChangeTasks(w.ctx, i.ID, i.UpdatedAt, nil); !problem.Is(err, problem.Conflict) {
			t.Errorf("what is done is changed: %v", err)
		}
		history, err := w.s.History(w.ctx, i.ID)
		w.must(err)
		var taken []string
		for _, h := range history {
			taken = append(taken, string(h.Step))
			if h.Member != w.ada || h.Note != "because" {
				t.Errorf("%+v", h)
			}
		}
		if diff := cmp.Diff([]string{"finish", "approve", "start", "approve", "propose", "send_back", "propose"}, taken); diff != "" {
			t.Error(diff)
		}
		entries, _, err := w.org.AuditLog(w.ctx, org.AuditFilter{Object: "initiative:" + i.ID, Action: "plan.approve"})
		w.must(err)
		if len(entries) != 2 || entries[0].Member != w.ada || !strings.Contains(string(entries[0].Details), "Guides") {
			t.Errorf("the audit log says %+v", entries)
		}
	})
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		i := w.whole("Guides")
		about := w.about(" GUIDES ")
		if _, err := w.s.Add(w.ctx, about); !cmp.Equal(keys(err), []string{"plan.name_taken name"}) {
			t.Errorf("two have one name: %v", err)
		}
		about.Name, about.Owner, about.Objectives, about.Currency, about.End = "", "nobody", []string{"x"}, "XXX", day("2026-01-01")
		_, err := w.s.Add(w.ctx, about)
		if diff := cmp.Diff([]string{"problem.required name", "plan.member_unknown owner", "plan.end_before_start end", "plan.currency_unknown currency", "plan.objective_unknown objectives"}, keys(err)); diff != "" {
			t.Error(diff)
		}
		if _, err := w.s.ChangeAbout(w.ctx, i.ID, i.CreatedAt, w.about("Guides")); !problem.Is(err, problem.Conflict) {
			t.Errorf("what others changed is overwritten: %v", err)
		}
		circle := []plan.Task{{Name: "A", Length: 1, After: []plan.Wait{{Task: "#3"}}}, {Name: "B", Length: 1, After: []plan.Wait{{Task: "#1"}}}, {Name: "C", Length: 1, After: []plan.Wait{{Task: "#2"}}}}
		_, err = w.s.ChangeTasks(w.ctx, i.ID, time.Time{}, circle)
		if p := problem.Of(err); p.Key != "plan.task_circle" || p.Args[1] != "A → B → C → A" {
			t.Errorf("a circle: %v", err)
		}
		_, err = w.s.ChangeTasks(w.ctx, i.ID, time.Time{}, []plan.Task{{Length: -1, Done: 101, Member: "x", Began: day("2030-01-01"), After: []plan.Wait{{Task: "gone"}}}})
		if diff := cmp.Diff([]string{"problem.required task_0_name", "plan.length_bad task_0_length", "plan.member_unknown task_0_member", "plan.percent_bad task_0_done",
			"plan.not_yet task_0_began", "plan.after_bad task_0_after"}, keys(err)); diff != "" {
			t.Error(diff)
		}
		_, err = w.s.ChangeBudget(w.ctx, i.ID, time.Time{}, []cost.Line{{Kind: "x", Currency: "ABC", Amount: -1, Every: "day"}, {Kind: cost.Hours, Label: "H", Amount: 1}, {Kind: cost.Licences, Label: "L", Amount: money.Most, Count: 2}})
		if diff := cmp.Diff([]string{"problem.required line_0_label", "plan.kind_unknown line_0_kind", "plan.currency_unknown line_0_currency", "plan.amount_bad line_0_amount",
			"plan.every_bad line_0_every", "plan.hours_bad line_1_count", "plan.count_bad line_2_count"}, keys(err)); diff != "" {
			t.Error(diff)
		}
		_, err = w.s.ChangeBenefits(w.ctx, i.ID, time.Time{}, []plan.Benefit{{Kind: plan.InMoney, Label: "B", Low: 5, Likely: 3, High: 4, Every: cost.Month}, {Kind: plan.InMeasure, Label: "M", Measure: "none"}})
		if diff := cmp.Diff([]string{"plan.estimate_bad benefit_0_likely", "plan.benefit_until benefit_0_to", "plan.measure_unknown benefit_1_measure", "plan.target_bad benefit_1_target",
			"plan.benefit_by_when benefit_1_to"}, keys(err)); diff != "" {
			t.Error(diff)
		}
		if _, err := w.s.Book(w.ctx, plan.Booking{Initiative: i.ID, Day: day("2026-11-01"), Amount: 5}); !problem.Is(err, problem.Conflict) {
			t.Errorf("a draft costs something: %v", err)
		}
		reader := org.With(t.Context(), &org.Member{ID: w.vic, Role: org.Volunteer, State: org.Active})
		if _, err := w.s.Initiative(reader, i.ID); err != nil {
			t.Error(err)
		}
		for name, do := range map[string]func() error{
			"add":      func() error { _, err := w.s.Add(reader, w.about("X")); return err },
			"change":   func() error { _, err := w.s.ChangeRisks(reader, i.ID, time.Time{}, nil); return err },
			"take":     func() error { _, err := w.s.Take(reader, i.ID, time.Time{}, plan.Propose, ""); return err },
			"remove":   func() error { return w.s.Remove(reader, i.ID) },
			"book":     func() error { _, err := w.s.Book(reader, plan.Booking{Initiative: i.ID, Amount: 5}); return err },
			"calendar": func() error { return w.s.ChangeCalendar(reader, [7]bool{true}, nil) },
		} {
			if err := do(); !problem.Is(err, problem.Forbidden) {
				t.Errorf("a volunteer may %s: %v", name, err)
			}
		}
		w.must(w.s.Remove(w.ctx, i.ID))
		if _, err := w.s.Initiative(w.ctx, i.ID); !problem.Is(err, problem.Missing) {
			t.Errorf("it is still there: %v", err)
		}
		if err := w.s.Remove(w.ctx, w.take(w.whole("Kept"), plan.Propose).ID); !problem.Is(err, problem.Conflict) {
			t.Errorf("what was proposed is removed: %v", err)
		}
	})
}

// Where it stands: late against what was approved, what was spent by hand and by facts, and what comes back.
func TestStanding(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		i := w.take(w.take(w.take(w.whole("Guides"), plan.Propose), plan.Approve), plan.Start)
		w.now = w.now.AddDate(0, 0, 9) // Wednesday of the week after
		tasks := slices.Clone(i.Tasks)
		tasks[0].Began, tasks[0].Done = day("2026-11-04"), 60
		i, err := w.s.ChangeTasks(w.ctx, i.ID, i.UpdatedAt, tasks)
		w.must(err)
		for _, b := range []plan.Booking{{Line: i.Lines[0].ID, Day: day("2026-11-05"), Amount: 60000}, {Day: day("2026-11-06"), Amount: -5000, Note: "a discount"}, {Day: day("2026-11-06"), Amount: 700, Currency: "CHF"}} {
			b.Initiative = i.ID
			_, err := w.s.Book(w.ctx, b)
			w.must(err)
		}
		fact := func(id, kind, campaign, ref, currency string, at time.Time, quantity float64, amount any) {
			w.exec("INSERT INTO business_fact (id, kind, at, quantity, amount, currency, campaign, ref, activity, stated_at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,'a',1)",
				id, kind, db.T(at), quantity, amount, currency, campaign, ref)
		}
		fact("f1", "cost", "Guides", "", "EUR", w.now.Add(-time.Hour), 1, int64(10000))
		fact("f2", "hours", "", i.ID, "", w.now.Add(-time.Hour), 7.5, nil)
		fact("f3", "cost", "Guides", "", "EUR", w.now.Add(time.Hour), 1, int64(99)) // not yet
		fact("f4", "cost", "Other", "", "EUR", w.now.Add(-time.Hour), 1, int64(99))
		fact("f5", "order", "Guides", "", "EUR", w.now.Add(-time.Hour), 1, int64(99))
		st, err := w.s.Stand(w.ctx, i.ID)
		w.must(err)
		// Two of five days are left on Wednesday: the second task goes from Friday to Thursday, and should have ended the Friday before.
		if st.Due != day("2026-11-13") || st.Expected != day("2026-11-19") || st.Slip != 4 {
			t.Errorf("due %s, expected %s, %d late", st.Due, st.Expected, st.Slip)
		}
		if st.Done != 0.3 || st.ShouldBe != 0.8 {
			t.Errorf("%f done, %f should be", st.Done, st.ShouldBe)
		}
		a := st.Own()
		if a.Budget != 200000 || a.Actual != 65000 || a.EarnedValue != 60000 || a.PlannedValue != 160000 || a.CostVariance() != -5000 || a.ScheduleVariance() != -100000 || a.Reserve != 20000 {
			t.Errorf("%+v", a)
		}
		if v, ok := a.Estimate(); !ok || v != 216667 {
			t.Errorf("will cost %d", v)
		}
		if a.ToDate != 33333 { // 10 of 30 days of November
			t.Errorf("%d were to be spent by now", a.ToDate)
		}
		if a.Likely != 600000 || !a.Return.Known || a.Return.ROI != 2 || a.Return.Payback != day("2027-04-30") {
			t.Errorf("benefit %d, return %+v", a.Likely, a.Return)
		}
		if st.Spent.FactMinutes != 450 || st.Spent.FactCount != 2 || len(st.Accounts) != 2 || st.Accounts[1].Currency != "CHF" || st.Accounts[1].Actual != 700 {
			t.Errorf("spent %+v in %d accounts", st.Spent, len(st.Accounts))
		}
		facts, err := w.s.Facts(w.ctx, i)
		w.must(err)
		if len(facts) != 2 {
			t.Errorf("facts %+v", facts)
		}
		list, err := w.s.Bookings(w.ctx, i.ID)
		w.must(err)
		if len(list) != 3 {
			t.Errorf("%d bookings", len(list))
		}
		w.must(w.s.Unbook(w.ctx, i.ID, list[0].ID))
		if err := w.s.Unbook(w.ctx, i.ID, list[0].ID); !problem.Is(err, problem.Missing) {
			t.Errorf("taken away twice: %v", err)
		}
		serving, err := w.s.Serving(w.ctx, w.objective)
		w.must(err)
		if len(serving) != 1 || serving[0].ID != i.ID {
			t.Errorf("%d serve the objective", len(serving))
		}
	})
}

// People who have too much planned are named, week by week, with the initiatives that cause it.
func TestCapacity(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.whole("Draft") // takes nobody's time yet
		first, second := w.take(w.whole("First"), plan.Propose), w.take(w.whole("Second"), plan.Propose)
		w.must(w.s.ChangeCalendar(w.ctx, [7]bool{false, true, true, true, true, true, false}, []schedule.Day{day("2026-11-11")}))
		c, err := w.s.Capacity(w.ctx, day("2026-11-04"), 3)
		w.must(err)
		if len(c.People) != 1 || c.People[0].Name != "Vic" || len(c.Weeks) != 3 || c.Weeks[0] != day("2026-11-02") {
			t.Fatalf("%+v", c)
		}
		weeks := c.People[0].Weeks
		// 20 hours a week each; the second task loses the 11th and goes on to the Monday after.
		type row struct{ Available, Planned, Over int }
		var got []row
		for _, k := range weeks {
			got = append(got, row{k.Available, k.Planned, k.Over()})
		}
		if diff := cmp.Diff([]row{{2400, 4800, 2400}, {1920, 3840, 1920}, {2400, 960, 0}}, got); diff != "" {
			t.Error(diff)
		}
		over := c.Overloads()
		if len(over) != 2 || over[0].Week != day("2026-11-02") || len(over[0].Load.Of) != 2 || over[0].Load.Of[0].Minutes != 2400 {
			t.Errorf("%+v", over)
		}
		m, err := w.s.Means(w.ctx)
		w.must(err)
		if o := m.Objectives[w.objective]; o.Funded || o.Initiatives != 3 || o.Cost != nil {
			t.Errorf("%+v", o)
		}
		if of := m.Owners[w.vic]; of.Planned != 9600/12 || of.Over != 2 {
			t.Errorf("%+v", of)
		}
		w.take(first, plan.Approve)
		w.take(second, plan.Stop)
		m, err = w.s.Means(w.ctx)
		w.must(err)
		if o := m.Objectives[w.objective]; !o.Funded || o.Initiatives != 2 || !cmp.Equal(o.Cost, []money.Amount{{Minor: 200000, Currency: "EUR"}}) || o.Minutes != 4800 {
			t.Errorf("%+v", o)
		}
	})
}

// Of two who save at once, what both saw changes once.
func TestTogether(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		i := w.whole("Guides")
		errs := make(chan error, 8)
		for range cap(errs) {
			go func() {
				_, err := w.s.ChangeRisks(context.WithoutCancel(w.ctx), i.ID, i.UpdatedAt, i.Risks)
				errs <- err
			}()
		}
		saved := 0
		for range cap(errs) {
			if err := <-errs; err == nil {
				saved++
			} else if !problem.Is(err, problem.Conflict) {
				t.Error(err)
			}
		}
		if saved != 1 {
			t.Errorf("%d saved over each other", saved)
		}
	})
}

// TestFactCountsOnce: a fact whose campaign names one initiative and whose ref names another counts for the first, wherever one looks.
func TestFactCountsOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		a, err := w.s.Add(w.ctx, w.about("Guides"))
		w.must(err)
		b, err := w.s.Add(w.ctx, w.about("Videos"))
		w.must(err)
		for n, f := range [][2]string{{a.Name, b.ID}, {"Spring", b.Name}, {"", b.ID}, {b.ID, a.Name}, {a.ID, a.ID}} {
			w.exec("INSERT INTO business_fact (id, kind, at, quantity, amount, currency, campaign, ref, activity, stated_at) VALUES ($1,'cost',$2,1,$3,'EUR',$4,$5,'a',1)",
				[]string{"f0", "f1", "f2", "f3", "f4"}[n], db.T(w.now.Add(-time.Hour)), []int64{1, 10, 100, 1000, 10000}[n], f[0], f[1])
		}
		whole, err := w.s.Portfolio(w.ctx)
		w.must(err)
		for _, want := range []struct {
			i     plan.Initiative
			spent int64
			n     int
		}{{a, 10001, 2}, {b, 1110, 3}} {
			own, err := w.s.Stand(w.ctx, want.i.ID)
			w.must(err)
			facts, err := w.s.Facts(w.ctx, want.i)
			w.must(err)
			if own.Spent.Facts["EUR"] != want.spent || own.Spent.FactCount != want.n || len(facts) != want.n {
				t.Errorf("the page of %s counts %+v, and lists %d", want.i.Name, own.Spent, len(facts))
			}
			for _, st := range whole {
				if st.ID == want.i.ID && st.Spent.Facts["EUR"] != want.spent {
					t.Errorf("the portfolio counts %+v for %s", st.Spent, st.Name)
				}
			}
		}
	})
}
