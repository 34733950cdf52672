package planweb

import (
	"context"

	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/plan"
	"github.com/entente/entente/internal/plan/cost"
)

// benefitRowsOf writes the benefits into the form.
func benefitRowsOf(ctx context.Context, i plan.Initiative) (out []row) {
	for _, b := range i.Benefits {
		k := row{"id": b.ID, "kind": string(b.Kind), "label": b.Label, "from": b.From.String(), "to": b.To.String(), "currency": b.Currency, "every": string(b.Every), "grade": string(b.Grade),
			"low": typedAmount(ctx, b.Low, b.Currency), "likely": typedAmount(ctx, b.Likely, b.Currency), "high": typedAmount(ctx, b.High, b.Currency), "measure": b.Measure}
		if b.Kind == plan.InMeasure {
			k["baseline"], k["target"] = typedNumber(ctx, b.Baseline), typedNumber(ctx, b.Target)
			k["currency"], k["every"], k["grade"] = i.Currency, string(cost.Month), "assumed"
		}
		out = append(out, k)
	}
	return out
}

func (t *typedRows) benefits() (out []plan.Benefit) {
	t.each(func(n int, r row) {
		b := plan.Benefit{ID: r["id"], Kind: plan.BenefitKind(r["kind"]), Label: r["label"], From: t.day(n, r, "from"), To: t.day(n, r, "to")}
		if b.Kind == plan.InMeasure {
			b.Measure, b.Baseline, b.Target = r["measure"], t.number(n, r, "baseline"), t.number(n, r, "target")
		} else {
			b.Currency, b.Low, b.Likely, b.High = r["currency"], t.amount(n, r, "low"), t.amount(n, r, "likely"), t.amount(n, r, "high")
			b.Every, b.Grade = cost.Every(r["every"]), kpi.Evidence(r["grade"])
		}
		out = append(out, b)
	})
	return out
}
