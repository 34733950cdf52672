package web

import (
	"cmp"
	"compress/gzip"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/a-h/templ"
	"github.com/klauspost/compress/gzhttp"

	"github.com/entente/entente/assets"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web/ui"
)

// Handler answers one route. An error becomes an error page, or problem details for htmx.
type Handler func(w http.ResponseWriter, r *http.Request) error

// Nav is one entry of the navigation, shown to those who have the permission.
type Nav struct {
	Label      string // key of a sentence
	Section    string // key of a sentence, or ""
	Href       string
	Icon       string
	Key        string // keyboard shortcut
	Permission org.Permission
	Count      func(ctx context.Context) int // may be nil
	Topic      string                        // refreshes the count
}

// Options make a server.
type Options struct {
	Org     *org.Service
	Log     *slog.Logger
	Live    *Live
	Nav     []Nav
	Foot    []Nav
	Secure  bool           // cookies are sent over TLS only: the public address is https
	Proxies []netip.Prefix // whose X-Forwarded-For is believed
	Clock   func() time.Time
	Observe func(route, method string, status int, took time.Duration) // may be nil
	Banner  func(ctx context.Context) templ.Component                  // may be nil
	Place   PlaceOf                                                    // may be nil
}

// Server turns requests into pages.
type Server struct {
	Options
	mux    *http.ServeMux
	routes []Route
	zones  sync.Map // *time.Location by name
	packs  packs
}

// Route is a registered route, for tests that walk all of them.
type Route struct {
	Pattern    string
	Permission org.Permission
}

// Routes registers routes.
type Routes struct{ s *Server }

// New makes a server with the routes it has by itself: assets, the event stream, language and theme.
func New(o Options) *Server {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	s := &Server{Options: o, mux: http.NewServeMux()}
	r := s.Routes()
	s.mux.Handle("GET "+assets.Prefix, assets.Handler())
	r.Do("POST /language", org.Public, s.setLanguage)
	r.Do("POST /theme", org.Public, s.setTheme)
	r.Page("GET /live", org.SignedIn, s.live)
	r.Page("GET /design", org.Public, func(w http.ResponseWriter, r *http.Request) error {
		return Show(w, r, Page{Title: "Design"}, ui.Gallery())
	})
	r.Page("/", org.Public, func(http.ResponseWriter, *http.Request) error {
		return problem.New(problem.Missing, "problem.not_found")
	})
	return s
}

// Routes is where surfaces register.
func (s *Server) Routes() *Routes { return &Routes{s} }

// List returns all routes in the order they were registered.
func (s *Server) List() []Route { return s.routes }

// Page registers a page; pattern as in http.ServeMux, such as "GET /inbox/{id}".
func (r *Routes) Page(pattern string, p org.Permission, h Handler) { r.s.handle(pattern, p, h) }

// Do registers an action, which changes something and then redirects.
func (r *Routes) Do(pattern string, p org.Permission, h Handler) { r.s.handle(pattern, p, h) }

// Raw registers a handler that does its own checks, such as a webhook or the REST interface.
func (r *Routes) Raw(pattern string, h http.Handler) { r.s.mux.Handle(pattern, h) }

// Topic lets those with the permission listen to a topic at /live. A topic "conversation" also covers "conversation:ID".
func (r *Routes) Topic(name string, p org.Permission) { r.s.Live.allow(name, p) }

func (s *Server) handle(pattern string, p org.Permission, h Handler) {
	s.routes = append(s.routes, Route{pattern, p})
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		err := s.permit(r, p)
		if err == nil {
			err = h(w, r)
		}
		if err != nil {
			s.fail(w, r, err)
		}
	})
}

// permit is the one place where a route's permission is checked.
func (s *Server) permit(r *http.Request, p org.Permission) error {
	if m := org.Who(r.Context()); m.May(p) {
		return nil
	} else if m == nil {
		return problem.New(problem.Unauthenticated, "problem.sign_in")
	}
	return problem.New(problem.Forbidden, "problem.forbidden")
}

type requestKey struct{}

// request is what the server knows of a request beside what the context says.
type request struct {
	s     *Server
	nonce string
	theme string
	ip    string
	route string
	place *Place // where the request belongs, nil for the site itself

	tokens  []string // of forms of its page
	holding *holding // where its page is kept, nil for nowhere
}

func about(r *http.Request) *request {
	if q, ok := r.Context().Value(requestKey{}).(*request); ok {
		return q
	}
	return &request{}
}

// IP is the address the request came from, as far as the proxies named by the operator can be believed.
func IP(r *http.Request) string { return about(r).ip }

// VisitOf says where a request comes from, for sessions and the audit log.
func VisitOf(r *http.Request) org.Visit { return org.Visit{IP: IP(r), Agent: clip(r.UserAgent(), 300)} }

func clip(s string, n int) string {
	if len(s) > n {
		s = strings.ToValidUTF8(s[:n], "")
	}
	return s
}

