package inboxweb

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

const (
	threadPage = 100              // posts on one page of a long thread
	holdFor    = 10 * time.Second // an answer can be taken back so long
	maxNote    = 20_000
	maxReply   = 50_000
)

// longest is how many characters a reply may have, by our rule and the place's.
func (v *conversationView) longest() int {
	if most := v.ways.Channel.State.Limits.MaxLength; most > 0 {
		return min(most, maxReply)
	}
	return maxReply
}

type conversationView struct {
	sight
	c             inbox.Conversation
	now           time.Time
	line          inbox.Timeline
	answers       []channel.Sending
	history       []ui.Event
	ways          inbox.Ways
	named, called map[string]string
	me            *org.Member
	members       []ui.Option
	panels        []ui.Panel
	others        []inbox.Present
	before, after string
	beside        *queueView // what stands around it in the view; nil on a part of the page
	here          string     // this very page
	path          string     // /inbox/ID
	latest        string     // the newest part of the thread, when this is an older one
	form          *composed
	owed          []inbox.ServiceLeft
	parts         []inbox.Part
	tags          []string
	part          string // of a long thread, "" for the newest
	translations
}

// may reports whether the reader may do p.
func (v *conversationView) may(p org.Permission) bool { return v.me.May(p) }

// composed is what was typed and not accepted.
type composed struct {
	reply, note           string
	replyError, noteError string
	token, noteToken      string
	private               bool
	chosen                bool // private was chosen, not defaulted
	errors                []ui.FieldError
	composing
}

func (p *pages) conversation(w http.ResponseWriter, r *http.Request) error {
	return p.show(w, r, &composed{})
}

