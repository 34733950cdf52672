package channel

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"sync"

	"golang.org/x/time/rate"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/problem"
)

// maxReceived is the most bytes a call from the other side may have.
const maxReceived = 1 << 20

// How often one channel may be called: a burst, then so many a second.
const (
	callsAtOnce    = 200
	callsPerSecond = 50
)

// rates keeps how often channels are called. There are never more entries than channels.
type rates struct {
	mu   sync.Mutex
	list map[string]*rate.Limiter
}

func (r *rates) of(channel string) *rate.Limiter {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.list == nil {
		r.list = map[string]*rate.Limiter{}
	}
	l := r.list[channel]
	if l == nil {
		l = rate.NewLimiter(callsPerSecond, callsAtOnce)
		r.list[channel] = l
	}
	return l
}

// ReceiveHandler takes in what other sides call us with at POST /hooks/{channel}. It answers 202 once everything is in the ledger.
func (s *Service) ReceiveHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		added, taken, err := s.receive(w, r)
		if err != nil {
			refuse(w, r, err)
			if p := problem.Of(err); p.Code == problem.Internal {
				s.log.Error("a call could not be taken in", "error", err)
			}
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusAccepted)
		json.NewEncoder(w).Encode(map[string]int{"received": taken, "added": added})
	})
}

func (s *Service) receive(w http.ResponseWriter, r *http.Request) (added, taken int, err error) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return 0, 0, problem.New(problem.Missing, "channel.post_only")
	}
	missing := problem.New(problem.Missing, "channel.not_found")
	a, err := s.find(r.Context(), s.db.Read(), r.PathValue("channel"), true)
	if err != nil {
		return 0, 0, err
	}
	k, found := s.kind(a.Kind)
	if !found || !a.Enabled || !k.says.Can.Has(Receive) {
		return 0, 0, missing
	}
	now := s.clock()
	if !s.rates.of(a.ID).AllowN(now, 1) {
		return 0, 0, problem.New(problem.Busy, "problem.busy")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxReceived))
	if err != nil {
		if large := new(http.MaxBytesError); errors.As(err, &large) {
			return 0, 0, problem.New(problem.TooLarge, "problem.too_large", "Limit", "1 MB")
		}
		return 0, 0, problem.New(problem.Invalid, "channel.cut_off").Because(err)
	}
	session, err := s.session(&a)
	if err != nil {
		return 0, 0, problem.New(problem.Internal, "problem.internal").Because(err)
	}
	defer session.Close()
	receiver, ok := session.(Receiver)
	if !ok {
		return 0, 0, missing
	}
	items, err := receiver.Receive(r.Header, body, now)
	if err != nil {
		return 0, 0, err
	}
	added, err = s.takeIn(r.Context(), &a, items)
	return added, len(items), err
}

// status is what a problem is called in HTTP.
func status(code problem.Code) int {
	switch code {
	case problem.Invalid:
		return http.StatusBadRequest
	case problem.Unauthenticated:
		return http.StatusUnauthorized
	case problem.Forbidden:
		return http.StatusForbidden
	case problem.Missing:
		return http.StatusNotFound
	case problem.Conflict:
		return http.StatusConflict
	case problem.Busy:
		return http.StatusTooManyRequests
	case problem.TooLarge:
		return http.StatusRequestEntityTooLarge
	}
	return http.StatusInternalServerError
}

// refuse writes an RFC 9457 answer. Machines read it, so it is in English.
func refuse(w http.ResponseWriter, r *http.Request, err error) {
	p := problem.Of(err)
	code := status(p.Code)
	if code == http.StatusNotFound && r.Method != http.MethodPost {
		code = http.StatusMethodNotAllowed
	}
	if code == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", strconv.Itoa(1+callsAtOnce/callsPerSecond))
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(code)
	answer := map[string]any{"type": "urn:entente:problem:" + string(p.Code), "title": http.StatusText(code), "status": code, "key": p.Key,
		"detail": i18n.T(r.Context(), p.Key, p.Args...)}
	if p.Field != "" {
		answer["field"] = p.Field
	}
	json.NewEncoder(w).Encode(answer)
}
