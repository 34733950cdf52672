package inbox

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/inbox/match"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Routing is how conversations come to people. Off, they are suggested; on, they are given.
type Routing struct {
	Automatic bool `json:"automatic"`
	Most      int  `json:"most"` // conversations that one member is given at once
	Cost      int  `json:"cost"` // minutes that one is thought to take
}

const routingSetting = "inbox.routing"

const (
	routeBatch  = 1000            // conversations looked at in one round
	routeEvery  = time.Minute     // somebody's hours begin, somebody's week does
	routePause  = 2 * time.Second // between two rounds
	fewGiven    = 3               // of more at once somebody is told the number
	shareWindow = 28 * 24 * time.Hour
)

// RoutingNow is how conversations come to people.
func (s *Service) RoutingNow(ctx context.Context) (Routing, error) {
	r := Routing{Most: 8, Cost: 8}
	err := s.org.Setting(ctx, routingSetting, &r)
	return r, err
}

// SetRouting changes how conversations come to people.
func (s *Service) SetRouting(ctx context.Context, r Routing) error {
	if err := org.Require(ctx, org.InboxAssign); err != nil {
		return err
	}
	if r.Most < 1 || r.Most > 200 {
		return problem.New(problem.Invalid, "routing.bad_most").On("most")
	}
	if r.Cost < 1 || r.Cost > 240 {
		return problem.New(problem.Invalid, "routing.bad_cost").On("cost")
	}
	err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if err := s.org.SetSetting(ctx, q, routingSetting, r); err != nil {
			return err
		}
		return s.org.Audit(ctx, q, "routing.set", "routing:", r)
	})
	if err == nil {
		s.wakeRouting()
	}
	return err
}

func (s *Service) wakeRouting() {
	select {
	case s.routes <- struct{}{}:
	default:
	}
}

// RouteLoop gives what waits to whoever fits, whenever something happened and each minute, until ctx ends. It does nothing while routing is off.
func (s *Service) RouteLoop(ctx context.Context) error {
	stop := s.ledger.Watch(func(list []ledger.Activity) {
		for i := range list {
			switch list[i].Kind {
			case ledger.PostSaid, ledger.ConversationOpened, ledger.ConversationReleased, ledger.ConversationReopened, ledger.ConversationPassed, ledger.ConversationResolved:
				s.wakeRouting()
				return
			}
		}
	})
	defer stop()
	tick := time.NewTicker(routeEvery)
	defer tick.Stop()
	for {
		if _, err := s.RouteWaiting(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("what waits was not routed, will try again", "error", err)
		}
		select { // what comes in many pieces is looked at once
		case <-ctx.Done():
			return nil
		case <-time.After(routePause):
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.routes:
		case <-tick.C:
		}
	}
}

// Routed is what a round of routing did.
type Routed struct {
	Looked int // conversations that wait and are nobody's
	Given  int
	Stuck  int // that nobody who is free fits
}

// RouteWaiting gives the conversations that wait longest to whoever fits, when routing is on, and tells both them and, of what nobody can take,
// the social team.
func (s *Service) RouteWaiting(ctx context.Context) (done Routed, err error) {
	set, err := s.RoutingNow(ctx)
	if err != nil || !set.Automatic {
		return done, err
	}
	if err := s.ledger.CatchUp(ctx); err != nil {
		return done, err
	}
	q := s.db.Read()
	list, err := db.All(ctx, q, fields, "SELECT "+columns+` FROM conversation WHERE assignee = '' AND waiting_since IS NOT NULL
		AND id NOT IN (SELECT conversation FROM presence WHERE writing_at > $1) ORDER BY waiting_since, id`+db.Limit(routeBatch), db.T(s.now().Add(-writingFor)))
	if err != nil {
		return done, fmt.Errorf("find what waits: %w", err)
	}
	if done.Looked = len(list); len(list) == 0 {
		return done, s.unstick(ctx, nil)
	}
	last, err := s.lastChanges(ctx, q, list)
	if err != nil {
		return done, err
	}
	crew, err := s.crew(ctx, set, true)
	if err != nil {
		return done, err
	}
	needs, err := s.needs(ctx, q, list)
	if err != nil {
		return done, err
	}
	spread := match.Spread(needs, crew, float64(set.Cost))
	if done.Given, err = s.give(ctx, list, last, spread); err != nil {
		return done, err
	}
	var stuck []string
	for i := range list {
		if _, given := spread[list[i].ID]; !given {
			stuck = append(stuck, list[i].ID)
		}
	}
	done.Stuck = len(stuck)
	return done, s.unstick(ctx, stuck)
}

