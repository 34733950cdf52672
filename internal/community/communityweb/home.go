package communityweb

import (
	"context"
	"net/http"
	"slices"

	"github.com/a-h/templ"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/community/markup"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

type homeView struct {
	visit
	welcome string // safe HTML: made by markup
	spaces  []spaceView
	threads templ.Component // what was said last
	cover   community.File
}

// spaceView is a space as whoever asks stands to it.
type spaceView struct {
	community.Space
	name, about string
	reads       bool
	keeps       bool
	state       community.State
	href        string
}

func (h *handlers) home(w http.ResponseWriter, r *http.Request, v visit) error {
	ctx := r.Context()
	page := homeView{visit: v}
	if text := v.Welcome.In(v.Lang, v.Langs...); text != "" {
		doc, err := markup.Render(text)
		if err != nil {
			return err
		}
		page.welcome = doc.HTML
	}
	var err error
	if page.spaces, err = h.spacesOf(ctx, v); err != nil {
		return err
	}
	page.spaces = slices.DeleteFunc(page.spaces, func(s spaceView) bool { return !s.reads || !s.ArchivedAt.IsZero() })
	if page.threads, err = h.latest(ctx, v); err != nil {
		return err
	}
	if _, page.cover, err = h.s.Adornments(ctx, v.ID); err != nil {
		return err
	}
	at, err := h.hall(r)
	if err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: v.Called(), Head: homeHead(&at)}, homeBody(page))
}

func (h *handlers) spacesOf(ctx context.Context, v visit) ([]spaceView, error) {
	states, err := h.s.Standings(ctx, v.ID)
	if err != nil {
		return nil, err
	}
	var out []spaceView
	for _, sp := range v.Sight.Spaces(v.ID) {
		out = append(out, spaceView{Space: sp, name: v.SpaceName(sp), about: sp.About.In(v.Lang, v.Langs...), reads: v.Sight.May(sp.ID), state: states[sp.ID],
			keeps: v.Sight.MayModerate(sp.ID), href: href(ctx, v.Community, "/"+sp.Slug)})
	}
	return out, nil
}

func (h *handlers) spaces(w http.ResponseWriter, r *http.Request, v visit) error {
	list, err := h.spacesOf(r.Context(), v)
	if err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: i18n.T(r.Context(), "community.spaces")}, spacesBody(v, list))
}

// space finds a space of the address that is known to whoever asks.
func (v visit) space(r *http.Request) (community.Space, error) {
	sp, known := v.Sight.Space(v.ID, r.PathValue("space"))
	if !known {
		return sp, problem.New(problem.Missing, "problem.not_found")
	}
	return sp, nil
}

func (h *handlers) joinSpace(w http.ResponseWriter, r *http.Request, v visit) error {
	sp, err := v.space(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	state, err := h.s.JoinSpace(r.Context(), sp.ID, f.Text("words"))
	to := v.Path() + "/spaces"
	if err != nil {
		return refused(w, r, err, to)
	}
	if state == community.Asked {
		web.Flash(w, r, ui.Success, "community.asked_done")
		return web.Redirect(w, r, to)
	}
	web.Flash(w, r, ui.Success, "community.joined_space", "Space", v.SpaceName(sp))
	return web.Redirect(w, r, v.Path()+"/"+sp.Slug)
}

func (h *handlers) leaveSpace(w http.ResponseWriter, r *http.Request, v visit) error {
	sp, err := v.space(r)
	if err != nil {
		return err
	}
	if err := h.s.LeaveSpace(r.Context(), sp.ID); err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "community.left_space", "Space", v.SpaceName(sp))
	return web.Redirect(w, r, v.Path()+"/spaces")
}

// refused shows a refusal that the reader can do something about on the page to.
func refused(w http.ResponseWriter, r *http.Request, err error, to string) error {
	switch p := problem.Of(err); p.Code {
	case problem.Conflict, problem.Invalid, problem.Forbidden, problem.Busy:
		web.Flash(w, r, ui.Danger, p.Key, p.Args...)
		return web.Redirect(w, r, to)
	}
	return err
}

type keepView struct {
	name, back, base      string
	address               string // typed, to be mended
	wrong                 wrong
	in, asked, invited    []community.Listed
	addresses             []community.Invitation // of who has no account yet
	outside               bool                   // they may be invited from here
	keeps, roles, remarks bool
}

