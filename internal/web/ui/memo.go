package ui

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/a-h/templ"

	"github.com/entente/entente/internal/i18n"
)

// Memo keeps drawings, which cost more than the rest of a page, by what they were drawn from. Its zero value is ready; it is safe for
// concurrent use and keeps a few megabytes at most.
type Memo struct {
	mu    sync.Mutex
	kept  map[[32]byte]string
	bytes int
}

const memoBytes = 4 << 20

// Of returns what draw gave for the same values in the same language and zone, or calls it. The values must print as what they are:
// no pointers.
func (m *Memo) Of(ctx context.Context, draw func() (string, error), values ...any) (string, error) {
	h := sha256.New()
	fmt.Fprintf(h, "%s %s %#v", i18n.Lang(ctx), i18n.Zone(ctx), values)
	var key [32]byte
	h.Sum(key[:0])
	m.mu.Lock()
	s, ok := m.kept[key]
	m.mu.Unlock()
	if ok {
		return s, nil
	}
	s, err := draw()
	if err != nil {
		return "", err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.kept == nil || m.bytes+len(s) > memoBytes {
		m.kept, m.bytes = map[[32]byte]string{}, 0
	}
	m.kept[key] = s
	m.bytes += len(s)
	return s, nil
}

// Component is Of for a component.
func (m *Memo) Component(c templ.Component, values ...any) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		s, err := m.Of(ctx, func() (string, error) {
			var b strings.Builder
			err := c.Render(ctx, &b)
			return b.String(), err
		}, values...)
		if err != nil {
			return err
		}
		_, err = io.WriteString(w, s)
		return err
	})
}
