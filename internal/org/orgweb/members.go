package orgweb

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

type membersPage struct {
	Members   []*org.Member // the team at first, or those who are looked for
	Others    []*org.Member // who only sign in, those who came last first
	N         int
	Words     string
	Role      string
	State     string
	Pages     ui.Pages
	Me        *org.Member
	Now       time.Time
	CanMail   bool
	HasURL    bool
	MailHref  string
	Invite    org.Invite
	Delivered *org.Delivery // a link just made
	Link      string        // the whole of it
	Reset     bool          // it sets a new password
	Wrong     wrong
}

func (h *handlers) membersPage(w http.ResponseWriter, r *http.Request) error {
	return h.showMembers(w, r, func(*membersPage) {})
}

func (h *handlers) showMembers(w http.ResponseWriter, r *http.Request, with func(*membersPage)) error {
	ctx := r.Context()
	o, err := h.s.Organisation(ctx)
	if err != nil {
		return err
	}
	p := membersPage{Me: org.Who(ctx), Now: h.web.Clock(), CanMail: h.s.CanMail(ctx), HasURL: o.URL != "", MailHref: h.Mail,
		Invite: org.Invite{Role: org.Volunteer, Lang: o.Lang}}
	if err := h.list(ctx, r.URL.Query(), &p); err != nil {
		return err
	}
	with(&p)
	if p.Delivered != nil {
		private(w)
		p.Link = p.Delivered.Path
		if o.URL != "" {
			p.Link = o.URL + p.Link
		}
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "org.members")}, membersBody(p))
}

// shownMembers is how many of those who are not of the team a page shows.
const shownMembers = 50

// list fills in who is shown: the team and then the others piece by piece, or those who are looked for.
func (h *handlers) list(ctx context.Context, q url.Values, p *membersPage) error {
	p.Words, p.Role, p.State = strings.TrimSpace(q.Get("q")), q.Get("role"), q.Get("state")
	l := org.Listing{Words: p.Words, Role: org.Role(p.Role), State: org.State(p.State), Before: q.Get("before"), Limit: shownMembers}
	among := &p.Members
	if p.Words == "" && p.Role == "" && p.State == "" {
		l.Role, among = org.Plain, &p.Others
		if l.Before == "" {
			var err error
			if p.Members, err = h.s.Team(ctx); err != nil {
				return err
			}
		}
	}
	some, more, err := h.s.List(ctx, l)
	if problem.Is(err, problem.Missing) { // whoever the page before ended with has gone for good
		l.Before = ""
		some, more, err = h.s.List(ctx, l)
	}
	if err != nil {
		return err
	}
	*among = some
	count, err := h.s.Count(ctx)
	if err != nil {
		return err
	}
	for _, n := range count {
		p.N += n
	}
	link := func(before string) string {
		v := url.Values{}
		for _, k := range []string{"q", "role", "state"} {
			if s := q.Get(k); s != "" {
				v.Set(k, s)
			}
		}
		if before != "" {
			v.Set("before", before)
		}
		return strings.TrimSuffix("/members?"+v.Encode(), "?")
	}
	if more {
		p.Pages.Older = link(some[len(some)-1].ID)
	}
	if l.Before != "" {
		p.Pages.Newer = link("")
	}
	return nil
}

func (h *handlers) invite(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	in := org.Invite{Email: f.Text("email"), Name: f.Text("name"), Role: org.Role(f.Text("role")), Lang: f.Text("lang")}
	d, err := h.s.Invite(ctx, in)
	if err != nil {
		wrong, err := mend(ctx, w, err, "", "email", "name", "role", "lang")
		if err != nil {
			return err
		}
		return h.showMembers(w, r, func(p *membersPage) { p.Invite, p.Wrong = in, wrong })
	}
	if d.Mailed {
		web.Flash(w, r, ui.Success, "org.invited", "Email", d.Member.Email)
		return web.Redirect(w, r, "/members")
	}
	return h.showMembers(w, r, func(p *membersPage) { p.Delivered = &d })
}

func (h *handlers) resetLink(w http.ResponseWriter, r *http.Request) error {
	d, err := h.s.ResetLink(r.Context(), r.PathValue("id"))
	if err != nil {
		return h.back(w, r, err)
	}
	return h.showMembers(w, r, func(p *membersPage) { p.Delivered, p.Reset = &d, true })
}

// back shows a refusal that the reader can do something about on the page it came from.
func (h *handlers) back(w http.ResponseWriter, r *http.Request, err error) error {
	switch p := problem.Of(err); p.Code {
	case problem.Conflict, problem.Invalid, problem.Forbidden:
		web.Flash(w, r, ui.Danger, p.Key, p.Args...)
		return web.Redirect(w, r, "/members")
	}
	return err
}

func (h *handlers) act(w http.ResponseWriter, r *http.Request, done string, do func(ctx context.Context, memberID string) error) error {
	ctx, id := r.Context(), r.PathValue("id")
	m, err := h.s.Find(ctx, id)
	if err != nil {
		return err
	}
	if err := do(ctx, id); err != nil {
		return h.back(w, r, err)
	}
	web.Flash(w, r, ui.Success, done, "Name", m.Name)
	return web.Redirect(w, r, "/members")
}

func (h *handlers) changeRole(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	return h.act(w, r, "org.role_changed", func(ctx context.Context, id string) error { return h.s.ChangeRole(ctx, id, org.Role(f.Text("role"))) })
}

func (h *handlers) suspend(w http.ResponseWriter, r *http.Request) error {
	return h.act(w, r, "org.suspended", h.s.Suspend)
}

func (h *handlers) resume(w http.ResponseWriter, r *http.Request) error {
	return h.act(w, r, "org.resumed", h.s.Resume)
}

// removePage asks once more, and under which name it all shall stay.
func (h *handlers) removePage(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	m, err := h.s.Find(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	if m.State == org.Removed || m.State == org.Invited {
		return problem.New(problem.Missing, "org.no_member")
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "org.remove_title", "Name", m.Name)}, removeBody(m))
}

func (h *handlers) remove(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	return h.act(w, r, "org.removed", func(ctx context.Context, id string) error { return h.s.Remove(ctx, id, f.Text("name") == "former") })
}

func (h *handlers) withdraw(w http.ResponseWriter, r *http.Request) error {
	return h.act(w, r, "org.withdrawn", h.s.Withdraw)
}
