package inboxweb

import (
	"context"
	"net/http"
	"slices"
	"time"

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

// worked is working time, in hours however many they are.
func worked(ctx context.Context, d time.Duration) string {
	if d < 10*time.Hour {
		return i18n.For(ctx, d)
	}
	return i18n.T(ctx, "routing.hours", "N", i18n.Number(ctx, d.Hours(), 0))
}

// asked is what somebody asks for.
func asked(list []inbox.Coverage) []inbox.Coverage {
	return slices.DeleteFunc(slices.Clone(list), func(c inbox.Coverage) bool { return c.Asked == 0 })
}

// unasked names what nobody asks for.
func unasked(ctx context.Context, list []inbox.Coverage, name func(context.Context, string) string) (out []string) {
	for _, c := range list {
		if c.Asked == 0 {
			out = append(out, name(ctx, c.What))
		}
	}
	return out
}
