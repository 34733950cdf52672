package inboxweb

import (
	"net/http"
	"strings"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

// back is the page of the conversation an action was done on, looked at as before.
func back(r *http.Request) string {
	return sightOf(r.URL.Query()).at("/inbox/" + clean(r.PathValue("id")))
}

// acted ends an action: a toast on the page it was done on.
func acted(w http.ResponseWriter, r *http.Request, err error, key string, args ...any) error {
	if err != nil {
		return told(w, r, err, back(r))
	}
	web.Flash(w, r, ui.Success, key, args...)
	return web.Redirect(w, r, back(r))
}

func (p *pages) take(w http.ResponseWriter, r *http.Request) error {
	_, err := p.inbox.Take(r.Context(), r.PathValue("id"))
	return acted(w, r, err, "inbox.done.taken")
}

func (p *pages) release(w http.ResponseWriter, r *http.Request) error {
	_, err := p.inbox.Release(r.Context(), r.PathValue("id"))
	return acted(w, r, err, "inbox.done.released")
}

// assign gives it to the member "to", or to nobody; "from" is who had it on the page.
func (p *pages) assign(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	if f.Text("to") == "" {
		return p.release(w, r)
	}
	var from *string
	if f.Has("from") {
		v := f.Text("from")
		from = &v
	}
	c, err := p.inbox.Assign(r.Context(), r.PathValue("id"), f.Text("to"), from)
	name := ""
	if err == nil {
		_, called, e := p.inbox.Names(r.Context(), c)
		if e != nil {
			return e
		}
		name = called[c.Assignee]
	}
	return acted(w, r, err, "inbox.done.assigned", "Name", name)
}

// resolve goes on to the next conversation of the view, so that a queue is emptied key by key.
func (p *pages) resolve(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	s := p.readable(r.Context(), sightOf(r.URL.Query()))
	c, err := p.inbox.Find(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	_, after, err := p.inbox.Beside(ctx, s.view, s.filter, &c)
	if err != nil {
		return err
	}
	if c, err = p.inbox.Resolve(ctx, c.ID); err != nil {
		return told(w, r, err, back(r))
	}
	web.Flash(w, r, ui.Success, "inbox.done.resolved", "Title", shorten(name(ctx, &c)))
	if after != "" && after != c.ID && s.view != inbox.ResolvedView {
		return web.Redirect(w, r, s.at("/inbox/"+after))
	}
	return web.Redirect(w, r, s.at("/inbox"))
}

func shorten(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:59]) + "…"
	}
	return s
}

func (p *pages) reopen(w http.ResponseWriter, r *http.Request) error {
	_, err := p.inbox.Reopen(r.Context(), r.PathValue("id"))
	return acted(w, r, err, "inbox.done.reopened")
}

func (p *pages) reply(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	in := answerOf(f)
	in.Token, in.NotBefore, in.Resolve, in.Override = f.Text("token"), p.inbox.Now().Add(holdFor), f.Text("then") == "resolve", f.Has("override")
	sending, err := p.inbox.Reply(ctx, r.PathValue("id"), in)
	if err != nil {
		form := typed(f, in)
		if strings.HasPrefix(problem.Of(err).Key, inbox.AnsweredMeanwhile) {
			form.seen = "" // the page shows it now: sent once more, it goes out
		}
		return p.refused(w, r, err, form, "text")
	}
	if sending.State == inbox.Held {
		web.Flash(w, r, ui.Info, "inbox.done.held")
		return web.Redirect(w, r, back(r))
	}
	web.Flash(w, r, ui.Success, "inbox.done.queued")
	return web.Redirect(w, r, back(r))
}

func (p *pages) note(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	if _, err := p.inbox.Note(r.Context(), r.PathValue("id"), f.Text("note"), f.Text("token")); err != nil {
		return p.refused(w, r, err, &composed{note: f.Text("note"), noteToken: f.Text("token")}, "note")
	}
	web.Flash(w, r, ui.Success, "inbox.done.noted")
	return web.Redirect(w, r, back(r))
}

// refused shows the page again with what was typed.
func (p *pages) refused(w http.ResponseWriter, r *http.Request, err error, form *composed, field string) error {
	pr := problem.Of(err)
	if pr.Code != problem.Invalid && pr.Code != problem.Conflict && !inbox.Barred(err) {
		return err
	}
	text := i18n.T(r.Context(), pr.Key, pr.Args...)
	form.errors = []ui.FieldError{{Field: field, Text: text}}
	if field == "note" {
		form.noteError = text
	} else {
		form.replyError = text
	}
	return p.show(w, r, form)
}

// deal does with an answer on its way what "do" says.
func (p *pages) deal(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	id, sending := r.PathValue("id"), clean(r.PathValue("sending"))
	switch f.Text("do") {
	case "withdraw":
		_, err = p.inbox.Withdraw(ctx, id, sending)
		return acted(w, r, err, "inbox.done.withdrawn")
	case "resend":
		_, err = p.inbox.Resend(ctx, id, sending)
		return acted(w, r, err, "inbox.done.resent")
	case "sent":
		_, err = p.inbox.MarkSent(ctx, id, sending)
		return acted(w, r, err, "inbox.done.marked")
	}
	return problem.New(problem.Invalid, "problem.bad_form")
}

func (p *pages) label(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	post := clean(r.PathValue("post"))
	to := web.Local(f.Text("back"), "/inbox")
	if err := p.inbox.Label(ctx, post, f.Text("sentiment")); err != nil {
		return told(w, r, err, to)
	}
	key := "inbox.done.labelled"
	if f.Text("sentiment") == "" {
		key = "inbox.done.unlabelled"
	}
	web.Flash(w, r, ui.Success, key)
	return web.Redirect(w, r, to+"#p-"+post)
}

// open opens a conversation about a post, from a page of listening.
func (p *pages) open(w http.ResponseWriter, r *http.Request) error {
	c, err := p.inbox.OpenFrom(r.Context(), clean(r.PathValue("post")))
	if err != nil {
		return told(w, r, err, "/inbox")
	}
	return web.Redirect(w, r, "/inbox/"+c.ID)
}

// here notes that the reader is on the page, and answers who else is.
func (p *pages) here(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	m := org.Who(ctx)
	c, err := p.inbox.Find(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := p.inbox.Enter(ctx, c.ID, m.ID, r.URL.Query().Get("writing") != ""); err != nil {
		return err
	}
	others, err := p.inbox.Others(ctx, c.ID, m.ID)
	if err != nil {
		return err
	}
	if len(others) == 0 {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return web.Part(w, r, present(others, p.inbox.Now()))
}

func (p *pages) gone(w http.ResponseWriter, r *http.Request) error {
	if err := p.inbox.Leave(r.Context(), r.PathValue("id"), org.Who(r.Context()).ID); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
