package web_test

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/a-h/templ"

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

// What is packed in pieces is the page, with the nonce of its own request and tokens that no other page has, however often it is asked for.
func TestPagesInPieces(t *testing.T) {
	t.Parallel()
	s := open(t, io.Discard)
	s.Routes().Page("GET /many/{n}", org.Public, func(w http.ResponseWriter, r *http.Request) error {
		n, _ := strconv.Atoi(r.PathValue("n"))
		token := web.Token(r)
		return web.Show(w, r, web.Page{Title: "Pieces"}, templ.Raw(strings.Repeat("<p>Vélo à 60 objectifs "+token+"</p>", n)+strings.Repeat("Draisine ", 400)))
	})
	server := httptest.NewServer(s.Handler())
	defer server.Close()
	seen := map[string]bool{}
	for _, path := range []string{"/many/0", "/many/1", "/many/1", "/many/2", "/many/2", "/many/3", "/many/3", "/many/40", "/many/40"} {
		page, header := asked(t, server.URL+path, "gzip")
		if header.Get("Content-Encoding") != "gzip" {
			t.Errorf("%s was not packed", path)
		}
		nonce := regexp.MustCompile(`nonce="([^"]+)"`).FindStringSubmatch(page)
		if nonce == nil || !strings.Contains(header.Get("Content-Security-Policy"), "'nonce-"+nonce[1]+"'") || seen[nonce[1]] {
			t.Errorf("%s has the nonce %q, its policy %q", path, nonce, header.Get("Content-Security-Policy"))
		}
		seen[nonce[1]] = true
		tokens := map[string]bool{}
		for _, m := range regexp.MustCompile(`objectifs (\w+)<`).FindAllStringSubmatch(page, -1) {
			tokens[m[1]] = true
		}
		for token := range tokens {
			if len(tokens) != 1 || seen[token] {
				t.Errorf("%s has the tokens %v", path, tokens)
			}
			seen[token] = true
		}
		if n := strings.Count(page, "<p>Vélo"); "/many/"+strconv.Itoa(n) != path || !strings.HasSuffix(strings.TrimSpace(page), "</html>") {
			t.Errorf("%s has %d lines and ends with %q", path, n, page[max(0, len(page)-40):])
		}
	}
}

// asked is a page, unpacked and held against its checksum.
func asked(t *testing.T, url, encoding string, headers ...string) (string, http.Header) {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept-Encoding", encoding)
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
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
	return string(text), res.Header
}

// A page that is held is given to whom it was made for, as long as nothing changes that it depends on, and to nobody else.
func TestHeldPages(t *testing.T) {
	t.Parallel()
	s := open(t, io.Discard)
	var version, now atomic.Int64
	made := 0
	held := web.Held{Now: func() time.Time { return time.Unix(now.Load(), 0) },
		Version: func(context.Context) (string, error) { return strconv.FormatInt(version.Load(), 10), nil }}
	s.Routes().Page("GET /held", org.Public, func(w http.ResponseWriter, r *http.Request) error {
		return held.Page(func(w http.ResponseWriter, r *http.Request) error {
			made++
			web.Token(r) // of a form that is not shown
			return web.Show(w, r, web.Page{Title: "Held"}, templ.Raw(fmt.Sprintf("<p>for %s, the %d. time, %s</p>", org.Who(r.Context()).Name, made, web.Token(r))+strings.Repeat("Draisine ", 200)))
		})(w, r.WithContext(org.With(r.Context(), &org.Member{ID: r.Header.Get("X-As"), Name: r.Header.Get("X-As"), State: org.Active})))
	})
	server := httptest.NewServer(s.Handler())
	defer server.Close()
	tokens := map[string]bool{}
	for _, step := range []struct {
		what, as, query string
		headers         []string
		want            string
		do              func()
	}{
		{what: "first", as: "Ana", want: "for Ana, the 1. time"},
		{what: "again", as: "Ana", want: "for Ana, the 1. time"},
		{what: "somebody else", as: "Bea", want: "for Bea, the 2. time"},
		{what: "another address", as: "Ana", query: "?a=1", want: "for Ana, the 3. time"},
		{what: "another language", as: "Ana", headers: []string{"Cookie", "lang=fr"}, want: "for Ana, the 4. time"},
		{what: "another theme", as: "Ana", headers: []string{"Cookie", "theme=dark"}, want: "for Ana, the 5. time"},
		{what: "a toast to show", as: "Ana", headers: []string{"Cookie", "flash=x"}, want: "for Ana, the 6. time"},
		{what: "a part", as: "Ana", headers: []string{"HX-Request", "true"}, want: "for Ana, the 7. time"},
		{what: "still", as: "Ana", want: "for Ana, the 1. time"},
		{what: "after a commit", as: "Ana", do: func() { version.Add(1) }, want: "for Ana, the 8. time"},
		{what: "again after it", as: "Ana", want: "for Ana, the 8. time"},
		{what: "later", as: "Ana", do: func() { now.Add(10) }, want: "for Ana, the 9. time"},
	} {
		if step.do != nil {
			step.do()
		}
		page, header := asked(t, server.URL+"/held"+step.query, "gzip", append(step.headers, "X-As", step.as)...)
		if !strings.Contains(page, step.want+",") {
			t.Errorf("%s: not %q in %s", step.what, step.want, page)
		}
		m := regexp.MustCompile(`time, (\w+)</p>`).FindStringSubmatch(page)
		if m == nil || tokens[m[1]] {
			t.Errorf("%s: the token %v is not new", step.what, m)
		} else {
			tokens[m[1]] = true
		}
		nonce := regexp.MustCompile(`nonce="([^"]+)"`).FindStringSubmatch(page)
		if nonce == nil || !strings.Contains(header.Get("Content-Security-Policy"), "'nonce-"+nonce[1]+"'") {
			t.Errorf("%s: the nonce %v is not that of %q", step.what, nonce, header.Get("Content-Security-Policy"))
		}
		if header.Get("Cache-Control") != "no-cache, private" || !strings.Contains(strings.Join(header.Values("Vary"), ", "), "Cookie") || !strings.HasPrefix(header.Get("Content-Type"), "text/html") {
			t.Errorf("%s: %v", step.what, header)
		}
	}
}
