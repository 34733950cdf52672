package ui

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"io"
	"math"
	"reflect"
	"strings"
	"sync"
	"time"

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

// Of returns what draw gave for the same values in the same language and zone, or calls it. The values hold no
// pointers but in interfaces: see spell.
func (m *Memo) Of(ctx context.Context, draw func() (string, error), values ...any) (string, error) {
	seen := append(make([]byte, 0, 4<<10), i18n.Lang(ctx)+" "+i18n.Zone(ctx).String()...)
	for _, v := range values {
		seen = spell(seen, reflect.ValueOf(v))
	}
	key := sha256.Sum256(seen)
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

// spell adds what v is, so that different values are spelled differently. It panics on what has no spelling: pointers, functions, maps.
func spell(b []byte, v reflect.Value) []byte {
	switch v.Kind() {
	case reflect.Invalid:
		return append(b, '0')
	case reflect.String:
		b = binary.AppendUvarint(append(b, 's'), uint64(v.Len()))
		return append(b, v.String()...)
	case reflect.Bool:
		if v.Bool() {
			return append(b, 't')
		}
		return append(b, 'f')
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return binary.AppendVarint(append(b, 'i'), v.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return binary.AppendUvarint(append(b, 'u'), v.Uint())
	case reflect.Float32, reflect.Float64:
		return binary.BigEndian.AppendUint64(append(b, 'd'), math.Float64bits(v.Float()))
	case reflect.Interface:
		return spell(append(b, 'e'), v.Elem())
	case reflect.Slice, reflect.Array:
		b = binary.AppendUvarint(append(b, 'l'), uint64(v.Len()))
		for i := range v.Len() {
			b = spell(b, v.Index(i))
		}
		return b
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() && v.CanInterface() {
			t := v.Interface().(time.Time)
			b = binary.AppendVarint(append(b, 'T'), t.Unix())
			return append(binary.AppendVarint(b, int64(t.Nanosecond())), t.Location().String()...)
		}
		b = append(append(b, 'o'), v.Type().String()...)
		for i := range v.NumField() {
			b = spell(b, v.Field(i))
		}
		return b
	}
	panic("a drawing is made from a " + v.Type().String() + ", which has no spelling")
}
