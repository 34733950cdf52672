package communityweb

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

// managed finds a community that whoever looks after communities sees.
func (h *handlers) managed(r *http.Request) (visit, error) {
	ctx := r.Context()
	o, err := h.s.Sees(ctx, nil)
	if err != nil {
		return visit{}, err
	}
	c, seen := o.ByID(r.PathValue("id"))
	if !seen {
		return visit{}, problem.New(problem.Missing, "problem.not_found")
	}
	return visit{c, o, i18n.Lang(ctx)}, nil
}

func (h *handlers) overview(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	o, err := h.s.Sees(ctx, nil)
	if err != nil {
		return err
	}
	var list []visit
	for _, c := range o.Communities() {
		list = append(list, visit{c, o, i18n.Lang(ctx)})
	}
	waiting := 0
	if org.Who(ctx).May(org.MemberEdit) {
		ups, err := h.org.SignUps(ctx)
		if err != nil {
			return err
		}
		waiting = len(ups)
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "community.title")}, overviewBody(list, waiting))
}

func (h *handlers) one(w http.ResponseWriter, r *http.Request) error {
	v, err := h.managed(r)
	if err != nil {
		return err
	}
	spaces, err := h.spacesOf(r.Context(), v)
	if err != nil {
		return err
	}
	asked := 0
	if h.s.MayKeep(r.Context(), v.ID, "") {
		list, err := h.s.Among(r.Context(), v.ID, "", community.Asked)
		if err != nil {
			return err
		}
		asked = len(list)
	}
	claims := -1 // none were ever made
	if org.Require(r.Context(), org.CommunityModerate) == nil {
		if claims, err = h.s.WaitingClaims(r.Context(), v.ID); err != nil {
			return err
		}
	}
	return web.Show(w, r, web.Page{Title: v.Called()}, oneBody(v, spaces, h.s.URL(r.Context(), v.Community), asked, claims))
}

type settingsView struct {
	id    string // "" for a new one
	plan  community.Plan
	kinds string
	wrong wrong

	groups []ui.Option // that a community can be for

	logo, cover community.File
}

func (h *handlers) newPage(w http.ResponseWriter, r *http.Request) error {
	lang := i18n.Lang(r.Context())
	if o, err := h.org.Organisation(r.Context()); err == nil && i18n.Known(o.Lang) {
		lang = o.Lang
	}
	return h.showSettings(w, r, settingsView{plan: community.Plan{Langs: []string{lang}, Audience: community.Everybody, SignUp: community.Open}})
}

func (h *handlers) showSettings(w http.ResponseWriter, r *http.Request, v settingsView) error {
	ctx := r.Context()
	all, err := h.s.Map(ctx)
	if err != nil {
		return err
	}
	groups, err := h.s.Groups(ctx)
	if err != nil {
		return err
	}
	lang := i18n.Lang(ctx)
	for _, c := range all.Communities {
		for _, sp := range groups {
			if sp.Community == c.ID {
				v.groups = append(v.groups, ui.Option{Value: sp.ID, Label: sp.Called(lang, c.Langs...), Group: c.Called(lang)})
			}
		}
	}
	title := i18n.T(r.Context(), "community.new")
	if v.id != "" {
		title = i18n.T(r.Context(), "community.settings")
	}
	return web.Show(w, r, web.Page{Title: title}, settingsBody(v, title))
}

func (h *handlers) settings(w http.ResponseWriter, r *http.Request) error {
	v, err := h.managed(r)
	if err != nil {
		return err
	}
	p := v.Planned()
	logo, cover, err := h.s.Adornments(r.Context(), v.ID)
	if err != nil {
		return err
	}
	return h.showSettings(w, r, settingsView{id: v.ID, plan: p, kinds: strings.Join(p.Kinds, ", "), logo: logo, cover: cover})
}

// texts reads a field that the form has for each language.
func texts(f *web.Form, name string) community.Texts {
	out := community.Texts{}
	for _, l := range i18n.Languages() {
		out[l] = f.Text(name + "_" + l)
	}
	return out
}

