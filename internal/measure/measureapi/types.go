package measureapi

import (
	"context"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/measure/stat"
)

// Measure is a definition; names and words are in the language of the request.
type Measure struct {
	ID         string   `json:"id"`
	Name       string   `json:"name"`
	About      string   `json:"about"`
	Unit       string   `json:"unit" doc:"posts, conversations, share (0 to 1), seconds, points, money (minor units of currency), hours, contacts, people, score, index, ratio, facts …"`
	Better     string   `json:"better" enum:"higher,lower,within,neither"`
	Days       int      `json:"days" doc:"Length of the usual period."`
	Clock      string   `json:"clock" enum:"none,calendar,business"`
	MinN       int      `json:"min_n" doc:"With fewer the number is told and not judged."`
	Interval   string   `json:"interval" doc:"How the 95 % interval is made."`
	Evidence   string   `json:"evidence" enum:"measured,surveyed,modelled,assumed"`
	Stage      string   `json:"stage" doc:"Stage of the AMEC framework."`
	Of         string   `json:"of" enum:"post,conversation,fact,person,insight,situation,visit" doc:"What its rows are."`
	Activities []string `json:"activities" doc:"Kinds of activity it stands on."`
	Formula    string   `json:"formula"`
	Words      string   `json:"formula_in_words"`
	Includes   string   `json:"includes"`
	Limits     string   `json:"limits"`
	Parts      []Part   `json:"parts"`
	Section    string   `json:"section"`
	Needs      []string `json:"needs,omitempty" doc:"fact:KIND or fact:KIND/LABEL of business facts, else a part of Entente."`
	Dims       []string `json:"dims,omitempty" doc:"What it can be narrowed by."`
}

// Part names a group among what is counted.
type Part struct {
	ID   string `json:"id"`
	Role string `json:"role" enum:"numerator,denominator,left_out,population"`
}

func definition(ctx context.Context, m kpi.Measure) Measure {
	word := func(about string) string {
		if m.Section == kpi.Own {
			if about == "about" && m.About != "" {
				return m.About
			}
			if about == "formula" {
				return i18n.T(ctx, "own.in_words", "Formula", m.Formula)
			}
			if about == "about" {
				return i18n.T(ctx, "own.made_by")
			}
			return i18n.T(ctx, "own.generic."+about)
		}
		return i18n.T(ctx, "measure."+m.ID+"."+about)
	}
	d := Measure{ID: m.ID, Name: measure.Name(ctx, m), About: word("about"), Unit: string(m.Unit), Better: string(m.Better), Days: m.Days, Clock: string(m.Clock),
		MinN: m.MinN, Interval: string(m.Interval), Evidence: string(m.Evidence), Stage: string(m.Stage), Of: string(m.Of), Activities: m.From,
		Formula: m.Formula, Words: word("formula"), Includes: word("includes"), Limits: word("limits")}
	d.Section, d.Needs = string(m.Section), m.Needs
	for _, by := range m.Dims {
		d.Dims = append(d.Dims, string(by))
	}
	for _, p := range m.Parts {
		d.Parts = append(d.Parts, Part{p.ID, string(p.Role)})
	}
	return d
}

// Number is an estimate in the measure's unit. A member that is absent is not known.
type Number struct {
	Value    *float64 `json:"value,omitempty"`
	Low      *float64 `json:"low,omitempty" doc:"Lower end of the 95 % interval."`
	High     *float64 `json:"high,omitempty" doc:"Upper end of the 95 % interval."`
	MoreThan *float64 `json:"more_than,omitempty" doc:"Instead of value, when too many waits go on to see it."`
}

// Result is a number in a period.
type Result struct {
	From     time.Time      `json:"from"`
	To       time.Time      `json:"to" doc:"Does not belong to the period."`
	Number   Number         `json:"number" doc:"Of waits the median, in seconds."`
	Currency string         `json:"currency,omitempty" doc:"Of amounts, which are in its minor units."`
	Why      string         `json:"why,omitempty" doc:"Why there is no number although there are facts."`
	Raw      *Number        `json:"raw,omitempty" doc:"The number before it was put right for the errors of models."`
	P90      *Number        `json:"p90,omitempty" doc:"Of waits, in seconds."`
	Grade    string         `json:"grade" enum:"no-data,too-few,enough"`
	N        int            `json:"n" doc:"What the number stands on: as many rows are behind it."`
	Open     int            `json:"open,omitempty" doc:"Of which waits that go on."`
	LeftOut  int            `json:"left_out,omitempty" doc:"Looked at and not in n."`
	Of       int            `json:"of,omitempty" doc:"What the n were drawn from, when not everything is looked at."`
	Parts    map[string]int `json:"parts"`
}

