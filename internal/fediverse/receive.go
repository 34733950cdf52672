package fediverse

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/fediverse/signature"
	"github.com/entente/entente/internal/fediverse/wire"
	"github.com/entente/entente/internal/problem"
)

// Call is a request to an inbox of ours.
type Call struct {
	Request *http.Request
	URI     string // path and query as they came
	Body    []byte
	Network string // address it came from
}

// How much others may send: an address before it proves anything, and an instance.
const (
	strangersAtOnce, strangersAMinute = 60, 120
	hostsAtOnce, hostsAMinute         = 300, 600
)

func bad(key string, err error) error { return problem.New(problem.Invalid, key).Because(err) }

func unproven(err error) error {
	return problem.New(problem.Unauthenticated, "fediverse.unproven").Because(err)
}

// Receive takes in what somebody of elsewhere sends, once they have proved who they are. What it returns nil for is done, was done before, or is none of our
// business.
func (s *Service) Receive(ctx context.Context, call Call) error {
	now := s.clock()
	places, err := s.lively(ctx)
	if err != nil {
		return err
	}
	if len(places) == 0 {
		return notFound()
	}
	n, err := wire.Parse(call.Body)
	switch {
	case errors.Is(err, wire.ErrLarge):
		return problem.New(problem.TooLarge, "problem.too_large", "Limit", "256 kB")
	case err != nil:
		return bad("fediverse.unreadable", err)
	case n.ID == "" || n.Actor == "" || n.Type == "":
		return bad("fediverse.unreadable", wire.ErrMalformed)
	}
	if !s.ours(ctx, call.Request.Host) {
		return unproven(errors.New("the request was signed for another host"))
	}
	claim, err := signature.Read(call.Request, call.URI, call.Body, now)
	if err != nil {
		return unproven(err)
	}
	host := wire.Host(n.Actor)
	if wire.Host(claim.KeyID) != host || wire.Host(n.ID) != host {
		return unproven(errors.New("the key, the actor and the activity are of different hosts"))
	}
	if err := s.allBarred(ctx, places, host, ""); err != nil {
		return err
	}
	who, err := s.prove(ctx, claim, n, call.Network)
	if err != nil || who.URI == "" {
		return err
	}
	if err := s.pace.take(now, "host:"+host, hostsAtOnce, hostsAMinute); err != nil {
		return err
	}
	if _, seen, err := db.Value[string](ctx, s.db.Read(), "SELECT activity FROM fediverse_seen WHERE activity = $1", n.ID); err != nil || seen {
		return err
	}
	if err := s.allBarred(ctx, places, host, who.Handle); err != nil {
		return err
	}
	if err := s.take(ctx, places, &who, n); err != nil {
		return err
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error { return s.saw(ctx, q, n.ID) })
}

// saw notes that an activity was taken in.
func (s *Service) saw(ctx context.Context, q db.Q, activity string) error {
	if _, err := db.Exec(ctx, q, "INSERT INTO fediverse_seen (activity, at) VALUES ($1, $2) ON CONFLICT DO NOTHING", activity, db.T(s.Now())); err != nil {
		return fmt.Errorf("note what was taken in: %w", err)
	}
	return nil
}

// allBarred refuses who is let in nowhere.
func (s *Service) allBarred(ctx context.Context, places []community.Community, host, handle string) error {
	for _, c := range places {
		b, err := s.barred(ctx, c.ID, host, handle)
		if err != nil || b == nil {
			return err
		}
	}
	return problem.New(problem.Forbidden, "fediverse.barred")
}

// prove finds whose signature it is, and holds it against their key; against the one they have now, when they have changed it. An actor whose account is gone
// cannot prove it: when they were never met here, there is nothing to do.
func (s *Service) prove(ctx context.Context, claim signature.Claim, n *wire.Node, network string) (Actor, error) {
	keyID := wire.Address(claim.KeyID)
	known, met, err := s.known(ctx, "key_id", keyID)
	if err != nil {
		return Actor{}, err
	}
	if !met {
		if n.Is("Delete") && n.Object != nil && n.Object.ID == n.Actor {
			return Actor{}, nil
		}
		if err := s.pace.take(s.clock(), "net:"+network, strangersAtOnce, strangersAMinute); err != nil {
			return Actor{}, err
		}
	}
	for _, fresh := range []bool{false, true} {
		who := known
		if !(n.Is("Delete") && met) { // who leaves has no document any more
			if who, err = s.whose(ctx, keyID, fresh); err != nil {
				return Actor{}, unproven(err)
			}
		}
		key, err := signature.Public(who.Key)
		if err != nil {
			return Actor{}, unproven(err)
		}
		if err = claim.Verify(key); err == nil {
			if who.URI != n.Actor {
				return Actor{}, unproven(errors.New("the key is another actor's"))
			}
			return who, nil
		}
		if fresh {
			return Actor{}, unproven(err)
		}
	}
	return Actor{}, unproven(signature.ErrForged)
}

