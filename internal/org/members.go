package org

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/sorting"
)

const memberColumns = "m.id, m.email, m.name, m.role, m.lang, m.zone, m.theme, m.state, m.created_at, m.seen_at"

func memberFields(m *Member) []any {
	return []any{&m.ID, &m.Email, &m.Name, &m.Role, &m.Lang, &m.Zone, &m.Theme, &m.State, db.At(&m.CreatedAt), db.At(&m.LastSeenAt)}
}

func noMember() error { return problem.New(problem.Missing, "org.no_member") }

// Find returns the member with this id, also one who was removed: what they did names them.
func (s *Service) Find(ctx context.Context, memberID string) (*Member, error) {
	m, err := s.found.Page(ctx, s.db, memberID, func(ctx context.Context) (*Member, error) { return byID(ctx, s.db.Read(), memberID) })
	if err != nil {
		return nil, err
	}
	own := *m
	return &own, nil
}

// Names are the names of members by id, of those that exist or existed.
func (s *Service) Names(ctx context.Context, members []string) (map[string]string, error) {
	out := make(map[string]string, len(members))
	if len(members) == 0 {
		return out, nil
	}
	type row struct{ id, name string }
	q := s.db.Read()
	list, err := db.All(ctx, q, func(r *row) []any { return []any{&r.id, &r.name} }, "SELECT id, name FROM member WHERE id IN "+db.Among(q, "$1"), db.Texts(members))
	if err != nil {
		return nil, fmt.Errorf("name members: %w", err)
	}
	for _, r := range list {
		out[r.id] = r.name
	}
	return out, nil
}

// ByEmail returns the member with this address, whatever its case.
func (s *Service) ByEmail(ctx context.Context, email string) (*Member, error) {
	return find(ctx, s.db.Read(), "m.email = $1", lookupEmail(email))
}

// ByEmails lists the members who have one of these addresses, which are as they are stored.
func (s *Service) ByEmails(ctx context.Context, emails []string) ([]*Member, error) {
	q := s.db.Read()
	list, err := db.All(ctx, q, memberFields, "SELECT "+memberColumns+" FROM member m WHERE m.state <> 'removed' AND m.email IN "+db.Among(q, "$1"), db.Texts(emails))
	if err != nil {
		return nil, fmt.Errorf("find members by address: %w", err)
	}
	out := make([]*Member, len(list))
	for i := range list {
		out[i] = &list[i]
	}
	return out, nil
}

// lookupEmail is the address as it would be stored; what cannot be one finds nothing.
func lookupEmail(email string) string {
	clean, err := checkEmail(email, "email")
	if err != nil {
		return "\x01"
	}
	return clean
}

func byID(ctx context.Context, q db.Q, memberID string) (*Member, error) {
	if !id.Valid(memberID) {
		return nil, noMember() // PostgreSQL refuses to look for texts that are not UTF-8
	}
	return find(ctx, q, "m.id = $1", memberID)
}

func find(ctx context.Context, q db.Q, where string, args ...any) (*Member, error) {
	m, found, err := db.One(ctx, q, memberFields, "SELECT "+memberColumns+" FROM member m WHERE "+where, args...)
	if err != nil {
		return nil, fmt.Errorf("find a member: %w", err)
	}
	if !found {
		return nil, noMember()
	}
	return &m, nil
}

// mostListed is how many of those who only sign in are offered where somebody is chosen.
const mostListed = 200

// Members lists by name whom one chooses from: active, suspended and invited ones. Where more than some hundred do no more than signing in, as those do who signed up to a
// community, only the team is listed, and those of also: nobody chooses one of thousands from a list.
func (s *Service) Members(ctx context.Context, also ...string) ([]*Member, error) {
	team, err := s.Team(ctx)
	if err != nil {
		return nil, err
	}
	others, err := s.list(ctx, "m.role = '"+string(Plain)+"' AND m.state <> 'removed' ORDER BY m.created_at DESC"+db.Limit(mostListed+1))
	if err != nil {
		return nil, err
	}
	if len(others) > mostListed {
		q := s.db.Read()
		some, err := db.All(ctx, q, memberFields, "SELECT "+memberColumns+" FROM member m WHERE m.role = '"+string(Plain)+"' AND m.state <> 'removed' AND m.id IN "+db.Among(q, "$1"), db.Texts(also))
		if err != nil {
			return nil, fmt.Errorf("list members: %w", err)
		}
		others = others[:0]
		for i := range some {
			others = append(others, &some[i])
		}
	}
	out := append(team, others...)
	sorting.Func(out, ByName)
	return out, nil
}

