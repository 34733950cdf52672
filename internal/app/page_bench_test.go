package app_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/entente/entente/internal/app"
	"github.com/entente/entente/internal/config"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/org"
)

// BenchmarkPages is the processor time of the pages that people look at most, on the demo, compressed as browsers ask for it.
func BenchmarkPages(b *testing.B) {
	a, err := app.Open(b.Context(), config.Config{Data: b.TempDir(), Listen: "127.0.0.1:8080"}, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	defer a.Close()
	demo, err := a.FillDemo(b.Context(), func(string) {})
	if err != nil {
		b.Fatal(err)
	}
	form := url.Values{"email": {demo.Accounts[2].Email}, "password": {demo.Password}}
	in := httptest.NewRequest(http.MethodPost, "/sign-in", strings.NewReader(form.Encode()))
	in.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res := httptest.NewRecorder()
	a.Handler().ServeHTTP(res, in)
	topics, err := a.Listening.Topics(b.Context())
	if err != nil || len(topics) == 0 {
		b.Fatalf("topics: %v, %v", topics, err)
	}
	waiting, _, err := a.Inbox.Queue(org.AsOperator(b.Context()), inbox.OpenView, inbox.Filter{}, "", 20)
	if err != nil || len(waiting) == 0 {
		b.Fatalf("conversations: %v, %v", waiting, err)
	}
	handler := a.Handler()
	for name, path := range map[string]string{"inbox": "/inbox", "mentions": "/mentions", "topic": "/mentions?topic=" + topics[0].ID, "people": "/people",
		"conversation": "/inbox/" + waiting[0].ID, "questions": "/c/sillage/questions", "strategy": "/strategy", "measures": "/measures"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				r := httptest.NewRequest(http.MethodGet, path, nil)
				r.Header.Set("Accept-Encoding", "gzip")
				for _, c := range res.Result().Cookies() {
					r.AddCookie(c)
				}
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, r)
				if w.Code != http.StatusOK {
					body, _ := io.ReadAll(w.Body)
					b.Fatalf("%s: %d %s", path, w.Code, body)
				}
			}
		})
	}
}
