package inbox

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// mostLinked is how many conversations belong to one matter.
const mostLinked = 20

// Link says that two conversations are parts of one matter, such as a public complaint and the private talk about it. Both threads stay.
func (s *Service) Link(ctx context.Context, one, other string) error {
	return s.link(ctx, one, other, ledger.ConversationLinked, "conversation.link")
}

// Unlink takes Link back.
func (s *Service) Unlink(ctx context.Context, one, other string) error {
	return s.link(ctx, one, other, ledger.ConversationUnlinked, "conversation.unlink")
}

func (s *Service) link(ctx context.Context, one, other, kind, action string) error {
	b, err := s.Find(ctx, other)
	if problem.Is(err, problem.Missing) {
		return problem.New(problem.Invalid, "service.matter.not_found").On("other")
	}
	if err != nil {
		return err
	}
	_, err = s.change(ctx, one, action, func(a *Conversation) (string, any, error) {
		if a.ID == b.ID {
			return "", nil, problem.New(problem.Invalid, "service.matter.self").On("other")
		}
		_, there, err := db.Value[string](ctx, s.db.Read(), "SELECT activity FROM conversation_link WHERE a = $1 AND b = $2", min(a.ID, b.ID), max(a.ID, b.ID))
		if err != nil || there == (kind == ledger.ConversationLinked) {
			return "", nil, err
		}
		if kind == ledger.ConversationLinked {
			list, err := s.matter(ctx, a.ID)
			if err != nil {
				return "", nil, err
			}
			if len(list) >= mostLinked {
				return "", nil, problem.New(problem.Invalid, "service.matter.too_many", "Max", mostLinked).On("other")
			}
		}
		return kind, ledger.Linked{To: b.ID}, nil
	}, nil)
	return err
}

// matter are the ids of all that belongs to the matter of a conversation, itself first.
func (s *Service) matter(ctx context.Context, conversation string) ([]string, error) {
	all := []string{conversation}
	for i := 0; i < len(all) && len(all) <= mostLinked; i++ {
		next, err := db.All(ctx, s.db.Read(), db.Self[string], "SELECT b FROM conversation_link WHERE a = $1 UNION SELECT a FROM conversation_link WHERE b = $1 ORDER BY 1", all[i])
		if err != nil {
			return nil, fmt.Errorf("read what belongs together: %w", err)
		}
		for _, n := range next {
			if !slices.Contains(all, n) {
				all = append(all, n)
			}
		}
	}
	return all, nil
}

// Part is another conversation of a matter, with the last that was said there.
type Part struct {
	Conversation
	Direct bool // it was linked with this one itself
	Last   []Said
}

