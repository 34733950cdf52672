// Package fediverseweb answers the fediverse and shows how communities stand in it: signed requests and forms come in, documents, pages and calls of
// fediverse go out.
package fediverseweb

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/fediverse"
	"github.com/entente/entente/internal/fediverse/wire"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
)

type handlers struct {
	s         *fediverse.Service
	community *community.Service
	log       *slog.Logger
}

// Routes registers the pages, and what other servers ask and send.
func Routes(r *web.Routes, s *fediverse.Service, c *community.Service, log *slog.Logger) {
	h := &handlers{s, c, log}
	r.Page("GET /communities/{id}/fediverse", org.CommunityModerate, h.manage)
	r.Do("POST /communities/{id}/fediverse", org.CommunityModerate, h.set)
	r.Do("POST /communities/{id}/fediverse/block", org.CommunityModerate, h.block)
	r.Do("POST /communities/{id}/fediverse/unblock", org.CommunityModerate, h.unblock)
	r.Do("POST /communities/{id}/fediverse/retry", org.CommunityModerate, h.retry)
	r.Do("POST /communities/{id}/fediverse/report", org.CommunityModerate, h.report)
	r.Page("GET /c/{slug}/fediverse", org.Public, h.about)
	r.Do("POST /c/{slug}/fediverse", org.SignedIn, h.refuse)

	h.answer(r, "GET /.well-known/webfinger", "application/jrd+json", func(q *http.Request) (any, error) {
		return s.Finger(q.Context(), q.URL.Query().Get("resource"), q.Host)
	})
	h.answer(r, "GET /.well-known/nodeinfo", "application/json", func(q *http.Request) (any, error) {
		if _, err := s.NodeInfo(q.Context()); err != nil {
			return nil, err
		}
		return fediverse.Document{"links": []fediverse.Document{{"rel": "http://nodeinfo.diaspora.software/ns/schema/2.1", "href": s.AtHome(q.Context(), q.Host) + "/nodeinfo/2.1"}}}, nil
	})
	h.answer(r, "GET /nodeinfo/2.1", `application/json; profile="http://nodeinfo.diaspora.software/ns/schema/2.1#"`, func(q *http.Request) (any, error) { return s.NodeInfo(q.Context()) })
	h.of(r, "outbox", func(q *http.Request, c string) (any, error) { return s.Outbox(q.Context(), c) })
	h.of(r, "followers", func(q *http.Request, c string) (any, error) { return s.Followers(q.Context(), c) })
	h.of(r, "following", func(q *http.Request, c string) (any, error) { return s.Nothing(q.Context(), c, "/fediverse/following") })
	h.of(r, "people/{handle}", func(q *http.Request, c string) (any, error) { return s.Person(q.Context(), c, q.PathValue("handle")) })
	for _, list := range []string{"outbox", "followers"} {
		h.of(r, "people/{handle}/"+list, func(q *http.Request, c string) (any, error) {
			if _, err := s.Person(q.Context(), c, q.PathValue("handle")); err != nil {
				return nil, err
			}
			return s.Nothing(q.Context(), c, "/fediverse/people/"+q.PathValue("handle")+"/"+list)
		})
	}
	h.of(r, "activities/{event}", func(q *http.Request, c string) (any, error) {
		body, err := s.Event(q.Context(), c, q.PathValue("event"))
		return json.RawMessage(body), err
	})
	r.Raw("POST /fediverse/inbox", http.HandlerFunc(h.inbox))
	r.Raw("POST /c/{slug}/fediverse/inbox", http.HandlerFunc(h.inbox))
}

const activity = "application/activity+json"

// of registers what is answered of a community.
func (h *handlers) of(r *web.Routes, path string, do func(q *http.Request, community string) (any, error)) {
	h.answer(r, "GET /c/{slug}/fediverse/"+path, activity, func(q *http.Request) (any, error) {
		m, err := h.community.Map(q.Context())
		if err != nil {
			return nil, err
		}
		c, found := m.BySlug(q.PathValue("slug"))
		if !found {
			return nil, problem.New(problem.Missing, "problem.not_found")
		}
		return do(q, c.ID)
	})
}

