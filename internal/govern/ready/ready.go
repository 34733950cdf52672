// Package ready decides how far an organisation is with its social work: levels of thirty questions come in, and the maturity of people,
// policies, processes and practices, what to do first, and whether it may open a public service goes out. The words are in locales.
package ready

import (
	"time"

	"github.com/entente/entente/internal/sorting"
)

// P is one of the four that governance is made of (Altimeter 2014: people, policies, processes, practices).
type P string

// The four.
const (
	People    P = "people"
	Policies  P = "policies"
	Processes P = "processes"
	Practices P = "practices"
)

// Ps lists the four.
func Ps() []P { return []P{People, Policies, Processes, Practices} }

// Highest is the highest level: 0 is nothing, 1 to 6 are the stages.
const Highest = 6

// NeedsEvidence is from which level on a claim needs something to show for it.
const NeedsEvidence = 3

// Stages lists the six stages (after Altimeter 2013), lowest first.
func Stages() []string {
	return []string{"planning", "presence", "engagement", "formalised", "strategic", "converged"}
}

// Stage names a level or a mean of levels: the nearest stage, "" below a half.
func Stage(level float64) string {
	n := int(level + 0.5)
	if n < 1 {
		return ""
	}
	return Stages()[min(n, Highest)-1]
}

// Question is one thing to be judged.
type Question struct {
	ID        string
	P         P
	Service   bool // a public service stands on it
	Essential bool // and not at all without it
}

// Questions lists all thirty, in order.
func Questions() []Question {
	return []Question{
		{ID: "sponsor", P: People},
		{ID: "lead", P: People},
		{ID: "team", P: People, Service: true},
		{ID: "skills", P: People},
		{ID: "training", P: People, Service: true},
		{ID: "volunteers", P: People},
		{ID: "hours", P: People, Service: true, Essential: true},
		{ID: "spokespeople", P: People},
		{ID: "charter", P: Policies, Service: true, Essential: true},
		{ID: "privacy", P: Policies, Service: true, Essential: true},
		{ID: "rights", P: Policies, Service: true},
		{ID: "moderation", P: Policies},
		{ID: "tools", P: Policies},
		{ID: "budget", P: Policies},
		{ID: "law", P: Policies},
		{ID: "accessibility", P: Policies},
		{ID: "listening", P: Processes},
		{ID: "triage", P: Processes, Service: true, Essential: true},
		{ID: "service_levels", P: Processes, Service: true},
		{ID: "escalation", P: Processes, Service: true, Essential: true},
		{ID: "crisis", P: Processes, Service: true},
		{ID: "handover", P: Processes},
		{ID: "planning", P: Processes},
		{ID: "access", P: Processes},
		{ID: "answering", P: Practices, Service: true},
		{ID: "both_ways", P: Practices, Service: true},
		{ID: "exercise", P: Practices},
		{ID: "measuring", P: Practices},
		{ID: "reviewing", P: Practices},
		{ID: "reuse", P: Practices},
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

// Answer is the level of a question from a moment on.
type Answer struct {
	Question string
	Level    int
	At       time.Time
}

// Levels is the level of each question at a moment: its last answer until then.
func Levels(answers []Answer, at time.Time) map[string]int {
	out, when := map[string]int{}, map[string]time.Time{}
	for _, a := range answers {
		if a.At.After(at) || a.At.Before(when[a.Question]) {
			continue
		}
		out[a.Question], when[a.Question] = a.Level, a.At
	}
	return out
}

// Score is how far one of the four is: the mean of its levels, what is not answered counting as nothing.
type Score struct {
	P        P
	Mean     float64
	Answered int
	Of       int
}

// Scores are the four at the given levels.
func Scores(levels map[string]int) []Score {
	var out []Score
	for _, p := range Ps() {
		s := Score{P: p}
		for _, q := range Questions() {
			if q.P != p {
				continue
			}
			s.Of++
			if level, ok := levels[q.ID]; ok {
				s.Answered++
				s.Mean += float64(min(max(level, 0), Highest))
			}
		}
		s.Mean /= float64(s.Of)
		out = append(out, s)
	}
	return out
}

// Overall is the mean of the four, each counting the same.
func Overall(scores []Score) float64 {
	sum := 0.0
	for _, s := range scores {
		sum += s.Mean
	}
	return sum / float64(max(len(scores), 1))
}

// What a public service needs: the mean of the questions that it stands on, and at least so much of each that is essential.
const (
	ServiceThreshold = 3.0
	EssentialLevel   = 2
)

// Step is something to do first: a question and the level it should reach.
type Step struct {
	Question Question
	Is, To   int
}

// Gate says whether a public service may open.
type Gate struct {
	Open      bool
	Readiness float64 // mean level of the service questions
	Lacking   []Step  // essentials below what is needed
	First     []Step  // the way out: what to do first, in order; empty when open
}

// ServiceGate judges levels. The way out is the shortest in steps of one level: essentials first, then always what is lowest, until the
// mean is reached.
func ServiceGate(levels map[string]int) Gate {
	var list []Question
	for _, q := range Questions() {
		if q.Service {
			list = append(list, q)
		}
	}
	sum := 0
	now := map[string]int{}
	for _, q := range list {
		now[q.ID] = min(max(levels[q.ID], 0), Highest)
		sum += now[q.ID]
	}
	g := Gate{Readiness: float64(sum) / float64(len(list))}
	for _, q := range list {
		if q.Essential && now[q.ID] < EssentialLevel {
			g.Lacking = append(g.Lacking, Step{q, now[q.ID], EssentialLevel})
			sum += EssentialLevel - now[q.ID]
			now[q.ID] = EssentialLevel
		}
	}
	for sum < int(ServiceThreshold*float64(len(list))) {
		lowest := list[0]
		for _, q := range list[1:] {
			if now[q.ID] < now[lowest.ID] || now[q.ID] == now[lowest.ID] && q.Essential && !lowest.Essential {
				lowest = q
			}
		}
		now[lowest.ID]++
		sum++
	}
	for _, q := range list {
		if is := min(max(levels[q.ID], 0), Highest); now[q.ID] > is {
			g.First = append(g.First, Step{q, is, now[q.ID]})
		}
	}
	sorting.Stable(g.First, func(a, b Step) int {
		if a.Question.Essential != b.Question.Essential {
			if a.Question.Essential {
				return -1
			}
			return 1
		}
		return a.Is - b.Is
	})
	g.Open = len(g.First) == 0
	return g
}
