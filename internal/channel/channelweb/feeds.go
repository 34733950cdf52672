package channelweb

import (
	"bytes"
	"net/http"
	"strings"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/channel/subscription"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

func (h *handlers) exportFeeds(w http.ResponseWriter, r *http.Request) error {
	title := "Entente"
	if o, err := h.org.Organisation(r.Context()); err == nil && o.Name != "" {
		title = o.Name
	}
	var out bytes.Buffer
	if err := subscription.Export(r.Context(), h.s, &out, title); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/x-opml; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="feeds.opml"`)
	_, err := w.Write(out.Bytes())
	return err
}

type importPage struct {
	Inbox channel.Inbox
	Wrong wrong
}

func (h *handlers) importPage(w http.ResponseWriter, r *http.Request) error {
	return web.Show(w, r, web.Page{Title: i18n.T(r.Context(), "channel.import_feeds")}, importBody(importPage{Inbox: channel.InboxMentions}))
}

func (h *handlers) importFeeds(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	p := importPage{Inbox: channel.Inbox(f.Text("inbox"))}
	got, err := func() (subscription.Imported, error) {
		file, _, err := r.FormFile("file")
		if err != nil {
			return subscription.Imported{}, problem.New(problem.Invalid, "problem.required").On("file")
		}
		defer file.Close()
		return subscription.Import(ctx, h.s, file, p.Inbox)
	}()
	if err != nil {
		if known := problem.Of(err); strings.HasPrefix(known.Key, "feed.") {
			err = known.On("file")
		}
		if p.Wrong, err = mend(ctx, w, err, channel.Description{}); err != nil {
			return err
		}
		return web.Show(w, r, web.Page{Title: i18n.T(ctx, "channel.import_feeds")}, importBody(p))
	}
	web.Flash(w, r, ui.Success, "channel.imported", "Added", len(got.Added), "Known", got.Known)
	return web.Redirect(w, r, "/channels")
}
