package people

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/lang"
)

// Follower derives identities, persons, merges and the timeline.
func Follower() ledger.Follower {
	return ledger.Follower{Name: "people", Version: 3, Tables: []string{"identity", "person", "person_merge", "timeline", "consent"}, Apply: apply}
}

// crowd is what a batch changes, written once at its end.
type crowd struct {
	ctx      context.Context
	q        db.Q
	known    map[string]*Identity
	before   map[string]Identity // as they were read
	changed  map[string]bool
	persons  map[string]*Person
	dirty    map[string]bool
	timeline [][]any
}

func apply(ctx context.Context, q db.Q, list []ledger.Activity) error {
	var uris, about []string // those met, and those whose persons may be described
	for i := range list {
		a := &list[i]
		switch a.Kind {
		case ledger.PostSaid:
			s, err := a.Said()
			if err != nil {
				return err
			}
			if s.Ours {
				for _, to := range s.To {
					uris = append(uris, to.URI)
				}
			} else {
				uris = append(uris, a.Actor)
				if s.Direct && s.AuthorName != "" {
					about = append(about, a.Actor)
				}
			}
		case ledger.OrderPlaced:
			uris = append(uris, a.Actor)
			about = append(about, a.Actor)
		}
	}
	c := &crowd{ctx: ctx, q: q, changed: map[string]bool{}, persons: map[string]*Person{}, dirty: map[string]bool{}}
	var err error
	if c.known, err = identities(ctx, q, uris); err != nil {
		return fmt.Errorf("find identities: %w", err)
	}
	c.before = make(map[string]Identity, len(c.known))
	for uri, i := range c.known {
		c.before[uri] = *i
	}
	if err := c.prepare(about); err != nil {
		return fmt.Errorf("find persons: %w", err)
	}
	for i := range list {
		if err := c.take(&list[i]); err != nil {
			return err
		}
	}
	return c.write()
}

func (c *crowd) take(a *ledger.Activity) error {
	switch a.Kind {
	case ledger.PostSaid:
		s, err := a.Said()
		if err != nil {
			return err
		}
		if s.Ours {
			for _, to := range s.To {
				if somebody(to.URI) {
					c.meet(to.URI, to.Name, a.At)
					c.timeline = append(c.timeline, []any{to.URI, db.T(a.At), a.ID})
				}
			}
			return nil
		}
		if !somebody(a.Actor) {
			return nil
		}
		i := c.meet(a.Actor, s.AuthorName, a.At)
		i.Posts++
		if !s.Direct || s.Automatic != "" {
			return nil
		}
		if i.Person == "" {
			return c.add(id.From(a.ID, "person"), ledger.Person{Name: s.AuthorName, Lang: s.Lang, Identities: []ledger.Identity{{URI: a.Actor}}}, a.At)
		}
		if s.AuthorName == "" {
			return nil
		}
		p, err := c.person(i.Person)
		if err == nil && p != nil && p.Name == "" { // made of an order
			c.describe(p, ledger.Person{Name: s.AuthorName})
		}
		return err
	case ledger.OrderPlaced:
		if !somebody(a.Actor) {
			return nil
		}
		i := c.meet(a.Actor, "", a.At)
		c.timeline = append(c.timeline, []any{a.Actor, db.T(a.At), a.ID})
		if i.Person == "" {
			return c.add(id.From(a.ID, "person"), ledger.Person{Kinds: []string{"customer"}, Identities: []ledger.Identity{{URI: a.Actor}}}, a.At)
		}
		p, err := c.person(i.Person)
		if err != nil || p == nil {
			return err
		}
		c.describe(p, ledger.Person{Kinds: []string{"customer"}})
	case ledger.PersonAdded:
		var d ledger.Person
		if err := a.Decode(&d); err != nil {
			return err
		}
		if err := c.consentedIn(a, &d); err != nil {
			return err
		}
		return c.add(a.ID, d, a.At)
	case ledger.PersonDescribed:
		var d ledger.Person
		if err := a.Decode(&d); err != nil {
			return err
		}
		p, err := c.top(a.Object)
		if err != nil || p == nil {
			return err
		}
		c.describe(p, d)
		return c.link(p, d.Identities, a.At)
	case ledger.IdentityLinked, ledger.IdentityUnlinked:
		var d ledger.Identity
		if err := a.Decode(&d); err != nil {
			return err
		}
		p, err := c.top(a.Object)
		if err != nil || p == nil || !somebody(d.URI) {
			return err
		}
		i, err := c.find(d.URI, a.At)
		if err != nil {
			return err
		}
		if a.Kind == ledger.IdentityLinked {
			if i.Person != "" && i.Person != p.ID {
				if err := c.release(i); err != nil {
					return err
				}
				i.Verified = false
			}
			i.Person, i.Verified = p.ID, i.Verified || d.Verified
			return nil
		}
		if i.Person != p.ID {
			return nil
		}
		if err := c.release(i); err != nil {
			return err
		}
		i.Person, i.Verified = "", false
	case ledger.PersonMerged:
		return c.merge(a)
	case ledger.PersonConsented:
		return c.consented(a)
	case ledger.PersonUnmerged:
		return c.unmerge(a)
	}
	return nil
}

