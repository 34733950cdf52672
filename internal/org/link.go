package org

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/problem"
)

// How long links in mails work.
const (
	InvitationFor = 7 * 24 * time.Hour
	ResetFor      = time.Hour
)

// The paths that links lead to; the secret follows.
const (
	InvitationPath = "/invitation/"
	ResetPath      = "/reset/"
)

// Invite says whom to invite.
type Invite struct {
	Email string
	Name  string // "" to let them say
	Role  Role
	Lang  string // the organisation's when ""
}

// Delivery tells how a link reached, or did not reach, whom it is for.
type Delivery struct {
	Member *Member
	Path   string // to pass on by hand: begins with /, to be put behind the address of this installation
	Mailed bool   // a mail with the link was handed to the mail server
}

// Invite makes a member who may accept within InvitationFor, and mails the link when mail can be sent. Inviting an address again that has
// not accepted yet makes a new link; the old one is dead.
func (s *Service) Invite(ctx context.Context, in Invite) (Delivery, error) {
	if err := Require(ctx, MemberEdit); err != nil {
		return Delivery{}, err
	}
	email, err := checkEmail(in.Email, "email")
	if err != nil {
		return Delivery{}, err
	}
	name := email
	if strings.TrimSpace(in.Name) != "" {
		if name, err = checkName(in.Name, "name"); err != nil {
			return Delivery{}, err
		}
	}
	if err := mayGive(ctx, in.Role); err != nil {
		return Delivery{}, err
	}
	o, err := s.Organisation(ctx)
	if err != nil {
		return Delivery{}, err
	}
	if in.Lang == "" {
		in.Lang = o.Lang
	}
	if err := checkLang(in.Lang); err != nil {
		return Delivery{}, err
	}
	var m *Member
	var secret string
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if err := lockMembers(ctx, q); err != nil {
			return err
		}
		m, err = find(ctx, q, "m.email = $1", email)
		switch {
		case problem.Is(err, problem.Missing):
			m = &Member{ID: s.newID(), Email: email, Name: name, Role: in.Role, Lang: in.Lang, Zone: o.Zone, State: Invited, CreatedAt: s.now()}
			if err := db.Insert(ctx, q, "member (id, email, name, role, lang, zone, state, created_at)",
				[][]any{{m.ID, email, name, string(in.Role), in.Lang, o.Zone, string(Invited), db.T(m.CreatedAt)}}, ""); err != nil {
				return err
			}
		case err != nil:
			return err
		case m.State != Invited:
			return problem.New(problem.Conflict, "org.already_member").On("email")
		default:
			if err := mayGive(ctx, m.Role); err != nil {
				return err
			}
			m.Name, m.Role, m.Lang = name, in.Role, in.Lang
			if _, err := db.Exec(ctx, q, "UPDATE member SET name = $1, role = $2, lang = $3 WHERE id = $4", name, string(in.Role), in.Lang, m.ID); err != nil {
				return err
			}
		}
		if secret, err = s.newLink(ctx, q, m.ID, "invitation", InvitationFor); err != nil {
			return err
		}
		return s.Audit(ctx, q, "member.invite", "member:"+m.ID, map[string]any{"email": email, "role": in.Role})
	})
	if err != nil {
		return Delivery{}, fmt.Errorf("invite: %w", err)
	}
	d := Delivery{Member: m, Path: InvitationPath + secret}
	if s.CanMail(ctx) {
		mail, by := "org.mail_invitation", ""
		if w := Who(ctx); w != nil && w.Name != "" {
			mail, by = "org.mail_invitation_by", w.Name
		}
		d.Mailed = s.mailLink(ctx, o, m, d.Path, mail, "By", by) == nil
	}
	return d, nil
}

// Withdraw takes an invitation back that was not accepted yet; the member made for it is gone.
func (s *Service) Withdraw(ctx context.Context, memberID string) error {
	if err := Require(ctx, MemberEdit); err != nil {
		return err
	}
	return s.change(ctx, memberID, func(ctx context.Context, q db.Q, m *Member) error {
		if m.State != Invited {
			return problem.New(problem.Conflict, "org.already_accepted")
		}
		if err := mayGive(ctx, m.Role); err != nil {
			return err
		}
		if err := dropLinks(ctx, q, m.ID); err != nil {
			return err
		}
		if _, err := db.Exec(ctx, q, "DELETE FROM member WHERE id = $1", m.ID); err != nil {
			return fmt.Errorf("withdraw an invitation: %w", err)
		}
		return s.Audit(ctx, q, "member.withdraw", "member:"+m.ID, map[string]any{"email": m.Email})
	})
}

