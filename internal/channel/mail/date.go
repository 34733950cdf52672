package mail

import (
	"net/mail"
	"regexp"
	"strings"
	"time"
)

// Forms that are seen beside RFC 5322's, which net/mail reads.
var dateForms = [...]string{
	"2 Jan 2006 15:04:05 -0700", "2 Jan 2006 15:04:05 MST", "2 Jan 2006 15:04:05", "2 Jan 2006 15:04 -0700", "2 Jan 2006 15:04",
	"2 January 2006 15:04:05 -0700", "2 January 2006 15:04:05", "2 Jan 06 15:04:05 -0700", "2 Jan 06 15:04:05 MST", "2 Jan 06 15:04:05",
	"Jan 2 15:04:05 2006", "Jan 2 15:04:05 MST 2006", "Jan 2 15:04:05 -0700 2006", "Jan 2 2006 15:04:05", "Jan 2 2006 15:04:05 -0700",
	"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05", "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05 MST", "2006-01-02 15:04:05",
	"2-Jan-2006 15:04:05 -0700", "2-Jan-06 15:04:05 MST", "2/Jan/2006 15:04:05 -0700", "2 Jan 2006 15.04.05 -0700", "2 Jan 2006", "2006-01-02",
}

var (
	dateComment = regexp.MustCompile(`\([^()]*\)`)
	dateDay     = regexp.MustCompile(`(?i)^\s*(mon|tue|wed|thu|fri|sat|sun)[a-z]*[,.]?\s*`)
	dateZone    = regexp.MustCompile(`(?i)\s*(?:GMT|UTC)\s*([+-]\d{1,2}):?(\d{2})?$`)
	dateColon   = regexp.MustCompile(`([+-]\d{2}):(\d{2})$`)
)

// parseDate returns zero when s is no date. A date without a zone is taken as UTC.
func parseDate(s string) time.Time {
	s = strings.TrimSpace(s)
	if s == "" || len(s) > 200 {
		return time.Time{}
	}
	if !dateZone.MatchString(s) { // net/mail takes "GMT+1" for a name
		if t, err := mail.ParseDate(s); err == nil {
			return t.UTC()
		}
	}
	s = dateComment.ReplaceAllString(s, " ")
	s = dateDay.ReplaceAllString(s, "")
	s = strings.Join(strings.Fields(strings.ReplaceAll(s, ",", " ")), " ")
	if m := dateZone.FindStringSubmatch(s); m != nil {
		hours, minutes := m[1], m[2]
		if len(hours) == 2 {
			hours = hours[:1] + "0" + hours[1:]
		}
		if minutes == "" {
			minutes = "00"
		}
		s = dateZone.ReplaceAllString(s, "") + " " + hours + minutes
	}
	if !strings.Contains(s, "T") {
		s = dateColon.ReplaceAllString(s, "$1$2")
	}
	for _, form := range dateForms {
		if t, err := time.Parse(form, s); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// when is the date of the message; when it has none that can be believed, the date at which our server received it.
func when(h header, now time.Time) time.Time {
	believable := func(t time.Time) bool {
		return !t.IsZero() && t.Year() >= 1971 && (now.IsZero() || t.Before(now.Add(24*time.Hour)))
	}
	for _, v := range h.all("Date") {
		if t := parseDate(v); believable(t) {
			return t
		}
	}
	for _, v := range h.all("Received") {
		if i := strings.LastIndexByte(v, ';'); i >= 0 {
			if t := parseDate(v[i+1:]); believable(t) {
				return t
			}
		}
	}
	return time.Time{}
}
