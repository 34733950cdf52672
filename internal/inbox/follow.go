package inbox

import (
	"context"
	"fmt"
	"sort"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/ledger"
)

// Follower derives conversations.
func Follower() ledger.Follower {
	return ledger.Follower{Name: "inbox", Version: 1, Apply: apply, Tables: []string{"conversation", "conversation_span", "conversation_author",
		"conversation_alias", "conversation_count"}}
}

// desk is what a batch changes, written once at its end.
type desk struct {
	ctx    context.Context
	q      db.Q
	roots  map[string]string        // post to the first of its thread
	byRoot map[string]*Conversation // nil: looked for, not there
	byID   map[string]*Conversation
	dirty  map[string]bool
	before map[string]countKey // of conversations as they were read
	spans  [][]any
	people map[[2]string]bool // author, conversation
	order  [][2]string
}

type countKey struct {
	state, assignee string
	waiting         int64
}

func keyOf(c *Conversation) countKey { return countKey{string(c.State), c.Assignee, db.B(c.Waiting())} }

func apply(ctx context.Context, q db.Q, list []ledger.Activity) error {
	d := &desk{ctx: ctx, q: q, roots: map[string]string{}, byRoot: map[string]*Conversation{}, byID: map[string]*Conversation{},
		dirty: map[string]bool{}, before: map[string]countKey{}, people: map[[2]string]bool{}}
	var posts, ids []string
	for i := range list {
		a := &list[i]
		switch a.Kind {
		case ledger.PostSaid:
			posts = append(posts, a.ID)
		case ledger.AnswerPicked:
			posts = append(posts, a.Object)
		case ledger.ConversationOpened:
			var o ledger.Opened
			if err := a.Decode(&o); err != nil {
				return err
			}
			posts = append(posts, o.Post)
		case ledger.ConversationTaken, ledger.ConversationAssigned, ledger.ConversationReleased, ledger.ConversationNoted,
			ledger.ConversationResolved, ledger.ConversationReopened:
			ids = append(ids, a.Object)
		}
	}
	if len(posts) == 0 && len(ids) == 0 {
		return nil
	}
	if err := d.read(posts, ids); err != nil {
		return fmt.Errorf("read conversations: %w", err)
	}
	for i := range list {
		if err := d.take(&list[i]); err != nil {
			return err
		}
	}
	return d.write()
}

// read fetches the conversations that the batch may touch.
func (d *desk) read(posts, ids []string) error {
	type thread struct{ post, root string }
	threads, err := db.All(d.ctx, d.q, func(t *thread) []any { return []any{&t.post, &t.root} },
		"SELECT id, root FROM post WHERE id IN "+db.Among(d.q, "$1"), db.Texts(posts))
	if err != nil {
		return err
	}
	var roots []string
	for _, t := range threads {
		d.roots[t.post] = t.root
		if _, ok := d.byRoot[t.root]; !ok {
			d.byRoot[t.root] = nil
			roots = append(roots, t.root)
		}
	}
	found, err := db.All(d.ctx, d.q, fields, "SELECT "+columns+" FROM conversation WHERE root IN "+db.Among(d.q, "$1"), db.Texts(roots))
	if err != nil {
		return err
	}
	if len(ids) > 0 {
		named, err := db.All(d.ctx, d.q, fields, "SELECT "+columns+" FROM conversation WHERE id IN "+db.Among(d.q, "$1"), db.Texts(ids))
		if err != nil {
			return err
		}
		found = append(found, named...)
	}
	for i := range found {
		d.know(&found[i])
	}
	return nil
}

func (d *desk) know(c *Conversation) *Conversation {
	if known := d.byID[c.ID]; known != nil {
		return known
	}
	d.byID[c.ID], d.byRoot[c.Root] = c, c
	d.before[c.ID] = keyOf(c)
	return c
}

// conversation finds one by its id, or by an id it had before it was joined to another.
func (d *desk) conversation(id string) (*Conversation, error) {
	if c := d.byID[id]; c != nil {
		return c, nil
	}
	alias, found, err := db.Value[string](d.ctx, d.q, "SELECT conversation FROM conversation_alias WHERE id = $1", id)
	if err != nil || !found {
		return nil, err
	}
	if c := d.byID[alias]; c != nil {
		return c, nil
	}
	c, found, err := db.One(d.ctx, d.q, fields, "SELECT "+columns+" FROM conversation WHERE id = $1", alias)
	if err != nil || !found {
		return nil, err
	}
	return d.know(&c), nil
}

