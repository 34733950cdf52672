package inbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/team"
)

// Held is the state of an answer that waits for a mentor: it is not in the outbox yet.
const Held channel.SendingState = "held"

// ApprovalState is what became of a beginner's reply.
type ApprovalState string

// The states of an approval.
const (
	ApprovalWaiting   ApprovalState = "waiting"
	ApprovalGiven     ApprovalState = "approved"  // as it was
	ApprovalChanged   ApprovalState = "changed"   // with words of the mentor
	ApprovalReturned  ApprovalState = "returned"  // sent back with a reason
	ApprovalWithdrawn ApprovalState = "withdrawn" // taken back by its author
)

// Approval is a reply of a beginner, before and after a mentor looked at it.
type Approval struct {
	ID           string
	Conversation string
	Title        string // of the conversation
	Member       string // who wrote it
	Mentor       string // whose task it is, "" for those who assign
	Answer       Answer
	State        ApprovalState
	Reason       string // of sending it back
	Said         string // what went out
	Sending      string
	DecidedBy    string
	CreatedAt    time.Time
	DecidedAt    time.Time
}

func approvalFields(a *Approval) []any {
	return []any{&a.ID, &a.Conversation, &a.Title, &a.Member, &a.Mentor, db.JSON(&a.Answer), (*string)(&a.State), &a.Reason, &a.Said, &a.Sending, &a.DecidedBy, db.At(&a.CreatedAt), db.At(&a.DecidedAt)}
}

const (
	approvalColumns = "a.id, a.conversation, COALESCE(NULLIF(c.title, ''), c.excerpt, ''), a.member, a.mentor, a.answer, a.state, a.reason, a.said, a.sending, a.decided_by, a.created_at, a.decided_at"
	approvalTables  = " FROM reply_approval a LEFT JOIN conversation_alias x ON x.id = a.conversation LEFT JOIN conversation c ON c.id = COALESCE(x.conversation, a.conversation) "
	mostApprovals   = 200
)

func (s *Service) approvals(ctx context.Context, q db.Q, where string, args ...any) ([]Approval, error) {
	list, err := db.All(ctx, q, approvalFields, "SELECT "+approvalColumns+approvalTables+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read approvals: %w", err)
	}
	return list, nil
}

// Approvals lists the replies that wait for whoever acts: as a mentor, or, for those who assign, all; the oldest first.
func (s *Service) Approvals(ctx context.Context) ([]Approval, error) {
	m, err := acting(ctx, org.InboxEdit)
	if err != nil {
		return nil, err
	}
	mine := "AND a.mentor = $1"
	if m.May(org.InboxAssign) {
		mine = "AND $1 <> ''"
	}
	return s.approvals(ctx, s.db.Read(), "WHERE a.state = 'waiting' "+mine+" ORDER BY a.created_at, a.id"+db.Limit(mostApprovals), m.ID)
}

// MyApprovals lists what became of the replies of whoever acts, the newest first.
func (s *Service) MyApprovals(ctx context.Context) ([]Approval, error) {
	m, err := acting(ctx, org.InboxEdit)
	if err != nil {
		return nil, err
	}
	return s.approvals(ctx, s.db.Read(), "WHERE a.member = $1 ORDER BY a.created_at DESC, a.id DESC"+db.Limit(50), m.ID)
}

// WaitingApprovals counts the replies that wait for whoever acts; 0 when it cannot be read.
func (s *Service) WaitingApprovals(ctx context.Context) int {
	m := org.Who(ctx)
	if m == nil || !m.May(org.InboxEdit) {
		return 0
	}
	n, _, _ := db.Value[int](ctx, s.db.Read(), "SELECT COUNT(*) FROM reply_approval WHERE state = 'waiting' AND (mentor = $1 OR 1 = $2)", m.ID, db.B(m.May(org.InboxAssign)))
	return n
}

// Approval returns one reply of a beginner, to its author, the mentor and those who assign.
func (s *Service) Approval(ctx context.Context, approval string) (Approval, error) {
	m, err := acting(ctx, org.InboxEdit)
	if err != nil {
		return Approval{}, err
	}
	a, err := s.approval(ctx, s.db.Read(), approval)
	if err == nil && a.Member != m.ID && !decides(m, &a) {
		err = missing()
	}
	return a, err
}

func (s *Service) approval(ctx context.Context, q db.Q, approval string) (Approval, error) {
	if !id.Valid(approval) {
		return Approval{}, missing()
	}
	list, err := s.approvals(ctx, q, "WHERE a.id = $1", approval)
	if err == nil && len(list) == 0 {
		err = missing()
	}
	if err != nil {
		return Approval{}, err
	}
	return list[0], nil
}

// decides reports whether somebody may let a reply out: nobody does for themselves.
func decides(m *org.Member, a *Approval) bool {
	return m.ID != a.Member && (m.ID == a.Mentor || m.May(org.InboxAssign))
}

