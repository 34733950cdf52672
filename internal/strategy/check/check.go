// Package check decides whether an objective can be steered by and whether a map holds together: what is known of them comes in as plain
// values, and findings, each with its reason, go out. It reads and writes nothing.
//
// The rules of an objective are those that a program can check of SMART (Doran 1981): a verb and an object without empty words, a measure with
// unit, baseline and target, a target that history and the hours of people make believable, a business goal behind it, real dates. Those of a
// map are Kaplan and Norton's: everything serves something, nothing goes round in circles, few enough to steer by.
package check

import "time"

// Letter is one of SMART.
type Letter string

// The letters.
const (
	Specific   Letter = "S"
	Measurable Letter = "M"
	Achievable Letter = "A"
	Relevant   Letter = "R"
	TimeBound  Letter = "T"
)

// Letters lists them in order.
func Letters() []Letter { return []Letter{Specific, Measurable, Achievable, Relevant, TimeBound} }

// Verdict is what a rule says.
type Verdict string

// The verdicts. Unsure is for what cannot be known from here: it neither passes nor fails.
const (
	Pass   Verdict = "pass"
	Warn   Verdict = "warn" // look at it; it does not fail the letter
	Fail   Verdict = "fail"
	Unsure Verdict = "unsure"
)

// Finding is what one rule says of an objective. Its words are under "check.RULE.VERDICT", with Args.
type Finding struct {
	Letter  Letter
	Rule    string
	Verdict Verdict
	Args    []any  // pairs of a name and a value
	Field   string // where it can be put right: name, owner, due, goal, measures, stakeholders, plan
	Spans   []Span // of the words it is about
	Measure string // id of the measure it is about, "" when it is about all
}

// Span is a stretch of an objective's name.
type Span struct {
	Lang       string
	Start, End int // bytes
	Text       string
	Advice     string // "check.advice.ADVICE" says what to write instead
}

// Objective is what is known of one.
type Objective struct {
	ID           string
	Name         map[string]string // by language
	Owner        string
	Stakeholders int
	Goal         string // the business goal it serves, in words
	Business     bool   // it serves a business goal of a known kind, or leads up to an objective that does
	Top          bool   // it stands in the perspective of value
	Stage        string // AMEC stage, "" not said
	Start, Due   time.Time
	Checkpoints  int // dates between at which it is looked at: milestones, reviews
	Measures     []Measure
	Planned      *Load // hours of its initiatives; nil when nothing is planned
	Withheld     bool  // its initiatives may plan hours, which are not for whoever asks
	Overridden   map[Letter]Override
}

// Override is a person's judgement against a rule's.
type Override struct {
	By     string
	At     time.Time
	Reason string
}

// Load is work against the time of those who own it, in hours a week at its highest.
type Load struct{ Needed, Available float64 }

// Measure is what is known of a measure of an objective.
type Measure struct {
	ID, Name   string
	Unit       string // as a reader sees it; "" is none
	Formula    bool
	Narrowed   bool // to a channel, a topic, a language …
	Leading    bool
	Stage      string // AMEC stage
	Judged     bool   // there is a number that stands on enough
	Fresh      time.Time
	Maximise   bool
	Minimise   bool
	Baseline   float64
	BaselineAt time.Time
	Target     float64
	Within     bool
	Then       *Measured // what was measured on the date of the baseline; nil when nothing was
	Months     []float64 // its course by the month, oldest first; NaN is not known
}

// Measured is a number with its 95 % interval.
type Measured struct{ Value, Low, High float64 }

// SMART is what the rules say of an objective.
type SMART struct {
	Findings []Finding
	Letters  map[Letter]Verdict // Fail when a rule failed and nobody judged otherwise; Warn when one warned; Unsure when something could not be checked
}

// Passed counts the letters that do not fail.
func (s SMART) Passed() int {
	n := 0
	for _, l := range Letters() {
		if s.Letters[l] == Pass || s.Letters[l] == Warn {
			n++
		}
	}
	return n
}

// Check holds an objective against the rules, at a moment.
func Check(o Objective, now time.Time) SMART {
	var list []Finding
	for _, rules := range [][]Finding{specific(o), measurable(o), achievable(o), relevant(o), timeBound(o, now)} {
		list = append(list, rules...)
	}
	out := SMART{Findings: list, Letters: map[Letter]Verdict{}}
	rank := map[Verdict]int{Pass: 1, Unsure: 2, Warn: 3, Fail: 4}
	for _, f := range list {
		if rank[f.Verdict] > rank[out.Letters[f.Letter]] {
			out.Letters[f.Letter] = f.Verdict
		}
	}
	for l := range o.Overridden {
		if out.Letters[l] == Fail {
			out.Letters[l] = Warn
		}
	}
	return out
}
