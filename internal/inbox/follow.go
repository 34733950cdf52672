package inbox

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/ledger"
)

// Follower derives conversations.
func Follower() ledger.Follower {
	return ledger.Follower{Name: "inbox", Version: 4, Apply: apply, Cut: cut, Tables: []string{"conversation", "conversation_span", "conversation_author",
		"conversation_alias", "conversation_count", "conversation_promise", "service_promise", "conversation_tag", "conversation_link", "conversation_pass", "conversation_escalation"}}
}

// desk is what a batch changes, written once at its end.
type desk struct {
	ctx    context.Context
	q      db.Q
	roots  map[string]string        // post to the first of its thread
	byRoot map[string]*Conversation // nil: looked for, not there
	byID   map[string]*Conversation
	dirty  map[string]bool
	before map[string]Conversation // as they were read
	spans  spans
	people map[[2]string]bool // author, conversation
	order  [][2]string
	fresh  map[string]bool // roots whose conversation began or was joined: nothing in their threads is due any more
	heard  []string        // posts that came into a conversation
	at     map[string]int  // place in the batch of the posts said in it
	taken  map[string]enrich.Taken
	served served
	parted bool // a thread is parted: what was promised in it goes on in its parts
}

type countKey struct {
	state, assignee string
	waiting         int64
}

func keyOf(c *Conversation) countKey { return countKey{string(c.State), c.Assignee, db.B(c.Waiting())} }

func newDesk(ctx context.Context, q db.Q) *desk {
	return &desk{ctx: ctx, q: q, roots: map[string]string{}, byRoot: map[string]*Conversation{}, byID: map[string]*Conversation{},
		dirty: map[string]bool{}, before: map[string]Conversation{}, people: map[[2]string]bool{}, fresh: map[string]bool{}, at: map[string]int{}, taken: map[string]enrich.Taken{}}
}

func apply(ctx context.Context, q db.Q, list []ledger.Activity) error {
	d := newDesk(ctx, q)
	var posts, ids, said []string
	promised := false
	for i := range list {
		a := &list[i]
		switch a.Kind {
		case ledger.PostSaid:
			d.at[a.ID] = i
			said = append(said, a.ID)
			if root := a.Root(); root != "" {
				d.roots[a.ID] = root
			} else {
				posts = append(posts, a.ID)
			}
		case ledger.AnswerPicked, ledger.PostEdited, ledger.PostDeleted, ledger.PostLabelled, ledger.PostCarried:
			posts = append(posts, a.Object)
		case ledger.ConversationOpened:
			var o ledger.Opened
			if err := a.Decode(&o); err != nil {
				return err
			}
			posts = append(posts, o.Post)
		case ledger.ConversationTaken, ledger.ConversationAssigned, ledger.ConversationReleased, ledger.ConversationNoted,
			ledger.ConversationResolved, ledger.ConversationReopened, ledger.ConversationPassed, ledger.ConversationEscalated, ledger.ConversationRanked,
			ledger.ConversationTagged:
			ids = append(ids, a.Object)
		case ledger.ConversationLinked, ledger.ConversationUnlinked:
			ids = append(ids, a.Object)
		case ledger.ServicePromised, ledger.ConversationMerged, ledger.ConversationSplit:
			promised = true
		}
	}
	if len(posts) == 0 && len(ids) == 0 && len(d.roots) == 0 && !promised {
		return nil
	}
	var err error
	if d.taken, err = enrich.TakenFor(ctx, q, said); err != nil {
		return err
	}
	if err := d.openBook(); err != nil {
		return err
	}
	if err := d.read(posts, ids); err != nil {
		return fmt.Errorf("read conversations: %w", err)
	}
	for i := range list {
		if err := d.take(&list[i], i); err != nil {
			return err
		}
	}
	if err := d.write(); err != nil {
		return err
	}
	return d.settle()
}

