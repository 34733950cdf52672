// Package orient decides where an organisation is going with its social work: the answers to a short questionnaire come in, and whether it
// looks inward or outward, to people or to firms, which activities and stakeholders matter, and what objectives, measures and places follow
// from that goes out, each with its reasons. The rules are data; the words are in locales.
package orient

import (
	"cmp"
	"slices"

	"github.com/entente/entente/internal/sorting"
)

// Subject is something that answers speak for.
type Subject string

// Directions and markets. The other subjects are activities and stakeholders.
const (
	Inward  Subject = "inward"
	Outward Subject = "outward"
	B2B     Subject = "b2b"
	B2C     Subject = "b2c"
)

// Activities lists the eight activities of a social business.
func Activities() []Subject {
	return []Subject{"support", "collaboration", "problem_solving", "best_practices", "ideas", "innovation", "thought_leadership", "research"}
}

// Stakeholders lists with whom an organisation is in relation.
func Stakeholders() []Subject {
	return []Subject{"customers", "prospects", "employees", "applicants", "suppliers", "partners", "resellers", "peers", "press", "investors", "authorities"}
}

// Effect is what an answer says for a subject, in points.
type Effect struct {
	For    Subject
	Points int
}

// Choice is one answer to a question.
type Choice struct {
	ID      string
	Effects []Effect
}

// Question is one step of the questionnaire.
type Question struct {
	ID      string
	Many    bool // several choices may be taken
	Choices []Choice
}

// Choice finds a choice.
func (q Question) Choice(id string) (Choice, bool) {
	for _, c := range q.Choices {
		if c.ID == id {
			return c, true
		}
	}
	return Choice{}, false
}

// effects reads pairs of subject and points.
func effects(pairs ...any) []Effect {
	var out []Effect
	for i := 0; i+1 < len(pairs); i += 2 {
		out = append(out, Effect{Subject(pairs[i].(string)), pairs[i+1].(int)})
	}
	return out
}

// Questions lists the questionnaire.
func Questions() []Question {
	e := effects
	return []Question{
		{ID: "better", Many: true, Choices: []Choice{
			{"service", e("outward", 3, "support", 3, "customers", 2)},
			{"reputation", e("outward", 3, "thought_leadership", 2, "research", 1, "press", 1, "prospects", 1)},
			{"sales", e("outward", 3, "thought_leadership", 1, "research", 2, "prospects", 2)},
			{"products", e("outward", 2, "inward", 1, "innovation", 3, "ideas", 2, "customers", 1)},
			{"knowledge", e("inward", 3, "best_practices", 3, "employees", 2)},
			{"working_together", e("inward", 3, "collaboration", 3, "problem_solving", 1, "employees", 2)},
			{"hiring", e("outward", 1, "inward", 2, "thought_leadership", 2, "applicants", 3, "employees", 1)},
			{"purchasing", e("outward", 2, "collaboration", 2, "innovation", 1, "suppliers", 3)},
		}},
		{ID: "hurts", Many: true, Choices: []Choice{
			{"unanswered", e("outward", 2, "support", 3, "customers", 1)},
			{"same_questions", e("outward", 1, "support", 2, "best_practices", 2, "problem_solving", 1)},
			{"bad_reviews", e("outward", 2, "support", 1, "research", 2, "customers", 1)},
			{"unknown", e("outward", 2, "thought_leadership", 3, "prospects", 2, "press", 1)},
			{"leaving", e("outward", 2, "support", 2, "research", 1, "customers", 2)},
			{"lost_knowledge", e("inward", 2, "best_practices", 3, "employees", 1)},
			{"silos", e("inward", 2, "collaboration", 3, "problem_solving", 2, "employees", 1)},
			{"slow_innovation", e("inward", 1, "innovation", 3, "ideas", 2)},
		}},
		{ID: "buyers", Choices: []Choice{
			{"people", e("b2c", 4, "customers", 1)},
			{"firms", e("b2b", 4, "thought_leadership", 1, "customers", 1)},
			{"both", e("b2c", 2, "b2b", 2, "customers", 1)},
			{"through_resellers", e("b2b", 3, "b2c", 1, "resellers", 3, "best_practices", 1)},
			{"public", e("b2c", 3, "authorities", 1, "customers", 1)},
		}},
		{ID: "purchase", Choices: []Choice{
			{"days", e("b2c", 1, "support", 1)},
			{"weeks", e("research", 1, "problem_solving", 1)},
			{"months", e("b2b", 2, "thought_leadership", 2, "best_practices", 1)},
		}},
		{ID: "product", Choices: []Choice{
			{"simple", e("research", 1)},
			{"explained", e("support", 2, "problem_solving", 1)},
			{"expert", e("problem_solving", 2, "best_practices", 2, "b2b", 1, "support", 1)},
		}},
		{ID: "talk", Many: true, Choices: []Choice{
			{"mail", e("support", 1)},
			{"forums", e("problem_solving", 2, "support", 1, "outward", 1)},
			{"networks", e("research", 1, "support", 1, "outward", 1, "b2c", 1)},
			{"professional", e("thought_leadership", 2, "b2b", 2, "outward", 1)},
			{"reviews", e("research", 2, "outward", 1, "b2c", 1)},
			{"events", e("thought_leadership", 1, "best_practices", 1)},
			{"inside", e("inward", 2, "collaboration", 1, "employees", 1)},
			{"nowhere", e("thought_leadership", 1, "research", 1)},
		}},
		{ID: "volume", Choices: []Choice{
			{"few", e("research", 1)},
			{"dozens", e("support", 1)},
			{"hundreds", e("support", 2, "best_practices", 1)},
			{"thousands", e("support", 3, "best_practices", 1, "problem_solving", 2)},
		}},
		{ID: "experts", Choices: []Choice{
			{"many", e("problem_solving", 3, "best_practices", 1, "innovation", 1, "customers", 1)},
			{"some", e("problem_solving", 1, "best_practices", 1)},
			{"none", nil},
		}},
		{ID: "suggestions", Choices: []Choice{
			{"lost", e("ideas", 3, "innovation", 1)},
			{"sometimes", e("ideas", 2)},
			{"always", e("innovation", 1)},
		}},
		{ID: "colleagues", Choices: []Choice{
			{"alone", nil},
			{"few", e("support", 1)},
			{"dozen", e("support", 1, "collaboration", 1, "employees", 1)},
			{"many", e("collaboration", 2, "best_practices", 1, "employees", 2)},
		}},
		{ID: "stakeholders", Many: true, Choices: []Choice{
			{"customers", e("customers", 4)}, {"prospects", e("prospects", 4)}, {"employees", e("employees", 4, "inward", 1)}, {"applicants", e("applicants", 4)},
			{"suppliers", e("suppliers", 4)}, {"partners", e("partners", 4, "collaboration", 1)}, {"resellers", e("resellers", 4)}, {"peers", e("peers", 4, "best_practices", 1)},
			{"press", e("press", 4)}, {"investors", e("investors", 4)}, {"authorities", e("authorities", 4)},
		}},
	}
}

