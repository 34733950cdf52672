// Package lead decides what becomes of conversations that are handed to whoever sells: an owner, a day and what it may be worth come in; reminders,
// the outcome in the conversation's history, a notice to whoever handed it over, and business facts that measures count go out.
package lead

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// State is how far a lead has come.
type State string

// The states.
const (
	Open State = "open"
	Won  State = "won"
	Lost State = "lost"
)

// Lead is a conversation that somebody may buy after.
type Lead struct {
	ID           string
	Conversation string
	Name, Note   string
	Owner        string // member: who sells
	DueAt        time.Time
	Amount       int64 // minor units: what it may be worth, 0 for nobody knows
	Currency     string
	State        State
	Won          int64  // minor units: what it was worth
	Outcome      string // why, in words
	HandedBy     string
	DecidedBy    string
	DecidedAt    time.Time
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

// Late reports whether nothing came of it by its day.
func (l *Lead) Late(now time.Time) bool { return l.State == Open && l.DueAt.Before(now) }

// MayDecide reports whether whoever asks may say what came of it: who owns it, and those who assign.
func (l *Lead) MayDecide(ctx context.Context) bool {
	m := org.Who(ctx)
	return org.Require(ctx, org.InboxAssign) == nil || m != nil && m.ID == l.Owner && org.Require(ctx, org.InboxEdit) == nil
}

// Currencies lists those that amounts can be in; all have two decimals.
func Currencies() []string { return []string{"EUR", "USD", "GBP", "CHF", "CAD"} }

const (
	columns   = "id, conversation, name, note, owner, due_at, amount, currency, state, won, outcome, handed_by, decided_by, decided_at, created_at, updated_at"
	mostLeads = 500
	mostWorth = 1e12
)

func fields(l *Lead) []any {
	return []any{&l.ID, &l.Conversation, &l.Name, &l.Note, &l.Owner, db.At(&l.DueAt), &l.Amount, &l.Currency, (*string)(&l.State), &l.Won, &l.Outcome, &l.HandedBy, &l.DecidedBy, db.At(&l.DecidedAt),
		db.At(&l.CreatedAt), db.At(&l.UpdatedAt)}
}

// Service keeps leads.
type Service struct {
	db       *db.DB
	ledger   *ledger.Ledger
	channels *channel.Service
	inbox    *inbox.Service
	org      *org.Service
	log      *slog.Logger
	clock    func() time.Time
}

// New makes the service.
func New(d *db.DB, l *ledger.Ledger, c *channel.Service, in *inbox.Service, o *org.Service, log *slog.Logger, clock func() time.Time) *Service {
	return &Service{d, l, c, in, o, log, clock}
}

// Now is the clock of the service, exact to what the database keeps.
func (s *Service) Now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }

// List lists the leads in one of the states: open ones by their day, others by when they were decided, the newest first.
func (s *Service) List(ctx context.Context, open bool) ([]Lead, error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return nil, err
	}
	where := "state <> 'open' ORDER BY decided_at DESC, id DESC"
	if open {
		where = "state = 'open' ORDER BY due_at, id"
	}
	return s.all(ctx, where)
}

func (s *Service) all(ctx context.Context, where string, args ...any) ([]Lead, error) {
	list, err := db.All(ctx, s.db.Read(), fields, "SELECT "+columns+" FROM lead WHERE "+where+db.Limit(mostLeads), args...)
	if err != nil {
		return nil, fmt.Errorf("read leads: %w", err)
	}
	return list, nil
}

// Of lists the leads of a conversation, the newest first.
func (s *Service) Of(ctx context.Context, conversation string) ([]Lead, error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return nil, err
	}
	return s.all(ctx, "conversation = $1 ORDER BY id DESC", conversation)
}

// Find finds one.
func (s *Service) Find(ctx context.Context, lead string) (Lead, error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return Lead{}, err
	}
	list, err := s.all(ctx, "id = $1", lead)
	if err != nil || len(list) == 0 {
		if err == nil {
			err = problem.New(problem.Missing, "problem.not_found")
		}
		return Lead{}, err
	}
	return list[0], nil
}

// Sellers are the members a lead can be given to.
func (s *Service) Sellers(ctx context.Context) ([]*org.Member, error) {
	list, err := s.org.Team(ctx)
	return slices.DeleteFunc(list, func(m *org.Member) bool { return m.State != org.Active || !m.Role.May(org.InboxEdit) }), err
}

func words(field string, text *string, need bool, most int) error {
	*text = strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(*text, "\uFFFD"), "\x00", ""))
	switch {
	case need && *text == "":
		return problem.New(problem.Invalid, "problem.required").On(field)
	case utf8.RuneCountInString(*text) > most:
		return problem.New(problem.Invalid, "problem.too_long", "Max", most).On(field)
	}
	return nil
}

func worth(field string, amount int64) error {
	if amount < 0 || amount > mostWorth {
		return problem.New(problem.Invalid, "lead.bad_amount").On(field)
	}
	return nil
}

