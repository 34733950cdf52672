package strategyweb

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/strategy"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

type sharesPage struct {
	Map    strategy.Map
	Shares []strategy.Share
	Makers map[string]*org.Member
	Now    time.Time
	Made   string // the address just made, shown this once
	Form   struct{ Label, Days, Shows string }
	Wrong  wrong
}

const sharedPath = strategy.SharedPath

func (h *handlers) shares(w http.ResponseWriter, r *http.Request) error {
	p := sharesPage{}
	p.Form.Days, p.Form.Shows = "30", string(strategy.ShowStates)
	return h.showShares(w, r, p)
}

func (h *handlers) showShares(w http.ResponseWriter, r *http.Request, p sharesPage) error {
	ctx := r.Context()
	var err error
	if p.Map, err = h.s.Map(ctx, r.PathValue("id")); err != nil {
		return err
	}
	if p.Shares, err = h.s.Shares(ctx, p.Map.ID); err != nil {
		return err
	}
	p.Now = h.s.Now()
	if p.Makers, err = h.makers(ctx, p.Shares); err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store") // the address of a new link is on it
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "strategy.share")}, sharesBody(p))
}

// makers are the members who made links, by id; who is no longer known is not among them.
func (h *handlers) makers(ctx context.Context, list []strategy.Share) (map[string]*org.Member, error) {
	out := map[string]*org.Member{}
	for _, l := range list {
		if l.Member == "" || out[l.Member] != nil {
			continue
		}
		m, err := h.org.Find(ctx, l.Member)
		switch {
		case err == nil:
			out[l.Member] = m
		case !problem.Is(err, problem.Missing):
			return nil, err
		}
	}
	return out, nil
}

func (h *handlers) makeShare(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	p := sharesPage{}
	p.Form.Label, p.Form.Days, p.Form.Shows = f.Text("label"), f.Text("days"), f.Text("shows")
	days, err := strconv.Atoi(p.Form.Days)
	if err != nil || days < 0 || days > 10000 {
		days = 0
	}
	secret, _, err := h.s.MakeShare(ctx, strategy.Share{Map: r.PathValue("id"), Label: p.Form.Label, Shows: strategy.Shows(p.Form.Shows)}, time.Duration(days)*24*time.Hour)
	if err != nil {
		if p.Wrong, err = mend(ctx, w, err); err != nil {
			return err
		}
		return h.showShares(w, r, p)
	}
	p.Made = h.site(ctx) + sharedPath + secret
	p.Form.Label = ""
	return h.showShares(w, r, p)
}

func (h *handlers) revokeShare(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	if err := h.s.RevokeShare(r.Context(), r.PathValue("id")); err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "strategy.share_is_revoked")
	if f.Text("back") == "maps" {
		return web.Redirect(w, r, "/strategy/maps")
	}
	return web.Redirect(w, r, "/strategy/maps/"+f.Text("map")+"/shares")
}

// private keeps a shared page out of search engines and caches, and its address out of the pages it leads to.
func private(w http.ResponseWriter) {
	w.Header().Set("X-Robots-Tag", "noindex, nofollow, noarchive")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
}

type sharedPage struct {
	Share        strategy.Share
	E            strategy.Evaluation
	Wide, Narrow string
	Secret       string
	Names        names
}

// shared shows a map to somebody who has a link.
func (h *handlers) shared(w http.ResponseWriter, r *http.Request) error {
	private(w)
	ctx := r.Context()
	p := sharedPage{Secret: r.PathValue("secret")}
	var err error
	if p.Share, p.E, err = h.s.Shared(ctx, p.Secret); err != nil {
		return err
	}
	p.Names = names{}
	if p.Share.Shows == strategy.ShowValues {
		if p.Names, err = h.names(ctx); err != nil {
			return err
		}
	}
	m := picture(ctx, p.E, p.Names, look{alone: true, names: p.Share.Shows == strategy.ShowNames})
	if p.Share.Shows == strategy.ShowStates {
		for i := range m.Objectives {
			c := &m.Objectives[i].Card
			c.Bar, c.Note = false, ""
		}
	}
	if p.Wide, p.Narrow, err = h.both(ctx, m); err != nil {
		return err
	}
	return web.Bare(w, r, web.Page{Title: p.E.Map.Name.In(i18n.Lang(ctx)), Wide: true, Head: robots()}, sharedBody(p))
}

func robots() templ.Component {
	return templ.Raw(`<meta name="robots" content="noindex, nofollow, noarchive">`)
}
