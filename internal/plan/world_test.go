package plan_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/plan"
	"github.com/entente/entente/internal/plan/cost"
	"github.com/entente/entente/internal/plan/schedule"
	"github.com/entente/entente/internal/strategy"
)

// world is an installation with a map of one objective and two members.
type world struct {
	t         testing.TB
	db        *db.DB
	org       *org.Service
	s         *plan.Service
	now       time.Time
	ctx       context.Context // of Ada, who owns the installation
	ada, vic  string
	objective string
}

func newWorld(t testing.TB, d *db.DB) *world {
	t.Helper()
	w := &world{t: t, db: d, now: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)} // a Monday
	clock := func() time.Time { return w.now }
	log := slog.New(slog.DiscardHandler)
	w.org = org.New(d, log, clock)
	m := measure.New(d, w.org, clock)
	st := strategy.New(d, m, w.org, log, clock)
	w.s = plan.New(d, m, st, w.org, log, clock)
	w.must(w.org.SetUp(t.Context(), org.SetUp{Organisation: "Vélo", Lang: "en", Zone: "Europe/Paris", URL: "http://localhost", OwnerName: "Ada", OwnerEmail: "ada@velo.example", Password: "Pignon libre 42"}))
	ada, err := w.org.ByEmail(t.Context(), "ada@velo.example")
	w.must(err)
	w.ada, w.ctx = ada.ID, org.With(t.Context(), ada)
	_, err = w.org.Invite(w.ctx, org.Invite{Email: "vic@velo.example", Name: "Vic", Role: org.Strategist, Lang: "en"})
	w.must(err)
	vic, err := w.org.ByEmail(t.Context(), "vic@velo.example")
	w.must(err)
	w.vic = vic.ID
	w.exec("UPDATE member SET state = 'active' WHERE id = $1", vic.ID)
	name := func(s string) strategy.Words { return strategy.Words{"en": s} }
	made, err := st.AddMap(w.ctx, strategy.Draft{Name: name("Map"), Perspectives: []strategy.Perspective{{ID: "value", Name: name("Value")}},
		Objectives: []strategy.Objective{{ID: "keep", Perspective: "value", Name: name("Keep customers")}}})
	w.must(err)
	w.objective = made.Objectives[0].ID
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) exec(query string, args ...any) {
	w.t.Helper()
	w.must(w.db.Tx(w.t.Context(), func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, query, args...)
		return err
	}))
}

func day(text string) schedule.Day {
	d, ok := schedule.ParseDay(text)
	if !ok {
		panic(text)
	}
	return d
}

// about is all that approval asks for in the first section.
func (w *world) about(name string) plan.About {
	return plan.About{Name: name, Owner: w.ada, Outcome: "Fewer calls", ScopeIn: "Batteries", ScopeOut: "Frames", Manner: "In workshops", Exit: "Ten guides are online",
		Start: day("2026-11-02"), End: day("2026-12-31"), Currency: "EUR", Objectives: []string{w.objective}}
}

// whole is an initiative that can be approved: two tasks in a row, 40 hours each, 2 × 1,000 euros a month.
func (w *world) whole(name string) plan.Initiative {
	w.t.Helper()
	i, err := w.s.Add(w.ctx, w.about(name))
	w.must(err)
	i, err = w.s.ChangeTasks(w.ctx, i.ID, i.UpdatedAt, []plan.Task{{Name: "Write", Length: 5, Member: w.vic, Minutes: 2400},
		{Name: "Print", Length: 5, Member: w.vic, Minutes: 2400, After: []plan.Wait{{Task: "#1"}}}, {Name: "Online", After: []plan.Wait{{Task: "#2"}}}})
	w.must(err)
	i, err = w.s.ChangeBudget(w.ctx, i.ID, i.UpdatedAt, []cost.Line{{Kind: cost.Recurring, Label: "Platform", Funding: "Marketing", Amount: 100000, Every: cost.Month}})
	w.must(err)
	i, err = w.s.ChangeRisks(w.ctx, i.ID, i.UpdatedAt, []plan.Risk{{Name: "Nobody reads", Trigger: "Under 100 visits", Probability: 2, Impact: 4, Contingency: "Mail the guides", Reserve: 20000}})
	w.must(err)
	i, err = w.s.ChangeBenefits(w.ctx, i.ID, i.UpdatedAt, []plan.Benefit{{Kind: plan.InMoney, Label: "Fewer calls", Low: 20000, Likely: 50000, High: 80000, Every: cost.Month,
		From: day("2027-01-01"), To: day("2027-12-31")}, {Kind: plan.InMeasure, Label: "Answers", Measure: "response-rate", Baseline: 0.4, Target: 0.9, To: day("2027-06-30")}})
	w.must(err)
	i, err = w.s.ChangePeople(w.ctx, i.ID, i.UpdatedAt, []plan.Contributor{{Member: w.vic, Minutes: 1200}})
	w.must(err)
	return i
}

func (w *world) take(i plan.Initiative, step plan.Step) plan.Initiative {
	w.t.Helper()
	i, err := w.s.Take(w.ctx, i.ID, i.UpdatedAt, step, "because")
	w.must(err)
	return i
}
