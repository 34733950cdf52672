package planweb

import (
	"context"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/plan"
	"github.com/entente/entente/internal/plan/cost"
	"github.com/entente/entente/internal/plan/money"
	"github.com/entente/entente/internal/plan/schedule"
	"github.com/entente/entente/internal/web/ui"
)

func dayText(ctx context.Context, d schedule.Day) string {
	return i18n.Day(ctx, d.Noon(i18n.Zone(ctx)))
}

func dayShort(ctx context.Context, d schedule.Day) string {
	return i18n.DayShort(ctx, d.Noon(i18n.Zone(ctx)))
}

// span writes from when to when.
func span(ctx context.Context, from, to schedule.Day) string {
	switch {
	case from == 0 && to == 0:
		return i18n.T(ctx, "plan.no_dates")
	case from == to:
		return dayText(ctx, from)
	}
	first := dayText(ctx, from)
	if a, _, _ := from.Date(); from != 0 && to != 0 {
		if b, _, _ := to.Date(); a == b {
			first = dayShort(ctx, from)
		}
	}
	return i18n.T(ctx, "plan.from_to", "From", first, "To", dayText(ctx, to))
}

func moneyText(ctx context.Context, minor int64, currency string) string {
	if minor == 0 {
		minor = 0 // never "−0"
	}
	return i18n.Money(ctx, minor, currency)
}

// sums writes amounts of several currencies one after the other: they are never added.
func sums(ctx context.Context, list []money.Amount) string {
	var parts []string
	for _, a := range list {
		parts = append(parts, moneyText(ctx, a.Minor, a.Currency))
	}
	if len(parts) == 0 {
		return "–"
	}
	return strings.Join(parts, " + ")
}

func hours(ctx context.Context, minutes int) string {
	if minutes == 0 {
		return "0\u00a0h"
	}
	s := i18n.Number(ctx, math.Floor(float64(minutes)/60), 0) + "\u00a0h"
	if m := minutes % 60; m != 0 {
		s += "\u00a0" + strconv.Itoa(m)
	}
	return s
}

func stateWord(ctx context.Context, s plan.State) string { return i18n.T(ctx, "plan.state."+string(s)) }

func stateTone(s plan.State) ui.Tone {
	switch s {
	case plan.Proposed:
		return ui.Info
	case plan.Approved:
		return ui.Accent
	case plan.Running, plan.Done:
		return ui.Success
	case plan.Stopped:
		return ui.Warning
	}
	return ui.Neutral
}

// slip says how late or early it is.
func slip(ctx context.Context, days int) string {
	switch {
	case days > 0:
		return i18n.N(ctx, "plan.late", days)
	case days < 0:
		return i18n.N(ctx, "plan.early", -days)
	}
	return i18n.T(ctx, "plan.on_time")
}

func slipTone(days int) ui.Tone {
	switch {
	case days > 5:
		return ui.Danger
	case days > 0:
		return ui.Warning
	}
	return ui.Success
}

// moves reports whether its dates can slip: what is planned or done, not what is only a draft or was stopped.
func moves(st plan.Standing) bool {
	return st.Due != 0 && st.Expected != 0 && (st.State == plan.Approved || st.State == plan.Running || st.State == plan.Done)
}

func nameOf(ctx context.Context, w plan.World, member string) string {
	if member == "" {
		return i18n.T(ctx, "plan.nobody")
	}
	if n := w.Name(member); n != "" {
		return n
	}
	return i18n.T(ctx, "plan.former")
}

// nameOrNone is a member as a cell has it, a dash for nobody.
func nameOrNone(ctx context.Context, w plan.World, member string) string {
	if member == "" {
		return "–"
	}
	return nameOf(ctx, w, member)
}

func percent(ctx context.Context, share float64) string { return i18n.Percent(ctx, share, 0) }

// paybackMonth writes the month in which benefits have made up for costs.
func paybackMonth(ctx context.Context, d schedule.Day) string {
	if d == 0 {
		return i18n.T(ctx, "plan.payback_never")
	}
	return i18n.Month(ctx, d.Noon(i18n.Zone(ctx)))
}

func paybackLikely(ctx context.Context, r cost.Return) string {
	if !r.Known {
		return "–"
	}
	return paybackMonth(ctx, r.Payback)
}

