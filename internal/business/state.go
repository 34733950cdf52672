package business

import (
	"context"
	"fmt"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Statement is what a source says about a fact.
type Statement struct {
	ledger.Fact
	At       time.Time
	Amount   int64  // minor units
	Currency string // "" for none
}

// Stated is what became of a statement.
type Stated struct {
	ID  string // of the fact
	New bool   // it says something else than its source said before
}

// MaxStated is the most statements that can be made at once.
const MaxStated = 1000

func actor(ctx context.Context) string {
	if m := org.Who(ctx); m != nil {
		return "member:" + m.ID
	}
	return ""
}

// State states facts, all of them or, when one cannot be, none; the problem then says which by its argument N, from 0. What a source
// repeats is left out.
func (s *Service) State(ctx context.Context, list []Statement) ([]Stated, error) {
	if err := org.Require(ctx, org.MeasureEdit); err != nil {
		return nil, err
	}
	if len(list) == 0 || len(list) > MaxStated {
		return nil, problem.New(problem.Invalid, "business.how_many", "Max", MaxStated).On("facts")
	}
	activities := make([]ledger.Activity, len(list))
	out := make([]Stated, len(list))
	for i := range list {
		f := &list[i]
		if f.Origin == "" {
			f.Origin = API
		}
		if f.External == "" {
			return nil, problem.New(problem.Invalid, "business.no_external", "N", i).On(member(i, "external_id"))
		}
		if f.At.IsZero() {
			return nil, problem.New(problem.Invalid, "ledger.no_date").On(member(i, "at"))
		}
		if f.At.After(s.clock().Add(24 * time.Hour)) {
			return nil, problem.New(problem.Invalid, "ledger.future").On(member(i, "at"))
		}
		if err := f.Check(f.At, f.Amount, f.Currency); err != nil {
			p := problem.Of(err)
			return nil, p.On(member(i, p.Field))
		}
		activities[i] = f.Statement(actor(ctx), f.At, f.Amount, f.Currency)
		out[i].ID = activities[i].Object
	}
	said, err := s.ledger.Said(ctx, activities)
	if err != nil {
		return nil, err
	}
	fresh := ledger.Restate(said, activities)
	var added []ledger.Activity
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) (err error) {
		if added, err = s.ledger.AppendTx(ctx, q, fresh...); err != nil || len(added) == 0 {
			return err
		}
		return s.org.Audit(ctx, q, "business.state", "", map[string]any{"count": len(added)})
	})
	if err != nil {
		return nil, err
	}
	s.ledger.Wake()
	news := map[string]bool{}
	for i := range added {
		news[added[i].Object] = true
	}
	for i := range out {
		out[i].New = news[out[i].ID]
	}
	return out, s.ledger.Await(ctx, added)
}

func member(i int, field string) string { return fmt.Sprintf("facts[%d].%s", i, field) }

// Add states one fact by hand.
func (s *Service) Add(ctx context.Context, st Statement) (string, error) {
	st.Origin = Hand
	if st.External == "" {
		st.External = id.New()
	}
	list, err := s.State(ctx, []Statement{st})
	if err != nil {
		return "", plainField(err)
	}
	return list[0].ID, nil
}

// plainField takes the place in a list off the field of a problem.
func plainField(err error) error {
	p := problem.Of(err)
	if p.Code == problem.Internal {
		return err
	}
	for i := len(p.Field) - 1; i >= 0; i-- {
		if p.Field[i] == '.' {
			return p.On(p.Field[i+1:])
		}
	}
	return p
}

// Correct states by hand what a fact really was. was is the activity that the member saw state it: when another has since, the correction is
// refused, so that nobody overwrites what they have not seen. The kind of a fact cannot change.
func (s *Service) Correct(ctx context.Context, fact, was string, st Statement) error {
	return s.byHand(ctx, fact, was, "business.correct", func(now Fact, last Statement) (Statement, error) {
		if now.Hidden || last.Currency != "" && !org.SeesMoney(ctx) {
			return st, problem.New(problem.Forbidden, "business.money_not_yours")
		}
		st.Void = false
		st.Kind, st.Origin, st.External = now.Kind, now.Origin, now.External
		if st.At.IsZero() {
			return st, problem.New(problem.Invalid, "ledger.no_date").On("at")
		}
		return st, st.Check(st.At, st.Amount, st.Currency)
	})
}

// Withdraw takes a fact back: it counts no more and stays in the history, with the reason.
func (s *Service) Withdraw(ctx context.Context, fact, was, reason string) error {
	return s.byHand(ctx, fact, was, "business.withdraw", func(now Fact, last Statement) (Statement, error) {
		if now.Withdrawn {
			return last, problem.New(problem.Conflict, "business.withdrawn_already")
		}
		last.Void, last.Note = true, reason
		if len(reason) > 300 {
			return last, problem.New(problem.Invalid, "ledger.fact.long", "Max", 300).On("note")
		}
		return last, nil
	})
}