func (p *pages) show(w http.ResponseWriter, r *http.Request, form *composed) error {
	ctx := r.Context()
	q := r.URL.Query()
	c, err := p.inbox.Find(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	v := &conversationView{sight: p.readable(ctx, sightOf(q)), c: c, now: p.inbox.Now(), me: org.Who(ctx), path: "/inbox/" + c.ID, form: form}
	if c.ID != r.PathValue("id") && r.Method == http.MethodGet {
		return web.Redirect(w, r, v.at(v.path)) // it was joined to another
	}
	if r.Header.Get("HX-Target") == "beside" && r.Method == http.MethodGet {
		if err := p.lay(ctx, v); err != nil {
			return err
		}
		return web.Part(w, r, besideRegion(v.beside))
	}
	part := q.Get("before")
	v.here = v.at(v.path, "before", part, "to", clean(q.Get("to")))
	if part != "" {
		v.latest = v.at(v.path)
	}
	if v.line, err = p.inbox.Timeline(ctx, c.ID, part, threadPage); err != nil {
		return err
	}
	v.answers, v.part = sendings(&v.line), part
	if err := p.translated(ctx, v); err != nil {
		return err
	}
	if v.ways, err = p.inbox.Ways(ctx, &c, clean(q.Get("to"))); err != nil {
		if !problem.Is(err, problem.Missing) && !problem.Is(err, problem.Invalid) {
			return err
		}
		if v.ways, err = p.inbox.Ways(ctx, &c, ""); err != nil && !problem.Is(err, problem.Missing) {
			return err
		}
	}
	fragment := r.Method == http.MethodGet && r.Header.Get("HX-Target") == "conversation"
	if !fragment {
		if err := p.lay(ctx, v); err != nil {
			return err
		}
	} else if v.before, v.after, err = p.inbox.Beside(ctx, v.view, v.filter, &c); err != nil {
		return err
	} else if v.named, v.called, err = p.inbox.Names(ctx, c); err != nil {
		return err
	}
	if v.me.May(org.InboxAssign) {
		members, err := p.inbox.Answerers(ctx)
		if err != nil {
			return err
		}
		v.members = []ui.Option{{Label: i18n.T(ctx, "inbox.nobody")}}
		for _, m := range members {
			v.members = append(v.members, ui.Option{Value: m.ID, Label: m.Name})
		}
		if c.Assignee != "" && !slices.ContainsFunc(members, func(m *org.Member) bool { return m.ID == c.Assignee }) {
			v.members = append(v.members, ui.Option{Value: c.Assignee, Label: v.called[c.Assignee]})
		}
	}
	v.history = history(ctx, &v.line, v.now)
	if v.others, err = p.inbox.Others(ctx, c.ID, v.me.ID); err != nil {
		return err
	}
	v.panels = p.routingPanels(ctx, v)
	if v.owed, err = p.inbox.ServiceLeft(ctx, &c); err != nil {
		return err
	}
	if v.parts, err = p.inbox.Matter(ctx, &c, 5); err != nil {
		return err
	}
	if v.tags, err = p.inbox.TagsOf(ctx, c.ID); err != nil {
		return err
	}
	if p.Panels != nil {
		v.panels = append(v.panels, p.Panels(ctx, c)...)
	}
	if form.token == "" {
		form.token = web.Token(r)
	}
	if form.noteToken == "" {
		form.noteToken = web.Token(r)
	}
	if !form.chosen {
		form.private = v.ways.Private && (v.ways.Post.Private || !v.ways.Public)
	}
	if err := p.prepare(ctx, v); err != nil {
		return err
	}
	if r.Header.Get("HX-Target") == "composer" {
		return web.Part(w, r, composerRegion(v))
	}
	if fragment {
		return web.Part(w, r, conversationRegion(v))
	}
	if len(form.errors) > 0 {
		web.Invalid(w)
	}
	return web.Show(w, r, web.Page{Title: name(ctx, &c), Wide: true, Shortcuts: shortcuts(ctx)}, conversationPage(v))
}

// So many conversations stand above and below the one that is read: it stays in sight without scrolling.
const (
	aboveHere = 3
	belowHere = 30
)

// lay puts the list of the view beside the conversation.
func (p *pages) lay(ctx context.Context, v *conversationView) error {
	list, here, err := p.inbox.Around(ctx, v.view, v.filter, &v.c, aboveHere, belowHere)
	if err != nil {
		return err
	}
	if here > 0 {
		v.before = list[here-1].ID
	}
	if here+1 < len(list) {
		v.after = list[here+1].ID
	}
	if v.named, v.called, err = p.inbox.Names(ctx, list...); err != nil {
		return err
	}
	v.beside = &queueView{sight: v.sight, lines: &p.lines, now: v.now, list: list, named: v.named, called: v.called, me: v.me.ID, here: v.at(v.path), current: v.c.ID}
	return nil
}

func sendings(t *inbox.Timeline) (out []channel.Sending) {
	for _, e := range t.Entries {
		if e.Answer != nil {
			out = append(out, *e.Answer)
		}
	}
	return out
}

// history lists what members did, the newest first.
func history(ctx context.Context, t *inbox.Timeline, now time.Time) (out []ui.Event) {
	for _, e := range slices.Backward(t.Entries) {
		if ch := e.Change; ch != nil && len(out) < 30 {
			out = append(out, ui.Event{Icon: changeIcon(ch.Kind), Tone: changeTone(ch.Kind), Title: sentence(ctx, ch), At: i18n.Ago(ctx, e.At, now), Stamp: stamp(e.At)})
		}
	}
	return out
}

// underway reports whether something of the answers will change by itself.
func underway(list []channel.Sending) bool {
	return slices.ContainsFunc(list, func(v channel.Sending) bool { return v.State == channel.Queued || v.State == channel.Underway })
}

func (p *pages) answers(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	c, err := p.inbox.Find(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	list, err := p.inbox.Answers(ctx, &c)
	if err != nil {
		return err
	}
	v := &conversationView{sight: sightOf(r.URL.Query()), c: c, now: p.inbox.Now(), me: org.Who(ctx), path: "/inbox/" + c.ID, answers: list}
	if r.Header.Get("HX-Request") == "" {
		return web.Redirect(w, r, v.at(v.path))
	}
	return web.Part(w, r, answersPart(v))
}

// folded is a panel that is read when it is unfolded; without JavaScript, the page that tells more.
func (p *pages) folded(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	c, err := p.inbox.Find(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	read := p.Folded[r.PathValue("panel")]
	if read == nil {
		return problem.New(problem.Missing, "problem.not_found")
	}
	body, page, err := read(ctx, c)
	if err != nil {
		return err
	}
	if r.Header.Get("HX-Request") == "" && page != "" {
		return web.Redirect(w, r, page)
	}
	if body == nil {
		body = nothingFolded()
	}
	if r.Header.Get("HX-Request") == "" {
		return web.Show(w, r, web.Page{Title: name(ctx, &c)}, foldedPage(&c, body))
	}
	return web.Part(w, r, body)
}
