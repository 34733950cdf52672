package ical_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/entente/entente/internal/govern/ical"
)

func unfold(raw string) []string {
	return strings.Split(strings.TrimSuffix(strings.ReplaceAll(raw, "\r\n ", ""), "\r\n"), "\r\n")
}

func TestWrite(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 12, 8, 9, 30, 0, 0, time.FixedZone("", 3600))
	raw := string(ical.Write(ical.Event{UID: "r1@x", Stamp: at, Start: at, For: 90 * time.Minute, Summary: "Revue; mesures, décisions", Description: "1. Été\n2. " + strings.Repeat("é", 90),
		Place: `Salle \ A`, Link: "https://x.example/govern/reviews/1", People: []ical.Person{{Name: `Zoé "Z" Le Roux`, Email: "zoe@x.example"}}}))
	for _, l := range strings.Split(raw, "\r\n") {
		if len(l) > 75 || !utf8.ValidString(l) {
			t.Errorf("a line of %d octets: %q", len(l), l)
		}
	}
	want := []string{"BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Entente//Governance//EN", "METHOD:PUBLISH", "BEGIN:VEVENT", "UID:r1@x", "DTSTAMP:20261208T083000Z", "DTSTART:20261208T083000Z",
		"DURATION:PT90M", `SUMMARY:Revue\; mesures\, décisions`, `DESCRIPTION:1. Été\n2. ` + strings.Repeat("é", 90), `LOCATION:Salle \\ A`, "URL:https://x.example/govern/reviews/1",
		`ATTENDEE;CN="Zoé 'Z' Le Roux":mailto:zoe@x.example`, "END:VEVENT", "END:VCALENDAR"}
	got := unfold(raw)
	for i := range want {
		if i >= len(got) || got[i] != want[i] {
			t.Fatalf("line %d: %q, want %q", i, got[min(i, len(got)-1)], want[i])
		}
	}
}

// FuzzWrite: whatever is typed, the file has one event and no line of somebody else's making.
func FuzzWrite(f *testing.F) {
	f.Add("a\r\nEND:VEVENT", "b\nBEGIN:VALARM", "c\x00;,", "x y@z")
	f.Fuzz(func(t *testing.T, summary, place, name, mail string) {
		raw := string(ical.Write(ical.Event{UID: "1", Summary: summary, Place: place, Description: place, Link: mail, People: []ical.Person{{Name: name, Email: mail}}}))
		if !utf8.ValidString(raw) {
			t.Fatal("not UTF-8")
		}
		for _, l := range unfold(raw) {
			name, _, ok := strings.Cut(strings.SplitN(l, ";", 2)[0], ":")
			if !ok && !strings.HasPrefix(l, "ATTENDEE;") || strings.ToUpper(name) != name {
				t.Fatalf("line %q", l)
			}
		}
		if strings.Count(raw, "\r\nBEGIN:VEVENT\r\n") != 1 || strings.Contains(strings.ReplaceAll(raw, "\r\n", ""), "\n") {
			t.Fatalf("%q", raw)
		}
	})
}
