// Package check decides whether what somebody is about to say keeps to the charter: the rules in force, the text, who speaks, where, and what was
// said there before come in; for each rule whether it is met, the words that decided it and the reason go out. It knows English and French.
//
// It would rather say nothing than something wrong: NotMet is said only where there are words or facts to show for it. Those who made a rule
// binding have a text refused by NotMet, never by CannotTell.
package check

import (
	"time"

	"github.com/entente/entente/internal/charter"
)

// Verdict says how a text stands to a rule.
type Verdict string

// The verdicts.
const (
	Met        Verdict = "met"
	NotMet     Verdict = "not_met"
	CannotTell Verdict = "cannot_tell"
)

// Span is a part of the text, in bytes: from From up to To.
type Span struct{ From, To int }

// Finding is what was found of one rule. Reason is the key of a sentence that Args go into.
type Finding struct {
	Rule    string
	Check   charter.Check
	Binding bool
	Verdict Verdict
	Reason  string
	Args    []any
	Words   []Span // what decided it, in the order of the text
}

// Refuses reports whether a text must not be sent like this.
func (f *Finding) Refuses() bool { return f.Binding && f.Verdict == NotMet }

// Speaker is who says it.
type Speaker struct {
	Name         string // of the member; "" for a program
	Organisation string
	Shown        bool // the place shows the name beside what is said
	Named        bool // they have said in this thread who they are
	Here         bool // they have spoken in this place before
}

// Place is where it is said.
type Place struct {
	Own        bool      // we run it, and everybody there knows
	ReadUntil  time.Time // when we shall have read along long enough; zero: nobody has said
	Introduced bool      // we have said there who we are
	Spoken     bool      // some of us have spoken there before
}

// Before is what it answers.
type Before struct {
	Public   bool // everybody could read it
	Negative bool // a complaint, or angry
	Buying   bool // about buying: prices and offers are what was asked for
	Answered bool // we have answered it in public, or such an answer is on its way
	Followed bool // we have gone on in private, or that is on its way
}

// Tone says how aggressive a sentence is: a label and how likely it is, from 0.5; "" for not.
type Tone func(sentence string) (label string, p float64)

// Input is all that the rules look at.
type Input struct {
	Text    string
	Private bool // read by whom it answers only
	Speaker Speaker
	Place   Place
	Before  Before
	Ours    []string // addresses and numbers of ours, which may be given to everybody
	Tone    Tone     // may be nil
	Now     time.Time
}

// Find holds a text against the rules, in their order. Rules that do not hold where it is said are left out.
func Find(rules []charter.Clause, in Input) []Finding {
	var out []Finding
	t := read(in.Text)
	for _, r := range rules {
		if r.Reach == charter.InPublic && in.Private || r.Reach == charter.InPrivate && !in.Private {
			if r.Check != charter.PublicAndPrivate { // the pair is of both
				continue
			}
		}
		f := Finding{Verdict: CannotTell, Reason: "people"}
		switch r.Check {
		case charter.SaysWho:
			f = t.saysWho(&in)
		case charter.KnowsPlace:
			f = knowsPlace(&in)
		case charter.Introduced:
			f = t.introduced(&in)
		case charter.BringsSomething:
			f = t.brings()
		case charter.DoesNotSell:
			f = t.sells(&in)
		case charter.NotAggressive:
			f = t.aggressive(in.Tone)
		case charter.NextStep:
			f = t.nextStep(&in)
		case charter.NoPersonalData:
			f = t.personal(&in)
		case charter.PublicAndPrivate:
			f = t.pair(&in)
		}
		f.Rule, f.Check, f.Binding = r.ID, r.Check, r.Binding
		f.Reason = "charter.finding." + f.Reason
		out = append(out, f)
	}
	return out
}

func met(reason string, words ...Span) Finding {
	return Finding{Verdict: Met, Reason: reason, Words: words}
}

func notMet(reason string, words ...Span) Finding {
	return Finding{Verdict: NotMet, Reason: reason, Words: words}
}

func cannotTell(reason string, words ...Span) Finding {
	return Finding{Verdict: CannotTell, Reason: reason, Words: words}
}
