package rule

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// The steps, in the order in which they are done.
const (
	doOpen    = "open"
	doLabel   = "label"
	doTag     = "tag"
	doAssign  = "assign"
	doRelease = "release"
	doNote    = "note"
	doTell    = "tell"
	doResolve = "resolve"
)

// steps are what is to be done.
func (d Doings) steps() []string {
	var out []string
	for _, s := range []struct {
		do string
		is bool
	}{{doOpen, d.Open}, {doLabel, d.Sentiment != "" || d.Kind != ""}, {doTag, len(d.Tags) > 0}, {doAssign, d.hands()}, {doRelease, d.Release}, {doNote, d.Note != ""},
		{doTell, len(d.Tell) > 0 || d.TellTeam}, {doResolve, d.Resolve}} {
		if s.is {
			out = append(out, s.do)
		}
	}
	return out
}

// carry does what is left to do of a firing, in the name of the rule's owner. A step that was refused does not hold up the others. However
// the program ends between two steps, each is done once: facts carry the step they were stated through, notices go with the note of it.
func (s *Service) carry(ctx context.Context, r *Rule, f *Firing) error {
	owner, err := s.org.Find(ctx, r.Owner)
	if err != nil && !problem.Is(err, problem.Missing) {
		return err
	}
	if err != nil || owner.State != org.Active || !owner.Role.May(org.InboxAssign) {
		f.State = Held
		return s.pause(ctx, r, OwnerGone, f)
	}
	ctx = org.With(ctx, owner)
	for i, do := range r.Then.steps() {
		if i < len(f.Steps) {
			continue // done before the program ended
		}
		step := Step{Do: do}
		mark := ledger.Through{Rule: r.ID, Name: r.Name, Step: f.ID + "/" + do, Chain: append(append([]string{}, f.chain...), r.ID)}
		err := s.step(ledger.Marked(ctx, mark), r, f, do, mark.Step, &step)
		if p := (*problem.Problem)(nil); errors.As(err, &p) && p.Code != problem.Internal && p.Code != problem.Busy {
			step.Key, step.Args = p.Key, p.Args
		} else if err != nil {
			return fmt.Errorf("%s by rule %s: %w", do, r.ID, err)
		}
		if do == doTell && err == nil {
			continue // noted with the notices
		}
		f.Steps = append(f.Steps, step)
		if err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error { return f.settle(ctx, q) }); err != nil {
			return err
		}
		if err := s.broken(do); err != nil {
			return err
		}
	}
	f.State = Carried
	for _, st := range f.Steps {
		if st.Key != "" {
			f.State = Failed
		}
	}
	if err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error { return f.settle(ctx, q) }); err != nil {
		return err
	}
	if f.State == Failed {
		return s.giveUp(ctx, r)
	}
	return nil
}

func (s *Service) broken(at string) error {
	if s.hook == nil {
		return nil
	}
	return s.hook(at)
}

// step does one thing.
func (s *Service) step(ctx context.Context, r *Rule, f *Firing, do, mark string, step *Step) error {
	if do == doOpen || do == doLabel {
		if f.Post == "" {
			return problem.New(problem.Invalid, "rule.no_post")
		}
	} else if f.Conversation == "" && do != doTell {
		return problem.New(problem.Invalid, "rule.no_conversation")
	}
	switch do {
	case doOpen:
		c, err := s.inbox.OpenFrom(ctx, f.Post)
		if err == nil {
			f.Conversation = c.ID
		}
		return err
	case doLabel:
		if took, err := s.ledger.Took(ctx, f.Post, mark); err != nil || took {
			return err
		}
		words := map[string]string{}
		if r.Then.Sentiment != "" {
			words[enrich.Sentiment] = r.Then.Sentiment
		}
		if r.Then.Kind != "" {
			words[enrich.Kinds] = r.Then.Kind
		}
		return s.review.Correct(ctx, f.Post, words)
	case doNote:
		_, err := s.inbox.Note(ctx, f.Conversation, r.Then.Note, "rule:"+f.ID)
		return err
	case doTell:
		return s.tellOf(ctx, r, f, step)
	}
	if took, err := s.ledger.Took(ctx, f.Conversation, mark); err != nil || took {
		return err
	}
	var err error
	switch do {
	case doTag:
		_, err = s.inbox.Tag(ctx, f.Conversation, r.Then.Tags, nil)
	case doAssign:
		err = s.hand(ctx, r, f)
	case doRelease:
		_, err = s.inbox.Release(ctx, f.Conversation)
	case doResolve:
		if r.Then.Because != "" {
			if _, err := s.inbox.Note(ctx, f.Conversation, r.Then.Because, "because:"+f.ID); err != nil {
				return err
			}
		}
		_, err = s.inbox.Resolve(ctx, f.Conversation)
	}
	return err
}

