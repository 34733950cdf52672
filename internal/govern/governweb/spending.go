package governweb

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/entente/entente/internal/govern"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

type spendingsPage struct {
	Desk       *desk
	List       []govern.Spending
	Doubles    []govern.Double
	Total      []govern.Money
	Unapproved []govern.Spending
	Ends       []govern.Spending
	Planned    []govern.Spending // by initiatives, and not approved by IT
	Show       string            // which of the list: doubled, unapproved, ending; "" all
	Money      bool              // amounts of all are shown
}

// shown reports whether the reader sees the money of any entry.
func (p spendingsPage) shown() bool {
	return slices.ContainsFunc(p.List, func(e govern.Spending) bool { return !e.Discreet })
}

func spendingColumns(ctx context.Context, money bool) []ui.Column {
	out := []ui.Column{{Label: i18n.T(ctx, "govern.field.tool")}, {Label: i18n.T(ctx, "govern.field.capability")}, {Label: i18n.T(ctx, "govern.field.department")}}
	if money {
		out = append(out, ui.Column{Label: i18n.T(ctx, "govern.field.yearly"), Numeric: true})
	}
	out = append(out, ui.Column{Label: i18n.T(ctx, "govern.field.ends_at")}, ui.Column{Label: i18n.T(ctx, "govern.field.approval")})
	if money {
		out = append(out, ui.Column{Label: i18n.T(ctx, "govern.field.payer")})
	}
	return out
}

// rows are the entries of the register that the list shows.
func (p spendingsPage) rows() []govern.Spending {
	switch p.Show {
	case "unapproved":
		return p.Unapproved
	case "ending":
		return p.Ends
	case "doubled":
		return slices.DeleteFunc(slices.Clone(p.List), func(e govern.Spending) bool {
			return !slices.ContainsFunc(p.Doubles, func(d govern.Double) bool {
				return slices.ContainsFunc(d.Entries, func(o govern.Spending) bool { return o.ID == e.ID })
			})
		})
	}
	return p.List
}

func (h *handlers) spendings(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	d, err := h.desk(ctx)
	if err != nil {
		return err
	}
	p := spendingsPage{Desk: d, Money: mayEdit(ctx), Show: r.URL.Query().Get("show")}
	if p.List, err = h.s.Spendings(ctx); err != nil {
		return err
	}
	planned, err := h.s.Planned(ctx, p.List)
	if err != nil {
		return err
	}
	p.Doubles, p.Total = govern.Doubles(slices.Concat(p.List, planned), d.now), govern.Total(p.List, d.now)
	for _, e := range planned {
		if e.Ahead(d.now) && e.Approval != "yes" {
			p.Planned = append(p.Planned, e)
		}
	}
	for _, e := range p.List {
		if e.Running(d.now) && e.Approval != "yes" {
			p.Unapproved = append(p.Unapproved, e)
		}
		if e.EndsSoon(d.now) {
			p.Ends = append(p.Ends, e)
		}
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "govern.spendings"), Wide: true}, spendingsBody(p))
}

func (h *handlers) spendingNoun() noun[govern.Spending] {
	return noun[govern.Spending]{
		path: "/govern/spending", key: "govern.spending", plural: "govern.spendings",
		id: func(v govern.Spending) string { return v.ID }, stamp: func(v *govern.Spending) *time.Time { return &v.UpdatedAt }, name: func(v govern.Spending) string { return v.Tool },
		find: h.s.Spending, add: h.s.AddSpending, change: h.s.ChangeSpending, remove: h.s.RemoveSpending,
		begin: func(_ *http.Request, d *desk) govern.Spending {
			return govern.Spending{Currency: "EUR", Period: "month", Approval: "asked", BeginsAt: d.now}
		},
		inputs: func(ctx context.Context, d *desk, v govern.Spending) []input {
			capabilities := worded(ctx, "govern.capability.", govern.Capabilities())
			if v.Capability != "" && !slices.Contains(govern.Capabilities(), v.Capability) {
				capabilities = append(capabilities, ui.Option{Value: v.Capability, Label: v.Capability})
			}
			ends := date(ctx, "ends_at", "govern.field.ends_at", v.EndsAt)
			return []input{
				needed(text(ctx, "tool", "govern.field.tool", v.Tool, 120)), choose(ctx, "capability", "govern.field.capability", v.Capability, capabilities...),
				hinted(text(ctx, "other", "govern.field.other_capability", "", 60), i18n.T(ctx, "govern.field.other_capability_hint")),
				needed(text(ctx, "department", "govern.field.department", v.Department, 80)), text(ctx, "payer", "govern.field.payer", v.Payer, 80),
				text(ctx, "amount", "govern.field.amount", typedCents(v.Amount), 20), text(ctx, "currency", "govern.field.currency", v.Currency, 3),
				choose(ctx, "period", "govern.field.period", v.Period, worded(ctx, "govern.period.", govern.Periods())...),
				date(ctx, "begins_at", "govern.field.begins_at", v.BeginsAt), hinted(ends, i18n.T(ctx, "govern.field.ends_at_hint")),
				choose(ctx, "approval", "govern.field.approval", v.Approval, worded(ctx, "govern.approval.", govern.Approvals())...),
				d.member(ctx, "owner", "govern.field.owner", v.Owner), area(ctx, "note", "govern.field.note", v.Note),
			}
		},
		read: func(f *form, v govern.Spending) govern.Spending {
			v.Tool, v.Capability, v.Department, v.Payer = f.text("tool"), f.text("capability"), f.text("department"), f.text("payer")
			if other := f.text("other"); other != "" {
				v.Capability = other
			}
			v.Amount, v.Currency, v.Period = f.cents("amount"), f.text("currency"), f.text("period")
			v.BeginsAt, v.EndsAt, v.Approval, v.Owner, v.Note = f.day("begins_at"), f.until("ends_at"), f.text("approval"), f.text("owner"), f.text("note")
			return v
		},
		facts: func(ctx context.Context, d *desk, v govern.Spending) []ui.Item {
			money := []ui.Item{fact(ctx, "govern.field.amount", i18n.T(ctx, "govern.money_hidden"))}
			if !v.Discreet {
				money = []ui.Item{fact(ctx, "govern.field.payer", v.Payer), fact(ctx, "govern.field.amount", i18n.Money(ctx, v.Amount, v.Currency)+" "+i18n.T(ctx, "govern.period."+v.Period)),
					fact(ctx, "govern.field.yearly", i18n.Money(ctx, v.Yearly(), v.Currency))}
			}
			return append(append([]ui.Item{fact(ctx, "govern.field.capability", capability(ctx, v.Capability)), fact(ctx, "govern.field.department", v.Department)}, money...),
				dayFact(ctx, "govern.field.begins_at", v.BeginsAt), dayFact(ctx, "govern.field.ends_at", v.EndsAt),
				fact(ctx, "govern.field.approval", i18n.T(ctx, "govern.approval."+v.Approval)), fact(ctx, "govern.field.owner", d.names[v.Owner]), long(ctx, "govern.field.note", v.Note))
		},
	}
}

func capability(ctx context.Context, id string) string {
	if key := "govern.capability." + id; i18n.Has(key) {
		return i18n.T(ctx, key)
	}
	return id
}

func monies(ctx context.Context, list []govern.Money) string {
	var out []string
	for _, m := range list {
		out = append(out, i18n.Money(ctx, m.Amount, m.Currency))
	}
	return strings.Join(out, " + ")
}

func approvalTone(approval string) ui.Tone {
	switch approval {
	case "yes":
		return ui.Success
	case "asked":
		return ui.Info
	}
	return ui.Danger
}
