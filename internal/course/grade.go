package course

import (
	"context"
	"slices"

	"github.com/entente/entente/internal/charter"
	"github.com/entente/entente/internal/charter/check"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/problem"
)

// grade says how good an answer is, in percent, and whether it passes. An answer that the step does not know is refused.
func (s *Service) grade(ctx context.Context, st *Step, in *Answer, name string) (score int, passed bool, err error) {
	switch st.Kind {
	case Scenario:
		if in.Choices = nil; in.Text == "" {
			return 0, false, problem.New(problem.Invalid, "problem.required").On("text")
		}
		hints := s.hints(st, in.Text, name)
		good := 0
		for _, h := range hints {
			if h.Good {
				good++
			}
		}
		return 100 * good / max(len(hints), 1), good == len(hints), nil
	case Quiz:
		in.Text = ""
		right, err := Right(st.Questions, in.Choices)
		if err != nil {
			return 0, false, err
		}
		good := 0
		for _, ok := range right {
			if ok {
				good++
			}
		}
		score = 100 * good / max(len(right), 1)
		return score, score >= st.Pass, nil
	}
	*in = Answer{}
	return 100, true, nil
}

// Right says of each question whether exactly the right choices were chosen. What is no choice of the question is refused, and so is a question
// left open.
func Right(questions []Question, chosen [][]int) ([]bool, error) {
	if len(chosen) != len(questions) {
		return nil, problem.New(problem.Invalid, "course.answer_all")
	}
	out := make([]bool, len(questions))
	for i := range questions {
		q := &questions[i]
		mine := slices.Compact(slices.Sorted(slices.Values(chosen[i])))
		if len(mine) == 0 {
			return nil, problem.New(problem.Invalid, "course.answer_all")
		}
		if mine[0] < 0 || mine[len(mine)-1] >= len(q.Choices) || !q.Many() && len(mine) > 1 {
			return nil, problem.New(problem.Invalid, "problem.bad_form")
		}
		out[i] = true
		for j, c := range q.Choices {
			out[i] = out[i] && c.Right == slices.Contains(mine, j)
		}
	}
	return out, nil
}

// Hint is what a check of the charter says to a learner's own reply.
type Hint struct {
	check.Finding
	Demand Demand
	Good   bool // the demand is met
}

// Hints says what the charter has to say to a learner's own reply to a scenario.
func (s *Service) Hints(ctx context.Context, st *Step, text, name string) []Hint {
	if st.Kind != Scenario || text == "" {
		return nil
	}
	return s.hints(st, text, name)
}

func (s *Service) hints(st *Step, text, name string) []Hint {
	var rules []charter.Clause
	for _, k := range charter.Checks() {
		if st.Asks[k] != "" {
			rules = append(rules, charter.Clause{ID: string(k), Check: k, Binding: true})
		}
	}
	var out []Hint
	for _, f := range check.Find(rules, check.Input{Text: text, Private: st.Private, Speaker: check.Speaker{Name: name}, Place: check.Place{Own: !st.Foreign},
		Before: check.Before{Public: !st.Private, Negative: st.Angry}, Tone: s.tone, Now: s.Now()}) {
		d := st.Asks[f.Check]
		out = append(out, Hint{f, d, f.Verdict == check.Met || d == NotBroken && f.Verdict == check.CannotTell})
	}
	return out
}

// Rules are the rules of the charter in force, by what a program looks for, in the language of ctx: the reasons behind hints.
func (s *Service) Rules(ctx context.Context) map[charter.Check]charter.Clause {
	out := map[charter.Check]charter.Clause{}
	text, err := s.charter.InForce(ctx, i18n.Lang(ctx))
	if err != nil {
		return out // without a charter hints stand for themselves
	}
	for _, r := range text.Rules {
		out[r.Check] = r
	}
	return out
}
