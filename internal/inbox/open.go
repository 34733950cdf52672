package inbox

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

// OpenFrom opens a conversation about the thread of a post, or returns the one there is.
func (s *Service) OpenFrom(ctx context.Context, post string) (Conversation, error) {
	m, err := acting(ctx, org.InboxEdit)
	if err != nil {
		return Conversation{}, err
	}
	p, err := s.Post(ctx, post)
	if err != nil {
		return Conversation{}, err
	}
	if c, found, err := s.Of(ctx, p.ID); err != nil || found {
		return c, err
	}
	if p.Ours || !p.DeletedAt.IsZero() {
		return Conversation{}, problem.New(problem.Invalid, "inbox.not_opened")
	}
	var stated []ledger.Activity
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		var err error
		stated, err = s.ledger.AppendTx(ctx, q, ledger.Activity{Kind: ledger.ConversationOpened, Actor: actor(m), Object: about(p.ID), Channel: p.Channel,
			At: s.now(), Key: openKey(p.ID), Data: ledger.Data(ledger.Opened{Post: p.ID})})
		if err != nil || len(stated) == 0 {
			return err
		}
		return s.org.Audit(ctx, q, "conversation.open", "post:"+p.ID, nil)
	})
	if err != nil {
		return Conversation{}, fmt.Errorf("open a conversation: %w", err)
	}
	s.ledger.Wake()
	if err := s.ledger.Await(ctx, stated); err != nil {
		return Conversation{}, err
	}
	if len(stated) == 0 { // somebody else did at the same moment
		if err := s.ledger.CatchUp(ctx); err != nil {
			return Conversation{}, err
		}
	}
	c, found, err := s.Of(ctx, p.ID)
	if err == nil && !found {
		err = problem.New(problem.Conflict, "problem.conflict")
	}
	return c, err
}

// openKey makes that a post opens a conversation once. That a thread has one only is up to the follower: it knows which threads were
// joined, and that a post was deleted before it could open anything.
func openKey(post string) string { return "open:" + post }

// about is the id of the conversation that begins with a post.
func about(post string) string { return id.From(post, "conversation") }

const openBatch = 200

// OpenDue opens conversations about posts that match a topic whose mentions go into the inbox, and gives back those of former members, at
// once and then whenever something was said and each minute, until ctx ends.
func (s *Service) OpenDue(ctx context.Context) error {
	wake := make(chan struct{}, 1)
	stop := s.ledger.Watch(func(list []ledger.Activity) {
		for i := range list {
			if list[i].Kind == ledger.PostSaid || list[i].Kind == ledger.PostEdited {
				select {
				case wake <- struct{}{}:
				default:
				}
				return
			}
		}
	})
	defer stop()
	tick := time.NewTicker(time.Minute) // what failed, and what other processes digested
	defer tick.Stop()
	for {
		if err := s.OpenDueOnce(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("mentions were not opened, will try again", "error", err)
		}
		if err := s.ReleaseGone(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("conversations of former members were not given back, will try again", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-wake:
		case <-tick.C:
		}
	}
}

// OpenDueOnce states one opening for each thread that has a due mention and no conversation. What is due is taken off the list by the
// follower, when the conversation is there.
func (s *Service) OpenDueOnce(ctx context.Context) error {
	type due struct{ post, root, channel string }
	last, seen := "", map[string]bool{}
	for {
		list, err := db.All(ctx, s.db.Read(), func(d *due) []any { return []any{&d.post, &d.root, &d.channel} },
			"SELECT d.post, p.root, p.channel FROM mention_due d JOIN post p ON p.id = d.post WHERE d.post > $1 ORDER BY d.post"+db.Limit(openBatch), last)
		if err != nil {
			return fmt.Errorf("find what should be opened: %w", err)
		}
		if len(list) == 0 {
			return nil
		}
		last = list[len(list)-1].post
		var all []ledger.Activity
		for _, d := range list {
			if seen[d.root] {
				continue
			}
			seen[d.root] = true
			all = append(all, ledger.Activity{Kind: ledger.ConversationOpened, Object: about(d.post), Channel: d.channel, At: s.now(), Key: openKey(d.post),
				Data: ledger.Data(ledger.Opened{Post: d.post})})
		}
		if _, err := s.ledger.Append(ctx, all...); err != nil {
			return fmt.Errorf("open conversations: %w", err)
		}
	}
}
