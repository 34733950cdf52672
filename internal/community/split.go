package community

import (
	"context"
	"fmt"
	"slices"

	"github.com/entente/entente/internal/community/markup"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// MaxSplit is how many posts one split takes.
const MaxSplit = 200

// Split makes posts of a thread a thread of their own, of the same kind, in the same space: the earliest leads it, and comments go with what
// they are on. It returns the id of the new thread. Their addresses lead there.
func (s *Service) Split(ctx context.Context, community, thread, title string, posts []string) (string, error) {
	m := org.Who(ctx)
	if m == nil {
		return "", problem.New(problem.Unauthenticated, "problem.sign_in")
	}
	o, err := s.Sees(ctx, nil)
	if err != nil {
		return "", err
	}
	t, err := s.Thread(ctx, o, community, thread)
	if err != nil {
		return "", err
	}
	if !o.MayModerate(t.Space) {
		return "", problem.New(problem.Forbidden, "problem.forbidden")
	}
	if !parts(&t) {
		return "", problem.New(problem.Invalid, "community.thread.not_here")
	}
	if title, err = checkTitle(title); err != nil {
		return "", err
	}
	if len(posts) == 0 || len(posts) > MaxSplit {
		return "", problem.New(problem.Invalid, "community.thread.choose_posts", "Most", MaxSplit).On("post")
	}
	q := s.db.Read()
	chosen, err := db.All(ctx, q, db.Self[string], "SELECT id FROM community_post WHERE thread = $1 AND id <> $1 AND deleted_at IS NULL AND id IN "+db.Among(q, "$2")+" ORDER BY at, id",
		t.ID, db.Texts(posts))
	if err != nil {
		return "", fmt.Errorf("find the posts of a split: %w", err)
	}
	if slices.Sort(posts); len(chosen) != len(slices.Compact(posts)) {
		return "", problem.New(problem.Invalid, "community.thread.choose_posts", "Most", MaxSplit).On("post")
	}
	apart, err := s.apart(ctx, m, &t, chosen)
	if err != nil {
		return "", err
	}
	return chosen[0], s.turned(ctx, community, &t, ledger.Turned{State: split, To: chosen[0], Posts: chosen, Title: title}, nil, apart...)
}

// apart gives what is split off a conversation of its own in the inbox, with who had the old one, when the thread has one there.
func (s *Service) apart(ctx context.Context, m *org.Member, t *Thread, posts []string) ([]ledger.Activity, error) {
	type held struct{ id, assignee, priority string }
	c, found, err := db.One(ctx, s.db.Read(), func(h *held) []any { return []any{&h.id, &h.assignee, &h.priority} },
		"SELECT c.id, c.assignee, c.priority FROM post p JOIN conversation c ON c.root = p.root WHERE p.id = $1 AND p.root <> p.id", posts[0])
	if err != nil {
		return nil, fmt.Errorf("find the conversation of a thread: %w", err)
	}
	if !found {
		return nil, nil
	}
	return []ledger.Activity{{Kind: ledger.ConversationSplit, Actor: "member:" + m.ID, Object: c.id, Channel: t.Channel, At: s.Now(),
		Data: ledger.Data(ledger.Split{Post: posts[0], Also: posts[1:], Assignee: c.assignee, Priority: c.priority})}}, nil
}

// parts reports whether a thread is of a kind that can be split and merged.
func parts(t *Thread) bool { return t.Kind == Questions || t.Kind == Discussions }

// merge puts all that was said in a thread into another of the same kind. Who followed it follows the other; its address leads there.
func (s *Service) merge(ctx context.Context, community string, t, into *Thread) error {
	return s.turned(ctx, community, t, ledger.Turned{State: merged, To: into.ID}, func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, "INSERT INTO community_follow (member, thread, at) SELECT member, $1, at FROM community_follow WHERE thread = $2 ON CONFLICT DO NOTHING", into.ID, t.ID)
		return err
	})
}

