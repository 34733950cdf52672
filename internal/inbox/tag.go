package inbox

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/inbox/due"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

const (
	longestTag = 40 // characters
	mostTags   = 20 // on one conversation
)

// cleanTag is a tag as it is kept: small letters, no space around or doubled, no comma.
func cleanTag(s string) string {
	s = strings.Join(strings.Fields(strings.ToLower(strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\x00", ""))), " ")
	return strings.Trim(s, "#,; ")
}

// Tag puts tags on a conversation and takes others off.
func (s *Service) Tag(ctx context.Context, conversation string, on, off []string) (Conversation, error) {
	clean := func(list []string) ([]string, error) {
		var out []string
		for _, t := range list {
			if t = cleanTag(t); t == "" || slices.Contains(out, t) {
				continue
			}
			if utf8.RuneCountInString(t) > longestTag {
				return nil, problem.New(problem.Invalid, "problem.too_long", "Max", longestTag).On("tag")
			}
			out = append(out, t)
		}
		return out, nil
	}
	on, err := clean(on)
	if err != nil {
		return Conversation{}, err
	}
	if off, err = clean(off); err != nil {
		return Conversation{}, err
	}
	return s.change(ctx, conversation, "conversation.tag", func(c *Conversation) (string, any, error) {
		have, err := s.TagsOf(ctx, c.ID)
		if err != nil {
			return "", nil, err
		}
		var t ledger.Tagged
		for _, w := range on {
			if !slices.Contains(have, w) {
				t.On = append(t.On, w)
			}
		}
		for _, w := range off {
			if slices.Contains(have, w) && !slices.Contains(on, w) {
				t.Off = append(t.Off, w)
			}
		}
		if len(t.On)+len(t.Off) == 0 {
			return "", nil, nil
		}
		if len(have)+len(t.On)-len(t.Off) > mostTags {
			return "", nil, problem.New(problem.Invalid, "service.too_many_tags", "Max", mostTags).On("tag")
		}
		return ledger.ConversationTagged, t, nil
	}, nil)
}

// TagsOf lists the tags of a conversation.
func (s *Service) TagsOf(ctx context.Context, conversation string) ([]string, error) {
	list, err := db.All(ctx, s.db.Read(), db.Self[string], "SELECT tag FROM conversation_tag WHERE conversation = $1 ORDER BY tag", conversation)
	if err != nil {
		return nil, fmt.Errorf("read tags: %w", err)
	}
	return list, nil
}

// Tags lists the tags that are in use, at most 200.
func (s *Service) Tags(ctx context.Context) ([]string, error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return nil, err
	}
	return s.tags.Read(ctx, s.db, "", func(ctx context.Context) ([]string, error) {
		return db.All(ctx, s.db.Read(), db.Self[string], "SELECT DISTINCT tag FROM conversation_tag ORDER BY tag LIMIT 200")
	})
}

// tagged follows tags put on and taken off.
func (d *desk) tagged(c *Conversation, a *ledger.Activity) error {
	var t ledger.Tagged
	if err := a.Decode(&t); err != nil {
		return err
	}
	for _, w := range t.Off {
		if _, err := db.Exec(d.ctx, d.q, "DELETE FROM conversation_tag WHERE tag = $1 AND conversation = $2", w, c.ID); err != nil {
			return err
		}
	}
	for _, w := range t.On {
		if _, err := db.Exec(d.ctx, d.q, "INSERT INTO conversation_tag (tag, conversation) VALUES ($1, $2) ON CONFLICT DO NOTHING", w, c.ID); err != nil {
			return err
		}
	}
	return nil
}

// rank is the place of a priority, 0 the most pressing.
func rank(priority string) int {
	if priority == "" {
		priority = due.Usual
	}
	return slices.Index(due.Priorities(), priority)
}

// Rank says how much a conversation presses, one of due.Priorities.
func (s *Service) Rank(ctx context.Context, conversation, priority string) (Conversation, error) {
	if !slices.Contains(due.Priorities(), priority) {
		return Conversation{}, problem.New(problem.Invalid, "problem.bad_form").On("priority")
	}
	if priority == due.Usual {
		priority = ""
	}
	return s.change(ctx, conversation, "conversation.rank", func(c *Conversation) (string, any, error) {
		if c.Priority == priority {
			return "", nil, nil
		}
		return ledger.ConversationRanked, ledger.Ranked{Priority: priority}, nil
	}, nil)
}
