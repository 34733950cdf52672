package inbox

import (
	"context"
	"fmt"

	"github.com/entente/entente/internal/charter/check"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/problem"
)

// Licence says whether a member may speak, in private or before everybody: nil, or a problem with the reason. It reads in q.
type Licence func(ctx context.Context, q db.Q, member string, private bool) error

// WithLicence has everybody who answers asked for their right to speak. Call it once, before the service is used.
func (s *Service) WithLicence(l Licence) *Service {
	s.licence = l
	return s
}

// Barred reports whether an error is that somebody may not speak.
func Barred(err error) bool { return err != nil && problem.Of(err).Key == "inbox.barred" }

// licensed refuses an answer of a member who may not speak. Copies of what was approved before are no answers of one member.
func (s *Service) licensed(ctx context.Context, q db.Q, member string, in *Answer) error {
	if s.licence == nil || in.Also != nil {
		return nil
	}
	return s.licence(ctx, q, member, in.Private)
}

// bar is why somebody may not answer like this, nil when they may.
func (s *Service) bar(ctx context.Context, member string, in *Answer) (*problem.Problem, error) {
	err := s.licensed(ctx, s.db.Read(), member, in)
	if Barred(err) {
		return problem.Of(err), nil
	}
	return nil, err
}

// noteKept notes, in the transaction of an answer, whether it kept to all rules that a program can look for.
func (s *Service) noteKept(ctx context.Context, q db.Q, sending, member string, checked *Checked) error {
	if checked.Version == 0 {
		return nil
	}
	kept := true
	for i := range checked.Findings {
		kept = kept && checked.Findings[i].Verdict != check.NotMet
	}
	if err := db.Insert(ctx, q, "reply_kept (sending, member, kept, at)", [][]any{{sending, member, db.B(kept), db.T(s.now())}}, "ON CONFLICT DO NOTHING"); err != nil {
		return fmt.Errorf("note how an answer keeps to the charter: %w", err)
	}
	return nil
}
