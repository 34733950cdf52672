package charterweb

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/entente/entente/internal/charter"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

func (h *handlers) begin(w http.ResponseWriter, r *http.Request) error {
	v, err := h.s.Begin(r.Context())
	if err != nil {
		return refused(w, r, err, "/charter/versions")
	}
	web.Flash(w, r, ui.Success, "charter.draft_made")
	return web.Redirect(w, r, versionHref(v.ID))
}

// draft finds a version that can still be changed.
func (h *handlers) draft(r *http.Request) (charter.Version, error) {
	v, err := h.s.Version(r.Context(), r.PathValue("id"))
	if err == nil && v.State != charter.Draft {
		err = problem.New(problem.Conflict, "charter.published_already")
	}
	return v, err
}

type wordsPage struct {
	ID     string
	Seen   string
	Theirs []ui.Item // what somebody else made of it meanwhile
	Values map[string]string
	Wrong  wrong
}

func (h *handlers) editWords(w http.ResponseWriter, r *http.Request) error {
	v, err := h.draft(r)
	if err != nil {
		return err
	}
	p := wordsPage{ID: v.ID, Seen: v.WordsMark(), Values: map[string]string{"note": v.Note}}
	for _, lang := range i18n.Languages() {
		p.Values["title_"+lang], p.Values["preamble_"+lang] = v.Title[lang], v.Preamble[lang]
	}
	return web.Show(w, r, web.Page{Title: i18n.T(r.Context(), "charter.edit_words")}, wordsBody(p))
}

func (h *handlers) saveWords(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	p := wordsPage{ID: r.PathValue("id"), Seen: f.Text("seen"), Values: map[string]string{"note": f.Text("note")}}
	if _, err := h.s.Reword(ctx, p.ID, p.Seen, words(f, "title", p.Values), words(f, "preamble", p.Values), f.Text("note")); err != nil {
		if p.Wrong, err = mend(ctx, w, err); err != nil {
			return err
		}
		if v, err := h.draft(r); err == nil && v.WordsMark() != p.Seen {
			p.Seen = v.WordsMark() // both are read now: saving again is meant
			p.Theirs = append(theirs(ctx, p.Values, []string{"title", "preamble"}, v.Title, v.Preamble), theirText(i18n.T(ctx, "charter.field.note"), p.Values["note"], v.Note)...)
		}
		return web.Show(w, r, web.Page{Title: i18n.T(ctx, "charter.edit_words")}, wordsBody(p))
	}
	web.Flash(w, r, ui.Success, "charter.saved")
	return web.Redirect(w, r, versionHref(p.ID))
}

func words(f *web.Form, field string, typed map[string]string) charter.Words {
	out := charter.Words{}
	for _, lang := range i18n.Languages() {
		out[lang] = f.Text(field + "_" + lang)
		typed[field+"_"+lang] = out[lang]
	}
	return out
}

// phrases reads one example a line.
func phrases(f *web.Form, field string, typed map[string]string) charter.Phrases {
	out := charter.Phrases{}
	for _, lang := range i18n.Languages() {
		text := f.Text(field + "_" + lang)
		typed[field+"_"+lang] = text
		out[lang] = strings.Split(text, "\n")
	}
	return out
}

type rulePage struct {
	Seen    string
	Theirs  []ui.Item // what somebody else made of it meanwhile
	Version string
	Rule    string // id, "" for a new one
	Check   string
	Reach   string
	Binding bool
	Values  map[string]string
	Wrong   wrong
}

func (p rulePage) title(ctx context.Context) string {
	if p.Rule == "" {
		return i18n.T(ctx, "charter.add_rule")
	}
	return i18n.T(ctx, "charter.edit_rule")
}

func (h *handlers) newRule(w http.ResponseWriter, r *http.Request) error {
	v, err := h.draft(r)
	if err != nil {
		return err
	}
	p := rulePage{Version: v.ID, Values: map[string]string{}}
	return web.Show(w, r, web.Page{Title: p.title(r.Context())}, ruleBody(p))
}

