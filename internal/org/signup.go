package org

import (
	"context"
	"fmt"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/problem"
)

// How long somebody who signed up has to confirm their address, and how long a sign-up waits for an owner where no mail can be sent.
const (
	ConfirmFor = 48 * time.Hour
	ApproveFor = 60 * 24 * time.Hour
)

// maxSignUps bounds how many sign-ups wait at once.
const maxSignUps = 5000

// SignUp is what somebody says who would like to be a member by themselves.
type SignUp struct {
	Email, Name, Password string
	Lang, Zone            string
	Place                 string // where they signed up: the id of a community
	PlaceName             string // what it is called, for the mail
	URL                   string // address that the secret of the link is put behind, such as https://example.org/c/sillage/confirm/
	To                    string // path they come back to
}

// Waiting is a sign-up that was not confirmed or approved yet.
type Waiting struct {
	ID, Email, Name string
	Lang, Zone      string
	Place, To       string
	Approval        bool // no mail could be sent: an owner decides
	At              time.Time
}

// SignedUp tells how it goes on.
type SignedUp struct {
	Browser  string // a secret for a cookie: who has it may confirm without the password
	Approval bool   // no mail can be sent: an owner must agree
}

const waitingColumns = "w.id, w.email, w.name, w.lang, w.zone, w.place, w.back, w.approval, w.at"

func waitingFields(w *Waiting) []any {
	return []any{&w.ID, &w.Email, &w.Name, &w.Lang, &w.Zone, &w.Place, &w.To, db.Bool(&w.Approval), db.At(&w.At)}
}

// SignUp notes that somebody would like to be a member, and mails a link with which they confirm their address; where no mail can be sent, an
// owner must agree. Nobody is a member before that. The answer, and how long it takes, is the same for addresses that members have already:
// those are told by mail.
func (s *Service) SignUp(ctx context.Context, in SignUp, from Visit) (SignedUp, error) {
	email, bad := checkEmail(in.Email, "email")
	if in.Zone == "" {
		if o, err := s.Organisation(ctx); err == nil {
			in.Zone = o.Zone
		}
	}
	p, err := Profile{Name: in.Name, Lang: in.Lang, Zone: in.Zone}.checked(bad, checkPassword(in.Password, in.Email, in.Name))
	if err != nil {
		return SignedUp{}, err
	}
	ctx = WithVisit(ctx, from)
	if err := s.attempt(ctx, map[string]pace{"sign_up:" + digest(email): mailPace(), "sign_up_from:" + origin(from.IP): originPace()}); err != nil {
		return SignedUp{}, err
	}
	if err := s.notOfTeam(ctx, p.Name); err != nil {
		return SignedUp{}, err
	}
	hash, err := s.vault.hash(ctx, in.Password)
	if err != nil {
		return SignedUp{}, err
	}
	o, err := s.Organisation(ctx)
	if err != nil {
		return SignedUp{}, err
	}
	secret, out := newSecret(), SignedUp{Browser: newSecret(), Approval: !s.CanMail(ctx)}
	now, lasts := s.now(), ConfirmFor
	if out.Approval {
		lasts = ApproveFor
	}
	known := false
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		m, err := find(ctx, q, "m.email = $1", email)
		switch {
		case err == nil && m.State != Invited: // invited members sign up as well as anybody: their address is confirmed by the link
			known = true
			return nil
		case err != nil && !problem.Is(err, problem.Missing):
			return err
		}
		if _, err := db.Exec(ctx, q, "DELETE FROM member_sign_up WHERE expires_at <= $1", db.T(now)); err != nil {
			return fmt.Errorf("forget old sign-ups: %w", err)
		}
		n, _, err := db.Value[int64](ctx, q, "SELECT count(*) FROM member_sign_up")
		if err != nil {
			return err
		}
		if n >= maxSignUps {
			return problem.New(problem.Busy, "org.too_many_sign_ups")
		}
		if out.Approval { // one waits for the owner, the last
			if _, err := db.Exec(ctx, q, "DELETE FROM member_sign_up WHERE email = $1 AND approval = 1", email); err != nil {
				return err
			}
		}
		return db.Insert(ctx, q, "member_sign_up (id, hash, browser, email, name, password, lang, zone, place, back, approval, at, expires_at)",
			[][]any{{s.newID(), digest(secret), digest(out.Browser), email, p.Name, hash, p.Lang, p.Zone, clip(in.Place, 64), clip(in.To, 500), db.B(out.Approval), db.T(now), db.T(now.Add(lasts))}}, "")
	})
	if err != nil {
		return SignedUp{}, fmt.Errorf("sign up: %w", err)
	}
	if out.Approval {
		return out, nil
	}
	key, link := "org.mail_sign_up", in.URL+secret
	if known {
		key, link = "org.mail_known", o.URL
	}
	s.after(ctx, "mail a link to confirm an address", func(ctx context.Context) error {
		speak := i18n.With(ctx, p.Lang, nil)
		args := []any{"Place", clip(in.PlaceName, 200), "Organisation", o.Name, "Name", p.Name, "Link", link}
		return s.send(ctx, email, i18n.T(speak, key+"_subject", args...), i18n.T(speak, key+"_text", args...))
	})
	return out, nil
}