// paybackBounds writes the earliest and the latest month, "" where they are one.
func paybackBounds(ctx context.Context, r cost.Return) string {
	if !r.Known || r.Earliest == r.Least {
		return ""
	}
	return i18n.T(ctx, "plan.payback_between", "Early", paybackMonth(ctx, r.Earliest), "Late", paybackMonth(ctx, r.Least))
}

// payback writes all of it.
func payback(ctx context.Context, r cost.Return) string {
	if !r.Known {
		return ""
	}
	s := i18n.T(ctx, "plan.payback") + " " + paybackLikely(ctx, r)
	if bounds := paybackBounds(ctx, r); bounds != "" {
		s += ", " + bounds
	}
	return s
}

// how writes how a line of the budget comes to its sum.
func how(ctx context.Context, l cost.Line) string {
	amount := moneyText(ctx, l.Amount, l.Currency)
	switch l.Kind {
	case cost.Hours:
		return i18n.T(ctx, "plan.how.hours", "Hours", hours(ctx, l.Minutes), "Amount", amount)
	case cost.Licences:
		return i18n.T(ctx, "plan.how.licences", "Count", i18n.Number(ctx, float64(l.Count), 0), "Amount", amount, "Every", i18n.T(ctx, "plan.every."+string(l.Every)))
	case cost.Recurring:
		return i18n.T(ctx, "plan.how.recurring", "Amount", amount, "Every", i18n.T(ctx, "plan.every."+string(l.Every)))
	}
	return i18n.T(ctx, "plan.kind.one_off")
}

// changeText says what changed since approval.
func changeText(ctx context.Context, c plan.Change) string {
	return i18n.T(ctx, "plan.change."+c.Key, "Name", c.Name, "Was", c.Was, "Now", c.Now, "WasOn", dayText(ctx, c.WasOn), "NowOn", dayText(ctx, c.NowOn),
		"WasCost", sums(ctx, c.WasCost), "NowCost", sums(ctx, c.NowCost))
}

func gapText(ctx context.Context, g plan.Gap) string {
	return i18n.T(ctx, "plan.gap."+g.Key, g.Args...)
}

// gapHref is the field in which something missing is put right.
func gapHref(initiative string, g plan.Gap) string {
	return href(initiative, "edit", string(g.Section)) + "#f-" + g.Field
}

// measureName is what the catalogue calls a measure.
func measureName(ctx context.Context, id string) string {
	if key := "measure." + id + ".name"; i18n.Has(key) {
		return i18n.T(ctx, key)
	}
	return id
}

// inUnit writes a value of a measure: shares in per cent, waits as times.
func inUnit(ctx context.Context, u kpi.Unit, v float64) string {
	switch u {
	case kpi.Share, kpi.Ratio:
		return i18n.Percent(ctx, v, 0)
	case kpi.Seconds:
		return i18n.For(ctx, time.Duration(v)*time.Second)
	}
	if word := measure.Word(ctx, u, v); word != "" {
		return plainNumber(ctx, v) + "\u00a0" + word
	}
	return plainNumber(ctx, v)
}

func plainNumber(ctx context.Context, v float64) string {
	decimals := 0
	if v != math.Trunc(v) {
		decimals = 2
	}
	return i18n.Number(ctx, v, decimals)
}

// scoreTone colours probability × impact by the usual bounds of a five by five matrix.
func scoreTone(score int) ui.Tone {
	switch {
	case score >= 15:
		return ui.Danger
	case score >= 8:
		return ui.Warning
	}
	return ui.Neutral
}

// mark is the reader's decimal mark.
func mark(ctx context.Context) string {
	if i18n.Lang(ctx) == "fr" {
		return ","
	}
	return "."
}

// number reads what people type: 1,5 or 1.5, spaces between thousands, a typographic minus.
func number(text string) (float64, bool) {
	clean := strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\u00a0', '\u202f':
			return -1
		case '−':
			return '-'
		case ',':
			return '.'
		}
		return r
	}, text)
	if len(clean) > 40 || strings.ContainsAny(clean, "xXpP_iInN") {
		return 0, false
	}
	v, err := strconv.ParseFloat(clean, 64)
	return v, err == nil && !math.IsNaN(v) && !math.IsInf(v, 0)
}

func typedNumber(ctx context.Context, v float64) string {
	return strings.Replace(strconv.FormatFloat(v, 'f', -1, 64), ".", mark(ctx), 1)
}

// author is who proposed an idea.
func author(ctx context.Context, name string) string {
	if name == "" {
		return i18n.T(ctx, "plan.idea.somebody")
	}
	return name
}
