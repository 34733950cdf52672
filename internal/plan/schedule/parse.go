package schedule

import (
	"strconv"
	"strings"
)

// MaxLag is the longest wait of a link, in working days.
const MaxLag = 500

// Row is a link as people type it: the number of a row, from 1, and the lag.
type Row struct{ Number, Lag int }

// ParseRows reads "2, 4+3": after row 2, and 3 working days after row 4. ok is false for anything else, for the same row twice and for more
// than 50 of them.
func ParseRows(text string) (rows []Row, ok bool) {
	if len(text) > 1000 {
		return nil, false
	}
	seen := map[int]bool{}
	for _, field := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' || r == '\n' }) {
		number, lag, has := strings.Cut(field, "+")
		r := Row{}
		var err error
		if number = strings.TrimSpace(number); number == "" && !has {
			continue
		}
		if r.Number, err = strconv.Atoi(number); err != nil || r.Number < 1 || r.Number > 9999 || seen[r.Number] || number[0] == '+' {
			return nil, false
		}
		if has {
			if lag = strings.TrimSpace(lag); strings.ContainsAny(lag, "+-") {
				return nil, false
			}
			if r.Lag, err = strconv.Atoi(lag); err != nil || r.Lag > MaxLag {
				return nil, false
			}
		}
		seen[r.Number] = true
		if rows = append(rows, r); len(rows) > 50 {
			return nil, false
		}
	}
	return rows, true
}

// TypeRows writes what ParseRows reads.
func TypeRows(rows []Row) string {
	var parts []string
	for _, r := range rows {
		s := strconv.Itoa(r.Number)
		if r.Lag > 0 {
			s += "+" + strconv.Itoa(r.Lag)
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, ", ")
}

// MaxMinutes is the most work one entry may have: 100,000 hours.
const MaxMinutes = 100_000 * 60

// ParseMinutes reads hours as people type them: 7.5, 7,5, 7h30, 7:30, 7 h 30 min, 45 min. "" is none. Seconds and minus are refused.
func ParseMinutes(text string) (minutes int, ok bool) {
	s := strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\u00a0', '\u202f', '\t':
			return -1
		case ',':
			return '.'
		}
		return r
	}, strings.ToLower(text))
	if s == "" {
		return 0, true
	}
	if len(s) > 20 {
		return 0, false
	}
	if m, only := strings.CutSuffix(s, "min"); only && !strings.ContainsAny(m, "h:") {
		return whole(m, MaxMinutes)
	}
	hours, rest := s, ""
	if at := strings.IndexAny(s, "h:"); at >= 0 {
		hours, rest = s[:at], strings.TrimSuffix(strings.TrimSuffix(s[at+1:], "min"), "m")
	}
	if rest != "" {
		h, ok := whole(hours, MaxMinutes/60)
		m, good := whole(rest, 59)
		if !ok || !good || len(rest) > 2 || h*60+m > MaxMinutes {
			return 0, false
		}
		return h*60 + m, true
	}
	before, after, _ := strings.Cut(hours, ".")
	h, ok := whole(before, MaxMinutes/60)
	if before == "" && after != "" {
		h, ok = 0, true
	}
	if !ok || len(after) > 4 {
		return 0, false
	}
	scale, fraction := 1, 0
	for _, r := range after {
		if r < '0' || r > '9' {
			return 0, false
		}
		fraction, scale = fraction*10+int(r-'0'), scale*10
	}
	total := h*60 + (fraction*60+scale/2)/scale
	return total, total <= MaxMinutes
}

// TypeMinutes writes what ParseMinutes reads: 7:30, or 7 for whole hours; "" for none.
func TypeMinutes(minutes int) string {
	switch {
	case minutes <= 0:
		return ""
	case minutes%60 == 0:
		return strconv.Itoa(minutes / 60)
	}
	m := strconv.Itoa(minutes % 60)
	if len(m) < 2 {
		m = "0" + m
	}
	return strconv.Itoa(minutes/60) + ":" + m
}

func whole(s string, most int) (int, bool) {
	if s == "" || len(s) > 9 {
		return 0, false
	}
	n := 0
	for _, r := range s {
		if r < '0' || r > '9' {
			return 0, false
		}
		n = n*10 + int(r-'0')
	}
	return n, n <= most
}
