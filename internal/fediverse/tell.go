package fediverse

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/fediverse/wire"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Outgoing is something we say in the fediverse.
type Outgoing struct {
	ID        string // the same is said once
	Community string
	Kind      string
	Signer    string // handle of the member whose name it is in, "" for the community
	Post      string // whose words Body carries, "" for none
	Body      Document
	All       bool     // to all who follow
	Also      []string // inboxes beside them
}

// told is how many facts are looked at together.
const told = 200

// Wake lets the loop look now.
func (s *Service) Wake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Loop tells and delivers until ctx ends.
func (s *Service) Loop(ctx context.Context) error {
	stop := s.ledger.Watch(func(list []ledger.Activity) {
		for i := range list {
			if strings.HasPrefix(list[i].Kind, "post.") || list[i].Kind == ledger.ThreadTurned {
				s.Wake()
				return
			}
		}
	})
	defer stop()
	tick := time.NewTicker(15 * time.Second)
	defer tick.Stop()
	var running sync.WaitGroup
	defer running.Wait()
	over := func(did int, err error) {
		if err != nil {
			s.log.Error("deliveries to the fediverse stopped, will try again", "error", err)
		}
		if did > 0 { // there may be more for the host
			s.Wake()
		}
	}
	for ctx.Err() == nil {
		for {
			n, err := s.TellOnce(ctx)
			if err != nil && ctx.Err() == nil {
				s.log.Error("what is said was not told to the fediverse, will try again", "error", err)
			}
			if n < told || err != nil {
				break
			}
		}
		if _, err := s.start(ctx, s.Now(), &running, over); err != nil && ctx.Err() == nil {
			s.log.Error("deliveries to the fediverse did not begin, will try again", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-s.wake:
		case <-tick.C:
		}
	}
	return nil
}

// TellOnce looks at what was said since it last looked, and queues what goes out; each fact is told once, whatever happens meanwhile. It returns how many
// facts it looked at.
func (s *Service) TellOnce(ctx context.Context) (int, error) {
	places, err := s.lively(ctx)
	if err != nil {
		return 0, err
	}
	if len(places) == 0 { // what is said meanwhile is not told later
		if _, there, err := db.Value[int](ctx, s.db.Read(), "SELECT one FROM fediverse_cursor"); err != nil || !there {
			return 0, err
		}
		return 0, s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
			_, err := db.Exec(ctx, q, "DELETE FROM fediverse_cursor")
			return err
		})
	}
	at, found, err := db.Value[string](ctx, s.db.Read(), "SELECT activity FROM fediverse_cursor WHERE one = 1")
	if err != nil {
		return 0, fmt.Errorf("see how far was told: %w", err)
	}
	var from ledger.Position
	if found && at != "" {
		a, err := s.ledger.Find(ctx, at)
		if problem.Is(err, problem.Missing) { // another ledger was put in its place
			found = false
		} else if err != nil {
			return 0, err
		}
		from = a.Position()
	}
	if !found {
		return 0, s.begin(ctx)
	}
	list, err := s.ledger.Digested(ctx, from, told)
	if err != nil || len(list) == 0 {
		return 0, err
	}
	by := map[string]community.Community{}
	for _, c := range places {
		by[c.Channel] = c
	}
	var out []Outgoing
	var gone []string
	for i := range list {
		c, ours := by[list[i].Channel]
		if !ours {
			continue
		}
		if k := list[i].Kind; k == ledger.PostDeleted || k == ledger.PostHidden {
			gone = append(gone, list[i].Object)
		}
		if list[i].Kind == ledger.ThreadTurned {
			says, posts, err := s.saysMoved(ctx, c, &list[i])
			if err != nil {
				return 0, err
			}
			out, gone = append(out, says...), append(gone, posts...)
			continue
		}
		says, err := s.says(ctx, c, &list[i])
		if err != nil {
			return 0, err
		}
		out = append(out, says...)
	}
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		n, err := db.Exec(ctx, q, "UPDATE fediverse_cursor SET activity = $1 WHERE one = 1 AND activity = $2", list[len(list)-1].ID, at)
		if err != nil || n == 0 { // another process was there first
			return errors.Join(err, errBehind(n))
		}
		if err := s.forget(ctx, q, gone); err != nil { // before what is said now: it may have been shown again
			return err
		}
		return s.queue(ctx, q, out)
	})
	if errors.Is(err, errOther) {
		return 0, nil
	}
	return len(list), err
}

var errOther = errors.New("another process tells")

func errBehind(n int64) error {
	if n == 0 {
		return errOther
	}
	return nil
}