// somebody says whether an identity is one of people: what nobody signed is stated under the name of its channel, and members are not met here.
func somebody(uri string) bool {
	return uri != "" && !strings.HasPrefix(uri, "channel:") && !strings.HasPrefix(uri, "member:")
}

// meet notes that an identity, read at the batch's beginning, was met.
func (c *crowd) meet(uri, name string, at time.Time) *Identity {
	i := c.known[uri]
	if i == nil {
		i = &Identity{URI: uri, FirstAt: at, LastAt: at}
		c.known[uri] = i
	}
	c.changed[uri] = true
	if name != "" {
		i.Name = name
	}
	if at.Before(i.FirstAt) {
		i.FirstAt = at
	}
	if at.After(i.LastAt) {
		i.LastAt = at
	}
	return i
}

// find is meet for one that may not have been read yet and is not met, only spoken of.
func (c *crowd) find(uri string, at time.Time) (*Identity, error) {
	if c.known[uri] == nil {
		got, err := identities(c.ctx, c.q, []string{uri})
		if err != nil {
			return nil, err
		}
		if c.known[uri] = got[uri]; got[uri] == nil {
			c.known[uri] = &Identity{URI: uri, FirstAt: at, LastAt: at}
		}
	}
	c.changed[uri] = true
	return c.known[uri], nil
}

// person reads a person; nil when there is none, which a fact about somebody unknown can do nothing about.
func (c *crowd) person(id string) (*Person, error) {
	if p, ok := c.persons[id]; ok {
		return p, nil
	}
	p, found, err := db.One(c.ctx, c.q, personFields, "SELECT "+personColumns+" FROM person WHERE id = $1", id)
	if err != nil || !found {
		return nil, err
	}
	c.persons[id] = &p
	return &p, nil
}

