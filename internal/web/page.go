package web

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/a-h/templ"

	"github.com/entente/entente/assets"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web/ui"
)

// Page says how a page is framed.
type Page struct {
	Title     string
	Wide      bool
	Shortcuts []ui.Shortcut
	Head      templ.Component
	Embedded  bool // within a page of somebody else's: nothing around it
	Whole     bool // in the frame of a community too: the whole script and style sheet, for parts that are fetched again and for charts
	status    int
	packed    func(page []byte) (gzip []byte, ok bool) // nil: packed by whoever sends it
}

// Show sends a page within the shell. Somebody who is not signed in gets it without navigation.
func Show(w http.ResponseWriter, r *http.Request, p Page, body templ.Component) error {
	return send(w, r, p, body, org.Who(r.Context()) == nil)
}

// Bare sends a page without navigation.
func Bare(w http.ResponseWriter, r *http.Request, p Page, body templ.Component) error {
	return send(w, r, p, body, true)
}

// Part sends a fragment.
func Part(w http.ResponseWriter, r *http.Request, body templ.Component) error {
	return write(w, r, http.StatusOK, body)
}

// Invalid makes the answer's status 422: the form is shown again with its errors. Call it before Show.
func Invalid(w http.ResponseWriter) { w.Header().Set(statusHeader, "422") }

const statusHeader = "X-Entente-Status" // between Invalid and write only

func send(w http.ResponseWriter, r *http.Request, p Page, body templ.Component, bare bool) error {
	ctx, q := r.Context(), about(r)
	s := q.s
	props := ui.ShellProps{Title: p.Title, Nonce: q.nonce, Theme: q.theme, To: Href(ctx, r.URL.RequestURI()), Wide: p.Wide, Head: p.Head, Shortcuts: p.Shortcuts,
		Toasts: takeFlash(w, r)}
	if s != nil {
		if o, err := s.Org.Organisation(ctx); err == nil {
			props.Brand = o.Name
		}
		switch m := org.Who(ctx); {
		case m == nil:
		case q.place != nil: // the rest is its frame's
			props.MemberName = m.Name
		case !bare:
			props.MemberName = m.Name
			props.Nav, props.Foot = s.nav(r, m, s.Nav), s.nav(r, m, s.Foot)
			props.Live = "/live"
			if s.Banner != nil {
				props.Banner = s.Banner(ctx)
			}
		}
	}
	shell := ui.Shell(props)
	switch {
	case p.Embedded:
		shell = ui.Embedded(props)
	case q.place != nil && !q.place.hidden(ctx):
		if !p.Whole {
			props.Script, props.Style = assets.PlaceScript(), assets.PlaceStyle()
		}
		shell = q.place.Frame(ctx, props)
	case bare:
		shell = ui.Bare(props)
	}
	status := p.status
	if status == 0 {
		status = http.StatusOK
	}
	w.Header().Add("Vary", pageVary)
	return writePacked(w, r.WithContext(templ.WithChildren(ctx, body)), status, shell, p.packed)
}

func (s *Server) nav(r *http.Request, m *org.Member, entries []Nav) []ui.NavItem {
	ctx := r.Context()
	var out []ui.NavItem
	for _, n := range entries {
		if !m.May(n.Permission) {
			continue
		}
		it := ui.NavItem{Label: i18n.T(ctx, n.Label), Href: n.Href, Icon: n.Icon, Key: n.Key,
			Current: r.URL.Path == n.Href || n.Href != "/" && strings.HasPrefix(r.URL.Path, n.Href+"/")}
		if n.Section != "" {
			it.Section = i18n.T(ctx, n.Section)
		}
		if n.Count != nil {
			it.Count = n.Count(ctx)
		}
		out = append(out, it)
	}
	return out
}

// sheets keeps the memory pages are rendered into.
var sheets = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// write renders into memory first: a page that fails half-way is never sent.
func write(w http.ResponseWriter, r *http.Request, status int, c templ.Component) error {
	return writePacked(w, r, status, c, nil)
}

