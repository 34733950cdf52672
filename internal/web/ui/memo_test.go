package ui_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/web/ui"
)

func TestMemo(t *testing.T) {
	t.Parallel()
	var m ui.Memo
	drawn := 0
	of := func(ctx context.Context, values ...any) string {
		s, err := m.Of(ctx, func() (string, error) {
			drawn++
			return i18n.Lang(ctx) + strings.Repeat("x", 1<<20), nil
		}, values...)
		if err != nil {
			t.Fatal(err)
		}
		return s[:2]
	}
	en, fr := i18n.With(t.Context(), "en", nil), i18n.With(t.Context(), "fr", nil)
	of(en, []int{1, 2}, "a")
	of(en, []int{1, 2}, "a")
	if drawn != 1 {
		t.Errorf("drawn %d times for the same values", drawn)
	}
	if of(fr, []int{1, 2}, "a") != "fr" || of(en, []int{1, 3}, "a") != "en" || drawn != 3 {
		t.Errorf("another language or other values gave what was kept")
	}
	for i := range 20 { // more than is kept
		of(en, i)
	}
	if _, err := m.Of(en, func() (string, error) { return "", errors.New("no") }, "b"); err == nil {
		t.Error("an error was kept for a drawing")
	}
}

// What differs is kept apart, wherever the difference stands.
func TestMemoTellsApart(t *testing.T) {
	t.Parallel()
	type point struct {
		At    time.Time
		Value float64
		Name  string
	}
	day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	different := [][]any{
		nil, {nil}, {""}, {0}, {false}, {"a", "b"}, {"ab"}, {"a", "b", ""}, {[]string{"a"}, "b"}, {[]string{"a", "b"}}, {1, 2}, {12}, {uint(1), 2}, {1.0, 2},
		{point{day, 1, "a"}}, {point{day.Add(1), 1, "a"}}, {point{day.In(time.FixedZone("x", 3600)), 1, "a"}}, {point{day, 2, "a"}},
		{[]point{{day, 1, "a"}}}, {[]point{{day, 1, "a"}, {}}}, {[]any{1, "2"}}, {[]any{"1", 2}}, {math.NaN()}, {math.Inf(1)},
	}
	var m ui.Memo
	for i, values := range different {
		drawn := false
		if _, err := m.Of(t.Context(), func() (string, error) { drawn = true; return "x", nil }, values...); err != nil || !drawn {
			t.Errorf("%d: %#v was taken for another (%v)", i, values, err)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a pointer has a spelling")
		}
	}()
	_, _ = m.Of(t.Context(), func() (string, error) { return "", nil }, &day)
}
