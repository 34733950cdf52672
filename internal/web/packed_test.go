package web_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/web"
)

// A page whose body is kept packed is the page that any other body makes, with its nonce, for those who take gzip and for those who do not.
func TestShowPacked(t *testing.T) {
	t.Parallel()
	body := strings.Repeat("<p>Vélo à 60 objectifs</p>", 5000) + "<!---->"
	kept := web.Pack(body)
	s := open(t, io.Discard)
	s.Routes().Page("GET /packed", org.Public, func(w http.ResponseWriter, r *http.Request) error {
		return web.ShowPacked(w, r, web.Page{Title: "Packed"}, kept)
	})
	server := httptest.NewServer(s.Handler())
	defer server.Close()
	get := func(encoding string) (string, string) {
		req, _ := http.NewRequest(http.MethodGet, server.URL+"/packed", nil)
		req.Header.Set("Accept-Encoding", encoding)
		res, err := (&http.Client{Transport: &http.Transport{DisableCompression: true}}).Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		var from io.Reader = res.Body
		if res.Header.Get("Content-Encoding") == "gzip" {
			if from, err = gzip.NewReader(res.Body); err != nil {
				t.Fatal(err)
			}
		}
		text, err := io.ReadAll(from)
		if err != nil {
			t.Fatal(err)
		}
		return string(text), res.Header.Get("Content-Encoding")
	}
	packed, how := get("gzip")
	plain, bare := get("identity")
	if how != "gzip" || bare != "" {
		t.Errorf("sent as %q and %q", how, bare)
	}
	for _, text := range []string{packed, plain} {
		if strings.Count(text, body) != 1 || !strings.HasSuffix(strings.TrimSpace(text), "</html>") || !strings.Contains(text, "<title>Packed") {
			t.Errorf("not the page: %d bytes, ends with %q", len(text), text[max(0, len(text)-80):])
		}
	}
}
