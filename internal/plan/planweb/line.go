package planweb

import (
	"context"
	"strconv"

	"github.com/entente/entente/internal/plan"
	"github.com/entente/entente/internal/plan/cost"
	"github.com/entente/entente/internal/plan/money"
	"github.com/entente/entente/internal/plan/schedule"
	"github.com/entente/entente/internal/web/ui"
)

// lineRowsOf writes the budget into the form.
func lineRowsOf(ctx context.Context, i plan.Initiative) (out []row) {
	for _, l := range i.Lines {
		count := ""
		switch l.Kind {
		case cost.Hours:
			count = schedule.TypeMinutes(l.Minutes)
		case cost.Licences:
			count = strconv.Itoa(l.Count)
		}
		out = append(out, row{"id": l.ID, "kind": string(l.Kind), "label": l.Label, "funding": l.Funding, "amount": typedAmount(ctx, l.Amount, l.Currency), "currency": l.Currency,
			"every": string(l.Every), "count": count, "from": l.From.String(), "to": l.To.String()})
	}
	return out
}

func (t *typedRows) lines() (out []cost.Line) {
	t.each(func(n int, r row) {
		l := cost.Line{ID: r["id"], Kind: cost.Kind(r["kind"]), Label: r["label"], Funding: r["funding"], Currency: r["currency"], Amount: t.amount(n, r, "amount"),
			Every: cost.Every(r["every"]), From: t.day(n, r, "from"), To: t.day(n, r, "to")}
		switch l.Kind {
		case cost.Hours:
			l.Minutes = t.minutes(n, r, "count")
		case cost.Licences:
			l.Count = t.whole(n, r, "count", "plan.count_unread", 0)
		}
		out = append(out, l)
	})
	return out
}

func currencyOptions() []ui.Option {
	var out []ui.Option
	for _, c := range money.Currencies() {
		out = append(out, ui.Option{Value: c, Label: c})
	}
	return out
}
