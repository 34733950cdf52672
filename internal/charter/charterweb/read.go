package charterweb

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/entente/entente/internal/charter"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

type inForcePage struct {
	V      charter.Version
	None   bool
	Agreed bool
	Speaks bool
	Edit   bool
}

func (h *handlers) inForce(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	me := org.Who(ctx)
	p := inForcePage{Speaks: charter.Speaks(me.Role), Edit: mayEdit(ctx)}
	var err error
	if p.V, err = h.s.Current(ctx); problem.Is(err, problem.Missing) {
		p.None = true
	} else if err != nil {
		return err
	}
	if p.Agreed, err = h.s.Acknowledged(ctx, me.ID); err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "charter.title")}, inForceBody(p))
}

func (h *handlers) acknowledge(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	if err := h.s.Acknowledge(r.Context(), f.Text("version"), i18n.Lang(r.Context())); err != nil {
		return refused(w, r, err, "/charter")
	}
	web.Flash(w, r, ui.Success, "charter.thanks")
	return web.Redirect(w, r, "/charter")
}

type versionsPage struct {
	List   []charter.Version
	Names  map[string]string
	Edit   bool
	Drafts bool
}

func (h *handlers) versions(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	list, err := h.s.Versions(ctx)
	if err != nil {
		return err
	}
	p := versionsPage{List: list, Names: map[string]string{}, Edit: mayEdit(ctx)}
	for _, v := range list {
		p.Drafts = p.Drafts || v.State == charter.Draft
		if m, err := h.org.Find(ctx, v.PublishedBy); err == nil {
			p.Names[v.PublishedBy] = m.Name
		}
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "charter.tab.versions")}, versionsBody(p))
}

type versionPage struct {
	V    charter.Version
	Edit bool
}

func (h *handlers) version(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v, err := h.s.Version(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "charter.version", "Number", v.Number)}, versionBody(versionPage{v, v.State == charter.Draft && mayEdit(ctx)}))
}

type changesPage struct {
	Was, Is charter.Version
	List    []charter.Difference
	Others  []charter.Version
}

func (h *handlers) changes(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	list, err := h.s.Versions(ctx)
	if err != nil {
		return err
	}
	p := changesPage{}
	since := r.URL.Query().Get("since")
	for _, v := range list { // newest first
		switch {
		case v.ID == r.PathValue("id"):
			p.Is = v
		case p.Is.ID != "":
			p.Others = append(p.Others, v)
			if p.Was.ID == "" && (since == "" || since == v.ID) {
				p.Was = v
			}
		}
	}
	if p.Is.ID == "" || p.Was.ID == "" {
		return problem.New(problem.Missing, "problem.not_found")
	}
	p.List = charter.Compare(p.Was, p.Is, i18n.Lang(ctx))
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "charter.changes", "Number", p.Is.Number)}, changesBody(p))
}

type membersPage struct {
	V       charter.Version
	None    bool
	List    []charter.Standing
	Missing []charter.Standing
	Speak   int
	Remind  string
}

func (h *handlers) members(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	list, err := h.s.Standings(ctx)
	if err != nil {
		return err
	}
	p := membersPage{List: list}
	if p.V, err = h.s.Current(ctx); problem.Is(err, problem.Missing) {
		p.None = true
	} else if err != nil {
		return err
	}
	for _, st := range list {
		if st.Speaks {
			p.Speak++
		}
		if st.Missing() {
			p.Missing = append(p.Missing, st)
		}
	}
	if p.Remind, err = h.reminder(ctx, p); err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "charter.tab.members")}, membersBody(p))
}

// reminder is the address that opens a mail to all who are missing, in the reader's own mail program.
func (h *handlers) reminder(ctx context.Context, p membersPage) (string, error) {
	o, err := h.org.Organisation(ctx)
	if err != nil || len(p.Missing) == 0 {
		return "", err
	}
	var to []string
	for _, st := range p.Missing {
		to = append(to, st.Member.Email)
	}
	escape := func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
	body := i18n.T(ctx, "charter.reminder_text", "Name", p.V.Title.In(i18n.Lang(ctx)), "Link", strings.TrimRight(o.URL, "/")+"/charter")
	return "mailto:?bcc=" + escape(strings.Join(to, ",")) + "&subject=" + escape(i18n.T(ctx, "charter.reminder_subject", "Name", p.V.Title.In(i18n.Lang(ctx)))) + "&body=" + escape(body), nil
}
