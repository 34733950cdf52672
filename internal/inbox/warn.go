package inbox

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/inbox/due"
	"github.com/entente/entente/internal/ledger"
)

const (
	warnBatch  = 500
	tellSingly = 10 // of more at once, a member is told how many there are
)

// pressing is something promised that somebody should be told of.
type pressing struct {
	conversation, policy, aim, title, excerpt, assignee string
	n                                                   int
	dueAt                                               time.Time
}

// WarnOnce tells of what is soon due whoever has it, and of what is late those whom its policy names too: of each once. What nobody has
// is told to the social team.
func (s *Service) WarnOnce(ctx context.Context) error {
	for _, step := range []string{"escalated", "warned"} { // what is late is not said to be soon due
		for {
			n, err := s.warn(ctx, step)
			if err != nil {
				return fmt.Errorf("tell what is due: %w", err)
			}
			if n < warnBatch {
				break
			}
		}
	}
	return nil
}

func (s *Service) warn(ctx context.Context, step string) (int, error) {
	now := s.now()
	when, told := "p.due_at < $1", "t.step = 'escalated'"
	if step == "warned" {
		when, told = "p.warn_at <= $1 AND p.due_at >= $1", "t.step IN ('warned', 'escalated')"
	}
	list, err := db.All(ctx, s.db.Read(), func(p *pressing) []any {
		return []any{&p.conversation, &p.n, &p.policy, &p.aim, db.At(&p.dueAt), &p.title, &p.excerpt, &p.assignee}
	}, "SELECT p.conversation, p.n, p.policy, p.aim, p.due_at, c.title, c.excerpt, c.assignee FROM conversation_promise p JOIN conversation c ON c.id = p.conversation WHERE p.state = 'running' AND "+
		when+" AND NOT EXISTS (SELECT 1 FROM service_told t WHERE t.conversation = p.conversation AND t.n = p.n AND "+told+") ORDER BY p.due_at"+db.Limit(warnBatch), db.T(now))
	if err != nil || len(list) == 0 {
		return 0, err
	}
	social, err := s.SocialTeam(ctx)
	if err != nil {
		return 0, err
	}
	return len(list), s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		said, _, err := promisesIn(ctx, q)
		if err != nil {
			return err
		}
		to := map[string][]*pressing{}
		for i := range list {
			p := &list[i]
			n, err := db.Exec(ctx, q, "INSERT INTO service_told (conversation, n, step, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING", p.conversation, p.n, step, db.T(now))
			if err != nil {
				return err
			}
			if n == 0 { // another process did
				continue
			}
			for _, m := range whom(&said, p, step, social) {
				to[m] = append(to[m], p)
			}
		}
		for _, m := range sortedKeys(to) {
			if len(to[m]) > tellSingly {
				href := "/inbox?view=due"
				if step == "escalated" {
					href = "/inbox?service=late"
				}
				token := step + ":" + m + ":" + db.Texts([]string{to[m][0].conversation, fmt.Sprint(to[m][0].n)})
				if err := s.TellOnce(ctx, q, token, []string{m}, "service.told.many_"+step, []any{"N", len(to[m])}, "", href); err != nil {
					return err
				}
				continue
			}
			for _, p := range to[m] {
				title := p.title
				if title == "" {
					title = p.excerpt
				}
				if err := s.TellOnce(ctx, q, fmt.Sprintf("%s:%s:%d", step, p.conversation, p.n), []string{m}, "service.told."+step+"."+p.aim, []any{"Title", title}, p.conversation, ""); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// whom is told of something that presses.
func whom(said *due.Promises, p *pressing, step string, social []string) []string {
	var list []string
	if p.assignee != "" {
		list = append(list, p.assignee)
	} else {
		list = append(list, social...)
	}
	if step != "escalated" {
		return list
	}
	at := slices.IndexFunc(said.Policies, func(x due.Policy) bool { return x.ID == p.policy })
	if at >= 0 && len(said.Policies[at].Escalate) > 0 {
		list = append(list, said.Policies[at].Escalate...)
	} else {
		list = append(list, social...)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// WarnLoop is WarnOnce at once and then each 20 seconds, and sooner when something was promised anew, until ctx ends.
func (s *Service) WarnLoop(ctx context.Context) error {
	wake := make(chan struct{}, 1)
	stop := s.ledger.Watch(func(list []ledger.Activity) {
		if slices.ContainsFunc(list, func(a ledger.Activity) bool { return a.Kind == ledger.ServicePromised }) {
			select {
			case wake <- struct{}{}:
			default:
			}
		}
	})
	defer stop()
	tick := time.NewTicker(20 * time.Second)
	defer tick.Stop()
	for {
		if err := s.WarnOnce(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("members were not told what is due, will try again", "error", err)
		}
		if err := s.TellUnsentOnce(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("members were not told what did not leave, will try again", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-wake:
		case <-tick.C:
		}
	}
}
