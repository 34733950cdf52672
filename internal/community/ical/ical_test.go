package ical_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/entente/entente/internal/community/ical"
)

// read gives the lines of a calendar as a program sees them, and fails where the file breaks RFC 5545.
func read(t rapid.TB, raw []byte) map[string]string {
	text := string(raw)
	if !strings.HasSuffix(text, "\r\n") {
		t.Fatal("the last line has no end")
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\r\n"), "\r\n") {
		if len(line) > 75 || !utf8.ValidString(line) || strings.ContainsAny(line, "\r\n") {
			t.Fatalf("a line of %d octets: %q", len(line), line)
		}
	}
	out := map[string]string{}
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n ", ""), "\r\n") {
		name, value, _ := strings.Cut(line, ":")
		out[name] = strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\;`, ";", `\,`, ",").Replace(value)
	}
	return out
}

// Whatever the texts are, the file keeps its form and they are read as they were.
func TestTexts(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 29, 1, 30, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		e := ical.Event{UID: "x@velo.example", ChangedAt: at, Start: at, End: at.Add(time.Hour), Summary: rapid.String().Draw(t, "summary"),
			Description: rapid.StringN(0, 400, -1).Draw(t, "description"), Location: rapid.SampledFrom([]string{"", "12, rue des Écluses; Nantes", "\\n", "🚲🚲🚲"}).Draw(t, "place"),
			URL: "https://velo.example/c/sillage/t/" + rapid.StringMatching(`[a-z0-9]{1,90}`).Draw(t, "words")}
		got := read(t, ical.Write(ical.Calendar{Name: "Le Sillage", Events: []ical.Event{e}}))
		want := func(s string) string {
			s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s)
			return strings.Map(func(r rune) rune {
				if r < 0x20 && r != '\t' && r != '\n' || r == 0x7f {
					return -1
				}
				return r
			}, s)
		}
		if got["SUMMARY"] != want(e.Summary) || got["DESCRIPTION"] != want(e.Description) || got["LOCATION"] != e.Location || got["URL"] != e.URL {
			t.Fatalf("%+v was read as %q", e, got)
		}
		if got["DTSTART"] != "20260329T013000Z" || got["UID"] != e.UID {
			t.Fatalf("%q", got)
		}
	})
}

func TestStates(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC)
	for _, c := range []struct {
		e            ical.Event
		status, busy string
	}{{ical.Event{}, "CONFIRMED", "OPAQUE"}, {ical.Event{Tentative: true}, "TENTATIVE", "TRANSPARENT"}, {ical.Event{Cancelled: true, Sequence: 3}, "CANCELLED", "TRANSPARENT"}} {
		c.e.Start, c.e.End, c.e.ChangedAt = at, at.Add(90*time.Minute), at
		got := read(t, ical.Write(ical.Calendar{Events: []ical.Event{c.e}}))
		if got["STATUS"] != c.status || got["TRANSP"] != c.busy || got["DTEND"] != "20261025T020000Z" {
			t.Errorf("%q", got)
		}
	}
}