func readPlan(f *web.Form) (p community.Plan, kinds string) {
	kinds = f.Text("kinds")
	p = community.Plan{Slug: f.Text("slug"), Host: f.Text("host"), Name: texts(f, "name"), About: texts(f, "about"), Welcome: texts(f, "welcome"),
		Audience: community.Audience(f.Text("audience")), SignUp: community.SignUp(f.Text("sign_up")),
		Kinds:  strings.FieldsFunc(kinds, func(r rune) bool { return r == ',' || r == ';' || r == '\n' }),
		Groups: f.Values["groups"],
		Look: community.Look{Accent: f.Text("accent"), AccentDark: f.Text("accent_dark"), Background: f.Text("background"), BackgroundDark: f.Text("background_dark"),
			Text: f.Text("text"), TextDark: f.Text("text_dark"), Font: f.Text("font")}}
	first := f.Text("lang")
	if i18n.Known(first) {
		p.Langs = append(p.Langs, first)
	}
	for _, l := range i18n.Languages() {
		if l != first && slices.Contains(f.Values["langs"], l) {
			p.Langs = append(p.Langs, l)
		}
	}
	return p, kinds
}

func (h *handlers) add(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	p, kinds := readPlan(f)
	c, err := h.s.Add(r.Context(), p)
	if err != nil {
		bad, err := mend(r.Context(), w, err)
		if err != nil {
			return err
		}
		return h.showSettings(w, r, settingsView{plan: p, kinds: kinds, wrong: bad})
	}
	web.Flash(w, r, ui.Success, "community.added")
	return web.Redirect(w, r, "/communities/"+c.ID)
}

func (h *handlers) change(w http.ResponseWriter, r *http.Request) error {
	v, err := h.managed(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	p, kinds := readPlan(f)
	if _, err := h.s.Change(r.Context(), v.ID, p); err != nil {
		bad, err := mend(r.Context(), w, err)
		if err != nil {
			return err
		}
		return h.showSettings(w, r, settingsView{id: v.ID, plan: p, kinds: kinds, wrong: bad})
	}
	web.Flash(w, r, ui.Success, "community.saved")
	return web.Redirect(w, r, "/communities/"+v.ID)
}

func (h *handlers) openOrClose(w http.ResponseWriter, r *http.Request) error {
	v, err := h.managed(r)
	if err != nil {
		return err
	}
	switch r.PathValue("do") {
	case "close":
		err = h.s.Close(r.Context(), v.ID, true)
	case "open":
		err = h.s.Close(r.Context(), v.ID, false)
	default:
		err = problem.New(problem.Missing, "problem.not_found")
	}
	if err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "community.done")
	return web.Redirect(w, r, "/communities/"+v.ID)
}

func (h *handlers) members(w http.ResponseWriter, r *http.Request) error {
	v, err := h.managed(r)
	if err != nil {
		return err
	}
	return h.showMembers(w, r, v, "", nil)
}

func (h *handlers) showMembers(w http.ResponseWriter, r *http.Request, v visit, address string, bad wrong) (err error) {
	ctx := r.Context()
	page := keepView{name: v.Called(), back: "/communities/" + v.ID, base: "/communities/" + v.ID + "/members", address: address, wrong: bad, keeps: true, outside: true}
	for state, list := range map[community.State]*[]community.Listed{community.In: &page.in, community.Asked: &page.asked, community.Awaited: &page.invited} {
		if *list, err = h.s.Among(ctx, v.ID, "", state); err != nil {
			return err
		}
	}
	if page.addresses, err = h.s.Invitations(ctx, v.ID, ""); err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "community.members_of", "Name", page.name)}, keepBody(page))
}

