// Package kpi decides what each measure is: derived rows come in, and for every measure the facts it counts, how sure they make it and the
// words of its definition go out. One file a measure or a few that share their facts; all.go lists them.
package kpi

import (
	"context"
	"sort"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/measure/stat"
)

// Unit is what a value is counted in.
type Unit string

// Things reports whether values are numbers of things, of which there are no parts.
func (u Unit) Things() bool {
	return u == Posts || u == Conversations || u == Contacts || u == People || u == Facts
}

// The units.
const (
	Posts         Unit = "posts"
	Conversations Unit = "conversations"
	Share         Unit = "share"   // 0 to 1
	Seconds       Unit = "seconds" // of a wait
	Points        Unit = "points"  // −100 to 100
	Money         Unit = "money"   // minor units of Estimated.Currency
	Hours         Unit = "hours"   // of work
	Contacts      Unit = "contacts"
	People        Unit = "people"
	Number        Unit = "number" // of something that its name says
	Score         Unit = "score"  // a mean of answers, in their scale
	Index         Unit = "index"  // 0 to 100, or to 1000 where the words say so
	Ratio         Unit = "ratio"  // of one thing to another: 0.5 is 50 %, and it may be over 1 or below 0
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
	Student     Interval = "student"      // of a mean
	PoissonRate Interval = "poisson_rate" // Garwood's for a count, over what it is divided by
	LogDelta    Interval = "log_delta"    // of products and quotients, from the errors of what they are made of
	RatioDelta  Interval = "ratio_delta"  // of a quotient of two sums over the same units
	Jackknife   Interval = "jackknife"    // leaving out one after the other
	Difference  Interval = "difference"   // of a difference of means or shares of two groups
)

// Clock says which time counts in a wait.
type Clock string

// The clocks. NoClock is for what is not a time.
const (
	NoClock  Clock = "none"
	Calendar Clock = "calendar" // every hour of every day
	Business Clock = "business" // the hours in which somebody is there
)

// Section is a part of the catalogue.
type Section string

// The sections.
const (
	Service    Section = "service"
	Customers  Section = "customers"
	Reputation Section = "reputation"
	Community  Section = "community"
	Innovation Section = "innovation" // ideas and knowledge
	Working    Section = "working"    // people, suppliers and partners
	Worth      Section = "worth"      // what all of it is worth
)

// Sections lists the sections in the order in which they are shown.
func Sections() []Section {
	return []Section{Service, Customers, Reputation, Community, Innovation, Working, Worth}
}

// Dimension is what a measure can be narrowed by: a field of Filter.
type Dimension string

// The dimensions.
const (
	ByChannel   Dimension = "channel"
	ByTopic     Dimension = "topic"
	ByLanguage  Dimension = "language"
	ByMember    Dimension = "member"
	ByCommunity Dimension = "community"
	ByKind      Dimension = "kind"
	ByTeam      Dimension = "team"
	ByPartner   Dimension = "partner"
	ByCampaign  Dimension = "campaign"
)

// Dimensions lists them, in the order in which they are shown.
func Dimensions() []Dimension {
	return []Dimension{ByChannel, ByTopic, ByCommunity, ByLanguage, ByKind, ByTeam, ByPartner, ByCampaign, ByMember}
}

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
	Section  Section
	Entry    int // of the catalogue
	Unit     Unit
	Better   Better
	Days     int // of the window it is read in when nobody says otherwise
	Clock    Clock
	MinN     int // fewer observations are shown without judging
	Interval Interval
	Evidence Evidence
	Stage    Stage
	Of       Thing
	From     []string    // the kinds of activity it stands on
	Formula  string      // in symbols; the words are in locales under "measure.ID."
	Needs    []string    // what it stands on that may not be there: "fact:KIND" of business facts, "fact:KIND/WORD" of those with that label or status, or one of several with "|" between, else what Entente does not do yet
	Dims     []Dimension // what it can be narrowed by
	Parts    []Part
	Confused bool          // put right by how often models err; Ask.Sentiment holds that
	Stock    bool          // a state at the end of the window rather than what happened in it
	Spread   bool          // what is stated of a period counts in a window by the days of the period that lie in it
	Moving   bool          // its facts change as time goes by without anything being stated: waits, and what had not enough time yet
	Ripens   time.Duration // until when after it was what counts is too recent, whatever else becomes of it; 0 where there is no such time

	// Source finds the rows behind the number.
	Source func(Ask) Source
	// Facts reads what is counted between the first and the last cut; nil reads Source.
	Facts func(ctx context.Context, q db.Q, a Ask) ([]Fact, error)
	// Made lists measures whose facts are counted together, so that each can be kept; nil reads Facts, or Source.
	Made func(f Filter) []Made
	// Hourly says that what Facts gives for an hour follows from the rows of Source in that hour, so that it can be kept by the hour, and that Facts minds Ask.Apart.
	Hourly bool
	// Changes reads how a stock moved between the first and the last cut, without what it was before; nil: it cannot be kept.
	Changes func(ctx context.Context, q db.Q, a Ask) ([]Fact, error)
	// Version tells definitions of the same id apart.
	Version string
	// Matching is Source where the rows must be read to know which count: it finds those of a page. nil: Source finds them.
	Matching func(ctx context.Context, q db.Q, a Ask, p Page) (Source, error)
	// Searched says that posts must be read to know which count, here or in what it is made of.
	Searched bool
	// Name and About are the words of a measure that people put together; those of the catalogue have theirs in locales.
	Name, About string
	// Over and Under are the ids of the two measures of a ratio that people put together.
	Over, Under string
	// Priced says that the number tells an amount although its unit is not Money: amounts by the piece.
	Priced bool
	// Estimate makes the number from the facts between two cuts, or for a stock from those before a cut.
	Estimate func([]Fact) Estimated
	// Between makes it instead where it depends on the ends of the window; the facts are all that Read gives before to, also earlier than from.
	Between func(from, to time.Time, facts []Fact) Estimated
	// Within says that Between looks at no fact from before from.
	Within bool
}