// begin looks from now on.
func (s *Service) begin(ctx context.Context) error {
	newest, found, err := s.ledger.Newest(ctx)
	if err != nil {
		return err
	}
	at := ""
	if found {
		at = newest.ID
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, "INSERT INTO fediverse_cursor (one, activity) VALUES (1, $1) ON CONFLICT (one) DO UPDATE SET activity = excluded.activity", at)
		return err
	})
}

// says is what goes out of a fact.
func (s *Service) says(ctx context.Context, c community.Community, a *ledger.Activity) ([]Outgoing, error) {
	all, err := s.all(ctx)
	if err != nil {
		return nil, err
	}
	if p := all[c.ID]; a.LearnedAt.Before(p.OnAt) {
		return nil, nil
	}
	var out []Outgoing
	switch a.Kind {
	case ledger.PostSaid, ledger.PostShown:
		out, err = s.saysNew(ctx, c, a.ID, a.Object)
	case ledger.PostEdited:
		out, err = s.saysAnew(ctx, c, a)
	case ledger.PostDeleted, ledger.PostHidden:
		out, err = s.saysNoMore(ctx, c, a.Object, a.ID)
	}
	if problem.Is(err, problem.Missing) { // not for everybody
		return nil, nil
	}
	return out, err
}

// announced wraps something so that those who follow the community see it: FEP-1b12.
func (s *Service) announced(ctx context.Context, c community.Community, event string, object any) Document {
	return Document{"id": s.eventID(ctx, c, event), "type": "Announce", "actor": s.GroupID(ctx, c), "object": object, "to": []string{wire.Public},
		"cc": []string{s.followersID(ctx, c)}, "published": s.Now().Format(time.RFC3339)}.with()
}

// done is what a member did with a post.
func (s *Service) done(ctx context.Context, c community.Community, event, kind, handle string, object Document) Document {
	d := Document{"id": s.eventID(ctx, c, event), "type": kind, "actor": s.personID(ctx, c, handle), "object": object, "to": []string{wire.Public},
		"cc": []string{s.GroupID(ctx, c), s.followersID(ctx, c)}, "audience": s.GroupID(ctx, c)}
	if cc, ok := object["cc"].([]string); ok {
		d["cc"] = cc
	}
	return d
}

// saysNew announces a post; event is by what it came into sight.
func (s *Service) saysNew(ctx context.Context, c community.Community, event, post string) ([]Outgoing, error) {
	note, handle, err := s.object(ctx, c, post)
	if moved := new(Moved); errors.As(err, &moved) {
		return []Outgoing{{ID: event + "-announce", Community: c.ID, Kind: "announce", All: true, Body: s.announced(ctx, c, event+"-announce", moved.To)}}, nil
	}
	if err != nil || handle == "" {
		return nil, err
	}
	create := s.done(ctx, c, event+"-said", "Create", handle, note)
	out := []Outgoing{
		{ID: event + "-create", Community: c.ID, Kind: "create", Post: post, All: true, Body: s.announced(ctx, c, event+"-create", create)},
		{ID: event + "-announce", Community: c.ID, Kind: "announce", All: true, Body: s.announced(ctx, c, event+"-announce", note["id"])},
	}
	also, err := s.answered(ctx, c, post)
	if err != nil {
		return nil, err
	}
	if len(also) > 0 {
		out = append(out, Outgoing{ID: event + "-said", Community: c.ID, Kind: "said", Post: post, Signer: handle, Also: also, Body: s.done(ctx, c, event+"-said", "Create", handle, note).with()})
	}
	return out, nil
}

// answered are the inboxes of those of elsewhere whom a post answers.
func (s *Service) answered(ctx context.Context, c community.Community, post string) ([]string, error) {
	o, err := s.community.Sees(stranger(ctx), nil)
	if err != nil {
		return nil, err
	}
	p, _, err := s.community.Post(ctx, o, c.ID, post)
	if err != nil || p.Parent == "" {
		return nil, err
	}
	above, _, err := s.community.Post(ctx, o, c.ID, p.Parent)
	if err != nil {
		return nil, err
	}
	return s.inboxOf(ctx, c, above.Author)
}

// inboxOf is where somebody of elsewhere is told what concerns them, none of a member or of who is barred.
func (s *Service) inboxOf(ctx context.Context, c community.Community, author string) ([]string, error) {
	handle, guest := strings.CutPrefix(author, "acct:")
	if !guest {
		return nil, nil
	}
	b, err := s.barred(ctx, c.ID, handle[strings.IndexByte(handle, '@')+1:], handle)
	if err != nil || b != nil {
		return nil, err
	}
	who, found, err := s.known(ctx, "handle", handle)
	if err != nil || !found {
		return nil, err
	}
	return []string{who.Inbox}, nil
}

