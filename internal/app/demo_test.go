package app_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/entente/entente/internal/app"
	"github.com/entente/entente/internal/config"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
)

// An installation filled with the demo counts what it digests once, and shows the accounts when it is opened again.
func TestDemo(t *testing.T) {
	t.Parallel()
	c := config.Config{Data: t.TempDir(), Listen: "127.0.0.1:0"}
	load := func() *app.App {
		a, err := app.Open(t.Context(), c, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	answer := func(h http.Handler, path string) string {
		res := httptest.NewRecorder()
		h.ServeHTTP(res, httptest.NewRequest(http.MethodGet, path, nil))
		return res.Body.String()
	}
	a := load()
	demo, err := a.FillDemo(t.Context(), func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	if again, err := a.FillDemo(t.Context(), func(string) {}); err != nil || len(again.Accounts) != len(demo.Accounts) {
		t.Errorf("filled again: %v", err)
	}
	digested := func() (n float64) {
		for line := range strings.Lines(answer(a.Metrics.Handler(), "/metrics")) {
			if _, err := fmt.Sscanf(line, "entente_activities_digested_total %g", &n); err == nil {
				return n
			}
		}
		t.Fatal("what was digested is not told")
		return 0
	}
	before := digested()
	if _, err := a.Ledger.State(org.AsOperator(context.WithoutCancel(t.Context())), ledger.Activity{Kind: "test.done", Actor: "member:m", Object: "o", At: a.Clock()}); err != nil {
		t.Fatal(err)
	}
	if n := digested() - before; n != 1 {
		t.Errorf("one activity was counted as %g", n)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	a = load()
	t.Cleanup(func() { a.Close() })
	page := answer(a.Handler(), "/sign-in")
	for _, m := range demo.Accounts {
		if !strings.Contains(page, m.Email) {
			t.Errorf("the sign-in page does not show %s", m.Email)
		}
	}
}
