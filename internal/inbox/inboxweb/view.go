package inboxweb

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/inbox/due"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

func (p *pages) viewRoutes(r *web.Routes) {
	r.Do("POST /inbox-views", org.InboxRead, p.saveView)
	r.Do("POST /inbox-views/{view}/delete", org.InboxRead, p.dropView)
	r.Do("POST /inbox-bulk", org.InboxEdit, p.bulk)
	r.Do("POST /inbox/{id}/link", org.InboxEdit, p.link)
	r.Do("POST /inbox/{id}/split", org.InboxEdit, p.split)
	r.Do("POST /inbox/{id}/priority", org.InboxEdit, p.rank)
	r.Do("POST /inbox/{id}/tags", org.InboxEdit, p.tag)
}

// narrowing reads what more a view is narrowed by.
func narrowing(q url.Values, f *inbox.Filter) {
	known := func(name string, values []string) string {
		if v := q.Get(name); slices.Contains(values, v) {
			return v
		}
		return ""
	}
	f.Feeling, f.Nature = known("feeling", inbox.Feelings()), known("kind", inbox.Natures())
	f.Priority = known("priority", due.Priorities())
	f.Service = known("service", []string{inbox.Late, inbox.Soon, inbox.Running})
	f.Language, f.Situation = clean(q.Get("lang")), clean(q.Get("situation"))
	f.Tag, f.Department, f.Skill = text(q.Get("tag"), 40), text(q.Get("department"), 100), text(q.Get("skill"), 60)
	if n, err := strconv.Atoi(q.Get("age")); err == nil && slices.Contains(inbox.Ages(), n) {
		f.Age = n
	}
}

// text refuses what is no name.
func text(s string, most int) string {
	if len(s) > 4*most || !validText(s) {
		return ""
	}
	return s
}

func validText(s string) bool {
	for _, r := range s {
		if r == 0 || r == '\uFFFD' {
			return false
		}
	}
	return true
}

// narrowed writes what narrowing reads.
func narrowed(f *inbox.Filter, set func(name, value string)) {
	set("feeling", f.Feeling)
	set("kind", f.Nature)
	set("priority", f.Priority)
	set("service", f.Service)
	set("lang", f.Language)
	set("tag", f.Tag)
	set("department", f.Department)
	set("skill", f.Skill)
	set("situation", f.Situation)
	if f.Age > 0 {
		set("age", strconv.Itoa(f.Age))
	}
}

// further reports whether a view is narrowed by what stands behind "more filters".
func (v *queueView) further() bool {
	f := v.filter
	f.Channel, f.Assignee, f.Topic, f.Words = "", "", "", ""
	return f != inbox.Filter{}
}

// offer reads what a queue can be narrowed by and what was saved of it.
func (p *pages) offer(ctx context.Context, v *queueView) error {
	var err error
	if v.saved, err = p.inbox.SavedViews(ctx); err != nil {
		return err
	}
	any := func(key string) []ui.Option { return []ui.Option{{Label: i18n.T(ctx, key)}} }
	languages, err := p.inbox.Languages(ctx)
	if err != nil {
		return err
	}
	v.languages = any("service.any_language")
	for _, l := range languages {
		v.languages = append(v.languages, ui.Option{Value: l, Label: i18n.Language(ctx, l)})
	}
	tags, err := p.inbox.Tags(ctx)
	if err != nil {
		return err
	}
	for _, t := range tags {
		v.tags = append(v.tags, ui.Option{Value: t, Label: t})
	}
	departments, err := p.inbox.Departments(ctx)
	if err != nil {
		return err
	}
	for _, d := range departments {
		v.departments = append(v.departments, ui.Option{Value: d, Label: d})
	}
	skills, err := p.inbox.Skills(ctx)
	if err != nil {
		return err
	}
	for _, k := range skills {
		v.skills = append(v.skills, ui.Option{Value: k, Label: k})
	}
	v.deeds = inbox.Deeds(ctx)
	if p.Situations != nil {
		v.situations = inSituations(ctx, p.Situations(ctx), v.filter.Situation)
	}
	return nil
}

