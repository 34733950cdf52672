package inbox

import (
	"context"
	"time"

	"github.com/entente/entente/internal/db"
)

// spans are the times when conversations were open, as far as a batch changes them. What begins and ends in one batch is written once.
type spans struct {
	list  map[spanKey]*span
	order []spanKey
}

type spanKey struct {
	conversation string
	n            int // the how many-th time, from 0
}

// span is a time, or what is to change of one that is there.
type span struct {
	begun, ended       bool // whether it begins here, and whether it ends here
	openedAt, resolved time.Time
	by                 string
}

func (s *spans) of(conversation string, n int) *span {
	key := spanKey{conversation, n}
	v := s.list[key]
	if v == nil {
		if s.list == nil {
			s.list = map[spanKey]*span{}
		}
		v = &span{}
		s.list[key] = v
		s.order = append(s.order, key)
	}
	return v
}

// begin notes that a conversation was opened.
func (s *spans) begin(conversation string, n int, at time.Time) {
	v := s.of(conversation, n)
	v.begun, v.openedAt = true, at
}

// end notes that it was resolved.
func (s *spans) end(conversation string, n int, at time.Time, by string) {
	v := s.of(conversation, n)
	v.ended, v.resolved, v.by = true, at, by
}

// move notes that it was opened earlier.
func (s *spans) move(conversation string, at time.Time) { s.of(conversation, 0).openedAt = at }

// write writes what was noted.
func (s *spans) write(ctx context.Context, q db.Q) error {
	var begun, ended, moved [][]any
	for _, key := range s.order {
		v := s.list[key]
		if v.begun {
			begun = append(begun, []any{key.conversation, key.n, db.T(v.openedAt), db.T(v.resolved), v.by})
			continue
		}
		if v.ended {
			ended = append(ended, []any{db.T(v.resolved), v.by, key.conversation, key.n})
		}
		if !v.openedAt.IsZero() {
			moved = append(moved, []any{db.T(v.openedAt), key.conversation, key.n})
		}
	}
	s.list, s.order = nil, nil
	if err := db.Insert(ctx, q, "conversation_span (conversation, n, opened_at, resolved_at, resolved_by)", begun, ""); err != nil {
		return err
	}
	key := []string{"conversation", "n"}
	if err := db.Update(ctx, q, "conversation_span", []string{"resolved_at", "resolved_by"}, key, ended); err != nil {
		return err
	}
	return db.Update(ctx, q, "conversation_span", []string{"opened_at"}, key, moved)
}
