package situation

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Diversion is a change of routing that holds while a situation lasts: what it gathered, and what its words match, goes to somebody.
type Diversion struct {
	ID                        string
	Words, Department, Member string   // Department and Member are "" for whoever fits
	Hold                      []string // members who get nothing else
	At                        time.Time
}

// Diversions lists the changes of routing of a situation that hold now.
func (s *Service) Diversions(ctx context.Context, situation string) ([]Diversion, error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return nil, err
	}
	list, err := s.diversions(ctx, s.db.Read(), situation)
	if err != nil || len(list) == 0 {
		return list, err
	}
	now, err := s.inbox.Diversions(ctx)
	for i := range list {
		for _, d := range now {
			if d.ID == list[i].ID {
				list[i].Hold = d.Hold
			}
		}
	}
	return list, err
}

func (s *Service) diversions(ctx context.Context, q db.Q, situation string) ([]Diversion, error) {
	list, err := db.All(ctx, q, func(d *Diversion) []any { return []any{&d.ID, &d.Words, &d.Department, &d.Member, db.At(&d.At)} },
		"SELECT id, words, team, member, at FROM situation_diversion WHERE situation = $1 AND ended_at IS NULL ORDER BY at, id", situation)
	if err != nil {
		return nil, fmt.Errorf("read how routing is changed: %w", err)
	}
	return list, nil
}

// Divert changes routing from now on until the all-clear; it replaces the change there was. In a drill it is noted, and nothing is routed.
func (s *Service) Divert(ctx context.Context, situation string, d Diversion) error {
	m, err := acting(ctx, org.InboxAssign)
	if err != nil {
		return err
	}
	v, err := s.Find(ctx, situation)
	if err != nil {
		return err
	}
	if !v.Open() {
		return problem.New(problem.Invalid, "situation.is_over")
	}
	if d.Words, err = checked(d.Words, "words", maxAbout, false); err != nil {
		return err
	}
	var to inbox.Target
	switch {
	case d.Member != "":
		d.Department, to = "", inbox.Target{Kind: inbox.ToMember, Value: d.Member}
	case d.Department != "":
		to = inbox.Target{Kind: inbox.ToDepartment, Value: d.Department}
	}
	for _, member := range append(slices.Clone(d.Hold), d.Member) {
		if member == "" {
			continue
		}
		if _, err := s.org.Find(ctx, member); err != nil {
			return problem.Of(err).On("to")
		}
	}
	d.ID = s.ids.Make(s.Now())
	return s.add(ctx, &v, m, ledger.SituationDiverted, "", func(ctx context.Context, q db.Q) error {
		if err := s.restore(ctx, q, &v, m); err != nil || v.Drill {
			return err
		}
		if err := s.inbox.Divert(ctx, q, inbox.Diversion{ID: d.ID, Query: d.Words, To: to, Hold: d.Hold}); err != nil {
			return err
		}
		list, err := db.All(ctx, q, db.Self[string], "SELECT c.id FROM situation_conversation x JOIN conversation c ON c.id = "+gathered+" WHERE x.situation = $1 AND c.state = 'open'", v.ID)
		if err != nil {
			return err
		}
		return s.inbox.Redirect(ctx, q, d.ID, list...)
	}, ledger.Diverted{Diversion: d.ID, Words: d.Words, Team: d.Department, To: d.Member, Hold: d.Hold})
}

// Restore lets routing be as before.
func (s *Service) Restore(ctx context.Context, situation string) error {
	m, err := acting(ctx, org.InboxAssign)
	if err != nil {
		return err
	}
	v, err := s.Find(ctx, situation)
	if err != nil {
		return err
	}
	if err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error { return s.restore(ctx, q, &v, m) }); err != nil {
		return fmt.Errorf("restore routing: %w", err)
	}
	s.ledger.Wake()
	return s.ledger.CatchUp(ctx)
}

// restore ends, in the transaction q, the changes of routing that hold, each once.
func (s *Service) restore(ctx context.Context, q db.Q, v *Situation, m *org.Member) error {
	list, err := s.diversions(ctx, q, v.ID)
	if err != nil {
		return err
	}
	for _, d := range list {
		if _, err := s.ledger.AppendTx(ctx, q, ledger.Activity{Kind: ledger.SituationRestored, Actor: "member:" + m.ID, Object: v.ID, At: s.Now(),
			Key: ledger.SituationRestored + ":" + d.ID, Data: ledger.Data(ledger.Diverted{Diversion: d.ID})}); err != nil {
			return err
		}
		if err := s.inbox.EndDivert(ctx, q, d.ID); err != nil {
			return err
		}
	}
	return nil
}

// redirect sends, in the transaction q, what was gathered just now the way the rest goes.
func (s *Service) redirect(ctx context.Context, q db.Q, v *Situation, conversations []string) error {
	if v.Drill {
		return nil
	}
	list, err := s.diversions(ctx, q, v.ID)
	for _, d := range list {
		if err := s.inbox.Redirect(ctx, q, d.ID, conversations...); err != nil {
			return err
		}
	}
	return err
}

// Marks names the situations that go on to which conversations belong, by conversation; the highest level counts.
func (s *Service) Marks(ctx context.Context, conversations []string) (map[string]Situation, error) {
	n, err := s.going.Read(ctx, s.db, "", func(ctx context.Context) (int, error) {
		n, _, err := db.Value[int](ctx, s.db.Read(), "SELECT COUNT(*) FROM situation WHERE cleared_at IS NULL")
		return n, err
	})
	if err != nil || n == 0 || len(conversations) == 0 {
		return nil, err
	}
	type mark struct {
		conversation string
		Situation
	}
	q := s.db.Read()
	list, err := db.All(ctx, q, func(m *mark) []any {
		return []any{&m.conversation, &m.ID, &m.Name, (*string)(&m.Level), db.Bool(&m.Drill)}
	},
		"SELECT w.id, v.id, v.name, v.level, v.drill FROM (SELECT id, id AS was FROM conversation WHERE id IN "+db.Among(q, "$1")+
			" UNION ALL SELECT conversation, id FROM conversation_alias WHERE conversation IN "+db.Among(q, "$1")+`) AS w
		JOIN situation_conversation x ON x.conversation = w.was JOIN situation v ON v.id = x.situation WHERE v.cleared_at IS NULL ORDER BY v.detected_at, v.id`, db.Texts(conversations))
	if err != nil {
		return nil, fmt.Errorf("read situations of conversations: %w", err)
	}
	out := map[string]Situation{}
	for _, m := range list {
		if was, ok := out[m.conversation]; !ok || higher(m.Level, was.Level) != was.Level {
			out[m.conversation] = m.Situation
		}
	}
	return out, nil
}
