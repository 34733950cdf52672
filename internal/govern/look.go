package govern

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/entente/entente/internal/charter"
	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/sorting"
	"github.com/entente/entente/internal/strategy"
)

// Look is the state of everything that steering needs, at a moment.
type Look struct {
	At           time.Time
	Charter      *charter.Version // nil: none in force
	Draft        *charter.Version
	Standings    []charter.Standing
	Orientation  Orientation
	Readiness    Readiness
	Off          []Off // objectives that are not on track
	Objectives   int
	Risks        []Risk
	Surroundings []Surrounding
	Heard        map[string]int // new mentions by entry, since it was last looked at
	Decisions    []Decision
	Reviews      []Review
	Actions      []Action
	Spendings    []Spending
	Doubles      []Double
	Insights     []Insight
	Rate         Rate
	Ties         []Tie
	Kinds        map[string]int
}

// Off is an objective that is not where it should be.
type Off struct {
	Map      strategy.Map
	Standing strategy.Standing
}

// Look reads the state of everything.
func (s *Service) Look(ctx context.Context) (Look, error) {
	l := Look{At: s.Now(), Heard: map[string]int{}}
	if err := org.Require(ctx, org.StrategyRead); err != nil {
		return l, err
	}
	var err error
	step := func(read func() error) {
		if err == nil {
			err = read()
		}
	}
	step(func() (err error) { l.Orientation, err = s.Orientation(ctx); return })
	step(func() (err error) { l.Readiness, err = s.Readiness(ctx); return })
	step(func() (err error) { l.Standings, err = s.charter.Standings(ctx); return })
	step(func() error {
		list, err := s.charter.Versions(ctx)
		for _, v := range list {
			switch v.State {
			case charter.InForce:
				l.Charter = &v
			case charter.Draft:
				l.Draft = &v
			}
		}
		return err
	})
	step(func() (err error) { l.Risks, err = s.Risks(ctx); return })
	step(func() (err error) { l.Surroundings, err = s.Surroundings(ctx); return })
	step(func() error {
		for _, e := range l.Surroundings {
			f, err := s.Follow(ctx, e)
			if err != nil {
				return err
			}
			l.Heard[e.ID] = f.New
		}
		return nil
	})
	step(func() (err error) { l.Decisions, err = s.Decisions(ctx); return })
	step(func() (err error) { l.Reviews, err = s.Reviews(ctx); return })
	step(func() (err error) { l.Actions, err = s.Actions(ctx); return })
	step(func() (err error) { l.Spendings, err = s.Spendings(ctx); return })
	step(func() (err error) { l.Insights, err = s.Insights(ctx); return })
	var planned []Spending
	step(func() (err error) { planned, err = s.Planned(ctx, l.Spendings); return })
	step(func() (err error) { l.Ties, err = s.Ties(ctx); return })
	step(func() (err error) { l.Kinds, err = s.Kinds(ctx); return })
	step(func() error { return s.offTrack(ctx, &l) })
	l.Doubles, l.Rate = Doubles(slices.Concat(l.Spendings, planned), l.At), RateOf(l.Insights, l.At)
	return l, err
}

func (s *Service) offTrack(ctx context.Context, l *Look) error {
	maps, err := s.strategy.Maps(ctx)
	if err != nil {
		return err
	}
	for _, m := range maps {
		e, err := s.strategy.Evaluate(ctx, m.ID, l.At)
		if problem.Is(err, problem.Missing) { // it was removed meanwhile
			continue
		}
		if err != nil {
			return err
		}
		for _, st := range e.Objectives {
			l.Objectives++
			if st.Rolled.State == stat.Off || st.Rolled.State == stat.Watch || slices.Contains(st.Missing, strategy.Overdue) {
				l.Off = append(l.Off, Off{e.Map, st})
			}
		}
	}
	sorting.Stable(l.Off, func(a, b Off) int { return gravity(b) - gravity(a) })
	return nil
}

func gravity(o Off) int {
	if o.Standing.Rolled.State == stat.Off {
		return 1
	}
	return 0
}