// read fetches the conversations that the batch may touch.
func (d *desk) read(posts, ids []string) error {
	type thread struct{ post, root string }
	posts, ids = append([]string{}, posts...), append([]string{}, ids...) // never nil: PostgreSQL takes no null for an empty list
	if len(posts) > 0 {
		threads, err := db.All(d.ctx, d.q, func(t *thread) []any { return []any{&t.post, &t.root} },
			"SELECT id, root FROM post WHERE id IN "+db.Among(d.q, "$1"), db.Texts(posts))
		if err != nil {
			return err
		}
		for _, t := range threads {
			d.roots[t.post] = t.root
		}
	}
	roots := []string{}
	for _, root := range d.roots {
		if _, ok := d.byRoot[root]; !ok {
			d.byRoot[root] = nil
			roots = append(roots, root)
		}
	}
	slices.Sort(roots)
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
	return d.readPromises()
}

func (d *desk) know(c *Conversation) *Conversation {
	if known := d.byID[c.ID]; known != nil {
		return known
	}
	d.byID[c.ID], d.byRoot[c.Root] = c, c
	d.before[c.ID] = *c
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

func (d *desk) take(a *ledger.Activity, n int) error {
	switch a.Kind {
	case ledger.PostSaid:
		return d.said(a)
	case ledger.PostEdited, ledger.PostDeleted:
		return d.reworded(a)
	case ledger.PostCarried: // alone in its batch, like a post that joins threads
		root := d.roots[a.Object]
		c := d.byRoot[root]
		return d.join(a.ID, root, &c)
	case ledger.ConversationOpened:
		return d.open(a, n)
	case ledger.AnswerPicked:
		var p ledger.Picked
		if err := a.Decode(&p); err != nil {
			return err
		}
		if c := d.byRoot[d.roots[a.Object]]; c != nil && c.State == Open && p.Answer != "" {
			by, err := d.answererOf(a.Channel, p.Answer, n)
			if err != nil {
				return err
			}
			resolved := *a
			if by != "" { // whose answer was accepted has resolved it
				resolved.Actor = "member:" + by
			}
			return d.resolve(c, &resolved)
		}
		return nil
	case ledger.PostLabelled:
		return d.labelled(a)
	case ledger.ServicePromised:
		return d.promised(a)
	case ledger.ConversationMerged:
		return d.merged(a)
	case ledger.ConversationSplit:
		return d.split(a)
	case ledger.ConversationLinked, ledger.ConversationUnlinked:
		c, err := d.conversation(a.Object)
		if err != nil || c == nil {
			return err
		}
		return d.linked(c, a)
	case ledger.ConversationTaken, ledger.ConversationAssigned, ledger.ConversationReleased, ledger.ConversationNoted,
		ledger.ConversationResolved, ledger.ConversationReopened, ledger.ConversationPassed, ledger.ConversationEscalated, ledger.ConversationRanked,
		ledger.ConversationTagged:
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
	case ledger.ConversationPassed:
		return d.passed(c, a)
	case ledger.ConversationEscalated:
		return d.escalated(c, a)
	case ledger.ConversationNoted:
		c.Notes++
	case ledger.ConversationResolved:
		if c.State == Open {
			return d.resolve(c, a)
		}
	case ledger.ConversationReopened:
		if c.State == Resolved {
			if err := d.reopen(c, a.At); err != nil {
				return err
			}
			if c.LastTheirsAt.After(c.LastOursAt) {
				c.WaitingSince = a.At
			}
		}
	case ledger.ConversationRanked:
		var r ledger.Ranked
		if err := a.Decode(&r); err != nil {
			return err
		}
		c.Priority = r.Priority
	case ledger.ConversationTagged:
		if err := d.tagged(c, a); err != nil {
			return err
		}
	}
	return d.serve(c, a.At)
}

// answererOf is the member who said what is known by an external id in a channel, "" for nobody of us; what is said later in the batch than n is not
// said yet.
func (d *desk) answererOf(channelID, external string, n int) (string, error) {
	type answer struct{ id, member string }
	said, found, err := db.One(d.ctx, d.q, func(x *answer) []any { return []any{&x.id, &x.member} },
		"SELECT id, member FROM post WHERE channel = $1 AND external_id = $2 AND ours = 1", channelID, external)
	if err != nil || !found {
		return "", err
	}
	if at, here := d.at[said.id]; here && at > n {
		return "", nil
	}
	return said.member, nil
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
		c = d.begin(a, s, root)
	}
	return d.add(c, a, s)
}

