// Package own decides what a measure is that people put together without code: what they chose comes in, and a definition of the kind the
// catalogue has, or what is wrong with the choice, goes out.
package own

import (
	"errors"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/lang/query"
)

// Way is how a measure makes a number.
type Way string

// The ways.
const (
	Count      Way = "count"
	Sum        Way = "sum"
	Share      Way = "share"
	Median     Way = "median"
	Percentile Way = "percentile"
	Duration   Way = "duration"
	Ratio      Way = "ratio"
)

// Ways lists the ways in the order in which they are shown.
func Ways() []Way { return []Way{Count, Share, Sum, Median, Percentile, Duration, Ratio} }

// Prefix begins the ids of own measures.
const Prefix = "own-"

// Definition is what people chose. Which fields count follows from Way and Of.
type Definition struct {
	Name  string    `json:"name" maxLength:"100"`
	About string    `json:"about,omitempty" maxLength:"1000"`
	Way   Way       `json:"way" enum:"count,share,sum,median,percentile,duration,ratio"`
	Of    kpi.Thing `json:"of,omitempty" enum:",post,conversation,fact" doc:"What is counted; not for ratios."`

	Query  string `json:"query,omitempty" maxLength:"2000" doc:"Of posts: which count, in the query language; all of others when empty. Of conversations: by the post that began them."`
	Fact   string `json:"fact,omitempty" maxLength:"40" doc:"Of business facts: their kind."`
	Status string `json:"status,omitempty" maxLength:"100"`
	Label  string `json:"label,omitempty" maxLength:"200"`

	// Currency keeps amounts of one currency: those of others are not looked at.
	Currency string `json:"currency,omitempty" maxLength:"3" doc:"Of amounts: only those in this currency, such as EUR; amounts in several are never added."`

	PartQuery  string `json:"part_query,omitempty" maxLength:"2000" doc:"Of a share of posts or conversations: which are the part."`
	PartStatus string `json:"part_status,omitempty" maxLength:"100" doc:"Of a share of facts: which are the part."`
	PartLabel  string `json:"part_label,omitempty" maxLength:"200"`

	Value   string  `json:"value,omitempty" enum:",quantity,amount" doc:"Of sums, medians and percentiles of facts: what of each."`
	Percent float64 `json:"percent,omitempty" minimum:"0" maximum:"100" doc:"Of a percentile: 1 to 99."`

	Begin  string `json:"begin,omitempty" maxLength:"60" doc:"Of a duration, median or percentile of conversations: opened, answered; of facts: the status of the first."`
	End    string `json:"end,omitempty" maxLength:"60" doc:"answered or resolved; of facts: the status of the second."`
	Second string `json:"second,omitempty" maxLength:"40" doc:"Of a duration of facts: the kind of the second; the same when empty."`
	Joined string `json:"joined,omitempty" enum:",ref,person" doc:"Of a duration of facts: what both have in common; ref when empty."`

	Over  string `json:"over,omitempty" maxLength:"100" doc:"Of a ratio: id of the measure above the line."`
	Under string `json:"under,omitempty" maxLength:"100" doc:"Of a ratio: id of the measure below the line."`

	Better kpi.Better `json:"better" enum:"higher,lower,within,neither"`
	Days   int        `json:"days" minimum:"1" maximum:"366"`
	MinN   int        `json:"min_n,omitempty" minimum:"0" maximum:"10000"`
}

var currencyCode = regexp.MustCompile(`^[A-Z]{3}$`)

// Find gives a measure by its id, for ratios.
type Find func(id string) (kpi.Measure, error)

