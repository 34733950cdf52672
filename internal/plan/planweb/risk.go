package planweb

import (
	"context"
	"strconv"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/plan"
	"github.com/entente/entente/internal/web/ui"
)

// riskRowsOf writes the risks into the form.
func riskRowsOf(ctx context.Context, i plan.Initiative) (out []row) {
	for _, k := range i.Risks {
		out = append(out, row{"id": k.ID, "name": k.Name, "trigger": k.Trigger, "probability": strconv.Itoa(k.Probability), "impact": strconv.Itoa(k.Impact),
			"contingency": k.Contingency, "reserve": typedAmount(ctx, k.Reserve, k.Currency), "currency": k.Currency, "state": k.State})
	}
	return out
}

func (t *typedRows) risks() (out []plan.Risk) {
	t.each(func(n int, r row) {
		out = append(out, plan.Risk{ID: r["id"], Name: r["name"], Trigger: r["trigger"], Probability: t.whole(n, r, "probability", "plan.grade_bad", 0), Impact: t.whole(n, r, "impact", "plan.grade_bad", 0),
			Contingency: r["contingency"], Reserve: t.amount(n, r, "reserve"), Currency: r["currency"], State: r["state"]})
	})
	return out
}

func gradeOptions(ctx context.Context, kind string) []ui.Option {
	var out []ui.Option
	for n := 1; n <= 5; n++ {
		v := strconv.Itoa(n)
		out = append(out, ui.Option{Value: v, Label: i18n.T(ctx, "plan."+kind+"."+v)})
	}
	return out
}