func (d *desk) take(a *ledger.Activity) error {
	switch a.Kind {
	case ledger.PostSaid:
		return d.said(a)
	case ledger.ConversationOpened:
		return d.open(a)
	case ledger.AnswerPicked:
		var p ledger.Picked
		if err := a.Decode(&p); err != nil {
			return err
		}
		if c := d.byRoot[d.roots[a.Object]]; c != nil && c.State == Open && p.Answer != "" {
			return d.resolve(c, a)
		}
		return nil
	case ledger.ConversationTaken, ledger.ConversationAssigned, ledger.ConversationReleased, ledger.ConversationNoted,
		ledger.ConversationResolved, ledger.ConversationReopened:
	default:
		return nil
	}
	c, err := d.conversation(a.Object)
	if err != nil || c == nil {
		return err
	}
	d.dirty[c.ID] = true
	switch a.Kind {
	case ledger.ConversationTaken:
		c.Assignee = memberOf(a.Actor)
	case ledger.ConversationAssigned:
		var to ledger.Assigned
		if err := a.Decode(&to); err != nil {
			return err
		}
		c.Assignee = to.To
	case ledger.ConversationReleased:
		c.Assignee = ""
	case ledger.ConversationNoted:
		c.Notes++
	case ledger.ConversationResolved:
		if c.State == Open {
			return d.resolve(c, a)
		}
	case ledger.ConversationReopened:
		if c.State == Resolved {
			return d.reopen(c, a.At)
		}
	}
	return nil
}

func memberOf(actor string) string { return strings.TrimPrefix(actor, "member:") }

func (d *desk) said(a *ledger.Activity) error {
	s, err := a.Said()
	if err != nil {
		return err
	}
	root := d.roots[a.ID]
	c := d.byRoot[root]
	// A post that joined threads is alone in its batch: their conversations become one.
	if err := d.join(a.ID, root, &c); err != nil {
		return err
	}
	if c == nil {
		if s.Ours || !s.Inbox || s.Automatic != "" || root == "" {
			return nil
		}
		c = d.begin(a, a.ID, root)
	}
	return d.add(c, a, s)
}

// begin opens a conversation about a thread.
func (d *desk) begin(a *ledger.Activity, post, root string) *Conversation {
	c := &Conversation{ID: id.From(post, "conversation"), Root: root, Channel: a.Channel, State: Open, OpenedAt: a.At, LastAt: a.At}
	d.byID[c.ID], d.byRoot[root] = c, c
	d.dirty[c.ID] = true
	d.spans = append(d.spans, []any{c.ID, 0, db.T(a.At), nil, ""})
	return c
}

// add takes a post into its conversation.
func (d *desk) add(c *Conversation, a *ledger.Activity, s *ledger.Said) error {
	d.dirty[c.ID] = true
	c.Posts++
	if a.At.After(c.LastAt) {
		c.LastAt = a.At
	}
	if s.Automatic != "" {
		return nil // a machine neither asks nor answers
	}
	if s.Ours {
		if a.At.After(c.LastOursAt) {
			c.LastOursAt = a.At
		}
		if !a.At.Before(c.OpenedAt) && (c.FirstReplyAt.IsZero() || a.At.Before(c.FirstReplyAt)) {
			c.FirstReplyAt, c.FirstReplyBy = a.At, s.Member
		}
		if c.Waiting() && !a.At.Before(c.WaitingSince) {
			c.WaitingSince = time.Time{}
			if c.LastTheirsAt.After(a.At) {
				c.WaitingSince = c.LastTheirsAt
			}
		}
		return nil
	}
	if c.Author == "" {
		c.Author, c.AuthorName, c.Title, c.Excerpt, c.Kind, c.Private = a.Actor, s.AuthorName, s.Title, Excerpt(s.Text), s.Kind, s.Private
	}
	if a.At.Before(c.OpenedAt) {
		c.OpenedAt = a.At
		if _, err := d.span("UPDATE conversation_span SET opened_at = $1 WHERE conversation = $2 AND n = 0", db.T(a.At), c.ID); err != nil {
			return err
		}
	}
	if a.At.After(c.LastTheirsAt) {
		c.LastTheirsAt = a.At
	}
	if a.At.After(c.LastOursAt) && c.State == Open && (!c.Waiting() || a.At.Before(c.WaitingSince)) {
		c.WaitingSince = a.At
	}
	if key := [2]string{a.Actor, c.ID}; !d.people[key] {
		d.people[key] = true
		d.order = append(d.order, key)
	}
	if c.State == Resolved && a.At.After(c.ResolvedAt) {
		if err := d.reopen(c, a.At); err != nil {
			return err
		}
		c.WaitingSince = a.At
	}
	return nil
}

