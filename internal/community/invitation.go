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
	inviting          = "invite" // what a token of an invitation is for
	invitedFor        = 14 * 24 * time.Hour
	invitationsListed = 90 * 24 * time.Hour // after they ran out: they can be sent again
	mostInvitations   = 200                 // in a day, into one community
	remindedAfter     = 7 * 24 * time.Hour  // one that nobody took goes out once more by itself
	remindedAtOnce    = 20
)

// Invitation waits for somebody who has no account, or does not see the community: a link makes their account, and lets them in.
type Invitation struct {
	ID, Email, By string
	Space         string // they are let into with the community; "" for the community alone
	Group         Space  // that space, as long as it takes anybody in; for whoever has the link
	Mailed        bool   // the link went to the address by mail: whoever has it reads that address
	At, Until     time.Time
	Over          bool   // it ran out
	Link          string // to be passed on by hand; "" where it was mailed, and for who may not make accounts
}

const invitationColumns = "v.id, v.email, v.space, v.made_by, v.mailed, v.at, v.until_at"

func invitationFields(v *Invitation) []any {
	return []any{&v.ID, &v.Email, &v.Space, &v.By, db.Bool(&v.Mailed), db.At(&v.At), db.At(&v.Until)}
}

// opensTo reports whether whoever acts may let somebody into a community who is not in it: who decides about the community, and, of one that lets everybody in, who decides
// about a space of it.
func opensTo(ctx context.Context, c Community) bool {
	return may(ctx, org.CommunityEdit) || may(ctx, org.CommunityModerate) || c.SignUp == Open && c.Audience != Invited && !c.closes()
}

// MayInviteAddress reports whether whoever acts may invite somebody without an account into a community, or into a space of it.
func (s *Service) MayInviteAddress(ctx context.Context, community, space string) bool {
	c, _, err := s.keeping(ctx, nil, community, space)
	return err == nil && opensTo(ctx, c)
}

// invites gives what somebody is invited into by an address, if whoever acts decides that.
func (s *Service) invites(ctx context.Context, q db.Q, community, space string) (Community, Space, error) {
	c, sp, err := s.keeping(ctx, q, community, space)
	switch {
	case err != nil:
		return c, sp, err
	case !opensTo(ctx, c): // one answer for those who have an account and those who do not
		return c, sp, refuse("address", "community.nobody_here")
	case !sp.ArchivedAt.IsZero():
		return c, sp, problem.New(problem.Conflict, "community.space_archived")
	}
	if !s.org.CanMail(ctx) && !may(ctx, org.MemberEdit) {
		return c, sp, refuse("address", "community.invitation.no_mail")
	}
	return c, sp, nil
}

// InviteAddress invites somebody into a community, or into a space of it (space is not ""), by their address: a member who sees the community as Invite does; anybody else gets
// a signed link by mail that makes their account and lets them in, into the space and the community. Where no mail can be sent the link is shown to who may make accounts, to be
// passed on; others are refused.
func (s *Service) InviteAddress(ctx context.Context, community, space, address string) error {
	m, err := s.org.ByEmail(ctx, address)
	switch {
	case err != nil && !problem.Is(err, problem.Missing):
		return err
	case err == nil && (space == "" || m.State != org.Active):
		return s.Invite(ctx, community, space, address)
	case err == nil:
		o, err := s.Sees(org.With(ctx, m), nil)
		if err != nil {
			return err
		}
		if _, sees := o.ByID(community); sees {
			return s.Invite(ctx, community, space, address)
		}
	}
	email, err := org.Address(address, "address")
	if err != nil {
		return err
	}
	v := Invitation{ID: s.newID(), Email: email, Space: space, By: by(ctx)}
	return s.sendInvitation(ctx, community, v, func(ctx context.Context, q db.Q, c Community) error {
		if _, err := db.Exec(ctx, q, "DELETE FROM community_invitation WHERE community = $1 AND (space = $2 AND email = $3 OR until_at <= $4)", c.ID, space, email, db.T(s.Now().Add(-invitationsListed))); err != nil {
			return err
		}
		return db.Insert(ctx, q, "community_invitation (id, community, space, email, made_by, at, until_at)", [][]any{{v.ID, c.ID, space, email, v.By, db.T(s.Now()), db.T(s.Now().Add(invitedFor))}}, "ON CONFLICT DO NOTHING")
	})
}

