// Package write is what generated pages are written with: components and the children they are given come in; text leaves escaped,
// addresses leave checked. A buffer keeps the first error that a writer gives and tells it when it is flushed, so single writes are not asked.
package write

import (
	"context"
	"html"
	"io"

	"github.com/a-h/templ"
	templruntime "github.com/a-h/templ/runtime"
)

// Buffer is what a page is written to.
type Buffer = templruntime.Buffer

// Context is that of the request, with what templ keeps in it.
type Context = context.Context

// Component is a template that may be given children. It is not begun for a request that has ended.
func Component(body func(ctx Context, to *Buffer, children templ.Component) error) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		ctx = templ.InitializeContext(ctx)
		children := templ.GetChildren(ctx)
		if children == nil {
			children = templ.NopComponent
		}
		ctx = templ.ClearChildren(ctx)
		return buffered(w, func(to *Buffer) error { return body(ctx, to, children) })
	})
}

// Children is what stands between the braces of a component that is used.
func Children(body func(ctx Context, to *Buffer) error) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		ctx = templ.InitializeContext(ctx)
		return buffered(w, func(to *Buffer) error { return body(ctx, to) })
	})
}

// buffered writes to the buffer that w is, or to one of its own that is flushed to w at the end, after an error and a panic too.
func buffered(w io.Writer, body func(*Buffer) error) (err error) {
	to, inside := templruntime.GetBuffer(w)
	if inside {
		return body(to)
	}
	defer func() {
		if flushed := templruntime.ReleaseBuffer(to); err == nil {
			err = flushed
		}
	}()
	return body(to)
}

// Text writes s with what has a meaning in HTML escaped.
func Text[T ~string](to *Buffer, s T) { text(to, string(s)) }

// Link writes an address: one that was not declared safe has no scheme but http, https, mailto, tel, ftp and ftps.
func Link[T ~string](to *Buffer, s T) {
	if safe, ok := any(s).(templ.SafeURL); ok {
		text(to, string(safe))
		return
	}
	text(to, string(templ.URL(string(s))))
}

// Classes is the value of a class attribute. Nearly always that is one text.
func Classes(list []any) string {
	if len(list) == 1 {
		if one, ok := list[0].(string); ok {
			return one
		}
	}
	return templ.CSSClasses(list).String()
}

// text copies the runs between what must be escaped, so that nothing is made for a text without.
func text(to *Buffer, s string) {
	from := 0
	for i := range len(s) {
		if c := s[i]; c == '&' || c == '\'' || c == '<' || c == '>' || c == '"' {
			_, _ = to.WriteString(s[from:i])
			_, _ = to.WriteString(html.EscapeString(s[i : i+1]))
			from = i + 1
		}
	}
	_, _ = to.WriteString(s[from:])
}
