package govern

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/i18n"
)

// Teller tells members something inside a transaction, once for each token: key and args make the sentence, conversation ("" for none) is what
// it is about, href the page it leads to.
type Teller func(ctx context.Context, q db.Q, token string, members []string, key string, args []any, conversation, href string) error

// Noter notes in the transaction q, in the name of a member and once for each token, what came of a conversation.
type Noter func(ctx context.Context, q db.Q, token, member, conversation, text string) error

// flowFor is how long after a decision it is made sure that it flowed back.
const flowFor = 14 * 24 * time.Hour

// FlowBack brings decisions on insights back to where they came from, once each: a note in the conversation's history, and a notice to whoever handed
// it over. done holds what this process has brought already.
func (s *Service) FlowBack(ctx context.Context, tell Teller, note Noter, done map[string]bool) error {
	list, err := insights().all(ctx, s.db.Read(), "verdict <> '' AND decided_at > $1", db.T(s.Now().Add(-flowFor)))
	if err != nil || len(list) == 0 {
		return err
	}
	o, err := s.org.Organisation(ctx)
	if err != nil {
		return err
	}
	in := i18n.With(ctx, o.Lang, o.Location())
	for _, i := range list {
		token := "insight:" + i.ID + ":" + i.Verdict + ":" + strconv.FormatInt(i.UpdatedAt.UnixMicro(), 10)
		conversation, is := strings.CutPrefix(i.About, "conversation:")
		if done[token] || i.DecidedBy == "" {
			continue
		}
		by, err := s.org.Find(ctx, i.DecidedBy)
		if err != nil {
			continue // the member was removed; the register has the decision
		}
		text := i18n.T(in, "govern.note.decided", "Name", i.Name) + ", " + i18n.T(in, "govern.verdict."+i.Verdict) + "\n" + i.Reason
		if i.Outcome != "" {
			text += "\n" + i.Outcome
		}
		err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
			if is {
				if err := note(ctx, q, token, i.DecidedBy, conversation, text); err != nil {
					return err
				}
			}
			if i.HandedBy == "" || i.HandedBy == i.DecidedBy {
				return nil
			}
			return tell(ctx, q, token, []string{i.HandedBy}, "govern.remind.decided", []any{"Name", i.Name, "By", by.Name}, "", "/govern/insights/"+i.ID)
		})
		if err != nil {
			return fmt.Errorf("bring a decision back: %w", err)
		}
		done[token] = true
	}
	return nil
}

// remindBefore is how long before its day whoever decides on an insight is reminded.
const remindBefore = 3 * 24 * time.Hour

// Remind tells whoever decides on an insight that its day is near, and that it is over, once each; who handed it over is told of the second.
func (s *Service) Remind(ctx context.Context, tell Teller) error {
	now := s.Now()
	list, err := insights().all(ctx, s.db.Read(), "verdict = '' AND due_at <= $1", db.T(now.Add(remindBefore)))
	if err != nil {
		return err
	}
	for _, i := range list {
		to, key := []string{i.Owner}, "soon"
		if i.Overdue(now) {
			to, key = []string{i.Owner, i.HandedBy}, "over"
		}
		err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
			return tell(ctx, q, "insight:"+i.ID+":"+key+":"+i.DueAt.Format(time.DateOnly), to, "govern.remind."+key, []any{"Name", i.Name}, "", "/govern/insights/"+i.ID)
		})
		if err != nil {
			return fmt.Errorf("remind of an insight: %w", err)
		}
	}
	return nil
}

// RemindLoop reminds each hour, and brings decisions back each half minute, until ctx ends.
func (s *Service) RemindLoop(ctx context.Context, tell Teller, note Noter) error {
	tick := time.NewTicker(30 * time.Second)
	defer tick.Stop()
	var reminded time.Time
	done := map[string]bool{}
	for {
		if now := s.Now(); now.Sub(reminded) >= time.Hour {
			reminded = now
			if err := s.Remind(ctx, tell); err != nil && ctx.Err() == nil {
				s.log.Error("nobody was reminded of insights, will try again", "error", err)
			}
		}
		if err := s.FlowBack(ctx, tell, note, done); err != nil && ctx.Err() == nil {
			s.log.Error("decisions did not flow back, will try again", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
