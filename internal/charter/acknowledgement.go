package charter

import (
	"context"
	"fmt"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/sorting"
)

// Standing is where somebody stands towards the charter in force.
type Standing struct {
	Member *org.Member
	Speaks bool      // the role may speak for the organisation
	At     time.Time // when they acknowledged what holds now; zero: not yet
	Number int       // of the version they acknowledged last; 0 for none
}

// Speaks reports whether members of a role speak for the organisation and must have acknowledged the charter.
func Speaks(r org.Role) bool { return r.May(org.InboxEdit) }

// enough lists the versions of which one must be acknowledged: the one in force, and back to the last that had to be acknowledged anew.
func enough(list []Version) []Version {
	now, found := current(list)
	if !found {
		return nil
	}
	var published []Version
	for _, v := range list {
		if v.State != Draft && !v.InForceAt.After(now.InForceAt) {
			published = append(published, v)
		}
	}
	sorting.Func(published, func(a, b Version) int { return b.InForceAt.Compare(a.InForceAt) })
	for i, v := range published {
		if v.Anew {
			return published[:i+1]
		}
	}
	return published
}

// Acknowledged reports whether a member has agreed to the charter in force, or to an earlier version that differs in nothing that must be
// agreed to anew. Before there is a charter everybody has. It asks for no permission: it is for those who decide who may speak.
func (s *Service) Acknowledged(ctx context.Context, member string) (bool, error) {
	q := s.db.Read()
	list, err := versions(ctx, q, s.Now())
	if err != nil {
		return false, err
	}
	if _, found := current(list); !found {
		return true, nil
	}
	var ids []string
	for _, v := range enough(list) {
		ids = append(ids, v.ID)
	}
	n, _, err := db.Value[int](ctx, q, "SELECT COUNT(*) FROM charter_acknowledgement WHERE member = $1 AND version IN "+db.Among(q, "$2"), member, db.Texts(ids))
	if err != nil {
		return false, fmt.Errorf("read acknowledgements: %w", err)
	}
	return n > 0, nil
}

// Acknowledge notes that whoever asks agrees to a version, read in lang. It must be the one in force: what somebody has on the screen may be
// out of date. Doing so twice changes nothing.
func (s *Service) Acknowledge(ctx context.Context, version, lang string) error {
	m := org.Who(ctx)
	if m == nil {
		return problem.New(problem.Unauthenticated, "problem.sign_in")
	}
	if m.ByToken() {
		return problem.New(problem.Forbidden, "charter.in_person")
	}
	return s.acknowledge(ctx, m, version, lang)
}

func (s *Service) acknowledge(ctx context.Context, m *org.Member, version, lang string) error {
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		list, err := versions(ctx, q, s.Now())
		if err != nil {
			return err
		}
		v, found := current(list)
		if !found {
			return problem.New(problem.Missing, "charter.none_in_force")
		}
		if v.ID != version {
			return problem.New(problem.Conflict, "charter.changed_meanwhile")
		}
		n, err := db.Exec(ctx, q, "INSERT INTO charter_acknowledgement (version, member, at, lang) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING", v.ID, m.ID, db.T(s.Now()), lang)
		if err != nil {
			return fmt.Errorf("acknowledge the charter: %w", err)
		}
		if n == 0 {
			return nil
		}
		return s.org.Audit(ctx, q, "charter.acknowledged", "charter:"+v.ID, map[string]any{"number": v.Number, "lang": lang})
	})
}

type acknowledgement struct {
	version, member string
	at              time.Time
}

// Standings lists where every active member stands, those who speak and are missing first, then by name.
func (s *Service) Standings(ctx context.Context) ([]Standing, error) {
	if err := org.Require(ctx, org.StrategyRead); err != nil {
		return nil, err
	}
	q := s.db.Read()
	list, err := versions(ctx, q, s.Now())
	if err != nil {
		return nil, err
	}
	number, holds := map[string]int{}, map[string]bool{}
	for _, v := range list {
		number[v.ID] = v.Number
	}
	for _, v := range enough(list) {
		holds[v.ID] = true
	}
	given, err := db.All(ctx, q, func(a *acknowledgement) []any { return []any{&a.version, &a.member, db.At(&a.at)} },
		"SELECT version, member, at FROM charter_acknowledgement ORDER BY at")
	if err != nil {
		return nil, fmt.Errorf("read acknowledgements: %w", err)
	}
	members, err := s.org.Team(ctx)
	if err != nil {
		return nil, err
	}
	var out []Standing
	for _, m := range members {
		if m.State != org.Active {
			continue
		}
		st := Standing{Member: m, Speaks: Speaks(m.Role)}
		for _, a := range given {
			if a.member != m.ID {
				continue
			}
			st.Number = max(st.Number, number[a.version])
			if holds[a.version] {
				st.At = a.at
			}
		}
		out = append(out, st)
	}
	sorting.Stable(out, func(a, b Standing) int {
		if x, y := a.Missing(), b.Missing(); x != y {
			if x {
				return -1
			}
			return 1
		}
		return org.ByName(a.Member, b.Member)
	})
	return out, nil
}

// Missing reports whether they speak and have not acknowledged what holds.
func (s Standing) Missing() bool { return s.Speaks && s.At.IsZero() }
