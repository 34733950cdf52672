package web

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
)

// Held keeps whole pages of members, for the member they were made for and as long as nothing at all is committed, ten seconds at most: a page that
// is gone back to, or looked at in turns with others, is not made again. Its key is all that such a page depends on: what is committed, the member, the
// address, the cookies, language, zone and theme, and the time in steps of ten seconds. Nonce and tokens are new each time. A page that has something
// to say once (a toast, a cookie) is not kept, nor is a part of one.
type Held struct {
	Version func(ctx context.Context) (string, error) // what is committed, as db.DB.Version says it
	Now     func() time.Time

	mu      sync.Mutex
	version string
	pages   map[string][]piece
	bytes   int
}

const (
	heldBytes = 2 << 20
	heldFor   = 10 // seconds
)

// holding is where the page of a request is to be put.
type holding struct {
	in           *Held
	version, key string
}

// Page makes a handler keep its pages.
func (k *Held) Page(do Handler) Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		ctx, q := r.Context(), about(r)
		m := org.Who(ctx)
		if _, err := r.Cookie("flash"); err == nil || m == nil || q.s == nil || q.place != nil || r.Method != http.MethodGet || r.Header.Get("HX-Request") != "" || !takesGzip(r) {
			return do(w, r)
		}
		version, err := k.Version(ctx)
		if err != nil {
			return err
		}
		key := strings.Join([]string{m.ID, r.Host, r.URL.RequestURI(), strings.Join(r.Header["Cookie"], "\x00"), i18n.Lang(ctx), i18n.Zone(ctx).String(), q.theme, strconv.FormatInt(k.Now().Unix()/heldFor, 36)}, "\x00")
		k.mu.Lock()
		list, found := []piece(nil), false
		if k.version == version {
			list, found = k.pages[key]
		}
		k.mu.Unlock()
		if !found {
			q.holding = &holding{k, version, key}
			return do(w, r)
		}
		for _, p := range list {
			for p.flat == nil && p.hole > len(q.tokens) { // not all that were made were shown
				Token(r)
			}
		}
		pageHeader(w)
		return sendPacked(w, http.StatusOK, together(list, q.holes()))
	}
}

// put keeps a page.
func (h *holding) put(list []piece) {
	n := len(h.key)
	for i := range list {
		n += len(list[i].flat)
	}
	k := h.in
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.version != h.version || k.bytes+n > heldBytes {
		k.version, k.pages, k.bytes = h.version, map[string][]piece{}, 0
	}
	k.pages[h.key] = list
	k.bytes += n
}
