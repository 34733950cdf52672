package api

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
)

const problemType = "application/problem+json"

// refusals are the answers that every operation may give instead of its own, by status in words.
func refusals(r huma.Registry) map[string]*huma.Response {
	schema := r.Schema(reflect.TypeFor[Details](), true, "Details")
	out := map[string]*huma.Response{}
	for status, about := range map[int]string{
		400: "The body or the address cannot be read.",
		401: "There is no token, or it does not work (any more).",
		403: "The token or the member does not have the permission.",
		404: "There is no such thing.",
		408: "The body took too long.",
		409: "Somebody else changed it, it exists already, or the first request with this key is under way.",
		413: "The body is larger than is accepted.",
		415: "The body is of a type that is not accepted.",
		422: "Something in the request cannot be accepted; errors says what.",
		429: "Too much at once.",
		500: "Something went wrong on our side.",
	} {
		out[refusalName(status)] = &huma.Response{Description: about, Content: map[string]*huma.MediaType{problemType: {Schema: schema}}}
	}
	out[refusalName(401)].Headers = map[string]*huma.Param{"WWW-Authenticate": {Required: true, Schema: &huma.Schema{Type: "string"}}}
	return out
}

func refusalName(status int) string { return "Problem" + strconv.Itoa(status) }

// operation is what the specification says of an operation before its input and output are known.
func (op *Op) operation() huma.Operation {
	o := huma.Operation{OperationID: op.ID, Method: op.Method, Path: op.Path, Summary: op.Summary, Description: op.Description,
		Tags: []string{op.Tag}, DefaultStatus: op.Status, MaxBodyBytes: op.MaxBody, BodyReadTimeout: bodyFor,
		Security:   []map[string][]string{{"token": {string(op.Permission)}}},
		Extensions: map[string]any{"x-permission": string(op.Permission)},
		Responses:  map[string]*huma.Response{}}
	statuses := []int{400, 401, 403, 404, 409, 422, 429, 500}
	if op.Method == http.MethodPost || op.Method == http.MethodPut || op.Method == http.MethodPatch {
		statuses = append(statuses, 408, 413, 415)
	}
	for _, status := range statuses {
		o.Responses[strconv.Itoa(status)] = &huma.Response{Ref: "#/components/responses/" + refusalName(status)}
	}
	if op.Produces != "" {
		status := op.Status
		if status == 0 {
			status = http.StatusOK
		}
		o.Responses[strconv.Itoa(status)] = &huma.Response{Description: http.StatusText(status),
			Content: map[string]*huma.MediaType{op.Produces: {Schema: &huma.Schema{Type: "string"}}}}
	}
	if op.Method == http.MethodPost {
		about := "The same key with the same request does the work once and gives the first answer again (with Idempotent-Replayed: true), for 24 hours."
		if op.Secret {
			about = "The same key with the same request does the work once, for 24 hours. The answer holds a secret and is not kept: a repeated request is told so with 409."
		}
		longest := maxKey
		o.Parameters = []*huma.Param{{Name: keyHeader, In: "header", Description: about, Schema: &huma.Schema{Type: "string", MaxLength: &longest}}}
	}
	return o
}

// finish notes where the parameters stand, and says what could not be said before the input was known.
func (op *Op) finish(item *huma.PathItem) {
	o := map[string]*huma.Operation{http.MethodGet: item.Get, http.MethodPost: item.Post, http.MethodPut: item.Put, http.MethodPatch: item.Patch,
		http.MethodDelete: item.Delete}[op.Method]
	op.in = map[string]string{}
	var kept []*huma.Param
	for _, p := range o.Parameters {
		op.in[p.Name] = p.In
		if p.In != "header" || p.Name != "Content-Type" { // OpenAPI has other words for it
			kept = append(kept, p)
		}
	}
	o.Parameters = kept
	if op.File {
		file := &huma.Schema{Type: "string", Format: "binary"}
		o.RequestBody.Content["multipart/form-data"] = &huma.MediaType{Schema: &huma.Schema{Type: "object", Required: []string{"file"},
			Properties: map[string]*huma.Schema{"file": file}}}
	}
}

// OpenAPI is the specification as indented JSON.
func (a *API) OpenAPI() ([]byte, error) {
	raw, err := a.huma.OpenAPI().MarshalJSON()
	if err != nil {
		return nil, err
	}
	var v struct {
		Components map[string]map[string]json.RawMessage `json:"components"`
	}
	var all map[string]any
	if err := json.Unmarshal(raw, &v); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(raw, &all); err != nil {
		return nil, err
	}
	// Below us errors have a shape that is never sent.
	delete(v.Components["schemas"], "ErrorModel")
	delete(v.Components["schemas"], "ErrorDetail")
	all["components"] = v.Components
	return json.MarshalIndent(all, "", "  ")
}
