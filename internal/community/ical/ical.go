// Package ical decides how events are written as a calendar of RFC 5545: events come in, a file that calendar programs read goes out.
package ical

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Event is one event. Its times are instants: they are written in UTC, so that a change of the clocks or of the rules of a zone moves nothing.
type Event struct {
	UID         string // the same for ever, so that a program knows a change from a new event
	Sequence    int    // goes up with each change
	ChangedAt   time.Time
	Start, End  time.Time
	Summary     string
	Description string
	Location    string
	URL         string
	Cancelled   bool
	Tentative   bool // its reader has not enrolled, or waits
}

// Calendar is a list of events.
type Calendar struct {
	Name   string
	Events []Event
}

// Type is the media type of what Write writes.
const Type = "text/calendar; charset=utf-8"

// Write writes a calendar as UTF-8: lines end with CR LF and have 75 octets at most (RFC 5545, 3.1), texts are escaped (3.3.11).
func Write(c Calendar) []byte {
	var b strings.Builder
	line := func(name, value string) { fold(&b, name+":"+value) }
	line("BEGIN", "VCALENDAR")
	line("VERSION", "2.0")
	line("PRODID", "-//Entente//Events//EN")
	line("CALSCALE", "GREGORIAN")
	line("METHOD", "PUBLISH")
	line("X-WR-CALNAME", Escape(c.Name))
	line("REFRESH-INTERVAL;VALUE=DURATION", "PT1H")
	line("X-PUBLISHED-TTL", "PT1H")
	for i := range c.Events {
		e := &c.Events[i]
		line("BEGIN", "VEVENT")
		line("UID", Escape(e.UID))
		line("DTSTAMP", stamp(e.ChangedAt))
		line("LAST-MODIFIED", stamp(e.ChangedAt))
		line("SEQUENCE", strconv.Itoa(e.Sequence))
		line("DTSTART", stamp(e.Start))
		line("DTEND", stamp(e.End))
		line("SUMMARY", Escape(e.Summary))
		if e.Description != "" {
			line("DESCRIPTION", Escape(e.Description))
		}
		if e.Location != "" {
			line("LOCATION", Escape(e.Location))
		}
		if e.URL != "" {
			line("URL", address(e.URL))
		}
		status, busy := "CONFIRMED", "OPAQUE"
		if e.Tentative {
			status, busy = "TENTATIVE", "TRANSPARENT"
		}
		if e.Cancelled {
			status, busy = "CANCELLED", "TRANSPARENT"
		}
		line("STATUS", status)
		line("TRANSP", busy)
		line("END", "VEVENT")
	}
	line("END", "VCALENDAR")
	return []byte(b.String())
}

func stamp(t time.Time) string { return t.UTC().Format("20060102T150405Z") }

// Escape is a text as a value of the type TEXT. What is no text, such as control characters, is left out.
func Escape(text string) string {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.ToValidUTF8(text, ""))
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\\' || r == ';' || r == ',':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < 0x20 && r != '\t' || r == 0x7f:
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// address is an address as a value of the type URI, in which nothing is escaped.
func address(u string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r == 0x7f {
			return -1
		}
		return r
	}, strings.ToValidUTF8(u, ""))
}

// longest is how many octets a line has, without its end.
const longest = 75

// fold writes a line, cut into several where it is too long, never within a character.
func fold(b *strings.Builder, line string) {
	room := longest
	for len(line) > room {
		cut := room
		for cut > 1 && !utf8.RuneStart(line[cut]) {
			cut--
		}
		b.WriteString(line[:cut])
		b.WriteString("\r\n ")
		line, room = line[cut:], longest-1
	}
	b.WriteString(line)
	b.WriteString("\r\n")
}
