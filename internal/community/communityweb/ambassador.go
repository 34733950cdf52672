package communityweb

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

func (h *handlers) ambassadors(r *web.Routes) {
	r.Page("GET /ambassadors", org.InboxRead, h.asked)
	r.Do("POST /ambassadors/{do}", org.InboxEdit, h.askOrThank)
	r.Page("GET /c/{slug}/helping", org.SignedIn, h.inside(h.helping))
	r.Do("POST /c/{slug}/helping", org.SignedIn, h.inside(h.setHelping))
	r.Page("GET /c/{slug}/t/{thread}/helpers", org.SignedIn, h.askable)
	r.Do("POST /c/{slug}/t/{thread}/helpers", org.SignedIn, h.askSomebody)
}

// askable is the page of a question where somebody is asked to look at it.
func (h *handlers) askable(w http.ResponseWriter, r *http.Request) error {
	v, err := h.threadView(r, r.PathValue("thread"))
	if err != nil {
		return err
	}
	list, err := h.s.Askable(r.Context(), v.Sight, &v.t)
	if err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: i18n.T(r.Context(), "community.ambassador.somebody")}, askablePage(v, list))
}

func (h *handlers) askSomebody(w http.ResponseWriter, r *http.Request) error {
	v, err := h.threadView(r, r.PathValue("thread"))
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	if err := h.s.AskSomebody(r.Context(), v.place.ID, v.t.ID, f.Text("member")); err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "community.ambassador.was_asked")
	return web.Redirect(w, r, v.place.Path()+v.t.Path())
}

type askedPage struct {
	List     []community.HelpAsked
	Helped   int
	Accepted int
	Median   time.Duration
	Rows     []community.HelpAsked // those that a figure counts, or all
	May      bool
	Slugs    map[string]string
}

func (h *handlers) asked(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	list, err := h.s.HelpAsked(ctx, "", h.s.Now().AddDate(0, 0, -90))
	if err != nil {
		return err
	}
	m, err := h.s.Map(ctx)
	if err != nil {
		return err
	}
	p := askedPage{List: list, May: org.Require(ctx, org.InboxEdit) == nil, Slugs: map[string]string{}}
	for _, c := range m.Communities {
		p.Slugs[c.ID] = c.Path()
	}
	var waits []time.Duration
	for _, a := range list {
		if !a.HelpedAt.IsZero() {
			p.Helped++
			waits = append(waits, a.HelpedAt.Sub(a.At))
		}
		if a.Accepted {
			p.Accepted++
		}
	}
	if slices.Sort(waits); len(waits) > 0 {
		p.Median = waits[len(waits)/2]
	}
	show := r.URL.Query().Get("show")
	p.Rows = slices.DeleteFunc(slices.Clone(list), func(a community.HelpAsked) bool {
		return show == "helped" && a.HelpedAt.IsZero() || show == "accepted" && !a.Accepted
	})
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "community.ambassador.title"), Wide: true}, askedBody(p))
}

func (h *handlers) askOrThank(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	if r.PathValue("do") == "thank" {
		err = h.s.ThankFor(ctx, f.Text("ask"))
	} else {
		err = h.s.AskToHelp(ctx, f.Text("community"), f.Text("thread"), f.Text("member"))
	}
	if err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "community.ambassador.done")
	return web.Redirect(w, r, web.Local(f.Text("to"), "/ambassadors"))
}

func (h *handlers) helping(w http.ResponseWriter, r *http.Request, v visit) error {
	willing, _, err := h.s.Willing(r.Context())
	if err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: i18n.T(r.Context(), "community.ambassador.helping")}, helpingBody(v.Path()+"/helping", willing))
}

func (h *handlers) setHelping(w http.ResponseWriter, r *http.Request, v visit) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	if err := h.s.SetWilling(r.Context(), f.Text("willing") == "yes"); err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "community.ambassador.kept")
	return web.Redirect(w, r, v.Path()+"/helping")
}

// Ambassadors is the panel on the page of a conversation in a community: who may be asked to help, and who was.
func Ambassadors(ctx context.Context, s *community.Service, root, here string) []ui.Panel {
	if org.Require(ctx, org.InboxEdit) != nil {
		return nil
	}
	t, c, found := s.ThreadOf(ctx, root)
	if !found || !t.Open() || t.Accepted != "" {
		return nil
	}
	list, err := s.Ambassadors(ctx, &t)
	if err != nil {
		return nil // a panel is an extra; the page stands without it
	}
	asked, err := s.HelpAsked(ctx, t.ID, time.Time{})
	if err != nil || len(list) == 0 && len(asked) == 0 {
		return nil
	}
	return []ui.Panel{{Title: i18n.T(ctx, "community.ambassador.title"), Body: helpersPanel(list[:min(len(list), 3)], asked, c.ID, t.ID, here)}}
}
