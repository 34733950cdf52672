package inboxweb

import (
	"net/http"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/web"
)

// NoticeTopic must be announced when somebody was told something.
const NoticeTopic = "notices"

const noticesShown = 100

func (p *pages) noticeRoutes(r *web.Routes) {
	r.Topic(NoticeTopic, org.InboxRead)
	r.Page("GET /notices", org.InboxRead, p.notices)
	r.Do("POST /notices/read", org.InboxRead, p.readNotices)
	r.Page("GET /notices/{notice}", org.InboxRead, p.notice)
}

type noticesView struct {
	list  []inbox.Notice
	fresh int
	now   time.Time
}

func (p *pages) notices(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	list, err := p.inbox.Notices(ctx, noticesShown)
	if err != nil {
		return err
	}
	v := noticesView{list: list, now: p.inbox.Now()}
	for i := range list {
		if list[i].ReadAt.IsZero() {
			v.fresh++
		}
	}
	if r.Header.Get("HX-Target") == "notices" {
		return web.Part(w, r, noticesRegion(v))
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "routing.notices")}, noticesPage(v))
}

func (p *pages) readNotices(w http.ResponseWriter, r *http.Request) error {
	if err := p.inbox.ReadNotices(r.Context()); err != nil {
		return err
	}
	return web.Redirect(w, r, "/notices")
}

// notice goes where a notice leads, and notes that it was read.
func (p *pages) notice(w http.ResponseWriter, r *http.Request) error {
	n, err := p.inbox.ReadNotice(r.Context(), clean(r.PathValue("notice")))
	if err != nil {
		return err
	}
	to := n.Path()
	if to == "" {
		to = "/notices"
	}
	return web.Redirect(w, r, to)
}
