package inbox

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/inbox/due"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// mostTrees is how many beginnings a thread may have that is merged: one each for what was merged into it before.
const mostTrees = 500

// Merge makes one conversation of two: the thread of other goes into that of into. A public and a private thread stay two, see Link.
func (s *Service) Merge(ctx context.Context, into, other string) (Conversation, error) {
	to, err := s.Find(ctx, into)
	if err != nil {
		return to, err
	}
	if _, err := s.Find(ctx, other); problem.Is(err, problem.Missing) {
		return to, problem.New(problem.Invalid, "service.matter.not_found").On("other")
	}
	m, err := acting(ctx, org.InboxEdit)
	if err != nil {
		return to, err
	}
	merged := false
	return s.change(ctx, other, "conversation.merge", func(c *Conversation) (string, any, error) {
		merged = false
		if to, err = s.Find(ctx, into); err != nil {
			return "", nil, err
		}
		switch {
		case to.ID == c.ID:
			return "", nil, problem.New(problem.Invalid, "service.matter.self").On("other")
		case to.Private != c.Private:
			return "", nil, problem.New(problem.Invalid, "service.matter.mixed").On("other")
		}
		if err := s.movable(ctx, c.Channel, to.Channel); err != nil {
			return "", nil, err
		}
		trees, err := channel.Trees(ctx, s.db.Read(), c.Root, mostTrees+1)
		if err != nil {
			return "", nil, err
		}
		if len(trees) > mostTrees {
			return "", nil, problem.New(problem.Invalid, "service.too_many", "Max", mostTrees).On("other")
		}
		was := ledger.Split{Post: c.Root, Also: trees, Begin: c.Post, Assignee: c.Assignee, Priority: c.Priority, ResolvedAt: c.ResolvedAt}
		if c.State == Resolved {
			if was.ResolvedBy, _, err = db.Value[string](ctx, s.db.Read(), "SELECT resolved_by FROM conversation_span WHERE conversation = $1 AND n = $2", c.ID, c.Reopened); err != nil {
				return "", nil, err
			}
		}
		merged = true
		return ledger.ConversationMerged, ledger.MergedThreads{Thread: c.Root, Into: to.Root, To: to.ID, Was: was}, nil
	}, func(ctx context.Context, q db.Q, c *Conversation) error {
		if !merged {
			return nil
		}
		return s.Tell(ctx, q, others(m.ID, c.Assignee, to.Assignee), "service.told.merged", []any{"Name", m.Name, "Title", titleOf(c), "Into", titleOf(&to)}, to.ID)
	})
}

// others are the members but the one who acts.
func others(me string, list ...string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(m string) bool { return m == "" || m == me })
}

// movable refuses threads of our communities: there, others see how threads hang together, and moderators decide it.
func (s *Service) movable(ctx context.Context, channels ...string) error {
	for _, ch := range channels {
		a, err := s.channels.Find(ctx, ch)
		if err != nil && !problem.Is(err, problem.Missing) {
			return err
		}
		if err == nil && a.Kind == "community" {
			return problem.New(problem.Invalid, "service.matter.community").On("other")
		}
	}
	return nil
}

// Split makes a conversation of its own of a post of theirs and what answers it, and returns that.
func (s *Service) Split(ctx context.Context, conversation, post string) (Conversation, error) {
	p, err := s.Post(ctx, post)
	if err != nil {
		return Conversation{}, err
	}
	return s.split(ctx, conversation, func(c *Conversation) (*ledger.Split, error) {
		switch {
		case p.Root != c.Root:
			return nil, problem.New(problem.Invalid, "inbox.other_thread").On("post")
		case p.ID == c.Root || p.ID == c.Post:
			return nil, problem.New(problem.Invalid, "service.matter.whole").On("post")
		case p.Ours || p.Automatic != "" || !p.DeletedAt.IsZero():
			return nil, problem.New(problem.Invalid, "service.matter.ours").On("post")
		}
		if err := s.movable(ctx, c.Channel, p.Channel); err != nil {
			return nil, err
		}
		return &ledger.Split{Post: p.ID, Assignee: c.Assignee, Priority: c.Priority}, nil
	})
}