// sending is how a reply that waits is shown beside those that are on their way.
func (a *Approval) sending(name string) channel.Sending {
	return channel.Sending{ID: a.ID, Conversation: a.Conversation, Member: a.Member, State: Held, CreatedAt: a.CreatedAt, DueAt: a.CreatedAt,
		Content: channel.Outgoing{Text: a.Answer.Text, Private: a.Answer.Private, AuthorName: name, At: a.CreatedAt}}
}

// hold keeps a beginner's reply until a mentor has looked at it. Who answers what nobody has, takes it.
func (s *Service) hold(ctx context.Context, c *Conversation, in Answer, m *org.Member, mentor, token string, checked *Checked) (channel.Sending, error) {
	a := Approval{ID: s.maker.Make(s.now()), Member: m.ID, Mentor: mentor, Answer: in, State: ApprovalWaiting, CreatedAt: s.now()}
	tell := []string{mentor}
	if to, err := s.org.Find(ctx, mentor); mentor == "" || err != nil || to.State != org.Active || !to.Role.May(org.InboxEdit) {
		if tell, err = s.SocialTeam(ctx); err != nil {
			return channel.Sending{}, err
		}
		a.Mentor = ""
	}
	twice := false
	_, err := s.change(ctx, c.ID, "conversation.hold", func(c *Conversation) (string, any, error) {
		if c.Assignee == "" {
			return ledger.ConversationTaken, nil, nil
		}
		return "", nil, nil
	}, func(ctx context.Context, q db.Q, c *Conversation) error {
		a.Conversation, twice = c.ID, false
		if err := s.meanwhile(ctx, q, c, m.ID, in.Seen); err != nil {
			return err
		}
		if token != "" {
			n, err := db.Exec(ctx, q, "INSERT INTO conversation_reply (token, sending, at) VALUES ($1, $2, $3) ON CONFLICT (token) DO NOTHING", token, a.ID, db.T(s.now()))
			if err != nil {
				return fmt.Errorf("note which form wrote it: %w", err)
			}
			if twice = n == 0; twice {
				return errTwice
			}
		}
		if err := db.Insert(ctx, q, "reply_approval (id, conversation, member, mentor, answer, state, created_at)",
			[][]any{{a.ID, a.Conversation, a.Member, a.Mentor, db.J(a.Answer), string(a.State), db.T(a.CreatedAt)}}, ""); err != nil {
			return fmt.Errorf("keep a reply for its mentor: %w", err)
		}
		if err := s.forgetDraft(ctx, q, c.ID, m.ID); err != nil {
			return err
		}
		return s.TellOnce(ctx, q, "approval:"+a.ID, tell, "inbox.told.approval", []any{"Name", m.Name, "Title", c.Name()}, c.ID, "/approvals")
	})
	if twice {
		known, _, err := db.Value[string](ctx, s.db.Read(), "SELECT sending FROM conversation_reply WHERE token = $1", token)
		if err != nil {
			return channel.Sending{}, err
		}
		return s.replied(ctx, known, false)
	}
	if err != nil {
		return channel.Sending{}, err
	}
	return a.sending(m.Name), nil
}

// Approve lets a reply of a beginner out, once, with the words of the mentor when they are not "" and not the same. override lets those who assign
// send what breaks a binding rule.
func (s *Service) Approve(ctx context.Context, approval, words string, override bool) (Approval, error) {
	m, err := acting(ctx, org.InboxEdit)
	if err != nil {
		return Approval{}, err
	}
	a, err := s.approval(ctx, s.db.Read(), approval)
	if err != nil {
		return a, err
	}
	switch {
	case !decides(m, &a) && m.ID != a.Member:
		return a, missing()
	case !decides(m, &a):
		return a, problem.New(problem.Forbidden, "inbox.approval.own")
	}
	in := a.Answer
	unchanged := true
	if words != "" {
		if words, err = checkText(words, maxReply); err != nil {
			return a, err
		}
		unchanged = words == in.Text
		in.Text = words
	}
	in.Override, in.NotBefore = override, time.Time{}
	author, err := s.org.Find(ctx, a.Member)
	if err != nil {
		return a, err
	}
	c, w, err := s.sayable(ctx, a.Conversation, in)
	if err == nil {
		err = s.licensed(ctx, s.db.Read(), author.ID, &in)
	}
	if err != nil {
		return a, err
	}
	checked, err := s.guard(ctx, &c, &w, in, author, m)
	if err != nil {
		return a, err
	}
	freed := false
	_, err = s.say(ctx, &c, &w, in, author, "", checked, func(ctx context.Context, q db.Q, sending string) error {
		state := ApprovalGiven
		if !unchanged {
			state = ApprovalChanged
		}
		n, err := db.Exec(ctx, q, "UPDATE reply_approval SET state = $2, said = $3, sending = $4, decided_by = $5, decided_at = $6 WHERE id = $1 AND state = 'waiting'",
			a.ID, string(state), in.Text, sending, m.ID, db.T(s.now()))
		if err != nil {
			return fmt.Errorf("approve a reply: %w", err)
		}
		if n == 0 {
			return problem.New(problem.Conflict, "inbox.approval.decided")
		}
		if freed, err = s.team.Approve(ctx, q, a.Member, unchanged); err != nil {
			return err
		}
		key := "inbox.told.approved"
		if !unchanged {
			key = "inbox.told.changed"
		}
		if err := s.TellOnce(ctx, q, "approved:"+a.ID, []string{a.Member}, key, []any{"Name", m.Name, "Title", c.Name()}, c.ID, ""); err != nil || !freed {
			return err
		}
		return s.TellOnce(ctx, q, "freed:"+a.ID, []string{a.Member, m.ID}, "inbox.told.freed", []any{"Name", author.Name, "Count", team.ApprovedToSpeak}, "", "")
	})
	if err != nil {
		return a, err
	}
	if in.Resolve {
		if _, err := s.Resolve(ctx, c.ID); err != nil {
			return a, err
		}
	}
	return s.approval(ctx, s.db.Read(), a.ID)
}

