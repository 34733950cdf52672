// Package situation decides what is done together: conversations with one cause come in, situations with a level, an owner, steps, statements
// that go out to all of them and a log go out; everything is stated in the ledger.
package situation

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Service keeps situations. It is safe for concurrent use.
type Service struct {
	db       *db.DB
	ledger   *ledger.Ledger
	channels *channel.Service
	inbox    *inbox.Service
	org      *org.Service
	log      *slog.Logger
	clock    func() time.Time
	ids      id.Maker
	wake     chan struct{}
	hook     func(name string) error // lets a test break off here; nil otherwise

	hints hints
	going db.Kept[int] // how many go on
}

// hints are the suggestions of the last half minute.
type hints struct {
	sync.Mutex
	list   []Suggestion
	at     time.Time
	newest int64 // conversation looked at by Look
	alike  map[string]likes
}

// likes are the conversations that were like those of a situation a moment ago, when it had gathered n.
type likes struct {
	list []string
	at   time.Time
	n    int
}

// New makes the service.
func New(d *db.DB, l *ledger.Ledger, c *channel.Service, i *inbox.Service, o *org.Service, log *slog.Logger, clock func() time.Time) *Service {
	return &Service{db: d, ledger: l, channels: c, inbox: i, org: o, log: log, clock: clock, wake: make(chan struct{}, 1)}
}

// Now is the service's clock, exact to what the database keeps.
func (s *Service) Now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }

func notFound() error { return problem.New(problem.Missing, "problem.not_found") }

// Level is how much a situation asks of us.
type Level string

// The levels.
const (
	Watch   Level = "watch"   // somebody looks after it
	Serious Level = "serious" // a department is drawn in
	Crisis  Level = "crisis"  // the direction is drawn in
)

// Levels lists the levels, the lowest first.
func Levels() []Level { return []Level{Watch, Serious, Crisis} }

func (l Level) known() bool { return slices.Contains(Levels(), l) }

func higher(a, b Level) Level {
	if slices.Index(Levels(), a) >= slices.Index(Levels(), b) {
		return a
	}
	return b
}

// Step is a step of a situation's playbook.
type Step struct {
	Name   string        `json:"name"`
	After  time.Duration `json:"after"`          // from the detection on
	Does   string        `json:"does,omitempty"` // what ticks it off by itself, see Doing
	DoneAt time.Time     `json:"done_at,omitzero"`
	DoneBy string        `json:"done_by,omitempty"` // member
	Note   string        `json:"note,omitempty"`
}

// Done reports whether it was done.
func (s *Step) Done() bool { return !s.DoneAt.IsZero() }

// Situation is conversations with one cause and what we do about it.
type Situation struct {
	ID, Name, About string
	Level, Peak     Level  // now, and the highest it had
	Owner           string // member, "" for nobody
	Drill           bool   // practised: nothing goes out, nothing counts
	Topic           string // id of a topic that hears of it, "" for none
	Playbook        string // its name
	Steps           []Step
	OpenedBy        string
	Since           time.Time // when the first of it was said, as whoever opened it said; zero: see First
	DetectedAt      time.Time
	AcknowledgedAt  time.Time // zero: not yet, as with those below
	AcknowledgedBy  string
	StatedAt        time.Time // when the first public statement began to go out, or was said elsewhere
	ClearedAt       time.Time
	ReviewedAt      time.Time
	Review          ledger.Reviewed
	Conversations   int       // gathered
	First           time.Time // when the first of it was said; zero when nobody knows

	last string // the activity that changed it last
}

const columns = `v.id, v.name, v.about, v.level, v.peak, v.owner, v.drill, v.topic, v.playbook, v.steps, v.opened_by, v.since_at, v.detected_at, v.acknowledged_at, v.acknowledged_by,
	v.stated_at, v.cleared_at, v.reviewed_at, v.review, v.last, (SELECT COUNT(*) FROM situation_conversation x WHERE x.situation = v.id), ` + first

// first is when the first of a situation was said.
const first = `COALESCE(v.since_at, (SELECT MIN(c.opened_at) FROM situation_conversation x JOIN conversation c ON c.id = ` + gathered + ` WHERE x.situation = v.id))`

// gathered is the conversation that x names, also by an id it had before it was joined to another.
const gathered = `COALESCE((SELECT a.conversation FROM conversation_alias a WHERE a.id = x.conversation), x.conversation)`

func fields(v *Situation) []any {
	return []any{&v.ID, &v.Name, &v.About, (*string)(&v.Level), (*string)(&v.Peak), &v.Owner, db.Bool(&v.Drill), &v.Topic, &v.Playbook, db.JSON(&v.Steps), &v.OpenedBy, db.At(&v.Since),
		db.At(&v.DetectedAt), db.At(&v.AcknowledgedAt), &v.AcknowledgedBy, db.At(&v.StatedAt), db.At(&v.ClearedAt), db.At(&v.ReviewedAt), db.JSON(&v.Review), &v.last, &v.Conversations, db.At(&v.First)}
}