// lastChanges are the ids of the last thing that was done with conversations. They are read after all was digested, so what is known of a
// conversation is at least as new.
func (s *Service) lastChanges(ctx context.Context, q db.Q, list []Conversation) (map[string]string, error) {
	ids := make([]string, len(list))
	for i := range list {
		ids[i] = list[i].ID
	}
	type row struct{ object, id string }
	rows, err := db.All(ctx, q, func(r *row) []any { return []any{&r.object, &r.id} }, "SELECT object, id FROM activity WHERE object IN "+db.Among(q, "$1")+
		" AND object <> id AND kind IN "+db.Among(q, "$2")+" ORDER BY tx, seq", db.Texts(ids), db.Texts(changes()))
	if err != nil {
		return nil, fmt.Errorf("read what was done last: %w", err)
	}
	out := make(map[string]string, len(rows))
	for _, r := range rows {
		out[r.object] = r.id
	}
	return out, nil
}

// give states who gets what. Where somebody did something with a conversation at this moment, they come first.
func (s *Service) give(ctx context.Context, list []Conversation, last map[string]string, spread map[string]match.Fit) (int, error) {
	var all []ledger.Activity
	byID := map[string]*Conversation{}
	for i := range list {
		c := &list[i]
		f, ok := spread[c.ID]
		if !ok {
			continue
		}
		byID[c.ID] = c
		all = append(all, ledger.Activity{Kind: ledger.ConversationAssigned, Object: c.ID, Channel: c.Channel, At: s.now(), Key: "change:" + c.ID + ":" + last[c.ID],
			Data: ledger.Data(ledger.Assigned{To: f.Member, ByWay: "routing"})})
	}
	if len(all) == 0 {
		return 0, nil
	}
	var stated []ledger.Activity
	err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		var err error
		if stated, err = s.ledger.AppendTx(ctx, q, all...); err != nil {
			return err
		}
		got := map[string][]*Conversation{}
		var members []string
		for i := range stated {
			m := spread[stated[i].Object].Member
			if got[m] == nil {
				members = append(members, m)
			}
			got[m] = append(got[m], byID[stated[i].Object])
		}
		for _, m := range members {
			if len(got[m]) > fewGiven {
				if err := s.TellOnce(ctx, q, "routed:"+stated[0].ID, []string{m}, "routing.told.given_many", []any{"Count", len(got[m])}, "", "/inbox?view=mine"); err != nil {
					return err
				}
				continue
			}
			for _, c := range got[m] {
				if err := s.Tell(ctx, q, []string{m}, "routing.told.given", []any{"Title", titleOf(c)}, c.ID); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("give what waits: %w", err)
	}
	s.ledger.Wake()
	return len(stated), s.ledger.Await(ctx, stated)
}

// unstick keeps which conversations nobody can take, and tells the social team when there are new ones among them.
func (s *Service) unstick(ctx context.Context, stuck []string) error {
	was, err := db.All(ctx, s.db.Read(), db.Self[string], "SELECT conversation FROM routing_stuck")
	if err != nil {
		return fmt.Errorf("read what is stuck: %w", err)
	}
	known := make(map[string]bool, len(was))
	for _, c := range was {
		known[c] = true
	}
	is := make(map[string]bool, len(stuck))
	var fresh [][]any
	for _, c := range stuck {
		is[c] = true
		if !known[c] {
			fresh = append(fresh, []any{c, db.T(s.now())})
		}
	}
	gone := slices.DeleteFunc(was, func(c string) bool { return is[c] })
	if len(fresh) == 0 && len(gone) == 0 {
		return nil
	}
	social, err := s.SocialTeam(ctx)
	if err != nil {
		return err
	}
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if _, err := db.Exec(ctx, q, "DELETE FROM routing_stuck WHERE conversation IN "+db.Among(q, "$1"), db.Texts(gone)); err != nil {
			return err
		}
		if len(fresh) == 0 {
			return nil
		}
		if err := db.Insert(ctx, q, "routing_stuck (conversation, at)", fresh, "ON CONFLICT DO NOTHING"); err != nil {
			return err
		}
		return s.tell(ctx, q, social, Notice{Key: "routing.told.nobody_free", Args: []any{"Count", len(stuck)}, Href: "/inbox?view=unassigned"}, "")
	})
	if err != nil {
		return fmt.Errorf("tell that nobody is free: %w", err)
	}
	return nil
}
