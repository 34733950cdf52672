package course

import (
	"context"
	"fmt"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Reach is where a certificate is needed to speak.
type Reach string

// The reaches.
const (
	Nowhere    Reach = ""
	InPublic   Reach = "public"
	Everywhere Reach = "all"
)

// Reaches lists the reaches.
func Reaches() []Reach { return []Reach{Nowhere, InPublic, Everywhere} }

// Gate says which certificate who answers needs, where, and from which instant on.
type Gate struct {
	Course string    `json:"course"`
	Reach  Reach     `json:"reach"`
	From   time.Time `json:"from"`
}

const gateKey = "course.gate"

// Gate is what holds now.
func (s *Service) Gate(ctx context.Context) (Gate, error) {
	return s.gates.Read(ctx, s.db, "", func(ctx context.Context) (Gate, error) { return s.gate(ctx) })
}

func (s *Service) gate(ctx context.Context) (Gate, error) {
	var g Gate
	if err := s.org.Setting(ctx, gateKey, &g); err != nil && !problem.Is(err, problem.Missing) {
		return g, fmt.Errorf("read who may speak: %w", err)
	}
	return g, nil
}

// SetGate says which certificate who answers needs.
func (s *Service) SetGate(ctx context.Context, g Gate) error {
	if err := org.Require(ctx, org.InboxAssign); err != nil {
		return err
	}
	switch g.Reach {
	case Nowhere, InPublic, Everywhere:
	default:
		return problem.New(problem.Invalid, "problem.bad_form").On("reach")
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if g.Course != "" || g.Reach != Nowhere {
			c, err := s.find(ctx, q, g.Course)
			if problem.Is(err, problem.Missing) || err == nil && !c.Open() {
				return problem.New(problem.Invalid, "problem.required").On("course")
			}
			if err != nil {
				return err
			}
		}
		if err := s.org.SetSetting(ctx, q, gateKey, g); err != nil {
			return err
		}
		return s.org.Audit(ctx, q, "course.gate", "course:"+g.Course, g)
	})
}

// May says whether a member may speak, in private or before everybody: it is nil, or a problem with the reason and the way out. It reads in q, so
// that it holds in the transaction that queues the answer.
func (s *Service) May(ctx context.Context, q db.Q, member string, private bool) error {
	g, err := s.Gate(ctx)
	if err != nil || g.Reach == Nowhere || g.Reach == InPublic && private || s.Now().Before(g.From) {
		return err
	}
	n, _, err := db.Value[int](ctx, q, "SELECT COUNT(*) FROM certificate WHERE course = $1 AND member = $2 AND revoked_at IS NULL AND (until IS NULL OR until > $3)",
		g.Course, member, db.T(s.Now()))
	if err != nil {
		return fmt.Errorf("look who may speak: %w", err)
	}
	if n > 0 {
		return nil
	}
	c, err := s.find(ctx, q, g.Course)
	if err != nil {
		return err
	}
	return problem.New(problem.Forbidden, "inbox.barred", "Title", c.Content.Title.In(i18n.Lang(ctx)), "Path", "/courses/"+g.Course)
}