// take does what an activity says.
func (s *Service) take(ctx context.Context, places []community.Community, who *Actor, n *wire.Node) error {
	switch n.Type {
	case "Follow":
		return s.follow(ctx, places, who, n)
	case "Undo":
		return s.undo(ctx, places, who, n)
	case "Create":
		return s.create(ctx, places, who, n)
	case "Update":
		return s.update(ctx, places, who, n)
	case "Delete":
		return s.delete(ctx, places, who, n)
	case "Like":
		return s.like(ctx, places, who, n, true)
	case "Flag":
		return s.flag(ctx, places, who, n)
	}
	return nil
}

// group finds the community that an address names.
func (s *Service) group(ctx context.Context, places []community.Community, address string) (community.Community, bool) {
	for _, c := range places {
		if address != "" && strings.TrimRight(address, "/") == s.base(ctx, c) {
			return c, true
		}
	}
	return community.Community{}, false
}

func (s *Service) follow(ctx context.Context, places []community.Community, who *Actor, n *wire.Node) error {
	if n.Object == nil {
		return bad("fediverse.unreadable", wire.ErrMalformed)
	}
	c, found := s.group(ctx, places, n.Object.ID)
	if !found { // members are not followed, communities are
		return s.reject(ctx, places, who, n)
	}
	if err := s.refuseBarred(ctx, &c, who); err != nil {
		return err
	}
	event := s.newID()
	group := s.GroupID(ctx, c)
	accept := Document{"id": s.eventID(ctx, c, event), "type": "Accept", "actor": group, "to": []string{who.URI},
		"object": Document{"id": n.ID, "type": "Follow", "actor": who.URI, "object": n.Object.ID}}.with()
	err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if _, err := db.Exec(ctx, q, `INSERT INTO fediverse_follower (community, actor, host, inbox, at) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (community, actor) DO UPDATE SET inbox = excluded.inbox`, c.ID, who.URI, who.Host, who.door(), db.T(s.Now())); err != nil {
			return fmt.Errorf("keep a follower: %w", err)
		}
		if err := s.saw(ctx, q, n.ID); err != nil {
			return err
		}
		return s.queue(ctx, q, []Outgoing{{ID: event, Community: c.ID, Kind: "accept", Body: accept, Also: []string{who.Inbox}}})
	})
	if err == nil {
		s.Wake()
	}
	return err
}

// reject says that a member cannot be followed.
func (s *Service) reject(ctx context.Context, places []community.Community, who *Actor, n *wire.Node) error {
	for _, c := range places {
		handle, ours := strings.CutPrefix(n.Object.ID, s.personID(ctx, c, ""))
		if !ours {
			continue
		}
		if _, err := s.speaks(ctx, c, handle); err != nil {
			return nil // nobody of ours: nothing is said
		}
		event := s.newID()
		return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
			return s.queue(ctx, q, []Outgoing{{ID: event, Community: c.ID, Kind: "reject", Signer: handle, Also: []string{who.Inbox}, Body: Document{"id": s.eventID(ctx, c, event), "type": "Reject",
				"actor": n.Object.ID, "to": []string{who.URI}, "object": Document{"id": n.ID, "type": "Follow", "actor": who.URI, "object": n.Object.ID}}.with()}})
		})
	}
	return nil
}

// refuseBarred refuses who is kept out of a community.
func (s *Service) refuseBarred(ctx context.Context, c *community.Community, who *Actor) error {
	b, err := s.barred(ctx, c.ID, who.Host, who.Handle)
	if err == nil && b != nil {
		err = problem.New(problem.Forbidden, "fediverse.barred")
	}
	return err
}

func (s *Service) undo(ctx context.Context, places []community.Community, who *Actor, n *wire.Node) error {
	if n.Object == nil {
		return bad("fediverse.unreadable", wire.ErrMalformed)
	}
	if n.Object.Actor != "" && n.Object.Actor != who.URI {
		return unproven(errors.New("what is undone is another's"))
	}
	switch n.Object.Type {
	case "Follow":
		if n.Object.Object == nil {
			return nil
		}
		c, found := s.group(ctx, places, n.Object.Object.ID)
		if !found {
			return nil
		}
		return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
			_, err := db.Exec(ctx, q, "DELETE FROM fediverse_follower WHERE community = $1 AND actor = $2", c.ID, who.URI)
			return err
		})
	case "Like":
		return s.like(ctx, places, who, n.Object, false)
	}
	return nil
}

