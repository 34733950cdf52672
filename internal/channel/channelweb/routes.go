// Package channelweb decides how people set channels up and see how they fare on pages: forms come in, calls of channel and pages go out.
package channelweb

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

type handlers struct {
	s     *channel.Service
	org   *org.Service
	clock func() time.Time
}

// Routes registers the pages, and the address that other programs call.
func Routes(r *web.Routes, s *channel.Service, o *org.Service, clock func() time.Time) {
	h := &handlers{s, o, clock}
	r.Page("GET /channels", org.ChannelRead, h.list)
	r.Page("GET /channels/new", org.ChannelEdit, h.newPage)
	r.Do("POST /channels", org.ChannelEdit, h.add)
	r.Page("GET /channels/{id}", org.ChannelRead, h.show)
	r.Page("GET /channels/{id}/edit", org.ChannelEdit, h.editPage)
	r.Do("POST /channels/{id}", org.ChannelEdit, h.change)
	r.Page("GET /channels/{id}/remove", org.ChannelEdit, h.removePage)
	r.Do("POST /channels/{id}/remove", org.ChannelEdit, h.remove)
	r.Do("POST /channels/{id}/enable", org.ChannelEdit, h.enable)
	r.Do("POST /channels/{id}/disable", org.ChannelEdit, h.disable)
	r.Do("POST /channels/{id}/poll", org.ChannelEdit, h.poll)
	r.Do("POST /channels/{id}/check", org.ChannelEdit, h.check)
	r.Do("POST /channels/{id}/renew", org.ChannelEdit, h.renew)

	r.Page("GET /channels/feeds.opml", org.ChannelRead, h.exportFeeds)
	r.Page("GET /channels/import", org.ChannelEdit, h.importPage)
	r.Do("POST /channels/import", org.ChannelEdit, h.importFeeds)

	r.Page("GET /channels/outgoing", org.ChannelRead, h.outgoing)
	r.Do("POST /channels/outgoing/{id}/resend", org.ChannelEdit, h.resend)
	r.Do("POST /channels/outgoing/{id}/mark-sent", org.ChannelEdit, h.markSent)
	r.Do("POST /channels/outgoing/{id}/withdraw", org.ChannelEdit, h.withdraw)

	r.Raw("/hooks/{channel}", s.ReceiveFrom(web.IP))
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

// mend sorts what was refused: what the reader can put right becomes sentences in the form; everything else is an error for the page.
func mend(ctx context.Context, w http.ResponseWriter, err error, d channel.Description) (wrong, error) {
	p := problem.Of(err)
	switch p.Code {
	case problem.Invalid, problem.Conflict, problem.TooLarge:
	default:
		return nil, err
	}
	e := ui.FieldError{Text: i18n.T(ctx, p.Key, p.Args...)}
	switch p.Field {
	case "name", "inbox", "file":
		e.Field = p.Field
	}
	for _, f := range d.Fields {
		if f.Name == p.Field {
			e.Field = fieldName(f)
		}
	}
	web.Invalid(w)
	return wrong{e}, nil
}

// fieldName keeps a connector's fields apart from the channel's own.
func fieldName(f channel.Field) string { return "set-" + f.Name }

// back shows a refusal that the reader can do something about on the page it came from.
func back(w http.ResponseWriter, r *http.Request, err error, to string) error {
	p := problem.Of(err)
	switch p.Code {
	case problem.Conflict, problem.Invalid:
		web.Flash(w, r, ui.Danger, p.Key, p.Args...)
		return web.Redirect(w, r, to)
	}
	return err
}

func kindName(ctx context.Context, kind string) string {
	if key := "channel.kind." + kind; i18n.Has(key) {
		return i18n.T(ctx, key)
	}
	return kind
}

// about says what a kind of channel is for, when its words say so.
func about(ctx context.Context, kind string) string {
	if key := "channel.about." + kind; i18n.Has(key) {
		return i18n.T(ctx, key)
	}
	return ""
}

// hookAddress is where other programs call the channel.
func (h *handlers) hookAddress(r *http.Request, id string) string {
	base := ""
	if o, err := h.org.Organisation(r.Context()); err == nil {
		base = strings.TrimSuffix(o.URL, "/")
	}
	if base == "" {
		base = "http://" + r.Host
		if r.TLS != nil {
			base = "https://" + r.Host
		}
	}
	return base + "/hooks/" + id
}