// NextReview is the earliest that is not held, nil without one.
func (l Look) NextReview() *Review {
	var next *Review
	for i, r := range l.Reviews {
		if r.HeldAt.IsZero() && (next == nil || r.At.Before(next.At)) {
			next = &l.Reviews[i]
		}
	}
	return next
}

// Silent lists those who speak without having acknowledged the charter.
func (l Look) Silent() []charter.Standing {
	return slices.DeleteFunc(slices.Clone(l.Standings), func(st charter.Standing) bool { return l.Charter == nil || !st.Missing() })
}

// Agenda is what a review held now should talk about, the gravest first.
func (l Look) Agenda() []Item {
	var out []Item
	add := func(i Item) { out = append(out, i) }
	days := func(since time.Time) []string {
		return []string{"Days", strconv.Itoa(max(1, int(l.At.Sub(since)/(24*time.Hour))))}
	}
	for _, o := range l.Off {
		why := "govern.why.watch"
		switch {
		case o.Standing.Rolled.State == stat.Off:
			why = "govern.why.off"
		case o.Standing.Rolled.State != stat.Watch:
			why = "govern.why.past_due"
		}
		add(Item{Kind: "objective", Ref: o.Standing.ID, Name: o.Standing.Name, Why: why})
	}
	for _, a := range l.Actions {
		if a.Overdue(l.At) {
			add(Item{Kind: "action", Ref: a.ID, Text: a.Name, Why: "govern.why.action", Args: days(a.DueAt)})
		}
	}
	for _, i := range l.Insights {
		if i.Overdue(l.At) {
			add(Item{Kind: "insight", Ref: i.ID, Text: i.Name, Why: "govern.why.insight", Args: append(days(i.DueAt), "Department", i.Department)})
		}
	}
	for _, r := range l.Risks {
		switch gaps := r.Gaps(l.At); {
		case r.State == RiskOccurred:
			add(Item{Kind: "risk", Ref: r.ID, Text: r.Name, Why: "govern.why.occurred"})
		case r.State == RiskOpen && Level(r.Severity()) == "high":
			add(Item{Kind: "risk", Ref: r.ID, Text: r.Name, Why: "govern.why.high", Args: []string{"Severity", strconv.Itoa(r.Severity())}})
		case slices.Contains(gaps, "overdue"):
			add(Item{Kind: "risk", Ref: r.ID, Text: r.Name, Why: "govern.why.review_due", Args: days(r.ReviewAt)})
		}
	}
	for _, e := range l.Surroundings {
		switch n := l.Heard[e.ID]; {
		case n > 0:
			add(Item{Kind: "surrounding", Ref: e.ID, Text: e.Name, Why: "govern.why.heard", Args: []string{"Mentions", strconv.Itoa(n)}})
		case !e.ReviewAt.IsZero() && e.ReviewAt.Before(l.At):
			add(Item{Kind: "surrounding", Ref: e.ID, Text: e.Name, Why: "govern.why.review_due", Args: days(e.ReviewAt)})
		}
	}
	for _, d := range l.Decisions {
		if d.Due(l.At) {
			add(Item{Kind: "decision", Ref: d.ID, Text: d.Name, Why: "govern.why.decision", Args: days(d.ReviewAt)})
		}
	}
	for _, d := range l.Doubles {
		add(Item{Kind: "spending", Text: d.Capability, Why: "govern.why.double", Args: []string{"Departments", strconv.Itoa(len(d.Departments))}})
	}
	for _, e := range l.Spendings {
		if e.EndsSoon(l.At) {
			add(Item{Kind: "spending", Ref: e.ID, Text: e.Tool, Why: "govern.why.ends", Args: []string{"Days", strconv.Itoa(max(1, int(e.EndsAt.Sub(l.At)/(24*time.Hour))))}})
		} else if e.Running(l.At) && e.Approval == "no" {
			add(Item{Kind: "spending", Ref: e.ID, Text: e.Tool, Why: "govern.why.unapproved"})
		}
	}
	if n := len(l.Silent()); n > 0 {
		add(Item{Kind: "charter", Why: "govern.why.silent", Args: []string{"Members", strconv.Itoa(n)}})
	}
	return out
}
