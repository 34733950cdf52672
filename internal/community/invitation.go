package community

import (
	"context"
	"fmt"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

const (
	inviting        = "invite" // what a token of an invitation is for
	invitedFor      = 14 * 24 * time.Hour
	mostInvitations = 200 // in a day, into one community
)

// Invitation waits for somebody who has no account: a link makes it, and lets them in.
type Invitation struct {
	ID, Email, By string
	Mailed        bool // the link went to the address by mail: whoever has it reads that address
	At, Until     time.Time
	Link          string // to be passed on by hand; "" where it was mailed, and for who may not make accounts
}

const invitationColumns = "v.id, v.email, v.made_by, v.mailed, v.at, v.until_at"

func invitationFields(v *Invitation) []any {
	return []any{&v.ID, &v.Email, &v.By, db.Bool(&v.Mailed), db.At(&v.At), db.At(&v.Until)}
}

// InviteAddress invites somebody into a community by their address: a member as Invite does; anybody else gets a signed link by mail that makes their account and lets
// them in. Where no mail can be sent the link is shown to who may make accounts, to be passed on; others are refused.
func (s *Service) InviteAddress(ctx context.Context, community, address string) error {
	m, err := s.org.ByEmail(ctx, address)
	if err == nil && m != nil || !problem.Is(err, problem.Missing) {
		return s.Invite(ctx, community, "", address)
	}
	email, err := org.Address(address, "address")
	if err != nil {
		return err
	}
	c, _, err := s.keeping(ctx, nil, community, "")
	if err != nil {
		return err
	}
	mails := s.org.CanMail(ctx)
	if !mails && !may(ctx, org.MemberEdit) {
		return refuse("address", "community.invitation.no_mail")
	}
	v := Invitation{ID: s.newID(), Email: email, At: s.Now(), Until: s.Now().Add(invitedFor)}
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if _, _, err := s.keeping(ctx, q, community, ""); err != nil {
			return err
		}
		if _, err := db.Exec(ctx, q, "DELETE FROM community_invitation WHERE community = $1 AND (email = $2 OR until_at <= $3)", c.ID, email, db.T(v.At)); err != nil {
			return err
		}
		n, _, err := db.Value[int](ctx, q, "SELECT COUNT(*) FROM community_invitation WHERE community = $1 AND at > $2", c.ID, db.T(v.At.Add(-24*time.Hour)))
		if err != nil {
			return err
		}
		if n >= mostInvitations {
			return problem.New(problem.Busy, "community.invitation.many", "Max", mostInvitations)
		}
		if err := db.Insert(ctx, q, "community_invitation (id, community, email, made_by, at, until_at)", [][]any{{v.ID, c.ID, email, by(ctx), db.T(v.At), db.T(v.Until)}}, "ON CONFLICT DO NOTHING"); err != nil {
			return err
		}
		return s.org.Audit(ctx, q, "community.invite", "community:"+c.ID, map[string]any{"email": email})
	})
	if err != nil {
		return fmt.Errorf("invite an address: %w", err)
	}
	if !mails {
		return nil
	}
	link, err := s.invitationLink(ctx, c, v.ID)
	if err != nil {
		return err
	}
	who := ""
	if by := org.Who(ctx); by != nil {
		who = lineOf(by.Name)
	}
	speak := i18n.With(ctx, c.Langs[0], nil)
	args := []any{"Place", c.Called(c.Langs[0]), "By", who, "Link", link, "Days", int(invitedFor.Hours() / 24)}
	if err := s.org.Mail(ctx, email, i18n.T(speak, "community.invitation.mail_subject", args...), i18n.T(speak, "community.invitation.mail_text", args...)); err != nil {
		s.log.Warn("an invitation was not sent", "invitation", v.ID, "error", err)
		return problem.New(problem.Busy, "community.invitation.unsent").Because(err)
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, "UPDATE community_invitation SET mailed = 1 WHERE id = $1", v.ID)
		return err
	})
}

func (s *Service) invitationLink(ctx context.Context, c Community, invitation string) (string, error) {
	token, err := s.token(ctx, inviting, invitation)
	return s.URL(ctx, c) + "/invited/" + token, err
}

