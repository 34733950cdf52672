package inboxweb

import (
	"context"
	"net/http"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/web"
)

type fairView struct{ f inbox.Fairness }

func (p *pages) fair(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := p.inbox.Fairness(ctx)
	if err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "routing.fair")}, fairPage(fairView{f}))
}

func languageName(ctx context.Context, code string) string { return i18n.Language(ctx, code) }

func asWritten(_ context.Context, s string) string { return s }