// Handler is the whole: all checks around all routes.
func (s *Server) Handler() http.Handler {
	zip, err := gzhttp.NewWrapper(gzhttp.MinSize(1000), gzhttp.CompressionLevel(gzip.BestSpeed), gzhttp.ExceptContentTypes([]string{"text/event-stream", "application/zip", "application/gzip"}))
	if err != nil {
		panic(err) // the options are constants
	}
	guarded := s.crossOrigin(s.identify(s.mux))
	zipped := zip(guarded)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := s.Clock()
		q := &request{s: s, nonce: nonce(), ip: s.address(r)}
		r = r.WithContext(context.WithValue(r.Context(), requestKey{}, q))
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			r = r.WithContext(db.AtOnce(r.Context()))
		}
		place, moved, lost := s.enter(r)
		q.place, r = place, moved
		if r.Body != nil && !bringsItsOwnBound(r) {
			r.Body = http.MaxBytesReader(w, r.Body, MaxForm)
		}
		rec := &recorder{ResponseWriter: w}
		h := rec.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'nonce-"+q.nonce+"' 'strict-dynamic'; style-src 'self'; img-src 'self' data:; "+
			"font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
		if s.Secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		defer func() {
			if v := recover(); v != nil {
				if v == http.ErrAbortHandler {
					panic(v)
				}
				s.Log.Error("a handler panicked", "route", q.route, "panic", v, "stack", string(debug.Stack()))
				if rec.status == 0 {
					http.Error(rec, i18n.T(r.Context(), "problem.internal"), http.StatusInternalServerError)
				}
			}
			if s.Observe != nil {
				s.Observe(q.route, r.Method, rec.status, s.Clock().Sub(began))
			}
		}()
		if lost != nil {
			s.fail(rec, r, lost)
			return
		}
		if place != nil && place.Moved != "" { // forms that were open are sent again as they were
			status := http.StatusPermanentRedirect
			if r.Method == http.MethodGet || r.Method == http.MethodHead {
				status = http.StatusMovedPermanently
			}
			http.Redirect(rec, r, place.Moved+strings.TrimPrefix(r.URL.RequestURI(), place.Path), status)
			return
		}
		if r.URL.Path == "/live" { // a stream cannot be compressed as a whole
			guarded.ServeHTTP(rec, r)
			return
		}
		zipped.ServeHTTP(rec, r)
	})
}

// bringsItsOwnBound tells the few routes whose bodies may be longer than a form's: they bound them themselves.
func bringsItsOwnBound(r *http.Request) bool {
	return r.Method == http.MethodPost && (r.URL.Path == "/import" || files(r)) || strings.HasPrefix(r.URL.Path, "/api/") || strings.HasPrefix(r.URL.Path, "/hooks/")
}

// files tells the forms of communities and contact points that may hold files. Whoever reads such a form without saying more gets no more than MaxForm of it.
func files(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") && (strings.HasPrefix(r.URL.Path, "/c/") || strings.HasPrefix(r.URL.Path, "/communities/") ||
		strings.HasPrefix(r.URL.Path, "/contact/") || strings.HasPrefix(r.URL.Path, "/widget/"))
}

type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	return r.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach what is below.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func nonce() string {
	var b [16]byte
	rand.Read(b[:]) // never fails: see crypto/rand
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// address believes X-Forwarded-For only from the proxies that the operator named, from the right.
func (s *Server) address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	trusted := func(text string) bool {
		a, err := netip.ParseAddr(text)
		if err != nil {
			return false
		}
		for _, p := range s.Proxies {
			if p.Contains(a.Unmap()) {
				return true
			}
		}
		return false
	}
	if !trusted(host) {
		return host
	}
	parts := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(parts) - 1; i >= 0; i-- {
		hop := strings.TrimSpace(parts[i])
		if _, err := netip.ParseAddr(hop); err != nil {
			break
		}
		host = hop
		if !trusted(hop) {
			break
		}
	}
	return host
}

func (s *Server) crossOrigin(next http.Handler) http.Handler {
	c := http.NewCrossOriginProtection()
	// Callers of these prove themselves by a signature or a token, not by a cookie that a browser adds.
	c.AddInsecureBypassPattern("/api/")
	c.AddInsecureBypassPattern("/hooks/")
	c.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, r, problem.New(problem.Forbidden, "problem.cross_origin"))
	}))
	return c.Handler(next)
}

// SessionCookie names the cookie that holds the session.
func (s *Server) SessionCookie() string {
	if s.Secure {
		return "__Host-entente"
	}
	return "entente"
}

