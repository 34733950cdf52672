package course

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/enrich"
)

const (
	cheerFor  = 3 * 24 * time.Hour // what went well longer ago is old news
	cheerMost = 200
	// StreakOf is how many replies in a row keep to the charter before somebody is told.
	StreakOf = 10
)

// good is something that went well. It names no number that could be compared with another's.
type good struct {
	token, member, key, conversation, href string
	args                                   []any
}

// Cheer tells members what went well: their first accepted answer, that somebody thanked them, a row of replies that keep to the charter, that what
// they wrote helped a colleague. Each once; who wishes not to be told is not; nobody is told of others.
func (s *Service) Cheer(ctx context.Context) error {
	profiles, err := s.team.All(ctx)
	if err != nil {
		return err
	}
	wish := map[string]bool{}
	for _, p := range profiles {
		wish[p.Member] = p.Cheer
	}
	var list []good
	for _, look := range []func(context.Context, time.Time) ([]good, error){s.accepted, s.thanked, s.content, s.streaks, s.reused} {
		found, err := look(ctx, s.Now().Add(-cheerFor))
		if err != nil {
			return err
		}
		list = append(list, found...)
	}
	for _, g := range list {
		if !wish[g.member] {
			continue
		}
		err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
			return s.inbox.TellOnce(ctx, q, g.token, []string{g.member}, g.key, g.args, g.conversation, g.href)
		})
		if err != nil {
			return fmt.Errorf("tell what went well: %w", err)
		}
	}
	return nil
}

func (s *Service) goods(ctx context.Context, fields func(g *good) []any, query string, args ...any) ([]good, error) {
	list, err := db.All(ctx, s.db.Read(), fields, query+db.Limit(cheerMost), args...)
	if err != nil {
		return nil, fmt.Errorf("look what went well: %w", err)
	}
	return list, nil
}

// accepted are first answers that whoever asked accepted.
func (s *Service) accepted(ctx context.Context, since time.Time) ([]good, error) {
	list, err := s.goods(ctx, func(g *good) []any { return []any{&g.member} }, `SELECT n.member FROM community_notice n
		WHERE n.kind = 'accepted' AND n.at > $1 AND NOT EXISTS (SELECT 1 FROM community_notice o WHERE o.kind = 'accepted' AND o.member = n.member AND o.id <> n.id) ORDER BY n.at, n.member`, db.T(since))
	for i := range list {
		list[i].token, list[i].key, list[i].href = "cheer:accepted", "course.cheer.accepted", "/communities"
	}
	return list, err
}

// thanked are those whose answer was followed by praise, once a conversation.
func (s *Service) thanked(ctx context.Context, since time.Time) ([]good, error) {
	type row struct {
		good
		post, name string
	}
	list, err := db.All(ctx, s.db.Read(), func(r *row) []any { return []any{&r.post, &r.name, &r.conversation, &r.member} },
		`SELECT p.id, p.author_name, c.id, c.first_reply_by FROM post p JOIN conversation c ON c.root = p.root
		WHERE p.at > $1 AND p.ours = 0 AND p.automatic = '' AND p.deleted_at IS NULL AND c.first_reply_at < p.at AND c.first_reply_by <> '' ORDER BY p.at`+db.Limit(5*cheerMost), db.T(since))
	if err != nil {
		return nil, fmt.Errorf("look who thanked: %w", err)
	}
	posts := make([]string, len(list))
	for i := range list {
		posts[i] = list[i].post
	}
	taken, err := enrich.TakenFor(ctx, s.db.Read(), posts)
	if err != nil {
		return nil, err
	}
	var out []good
	for _, r := range list {
		t := taken[r.post]
		if !slices.Contains(t.Kinds, "praise") || slices.Contains(t.Kinds, "complaint") {
			continue
		}
		r.token, r.key, r.args = "cheer:thanks:"+r.conversation, "course.cheer.thanked", []any{"Name", r.name}
		out = append(out, r.good)
	}
	return out, nil
}

// content are those who answered somebody who then gave the best rating.
func (s *Service) content(ctx context.Context, since time.Time) ([]good, error) {
	list, err := s.goods(ctx, func(g *good) []any { return []any{&g.conversation, &g.member} },
		`SELECT c.id, c.first_reply_by FROM business_fact f JOIN conversation c ON c.id = f.ref
		WHERE f.kind = 'rating' AND f.label = 'csat' AND f.quantity >= 5 AND f.at > $1 AND c.first_reply_by <> '' ORDER BY f.at`, db.T(since))
	for i := range list {
		list[i].token, list[i].key = "cheer:thanks:"+list[i].conversation, "course.cheer.content"
	}
	return list, err
}

// streaks are rows of replies that keep to the charter, each told once when it is long enough.
func (s *Service) streaks(ctx context.Context, since time.Time) ([]good, error) {
	list, err := s.goods(ctx, func(g *good) []any { return []any{&g.member, &g.token} },
		`SELECT k.member, MIN(k.sending) FROM reply_kept k WHERE k.kept = 1 AND k.at > COALESCE((SELECT MAX(b.at) FROM reply_kept b WHERE b.member = k.member AND b.kept = 0), 0)
		AND k.member IN (SELECT member FROM reply_kept WHERE at > $1) GROUP BY k.member HAVING COUNT(*) >= $2 ORDER BY k.member`, db.T(since), StreakOf)
	for i := range list {
		list[i].token, list[i].key, list[i].args, list[i].href = "cheer:streak:"+list[i].token, "course.cheer.streak", []any{"N", StreakOf}, "/charter"
	}
	return list, err
}

// reused are those whose earlier conversation helped a colleague to answer.
func (s *Service) reused(ctx context.Context, since time.Time) ([]good, error) {
	list, err := s.goods(ctx, func(g *good) []any { return []any{&g.conversation, &g.member} },
		`SELECT DISTINCT h.ref, c.resolved_by FROM reply_help h JOIN conversation_span c ON c.conversation = h.ref AND c.resolved_by <> '' AND c.resolved_by <> h.member
		WHERE h.kind = 'conversation' AND h.at > $1 ORDER BY h.ref`, db.T(since))
	for i := range list {
		list[i].token, list[i].key = "cheer:reused:"+list[i].conversation, "course.cheer.reused"
	}
	return list, err
}

// ForgetKept forgets of replies of long ago whether they kept to the charter.
func (s *Service) ForgetKept(ctx context.Context) error {
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, "DELETE FROM reply_kept WHERE at < $1", db.T(s.Now().AddDate(-1, 0, 0)))
		return err
	})
}
