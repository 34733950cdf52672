// Package ical decides how a meeting is written for calendars: one event comes in, an iCalendar file (RFC 5545) goes out.
package ical

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Event is one meeting.
type Event struct {
	UID                         string
	Stamp, Start                time.Time
	For                         time.Duration
	Summary, Description, Place string
	Link                        string
	People                      []Person
}

// Person is somebody who is asked to come.
type Person struct{ Name, Email string }

// Write writes a calendar of one event.
func Write(e Event) []byte {
	var b strings.Builder
	line := func(s string) { fold(&b, s) }
	line("BEGIN:VCALENDAR")
	line("VERSION:2.0")
	line("PRODID:-//Entente//Governance//EN")
	line("METHOD:PUBLISH")
	line("BEGIN:VEVENT")
	line("UID:" + escape(e.UID))
	line("DTSTAMP:" + instant(e.Stamp))
	line("DTSTART:" + instant(e.Start))
	line("DURATION:PT" + strconv.Itoa(max(1, int(e.For/time.Minute))) + "M")
	line("SUMMARY:" + escape(e.Summary))
	for _, f := range [][2]string{{"DESCRIPTION", e.Description}, {"LOCATION", e.Place}} {
		if f[1] != "" {
			line(f[0] + ":" + escape(f[1]))
		}
	}
	if e.Link != "" {
		line("URL:" + uri(e.Link))
	}
	for _, p := range e.People {
		line(`ATTENDEE;CN="` + quoted(p.Name) + `":mailto:` + uri(p.Email))
	}
	line("END:VEVENT")
	line("END:VCALENDAR")
	return []byte(b.String())
}

func instant(t time.Time) string { return t.UTC().Format("20060102T150405Z") }

// escape writes a text value (RFC 5545, 3.3.11).
func escape(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\r\n", "\n")
	s = strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\n", `\n`, "\r", `\n`).Replace(s)
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0x7f {
			return -1
		}
		return r
	}, s)
}

// quoted writes a parameter value between quotation marks, which cannot hold any themselves (3.2).
func quoted(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '"':
			return '\''
		case r < ' ' || r == 0x7f:
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

func uri(s string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r == 0x7f {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
}

// fold breaks a line at 75 octets, never within a character (3.1).
func fold(b *strings.Builder, s string) {
	room := 75
	for len(s) > room {
		i := room
		for i > 0 && !utf8.RuneStart(s[i]) {
			i--
		}
		b.WriteString(s[:i] + "\r\n ")
		s, room = s[i:], 74
	}
	b.WriteString(s + "\r\n")
}
