// Package orgweb decides how people sign in, set up, look after themselves and their colleagues on pages: forms come in, calls of org
// and pages go out.
package orgweb

import (
	"context"
	"net/http"
	"strings"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

// DemoAccount is an account that the sign-in page shows, on installations that are only for looking around.
type DemoAccount struct {
	Name, Email, Password string
	Role                  org.Role
}

// Options say what the pages cannot know by themselves.
type Options struct {
	Demo []DemoAccount // shown on the sign-in page with their passwords
	Mail string        // path of the page where a mail server is set, "" when only the operator can
	URL  string        // address that set-up proposes for this installation, "" for where the first visitor reached it
}

type handlers struct {
	s   *org.Service
	web *web.Server
	Options
}

// Routes registers the pages.
func Routes(r *web.Routes, server *web.Server, s *org.Service, o Options) {
	h := &handlers{s, server, o}

	r.Page("GET /sign-in", org.Public, h.signInPage)
	r.Do("POST /sign-in", org.Public, h.signIn)
	r.Do("POST /sign-out", org.Public, h.signOut)
	r.Page("GET /set-up", org.Public, h.setUpPage)
	r.Do("POST /set-up", org.Public, h.setUp)
	r.Page("GET /forgot", org.Public, h.forgotPage)
	r.Do("POST /forgot", org.Public, h.forgot)
	r.Page("GET "+org.ResetPath+"{secret}", org.Public, h.resetPage)
	r.Do("POST "+org.ResetPath+"{secret}", org.Public, h.reset)
	r.Page("GET "+org.InvitationPath+"{secret}", org.Public, h.invitationPage)
	r.Do("POST "+org.InvitationPath+"{secret}", org.Public, h.accept)

	r.Page("GET /me", org.SignedIn, h.mePage)
	r.Do("POST /me", org.SignedIn, h.changeProfile)
	r.Do("POST /me/password", org.SignedIn, h.changePassword)
	r.Do("POST /me/sessions/end-others", org.SignedIn, h.endOthers)
	r.Do("POST /me/sessions/{id}/end", org.SignedIn, h.endSession)
	r.Do("POST /me/tokens", org.SignedIn, h.makeToken)
	r.Do("POST /me/tokens/{id}/revoke", org.SignedIn, h.revokeToken)

	r.Page("GET /members", org.MemberRead, h.membersPage)
	r.Do("POST /members", org.MemberEdit, h.invite)
	r.Do("POST /members/{id}/role", org.MemberEdit, h.changeRole)
	r.Do("POST /members/{id}/suspend", org.MemberEdit, h.suspend)
	r.Do("POST /members/{id}/resume", org.MemberEdit, h.resume)
	r.Page("GET /members/{id}/remove", org.MemberEdit, h.removePage)
	r.Do("POST /members/{id}/remove", org.MemberEdit, h.remove)
	r.Do("POST /members/{id}/withdraw", org.MemberEdit, h.withdraw)
	r.Do("POST /members/{id}/reset-link", org.MemberEdit, h.resetLink)

	r.Page("GET /audit", org.AuditRead, h.auditPage)
	r.Page("GET /organisation", org.OrgEdit, h.organisationPage)
	r.Do("POST /organisation", org.OrgEdit, h.changeOrganisation)
}

// wrong is what is to be put right in a form. Its zero value is nothing.
type wrong []ui.FieldError

// at is the sentence at a field.
func (w wrong) at(field string) string {
	for _, e := range w {
		if e.Field == field {
			return e.Text
		}
	}
	return ""
}

// mend sorts what was refused: what the reader can put right becomes sentences in the form, whose fields have ids "f-"+prefix+name;
// everything else is an error for the page.
func mend(ctx context.Context, w http.ResponseWriter, err error, prefix string, fields ...string) (wrong, error) {
	var out wrong
	for _, p := range org.Problems(err) {
		if p.Code == problem.Internal || p.Code == problem.Missing || p.Code == problem.Unauthenticated {
			return nil, err
		}
		e := ui.FieldError{Text: i18n.T(ctx, p.Key, p.Args...)}
		for _, f := range fields {
			if f == p.Field {
				e.Field, e.ID = f, "f-"+prefix+f
			}
		}
		out = append(out, e)
	}
	web.Invalid(w)
	return out, nil
}

// private keeps a page with a secret on it, or in its address, out of every cache.
func private(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
}

func languages() []ui.Option {
	return []ui.Option{{Value: "en", Label: "English"}, {Value: "fr", Label: "Français"}}
}

// zones offers the known zones, with the current one even when it is not in the list.
func zones(current string) []ui.Option {
	var out []ui.Option
	seen := false
	for _, z := range org.Zones() {
		group, _, found := strings.Cut(z, "/")
		if !found {
			group = ""
		}
		out = append(out, ui.Option{Value: z, Label: strings.ReplaceAll(z, "_", " "), Group: group})
		seen = seen || z == current
	}
	if !seen && current != "" {
		out = append([]ui.Option{{Value: current, Label: current}}, out...)
	}
	return out
}

func roleName(ctx context.Context, r org.Role) string { return i18n.T(ctx, "org.role."+string(r)) }

// roles offers the roles that whoever reads may give.
func roles(ctx context.Context) []ui.Option {
	var out []ui.Option
	for _, r := range org.Roles() {
		if org.MayGive(ctx, r) {
			out = append(out, ui.Option{Value: string(r), Label: roleName(ctx, r) + " – " + i18n.T(ctx, "org.role."+string(r)+"_hint")})
		}
	}
	return out
}

func permissionName(ctx context.Context, p org.Permission) string {
	return i18n.T(ctx, "org.permission."+strings.ReplaceAll(string(p), ":", "_"))
}