// Hand gives a conversation to whoever sells: they are told, the history says so, and the books have a lead.
func (s *Service) Hand(ctx context.Context, l Lead) (Lead, error) {
	if err := org.Require(ctx, org.InboxEdit); err != nil {
		return l, err
	}
	m := org.Who(ctx)
	if m == nil {
		return l, problem.New(problem.Unauthenticated, "problem.sign_in")
	}
	l.Name = strings.Join(strings.Fields(l.Name), " ")
	sellers, err := s.Sellers(ctx)
	if err != nil {
		return l, err
	}
	owner := slices.IndexFunc(sellers, func(o *org.Member) bool { return o.ID == l.Owner })
	c, err := s.inbox.Find(ctx, l.Conversation)
	if err != nil {
		return l, err
	}
	now := s.Now()
	if err := words("name", &l.Name, true, 200); err != nil {
		return l, err
	}
	if err := words("note", &l.Note, false, 4000); err != nil {
		return l, err
	}
	if err := worth("amount", l.Amount); err != nil {
		return l, err
	}
	switch {
	case owner < 0:
		return l, problem.New(problem.Invalid, "problem.required").On("owner")
	case l.DueAt.IsZero() || l.DueAt.Before(now.AddDate(0, 0, -1)) || l.DueAt.After(now.AddDate(3, 0, 0)):
		return l, problem.New(problem.Invalid, "lead.bad_day").On("due_at")
	case l.Amount > 0 && !slices.Contains(Currencies(), l.Currency):
		return l, problem.New(problem.Invalid, "problem.required").On("currency")
	}
	if l.Amount == 0 {
		l.Currency = ""
	}
	l.ID, l.Conversation, l.State, l.HandedBy, l.CreatedAt, l.UpdatedAt = id.New(), c.ID, Open, m.ID, now, now
	l.Won, l.Outcome, l.DecidedBy, l.DecidedAt = 0, "", "", time.Time{}
	fact, err := s.fact(ctx, &c, &l)
	if err != nil {
		return l, err
	}
	o, err := s.org.Organisation(ctx)
	if err != nil {
		return l, err
	}
	text := i18n.T(i18n.With(ctx, o.Lang, o.Location()), "lead.note.handed", "Name", l.Name, "Owner", sellers[owner].Name)
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		err := db.Insert(ctx, q, "lead ("+columns+")", [][]any{{l.ID, l.Conversation, l.Name, l.Note, l.Owner, db.T(l.DueAt), l.Amount, l.Currency, string(l.State), l.Won, l.Outcome, l.HandedBy, l.DecidedBy,
			db.T(l.DecidedAt), db.T(l.CreatedAt), db.T(l.UpdatedAt)}}, "")
		if err != nil {
			return fmt.Errorf("hand a lead: %w", err)
		}
		if _, err := s.ledger.AppendTx(ctx, q, fact); err != nil {
			return err
		}
		if err := s.inbox.NoteTx(ctx, q, "lead:"+l.ID, m.ID, c.ID, text); err != nil {
			return err
		}
		if l.Owner != m.ID {
			if err := s.inbox.TellOnce(ctx, q, "lead:"+l.ID, []string{l.Owner}, "lead.told.handed", []any{"Name", l.Name, "By", m.Name}, c.ID, "/leads/"+l.ID); err != nil {
				return err
			}
		}
		return s.org.Audit(ctx, q, "lead.hand", "lead:"+l.ID, map[string]any{"name": l.Name, "owner": l.Owner, "conversation": c.ID})
	})
	if err != nil {
		return l, err
	}
	s.ledger.Wake()
	return l, s.ledger.CatchUp(ctx)
}

// fact is a lead in the books: what was handed over, and apart from it what came of it, which names it.
func (s *Service) fact(ctx context.Context, c *inbox.Conversation, l *Lead) (ledger.Activity, error) {
	f := ledger.Fact{Kind: ledger.FactLead, Origin: "entente", External: l.ID, Status: string(Open), Quantity: 1}
	if strings.HasPrefix(c.Author, "mailto:") {
		f.Person = strings.TrimPrefix(c.Author, "mailto:")
	}
	if a, err := s.channels.Find(ctx, c.Channel); err == nil {
		f.Channel = a.Name
	}
	at, amount, currency := l.CreatedAt, l.Amount, l.Currency
	if !l.DecidedAt.IsZero() {
		f.External, f.Ref, f.Status, at, amount = l.ID+" outcome", l.ID, string(l.State), l.DecidedAt, l.Won
		f.Version, f.Void = l.UpdatedAt.UnixMicro(), l.State == Open
		if amount == 0 {
			currency = ""
		}
	}
	if err := f.Check(at, amount, currency); err != nil {
		return ledger.Activity{}, err
	}
	return f.Statement("member:"+l.HandedBy, at, amount, currency), nil
}

