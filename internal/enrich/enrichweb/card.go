package enrichweb

import (
	"context"

	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/web/ui"
)

// Card is the panel that other pages show beside a post: what it is taken for, with the way to its page.
func Card(ctx context.Context, r *enrich.Review, post string) []ui.Panel {
	p, err := r.Post(ctx, post)
	if err != nil {
		return nil // a panel is an extra; the page stands without it
	}
	return []ui.Panel{{Title: i18n.T(ctx, "enrich.labels"), Body: cardPanel(&postView{Seen: p})}}
}
