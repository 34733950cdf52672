package channelweb

import (
	"context"
	"net/http"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

type showPage struct {
	Channel channel.Account
	Kind    channel.Description
	Served  bool
	Mints   bool
	Hook    string // where other programs call it, "" when they do not
	Edit    bool
	Now     time.Time
}

func (h *handlers) show(w http.ResponseWriter, r *http.Request) error {
	a, _, _, err := h.account(r)
	if err != nil {
		return err
	}
	return h.showAccount(w, r, a)
}

func (h *handlers) showAccount(w http.ResponseWriter, r *http.Request, a channel.Account) error {
	d, served := h.s.Describe(a.Kind)
	p := showPage{Channel: a, Kind: d, Served: served, Mints: h.s.Mints(a.Kind), Edit: org.Who(r.Context()).May(org.ChannelEdit), Now: h.clock()}
	if d.Can.Has(channel.Receive) {
		p.Hook = h.hookAddress(r, a.ID)
	}
	if len(a.Shown) > 0 { // a secret stands on this page, in no cache
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Referrer-Policy", "no-referrer")
	}
	return web.Show(w, r, web.Page{Title: a.Name}, showBody(p))
}

// settings lists what is set, secrets by their name only.
func settings(ctx context.Context, p showPage) []ui.Item {
	var out []ui.Item
	for _, f := range p.Kind.Fields {
		key := "channel." + p.Kind.Kind + "." + f.Name
		v := p.Channel.Settings[f.Name]
		switch f.Type {
		case channel.Secret:
			v = ""
			for _, name := range p.Channel.Secrets {
				if name == f.Name {
					v = i18n.T(ctx, "channel.secret_there")
				}
			}
		case channel.Choice:
			if v != "" {
				v = i18n.T(ctx, key+"."+v)
			}
		case channel.Switch:
			if v != "" {
				v = i18n.T(ctx, "channel.yes")
			}
		}
		if v != "" {
			out = append(out, ui.Item{Label: i18n.T(ctx, key), Value: v})
		}
	}
	return append(out, ui.Item{Label: i18n.T(ctx, "channel.inbox"), Value: i18n.T(ctx, "channel.inbox."+string(p.Channel.Inbox))})
}

func (h *handlers) removePage(w http.ResponseWriter, r *http.Request) error {
	a, _, _, err := h.account(r)
	if err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: i18n.T(r.Context(), "channel.remove_of", "Name", a.Name)}, removeBody(a))
}

func (h *handlers) remove(w http.ResponseWriter, r *http.Request) error {
	return h.act(w, r, "channel.removed", "/channels", h.s.Remove)
}

func (h *handlers) enable(w http.ResponseWriter, r *http.Request) error {
	return h.act(w, r, "channel.turned_on", "", h.s.Enable)
}

func (h *handlers) disable(w http.ResponseWriter, r *http.Request) error {
	return h.act(w, r, "channel.turned_off", "", h.s.Disable)
}

func (h *handlers) poll(w http.ResponseWriter, r *http.Request) error {
	return h.act(w, r, "channel.polled", "", h.s.PollNow)
}

func (h *handlers) check(w http.ResponseWriter, r *http.Request) error {
	return h.act(w, r, "channel.works", "", func(ctx context.Context, id string) error {
		_, err := h.s.Check(ctx, id)
		return err
	})
}

// act does something to a channel, says so, and goes to a page: "" for the channel's own.
func (h *handlers) act(w http.ResponseWriter, r *http.Request, done, to string, do func(ctx context.Context, id string) error) error {
	a, _, _, err := h.account(r)
	if err != nil {
		return err
	}
	if err := do(r.Context(), a.ID); err != nil {
		return back(w, r, err, "/channels/"+a.ID)
	}
	if to == "" {
		to = "/channels/" + a.ID
	}
	web.Flash(w, r, ui.Success, done, "Name", a.Name)
	return web.Redirect(w, r, to)
}

func (h *handlers) renew(w http.ResponseWriter, r *http.Request) error {
	a, err := h.s.Renew(r.Context(), r.PathValue("id"))
	if err != nil {
		return back(w, r, err, "/channels/"+r.PathValue("id"))
	}
	return h.showAccount(w, r, a)
}
