package communityweb

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
)

// hall is a community as whoever asks sees it.
type hall struct {
	community.Sight
	place community.Community
	who   *org.Member // nil for nobody signed in
	now   time.Time
	lang  string
	url   string // where the community is in the world
}

// hall finds the community of a request that inside has let in.
func (h *handlers) hall(r *http.Request) (hall, error) {
	ctx := r.Context()
	o, err := h.s.Sees(ctx, nil)
	if err != nil {
		return hall{}, err
	}
	v := hall{Sight: o, who: org.Who(ctx), now: h.s.Now(), lang: i18n.Lang(ctx)}
	seen := false
	if v.place, seen = o.Community(r.PathValue("slug")); !seen {
		return v, problem.New(problem.Missing, "problem.not_found")
	}
	v.url = h.s.URL(ctx, v.place)
	return v, nil
}

// href is the address of a path of the community.
func (v *hall) href(ctx context.Context, path string) string {
	return web.Href(ctx, v.place.Path()+path)
}

// world is the address of a path of the community for those who do not come from its pages.
func (v *hall) world(path string) string { return v.url + path }

// listed reports whether whoever searches the web may find it.
func (v *hall) listed() bool { return v.place.Audience == community.Everybody }

// spaceName is what a space is called in the reader's language.
func (v *hall) spaceName(space string) string {
	sp, _ := v.SpaceByID(space)
	return sp.Called(v.lang, v.place.Langs...)
}

// spacePath is the path of a space in its community.
func (v *hall) spacePath(space string) string {
	sp, _ := v.SpaceByID(space)
	return "/" + sp.Slug
}

// unchanged answers a reader who is not signed in and has the page already, without reading anything: nothing was committed since, and
// what says how long ago something was says it by the minute.
func (h *handlers) unchanged(w http.ResponseWriter, r *http.Request, v *hall) bool {
	if v.who != nil {
		return false
	}
	if _, err := r.Cookie("flash"); err == nil {
		return false
	}
	stamp, err := h.s.Stamp(r.Context())
	if err != nil {
		return false
	}
	theme := ""
	if c, err := r.Cookie("theme"); err == nil {
		theme = c.Value
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{stamp, r.Host, r.URL.RequestURI(), v.lang, i18n.Zone(r.Context()).String(), theme, v.Key(),
		strconv.FormatInt(v.now.Unix()/60, 10)}, "\x00")))
	tag := `W/"` + base64.RawURLEncoding.EncodeToString(sum[:15]) + `"`
	w.Header().Set("ETag", tag)
	if r.Header.Get("If-None-Match") != tag {
		return false
	}
	w.Header().Del("Content-Security-Policy") // the one that came with the page holds its nonce
	w.Header().Set("Cache-Control", "no-cache, private")
	w.Header().Set("Vary", "Cookie, Accept-Language, HX-Request")
	w.WriteHeader(http.StatusNotModified)
	return true
}