// Reading is a measure now and before.
type Reading struct {
	Measure  Measure   `json:"measure"`
	Result   Result    `json:"result"`
	Before   Result    `json:"before"`
	LastYear Result    `json:"last_year" doc:"The same period a year earlier."`
	Missing  []Missing `json:"missing,omitempty" doc:"What keeps the measure from having a number."`
	Change   *Change   `json:"change,omitempty" doc:"Absent when one of the two is not known."`
}

// Missing is something that a measure stands on and that is not there.
type Missing struct {
	Fact   string `json:"fact,omitempty" doc:"A kind of business fact that can be brought."`
	Label  string `json:"label,omitempty" doc:"Of those facts; absent for any."`
	Module string `json:"module,omitempty" doc:"A part of Entente that is not there yet."`
}

func missingOf(list []measure.Need) (out []Missing) {
	for _, n := range list {
		out = append(out, Missing{n.Kind, n.Label, n.Module})
	}
	return out
}

// Change is how a number differs from the one before.
type Change struct {
	By    float64 `json:"by" doc:"In the measure's unit."`
	Clear bool    `json:"clear" doc:"Whether chance alone would seldom make as much."`
}

// Point is one step of a series.
type Point struct {
	Result
	Complete bool `json:"complete" doc:"Whether the period holds all of the step."`
}

// Row is a conversation or a post behind a number.
type Row struct {
	ID      string    `json:"id"`
	Kind    string    `json:"kind" enum:"post,conversation,fact,person,insight,situation,visit"`
	At      time.Time `json:"at" doc:"When it was said or opened."`
	Part    string    `json:"part"`
	Role    string    `json:"role"`
	Title   string    `json:"title,omitempty"`
	Author  string    `json:"author,omitempty"`
	Channel string    `json:"channel,omitempty"`
	Seconds *float64  `json:"seconds,omitempty" doc:"The wait, where the measure is one."`
	Open    bool      `json:"open,omitempty" doc:"The wait goes on."`
	Share   float64   `json:"share,omitempty" doc:"How much of it counts, where its period reaches beyond the window; absent: all of it."`
}

func row(m kpi.Measure, r measure.Row) Row {
	out := Row{ID: r.ID, Kind: string(r.Of), At: r.At, Part: r.Part, Role: string(r.Role), Title: r.Title, Author: r.Author, Channel: r.Channel, Open: r.Open, Share: r.Share}
	if m.Unit == kpi.Seconds {
		out.Seconds = some(r.For.Seconds())
	}
	return out
}

func some(v float64) *float64 { return &v }

func result(m kpi.Measure, r measure.Result) Result {
	out := Result{From: r.Window.From, To: r.Window.To, Grade: r.Value.Grade.String(), N: r.N, Open: r.Open, LeftOut: r.LeftOut, Of: r.Of, Currency: r.Currency, Why: r.Why, Parts: map[string]int{}}
	for _, p := range r.Parts {
		out.Parts[p.ID] = p.N
	}
	if m.Unit == kpi.Seconds {
		p90 := wait(r.P90)
		out.Number, out.P90 = wait(r.Median), &p90
		return out
	}
	if r.Value.Defined() {
		out.Number.Value = some(r.Value.Value)
	}
	if r.Raw.Defined() {
		out.Raw = &Number{Value: some(r.Raw.Value), Low: some(r.Raw.Low), High: some(r.Raw.High)}
	}
	if r.Value.Bounded {
		out.Number.Low, out.Number.High = some(r.Value.Low), some(r.Value.High)
	}
	return out
}

func wait(w stat.Wait) (n Number) {
	switch {
	case !w.Defined():
		return n
	case w.Reached:
		n.Value, n.Low = some(w.Value.Seconds()), some(w.Low.Seconds())
	default:
		n.MoreThan = some(w.Beyond.Seconds())
	}
	if w.HighReached {
		n.High = some(w.High.Seconds())
	}
	return n
}