// inSituations are the situations to choose from, with the one that is chosen, which may be over; none where nothing goes on.
func inSituations(ctx context.Context, list []ui.Option, chosen string) []ui.Option {
	if len(list) == 0 && chosen == "" {
		return nil
	}
	out := append(withAny(ctx, "service.situation.all", options(ctx, "service.situation.", inbox.InAny, inbox.InNone)), list...)
	if chosen != "" && !slices.ContainsFunc(out, func(o ui.Option) bool { return o.Value == chosen }) {
		out = append(out, ui.Option{Value: chosen, Label: i18n.T(ctx, "service.situation.over")})
	}
	return out
}

func withAny(ctx context.Context, key string, list []ui.Option) []ui.Option {
	return append([]ui.Option{{Label: i18n.T(ctx, key)}}, list...)
}

func ages(ctx context.Context) []ui.Option {
	out := []ui.Option{{Label: i18n.T(ctx, "service.age.any")}}
	for _, n := range inbox.Ages() {
		out = append(out, ui.Option{Value: strconv.Itoa(n), Label: i18n.T(ctx, "service.age."+strconv.Itoa(n))})
	}
	return out
}

// savedTabs are the saved views, as tabs.
func savedTabs(v *queueView) (out []ui.Tab) {
	for _, s := range v.saved {
		t := ui.Tab{Label: s.Name, Href: sight{s.View, s.Filter}.at("/inbox"), Current: s.View == v.view && s.Filter == v.filter}
		if s.Count > 0 {
			t.Count = s.Count
		}
		out = append(out, t)
	}
	return out
}

// mine is the saved view that is looked at, when the reader may delete it.
func (v *queueView) mine() *inbox.SavedView {
	for i := range v.saved {
		if s := &v.saved[i]; s.View == v.view && s.Filter == v.filter && (s.Owner == v.me || slices.Contains(v.deeds, "assign")) {
			return s
		}
	}
	return nil
}

func (p *pages) saveView(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	s := sightOf(r.URL.Query())
	if _, err := p.inbox.SaveView(r.Context(), f.Text("name"), f.Text("shared") != "", s.view, s.filter); err != nil {
		return told(w, r, err, s.at("/inbox"))
	}
	web.Flash(w, r, ui.Success, "service.view.saved")
	return web.Redirect(w, r, s.at("/inbox"))
}

func (p *pages) dropView(w http.ResponseWriter, r *http.Request) error {
	s := sightOf(r.URL.Query())
	if err := p.inbox.DropView(r.Context(), clean(r.PathValue("view"))); err != nil {
		return told(w, r, err, s.at("/inbox"))
	}
	web.Flash(w, r, ui.Success, "service.view.deleted")
	return web.Redirect(w, r, s.at("/inbox"))
}

func (p *pages) bulk(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	to := sightOf(r.URL.Query()).at("/inbox", "after", r.URL.Query().Get("after"))
	d := inbox.Deed{What: f.Text("do")}
	switch d.What {
	case "assign":
		d.To = clean(f.Text("member"))
	case "tag", "untag":
		d.To = f.Text("tag")
	case "rank":
		d.To = f.Text("priority")
	case "label":
		d.To = f.Text("feeling")
	}
	var ids []string
	for _, c := range r.PostForm["id"] {
		if c = clean(c); c != "" {
			ids = append(ids, c)
		}
	}
	done, refused, err := p.inbox.Bulk(ctx, ids, d)
	if err != nil {
		return told(w, r, err, to)
	}
	if len(refused) > 0 {
		web.Flash(w, r, ui.Warning, "service.bulk.refused", "Done", done, "Refused", len(refused), "Why", i18n.T(ctx, refused[0].Why.Key, refused[0].Why.Args...))
	} else {
		web.Flash(w, r, ui.Success, "service.bulk.done", "N", done)
	}
	return web.Redirect(w, r, to)
}