func (h *handlers) invite(w http.ResponseWriter, r *http.Request) error {
	v, err := h.managed(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	address := f.Text("address")
	if err := h.s.InviteAddress(r.Context(), v.ID, "", address); err != nil {
		bad, err := mend(r.Context(), w, err)
		if err != nil {
			return err
		}
		return h.showMembers(w, r, v, address, bad)
	}
	web.Flash(w, r, ui.Success, "community.invited_done")
	return web.Redirect(w, r, "/communities/"+v.ID+"/members")
}

func (h *handlers) decide(w http.ResponseWriter, r *http.Request) error {
	v, err := h.managed(r)
	if err != nil {
		return err
	}
	to := "/communities/" + v.ID + "/members"
	if err := h.deal(r.Context(), v.ID, "", r.PathValue("member"), r.PathValue("do")); err != nil {
		return refused(w, r, err, to)
	}
	web.Flash(w, r, ui.Success, "community.done")
	return web.Redirect(w, r, to)
}

type spacePage struct {
	visit
	id    string // "" for a new one
	plan  community.SpacePlan
	space community.Space
	wrong wrong
}

func (h *handlers) newSpace(w http.ResponseWriter, r *http.Request) error {
	v, err := h.managed(r)
	if err != nil {
		return err
	}
	return showSpaceForm(w, r, spacePage{visit: v, plan: community.SpacePlan{Access: community.OpenSpace, Holds: community.Holdings()}})
}

func showSpaceForm(w http.ResponseWriter, r *http.Request, v spacePage) error {
	title := i18n.T(r.Context(), "community.new_space")
	if v.id != "" {
		title = i18n.T(r.Context(), "community.change_space")
	}
	return web.Show(w, r, web.Page{Title: title}, spaceFormBody(v, title))
}

func readSpace(f *web.Form) community.SpacePlan {
	return community.SpacePlan{Slug: f.Text("slug"), Name: texts(f, "name"), About: texts(f, "about"), Access: community.Access(f.Text("access")), Holds: f.Values["holds"]}
}

func (h *handlers) addSpace(w http.ResponseWriter, r *http.Request) error {
	v, err := h.managed(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	p := readSpace(f)
	if _, err := h.s.AddSpace(r.Context(), v.ID, p); err != nil {
		bad, err := mend(r.Context(), w, err)
		if err != nil {
			return err
		}
		return showSpaceForm(w, r, spacePage{visit: v, plan: p, wrong: bad})
	}
	web.Flash(w, r, ui.Success, "community.saved")
	return web.Redirect(w, r, "/communities/"+v.ID)
}

// managedSpace finds a space of a community.
func (h *handlers) managedSpace(r *http.Request) (visit, community.Space, error) {
	v, err := h.managed(r)
	if err != nil {
		return v, community.Space{}, err
	}
	sp, known := v.Sight.SpaceByID(r.PathValue("space"))
	if !known || sp.Community != v.ID {
		return v, sp, problem.New(problem.Missing, "problem.not_found")
	}
	return v, sp, nil
}

func (h *handlers) editSpace(w http.ResponseWriter, r *http.Request) error {
	v, sp, err := h.managedSpace(r)
	if err != nil {
		return err
	}
	return showSpaceForm(w, r, spacePage{visit: v, id: sp.ID, plan: sp.Planned(), space: sp})
}

func (h *handlers) changeSpace(w http.ResponseWriter, r *http.Request) error {
	v, sp, err := h.managedSpace(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	p := readSpace(f)
	if _, err := h.s.ChangeSpace(r.Context(), sp.ID, p); err != nil {
		bad, err := mend(r.Context(), w, err)
		if err != nil {
			return err
		}
		return showSpaceForm(w, r, spacePage{visit: v, id: sp.ID, plan: p, space: sp, wrong: bad})
	}
	web.Flash(w, r, ui.Success, "community.saved")
	return web.Redirect(w, r, "/communities/"+v.ID)
}

func (h *handlers) doSpace(w http.ResponseWriter, r *http.Request) error {
	v, sp, err := h.managedSpace(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	switch r.PathValue("do") {
	case "archive":
		err = h.s.ArchiveSpace(ctx, sp.ID, true)
	case "reopen":
		err = h.s.ArchiveSpace(ctx, sp.ID, false)
	case "up":
		err = h.s.MoveSpace(ctx, sp.ID, false)
	case "down":
		err = h.s.MoveSpace(ctx, sp.ID, true)
	default:
		err = problem.New(problem.Missing, "problem.not_found")
	}
	if err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "community.done")
	return web.Redirect(w, r, "/communities/"+v.ID)
}

// upView is a sign-up and where it came from.
type upView struct {
	org.Waiting
	place string
}

func (h *handlers) signUps(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	list, err := h.org.SignUps(ctx)
	if err != nil {
		return err
	}
	m, err := h.s.Map(ctx)
	if err != nil {
		return err
	}
	var out []upView
	for _, up := range list {
		v := upView{Waiting: up}
		for _, c := range m.Communities {
			if c.ID == up.Place {
				v.place = c.Called(i18n.Lang(ctx))
			}
		}
		out = append(out, v)
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "community.sign_ups")}, signUpsBody(out, h.org.CanMail(ctx)))
}

func (h *handlers) decideSignUp(w http.ResponseWriter, r *http.Request) error {
	var err error
	switch r.PathValue("do") {
	case "approve":
		err = h.s.Approve(r.Context(), r.PathValue("id"))
	case "refuse":
		err = h.org.Refuse(r.Context(), r.PathValue("id"))
	default:
		err = problem.New(problem.Missing, "problem.not_found")
	}
	if err != nil {
		return refused(w, r, err, "/sign-ups")
	}
	web.Flash(w, r, ui.Success, "community.done")
	return web.Redirect(w, r, "/sign-ups")
}

func options[T ~string](ctx context.Context, prefix string, list []T) []ui.Option {
	var out []ui.Option
	for _, v := range list {
		out = append(out, ui.Option{Value: string(v), Label: i18n.T(ctx, prefix+string(v)+"_text")})
	}
	return out
}