// Decide says what came of a lead; Open takes back what was said. It flows back: a note in the conversation's history, a notice to whoever handed it
// over, and the books. seen is the UpdatedAt of what whoever decides has seen; zero decides whatever others did.
func (s *Service) Decide(ctx context.Context, lead string, seen time.Time, state State, won int64, currency, outcome string) (Lead, error) {
	l, err := s.Find(ctx, lead)
	if err != nil {
		return l, err
	}
	m := org.Who(ctx)
	switch {
	case m == nil || !l.MayDecide(ctx):
		return l, problem.New(problem.Forbidden, "problem.forbidden")
	case !slices.Contains([]State{Open, Won, Lost}, state):
		return l, problem.New(problem.Invalid, "problem.required").On("state")
	case !seen.IsZero() && !seen.Equal(l.UpdatedAt):
		return l, problem.New(problem.Conflict, "lead.changed_meanwhile")
	}
	if err := words("outcome", &outcome, state == Lost, 4000); err != nil {
		return l, err
	}
	if err := worth("won", won); err != nil {
		return l, err
	}
	if won > 0 && !slices.Contains(Currencies(), currency) {
		return l, problem.New(problem.Invalid, "problem.required").On("currency")
	}
	if state != Won {
		won = 0
	}
	was := l
	now := s.Now()
	if !now.After(was.UpdatedAt) {
		now = was.UpdatedAt.Add(time.Microsecond)
	}
	l.State, l.Won, l.Outcome, l.DecidedBy, l.DecidedAt, l.UpdatedAt = state, won, outcome, m.ID, now, now
	if currency != "" && won > 0 {
		l.Currency = currency
	}
	c, err := s.inbox.Find(ctx, l.Conversation)
	if err != nil {
		return was, err
	}
	fact, err := s.fact(ctx, &c, &l)
	if err != nil {
		return was, err
	}
	o, err := s.org.Organisation(ctx)
	if err != nil {
		return was, err
	}
	in := i18n.With(ctx, o.Lang, o.Location())
	text := i18n.T(in, "lead.note."+string(state), "Name", l.Name)
	if won > 0 {
		text += " " + i18n.Money(in, won, l.Currency)
	}
	if outcome != "" {
		text += "\n" + outcome
	}
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		decided := db.T(l.DecidedAt)
		if state == Open {
			decided = nil
		}
		n, err := db.Exec(ctx, q, "UPDATE lead SET state = $1, won = $2, currency = $3, outcome = $4, decided_by = $5, decided_at = $6, updated_at = $7 WHERE id = $8 AND updated_at = $9",
			string(l.State), l.Won, l.Currency, l.Outcome, l.DecidedBy, decided, db.T(l.UpdatedAt), l.ID, db.T(was.UpdatedAt))
		if err != nil {
			return fmt.Errorf("decide a lead: %w", err)
		}
		if n == 0 {
			return problem.New(problem.Conflict, "lead.changed_meanwhile")
		}
		if _, err := s.ledger.AppendTx(ctx, q, fact); err != nil {
			return err
		}
		token := fmt.Sprintf("lead:%s:%d", l.ID, l.UpdatedAt.UnixMicro())
		if err := s.inbox.NoteTx(ctx, q, token, m.ID, c.ID, text); err != nil {
			return err
		}
		to := slices.DeleteFunc([]string{l.HandedBy, c.Assignee}, func(who string) bool { return who == m.ID || who == "" })
		if err := s.inbox.TellOnce(ctx, q, token, to, "lead.told."+string(state), []any{"Name", l.Name, "By", m.Name}, c.ID, "/leads/"+l.ID); err != nil {
			return err
		}
		return s.org.Audit(ctx, q, "lead.decide", "lead:"+l.ID, map[string]any{"name": l.Name, "state": l.State, "won": l.Won, "currency": l.Currency})
	})
	if err != nil {
		return was, err
	}
	s.ledger.Wake()
	if err := s.ledger.CatchUp(ctx); err != nil {
		return l, err
	}
	return s.Find(ctx, l.ID)
}

// remindBefore is how long before its day the owner is reminded.
const remindBefore = 48 * time.Hour

// Remind tells owners that a lead's day is near, and that it is over, once each; of the second whoever handed it over is told too.
func (s *Service) Remind(ctx context.Context) error {
	now := s.Now()
	list, err := s.all(ctx, "state = 'open' AND due_at <= $1 ORDER BY due_at", db.T(now.Add(remindBefore)))
	if err != nil {
		return err
	}
	for _, l := range list {
		to, key := []string{l.Owner}, "soon"
		if l.Late(now) {
			to, key = []string{l.Owner, l.HandedBy}, "over"
		}
		err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
			return s.inbox.TellOnce(ctx, q, "lead:"+l.ID+":"+key+":"+l.DueAt.Format(time.DateOnly), to, "lead.told."+key, []any{"Name", l.Name}, l.Conversation, "/leads/"+l.ID)
		})
		if err != nil {
			return fmt.Errorf("remind of a lead: %w", err)
		}
	}
	return nil
}

// Loop reminds each half hour until ctx ends.
func (s *Service) Loop(ctx context.Context) error {
	tick := time.NewTicker(30 * time.Minute)
	defer tick.Stop()
	for {
		if err := s.Remind(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("nobody was reminded of leads, will try again", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
