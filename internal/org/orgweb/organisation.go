package orgweb

import (
	"net/http"
	"strings"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

type organisationPage struct {
	org.Organisation
	CanMail  bool
	MailHref string
	Wrong    wrong
}

func (h *handlers) organisationPage(w http.ResponseWriter, r *http.Request) error {
	o, err := h.s.Organisation(r.Context())
	if err != nil {
		return err
	}
	return h.showOrganisation(w, r, o, nil)
}

func (h *handlers) showOrganisation(w http.ResponseWriter, r *http.Request, o org.Organisation, bad wrong) error {
	ctx := r.Context()
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "org.the_organisation")}, organisationBody(organisationPage{o, h.s.CanMail(ctx), h.Mail, bad}))
}

func (h *handlers) changeOrganisation(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	o := org.Organisation{Name: f.Text("name"), Lang: f.Text("lang"), Zone: f.Text("zone"), URL: f.Text("url"), Addresses: strings.Split(f.Text("addresses"), "\n")}
	if err := h.s.ChangeOrganisation(ctx, o); err != nil {
		wrong, err := mend(ctx, w, err, "", "name", "lang", "zone", "url", "addresses")
		if err != nil {
			return err
		}
		return h.showOrganisation(w, r, o, wrong)
	}
	web.Flash(w, r, ui.Success, "org.saved")
	return web.Redirect(w, r, "/organisation")
}
