// Package enrichweb decides how what is known of posts is shown and put right: requests of members come in, a post with its labels, samples
// to judge and the models as pages go out.
package enrichweb

import (
	"context"

	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

// Options bring in what stands beside these pages; any may be nil.
type Options struct {
	// Panels shows what stands to the right of a post: its conversation, its author.
	Panels func(ctx context.Context, p enrich.Seen) []ui.Panel
	// Trust shows how far people and models agree, and what that makes of shares.
	Trust func(ctx context.Context) []ui.Panel
	// Elsewhere is the model on another machine that owners may have asked.
	Elsewhere *enrich.Elsewhere
}

type pages struct {
	review *enrich.Review
	Options
}

// Routes registers the pages.
func Routes(r *web.Routes, s *enrich.Review, o Options) {
	p := &pages{s, o}
	r.Page("GET /posts/{post}", org.ListeningRead, p.post)
	r.Do("POST /posts/{post}/labels", org.InboxEdit, p.correct)
	r.Page("GET /models", org.ListeningRead, p.models)
	r.Page("GET /models/run", org.ListeningRead, p.run)
	r.Page("GET /models/corrections.tsv", org.ExportRun, p.corrections)
	r.Do("POST /models/pause", org.ListeningEdit, p.pause)
	r.Do("POST /models/thresholds", org.ListeningEdit, p.thresholds)
	if o.Elsewhere != nil {
		r.Do("POST /models/elsewhere", org.OrgEdit, p.elsewhere)
	}
	r.Page("GET /samples", org.ListeningRead, p.samples)
	r.Do("POST /samples", org.ListeningEdit, p.draw)
	r.Page("GET /samples/{sample}", org.InboxEdit, p.work)
	r.Do("POST /samples/{sample}/judge", org.InboxEdit, p.judge)
	r.Do("POST /samples/{sample}/undo", org.InboxEdit, p.undo)
}
