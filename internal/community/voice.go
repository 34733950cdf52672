package community

import (
	"context"
	"fmt"

	"github.com/entente/entente/internal/db"
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

// SaidBy lists posts that stand of an identity in a community, the newest first.
func (s *Service) SaidBy(ctx context.Context, c Community, author string, most int) ([]Post, error) {
	list, err := db.All(ctx, s.db.Read(), postFields, "SELECT "+postColumns+" FROM community_post p WHERE p.author = $1 AND p.channel = $2 AND p.deleted_at IS NULL ORDER BY p.at DESC, p.id"+db.Limit(most), author, c.Channel)
	if err != nil {
		return nil, fmt.Errorf("list what somebody said: %w", err)
	}
	return list, nil
}
