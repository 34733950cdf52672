package inbox

import (
	"context"
	"fmt"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Pair is a public complaint that is to get a public answer and a private follow-up.
type Pair struct {
	Post         string // of theirs
	Conversation string
	Member       string // who planned it
	CreatedAt    time.Time
	DueAt        time.Time // when the follow-up should be sent
	Answered     bool      // in public
	Followed     bool      // in private
	ClosedAt     time.Time // when somebody said that it is not needed
	Reason       string    // why not
}

// Open reports whether something of it is still to be said.
func (p *Pair) Open() bool { return p.ClosedAt.IsZero() && !(p.Answered && p.Followed) }

const pairFor = 24 * time.Hour // after the public answer was written, the follow-up is due

// Whether both were said is read from posts, as the measure complaint-follow-up reads it, so it is right after every rebuild and whatever way
// the follow-up went. o is the post complained in.
const (
	saidInPublic  = "EXISTS (SELECT 1 FROM post t WHERE t.root = o.root AND t.ours = 1 AND t.automatic = '' AND t.private = 0 AND t.at >= o.at)"
	saidInPrivate = `EXISTS (SELECT 1 FROM conversation_author x JOIN conversation k ON k.id = x.conversation JOIN post t ON t.root = k.root
		WHERE x.author = o.author AND t.ours = 1 AND t.automatic = '' AND t.private = 1 AND t.at >= o.at)`
	asFlag = "CASE WHEN %s THEN 1 ELSE 0 END"
)

func (s *Service) bothSaid(ctx context.Context, q db.Q, post string) (public, private bool, err error) {
	type both struct{ public, private bool }
	b, _, err := db.One(ctx, q, func(b *both) []any { return []any{db.Bool(&b.public), db.Bool(&b.private)} },
		"SELECT "+fmt.Sprintf(asFlag, saidInPublic)+", "+fmt.Sprintf(asFlag, saidInPrivate)+" FROM post o WHERE o.id = $1", post)
	if err != nil {
		return false, false, fmt.Errorf("see what was answered: %w", err)
	}
	return b.public, b.private, nil
}

func (s *Service) pairs(ctx context.Context, where string, args ...any) ([]Pair, error) {
	list, err := db.All(ctx, s.db.Read(), func(p *Pair) []any {
		return []any{&p.Post, &p.Conversation, &p.Member, db.At(&p.CreatedAt), db.At(&p.DueAt), db.At(&p.ClosedAt), &p.Reason, db.Bool(&p.Answered), db.Bool(&p.Followed)}
	}, "SELECT p.post, c.id, p.member, p.created_at, p.due_at, p.closed_at, p.reason, "+fmt.Sprintf(asFlag, saidInPublic)+", "+fmt.Sprintf(asFlag, saidInPrivate)+
		" FROM reply_pair p JOIN post o ON o.id = p.post JOIN conversation c ON c.root = o.root "+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read pairs: %w", err)
	}
	return list, nil
}

// PairOf is what was planned last for a conversation; found is false when nothing was.
func (s *Service) PairOf(ctx context.Context, c *Conversation) (p Pair, found bool, err error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return p, false, err
	}
	list, err := s.pairs(ctx, "WHERE c.id = $1 ORDER BY p.created_at DESC"+db.Limit(1), c.ID)
	if err != nil || len(list) == 0 {
		return p, false, err
	}
	return list[0], true, nil
}

const mostPairs = 200

// OpenPairs lists the complaints of which the public answer or the private follow-up is still to come, the most urgent first.
func (s *Service) OpenPairs(ctx context.Context) ([]Pair, error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return nil, err
	}
	return s.pairs(ctx, "WHERE p.closed_at IS NULL AND NOT ("+saidInPublic+" AND "+saidInPrivate+") ORDER BY p.due_at, p.post"+db.Limit(mostPairs))
}

// Owing tells which of some conversations still owe a public answer or a private follow-up.
func (s *Service) Owing(ctx context.Context, list []Conversation) (map[string]Pair, error) {
	if len(list) == 0 {
		return nil, nil
	}
	ids := make([]string, len(list))
	for i := range list {
		ids[i] = list[i].ID
	}
	q := s.db.Read()
	pairs, err := s.pairs(ctx, "WHERE p.closed_at IS NULL AND p.conversation IN "+db.Among(q, "$1"), db.Texts(ids))
	if err != nil {
		return nil, err
	}
	out := map[string]Pair{}
	for _, p := range pairs {
		if p.Open() {
			out[p.Conversation] = p
		}
	}
	return out, nil
}

// plan keeps, in the transaction of an answer, that a complaint is to get both.
func (s *Service) plan(ctx context.Context, q db.Q, c *Conversation, post, member string) error {
	now := s.now()
	err := db.Insert(ctx, q, "reply_pair (post, conversation, member, created_at, due_at)", [][]any{{post, c.ID, member, db.T(now), db.T(now.Add(pairFor))}},
		"ON CONFLICT (post) DO UPDATE SET closed_at = NULL, closed_by = '', reason = ''")
	if err != nil {
		return fmt.Errorf("plan a follow-up: %w", err)
	}
	return nil
}

// ClosePair says that a planned follow-up is not needed, and why.
func (s *Service) ClosePair(ctx context.Context, post, reason string) error {
	m, err := acting(ctx, org.InboxEdit)
	if err != nil {
		return err
	}
	if reason, err = checkText(reason, 500); err != nil {
		return problem.Of(err).On("reason")
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		n, err := db.Exec(ctx, q, "UPDATE reply_pair SET closed_at = $2, closed_by = $3, reason = $4 WHERE post = $1 AND closed_at IS NULL", post, db.T(s.now()), m.ID, reason)
		if err != nil {
			return fmt.Errorf("close a pair: %w", err)
		}
		if n == 0 {
			return missing()
		}
		return s.org.Audit(ctx, q, "conversation.follow_up_closed", "post:"+post, map[string]string{"reason": reason})
	})
}
