package inbox

import (
	"context"
	"fmt"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// changes are the kinds of activity by which members change a conversation's state.
func changes() []string {
	return []string{ledger.ConversationTaken, ledger.ConversationAssigned, ledger.ConversationReleased, ledger.ConversationResolved, ledger.ConversationReopened,
		ledger.ConversationPassed, ledger.ConversationEscalated, ledger.ConversationRanked,
		ledger.ConversationTagged,
		ledger.ConversationLinked, ledger.ConversationUnlinked, ledger.ConversationMerged, ledger.ConversationSplit}
}

const changeTries = 5

// change states what decide makes of a conversation as it stands, and returns it as it then stands. decide returns no kind when there is
// nothing to do. also, which may be nil, runs in the same transaction.
//
// Conversations are derived, so no row can be locked while deciding. Instead the key of the new activity names the last one before it:
// of two members who decide at the same moment one states nothing, and decides again upon what the other did.
func (s *Service) change(ctx context.Context, conversation, action string, decide func(*Conversation) (kind string, data any, err error),
	also func(context.Context, db.Q, *Conversation) error) (Conversation, error) {
	m, err := acting(ctx, org.InboxEdit)
	if err != nil {
		return Conversation{}, err
	}
	for range changeTries {
		c, last, err := s.settled(ctx, conversation)
		if err != nil {
			return c, err
		}
		kind, data, err := decide(&c)
		if err != nil || kind == "" && also == nil {
			return c, err
		}
		var stated []ledger.Activity
		lost := false
		err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
			stated, lost = nil, false
			if kind != "" {
				a := ledger.Activity{Kind: kind, Actor: actor(m), Object: c.ID, Channel: c.Channel, At: s.now(), Key: "change:" + c.ID + ":" + last}
				if data != nil {
					a.Data = ledger.Data(data)
				}
				var err error
				if stated, err = s.ledger.AppendTx(ctx, q, a); err != nil {
					return err
				}
				if lost = len(stated) == 0; lost {
					return nil
				}
			}
			if also != nil {
				if err := also(ctx, q, &c); err != nil {
					return err
				}
			}
			return s.org.Audit(ctx, q, action, "conversation:"+c.ID, data)
		})
		if err != nil {
			return c, fmt.Errorf("%s: %w", action, err)
		}
		if lost {
			continue
		}
		s.ledger.Wake()
		if err := s.ledger.Await(ctx, stated); err != nil {
			return c, err
		}
		return s.Find(ctx, c.ID)
	}
	return Conversation{}, problem.New(problem.Conflict, "problem.conflict")
}

// settled reads a conversation in which all that members did up to now is derived, and the id of the last thing they did.
func (s *Service) settled(ctx context.Context, conversation string) (c Conversation, last string, err error) {
	for range changeTries {
		if c, err = s.Find(ctx, conversation); err != nil {
			return c, "", err
		}
		q := s.db.Read()
		if last, _, err = db.Value[string](ctx, q, "SELECT id FROM activity WHERE object = $1 AND object <> id AND kind IN "+db.Among(q, "$2")+
			" ORDER BY tx DESC, seq DESC LIMIT 1", c.ID, db.Texts(changes())); err != nil || last == "" {
			return c, "", err
		}
		a, err := s.ledger.Find(ctx, last)
		if err != nil {
			return c, "", err
		}
		if err := s.ledger.Await(ctx, []ledger.Activity{a}); err != nil {
			return c, "", err
		}
		again, err := s.Find(ctx, conversation)
		if err != nil || again.ID == c.ID {
			return again, last, err
		}
	}
	return c, "", problem.New(problem.Conflict, "problem.conflict")
}

// taken says who has it.
func (s *Service) taken(ctx context.Context, c *Conversation) error {
	return problem.New(problem.Conflict, "inbox.taken_by", "Name", s.name(ctx, c.Assignee))
}