func (v keepView) hint() string {
	if v.outside {
		return "community.invitation.hint"
	}
	return "community.invite_hint"
}

func (h *handlers) spaceMembers(w http.ResponseWriter, r *http.Request, v visit) error {
	return h.showSpaceMembers(w, r, v, "", nil)
}

func (h *handlers) showSpaceMembers(w http.ResponseWriter, r *http.Request, v visit, address string, bad wrong) error {
	ctx := r.Context()
	sp, err := v.space(r)
	if err != nil {
		return err
	}
	page := keepView{name: v.SpaceName(sp), back: href(ctx, v.Community, "/spaces"), base: href(ctx, v.Community, "/spaces/"+sp.Slug+"/members"), address: address, wrong: bad,
		keeps: h.s.MayKeep(ctx, v.ID, sp.ID), roles: true}
	if page.in, err = h.s.Among(ctx, v.ID, sp.ID, community.In); err != nil {
		return err
	}
	if page.keeps {
		if page.asked, err = h.s.Among(ctx, v.ID, sp.ID, community.Asked); err != nil {
			return err
		}
		if page.invited, err = h.s.Among(ctx, v.ID, sp.ID, community.Awaited); err != nil {
			return err
		}
		if page.addresses, err = h.s.Invitations(ctx, v.ID, sp.ID); err != nil {
			return err
		}
		page.outside = h.s.MayInviteAddress(ctx, v.ID, sp.ID)
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "community.members_of", "Name", page.name)}, keepBody(page))
}

func (h *handlers) inviteToSpace(w http.ResponseWriter, r *http.Request, v visit) error {
	sp, err := v.space(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	address := f.Text("address")
	if err := h.s.InviteAddress(r.Context(), v.ID, sp.ID, address); err != nil {
		bad, err := mend(r.Context(), w, err)
		if err != nil {
			return err
		}
		return h.showSpaceMembers(w, r, v, address, bad)
	}
	web.Flash(w, r, ui.Success, "community.invited_done")
	return web.Redirect(w, r, v.Path()+"/spaces/"+sp.Slug+"/members")
}

func (h *handlers) decideInSpace(w http.ResponseWriter, r *http.Request, v visit) error {
	sp, err := v.space(r)
	if err != nil {
		return err
	}
	to := v.Path() + "/spaces/" + sp.Slug + "/members"
	if err := h.deal(r.Context(), v.ID, sp.ID, r.PathValue("member"), r.PathValue("do")); err != nil {
		return refused(w, r, err, to)
	}
	web.Flash(w, r, ui.Success, "community.done")
	return web.Redirect(w, r, to)
}

// deal does with a member, or with an invitation by an address, what the address says.
func (h *handlers) deal(ctx context.Context, place, space, member, do string) error {
	switch do {
	case "uninvite":
		return h.s.Uninvite(ctx, place, space, member)
	case "again":
		return h.s.InviteAgain(ctx, place, space, member)
	case "accept":
		return h.s.LetIn(ctx, place, space, member)
	case "out":
		return h.s.PutOut(ctx, place, space, member)
	case "moderator":
		return h.s.GiveRole(ctx, place, space, member, community.Moderator)
	case "member":
		return h.s.GiveRole(ctx, place, space, member, community.Plain)
	}
	return problem.New(problem.Missing, "problem.not_found")
}

// wrong is what is to be put right in a form. Its zero value is nothing.
type wrong []ui.FieldError

func (w wrong) at(field string) string {
	for _, e := range w {
		if e.Field == field {
			return e.Text
		}
	}
	return ""
}

// mend sorts what was refused: what the reader can put right becomes sentences in the form; anything else is an error for the page.
func mend(ctx context.Context, w http.ResponseWriter, err error) (wrong, error) {
	var out wrong
	for _, p := range community.Problems(err) {
		if p.Code == problem.Internal || p.Code == problem.Missing || p.Code == problem.Unauthenticated {
			return nil, err
		}
		out = append(out, ui.FieldError{Field: p.Field, Text: i18n.T(ctx, p.Key, p.Args...)})
	}
	web.Invalid(w)
	return out, nil
}
