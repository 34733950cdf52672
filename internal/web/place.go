package web

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"github.com/entente/entente/assets"
	"github.com/entente/entente/internal/web/ui"
)

// Place is a part of the site with a frame and a sign-in of its own: a community. Its routes stand below Path; at its own host name they are
// reached without it, and nothing else of the site is.
type Place struct {
	Path   string // such as /c/sillage
	SignIn string // the page where one signs in, such as /c/sillage/sign-in
	Own    bool   // the request came to its own host name
	Frame  func(ctx context.Context, p ui.ShellProps) templ.Component
	Shown  func(ctx context.Context) bool // whether whoever asks may learn that it is there; nil for everybody
	// Moved is where the whole place is now that was at the host name asked for; "" for here.
	Moved string
	// Was leads from an address where nothing is, by path and query, to where that is now which was there before; "" for nowhere, nil for never.
	Was func(ctx context.Context, path, query string) (string, error)
}

// hidden reports whether whoever asks must not learn that the place is there: pages look as if it were not.
func (p *Place) hidden(ctx context.Context) bool { return p.Shown != nil && !p.Shown(ctx) }

// PlaceOf says which place a request is for, nil for none: by its host name without port, in lower case, or by its path.
type PlaceOf func(ctx context.Context, host, path string) (*Place, error)

// enter finds the place of a request. One that came to a place's own host name is asked below the place's path from here on.
func (s *Server) enter(r *http.Request) (*Place, *http.Request, error) {
	if s.Place == nil || everywhere(r.URL.Path) {
		return nil, r, nil
	}
	p, err := s.Place(r.Context(), hostOf(r), r.URL.Path)
	if err != nil || p == nil || !p.Own {
		return p, r, err
	}
	inner := *r.URL
	inner.Path, inner.RawPath = below(p.Path, r.URL.Path), ""
	if r.URL.RawPath != "" {
		inner.RawPath = below(p.Path, r.URL.RawPath)
	}
	moved := *r
	moved.URL = &inner
	return p, &moved, nil
}

// below puts a path below another, unless it stands there already: forms name whole paths.
func below(prefix, path string) string {
	switch {
	case path == prefix || strings.HasPrefix(path, prefix+"/"):
		return path
	case path == "/" || path == "":
		return prefix
	}
	return prefix + path
}

// everywhere tells what every host name answers alike.
func everywhere(path string) bool {
	switch path {
	case "/language", "/theme", "/healthz", "/readyz", "/.well-known/webfinger", "/.well-known/nodeinfo", "/nodeinfo/2.1", "/fediverse/inbox":
		return true
	}
	return strings.HasPrefix(path, assets.Prefix) || strings.HasPrefix(path, "/s/") // questions how it went
}

// hostOf is the host name that was asked for, without port, in lower case.
func hostOf(r *http.Request) string {
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return strings.TrimSuffix(strings.ToLower(host), ".")
}

// Href is the address of a path for the reader of ctx: at a place's own host name, without the place's path.
func Href(ctx context.Context, path string) string {
	q, _ := ctx.Value(requestKey{}).(*request)
	if q == nil || q.place == nil || !q.place.Own {
		return path
	}
	rest, inside := strings.CutPrefix(path, q.place.Path)
	switch {
	case !inside || rest != "" && rest[0] != '/' && rest[0] != '?' && rest[0] != '#':
		return path
	case rest == "" || rest[0] != '/':
		return "/" + rest
	}
	return rest
}

// AtOwnHost reports whether the request of ctx came to a place's own host name.
func AtOwnHost(ctx context.Context) bool {
	q, _ := ctx.Value(requestKey{}).(*request)
	return q != nil && q.place != nil && q.place.Own
}

// signInHref is where one who must sign in is sent, to come back to the page asked for.
func signInHref(r *http.Request) string {
	to, from := "/sign-in", r.URL.RequestURI()
	if p := about(r).place; p != nil && !p.hidden(r.Context()) {
		to, from = Href(r.Context(), p.SignIn), Href(r.Context(), from)
	}
	if from == "/" {
		return to
	}
	return to + "?to=" + strings.ReplaceAll(url.QueryEscape(from), "+", "%20")
}