// Welcome makes somebody a member whom another invited and whose link was checked, and signs them in. An address that a member has, invited into the team or not, is refused.
func (s *Service) Welcome(ctx context.Context, in SignUp, from Visit) (token string, m *Member, err error) {
	email, bad := checkEmail(in.Email, "email")
	if in.Zone == "" {
		if o, err := s.Organisation(ctx); err == nil {
			in.Zone = o.Zone
		}
	}
	p, err := Profile{Name: in.Name, Lang: in.Lang, Zone: in.Zone}.checked(bad, checkPassword(in.Password, in.Email, in.Name))
	if err != nil {
		return "", nil, err
	}
	ctx = WithVisit(ctx, from)
	if err := s.attempt(ctx, map[string]pace{"sign_up_from:" + origin(from.IP): originPace()}); err != nil {
		return "", nil, err
	}
	if err := s.notOfTeam(ctx, p.Name); err != nil {
		return "", nil, err
	}
	hash, err := s.vault.hash(ctx, in.Password)
	if err != nil {
		return "", nil, err
	}
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if err := lockMembers(ctx, q); err != nil {
			return err
		}
		if _, err := find(ctx, q, "m.email = $1", email); !problem.Is(err, problem.Missing) {
			if err == nil {
				err = problem.New(problem.Conflict, "org.already_member")
			}
			return err
		}
		if _, err := db.Exec(ctx, q, "DELETE FROM member_sign_up WHERE email = $1", email); err != nil {
			return err
		}
		m = &Member{ID: s.newID(), Email: email, Name: p.Name, Role: Plain, Lang: p.Lang, Zone: p.Zone, State: Active, CreatedAt: s.now()}
		if err := db.Insert(ctx, q, "member (id, email, name, role, lang, zone, state, password, created_at)",
			[][]any{{m.ID, m.Email, m.Name, string(m.Role), m.Lang, m.Zone, string(m.State), hash, db.T(m.CreatedAt)}}, ""); err != nil {
			return err
		}
		if err := s.Audit(With(ctx, m), q, "member.sign_up", "member:"+m.ID, map[string]any{"email": email, "place": in.Place}); err != nil {
			return err
		}
		token, err = s.begin(ctx, q, m, from)
		return err
	})
	if err != nil {
		return "", nil, fmt.Errorf("welcome somebody invited: %w", err)
	}
	return token, m, nil
}

// SignUpOf gives the sign-up that a link confirms; it is a problem of the kind Missing when the link was used or is too old.
func (s *Service) SignUpOf(ctx context.Context, secret string) (Waiting, error) {
	if !plausible(secret) {
		return Waiting{}, deadLink()
	}
	w, found, err := db.One(ctx, s.db.Read(), waitingFields, "SELECT "+waitingColumns+" FROM member_sign_up w WHERE w.hash = $1 AND w.approval = 0 AND w.expires_at > $2",
		digest(secret), db.T(s.now()))
	if err != nil {
		return w, fmt.Errorf("find a sign-up: %w", err)
	}
	if !found {
		return w, deadLink()
	}
	return w, nil
}

// Confirm makes whoever signed up a member and signs them in. A link alone shows only who reads the mail; that the same one signed up is
// shown by the secret that their browser was given, or by the password: else one could sign somebody else up and wait for their click.
func (s *Service) Confirm(ctx context.Context, secret, browser, password string, from Visit) (token string, w Waiting, err error) {
	if w, err = s.SignUpOf(ctx, secret); err != nil {
		return "", w, err
	}
	ctx = WithVisit(ctx, from)
	type proof struct{ browser, hash string }
	p, _, err := db.One(ctx, s.db.Read(), func(p *proof) []any { return []any{&p.browser, &p.hash} }, "SELECT browser, password FROM member_sign_up WHERE id = $1", w.ID)
	if err != nil {
		return "", w, fmt.Errorf("confirm a sign-up: %w", err)
	}
	if !plausible(browser) || digest(browser) != p.browser {
		if err := s.attempt(ctx, map[string]pace{"confirm:" + w.ID: addressPace()}); err != nil {
			return "", w, err
		}
		if same, err := s.vault.same(ctx, password, p.hash); err != nil {
			return "", w, err
		} else if !same {
			return "", w, problem.New(problem.Invalid, "org.wrong_password").On("password")
		}
	}
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		m, err := s.admit(ctx, q, w.ID, "member.sign_up")
		if err != nil {
			return err
		}
		token, err = s.begin(ctx, q, m, from)
		return err
	})
	if err != nil {
		return "", w, fmt.Errorf("confirm a sign-up: %w", err)
	}
	return token, w, nil
}

