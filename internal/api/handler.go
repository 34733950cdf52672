package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"unicode/utf8"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Handler is the whole interface under Prefix: who asks is found from the token, once for all operations.
func (a *API) Handler() http.Handler {
	return http.StripPrefix(Prefix, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		asked := r.Header.Get("Accept-Language")
		if asked != "" {
			r = r.WithContext(i18n.With(r.Context(), i18n.Match(asked), nil))
		}
		rec := &recorder{ResponseWriter: w}
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if v == http.ErrAbortHandler || rec.written {
				panic(v)
			}
			a.log.Error("an API call panicked", "path", r.URL.Path, "panic", v, "stack", string(debug.Stack()))
			a.refuse(rec, r, problem.New(problem.Internal, "problem.internal").Because(fmt.Errorf("panic: %v", v)))
		}()
		a.serve(rec, r, asked)
	}))
}

func (a *API) serve(w http.ResponseWriter, r *http.Request, asked string) {
	if r.URL.Path == "/openapi.json" && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		raw, err := a.OpenAPI()
		if err != nil {
			a.refuse(w, r, err)
			return
		}
		w.Header().Set("Content-Type", "application/openapi+json")
		_, _ = w.Write(raw) // a caller who has gone is nobody to tell
		return
	}
	token, ok := bearer(r)
	if !ok {
		w.Header().Set("WWW-Authenticate", `Bearer realm="entente"`)
		a.refuse(w, r, problem.New(problem.Unauthenticated, "api.no_token"))
		return
	}
	m, _, err := a.org.Bearer(r.Context(), token)
	if err != nil {
		if problem.Is(err, problem.Unauthenticated) {
			w.Header().Set("WWW-Authenticate", `Bearer realm="entente", error="invalid_token"`)
		}
		a.refuse(w, r, err)
		return
	}
	lang := m.Lang
	if asked != "" {
		lang = i18n.Match(asked)
	}
	r = r.WithContext(i18n.With(org.With(r.Context(), m), lang, nil))
	_, pattern := a.mux.Handler(r)
	op := a.known[pattern]
	switch {
	case op == nil:
		a.unknown(w, r)
		return
	case !readable(r.URL):
		d := details(r.Context(), problem.New(problem.Invalid, "api.bad_address"))
		d.Status = http.StatusBadRequest
		a.refuse(w, r, d)
		return
	}
	// Only JSON is spoken; what else is asked for must not become our Content-Type.
	r.Header.Del("Accept")
	if keys := r.Header.Values(keyHeader); len(keys) > 0 && r.Method == http.MethodPost {
		a.once(w, r, op, m.ID, keys)
		return
	}
	a.mux.ServeHTTP(w, r)
}

// bearer is the token of a request: in the header and nowhere else.
func bearer(r *http.Request) (string, bool) {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.TrimSpace(token), ok && strings.EqualFold(scheme, "Bearer")
}

// readable reports whether an address is text that can be stored and compared.
func readable(u *url.URL) bool {
	values, err := url.ParseQuery(u.RawQuery)
	if err != nil || !fine(u.Path) {
		return false
	}
	for name, list := range values {
		if !fine(name) || !fine(strings.Join(list, "")) {
			return false
		}
	}
	return true
}

func fine(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// unknown refuses what is no operation; when another method is, it says which.
func (a *API) unknown(w http.ResponseWriter, r *http.Request) {
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		other := *r
		other.Method = method
		if _, pattern := a.mux.Handler(&other); a.known[pattern] != nil {
			allowed = append(allowed, method)
		}
	}
	if len(allowed) == 0 {
		a.refuse(w, r, problem.New(problem.Missing, "problem.not_found"))
		return
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	d := details(r.Context(), problem.New(problem.Invalid, "api.method", "Methods", strings.Join(allowed, ", ")))
	d.Status = http.StatusMethodNotAllowed
	a.refuse(w, r, d)
}

func (a *API) refuse(w http.ResponseWriter, r *http.Request, err error) {
	d := a.answer(r.Context(), err, func(field string) string { return "header." + field })
	w.Header().Set("Content-Type", problemType)
	w.WriteHeader(d.Status)
	_ = json.NewEncoder(w).Encode(d) // a caller who has gone is nobody to tell
}

// recorder knows whether an answer has begun.
type recorder struct {
	http.ResponseWriter
	written bool
}

func (r *recorder) WriteHeader(status int) {
	r.written = true
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	r.written = true
	return r.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach what is below.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