// Check makes a definition whole and says all that is wrong with it.
func (d *Definition) Check(find Find) error {
	var bad []error
	refuse := func(field, key string, args ...any) {
		bad = append(bad, problem.New(problem.Invalid, key, args...).On(field))
	}
	for _, f := range []struct {
		name string
		text *string
		max  int
	}{{"name", &d.Name, 100}, {"about", &d.About, 1000}, {"query", &d.Query, 2000}, {"part_query", &d.PartQuery, 2000}, {"status", &d.Status, 100}, {"label", &d.Label, 200},
		{"part_status", &d.PartStatus, 100}, {"part_label", &d.PartLabel, 200}, {"begin", &d.Begin, 60}, {"end", &d.End, 60}, {"over", &d.Over, 100}, {"under", &d.Under, 100}, {"currency", &d.Currency, 3}} {
		*f.text = strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(*f.text, "\uFFFD"), "\x00", ""))
		if utf8.RuneCountInString(*f.text) > f.max {
			refuse(f.name, "problem.too_long", "Max", f.max)
		}
	}
	if d.Name == "" {
		refuse("name", "problem.required")
	}
	if d.Days == 0 {
		d.Days = 30
	}
	if d.Days < 1 || d.Days > 366 {
		refuse("days", "own.bad_days", "Max", 366)
	}
	if d.MinN < 0 || d.MinN > 10_000 {
		refuse("min_n", "own.bad_min_n", "Max", 10_000)
	}
	if d.Better == "" {
		d.Better = kpi.Neither
	}
	if !slices.Contains([]kpi.Better{kpi.Higher, kpi.Lower, kpi.Within, kpi.Neither}, d.Better) {
		refuse("better", "own.unknown_choice")
	}
	if !slices.Contains(Ways(), d.Way) {
		refuse("way", "own.unknown_choice")
		return errors.Join(bad...)
	}
	of := map[Way][]kpi.Thing{Count: {kpi.OfPosts, kpi.OfConversations, kpi.OfFacts}, Share: {kpi.OfPosts, kpi.OfConversations, kpi.OfFacts}, Sum: {kpi.OfFacts}, Median: {kpi.OfConversations, kpi.OfFacts}, Percentile: {kpi.OfConversations, kpi.OfFacts},
		Duration: {kpi.OfConversations, kpi.OfFacts}}[d.Way]
	if d.Way == Ratio {
		d.Of = ""
	} else if d.Of == "" && (len(of) == 1 || d.Fact != "") {
		d.Of = of[len(of)-1]
	}
	if d.Way != Ratio && !slices.Contains(of, d.Of) {
		refuse("of", "own.not_of")
		return errors.Join(bad...)
	}
	var kind ledger.FactKind
	if d.Of == kpi.OfFacts {
		var known bool
		if kind, known = ledger.KindOfFact(d.Fact); !known {
			refuse("fact", "own.unknown_fact")
			return errors.Join(bad...)
		}
	}
	among := func(field, value string, kind ledger.FactKind) {
		if value == "" {
			return
		}
		if kind.Status == ledger.Never {
			refuse(field, "own.no_status")
		} else if !slices.Contains(kind.Statuses, value) {
			refuse(field, "own.unknown_status", "List", strings.Join(kind.Statuses, ", "))
		}
	}
	labelled := func(field, value string) {
		if value != "" && kind.Label == ledger.Never {
			refuse(field, "own.no_label")
		} else if value != "" && kind.Labels != nil && !slices.Contains(kind.Labels, value) {
			refuse(field, "own.unknown_status", "List", strings.Join(kind.Labels, ", "))
		}
	}
	if d.Of == kpi.OfFacts {
		among("status", d.Status, kind)
		labelled("label", d.Label)
	}
	said := d.Of == kpi.OfPosts || d.Of == kpi.OfConversations
	if said {
		bad = append(bad, lint("query", d.Query)...)
	}
	switch d.Way {
	case Share:
		switch {
		case said && d.PartQuery == "":
			refuse("part_query", "problem.required")
		case said:
			bad = append(bad, lint("part_query", d.PartQuery)...)
		case d.PartStatus == "" && d.PartLabel == "":
			refuse("part_status", "own.part_missing")
		default:
			among("part_status", d.PartStatus, kind)
			labelled("part_label", d.PartLabel)
		}
	case Sum, Median, Percentile:
		if d.Way == Percentile && (math.IsNaN(d.Percent) || d.Percent < 1 || d.Percent > 99) {
			refuse("percent", "own.bad_percent")
		}
		if d.Of == kpi.OfConversations {
			d.checkDuration(refuse, among, kind)
			break
		}
		switch d.Currency = strings.ToUpper(d.Currency); {
		case d.Currency == "":
		case d.Value != "amount":
			d.Currency = "" // there is nothing in a currency
		case !currencyCode.MatchString(d.Currency):
			refuse("currency", "own.bad_currency")
		}
		switch d.Value {
		case "":
			d.Value = "quantity"
		case "quantity":
		case "amount":
			if kind.Amount == ledger.Never {
				refuse("value", "own.no_amount")
			}
		default:
			refuse("value", "own.unknown_choice")
		}
		if d.Way == Sum && d.Value == "quantity" && !kind.Sums && kind.ID != "" {
			refuse("value", "own.not_added")
		}
	case Duration:
		d.checkDuration(refuse, among, kind)
	case Ratio:
		d.checkRatio(refuse, find)
	}
	return errors.Join(bad...)
}

