package api

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"path"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
)

// Prefix is where the interface stands.
const Prefix = "/api/v1"

// Version of the interface, as in the specification.
const Version = "1.0.0"

// API is the interface being put together.
type API struct {
	huma huma.API
	mux  *http.ServeMux
	org  *org.Service
	db   *db.DB
	log  *slog.Logger
	ops  []Op
	now  func() time.Time
}

// Op describes one operation.
type Op struct {
	ID, Method, Path, Tag, Summary, Description string
	Permission                                  org.Permission
	Status                                      int   // of success; 0 for 200, or 204 without a body
	MaxBody                                     int64 // bytes; 0 for 1 MB
}

// New makes an interface without operations.
func New(o *org.Service, d *db.DB, log *slog.Logger, clock func() time.Time) *API {
	c := huma.DefaultConfig("Entente", Version)
	c.Info.Description = "Everything said between an organisation and the people around it, and what it does for the business."
	c.Info.License = &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"}
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "", "", ""
	c.CreateHooks = nil // no $schema members in answers
	c.Servers = []*huma.Server{{URL: Prefix}}
	c.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer",
		Description: "A personal token, made on the page of the member. Its scopes are permissions; it never gives more than the member has."}}
	c.Security = []map[string][]string{{"token": {}}}
	mux := http.NewServeMux()
	return &API{huma: humago.New(mux, c), mux: mux, org: o, db: d, log: log, now: clock}
}

// Add adds an operation.
func Add[I, O any](a *API, op Op, h func(context.Context, *I) (*O, error)) {
	a.ops = append(a.ops, op)
	if op.MaxBody == 0 {
		op.MaxBody = 1 << 20
	}
	h2 := huma.Operation{OperationID: op.ID, Method: op.Method, Path: op.Path, Summary: op.Summary, Description: op.Description,
		Tags: []string{op.Tag}, DefaultStatus: op.Status, MaxBodyBytes: op.MaxBody,
		Extensions: map[string]any{"x-permission": string(op.Permission)},
		Errors:     []int{400, 401, 403, 404, 409, 422, 429, 500}}
	if op.Method == http.MethodPost {
		h2.Parameters = []*huma.Param{{Name: "Idempotency-Key", In: "header", Description: "The same key with the same request does the work once and gives the first answer again, for 24 hours.",
			Schema: &huma.Schema{Type: "string", MaxLength: ptr(200)}}}
	}
	huma.Register(a.huma, h2, func(ctx context.Context, in *I) (*O, error) {
		if err := permit(ctx, op.Permission); err != nil {
			return nil, a.answer(ctx, err)
		}
		out, err := h(ctx, in)
		if err != nil {
			return nil, a.answer(ctx, err)
		}
		return out, nil
	})
}

// schemaName names a type after its module too: two modules may have a Problem.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	module, surface := strings.CutSuffix(path.Base(t.PkgPath()), "api")
	if !surface || module == "" || t.Name() == "" || strings.HasPrefix(strings.ToLower(name), module) {
		return name
	}
	return strings.ToUpper(module[:1]) + module[1:] + name
}

func ptr[T any](v T) *T { return &v }

// permit is the one place where an operation's permission is checked.
func permit(ctx context.Context, p org.Permission) error {
	if p == org.Public {
		return nil
	}
	return org.Require(ctx, p)
}

// Operations lists what was added.
func (a *API) Operations() []Op { return a.ops }

// OpenAPI is the specification as indented JSON.
func (a *API) OpenAPI() ([]byte, error) {
	raw, err := a.huma.OpenAPI().MarshalJSON()
	if err != nil {
		return nil, err
	}
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return nil, err
	}
	return json.MarshalIndent(v, "", "  ")
}

// Details is a problem as RFC 9457 has it.
type Details struct {
	Type   string   `json:"type"` // urn:entente:problem:CODE
	Title  string   `json:"title"`
	Status int      `json:"status"`
	Detail string   `json:"detail,omitempty"`
	Key    string   `json:"key,omitempty"` // of the sentence, the same in every language
	Errors []Member `json:"errors,omitempty"`
}

// Member is what is wrong with one member of the request.
type Member struct {
	Location string `json:"location"`
	Detail   string `json:"detail"`
}