// turned states that something was done with a thread, and what is to be stated with it.
func (s *Service) turned(ctx context.Context, community string, t *Thread, what ledger.Turned, too func(ctx context.Context, q db.Q) error, with ...ledger.Activity) error {
	told, err := s.aboutTurned(ctx, community, t, what)
	if err != nil {
		return err
	}
	var stated []ledger.Activity
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) (err error) {
		if stated, err = s.ledger.AppendTx(ctx, q, append([]ledger.Activity{{Kind: ledger.ThreadTurned, Actor: actorOf(org.Who(ctx)), Object: t.ID, Channel: t.Channel, At: s.Now(),
			Data: ledger.Data(what)}}, with...)...); err != nil {
			return err
		}
		if too != nil {
			if err := too(ctx, q); err != nil {
				return err
			}
		}
		if err := s.word(ctx, q, told); err != nil {
			return err
		}
		return s.org.Audit(ctx, q, "community.thread_"+what.State, "post:"+t.ID, map[string]string{"community": community, "to": what.To})
	})
	if err != nil {
		return fmt.Errorf("change a thread: %w", err)
	}
	s.ledger.Wake()
	return s.ledger.Await(ctx, stated)
}

// aboutTurned tells whoever began a thread what somebody else makes of it: else they look for it where it was, or wait for answers that stand elsewhere.
func (s *Service) aboutTurned(ctx context.Context, community string, t *Thread, what ledger.Turned) (Notice, error) {
	n := Notice{Community: community, Thread: t.ID, Post: t.ID, Subject: s.newID(), By: org.Who(ctx).Name}
	switch {
	case what.State == closed && t.Question():
		n.Kind = ShutThread
	case what.State == merged:
		n.Kind, n.Thread = OneThread, what.To
	case what.State == moved:
		n.Kind = MovedThread
	default:
		return Notice{}, nil
	}
	author, err := s.memberOf(ctx, t.Author)
	if err != nil || author == "" || author == org.Who(ctx).ID {
		return Notice{}, err
	}
	n.Member = author
	if n.Kind == MovedThread { // where they do not read, the notice says at least which one it was
		if _, reads, err := s.mayHear(ctx, author, what.To); err != nil {
			return Notice{}, err
		} else if !reads {
			n.Words = t.Title
		}
	}
	return n, nil
}

// step is one statement of a change in several.
type step struct {
	text string
	args []any
}

func run(ctx context.Context, q db.Q, steps ...step) error {
	for _, st := range steps {
		if _, err := db.Exec(ctx, q, st.text, st.args...); err != nil {
			return fmt.Errorf("change threads: %w", err)
		}
	}
	return nil
}

// deriveThreadSplit moves posts into a thread of their own. What is no longer in the thread, by what was stated at the same moment, stays where it is.
func deriveThreadSplit(ctx context.Context, q db.Q, a *ledger.Activity, what ledger.Turned) error {
	posts := db.Texts(what.Posts)
	lead, found, err := db.One(ctx, q, postFields, "SELECT "+postColumns+" FROM community_post p WHERE p.thread = $1 AND p.id <> $1 AND p.deleted_at IS NULL AND p.id IN "+
		db.Among(q, "$2")+" ORDER BY p.at, p.id LIMIT 1", a.Object, posts)
	if err != nil || !found {
		return err
	}
	text := lead.Markup
	if doc, err := markup.Render(lead.Markup); err == nil {
		text = doc.Text
	}
	chosen := "p.thread = $1 AND p.id <> $1 AND p.id IN " + db.Among(q, "$2")
	err = run(ctx, q,
		// A thread of that id is there when this post led one before, which was merged.
		step{"DELETE FROM community_thread WHERE id = $1 AND merged_into <> ''", []any{lead.ID}},
		step{`INSERT INTO community_thread (id, channel, space, kind, title, excerpt, lang, author, author_name, at, last_at, last_name, score)
			SELECT $1, t.channel, t.space, t.kind, $2, $3, t.lang, $4, $5, $6, $6, $5, $7 FROM community_thread t WHERE t.id = $8 ON CONFLICT DO NOTHING`,
			[]any{lead.ID, what.Title, excerpt(text), lead.Author, lead.AuthorName, db.T(lead.At), lead.Score, a.Object}},
		// Comments on what is chosen go with it.
		step{"UPDATE community_post SET thread = $3, led = '' WHERE kind = 'comment' AND thread = $1 AND parent <> $1 AND parent IN " + db.Among(q, "$2"), []any{a.Object, posts, lead.ID}},
		step{"UPDATE community_post AS p SET thread = $3, led = '', accepted = 0 WHERE " + chosen, []any{a.Object, posts, lead.ID}},
		step{`UPDATE community_post SET parent = '', title = $2, kind = CASE WHEN kind = '' THEN '' ELSE 'question' END WHERE id = $1`, []any{lead.ID, what.Title}},
		// What answered something that is elsewhere now stands under the first post.
		step{`UPDATE community_post SET parent = $1 WHERE thread = $1 AND id <> $1 AND NOT EXISTS (SELECT 1 FROM community_post u WHERE u.id = community_post.parent AND u.thread = $1)`, []any{lead.ID}},
		step{`UPDATE community_post SET parent = $1 WHERE thread = $1 AND id <> $1 AND NOT EXISTS (SELECT 1 FROM community_post u WHERE u.id = community_post.parent AND u.thread = $1)`, []any{a.Object}},
	)
	if err != nil {
		return err
	}
	if err := recount(ctx, q, lead.ID); err != nil {
		return err
	}
	return recount(ctx, q, a.Object)
}