// Matter lists the other parts of the matter of a conversation, each with its last posts.
func (s *Service) Matter(ctx context.Context, c *Conversation, posts int) ([]Part, error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return nil, err
	}
	ids, err := s.matter(ctx, c.ID)
	if err != nil || len(ids) < 2 {
		return nil, err
	}
	q := s.db.Read()
	list, err := db.All(ctx, q, fields, "SELECT "+columns+" FROM conversation WHERE id IN "+db.Among(q, "$1")+" ORDER BY opened_at, id", db.Texts(ids[1:]))
	if err != nil {
		return nil, err
	}
	near, err := db.All(ctx, q, db.Self[string], "SELECT b FROM conversation_link WHERE a = $1 UNION SELECT a FROM conversation_link WHERE b = $1", c.ID)
	if err != nil {
		return nil, err
	}
	out := make([]Part, len(list))
	for i := range list {
		out[i] = Part{Conversation: list[i], Direct: slices.Contains(near, list[i].ID)}
		last, err := db.All(ctx, q, channel.PostFields, "SELECT "+channel.PostColumns("")+" FROM post WHERE root = $1 ORDER BY at DESC, id DESC"+db.Limit(posts), list[i].Root)
		if err != nil {
			return nil, err
		}
		slices.Reverse(last)
		if out[i].Last, err = s.said(ctx, q, last); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Merge makes one conversation of two: the thread of other goes into the thread of into, whose conversation it then is. A public and a
// private thread stay two, see Link.
func (s *Service) Merge(ctx context.Context, into, other string) (Conversation, error) {
	b, err := s.Find(ctx, other)
	if problem.Is(err, problem.Missing) {
		return b, problem.New(problem.Invalid, "service.matter.not_found").On("other")
	}
	if err != nil {
		return b, err
	}
	if err := s.mergeable(ctx, b.Channel); err != nil {
		return b, err
	}
	return s.change(ctx, into, "conversation.merge", func(a *Conversation) (string, any, error) {
		switch {
		case a.ID == b.ID:
			return "", nil, problem.New(problem.Invalid, "service.matter.self").On("other")
		case a.Private != b.Private:
			return "", nil, problem.New(problem.Invalid, "service.matter.mixed").On("other")
		}
		if err := s.mergeable(ctx, a.Channel); err != nil {
			return "", nil, err
		}
		return ledger.ConversationMerged, ledger.MergedThreads{Thread: b.Root, Into: a.Root, Conversation: b.ID}, nil
	}, nil)
}

// mergeable refuses threads of our communities: there, others see how threads hang together, and moderators decide it.
func (s *Service) mergeable(ctx context.Context, channelID string) error {
	a, err := s.channels.Find(ctx, channelID)
	if err != nil {
		if problem.Is(err, problem.Missing) {
			return nil
		}
		return err
	}
	if a.Kind == "community" {
		return problem.New(problem.Invalid, "service.matter.community").On("other")
	}
	return nil
}

// Split makes a conversation of its own of a post and what answers it.
func (s *Service) Split(ctx context.Context, conversation, post string) (Conversation, error) {
	p, err := s.Post(ctx, post)
	if err != nil {
		return Conversation{}, err
	}
	c, err := s.change(ctx, conversation, "conversation.split", func(c *Conversation) (string, any, error) {
		switch {
		case p.Root != c.Root:
			return "", nil, problem.New(problem.Invalid, "inbox.other_thread").On("post")
		case p.ID == c.Root || p.ID == c.Post:
			return "", nil, problem.New(problem.Invalid, "service.matter.whole").On("post")
		case p.Ours || p.Automatic != "" || !p.DeletedAt.IsZero():
			return "", nil, problem.New(problem.Invalid, "service.matter.ours").On("post")
		}
		if err := s.mergeable(ctx, c.Channel); err != nil {
			return "", nil, err
		}
		within, err := db.All(ctx, s.db.Read(), db.Self[string], `WITH RECURSIVE part (id) AS (SELECT id FROM post WHERE id = $1
			UNION SELECT p.id FROM post p JOIN part ON p.parent = part.id) SELECT id FROM part`, p.ID)
		if err != nil {
			return "", nil, err
		}
		if slices.Contains(within, c.Post) {
			return "", nil, problem.New(problem.Invalid, "service.matter.whole").On("post")
		}
		return ledger.ConversationSplit, ledger.SplitThread{Post: p.ID}, nil
	}, nil)
	if err != nil {
		return c, err
	}
	made, found, err := s.Of(ctx, p.ID)
	if err == nil && !found {
		err = problem.New(problem.Conflict, "problem.conflict")
	}
	return made, err
}

// MatterID reads the id of a conversation from what somebody pastes: the id, or the address of its page.
func MatterID(text string) string {
	text = strings.TrimSpace(text)
	if _, rest, ok := strings.Cut(text, "/inbox/"); ok {
		text = rest
	}
	if i := strings.IndexAny(text, "?#/ "); i >= 0 {
		text = text[:i]
	}
	return text
}

// linked follows links between conversations.
func (d *desk) linked(c *Conversation, a *ledger.Activity) error {
	var l ledger.Linked
	if err := a.Decode(&l); err != nil {
		return err
	}
	other, err := d.conversation(l.To)
	if err == nil && other == nil {
		list, err := db.All(d.ctx, d.q, fields, "SELECT "+columns+" FROM conversation WHERE id = $1", l.To)
		if err != nil || len(list) == 0 {
			return err
		}
		other = d.know(&list[0])
	}
	if err != nil || other == nil || other.ID == c.ID {
		return err
	}
	low, high := min(c.ID, other.ID), max(c.ID, other.ID)
	if a.Kind == ledger.ConversationLinked {
		_, err = db.Exec(d.ctx, d.q, "INSERT INTO conversation_link (a, b, activity) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", low, high, a.ID)
	} else {
		_, err = db.Exec(d.ctx, d.q, "DELETE FROM conversation_link WHERE a = $1 AND b = $2", low, high)
	}
	return err
}

// mergeLinks gives kept the links of other.
func (d *desk) mergeLinks(kept, other string) error {
	type link struct{ a, b, activity string }
	list, err := db.All(d.ctx, d.q, func(l *link) []any { return []any{&l.a, &l.b, &l.activity} }, "SELECT a, b, activity FROM conversation_link WHERE a = $1 OR b = $1", other)
	if err != nil || len(list) == 0 {
		return err
	}
	if _, err := db.Exec(d.ctx, d.q, "DELETE FROM conversation_link WHERE a = $1 OR b = $1", other); err != nil {
		return err
	}
	for _, l := range list {
		far := l.a
		if far == other {
			far = l.b
		}
		if far == kept {
			continue
		}
		if _, err := db.Exec(d.ctx, d.q, "INSERT INTO conversation_link (a, b, activity) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", min(kept, far), max(kept, far), l.activity); err != nil {
			return err
		}
	}
	return nil
}

// merged follows threads that members made one; the post follower has moved the posts.
func (d *desk) merged(a *ledger.Activity) error {
	type move struct{ from, to string }
	m, found, err := db.One(d.ctx, d.q, func(m *move) []any { return []any{&m.from, &m.to} }, "SELECT old_root, new_root FROM thread_move WHERE activity = $1", a.ID)
	if err != nil || !found {
		return err
	}
	other, kept, err := d.ofRoots(m.from, m.to)
	if err != nil {
		return err
	}
	switch {
	case other == nil:
		return nil
	case kept == nil:
		kept, other.Root = other, m.to
	default:
		if err := d.merge(kept, other); err != nil {
			return err
		}
	}
	delete(d.byRoot, m.from)
	d.byRoot[m.to] = kept
	d.dirty[kept.ID], d.fresh[m.to] = true, true
	return d.serve(kept, a.At)
}

// ofRoots are the conversations of two threads, nil where there is none.
func (d *desk) ofRoots(one, two string) (a, b *Conversation, err error) {
	list, err := db.All(d.ctx, d.q, fields, "SELECT "+columns+" FROM conversation WHERE root IN "+db.Among(d.q, "$1")+" ORDER BY id", db.Texts([]string{one, two}))
	if err != nil {
		return nil, nil, err
	}
	for i := range list {
		if c := d.know(&list[i]); list[i].Root == one {
			a = c
		} else {
			b = c
		}
	}
	return a, b, nil
}

// split follows a part of a thread that members made a thread of its own.
func (d *desk) split(a *ledger.Activity) error {
	var s ledger.SplitThread
	if err := a.Decode(&s); err != nil {
		return err
	}
	old, found, err := db.Value[string](d.ctx, d.q, "SELECT old_root FROM thread_move WHERE activity = $1", a.ID)
	if err != nil || !found {
		return err
	}
	c, there, err := d.ofRoots(old, s.Post)
	if err != nil || c == nil || there != nil {
		return err
	}
	posts, err := db.All(d.ctx, d.q, channel.PostFields, "SELECT "+channel.PostColumns("")+" FROM post WHERE root IN "+db.Among(d.q, "$1")+" ORDER BY seq", db.Texts([]string{old, s.Post}))
	if err != nil {
		return err
	}
	if err := d.takenFor(posts); err != nil {
		return err
	}
	var rest, part []channel.Post
	for _, p := range posts {
		switch {
		case p.Root == s.Post:
			part = append(part, p)
		case !p.At.Before(c.OpenedAt):
			rest = append(rest, p)
		}
	}
	c.recount(rest)
	d.dirty[c.ID] = true
	if err := d.serve(c, a.At); err != nil {
		return err
	}
	first := slices.IndexFunc(part, func(p channel.Post) bool { return p.ID == s.Post })
	if first < 0 || part[first].Ours || part[first].Automatic != "" || !part[first].DeletedAt.IsZero() {
		return nil
	}
	stated, said := statement(&part[first])
	if _, err := db.Exec(d.ctx, d.q, "DELETE FROM conversation_alias WHERE id = $1", about(s.Post)); err != nil {
		return err
	}
	n := d.begin(stated, said, s.Post)
	n.Assignee, n.Priority = c.Assignee, c.Priority
	if n.Title == "" {
		n.Title = c.Title
	}
	if err := d.add(n, stated, said); err != nil {
		return err
	}
	for i := range part {
		if i == first {
			continue
		}
		stated, said := statement(&part[i])
		if err := d.add(n, stated, said); err != nil {
			return err
		}
	}
	return nil
}

// recount says of a conversation what follows from its posts, after others left.
func (c *Conversation) recount(posts []channel.Post) {
	var theirs, ours, last, first, waiting time.Time
	by := ""
	for i := range posts {
		p := &posts[i]
		last = later(last, p.At)
		switch {
		case p.Automatic != "":
		case p.Ours:
			ours = later(ours, p.At)
			if first.IsZero() || p.At.Before(first) {
				first, by = p.At, p.Member
			}
		default:
			theirs = later(theirs, p.At)
		}
	}
	for i := range posts {
		if p := &posts[i]; !p.Ours && p.Automatic == "" && p.At.After(ours) && (waiting.IsZero() || p.At.Before(waiting)) {
			waiting = p.At
		}
	}
	c.Posts, c.LastAt, c.LastTheirsAt, c.LastOursAt, c.FirstReplyAt, c.FirstReplyBy = len(posts), later(last, c.OpenedAt), theirs, ours, first, by
	if c.State == Resolved {
		waiting = time.Time{}
	} else if !c.WaitingSince.IsZero() && waiting.Before(c.WaitingSince) && !waiting.IsZero() {
		waiting = c.WaitingSince // it was opened again then
	}
	c.WaitingSince = waiting
}
