package i18n

import (
	"context"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

const narrowSpace = "\u202f" // French groups thousands with it and puts it before ; ! ? %

func french(ctx context.Context) bool { return Lang(ctx) == "fr" }

// Colon is what stands between a name and what is said of it: in French with a no-break space before it.
func Colon(ctx context.Context) string {
	if french(ctx) {
		return "\u00a0: "
	}
	return ": "
}

// Number writes v with so many decimals: 1,234.5 in English, 1 234,5 in French. What is not a number is "–".
func Number(ctx context.Context, v float64, decimals int) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "–"
	}
	s := strconv.FormatFloat(math.Abs(v), 'f', decimals, 64)
	whole, fraction, _ := strings.Cut(s, ".")
	group, point := ",", "."
	if french(ctx) {
		group, point = narrowSpace, ","
	}
	var b strings.Builder
	if v < 0 && strings.Trim(s, "0.") != "" {
		b.WriteString("−")
	}
	for i, r := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteString(group)
		}
		b.WriteRune(r)
	}
	if fraction != "" {
		b.WriteString(point + fraction)
	}
	return b.String()
}

// Percent writes a share (0 to 1) as 84 % or 84%.
func Percent(ctx context.Context, share float64, decimals int) string {
	if math.IsNaN(share) || math.IsInf(share, 0) {
		return "–"
	}
	if french(ctx) {
		return Number(ctx, share*100, decimals) + narrowSpace + "%"
	}
	return Number(ctx, share*100, decimals) + "%"
}

// Money writes an amount in minor units of a currency with as many decimals as it has (ISO 4217).
func Money(ctx context.Context, minor int64, currency string) string {
	decimals, unit := 2, 100.0
	switch currency {
	case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF": // ISO 4217
		decimals, unit = 0, 1
	case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND":
		decimals, unit = 3, 1000
	}
	n := Number(ctx, float64(minor)/unit, decimals)
	sign := map[string]string{"EUR": "€", "USD": "$", "GBP": "£", "CHF": "CHF"}[currency]
	if sign == "" {
		sign = currency
	}
	if french(ctx) {
		return n + "\u00a0" + sign
	}
	if utf8.RuneCountInString(sign) > 1 {
		return sign + "\u00a0" + n
	}
	if rest, negative := strings.CutPrefix(n, "−"); negative {
		return "−" + sign + rest
	}
	return sign + n
}

var months = map[string][12]string{
	"en": {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
	"fr": {"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"},
}

var shortMonths = map[string][12]string{
	"en": {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
	"fr": {"janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."},
}

func pick(ctx context.Context, names map[string][12]string, m time.Month) string {
	if french(ctx) {
		return names["fr"][m-1]
	}
	return names["en"][m-1]
}

// Day writes 21 Nov 2026, in the reader's zone; "–" for the zero time.
func Day(ctx context.Context, t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	t = t.In(Zone(ctx))
	return dayOfMonth(ctx, t) + "\u00a0" + pick(ctx, shortMonths, t.Month()) + " " + strconv.Itoa(t.Year())
}

// DayShort writes 21 Nov.
func DayShort(ctx context.Context, t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	t = t.In(Zone(ctx))
	return dayOfMonth(ctx, t) + "\u00a0" + pick(ctx, shortMonths, t.Month())
}

// dayOfMonth is the number of the day; French counts the first one and only that.
func dayOfMonth(ctx context.Context, t time.Time) string {
	if t.Day() == 1 && french(ctx) {
		return "1er"
	}
	return strconv.Itoa(t.Day())
}

// DateTime writes 21 Nov 2026, 14:05.
func DateTime(ctx context.Context, t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return Day(ctx, t) + ", " + Time(ctx, t)
}

// Time writes 14:05, or 14 h 05 in French.
func Time(ctx context.Context, t time.Time) string {
	t = t.In(Zone(ctx))
	if french(ctx) {
		return t.Format("15") + "\u00a0h\u00a0" + t.Format("04")
	}
	return t.Format("15:04")
}

// Month writes November 2026.
func Month(ctx context.Context, t time.Time) string {
	t = t.In(Zone(ctx))
	return pick(ctx, months, t.Month()) + " " + strconv.Itoa(t.Year())
}

// For writes a duration with its one or two largest units: 3 d 4 h, 2 h 10 min, 45 s.
func For(ctx context.Context, d time.Duration) string {
	if d < 0 {
		d = -d
	}
	day := "d"
	if french(ctx) {
		day = "j"
	}
	n := func(v time.Duration, unit string) string { return strconv.FormatInt(int64(v), 10) + "\u00a0" + unit }
	two := func(a time.Duration, ua string, b time.Duration, ub string) string {
		if b == 0 {
			return n(a, ua)
		}
		return n(a, ua) + " " + n(b, ub)
	}
	switch {
	case d >= 10*24*time.Hour:
		return Number(ctx, math.Round(d.Hours()/24), 0) + "\u00a0" + day
	case d >= 24*time.Hour:
		d = d.Round(time.Hour)
		return two(d/(24*time.Hour), day, d%(24*time.Hour)/time.Hour, "h")
	case d >= time.Hour:
		d = d.Round(time.Minute)
		return two(d/time.Hour, "h", d%time.Hour/time.Minute, "min")
	case d >= time.Minute:
		d = d.Round(time.Second)
		if d >= 10*time.Minute {
			return n(d.Round(time.Minute)/time.Minute, "min")
		}
		return two(d/time.Minute, "min", d%time.Minute/time.Second, "s")
	case d >= time.Second || d == 0:
		return n(d.Round(time.Second)/time.Second, "s")
	default:
		return n(d.Round(time.Millisecond)/time.Millisecond, "ms")
	}
}

// Language names a language by its code, "Portuguese" or "portugais"; a code nobody knows is given as it is.
func Language(ctx context.Context, code string) string {
	tag, err := language.Parse(code)
	if err != nil {
		return code
	}
	names := display.Languages(language.English)
	if french(ctx) {
		names = display.Languages(language.French)
	}
	name := names.Name(tag)
	if name == "" {
		return code
	}
	if Lang(ctx) == Pseudo {
		return "⟦" + name + "⟧"
	}
	return name
}

// Ago writes how long before now t was: "3 h ago", "il y a 3 h".
func Ago(ctx context.Context, t, now time.Time) string {
	if t.IsZero() {
		return "–"
	}
	if d := now.Sub(t); d >= 0 {
		if d < time.Minute {
			return T(ctx, "time.now")
		}
		return T(ctx, "time.ago", "For", largest(ctx, d))
	}
	return T(ctx, "time.ahead", "For", largest(ctx, t.Sub(now)))
}

func largest(ctx context.Context, d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return For(ctx, d.Truncate(24*time.Hour))
	case d >= time.Hour:
		return For(ctx, d.Truncate(time.Hour))
	default:
		return For(ctx, d.Truncate(time.Minute))
	}
}
