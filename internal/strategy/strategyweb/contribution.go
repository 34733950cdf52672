package strategyweb

import (
	"context"
	"net/http"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/strategy"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

type contributionForm struct{ Serves, Weight, Note string }

// elsewhere lists the objectives of all other maps.
func (h *handlers) elsewhere(ctx context.Context, mapID string) ([]ui.Option, error) {
	maps, err := h.s.Maps(ctx)
	if err != nil {
		return nil, err
	}
	var out []ui.Option
	for _, m := range maps {
		if m.ID == mapID {
			continue
		}
		full, err := h.s.Map(ctx, m.ID)
		if err != nil {
			return nil, err
		}
		for _, place := range full.Places() {
			for _, o := range full.Row(place.ID) {
				out = append(out, ui.Option{Value: o.ID, Label: o.Name.In(i18n.Lang(ctx)), Group: m.Name.In(i18n.Lang(ctx))})
			}
		}
	}
	return out, nil
}

func (h *handlers) contribute(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	form := contributionForm{Serves: f.Text("serves"), Weight: f.Text("weight"), Note: f.Text("note")}
	weight, ok := 1.0, true
	if form.Weight != "" {
		weight, ok = number(form.Weight)
	}
	if !ok || weight <= 0 {
		err = problem.New(problem.Invalid, "strategy.weight_bad", "Max", 1000).On("weight")
	} else {
		_, err = h.s.Contribute(ctx, strategy.Contribution{Origin: r.PathValue("id"), Serves: form.Serves, Weight: weight, Note: form.Note})
	}
	if err != nil {
		bad, err := mend(ctx, w, err)
		if err != nil {
			return err
		}
		for i := range bad { // beside the form of links, whose fields are called the same
			bad[i].ID = "f-to-" + bad[i].Field
		}
		return h.showObjective(w, r, objectivePage{Given: form, Amiss: bad})
	}
	web.Flash(w, r, ui.Success, "strategy.contribution_added")
	return web.Redirect(w, r, objectiveHref(r.PathValue("id")))
}

func (h *handlers) withdraw(w http.ResponseWriter, r *http.Request) error {
	if err := h.s.Withdraw(r.Context(), r.PathValue("id"), r.PathValue("serves")); err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "strategy.contribution_removed")
	return web.Redirect(w, r, objectiveHref(r.PathValue("id")))
}