// target is a post of ours, or of a guest here, that an address names.
func (s *Service) target(ctx context.Context, places []community.Community, address string) (community.Community, community.Post, bool, error) {
	o, err := s.community.Sees(stranger(ctx), nil)
	if err != nil {
		return community.Community{}, community.Post{}, false, err
	}
	address = wire.Document(address)
	for _, c := range places {
		name := address
		if rest, ours := strings.CutPrefix(address, s.base(ctx, c)+"/"); ours {
			parts := strings.Split(rest, "/")
			if len(parts) < 2 || parts[0] != "p" && parts[0] != "t" {
				continue
			}
			name = parts[1]
		}
		p, _, err := s.community.Post(ctx, o, c.ID, name)
		if problem.Is(err, problem.Missing) {
			continue
		}
		return c, p, err == nil, err
	}
	return community.Community{}, community.Post{}, false, nil
}

// said finds what an activity is about, in the words of the one who said it: what it brings itself when it is of the same host, else what that host says.
func (s *Service) said(ctx context.Context, who *Actor, n *wire.Node) (*wire.Node, error) {
	o := n.Object
	if o == nil || o.ID == "" {
		return nil, bad("fediverse.unreadable", wire.ErrMalformed)
	}
	if wire.Host(o.ID) != who.Host {
		return nil, unproven(errElsewhere)
	}
	if o.Type == "" {
		got, err := s.document(ctx, o.ID)
		if err != nil {
			return nil, unproven(err)
		}
		o = got
	}
	if o.AttributedTo != who.URI {
		return nil, unproven(errors.New("it is attributed to somebody else"))
	}
	if wire.Host(o.ID) != who.Host {
		return nil, unproven(errElsewhere)
	}
	return o, nil
}

// sayable are the kinds of objects that are posts here.
func sayable(o *wire.Node) bool { return o.Is("Note", "Page", "Article", "Question") }

// body is what an object says, as our Markdown. What comes with it is named and not loaded.
func body(o *wire.Node) string {
	parts := []string{}
	if o.Summary != "" {
		parts = append(parts, wire.Markdown("<p><strong>"+escapeHTML(o.Summary)+"</strong></p>"))
	}
	if o.Content != "" {
		parts = append(parts, wire.Markdown(o.Content))
	}
	for _, a := range o.Attachments {
		if !strings.ContainsAny(a.URL, "<>()\\ ") {
			parts = append(parts, wire.Link(a.Name, a.URL))
		}
	}
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), "\n\n")
}

// quiet tells what is the sender's own matter: it is no fault of ours, and they need not send it again.
func quiet(err error) error {
	switch problem.Of(err).Code {
	case problem.Internal, problem.Busy, problem.Unauthenticated:
		return err
	}
	return nil
}

func (s *Service) create(ctx context.Context, places []community.Community, who *Actor, n *wire.Node) error {
	o, err := s.said(ctx, who, n)
	if err != nil {
		return err
	}
	if !sayable(o) || !o.Open() { // what is not for everybody does not stand here
		return nil
	}
	in := community.Saying{Key: o.ID, Body: body(o), Lang: o.Lang}
	var c community.Community
	found := false
	for _, to := range o.InReplyTo {
		var p community.Post
		if c, p, found, err = s.target(ctx, places, to); err != nil {
			return err
		}
		if in.Reply = p.ID; found {
			break
		}
	}
	if !found && len(o.InReplyTo) == 0 {
		for _, to := range append(o.To, n.To...) {
			if c, found = s.group(ctx, places, to); found {
				break
			}
		}
		p, _, err := s.live(ctx, c.ID)
		if !found || err != nil || p.Space == "" {
			return nil
		}
		in.Space, in.Title = p.Space, o.Name
		if in.Title == "" {
			in.Title = titleOf(in.Body)
		}
	}
	if !found {
		return nil // a conversation that is not ours
	}
	if err := s.refuseBarred(ctx, &c, who); err != nil {
		return err
	}
	g, err := s.guest(ctx, who, &c)
	if err != nil {
		return err
	}
	_, _, err = s.community.GuestSays(ctx, c.ID, g, in)
	return quiet(err)
}

// titleOf is the beginning of what was said without a title.
func titleOf(body string) string {
	line := community.Excerpt(body)
	if r := []rune(line); len(r) > 90 {
		line = strings.TrimSpace(string(r[:89])) + "…"
	}
	return line
}