// Page is a page of rows, newest first.
type Page struct {
	Part   string    // only rows of this part; "" is all
	Before time.Time // only rows before this moment, or at it with an id before ID; zero is from the newest
	ID     string
	Limit  int                          // rows that are enough
	Narrow func(w *db.Where, at string) // leaves out more by the moment of a row
}

// Pending names what Entente does not do yet and the measure stands on; a measure with such needs has no number.
func (m Measure) Pending() []string {
	var out []string
	for _, n := range m.Needs {
		if !strings.HasPrefix(n, "fact:") {
			out = append(out, n)
		}
	}
	return out
}

// FactNeed is the kind of business facts that a need names, and the label or status that they have, "" for any, one of several with "|" between; ok
// is false for a need of something else.
func FactNeed(need string) (kind, label string, ok bool) {
	need, ok = strings.CutPrefix(need, "fact:")
	kind, label, _ = strings.Cut(need, "/")
	return kind, label, ok
}

// InMoney reports whether the number tells an amount; not everybody who reads measures sees those.
func (m Measure) InMoney() bool { return m.Unit == Money || m.Priced }

// In makes the number of the window from facts in order of time, those before it included, and counts its parts.
func (m Measure) In(from, to time.Time, facts []Fact) Estimated {
	before := func(t time.Time) int {
		return sort.Search(len(facts), func(i int) bool { return !facts[i].At.Before(t) })
	}
	end := before(to)
	begin := min(before(from), end)
	if m.Stock {
		begin = 0
	}
	counted := facts[begin:end]
	var e Estimated
	switch {
	case m.Spread:
		counted = within(from, to, facts[:end])
		if m.Between != nil {
			e = m.Between(from, to, counted)
		} else {
			e = m.Estimate(counted)
		}
	case m.Between != nil:
		e = m.Between(from, to, facts[:end])
	default:
		e = m.Estimate(counted)
	}
	if e.Counts == nil {
		e.Counts = make(map[string]int, len(m.Parts))
		for _, f := range counted {
			e.Counts[f.Part] += f.N
			if f.Open {
				e.Open += f.N
			}
		}
	}
	return e
}

// Made is a measure whose facts another counts.
type Made struct {
	Measure Measure // its id is one of the catalogue or of an own measure, else that of the other, a slash and a word
	Filter  Filter  // by which it is narrowed
	Before  string  // stands before its parts
}

// Named is facts as the other measure names them.
func (p Made) Named(list []Fact) []Fact {
	if p.Before != "" {
		for i := range list {
			list[i].Part = p.Before + list[i].Part
		}
	}
	return list
}

// together reads the facts of all that a measure is made of.
func (m Measure) together(ctx context.Context, q db.Q, a Ask) (out []Fact, err error) {
	for _, p := range m.Made(a.Filter) {
		b := a
		b.Filter = p.Filter
		list, err := p.Measure.Read(ctx, q, b)
		if err != nil {
			return nil, err
		}
		out = append(out, p.Named(list)...)
	}
	return out, nil
}

// Read reads the facts between the first and the last cut.
func (m Measure) Read(ctx context.Context, q db.Q, a Ask) ([]Fact, error) {
	if m.Made != nil {
		return m.together(ctx, q, a)
	}
	read := m.Facts
	if read == nil {
		read = func(ctx context.Context, q db.Q, a Ask) ([]Fact, error) {
			if !m.Spread || a.Periods != Reaching {
				return a.apart(m.Source(a)).read(ctx, q, a.Cuts)
			}
			var out []Fact // of both, one after the other: what either finds is then found by an index and is not told from the other
			for _, a.Periods = range []Periods{Begun, Beginning} {
				list, err := a.apart(m.Source(a)).read(ctx, q, a.Cuts)
				if err != nil {
					return nil, err
				}
				out = append(out, list...)
			}
			return out, nil
		}
	}
	list, err := read(ctx, q, a)
	if m.Clock == Business && !a.Finely {
		a.Hours = a.working() // which remembers what it added up
		for i := range list {
			list[i].For = a.Working(list[i].At, list[i].For)
		}
	}
	if a.Zone != nil {
		for i := range list {
			list[i].At = list[i].At.In(a.Zone)
		}
	}
	return list, err
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
	Currency    string         // of Value in Money
	Counts      map[string]int // how many rows of each part; nil: what the facts of the window add up to
	Open        int            // of which waits that go on
	Terms       []Term         // what it was worked out of, worth showing beside it
	Why         string         // why there is no value although there are facts: a key under "measure.why."
	Currencies  []string       // those that cannot be added
}

// Term is a number that another is worked out of.
type Term struct {
	ID       string // a word as in "measure.term.found"
	Name     string // as it was stated, where ID is only what it is one of
	Unit     Unit
	Currency string
	Value    stat.Estimate
	Weight   float64 // of a dimension of an index, 0 to 1; 0 where nothing is weighted
	Without  float64 // what the index would be without it; 0 where nothing is weighted
}