// begin opens a conversation with a post of theirs.
func (d *desk) begin(a *ledger.Activity, s *ledger.Said, root string) *Conversation {
	c := &Conversation{ID: about(a.ID), Root: root, Post: a.ID, Channel: a.Channel, Kind: s.Kind, State: Open, Author: a.Actor,
		AuthorName: s.AuthorName, Title: s.Title, Excerpt: Excerpt(s.Text), Private: s.Private, OpenedAt: a.At, LastAt: a.At}
	d.byID[c.ID], d.byRoot[root] = c, c
	d.dirty[c.ID], d.fresh[root] = true, true
	d.spans.begin(c.ID, 0, a.At)
	return c
}

// add takes a post into its conversation.
func (d *desk) add(c *Conversation, a *ledger.Activity, s *ledger.Said) error {
	d.dirty[c.ID] = true
	d.heard = append(d.heard, a.ID)
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
		return d.serve(c, a.At)
	}
	if a.At.Before(c.OpenedAt) {
		if err := d.openedAt(c, a.At); err != nil {
			return err
		}
	}
	c.hear(d.taken[a.ID], a.At)
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
	return d.serve(c, a.At)
}

// open begins a conversation with a post that is there already, and takes in what the thread had said when it was opened.
func (d *desk) open(a *ledger.Activity, n int) error {
	var o ledger.Opened
	if err := a.Decode(&o); err != nil {
		return err
	}
	root := d.roots[o.Post]
	if at, here := d.at[o.Post]; root == "" || d.byRoot[root] != nil || here && at > n {
		return nil
	}
	thread, err := db.All(d.ctx, d.q, channel.PostFields, "SELECT "+channel.PostColumns("")+" FROM post WHERE root = $1 ORDER BY seq", root)
	if err != nil {
		return err
	}
	thread = slices.DeleteFunc(thread, func(p channel.Post) bool {
		at, here := d.at[p.ID]
		return here && at > n // said later: its turn comes
	})
	first := slices.IndexFunc(thread, func(p channel.Post) bool { return p.ID == o.Post })
	if first < 0 || thread[first].Ours || !thread[first].DeletedAt.IsZero() {
		return nil
	}
	if err := d.takenFor(thread); err != nil {
		return err
	}
	stated, said := statement(&thread[first])
	c := d.begin(stated, said, root)
	if c.Title == "" {
		for i := range thread {
			if thread[i].ID == root {
				c.Title = thread[i].Title
			}
		}
	}
	if err := d.add(c, stated, said); err != nil {
		return err
	}
	for i := range thread {
		if i == first || thread[i].At.Before(thread[first].At) {
			continue // said before there was anything to handle
		}
		stated, said := statement(&thread[i])
		if err := d.add(c, stated, said); err != nil {
			return err
		}
	}
	return nil
}

// statement is a post as it was stated.
func statement(p *channel.Post) (*ledger.Activity, *ledger.Said) {
	return &ledger.Activity{ID: p.ID, Actor: p.Author, Channel: p.Channel, At: p.At},
		&ledger.Said{Kind: p.Kind, AuthorName: p.AuthorName, Title: p.Title, Text: p.Text, Private: p.Private, Ours: p.Ours, Member: p.Member,
			Automatic: p.Automatic}
}

// reworded follows an edit or a deletion; such an activity is alone in its batch, and the post already says what it says now.
func (d *desk) reworded(a *ledger.Activity) error {
	c := d.byRoot[d.roots[a.Object]]
	if c == nil {
		return nil
	}
	posts, err := channel.Posts(d.ctx, d.q, a.Object)
	if err != nil || len(posts) == 0 {
		return err
	}
	p := &posts[0]
	if p.ID == c.Post {
		c.Excerpt, c.AuthorName = Excerpt(p.Text), p.AuthorName
		if p.Title != "" || !p.DeletedAt.IsZero() {
			c.Title = p.Title
		}
		d.dirty[c.ID] = true
	}
	// A copy of our reply that came back before we knew it was sent names its member only now.
	if p.Ours && p.Member != "" && c.FirstReplyBy == "" && p.At.Equal(c.FirstReplyAt) {
		c.FirstReplyBy = p.Member
		d.dirty[c.ID] = true
	}
	if p.Ours {
		return nil
	}
	return d.hearAnew(c, a.At)
}

