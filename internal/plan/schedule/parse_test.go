package schedule_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/internal/plan/schedule"
)

func TestParseRows(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]schedule.Row{"": nil, "2": {{2, 0}}, " 2 , 4+3; 10 + 1": {{2, 0}, {4, 3}, {10, 1}}, "3,,": {{3, 0}}} {
		got, ok := schedule.ParseRows(text)
		if diff := cmp.Diff(want, got); !ok || diff != "" {
			t.Errorf("%q, %v: %s", text, ok, diff)
		}
	}
	for _, text := range []string{"a", "0", "-1", "2+", "2+-1", "2,2", "2+501", "+3", "2++1", "99999"} {
		if got, ok := schedule.ParseRows(text); ok {
			t.Errorf("%q is taken for %v", text, got)
		}
	}
}

func TestParseMinutes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{"": 0, "7.5": 450, "7,5": 450, "7h30": 450, "7 h 30 min": 450, "7:05": 425, "45 min": 45, "8": 480, "8h": 480, ".25": 15, "1 200": 72000, "0,01": 1} {
		if got, ok := schedule.ParseMinutes(text); !ok || got != want {
			t.Errorf("%q is %d, %v; want %d", text, got, ok, want)
		}
	}
	for _, text := range []string{"x", "-1", "7h60", "1:2:3", "1e3", "100001", ".", "7.5h30", "1.23456", "h", "min", "7h 5h"} {
		if got, ok := schedule.ParseMinutes(text); ok {
			t.Errorf("%q is taken for %d", text, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"2, 4+3", "7h30", "7,5", "45 min", "1+500", "9999", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if m, ok := schedule.ParseMinutes(text); ok {
			if again, ok := schedule.ParseMinutes(schedule.TypeMinutes(m)); !ok || again != m || m < 0 || m > schedule.MaxMinutes {
				t.Errorf("%q is %d minutes, typed again %d", text, m, again)
			}
		}
		if rows, ok := schedule.ParseRows(text); ok {
			again, ok := schedule.ParseRows(schedule.TypeRows(rows))
			if diff := cmp.Diff(rows, again); !ok || diff != "" {
				t.Errorf("%q: %s", text, diff)
			}
		}
	})
}