// identify finds out who asks and how they read.
func (s *Server) identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, q := r.Context(), about(r)
		_, q.route = s.mux.Handler(r)
		if strings.HasPrefix(r.URL.Path, assets.Prefix) || r.URL.Path == "/healthz" || strings.HasPrefix(r.URL.Path, "/hooks/") {
			next.ServeHTTP(w, r)
			return
		}
		lang, zone := "", (*time.Location)(nil)
		if c, err := r.Cookie("lang"); err == nil && (i18n.Known(c.Value) || c.Value == i18n.Pseudo) {
			lang = c.Value
		}
		if c, err := r.Cookie("theme"); err == nil {
			q.theme = c.Value
		}
		if c, err := r.Cookie(s.SessionCookie()); err == nil && c.Value != "" && !strings.HasPrefix(r.URL.Path, "/api/") {
			m, _, err := s.Org.Authenticate(ctx, c.Value)
			switch {
			case err == nil && m != nil:
				ctx = org.With(ctx, m)
				if lang == "" {
					lang = m.Lang
				}
				if m.Theme != "" && q.theme == "" {
					q.theme = m.Theme
				}
				zone = s.location(m.Zone)
			case err != nil && !problem.Is(err, problem.Unauthenticated):
				s.fail(w, r.WithContext(i18n.With(ctx, cmp.Or(lang, i18n.Match(r.Header.Get("Accept-Language"))), zone)), err)
				return
			default:
				http.SetCookie(w, s.cookie(s.SessionCookie(), "", -1))
			}
		}
		if lang == "" {
			lang = i18n.Match(r.Header.Get("Accept-Language"))
		}
		if zone == nil {
			if o, err := s.Org.Organisation(ctx); err == nil {
				zone = s.location(o.Zone)
			}
		}
		next.ServeHTTP(w, r.WithContext(org.WithVisit(i18n.With(ctx, lang, zone), VisitOf(r))))
	})
}

// location is a time zone by name, nil for "" and for what is none. The library reads and parses its file every time.
func (s *Server) location(name string) *time.Location {
	if name == "" {
		return nil
	}
	if z, ok := s.zones.Load(name); ok {
		return z.(*time.Location)
	}
	z, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	s.zones.Store(name, z) // only names that exist: a few hundred at most
	return z
}

func (s *Server) cookie(name, value string, maxAge int) *http.Cookie {
	return &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: maxAge, Secure: s.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode}
}

// SignIn keeps the session's token in the browser.
func (s *Server) SignIn(w http.ResponseWriter, token string) {
	http.SetCookie(w, s.cookie(s.SessionCookie(), token, 90*24*3600))
	for _, name := range []string{"lang", "theme"} { // the member's own settings hold from here on
		http.SetCookie(w, s.cookie(name, "", -1))
	}
}

// SignOut takes it away again.
func (s *Server) SignOut(w http.ResponseWriter) {
	http.SetCookie(w, s.cookie(s.SessionCookie(), "", -1))
}

// Session is the session token the request carries, "" for none.
func (s *Server) Session(r *http.Request) string {
	if c, err := r.Cookie(s.SessionCookie()); err == nil {
		return c.Value
	}
	return ""
}

// Status maps kinds of problems to HTTP.
func Status(c problem.Code) int {
	switch c {
	case problem.Invalid:
		return http.StatusUnprocessableEntity
	case problem.Unauthenticated:
		return http.StatusUnauthorized
	case problem.Forbidden:
		return http.StatusForbidden
	case problem.Missing:
		return http.StatusNotFound
	case problem.Conflict:
		return http.StatusConflict
	case problem.Busy:
		return http.StatusTooManyRequests
	case problem.TooLarge:
		return http.StatusRequestEntityTooLarge
	}
	return http.StatusInternalServerError
}

// fail answers with an error page. Nobody signed in who asks for a page is sent to sign in, and a fresh installation to its set-up.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return // nobody is there any more
	}
	p, ctx := problem.Of(err), r.Context()
	if p.Code == problem.Unauthenticated && r.Method == http.MethodGet && r.URL.Path != "/live" {
		if set, err := s.Org.IsSetUp(ctx); err == nil && !set && about(r).place == nil {
			http.Redirect(w, r, "/set-up", http.StatusSeeOther)
			return
		}
		to := signInHref(r)
		if r.Header.Get("HX-Request") != "" {
			w.Header().Set("HX-Redirect", to)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		http.Redirect(w, r, to, http.StatusSeeOther)
		return
	}
	if q := about(r); p.Code == problem.Missing && r.Method == http.MethodGet && q.place != nil && q.place.Was != nil {
		if to, err := q.place.Was(ctx, r.URL.Path, r.URL.RawQuery); err == nil && to != "" {
			http.Redirect(w, r, Href(ctx, to), http.StatusMovedPermanently)
			return
		}
	}
	status := Status(p.Code)
	reference := ""
	if status == http.StatusInternalServerError {
		reference = nonce()[:8]
		// Not the path: it may hold the secret of a link.
		s.Log.Error("a page failed", "method", r.Method, "route", about(r).route, "reference", reference, "error", err)
	}
	text := i18n.T(ctx, p.Key, p.Args...)
	if r.Header.Get("HX-Request") != "" {
		w.Header().Set("HX-Retarget", "#toasts")
		w.Header().Set("HX-Reswap", "outerHTML")
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(http.StatusUnprocessableEntity)
		ui.Toasts([]ui.Toast{{Tone: ui.Danger, Text: text}}).Render(ctx, w)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	title := i18n.T(ctx, "web.error."+string(p.Code))
	page := Page{Title: title, status: status}
	if err := Show(w, r, page, ui.ErrorPage(title, text, reference)); err != nil {
		s.Log.Error("an error page failed", "error", err)
		fmt.Fprintln(w, text)
	}
}
