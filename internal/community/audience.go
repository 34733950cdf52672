package community

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/org"
)

// Reach is how far somebody gets in a space.
type Reach int

// How far somebody gets, each with what stands before it.
const (
	Nothing   Reach = iota // they do not learn that it is there
	Knows                  // that it is there, what it is called and what it is for
	Reads                  // what is said there
	Writes                 // they say something there
	Moderates              // they look after what is said there, and who is in it
)

// Sight is what whoever asks may see of all communities. Every page, list, count, search, feed, mail and export asks it, and nothing else
// decides. It is a value of the moment it was made.
type Sight struct {
	Member string // id of who asks, "" for nobody signed in

	all    *Map
	places map[string]standing // by id of the community: those that are seen
	spaces map[string]Reach    // by id of the space: those that are known
	// by id of the community: whoever asks was invited, or asked to be let in
	waiting map[string]State
}

// standing is where somebody stands in a community that they see.
type standing struct {
	in     bool // has joined
	writes bool // may take part, joining by that
	state  State
}

// Map is all communities and their spaces.
type Map struct {
	Communities []Community
	Spaces      []Space // by community and position
	slugs       map[string]int
	hosts       map[string]int
	ids         map[string]int
	spaces      map[string]int
	former      formers
}

// all reads the communities and their spaces.
func (s *Service) all(ctx context.Context, q db.Q) (*Map, error) {
	list, err := db.All(ctx, q, communityFields, "SELECT "+communityColumns+" FROM community c ORDER BY c.created_at, c.id")
	if err != nil {
		return nil, fmt.Errorf("read the communities: %w", err)
	}
	spaces, err := db.All(ctx, q, spaceFields, "SELECT "+spaceColumns+" FROM community_space s ORDER BY s.community, s.position, s.id")
	if err != nil {
		return nil, fmt.Errorf("read the spaces: %w", err)
	}
	former, err := readFormers(ctx, q)
	if err != nil {
		return nil, err
	}
	m := &Map{Communities: list, Spaces: spaces, former: former, slugs: map[string]int{}, hosts: map[string]int{}, ids: map[string]int{}, spaces: map[string]int{}}
	for i, c := range list {
		m.slugs[c.Slug], m.ids[c.ID] = i, i
		if c.Host != "" {
			m.hosts[c.Host] = i
		}
	}
	for i, sp := range spaces {
		m.spaces[sp.ID] = i
	}
	return m, nil
}

// Sees decides what whoever asks in ctx may see. It reads by q in a transaction; with q nil it takes what is kept as long as nothing is
// committed.
//
// A community is seen by its audience (everybody, who is of a kind, who is in a group), by who has joined it, and by staff (org.CommunityRead). In one that is seen, an open space is read by
// all of them, one on request by its members, and known to all; one by invitation is known to all and read by its members; a hidden one is
// known to its members and to those invited. Staff who moderate (org.CommunityModerate) do so in open spaces and in those on request. Those
// who make communities (org.CommunityEdit) know of every space, to be able to look after it, and read no closed one unless they are in it.
func (s *Service) Sees(ctx context.Context, q db.Q) (Sight, error) {
	m := org.Who(ctx)
	who := "" // of the token: a token that may not read communities gives no more than nobody has
	if m != nil && m.May(org.SignedIn) {
		who = m.ID
	}
	var (
		out   = Sight{Member: who, places: map[string]standing{}, spaces: map[string]Reach{}, waiting: map[string]State{}}
		own   []Membership
		kinds []string
		err   error
	)
	readKinds := func(ctx context.Context, q db.Q) ([]string, error) {
		var kinds []string
		_, _, err := db.One(ctx, q, func(_ *struct{}) []any { return []any{db.JSON(&kinds)} },
			"SELECT p.kinds FROM identity i JOIN person p ON p.id = i.person WHERE i.uri = $1", "mailto:"+m.Email)
		return kinds, err
	}
	if q != nil {
		out.all, err = s.all(ctx, q)
	} else {
		out.all, err = s.Map(ctx)
	}
	if err != nil {
		return Sight{}, err
	}
	if who != "" {
		if q != nil {
			own, err = ties(ctx, q, who)
		} else {
			own, err = s.tiesOf(ctx, who)
		}
		if err != nil {
			return Sight{}, err
		}
		if slices.ContainsFunc(out.all.Communities, func(c Community) bool { return c.Audience == ByKind }) {
			if q != nil {
				kinds, err = readKinds(ctx, q)
			} else {
				kinds, err = s.kindly.Read(ctx, s.db, m.Email, func(ctx context.Context) ([]string, error) { return readKinds(ctx, s.db.Read()) })
			}
			if err != nil {
				return Sight{}, fmt.Errorf("read the kinds of somebody: %w", err)
			}
		}
	}
	out.decide(rights{read: may(ctx, org.CommunityRead), edit: may(ctx, org.CommunityEdit), moderate: may(ctx, org.CommunityModerate)}, own, kinds)
	if who != "" && m.Role == org.Plain {
		bans, err := s.sanctionsOf(ctx, q, who)
		if err != nil {
			return Sight{}, err
		}
		out.restrain(bans, s.Now())
	}
	return out, nil
}

