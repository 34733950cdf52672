package govern

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/govern/orient"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/strategy"
)

// Orientation is where the organisation says it is going, and what follows from that.
type Orientation struct {
	Answers map[string][]string
	At      time.Time // of the last answer; zero before there is one
	Result  orient.Result
	Put     map[string]string // objective by proposal: what is on a map already
}

type answerRow struct {
	question string
	answers  []string
	at       time.Time
}

type putRow struct{ proposal, objective string }

// Orientation reads the answers and draws the conclusions.
func (s *Service) Orientation(ctx context.Context) (Orientation, error) {
	o := Orientation{Answers: map[string][]string{}, Put: map[string]string{}}
	if err := org.Require(ctx, org.StrategyRead); err != nil {
		return o, err
	}
	q := s.db.Read()
	rows, err := db.All(ctx, q, func(r *answerRow) []any { return []any{&r.question, db.JSON(&r.answers), db.At(&r.at)} }, "SELECT question, answers, at FROM orientation_answer")
	if err != nil {
		return o, fmt.Errorf("read the orientation: %w", err)
	}
	for _, r := range rows {
		o.Answers[r.question] = r.answers
		if r.at.After(o.At) {
			o.At = r.at
		}
	}
	puts, err := db.All(ctx, q, func(r *putRow) []any { return []any{&r.proposal, &r.objective} },
		"SELECT p.proposal, p.objective FROM orientation_put p JOIN objective o ON o.id = p.objective")
	if err != nil {
		return o, fmt.Errorf("read what is on the map: %w", err)
	}
	for _, p := range puts {
		o.Put[p.proposal] = p.objective
	}
	o.Result = orient.Infer(o.Answers)
	return o, nil
}

// Next is the first question without an answer after the given one, then from the beginning; "" when all are answered.
func (o Orientation) Next(after string) string {
	list := orient.Questions()
	from := 1 + slices.IndexFunc(list, func(q orient.Question) bool { return q.ID == after })
	for i := range list {
		q := list[(from+i)%len(list)]
		if len(o.Answers[q.ID]) == 0 {
			return q.ID
		}
	}
	return ""
}

// Answer saves the choices of one question; none takes the answer back.
func (s *Service) Answer(ctx context.Context, question string, choices []string) error {
	q, found := orient.Find(question)
	if !found {
		return notFound()
	}
	choices = slices.Compact(slices.Sorted(slices.Values(choices)))
	if len(choices) > 1 && !q.Many {
		return problem.New(problem.Invalid, "govern.one_choice").On("choice")
	}
	for _, c := range choices {
		if _, ok := q.Choice(c); !ok {
			return problem.New(problem.Invalid, "govern.choice_bad").On("choice")
		}
	}
	return s.edit(ctx, org.StrategyEdit, "govern.orientation_answered", "orientation:"+q.ID, map[string]any{"answers": choices}, func(ctx context.Context, tx db.Q) error {
		if _, err := db.Exec(ctx, tx, "DELETE FROM orientation_answer WHERE question = $1", q.ID); err != nil {
			return err
		}
		if len(choices) == 0 {
			return nil
		}
		return db.Insert(ctx, tx, "orientation_answer (question, answers, member, at)", [][]any{{q.ID, db.J(choices), me(ctx), db.T(s.Now())}}, "")
	})
}

// Measures lists those of a proposal that the catalogue has.
func (s *Service) Measures(p orient.Proposal) []kpi.Measure {
	var out []kpi.Measure
	for _, id := range p.Measures {
		if m, err := s.measures.Find(id); err == nil {
			out = append(out, m)
		}
	}
	return out
}

// place is where on a map a proposal belongs, by how maps are made: value on top, learning at the foot, plan above the last but one.
func place(m strategy.Map, row orient.Row) string {
	places := m.Places()
	if len(places) == 0 {
		return ""
	}
	last := len(places) - 1
	at := map[orient.Row]int{orient.Value: 0, orient.Goals: 1, orient.Insight: 2, orient.Implementation: last - 2, orient.Learning: last}[row]
	return places[min(max(at, 0), last)].ID
}