// InviteAgain sends an invitation by an address once more, to somebody who did not answer: its link is good for as long again. What went out by mail does so once a day.
func (s *Service) InviteAgain(ctx context.Context, community, space, invitation string) error {
	v, found, err := db.One(ctx, s.db.Read(), invitationFields, "SELECT "+invitationColumns+" FROM community_invitation v WHERE v.id = $1 AND v.community = $2 AND v.space = $3", clipped(invitation), clipped(community), clipped(space))
	if err != nil {
		return fmt.Errorf("find an invitation: %w", err)
	}
	if !found {
		return notFound()
	}
	return s.sendInvitation(ctx, community, v, func(ctx context.Context, q db.Q, _ Community) error {
		if v.Mailed && s.Now().Sub(v.At) < 24*time.Hour {
			return problem.New(problem.Conflict, "community.invitation.just_sent")
		}
		return s.prolong(ctx, q, v)
	})
}

// prolong makes an invitation good for as long again, in the transaction after which its mail goes out.
func (s *Service) prolong(ctx context.Context, q db.Q, v Invitation) error {
	n, err := db.Exec(ctx, q, "UPDATE community_invitation SET at = $1, until_at = $2, mailed = 0, again = 1 WHERE id = $3 AND at = $4", db.T(s.Now()), db.T(s.Now().Add(invitedFor)), v.ID, db.T(v.At))
	if err == nil && n == 0 { // taken, or sent again, in the meantime
		return notFound()
	}
	return err
}

// RemindInvited sends once more what went out by mail a week ago and nobody took, in the name of who invited and only while they may still invite; and never again. What was not
// sent then is left to people: it is not known whether it arrived.
func (s *Service) RemindInvited(ctx context.Context) error {
	if !s.org.CanMail(ctx) {
		return nil
	}
	type due struct {
		Invitation
		community string
	}
	now := s.Now()
	list, err := db.All(ctx, s.db.Read(), func(d *due) []any { return append(invitationFields(&d.Invitation), &d.community) }, "SELECT "+invitationColumns+`, v.community FROM community_invitation v
		WHERE v.again = 0 AND v.mailed = 1 AND v.at <= $1 AND v.until_at > $2 ORDER BY v.at, v.id`+db.Limit(remindedAtOnce), db.T(now.Add(-remindedAfter)), db.T(now))
	if err != nil {
		return fmt.Errorf("look for invitations nobody took: %w", err)
	}
	for _, d := range list {
		inviter, err := s.org.Find(ctx, d.By)
		if err == nil && inviter.State == org.Active {
			err = s.sendInvitation(org.With(ctx, inviter), d.community, d.Invitation, func(ctx context.Context, q db.Q, c Community) error {
				m, err := s.org.ByEmail(ctx, d.Email)
				if err == nil {
					was, err := s.stateOf(ctx, q, c.ID, d.Space, m.ID)
					if err != nil {
						return err
					}
					if was == In { // they came another way
						return notFound()
					}
				} else if !problem.Is(err, problem.Missing) {
					return err
				}
				return s.prolong(ctx, q, d.Invitation)
			})
			if problem.Is(err, problem.Busy) { // enough went out today, or the mail server does not take it
				return nil
			}
		}
		if err != nil && problem.Of(err).Code == problem.Internal {
			return err
		}
		if err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
			_, err := db.Exec(ctx, q, "UPDATE community_invitation SET again = 1 WHERE id = $1", d.ID)
			return err
		}); err != nil {
			return fmt.Errorf("note that nobody is reminded: %w", err)
		}
	}
	return nil
}

