// Package rule decides what is done by itself in the inbox: facts of the ledger and rules (when, if, then) come in; what a rule does in the
// name of the member who saved it, once for each fact, and a log of why go out.
package rule

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/lang/query"
)

// Occasion is when a rule looks.
type Occasion string

// The occasions.
const (
	Heard    Occasion = "heard"    // somebody else, no machine, said something
	Opened   Occasion = "opened"   // a conversation began
	Reopened Occasion = "reopened" // one that was resolved goes on
	Waiting  Occasion = "waiting"  // somebody waits for us longer than WaitFor
	Resolved Occasion = "resolved"
	Labelled Occasion = "labelled" // a member said what a post is
)

// Occasions lists them in the order in which pages offer them.
func Occasions() []Occasion { return []Occasion{Heard, Opened, Reopened, Waiting, Resolved, Labelled} }

// State is whether a rule acts.
type State string

// The states. Paused is what the program does when a rule cannot go on as it should; a person switches it on again.
const (
	Off    State = "off"
	On     State = "on"
	Paused State = "paused"
)

// Why a rule is paused.
const (
	BeyondBudget = "budget"  // it fired more often in an hour than it may
	OwnerGone    = "owner"   // the member in whose name it acts may no longer do so
	KeepsFailing = "failing" // its last doings all failed
)

// Conditions narrow an occasion; what is zero does not. Words are asked of the post at hand: the one heard or labelled, of a conversation the
// newest of theirs.
type Conditions struct {
	Words    string   `json:"words,omitempty"` // query language
	Channels []string `json:"channels,omitempty"`
	Held     string   `json:"held,omitempty"`     // Nobody, Somebody, or a member
	Privacy  string   `json:"privacy,omitempty"`  // Public or Private
	Standing string   `json:"standing,omitempty"` // Without, OpenOne or Done
	Reopened int      `json:"reopened,omitempty"` // at least so often
}

// Values of conditions.
const (
	Nobody   = "nobody"
	Somebody = "somebody"
	Public   = "public"
	Private  = "private"
	Without  = "none" // no conversation is about it
	OpenOne  = "open"
	Done     = "resolved"
)

// Doings are what a rule does, in the order of the fields. It never speaks for the organisation: that is for members.
type Doings struct {
	Open       bool     `json:"open,omitempty"`      // a conversation about the post
	Sentiment  string   `json:"sentiment,omitempty"` // label the post at hand
	Kind       string   `json:"kind,omitempty"`
	Tags       []string `json:"tags,omitempty"`   // put on the conversation
	Assign     string   `json:"assign,omitempty"` // member; or, one of the three, to whoever is free of a department or with a skill
	Department string   `json:"department,omitempty"`
	Skill      string   `json:"skill,omitempty"`
	Release    bool     `json:"release,omitempty"`
	Note       string   `json:"note,omitempty"`
	Tell       []string `json:"tell,omitempty"` // members
	TellTeam   bool     `json:"tell_team,omitempty"`
	Resolve    bool     `json:"resolve,omitempty"`
	Because    string   `json:"because,omitempty"` // noted before it is resolved
}

// hands reports whether the conversation is given to somebody.
func (d Doings) hands() bool { return d.Assign != "" || d.Department != "" || d.Skill != "" }

// target is of whom somebody gets the conversation; of is false when it is one member.
func (d Doings) target() (to inbox.Target, of bool) {
	switch {
	case d.Department != "":
		return inbox.Target{Kind: inbox.ToDepartment, Value: d.Department}, true
	case d.Skill != "":
		return inbox.Target{Kind: inbox.ToSkill, Value: d.Skill}, true
	}
	return inbox.Target{Kind: inbox.ToMember, Value: d.Assign}, false
}

// none reports whether nothing is to be done.
func (d Doings) none() bool { return len(d.steps()) == 0 }

