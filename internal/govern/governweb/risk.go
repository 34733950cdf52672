package governweb

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/entente/entente/internal/govern"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

type risksPage struct {
	Desk *desk
	List []govern.Risk
}

func (h *handlers) risks(w http.ResponseWriter, r *http.Request) error {
	d, err := h.desk(r.Context())
	if err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: i18n.T(r.Context(), "govern.risks"), Wide: true}, risksBody(risksPage{d, d.risks}))
}

// live are the risks that are not closed, with the numbers they have in the table.
func (p risksPage) at(probability, impact int) []int {
	var out []int
	for i, r := range p.List {
		if r.State != govern.RiskClosed && r.Probability == probability && r.Impact == impact {
			out = append(out, i)
		}
	}
	return out
}

func (h *handlers) riskNoun() noun[govern.Risk] {
	return noun[govern.Risk]{
		path: "/govern/risks", key: "govern.risk", plural: "govern.risks",
		id: func(v govern.Risk) string { return v.ID }, stamp: func(v *govern.Risk) *time.Time { return &v.UpdatedAt }, name: func(v govern.Risk) string { return v.Name },
		find: h.s.Risk, add: h.s.AddRisk, change: h.s.ChangeRisk, remove: h.s.RemoveRisk,
		begin: func(r *http.Request, d *desk) govern.Risk {
			return govern.Risk{Probability: 3, Impact: 3, State: govern.RiskOpen, ReviewAt: d.now.AddDate(0, 3, 0), Objective: r.URL.Query().Get("objective")}
		},
		inputs: func(ctx context.Context, d *desk, v govern.Risk) []input {
			return []input{
				needed(text(ctx, "name", "govern.field.risk", v.Name, 200)),
				hinted(area(ctx, "cause", "govern.field.cause", v.Cause), i18n.T(ctx, "govern.field.cause_hint")),
				scale(ctx, "probability", "govern.field.probability", v.Probability), scale(ctx, "impact", "govern.field.impact", v.Impact),
				area(ctx, "response", "govern.field.response", v.Response), area(ctx, "contingency", "govern.field.contingency", v.Contingency),
				d.member(ctx, "owner", "govern.field.owner", v.Owner), d.objective(ctx, v.Objective), date(ctx, "review_at", "govern.field.review_at", v.ReviewAt),
				choose(ctx, "state", "govern.field.state", v.State, worded(ctx, "govern.risk.state.", govern.RiskStates())...),
			}
		},
		read: func(f *form, v govern.Risk) govern.Risk {
			v.Name, v.Cause, v.Response, v.Contingency = f.text("name"), f.text("cause"), f.text("response"), f.text("contingency")
			v.Probability, v.Impact = f.number("probability"), f.number("impact")
			v.Owner, v.Objective, v.ReviewAt, v.State = f.text("owner"), f.text("objective"), f.until("review_at"), f.text("state")
			return v
		},
		facts: func(ctx context.Context, d *desk, v govern.Risk) []ui.Item {
			return []ui.Item{
				{Label: i18n.T(ctx, "govern.field.severity"), Body: severity(v.Severity())},
				fact(ctx, "govern.field.probability", grade(ctx, "govern.field.probability", v.Probability)), fact(ctx, "govern.field.impact", grade(ctx, "govern.field.impact", v.Impact)),
				long(ctx, "govern.field.cause", v.Cause), long(ctx, "govern.field.response", v.Response), long(ctx, "govern.field.contingency", v.Contingency),
				fact(ctx, "govern.field.owner", d.names[v.Owner]), d.objectiveFact(ctx, v.Objective), dayFact(ctx, "govern.field.review_at", v.ReviewAt),
				fact(ctx, "govern.field.state", i18n.T(ctx, "govern.risk.state."+v.State)),
			}
		},
	}
}

func grade(ctx context.Context, label string, n int) string {
	return strconv.Itoa(n) + " – " + i18n.T(ctx, label+"."+strconv.Itoa(n))
}

func levelTone(severity int) ui.Tone {
	switch govern.Level(severity) {
	case "high":
		return ui.Danger
	case "middle":
		return ui.Warning
	}
	return ui.Success
}