func (d *desk) open(a *ledger.Activity) error {
	var o ledger.Opened
	if err := a.Decode(&o); err != nil {
		return err
	}
	root := d.roots[o.Post]
	if root == "" || d.byRoot[root] != nil {
		return nil
	}
	post, found, err := db.One(d.ctx, d.q, fieldsOfSaid, "SELECT channel, kind, author, author_name, title, text, at, private, ours, automatic FROM post WHERE id = $1", o.Post)
	if err != nil || !found || post.said.Ours {
		return err
	}
	about := ledger.Activity{ID: o.Post, Actor: post.author, Channel: post.channel, At: post.at}
	c := d.begin(&about, o.Post, root)
	return d.add(c, &about, &post.said)
}

type saidRow struct {
	channel, author string
	at              time.Time
	said            ledger.Said
}

func fieldsOfSaid(r *saidRow) []any {
	return []any{&r.channel, &r.said.Kind, &r.author, &r.said.AuthorName, &r.said.Title, &r.said.Text, db.At(&r.at), db.Bool(&r.said.Private),
		db.Bool(&r.said.Ours), &r.said.Automatic}
}

func (d *desk) resolve(c *Conversation, a *ledger.Activity) error {
	d.dirty[c.ID] = true
	c.State, c.ResolvedAt, c.WaitingSince = Resolved, a.At, time.Time{}
	_, err := d.span("UPDATE conversation_span SET resolved_at = $1, resolved_by = $2 WHERE conversation = $3 AND n = $4",
		db.T(a.At), memberOf(a.Actor), c.ID, c.Reopened)
	return err
}

func (d *desk) reopen(c *Conversation, at time.Time) error {
	d.dirty[c.ID] = true
	c.State, c.ResolvedAt = Open, time.Time{}
	c.Reopened++
	d.spans = append(d.spans, []any{c.ID, c.Reopened, db.T(at), nil, ""})
	return nil
}

// span changes a span, writing first those that wait to be written.
func (d *desk) span(text string, args ...any) (int64, error) {
	if err := d.writeSpans(); err != nil {
		return 0, err
	}
	return db.Exec(d.ctx, d.q, text, args...)
}

func (d *desk) writeSpans() error {
	err := db.Insert(d.ctx, d.q, "conversation_span (conversation, n, opened_at, resolved_at, resolved_by)", d.spans, "")
	d.spans = d.spans[:0]
	return err
}