// Team lists the members who do more than signing in, by name: those who only signed up to a community may be many, and have no part in what is shared out here.
func (s *Service) Team(ctx context.Context) ([]*Member, error) {
	var roles []string
	for _, r := range Roles() {
		if r != Plain {
			roles = append(roles, "'"+string(r)+"'")
		}
	}
	return s.list(ctx, "m.role IN ("+strings.Join(roles, ", ")+") AND m.state <> 'removed'")
}

// Listing asks for a part of all members. What is "" does not narrow.
type Listing struct {
	Words  string // in the name or the address
	Role   Role
	State  State
	Before string // the id of the last one of the part before
	Limit  int
}

// List lists members piece by piece, those who came last first; more says that there are others.
func (s *Service) List(ctx context.Context, l Listing) (list []*Member, more bool, err error) {
	var w db.Where
	w.And("m.state <> 'removed'")
	if l.State != "" {
		w.And("m.state = ?", string(l.State))
	}
	if l.Role != "" {
		w.And("m.role = ?", string(l.Role))
	}
	if words := strings.NewReplacer("%", "", "_", "", `\`, "", "\x00", "").Replace(strings.ToValidUTF8(l.Words, "")); words != "" {
		as, lower := "%"+words+"%", "%"+strings.ToLower(words)+"%" // LOWER knows plain letters only on SQLite
		w.And("(LOWER(m.name) LIKE ? OR m.name LIKE ? OR m.email LIKE ?)", lower, as, lower)
	}
	if l.Before != "" {
		last, err := s.Find(ctx, l.Before)
		if err != nil {
			return nil, false, err
		}
		w.And("(m.created_at, m.id) < (?, ?)", db.T(last.CreatedAt), last.ID)
	}
	found, err := db.All(ctx, s.db.Read(), memberFields, "SELECT "+memberColumns+" FROM member m "+w.String()+" ORDER BY m.created_at DESC, m.id DESC"+db.Limit(l.Limit+1), w.Args...)
	if err != nil {
		return nil, false, fmt.Errorf("list members: %w", err)
	}
	for i := range found[:min(len(found), l.Limit)] {
		list = append(list, &found[i])
	}
	return list, len(found) > l.Limit, nil
}

// Count counts the members in each role.
func (s *Service) Count(ctx context.Context) (map[Role]int, error) {
	type row struct {
		role Role
		n    int
	}
	list, err := db.All(ctx, s.db.Read(), func(r *row) []any { return []any{&r.role, &r.n} }, "SELECT role, COUNT(*) FROM member WHERE state <> 'removed' GROUP BY role")
	if err != nil {
		return nil, fmt.Errorf("count members: %w", err)
	}
	out := map[Role]int{}
	for _, r := range list {
		out[r.role] = r.n
	}
	return out, nil
}

// Former lists those who were members, by name; of many, those who came last.
func (s *Service) Former(ctx context.Context) ([]*Member, error) {
	return s.list(ctx, "m.state = 'removed' ORDER BY m.created_at DESC"+db.Limit(mostListed))
}

func (s *Service) list(ctx context.Context, where string) ([]*Member, error) {
	kept, err := s.lists.Read(ctx, s.db, where, func(ctx context.Context) ([]Member, error) {
		return db.All(ctx, s.db.Read(), memberFields, "SELECT "+memberColumns+" FROM member m WHERE "+where)
	})
	if err != nil {
		return nil, fmt.Errorf("list members: %w", err)
	}
	list := slices.Clone(kept) // whoever asked may change them
	out := make([]*Member, len(list))
	for i := range list {
		out[i] = &list[i]
	}
	// The engines disagree on the order of letters beyond ASCII.
	sorting.Func(out, ByName)
	return out, nil
}

// ByName compares two members in the order of Members.
func ByName(a, b *Member) int {
	if c := strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)); c != 0 {
		return c
	}
	return strings.Compare(a.ID, b.ID)
}

// mayGive refuses to hand out, or to take away, a role that can do more than whoever acts: nobody gives what they do not have, and a token
// for inviting volunteers makes no owner.
func mayGive(ctx context.Context, r Role) error {
	if !slices.Contains(Roles(), r) {
		return problem.New(problem.Invalid, "org.bad_role").On("role")
	}
	for _, p := range r.Permissions() {
		if !may(ctx, p) {
			return problem.New(problem.Forbidden, "org.role_above").On("role")
		}
	}
	return nil
}

// MayGive reports whether whoever acts in ctx may give, or take away, the role.
func MayGive(ctx context.Context, r Role) bool { return mayGive(ctx, r) == nil }

// change runs do on a member in a transaction of its own, in which no other change of members runs: otherwise two owners could each
// remove the other at one moment.
func (s *Service) change(ctx context.Context, memberID string, do func(ctx context.Context, q db.Q, m *Member) error) error {
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if err := lockMembers(ctx, q); err != nil {
			return err
		}
		m, err := byID(ctx, q, memberID)
		if err != nil {
			return err
		}
		if m.State == Removed {
			return noMember()
		}
		return do(ctx, q, m)
	})
}

func lockMembers(ctx context.Context, q db.Q) error {
	if _, err := db.Exec(ctx, q, "UPDATE organisation SET one = one"); err != nil {
		return fmt.Errorf("lock the members: %w", err)
	}
	return nil
}

// anotherOwner refuses when m is the only active owner.
func anotherOwner(ctx context.Context, q db.Q, m *Member) error {
	if m.Role != Owner || m.State != Active {
		return nil
	}
	n, _, err := db.Value[int64](ctx, q, "SELECT count(*) FROM member WHERE role = 'owner' AND state = 'active' AND id <> $1", m.ID)
	if err != nil {
		return fmt.Errorf("count owners: %w", err)
	}
	if n == 0 {
		return problem.New(problem.Conflict, "org.last_owner")
	}
	return nil
}

// ChangeRole gives a member another role; it holds from their next request on.
func (s *Service) ChangeRole(ctx context.Context, memberID string, to Role) error {
	if err := Require(ctx, MemberEdit); err != nil {
		return err
	}
	if err := mayGive(ctx, to); err != nil {
		return err
	}
	return s.change(ctx, memberID, func(ctx context.Context, q db.Q, m *Member) error {
		if m.Role == to {
			return nil
		}
		if err := mayGive(ctx, m.Role); err != nil {
			return err
		}
		if to != Owner {
			if err := anotherOwner(ctx, q, m); err != nil {
				return err
			}
		}
		if _, err := db.Exec(ctx, q, "UPDATE member SET role = $1 WHERE id = $2", string(to), m.ID); err != nil {
			return fmt.Errorf("change a role: %w", err)
		}
		return s.Audit(ctx, q, "member.role", "member:"+m.ID, map[string]any{"from": m.Role, "to": to})
	})
}

// Suspend takes a member's access away at once: sessions, tokens and links die. What they did stays theirs.
func (s *Service) Suspend(ctx context.Context, memberID string) error {
	if err := Require(ctx, MemberEdit); err != nil {
		return err
	}
	if m := Who(ctx); m != nil && m.ID == memberID {
		return problem.New(problem.Conflict, "org.not_yourself")
	}
	return s.change(ctx, memberID, func(ctx context.Context, q db.Q, m *Member) error {
		if m.State == Suspended {
			return nil
		}
		if m.State == Invited {
			return problem.New(problem.Conflict, "org.withdraw_instead")
		}
		if err := mayGive(ctx, m.Role); err != nil {
			return err
		}
		if err := anotherOwner(ctx, q, m); err != nil {
			return err
		}
		if _, err := db.Exec(ctx, q, "UPDATE member SET state = 'suspended' WHERE id = $1", m.ID); err != nil {
			return fmt.Errorf("suspend a member: %w", err)
		}
		if err := s.endAll(ctx, q, m.ID, ""); err != nil {
			return err
		}
		if err := s.revokeAll(ctx, q, m.ID); err != nil {
			return err
		}
		if err := dropLinks(ctx, q, m.ID); err != nil {
			return err
		}
		return s.Audit(ctx, q, "member.suspend", "member:"+m.ID, nil)
	})
}

// Resume lets a suspended member in again, with their old password. Their tokens stay revoked.
func (s *Service) Resume(ctx context.Context, memberID string) error {
	if err := Require(ctx, MemberEdit); err != nil {
		return err
	}
	return s.change(ctx, memberID, func(ctx context.Context, q db.Q, m *Member) error {
		if m.State != Suspended {
			return nil
		}
		if err := mayGive(ctx, m.Role); err != nil {
			return err
		}
		if _, err := db.Exec(ctx, q, "UPDATE member SET state = 'active' WHERE id = $1", m.ID); err != nil {
			return fmt.Errorf("resume a member: %w", err)
		}
		return s.Audit(ctx, q, "member.resume", "member:"+m.ID, nil)
	})
}

// Profile is what members decide about themselves.
type Profile struct {
	Name  string
	Lang  string
	Zone  string
	Theme string // "light", "dark", or "" for what the machine prefers
}

// checked returns the profile cleaned, or everything that is wrong with it and the further errors.
func (p Profile) checked(further ...error) (Profile, error) {
	name, err := checkName(p.Name, "name")
	p.Name = name
	errs := []error{err, checkScripts(name), checkLang(p.Lang), checkZone(p.Zone)}
	if p.Theme != "" && p.Theme != "light" && p.Theme != "dark" {
		errs = append(errs, problem.New(problem.Invalid, "org.bad_theme").On("theme"))
	}
	return p, errors.Join(append(errs, further...)...)
}

// ChangeProfile changes the profile of whoever acts.
func (s *Service) ChangeProfile(ctx context.Context, p Profile) error {
	m, err := ownAccount(ctx)
	if err != nil {
		return err
	}
	p, err = p.checked()
	if err != nil {
		return err
	}
	if m.Role == Plain && p.Name != m.Name {
		if err := s.notOfTeam(ctx, p.Name); err != nil {
			return err
		}
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if _, err := db.Exec(ctx, q, "UPDATE member SET name = $1, lang = $2, zone = $3, theme = $4 WHERE id = $5",
			p.Name, p.Lang, p.Zone, p.Theme, m.ID); err != nil {
			return fmt.Errorf("change a profile: %w", err)
		}
		return s.Audit(ctx, q, "member.profile", "member:"+m.ID, map[string]any{"name": p.Name, "lang": p.Lang, "zone": p.Zone, "theme": p.Theme})
	})
}

// ChangePassword sets a new password for whoever acts, who must know the current one. All their other sessions end and their tokens
// are revoked; keep is the secret of
// the session that stays.
func (s *Service) ChangePassword(ctx context.Context, current, fresh, keep string) error {
	m, err := inPerson(ctx)
	if err != nil {
		return err
	}
	if err := s.knows(ctx, m, current); err != nil {
		return err
	}
	if err := checkPassword(fresh, m.Email, m.Name); err != nil {
		return err
	}
	if current == fresh {
		return problem.New(problem.Invalid, "org.password_same").On("password")
	}
	hash, err := s.vault.hash(ctx, fresh)
	if err != nil {
		return err
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if err := s.setPassword(ctx, q, m.ID, hash, keep); err != nil {
			return err
		}
		return s.Audit(ctx, q, "member.password", "member:"+m.ID, nil)
	})
}

// setPassword keeps a hash, ends sessions but the one whose secret is keep, revokes tokens, and makes every link sent before worthless:
// whoever changes a password because somebody else knew it must not leave them a way in.
func (s *Service) setPassword(ctx context.Context, q db.Q, memberID, hash, keep string) error {
	if _, err := db.Exec(ctx, q, "UPDATE member SET password = $1 WHERE id = $2", hash, memberID); err != nil {
		return fmt.Errorf("change a password: %w", err)
	}
	if err := s.endAll(ctx, q, memberID, keep); err != nil {
		return err
	}
	if err := s.revokeAll(ctx, q, memberID); err != nil {
		return err
	}
	return dropLinks(ctx, q, memberID)
}

func (s *Service) revokeAll(ctx context.Context, q db.Q, memberID string) error {
	if _, err := db.Exec(ctx, q, "UPDATE member_token SET revoked_at = $1 WHERE member = $2 AND revoked_at IS NULL", db.T(s.now()), memberID); err != nil {
		return fmt.Errorf("revoke a member's tokens: %w", err)
	}
	return nil
}

// knows refuses unless the password is the member's; guesses are limited as at the sign-in page.
func (s *Service) knows(ctx context.Context, m *Member, password string) error {
	subject := "password:" + m.ID
	if err := s.attempt(ctx, map[string]pace{subject: addressPace()}); err != nil {
		return err
	}
	hash, _, err := db.Value[string](ctx, s.db.Read(), "SELECT password FROM member WHERE id = $1", m.ID)
	if err != nil {
		return fmt.Errorf("read a password hash: %w", err)
	}
	same, err := s.vault.same(ctx, password, hash)
	if err != nil {
		return err
	}
	if !same {
		return problem.New(problem.Invalid, "org.wrong_password").On("current")
	}
	return s.forgive(ctx, subject)
}
