// Package money decides how amounts are read, added and shared out: what people type and totals come in, whole minor units of one currency
// go out, and no cent is lost.
package money

import (
	"maps"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Amount is money in minor units (cents) of a currency by its ISO 4217 code.
type Amount struct {
	Minor    int64  `json:"minor"`
	Currency string `json:"currency"`
}

// Most is the largest amount that is accepted, in minor units: sums of thousands of them stay exact.
const Most = 10_000_000_000_000

// Currencies lists the currencies that are offered.
func Currencies() []string {
	return []string{"EUR", "CHF", "GBP", "USD", "CAD", "DKK", "SEK", "NOK", "PLN", "CZK", "MAD", "TND", "XAF", "XOF", "XPF", "JPY"}
}

// Known reports whether a currency is one of them.
func Known(code string) bool { return slices.Contains(Currencies(), code) }

// Decimals is how many digits of an amount in a currency are minor units.
func Decimals(currency string) int {
	switch currency {
	case "JPY", "XAF", "XOF", "XPF":
		return 0
	case "TND":
		return 3
	}
	return 2
}

// Sum keeps amounts of different currencies apart: they are never added.
type Sum map[string]int64

// Add adds an amount to those of its currency.
func (s Sum) Add(currency string, minor int64) { s[currency] += minor }

// Amounts lists the sums that are not zero, by currency.
func (s Sum) Amounts() []Amount {
	var out []Amount
	for _, c := range slices.Sorted(maps.Keys(s)) {
		if s[c] != 0 {
			out = append(out, Amount{s[c], c})
		}
	}
	return out
}

// Parse reads an amount as people type it: 1234.56, 1 234,56, 1,234.56, 1.234,56, 1'234.50, €12, 12 EUR. "" is zero. More decimals than the
// currency has are refused, as is what is larger than Most: nobody's money is rounded.
func Parse(text, currency string) (minor int64, ok bool) {
	s := strings.TrimSpace(text)
	if len(s) > 60 || !utf8.ValidString(s) {
		return 0, false
	}
	for _, sign := range []string{currency, strings.ToLower(currency), symbol(currency)} {
		if sign != "" {
			s = strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(s, sign), sign))
		}
	}
	s = strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\u00a0', '\u202f', '\'', '’':
			return -1
		case '−':
			return '-'
		}
		return r
	}, s)
	s, negative := strings.CutPrefix(s, "-")
	if s == "" {
		return 0, !negative
	}
	decimals := Decimals(currency)
	whole, fraction, ok := parts(s, decimals)
	if !ok || len(whole) > 16 || len(fraction) > decimals {
		return 0, false
	}
	v, err := strconv.ParseUint(whole+fraction+strings.Repeat("0", decimals-len(fraction)), 10, 63)
	if err != nil || v > Most {
		return 0, false
	}
	if negative {
		return -int64(v), true
	}
	return int64(v), true
}

// parts cuts digits with separators into what is before and after the decimal one.
func parts(s string, decimals int) (whole, fraction string, ok bool) {
	at := strings.LastIndexAny(s, ".,")
	if at < 0 {
		return s, "", digits(s)
	}
	mark := s[at : at+1]
	before, after := s[:at], s[at+1:]
	grouping := strings.Count(s, mark) > 1 || len(after) == 3 && decimals != 3 && !strings.ContainsAny(before, ".,")
	if grouping { // 1,234,567 or 1.234 where nobody counts thousandths
		before, after = s, ""
	}
	groups := strings.FieldsFunc(before, func(r rune) bool { return r == '.' || r == ',' })
	if strings.Contains(before, ".") && strings.Contains(before, ",") || !grouping && strings.Contains(before, mark) {
		return "", "", false
	}
	if n := strings.Count(before, ".") + strings.Count(before, ","); n > 0 {
		if len(groups) != n+1 || len(groups[0]) > 3 {
			return "", "", false
		}
		for _, g := range groups[1:] {
			if len(g) != 3 {
				return "", "", false
			}
		}
	}
	whole = strings.Join(groups, "")
	if whole == "" && after != "" {
		whole = "0"
	}
	return whole, after, digits(whole) && (after == "" || digits(after))
}

func digits(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}

func symbol(currency string) string {
	return map[string]string{"EUR": "€", "USD": "$", "GBP": "£", "CAD": "$", "JPY": "¥"}[currency]
}

// Typed writes an amount as Parse reads it, with the reader's decimal mark; "" for zero.
func Typed(minor int64, currency, mark string) string {
	if minor == 0 {
		return ""
	}
	s, sign := strconv.FormatInt(minor, 10), ""
	if minor < 0 {
		s, sign = s[1:], "-"
	}
	n := Decimals(currency)
	if n == 0 {
		return sign + s
	}
	if len(s) <= n {
		s = strings.Repeat("0", n-len(s)+1) + s
	}
	whole, fraction := s[:len(s)-n], s[len(s)-n:]
	if strings.Trim(fraction, "0") == "" {
		return sign + whole
	}
	return sign + whole + mark + fraction
}

// Split shares total out in n parts that differ by one minor unit at most and add up to it.
func Split(total int64, n int) []int64 {
	weights := make([]int64, max(n, 0))
	for i := range weights {
		weights[i] = 1
	}
	return Spread(total, weights)
}

// Spread shares total out in proportion to weights, none of them negative: each part is less than one unit from its exact share, and they
// add up to total. Without any weight nothing is shared out.
func Spread(total int64, weights []int64) []int64 {
	out := make([]int64, len(weights))
	var all int64
	for _, w := range weights {
		all += max(w, 0)
	}
	if all == 0 {
		return out
	}
	var seen, given int64
	for i, w := range weights {
		seen += max(w, 0)
		upTo := Part(total, seen, all)
		out[i], given = upTo-given, upTo
	}
	return out
}

// Part is total × of / all, rounded towards zero, exact however large; of is between 0 and all.
func Part(total, of, all int64) int64 {
	if all <= 0 || of <= 0 {
		return 0
	}
	if of >= all {
		return total
	}
	if total < 0 {
		return -Part(-total, of, all)
	}
	high, low := bits.Mul64(uint64(total), uint64(of))
	q, _ := bits.Div64(high, low, uint64(all))
	return int64(q)
}

// Worth is what minutes cost at so many minor units an hour, rounded to the nearest, halves up.
func Worth(minutes, rate int64) int64 {
	if minutes <= 0 || rate <= 0 {
		return 0
	}
	high, low := bits.Mul64(uint64(minutes), uint64(rate))
	low, carry := bits.Add64(low, 30, 0)
	high += carry
	if high >= 60 {
		return Most
	}
	q, _ := bits.Div64(high, low, 60)
	return int64(min(q, Most*1000))
}