func may(ctx context.Context, p org.Permission) bool { return org.Require(ctx, p) == nil }

type rights struct{ read, edit, moderate bool }

// decide is the decision itself, without any reading.
func (o *Sight) decide(r rights, ties []Membership, kinds []string) {
	type key struct{ community, space string }
	tie := map[key]Membership{}
	for _, t := range ties {
		tie[key{t.Community, t.Space}] = t
	}
	for i := range o.all.Communities {
		c := &o.all.Communities[i]
		own := tie[key{c.ID, ""}]
		in := own.State == In
		o.waiting[c.ID] = own.State
		kind := c.Audience == ByKind && slices.ContainsFunc(kinds, func(k string) bool { return slices.Contains(c.Kinds, k) })
		kind = kind || c.Audience == ByGroup && slices.ContainsFunc(c.Groups, func(g string) bool {
			i, found := o.all.spaces[g]
			return found && tie[key{o.all.Spaces[i].Community, g}].State == In
		})
		seen := c.Audience == Everybody || in || kind || r.read
		if !c.ClosedAt.IsZero() {
			seen = r.edit
		}
		if !seen {
			continue
		}
		open := c.ClosedAt.IsZero()
		o.places[c.ID] = standing{in: in, state: own.State,
			writes: open && o.Member != "" && (in || kind || r.read || c.Audience == Everybody && c.SignUp == Open)}
	}
	for i := range o.all.Spaces {
		sp := &o.all.Spaces[i]
		st, seen := o.places[sp.Community]
		if !seen {
			continue
		}
		t := tie[key{sp.Community, sp.ID}]
		if reach := reachOf(sp, st, t, r); reach > Nothing {
			o.spaces[sp.ID] = reach
		}
	}
}

// reachOf decides how far somebody who sees the community gets in a space of it.
func reachOf(sp *Space, st standing, t Membership, r rights) Reach {
	reach := Nothing
	raise := func(to Reach, when bool) {
		if when {
			reach = max(reach, to)
		}
	}
	raise(Knows, sp.Access != Hidden || t.State == Awaited || r.edit)
	raise(Reads, sp.Access == OpenSpace)
	raise(Writes, sp.Access == OpenSpace && st.writes)
	raise(Writes, t.State == In)
	raise(Moderates, t.State == In && t.Role == Moderator)
	raise(Moderates, r.moderate && sp.Listened())
	if !sp.ArchivedAt.IsZero() && reach == Writes {
		reach = Reads
	}
	return reach
}

// Map gives all communities and spaces, also what whoever asks may not see: for those who decide, never for a page.
func (s *Service) Map(ctx context.Context) (*Map, error) {
	return s.maps.Read(ctx, s.db, "", func(ctx context.Context) (*Map, error) { return s.all(ctx, s.db.Read()) })
}

// May reports whether what is said in the space may be read.
func (o Sight) May(space string) bool { return o.spaces[space] >= Reads }

// Reach is how far whoever asks gets in the space.
func (o Sight) Reach(space string) Reach { return o.spaces[space] }

// Communities lists the communities that are seen.
func (o Sight) Communities() []Community {
	var out []Community
	for _, c := range o.all.Communities {
		if _, seen := o.places[c.ID]; seen {
			out = append(out, c)
		}
	}
	return out
}

