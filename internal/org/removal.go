package org

import (
	"context"
	"fmt"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/problem"
)

// Remove ends a membership for good: address, password, sessions, tokens and links are deleted, also the links of invitations that the
// member sent and nobody has accepted. What they did stays under their name, or with nameless under "Former member": then the audit log
// also forgets where they came from and what it says of them. Their address can be invited again, as somebody new.
func (s *Service) Remove(ctx context.Context, memberID string, nameless bool) error {
	if err := Require(ctx, MemberEdit); err != nil {
		return err
	}
	if m := Who(ctx); m != nil && m.ID == memberID {
		return problem.New(problem.Conflict, "org.not_yourself")
	}
	o, err := s.Organisation(ctx)
	if err != nil {
		return err
	}
	return s.change(ctx, memberID, func(ctx context.Context, q db.Q, m *Member) error {
		if m.State == Invited {
			return problem.New(problem.Conflict, "org.withdraw_instead")
		}
		if err := mayGive(ctx, m.Role); err != nil {
			return err
		}
		if err := anotherOwner(ctx, q, m); err != nil {
			return err
		}
		name := m.Name
		if nameless {
			name = i18n.T(i18n.With(ctx, o.Lang, nil), "org.former_member")
		}
		steps := []step{
			// .invalid is nobody's (RFC 2606); the column is unique, and the address free for somebody else.
			{"UPDATE member SET state = 'removed', email = id || '@removed.invalid', name = $2, password = '', theme = '', seen_at = NULL WHERE id = $1", []any{m.ID, name}},
			{"DELETE FROM member_session WHERE member = $1", []any{m.ID}},
			{"DELETE FROM member_token WHERE member = $1", []any{m.ID}},
			{"DELETE FROM member_link WHERE member = $1 OR made_by = $1", []any{m.ID}},
			{"UPDATE audit SET details = '{}' WHERE object = $1 AND action IN ('member.invite', 'organisation.set_up')", []any{"member:" + m.ID}}, // the address
			{"DELETE FROM attempt WHERE subject = $1", []any{"password:" + m.ID}},
			{"DELETE FROM attempt WHERE subject = $1", []any{"sign_in:" + digest(m.Email)}},
		}
		if nameless {
			steps = append(steps, step{"UPDATE audit SET details = '{}' WHERE object = $1", []any{"member:" + m.ID}},
				step{"UPDATE audit SET ip = '' WHERE member = $1", []any{m.ID}},
				step{"UPDATE audit SET ip = '' WHERE object = $1 AND member = ''", []any{"member:" + m.ID}}) // before they had signed in
		}
		for _, one := range steps {
			if _, err := db.Exec(ctx, q, one.text, one.args...); err != nil {
				return fmt.Errorf("remove a member: %w", err)
			}
		}
		return s.Audit(ctx, q, "member.remove", "member:"+m.ID, map[string]any{"nameless": nameless})
	})
}

// step is one statement of several.
type step struct {
	text string
	args []any
}
