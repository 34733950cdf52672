package charter

import (
	"errors"
	"regexp"
	"slices"

	"github.com/entente/entente/internal/problem"
)

// Check names what a program can look for in what somebody is about to say; "" is a rule that only people can judge.
type Check string

// The checks. What each of them looks at is the matter of whoever has the text before it is sent.
const (
	ByPeople         Check = ""
	SaysWho          Check = "says_who"           // the speaker is a named member of the organisation
	KnowsPlace       Check = "knows_place"        // the place is known and was read for a while before we speak there
	Introduced       Check = "introduced"         // we have said there who we are
	BringsSomething  Check = "brings_something"   // a solution, a link, advice
	DoesNotSell      Check = "does_not_sell"      // no offer, no praise of ourselves
	NotAggressive    Check = "not_aggressive"     // in one's own words, not in what is quoted
	NextStep         Check = "next_step"          // it ends with what happens next
	NoPersonalData   Check = "no_personal_data"   // none in public
	PublicAndPrivate Check = "public_and_private" // a public complaint gets a public answer and a private follow-up
)

// Checks lists the checks in the order in which they are shown.
func Checks() []Check {
	return []Check{SaysWho, KnowsPlace, Introduced, BringsSomething, DoesNotSell, NotAggressive, NextStep, NoPersonalData, PublicAndPrivate}
}

// Reach says where a rule holds.
type Reach string

// The reaches.
const (
	Everywhere Reach = ""
	InPublic   Reach = "public"
	InPrivate  Reach = "private"
)

// Reaches lists the reaches.
func Reaches() []Reach { return []Reach{Everywhere, InPublic, InPrivate} }

// Rule is one rule of the charter. Its ID stays the same from version to version.
type Rule struct {
	ID       string  `json:"id"`
	Check    Check   `json:"check,omitempty"`
	Binding  bool    `json:"binding"` // else it is advice
	Reach    Reach   `json:"reach,omitempty"`
	Sentence Words   `json:"sentence"`
	Why      Words   `json:"why"`
	Good     Phrases `json:"good"`
	Bad      Phrases `json:"bad"`
}

const (
	maxRules    = 40
	maxSentence = 300
	maxWhy      = 2000
	maxExample  = 600
	maxExamples = 6
	maxPreamble = 8000
)

var ruleID = regexp.MustCompile(`^[a-z0-9_-]{1,40}$`)

// checked puts a rule in order, or says all that is wrong with it.
func (r Rule) checked() (Rule, error) {
	var errs []error
	note := func(err error) {
		if err != nil {
			errs = append(errs, err)
		}
	}
	if !ruleID.MatchString(r.ID) {
		note(problem.New(problem.Invalid, "charter.rule_id").On("id"))
	}
	if r.Check != ByPeople && !slices.Contains(Checks(), r.Check) {
		note(problem.New(problem.Invalid, "charter.check_unknown").On("check"))
	}
	if !slices.Contains(Reaches(), r.Reach) {
		note(problem.New(problem.Invalid, "charter.reach_unknown").On("reach"))
	}
	var err error
	r.Sentence, err = r.Sentence.checked("sentence", maxSentence)
	note(err)
	if len(r.Sentence) == 0 && err == nil {
		note(problem.New(problem.Invalid, "charter.sentence_missing").On("sentence"))
	}
	r.Why, err = r.Why.checked("why", maxWhy)
	note(err)
	r.Good, err = r.Good.checked("good")
	note(err)
	r.Bad, err = r.Bad.checked("bad")
	note(err)
	return r, errors.Join(errs...)
}
