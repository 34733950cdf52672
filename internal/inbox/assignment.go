package inbox

import (
	"context"
	"slices"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Take gives a conversation to whoever acts. One that somebody else has is refused, with who: only those who assign may take it away.
func (s *Service) Take(ctx context.Context, conversation string) (Conversation, error) {
	return s.change(ctx, conversation, "conversation.take", func(c *Conversation) (string, any, error) {
		switch m := org.Who(ctx); c.Assignee {
		case m.ID:
			return "", nil, nil
		case "":
			return ledger.ConversationTaken, nil, nil
		}
		return "", nil, s.taken(ctx, c)
	}, nil)
}

// Assign gives a conversation to a member who can answer; expect, when not nil, is who is believed to have it ("" for nobody): somebody
// who decided upon an old page is told.
func (s *Service) Assign(ctx context.Context, conversation, member string, expect *string) (Conversation, error) {
	if _, err := acting(ctx, org.InboxAssign); err != nil {
		return Conversation{}, err
	}
	to, err := s.org.Find(ctx, member)
	if err != nil {
		return Conversation{}, problem.Of(err).On("to")
	}
	if to.State != org.Active || !to.Role.May(org.InboxEdit) {
		return Conversation{}, problem.New(problem.Invalid, "inbox.cannot_answer", "Name", to.Name).On("to")
	}
	given := false
	return s.change(ctx, conversation, "conversation.assign", func(c *Conversation) (string, any, error) {
		if given = c.Assignee != to.ID; !given {
			return "", nil, nil
		}
		if expect != nil && c.Assignee != *expect {
			if c.Assignee == "" {
				return "", nil, problem.New(problem.Conflict, "problem.conflict")
			}
			return "", nil, s.taken(ctx, c)
		}
		return ledger.ConversationAssigned, ledger.Assigned{To: to.ID}, nil
	}, func(ctx context.Context, q db.Q, c *Conversation) error {
		m := org.Who(ctx)
		if !given || m.ID == to.ID {
			return nil
		}
		return s.Tell(ctx, q, []string{to.ID}, "routing.told.assigned", []any{"Name", m.Name, "Title", titleOf(c)}, c.ID)
	})
}

// Release gives a conversation back to everybody. Somebody else's can be released by those who assign.
func (s *Service) Release(ctx context.Context, conversation string) (Conversation, error) {
	return s.change(ctx, conversation, "conversation.release", func(c *Conversation) (string, any, error) {
		m := org.Who(ctx)
		switch {
		case c.Assignee == "":
			return "", nil, nil
		case c.Assignee != m.ID && !m.May(org.InboxAssign):
			return "", nil, s.taken(ctx, c)
		}
		return ledger.ConversationReleased, nil, nil
	}, nil)
}

// Answerers lists the members to whom a conversation can be given, by name.
func (s *Service) Answerers(ctx context.Context) ([]*org.Member, error) {
	list, err := s.org.Team(ctx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(list, func(m *org.Member) bool { return m.State != org.Active || !m.Role.May(org.InboxEdit) }), nil
}
