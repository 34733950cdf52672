package inboxweb

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

// Article is an approved article that may help to answer.
type Article struct {
	ID, Title string
	URL       string // as a reader of the answer can open it
	Lang      string
}

type helpView struct {
	*conversationView
	alike    []inbox.Like
	articles []Article
	alone    bool // on a page of its own
}

// help shows what may help to answer: as a part of the conversation's page, and as a page of its own.
func (p *pages) help(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	c, err := p.inbox.Find(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	v := &helpView{conversationView: &conversationView{sight: sightOf(r.URL.Query()), c: c, now: p.inbox.Now(), me: org.Who(ctx), path: "/inbox/" + c.ID}}
	if v.alike, err = p.inbox.Similar(ctx, &c); err != nil {
		return err
	}
	if p.Articles != nil {
		if ways, err := p.inbox.Ways(ctx, &c, ""); err == nil {
			words, lang := p.inbox.Terms(ctx, &ways)
			v.articles = p.Articles(ctx, words, lang)
		}
	}
	if r.Header.Get("HX-Request") != "" {
		return web.Part(w, r, helpPart(v))
	}
	v.alone = true
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "inbox.help.title")}, helpPage(v))
}

// insertHelp puts a link to an article, or what was answered elsewhere, into the text.
func (p *pages) insertHelp(ctx context.Context, id, kind, ref string, form *composed) error {
	c, err := p.inbox.Find(ctx, id)
	if err != nil {
		return err
	}
	switch inbox.HelpKind(kind) {
	case inbox.HelpConversation:
		list, err := p.inbox.Similar(ctx, &c)
		if err != nil {
			return err
		}
		for _, k := range list {
			if k.ID == ref {
				form.put(k.Answer, kind+":"+ref)
			}
		}
	case inbox.HelpArticle:
		ways, err := p.inbox.Ways(ctx, &c, "")
		if err != nil || p.Articles == nil {
			return err
		}
		words, lang := p.inbox.Terms(ctx, &ways)
		for _, a := range p.Articles(ctx, words, lang) {
			if a.ID == ref {
				form.put(a.Title+"\n"+a.URL, kind+":"+ref)
			}
		}
	}
	return nil
}

// key is the number by which help is put in without the mouse.
func key(n int) string {
	if n > 9 {
		return ""
	}
	return strconv.Itoa(n)
}

const reuseFor = 30 * 24 * time.Hour

func share(part, all int) float64 {
	if all == 0 {
		return 0
	}
	return float64(part) / float64(all)
}

func (p *pages) closePair(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	to := back(r)
	if f.Text("back") != "" {
		to = web.Local(f.Text("back"), to)
	}
	if err := p.inbox.ClosePair(r.Context(), clean(f.Text("post")), f.Text("reason")); err != nil {
		return told(w, r, err, to)
	}
	web.Flash(w, r, ui.Success, "inbox.done.pair_closed")
	return web.Redirect(w, r, to)
}

type pairsView struct {
	list  []inbox.Pair
	about map[string]inbox.Conversation
	now   time.Time
}

// followUps lists the public complaints that still lack an answer or a follow-up.
func (p *pages) followUps(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v := &pairsView{about: map[string]inbox.Conversation{}, now: p.inbox.Now()}
	var err error
	if v.list, err = p.inbox.OpenPairs(ctx); err != nil {
		return err
	}
	for _, pair := range v.list {
		if v.about[pair.Conversation], err = p.inbox.Find(ctx, pair.Conversation); err != nil {
			return err
		}
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "inbox.pair.list")}, followUpsPage(v))
}
