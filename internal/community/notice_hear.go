package community

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/entente/entente/internal/community/markup"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// heardFor is how old something may be for people to be told of it. What was imported with an older date tells nobody.
const heardFor = 72 * time.Hour

// atOnce is how much is heard in one go.
const atOnce = 100

// Hear tells people of what was said and accepted lately and nobody was told of yet, and says how much that was. What is still to be told is
// what has no row in community_heard, so that nothing is lost or told twice however the program ends.
func (s *Service) Hear(ctx context.Context) (int, error) {
	q, since := s.db.Read(), db.T(s.Now().Add(-heardFor))
	posts, err := db.All(ctx, q, postFields, "SELECT "+postColumns+` FROM community_post p WHERE p.at > $1 AND p.deleted_at IS NULL
		AND NOT EXISTS (SELECT 1 FROM community_heard h WHERE h.fact = p.id) ORDER BY p.at, p.id`+db.Limit(atOnce), since)
	if err != nil {
		return 0, fmt.Errorf("look for what was said: %w", err)
	}
	for i := range posts {
		if err := s.hearPost(ctx, &posts[i]); err != nil {
			return i, err
		}
	}
	picks, err := db.All(ctx, q, func(a *ledger.Activity) []any { return []any{&a.ID, &a.Actor, &a.Object, &a.Channel, db.JSON(&a.Data)} },
		`SELECT a.id, a.actor, a.object, a.channel, a.data FROM activity a WHERE a.kind = 'answer.picked' AND a.learned_at > $1 AND a.at > $1
		AND a.channel IN (SELECT channel FROM community) AND NOT EXISTS (SELECT 1 FROM community_heard h WHERE h.fact = a.id) ORDER BY a.learned_at, a.id`+db.Limit(atOnce), since)
	if err != nil {
		return len(posts), fmt.Errorf("look for what was accepted: %w", err)
	}
	for i := range picks {
		if err := s.hearPick(ctx, &picks[i]); err != nil {
			return len(posts) + i, err
		}
	}
	n := len(posts) + len(picks)
	for _, hear := range []func(context.Context) (int, error){s.hearEvents, s.hearChallenges, s.hearThanks, s.hearArticles, s.hearStale} {
		more, err := hear(ctx)
		if n += more; err != nil {
			return n, err
		}
	}
	return n, nil
}

// told is somebody who is told of something, and why.
type told struct {
	member *org.Member
	kind   NoticeKind
}

// hearPost tells those whom a post concerns.
func (s *Service) hearPost(ctx context.Context, p *Post) error {
	t, found, err := db.One(ctx, s.db.Read(), threadFields, "SELECT "+threadColumns+" FROM community_thread t WHERE t.id = $1", p.Thread)
	if err != nil {
		return fmt.Errorf("find the thread of a post: %w", err)
	}
	all, err := s.Map(ctx)
	if err != nil {
		return err
	}
	i, known := all.spaces[t.Space]
	if !found || !known || !t.DeletedAt.IsZero() {
		return s.heard(ctx, p.ID, nil, Notice{})
	}
	sp := all.Spaces[i]
	to, err := s.concerned(ctx, p, &t, &sp)
	if err != nil {
		return err
	}
	return s.heard(ctx, p.ID, to, Notice{Community: sp.Community, Thread: t.ID, Post: p.ID})
}

// concerned finds whom a post concerns and who may and wants to hear of it.
func (s *Service) concerned(ctx context.Context, p *Post, t *Thread, sp *Space) ([]told, error) {
	q := s.db.Read()
	why, order := map[string]NoticeKind{}, []string{}
	add := func(member string, kind NoticeKind) {
		if member != "" && why[member] == "" {
			why[member], order = kind, append(order, member)
		}
	}
	author, err := s.memberOf(ctx, p.Author)
	if err != nil {
		return nil, err
	}
	mentioned, err := db.All(ctx, q, db.Self[string], "SELECT member FROM community_mention WHERE post = $1 ORDER BY member", p.ID)
	if err != nil {
		return nil, fmt.Errorf("find who is mentioned: %w", err)
	}
	for _, m := range mentioned {
		add(m, Mentioned)
	}
	if p.ID != t.ID {
		above := Replied
		if t.Question() {
			above = Commented
		}
		if p.Parent != "" && p.Parent != t.ID {
			uri, _, err := db.Value[string](ctx, q, "SELECT author FROM community_post WHERE id = $1", p.Parent)
			if err != nil {
				return nil, fmt.Errorf("find whose post was answered: %w", err)
			}
			m, err := s.memberOf(ctx, uri)
			if err != nil {
				return nil, err
			}
			add(m, above)
		}
		asker, err := s.memberOf(ctx, t.Author)
		if err != nil {
			return nil, err
		}
		if p.Kind == "answer" {
			above = Answered
		}
		add(asker, above)
	}
	wants, err := wantsOf(ctx, q, t.ID, sp.ID, sp.Community, "")
	if err != nil {
		return nil, err
	}
	if p.ID != t.ID { // whoever follows a thread has seen how it began
		for _, m := range slices.Sorted(maps.Keys(wants.follows)) {
			add(m, Followed)
		}
	}
	for _, m := range slices.Sorted(maps.Keys(wants.said)) {
		kind := Followed
		if p.ID == t.ID {
			kind = Begun
		}
		add(m, kind)
	}
	var out []told
	for _, id := range order {
		if id == author {
			continue
		}
		level, kind := wants.of(id), why[id]
		if level == Silence || level == Mine && kind == Begun || level == Mine && kind == Followed {
			continue
		}
		m, may, err := s.mayHear(ctx, id, sp.ID)
		if err != nil {
			return nil, err
		}
		if may {
			out = append(out, told{m, kind})
		}
	}
	return out, nil
}