func (d *desk) resolve(c *Conversation, a *ledger.Activity) error {
	d.dirty[c.ID] = true
	c.State, c.ResolvedAt, c.WaitingSince = Resolved, a.At, time.Time{}
	d.spans.end(c.ID, c.Reopened, a.At, memberOf(a.Actor))
	return d.serve(c, a.At)
}

func (d *desk) reopen(c *Conversation, at time.Time) error {
	d.dirty[c.ID] = true
	c.State, c.ResolvedAt = Open, time.Time{}
	c.Reopened++
	d.spans.begin(c.ID, c.Reopened, at)
	return nil
}

// join makes one conversation of those whose threads the activity joined. The one opened first keeps its id; what somebody has to do for
// one of them is to be done for it.
func (d *desk) join(activity, root string, c **Conversation) error {
	if len(d.roots) != 1 {
		return nil // such a post is alone in its batch
	}
	moved, err := db.All(d.ctx, d.q, db.Self[string], "SELECT old_root FROM thread_move WHERE activity = $1 ORDER BY old_root", activity)
	if err != nil || len(moved) == 0 {
		return err
	}
	d.fresh[root] = *c != nil // what was due in a thread that had no conversation now has this one
	old, err := db.All(d.ctx, d.q, fields, "SELECT "+columns+" FROM conversation WHERE root IN "+db.Among(d.q, "$1"), db.Texts(moved))
	if err != nil || len(old) == 0 {
		return err
	}
	all := make([]*Conversation, 0, len(old)+1)
	for i := range old {
		all = append(all, d.know(&old[i]))
	}
	if *c != nil && (*c).Root == root && !slices.Contains(all, *c) {
		all = append(all, *c)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].ID < all[j].ID })
	kept := all[0]
	for _, other := range all[1:] {
		if err := d.merge(kept, other); err != nil {
			return fmt.Errorf("join conversations: %w", err)
		}
	}
	kept.Root = root
	d.dirty[kept.ID], d.fresh[root] = true, true
	d.byRoot[root] = kept
	*c = kept
	return nil
}