func (s *Service) saysAnew(ctx context.Context, c community.Community, a *ledger.Activity) ([]Outgoing, error) {
	note, handle, err := s.object(ctx, c, a.Object)
	if moved := new(Moved); errors.As(err, &moved) { // who said it tells it
		return nil, nil
	}
	if err != nil || handle == "" {
		return nil, err
	}
	also, err := s.answered(ctx, c, a.Object)
	if err != nil {
		return nil, err
	}
	return []Outgoing{
		{ID: a.ID + "-update", Community: c.ID, Kind: "update", Post: a.Object, All: true, Body: s.announced(ctx, c, a.ID+"-update", s.done(ctx, c, a.ID+"-edited", "Update", handle, note))},
		{ID: a.ID + "-edited", Community: c.ID, Kind: "edited", Post: a.Object, Signer: handle, All: true, Also: also, Body: s.done(ctx, c, a.ID+"-edited", "Update", handle, note).with()},
	}, nil
}

// saysNoMore takes a post back: a member's with a tombstone, a guest's by taking back that it was announced.
func (s *Service) saysNoMore(ctx context.Context, c community.Community, post, event string) ([]Outgoing, error) {
	o, err := s.community.Sees(stranger(ctx), nil)
	if err != nil {
		return nil, err
	}
	p, _, err := s.community.Post(ctx, o, c.ID, post)
	if err != nil {
		return nil, err
	}
	also, err := s.answered(ctx, c, post)
	if err != nil {
		return nil, err
	}
	return s.takesBack(ctx, c, &p, event, also)
}

// saysMoved takes back what not everybody reads any more since a thread was moved or merged, and announces, as if it were new, what everybody reads only since then.
func (s *Service) saysMoved(ctx context.Context, c community.Community, a *ledger.Activity) (out []Outgoing, gone []string, err error) {
	var t ledger.Turned
	if err := a.Decode(&t); err != nil {
		return nil, nil, err
	}
	posts, back, err := s.community.Shifted(ctx, a, &t)
	if err != nil {
		return nil, nil, err
	}
	by := map[string]string{}
	for i := range posts {
		by[posts[i].ID] = posts[i].Author
	}
	for i := range posts {
		p := &posts[i]
		gone = append(gone, p.ID)
		also, err := s.inboxOf(ctx, c, by[p.Parent])
		if err != nil {
			return nil, nil, err
		}
		says, err := s.takesBack(ctx, c, p, a.ID+"-"+p.ID, also)
		if err != nil {
			return nil, nil, err
		}
		out = append(out, says...)
	}
	all, err := s.all(ctx)
	if err != nil {
		return nil, nil, err
	}
	for i := range back {
		p := &back[i]
		if is := all[c.ID]; p.At.Before(is.OnAt) {
			continue
		}
		says, err := s.saysNew(ctx, c, a.ID+"-"+p.ID, p.ID)
		if err != nil && !problem.Is(err, problem.Missing) {
			return nil, nil, err
		}
		out = append(out, says...)
	}
	return out, gone, nil
}

// takesBack takes back what went out of a post; also are inboxes beside those of followers.
func (s *Service) takesBack(ctx context.Context, c community.Community, p *community.Post, event string, also []string) ([]Outgoing, error) {
	all, err := s.all(ctx)
	if is := all[c.ID]; err != nil || p.At.Before(is.OnAt) {
		return nil, err
	}
	if strings.HasPrefix(p.Author, "acct:") {
		undo := Document{"id": s.eventID(ctx, c, event+"-undo"), "type": "Undo", "actor": s.GroupID(ctx, c), "to": []string{wire.Public}, "cc": []string{s.followersID(ctx, c)},
			"object": Document{"id": s.eventID(ctx, c, p.ID+"-announce"), "type": "Announce", "actor": s.GroupID(ctx, c), "object": p.ExternalID}}
		return []Outgoing{{ID: event + "-undo", Community: c.ID, Kind: "undo", All: true, Body: undo.with()}}, nil
	}
	v, found, err := s.community.Speaker(ctx, c, p.Author)
	if err != nil || !found {
		return nil, err
	}
	stone := Document{"id": s.postID(ctx, c, p.ID), "type": "Tombstone"}
	return []Outgoing{
		{ID: event + "-delete", Community: c.ID, Kind: "delete", All: true, Body: s.announced(ctx, c, event+"-delete", s.done(ctx, c, event+"-deleted", "Delete", v.Handle, stone))},
		{ID: event + "-deleted", Community: c.ID, Kind: "deleted", Signer: v.Handle, All: true, Also: also, Body: s.done(ctx, c, event+"-deleted", "Delete", v.Handle, stone).with()},
	}, nil
}

