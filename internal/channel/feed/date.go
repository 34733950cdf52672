package feed

import (
	"strings"
	"time"
)

// parseDate reads the dates that feeds write: RFC 3339 and its relatives, RFC 822 and its relatives, American and European ones, with
// English, French, German and Spanish names of months. It is false when there is no whole day in s.
func parseDate(s string) (time.Time, bool) {
	s = strings.TrimSpace(s)
	if len(s) < 6 || len(s) > 100 {
		return time.Time{}, false
	}
	if len(s) == len("2006-01-02T15:04:05Z") && s[4] == '-' || len(s) == len("2006-01-02T15:04:05-07:00") && s[4] == '-' {
		if t, err := time.Parse(time.RFC3339, s); err == nil {
			return t.UTC(), plausible(t)
		}
	}
	d := dateReader{s: s, offset: -1 << 30}
	if !d.read() {
		return time.Time{}, false
	}
	return d.time()
}

func plausible(t time.Time) bool { return t.Year() >= 1970 && t.Year() < 10_000 }

// dateReader goes through a date once, telling its numbers apart by what stands around them.
type dateReader struct {
	s                    string
	i                    int
	numbers              [6]number // those that are not the time of day
	n                    int
	month                int // when it has a name
	hour, minute, second int
	nano                 int
	timed                bool
	half                 byte // 'a' or 'p'
	offset               int  // seconds east of UTC
	zone                 int  // of an abbreviation, in seconds
}

type number struct {
	value, digits int
	sep           byte // what stands right before it
}

func (d *dateReader) read() bool {
	for d.i < len(d.s) {
		c := d.s[d.i]
		switch {
		case c >= '0' && c <= '9':
			if !d.digits() {
				return false
			}
		case c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80:
			d.word()
		case (c == '+' || c == '-') && d.timed && d.i+1 < len(d.s) && d.s[d.i+1] >= '0' && d.s[d.i+1] <= '9':
			d.zoneOffset(c)
		default:
			d.i++
		}
	}
	return true
}

func (d *dateReader) number() (value, digits int) {
	for d.i < len(d.s) && d.s[d.i] >= '0' && d.s[d.i] <= '9' {
		if digits++; digits > 14 {
			return 0, digits
		}
		value = value*10 + int(d.s[d.i]-'0')
		d.i++
	}
	return value, digits
}

func (d *dateReader) digits() bool {
	sep := byte(0)
	if d.i > 0 {
		sep = d.s[d.i-1]
	}
	value, n := d.number()
	if n > 14 {
		return false
	}
	next := byte(0)
	if d.i < len(d.s) {
		next = d.s[d.i]
	}
	followed := d.i+1 < len(d.s) && d.s[d.i+1] >= '0' && d.s[d.i+1] <= '9'
	switch {
	case !d.timed && n <= 2 && followed && (next == ':' || (next == 'h' || next == 'H') && d.have()):
		d.hour, d.timed = value, true
		d.i++
		d.minute, _ = d.number()
		if d.i+1 < len(d.s) && d.s[d.i] == ':' && d.s[d.i+1] >= '0' && d.s[d.i+1] <= '9' {
			d.i++
			d.second, _ = d.number()
			if d.i+1 < len(d.s) && (d.s[d.i] == '.' || d.s[d.i] == ',') && d.s[d.i+1] >= '0' && d.s[d.i+1] <= '9' {
				d.i++
				d.fraction()
			}
		}
	case n == 8 && d.n == 0 && d.month == 0: // 20060102
		d.add(number{value / 10000, 4, 0})
		d.add(number{value / 100 % 100, 2, '-'})
		d.add(number{value % 100, 2, '-'})
	case n == 14 && d.n == 0: // 20060102150405
		date := value / 1_000_000
		d.add(number{date / 10000, 4, 0})
		d.add(number{date / 100 % 100, 2, '-'})
		d.add(number{date % 100, 2, '-'})
		d.hour, d.minute, d.second, d.timed = value/10000%100, value/100%100, value%100, true
	case n == 6 && sep|0x20 == 't' && !d.timed: // 20060102T150405
		d.hour, d.minute, d.second, d.timed = value/10000, value/100%100, value%100, true
	case n > 4:
		return false
	case d.timed && d.have(): // leftovers such as the 00 of "15:04:05 00"
	default:
		d.add(number{value, n, sep})
	}
	return true
}

// have reports whether there are enough numbers for a day.
func (d *dateReader) have() bool { return d.n >= 3 || d.n == 2 && d.month > 0 }

func (d *dateReader) add(n number) {
	if d.n < len(d.numbers) {
		d.numbers[d.n] = n
		d.n++
	}
}

func (d *dateReader) fraction() {
	scale := 100_000_000
	for d.i < len(d.s) && d.s[d.i] >= '0' && d.s[d.i] <= '9' {
		d.nano += int(d.s[d.i]-'0') * scale
		scale /= 10
		d.i++
	}
}

