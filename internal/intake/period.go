package intake

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Span is a period of time: from its beginning until its end, exclusive.
type Span struct{ From, Until time.Time }

var (
	quarterly = regexp.MustCompile(`^(?:(?:t|q|trim|trimestre|quarter) ?([1-4])[ /-]?(\d{4})|(\d{4})[ /-]?(?:t|q) ?([1-4])|([1-4])(?:er|e|eme|st|nd|rd|th)? (?:trimestre|quarter) (\d{4}))$`)
	halves    = regexp.MustCompile(`^(?:h ?([12])[ /-]?(\d{4})|(\d{4})[ /-]?h ?([12])|([12])(?:er|e|eme|st|nd)? (?:semestre|half) (\d{4}))$`)
	weekly    = regexp.MustCompile(`^(?:(\d{4})[ -]?w ?(\d{1,2})|(?:semaine|week|sem) (\d{1,2})[ /-]?(\d{4}))$`)
	monthly   = regexp.MustCompile(`^(?:(\d{4})[-/. ](\d{1,2})|(\d{1,2})[-/. ](\d{4}))$`)
	yearly    = regexp.MustCompile(`^(\d{4})$`)
)

// ReadSpan reads a period: 2026-03, 03/2026, mars 2026, T1 2026, 2026-Q1, H1 2026, 2026-W12, 2026, a day, or two days with a mark between
// them, the last of which belongs to it. Days in figures are read by order, as those of tables.
func ReadSpan(s, order string, zone *time.Location) (Span, bool) {
	s = strings.Join(strings.Fields(strings.Map(evened, s)), " ")
	if s == "" || len(s) > maxCellChars {
		return Span{}, false
	}
	if from, to, ok := ends(s); ok {
		a, first := ReadSpan(from, order, zone)
		b, second := ReadSpan(to, order, zone)
		if first && second && a.From.Before(b.Until) {
			return Span{a.From, b.Until}, true
		}
		return Span{}, false
	}
	low := strings.TrimSuffix(strings.ToLower(s), ".")
	low = strings.NewReplacer("é", "e", "è", "e", "û", "u", "ᵉ", "e").Replace(low)
	if n, ok := numbers(quarterly, low); ok {
		return months(n[1], (n[0]-1)*3+1, 3, zone)
	}
	if n, ok := numbers(halves, low); ok {
		return months(n[1], (n[0]-1)*6+1, 6, zone)
	}
	if n, ok := numbers(weekly, low); ok {
		return week(n[1], n[0], zone)
	}
	if n, ok := numbers(monthly, low); ok {
		return months(n[1], n[0], 1, zone)
	}
	if m := yearly.FindStringSubmatch(low); m != nil {
		year, _ := strconv.Atoi(m[1]) // four figures
		return months(year, 1, 12, zone)
	}
	if words := strings.Fields(low); len(words) == 2 {
		month, number := monthOf(strings.Trim(words[0], ".")), words[1]
		if month == 0 {
			month, number = monthOf(strings.Trim(words[1], ".")), words[0]
		}
		if year, err := strconv.Atoi(number); err == nil && month > 0 && len(number) == 4 {
			return months(year, month, 1, zone)
		}
	}
	at, ok := dateOf(s, order, zone)
	if !ok || at.Hour() != 0 || at.Minute() != 0 || at.Second() != 0 || strings.Contains(s, ":") {
		return Span{}, false
	}
	return Span{at, time.Date(at.Year(), at.Month(), at.Day()+1, 0, 0, 0, 0, zone)}, true
}

// ends cuts a period that is written by its first and last day.
func ends(s string) (from, to string, ok bool) {
	low := strings.ToLower(s)
	for _, p := range []struct{ before, between string }{{"du ", " au "}, {"de ", " a "}, {"de ", " à "}, {"from ", " to "}, {"", " - "}, {"", " au "}, {"", " to "}, {"", "/"}, {"", ".."}} {
		if !strings.HasPrefix(low, p.before) {
			continue
		}
		from, to, ok = strings.Cut(low[len(p.before):], p.between)
		if !ok || strings.Contains(to, p.between) || p.between == "/" && (len(from) < 7 || len(to) < 7 || from[4] != '-' || to[4] != '-') {
			continue
		}
		return strings.TrimSpace(from), strings.TrimSpace(to), true
	}
	return "", "", false
}

// numbers are the part and the year that a pattern with alternatives found. Patterns that begin with the year name it before the part.
func numbers(p *regexp.Regexp, s string) (out [2]int, ok bool) {
	m := p.FindStringSubmatch(s)
	if m == nil {
		return out, false
	}
	for _, g := range m[1:] {
		if g == "" {
			continue
		}
		n, _ := strconv.Atoi(g) // figures, four at most
		if len(g) == 4 {
			out[1] = n
		} else {
			out[0] = n
		}
	}
	return out, true
}

// months is n months from a month on.
func months(year, month, n int, zone *time.Location) (Span, bool) {
	if year < 1970 || year >= 2200 || month < 1 || month > 12 {
		return Span{}, false
	}
	return Span{time.Date(year, time.Month(month), 1, 0, 0, 0, 0, zone), time.Date(year, time.Month(month+n), 1, 0, 0, 0, 0, zone)}, true
}

// week is a week by ISO 8601.
func week(year, number int, zone *time.Location) (Span, bool) {
	if year < 1970 || year >= 2200 || number < 1 || number > 53 {
		return Span{}, false
	}
	fourth := time.Date(year, 1, 4, 0, 0, 0, 0, zone) // always in the first week
	back := (int(fourth.Weekday()) + 6) % 7
	from := time.Date(year, 1, 4-back+(number-1)*7, 0, 0, 0, 0, zone)
	if y, w := from.ISOWeek(); y != year || w != number {
		return Span{}, false
	}
	return Span{from, time.Date(from.Year(), from.Month(), from.Day()+7, 0, 0, 0, 0, zone)}, true
}
