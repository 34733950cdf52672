package strategyweb

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/entente/entente/internal/web"
)

// latest keeps the bodies of maps, packed. One is made anew when anything changed since; as long as it is that of a moment ago, nobody
// waits for the new one. Its zero value is ready.
type latest struct {
	flight singleflight.Group
	mu     sync.Mutex
	held   map[string]body
}

// body was made of what the database and the evaluation were at a moment.
type body struct {
	version string
	made    time.Time
	packed  *web.Packed
}

const (
	recent     = 400 * time.Millisecond  // whatever changed: the numbers on it are not newer either
	bearable   = 1200 * time.Millisecond // while it is made anew
	mostBodies = 24
)

// read gives the body under a key, made by write. The version says what write would read now; the key everything else that the body depends
// on. What may be seen must be decided before it is asked for.
func (l *latest) read(ctx context.Context, key, version string, write func(ctx context.Context) (string, error)) (*web.Packed, error) {
	anew := func(ctx context.Context) (*web.Packed, error) {
		b := body{version: version, made: time.Now()}
		text, err := write(ctx)
		if err != nil {
			return nil, err
		}
		b.packed = web.Pack(text)
		l.put(key, b)
		return b.packed, nil
	}
	l.mu.Lock()
	b, found := l.held[key]
	l.mu.Unlock()
	if found {
		age := time.Since(b.made)
		if b.version == version || age < recent {
			return b.packed, nil
		}
		if age < bearable {
			l.flight.DoChan(key, func() (any, error) { return anew(context.WithoutCancel(ctx)) })
			return b.packed, nil
		}
	}
	// Whoever asks first may leave; the others still wait for it.
	v, err, _ := l.flight.Do(key+" "+version, func() (any, error) { return anew(context.WithoutCancel(ctx)) })
	if err != nil {
		return nil, err
	}
	return v.(*web.Packed), nil
}

// put keeps a body unless a newer one is there.
func (l *latest) put(key string, b body) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if old, found := l.held[key]; found && old.made.After(b.made) {
		return
	}
	if _, found := l.held[key]; l.held == nil || !found && len(l.held) >= mostBodies {
		l.held = map[string]body{}
	}
	l.held[key] = b
}
