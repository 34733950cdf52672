// Package contactweb shows contact points on pages: forms and frames for everybody, settings and figures for those who look after them; calls of
// contact go out.
package contactweb

import (
	"context"
	_ "embed" // the widget's script
	"net/http"
	"strings"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/contact"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

//go:embed widget.js
var script []byte

type handlers struct {
	s         *contact.Service
	community *community.Service
	org       *org.Service
	web       *web.Server
	options   Options
}

// Options is what app adds.
type Options struct {
	URL string // of this installation, without a slash at the end
	// Measures gives the three measures of what answers saved, for those who may read measures.
	Measures func(ctx context.Context, days int) []ui.StatProps
}

// Routes registers the pages. Those below /contact/ and /widget/ are for everybody.
func Routes(r *web.Routes, server *web.Server, s *contact.Service, c *community.Service, o *org.Service, options Options) {
	h := &handlers{s, c, o, server, options}
	for prefix, widget := range map[string]bool{"/contact/{point}": false, "/widget/{point}/{visit}": true, "/c/{slug}/contact": false} {
		r.Page("GET "+prefix, org.Public, h.at(widget, h.show))
		r.Do("POST "+prefix, org.Public, h.at(widget, h.do))
		r.Page("GET "+prefix+"/lines", org.Public, h.at(widget, h.lines))
		r.Page("GET "+prefix+"/answer/{kind}/{ref}", org.Public, h.at(widget, h.read))
		r.Page("GET "+prefix+"/file/{file}", org.Public, h.at(widget, h.brought))
	}
	r.Page("GET /contact-points/files/{file}", org.InboxRead, h.file)
	r.Page("GET /widget.js", org.Public, func(w http.ResponseWriter, _ *http.Request) error {
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		w.Header().Set("Cache-Control", "public, max-age=3600")
		w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
		_, err := w.Write(script)
		return err
	})
	r.Page("GET /contact-points", org.ChannelRead, h.points)
	r.Page("GET /contact-points/new", org.ChannelEdit, h.newPoint)
	r.Do("POST /contact-points", org.ChannelEdit, h.add)
	r.Page("GET /contact-points/{id}", org.ChannelRead, h.point)
	r.Do("POST /contact-points/{id}", org.ChannelEdit, h.change)
	r.Do("POST /contact-points/{id}/{do}", org.ChannelEdit, h.close)
	r.Page("GET /deflection", org.InboxRead, h.figures)
}

// framed lets only the sites of the point put the page into theirs.
func framed(w http.ResponseWriter, p *contact.Point) {
	sites := strings.Join(append([]string{"'self'"}, p.Sites...), " ")
	w.Header().Set("Content-Security-Policy", strings.Replace(w.Header().Get("Content-Security-Policy"), "frame-ancestors 'none'", "frame-ancestors "+sites, 1))
}

// InConversation is the panel that says on a conversation's page how an answer reaches whoever wrote through a contact point.
func InConversation(ctx context.Context, s *contact.Service, root string) []ui.Panel {
	r, found, err := s.Reaches(ctx, root)
	if err != nil || !found {
		return nil // a panel is an extra; the page stands without it
	}
	return []ui.Panel{{Title: i18n.T(ctx, "contact.reach"), Body: panel(r)}}
}
