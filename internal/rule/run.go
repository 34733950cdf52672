package rule

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

const (
	atOnce    = 500              // activities looked at together
	freshFor  = 72 * time.Hour   // what happened longer ago, such as what an import brings, meets no rule
	leaseFor  = 2 * time.Minute  // of the process that looks
	lookEvery = 20 * time.Second // at those who wait, and for what other processes stated
)

// Loop lets the rules look at what is stated and at those who wait, until ctx ends.
func (s *Service) Loop(ctx context.Context) error {
	stop := s.ledger.Watch(func([]ledger.Activity) {
		select {
		case s.wake <- struct{}{}:
		default:
		}
	})
	defer stop()
	if s.db.Engine() == db.SQLite { // one process works: whoever has the turn was killed
		if err := s.give(ctx, ""); err != nil {
			s.log.Warn("rules begin when the turn of the process before is over", "error", err)
		}
	}
	defer func() {
		if err := s.give(context.WithoutCancel(ctx), s.node); err != nil {
			s.log.Warn("the turn of looking was not given back; it ends by itself", "error", err)
		}
	}()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		if err := s.Once(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("rules stopped, will try again", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.wake:
		case <-tick.C:
		}
	}
}

// Once does what is left of earlier firings, then lets the rules look at all that was digested and at those who wait. Of several processes
// one does it at a time.
func (s *Service) Once(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, mine, err := s.lease(ctx)
	if err != nil || !mine {
		return err
	}
	if err := s.resume(ctx); err != nil {
		return err
	}
	for {
		list, err := s.ledger.Digested(ctx, at, atOnce)
		if err != nil {
			return fmt.Errorf("read what rules have not seen: %w", err)
		}
		if len(list) == 0 {
			break
		}
		if err := s.look(ctx, list); err != nil {
			return err
		}
		at = list[len(list)-1].Position()
		if err := s.moved(ctx, list[len(list)-1].ID); err != nil {
			return err
		}
	}
	return s.lookAtWaits(ctx)
}

// lease takes the turn of looking, and finds the place to go on from. Where nobody looked before, that is the end: rules are for what comes.
func (s *Service) lease(ctx context.Context) (at ledger.Position, mine bool, err error) {
	last := ""
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		now := s.Now()
		n, err := db.Exec(ctx, q, "UPDATE rule_cursor SET lease_by = $1, lease_until = $2 WHERE one = 1 AND (lease_by = $1 OR lease_until IS NULL OR lease_until <= $3)",
			s.node, db.T(now.Add(leaseFor)), db.T(now))
		if err != nil {
			return err
		}
		if mine = n > 0; mine {
			last, _, err = db.Value[string](ctx, q, "SELECT activity FROM rule_cursor WHERE one = 1")
			return err
		}
		if _, there, err := db.Value[int](ctx, q, "SELECT 1 FROM rule_cursor WHERE one = 1"); err != nil || there {
			return err
		}
		newest, found, err := s.ledger.Newest(ctx)
		if err != nil {
			return err
		}
		if found {
			last = newest.ID
		}
		n, err = db.Exec(ctx, q, "INSERT INTO rule_cursor (one, activity, lease_by, lease_until) VALUES (1, $1, $2, $3) ON CONFLICT DO NOTHING", last, s.node, db.T(now.Add(leaseFor)))
		mine = n > 0
		return err
	})
	if err != nil || !mine || last == "" {
		return at, mine, err
	}
	a, err := s.ledger.Find(ctx, last)
	if problem.Is(err, problem.Missing) { // another ledger was put in its place
		a, _, err = s.ledger.Newest(ctx)
	}
	return a.Position(), mine, err
}

// give ends the turn of a process, or of any.
func (s *Service) give(ctx context.Context, node string) error {
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, "UPDATE rule_cursor SET lease_until = NULL WHERE $1 = '' OR lease_by = $1", node)
		return err
	})
}

// moved notes how far rules have looked, and keeps the turn.
func (s *Service) moved(ctx context.Context, activity string) error {
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		n, err := db.Exec(ctx, q, "UPDATE rule_cursor SET activity = $1, lease_until = $2 WHERE one = 1 AND lease_by = $3", activity, db.T(s.Now().Add(leaseFor)), s.node)
		if err == nil && n == 0 {
			err = errLost
		}
		return err
	})
}

var errLost = errors.New("another process looks now")

