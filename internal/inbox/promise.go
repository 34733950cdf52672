package inbox

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/inbox/due"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Promises returns what is promised, and the activity that said so: "" when nothing ever was.
func (s *Service) Promises(ctx context.Context) (p due.Promises, seen string, err error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return p, "", err
	}
	q := s.db.Read()
	if p, _, err = promisesIn(ctx, q); err != nil {
		return p, "", err
	}
	seen, _, err = db.Value[string](ctx, q, "SELECT activity FROM service_promise WHERE one = 1")
	return p, seen, err
}

// Promise says what is promised from now on. seen is the activity upon which whoever acts decided: when somebody said something else
// meanwhile, it is refused.
func (s *Service) Promise(ctx context.Context, p due.Promises, seen string) error {
	m, err := acting(ctx, org.InboxAssign)
	if err != nil {
		return err
	}
	now := s.now()
	for i := range p.Policies {
		if p.Policies[i].From.IsZero() {
			p.Policies[i].From = now
		}
		var waits []string
		for _, t := range p.Policies[i].Waits {
			if t = cleanTag(t); utf8.RuneCountInString(t) > longestTag {
				return problem.New(problem.Invalid, "problem.too_long", "Max", longestTag).On(fmt.Sprintf("policy.%d.waits", i))
			} else if t != "" {
				waits = append(waits, t)
			}
		}
		p.Policies[i].Waits = waits
	}
	if err := p.Check(); err != nil {
		return err
	}
	raw, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("write what is promised: %w", err)
	}
	var stated []ledger.Activity
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		var err error
		stated, err = s.ledger.AppendTx(ctx, q, ledger.Activity{Kind: ledger.ServicePromised, Actor: actor(m), At: now, Key: "promise:" + seen,
			Data: ledger.Data(ledger.Promised{Promises: raw})})
		if err != nil || len(stated) == 0 {
			return err
		}
		return s.org.Audit(ctx, q, "service.promise", "service", p)
	})
	if err != nil {
		return fmt.Errorf("say what is promised: %w", err)
	}
	if len(stated) == 0 {
		return problem.New(problem.Conflict, "problem.conflict")
	}
	s.ledger.Wake()
	return s.ledger.Await(ctx, stated)
}

// ServiceLeft is what is promised in a conversation and has not ended.
type ServiceLeft struct {
	Policy string // its name
	Aim    due.Aim
	DueAt  time.Time     // zero while its clock stands still
	Left   time.Duration // working time until then, negative when it is over
	Of     time.Duration // working time there was
	Paused bool
}

// Breached reports whether its time is over.
func (l *ServiceLeft) Breached() bool { return !l.Paused && l.Left < 0 }

// ServiceLeft returns what is promised in a conversation and has not ended, what is due first first.
func (s *Service) ServiceLeft(ctx context.Context, c *Conversation) ([]ServiceLeft, error) {
	q := s.db.Read()
	list, err := db.All(ctx, q, promiseFields, "SELECT "+promiseColumns+` FROM conversation_promise WHERE conversation = $1 AND state IN ('running', 'paused')
		ORDER BY CASE WHEN due_at IS NULL THEN 1 ELSE 0 END, due_at, n`, c.ID)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	b, err := s.bookNow(ctx, q)
	if err != nil || b == nil {
		return nil, err
	}
	var out []ServiceLeft
	for i := range list {
		x := &list[i]
		x.Used = time.Duration(x.used) * time.Microsecond
		p := b.Policy(x.Policy)
		if p == nil {
			continue
		}
		out = append(out, ServiceLeft{Policy: p.Name, Aim: x.Aim, DueAt: x.DueAt, Left: b.Left(&x.Item, p, s.clock()),
			Of: time.Duration(p.Minutes(x.Aim)) * time.Minute, Paused: x.State == due.Paused})
	}
	return out, nil
}

// openedBook is what is promised, made ready, with the activity that said so.
type openedBook struct {
	activity string
	book     *due.Book
}

// bookNow is what is promised now, nil for nothing. It is made ready once and kept until something else is promised.
func (s *Service) bookNow(ctx context.Context, q db.Q) (*due.Book, error) {
	activity, found, err := db.Value[string](ctx, q, "SELECT activity FROM service_promise WHERE one = 1")
	if err != nil || !found {
		return nil, err
	}
	if kept := s.book.Load(); kept != nil && kept.activity == activity {
		return kept.book, nil
	}
	said, found, err := promisesIn(ctx, q)
	if err != nil || !found {
		return nil, err
	}
	b, err := said.Open()
	if err == nil {
		s.book.Store(&openedBook{activity, b})
	}
	return b, err
}