// sendInvitation keeps an invitation and mails it.
func (s *Service) sendInvitation(ctx context.Context, community string, v Invitation, keep func(ctx context.Context, q db.Q, c Community) error) error {
	var c Community
	var sp Space
	err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) (err error) {
		if c, sp, err = s.invites(ctx, q, community, v.Space); err != nil {
			return err
		}
		n, _, err := db.Value[int](ctx, q, "SELECT COUNT(*) FROM community_invitation WHERE community = $1 AND at > $2", c.ID, db.T(s.Now().Add(-24*time.Hour)))
		if err != nil {
			return err
		}
		if n >= mostInvitations {
			return problem.New(problem.Busy, "community.invitation.many", "Max", mostInvitations)
		}
		if err := keep(ctx, q, c); err != nil {
			return err
		}
		return s.org.Audit(ctx, q, "community.invite", placeOf(c, sp), map[string]any{"email": v.Email})
	})
	if err != nil {
		return fmt.Errorf("invite an address: %w", err)
	}
	if !s.org.CanMail(ctx) {
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
	place := c.Called(c.Langs[0])
	if sp.ID != "" {
		place += " · " + sp.Called(c.Langs[0], c.Langs...)
	}
	speak := i18n.With(ctx, c.Langs[0], nil)
	args := []any{"Place", place, "By", who, "Link", link, "Days", int(invitedFor.Hours() / 24)}
	if err := s.org.Mail(ctx, v.Email, i18n.T(speak, "community.invitation.mail_subject", args...), i18n.T(speak, "community.invitation.mail_text", args...)); err != nil {
		s.log.Warn("an invitation was not sent", "invitation", v.ID, "error", err)
		return problem.New(problem.Busy, "community.invitation.unsent").Because(err)
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, "UPDATE community_invitation SET mailed = 1 WHERE id = $1", v.ID)
		return err
	})
}

// placeOf names a community, or a space of it, in the audit log.
func placeOf(c Community, sp Space) string {
	if sp.ID != "" {
		return "space:" + sp.ID
	}
	return "community:" + c.ID
}

func (s *Service) invitationLink(ctx context.Context, c Community, invitation string) (string, error) {
	token, err := s.token(ctx, inviting, invitation)
	return s.URL(ctx, c) + "/invited/" + token, err
}

// Invitations lists who was invited by an address into a community (space ""), or into a space, and has not come, those that ran out too; for who decides who is in.
func (s *Service) Invitations(ctx context.Context, community, space string) ([]Invitation, error) {
	c, _, err := s.keeping(ctx, nil, community, space)
	if err != nil {
		return nil, err
	}
	now := s.Now()
	list, err := db.All(ctx, s.db.Read(), invitationFields, "SELECT "+invitationColumns+" FROM community_invitation v WHERE v.community = $1 AND v.space = $2 AND v.until_at > $3 ORDER BY v.at DESC, v.id"+db.Limit(500), c.ID, space,
		db.T(now.Add(-invitationsListed)))
	if err != nil {
		return nil, fmt.Errorf("list invitations: %w", err)
	}
	for i := range list {
		v := &list[i]
		if v.Over = !v.Until.After(now); !v.Over && !v.Mailed && may(ctx, org.MemberEdit) && !org.Who(ctx).ByToken() {
			if v.Link, err = s.invitationLink(ctx, c, v.ID); err != nil {
				return nil, err
			}
		}
	}
	return list, nil
}

// Uninvite ends an invitation by an address: its link is dead.
func (s *Service) Uninvite(ctx context.Context, community, space, invitation string) error {
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		c, sp, err := s.keeping(ctx, q, community, space)
		if err != nil {
			return err
		}
		n, err := db.Exec(ctx, q, "DELETE FROM community_invitation WHERE id = $1 AND community = $2 AND space = $3", clipped(invitation), c.ID, sp.ID)
		if err != nil {
			return fmt.Errorf("take an invitation back: %w", err)
		}
		if n == 0 {
			return notFound()
		}
		return s.org.Audit(ctx, q, "community.uninvite", placeOf(c, sp), nil)
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
	if v.Space != "" { // the link tells whoever has it of the space, as being invited does
		all, err := s.Map(ctx)
		if err != nil {
			return v, false, err
		}
		if i, is := all.spaces[v.Space]; is && all.Spaces[i].Community == c.ID && all.Spaces[i].ArchivedAt.IsZero() {
			v.Group = all.Spaces[i]
		}
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
		into := []Space{{}}
		if v.Group.ID != "" {
			into = append(into, v.Group)
		}
		for _, sp := range into {
			was, err := s.stateOf(ctx, q, c.ID, sp.ID, m.ID)
			if err != nil {
				return err
			}
			if was == In { // as what they are
				continue
			}
			if err := s.put(ctx, q, Membership{Community: c.ID, Space: sp.ID, Member: m.ID, State: In, By: v.By}); err != nil {
				return err
			}
			if err := s.org.Audit(ctx, q, "community.join", placeOf(c, sp), nil); err != nil {
				return err
			}
		}
		return nil
	})
}
