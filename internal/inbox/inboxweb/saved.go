package inboxweb

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/entente/entente/internal/charter"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

type savedView struct {
	list  []inbox.SavedReply
	reuse inbox.Reuse
	me    *org.Member
}

// savedReplies lists saved replies, and how much is reused.
func (p *pages) savedReplies(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v := &savedView{me: org.Who(ctx)}
	var err error
	if v.list, err = p.inbox.SavedReplies(ctx); err != nil {
		return err
	}
	if v.reuse, err = p.inbox.Reuse(ctx, p.inbox.Now().Add(-reuseFor)); err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "inbox.saved.title")}, savedPage(v))
}

type usesView struct {
	title        string
	list         []inbox.Use
	newer, older string
}

const usesOnPage = 50

// uses lists the replies behind a number of what is reused.
func (p *pages) uses(w http.ResponseWriter, r *http.Request) error {
	ctx, in := r.Context(), r.URL.Query()
	kind, ref := inbox.HelpKind(in.Get("kind")), ""
	v := &usesView{title: i18n.T(ctx, "inbox.reuse.helped")}
	switch {
	case in.Get("saved") != "":
		reply, err := p.inbox.SavedReply(ctx, clean(in.Get("saved")))
		if err != nil {
			return err
		}
		kind, ref, v.title = inbox.HelpSaved, reply.ID, reply.Title
	case slices.Contains(inbox.HelpKinds(), kind):
		v.title = i18n.T(ctx, "inbox.reuse."+string(kind))
	default:
		kind = ""
	}
	from, err := strconv.Atoi(in.Get("from"))
	if err != nil || from < 0 || from > 1e6 {
		from = 0
	}
	var more bool
	if v.list, more, err = p.inbox.Uses(ctx, kind, ref, p.inbox.Now().Add(-reuseFor), from, usesOnPage); err != nil {
		return err
	}
	at := func(from int) string {
		out := url.Values{"from": {strconv.Itoa(max(from, 0))}}
		for _, k := range []string{"kind", "saved"} {
			if in.Get(k) != "" {
				out.Set(k, in.Get(k))
			}
		}
		return "/saved-replies/uses?" + out.Encode()
	}
	if from > 0 {
		v.newer = at(from - usesOnPage)
	}
	if more {
		v.older = at(from + usesOnPage)
	}
	return web.Show(w, r, web.Page{Title: v.title}, usesPage(v))
}

const newSaved = "new"

type savedForm struct {
	r      inbox.SavedReply
	seen   string
	errors []ui.FieldError
	me     *org.Member
}

func (v *savedForm) id() string {
	if v.r.ID == "" {
		return newSaved
	}
	return v.r.ID
}

func (v *savedForm) errorOf(field string) string {
	for _, e := range v.errors {
		if e.Field == field {
			return e.Text
		}
	}
	return ""
}

func (p *pages) editSaved(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v := &savedForm{me: org.Who(ctx), r: inbox.SavedReply{Member: org.Who(ctx).ID, Words: charter.Words{}}}
	if id := r.PathValue("saved"); id != newSaved {
		var err error
		if v.r, err = p.inbox.SavedReply(ctx, clean(id)); err != nil {
			return err
		}
		v.seen = v.r.Mark()
	}
	return p.showSaved(w, r, v)
}

func (p *pages) showSaved(w http.ResponseWriter, r *http.Request, v *savedForm) error {
	key := "inbox.saved.edit"
	if v.r.ID == "" {
		key = "inbox.saved.add"
	}
	if len(v.errors) > 0 {
		web.Invalid(w)
	}
	return web.Show(w, r, web.Page{Title: i18n.T(r.Context(), key)}, savedFormPage(v, i18n.T(r.Context(), key)))
}

func (p *pages) saveReply(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	id := r.PathValue("saved")
	if f.Text("do") == "remove" {
		if err := p.inbox.RemoveSavedReply(ctx, clean(id)); err != nil {
			return told(w, r, err, "/saved-replies")
		}
		web.Flash(w, r, ui.Success, "inbox.done.saved_removed")
		return web.Redirect(w, r, "/saved-replies")
	}
	v := &savedForm{me: org.Who(ctx), seen: f.Text("seen"), r: inbox.SavedReply{Title: f.Text("title"), Words: charter.Words{}}}
	if id != newSaved {
		v.r.ID = clean(id)
	}
	if f.Text("whose") != "all" {
		v.r.Member = v.me.ID
	}
	for _, lang := range i18n.Languages() {
		v.r.Words[lang] = f.Text("words_" + lang)
	}
	if _, err := p.inbox.SaveReply(ctx, v.seen, v.r); err != nil {
		for _, pr := range charter.Problems(err) {
			if pr.Code != problem.Invalid && pr.Code != problem.Conflict {
				return err
			}
			v.errors = append(v.errors, ui.FieldError{Field: pr.Field, Text: i18n.T(ctx, pr.Key, pr.Args...)})
		}
		return p.showSaved(w, r, v)
	}
	web.Flash(w, r, ui.Success, "inbox.done.saved_kept")
	return web.Redirect(w, r, "/saved-replies")
}

// whose says of whom a saved reply is.
func whose(ctx context.Context, r *inbox.SavedReply) string {
	if r.Member == "" {
		return i18n.T(ctx, "inbox.saved.all")
	}
	return i18n.T(ctx, "inbox.saved.mine")
}

func whoseValue(r *inbox.SavedReply) string {
	if r.Member == "" {
		return "all"
	}
	return "me"
}