// admit makes the member that a sign-up asks for.
func (s *Service) admit(ctx context.Context, q db.Q, signUp, action string) (*Member, error) {
	if err := lockMembers(ctx, q); err != nil {
		return nil, err
	}
	type row struct {
		w    Waiting
		hash string
	}
	r, found, err := db.One(ctx, q, func(r *row) []any { return append(waitingFields(&r.w), &r.hash) },
		"SELECT "+waitingColumns+", w.password FROM member_sign_up w WHERE w.id = $1 AND w.expires_at > $2", signUp, db.T(s.now()))
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, deadLink()
	}
	if _, err := db.Exec(ctx, q, "DELETE FROM member_sign_up WHERE email = $1", r.w.Email); err != nil {
		return nil, err
	}
	m, err := find(ctx, q, "m.email = $1", r.w.Email)
	switch {
	case problem.Is(err, problem.Missing):
		m = &Member{ID: s.newID(), Email: r.w.Email, Name: r.w.Name, Role: Plain, Lang: r.w.Lang, Zone: r.w.Zone, State: Active, CreatedAt: s.now()}
		if err := db.Insert(ctx, q, "member (id, email, name, role, lang, zone, state, password, created_at)",
			[][]any{{m.ID, m.Email, m.Name, string(m.Role), m.Lang, m.Zone, string(m.State), r.hash, db.T(m.CreatedAt)}}, ""); err != nil {
			return nil, err
		}
	case err != nil:
		return nil, err
	case m.State == Invited && !r.w.Approval: // they confirmed their address, which is all that the link of the invitation asks for
		if _, err := db.Exec(ctx, q, "UPDATE member SET name = $1, lang = $2, zone = $3, password = $4, state = 'active' WHERE id = $5", r.w.Name, r.w.Lang, r.w.Zone, r.hash, m.ID); err != nil {
			return nil, err
		}
		if err := dropLinks(ctx, q, m.ID); err != nil {
			return nil, err
		}
		m.State = Active
	default:
		return nil, problem.New(problem.Conflict, "org.already_member")
	}
	by := ctx
	if Who(ctx) == nil {
		by = With(ctx, m)
	}
	return m, s.Audit(by, q, action, "member:"+m.ID, map[string]any{"email": m.Email, "place": r.w.Place})
}

// SignUps lists the sign-ups that wait for somebody to agree, the oldest first.
func (s *Service) SignUps(ctx context.Context) ([]Waiting, error) {
	if err := Require(ctx, MemberEdit); err != nil {
		return nil, err
	}
	list, err := db.All(ctx, s.db.Read(), waitingFields, "SELECT "+waitingColumns+" FROM member_sign_up w WHERE w.approval = 1 AND w.expires_at > $1 ORDER BY w.at, w.id"+db.Limit(500), db.T(s.now()))
	if err != nil {
		return nil, fmt.Errorf("list sign-ups: %w", err)
	}
	return list, nil
}

// Approve makes whoever signed up a member although their address was not confirmed.
func (s *Service) Approve(ctx context.Context, signUp string) (*Member, Waiting, error) {
	w, err := s.waiting(ctx, signUp)
	if err != nil {
		return nil, w, err
	}
	var m *Member
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) (err error) {
		m, err = s.admit(ctx, q, signUp, "member.approve")
		return err
	})
	return m, w, err
}

// Refuse forgets a sign-up.
func (s *Service) Refuse(ctx context.Context, signUp string) error {
	w, err := s.waiting(ctx, signUp)
	if err != nil {
		return err
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if _, err := db.Exec(ctx, q, "DELETE FROM member_sign_up WHERE id = $1", signUp); err != nil {
			return fmt.Errorf("refuse a sign-up: %w", err)
		}
		return s.Audit(ctx, q, "member.refuse", "sign_up:"+signUp, map[string]any{"email": w.Email})
	})
}

func (s *Service) waiting(ctx context.Context, signUp string) (w Waiting, err error) {
	if err := Require(ctx, MemberEdit); err != nil {
		return w, err
	}
	if !id.Valid(signUp) {
		return w, problem.New(problem.Missing, "problem.not_found")
	}
	w, found, err := db.One(ctx, s.db.Read(), waitingFields, "SELECT "+waitingColumns+" FROM member_sign_up w WHERE w.id = $1 AND w.approval = 1", signUp)
	if err == nil && !found {
		err = problem.New(problem.Missing, "problem.not_found")
	}
	return w, err
}

// SameBrowser reports whether the browser with that secret is the one that signed up.
func (s *Service) SameBrowser(ctx context.Context, w Waiting, browser string) bool {
	if !plausible(browser) {
		return false
	}
	n, _, err := db.Value[int64](ctx, s.db.Read(), "SELECT count(*) FROM member_sign_up WHERE id = $1 AND browser = $2", w.ID, digest(browser))
	return err == nil && n == 1
}
