package governweb

import (
	"context"
	"net/http"
	"time"

	"github.com/entente/entente/internal/govern"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

type decisionsPage struct {
	Desk *desk
	List []govern.Decision
}

func (h *handlers) decisions(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	d, err := h.desk(ctx)
	if err != nil {
		return err
	}
	list, err := h.s.Decisions(ctx)
	if err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "govern.decisions"), Wide: true}, decisionsBody(decisionsPage{d, list}))
}

func (d *desk) review(ctx context.Context, value string) input {
	list := []ui.Option{{Label: i18n.T(ctx, "govern.none")}}
	for _, r := range d.reviews {
		list = append(list, ui.Option{Value: r.ID, Label: r.Name + ", " + i18n.Day(ctx, r.At)})
	}
	return choose(ctx, "review", "govern.field.review", value, list...)
}

func (d *desk) reviewFact(ctx context.Context, review string) ui.Item {
	for _, r := range d.reviews {
		if r.ID == review {
			return ui.Item{Label: i18n.T(ctx, "govern.field.review"), Body: link("/govern/reviews/"+r.ID, r.Name+", "+i18n.Day(ctx, r.At))}
		}
	}
	return fact(ctx, "govern.field.review", "")
}

func (h *handlers) decisionNoun() noun[govern.Decision] {
	return noun[govern.Decision]{
		path: "/govern/decisions", key: "govern.decision", plural: "govern.decisions",
		id: func(v govern.Decision) string { return v.ID }, stamp: func(v *govern.Decision) *time.Time { return &v.UpdatedAt }, name: func(v govern.Decision) string { return v.Name },
		find: h.s.Decision, add: h.s.AddDecision, change: h.s.ChangeDecision, remove: h.s.RemoveDecision,
		begin: func(r *http.Request, d *desk) govern.Decision {
			return govern.Decision{DecidedAt: d.now, State: "holds", Review: r.URL.Query().Get("review"), Objective: r.URL.Query().Get("objective")}
		},
		inputs: func(ctx context.Context, d *desk, v govern.Decision) []input {
			return []input{
				needed(text(ctx, "name", "govern.field.decision", v.Name, 300)), area(ctx, "why", "govern.field.why", v.Why), area(ctx, "instead", "govern.field.instead", v.Instead),
				date(ctx, "decided_at", "govern.field.decided_at", v.DecidedAt), text(ctx, "decided_by", "govern.field.decided_by", v.DecidedBy, 300), d.review(ctx, v.Review),
				d.member(ctx, "owner", "govern.field.sees_to_it", v.Owner), d.objective(ctx, v.Objective), date(ctx, "review_at", "govern.field.look_again", v.ReviewAt),
				choose(ctx, "state", "govern.field.state", v.State, worded(ctx, "govern.decision.state.", govern.DecisionStates())...),
			}
		},
		read: func(f *form, v govern.Decision) govern.Decision {
			v.Name, v.Why, v.Instead, v.DecidedAt, v.DecidedBy = f.text("name"), f.text("why"), f.text("instead"), f.day("decided_at"), f.text("decided_by")
			v.Review, v.Owner, v.Objective, v.ReviewAt, v.State = f.text("review"), f.text("owner"), f.text("objective"), f.until("review_at"), f.text("state")
			return v
		},
		facts: func(ctx context.Context, d *desk, v govern.Decision) []ui.Item {
			return []ui.Item{
				fact(ctx, "govern.field.state", i18n.T(ctx, "govern.decision.state."+v.State)), dayFact(ctx, "govern.field.decided_at", v.DecidedAt), fact(ctx, "govern.field.decided_by", v.DecidedBy),
				long(ctx, "govern.field.why", v.Why), long(ctx, "govern.field.instead", v.Instead), d.reviewFact(ctx, v.Review), fact(ctx, "govern.field.sees_to_it", d.names[v.Owner]),
				d.objectiveFact(ctx, v.Objective), dayFact(ctx, "govern.field.look_again", v.ReviewAt),
			}
		},
	}
}
