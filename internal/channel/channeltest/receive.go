package channeltest

import (
	"bytes"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/entente/entente/internal/channel"
)

// receive checks that only signed calls are taken in, each once, and that no call brings anything down.
func receive(t *testing.T, h Harness) {
	s := open(t, h)
	mux := http.NewServeMux()
	mux.Handle("/hooks/{channel}", s.service.ReceiveHandler())
	call := func(header http.Header, body []byte) int {
		t.Helper()
		s.turn(time.Second) // so that the rate is never too high
		r := httptest.NewRequest(http.MethodPost, "/hooks/"+s.account.ID, bytes.NewReader(body))
		r.Header = header
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		s.keepsSecrets("the answer", w.Body.String())
		return w.Code
	}
	expect := func(what string, status, want, posts int) {
		t.Helper()
		if got := len(s.posts()); status != want || got != posts {
			t.Errorf("%s: status %d with %d posts, want %d with %d", what, status, got, want, posts)
		}
	}
	header, body := s.Call(s.Settings, "a", "b")
	expect("a call", call(header, body), http.StatusAccepted, 2)
	expect("the same call again", call(header, body), http.StatusAccepted, 2)
	expect("unsigned", call(http.Header{}, body), http.StatusUnauthorized, 2)
	expect("with another body", call(header, slices.Concat(body, []byte(" "))), http.StatusUnauthorized, 2)
	other := channel.Settings{}
	if m, ok := h.Connector.(channel.Minter); ok {
		other = m.Mint()
	}
	wrong, wrongBody := s.Call(other, "c")
	expect("signed by somebody else", call(wrong, wrongBody), http.StatusUnauthorized, 2)
	header, body = s.Call(s.Settings, "b", "c")
	expect("a call that says something again", call(header, body), http.StatusAccepted, 3)
	old, oldBody := s.Call(s.Settings, "d")
	s.turn(time.Hour)
	expect("an hour late", call(old, oldBody), http.StatusUnauthorized, 3)
	for range 200 {
		broken := slices.Clone(body)
		for range 1 + rand.IntN(4) {
			broken[rand.IntN(len(broken))] = byte(rand.IntN(256))
		}
		if status := call(header, broken); status >= 500 {
			t.Fatalf("status %d for %q", status, broken)
		}
	}
}