func (h *handlers) editRule(w http.ResponseWriter, r *http.Request) error {
	v, err := h.draft(r)
	if err != nil {
		return err
	}
	rule, found := v.Rule(r.PathValue("rule"))
	if !found {
		return problem.New(problem.Missing, "problem.not_found")
	}
	p := rulePage{Version: v.ID, Seen: rule.Mark(), Rule: rule.ID, Check: string(rule.Check), Reach: string(rule.Reach), Binding: rule.Binding, Values: map[string]string{}}
	for _, lang := range i18n.Languages() {
		p.Values["sentence_"+lang], p.Values["why_"+lang] = rule.Sentence[lang], rule.Why[lang]
		p.Values["good_"+lang], p.Values["bad_"+lang] = strings.Join(rule.Good[lang], "\n"), strings.Join(rule.Bad[lang], "\n")
	}
	return web.Show(w, r, web.Page{Title: p.title(r.Context())}, ruleBody(p))
}

func (h *handlers) saveRule(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	p := rulePage{Version: r.PathValue("id"), Seen: f.Text("seen"), Rule: f.Text("rule"), Check: f.Text("check"), Reach: f.Text("reach"), Binding: f.Text("binding") == "yes", Values: map[string]string{}}
	rule := charter.Rule{ID: p.Rule, Check: charter.Check(p.Check), Reach: charter.Reach(p.Reach), Binding: p.Binding, Sentence: words(f, "sentence", p.Values),
		Why: words(f, "why", p.Values), Good: phrases(f, "good", p.Values), Bad: phrases(f, "bad", p.Values)}
	if _, err := h.s.SetRule(ctx, p.Version, p.Seen, rule); err != nil {
		if p.Wrong, err = mend(ctx, w, err); err != nil {
			return err
		}
		if v, err := h.draft(r); err == nil && p.Rule != "" {
			p.compare(ctx, v, rule)
		}
		return web.Show(w, r, web.Page{Title: p.title(ctx)}, ruleBody(p))
	}
	web.Flash(w, r, ui.Success, "charter.saved")
	return web.Redirect(w, r, versionHref(p.Version))
}

func (h *handlers) removeRule(w http.ResponseWriter, r *http.Request) error {
	to := versionHref(r.PathValue("id"))
	if err := h.s.RemoveRule(r.Context(), r.PathValue("id"), r.PathValue("rule")); err != nil {
		return refused(w, r, err, to)
	}
	return web.Redirect(w, r, to)
}

func (h *handlers) moveRule(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	up := 1
	if f.Text("to") == "down" {
		up = -1
	}
	to := versionHref(r.PathValue("id"))
	if err := h.s.MoveRule(r.Context(), r.PathValue("id"), r.PathValue("rule"), up); err != nil {
		return refused(w, r, err, to)
	}
	return web.Redirect(w, r, to+"#"+r.PathValue("rule"))
}

type publishPage struct {
	Seen  string
	V     charter.Version
	From  string
	Anew  bool
	Wrong wrong
}

func (h *handlers) publishPage(w http.ResponseWriter, r *http.Request) error {
	v, err := h.draft(r)
	if err != nil {
		return err
	}
	day := h.s.Now().In(i18n.Zone(r.Context())).Format(time.DateOnly)
	return web.Show(w, r, web.Page{Title: i18n.T(r.Context(), "charter.publish")}, publishBody(publishPage{Seen: v.Mark(), V: v, From: day, Anew: true}))
}

func (h *handlers) publish(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v, err := h.draft(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	p := publishPage{Seen: f.Text("seen"), V: v, From: f.Text("from"), Anew: f.Text("anew") != ""}
	from, err := time.ParseInLocation(time.DateOnly, p.From, i18n.Zone(ctx))
	if err != nil {
		err = problem.New(problem.Invalid, "charter.day_bad").On("from")
	} else {
		v, err = h.s.Publish(ctx, v.ID, p.Seen, from, p.Anew)
	}
	if err != nil {
		if p.Wrong, err = mend(ctx, w, err); err != nil {
			return err
		}
		p.Seen = p.V.Mark() // the page says to read it again
		return web.Show(w, r, web.Page{Title: i18n.T(ctx, "charter.publish")}, publishBody(p))
	}
	web.Flash(w, r, ui.Success, "charter.published", "Number", v.Number)
	return web.Redirect(w, r, "/charter/versions")
}

func (h *handlers) discard(w http.ResponseWriter, r *http.Request) error {
	if err := h.s.Discard(r.Context(), r.PathValue("id")); err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "charter.discarded")
	return web.Redirect(w, r, "/charter/versions")
}
