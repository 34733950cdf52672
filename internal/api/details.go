package api

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
)

// Details is a problem as RFC 9457 has it.
type Details struct {
	Type   string   `json:"type" doc:"urn:entente:problem: and the kind of problem." example:"urn:entente:problem:invalid"`
	Title  string   `json:"title" doc:"The kind of problem, in the language of the request."`
	Status int      `json:"status"`
	Detail string   `json:"detail,omitempty" doc:"What is wrong, in the language of the request."`
	Key    string   `json:"key,omitempty" doc:"Of the detail; the same in every language."`
	Other  string   `json:"other,omitempty" doc:"Id of what stands in the way, where it is one thing, such as a colleague's answer."`
	Errors []Member `json:"errors,omitempty"`
}

// Member is what is wrong with one member of the request.
type Member struct {
	Location string `json:"location" doc:"Where: body.name, query.limit, path.id or header.Idempotency-Key."`
	Detail   string `json:"detail"`
	Key      string `json:"key,omitempty"`
}

// Error is for logs.
func (d *Details) Error() string { return d.Title + ": " + d.Detail }

func details(ctx context.Context, p *problem.Problem) *Details {
	return &Details{Type: "urn:entente:problem:" + string(p.Code), Title: i18n.T(ctx, "web.error."+string(p.Code)), Status: web.Status(p.Code),
		Detail: i18n.T(ctx, p.Key, p.Args...), Key: p.Key, Other: p.Other}
}

// answer turns an error into what is sent; locate says where a member stands that a problem names.
func (a *API) answer(ctx context.Context, err error, locate func(field string) string) *Details {
	var done *Details
	if errors.As(err, &done) {
		return done
	}
	d := details(ctx, problem.Of(err))
	for _, p := range problems(err) {
		if p.Field != "" {
			d.Errors = append(d.Errors, Member{Location: locate(p.Field), Detail: i18n.T(ctx, p.Key, p.Args...), Key: p.Key})
		}
	}
	if d.Status == http.StatusInternalServerError && ctx.Err() == nil {
		a.log.Error("an API call failed", "error", err)
	}
	return d
}

// problems are all that were joined.
func problems(err error) []*problem.Problem {
	switch e := err.(type) {
	case *problem.Problem:
		return []*problem.Problem{e}
	case interface{ Unwrap() []error }:
		var out []*problem.Problem
		for _, one := range e.Unwrap() {
			out = append(out, problems(one)...)
		}
		return out
	case interface{ Unwrap() error }:
		return problems(e.Unwrap())
	}
	return nil
}

// rephrase says what was refused below us as we say it: the same members, in the language of the request, without echoing the input.
func (a *API) rephrase(c huma.Context, _ string, v any) (any, error) {
	m, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	ctx := c.Context()
	var p *problem.Problem
	switch m.Status {
	case http.StatusBadRequest:
		p = problem.New(problem.Invalid, "api.bad_body")
		if len(m.Errors) == 0 {
			p = problem.New(problem.Invalid, "api.no_body")
		}
	case http.StatusRequestTimeout:
		p = problem.New(problem.Busy, "api.slow_body")
	case http.StatusRequestEntityTooLarge:
		p = tooLarge(c.Operation().MaxBodyBytes)
	case http.StatusUnsupportedMediaType:
		p = problem.New(problem.Invalid, "api.media_type")
	case http.StatusUnprocessableEntity:
		p = problem.New(problem.Invalid, "api.check")
	default:
		p = problem.New(problem.Internal, "problem.internal")
		a.log.Warn("an API call broke off", "detail", m.Detail, "errors", len(m.Errors))
	}
	d := details(ctx, p)
	d.Status = m.Status
	if m.Status == http.StatusInternalServerError {
		return d, nil
	}
	for _, e := range m.Errors {
		location, key, args := checked(e.Location, e.Message)
		d.Errors = append(d.Errors, Member{Location: location, Detail: i18n.T(ctx, key, args...), Key: key})
		if len(d.Errors) == 50 { // who sends thousands of faults needs no list of them
			break
		}
	}
	return d, nil
}

// checked finds our sentence for what was found wrong with a member, and where the member stands.
func checked(location, message string) (string, string, []any) {
	if strings.HasPrefix(message, "api.body.") { // from unmarshal
		key, name, _ := strings.Cut(message, " ")
		return location, key, []any{"Name", name}
	}
	switch message {
	case "unexpected property":
		return location, "api.check.unexpected", nil
	case "expected boolean", "invalid boolean":
		return location, "api.check.boolean", nil
	case "expected number", "invalid float":
		return location, "api.check.number", nil
	case "expected integer", "invalid integer":
		return location, "api.check.integer", nil
	case "expected string":
		return location, "api.check.string", nil
	case "expected array":
		return location, "api.check.array", nil
	case "expected object":
		return location, "api.check.object", nil
	case "expected string to be RFC 3339 date-time":
		return location, "api.check.time", nil
	}
	if rest, ok := strings.CutPrefix(message, "expected required property "); ok {
		name, _, _ := strings.Cut(rest, " ")
		return location + "." + name, "api.check.required", nil
	}
	if strings.HasPrefix(message, "required ") {
		return location, "api.check.required", nil
	}
	if strings.HasPrefix(message, "invalid date/time") {
		return location, "api.check.time", nil
	}
	for _, r := range []struct{ prefix, key string }{
		{`expected value to be one of `, "api.check.one_of"},
		{"expected number >= ", "api.check.at_least"},
		{"expected number <= ", "api.check.at_most"},
		{"expected number > ", "api.check.above"},
		{"expected number < ", "api.check.below"},
		{"expected length >= ", "api.check.min_length"},
		{"expected length <= ", "api.check.max_length"},
		{"expected array length >= ", "api.check.min_items"},
		{"expected array length <= ", "api.check.max_items"},
	} {
		if limit, ok := strings.CutPrefix(message, r.prefix); ok {
			return location, r.key, []any{"Limit", strings.Trim(limit, `"`)}
		}
	}
	// What passed the checks and still does not fit, as a number beyond 64 bits.
	if _, rest, ok := strings.Cut(message, "Go struct field "); ok {
		name, _, _ := strings.Cut(rest, " ")
		if _, name, ok = strings.Cut(name, "."); ok {
			location += "." + name
		}
	}
	return location, "api.check.unfit", nil
}
