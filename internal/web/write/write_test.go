package write_test

import (
	"context"
	"errors"
	"html"
	"strings"
	"testing"
	"testing/quick"

	"github.com/a-h/templ"

	"github.com/entente/entente/internal/web/write"
)

func drawn(t *testing.T, body func(*write.Buffer)) string {
	t.Helper()
	var b strings.Builder
	c := write.Component(func(_ write.Context, to *write.Buffer, _ templ.Component) error { body(to); return nil })
	if err := c.Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// What is written is what the library would have written, for any text.
func TestWritesLikeTheLibrary(t *testing.T) {
	same := func(s string) bool {
		u, err := templ.JoinURLErrs(s)
		return err == nil &&
			drawn(t, func(to *write.Buffer) { write.Text(to, s) }) == html.EscapeString(s) &&
			drawn(t, func(to *write.Buffer) { write.Link(to, s) }) == html.EscapeString(string(u)) &&
			drawn(t, func(to *write.Buffer) { write.Link(to, templ.SafeURL(s)) }) == html.EscapeString(s)
	}
	for _, s := range []string{"", "plain", `<script>alert("1 & '2'")</script>`, "javascript:alert(1)", "https://a.example/?a=1&b=2", "/x?y=<z>", "é\xff<\x00>", "&&&", "<"} {
		if !same(s) {
			t.Errorf("%q is written otherwise", s)
		}
	}
	if err := quick.Check(func(a, b string) bool { return same(a + "<" + b + `">` + a) }, nil); err != nil {
		t.Error(err)
	}
}

func TestChildrenStandWhereTheyArePut(t *testing.T) {
	frame := write.Component(func(ctx write.Context, to *write.Buffer, children templ.Component) error {
		_, _ = to.WriteString("<p>")
		if err := children.Render(ctx, to); err != nil {
			return err
		}
		_, _ = to.WriteString("</p>")
		return nil
	})
	inner := write.Children(func(ctx write.Context, to *write.Buffer) error {
		write.Text(to, "a<b")
		return frame.Render(ctx, to) // has none: children are not handed on
	})
	var b strings.Builder
	if err := frame.Render(templ.WithChildren(context.Background(), inner), &b); err != nil {
		t.Fatal(err)
	}
	if got := b.String(); got != "<p>a&lt;b<p></p></p>" {
		t.Error(got)
	}
}

type closed struct{}

var errClosed = errors.New("closed")

func (closed) Write([]byte) (int, error) { return 0, errClosed }

// A writer that fails, whenever it does, is told at the end; what the body says comes first; a request that ended is not begun.
func TestErrorsAreTold(t *testing.T) {
	long := write.Component(func(_ write.Context, to *write.Buffer, _ templ.Component) error {
		for range 10_000 {
			write.Text(to, "0123456789")
		}
		return nil
	})
	if err := long.Render(context.Background(), closed{}); !errors.Is(err, errClosed) {
		t.Error(err)
	}
	ours := errors.New("ours")
	if err := write.Component(func(write.Context, *write.Buffer, templ.Component) error { return ours }).Render(context.Background(), closed{}); !errors.Is(err, ours) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := long.Render(ctx, &strings.Builder{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