// Find finds a question.
func Find(id string) (Question, bool) {
	for _, q := range Questions() {
		if q.ID == id {
			return q, true
		}
	}
	return Question{}, false
}

// Reason is an answer that speaks for something.
type Reason struct {
	Question, Choice string
	Points           int
}

// Weight is how much speaks for a subject, and why, the strongest reason first.
type Weight struct {
	Subject Subject
	Points  int
	Reasons []Reason
}

// Result is what follows from the answers.
type Result struct {
	Answered     int
	Of           int
	Inward       Weight
	Outward      Weight
	B2B, B2C     Weight
	Activities   []Weight // the strongest first
	Stakeholders []Weight // the strongest first, only those that something speaks for
	Proposals    []Proposal
}

// Matters is from how many points on an activity counts.
const Matters = 4

// Direction is "inward", "outward", or "both" when neither has a quarter more than the other; "" before anything speaks for one.
func (r Result) Direction() string { return side(r.Inward, r.Outward) }

// Market is "b2b", "b2c", "both", or "".
func (r Result) Market() string { return side(r.B2B, r.B2C) }

func side(a, b Weight) string {
	switch {
	case a.Points == 0 && b.Points == 0:
		return ""
	case 4*a.Points > 5*b.Points:
		return string(a.Subject)
	case 4*b.Points > 5*a.Points:
		return string(b.Subject)
	}
	return "both"
}

// Complete reports whether every question has an answer.
func (r Result) Complete() bool { return r.Answered == r.Of }

// Infer draws conclusions from answers: choices by question. What is not known is ignored.
func Infer(answers map[string][]string) Result {
	weights := map[Subject]*Weight{}
	of := func(s Subject) *Weight {
		if weights[s] == nil {
			weights[s] = &Weight{Subject: s}
		}
		return weights[s]
	}
	var r Result
	for _, q := range Questions() {
		r.Of++
		taken := answers[q.ID]
		if !q.Many && len(taken) > 1 {
			taken = taken[:1]
		}
		any := false
		for _, c := range q.Choices { // in the order of the questionnaire, each once
			if !slices.Contains(taken, c.ID) {
				continue
			}
			any = true
			for _, e := range c.Effects {
				w := of(e.For)
				w.Points += e.Points
				w.Reasons = append(w.Reasons, Reason{q.ID, c.ID, e.Points})
			}
		}
		if any {
			r.Answered++
		}
	}
	for _, w := range weights {
		sorting.Stable(w.Reasons, func(a, b Reason) int { return b.Points - a.Points })
	}
	r.Inward, r.Outward, r.B2B, r.B2C = *of(Inward), *of(Outward), *of(B2B), *of(B2C)
	gather := func(list []Subject, all bool) []Weight {
		var out []Weight
		for _, s := range list {
			if w := of(s); all || w.Points > 0 {
				out = append(out, *w)
			}
		}
		sorting.Stable(out, func(a, b Weight) int { return cmp.Compare(b.Points, a.Points) })
		return out
	}
	r.Activities, r.Stakeholders = gather(Activities(), true), gather(Stakeholders(), false)
	r.Proposals = proposals(r, weights)
	return r
}
