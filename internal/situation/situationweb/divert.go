package situationweb

import (
	"context"
	"net/http"
	"strings"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/situation"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

// diverted reads how routing is changed, and to whom it could be.
func (p *pages) diverted(ctx context.Context, v *roomPage) error {
	var err error
	if v.Diversions, err = p.s.Diversions(ctx, v.S.ID); err != nil {
		return err
	}
	departments, err := p.inbox.Departments(ctx)
	if err != nil {
		return err
	}
	v.Targets = []ui.Option{{Label: i18n.T(ctx, "situation.divert.anybody")}}
	for _, d := range departments {
		v.Targets = append(v.Targets, ui.Option{Value: "department:" + d, Label: d})
	}
	answerers, err := p.inbox.Answerers(ctx)
	if err != nil {
		return err
	}
	for _, m := range answerers {
		v.Targets = append(v.Targets, ui.Option{Value: "member:" + m.ID, Label: m.Name})
		v.Crew = append(v.Crew, ui.Option{Value: m.ID, Label: m.Name})
		v.Names[m.ID] = m.Name
	}
	return nil
}

// to names whom a change of routing sends conversations to.
func (v *roomPage) to(ctx context.Context, d *situation.Diversion) string {
	switch {
	case d.Member != "":
		return v.Names[d.Member]
	case d.Department != "":
		return d.Department
	}
	return i18n.T(ctx, "situation.divert.anybody")
}

func (v *roomPage) held(d *situation.Diversion) string {
	var out []string
	for _, m := range d.Hold {
		out = append(out, v.Names[m])
	}
	return strings.Join(out, ", ")
}

// broken reports whether a binding rule of the charter is.
func (s *saying) broken() bool {
	for i := range s.Findings {
		if s.Findings[i].Refuses() {
			return true
		}
	}
	return false
}

func findingTone(f *inbox.Finding) ui.Tone {
	if f.Refuses() {
		return ui.Danger
	}
	return ui.Warning
}

func (p *pages) divert(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	if f.Text("do") == "restore" {
		if err = p.s.Restore(r.Context(), r.PathValue("id")); err == nil {
			web.Flash(w, r, ui.Success, "situation.divert.restored")
		}
		return back(w, r, err, "#routing")
	}
	d := situation.Diversion{Words: f.Text("words"), Hold: r.PostForm["hold"]}
	switch kind, value, _ := strings.Cut(f.Text("to"), ":"); kind {
	case "department":
		d.Department = value
	case "member":
		d.Member = value
	}
	if err = p.s.Divert(r.Context(), r.PathValue("id"), d); err == nil {
		web.Flash(w, r, ui.Success, "situation.divert.done")
	}
	return back(w, r, err, "#routing")
}