// link links the conversation with another, merges it or unlinks it, as "do" says.
func (p *pages) link(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), r.PathValue("id")
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	other, key := clean(inbox.MatterID(f.Text("other"))), "service.matter.linked"
	switch f.Text("do") {
	case "merge":
		key = "service.matter.merged"
		_, err = p.inbox.Merge(ctx, id, other)
	case "unlink":
		key = "service.matter.unlinked"
		err = p.inbox.Unlink(ctx, id, other)
	case "link":
		err = p.inbox.Link(ctx, id, other)
	default:
		err = problem.New(problem.Invalid, "problem.bad_form")
	}
	return acted(w, r, err, key)
}

// split splits the conversation at a post, or undoes the merge that an activity stated.
func (p *pages) split(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	var c inbox.Conversation
	if merge := clean(f.Text("merge")); merge != "" {
		c, err = p.inbox.Unmerge(r.Context(), r.PathValue("id"), merge)
	} else {
		c, err = p.inbox.Split(r.Context(), r.PathValue("id"), clean(f.Text("post")))
	}
	if err != nil {
		return told(w, r, err, back(r))
	}
	web.Flash(w, r, ui.Success, "service.matter.split_done")
	return web.Redirect(w, r, sightOf(r.URL.Query()).at("/inbox/"+c.ID))
}

func (p *pages) rank(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	_, err = p.inbox.Rank(r.Context(), r.PathValue("id"), f.Text("priority"))
	return acted(w, r, err, "service.ranked")
}

// tag makes the tags of a conversation those that were typed.
func (p *pages) tag(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	c, err := p.inbox.Find(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	have, err := p.inbox.TagsOf(ctx, c.ID)
	if err != nil {
		return err
	}
	_, err = p.inbox.Tag(ctx, c.ID, splitTags(f.Text("tags")), have)
	return acted(w, r, err, "service.tagged")
}

func splitTags(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ';' || r == '\n' })
}

func joinTags(list []string) string { return strings.Join(list, ", ") }

// finely reports whether one of the folded filters is used.
func (v *queueView) finely() bool {
	f := &v.filter
	return f.Service != "" || f.Nature != "" || f.Feeling != "" || f.Language != "" || f.Priority != "" || f.Age != 0 || f.Tag != "" || f.Department != "" || f.Skill != "" || f.Situation != ""
}

func ageOf(v *queueView) string {
	if v.filter.Age == 0 {
		return ""
	}
	return strconv.Itoa(v.filter.Age)
}

func priorityOf(c *inbox.Conversation) string {
	if c.Priority == "" {
		return due.Usual
	}
	return c.Priority
}

// may reports whether a deed can be done by the reader.
func (v *queueView) may(deed string) bool { return slices.Contains(v.deeds, deed) }

// answerers are those a conversation can be given to.
func (v *queueView) answerers() []ui.Option {
	return slices.DeleteFunc(slices.Clone(v.members), func(o ui.Option) bool { return o.Value == "" || o.Value == inbox.Nobody })
}

// partPost is a post of another part of the matter.
func partPost(ctx context.Context, p *inbox.Said) ui.PostProps {
	out := ui.PostProps{ID: "m-" + p.ID, Side: ui.Theirs, Author: called(ctx, p.AuthorName, p.Author), At: i18n.DateTime(ctx, p.At), Stamp: stamp(p.At), Text: p.Text, Lang: p.Language}
	if p.Ours {
		out.Side, out.Author = ui.Ours, ourName(ctx, p)
	}
	return out
}

// bulkKeys are the keys of what is done with chosen lines.
func bulkKeys(deed string) string {
	return map[string]string{"take": "t", "assign": "a", "release": "b", "resolve": "e", "reopen": "z", "tag": "+", "untag": "-", "rank": "p", "label": "f", "link": "l", "merge": "m"}[deed]
}

// plainDeeds are those that need nothing beside the lines.
func (v *queueView) plainDeeds() []string {
	return slices.DeleteFunc(slices.Clone(v.deeds), func(d string) bool { return slices.Contains([]string{"assign", "tag", "untag", "rank", "label"}, d) })
}

// choose is the value with which a line can be chosen, "" where nothing is done with many.
func (v *queueView) choose(c *inbox.Conversation) string {
	if v.current != "" || len(v.deeds) == 0 {
		return ""
	}
	return c.ID
}
