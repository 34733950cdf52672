package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/problem"
)

// The library reads requests by a generic function, of which the compiler makes 15 kB of code for each type of input, and as much again of tables. So it is given
// three inputs only, a request without a body, with JSON and with a file; what differs between operations is read here, by reflection. Schemas, checks and the
// reading of bodies stay the library's.

// bare is a request without a body.
type bare struct{ asked }

// withBody is a request with JSON, which the library has checked against the schema of the operation.
type withBody struct {
	asked
	Body json.RawMessage
}

// withFile is a request with anything else.
type withFile struct {
	asked
	RawBody []byte `contentType:"application/octet-stream"`
}

// asked holds the input of an operation with its parameters, as soon as the library has called Resolve.
type asked struct{ in reflect.Value }

const bound = "input" // where an operation keeps its input

// Resolve reads the parameters; what is wrong with them is told together with what is wrong with the body.
func (a *asked) Resolve(c huma.Context) []error {
	in := c.Operation().Metadata[bound].(*input)
	a.in = reflect.New(in.of)
	return in.read(c, a.in.Elem())
}

// input is what an operation is asked with.
type input struct {
	of         reflect.Type
	params     []param
	body, file []int // where the body stands, nil without one
	registry   huma.Registry
}

// param is one parameter.
type param struct {
	name, in, fallback string
	required           bool
	schema             *huma.Schema
	field              []int
	kind               reflect.Type
}

// inputOf finds the parameters and the body of a type, and puts them into the operation. What could not be read is a mistake of ours and panics.
func (a *API) inputOf(o *huma.Operation, t reflect.Type) *input {
	r := a.huma.OpenAPI().Components.Schemas
	in := &input{of: t, registry: r}
	in.find(o, t, nil)
	if f, ok := t.FieldByName("Body"); ok {
		in.body = f.Index
		hint := o.OperationID + "Request"
		if t.Name() != "" {
			hint = t.Name() + f.Name
		}
		schema := huma.SchemaFromField(r, f, hint)
		o.RequestBody = &huma.RequestBody{Required: f.Type.Kind() != reflect.Pointer && f.Type.Kind() != reflect.Interface,
			Content: map[string]*huma.MediaType{"application/json": {Schema: schema}}}
		plain := schema
		if schema.Ref != "" {
			plain = r.SchemaFromRef(schema.Ref)
		}
		for name, p := range plain.Properties {
			if p.Default != nil {
				panic("operation " + o.OperationID + ": " + name + " has a default, which members of a body do not get")
			}
		}
	}
	if f, ok := t.FieldByName("RawBody"); ok {
		in.file = f.Index
	}
	o.Metadata = map[string]any{bound: in}
	return in
}

// find notes the parameters of a type, those of embedded ones included.
func (in *input) find(o *huma.Operation, t reflect.Type, at []int) {
	for i := range t.NumField() {
		f := t.Field(i)
		field := append(at[:len(at):len(at)], i)
		if f.Anonymous {
			in.find(o, f.Type, field)
			continue
		}
		p := param{field: field, kind: f.Type, fallback: f.Tag.Get("default"), required: f.Tag.Get("required") == "true"}
		var explode *bool
		switch {
		case f.Tag.Get("path") != "":
			p.in, p.name, p.required = "path", f.Tag.Get("path"), true
		case f.Tag.Get("query") != "":
			p.in, p.name, explode = "query", f.Tag.Get("query"), new(bool)
		case f.Tag.Get("header") != "":
			p.in, p.name = "header", f.Tag.Get("header")
		case f.Name == "Body", f.Name == "RawBody":
			continue
		default:
			panic("operation " + o.OperationID + ": " + f.Name + " is read from nowhere")
		}
		switch {
		case f.Type == reflect.TypeFor[time.Time](), f.Type.Kind() == reflect.String, f.Type.Kind() == reflect.Bool, f.Type.Kind() == reflect.Int, f.Type.Kind() == reflect.Int64:
		default:
			panic("operation " + o.OperationID + ": parameters cannot be " + f.Type.String())
		}
		p.schema = huma.SchemaFromField(in.registry, f, "")
		o.Parameters = append(o.Parameters, &huma.Param{Name: p.name, In: p.in, Description: p.schema.Description, Required: p.required, Explode: explode, Schema: p.schema})
		in.params = append(in.params, p)
	}
}

// read reads the parameters of a request into the fields of to.
func (in *input) read(c huma.Context, to reflect.Value) []error {
	var res huma.ValidateResult
	at := huma.NewPathBuffer(nil, 0)
	for i := range in.params {
		p := &in.params[i]
		at.Reset()
		at.Push(p.in)
		at.Push(p.name)
		text := cmp.Or(p.said(c), p.fallback)
		if text == "" {
			if p.required {
				res.Add(at, "", "required "+p.in+" parameter is missing")
			}
			continue
		}
		value, err := p.set(to.FieldByIndex(p.field), text)
		if err != nil {
			res.Add(at, text, err.Error())
			continue
		}
		huma.Validate(in.registry, p.schema, at, huma.ModeWriteToServer, value, &res)
	}
	return res.Errors
}

func (p *param) said(c huma.Context) string {
	switch p.in {
	case "path":
		return c.Param(p.name)
	case "query":
		return c.Query(p.name)
	}
	return c.Header(p.name)
}

// set reads text into a field and returns what is checked against the schema. The errors are the library's words, which details.go knows.
func (p *param) set(field reflect.Value, text string) (any, error) {
	if p.kind == reflect.TypeFor[time.Time]() {
		t, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			return nil, errors.New("invalid date/time")
		}
		field.Set(reflect.ValueOf(t))
		return text, nil
	}
	switch p.kind.Kind() {
	case reflect.Bool:
		v, err := strconv.ParseBool(text)
		if err != nil {
			return nil, errors.New("invalid boolean")
		}
		field.SetBool(v)
		return v, nil
	case reflect.Int, reflect.Int64:
		v, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, errors.New("invalid integer")
		}
		field.SetInt(v)
		return v, nil
	}
	field.Set(reflect.ValueOf(text).Convert(p.kind))
	return text, nil
}

// listen registers an operation, whose input do is given as a pointer.
func (a *API) listen(o huma.Operation, t reflect.Type, do func(ctx context.Context, in reflect.Value) (*huma.StreamResponse, error)) {
	in := a.inputOf(&o, t)
	switch {
	case in.file != nil:
		huma.Register(a.huma, o, func(ctx context.Context, r *withFile) (*huma.StreamResponse, error) {
			r.in.Elem().FieldByIndex(in.file).SetBytes(r.RawBody)
			return do(ctx, r.in)
		})
	case in.body != nil:
		huma.Register(a.huma, o, func(ctx context.Context, r *withBody) (*huma.StreamResponse, error) {
			if len(r.Body) > 0 {
				if err := json.Unmarshal(r.Body, r.in.Elem().FieldByIndex(in.body).Addr().Interface()); err != nil {
					return nil, unfit(ctx, err)
				}
			}
			return do(ctx, r.in)
		})
	default:
		huma.Register(a.huma, o, func(ctx context.Context, r *bare) (*huma.StreamResponse, error) { return do(ctx, r.in) })
	}
}

// unfit refuses a body that passed the checks and still does not fit, as a number beyond 64 bits.
func unfit(ctx context.Context, err error) *Details {
	d := details(ctx, problem.New(problem.Invalid, "api.check"))
	d.Status = http.StatusUnprocessableEntity
	location, key, args := checked("body", fmt.Sprint(err))
	d.Errors = []Member{{Location: location, Detail: i18n.T(ctx, key, args...), Key: key}}
	return d
}