// mayHear finds a member, and whether they may read a space now.
func (s *Service) mayHear(ctx context.Context, member, space string) (*org.Member, bool, error) {
	m, err := s.org.Find(ctx, member)
	if problem.Is(err, problem.Missing) || err == nil && m.State != org.Active {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	o, err := s.Sees(org.With(ctx, m), nil)
	return m, err == nil && o.May(space), err
}

// memberOf is the member who speaks under an identity, "" for none.
func (s *Service) memberOf(ctx context.Context, identity string) (string, error) {
	if id, ok := strings.CutPrefix(identity, "member:"); ok {
		return id, nil
	}
	email, ok := strings.CutPrefix(identity, "mailto:")
	if !ok {
		return "", nil
	}
	m, err := s.org.ByEmail(ctx, email)
	if problem.Is(err, problem.Missing) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return m.ID, nil
}

// hearPick tells whose answer was accepted.
func (s *Service) hearPick(ctx context.Context, a *ledger.Activity) error {
	var picked ledger.Picked
	if err := a.Decode(&picked); err != nil {
		return s.heard(ctx, a.ID, nil, Notice{})
	}
	p, found, err := db.One(ctx, s.db.Read(), postFields, "SELECT "+postColumns+" FROM community_post p WHERE p.channel = $1 AND p.external_id = $2 AND p.deleted_at IS NULL",
		a.Channel, picked.Answer)
	if err != nil {
		return fmt.Errorf("find the accepted answer: %w", err)
	}
	author, err := s.memberOf(ctx, p.Author)
	if err != nil {
		return err
	}
	if !found || author == "" || p.Author == a.Actor {
		return s.heard(ctx, a.ID, nil, Notice{})
	}
	space, _, err := db.Value[string](ctx, s.db.Read(), "SELECT space FROM community_thread WHERE id = $1 AND deleted_at IS NULL", p.Thread)
	if err != nil {
		return fmt.Errorf("find the thread of a post: %w", err)
	}
	all, err := s.Map(ctx)
	if err != nil {
		return err
	}
	i, known := all.spaces[space]
	if !known {
		return s.heard(ctx, a.ID, nil, Notice{})
	}
	m, may, err := s.mayHear(ctx, author, space)
	if err != nil {
		return err
	}
	wants, err := wantsOf(ctx, s.db.Read(), p.Thread, space, all.Spaces[i].Community, author)
	if err != nil {
		return err
	}
	if !may || wants.of(author) == Silence {
		return s.heard(ctx, a.ID, nil, Notice{})
	}
	return s.heard(ctx, a.ID, []told{{m, Solved}}, Notice{Community: all.Spaces[i].Community, Thread: p.Thread, Post: p.ID})
}

// heard keeps that people were told of a fact, and tells them, in one transaction: of several nodes one does it.
func (s *Service) heard(ctx context.Context, fact string, to []told, n Notice) error {
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		fresh, err := db.Exec(ctx, q, "INSERT INTO community_heard (fact, at) VALUES ($1, $2) ON CONFLICT DO NOTHING", fact, db.T(s.Now()))
		if err != nil || fresh == 0 {
			return err
		}
		for _, who := range to {
			n.ID, n.Member, n.Kind, n.At = s.newID(), who.member.ID, who.kind, s.Now()
			if err := s.tell(ctx, q, who.member, n); err != nil {
				return err
			}
		}
		return nil
	})
}

// tell keeps a notice, and puts it into a mail where its reader wants that.
func (s *Service) tell(ctx context.Context, q db.Q, m *org.Member, n Notice) error {
	fresh, err := db.Exec(ctx, q, `INSERT INTO community_notice (id, member, community, kind, thread, post, subject, words, by_name, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		ON CONFLICT DO NOTHING`, n.ID, m.ID, n.Community, string(n.Kind), n.Thread, n.Post, n.Subject, n.Words, n.By, db.T(n.At))
	if err != nil {
		return fmt.Errorf("keep a notice: %w", err)
	}
	if fresh == 0 {
		return nil
	}
	if s.browsers != nil {
		if err := s.browsers.Queue(ctx, q, m.ID, n.Community, n.ID); err != nil {
			return err
		}
	}
	if may, err := s.mails(ctx); !may {
		return err
	}
	return s.queueNotice(ctx, q, m, n)
}

// textOf is Markdown without its marks.
func textOf(source string) string {
	doc, err := markup.Render(source)
	if err != nil {
		return markup.Plain(source).Text
	}
	return doc.Text
}