// join makes one conversation of those whose threads the activity joined. The one opened first keeps its id and its state.
func (d *desk) join(activity, root string, c **Conversation) error {
	if len(d.roots) != 1 {
		return nil // such a post is alone in its batch
	}
	old, err := db.All(d.ctx, d.q, fields, "SELECT "+columns+" FROM conversation WHERE root IN (SELECT old_root FROM thread_move WHERE activity = $1)", activity)
	if err != nil || len(old) == 0 {
		return err
	}
	all := make([]*Conversation, 0, len(old)+1)
	for i := range old {
		all = append(all, d.know(&old[i]))
	}
	if *c != nil {
		all = append(all, *c)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].ID < all[j].ID })
	kept := all[0]
	for _, other := range all[1:] {
		kept.Posts += other.Posts
		kept.Notes += other.Notes
		if other.OpenedAt.Before(kept.OpenedAt) {
			kept.OpenedAt = other.OpenedAt
		}
		kept.LastAt = later(kept.LastAt, other.LastAt)
		kept.LastTheirsAt = later(kept.LastTheirsAt, other.LastTheirsAt)
		kept.LastOursAt = later(kept.LastOursAt, other.LastOursAt)
		if kept.FirstReplyAt.IsZero() || !other.FirstReplyAt.IsZero() && other.FirstReplyAt.Before(kept.FirstReplyAt) {
			kept.FirstReplyAt, kept.FirstReplyBy = other.FirstReplyAt, other.FirstReplyBy
		}
		if kept.State == Open && other.Waiting() && (!kept.Waiting() || other.WaitingSince.Before(kept.WaitingSince)) {
			kept.WaitingSince = other.WaitingSince
		}
		for _, statement := range []string{
			"DELETE FROM conversation WHERE id = $1 AND id <> $2",
			"DELETE FROM conversation_span WHERE conversation = $1 AND conversation <> $2",
			"UPDATE conversation_alias SET conversation = $2 WHERE conversation = $1",
			"INSERT INTO conversation_alias (id, conversation) VALUES ($1, $2)",
			"INSERT INTO conversation_author (author, conversation) SELECT author, $2 FROM conversation_author WHERE conversation = $1 ON CONFLICT DO NOTHING",
			"DELETE FROM conversation_author WHERE conversation = $1 AND conversation <> $2",
		} {
			if _, err := db.Exec(d.ctx, d.q, statement, other.ID, kept.ID); err != nil {
				return fmt.Errorf("join conversations: %w", err)
			}
		}
		if was, ok := d.before[other.ID]; ok {
			if err := d.count(map[countKey]int{was: -1}); err != nil {
				return err
			}
		}
		delete(d.dirty, other.ID)
		delete(d.before, other.ID)
		d.byID[other.ID] = kept
	}
	if kept.Root != root { // free the root first: it is unique
		kept.Root = root
	}
	d.dirty[kept.ID] = true
	d.byRoot[root] = kept
	*c = kept
	return nil
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func (d *desk) write() error {
	ids := make([]string, 0, len(d.dirty))
	for id := range d.dirty {
		ids = append(ids, id)
	}
	sort.Strings(ids)
	rows := make([][]any, len(ids))
	counts := map[countKey]int{}
	for i, id := range ids {
		c := d.byID[id]
		rows[i] = c.row()
		if was, ok := d.before[id]; ok {
			counts[was]--
		}
		counts[keyOf(c)]++
	}
	if err := db.Insert(d.ctx, d.q, "conversation ("+columns+")", rows, `ON CONFLICT (id) DO UPDATE SET root = excluded.root, state = excluded.state,
		assignee = excluded.assignee, title = excluded.title, excerpt = excluded.excerpt, kind = excluded.kind, author = excluded.author,
		author_name = excluded.author_name, private = excluded.private, opened_at = excluded.opened_at, first_reply_at = excluded.first_reply_at,
		first_reply_by = excluded.first_reply_by, resolved_at = excluded.resolved_at, waiting_since = excluded.waiting_since,
		last_theirs_at = excluded.last_theirs_at, last_ours_at = excluded.last_ours_at, last_at = excluded.last_at, posts = excluded.posts,
		notes = excluded.notes, reopened = excluded.reopened`); err != nil {
		return err
	}
	if err := d.writeSpans(); err != nil {
		return err
	}
	people := make([][]any, len(d.order))
	for i, k := range d.order {
		people[i] = []any{k[0], k[1]}
	}
	if err := db.Insert(d.ctx, d.q, "conversation_author (author, conversation)", people, "ON CONFLICT DO NOTHING"); err != nil {
		return err
	}
	return d.count(counts)
}

func (d *desk) count(change map[countKey]int) error {
	keys := make([]countKey, 0, len(change))
	for k, n := range change {
		if n != 0 {
			keys = append(keys, k)
		}
	}
	sort.Slice(keys, func(i, j int) bool {
		a, b := keys[i], keys[j]
		if a.state != b.state {
			return a.state < b.state
		}
		if a.assignee != b.assignee {
			return a.assignee < b.assignee
		}
		return a.waiting < b.waiting
	})
	rows := make([][]any, len(keys))
	for i, k := range keys {
		rows[i] = []any{k.state, k.assignee, k.waiting, change[k]}
	}
	return db.Insert(d.ctx, d.q, "conversation_count (state, assignee, waiting, n)", rows,
		"ON CONFLICT (state, assignee, waiting) DO UPDATE SET n = conversation_count.n + excluded.n")
}

// Excerpt is the beginning of a text on one line, at most 200 bytes.
func Excerpt(text string) string {
	const most = 200
	if len(text) > 4*most {
		text = text[:4*most]
	}
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "")), " ")
	if len(text) <= most {
		return text
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	if i := strings.LastIndexByte(text[:cut], ' '); i > most/2 {
		cut = i
	}
	return text[:cut] + "…"
}