// PutProposal puts a proposal on a map ("" is the first) as an objective that is due in a year, with the measures for which there are
// numbers: from where they stand now, halfway to the best. The words are in all languages, the reasons in that of the reader.
func (s *Service) PutProposal(ctx context.Context, proposal, mapID string) (strategy.Objective, error) {
	var none strategy.Objective
	if err := org.Require(ctx, org.StrategyEdit); err != nil {
		return none, err
	}
	o, err := s.Orientation(ctx)
	if err != nil {
		return none, err
	}
	i := slices.IndexFunc(o.Result.Proposals, func(p orient.Proposal) bool { return p.ID == proposal })
	if i < 0 {
		return none, notFound()
	}
	p := o.Result.Proposals[i]
	if at := o.Put[p.ID]; at != "" {
		return none, conflict("govern.put_already")
	}
	m, err := s.strategy.Map(ctx, mapID)
	if err != nil {
		return none, err
	}
	name := strategy.Words{}
	for _, lang := range i18n.Languages() {
		name[lang] = i18n.T(i18n.With(ctx, lang, nil), "govern.proposal."+p.ID)
	}
	note := i18n.T(ctx, "govern.put_note")
	for _, r := range p.Reasons {
		note += "\n– " + i18n.T(ctx, "govern.orient."+r.Question) + " " + i18n.T(ctx, "govern.orient."+r.Question+"."+r.Choice)
	}
	var with []string
	for _, w := range p.With {
		with = append(with, i18n.T(ctx, "govern.subject."+string(w)))
	}
	objective, err := s.strategy.AddObjective(ctx, strategy.Objective{Map: m.ID, Perspective: place(m, p.Row), Name: name, Owner: me(ctx), Stakeholders: with, Note: note, DueAt: s.Now().AddDate(1, 0, 0)})
	if err != nil {
		return objective, err
	}
	for _, def := range s.Measures(p) {
		measured, ok, err := s.startingFrom(ctx, def)
		if err != nil {
			return objective, err
		}
		if !ok {
			continue
		}
		measured.Objective = objective.ID
		if _, err := s.strategy.AddMeasure(ctx, measured); err != nil && !problem.Is(err, problem.Invalid) { // a number that no target fits: the objective stands without it
			return objective, err
		}
	}
	return objective, s.edit(ctx, org.StrategyEdit, "govern.proposal_put", "objective:"+objective.ID, map[string]any{"proposal": p.ID, "name": name}, func(ctx context.Context, q db.Q) error {
		if _, err := db.Exec(ctx, q, "DELETE FROM orientation_put WHERE proposal = $1", p.ID); err != nil {
			return err
		}
		return db.Insert(ctx, q, "orientation_put (proposal, objective, member, at)", [][]any{{p.ID, objective.ID, me(ctx), db.T(s.Now())}}, "")
	})
}

// startingFrom sets a goal for a measure from where it stands now; ok is false where it has no number, or no better way.
func (s *Service) startingFrom(ctx context.Context, def kpi.Measure) (strategy.Measure, bool, error) {
	if def.Better != kpi.Higher && def.Better != kpi.Lower {
		return strategy.Measure{}, false, nil
	}
	now := s.Now()
	r, err := s.measures.Compute(measure.Permitted(ctx), def.ID, measure.Last(def.Days, now, s.measures.Zone(ctx)), measure.Filter{})
	if problem.Is(err, problem.Invalid) || err == nil && (!r.Value.Defined() || r.N == 0) {
		return strategy.Measure{}, false, nil
	}
	if err != nil {
		return strategy.Measure{}, false, err
	}
	m := strategy.Measure{Measure: def.ID, Better: def.Better, Weight: 1, Baseline: r.Value.Value, BaselineAt: now, Days: def.Days}
	m.Target = halfway(def.Unit, def.Better, r.Value.Value)
	return m, true, nil
}

// halfway is a goal that can be argued about: half of the way to the best there is, a fifth more of what has no best.
func halfway(u kpi.Unit, better kpi.Better, v float64) float64 {
	if better == kpi.Lower {
		return v / 2
	}
	switch u {
	case kpi.Share:
		return v + (1-v)/2
	case kpi.Points:
		return v + (100-v)/4
	}
	if v <= 0 {
		return v + 1
	}
	return v * 1.2
}