// Rule is something to be done by itself.
type Rule struct {
	ID        string
	Name      string
	Place     int // rules look in this order
	When      Occasion
	WaitFor   time.Duration // of Waiting
	If        Conditions
	Then      Doings
	Last      bool // when it fires, rules after it do not look at the same fact
	PerHour   int  // it may fire so often in an hour; beyond that it is paused and the social team told
	State     State
	Why       string // it is paused: BeyondBudget, OwnerGone, KeepsFailing
	Owner     string // the member who saved it last: it does what they may do, in their name
	SinceAt   time.Time
	CreatedAt time.Time
	UpdatedAt time.Time

	meant *query.Query
}

const columns = "id, name, place, occasion, wait_for, conditions, doings, last, per_hour, state, why, owner, since_at, created_at, updated_at"

func fields(r *Rule) []any {
	return []any{&r.ID, &r.Name, &r.Place, (*string)(&r.When), (*int64)(&r.WaitFor), db.JSON(&r.If), db.JSON(&r.Then), db.Bool(&r.Last), &r.PerHour, (*string)(&r.State), &r.Why, &r.Owner,
		db.At(&r.SinceAt), db.At(&r.CreatedAt), db.At(&r.UpdatedAt)}
}

func (r *Rule) row() []any {
	return []any{r.ID, r.Name, r.Place, string(r.When), int64(r.WaitFor), db.J(r.If), db.J(r.Then), db.B(r.Last), r.PerHour, string(r.State), r.Why, r.Owner, db.T(r.SinceAt),
		db.T(r.CreatedAt), db.T(r.UpdatedAt)}
}

// Service keeps rules and lets them act.
type Service struct {
	db     *db.DB
	ledger *ledger.Ledger
	inbox  *inbox.Service
	review *enrich.Review
	reader *enrich.Service
	org    *org.Service
	log    *slog.Logger
	clock  func() time.Time
	ids    id.Maker
	node   string // this process, for the lease

	mu   sync.Mutex // one at a time looks
	wake chan struct{}
	tell Teller
	hook func(step string) error // lets a test break off
}

// Teller tells members something inside a transaction, once for each token: key and args make the sentence, conversation ("" for none) is what
// it is about, and href the page it leads to, "" for the conversation's.
type Teller func(ctx context.Context, q db.Q, token string, members []string, key string, args []any, conversation, href string) error

// WithTeller sets another way to tell members than the notices of the inbox.
func (s *Service) WithTeller(t Teller) *Service {
	s.tell = t
	return s
}

// New makes the service.
func New(d *db.DB, l *ledger.Ledger, in *inbox.Service, review *enrich.Review, reader *enrich.Service, o *org.Service, log *slog.Logger, clock func() time.Time) *Service {
	return &Service{db: d, ledger: l, inbox: in, review: review, reader: reader, org: o, log: log, clock: clock, node: id.New(), wake: make(chan struct{}, 1),
		tell: in.TellOnce}
}

// Now is the clock of the rules.
func (s *Service) Now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }

// Rules lists them in their order.
func (s *Service) Rules(ctx context.Context) ([]Rule, error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return nil, err
	}
	return s.list(ctx, s.db.Read())
}

func (s *Service) list(ctx context.Context, q db.Q) ([]Rule, error) {
	list, err := db.All(ctx, q, fields, "SELECT "+columns+" FROM rule WHERE removed_at IS NULL ORDER BY place, id")
	if err != nil {
		return nil, fmt.Errorf("read rules: %w", err)
	}
	for i := range list {
		list[i].meant, _ = query.Parse(list[i].If.Words)
	}
	return list, nil
}

// Rule returns one.
func (s *Service) Rule(ctx context.Context, rule string) (Rule, error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return Rule{}, err
	}
	return s.find(ctx, s.db.Read(), rule)
}

func (s *Service) find(ctx context.Context, q db.Q, rule string) (Rule, error) {
	if !id.Valid(rule) {
		return Rule{}, missing()
	}
	r, found, err := db.One(ctx, q, fields, "SELECT "+columns+" FROM rule WHERE id = $1 AND removed_at IS NULL", rule)
	if err != nil {
		return r, fmt.Errorf("read a rule: %w", err)
	}
	if !found {
		return r, missing()
	}
	r.meant, _ = query.Parse(r.If.Words)
	return r, nil
}

func missing() error { return problem.New(problem.Missing, "problem.not_found") }
