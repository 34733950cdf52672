package channel

import (
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/problem"
)

// maxReceived is the most bytes a call from the other side may have.
const maxReceived = 1 << 20

// How often one channel may be called, and how often one network address may call in vain: a burst, then so many a second.
const (
	callsAtOnce    = 200
	callsPerSecond = 50
)

// maxRates bounds what is remembered of callers; those beyond share one rate.
const maxRates = 10_000

// rates keeps how often something happens, by name.
type rates struct {
	mu   sync.Mutex
	list map[string]*rate.Limiter
}

func (r *rates) of(name string, now time.Time) *rate.Limiter {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.list == nil {
		r.list = map[string]*rate.Limiter{}
	}
	if r.list[name] == nil && len(r.list) >= maxRates {
		for n, l := range r.list {
			if l.TokensAt(now) >= callsAtOnce { // as good as new
				delete(r.list, n)
			}
		}
		if len(r.list) >= maxRates {
			name = ""
		}
	}
	l := r.list[name]
	if l == nil {
		l = rate.NewLimiter(callsPerSecond, callsAtOnce)
		r.list[name] = l
	}
	return l
}

// network is whom an address is counted for: of IPv6 the /64, which is one customer's.
func network(address string) string {
	if host, _, err := net.SplitHostPort(address); err == nil {
		address = host
	}
	a, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	if a = a.Unmap().WithZone(""); a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}

// ReceiveHandler is ReceiveFrom where no proxy stands between.
func (s *Service) ReceiveHandler() http.Handler {
	return s.ReceiveFrom(func(r *http.Request) string { return r.RemoteAddr })
}

// ReceiveFrom takes in what other sides call us with at POST /hooks/{channel}; address tells the network address of whoever calls. It
// answers 202 once everything is in the ledger. Calls that prove themselves count for the channel, all others for the address, so that
// a stranger cannot use up what the other side may.
func (s *Service) ReceiveFrom(address func(*http.Request) string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		now := s.clock()
		stranger := s.strangers.of(network(address(r)), now)
		var added, taken int
		var proven bool
		err := error(problem.New(problem.Busy, "problem.busy"))
		if stranger.TokensAt(now) >= 1 {
			if added, taken, proven, err = s.receive(w, r, now); !proven {
				stranger.AllowN(now, 1)
			}
		}
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

// receive takes one call in; proven says that whoever calls has the secret.
func (s *Service) receive(w http.ResponseWriter, r *http.Request, now time.Time) (added, taken int, proven bool, err error) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return 0, 0, false, problem.New(problem.Missing, "channel.post_only")
	}
	missing := problem.New(problem.Missing, "channel.not_found")
	a, err := s.find(r.Context(), s.db.Read(), r.PathValue("channel"), true)
	if err != nil {
		return 0, 0, false, err
	}
	k, found := s.kind(a.Kind)
	if !found || !a.Enabled || !k.says.Can.Has(Receive) {
		return 0, 0, false, missing
	}
	session, err := s.session(&a)
	if err != nil {
		return 0, 0, false, problem.New(problem.Internal, "problem.internal").Because(err)
	}
	defer session.Close()
	receiver, ok := session.(Receiver)
	if !ok {
		return 0, 0, false, missing
	}
	if screener, ok := session.(Screener); ok {
		if err := screener.Screen(r.Header, now); err != nil {
			return 0, 0, false, err
		}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxReceived))
	if err != nil {
		if large := new(http.MaxBytesError); errors.As(err, &large) {
			return 0, 0, false, problem.New(problem.TooLarge, "problem.too_large", "Limit", "1 MB")
		}
		return 0, 0, false, problem.New(problem.Invalid, "channel.cut_off").Because(err)
	}
	items, err := receiver.Receive(r.Header, body, now)
	if problem.Is(err, problem.Unauthenticated) {
		return 0, 0, false, err
	}
	if !s.rates.of(a.ID, now).AllowN(now, 1) {
		return 0, 0, true, problem.New(problem.Busy, "problem.busy")
	}
	if err != nil {
		return 0, 0, true, err
	}
	added, err = s.takeIn(r.Context(), &a, items)
	return added, len(items), true, err
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
