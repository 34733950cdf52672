package communityweb

import (
	"context"
	"net/http"
	"strings"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

// bridges registers the pages by which a question of somebody outside is asked inside, and the answer comes back.
func (h *handlers) bridges(r *web.Routes) {
	r.Page("GET /c/{slug}/p/{post}/inside", org.InboxEdit, h.in(h.askInsidePage))
	r.Do("POST /c/{slug}/p/{post}/inside", org.InboxEdit, h.in(h.askInside))
	r.Page("GET /bridges/{bridge}", org.SignedIn, h.bridge)
	r.Do("POST /bridges/{bridge}/answer", org.SignedIn, h.answerInside)
	r.Do("POST /bridges/{bridge}/bring", org.InboxEdit, h.bringBack)
}

type insideView struct {
	hall
	t           community.Thread
	title, body string
	to          string // space:ID or member:ID
	choices     []ui.Option
	token       string
	wrong       wrong
}

func (h *handlers) insideView(r *http.Request) (*insideView, error) {
	at, err := h.hall(r)
	if err != nil {
		return nil, err
	}
	ctx := r.Context()
	v := &insideView{hall: at, token: web.Token(r)}
	if v.t, err = h.s.Thread(ctx, at.Sight, at.place.ID, r.PathValue("post")); err != nil {
		return nil, err
	}
	spaces, err := h.s.BridgeSpaces(ctx, at.Sight, &v.t)
	if err != nil {
		return nil, err
	}
	for _, sp := range spaces {
		c, _ := at.ByID(sp.Community)
		v.choices = append(v.choices, ui.Option{Value: "space:" + sp.ID, Label: c.Called(v.lang) + ", " + sp.Called(v.lang, c.Langs...)})
	}
	colleagues, err := h.s.Colleagues(ctx, &v.t)
	for _, m := range colleagues {
		v.choices = append(v.choices, ui.Option{Value: "member:" + m.ID, Label: m.Name})
	}
	return v, err
}

func (h *handlers) askInsidePage(w http.ResponseWriter, r *http.Request) error {
	v, err := h.insideView(r)
	if err != nil {
		return err
	}
	if v.title, v.body, err = h.s.SeedOfBridge(r.Context(), v.place.ID, v.t.ID); err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: i18n.T(r.Context(), "community.bridge.ask"), Head: hidden()}, insidePage(v))
}

func (h *handlers) askInside(w http.ResponseWriter, r *http.Request) error {
	v, err := h.insideView(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	v.title, v.body, v.to = f.Text("title"), f.Get("body"), f.Text("to")
	space, _ := strings.CutPrefix(v.to, "space:")
	if space == v.to {
		space = ""
	}
	b, err := h.s.AskInside(ctx, v.place.ID, v.t.ID, space, strings.TrimPrefix(v.to, "member:"), v.title, v.body, f.Text("token"))
	if err != nil {
		if v.wrong, err = mend(ctx, w, err); err != nil {
			return err
		}
		return web.Show(w, r, web.Page{Title: i18n.T(ctx, "community.bridge.ask"), Head: hidden()}, insidePage(v))
	}
	web.Flash(w, r, ui.Success, "community.bridge.asked")
	return web.Redirect(w, r, b.Path())
}

type bridgeView struct {
	b            community.Bridge
	origin, room string // addresses of the thread it is from and of the one inside, "" for who does not read them
	list         []community.Helping
	chosen       string // which of them is passed on
	answers      bool   // whoever asks is the colleague who was asked
	brings       bool
	body, name   string
	answer       string
	token        string
	wrong        wrong
	helper, sent string // names of who answered, and of who passed it on
}

func (h *handlers) bridgeView(r *http.Request) (*bridgeView, error) {
	ctx := r.Context()
	b, outside, err := h.s.Bridge(ctx, r.PathValue("bridge"))
	if err != nil {
		return nil, err
	}
	v := &bridgeView{b: b, token: web.Token(r), chosen: r.URL.Query().Get("post"), name: community.BridgeMine, answer: b.Answer}
	o, err := h.s.Sees(ctx, nil)
	if err != nil {
		return nil, err
	}
	if c, seen := o.ByID(b.Community); seen && outside {
		v.origin = c.Path() + "/t/" + b.Thread
	}
	if c, seen := o.ByID(b.InsideCommunity); seen && b.Inside != "" {
		if t, err := h.s.Thread(ctx, o, c.ID, b.Inside); err == nil {
			v.room = c.Path() + t.Path()
		} else if !problem.Is(err, problem.Missing) {
			return nil, err
		}
	}
	me := org.Who(ctx)
	v.answers = b.Colleague != "" && b.Colleague == me.ID && b.Sent == ""
	v.brings = outside && b.Sent == "" && org.Require(ctx, org.InboxEdit) == nil
	if v.list, err = h.s.Helpings(ctx, &b); err != nil {
		return nil, err
	}
	for _, x := range v.list {
		if x.Post == v.chosen {
			v.body = x.Body
		}
	}
	for _, who := range []struct {
		member string
		to     *string
	}{{b.Helper, &v.helper}, {b.SentBy, &v.sent}} {
		if who.member == "" {
			continue
		}
		if m, err := h.org.Find(org.AsOperator(ctx), who.member); err == nil && m != nil {
			*who.to = m.Name
		}
	}
	return v, nil
}

func (v *bridgeView) options(ctx context.Context) []ui.Option {
	var out []ui.Option
	for _, n := range community.BridgeNames() {
		out = append(out, ui.Option{Value: n, Label: i18n.T(ctx, "community.bridge.name."+n)})
	}
	return out
}

func (h *handlers) bridge(w http.ResponseWriter, r *http.Request) error {
	v, err := h.bridgeView(r)
	if err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: i18n.T(r.Context(), "community.bridge.title"), Head: hidden()}, bridgePage(v))
}

func (h *handlers) answerInside(w http.ResponseWriter, r *http.Request) error {
	v, err := h.bridgeView(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	v.answer = f.Get("body")
	return h.afterBridge(w, r, v, h.s.AnswerInside(r.Context(), v.b.ID, v.answer), "community.bridge.answered")
}

func (h *handlers) bringBack(w http.ResponseWriter, r *http.Request) error {
	v, err := h.bridgeView(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	v.chosen, v.body, v.name = f.Text("post"), f.Get("body"), f.Text("name")
	return h.afterBridge(w, r, v, h.s.BringBack(r.Context(), v.b.ID, v.chosen, v.body, v.name, f.Text("token")), "community.bridge.brought")
}

func (h *handlers) afterBridge(w http.ResponseWriter, r *http.Request, v *bridgeView, err error, said string) error {
	if err != nil {
		if v.wrong, err = mend(r.Context(), w, err); err != nil {
			return err
		}
		return web.Show(w, r, web.Page{Title: i18n.T(r.Context(), "community.bridge.title"), Head: hidden()}, bridgePage(v))
	}
	web.Flash(w, r, ui.Success, said)
	return web.Redirect(w, r, v.b.Path())
}

// asksInside reports whether whoever asks may ask the question of the thread inside.
func (v *threadView) asksInside(ctx context.Context) bool {
	return v.who != nil && v.t.Open() && (v.t.Kind == community.Questions || v.t.Kind == community.Discussions) && org.Require(ctx, org.InboxEdit) == nil
}
