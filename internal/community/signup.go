package community

import (
	"context"
	"fmt"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// NewMember is what somebody says who signs up to a community.
type NewMember struct {
	Name, Email, Password string
	Lang                  string
	To                    string // path they come back to
}

// SignUp begins a sign-up to a community; the address must then be confirmed, or, where no mail can be sent, an owner must agree. There is one
// account for all communities, and one who has it joins others without another.
func (s *Service) SignUp(ctx context.Context, c Community, in NewMember, from org.Visit) (org.SignedUp, error) {
	if c.SignUp == Closed {
		return org.SignedUp{}, problem.New(problem.Forbidden, "community.by_invitation")
	}
	return s.org.SignUp(ctx, org.SignUp{Email: in.Email, Name: in.Name, Password: in.Password, Lang: in.Lang, Place: c.ID, PlaceName: c.Called(in.Lang),
		URL: s.URL(ctx, c) + "/confirm/", To: in.To}, from)
}

// Confirm makes whoever signed up a member, signs them in, and lets them join the community they came from, as its rule says.
func (s *Service) Confirm(ctx context.Context, secret, browser, password string, from org.Visit) (token string, w org.Waiting, err error) {
	if token, w, err = s.org.Confirm(ctx, secret, browser, password, from); err != nil {
		return "", w, err
	}
	m, err := s.org.ByEmail(ctx, w.Email)
	if err != nil {
		return token, w, err
	}
	return token, w, s.welcome(org.WithVisit(org.With(ctx, m), from), w)
}

// Approve makes whoever signed up a member although their address was not confirmed.
func (s *Service) Approve(ctx context.Context, signUp string) error {
	m, w, err := s.org.Approve(ctx, signUp)
	if err != nil {
		return err
	}
	// An owner agreed to the person: no second one is asked.
	if m, _ := s.Map(ctx); m != nil {
		if i, found := m.ids[w.Place]; found && m.Communities[i].SignUp == Approval {
			if err := s.approved(ctx, w, m.Communities[i].ID); err != nil {
				return err
			}
		}
	}
	return s.welcome(org.With(ctx, m), w)
}

func (s *Service) approved(ctx context.Context, w org.Waiting, community string) error {
	m, err := s.org.ByEmail(ctx, w.Email)
	if err != nil {
		return err
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		return s.put(ctx, q, Membership{Community: community, Member: m.ID, State: In, By: by(ctx)})
	})
}

// welcome is what follows when somebody has become a member: they are a person with a known address, and in the community they came for.
func (s *Service) welcome(ctx context.Context, w org.Waiting) error {
	if err := s.identify(ctx, org.Who(ctx), !w.Approval); err != nil {
		return err
	}
	if w.Place == "" {
		return nil
	}
	_, err := s.Join(ctx, w.Place, "")
	if p := problem.Of(err); err != nil && (p.Code == problem.Forbidden || p.Code == problem.Missing) {
		return nil // they are a member, and this community is not for them (any more)
	}
	return err
}

// identify states that an address belongs to a person: to the one that has it already, else to a new one.
func (s *Service) identify(ctx context.Context, m *org.Member, verified bool) error {
	uri := "mailto:" + m.Email
	person, _, err := db.Value[string](ctx, s.db.Read(), "SELECT person FROM identity WHERE uri = $1", uri)
	if err != nil {
		return fmt.Errorf("find whose address it is: %w", err)
	}
	now, who := s.Now(), "member:"+m.ID
	a := ledger.Activity{ID: s.newID(), Kind: ledger.PersonAdded, Actor: who, At: now, Key: "signed_up:" + m.ID}
	a.Object = a.ID
	if person != "" {
		a.Kind, a.Object = ledger.IdentityLinked, person
		a.Data = ledger.Data(ledger.Identity{URI: uri, Verified: verified})
	} else {
		a.Data = ledger.Data(ledger.Person{Name: m.Name, Lang: m.Lang, Identities: []ledger.Identity{{URI: uri, Verified: verified}}})
	}
	if _, err := s.ledger.State(ctx, a); err != nil {
		return fmt.Errorf("state whose address it is: %w", err)
	}
	return nil
}
