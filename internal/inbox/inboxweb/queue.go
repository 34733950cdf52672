package inboxweb

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

const pageSize = 30

// sight is how somebody looks at the queue: it travels from page to page in the address.
type sight struct {
	view   inbox.View
	filter inbox.Filter
}

func sightOf(q url.Values) sight {
	s := sight{view: inbox.View(q.Get("view")), filter: inbox.Filter{Channel: clean(q.Get("channel")), Assignee: clean(q.Get("assignee")),
		Topic: clean(q.Get("topic")), Words: strings.TrimSpace(strings.ToValidUTF8(q.Get("q"), ""))}}
	narrowing(q, &s.filter)
	if !slices.Contains(inbox.Views(), s.view) {
		s.view = inbox.WaitingView
	}
	return s
}

// clean refuses what no id looks like, before it reaches the database.
func clean(id string) string {
	if len(id) > 40 {
		return ""
	}
	for i := range len(id) {
		if c := id[i]; !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9') {
			return ""
		}
	}
	return id
}

func (s sight) values() url.Values {
	v := url.Values{}
	set := func(name, value string) {
		if value != "" {
			v.Set(name, value)
		}
	}
	if s.view != inbox.WaitingView {
		set("view", string(s.view))
	}
	set("channel", s.filter.Channel)
	set("assignee", s.filter.Assignee)
	set("topic", s.filter.Topic)
	set("q", s.filter.Words)
	narrowed(&s.filter, set)
	return v
}

// at is an address under which the queue is still looked at in this way.
func (s sight) at(path string, more ...string) string {
	v := s.values()
	for i := 0; i+1 < len(more); i += 2 {
		if more[i+1] != "" {
			v.Set(more[i], more[i+1])
		}
	}
	if len(v) == 0 {
		return path
	}
	return path + "?" + v.Encode()
}

// readable leaves out a search that cannot be understood: the queue says so, a conversation is shown all the same.
func (p *pages) readable(ctx context.Context, s sight) sight {
	if err := p.inbox.Legible(ctx, s.filter); err != nil {
		s.filter.Words, s.filter.Situation = "", ""
	}
	return s
}

func (s sight) narrowed() bool { return s.filter != inbox.Filter{} }

type queueView struct {
	sight
	lines    *ui.Memo
	now      time.Time
	list     []inbox.Conversation
	reach    inbox.Reach
	refused  string // why what was looked for cannot be
	counts   inbox.Counts
	channels []ui.Option
	members  []ui.Option
	topics   []ui.Option
	named    map[string]string // channels
	called   map[string]string // members
	marks    map[string]string // what stands to the right of the inbox shows of conversations
	owing    map[string]inbox.Pair
	me       string
	here     string
	newest   string
	older    string
	current  string // the conversation that is read beside the list

	saved                        []inbox.SavedView
	languages, tags, departments []ui.Option
	skills, situations           []ui.Option
	deeds                        []string // what can be done with many at once
	bulkAt                       string
}

func (p *pages) queue(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v := &queueView{sight: sightOf(r.URL.Query()), lines: &p.lines, now: p.inbox.Now(), me: me(ctx)}
	cursor := r.URL.Query().Get("after")
	v.here = v.at("/inbox", "after", cursor)
	v.bulkAt = v.at("/inbox-bulk", "after", cursor)
	var next string
	var err error
	if err := p.offer(ctx, v); err != nil {
		return err
	}
	if v.list, next, v.reach, err = p.inbox.Search(ctx, v.view, v.filter, cursor, pageSize); err != nil {
		if v.refused = misspelled(ctx, err); v.refused == "" {
			return err
		}
	}
	if next != "" {
		v.older = v.at("/inbox", "after", next)
	}
	if cursor != "" {
		v.newest = v.at("/inbox")
	}
	if v.counts, err = p.inbox.Counts(ctx, v.me); err != nil {
		return err
	}
	if v.named, v.called, err = p.inbox.Names(ctx, v.list...); err != nil {
		return err
	}
	if err := p.mark(ctx, v); err != nil {
		return err
	}
	if r.Header.Get("HX-Target") == "queue" {
		return web.Part(w, r, queueRegion(v))
	}
	if v.refused != "" {
		web.Invalid(w)
	}
	channels, err := p.inbox.Channels(ctx)
	if err != nil {
		return err
	}
	v.channels = []ui.Option{{Label: i18n.T(ctx, "inbox.any_channel")}}
	for _, c := range channels {
		v.channels = append(v.channels, ui.Option{Value: c.ID, Label: c.Name})
	}
	members, err := p.inbox.Answerers(ctx)
	if err != nil {
		return err
	}
	v.members = []ui.Option{{Label: i18n.T(ctx, "inbox.anybody")}, {Value: inbox.Nobody, Label: i18n.T(ctx, "inbox.nobody")}}
	for _, m := range members {
		v.members = append(v.members, ui.Option{Value: m.ID, Label: m.Name})
	}
	topics, err := p.inbox.Topics(ctx)
	if err != nil {
		return err
	}
	if len(topics) > 0 {
		v.topics = []ui.Option{{Label: i18n.T(ctx, "inbox.any_topic")}}
		for _, t := range topics {
			v.topics = append(v.topics, ui.Option{Value: t.ID, Label: t.Name})
		}
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "inbox.title"), Wide: true, Shortcuts: shortcuts(ctx)}, queuePage(v))
}

// mark reads what lists show beside what conversations say of themselves.
func (p *pages) mark(ctx context.Context, v *queueView) (err error) {
	if p.Marks != nil {
		v.marks = p.Marks(ctx, v.list)
	}
	v.owing, err = p.inbox.Owing(ctx, v.list)
	return err
}

// owes reports whether a public answer or a private follow-up is still to be said.
func (v *queueView) owes(c *inbox.Conversation) bool {
	_, yes := v.owing[c.ID]
	return yes
}

// misspelled is why a search cannot be understood, "" when err is something else.
func misspelled(ctx context.Context, err error) string {
	if p := problem.Of(err); p.Code == problem.Invalid && (p.Field == "q" || p.Field == "situation") {
		return i18n.T(ctx, p.Key, p.Args...)
	}
	return ""
}

func me(ctx context.Context) string {
	if m := org.Who(ctx); m != nil {
		return m.ID
	}
	return ""
}

// shortcuts are told on the queue too, so that they are known before the first conversation is opened.
func shortcuts(ctx context.Context) []ui.Shortcut {
	var out []ui.Shortcut
	for _, k := range []string{"r", "n", "t", "e", "[", "]", "u"} {
		out = append(out, ui.Shortcut{Keys: k, Label: i18n.T(ctx, "inbox.key."+keyName(k))})
	}
	return append(out, ui.Shortcut{Keys: "x", Label: i18n.T(ctx, "inbox.key.choose")}, ui.Shortcut{Keys: "X", Label: i18n.T(ctx, "inbox.key.choose_many")})
}

func keyName(key string) string {
	switch key {
	case "r":
		return "reply"
	case "n":
		return "note"
	case "t":
		return "take"
	case "e":
		return "resolve"
	case "[":
		return "previous"
	case "]":
		return "next"
	}
	return "queue"
}

// told turns a refusal into a toast on the page that to names; what is our fault stays an error.
func told(w http.ResponseWriter, r *http.Request, err error, to string) error {
	p := problem.Of(err)
	switch {
	case p.Code == problem.Conflict, p.Code == problem.Invalid, inbox.Barred(err):
		web.Flash(w, r, ui.Warning, p.Key, p.Args...)
		return web.Redirect(w, r, to)
	}
	return err
}