// deriveThreadMerged moves all posts of a thread into another. A question becomes a comment on the other, its answers become answers there.
func deriveThreadMerged(ctx context.Context, q db.Q, a *ledger.Activity, what ledger.Turned) error {
	kind, found, err := db.Value[string](ctx, q, "SELECT t.kind FROM community_thread t JOIN community_thread o ON o.id = $2 AND o.kind = t.kind AND o.merged_into = '' WHERE t.id = $1 AND t.merged_into = '' AND t.id <> o.id",
		a.Object, what.To)
	if err != nil || !found {
		return err
	}
	post := ""
	if kind == Questions {
		post = "comment"
	}
	err = run(ctx, q,
		step{"UPDATE community_post SET accepted = 0 WHERE thread = $1 AND EXISTS (SELECT 1 FROM community_thread o WHERE o.id = $2 AND o.accepted <> '')", []any{a.Object, what.To}},
		step{"UPDATE community_post SET parent = $2 WHERE thread = $1 AND parent = $1", []any{a.Object, what.To}},
		step{"UPDATE community_post SET thread = $2, led = CASE WHEN led = '' THEN $1 ELSE led END WHERE thread = $1", []any{a.Object, what.To}},
		step{"UPDATE community_post SET parent = $2, kind = $3 WHERE id = $1", []any{a.Object, what.To, post}},
		step{"UPDATE community_thread SET merged_into = $2, title = '', excerpt = '', tags = '[]', author_name = '', replies = 0, accepted = '', pinned = 0, duplicate_of = '', deleted_at = $3 WHERE id = $1",
			[]any{a.Object, what.To, db.T(a.At)}},
		step{"UPDATE community_thread SET merged_into = $2 WHERE merged_into = $1", []any{a.Object, what.To}},
		step{"UPDATE community_thread SET duplicate_of = $2 WHERE duplicate_of = $1 AND id <> $2", []any{a.Object, what.To}},
		step{"UPDATE community_thread SET duplicate_of = '' WHERE id = $2 AND duplicate_of = $1", []any{a.Object, what.To}},
	)
	if err != nil {
		return err
	}
	return recount(ctx, q, what.To)
}

// recount puts what a thread says of its posts right.
func recount(ctx context.Context, q db.Q, thread string) error {
	return run(ctx, q,
		step{`UPDATE community_thread SET
			replies = (SELECT COUNT(*) FROM community_post p WHERE p.thread = $1 AND p.id <> $1 AND p.kind <> 'comment' AND p.deleted_at IS NULL),
			accepted = COALESCE((SELECT MIN(p.id) FROM community_post p WHERE p.thread = $1 AND p.accepted = 1 AND p.deleted_at IS NULL), ''),
			last_at = COALESCE((SELECT MAX(p.at) FROM community_post p WHERE p.thread = $1), last_at) WHERE id = $1`, []any{thread}},
		step{`UPDATE community_thread SET last_name = COALESCE((SELECT p.author_name FROM community_post p WHERE p.thread = $1 ORDER BY p.at DESC, p.id DESC LIMIT 1), last_name) WHERE id = $1`, []any{thread}})
}
