package web_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

// placed is a site with one place, /c/sail, which has the host name sail.example.
func placed(t *testing.T) http.Handler {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	o := org.New(dbtest.SQLite(t), log, time.Now)
	frame := func(_ context.Context, p ui.ShellProps) templ.Component {
		return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
			io.WriteString(w, "[frame "+p.Title+" "+p.To+"]")
			return templ.GetChildren(ctx).Render(ctx, w)
		})
	}
	s := web.New(web.Options{Org: o, Log: log, Live: web.NewLive(), Place: func(_ context.Context, host, path string) (*web.Place, error) {
		own := host == "sail.example"
		if own || path == "/c/sail" || strings.HasPrefix(path, "/c/sail/") {
			return &web.Place{Path: "/c/sail", SignIn: "/c/sail/sign-in", Own: own, Frame: frame}, nil
		}
		return nil, nil
	}})
	r := s.Routes()
	say := func(w http.ResponseWriter, r *http.Request) error {
		return web.Show(w, r, web.Page{Title: r.URL.Path}, templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
			_, err := io.WriteString(w, web.Href(ctx, "/c/sail/space?x=1")+" "+web.Href(ctx, "/c/sail")+" "+web.Href(ctx, "/c/sailing")+" "+web.Href(ctx, "/me"))
			return err
		}))
	}
	r.Page("GET /c/{slug}", org.Public, say)
	r.Page("GET /c/{slug}/{space}", org.Public, say)
	r.Page("GET /c/{slug}/secret", org.SignedIn, say)
	r.Page("GET /inbox", org.SignedIn, say)
	r.Do("POST /c/{slug}/join", org.Public, func(w http.ResponseWriter, r *http.Request) error { return web.Redirect(w, r, "/c/sail/space") })
	r.Page("GET /c/{slug}/lost", org.Public, func(http.ResponseWriter, *http.Request) error {
		return problem.New(problem.Missing, "problem.not_found")
	})
	return s.Handler()
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	h := placed(t)
	for _, c := range []struct {
		method, host, path string
		status             int
		says, to           string
	}{
		{"GET", "main.example", "/c/sail", 200, "[frame /c/sail /c/sail]/c/sail/space?x=1 /c/sail /c/sailing /me", ""},
		{"GET", "main.example", "/c/sail/a%2Fb?q=1", 200, "[frame /c/sail/a/b /c/sail/a%2Fb?q=1]", ""},
		{"GET", "sail.example", "/", 200, "[frame /c/sail /]/space?x=1 / /c/sailing /me", ""},
		{"GET", "SAIL.example.:8443", "/space?x=1", 200, "[frame /c/sail/space /space?x=1]", ""},
		{"GET", "sail.example", "/c/sail/space", 200, "[frame /c/sail/space /space]", ""},
		{"GET", "sail.example", "/a%2Fb", 200, "[frame /c/sail/a/b /a%2Fb]", ""},
		{"GET", "sail.example", "/inbox", 200, "[frame /c/sail/inbox /inbox]", ""}, // a space that may be called so, never the inbox
		{"GET", "sail.example", "/members/x", 404, "[frame", ""},
		{"GET", "sail.example", "/lost", 404, "[frame", ""},
		{"GET", "main.example", "/c/sail/secret", 303, "", "/c/sail/sign-in?to=%2Fc%2Fsail%2Fsecret"},
		{"GET", "sail.example", "/secret", 303, "", "/sign-in?to=%2Fsecret"},
		{"POST", "main.example", "/c/sail/join", 303, "", "/c/sail/space"},
		{"POST", "sail.example", "/join", 303, "", "/space"},
		{"POST", "sail.example", "/theme", 303, "", "/"},
		{"GET", "sail.example", "/c/other", 404, "[frame", ""},
		{"GET", "sail.example.evil.example", "/c/other", 200, "", ""},
	} {
		r := httptest.NewRequest(c.method, c.path, nil)
		r.Host = c.host
		res := httptest.NewRecorder()
		h.ServeHTTP(res, r)
		if res.Code != c.status || !strings.Contains(res.Body.String(), c.says) || res.Header().Get("Location") != c.to {
			t.Errorf("%s %s%s: %d to %q\n%s\nwant %d to %q with %q", c.method, c.host, c.path, res.Code, res.Header().Get("Location"), res.Body, c.status, c.to, c.says)
		}
	}
}

// A form of another host changes nothing at a place's own, whatever path it names: those that need no such guard stand at the site's.
func TestPlacesAreGuarded(t *testing.T) {
	t.Parallel()
	h := placed(t)
	for path, want := range map[string]int{"/join": 403, "/c/sail/join": 403, "/api/join": 403, "/hooks/join": 403} {
		r := httptest.NewRequest("POST", path, nil)
		r.Host = "sail.example"
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		res := httptest.NewRecorder()
		h.ServeHTTP(res, r)
		if res.Code != want {
			t.Errorf("%s: %d, want %d", path, res.Code, want)
		}
	}
}
