package situation

import (
	"context"
	"fmt"

	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
)

// Line is one line of the log of a situation.
type Line struct {
	ledger.Activity
	By    string // name of who did it, "" for Entente
	N     int    // conversations, copies
	Text  string
	Step  string
	Told  ledger.Told
	Turn  ledger.SituationTurn
	Owner string // name of the new owner
	State ledger.OfStatement
}

const maxLog = 1000

// Log lists what was done, the newest first, at most 1000 lines.
func (s *Service) Log(ctx context.Context, situation string) ([]Line, error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return nil, err
	}
	list, err := s.ledger.About(ctx, situation, maxLog)
	if err != nil {
		return nil, fmt.Errorf("read the log of a situation: %w", err)
	}
	names := map[string]string{}
	name := func(member string) string {
		if _, known := names[member]; !known {
			names[member] = s.Name(ctx, member)
		}
		return names[member]
	}
	out := make([]Line, 0, len(list))
	for _, a := range list {
		l := Line{Activity: a, By: name(by(&a))}
		var err error
		switch a.Kind {
		case ledger.SituationGathered, ledger.SituationLet:
			var g ledger.Gathered
			err = a.Decode(&g)
			l.N = len(g.Conversations)
			if n := len(out); n > 0 && out[n-1].Kind == a.Kind && out[n-1].Actor == a.Actor && out[n-1].At.Sub(a.At).Abs() < 1e9 {
				out[n-1].N += l.N
				continue
			}
		case ledger.SituationTold:
			err = a.Decode(&l.Told)
			l.Text = l.Told.Text
		case ledger.SituationNoted, ledger.SituationCleared, ledger.SituationReopened:
			var n ledger.Noted
			err = a.Decode(&n)
			l.Text = n.Text
		case ledger.SituationTurned:
			err = a.Decode(&l.Turn)
			l.Text = l.Turn.Why
			if l.Turn.Owner != nil {
				l.Owner = name(*l.Turn.Owner)
			}
		case ledger.SituationStepped:
			var d ledger.Stepped
			err = a.Decode(&d)
			l.Step, l.Text = d.Name, d.Note
		case ledger.SituationWorded:
			var w ledger.Worded
			err = a.Decode(&w)
			l.Step = w.Kind
			l.State.Statement = a.ID
		case ledger.SituationApproved, ledger.SituationBegun, ledger.SituationDelivered, ledger.SituationStopped:
			err = a.Decode(&l.State)
			l.N = l.State.Copies
		}
		if err != nil {
			return nil, err
		}
		out = append(out, l)
	}
	return out, nil
}
