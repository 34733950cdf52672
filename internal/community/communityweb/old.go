package communityweb

import (
	"net/http"
	"strconv"

	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/web"
)

// olds lets addresses of forums that were brought here lead to where their posts are now.
func (h *handlers) olds(r *web.Routes) {
	for _, path := range []string{"questions/{number}", "questions/{number}/{words}", "questions/{number}/{words}/{answer}", "q/{number}", "q/{number}/{words}"} {
		r.Page("GET /c/{slug}/"+path, org.Public, h.in(h.oldPost("q")))
	}
	for _, path := range []string{"a/{number}", "a/{number}/{words}"} {
		r.Page("GET /c/{slug}/"+path, org.Public, h.in(h.oldPost("a")))
	}
	r.Page("GET /c/{slug}/t/{thread}/{words}/{number}", org.Public, h.in(h.oldTopic))
}

// oldPost leads to the post that had a number where it came from.
func (h *handlers) oldPost(letter string) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		number := r.PathValue("number")
		if !numeric(number) {
			r.SetPathValue("space", map[string]string{"q": "questions", "a": "a"}[letter])
			r.SetPathValue("file", number)
			return h.spaceFile(w, r) // a space may be called so
		}
		post := letter + number
		if answer := r.PathValue("answer"); numeric(answer) {
			post = "a" + answer
		}
		return h.leadsTo(w, r, post)
	}
}

func numeric(s string) bool {
	n, err := strconv.ParseInt(s, 10, 64)
	return err == nil && n > 0
}

// oldTopic leads to a topic of a Discourse forum, or to a post of it: /t/WORDS/12/3.
func (h *handlers) oldTopic(w http.ResponseWriter, r *http.Request) error {
	topic, post := r.PathValue("words"), r.PathValue("number")
	if !numeric(topic) || !numeric(post) {
		topic, post = "0", "0"
	}
	return h.leadsTo(w, r, "t"+topic+"."+post)
}

// oldThread is the post that /t/12, /t/12/3 and /t/WORDS/12 named, "" when the address is one of ours.
func oldThread(r *http.Request) string {
	thread, words := r.PathValue("thread"), r.PathValue("words")
	switch {
	case numeric(thread) && numeric(words):
		return "t" + thread + "." + words
	case numeric(thread):
		return "t" + thread + ".1"
	case len(thread) != 20 && numeric(words):
		return "t" + words + ".1"
	}
	return ""
}

// leadsTo is a lasting redirect to a post, for those who may read it.
func (h *handlers) leadsTo(w http.ResponseWriter, r *http.Request, external string) error {
	v, err := h.hall(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	if from := r.URL.Query().Get("from"); from != "" { // of two forums that count their posts, the one whose link it is
		id, err := h.s.WasAt(ctx, &v.place, from+"/"+external)
		if err != nil {
			return err
		}
		if id != "" {
			external = id
		}
	}
	p, t, err := h.s.Post(ctx, v.Sight, v.place.ID, external)
	if err != nil {
		return err
	}
	to := t.Path()
	if p.ID != t.ID {
		if to, err = h.toPost(ctx, &t, &p); err != nil {
			return err
		}
	}
	http.Redirect(w, r, v.href(ctx, to), http.StatusMovedPermanently)
	return nil
}