// Unmerge undoes the merge that an activity stated, and returns the conversation that is back.
func (s *Service) Unmerge(ctx context.Context, conversation, activity string) (Conversation, error) {
	a, err := s.ledger.Find(ctx, activity)
	if err != nil {
		return Conversation{}, err
	}
	var m ledger.MergedThreads
	if a.Kind != ledger.ConversationMerged {
		return Conversation{}, missing()
	}
	if err := a.Decode(&m); err != nil {
		return Conversation{}, err
	}
	return s.split(ctx, conversation, func(c *Conversation) (*ledger.Split, error) {
		p, err := s.Post(ctx, m.Thread)
		if err != nil {
			return nil, err
		}
		if p.Root != c.Root || p.ID == c.Root {
			return nil, problem.New(problem.Invalid, "inbox.other_thread").On("post")
		}
		was := m.Was
		was.Undoes = a.ID
		return &was, nil
	})
}

func (s *Service) split(ctx context.Context, conversation string, decide func(*Conversation) (*ledger.Split, error)) (Conversation, error) {
	m, err := acting(ctx, org.InboxEdit)
	if err != nil {
		return Conversation{}, err
	}
	var part *ledger.Split
	c, err := s.change(ctx, conversation, "conversation.split", func(c *Conversation) (string, any, error) {
		if part, err = decide(c); err != nil {
			return "", nil, err
		}
		moved, err := channel.Part(ctx, s.db.Read(), c.Root, append([]string{part.Post}, part.Also...)...)
		if err != nil {
			return "", nil, err
		}
		if slices.Contains(moved, c.Post) {
			return "", nil, problem.New(problem.Invalid, "service.matter.whole").On("post")
		}
		return ledger.ConversationSplit, part, nil
	}, func(ctx context.Context, q db.Q, c *Conversation) error {
		return s.Tell(ctx, q, others(m.ID, c.Assignee, part.Assignee), "service.told.split", []any{"Name", m.Name, "Title", titleOf(c)}, c.ID)
	})
	if err != nil {
		return c, err
	}
	made, found, err := s.Of(ctx, part.Post)
	if err == nil && !found {
		err = problem.New(problem.Conflict, "problem.conflict")
	}
	return made, err
}

// undoable is what undoes a merge or a split that is seen in c, "" when it cannot be.
func (s *Service) undoable(ctx context.Context, c *Conversation, a *ledger.Activity) (string, error) {
	q := s.db.Read()
	if a.Kind == ledger.ConversationMerged {
		var m ledger.MergedThreads
		if err := a.Decode(&m); err != nil {
			return "", err
		}
		root, _, err := db.Value[string](ctx, q, "SELECT root FROM post WHERE id = $1", m.Thread)
		if err != nil || root != c.Root || m.Thread == c.Root {
			return "", err
		}
		return a.ID, nil
	}
	var p ledger.Split
	if err := a.Decode(&p); err != nil {
		return "", err
	}
	other, found, err := db.Value[string](ctx, q, "SELECT id FROM conversation WHERE root = $1", p.Post)
	if err != nil || !found || other == c.ID {
		return "", err
	}
	return other, nil
}

// moved are the threads that an activity moved posts between.
func (d *desk) moved(activity string) (from, to string, found bool, err error) {
	type move struct{ from, to string }
	m, found, err := db.One(d.ctx, d.q, func(m *move) []any { return []any{&m.from, &m.to} }, "SELECT old_root, new_root FROM thread_move WHERE activity = $1", activity)
	return m.from, m.to, found, err
}

// ofRoot is the conversation of a thread, nil for none.
func (d *desk) ofRoot(root string) (*Conversation, error) {
	c, found, err := db.One(d.ctx, d.q, fields, "SELECT "+columns+" FROM conversation WHERE root = $1", root)
	if err != nil || !found {
		return nil, err
	}
	return d.know(&c), nil
}