// hand gives the conversation to whom the rule says. Where nobody of a department or with a skill is free, the social team is told: that is no fault of
// the rule.
func (s *Service) hand(ctx context.Context, r *Rule, f *Firing) error {
	to, of := r.Then.target()
	if !of {
		_, err := s.inbox.Assign(ctx, f.Conversation, r.Then.Assign, nil)
		return err
	}
	if _, found, err := s.inbox.HandTo(ctx, f.Conversation, to); err != nil || found {
		return err
	}
	team, err := s.inbox.SocialTeam(ctx)
	if err != nil {
		return err
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		return s.tell(ctx, q, f.ID+"/hand", team, "rule.told_nobody", []any{"Rule", r.Name, "To", to.Value}, f.Conversation, "")
	})
}

// tellOf tells colleagues that a rule met something, in one transaction with the note that they were told.
func (s *Service) tellOf(ctx context.Context, r *Rule, f *Firing, step *Step) error {
	to := append([]string{}, r.Then.Tell...)
	if r.Then.TellTeam {
		team, err := s.inbox.SocialTeam(ctx)
		if err != nil {
			return err
		}
		to = append(to, team...)
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if err := s.tell(ctx, q, f.ID, to, "rule.told", []any{"Rule", r.Name}, f.Conversation, origin(f)); err != nil {
			return err
		}
		done := *f
		done.Steps = append(append([]Step{}, f.Steps...), *step)
		if err := done.settle(ctx, q); err != nil {
			return err
		}
		f.Steps = done.Steps
		return nil
	})
}

// origin is the page of what a rule met, where that is no conversation.
func origin(f *Firing) string {
	if f.Conversation == "" && f.Post != "" {
		return "/mentions/" + f.Post
	}
	return ""
}

// pause stops a rule, tells the social team why, and settles the firing that met the bound, if any.
func (s *Service) pause(ctx context.Context, r *Rule, why string, f *Firing) error {
	to, err := s.inbox.SocialTeam(ctx)
	if err != nil {
		return err
	}
	r.State, r.Why = Paused, why
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if f != nil {
			if err := f.settle(ctx, q); err != nil {
				return err
			}
		}
		n, err := db.Exec(ctx, q, "UPDATE rule SET state = 'paused', why = $1, updated_at = $2 WHERE id = $3 AND state = 'on'", why, db.T(s.Now()), r.ID)
		if err != nil || n == 0 {
			return err
		}
		if err := s.org.Audit(ctx, q, "rule.pause", "rule:"+r.ID, map[string]any{"name": r.Name, "why": why}); err != nil {
			return err
		}
		return s.tell(ctx, q, "pause:"+r.ID+":"+s.Now().Format(time.RFC3339Nano), to, "rule.paused_told."+why, []any{"Rule", r.Name}, "", "/rules/"+r.ID)
	})
}

// failsInARow is after how many failures without a success between them a rule is paused.
const failsInARow = 5

func (s *Service) giveUp(ctx context.Context, r *Rule) error {
	last, err := db.All(ctx, s.db.Read(), db.Self[string], "SELECT state FROM rule_firing WHERE rule = $1 AND at >= $2 ORDER BY at DESC, id DESC"+db.Limit(failsInARow), r.ID, db.T(r.SinceAt))
	if err != nil || len(last) < failsInARow {
		return err
	}
	for _, st := range last {
		if FiringState(st) != Failed {
			return nil
		}
	}
	return s.pause(ctx, r, KeepsFailing, nil)
}
