package communityweb

import (
	"context"
	"strconv"

	"github.com/a-h/templ"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

func titleOf(ctx context.Context, t *community.Thread) string {
	if t.Title == "" {
		return i18n.T(ctx, "community.thread.removed")
	}
	return t.Title
}

// answered is the post that the form at the end of a thread answers: the first, or the one that a discussion was about before signing up.
func (v *threadView) answered() string {
	if v.draft != nil {
		return v.draft.Post
	}
	return v.t.ID
}

// bodyField is the text area in which post is answered.
func (v *threadView) bodyField(ctx context.Context, id, post, label string, rows int, comment bool) ui.Field {
	f := ui.Field{Name: "body", ID: "f-" + id, Label: label, Rows: rows, Required: true}
	if v.form != nil && v.to == post && comment == (v.form.Text("comment") != "") {
		f.Value, f.Error = v.form.Text("body"), problemOn(ctx, v.form, "body")
	}
	if v.quote != "" && id == "answer" && f.Value == "" {
		f.Value, f.AutoFocus = v.quote, true
	}
	if v.draft != nil && id == "answer" {
		f.Value = v.draft.Body
	}
	f = keptWords(f, v.replyKey(id))
	if f.DraftKey != "" && f.Value == v.quote && v.quote != "" {
		f.DraftStays = "after" // a quote joins what was begun
	}
	return f
}

// replyKey is what the browser keeps the words of a form of the thread under.
func (v *threadView) replyKey(form string) string { return v.draftKey(v.t.ID + "." + form) }

// draftKey is what the browser keeps unsent words under: by member, so that nobody else at that machine is shown them, by community and by form.
// Visitors have none.
func (v *hall) draftKey(form string) string {
	if v.who == nil {
		return ""
	}
	return "c." + v.who.ID + "." + v.place.ID + "." + form
}

// keptWords is the field of a form that the browser keeps what was written in under key.
func keptWords(f ui.Field, key string) ui.Field {
	if key != "" {
		f.DraftKey, f.DraftStays = key+"."+f.Name, "yes"
	}
	return f
}

// keptLine is keptWords for a field of one line.
func keptLine(f ui.Field, key string) ui.Field {
	if key != "" {
		more := templ.Attributes{"data-draft": key + "." + f.Name, "data-draft-stays": "yes"}
		for k, v := range f.Attrs {
			more[k] = v
		}
		f.Attrs = more
	}
	return f
}

// begun makes words that the browser kept of a field take the place of those that are there.
func begun(f ui.Field) ui.Field {
	if f.DraftKey != "" {
		f.DraftStays = "over"
	}
	if f.Attrs["data-draft"] != nil {
		f.Attrs["data-draft-stays"] = "over"
	}
	return f
}

// wordsKey is what the browser keeps what is changed of a post under: until it is changed by somebody.
func (e *editView) wordsKey() string {
	return e.draftKey("edit-" + e.p.ID + "-" + strconv.Itoa(e.seen))
}

// problemOn is the sentence of the first problem on a field of a form, which may be nil.
func problemOn(ctx context.Context, f *web.Form, field string) string {
	if f == nil {
		return ""
	}
	for _, p := range f.Problems {
		if p.Field == field {
			return i18n.T(ctx, p.Key, p.Args...)
		}
	}
	return ""
}

func problemsOf(ctx context.Context, f *web.Form) []ui.FieldError {
	var out []ui.FieldError
	for _, p := range f.Problems {
		out = append(out, ui.FieldError{Field: p.Field, Text: i18n.T(ctx, p.Key, p.Args...)})
	}
	return out
}

func (v *threadView) word(ctx context.Context, question, discussion string) string {
	if v.t.Question() {
		return i18n.T(ctx, question)
	}
	return i18n.T(ctx, discussion)
}

func (v *threadView) commentLabel(ctx context.Context) string {
	return v.word(ctx, "community.post.your_comment", "community.thread.your_reply")
}

func (v *threadView) commentButton(ctx context.Context) string {
	return v.word(ctx, "community.post.post_comment", "community.post.post_reply")
}

func (v *threadView) answerLabel(ctx context.Context) string {
	return v.word(ctx, "community.thread.your_answer", "community.thread.your_reply")
}

func (v *threadView) answerButton(ctx context.Context) string {
	return v.word(ctx, "community.post.post_answer", "community.post.post_reply")
}

func (v *askView) bodyLabel(ctx context.Context) string {
	if v.question() {
		return i18n.T(ctx, "community.thread.body_question")
	}
	return i18n.T(ctx, "community.thread.body_discussion")
}

func (v *askView) button(ctx context.Context) string {
	switch {
	case len(v.similar) > 0:
		return i18n.T(ctx, "community.thread.post_anyway")
	case v.question():
		return i18n.T(ctx, "community.thread.post_question")
	}
	return i18n.T(ctx, "community.thread.post_discussion")
}

// seeking lets the title ask for similar questions while it is typed; without script they are shown before posting.
func (v *askView) seeking(ctx context.Context) templ.Attributes {
	return templ.Attributes{"hx-get": v.href(ctx, "/similar"), "hx-trigger": "input changed delay:400ms", "hx-target": "#similar", "hx-swap": "innerHTML"}
}

func (e *editView) problem(ctx context.Context, field string) string {
	return problemOn(ctx, e.form, field)
}

func (e *editView) errors(ctx context.Context) []ui.FieldError { return problemsOf(ctx, e.form) }
