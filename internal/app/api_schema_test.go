package app_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// specification is docs/openapi.json as far as the tests read it.
type specification struct {
	OpenAPI    string
	Paths      map[string]map[string]*operation
	Components struct {
		Schemas         map[string]*schema
		Responses       map[string]*response
		SecuritySchemes map[string]any
	}
}

type operation struct {
	OperationID string `json:"operationId"`
	Summary     string
	Tags        []string
	Permission  string `json:"x-permission"`
	Security    []map[string][]string
	Parameters  []parameter
	RequestBody *struct {
		Required bool
		Content  map[string]media
	} `json:"requestBody"`
	Responses map[string]*response

	method, path string
}

type parameter struct {
	Name, In string
	Required bool
	Schema   *schema
}

type response struct {
	Ref     string `json:"$ref"`
	Content map[string]media
	Headers map[string]any
}

type media struct{ Schema *schema }

// schema is the part of JSON Schema that we use; reading fails on more.
type schema struct {
	Ref              string             `json:"$ref"`
	Type             kinds              `json:"type"`
	Format           string             `json:"format"`
	Description      string             `json:"description"`
	Examples         []any              `json:"examples"`
	Default          any                `json:"default"`
	Enum             []any              `json:"enum"`
	Required         []string           `json:"required"`
	Properties       map[string]*schema `json:"properties"`
	Additional       json.RawMessage    `json:"additionalProperties"`
	Items            *schema            `json:"items"`
	Minimum          *float64           `json:"minimum"`
	Maximum          *float64           `json:"maximum"`
	ExclusiveMinimum *float64           `json:"exclusiveMinimum"`
	MinLength        *int               `json:"minLength"`
	MaxLength        *int               `json:"maxLength"`
	MinItems         *int               `json:"minItems"`
	MaxItems         *int               `json:"maxItems"`
	Media            string             `json:"contentMediaType"`
	Encoding         string             `json:"contentEncoding"`
}

func (s *schema) UnmarshalJSON(raw []byte) error {
	type bare schema
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.DisallowUnknownFields()
	return d.Decode((*bare)(s))
}

type kinds []string

func (k *kinds) UnmarshalJSON(raw []byte) error {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		*k = kinds{one}
		return nil
	}
	return json.Unmarshal(raw, (*[]string)(k))
}

func (p *specification) schema(s *schema) *schema {
	if name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok {
		return p.Components.Schemas[name]
	}
	return s
}

func (p *specification) response(r *response) *response {
	if r != nil && r.Ref != "" {
		return p.Components.Responses[strings.TrimPrefix(r.Ref, "#/components/responses/")]
	}
	return r
}

// operations are all, by id.
func (p *specification) operations() map[string]*operation {
	out := map[string]*operation{}
	for path, item := range p.Paths {
		for method, o := range item {
			o.method, o.path = strings.ToUpper(method), path
			out[o.OperationID] = o
		}
	}
	return out
}

// faults says what of v is not as s has it.
func (p *specification) faults(s *schema, v any, at string) []string {
	if s = p.schema(s); s == nil {
		return []string{at + ": no such schema"}
	}
	kind := kindOf(v)
	if len(s.Type) > 0 && !slices.Contains(s.Type, kind) && !(kind == "integer" && slices.Contains(s.Type, "number")) {
		return []string{fmt.Sprintf("%s: %s, want %v", at, kind, s.Type)}
	}
	var out []string
	if len(s.Enum) > 0 && !slices.Contains(s.Enum, v) {
		out = append(out, fmt.Sprintf("%s: %v is none of %v", at, v, s.Enum))
	}
	switch v := v.(type) {
	case map[string]any:
		for _, name := range s.Required {
			if _, ok := v[name]; !ok {
				out = append(out, at+"."+name+": missing")
			}
		}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			member := s.Properties[name]
			if member == nil {
				if string(s.Additional) == "false" {
					out = append(out, at+"."+name+": not declared")
				} else if len(s.Additional) > 0 && s.Additional[0] == '{' && string(s.Additional) != "{}" {
					var rest schema
					if err := json.Unmarshal(s.Additional, &rest); err != nil {
						return append(out, at+": "+err.Error())
					}
					out = append(out, p.faults(&rest, v[name], at+"."+name)...)
				}
				continue
			}
			out = append(out, p.faults(member, v[name], at+"."+name)...)
		}
	case []any:
		if s.MinItems != nil && len(v) < *s.MinItems {
			out = append(out, at+": too few items")
		}
		if s.MaxItems != nil && len(v) > *s.MaxItems {
			out = append(out, at+": too many items")
		}
		for i, item := range v {
			if s.Items != nil {
				out = append(out, p.faults(s.Items, item, fmt.Sprintf("%s[%d]", at, i))...)
			}
		}
	case string:
		if s.Format == "date-time" {
			if _, err := time.Parse(time.RFC3339Nano, v); err != nil {
				out = append(out, at+": "+err.Error())
			}
		}
		if n := utf8.RuneCountInString(v); s.MaxLength != nil && n > *s.MaxLength || s.MinLength != nil && n < *s.MinLength {
			out = append(out, at+": length")
		}
	case float64:
		if s.Minimum != nil && v < *s.Minimum || s.Maximum != nil && v > *s.Maximum || s.ExclusiveMinimum != nil && v <= *s.ExclusiveMinimum {
			out = append(out, at+": out of range")
		}
	}
	return out
}

func kindOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case []any:
		return "array"
	case float64:
		if v == math.Trunc(v) {
			return "integer"
		}
		return "number"
	}
	return "object"
}
