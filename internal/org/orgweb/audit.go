package orgweb

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

type auditPage struct {
	Entries      []org.Entry
	Names        map[string]string // of members, by id
	Members      []ui.Option
	Actions      []ui.Option
	Member, What string
	From, To     string
	Pages        ui.Pages
}

func (h *handlers) auditPage(w http.ResponseWriter, r *http.Request) error {
	ctx, q := r.Context(), r.URL.Query()
	p := auditPage{Member: q.Get("member"), What: q.Get("action"), From: q.Get("from"), To: q.Get("to")}
	f := org.AuditFilter{Member: p.Member, Action: p.What, Object: q.Get("object"), Before: q.Get("before")}
	// A day that is no day does not narrow.
	zone := i18n.Zone(ctx)
	if day, err := time.ParseInLocation(time.DateOnly, p.From, zone); err == nil {
		f.From = day
	}
	if day, err := time.ParseInLocation(time.DateOnly, p.To, zone); err == nil {
		f.To = day.AddDate(0, 0, 1)
	}
	list, next, err := h.s.AuditLog(ctx, f)
	if err != nil {
		return err
	}
	p.Entries = list
	members, err := h.s.Members(ctx, p.Member)
	if err != nil {
		return err
	}
	p.Members = []ui.Option{{Value: "", Label: i18n.T(ctx, "org.everybody")}}
	former, err := h.s.Former(ctx)
	if err != nil {
		return err
	}
	var named []string
	for i := range list {
		if _, key, ok := strings.Cut(list[i].Object, "member:"); ok {
			named = append(named, key)
		}
	}
	if p.Names, err = h.s.Names(ctx, named); err != nil { // also those whom no list offers
		return err
	}
	for _, m := range append(members, former...) {
		p.Names[m.ID] = m.Name
		p.Members = append(p.Members, ui.Option{Value: m.ID, Label: m.Name})
	}
	actions, err := h.s.AuditActions(ctx)
	if err != nil {
		return err
	}
	p.Actions = []ui.Option{{Value: "", Label: i18n.T(ctx, "org.everything")}}
	for _, a := range actions {
		p.Actions = append(p.Actions, ui.Option{Value: a, Label: actionName(ctx, a)})
	}
	link := func(before string) string {
		v := url.Values{}
		for _, k := range []string{"member", "action", "object", "from", "to"} {
			if s := q.Get(k); s != "" {
				v.Set(k, s)
			}
		}
		if before != "" {
			v.Set("before", before)
		}
		return "/audit?" + v.Encode()
	}
	if next != "" {
		p.Pages.Older = link(next)
	}
	if f.Before != "" {
		p.Pages.Newer = link("")
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "org.audit")}, auditBody(p))
}

// actionName says an action of ours by the sentence "org.audit.member.invite", one of another module by "channel.audit.remove".
func actionName(ctx context.Context, action string) string {
	if key := "org.audit." + action; i18n.Has(key) {
		return i18n.T(ctx, key)
	}
	if module, verb, ok := strings.Cut(action, "."); ok {
		if key := module + ".audit." + verb; i18n.Has(key) {
			return i18n.T(ctx, key)
		}
	}
	return action
}