// resume does what was left when the program ended.
func (s *Service) resume(ctx context.Context) error {
	list, err := db.All(ctx, s.db.Read(), firingFields, "SELECT "+firingColumns+" FROM rule_firing WHERE state = 'due' ORDER BY id LIMIT 1000")
	if err != nil {
		return fmt.Errorf("find what is left to do: %w", err)
	}
	for i := range list {
		r, found, err := db.One(ctx, s.db.Read(), fields, "SELECT "+columns+" FROM rule WHERE id = $1", list[i].Rule)
		if err != nil || !found {
			return err
		}
		if err := s.carry(ctx, &r, &list[i]); err != nil {
			return err
		}
	}
	return nil
}

// active are the rules that are on, in their order.
func (s *Service) active(ctx context.Context) ([]Rule, error) {
	list, err := s.list(ctx, s.db.Read())
	return slices.DeleteFunc(list, func(r Rule) bool { return r.State != On }), err
}

// look lets the rules look at activities.
func (s *Service) look(ctx context.Context, list []ledger.Activity) error {
	rules, err := s.active(ctx)
	if err != nil || len(rules) == 0 {
		return err
	}
	asked := map[Occasion]bool{}
	for _, r := range rules {
		asked[r.When] = true
	}
	met, err := s.meetings(ctx, list, asked)
	if err != nil {
		return err
	}
	for i := range met {
		if err := s.meet(ctx, rules, &met[i]); err != nil {
			return err
		}
	}
	return nil
}

// meet lets each rule look at one fact, in their order, until one that is the last fires.
func (s *Service) meet(ctx context.Context, rules []Rule, m *meeting) error {
	for i := range rules {
		r := &rules[i]
		if r.State != On || r.When != m.occasion || m.learned.Before(r.SinceAt) || slices.Contains(m.chain, r.ID) {
			continue
		}
		if m.talk != nil { // as it stands after the rules before
			if c, err := s.inbox.Find(ctx, m.talk.ID); err == nil {
				m.talk, m.standing = &c, inbox.Standing{There: true, State: c.State, Assignee: c.Assignee}
			}
		}
		fired, err := s.fire(ctx, r, m)
		if err != nil {
			return err
		}
		if fired && r.Last {
			return nil
		}
	}
	return nil
}

// fire lets one rule do what it does where its conditions hold; fired also where it did so before.
func (s *Service) fire(ctx context.Context, r *Rule, m *meeting) (fired bool, err error) {
	why, holds := r.match(m)
	if !holds {
		_, met, err := db.Value[int](ctx, s.db.Read(), "SELECT 1 FROM rule_firing WHERE rule = $1 AND fact = $2", r.ID, m.fact)
		return met, err
	}
	now := s.Now()
	f := &Firing{ID: s.ids.Make(now), Rule: r.ID, Fact: m.fact, When: m.occasion, Why: why, State: Due, At: now, chain: m.chain}
	if m.post != nil {
		f.Post = m.post.ID
	}
	if m.talk != nil {
		f.Conversation = m.talk.ID
	}
	n, _, err := db.Value[int](ctx, s.db.Read(), "SELECT COUNT(*) FROM rule_firing WHERE rule = $1 AND at >= $2 AND state <> 'held'", r.ID, db.T(later(now.Add(-time.Hour), r.SinceAt)))
	if err != nil {
		return false, fmt.Errorf("count what a rule did: %w", err)
	}
	if n >= r.PerHour {
		f.State = Held
	}
	fresh := false
	if err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) (err error) {
		fresh, err = s.keep(ctx, q, f)
		return err
	}); err != nil || !fresh {
		return err == nil, err
	}
	if err := s.broken("kept"); err != nil {
		return true, err
	}
	if f.State == Held {
		s.log.Warn("a rule went beyond its budget and is paused", "rule", r.ID, "budget", r.PerHour)
		return true, s.pause(ctx, r, BeyondBudget, f)
	}
	return true, s.carry(ctx, r, f)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// meetings are the facts of occasions in activities, in their order.
func (s *Service) meetings(ctx context.Context, list []ledger.Activity, asked map[Occasion]bool) ([]meeting, error) {
	posts, talks := []string{}, []string{}
	old := s.Now().Add(-freshFor)
	for i := range list {
		a := &list[i]
		if a.At.Before(old) {
			continue
		}
		switch a.Kind {
		case ledger.PostSaid:
			posts = append(posts, a.ID)
		case ledger.PostLabelled, ledger.AnswerPicked:
			posts = append(posts, a.Object)
		case ledger.ConversationOpened, ledger.ConversationReopened, ledger.ConversationResolved:
			talks = append(talks, a.Object)
		}
	}
	if len(posts)+len(talks) == 0 {
		return nil, nil
	}
	k := &known{s: s}
	if err := k.read(ctx, posts, talks); err != nil {
		return nil, err
	}
	var out []meeting
	for i := range list {
		if !list[i].At.Before(old) {
			met, err := k.of(ctx, &list[i], asked)
			if err != nil {
				return nil, err
			}
			out = append(out, met...)
		}
	}
	return out, k.dress(ctx, out)
}

