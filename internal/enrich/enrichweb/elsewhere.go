package enrichweb

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

// farView is the model elsewhere, as the page of the models shows it.
type farView struct {
	enrich.Far
	models []enrich.FarModel
	owns   bool
	form   *web.Form // with what is wrong, when it is shown again
	errors []ui.FieldError
}

func (p *pages) farView(ctx context.Context) (*farView, error) {
	if p.Elsewhere == nil {
		return nil, nil
	}
	v := &farView{owns: org.Who(ctx).May(org.OrgEdit)}
	var err error
	if v.Far, err = p.Elsewhere.State(ctx); err != nil {
		return nil, err
	}
	v.models, err = p.review.FarModels(ctx)
	return v, err
}

func (p *pages) elsewhere(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	number := func(name string) int {
		n, err := strconv.Atoi(f.Text(name))
		if err != nil {
			return 0
		}
		return n
	}
	a := enrich.Asking{Address: f.Text("address"), Kind: f.Text("kind"), Model: f.Text("model"), Heads: f.Values["heads"], Labels: f.Text("labels"),
		Every: f.Text("which") == "all", Private: f.Text("private") != "", Batch: number("batch"), Requests: number("requests"), Characters: number("characters")}
	err = p.Elsewhere.Set(r.Context(), a, f.Text("key"), f.Text("drop") != "", f.Text("on") != "")
	if err != nil {
		if problem.Of(err).Code != problem.Invalid {
			return err
		}
		f.Refuse(err)
		return p.showModelsWith(w, r, "", func(v *modelsView) {
			if v.far != nil {
				v.far.Asking, v.far.form, v.far.errors = a, f, f.Errors(r)
			}
		})
	}
	web.Flash(w, r, ui.Success, "enrich.done.far")
	return web.Redirect(w, r, "/models")
}

// wrong is what is wrong with a field.
func (v *farView) wrong(field string) string {
	for _, e := range v.errors {
		if e.Field == field {
			return e.Text
		}
	}
	return ""
}

// switched reports whether the box to switch it on is ticked.
func (v *farView) switched() bool {
	if v.form != nil {
		return v.form.Text("on") != ""
	}
	return v.On()
}

func (v *farView) which() string {
	if v.Every {
		return "all"
	}
	return "unsure"
}

func (v *farView) asks(head string) bool { return slices.Contains(v.Heads, head) }

func (v *farView) today(ctx context.Context) string {
	n := func(n int) string { return i18n.Number(ctx, float64(n), 0) }
	return i18n.T(ctx, "enrich.far.today", "N", n(v.Asked), "Of", n(v.Requests), "Shown", n(v.Shown), "Characters", n(v.Characters))
}

func (v *farView) name() string {
	if v.Model != "" {
		return v.Model
	}
	return v.Host()
}

func farAgrees(ctx context.Context, a enrich.FarAgreement) string {
	return i18n.T(ctx, "enrich.far.agrees", "Head", i18n.T(ctx, "enrich.head."+a.Head), "Share", i18n.Percent(ctx, a.Share, 0), "Low", i18n.Percent(ctx, a.Low, 0),
		"High", i18n.Percent(ctx, a.High, 0), "N", i18n.Number(ctx, float64(a.N), 0))
}

// numberText is a number as a form writes it, "" for none.
func numberText(n int) string {
	return strings.TrimPrefix(strconv.Itoa(n), "0")
}
