package api

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"path"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/org"
)

// Prefix is where the interface stands.
const Prefix = "/api/v1"

// Version of the interface, as in the specification.
const Version = "1.0.0"

// bodyFor is how long a body may take to arrive. The kit below ends the whole request at this moment, so it must not be shorter than the
// slowest work.
const bodyFor = 5 * time.Minute

// API is the interface being put together.
type API struct {
	huma  huma.API
	mux   *http.ServeMux
	org   *org.Service
	db    *db.DB
	log   *slog.Logger
	ops   []Op
	known map[string]*Op // by pattern of mux
	now   func() time.Time
}

// Op describes one operation.
type Op struct {
	ID, Method, Path, Tag, Summary, Description string
	Permission                                  org.Permission
	Status                                      int    // of success; 0 for 200, or 204 without a body
	MaxBody                                     int64  // bytes; 0 for 1 MB
	Secret                                      bool   // the answer holds a secret or a link that lets somebody in: it is never kept
	Again                                       bool   // it knows a repeated Key itself: where the first request broke off, it is done again
	Produces                                    string // content type of an answer that is no JSON
	File                                        bool   // the body is a file, or a form with a part "file"

	in map[string]string // where each parameter stands: path, query or header
}

// New makes an interface without operations.
func New(o *org.Service, d *db.DB, log *slog.Logger, clock func() time.Time) *API {
	a := &API{mux: http.NewServeMux(), org: o, db: d, log: log, known: map[string]*Op{}, now: clock}
	c := huma.DefaultConfig("Entente", Version)
	c.Info.Description = "Everything said between an organisation and the people around it, and what it does for the business."
	c.Info.License = &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"}
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "", "", ""
	c.CreateHooks = nil // no $schema members in answers
	c.Servers = []*huma.Server{{URL: Prefix}}
	json := huma.Format{Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: unmarshal}
	c.Formats = map[string]huma.Format{"application/json": json, "json": json}
	c.Transformers = []huma.Transformer{a.rephrase}
	c.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer",
		Description: "A personal token, made on the page of the member. Its scopes are permissions; it never gives more than the member has."}}
	c.Components.Responses = refusals(c.Components.Schemas)
	a.huma = humago.New(a.mux, c)
	return a
}

// Add adds an operation. What does not depend on the types stands in add: there are some hundreds of pairs of them.
func Add[I, O any](a *API, op Op, h func(context.Context, *I) (*O, error)) {
	a.add(op, reflect.TypeFor[I](), reflect.TypeFor[O](), func(ctx context.Context, in any) (any, error) { return h(ctx, in.(*I)) })
}

func (a *API) add(op Op, in, out reflect.Type, h func(ctx context.Context, in any) (any, error)) {
	if op.MaxBody == 0 {
		op.MaxBody = 1 << 20
	}
	o := op.operation()
	noneLost(op.ID, in)
	write := a.describe(&o, out)
	a.listen(o, in, func(ctx context.Context, in reflect.Value) (*huma.StreamResponse, error) {
		if err := permit(ctx, op.Permission); err != nil {
			return nil, a.answer(ctx, err, op.locate)
		}
		got, err := h(ctx, in.Interface())
		if err != nil {
			return nil, a.answer(ctx, err, op.locate)
		}
		return write(reflect.ValueOf(got).Elem()), nil
	})
	op.finish(a.huma.OpenAPI().Paths[op.Path])
	a.ops = append(a.ops, op)
	a.known[op.Method+" "+op.Path] = &op
}

// describe puts the schema of what is answered into an operation, and tells how to write it (see bind.go).
func (a *API) describe(o *huma.Operation, t reflect.Type) func(reflect.Value) *huma.StreamResponse {
	body, ok := t.FieldByName("Body")
	switch {
	case !ok:
		o.DefaultStatus = cmp.Or(o.DefaultStatus, http.StatusNoContent)
		return func(reflect.Value) *huma.StreamResponse { return nil } // the library writes the status
	case t == reflect.TypeFor[huma.StreamResponse]():
		return func(v reflect.Value) *huma.StreamResponse { return v.Addr().Interface().(*huma.StreamResponse) }
	}
	hint := o.OperationID + "Response"
	if t.Name() != "" {
		hint = t.Name() + body.Name
	}
	status := cmp.Or(o.DefaultStatus, http.StatusOK)
	o.Responses[strconv.Itoa(status)] = &huma.Response{Content: map[string]*huma.MediaType{
		"application/json": {Schema: huma.SchemaFromField(a.huma.OpenAPI().Components.Schemas, body, hint)}}}
	return func(v reflect.Value) *huma.StreamResponse {
		return &huma.StreamResponse{Body: func(c huma.Context) {
			c.SetHeader("Content-Type", "application/json")
			c.SetStatus(status)
			if err := a.huma.Marshal(c.BodyWriter(), "application/json", v.FieldByIndex(body.Index).Interface()); err != nil && c.Context().Err() == nil {
				a.log.Error("an answer was not written", "operation", o.OperationID, "error", err)
			}
		}}
	}
}

// locate says where the member of a request stands that a problem names.
func (op *Op) locate(field string) string {
	if in, ok := op.in[field]; ok {
		return in + "." + field
	}
	return "body." + field
}

// GetStatus tells huma the status.
func (d *Details) GetStatus() int { return d.Status }

// ContentType tells huma what this is.
func (d *Details) ContentType(string) string { return problemType }

// schemaName names a type after its module too: two modules may have a Problem.
func schemaName(t reflect.Type, hint string) string {
	switch t {
	case reflect.TypeFor[Details]():
		return "Problem"
	case reflect.TypeFor[Member]():
		return "ProblemMember"
	}
	name := words(huma.DefaultSchemaNamer(t, hint))
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	module, surface := strings.CutSuffix(path.Base(t.PkgPath()), "api")
	if !surface || module == "" || t.Name() == "" || strings.HasPrefix(strings.ToLower(name), module) {
		return name
	}
	return strings.ToUpper(module[:1]) + module[1:] + name
}

// noneLost refuses an input whose parameters would silently never be read: those of an embedded type that is not exported.
func noneLost(id string, input reflect.Type) {
	for i := range input.NumField() {
		if f := input.Field(i); f.Anonymous && !f.IsExported() {
			panic("operation " + id + ": " + f.Name + " must be exported, or its fields are not read")
		}
	}
}

// words makes a name of what may be an operation's id or the text of a type.
func words(hint string) string {
	hint, _, _ = strings.Cut(hint, " ")
	var name strings.Builder
	for _, part := range strings.Split(hint, "-") {
		if part != "" {
			name.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	return name.String()
}

// permit is the one place where an operation's permission is checked.
func permit(ctx context.Context, p org.Permission) error {
	if p == org.Public {
		return nil
	}
	return org.Require(ctx, p)
}

// Operations lists what was added.
func (a *API) Operations() []Op { return a.ops }
