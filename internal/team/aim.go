package team

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// AimMeasure is what an aim is measured by. How much somebody answers is none of them: nobody is to race.
type AimMeasure string

// The measures of aims.
const (
	AimTime    AimMeasure = "time"    // minutes given
	AimKept    AimMeasure = "kept"    // percent of what they resolved that was not reopened
	AimPrompt  AimMeasure = "prompt"  // percent of their first replies within a day
	AimBreadth AimMeasure = "breadth" // topics of which they resolved three conversations or more
)

// AimMeasures lists the measures of aims.
func AimMeasures() []AimMeasure { return []AimMeasure{AimTime, AimKept, AimPrompt, AimBreadth} }

// most is the highest target that makes sense.
func (m AimMeasure) most() int {
	switch m {
	case AimTime:
		return 13 * mostMinutes
	case AimBreadth:
		return 100
	}
	return 100
}

// Aim is what somebody means to reach in a quarter. It holds once both sides have agreed, and is seen by them alone.
type Aim struct {
	ID, Member string
	Quarter    string // 2026-Q4
	Measure    AimMeasure
	Target     int // in the unit of the measure
	Words      string
	MemberAt   time.Time // when they agreed, zero for not
	LeadAt     time.Time
	Lead       string // who agreed for the team
}

// Agreed reports whether both sides have.
func (a *Aim) Agreed() bool { return !a.MemberAt.IsZero() && !a.LeadAt.IsZero() }

// Quarter is the quarter of an instant, and when it begins and ends, in its zone.
func Quarter(at time.Time) (name string, from, to time.Time) {
	n := (int(at.Month()) - 1) / 3
	from = time.Date(at.Year(), time.Month(3*n+1), 1, 0, 0, 0, 0, at.Location())
	return fmt.Sprintf("%d-Q%d", at.Year(), n+1), from, from.AddDate(0, 3, 0)
}

// sides says for which sides whoever acts speaks about a member: for themselves, for the team as their mentor or as one who assigns.
func (s *Service) sides(ctx context.Context, member string) (own, lead bool, err error) {
	m := org.Who(ctx)
	if m == nil {
		return false, false, problem.New(problem.Unauthenticated, "problem.sign_in") // what is agreed is agreed by somebody
	}
	p, err := s.Find(ctx, member)
	if err != nil {
		return false, false, err
	}
	own = m.ID == member
	lead = !own && (p.Mentor == m.ID || m.May(org.InboxAssign))
	if !own && !lead {
		err = problem.New(problem.Forbidden, "team.aims_private")
	}
	return own, lead, err
}

const aimColumns = "id, member, quarter, measure, target, words, member_at, lead_at, lead"

func aimFields(a *Aim) []any {
	return []any{&a.ID, &a.Member, &a.Quarter, (*string)(&a.Measure), &a.Target, &a.Words, db.At(&a.MemberAt), db.At(&a.LeadAt), &a.Lead}
}

// Aims lists the aims of a member in a quarter; only they, their mentor and those who assign may see them.
func (s *Service) Aims(ctx context.Context, member, quarter string) ([]Aim, error) {
	if _, _, err := s.sides(ctx, member); err != nil {
		return nil, err
	}
	list, err := db.All(ctx, s.db.Read(), aimFields, "SELECT "+aimColumns+" FROM team_aim WHERE member = $1 AND quarter = $2 ORDER BY measure", member, quarter)
	if err != nil {
		return nil, fmt.Errorf("read aims: %w", err)
	}
	return list, nil
}

// SetAim proposes an aim for this quarter, or changes the one with its measure: whoever does so agrees, the other side has to agree anew. Nobody agrees for both.
func (s *Service) SetAim(ctx context.Context, a Aim) (Aim, error) {
	own, _, err := s.sides(ctx, a.Member)
	if err != nil {
		return a, err
	}
	var bad []error
	if !slices.Contains(AimMeasures(), a.Measure) {
		bad = append(bad, problem.New(problem.Invalid, "problem.required").On("measure"))
	} else if a.Target < 1 || a.Target > a.Measure.most() {
		bad = append(bad, problem.New(problem.Invalid, "team.bad_target", "Max", a.Measure.most()).On("target"))
	}
	a.Words = strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(a.Words, ""), "\x00", ""))
	if utf8.RuneCountInString(a.Words) > 500 {
		bad = append(bad, problem.New(problem.Invalid, "problem.too_long", "Max", 500).On("words"))
	}
	if err := errors.Join(bad...); err != nil {
		return a, err
	}
	now := s.now()
	a.ID, a.MemberAt, a.LeadAt, a.Lead = id.New(), time.Time{}, time.Time{}, ""
	a.Quarter, _, _ = Quarter(s.Local(ctx))
	if own {
		a.MemberAt = now
	} else {
		a.LeadAt, a.Lead = now, org.Who(ctx).ID
	}
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if err := db.Insert(ctx, q, "team_aim ("+aimColumns+", changed_at)", [][]any{{a.ID, a.Member, a.Quarter, string(a.Measure), a.Target, a.Words, db.T(a.MemberAt), db.T(a.LeadAt), a.Lead, db.T(now)}},
			`ON CONFLICT (member, quarter, measure) DO UPDATE SET target = excluded.target, words = excluded.words, member_at = excluded.member_at, lead_at = excluded.lead_at,
			lead = excluded.lead, changed_at = excluded.changed_at`); err != nil {
			return fmt.Errorf("keep an aim: %w", err)
		}
		return s.org.Audit(ctx, q, "team.aim", "member:"+a.Member, nil) // what it says is between the two
	})
	return a, err
}

// AgreeAim agrees to an aim for the side that whoever acts speaks for; target is the one they saw.
func (s *Service) AgreeAim(ctx context.Context, member, aim string, target int) error {
	own, _, err := s.sides(ctx, member)
	if err != nil {
		return err
	}
	if !id.Valid(aim) {
		return missing()
	}
	set, args := "lead_at = $1, lead = $5", []any{db.T(s.now()), aim, member, target, org.Who(ctx).ID}
	if own {
		set, args = "member_at = $1", args[:4]
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		n, err := db.Exec(ctx, q, "UPDATE team_aim SET "+set+" WHERE id = $2 AND member = $3 AND target = $4", args...)
		if err != nil {
			return fmt.Errorf("agree to an aim: %w", err)
		}
		if n == 0 {
			return problem.New(problem.Conflict, "problem.conflict")
		}
		return s.org.Audit(ctx, q, "team.aim_agree", "member:"+member, nil)
	})
}

// DropAim takes an aim back; either side may.
func (s *Service) DropAim(ctx context.Context, member, aim string) error {
	if _, _, err := s.sides(ctx, member); err != nil {
		return err
	}
	if !id.Valid(aim) {
		return missing()
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		n, err := db.Exec(ctx, q, "DELETE FROM team_aim WHERE id = $1 AND member = $2", aim, member)
		if err == nil && n == 0 {
			err = missing()
		}
		if err != nil {
			return err
		}
		return s.org.Audit(ctx, q, "team.aim_drop", "member:"+member, nil)
	})
}
