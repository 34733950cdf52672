package businessweb

import (
	"context"
	"net/http"

	"github.com/entente/entente/internal/business"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/intake"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

const filesListed = 30

type folderView struct {
	dir     string
	rules   []business.Rule
	waiting []business.WaitingFile
	files   []business.WatchedFile
	may     bool
	form    *web.Form
}

func (v *folderView) value(field, is string) string {
	if v.form == nil {
		return is
	}
	return v.form.Text(field)
}

func (v *folderView) wrong(r *http.Request, field string) string {
	if v.form == nil {
		return ""
	}
	return v.form.Error(r, field)
}

func (p *pages) folder(w http.ResponseWriter, r *http.Request) error {
	return p.showFolder(w, r, nil)
}

func (p *pages) showFolder(w http.ResponseWriter, r *http.Request, form *web.Form) error {
	ctx := r.Context()
	v := &folderView{dir: p.watch.Dir(), may: org.Who(ctx).May(org.MeasureEdit), form: form}
	var err error
	if v.rules, err = p.watch.Rules(ctx); err != nil {
		return err
	}
	if v.files, err = p.watch.Files(ctx, filesListed); err != nil {
		return err
	}
	if v.waiting, err = p.watch.Waiting(ctx); err != nil {
		return err
	}
	if form != nil {
		web.Invalid(w)
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "business.watch.title")}, folderPage(r, v))
}

func (p *pages) addRule(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	rule := business.Rule{Pattern: form.Require("pattern", 200), Kind: form.Text("kind"), Settings: intake.Settings{Origin: form.Optional("origin", 100), Label: form.Optional("label", 200),
		Dates: form.Text("dates"), Decimal: form.Text("decimal"), Currency: form.Optional("currency", 3), Encoding: form.Optional("encoding", 40)}}
	columns, ok := intake.ParseColumns(form.Text("columns"))
	if !ok {
		form.Refuse(problem.New(problem.Invalid, "business.watch.bad_columns").On("columns"))
	}
	rule.Settings.Columns = columns
	if form.OK() {
		_, err := p.watch.AddRule(r.Context(), rule)
		if err == nil {
			web.Flash(w, r, ui.Success, "business.watch.added")
			return web.Redirect(w, r, "/business/folder")
		}
		if err := refused(form, err); err != nil {
			return err
		}
	}
	return p.showFolder(w, r, form)
}

func (p *pages) removeRule(w http.ResponseWriter, r *http.Request) error {
	if err := p.watch.RemoveRule(r.Context(), r.PathValue("id")); err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "business.watch.removed")
	return web.Redirect(w, r, "/business/folder")
}

func stateTone(s business.FileState) ui.Tone {
	switch s {
	case business.Done:
		return ui.Success
	case business.Failed:
		return ui.Danger
	}
	return ui.Info
}

// mapping is how a rule reads its files, in words.
func mapping(ctx context.Context, r *business.Rule) string {
	var out []string
	add := func(key, value string) {
		if value != "" {
			out = append(out, i18n.T(ctx, "business.pair", "Name", i18n.T(ctx, key), "Value", value))
		}
	}
	add("business.origin", r.Settings.Origin)
	add("business.label", value(ctx, r.Settings.Label))
	add("intake.currency", r.Settings.Currency)
	add("business.watch.columns", intake.WriteColumns(r.Settings.Columns))
	if r.Settings.Dates != "" {
		add("intake.dates", i18n.T(ctx, "intake.dates."+r.Settings.Dates))
	}
	add("intake.decimal", r.Settings.Decimal)
	if len(out) == 0 {
		return i18n.T(ctx, "business.watch.found_out")
	}
	return joined(out)
}

func joined(list []string) string {
	out := ""
	for i, s := range list {
		if i > 0 {
			out += " · "
		}
		out += s
	}
	return out
}

// example gives a table of a kind as it can be imported, with French or English headings.
func (p *pages) example(w http.ResponseWriter, r *http.Request) error {
	in := r.URL.Query()
	k, found := business.Kind(in.Get("kind"))
	if !found {
		return problem.New(problem.Missing, "problem.not_found")
	}
	lang := in.Get("lang")
	if lang != "en" && lang != "fr" {
		lang = i18n.Lang(r.Context())
	}
	text := business.Example(&k, lang, p.clock())
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+k.ID+"-"+lang+`.csv"`)
	_, _ = w.Write([]byte("\uFEFF" + text)) // a reader who has gone is nobody to tell
	return nil
}
