// Package tell decides how numbers are written for people: measures, results and changes come in, words in the language of the reader go out.
package tell

import (
	"context"
	"math"
	"strings"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/org"
)

// Figure is a number ready to read.
type Figure struct{ Value, Unit, Interval, Note string }

// Whole is the number with its unit.
func (f Figure) Whole() string {
	if f.Unit == "" {
		return f.Value
	}
	return f.Value + "\u00a0" + f.Unit
}

// mostDigits is how many digits are written behind the point where fewer would say 0, or say two numbers alike.
const mostDigits = 6

// Amount writes a value in a unit, without the unit's word: in as many digits as suit the unit, in more where those would say 0 of what is not.
func Amount(ctx context.Context, u kpi.Unit, currency string, v float64) string {
	zero, text := amount(ctx, u, currency, 0, 0), amount(ctx, u, currency, v, 0)
	for more := 1; v != 0 && (text == zero || text == "-"+zero || text == "−"+zero) && more <= mostDigits; more++ {
		zero, text = amount(ctx, u, currency, 0, more), amount(ctx, u, currency, v, more)
	}
	return text
}

// Pair writes two values as Amount does, in as many digits as tell them apart.
func Pair(ctx context.Context, u kpi.Unit, currency string, a, b float64) (string, string) {
	x, y := Amount(ctx, u, currency, a), Amount(ctx, u, currency, b)
	for more := 1; a != b && x == y && more <= mostDigits; more++ {
		x, y = amount(ctx, u, currency, a, more), amount(ctx, u, currency, b, more)
	}
	return x, y
}

// amount is Amount with so many digits more than suit the unit.
func amount(ctx context.Context, u kpi.Unit, currency string, v float64, more int) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "–"
	}
	switch u {
	case kpi.Share:
		return i18n.Percent(ctx, v, more)
	case kpi.Ratio:
		return i18n.Percent(ctx, v, 1+more)
	case kpi.Seconds:
		if math.Abs(v) > 9e9 {
			return "–"
		}
		return i18n.For(ctx, time.Duration(math.Round(v))*time.Second)
	case kpi.Money:
		if math.Abs(v) < 1e17 {
			return i18n.Money(ctx, int64(math.Round(v)), currency)
		}
		return "–"
	case kpi.Score:
		return i18n.Number(ctx, v, 2+more)
	case kpi.Points, kpi.Hours, kpi.Index:
		return i18n.Number(ctx, v, 1+more)
	}
	return i18n.Number(ctx, v, more)
}

// Of writes a number of a measure; v is the statistic that is asked for, in unit u.
func Of(ctx context.Context, m kpi.Measure, r measure.Result, u kpi.Unit, v stat.Estimate) Figure {
	f := Figure{Value: Amount(ctx, u, r.Currency, v.Value), Unit: measure.Word(ctx, u, v.Value)}
	switch {
	case !v.Defined() && r.Why != "":
		return Figure{Value: "–", Note: i18n.T(ctx, "measure.why."+r.Why, "Currencies", strings.Join(r.Currencies, ", "))}
	case v.Beyond:
		return Figure{Value: Told(ctx, u, r.Currency, v)}
	case !v.Defined():
		return Figure{Value: "–", Note: i18n.T(ctx, "measure.nothing")}
	case v.Grade == stat.TooFew && v.N < m.MinN:
		f.Note = i18n.T(ctx, "measure.too_few_of", "N", i18n.Number(ctx, float64(v.N), 0), "Min", i18n.Number(ctx, float64(m.MinN), 0))
	}
	if v.Bounded && v.Low < v.High {
		f.Interval = Between(ctx, u, r.Currency, v)
	}
	return f
}

// Told writes a number without the unit's word, or that it is more than what was seen.
func Told(ctx context.Context, u kpi.Unit, currency string, v stat.Estimate) string {
	text := Amount(ctx, u, currency, v.Value)
	if v.Beyond {
		return i18n.T(ctx, "measure.more_than", "Value", text)
	}
	return text
}

// Between writes an interval.
func Between(ctx context.Context, u kpi.Unit, currency string, v stat.Estimate) string {
	if u.Things() {
		v.Low, v.High = math.Round(v.Low), math.Round(v.High)
	}
	return i18n.T(ctx, "measure.between", "Low", Amount(ctx, u, currency, v.Low), "High", Amount(ctx, u, currency, v.High))
}

// Change writes how a number moved against, a word as in "report.against.before"; good says whether it moved the way it should, 0 when that
// cannot be said.
func Change(ctx context.Context, m kpi.Measure, u kpi.Unit, currency string, c measure.Change, against string) (text string, good int) {
	if !c.Known {
		return "", 0
	}
	with := i18n.T(ctx, "report.against."+against)
	if c.By == 0 {
		return i18n.T(ctx, "report.change.same", "Against", with), 0
	}
	sign := "+"
	if c.By < 0 {
		sign = "−"
	}
	by := sign + Amount(ctx, u, currency, math.Abs(c.By))
	if u == kpi.Share {
		by = sign + Amount(ctx, kpi.Points, "", math.Abs(c.By)*100) + "\u00a0" + i18n.T(ctx, "measure.short.points")
	}
	if c.TooFew {
		return i18n.T(ctx, "report.change.few", "By", by, "Against", with), 0
	}
	if !c.Clear {
		return i18n.T(ctx, "report.change.noise", "By", by, "Against", with), 0
	}
	if m.Interval != kpi.ExactNumber {
		switch {
		case m.Better == kpi.Higher && c.By > 0, m.Better == kpi.Lower && c.By < 0:
			good = 1
		case m.Better == kpi.Higher || m.Better == kpi.Lower:
			good = -1
		}
	}
	return i18n.T(ctx, "report.change.clear", "By", by, "Against", with), good
}

// Value is what a value of a dimension is called.
func Value(ctx context.Context, by kpi.Dimension, id, name string) string {
	switch by {
	case kpi.ByLanguage:
		return i18n.Language(ctx, id)
	case kpi.ByKind:
		if key := "enrich.kinds." + id; i18n.Has(key) {
			return i18n.T(ctx, key)
		}
	}
	if name == "" {
		return id
	}
	return name
}

// Need says what a measure is waiting for, and where it can be brought, "" when nowhere.
func Need(ctx context.Context, n measure.Need) (text, href string) {
	if text = n.Text(ctx); n.Kind == "" || org.Require(ctx, org.ImportRun) != nil {
		return text, "" // nobody can bring it, or others do
	}
	return text, "/import?format=facts&kind=" + n.Kind
}
