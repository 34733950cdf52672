package inboxweb

import (
	"context"
	"net/http"
	"strings"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
)

// translations are what the page of a conversation shows of translations by machine.
type translations struct {
	on, private bool
	known       map[string]string // by text
}

// original is what stood in the composer before it was translated, and why something was not.
type original struct {
	words, into   string
	post, refused string // a post that could not be translated, and why
}

// translated finds what is translated already; without a translator it costs nothing.
func (p *pages) translated(ctx context.Context, v *conversationView) error {
	if p.Translate == nil {
		return nil
	}
	st, err := p.Translate.State(ctx)
	if err != nil || !st.On() {
		return err
	}
	v.translations = translations{on: true, private: st.Private}
	var texts []string
	for _, e := range v.line.Entries {
		if e.Post != nil && v.foreign(ctx, e.Post) {
			texts = append(texts, strings.TrimSpace(e.Post.Text))
		}
	}
	if len(texts) > 0 {
		v.known, err = p.Translate.Known(ctx, texts, i18n.Lang(ctx))
	}
	return err
}

// foreign reports whether a post is in another language than its reader's.
func (v *conversationView) foreign(ctx context.Context, p *inbox.Said) bool {
	return v.on && p.Text != "" && p.DeletedAt.IsZero() && p.Language != "" && p.Language != i18n.Lang(ctx)
}

// translatable reports whether its reader may have it translated.
func (v *conversationView) translatable(ctx context.Context, p *inbox.Said) bool {
	return v.foreign(ctx, p) && v.may(org.InboxEdit) && (!p.Private || v.private)
}

// into is the language a draft can be translated into: that of whoever is answered, "" where it is the writer's own.
func (v *conversationView) into(ctx context.Context) string {
	for _, e := range v.line.Entries {
		if e.Post != nil && e.Post.ID == v.ways.Post.ID && v.translatable(ctx, e.Post) {
			return e.Post.Language
		}
	}
	return ""
}

// translatePost asks for a post in the language of its reader.
func (p *pages) translatePost(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	line, err := p.inbox.Timeline(ctx, r.PathValue("id"), clean(r.URL.Query().Get("before")), threadPage)
	if err != nil {
		return err
	}
	for _, e := range line.Entries {
		if e.Post == nil || e.Post.ID != f.Text("post") || !e.Post.DeletedAt.IsZero() {
			continue
		}
		if _, err := p.translator(ctx, e.Post.Text, e.Post.Language, i18n.Lang(ctx), e.Post.Private); err != nil {
			why := problem.Of(err)
			if why.Code != problem.Invalid {
				return err
			}
			web.Invalid(w)
			form := &composed{}
			form.original = original{post: e.Post.ID, refused: i18n.T(ctx, why.Key, why.Args...)}
			return p.show(w, r, form)
		}
		v := &conversationView{sight: sightOf(r.URL.Query())}
		return web.Redirect(w, r, v.at("/inbox/"+r.PathValue("id"), "before", clean(r.URL.Query().Get("before")))+"#p-"+e.Post.ID)
	}
	return problem.New(problem.Missing, "problem.not_found")
}

// translateDraft puts the translation into the composer and keeps what was written beside it.
func (p *pages) translateDraft(ctx context.Context, id, to string, form *composed) error {
	c, err := p.inbox.Find(ctx, id)
	if err != nil {
		return err
	}
	words, err := p.translator(ctx, form.reply, "", to, form.private || c.Private)
	if err != nil {
		why := problem.Of(err)
		if why.Code != problem.Invalid {
			return err
		}
		form.replyError = i18n.T(ctx, why.Key, why.Args...)
		return nil
	}
	form.original = original{words: form.reply, into: to}
	form.reply = words
	return nil
}

func (p *pages) translator(ctx context.Context, text, from, to string, private bool) (string, error) {
	if p.Translate == nil || len(to) != 2 {
		return "", problem.New(problem.Invalid, "translate.off")
	}
	return p.Translate.Translate(ctx, text, from, to, private)
}