// merged follows threads that members made one; the post follower has moved the posts.
func (d *desk) merged(a *ledger.Activity) error {
	from, to, found, err := d.moved(a.ID)
	if err != nil || !found {
		return err
	}
	other, err := d.ofRoot(from)
	if err != nil {
		return err
	}
	kept, err := d.ofRoot(to)
	if err != nil || kept == nil && other == nil {
		return err
	}
	d.fresh[to] = true // what was due in a thread without conversation has this one now
	switch {
	case other == nil:
		return nil
	case kept == nil:
		kept, other.Root = other, to
	default:
		if err := d.readPromises(); err != nil {
			return err
		}
		if err := d.merge(kept, other); err != nil {
			return fmt.Errorf("merge conversations: %w", err)
		}
	}
	delete(d.byRoot, from)
	d.byRoot[to] = kept
	d.dirty[kept.ID] = true
	return d.serve(kept, a.At)
}

// split follows a part of a thread that members made a thread of its own. The conversation stays with the post it began with; the other
// part gets one of its own, so that nothing that was handled is left without.
func (d *desk) split(a *ledger.Activity) error {
	d.parted = true
	defer func() { d.parted = false }()
	var s ledger.Split
	if err := a.Decode(&s); err != nil {
		return err
	}
	from, to, found, err := d.moved(a.ID)
	if err != nil || !found {
		return err
	}
	c, err := d.ofRoot(from)
	if err != nil || c == nil {
		return err
	}
	thread := func(root string) ([]channel.Post, error) {
		return db.All(d.ctx, d.q, channel.PostFields, "SELECT "+channel.PostColumns("")+" FROM post WHERE root = $1 ORDER BY seq", root)
	}
	stay, err := thread(from)
	if err != nil {
		return err
	}
	leave, err := thread(to)
	if err != nil {
		return err
	}
	root := to
	if isIn(leave, c.Post) {
		stay, leave, root = leave, stay, from
		// At once: the other conversation takes the place of this one in the thread.
		if _, err := db.Exec(d.ctx, d.q, "UPDATE conversation SET root = $1 WHERE id = $2", to, c.ID); err != nil {
			return err
		}
		c.Root = to
		d.byRoot[to] = c
	}
	if err := d.remain(c, stay, leave, a.At); err != nil {
		return err
	}
	return d.leave(c, leave, root, &s)
}

func isIn(list []channel.Post, post string) bool {
	return slices.ContainsFunc(list, func(p channel.Post) bool { return p.ID == post })
}

// theirs reports whether a post is words of theirs that somebody said.
func theirs(p *channel.Post) bool { return !p.Ours && p.Automatic == "" }

// remain makes of a conversation what follows from the posts that stay in it.
func (d *desk) remain(c *Conversation, stay, leave []channel.Post, at time.Time) error {
	stay = slices.DeleteFunc(slices.Clone(stay), func(p channel.Post) bool { return p.ID != c.Post && p.At.Before(c.OpenedAt) })
	opened := c.OpenedAt
	c.recount(stay)
	if !c.OpenedAt.Equal(opened) {
		d.spans.move(c.ID, c.OpenedAt)
	}
	var authors [][]any
	seen := map[string]bool{}
	for i := range stay {
		if p := &stay[i]; theirs(p) && !seen[p.Author] {
			seen[p.Author] = true
			authors = append(authors, []any{p.Author, c.ID})
		}
	}
	if _, err := db.Exec(d.ctx, d.q, "DELETE FROM conversation_author WHERE conversation = $1", c.ID); err != nil {
		return err
	}
	if err := db.Insert(d.ctx, d.q, "conversation_author (author, conversation)", authors, "ON CONFLICT DO NOTHING"); err != nil {
		return err
	}
	if err := d.readPromises(); err != nil {
		return err
	}
	for _, x := range d.served.known[c.ID] { // what was promised to a post that leaves is promised where it goes
		if x.EndedAt.IsZero() && x.Aim != due.Resolution && !x.BegunAt.Equal(c.WaitingSince) &&
			slices.ContainsFunc(leave, func(p channel.Post) bool { return theirs(&p) && p.At.Equal(x.BegunAt) }) {
			x.gone = true
		}
	}
	return d.hearAnew(c, at)
}

