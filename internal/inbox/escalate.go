package inbox

import (
	"context"
	"fmt"
	"slices"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// EscalationReason is why a conversation is handed up.
type EscalationReason string

// The reasons to hand a conversation up.
const (
	NeedsDecision EscalationReason = "decision" // something only others may decide
	IsAngry       EscalationReason = "angry"
	IsLegal       EscalationReason = "legal"
	IsPress       EscalationReason = "press"
	IsDanger      EscalationReason = "danger" // somebody may get hurt
	OtherReason   EscalationReason = "other"  // said in words
)

// EscalationReasons lists the reasons to hand a conversation up.
func EscalationReasons() []EscalationReason {
	return []EscalationReason{NeedsDecision, IsAngry, IsLegal, IsPress, IsDanger, OtherReason}
}

// Escalation is a conversation handed up.
type Escalation struct {
	To     string // member, "" for all who assign
	Reason EscalationReason
	Words  string
}

// EscalateTo lists to whom whoever acts can hand a conversation up: those who assign, and their mentor.
func (s *Service) EscalateTo(ctx context.Context) ([]*org.Member, error) {
	m, err := acting(ctx, org.InboxEdit)
	if err != nil {
		return nil, err
	}
	list, err := s.Answerers(ctx)
	if err != nil {
		return nil, err
	}
	mentor := ""
	if p, err := s.team.Find(org.AsOperator(ctx), m.ID); err == nil {
		mentor = p.Mentor
	}
	return slices.DeleteFunc(list, func(o *org.Member) bool {
		return o.ID == m.ID || !o.Role.May(org.InboxAssign) && o.ID != mentor
	}), nil
}

// Escalate hands a conversation up to somebody, who is told; to all who assign when nobody is named.
func (s *Service) Escalate(ctx context.Context, conversation string, e Escalation) (Conversation, error) {
	m, err := acting(ctx, org.InboxEdit)
	if err != nil {
		return Conversation{}, err
	}
	if !slices.Contains(EscalationReasons(), e.Reason) {
		return Conversation{}, problem.New(problem.Invalid, "problem.required").On("reason")
	}
	if e.Words, err = fewWords(e.Words, e.Reason == OtherReason); err != nil {
		return Conversation{}, err
	}
	told, err := s.SocialTeam(ctx)
	if err != nil {
		return Conversation{}, err
	}
	if e.To != "" {
		to, err := s.EscalateTo(ctx)
		if err != nil {
			return Conversation{}, err
		}
		if !slices.ContainsFunc(to, func(o *org.Member) bool { return o.ID == e.To }) {
			return Conversation{}, problem.New(problem.Invalid, "routing.not_up").On("to")
		}
		told = []string{e.To}
	}
	return s.change(ctx, conversation, "conversation.escalate", func(c *Conversation) (string, any, error) {
		if c.Assignee != "" && c.Assignee != m.ID && !m.May(org.InboxAssign) {
			return "", nil, s.taken(ctx, c)
		}
		return ledger.ConversationEscalated, ledger.Escalated{To: e.To, Reason: string(e.Reason), Words: e.Words}, nil
	}, func(ctx context.Context, q db.Q, c *Conversation) error {
		if err := s.Tell(ctx, q, except(told, m.ID), "routing.told.escalated."+string(e.Reason), []any{"Name", m.Name, "Title", titleOf(c)}, c.ID); err != nil {
			return fmt.Errorf("tell that a conversation was handed up: %w", err)
		}
		return nil
	})
}

// escalated derives that a conversation was handed up.
func (d *desk) escalated(c *Conversation, a *ledger.Activity) error {
	var e ledger.Escalated
	if err := a.Decode(&e); err != nil {
		return err
	}
	c.Assignee = e.To
	return db.Insert(d.ctx, d.q, "conversation_escalation (id, conversation, member, receiver, reason, words, at)",
		[][]any{{a.ID, c.ID, memberOf(a.Actor), e.To, e.Reason, e.Words, db.T(a.At)}}, "ON CONFLICT DO NOTHING")
}
