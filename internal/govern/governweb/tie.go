package governweb

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/internal/govern"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

type tiesPage struct {
	Desk  *desk
	List  []govern.Tie
	Kinds map[string]int
}

// has is how many persons of a kind we know.
func (p tiesPage) has(t govern.Tie) int { return p.Kinds[strings.ToLower(strings.TrimSpace(t.Kind))] }

// most is where the bar of a line ends: each group has its own scale, for a dozen resellers weigh as much as a hundred customers.
func (p tiesPage) most(t govern.Tie) int { return max(1, t.Wanted, p.has(t)) }

func (h *handlers) ties(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	d, err := h.desk(ctx)
	if err != nil {
		return err
	}
	p := tiesPage{Desk: d}
	if p.List, err = h.s.Ties(ctx); err != nil {
		return err
	}
	if p.Kinds, err = h.s.Kinds(ctx); err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "govern.ties"), Wide: true}, tiesBody(p))
}

// TiesOf gives the panel beside an objective: how many ties there are with the groups it is for, of those wanted.
func TiesOf(ctx context.Context, s *govern.Service, objective string, groups []string) ([]ui.Panel, error) {
	list, err := s.TiesOf(ctx, objective, groups)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	kinds, err := s.Kinds(ctx)
	if err != nil {
		return nil, err
	}
	return []ui.Panel{{Title: i18n.T(ctx, "govern.ties"), Body: tiesPanel(tiesPage{List: list, Kinds: kinds})}}, nil
}

func (h *handlers) tieNoun() noun[govern.Tie] {
	return noun[govern.Tie]{
		path: "/govern/ties", key: "govern.tie", plural: "govern.ties",
		id: func(v govern.Tie) string { return v.ID }, stamp: func(v *govern.Tie) *time.Time { return &v.UpdatedAt }, name: func(v govern.Tie) string { return v.Name },
		find: h.s.Tie, add: h.s.AddTie, change: h.s.ChangeTie, remove: h.s.RemoveTie,
		begin: func(_ *http.Request, d *desk) govern.Tie {
			return govern.Tie{Kind: "customer", Currency: "EUR", Often: "needed", DueAt: d.now.AddDate(1, 0, 0)}
		},
		inputs: func(ctx context.Context, d *desk, v govern.Tie) []input {
			kinds := govern.TieKinds()
			for _, k := range v.Ties {
				if !slices.Contains(kinds, k) {
					kinds = append(kinds, k)
				}
			}
			checks := input{Kind: inChecks, Field: ui.Field{Name: "ties", Label: i18n.T(ctx, "govern.field.ties"), Values: v.Ties}}
			for _, k := range kinds {
				checks.Options = append(checks.Options, ui.Option{Value: k, Label: tieWord(ctx, k)})
			}
			wanted := ""
			if v.Wanted > 0 {
				wanted = strconv.Itoa(v.Wanted)
			}
			return []input{
				needed(text(ctx, "name", "govern.field.group", v.Name, 120)), hinted(needed(text(ctx, "kind", "govern.field.kind", v.Kind, 60)), i18n.T(ctx, "govern.field.kind_hint")),
				checks, text(ctx, "wanted", "govern.field.wanted", wanted, 12), date(ctx, "due_at", "govern.field.wanted_by", v.DueAt), area(ctx, "worth", "govern.field.worth", v.Worth),
				hinted(text(ctx, "amount", "govern.field.worth_amount", typedCents(v.Amount), 20), i18n.T(ctx, "govern.field.worth_amount_hint")), text(ctx, "currency", "govern.field.currency", v.Currency, 3),
				area(ctx, "how", "govern.field.how", v.How), choose(ctx, "often", "govern.field.often", v.Often, worded(ctx, "govern.often.", govern.Rhythms())...),
				d.member(ctx, "owner", "govern.field.owner", v.Owner), d.objective(ctx, v.Objective),
			}
		},
		read: func(f *form, v govern.Tie) govern.Tie {
			v.Name, v.Kind, v.Ties, v.Wanted, v.DueAt = f.text("name"), f.text("kind"), f.f.Values["ties"], f.number("wanted"), f.until("due_at")
			v.Worth, v.Amount, v.Currency, v.How, v.Often = f.text("worth"), f.cents("amount"), f.text("currency"), f.text("how"), f.text("often")
			v.Owner, v.Objective = f.text("owner"), f.text("objective")
			return v
		},
		facts: func(ctx context.Context, d *desk, v govern.Tie) []ui.Item {
			worth := ""
			if v.Amount > 0 {
				worth = i18n.Money(ctx, v.Amount, v.Currency)
			}
			return []ui.Item{
				fact(ctx, "govern.field.kind", v.Kind), fact(ctx, "govern.field.ties", tieWords(ctx, v.Ties)), fact(ctx, "govern.field.wanted", i18n.Number(ctx, float64(v.Wanted), 0)), dayFact(ctx, "govern.field.wanted_by", v.DueAt),
				long(ctx, "govern.field.worth", v.Worth), fact(ctx, "govern.field.worth_amount", worth), long(ctx, "govern.field.how", v.How), fact(ctx, "govern.field.often", often(ctx, v.Often)),
				fact(ctx, "govern.field.owner", d.names[v.Owner]), d.objectiveFact(ctx, v.Objective),
			}
		},
	}
}

func often(ctx context.Context, id string) string {
	if id == "" {
		return ""
	}
	return i18n.T(ctx, "govern.often."+id)
}

func tieWord(ctx context.Context, id string) string {
	if key := "govern.tie.kind." + id; i18n.Has(key) {
		return i18n.T(ctx, key)
	}
	return id
}

func tieWords(ctx context.Context, list []string) string {
	var out []string
	for _, k := range list {
		out = append(out, tieWord(ctx, k))
	}
	return strings.Join(out, ", ")
}

func percent(part, whole int) string {
	return strconv.FormatFloat(100*float64(part)/float64(max(whole, 1)), 'f', 1, 64) + "%"
}
