package api

import (
	"encoding/base64"
	"encoding/json"
	"strings"

	"github.com/entente/entente/internal/problem"
)

// Paging are the parameters of every list.
type Paging struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many items at most."`
	Cursor string `query:"cursor" maxLength:"500" doc:"The next of the page before; opaque."`
}

// List is a page of items.
type List[T any] struct {
	Body struct {
		Items []T    `json:"items" nullable:"false"`
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
	if err != nil || json.Unmarshal(raw, &parts) != nil || len(parts) != n || strings.ContainsRune(strings.Join(parts, ""), 0) {
		return nil, problem.New(problem.Invalid, "api.bad_cursor").On("cursor")
	}
	return parts, nil
}
