package inbox

import (
	"context"
	"fmt"
	"slices"
	"strings"

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