// Invitation gives whom a link invites; it is a problem of the kind Missing when the link was used, withdrawn, replaced or is too old.
func (s *Service) Invitation(ctx context.Context, secret string) (*Member, error) {
	return s.followed(ctx, s.db.Read(), secret, "invitation")
}

// Accept is what somebody invited says.
type Accept struct{ Name, Lang, Zone, Password string }

// Accept makes an invited member active and signs them in. The link works once.
func (s *Service) Accept(ctx context.Context, secret string, a Accept, from Visit) (token string, err error) {
	m, err := s.Invitation(ctx, secret)
	if err != nil {
		return "", err
	}
	if a.Zone == "" {
		a.Zone = m.Zone
	}
	p, err := Profile{Name: a.Name, Lang: a.Lang, Zone: a.Zone}.checked(checkPassword(a.Password, m.Email, a.Name))
	if err != nil {
		return "", err
	}
	hash, err := s.vault.hash(ctx, a.Password)
	if err != nil {
		return "", err
	}
	ctx = WithVisit(ctx, from)
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if err := s.use(ctx, q, secret, "invitation"); err != nil {
			return err
		}
		n, err := db.Exec(ctx, q, "UPDATE member SET name = $1, lang = $2, zone = $3, password = $4, state = 'active', seen_at = $5 WHERE id = $6 AND state = 'invited'",
			p.Name, p.Lang, p.Zone, hash, db.T(s.now()), m.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return deadLink()
		}
		if m, err = find(ctx, q, "m.id = $1", m.ID); err != nil {
			return err
		}
		if err := s.Audit(With(ctx, m), q, "member.accept", "member:"+m.ID, nil); err != nil {
			return err
		}
		token, err = s.begin(ctx, q, m, from)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("accept an invitation: %w", err)
	}
	return token, nil
}

// Forgot mails a link with which a password can be set anew, when the address is an active member's. The answer, and how long it takes, is
// the same when it is not.
func (s *Service) Forgot(ctx context.Context, email string, from Visit) error {
	return s.ForgotAt(ctx, email, from, "", "")
}

// ForgotAt is Forgot at a place of its own: the link leads below url, in the name of that place. With "" it leads to the site itself.
func (s *Service) ForgotAt(ctx context.Context, email string, from Visit, url, name string) error {
	if strings.TrimSpace(email) == "" {
		return problem.New(problem.Invalid, "problem.required").On("email")
	}
	ctx = WithVisit(ctx, from)
	email = lookupEmail(email)
	if err := s.attempt(ctx, map[string]pace{"forgot:" + digest(email): mailPace(), "forgot_from:" + origin(from.IP): originPace()}); err != nil {
		return err
	}
	s.after(ctx, "mail a link for a new password", func(ctx context.Context) error {
		if !s.CanMail(ctx) {
			return ErrNoMail
		}
		m, err := s.ByEmail(ctx, email)
		if problem.Is(err, problem.Missing) || err == nil && m.State != Active {
			return nil
		}
		if err != nil {
			return err
		}
		o, err := s.Organisation(ctx)
		if err != nil {
			return err
		}
		if url != "" {
			o.URL, o.Name = url, name
		}
		path, err := s.resetPath(ctx, m)
		if err != nil {
			return err
		}
		return s.mailLink(ctx, o, m, path, "org.mail_reset")
	})
	return nil
}

// ResetLink makes a link with which a member can set a new password, to be passed on by hand: for when there is no mail server.
func (s *Service) ResetLink(ctx context.Context, memberID string) (Delivery, error) {
	if err := Require(ctx, MemberEdit); err != nil {
		return Delivery{}, err
	}
	if w := Who(ctx); w.ByToken() {
		return Delivery{}, problem.New(problem.Forbidden, "org.not_by_token")
	}
	m, err := s.Find(ctx, memberID)
	if err != nil {
		return Delivery{}, err
	}
	if err := mayGive(ctx, m.Role); err != nil {
		return Delivery{}, err
	}
	if m.State != Active {
		return Delivery{}, problem.New(problem.Conflict, "org.not_active")
	}
	path, err := s.resetPath(ctx, m)
	return Delivery{Member: m, Path: path}, err
}