// each does something for the community where something stands; in none, nothing.
func (s *Service) each(ctx context.Context, places []community.Community, who *Actor, do func(c *community.Community, g community.Guest) error) error {
	for i := range places {
		c := &places[i]
		if b, err := s.barred(ctx, c.ID, who.Host, who.Handle); err != nil {
			return err
		} else if b != nil {
			continue
		}
		g, err := s.guest(ctx, who, c)
		if err != nil {
			return err
		}
		if err := quiet(do(c, g)); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) update(ctx context.Context, places []community.Community, who *Actor, n *wire.Node) error {
	if n.Object != nil && n.Object.ID == who.URI { // they changed what they say they are
		got, err := s.document(ctx, who.URI)
		if err != nil {
			return quietly(err)
		}
		if got.ID != who.URI || got.KeyOwner != who.URI || wire.Host(got.KeyID) != who.Host {
			return unproven(errElsewhere)
		}
		_, err = s.meet(ctx, got)
		return quietly(err)
	}
	o, err := s.said(ctx, who, n)
	if err != nil || !sayable(o) || !o.Open() {
		return err
	}
	return s.each(ctx, places, who, func(c *community.Community, g community.Guest) error {
		changed, err := s.community.GuestEdits(ctx, c.ID, g, community.Saying{Key: o.ID, Title: o.Name, Body: body(o), Lang: o.Lang})
		if err != nil || !changed {
			return err
		}
		return s.tellsOn(ctx, *c, who, n, o.ID)
	})
}

// tellsOn lets those who follow a community know that somebody of elsewhere changed what stands there: who wants the words asks where they were said.
func (s *Service) tellsOn(ctx context.Context, c community.Community, who *Actor, n *wire.Node, object string) error {
	event := s.newID() + "-edit"
	update := Document{"id": n.ID, "type": "Update", "actor": who.URI, "object": object, "to": []string{wire.Public}, "cc": []string{s.GroupID(ctx, c)}, "audience": s.GroupID(ctx, c)}
	err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		return s.queue(ctx, q, []Outgoing{{ID: event, Community: c.ID, Kind: "edit", All: true, Body: s.announced(ctx, c, event, update)}})
	})
	if err == nil {
		s.Wake()
	}
	return err
}

// quietly keeps faults of the world outside from being ours.
func quietly(err error) error {
	if err != nil && problem.Of(err).Code == problem.Internal {
		return unproven(err)
	}
	return err
}

func (s *Service) delete(ctx context.Context, places []community.Community, who *Actor, n *wire.Node) error {
	if n.Object == nil || n.Object.ID == "" {
		return bad("fediverse.unreadable", wire.ErrMalformed)
	}
	if wire.Host(n.Object.ID) != who.Host {
		return unproven(errElsewhere)
	}
	if n.Object.ID != who.URI {
		return s.each(ctx, places, who, func(c *community.Community, g community.Guest) error {
			return s.community.GuestTakesAway(ctx, c.ID, g, n.Object.ID)
		})
	}
	if err := s.each(ctx, places, who, func(c *community.Community, g community.Guest) error {
		_, err := s.community.GuestLeaves(ctx, c.ID, g)
		return err
	}); err != nil {
		return err
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, "DELETE FROM fediverse_follower WHERE actor = $1", who.URI)
		return err
	})
}

func (s *Service) like(ctx context.Context, places []community.Community, who *Actor, n *wire.Node, useful bool) error {
	if n.Object == nil {
		return bad("fediverse.unreadable", wire.ErrMalformed)
	}
	c, p, found, err := s.target(ctx, places, n.Object.ID)
	if err != nil || !found {
		return err
	}
	if err := s.refuseBarred(ctx, &c, who); err != nil {
		return err
	}
	g, err := s.guest(ctx, who, &c)
	if err != nil {
		return err
	}
	return quiet(s.community.GuestVotes(ctx, c.ID, g, p.ID, useful))
}

func (s *Service) flag(ctx context.Context, places []community.Community, who *Actor, n *wire.Node) error {
	words := n.Content
	if words != "" {
		words = community.Excerpt(wire.Markdown(words))
	}
	for _, o := range n.Objects {
		c, p, found, err := s.target(ctx, places, o.ID)
		if err != nil {
			return err
		}
		if !found {
			continue
		}
		if err := s.refuseBarred(ctx, &c, who); err != nil {
			return err
		}
		g, err := s.guest(ctx, who, &c)
		if err != nil {
			return err
		}
		if err := quiet(s.community.GuestFlags(ctx, c.ID, g, p.ID, words)); err != nil {
			return err
		}
	}
	return nil
}