// Error is for logs.
func (d *Details) Error() string { return d.Title + ": " + d.Detail }

// GetStatus tells huma the status.
func (d *Details) GetStatus() int { return d.Status }

// ContentType tells huma what this is.
func (d *Details) ContentType(string) string { return "application/problem+json" }

func (a *API) answer(ctx context.Context, err error) error {
	var done huma.StatusError
	if errors.As(err, &done) {
		return err
	}
	p := problem.Of(err)
	d := &Details{Type: "urn:entente:problem:" + string(p.Code), Title: i18n.T(ctx, "web.error."+string(p.Code)), Status: web.Status(p.Code),
		Detail: i18n.T(ctx, p.Key, p.Args...), Key: p.Key}
	if p.Field != "" {
		d.Errors = []Member{{Location: "body." + p.Field, Detail: d.Detail}}
	}
	if d.Status == http.StatusInternalServerError {
		a.log.Error("an API call failed", "error", err)
	}
	return d
}

// Handler is the whole interface under Prefix: who asks is found from the token, once for all operations.
func (a *API) Handler() http.Handler {
	return http.StripPrefix(Prefix, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		if r.URL.Path == "/openapi.json" && r.Method == http.MethodGet {
			raw, err := a.OpenAPI()
			if err != nil {
				a.refuse(w, r, err)
				return
			}
			w.Header().Set("Content-Type", "application/openapi+json")
			w.Write(raw)
			return
		}
		if _, pattern := a.mux.Handler(r); pattern == "" {
			a.refuse(w, r, problem.New(problem.Missing, "problem.not_found"))
			return
		}
		ctx := r.Context()
		token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !ok {
			w.Header().Set("WWW-Authenticate", `Bearer realm="entente"`)
			a.refuse(w, r, problem.New(problem.Unauthenticated, "problem.sign_in"))
			return
		}
		m, _, err := a.org.Bearer(ctx, token)
		if err != nil {
			w.Header().Set("WWW-Authenticate", `Bearer realm="entente", error="invalid_token"`)
			a.refuse(w, r, err)
			return
		}
		lang := m.Lang
		if h := r.Header.Get("Accept-Language"); h != "" {
			lang = i18n.Match(h)
		}
		r = r.WithContext(i18n.With(org.With(ctx, m), lang, nil))
		if key := r.Header.Get("Idempotency-Key"); key != "" && r.Method == http.MethodPost {
			a.once(w, r, m.ID, key)
			return
		}
		a.mux.ServeHTTP(w, r)
	}))
}

func (a *API) refuse(w http.ResponseWriter, r *http.Request, err error) {
	var d *Details
	errors.As(a.answer(r.Context(), err), &d)
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(d.Status)
	json.NewEncoder(w).Encode(d)
}

// Paging are the parameters of every list.
type Paging struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many items at most."`
	Cursor string `query:"cursor" maxLength:"500" doc:"The next of the page before; opaque."`
}

// List is a page of items.
type List[T any] struct {
	Body struct {
		Items []T    `json:"items"`
		Next  string `json:"next,omitempty" doc:"Give it as cursor to get the next page; absent at the end."`
	}
}

// Listed makes a page.
func Listed[T any](items []T, next string) *List[T] {
	var l List[T]
	l.Body.Items, l.Body.Next = items, next
	if l.Body.Items == nil {
		l.Body.Items = []T{}
	}
	return &l
}

// One is a single body.
type One[T any] struct{ Body T }

// Only wraps a body.
func Only[T any](v T) *One[T] { return &One[T]{v} }

// None is an answer without a body.
type None struct{}

// Cursor makes an opaque cursor.
func Cursor(parts ...string) string {
	raw, _ := json.Marshal(parts) // strings always marshal
	return base64.RawURLEncoding.EncodeToString(raw)
}

// ParseCursor reads a cursor of n parts; "" gives nil.
func ParseCursor(text string, n int) ([]string, error) {
	if text == "" {
		return nil, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	var parts []string
	if err != nil || json.Unmarshal(raw, &parts) != nil || len(parts) != n {
		return nil, problem.New(problem.Invalid, "api.bad_cursor").On("cursor")
	}
	return parts, nil
}
