package chart

import (
	"context"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/internal/i18n"
)

// Unit says what values are counted in and how they are written. The zero value is a plain number.
type Unit struct {
	kind     unitKind
	label    string
	key      string // of Counted
	decimals int
}

type unitKind int

const (
	plain unitKind = iota
	share
	duration
	money
	counted
	whole
)

// Count is a number of something, such as "posts", with so many decimals; label may be empty.
func Count(label string, decimals int) Unit {
	return Unit{kind: plain, label: label, decimals: min(max(decimals, 0), 6)}
}

// Counted is a number of things whose word changes with it: key is a sentence with a plural and {{.N}}, such as "1 post", "2 posts"; label
// stands at the head of an axis.
func Counted(key, label string) Unit { return Unit{kind: counted, key: key, label: label} }

// Whole is Counted of what there are no parts of, also where a value was estimated; key may be empty.
func Whole(key, label string) Unit { return Unit{kind: whole, key: key, label: label} }

// Share is a part of one: 0.84 is written 84 %.
func Share(decimals int) Unit { return Unit{kind: share, decimals: min(max(decimals, 0), 4)} }

// Duration is a time in seconds: 5400 is written 1 h 30 min.
func Duration() Unit { return Unit{kind: duration} }

// Money is an amount in minor units of a currency: 123456 is written €1,234.56.
func Money(currency string) Unit { return Unit{kind: money, label: currency} }

// Write writes a value with its unit, "–" when it is missing.
func (u Unit) Write(ctx context.Context, v float64) string {
	if !finite(v) {
		return "–"
	}
	switch u.kind {
	case share:
		if math.Abs(v) > 1e9 {
			return scientific(v*100) + " %"
		}
		return i18n.Percent(ctx, v, u.decimals)
	case duration:
		return seconds(ctx, v)
	case money:
		if math.Abs(v) < 1e17 {
			return strings.TrimRight(i18n.Money(ctx, int64(math.Round(v)), u.label), "\u00a0") // nothing behind the amount when no currency is known
		}
		return scientific(v) + "\u00a0" + u.label
	case counted:
		return things(ctx, u.key, v)
	case whole:
		v = math.Round(v)
		if u.key == "" {
			return number(ctx, v, 0)
		}
		return things(ctx, u.key, v)
	}
	s := number(ctx, v, u.decimals)
	if u.label != "" {
		s += "\u00a0" + u.label
	}
	return s
}

// tick writes a value of an axis whose steps are step wide.
func (u Unit) tick(ctx context.Context, v, step float64) string {
	switch u.kind {
	case share:
		if math.Abs(v) > 1e6 || step < 1e-8 {
			return scientific(v*100) + " %"
		}
		return i18n.Percent(ctx, v, decimalsOf(step*100))
	case duration:
		return seconds(ctx, v)
	case money:
		return short(ctx, v/100, step/100)
	}
	return short(ctx, v, step)
}

// axis is what stands at the head of the value axis, when the ticks do not say it.
func (u Unit) axis() string {
	switch u.kind {
	case money, plain, counted, whole:
		return u.label
	}
	return ""
}

// things writes so many of something in the plural that the reader's language has for it: 1.5 is one of a kind in French and several in
// English (CLDR).
func things(ctx context.Context, key string, v float64) string {
	decimals := 0
	if a := math.Abs(v); a < 10 && math.Abs(a-math.Round(a)) >= 0.05 {
		decimals = 1
	}
	text, many := number(ctx, v, decimals), math.Min(math.Round(math.Abs(v)), 1e9)
	if decimals > 0 {
		many = 2
		if i18n.Lang(ctx) == "fr" {
			many = math.Trunc(math.Abs(v))
		}
	}
	return i18n.N(ctx, key, int(many), "N", text)
}

func seconds(ctx context.Context, v float64) string {
	sign := ""
	if v < 0 {
		sign, v = "−", -v
	}
	if v > 9e9 {
		return sign + scientific(v/86400/365.25) + "\u00a0a"
	}
	if v > 0 && v < 1 {
		return sign + i18n.Number(ctx, v, 2) + "\u00a0s"
	}
	return sign + i18n.For(ctx, time.Duration(math.Round(v))*time.Second)
}

func number(ctx context.Context, v float64, decimals int) string {
	a := math.Abs(v)
	if a >= 1e15 || a > 0 && a < math.Pow(10, -float64(decimals))/2 && a < 1e-6 {
		return scientific(v)
	}
	if a > 0 && a < math.Pow(10, -float64(decimals))/2 {
		decimals = min(decimalsOf(a)+1, 8)
	}
	return i18n.Number(ctx, v, decimals)
}

// short writes thousands as they are and larger numbers with the prefixes M and G, the same in every language.
func short(ctx context.Context, v, step float64) string {
	a := math.Abs(v)
	switch {
	case v == 0:
		return "0"
	case a >= 1e12 || a < 1e-6:
		return scientific(v)
	case a >= 1e9:
		return i18n.Number(ctx, v/1e9, decimalsOf(step/1e9)) + "\u00a0G"
	case a >= 1e6:
		return i18n.Number(ctx, v/1e6, decimalsOf(step/1e6)) + "\u00a0M"
	}
	return i18n.Number(ctx, v, decimalsOf(step))
}

func scientific(v float64) string {
	return strings.Replace(strconv.FormatFloat(v, 'g', 3, 64), "-", "−", 1)
}

// decimalsOf is how many decimals steps of that width need, at most 8.
func decimalsOf(step float64) int {
	step = math.Abs(step)
	if !finite(step) || step == 0 || step >= 1 {
		if finite(step) && step > 1 && step < 10 && step != math.Trunc(step) {
			return 1
		}
		return 0
	}
	d := int(math.Ceil(-math.Log10(step) - 1e-9))
	if r := step * math.Pow10(d); math.Abs(r-math.Round(r)) > 1e-6 {
		d++
	}
	return min(d, 8)
}
