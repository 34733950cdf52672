package web

import (
	"context"
	"fmt"
	"net/http"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Live tells open pages that something changed. It carries names of topics, never content: a page fetches what it may see.
type Live struct {
	mu        sync.Mutex
	allowed   map[string]org.Permission
	listeners map[*listener]struct{}
	closed    chan struct{}
}

type listener struct {
	member string
	topics map[string]bool // nil: all the member may hear
	may    func(org.Permission) bool
	due    map[string]bool
	wake   chan struct{}
}

// NewLive makes a hub.
func NewLive() *Live {
	return &Live{allowed: map[string]org.Permission{}, listeners: map[*listener]struct{}{}, closed: make(chan struct{})}
}

func (l *Live) allow(name string, p org.Permission) { l.allowed[name] = p }

// Publish announces topics. It never blocks: what a slow reader has not heard yet is said once.
func (l *Live) Publish(topics ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for li := range l.listeners {
		told := false
		for _, t := range topics {
			base, _, _ := strings.Cut(t, ":")
			p, ok := l.allowed[base]
			if !ok || !li.may(p) || li.topics != nil && !li.topics[t] && !li.topics[base] {
				continue
			}
			if len(li.due) < 200 {
				li.due[t] = true
				told = true
			}
		}
		if told {
			select {
			case li.wake <- struct{}{}:
			default:
			}
		}
	}
}

// Heard reports whether anybody listens.
func (l *Live) Heard() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.listeners) > 0
}

// Close ends all streams, so that a server can stop.
func (l *Live) Close() { close(l.closed) }

const (
	maxListeners = 2000
	maxStreams   = 20   // of one member
	maxTopics    = 4000 // bytes
)

// listen adds a listener until leave is called. It refuses when there are too many, of one member too.
func (l *Live) listen(li *listener) (leave func(), err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	own := 0
	for other := range l.listeners {
		if other.member == li.member {
			own++
		}
	}
	if len(l.listeners) >= maxListeners || own >= maxStreams {
		return nil, problem.New(problem.Busy, "problem.busy")
	}
	l.listeners[li] = struct{}{}
	return func() {
		l.mu.Lock()
		delete(l.listeners, li)
		l.mu.Unlock()
	}, nil
}

// still lets a listener hear what its member may by now. It reports false when the session was revoked, which hears no more.
func (s *Server) still(ctx context.Context, li *listener, token string) bool {
	m, _, err := s.Org.Authenticate(ctx, token)
	if err != nil || m == nil {
		return false
	}
	s.Live.mu.Lock()
	li.may = m.May
	s.Live.mu.Unlock()
	return true
}

func (s *Server) live(w http.ResponseWriter, r *http.Request) error {
	l, m := s.Live, org.Who(r.Context())
	li := &listener{member: m.ID, may: m.May, due: map[string]bool{}, wake: make(chan struct{}, 1)}
	if list := r.URL.Query().Get("topics"); len(list) > maxTopics {
		return problem.New(problem.Invalid, "problem.too_long", "Max", maxTopics)
	} else if list != "" {
		li.topics = map[string]bool{}
		for _, t := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' }) {
			li.topics[t] = true
		}
	}
	leave, err := l.listen(li)
	if err != nil {
		return err
	}
	defer leave()
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	c := http.NewResponseController(w)
	_ = c.SetWriteDeadline(time.Time{}) // a stream outlives the server's limit; not all writers have one
	fmt.Fprint(w, "retry: 3000\n\n")
	if err := c.Flush(); err != nil {
		return nil
	}
	token := s.Session(r)
	beat := time.NewTicker(25 * time.Second)
	defer beat.Stop()
	for {
		select {
		case <-r.Context().Done():
			return nil
		case <-l.closed:
			return nil
		case <-beat.C:
			if !s.still(r.Context(), li, token) {
				return nil
			}
			fmt.Fprint(w, ": \n\n")
		case <-li.wake:
			l.mu.Lock()
			topics := make([]string, 0, len(li.due))
			for t := range li.due {
				topics = append(topics, t)
			}
			clear(li.due)
			l.mu.Unlock()
			sort.Strings(topics)
			fmt.Fprintf(w, "data: %s\n\n", strings.Join(topics, " "))
		}
		if err := c.Flush(); err != nil {
			return nil
		}
	}
}
