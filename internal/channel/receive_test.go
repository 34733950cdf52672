package channel_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/channel/webhook"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/seal"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func webhooks(t *testing.T, d *db.DB) (*channel.Service, channel.Account, http.Handler) {
	t.Helper()
	box, err := seal.New(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	clock := func() time.Time { return noon }
	log := slog.New(slog.DiscardHandler)
	l := ledger.New(d, log, clock, channel.PostFollower())
	s := channel.New(d, l, box, channel.World{Clock: clock, Log: log}, log, clock, webhook.New())
	a, err := s.Add(t.Context(), channel.Draft{Kind: "webhook", Name: "Shop"})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/hooks/{channel}", s.ReceiveHandler())
	return s, a, mux
}

func call(t *testing.T, h http.Handler, channel, secret, id, body string) (int, map[string]any) {
	t.Helper()
	return callFrom(t, h, "192.0.2.1:1234", channel, secret, id, body)
}

func callFrom(t *testing.T, h http.Handler, address, channel, secret, id, body string) (int, map[string]any) {
	t.Helper()
	r := httptest.NewRequest("POST", "/hooks/"+channel, strings.NewReader(body))
	if err := webhook.Sign(r.Header, secret, id, noon, []byte(body)); err != nil {
		t.Fatal(err)
	}
	r.RemoteAddr = address
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	got := map[string]any{}
	if err := json.NewDecoder(bytes.NewReader(w.Body.Bytes())).Decode(&got); err != nil {
		t.Fatalf("answer %d is no JSON: %q", w.Code, w.Body)
	}
	if want := "application/problem+json"; w.Code >= 400 && w.Header().Get("Content-Type") != want {
		t.Errorf("answer %d has the type %q, want %q", w.Code, w.Header().Get("Content-Type"), want)
	}
	return w.Code, got
}

func TestReceive(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s, a, h := webhooks(t, d)
		secret := a.Shown["secret"]
		if secret == "" {
			t.Fatal("no secret was shown")
		}
		for _, step := range []struct {
			name, channel, secret, id, body string
			status                          int
			added                           float64
		}{
			{"two without ids", a.ID, secret, "msg1", `[{"text":"a"},{"text":"b"}]`, 202, 2},
			{"the same call again", a.ID, secret, "msg1", `[{"text":"a"},{"text":"b"}]`, 202, 0},
			{"another call", a.ID, secret, "msg2", `{"id":"x","text":"a"}`, 202, 1},
			{"the same post in another call", a.ID, secret, "msg3", `{"id":"x","text":"a"}`, 202, 0},
			{"another secret", a.ID, webhook.New().Mint()["secret"], "msg4", `{"text":"a"}`, 401, 0},
			{"a bad body", a.ID, secret, "msg5", `{"text":`, 400, 0},
			{"too large", a.ID, secret, "msg6", `{"text":"` + strings.Repeat("a", 1<<20) + `"}`, 413, 0},
			{"no such channel", "nowhere", secret, "msg7", `{"text":"a"}`, 404, 0},
		} {
			status, answer := call(t, h, step.channel, step.secret, step.id, step.body)
			if added, _ := answer["added"].(float64); status != step.status || added != step.added {
				t.Errorf("%s: %d %v, want %d and %v added", step.name, status, answer, step.status, step.added)
			}
		}
		found, err := s.Find(t.Context(), a.ID)
		if err != nil || found.Shown != nil {
			t.Errorf("the secret is shown again: %v, %v", found.Shown, err)
		}
		renewed, err := s.Renew(t.Context(), a.ID)
		if err != nil {
			t.Fatal(err)
		}
		if status, _ := call(t, h, a.ID, secret, "msg8", `{"text":"a"}`); status != 401 {
			t.Errorf("with the old secret: %d, want 401", status)
		}
		if status, _ := call(t, h, a.ID, renewed.Shown["secret"], "msg9", `{"text":"a"}`); status != 202 {
			t.Errorf("with the new secret: %d, want 202", status)
		}
		if err := s.Disable(t.Context(), a.ID); err != nil {
			t.Fatal(err)
		}
		if status, _ := call(t, h, a.ID, renewed.Shown["secret"], "msg10", `{"text":"a"}`); status != 404 {
			t.Errorf("when it is turned off: %d, want 404", status)
		}
	})
}

func TestReceiveBusy(t *testing.T) {
	t.Parallel()
	_, a, h := webhooks(t, dbtest.SQLite(t))
	secret := a.Shown["secret"]
	count := func(address, secret string) map[int]int {
		counts := map[int]int{}
		for range 210 {
			status, _ := callFrom(t, h, address, a.ID, secret, "msg", `{"text":"a"}`)
			counts[status]++
		}
		return counts
	}
	// Many addresses of one IPv6 network count as one.
	if counts := count("[2001:db8::1]:99", webhook.New().Mint()["secret"]); counts[401] != 200 || counts[429] != 10 {
		t.Errorf("answers %v to a stranger, want 200 of 401, then 10 of 429", counts)
	}
	if status, _ := callFrom(t, h, "[2001:db8::ffff]:99", a.ID, secret, "msg", `{"text":"a"}`); status != 429 {
		t.Errorf("from the stranger's network: %d, want 429", status)
	}
	if counts := count("192.0.2.7:99", secret); counts[202] != 200 || counts[429] != 10 {
		t.Errorf("answers %v to the other side, want 200 of 202 whatever strangers do, then 10 of 429", counts)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/hooks/"+a.ID, nil))
	if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "POST" {
		t.Errorf("GET: %d, want 405", w.Code)
	}
}
