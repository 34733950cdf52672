package community

import (
	"context"
	"fmt"
	"slices"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Speaker is how somebody who spoke in a community is called there, by their identity. Member is "" for who is none.
func (s *Service) Speaker(ctx context.Context, c Community, author string) (Voice, bool, error) {
	return s.speakerBy(ctx, c, "author", author)
}

// SpeakerBy is Speaker by the handle.
func (s *Service) SpeakerBy(ctx context.Context, c Community, handle string) (Voice, bool, error) {
	return s.speakerBy(ctx, c, "handle", handle)
}

func (s *Service) speakerBy(ctx context.Context, c Community, column, value string) (Voice, bool, error) {
	v, found, err := db.One(ctx, s.db.Read(), voiceFields, "SELECT author, handle, name FROM community_voice WHERE channel = $1 AND "+column+" = $2", c.Channel, value)
	if err != nil || !found {
		if err != nil {
			err = fmt.Errorf("find who spoke: %w", err)
		}
		return Voice{}, false, err
	}
	out := Voice{Handle: v.handle, Name: v.name}
	m, err := s.memberBehind(ctx, v.author)
	if err != nil && !problem.Is(err, problem.Missing) {
		return out, false, err
	}
	if m != nil {
		out.Member = m.ID
	}
	return out, true, nil
}

// SaidBy lists posts that stand of an identity in a community, those after another one, the oldest first.
func (s *Service) SaidBy(ctx context.Context, c Community, author string, after Post, most int) ([]Post, error) {
	list, err := db.All(ctx, s.db.Read(), postFields, "SELECT "+postColumns+` FROM community_post p WHERE p.author = $1 AND p.channel = $2 AND p.deleted_at IS NULL
		AND (p.at > $3 OR p.at = $3 AND p.id > $4) ORDER BY p.at, p.id`+db.Limit(most), author, c.Channel, fromTime(after.At), after.ID)
	if err != nil {
		return nil, fmt.Errorf("list what somebody said: %w", err)
	}
	return list, nil
}

// Shifted tells which posts everybody reads no more since a thread was moved or merged, and which everybody reads only since then: those that stand.
func (s *Service) Shifted(ctx context.Context, turn *ledger.Activity, t *ledger.Turned) (gone, back []Post, err error) {
	if t.State != moved && t.State != merged {
		return nil, nil, nil
	}
	o, err := s.Sees(org.With(ctx, nil), nil)
	if err != nil {
		return nil, nil, err
	}
	q := s.db.Read()
	from, err := s.spaceBefore(ctx, q, turn, turn.Object)
	if err != nil {
		return nil, nil, err
	}
	if t.State == moved {
		return s.shifted(ctx, q, o.May(from), o.May(t.To), "", turn.Object)
	}
	to, err := s.spaceBefore(ctx, q, turn, t.To)
	if err != nil {
		return nil, nil, err
	}
	threads, err := s.mergedBefore(ctx, q, turn)
	if err != nil {
		return nil, nil, err
	}
	return s.shifted(ctx, q, o.May(from), o.May(to), " AND p.led IN "+db.Among(q, "$2"), t.To, db.Texts(threads))
}

// shifted are the posts of a thread, when everybody read it and does no more, or does only now.
func (s *Service) shifted(ctx context.Context, q db.Q, was, is bool, where string, args ...any) (gone, back []Post, err error) {
	if was == is {
		return nil, nil, nil
	}
	list, err := db.All(ctx, q, postFields, "SELECT "+postColumns+" FROM community_post p WHERE p.thread = $1"+where+" AND p.deleted_at IS NULL ORDER BY p.at, p.id"+db.Limit(toldPosts), args...)
	if err != nil {
		return nil, nil, fmt.Errorf("read what was moved into or out of sight: %w", err)
	}
	if was {
		return list, nil, nil
	}
	return nil, list, nil
}

// mergedBefore are the threads whose posts a merge took along: the one that was merged, and those that had been merged into it.
func (s *Service) mergedBefore(ctx context.Context, q db.Q, turn *ledger.Activity) ([]string, error) {
	out := []string{turn.Object}
	for i := 0; i < len(out) && len(out) < 100; i++ {
		list, err := db.All(ctx, q, db.Self[string], `SELECT object FROM activity WHERE channel = $1 AND kind = $2 AND (tx < $3 OR tx = $3 AND seq < $4) AND data LIKE '%"merged"%' AND data LIKE '%' || $5 || '%'
			AND object <> $5 ORDER BY tx, seq`, turn.Channel, ledger.ThreadTurned, turn.Tx, turn.Seq, out[i])
		if err != nil {
			return nil, fmt.Errorf("find what was merged before: %w", err)
		}
		for _, t := range list {
			if !slices.Contains(out, t) {
				out = append(out, t)
			}
		}
	}
	return out, nil
}

// spaceBefore is the space that a thread was in before an activity: where it was moved to last, or begun; for what was split off, where that was.
func (s *Service) spaceBefore(ctx context.Context, q db.Q, a *ledger.Activity, thread string) (string, error) {
	for range 10 {
		type turn struct{ object, data string }
		list, err := db.All(ctx, q, func(x *turn) []any { return []any{&x.object, &x.data} }, `SELECT object, data FROM activity WHERE channel = $1 AND kind = $2 AND (tx < $3 OR tx = $3 AND seq < $4)
			AND (object = $5 OR data LIKE '%' || $5 || '%') ORDER BY tx DESC, seq DESC`, a.Channel, ledger.ThreadTurned, a.Tx, a.Seq, thread)
		if err != nil {
			return "", fmt.Errorf("find where a thread was: %w", err)
		}
		parent := ""
		for _, x := range list {
			var was ledger.Turned
			if err := (&ledger.Activity{Data: []byte(x.data)}).Decode(&was); err != nil {
				return "", err
			}
			switch {
			case was.State == moved && x.object == thread:
				return was.To, nil
			case was.State == split && was.To == thread && parent == "":
				parent = x.object
			}
		}
		if parent == "" {
			break
		}
		thread = parent
	}
	first, err := s.ledger.Find(ctx, thread)
	if err != nil {
		return "", err
	}
	said, err := first.Said()
	if err != nil {
		return "", err
	}
	return said.Space, nil
}