// Begins and Ends are the moments of a conversation.
func Begins() []string { return []string{"opened", "answered"} }

// Ends are those that can come after.
func Ends() []string { return []string{"answered", "resolved"} }

func (d *Definition) checkDuration(refuse func(field, key string, args ...any), among func(string, string, ledger.FactKind), kind ledger.FactKind) {
	if d.Of == kpi.OfConversations {
		if !slices.Contains(Begins(), d.Begin) {
			refuse("begin", "own.unknown_choice")
		}
		if !slices.Contains(Ends(), d.End) {
			refuse("end", "own.unknown_choice")
		}
		if d.Begin == d.End {
			refuse("end", "own.same_moment")
		}
		return
	}
	if d.Second == "" {
		d.Second = d.Fact
	}
	second, known := ledger.KindOfFact(d.Second)
	if !known {
		refuse("second", "own.unknown_fact")
		return
	}
	if d.Joined == "" {
		d.Joined = "ref"
	}
	if d.Joined != "ref" && d.Joined != "person" {
		refuse("joined", "own.unknown_choice")
		return
	}
	if !kind.Has(d.Joined) || !second.Has(d.Joined) {
		refuse("joined", "own.not_joined")
	}
	among("begin", d.Begin, kind)
	among("end", d.End, second)
	if d.Fact == d.Second && d.Begin == d.End {
		refuse("end", "own.same_moment")
	}
}

func (d *Definition) checkRatio(refuse func(field, key string, args ...any), find Find) {
	for _, f := range []struct{ name, id string }{{"over", d.Over}, {"under", d.Under}} {
		if f.id == "" {
			refuse(f.name, "problem.required")
			continue
		}
		m, err := find(f.id)
		switch {
		case problem.Is(err, problem.Conflict):
			refuse(f.name, "own.circular")
		case err != nil:
			refuse(f.name, "own.unknown_measure")
		case m.Unit == kpi.Seconds || m.Between != nil && m.Over == "":
			refuse(f.name, "own.not_divided")
		}
	}
	if d.Over != "" && d.Over == d.Under {
		refuse("under", "own.same_measure")
	}
}

// lint says what is wrong with a query, with what to write instead.
func lint(field, text string) (bad []error) {
	if text == "" {
		return nil
	}
	_, found := query.Parse(text)
	for _, p := range found {
		if p.Severity != query.Error {
			continue
		}
		var args []any
		for k, v := range p.Args {
			args = append(args, k, v)
		}
		bad = append(bad, problem.New(problem.Invalid, p.Key, args...).On(field))
	}
	return bad
}
