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

type listPage struct {
	Channels []channel.Account
	Kinds    map[string]channel.Description
	Stuck    int
	Edit     bool
	Now      time.Time
}

func (h *handlers) list(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	p := listPage{Kinds: map[string]channel.Description{}, Edit: org.Who(ctx).May(org.ChannelEdit), Now: h.clock()}
	for _, d := range h.s.Kinds() {
		p.Kinds[d.Kind] = d
	}
	var err error
	if p.Channels, err = h.s.List(ctx); err != nil {
		return err
	}
	if p.Stuck, err = h.s.Stuck(ctx); err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "channel.title"), Wide: true}, listBody(p))
}

// health is how a channel fares, in a word and its tone.
func health(ctx context.Context, d channel.Description, a channel.Account, now time.Time) (string, ui.Tone) {
	say := func(key string) string { return i18n.T(ctx, key) }
	switch {
	case !a.Enabled:
		return say("channel.health.off"), ui.Neutral
	case a.State.Stopped():
		return say("channel.fault." + string(a.State.Fault)), ui.Danger
	case a.State.Fault != "":
		return say("channel.fault." + string(a.State.Fault)), ui.Warning
	case !a.State.ExpiresAt.IsZero() && a.State.ExpiresAt.Before(now.Add(7*24*time.Hour)):
		return say("channel.health.ends"), ui.Warning
	case d.Kind == "":
		return say("channel.health.import"), ui.Neutral
	case d.Can.Has(channel.Fetch) && a.State.PolledAt.IsZero():
		return say("channel.health.new"), ui.Info
	}
	return say("channel.health.good"), ui.Success
}

// remark says why, in the reader's language where there is a sentence for it.
func remark(ctx context.Context, r channel.Remark) string {
	if r.Key != "" && i18n.Has(r.Key) {
		return i18n.T(ctx, r.Key, r.Args...)
	}
	return r.Text
}

func icon(d channel.Description) string {
	if d.Icon == "" {
		return "archive"
	}
	return d.Icon
}
