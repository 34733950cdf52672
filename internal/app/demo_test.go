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
	"github.com/entente/entente/internal/enrich"
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
	demoAudited(t, a)
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
	loopsPlanned(t, a)
}

// demoAudited checks that people judged audit samples of the past, that the last is not finished, and that agreement is known from them.
func demoAudited(t *testing.T, a *app.App) {
	t.Helper()
	ctx := org.AsOperator(t.Context())
	samples, err := a.Review.Samples(ctx)
	if err != nil || len(samples) < 3 {
		t.Fatalf("%d samples, %v", len(samples), err)
	}
	judged := 0
	for i, s := range samples {
		judged += s.Judged
		if s.DrawnAt.After(a.Clock()) || s.Twice == 0 || (s.Judged < s.Size) != (i == 0) {
			t.Errorf("sample %d of %d, drawn %s: %d judged, %d of them twice", i, s.Size, s.DrawnAt, s.Judged, s.Twice)
		}
	}
	agreed, err := a.Measure.Agreement(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if agreed.Posts < 150 || agreed.Posts != judged {
		t.Errorf("%d posts were judged, in the samples %d", agreed.Posts, judged)
	}
	if len(agreed.Heads) == 0 || agreed.Heads[0].Head != enrich.Sentiment || agreed.Heads[0].Share.N < 140 || !agreed.Heads[0].Kappa.Defined() {
		t.Errorf("agreement of people and models: %+v", agreed.Heads)
	}
	if len(agreed.People) == 0 || agreed.People[0].Share.N < 30 {
		t.Errorf("agreement of people: %+v", agreed.People)
	}
	if len(agreed.Course) != len(samples) || !agreed.Monthly {
		t.Errorf("course of agreement: %+v", agreed.Course)
	}
	for _, c := range agreed.Course {
		if e := c.Share; !e.Defined() || !(e.Low < e.High) {
			t.Errorf("agreement at %s: %+v", c.At, e)
		}
	}
	portions, err := a.Measure.Portions(ctx, 30)
	if err != nil || len(portions) == 0 || !portions[0].Audited {
		t.Errorf("shares are not put right by the samples: %+v, %v", portions, err)
	}
}