func writePacked(w http.ResponseWriter, r *http.Request, status int, c templ.Component, pack func([]byte) ([]byte, bool)) error {
	b := sheets.Get().(*bytes.Buffer)
	defer func() {
		if b.Cap() <= 1<<20 {
			b.Reset()
			sheets.Put(b)
		}
	}()
	if err := c.Render(r.Context(), b); err != nil {
		return err
	}
	if w.Header().Get(statusHeader) != "" {
		w.Header().Del(statusHeader)
		status = http.StatusUnprocessableEntity
	}
	htmlHeader(w)
	body := b.Bytes()
	if pack != nil {
		if zipped, ok := pack(body); ok {
			return sendPacked(w, status, zipped)
		}
	} else if q := about(r); q.s != nil && len(body) >= leastPacked && takesGzip(r) {
		holes := q.holes()
		list, again := q.s.packs.cut(body, holes)
		if again && q.holding != nil && status == http.StatusOK && len(w.Header()["Set-Cookie"]) == 0 {
			q.holding.put(list)
		}
		return sendPacked(w, status, together(list, holes))
	}
	w.WriteHeader(status)
	_, err := w.Write(body)
	_ = err // the reader has gone; there is nobody to tell
	return nil
}

const (
	pageVary    = "Cookie, Accept-Language, HX-Request"
	leastPacked = 1000 // bytes
)

// pageHeader says of an answer what it says of every page.
func pageHeader(w http.ResponseWriter) {
	w.Header().Add("Vary", pageVary)
	htmlHeader(w)
}

func htmlHeader(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if w.Header().Get("Cache-Control") == "" {
		w.Header().Set("Cache-Control", "no-cache, private")
	}
}

// sendPacked sends what is a gzip file.
func sendPacked(w http.ResponseWriter, status int, body []byte) error {
	h := w.Header()
	h.Set("Content-Encoding", "gzip")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Add("Vary", "Accept-Encoding")
	w.WriteHeader(status)
	_, err := w.Write(body)
	_ = err // the reader has gone; there is nobody to tell
	return nil
}

