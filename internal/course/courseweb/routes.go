// Package courseweb shows on pages what course decides: forms of learners and of those who write courses come in, courses, certificates and the
// list of a new colleague go out.
package courseweb

import (
	"context"
	"net/http"

	"github.com/entente/entente/internal/charter"
	"github.com/entente/entente/internal/community/markup"
	"github.com/entente/entente/internal/course"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/team"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

type handlers struct {
	s    *course.Service
	team *team.Service
	org  *org.Service
	tabs func(ctx context.Context, current string) []ui.Tab
}

// Routes registers the pages; tabs are those about the team.
func Routes(r *web.Routes, s *course.Service, t *team.Service, o *org.Service, tabs func(ctx context.Context, current string) []ui.Tab) {
	h := &handlers{s, t, o, tabs}
	r.Page("GET /courses", org.InboxRead, h.list)
	r.Page("GET /courses/new", org.InboxAssign, h.begin)
	r.Do("POST /courses", org.InboxAssign, h.add)
	r.Page("GET /courses/{course}", org.InboxRead, h.course)
	r.Do("POST /courses/{course}/start", org.InboxRead, h.start)
	r.Do("POST /courses/{course}/leave", org.InboxRead, h.leave)
	r.Page("GET /courses/{course}/steps/{step}", org.InboxRead, h.step)
	r.Do("POST /courses/{course}/steps/{step}", org.InboxRead, h.give)
	r.Page("GET /courses/{course}/edit", org.InboxAssign, h.edit)
	r.Do("POST /courses/{course}/edit", org.InboxAssign, h.saveHead)
	r.Do("POST /courses/{course}/publish", org.InboxAssign, h.publish)
	r.Do("POST /courses/{course}/retire", org.InboxAssign, h.retire)
	r.Page("GET /courses/{course}/edit/{step}", org.InboxAssign, h.editStep)
	r.Do("POST /courses/{course}/edit/{step}", org.InboxAssign, h.saveStep)
	r.Do("POST /courses/{course}/edit/{step}/{what}", org.InboxAssign, h.shiftStep)
	r.Page("GET /certificates", org.InboxAssign, h.certificates)
	r.Do("POST /certificates/gate", org.InboxAssign, h.setGate)
	r.Do("POST /certificates/{course}/{member}", org.InboxAssign, h.certificate)
	r.Page("GET /welcome", org.InboxEdit, h.welcome)
	r.Do("POST /welcome", org.InboxEdit, h.putAside)
}

func say(ctx context.Context, w charter.Words) string { return w.In(i18n.Lang(ctx)) }

// langOf is the language of what say shows, "" when it is the page's.
func langOf(ctx context.Context, w charter.Words) string {
	if w[i18n.Lang(ctx)] != "" {
		return ""
	}
	text := say(ctx, w)
	for l, t := range w {
		if t == text {
			return l
		}
	}
	return ""
}

// prose is Markdown as it is shown.
func prose(ctx context.Context, w charter.Words) string {
	d, err := markup.Options{Top: 2}.Render(say(ctx, w))
	if err != nil {
		return markup.Plain(say(ctx, w)).HTML
	}
	return d.HTML
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

// mend sorts what was refused: what the reader can put right becomes sentences in the form; anything else is an error for the page.
func mend(ctx context.Context, w http.ResponseWriter, err error) (wrong, error) {
	var out wrong
	for _, p := range charter.Problems(err) {
		if p.Code != problem.Invalid && p.Code != problem.Conflict {
			return nil, err
		}
		out = append(out, ui.FieldError{Field: p.Field, Text: i18n.T(ctx, p.Key, p.Args...)})
	}
	web.Invalid(w)
	return out, nil
}

// done goes to a page and says what became of it.
func done(w http.ResponseWriter, r *http.Request, err error, to, key string) error {
	if err == nil {
		if key != "" {
			web.Flash(w, r, ui.Success, key)
		}
		return web.Redirect(w, r, to)
	}
	if p := charter.Problems(err)[0]; p.Code == problem.Invalid || p.Code == problem.Conflict {
		web.Flash(w, r, ui.Warning, p.Key, p.Args...)
		return web.Redirect(w, r, to)
	}
	return err
}