func (d *dateReader) zoneOffset(sign byte) {
	d.i++
	from := d.i
	value, n := d.number()
	hours, minutes := 0, 0
	switch {
	case n <= 2:
		hours = value
		if d.i+2 < len(d.s) && d.s[d.i] == ':' {
			d.i++
			minutes, _ = d.number()
		}
	case n == 3 || n == 4:
		hours, minutes = value/100, value%100
	default:
		return
	}
	if n == 4 && !d.have() && value > 1900 && from > 1 { // a year after a dash
		d.add(number{value, 4, '-'})
		return
	}
	if hours > 15 || minutes > 59 {
		return
	}
	d.offset = hours*3600 + minutes*60
	if sign == '-' {
		d.offset = -d.offset
	}
	for d.i < len(d.s) && d.s[d.i] == ':' { // seconds of an offset
		d.i++
		_, _ = d.number()
	}
}

func (d *dateReader) word() {
	from := d.i
	for d.i < len(d.s) && (d.s[d.i]|0x20 >= 'a' && d.s[d.i]|0x20 <= 'z' || d.s[d.i] >= 0x80) {
		d.i++
	}
	word := d.s[from:d.i]
	if seconds, ok := zone(word); ok && d.timed {
		d.zone = seconds
		if d.offset == -1<<30 && (word == "Z" || word == "z") {
			d.offset = 0
		}
		return
	}
	switch lower := strings.ToLower(word); lower {
	case "am", "a":
		d.halfDay('a')
	case "pm", "p":
		d.halfDay('p')
	default:
		if d.month == 0 {
			d.month = monthNamed(lower)
		}
	}
}

func (d *dateReader) halfDay(half byte) {
	if d.timed {
		d.half = half
	}
}

func (d *dateReader) time() (time.Time, bool) {
	year, month, day := -1, d.month, -1
	switch {
	case d.month > 0 && d.n >= 2:
		a, b := d.numbers[0], d.numbers[1]
		if a.digits >= 3 || a.value > 31 {
			year, day = a.value, b.value
		} else {
			day, year = a.value, b.value
		}
	case d.month == 0 && d.n >= 3:
		a, b, c := d.numbers[0], d.numbers[1], d.numbers[2]
		switch {
		case a.digits == 4 || a.value > 31:
			year, month, day = a.value, b.value, c.value
		case b.value > 12 && a.value <= 12 || d.half != 0 && b.sep == '/' && a.value <= 12:
			month, day, year = a.value, b.value, c.value
		default:
			day, month, year = a.value, b.value, c.value
		}
		if a.digits == 2 && c.digits == 2 && c.value <= 31 && a.value <= 31 && a.sep == 0 && b.sep == '-' {
			year, month, day = a.value, b.value, c.value // 06-01-02
		}
	default:
		return time.Time{}, false
	}
	switch {
	case year >= 0 && year < 70:
		year += 2000
	case year >= 70 && year < 100:
		year += 1900
	}
	switch {
	case d.half == 'p' && d.hour < 12:
		d.hour += 12
	case d.half == 'a' && d.hour == 12:
		d.hour = 0
	}
	if month < 1 || month > 12 || day < 1 || day > 31 || d.hour > 24 || d.minute > 59 || d.second > 60 {
		return time.Time{}, false
	}
	offset := d.offset
	if offset == -1<<30 {
		offset = d.zone
	}
	t := time.Date(year, time.Month(month), day, d.hour, d.minute, d.second, d.nano, time.UTC)
	if d.hour < 24 && t.Day() != day && d.second < 60 {
		return time.Time{}, false // 31 February
	}
	t = t.Add(-time.Duration(offset) * time.Second)
	return t, plausible(t)
}

// zone gives the offset of an abbreviation in seconds. Those that mean several things are read as North America and Western Europe do.
func zone(word string) (int, bool) {
	switch strings.ToUpper(word) {
	case "Z", "UT", "GMT", "UTC", "WET":
		return 0, true
	case "EST", "CDT":
		return -5 * 3600, true
	case "EDT", "AST":
		return -4 * 3600, true
	case "CST", "MDT":
		return -6 * 3600, true
	case "MST", "PDT":
		return -7 * 3600, true
	case "PST":
		return -8 * 3600, true
	case "BST", "CET", "MEZ", "WEST":
		return 3600, true
	case "CEST", "MESZ", "EET":
		return 2 * 3600, true
	case "EEST", "MSK":
		return 3 * 3600, true
	case "IST":
		return 5*3600 + 1800, true
	case "JST", "KST":
		return 9 * 3600, true
	case "AEST":
		return 10 * 3600, true
	case "AEDT":
		return 11 * 3600, true
	}
	return 0, false
}

// monthNamed knows months by the letters that set them apart.
func monthNamed(w string) int {
	if len(w) < 3 {
		return 0
	}
	for _, m := range [...]struct {
		prefix string
		month  int
	}{
		{"jan", 1}, {"ene", 1}, {"jän", 1}, {"feb", 2}, {"fév", 2}, {"fev", 2}, {"mar", 3}, {"mär", 3}, {"maer", 3}, {"mrz", 3}, {"apr", 4}, {"avr", 4},
		{"abr", 4}, {"may", 5}, {"mai", 5}, {"juin", 6}, {"jun", 6}, {"juil", 7}, {"jul", 7}, {"aug", 8}, {"aoû", 8}, {"aou", 8},
		{"ago", 8}, {"sep", 9}, {"oct", 10}, {"okt", 10}, {"nov", 11}, {"dec", 12}, {"déc", 12}, {"dez", 12}, {"dic", 12},
	} {
		if strings.HasPrefix(w, m.prefix) && w != "mardi" && w != "martes" {
			return m.month
		}
	}
	return 0
}