// merge takes other into kept.
func (d *desk) merge(kept, other *Conversation) error {
	if kept.State == Resolved && other.State == Open {
		if err := d.reopen(kept, later(kept.ResolvedAt, other.OpenedAt)); err != nil {
			return err
		}
	}
	kept.Posts += other.Posts
	kept.Notes += other.Notes
	if other.OpenedAt.Before(kept.OpenedAt) {
		if err := d.openedAt(kept, other.OpenedAt); err != nil {
			return err
		}
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
	if kept.Assignee == "" {
		kept.Assignee = other.Assignee
	}
	kept.hearOf(other)
	if err := d.mergeLinks(kept.ID, other.ID); err != nil {
		return err
	}
	if err := d.mergePromises(kept, other); err != nil {
		return err
	}
	if err := d.spans.write(d.ctx, d.q); err != nil {
		return err
	}
	for _, statement := range []string{
		"DELETE FROM conversation WHERE id = $1 AND id <> $2",
		"DELETE FROM conversation_span WHERE conversation = $1 AND conversation <> $2",
		"UPDATE conversation_alias SET conversation = $2 WHERE conversation = $1",
		"INSERT INTO conversation_alias (id, conversation) VALUES ($1, $2)",
		"INSERT INTO conversation_author (author, conversation) SELECT author, $2 FROM conversation_author WHERE conversation = $1 ON CONFLICT DO NOTHING",
		"DELETE FROM conversation_author WHERE conversation = $1 AND conversation <> $2",
		`INSERT INTO conversation_pass (conversation, member, reason, words, at) SELECT $2, member, reason, words, at FROM conversation_pass
			WHERE conversation = $1 ON CONFLICT DO NOTHING`,
		"DELETE FROM conversation_pass WHERE conversation = $1 AND conversation <> $2",
		"UPDATE conversation_escalation SET conversation = $2 WHERE conversation = $1",
		"INSERT INTO conversation_tag (tag, conversation) SELECT tag, $2 FROM conversation_tag WHERE conversation = $1 ON CONFLICT DO NOTHING",
		"DELETE FROM conversation_tag WHERE conversation = $1 AND conversation <> $2",
	} {
		if _, err := db.Exec(d.ctx, d.q, statement, other.ID, kept.ID); err != nil {
			return err
		}
	}
	if was, ok := d.before[other.ID]; ok {
		if err := d.count(map[countKey]int{keyOf(&was): -1}); err != nil {
			return err
		}
	}
	delete(d.dirty, other.ID)
	delete(d.before, other.ID)
	d.byID[other.ID] = kept
	return nil
}

// openedAt moves the beginning of a conversation back: an earlier post of it was learned of later.
func (d *desk) openedAt(c *Conversation, at time.Time) error {
	c.OpenedAt = at
	d.spans.move(c.ID, at)
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
	var rows [][]any
	grown := map[growth][][]any{}
	counts := map[countKey]int{}
	for _, id := range ids {
		c := d.byID[id]
		was, ok := d.before[id]
		if ok {
			counts[keyOf(&was)]--
		}
		counts[keyOf(c)]++
		if g, only := grew(&was, c); ok && only {
			grown[g] = append(grown[g], g.row(c))
		} else {
			rows = append(rows, c.row())
		}
	}
	if err := db.Insert(d.ctx, d.q, "conversation ("+columns+")", rows, `ON CONFLICT (id) DO UPDATE SET root = excluded.root, post = excluded.post, state = excluded.state,
		assignee = excluded.assignee, title = excluded.title, excerpt = excluded.excerpt, kind = excluded.kind, author = excluded.author,
		author_name = excluded.author_name, private = excluded.private, opened_at = excluded.opened_at, first_reply_at = excluded.first_reply_at,
		first_reply_by = excluded.first_reply_by, resolved_at = excluded.resolved_at, waiting_since = excluded.waiting_since,
		last_theirs_at = excluded.last_theirs_at, last_ours_at = excluded.last_ours_at, last_at = excluded.last_at, posts = excluded.posts,
		notes = excluded.notes, reopened = excluded.reopened, lang = excluded.lang, feeling = excluded.feeling, nature = excluded.nature,
		priority = excluded.priority, due_at = excluded.due_at, due_aim = excluded.due_aim, warn_at = excluded.warn_at, promised = excluded.promised`); err != nil {
		return err
	}
	for _, g := range growths {
		if err := db.Update(d.ctx, d.q, "conversation", g.columns(), []string{"id"}, grown[g]); err != nil {
			return err
		}
	}
	if err := d.spans.write(d.ctx, d.q); err != nil {
		return err
	}
	if err := d.served.write(d.ctx, d.q); err != nil {
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
	if len(rows) == 0 {
		return nil
	}
	if err := db.Insert(d.ctx, d.q, "conversation_count (state, assignee, waiting, n)", rows,
		"ON CONFLICT (state, assignee, waiting) DO UPDATE SET n = conversation_count.n + excluded.n"); err != nil {
		return err
	}
	_, err := db.Exec(d.ctx, d.q, "DELETE FROM conversation_count WHERE n = 0")
	return err
}

// settle takes what has its conversation off the list of mentions that should become one.
func (d *desk) settle() error {
	if _, any, err := db.Value[int](d.ctx, d.q, "SELECT 1 FROM mention_due LIMIT 1"); err != nil || !any {
		return err
	}
	if len(d.heard) > 0 {
		if _, err := db.Exec(d.ctx, d.q, "DELETE FROM mention_due WHERE post IN "+db.Among(d.q, "$1"), db.Texts(d.heard)); err != nil {
			return fmt.Errorf("settle what was due: %w", err)
		}
	}
	var roots []string
	for _, root := range slices.Sorted(maps.Keys(d.fresh)) {
		if d.fresh[root] {
			roots = append(roots, root)
		}
	}
	if len(roots) == 0 {
		return nil
	}
	if _, err := db.Exec(d.ctx, d.q, "DELETE FROM mention_due WHERE post IN (SELECT id FROM post WHERE root IN "+db.Among(d.q, "$1")+")", db.Texts(roots)); err != nil {
		return fmt.Errorf("settle what was due: %w", err)
	}
	return nil
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
