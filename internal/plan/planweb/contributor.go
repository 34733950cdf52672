package planweb

import (
	"context"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/plan"
	"github.com/entente/entente/internal/plan/schedule"
	"github.com/entente/entente/internal/web/ui"
)

// contributorRowsOf writes who contributes into the form.
func contributorRowsOf(i plan.Initiative) (out []row) {
	for _, c := range i.Contributors {
		out = append(out, row{"member": c.Member, "hours": schedule.TypeMinutes(c.Minutes), "from": c.From.String(), "to": c.To.String()})
	}
	return out
}

func (t *typedRows) people() (out []plan.Contributor) {
	t.each(func(n int, r row) {
		out = append(out, plan.Contributor{Member: r["member"], Minutes: t.minutes(n, r, "hours"), From: t.day(n, r, "from"), To: t.day(n, r, "to")})
	})
	return out
}

func memberOptions(ctx context.Context, p editPage, chosen string) []ui.Option {
	out := []ui.Option{{Label: i18n.T(ctx, "plan.nobody")}}
	found := chosen == ""
	for _, m := range p.Members {
		if m.State == org.Active || m.State == org.Invited || m.ID == chosen {
			out = append(out, ui.Option{Value: m.ID, Label: m.Name})
		}
		found = found || m.ID == chosen
	}
	if !found {
		out = append(out, ui.Option{Value: chosen, Label: i18n.T(ctx, "plan.former")})
	}
	return out
}
