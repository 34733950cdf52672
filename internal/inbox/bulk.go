package inbox

import (
	"context"
	"fmt"
	"slices"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Deed is what is done with many conversations at once.
type Deed struct {
	What string // take, assign, release, resolve, reopen, tag, untag, rank, label, link, merge
	To   string // of assign: a member; of tag and untag: a tag; of rank: a priority; of label: a feeling
}

// Deeds lists what can be done with many conversations by whoever acts.
func Deeds(ctx context.Context) []string {
	m := org.Who(ctx)
	if m == nil || !m.May(org.InboxEdit) {
		return nil
	}
	out := []string{"take", "release", "resolve", "reopen", "tag", "untag", "rank", "label", "link", "merge"}
	if m.May(org.InboxAssign) {
		out = slices.Insert(out, 1, "assign")
	}
	return out
}

// MostAtOnce is how many conversations are dealt with at once.
const MostAtOnce = 500

// Refusal is a conversation with which something was not done, and why.
type Refusal struct {
	Conversation string
	Why          *problem.Problem
}

// Bulk does something with many conversations, one after the other, each by itself: what is refused for one is done with the rest, and doing
// it again does nothing twice. Only linking and merging are about all of them together, the first being the one that stays.
func (s *Service) Bulk(ctx context.Context, conversations []string, d Deed) (done int, refused []Refusal, err error) {
	if _, err := acting(ctx, org.InboxEdit); err != nil {
		return 0, nil, err
	}
	if len(conversations) == 0 {
		return 0, nil, problem.New(problem.Invalid, "service.bulk.nothing").On("id")
	}
	if len(conversations) > MostAtOnce {
		return 0, nil, problem.New(problem.Invalid, "service.too_many", "Max", MostAtOnce).On("id")
	}
	if !slices.Contains(Deeds(ctx), d.What) {
		return 0, nil, problem.New(problem.Invalid, "problem.bad_form").On("do")
	}
	if d.To == "" && slices.Contains([]string{"assign", "tag", "untag", "rank"}, d.What) {
		return 0, nil, problem.New(problem.Invalid, "problem.required").On("to")
	}
	seen := map[string]bool{}
	first := ""
	for _, c := range conversations {
		if seen[c] {
			continue
		}
		if seen[c] = true; first == "" {
			first = c
			if d.What == "link" || d.What == "merge" {
				done++
				continue
			}
		}
		err := s.deed(ctx, first, c, d)
		if err == nil {
			done++
			continue
		}
		p := problem.Of(err)
		if p.Code != problem.Invalid && p.Code != problem.Conflict && p.Code != problem.Missing {
			return done, refused, fmt.Errorf("deal with many conversations: %w", err)
		}
		refused = append(refused, Refusal{c, p})
	}
	return done, refused, nil
}

func (s *Service) deed(ctx context.Context, first, c string, d Deed) (err error) {
	switch d.What {
	case "take":
		_, err = s.Take(ctx, c)
	case "assign":
		_, err = s.Assign(ctx, c, d.To, nil)
	case "release":
		_, err = s.Release(ctx, c)
	case "resolve":
		_, err = s.Resolve(ctx, c)
	case "reopen":
		_, err = s.Reopen(ctx, c)
	case "tag":
		_, err = s.Tag(ctx, c, []string{d.To}, nil)
	case "untag":
		_, err = s.Tag(ctx, c, nil, []string{d.To})
	case "rank":
		_, err = s.Rank(ctx, c, d.To)
	case "label":
		err = s.labelLast(ctx, c, d.To)
	case "link":
		err = s.Link(ctx, first, c)
	case "merge":
		_, err = s.Merge(ctx, first, c)
	}
	return err
}

// labelLast labels the last words of theirs in a conversation, which its feeling is told by.
func (s *Service) labelLast(ctx context.Context, conversation, feeling string) error {
	c, err := s.Find(ctx, conversation)
	if err != nil {
		return err
	}
	post, found, err := db.Value[string](ctx, s.db.Read(), "SELECT id FROM post WHERE root = $1 AND ours = 0 AND automatic = '' AND deleted_at IS NULL ORDER BY at DESC, id DESC LIMIT 1", c.Root)
	if err != nil || !found {
		return err
	}
	return s.Label(ctx, post, feeling)
}