func (s *Service) resetPath(ctx context.Context, m *Member) (string, error) {
	var secret string
	err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) (err error) {
		if secret, err = s.newLink(ctx, q, m.ID, "reset", ResetFor); err != nil {
			return err
		}
		return s.Audit(ctx, q, "member.reset_link", "member:"+m.ID, nil)
	})
	if err != nil {
		return "", fmt.Errorf("make a link for a new password: %w", err)
	}
	return ResetPath + secret, nil
}

// ResetOf gives whose password a link sets; it is a problem of the kind Missing when the link does not work any more.
func (s *Service) ResetOf(ctx context.Context, secret string) (*Member, error) {
	return s.followed(ctx, s.db.Read(), secret, "reset")
}

// Reset sets a new password by a link, which works once. All sessions of the member end; nobody is signed in.
func (s *Service) Reset(ctx context.Context, secret, password string, from Visit) error {
	m, err := s.ResetOf(ctx, secret)
	if err != nil {
		return err
	}
	if err := checkPassword(password, m.Email, m.Name); err != nil {
		return err
	}
	hash, err := s.vault.hash(ctx, password)
	if err != nil {
		return err
	}
	ctx = WithVisit(ctx, from)
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if err := s.use(ctx, q, secret, "reset"); err != nil {
			return err
		}
		if err := s.setPassword(ctx, q, m.ID, hash, ""); err != nil {
			return err
		}
		return s.Audit(ctx, q, "member.reset", "member:"+m.ID, nil)
	})
	if err != nil {
		return fmt.Errorf("reset a password: %w", err)
	}
	return s.forgive(ctx, "sign_in:"+digest(m.Email))
}

func deadLink() error { return problem.New(problem.Missing, "org.dead_link") }

// newLink makes a link; older ones of the member for the same purpose die.
func (s *Service) newLink(ctx context.Context, q db.Q, memberID, purpose string, lasts time.Duration) (secret string, err error) {
	if _, err := db.Exec(ctx, q, "DELETE FROM member_link WHERE member = $1 AND purpose = $2", memberID, purpose); err != nil {
		return "", err
	}
	by := ""
	if w := Who(ctx); w != nil {
		by = w.ID
	}
	secret = newSecret()
	now := s.now()
	return secret, db.Insert(ctx, q, "member_link (hash, member, purpose, made_by, created_at, expires_at)",
		[][]any{{digest(secret), memberID, purpose, by, db.T(now), db.T(now.Add(lasts))}}, "")
}

func (s *Service) followed(ctx context.Context, q db.Q, secret, purpose string) (*Member, error) {
	if !plausible(secret) {
		return nil, deadLink()
	}
	state := "active"
	if purpose == "invitation" {
		state = "invited"
	}
	m, err := find(ctx, q, "m.state = $1 AND m.id = (SELECT l.member FROM member_link l WHERE l.hash = $2 AND l.purpose = $3 AND l.expires_at > $4)",
		state, digest(secret), purpose, db.T(s.now()))
	if problem.Is(err, problem.Missing) {
		return nil, deadLink()
	}
	return m, err
}

// use takes a link, which only one of several at one moment can.
func (s *Service) use(ctx context.Context, q db.Q, secret, purpose string) error {
	n, err := db.Exec(ctx, q, "DELETE FROM member_link WHERE hash = $1 AND purpose = $2 AND expires_at > $3", digest(secret), purpose, db.T(s.now()))
	if err != nil {
		return err
	}
	if n == 0 {
		return deadLink()
	}
	return nil
}

func dropLinks(ctx context.Context, q db.Q, memberID string) error {
	if _, err := db.Exec(ctx, q, "DELETE FROM member_link WHERE member = $1", memberID); err != nil {
		return fmt.Errorf("drop a member's links: %w", err)
	}
	return nil
}

// mailLink mails a link in the member's language: sentences key_subject and key_text.
func (s *Service) mailLink(ctx context.Context, o Organisation, m *Member, path, key string, args ...any) error {
	speak := i18n.With(ctx, m.Lang, m.Location())
	args = append(args, "Organisation", o.Name, "Name", m.Name, "Link", o.URL+path)
	err := s.send(ctx, m.Email, i18n.T(speak, key+"_subject", args...), i18n.T(speak, key+"_text", args...))
	if err != nil {
		s.log.Warn("a mail was not sent", "member", m.ID, "error", err)
	}
	return err
}