// SendBack gives a reply back to its author, with the reason; their words are in their draft again.
func (s *Service) SendBack(ctx context.Context, approval, reason string) (Approval, error) {
	m, err := acting(ctx, org.InboxEdit)
	if err != nil {
		return Approval{}, err
	}
	if reason, err = checkText(reason, 2000); err != nil {
		return Approval{}, problem.Of(err).On("reason")
	}
	a, err := s.approval(ctx, s.db.Read(), approval)
	if err != nil {
		return a, err
	}
	if !decides(m, &a) {
		return a, missing()
	}
	return s.close(ctx, &a, m, ApprovalReturned, reason, func(ctx context.Context, q db.Q) error {
		if _, err := s.team.Approve(ctx, q, a.Member, false); err != nil {
			return err
		}
		return s.TellOnce(ctx, q, "returned:"+a.ID, []string{a.Member}, "inbox.told.returned", []any{"Name", m.Name, "Title", a.Title, "Reason", reason}, a.Conversation, "")
	})
}

// TakeBack withdraws a reply that waits; only its author does.
func (s *Service) TakeBack(ctx context.Context, approval string) (Approval, error) {
	m, err := acting(ctx, org.InboxEdit)
	if err != nil {
		return Approval{}, err
	}
	a, err := s.approval(ctx, s.db.Read(), approval)
	if err == nil && a.Member != m.ID {
		err = missing()
	}
	if err != nil {
		return a, err
	}
	return s.close(ctx, &a, m, ApprovalWithdrawn, "", func(context.Context, db.Q) error { return nil })
}

// close ends the waiting of a reply without sending it.
func (s *Service) close(ctx context.Context, a *Approval, m *org.Member, state ApprovalState, reason string, also func(context.Context, db.Q) error) (Approval, error) {
	err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		n, err := db.Exec(ctx, q, "UPDATE reply_approval SET state = $2, reason = $3, decided_by = $4, decided_at = $5 WHERE id = $1 AND state = 'waiting'",
			a.ID, string(state), reason, m.ID, db.T(s.now()))
		if err != nil {
			return fmt.Errorf("end an approval: %w", err)
		}
		if n == 0 {
			return problem.New(problem.Conflict, "inbox.approval.decided")
		}
		if err := s.keepDraft(ctx, q, a.Conversation, a.Member, a.Answer.Text, false); err != nil {
			return err
		}
		return errors.Join(also(ctx, q), s.org.Audit(ctx, q, "conversation.approval_"+string(state), "conversation:"+a.Conversation, map[string]string{"approval": a.ID}))
	})
	if err != nil {
		return *a, err
	}
	return s.approval(ctx, s.db.Read(), a.ID)
}

// heldBack lists the replies of a conversation that wait.
func (s *Service) heldBack(ctx context.Context, ids []string) ([]channel.Sending, error) {
	q := s.db.Read()
	list, err := s.approvals(ctx, q, "WHERE a.state = 'waiting' AND a.conversation IN "+db.Among(q, "$1")+" ORDER BY a.created_at, a.id", db.Texts(ids))
	if err != nil {
		return nil, err
	}
	names := s.names(ctx)
	out := make([]channel.Sending, len(list))
	for i := range list {
		out[i] = list[i].sending(names(list[i].Member))
	}
	return out, nil
}

// CheckApproval says what the charter has to say to a reply that waits.
func (s *Service) CheckApproval(ctx context.Context, a *Approval) (Checked, error) {
	if _, err := acting(ctx, org.InboxEdit); err != nil {
		return Checked{}, err
	}
	author, err := s.org.Find(ctx, a.Member)
	if err != nil {
		return Checked{}, err
	}
	c, w, err := s.sayable(ctx, a.Conversation, a.Answer)
	if err != nil {
		return Checked{}, err
	}
	return s.examine(ctx, &c, &w, a.Answer, author)
}
