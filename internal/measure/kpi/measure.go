// Package kpi decides what each measure is: derived rows come in, and for every measure the facts it counts, how sure they make it and the
// words of its definition go out. One file a measure; all.go lists them.
package kpi

import (
	"context"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/measure/stat"
)

// Unit is what a value is counted in.
type Unit string

// The units.
const (
	Posts         Unit = "posts"
	Conversations Unit = "conversations"
	Share         Unit = "share"   // 0 to 1
	Seconds       Unit = "seconds" // of a wait
	Points        Unit = "points"  // −100 to 100
)

// Better says which way a measure should move.
type Better string

// The ways. Neither is for a measure that is good or bad only together with another.
const (
	Higher  Better = "higher"
	Lower   Better = "lower"
	Within  Better = "within"
	Neither Better = "neither"
)

// Evidence says how a number came about.
type Evidence string

// The grades of evidence, the strongest first.
const (
	Measured Evidence = "measured"
	Surveyed Evidence = "surveyed" // said by people about a sample
	Modelled Evidence = "modelled"
	Assumed  Evidence = "assumed"
)

// Stage is a stage of the AMEC framework.
type Stage string

// The stages a measure can stand for, from what we do to what it does.
const (
	Activity Stage = "activity"
	Output   Stage = "output"
	Outtake  Stage = "outtake"
	Outcome  Stage = "outcome"
	Impact   Stage = "impact"
)

// Interval names how the 95 % interval is made; the formulas are in package stat.
type Interval string

// The methods.
const (
	Poisson     Interval = "poisson"      // Garwood
	Wilson      Interval = "wilson"       // Wilson score
	Brookmeyer  Interval = "brookmeyer"   // Brookmeyer and Crowley, of a Kaplan–Meier quantile
	NetScore    Interval = "net_score"    // Wald, adjusted for small n
	Redrawn     Interval = "redrawn"      // what comes out when what was observed and the errors of the model are drawn anew
	ExactNumber Interval = "exact_number" // everything is counted: there is no sampling error
)

// Clock says which time counts in a wait.
type Clock string

// The clocks. NoClock is for what is not a time.
const (
	NoClock  Clock = "none"
	Calendar Clock = "calendar" // every hour of every day
)

// Role is what a part does for the number.
type Role string

// The roles. Rows of the first two add up to n.
const (
	Numerator   Role = "numerator"
	Denominator Role = "denominator" // in n, not in the numerator
	LeftOut     Role = "left_out"    // neither, and told
	Population  Role = "population"  // what the n were drawn from
)

// Part names a group among what is counted.
type Part struct {
	ID   string // a word as in "measure.part.answered"
	Role Role
}

// Measure is one definition.
type Measure struct {
	ID       string // also its address
	Unit     Unit
	Better   Better
	Days     int // of the window it is read in when nobody says otherwise
	Clock    Clock
	MinN     int // fewer observations are shown without judging
	Interval Interval
	Evidence Evidence
	Stage    Stage
	Of       Thing
	From     []string // the kinds of activity it stands on
	Formula  string   // in symbols; the words are in locales under "measure.ID."
	Parts    []Part
	Confused bool // put right by how often models err; Ask.Sentiment holds that
	Stock    bool // a state at the end of the window rather than what happened in it

	// Source finds the rows behind the number.
	Source func(Ask) Source
	// Facts reads what is counted between the first and the last cut; nil reads Source.
	Facts func(ctx context.Context, q db.Q, a Ask) ([]Fact, error)
	// Estimate makes the number from the facts between two cuts, or for a stock from those before a cut.
	Estimate func([]Fact) Estimated
}

// Read reads the facts between the first and the last cut.
func (m Measure) Read(ctx context.Context, q db.Q, a Ask) ([]Fact, error) {
	if m.Facts != nil {
		return m.Facts(ctx, q, a)
	}
	return m.Source(a).read(ctx, q, a.Cuts)
}

// Role is the role of a part, "" for one the measure does not have.
func (m Measure) Role(part string) Role {
	for _, p := range m.Parts {
		if p.ID == part {
			return p.Role
		}
	}
	return ""
}

// Estimated is a number with how sure it is. Median and P90 are for waits; Value is then the median in seconds.
type Estimated struct {
	Value       stat.Estimate
	Raw         stat.Estimate // before it was put right for the errors of models; no data when it was not
	Median, P90 stat.Wait
}