// prepare reads the persons of these identities at once.
func (c *crowd) prepare(uris []string) error {
	var ids []string
	for _, uri := range uris {
		if i := c.known[uri]; i != nil && i.Person != "" {
			ids = append(ids, i.Person)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	list, err := db.All(c.ctx, c.q, personFields, "SELECT "+personColumns+" FROM person WHERE id IN "+db.Among(c.q, "$1"), db.Texts(ids))
	for i := range list {
		c.persons[list[i].ID] = &list[i]
	}
	return err
}

// top is the person that this one is merged into, itself when it is not; nil when there is none.
func (c *crowd) top(id string) (*Person, error) {
	for {
		p, err := c.person(id)
		if err != nil || p == nil || p.MergedInto == "" {
			return p, err
		}
		id = p.MergedInto
	}
}

// add makes a person, unless one of the identities belongs to somebody already: then it is about them.
func (c *crowd) add(id string, d ledger.Person, at time.Time) error {
	for _, known := range d.Identities {
		if !somebody(known.URI) {
			continue
		}
		i, err := c.find(known.URI, at)
		if err != nil {
			return err
		}
		if i.Person != "" {
			p, err := c.person(i.Person)
			if err != nil || p == nil {
				return err
			}
			c.describe(p, d)
			return c.link(p, d.Identities, at)
		}
	}
	p := &Person{ID: id, Since: at, Kinds: []string{}}
	c.persons[id] = p
	c.describe(p, d)
	c.dirty[id] = true
	return c.link(p, d.Identities, at)
}

// link gives a person the identities that nobody has.
func (c *crowd) link(p *Person, list []ledger.Identity, at time.Time) error {
	for _, d := range list {
		if !somebody(d.URI) {
			continue
		}
		i, err := c.find(d.URI, at)
		if err != nil {
			return err
		}
		if i.Person == "" {
			i.Person = p.ID
		}
		if i.Person == p.ID && d.Verified {
			i.Verified = true
		}
	}
	return nil
}

// describe adds what d says; what it leaves out stays.
func (c *crowd) describe(p *Person, d ledger.Person) {
	before := *p
	set := func(to *string, v string) {
		if v != "" {
			*to = v
		}
	}
	set(&p.Name, d.Name)
	set(&p.Organisation, d.Organisation)
	set(&p.Title, d.Title)
	set(&p.Lang, d.Lang)
	set(&p.Note, d.Note)
	p.Firm = p.Firm || d.Firm
	kinds := slices.Clone(p.Kinds)
	for _, k := range d.Kinds {
		if !slices.Contains(kinds, k) {
			kinds = append(kinds, k)
		}
	}
	p.Kinds = slices.DeleteFunc(kinds, func(k string) bool { return slices.Contains(d.NotKinds, k) })
	if !slices.Equal(before.Kinds, p.Kinds) || before.Name != p.Name || before.Organisation != p.Organisation || before.Title != p.Title ||
		before.Lang != p.Lang || before.Note != p.Note || before.Firm != p.Firm {
		c.dirty[p.ID] = true
	}
}

func (c *crowd) write() error {
	var rows, again, later [][]any
	for _, uri := range sorted(c.changed) {
		i := c.known[uri]
		switch was, known := c.before[uri]; {
		case !known || was.Person != i.Person || was.Verified != i.Verified || !was.FirstAt.Equal(i.FirstAt):
			rows = append(rows, []any{i.URI, i.Name, i.Person, db.B(i.Verified), i.Posts, db.T(i.FirstAt), db.T(i.LastAt)})
		case was.LastAt.Equal(i.LastAt):
			again = append(again, []any{i.Name, i.Posts, i.URI})
		default:
			later = append(later, []any{i.Name, i.Posts, db.T(i.LastAt), i.URI})
		}
	}
	if err := db.Insert(c.ctx, c.q, "identity ("+identityColumns+")", rows, `ON CONFLICT (uri) DO UPDATE SET name = excluded.name,
		person = excluded.person, verified = excluded.verified, posts = excluded.posts, first_at = excluded.first_at, last_at = excluded.last_at`); err != nil {
		return err
	}
	// Of one that was only met again nothing is written that is in an index, but for the time when that moved.
	if err := db.Update(c.ctx, c.q, "identity", []string{"name", "posts"}, []string{"uri"}, again); err != nil {
		return err
	}
	if err := db.Update(c.ctx, c.q, "identity", []string{"name", "posts", "last_at"}, []string{"uri"}, later); err != nil {
		return err
	}
	rows = nil
	for _, id := range sorted(c.dirty) {
		p := c.persons[id]
		rows = append(rows, []any{p.ID, p.Name, Folded(p.Name), p.Organisation, p.Title, db.J(p.Kinds), p.Lang, p.Note, db.B(p.Firm), db.T(p.Since), p.MergedInto})
	}
	if err := db.Insert(c.ctx, c.q, "person (id, name, folded, organisation, title, kinds, lang, note, firm, since, merged_into)", rows,
		`ON CONFLICT (id) DO UPDATE SET name = excluded.name, folded = excluded.folded, organisation = excluded.organisation, title = excluded.title,
		kinds = excluded.kinds, lang = excluded.lang, note = excluded.note, firm = excluded.firm, merged_into = excluded.merged_into`); err != nil {
		return err
	}
	return db.Insert(c.ctx, c.q, "timeline (identity, at, activity)", c.timeline, "ON CONFLICT DO NOTHING")
}

func sorted(set map[string]bool) []string {
	out := make([]string, 0, len(set))
	for k := range set {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

// Folded is a name as it is looked up: lower case, without accents.
func Folded(name string) string { return strings.Join(strings.Fields(lang.Fold(name)), " ") }