// recount says of a conversation what follows from its posts, after others left.
func (c *Conversation) recount(posts []channel.Post) {
	var opened, theirLast, ours, last, first, waiting time.Time
	by := ""
	for i := range posts {
		p := &posts[i]
		last = later(last, p.At)
		if (p.ID == c.Post || theirs(p)) && (opened.IsZero() || p.At.Before(opened)) {
			opened = p.At
		}
		switch {
		case p.Automatic != "":
		case p.Ours:
			ours = later(ours, p.At)
		default:
			theirLast = later(theirLast, p.At)
		}
	}
	for i := range posts {
		p := &posts[i]
		if p.Ours && p.Automatic == "" && !p.At.Before(opened) && (first.IsZero() || p.At.Before(first)) {
			first, by = p.At, p.Member
		}
		if theirs(p) && p.At.After(ours) && (waiting.IsZero() || p.At.Before(waiting)) {
			waiting = p.At
		}
	}
	c.OpenedAt, c.Posts, c.LastAt, c.LastTheirsAt, c.LastOursAt, c.FirstReplyAt, c.FirstReplyBy = opened, len(posts), last, theirLast, ours, first, by
	if c.State == Resolved {
		waiting = time.Time{}
	} else if !waiting.IsZero() && waiting.Before(c.WaitingSince) {
		waiting = c.WaitingSince // it was opened again then
	}
	c.WaitingSince = waiting
}

// leave begins a conversation with the posts that left c.
func (d *desk) leave(c *Conversation, posts []channel.Post, root string, s *ledger.Split) error {
	first := -1
	for _, id := range []string{s.Begin, s.Post, ""} {
		first = slices.IndexFunc(posts, func(p channel.Post) bool {
			return (id == "" || p.ID == id) && theirs(&p) && p.DeletedAt.IsZero()
		})
		if first >= 0 {
			break
		}
	}
	gone := make([]string, len(posts)) // ids of conversations that began with one of them
	for i := range posts {
		gone[i] = about(posts[i].ID)
	}
	if first < 0 {
		_, err := db.Exec(d.ctx, d.q, "DELETE FROM conversation_alias WHERE id IN "+db.Among(d.q, "$1"), db.Texts(gone))
		return err
	}
	if err := d.takenFor(posts); err != nil {
		return err
	}
	stated, said := statement(&posts[first])
	n := d.begin(stated, said, root)
	n.Assignee, n.Priority = s.Assignee, s.Priority
	if n.Title == "" {
		n.Title = c.Title
	}
	if _, err := db.Exec(d.ctx, d.q, "DELETE FROM conversation_alias WHERE id = $1", n.ID); err != nil {
		return err
	}
	if _, err := db.Exec(d.ctx, d.q, "UPDATE conversation_alias SET conversation = $2 WHERE id IN "+db.Among(d.q, "$1"), db.Texts(gone), n.ID); err != nil {
		return err
	}
	if err := d.add(n, stated, said); err != nil {
		return err
	}
	for i := range posts {
		if i == first {
			continue
		}
		stated, said := statement(&posts[i])
		if err := d.add(n, stated, said); err != nil {
			return err
		}
	}
	if !s.ResolvedAt.IsZero() && !n.LastTheirsAt.After(s.ResolvedAt) && !s.ResolvedAt.Before(n.OpenedAt) {
		return d.resolve(n, &ledger.Activity{At: s.ResolvedAt, Actor: s.ResolvedBy})
	}
	return nil
}
