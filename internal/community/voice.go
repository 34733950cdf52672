package community

import (
	"context"
	"fmt"

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

// Gone tells what a thread was taken out of the sight of everybody with, when it was moved: its posts that stand. There are none when it was not to be seen
// before, or still is. Whoever asks learns of it what was public.
func (s *Service) Gone(ctx context.Context, turn *ledger.Activity, t *ledger.Turned) ([]Post, error) {
	if t.State != moved {
		return nil, nil
	}
	o, err := s.Sees(org.With(ctx, nil), nil)
	if err != nil || o.May(t.To) {
		return nil, err
	}
	q := s.db.Read()
	from, err := s.spaceBefore(ctx, q, turn, turn.Object)
	if err != nil {
		return nil, err
	}
	if !o.May(from) {
		return nil, nil
	}
	list, err := db.All(ctx, q, postFields, "SELECT "+postColumns+" FROM community_post p WHERE p.thread = $1 AND p.deleted_at IS NULL ORDER BY p.at, p.id"+db.Limit(toldPosts), turn.Object)
	if err != nil {
		return nil, fmt.Errorf("read what was moved out of sight: %w", err)
	}
	return list, nil
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