// takenBackAtOnce is how many posts of a member are taken back in one transaction.
const takenBackAtOnce = 500

// takeBack asks that all posts of a member be taken away, from the oldest on, so that what is said meanwhile is met too. Broken off, it is begun anew by asking
// once more.
func (s *Service) takeBack(ctx context.Context, m *org.Member) error {
	list, err := s.lively(ctx)
	if err != nil {
		return err
	}
	all, err := s.all(ctx)
	if err != nil {
		return err
	}
	for _, c := range list {
		for _, author := range []string{"mailto:" + m.Email, "member:" + m.ID} {
			for after, n := (community.Post{}), takenBackAtOnce; n == takenBackAtOnce; {
				posts, err := s.community.SaidBy(ctx, c, author, after, takenBackAtOnce)
				if err != nil {
					return err
				}
				var out []Outgoing
				var gone []string
				for i := range posts {
					gone = append(gone, posts[i].ID)
					if is := all[c.ID]; posts[i].At.Before(is.OnAt) {
						continue
					}
					says, err := s.saysNoMore(ctx, c, posts[i].ID, s.newID())
					if err != nil && !problem.Is(err, problem.Missing) {
						return err
					}
					out = append(out, says...)
				}
				if n = len(posts); n > 0 {
					after = posts[n-1]
				}
				if err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
					if err := s.forget(ctx, q, gone); err != nil {
						return err
					}
					return s.queue(ctx, q, out)
				}); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// forget lets go of the words of posts that are taken back, and of what waits to carry them out.
func (s *Service) forget(ctx context.Context, q db.Q, posts []string) error {
	for _, p := range posts {
		// What is on its way stays until it has ended, so that nothing passes it.
		if _, err := db.Exec(ctx, q, `DELETE FROM fediverse_delivery WHERE state <> 'sent' AND (lease_until IS NULL OR lease_until <= $1)
			AND event IN (SELECT id FROM fediverse_event WHERE post = $2 AND post <> '')`, db.T(s.Now()), p); err != nil {
			return fmt.Errorf("forget what waits: %w", err)
		}
		if _, err := db.Exec(ctx, q, "UPDATE fediverse_event SET body = '' WHERE post = $1 AND post <> ''", p); err != nil {
			return fmt.Errorf("forget what was said: %w", err)
		}
	}
	return nil
}

// queue keeps what is said and to whom it goes, in the caller's transaction; call Wake after the commit.
func (s *Service) queue(ctx context.Context, q db.Q, list []Outgoing) error {
	now := db.T(s.Now())
	for i, o := range list {
		inOrder := db.T(s.Now().Add(time.Duration(i) * time.Microsecond)) // in which they are delivered
		raw, err := json.Marshal(o.Body)
		if err != nil {
			return fmt.Errorf("write an activity: %w", err)
		}
		n, err := db.Exec(ctx, q, "INSERT INTO fediverse_event (id, community, kind, signer, post, body, at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING", o.ID, o.Community, o.Kind, o.Signer, o.Post, string(raw), now)
		if err != nil {
			return fmt.Errorf("keep an activity: %w", err)
		}
		if n == 0 {
			continue
		}
		inboxes := o.Also
		if o.All {
			all, err := db.All(ctx, q, db.Self[string], "SELECT DISTINCT inbox FROM fediverse_follower WHERE community = $1 ORDER BY inbox", o.Community)
			if err != nil {
				return fmt.Errorf("find who follows: %w", err)
			}
			for _, inbox := range inboxes {
				if !slices.Contains(all, inbox) {
					all = append(all, inbox)
				}
			}
			inboxes = all
		}
		rows := make([][]any, 0, len(inboxes))
		for _, inbox := range inboxes {
			rows = append(rows, []any{o.ID, inbox, strings.ToLower(wire.Host(inbox)), o.Community, "queued", now, inOrder, now})
		}
		if err := db.Insert(ctx, q, "fediverse_delivery (event, inbox, host, community, state, due_at, created_at, queued_at)", rows, "ON CONFLICT DO NOTHING"); err != nil {
			return fmt.Errorf("queue deliveries: %w", err)
		}
	}
	return nil
}
