// Package listeningweb shows topics and mentions.
package listeningweb

import (
	"context"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/listening"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

// Options are what other modules add to these pages.
type Options struct {
	// Panels shows what stands to the right of a post: its conversation, its author.
	Panels func(ctx context.Context, m listening.Mention) []ui.Panel
}

type pages struct {
	listening *listening.Service
	channels  *channel.Service
	Options
	memo  ui.Memo // of charts
	lines ui.Memo // of lists
}

// Routes registers the pages.
func Routes(r *web.Routes, s *listening.Service, c *channel.Service, o Options) {
	p := &pages{listening: s, channels: c, Options: o}
	r.Page("GET /mentions", org.ListeningRead, p.mentions)
	r.Page("GET /mentions/{post}", org.ListeningRead, p.mention)
	r.Page("GET /topics", org.ListeningRead, p.topics)
	r.Page("GET /topics/new", org.ListeningEdit, p.draft)
	r.Page("GET /topics/{id}", org.ListeningEdit, p.edit)
	r.Page("GET /topics/preview", org.ListeningEdit, p.preview)
	r.Do("POST /topics", org.ListeningEdit, p.save)
	r.Do("POST /topics/{id}", org.ListeningEdit, p.save)
	r.Do("POST /topics/{id}/remove", org.ListeningEdit, p.remove)
	r.Topic("mentions", org.ListeningRead)
}