// known is what is read of a batch at once.
type known struct {
	s      *Service
	posts  map[string]*channel.Post
	byRoot map[string]inbox.Conversation
	byID   map[string]inbox.Conversation
	spans  map[string][]inbox.Span
}

func (k *known) read(ctx context.Context, posts, talks []string) error {
	list, err := channel.Posts(ctx, k.s.db.Read(), posts...)
	if err != nil {
		return fmt.Errorf("read posts: %w", err)
	}
	k.posts, k.spans = map[string]*channel.Post{}, map[string][]inbox.Span{}
	var roots []string
	for i := range list {
		k.posts[list[i].ID] = &list[i]
		roots = append(roots, list[i].Root)
	}
	if k.byRoot, err = k.s.inbox.OfRoots(ctx, roots); err != nil {
		return err
	}
	if k.byID, err = k.s.inbox.OfIDs(ctx, talks); err != nil {
		return err
	}
	ids := []string{}
	for _, c := range k.byRoot {
		ids = append(ids, c.ID)
	}
	for id := range k.byID {
		ids = append(ids, id)
	}
	spans, err := k.s.inbox.Spans(ctx, ids)
	if err != nil {
		return fmt.Errorf("read when conversations were open: %w", err)
	}
	for _, p := range spans {
		k.spans[p.Conversation] = append(k.spans[p.Conversation], p)
	}
	return nil
}

// of are the occasions that an activity is.
func (k *known) of(ctx context.Context, a *ledger.Activity, asked map[Occasion]bool) ([]meeting, error) {
	base := meeting{at: a.At, learned: a.LearnedAt}
	if t, found, err := a.Through(); err != nil {
		return nil, err
	} else if found {
		base.chain = t.Chain
	}
	var out []meeting
	add := func(o Occasion, fact string, post *channel.Post, c *inbox.Conversation) {
		if !asked[o] {
			return
		}
		m := base
		m.occasion, m.fact, m.post, m.talk = o, string(o)+":"+fact, post, c
		if c != nil {
			m.standing = inbox.Standing{There: true, State: c.State, Assignee: c.Assignee}
		}
		out = append(out, m)
	}
	talk := func(post *channel.Post) *inbox.Conversation {
		if c, found := k.byRoot[post.Root]; found {
			return &c
		}
		return nil
	}
	switch a.Kind {
	case ledger.PostSaid:
		p := k.posts[a.ID]
		if p == nil || p.Ours || p.Automatic != "" || !p.DeletedAt.IsZero() {
			return nil, nil
		}
		c := talk(p)
		add(Heard, p.ID, p, c)
		if c == nil {
			return out, nil
		}
		if c.Post == p.ID {
			add(Opened, c.ID, p, c)
		}
		for _, sp := range k.spans[c.ID] {
			if sp.N > 0 && sp.OpenedAt.Equal(a.At) {
				add(Reopened, c.ID+":"+strconv.Itoa(sp.N), p, c)
			}
		}
	case ledger.PostLabelled:
		if p := k.posts[a.Object]; p != nil && !p.Ours && p.DeletedAt.IsZero() && len(a.Actor) > 7 && a.Actor[:7] == "member:" {
			add(Labelled, a.ID, p, talk(p))
		}
	case ledger.ConversationOpened, ledger.ConversationReopened, ledger.ConversationResolved, ledger.AnswerPicked:
		c, found := k.byID[a.Object]
		if a.Kind == ledger.AnswerPicked {
			if p := k.posts[a.Object]; p != nil {
				c, found = k.byRoot[p.Root]
			}
		}
		if !found {
			return nil, nil
		}
		if a.Kind == ledger.ConversationOpened && (a.Actor != "" || c.OpenedAt.After(k.s.Now().Add(-freshFor))) { // by a topic: what an import brought is not met
			add(Opened, c.ID, nil, &c)
		}
		for _, sp := range k.spans[c.ID] {
			switch {
			case a.Kind == ledger.ConversationReopened && sp.N > 0 && sp.OpenedAt.Equal(a.At):
				add(Reopened, c.ID+":"+strconv.Itoa(sp.N), nil, &c)
			case (a.Kind == ledger.ConversationResolved || a.Kind == ledger.AnswerPicked) && sp.ResolvedAt.Equal(a.At):
				add(Resolved, c.ID+":"+strconv.Itoa(sp.N), nil, &c)
			}
		}
	}
	return out, nil
}

