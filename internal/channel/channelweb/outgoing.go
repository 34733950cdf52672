package channelweb

import (
	"context"
	"net/http"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

type outgoingPage struct {
	Sendings []channel.Sending
	Names    map[string]string // of channels, by id
	Edit     bool
	Now      time.Time
}

const maxShown = 200

func (h *handlers) outgoing(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	p := outgoingPage{Names: map[string]string{}, Edit: org.Who(ctx).May(org.ChannelEdit), Now: h.clock()}
	var err error
	if p.Sendings, err = h.s.Unsent(ctx, maxShown); err != nil {
		return err
	}
	for _, v := range p.Sendings {
		if p.Names[v.Channel] != "" {
			continue
		}
		a, err := h.s.Find(ctx, v.Channel)
		if err != nil && !problem.Is(err, problem.Missing) {
			return err
		}
		p.Names[v.Channel] = a.Name
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "channel.outgoing")}, outgoingBody(p))
}

func (h *handlers) settle(w http.ResponseWriter, r *http.Request, done string, do func(ctx context.Context, id string) error) error {
	if err := do(r.Context(), r.PathValue("id")); err != nil {
		return back(w, r, err, "/channels/outgoing")
	}
	web.Flash(w, r, ui.Success, done)
	return web.Redirect(w, r, "/channels/outgoing")
}

func (h *handlers) resend(w http.ResponseWriter, r *http.Request) error {
	return h.settle(w, r, "channel.resent", h.s.Resend)
}

func (h *handlers) markSent(w http.ResponseWriter, r *http.Request) error {
	return h.settle(w, r, "channel.marked_sent", func(ctx context.Context, id string) error { return h.s.MarkSent(ctx, id, "") })
}

func (h *handlers) withdraw(w http.ResponseWriter, r *http.Request) error {
	return h.settle(w, r, "channel.withdrawn", h.s.Withdraw)
}

func stateTone(s channel.SendingState) ui.Tone {
	switch s {
	case channel.Unknown:
		return ui.Warning
	case channel.Failed:
		return ui.Danger
	case channel.Sent:
		return ui.Success
	}
	return ui.Info
}

// stuck reports whether a person must decide.
func stuck(v channel.Sending) bool { return v.State == channel.Failed || v.State == channel.Unknown }

func excerpt(text string) string {
	if r := []rune(text); len(r) > 200 {
		return string(r[:200]) + "…"
	}
	return text
}

func addressees(v channel.Sending) string {
	out := ""
	for i, to := range v.Content.To {
		if i > 0 {
			out += ", "
		}
		if to.Name != "" {
			out += to.Name
		} else {
			out += to.URI
		}
	}
	return excerpt(out)
}
