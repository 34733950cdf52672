package ui_test

import (
	"context"
	"errors"
	"strings"
	"testing"

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