// Invitations lists who was invited by an address and has not come, for who decides who is in the community.
func (s *Service) Invitations(ctx context.Context, community string) ([]Invitation, error) {
	c, _, err := s.keeping(ctx, nil, community, "")
	if err != nil {
		return nil, err
	}
	list, err := db.All(ctx, s.db.Read(), invitationFields, "SELECT "+invitationColumns+" FROM community_invitation v WHERE v.community = $1 AND v.until_at > $2 ORDER BY v.at DESC, v.id"+db.Limit(500), c.ID, db.T(s.Now()))
	if err != nil {
		return nil, fmt.Errorf("list invitations: %w", err)
	}
	for i := range list {
		if v := &list[i]; !v.Mailed && may(ctx, org.MemberEdit) && !org.Who(ctx).ByToken() {
			if v.Link, err = s.invitationLink(ctx, c, v.ID); err != nil {
				return nil, err
			}
		}
	}
	return list, nil
}

// Uninvite ends an invitation by an address: its link is dead.
func (s *Service) Uninvite(ctx context.Context, community, invitation string) error {
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		c, _, err := s.keeping(ctx, q, community, "")
		if err != nil {
			return err
		}
		n, err := db.Exec(ctx, q, "DELETE FROM community_invitation WHERE id = $1 AND community = $2", clipped(invitation), c.ID)
		if err != nil {
			return fmt.Errorf("take an invitation back: %w", err)
		}
		if n == 0 {
			return notFound()
		}
		return s.org.Audit(ctx, q, "community.uninvite", "community:"+c.ID, nil)
	})
}

// InvitationOf finds what a link invites to; known says that somebody has an account with its address by now, who signs in and joins.
func (s *Service) InvitationOf(ctx context.Context, c Community, token string) (v Invitation, known bool, err error) {
	found := false
	if invitation, err := s.mailOf(ctx, inviting, token); err == nil && c.ClosedAt.IsZero() {
		v, found, err = db.One(ctx, s.db.Read(), invitationFields, "SELECT "+invitationColumns+" FROM community_invitation v WHERE v.id = $1 AND v.community = $2 AND v.until_at > $3", invitation, c.ID, db.T(s.Now()))
		if err != nil {
			return v, false, fmt.Errorf("find an invitation: %w", err)
		}
	} else if err != nil && !problem.Is(err, problem.Missing) {
		return v, false, err
	}
	if !found {
		return v, false, notFound()
	}
	_, err = s.org.ByEmail(ctx, v.Email)
	if problem.Is(err, problem.Missing) {
		return v, false, nil
	}
	return v, err == nil, err
}

// Come takes an invitation: whoever has the link is let in, by a new account or, signed in with the address invited, by the one they have. token is of a session, "" for
// who is signed in already.
func (s *Service) Come(ctx context.Context, c Community, link string, in NewMember, from org.Visit) (token string, err error) {
	v, _, err := s.InvitationOf(ctx, c, link)
	if err != nil {
		return "", err
	}
	m := org.Who(ctx)
	if m == nil {
		if token, m, err = s.org.Welcome(ctx, org.SignUp{Email: v.Email, Name: in.Name, Password: in.Password, Lang: in.Lang, Place: c.ID}, from); err != nil {
			return "", err
		}
		ctx = org.WithVisit(org.With(ctx, m), from)
		if err := s.identify(ctx, m, v.Mailed); err != nil {
			return token, err
		}
	} else if m.Email != v.Email {
		return "", problem.New(problem.Forbidden, "community.invitation.other", "Email", v.Email)
	}
	return token, s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		n, err := db.Exec(ctx, q, "DELETE FROM community_invitation WHERE id = $1", v.ID)
		if err != nil {
			return fmt.Errorf("take an invitation: %w", err)
		}
		if n == 0 {
			return notFound()
		}
		if err := s.put(ctx, q, Membership{Community: c.ID, Member: m.ID, State: In, By: v.By}); err != nil {
			return err
		}
		return s.org.Audit(ctx, q, "community.join", "community:"+c.ID, nil)
	})
}