// Community finds a community that is seen by its slug.
func (o Sight) Community(slug string) (c Community, seen bool) {
	i, found := o.all.slugs[slug]
	if !found {
		return Community{}, false
	}
	c = o.all.Communities[i]
	_, seen = o.places[c.ID]
	return c, seen
}

// ByID finds a community that is seen by its id.
func (o Sight) ByID(community string) (c Community, seen bool) {
	i, found := o.all.ids[community]
	if !found {
		return Community{}, false
	}
	c = o.all.Communities[i]
	_, seen = o.places[c.ID]
	return c, seen
}

// Joined reports whether whoever asks has joined the community.
func (o Sight) Joined(community string) bool { return o.places[community].in }

// Standing is whether whoever asks has joined the community, has asked to, or was invited; "" for none of these.
func (o Sight) Standing(community string) State { return o.places[community].state }

// MayWrite reports whether whoever asks may say something in the space.
func (o Sight) MayWrite(space string) bool { return o.spaces[space] >= Writes }

// MayModerate reports whether whoever asks looks after the space.
func (o Sight) MayModerate(space string) bool { return o.spaces[space] >= Moderates }

// Spaces lists the spaces of a community that are known, in their order.
func (o Sight) Spaces(community string) []Space {
	var out []Space
	for _, sp := range o.all.Spaces {
		if sp.Community == community && o.spaces[sp.ID] > Nothing {
			out = append(out, sp)
		}
	}
	return out
}

// Space finds a space that is known by its slug.
func (o Sight) Space(community, slug string) (Space, bool) {
	for _, sp := range o.all.Spaces {
		if sp.Community == community && sp.Slug == slug {
			return sp, o.spaces[sp.ID] > Nothing
		}
	}
	return Space{}, false
}

// SpaceByID finds a space that is known.
func (o Sight) SpaceByID(space string) (Space, bool) {
	i, found := o.all.spaces[space]
	if !found || o.spaces[space] == Nothing {
		return Space{}, false
	}
	return o.all.Spaces[i], true
}

// Readable lists the ids of the spaces whose posts may be read, sorted; of one community, or of all when community is "".
func (o Sight) Readable(community string) []string {
	var out []string
	for _, sp := range o.all.Spaces {
		if o.spaces[sp.ID] >= Reads && (community == "" || sp.Community == community) {
			out = append(out, sp.ID)
		}
	}
	slices.Sort(out)
	return out
}

// Where narrows to rows of spaces that may be read: column holds the id of a space.
func (o Sight) Where(q db.Q, w *db.Where, column string) {
	w.And(column + " IN " + db.Among(q, w.Arg(db.Texts(o.Readable("")))))
}

// Key names what may be read, for what is kept: two with one key may read the same spaces.
func (o Sight) Key() string { return strings.Join(o.Readable(""), " ") }

// Shows reports whether the community tells whoever asks that it is there, so that they can sign in, sign up or ask to be let in. One for invited
// people alone does not, and neither does one that is closed.
func (o Sight) Shows(community string) bool {
	if _, seen := o.places[community]; seen {
		return true
	}
	i, found := o.all.ids[community]
	if !found {
		return false
	}
	c := &o.all.Communities[i]
	return c.ClosedAt.IsZero() && (c.Audience != Invited || o.waiting[c.ID] != "")
}

// BySlug finds a community, seen or not, by the slug it has or had.
func (m *Map) BySlug(slug string) (Community, bool) {
	i, found := m.slugs[slug]
	if !found {
		i, found = m.ids[m.former.slugs[slug]]
	}
	if !found {
		return Community{}, false
	}
	return m.Communities[i], true
}

// ByHost finds the community that has a host name, seen or not.
func (m *Map) ByHost(host string) (Community, bool) {
	i, found := m.hosts[host]
	if !found || host == "" {
		return Community{}, false
	}
	return m.Communities[i], true
}

// TakesPart reports whether whoever asks may say something in the community's open spaces, and ask for others.
func (o Sight) TakesPart(community string) bool { return o.places[community].writes }

// Waits says whether whoever asks was invited to a community, has asked for it or is in it, also when they do not see it.
func (o Sight) Waits(community string) State { return o.waiting[community] }