// Open reports whether it goes on.
func (v *Situation) Open() bool { return v.ClearedAt.IsZero() }

// Next is the first step that is not done, and its place; nil when all are.
func (v *Situation) Next() (*Step, int) {
	best := -1
	for i := range v.Steps {
		if !v.Steps[i].Done() && (best < 0 || v.Steps[i].After < v.Steps[best].After) {
			best = i
		}
	}
	if best < 0 {
		return nil, 0
	}
	return &v.Steps[best], best
}

// Due is when a step should be done.
func (v *Situation) Due(s *Step) time.Time { return v.DetectedAt.Add(s.After) }

// Find returns a situation.
func (s *Service) Find(ctx context.Context, situation string) (Situation, error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return Situation{}, err
	}
	return s.find(ctx, s.db.Read(), situation)
}

func (s *Service) find(ctx context.Context, q db.Q, situation string) (Situation, error) {
	if !id.Valid(situation) {
		return Situation{}, notFound()
	}
	v, found, err := db.One(ctx, q, fields, "SELECT "+columns+" FROM situation v WHERE v.id = $1", situation)
	if err != nil {
		return v, fmt.Errorf("read a situation: %w", err)
	}
	if !found {
		return v, notFound()
	}
	return v, nil
}

// List lists situations, those that go on first, then the newest. after is the id of the last one seen, "" for the beginning; limit is 1 to 200.
func (s *Service) List(ctx context.Context, after string, limit int) ([]Situation, error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return nil, err
	}
	var w db.Where
	if after != "" {
		if _, err := s.find(ctx, s.db.Read(), after); err != nil {
			return nil, badCursor(err)
		}
		w.And("(CASE WHEN v.cleared_at IS NULL THEN 1 ELSE 0 END, v.detected_at, v.id) < (SELECT CASE WHEN l.cleared_at IS NULL THEN 1 ELSE 0 END, l.detected_at, l.id FROM situation l WHERE l.id = ?)", after)
	}
	list, err := db.All(ctx, s.db.Read(), fields, "SELECT "+columns+" FROM situation v "+w.String()+
		" ORDER BY CASE WHEN v.cleared_at IS NULL THEN 1 ELSE 0 END DESC, v.detected_at DESC, v.id DESC"+db.Limit(min(max(limit, 1), 200)), w.Args...)
	if err != nil {
		return nil, fmt.Errorf("list situations: %w", err)
	}
	return list, nil
}

// badCursor says that a cursor is none that was given out.
func badCursor(err error) error {
	if problem.Is(err, problem.Missing) {
		return problem.New(problem.Invalid, "situation.bad_cursor").On("cursor")
	}
	return err
}

// Under counts the situations that go on, drills left out; 0 when it cannot be read.
func (s *Service) Under(ctx context.Context) int {
	n, err := s.going.Page(ctx, s.db, "under", func(ctx context.Context) (int, error) {
		n, _, err := db.Value[int](ctx, s.db.Read(), "SELECT COUNT(*) FROM situation WHERE cleared_at IS NULL AND drill = 0")
		return n, err
	})
	if err != nil {
		return 0
	}
	return n
}

// Named is a situation by its name.
type Named struct{ ID, Name string }

// Ongoing names the situations that go on, the newest first, at most 20.
func (s *Service) Ongoing(ctx context.Context) ([]Named, error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return nil, err
	}
	return db.All(ctx, s.db.Read(), func(n *Named) []any { return []any{&n.ID, &n.Name} },
		"SELECT id, name FROM situation WHERE cleared_at IS NULL ORDER BY detected_at DESC, id DESC LIMIT 20")
}

// Of lists the situations that a conversation belongs to, those that go on first.
func (s *Service) Of(ctx context.Context, conversation string) ([]Situation, error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return nil, err
	}
	return db.All(ctx, s.db.Read(), fields, "SELECT "+columns+` FROM situation v WHERE v.id IN (SELECT x.situation FROM situation_conversation x
		WHERE x.conversation IN (SELECT $1 UNION ALL SELECT id FROM conversation_alias WHERE conversation = $1)) ORDER BY v.cleared_at IS NULL DESC, v.detected_at DESC, v.id LIMIT 20`, conversation)
}

// Name is how a member is called, "" for nobody.
func (s *Service) Name(ctx context.Context, member string) string {
	if member == "" {
		return ""
	}
	if m, err := s.org.Find(ctx, member); err == nil {
		return m.Name
	}
	return member
}

// Leaders lists the members who may own a situation and approve its statements.
func (s *Service) Leaders(ctx context.Context) ([]*org.Member, error) {
	list, err := s.org.Team(ctx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(list, func(m *org.Member) bool { return m.State != org.Active || !m.Role.May(org.InboxAssign) }), nil
}

// Colleagues lists the members who can be told.
func (s *Service) Colleagues(ctx context.Context) ([]*org.Member, error) {
	list, err := s.org.Team(ctx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(list, func(m *org.Member) bool { return m.State != org.Active || !m.Role.May(org.InboxRead) }), nil
}
