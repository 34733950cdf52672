package planweb

import (
	"context"
	"net/http"
	"strings"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/plan"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/strategy"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

// Options is what stands left of initiatives and is shown with them.
type Options struct {
	Ideas *community.Service // ideas that initiatives were made of; nil for none
}

// ideaPart is what the page of an idea shows of its initiative, or the form that makes one.
type ideaPart struct {
	idea       community.Idea
	place      community.Community
	made       *plan.Standing // nil when there is none, or it is gone
	serves     []served
	objectives []ui.Option
	others     []ui.Option // initiatives that the idea can become a part of
	moved      bool        // it may be followed up to objectives
	brought    string      // its measured benefit, "" for none and for those who see no money
}

// broughtBy says what an initiative has brought, as far as that was measured; "" for nothing.
func broughtBy(ctx context.Context, s *plan.Service, i plan.Initiative) (string, error) {
	sum, n, err := s.Measured(ctx, i)
	if err != nil || n == 0 {
		return "", err
	}
	var out []string
	for _, a := range sum.Amounts() {
		out = append(out, moneyText(ctx, a.Minor, a.Currency))
	}
	return i18n.N(ctx, "plan.idea.brought", n, "Amount", strings.Join(out, " + ")), nil
}

// IdeaPanel says which initiative was made of an idea and which objectives that serves, or offers to make one: for the page of the idea.
// shown is false for those who may not read the strategy, and at a community's own host name, where there is no strategy.
func IdeaPanel(s *plan.Service) func(ctx context.Context, c community.Community, i community.Idea) (p ui.Panel, shown bool, err error) {
	return func(ctx context.Context, c community.Community, i community.Idea) (ui.Panel, bool, error) {
		m := org.Who(ctx)
		if m == nil || !m.May(org.StrategyRead) || web.AtOwnHost(ctx) || i.Initiative == "" && (!m.May(org.StrategyEdit) || i.MergedInto != "" || i.Status == community.IdeaDone) {
			return ui.Panel{}, false, nil
		}
		part := ideaPart{idea: i, place: c, moved: m.May(org.ListeningRead)}
		objectives, err := s.Objectives(ctx)
		if err != nil {
			return ui.Panel{}, false, err
		}
		if i.Initiative != "" {
			st, err := s.Stand(ctx, i.Initiative)
			switch {
			case err == nil:
				part.made = &st
			case problem.Is(err, problem.Missing):
			default:
				return ui.Panel{}, false, err
			}
			if part.made != nil {
				part.serves = servedBy(objectives, st.Objectives)
				if part.brought, err = broughtBy(ctx, s, st.Initiative); err != nil {
					return ui.Panel{}, false, err
				}
			}
			return ui.Panel{Title: i18n.T(ctx, "plan.idea.panel"), Body: ideaPanel(part)}, true, nil
		}
		lang := i18n.Lang(ctx)
		part.objectives = []ui.Option{{Value: "", Label: i18n.T(ctx, "plan.idea.no_objective")}}
		for _, o := range objectives {
			part.objectives = append(part.objectives, ui.Option{Value: o.ID, Label: o.Name.In(lang), Group: o.Map.In(lang)})
		}
		list, err := s.Initiatives(ctx)
		if err != nil {
			return ui.Panel{}, false, err
		}
		part.others = []ui.Option{{Value: "", Label: i18n.T(ctx, "plan.idea.a_new_one")}}
		for _, o := range list {
			if !o.State.Closed() {
				part.others = append(part.others, ui.Option{Value: o.ID, Label: o.Name})
			}
		}
		return ui.Panel{Title: i18n.T(ctx, "plan.idea.panel"), Body: ideaPanel(part)}, true, nil
	}
}

func servedBy(all []plan.Objective, ids []string) []served {
	names := map[string]strategy.Words{}
	for _, o := range all {
		names[o.ID] = o.Name
	}
	var out []served
	for _, o := range ids {
		out = append(out, served{o, names[o]})
	}
	return out
}

// origin is the idea that an initiative was made of.
type origin struct {
	community.Idea
	href, brought string
}

func (h *handlers) originOf(ctx context.Context, of plan.Initiative) (*origin, error) {
	initiative := of.ID
	if h.ideas == nil {
		return nil, nil
	}
	i, c, found, err := h.ideas.IdeaOf(ctx, initiative)
	if err != nil || !found {
		return nil, err
	}
	brought, err := broughtBy(ctx, h.s, of)
	return &origin{i, web.Href(ctx, c.Path()+i.Path()), brought}, err
}

// adopt makes an initiative of an idea, or the idea a part of one that is there, and says so on the idea's page.
func (h *handlers) adopt(w http.ResponseWriter, r *http.Request) error {
	in, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	if h.ideas == nil {
		return problem.New(problem.Missing, "problem.not_found")
	}
	ctx := r.Context()
	o, err := h.ideas.Sees(ctx, nil)
	if err != nil {
		return err
	}
	t, err := h.ideas.Thread(ctx, o, in.Text("community"), in.Text("idea"))
	if err != nil {
		return err
	}
	idea, found, err := h.ideas.Idea(ctx, t.ID)
	if err != nil {
		return err
	}
	if !found {
		return problem.New(problem.Missing, "problem.not_found")
	}
	c, _ := o.ByID(in.Text("community"))
	back := web.Href(ctx, c.Path()+idea.Path())
	made, reason := in.Text("initiative"), in.Text("reason")
	if made == "" {
		about := plan.About{Name: clipped(idea.Title, 120), Outcome: idea.Excerpt}
		if objective := in.Text("objective"); objective != "" {
			about.Objectives = []string{objective}
		}
		i, add, err := h.s.Adding(ctx, about)
		if err != nil {
			return err
		}
		err = h.ideas.AdoptAs(ctx, c.ID, idea.ID, reason, func(ctx context.Context, q db.Q) (string, error) { return i.ID, add(ctx, q) })
		if err != nil {
			return err
		}
	} else {
		if _, err := h.s.Initiative(ctx, made); err != nil {
			return err
		}
		if err := h.ideas.Adopt(ctx, c.ID, idea.ID, reason, made); err != nil {
			return err
		}
	}
	web.Flash(w, r, ui.Success, "plan.idea.adopted")
	return web.Redirect(w, r, back)
}

func clipped(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