func (h *handlers) answer(r *web.Routes, pattern, kind string, do func(*http.Request) (any, error)) {
	r.Raw(pattern, http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		v, err := do(q)
		if err != nil {
			h.fail(w, err)
			return
		}
		h.write(w, kind, http.StatusOK, v)
	}))
}

// write answers a document, which anybody may read anywhere.
func (h *handlers) write(w http.ResponseWriter, kind string, status int, v any) {
	raw, err := json.Marshal(v)
	if err != nil {
		h.fail(w, err)
		return
	}
	head := w.Header()
	head.Set("Content-Type", kind)
	head.Set("Cache-Control", "public, max-age=60")
	head.Set("Vary", "Accept")
	head.Set("Access-Control-Allow-Origin", "*")
	w.WriteHeader(status)
	_, err = w.Write(raw)
	_ = err // whoever asked has gone; there is nobody to tell
}

// fail answers a program, which reads the status.
func (h *handlers) fail(w http.ResponseWriter, err error) {
	p := problem.Of(err)
	status := map[problem.Code]int{problem.Missing: http.StatusNotFound, problem.Invalid: http.StatusBadRequest, problem.Unauthenticated: http.StatusUnauthorized, problem.Forbidden: http.StatusForbidden,
		problem.TooLarge: http.StatusRequestEntityTooLarge, problem.Busy: http.StatusTooManyRequests, problem.Conflict: http.StatusConflict}[p.Code]
	if status == 0 {
		status = http.StatusInternalServerError
		h.log.Error("the fediverse could not be answered", "error", err)
	} else {
		h.log.Debug("a call of the fediverse was refused", "error", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": p.Key})
}

// inbox takes in what other servers send.
func (h *handlers) inbox(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, wire.MaxBytes+1))
	if err != nil {
		h.fail(w, problem.New(problem.Invalid, "problem.bad_form").Because(err))
		return
	}
	uri := r.RequestURI // as it was asked for: at a host name of its own, a community's path is shorter
	if err := h.s.Receive(r.Context(), fediverse.Call{Request: r, URI: uri, Body: body, Network: web.IP(r)}); err != nil {
		h.fail(w, err)
		return
	}
	w.WriteHeader(http.StatusAccepted)
}

// Document answers a page of a community as the fediverse reads it, to who asks for it so; done is false for all others.
func Document(s *fediverse.Service, log *slog.Logger) func(w http.ResponseWriter, r *http.Request, c community.Community) (done bool, err error) {
	h := &handlers{s: s, log: log}
	return func(w http.ResponseWriter, r *http.Request, c community.Community) (bool, error) {
		if !asked(r.Header.Get("Accept")) {
			return false, nil
		}
		var d fediverse.Document
		var err error
		switch r.Pattern {
		case "GET /c/{slug}":
			d, err = s.Group(r.Context(), c.ID)
		case "GET /c/{slug}/t/{thread}", "GET /c/{slug}/t/{thread}/{words}":
			d, err = s.Object(r.Context(), c.ID, r.PathValue("thread"))
		case "GET /c/{slug}/p/{post}":
			d, err = s.Object(r.Context(), c.ID, r.PathValue("post"))
		default:
			return false, nil
		}
		if moved, elsewhere := err.(*fediverse.Moved); elsewhere {
			http.Redirect(w, r, moved.To, http.StatusFound)
			return true, nil
		}
		if err != nil {
			h.fail(w, err)
			return true, nil
		}
		status := http.StatusOK
		if d["type"] == "Tombstone" {
			status = http.StatusGone
		}
		h.write(w, activity, status, d)
		return true, nil
	}
}

// asked reports whether a document of the fediverse is preferred to a page.
func asked(accept string) bool {
	for part := range strings.SplitSeq(accept, ",") {
		kind, _, _ := strings.Cut(strings.TrimSpace(part), ";")
		switch strings.ToLower(strings.TrimSpace(kind)) {
		case activity, "application/ld+json":
			return true
		case "text/html", "application/xhtml+xml":
			return false
		}
	}
	return false
}