func (s *Service) byHand(ctx context.Context, fact, was, action string, change func(Fact, Statement) (Statement, error)) error {
	if err := org.Require(ctx, org.MeasureEdit); err != nil {
		return err
	}
	now, err := s.Find(ctx, fact)
	if err != nil {
		return err
	}
	if was != "" && was != now.Activity {
		return problem.New(problem.Conflict, "business.changed")
	}
	a, err := s.ledger.Find(ctx, now.Activity)
	if err != nil {
		return err
	}
	last, err := statementOf(&a)
	if err != nil {
		return err
	}
	st, err := change(now, last)
	if err != nil {
		return err
	}
	st.Version, st.StatedAt, st.ByHand = now.Version, time.Time{}, true
	st.Of = last.Of
	if a.Kind == ledger.OrderPlaced {
		st.Of = a.ID
	}
	if s.clock().Before(now.StatedAt) { // the clock of the source is ahead of ours
		st.StatedAt = now.StatedAt.Add(time.Microsecond)
	}
	said := st.Statement(actor(ctx), st.At, st.Amount, st.Currency)
	said.Object, said.Key = now.ID, "hand:"+now.ID+":"+now.Activity
	var added []ledger.Activity
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) (err error) {
		if added, err = s.ledger.AppendTx(ctx, q, said); err != nil {
			return err
		}
		if len(added) == 0 { // somebody else corrected the same statement at the same time
			return problem.New(problem.Conflict, "business.changed")
		}
		return s.org.Audit(ctx, q, action, "fact:"+now.ID, map[string]any{"kind": now.Kind, "origin": now.Origin, "external": now.External})
	})
	if err != nil {
		return err
	}
	s.ledger.Wake()
	return s.ledger.Await(ctx, added)
}

// statementOf is what an activity says about a fact, as it could be said again.
func statementOf(a *ledger.Activity) (Statement, error) {
	st := Statement{At: a.At, Amount: a.Amount, Currency: a.Currency}
	if a.Kind == ledger.FactStated {
		return st, a.Decode(&st.Fact)
	}
	f, ok, err := stated(a)
	if err != nil || !ok {
		return st, err
	}
	st.Fact = ledger.Fact{Kind: f.Kind, Origin: f.Origin, External: f.External, Quantity: f.Quantity, Person: f.Person, Channel: f.Channel, Partner: f.Partner, Label: f.Label, Ref: f.Ref}
	return st, nil
}

// Line is one statement in the history of a fact.
type Line struct {
	Statement
	Activity  string
	Actor     string // member:ID, or "" for the program and its imports
	LearnedAt time.Time
	Counts    bool // this is what counts now
	Order     bool // it was stated as an order
	Hidden    bool // the amount is left out for whoever asked
}

const maxHistory = 200

// History lists what was stated about a fact, what was learned last first.
func (s *Service) History(ctx context.Context, f Fact) ([]Line, error) {
	list, err := s.ledger.About(ctx, f.ID, maxHistory)
	if err != nil {
		return nil, err
	}
	of := ""
	var out []Line
	add := func(a *ledger.Activity) error {
		st, err := statementOf(a)
		if err != nil {
			return err
		}
		if st.Of != "" {
			of = st.Of
		}
		out = append(out, Line{Statement: st, Activity: a.ID, Actor: a.Actor, LearnedAt: a.LearnedAt, Counts: a.ID == f.Activity, Order: a.Kind == ledger.OrderPlaced})
		return nil
	}
	for i := range list {
		if err := add(&list[i]); err != nil {
			return nil, err
		}
	}
	if of == "" && len(list) == 0 {
		of = f.Activity
	}
	if of != "" {
		a, err := s.ledger.Find(ctx, of)
		if err != nil {
			return nil, err
		}
		if err := add(&a); err != nil {
			return nil, err
		}
		out[len(out)-1].Actor = ""
	}
	for i := range out {
		out[i] = out[i].shown(ctx)
	}
	return out, nil
}

// Counted is the fact now, as it would be if this statement counted.
func (l *Line) Counted(now *Fact) Fact {
	f := *now
	f.Kind, f.At, f.Until, f.Quantity, f.Before, f.Currency, f.Amount = l.Kind, l.At, l.Until, l.Quantity, l.Before, l.Currency, nil
	f.Person, f.Organisation, f.Channel, f.Team, f.Partner, f.Campaign, f.Community = l.Person, l.Organisation, l.Channel, l.Team, l.Partner, l.Campaign, l.Community
	f.Source, f.Status, f.Label, f.Ref, f.Hidden = l.Source, l.Status, l.Label, l.Ref, l.Hidden
	f.Topic, f.Language, f.Matter = l.Topic, l.Language, l.Matter
	if l.Currency != "" {
		amount := l.Amount
		f.Amount = &amount
	}
	return f
}