// dress gives each meeting the post at hand and its words.
func (k *known) dress(ctx context.Context, met []meeting) error {
	var posts []channel.Post
	for i := range met {
		m := &met[i]
		if m.post == nil && m.talk != nil {
			p, found, err := k.s.atHand(ctx, m.talk, m.at)
			if err != nil {
				return err
			}
			if found {
				m.post = &p
			}
		}
		if m.post != nil {
			posts = append(posts, *m.post)
		}
	}
	docs, err := k.s.reader.Docs(ctx, k.s.db.Read(), posts)
	if err != nil {
		return fmt.Errorf("read posts as queries see them: %w", err)
	}
	for i := range met {
		if m := &met[i]; m.post != nil {
			m.doc = docs[m.post.ID]
		}
	}
	return nil
}

// atHand is the newest post of theirs in a conversation up to a moment.
func (s *Service) atHand(ctx context.Context, c *inbox.Conversation, at time.Time) (channel.Post, bool, error) {
	q := s.db.Read()
	p, found, err := db.One(ctx, q, channel.PostFields, "SELECT "+channel.PostColumns("")+` FROM post WHERE root = $1 AND ours = 0 AND automatic = '' AND deleted_at IS NULL AND at <= $2
		ORDER BY at DESC, id DESC LIMIT 1`, c.Root, db.T(at))
	if err != nil {
		return p, false, fmt.Errorf("find the post at hand: %w", err)
	}
	return p, found, nil
}

// lookAtWaits lets the rules look at those who wait by now longer than a rule says. Who waited so long when the rule was switched on is left
// out.
func (s *Service) lookAtWaits(ctx context.Context) error {
	rules, err := s.active(ctx)
	if err != nil {
		return err
	}
	now := s.Now()
	for i := range rules {
		r := &rules[i]
		if r.When != Waiting {
			continue
		}
		from := later(r.SinceAt, now.Add(-freshFor)).Add(-r.WaitFor)
		list, err := s.inbox.WaitingSince(ctx, from, now.Add(-r.WaitFor), 2000)
		if err != nil {
			return fmt.Errorf("find who waits: %w", err)
		}
		met := make([]meeting, 0, len(list))
		for j := range list {
			c := &list[j]
			fact := string(Waiting) + ":" + c.ID + ":" + strconv.FormatInt(c.WaitingSince.UnixMicro(), 36)
			done, err := s.passed(ctx, rules[:i], r, fact)
			if err != nil {
				return err
			}
			if !done {
				met = append(met, meeting{occasion: Waiting, fact: fact, at: now, learned: now, talk: c, standing: inbox.Standing{There: true, State: c.State, Assignee: c.Assignee}})
			}
		}
		if err := (&known{s: s}).dress(ctx, met); err != nil {
			return err
		}
		for j := range met {
			if err := s.meet(ctx, rules[i:i+1], &met[j]); err != nil {
				return err
			}
		}
	}
	return nil
}

// passed reports whether a rule has met a fact, or one before it that is the last did.
func (s *Service) passed(ctx context.Context, before []Rule, r *Rule, fact string) (bool, error) {
	ids := []string{r.ID}
	for _, b := range before {
		if b.Last && b.When == r.When {
			ids = append(ids, b.ID)
		}
	}
	q := s.db.Read()
	_, met, err := db.Value[int](ctx, q, "SELECT 1 FROM rule_firing WHERE fact = $1 AND rule IN "+db.Among(q, "$2")+" LIMIT 1", fact, db.Texts(ids))
	return met, err
}

// Behind is how long ago the last activity that rules looked at was learned of; zero when they are level.
func (s *Service) Behind(ctx context.Context) (time.Duration, error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return 0, err
	}
	newest, found, err := s.ledger.Newest(ctx)
	if err != nil || !found {
		return 0, err
	}
	at, found, err := db.Value[string](ctx, s.db.Read(), "SELECT activity FROM rule_cursor WHERE one = 1")
	if err != nil || !found || at == "" || at == newest.ID {
		return 0, err
	}
	a, err := s.ledger.Find(ctx, at)
	return newest.LearnedAt.Sub(a.LearnedAt), err
}