// Redirect sends the browser on after an action.
func Redirect(w http.ResponseWriter, r *http.Request, to string) error {
	to = Href(r.Context(), Local(to, "/"))
	if r.Header.Get("HX-Request") != "" {
		w.Header().Set("HX-Redirect", to)
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// Local returns to when it is a path of this site, else fallback: nobody can be sent away by a link.
func Local(to, fallback string) string {
	if len(to) == 0 || to[0] != '/' || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\r\n\t") {
		return fallback
	}
	u, err := url.Parse(to)
	if err != nil || u.Host != "" || u.Scheme != "" {
		return fallback
	}
	return to
}

type flash struct {
	Tone ui.Tone `json:"t"`
	Key  string  `json:"k"`
	Args []any   `json:"a,omitempty"`
}

// Flash shows the sentence of key as a toast on the next page.
func Flash(w http.ResponseWriter, r *http.Request, tone ui.Tone, key string, args ...any) {
	raw, err := json.Marshal(flash{tone, key, args})
	if err != nil || len(raw) > 1500 {
		return
	}
	http.SetCookie(w, about(r).s.cookie("flash", base64.RawURLEncoding.EncodeToString(raw), 60))
}

// Said tells the browser that the words are here that it kept under the keys that begin with the form's field "draft": it forgets them on the next
// page. What was sent and did not arrive, or was refused, it still has.
func Said(w http.ResponseWriter, r *http.Request, f *Form) {
	key := f.Text("draft")
	if key == "" || len(key) > 200 || strings.Trim(key, "abcdefghijklmnopqrstuvwxyz0123456789.-") != "" {
		return
	}
	c := about(r).s.cookie("said", key, 600)
	c.HttpOnly = false // the browser's side reads it
	http.SetCookie(w, c)
}

// takeFlash shows only sentences that exist, so that a cookie set by somebody else cannot put words on our pages.
func takeFlash(w http.ResponseWriter, r *http.Request) []ui.Toast {
	c, err := r.Cookie("flash")
	if err != nil || about(r).s == nil {
		return nil
	}
	http.SetCookie(w, about(r).s.cookie("flash", "", -1))
	raw, err := base64.RawURLEncoding.DecodeString(c.Value)
	var f flash
	if err != nil || json.Unmarshal(raw, &f) != nil || !i18n.Has(f.Key) {
		return nil
	}
	return []ui.Toast{{Tone: f.Tone, Text: i18n.T(r.Context(), f.Key, f.Args...)}}
}

// MaxForm is the most bytes of a form without files.
const MaxForm = 1 << 20

// Form is what was typed into a form.
type Form struct {
	url.Values
	Problems []*problem.Problem
}

// removeUploads removes what ParseMultipartForm put on the disk, once the request is over: net/http does so for the request it made itself only.
func removeUploads(r *http.Request) {
	if f := r.MultipartForm; f != nil {
		context.AfterFunc(r.Context(), func() { _ = f.RemoveAll() })
	}
}

// ReadForm reads the form of a request.
func ReadForm(r *http.Request) (*Form, error) {
	if r.MultipartForm == nil {
		r.Body = http.MaxBytesReader(nil, r.Body, MaxForm)
		long := r.ParseForm() // ParseMultipartForm does not tell of a form that is too long and in no parts
		if err := r.ParseMultipartForm(MaxForm); err != nil {
			if _, big := errors.AsType[*http.MaxBytesError](errors.Join(long, err)); big {
				return nil, problem.New(problem.TooLarge, "problem.too_large", "Limit", "1 MB").Because(err)
			}
			if err != http.ErrNotMultipart {
				return nil, problem.New(problem.Invalid, "problem.bad_form").Because(err)
			}
		}
	}
	removeUploads(r)
	return &Form{Values: r.Form}, nil
}

// Text is a field's value, trimmed, valid UTF-8, without NUL.
func (f *Form) Text(name string) string { return Clean(f.Get(name)) }

// Clean is a text trimmed, valid UTF-8, without NUL, its lines ended alike.
func Clean(text string) string {
	s := strings.TrimSpace(strings.ReplaceAll(text, "\x00", ""))
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\r\n", "\n")
}

// Require is Text, noting a problem when it is empty or longer than so many characters.
func (f *Form) Require(name string, max int) string {
	s := f.Text(name)
	if s == "" {
		f.Refuse(problem.New(problem.Invalid, "problem.required").On(name))
	}
	return f.bound(name, s, max)
}

// Optional is Text, noting a problem when it is longer than so many characters.
func (f *Form) Optional(name string, max int) string { return f.bound(name, f.Text(name), max) }

func (f *Form) bound(name, s string, max int) string {
	if utf8.RuneCountInString(s) > max {
		f.Refuse(problem.New(problem.Invalid, "problem.too_long", "Max", max).On(name))
	}
	return s
}

// Refuse notes a problem.
func (f *Form) Refuse(err error) { f.Problems = append(f.Problems, problem.Of(err)) }

// Error is the sentence of the first problem on a field, in the language of the request; "" when there is none.
func (f *Form) Error(r *http.Request, field string) string {
	for _, p := range f.Problems {
		if p.Field == field {
			return i18n.T(r.Context(), p.Key, p.Args...)
		}
	}
	return ""
}

// Errors lists all problems for the summary on top of the form.
func (f *Form) Errors(r *http.Request) []ui.FieldError {
	var out []ui.FieldError
	for _, p := range f.Problems {
		out = append(out, ui.FieldError{Field: p.Field, Text: i18n.T(r.Context(), p.Key, p.Args...)})
	}
	return out
}

// OK reports whether no problem was noted.
func (f *Form) OK() bool { return len(f.Problems) == 0 }

func (s *Server) setLanguage(w http.ResponseWriter, r *http.Request) error {
	f, err := ReadForm(r)
	if err != nil {
		return err
	}
	if lang := f.Text("lang"); i18n.Known(lang) || lang == i18n.Pseudo {
		http.SetCookie(w, s.cookie("lang", lang, 365*24*3600))
	}
	return Redirect(w, r, f.Text("to"))
}

func (s *Server) setTheme(w http.ResponseWriter, r *http.Request) error {
	f, err := ReadForm(r)
	if err != nil {
		return err
	}
	theme := f.Text("theme")
	if theme != "light" && theme != "dark" {
		http.SetCookie(w, s.cookie("theme", "system", 365*24*3600))
	} else {
		http.SetCookie(w, s.cookie("theme", theme, 365*24*3600))
	}
	return Redirect(w, r, f.Text("to"))
}
