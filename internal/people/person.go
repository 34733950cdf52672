package people

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/sorting"
)

// Find returns a person with its identities. One merged into another gives that other.
func (s *Service) Find(ctx context.Context, person string) (Person, error) {
	q := s.db.Read()
	for range 50 { // merges of merges
		p, found, err := db.One(ctx, q, personFields, "SELECT "+personColumns+" FROM person WHERE id = $1", person)
		if err != nil {
			return p, err
		}
		if !found {
			break
		}
		if p.MergedInto != "" {
			person = p.MergedInto
			continue
		}
		p.Identities, err = db.All(ctx, q, identityFields, "SELECT "+identityColumns+" FROM identity WHERE person = $1 ORDER BY posts DESC, uri", p.ID)
		return p, err
	}
	return Person{}, problem.New(problem.Missing, "problem.not_found")
}

// ByIdentity returns the identity and, when it is linked, its person.
func (s *Service) ByIdentity(ctx context.Context, uri string) (i Identity, p Person, err error) {
	i, found, err := db.One(ctx, s.db.Read(), identityFields, "SELECT "+identityColumns+" FROM identity WHERE uri = $1", uri)
	if err != nil {
		return i, p, err
	}
	if !found {
		return i, p, problem.New(problem.Missing, "problem.not_found")
	}
	if i.Person != "" {
		p, err = s.Find(ctx, i.Person)
	}
	return i, p, err
}

// Place is where a page of persons ends.
type Place struct{ Folded, ID string }

type listed struct {
	Person
	folded string
}

// List lists persons by name. search finds names that begin with it, or an e-mail address, account or telephone number that does.
func (s *Service) List(ctx context.Context, search, kind string, after Place, limit int) ([]Person, Place, error) {
	name := Folded(search)
	address := strings.ToLower(strings.TrimSpace(search))
	rows, err := s.list(ctx, kind, after, limit, func(w *db.Where) {
		if name != "" {
			w.And("folded >= ? AND folded < ?", name, name+"\U0010FFFF")
		}
	})
	if err != nil {
		return nil, Place{}, err
	}
	if address != "" { // asked for apart, so that each is found by its index
		more, err := s.list(ctx, kind, after, limit, func(w *db.Where) {
			var either []string
			var args []any
			for _, scheme := range []string{"mailto:", "acct:", "tel:"} {
				either = append(either, "uri >= ? AND uri < ?")
				args = append(args, scheme+address, scheme+address+"\U0010FFFF")
			}
			w.And("id IN (SELECT person FROM identity WHERE person <> '' AND ("+strings.Join(either, " OR ")+"))", args...)
		})
		if err != nil {
			return nil, Place{}, err
		}
		rows = merged(rows, more)
	}
	var next Place
	if len(rows) > limit {
		rows = rows[:limit]
		next = Place{rows[limit-1].folded, rows[limit-1].ID}
	}
	out := make([]Person, len(rows))
	ids := make([]string, len(rows))
	at := make(map[string]int, len(rows))
	for i := range rows {
		out[i], ids[i], at[rows[i].ID] = rows[i].Person, rows[i].ID, i
	}
	all, err := db.All(ctx, s.db.Read(), identityFields, "SELECT "+identityColumns+" FROM identity WHERE person <> '' AND person IN "+
		db.Among(s.db.Read(), "$1")+" ORDER BY posts DESC, uri", db.Texts(ids))
	if err != nil {
		return nil, Place{}, err
	}
	for _, i := range all {
		p := &out[at[i.Person]]
		p.Identities = append(p.Identities, i)
	}
	return out, next, nil
}

func (s *Service) list(ctx context.Context, kind string, after Place, limit int, narrow func(*db.Where)) ([]listed, error) {
	var w db.Where
	w.And("merged_into = ''")
	if after.ID != "" {
		w.And("(folded, id) > (?, ?)", after.Folded, after.ID)
	}
	if kind != "" {
		w.And("LOWER(kinds) LIKE ?", `%"`+strings.ToLower(strings.NewReplacer("%", "", "_", "", `"`, "", `\`, "").Replace(kind))+`"%`)
	}
	narrow(&w)
	rows, err := db.All(ctx, s.db.Read(), func(r *listed) []any { return append(personFields(&r.Person), &r.folded) },
		"SELECT "+personColumns+", folded FROM person "+w.String()+" ORDER BY folded, id"+db.Limit(limit+1), w.Args...)
	if err != nil {
		return nil, fmt.Errorf("list persons: %w", err)
	}
	return rows, nil
}

// merged puts two ordered lists together, each person once.
func merged(a, b []listed) []listed {
	out := append(a, b...)
	sorting.Func(out, func(x, y listed) int { return cmp.Or(strings.Compare(x.folded, y.folded), strings.Compare(x.ID, y.ID)) })
	return slices.CompactFunc(out, func(x, y listed) bool { return x.ID == y.ID })
}

// Loose lists identities that belong to nobody, those who spoke last first.
func (s *Service) Loose(ctx context.Context, search string, limit int) ([]Identity, error) {
	var w db.Where
	w.And("person = ''").And("posts > 0")
	if search != "" {
		as, lower := "%"+escapeLike(search)+"%", "%"+escapeLike(strings.ToLower(search))+"%" // LOWER knows plain letters only on SQLite
		w.And("(LOWER(name) LIKE ? OR name LIKE ? OR uri LIKE ?)", lower, as, lower)
	}
	return db.All(ctx, s.db.Read(), identityFields, "SELECT "+identityColumns+" FROM identity "+w.String()+" ORDER BY last_at DESC, uri"+db.Limit(limit), w.Args...)
}

func escapeLike(s string) string { return strings.NewReplacer("%", "", "_", "", `\`, "").Replace(s) }

func actor(ctx context.Context) string {
	if m := org.Who(ctx); m != nil {
		return "member:" + m.ID
	}
	return ""
}

// Add makes a person, from an identity that has none yet or from nothing.
func (s *Service) Add(ctx context.Context, d ledger.Person) (Person, error) {
	if err := org.Require(ctx, org.PeopleEdit); err != nil {
		return Person{}, err
	}
	d.Name = strings.TrimSpace(d.Name)
	if d.Name == "" && len(d.Identities) == 0 {
		return Person{}, problem.New(problem.Invalid, "problem.required").On("name")
	}
	for _, i := range d.Identities {
		if known, _, err := s.ByIdentity(ctx, i.URI); err == nil && known.Person != "" {
			return Person{}, problem.New(problem.Conflict, "people.taken", "Identity", i.URI).On("identity")
		}
	}
	added, err := s.state(ctx, "person.added", ledger.Activity{Kind: ledger.PersonAdded, Data: ledger.Data(d)})
	if err != nil {
		return Person{}, err
	}
	p, err := s.Find(ctx, added.ID)
	if problem.Is(err, problem.Missing) && len(d.Identities) > 0 { // somebody else was quicker: it is said of theirs
		_, p, err = s.ByIdentity(ctx, d.Identities[0].URI)
	}
	if err == nil && p.ID == "" || problem.Is(err, problem.Missing) { // stated; the followers are held back
		return Person{ID: added.ID, Name: d.Name, Organisation: d.Organisation, Title: d.Title, Lang: d.Lang, Note: d.Note, Kinds: d.Kinds, Firm: d.Firm, Since: added.At}, nil
	}
	return p, err
}

// Describe changes what is said of a person; what is empty stays. Identities that it names are linked too.
func (s *Service) Describe(ctx context.Context, person string, d ledger.Person) error {
	p, err := s.edit(ctx, person)
	if err != nil {
		return err
	}
	for _, i := range d.Identities {
		if known, _, err := s.ByIdentity(ctx, i.URI); err == nil && known.Person != "" && known.Person != p.ID {
			return problem.New(problem.Conflict, "people.taken", "Identity", i.URI).On("identity")
		}
	}
	_, err = s.state(ctx, "person.described", ledger.Activity{Kind: ledger.PersonDescribed, Object: p.ID, Data: ledger.Data(d)})
	return err
}

func (s *Service) edit(ctx context.Context, person string) (Person, error) {
	if err := org.Require(ctx, org.PeopleEdit); err != nil {
		return Person{}, err
	}
	return s.Find(ctx, person)
}

// Link gives a person an identity; verified says that it was proven to be theirs. One that belongs to somebody else is refused: merge them.
func (s *Service) Link(ctx context.Context, person, uri string, verified bool) error {
	p, err := s.edit(ctx, person)
	if err != nil {
		return err
	}
	if i, _, err := s.ByIdentity(ctx, uri); err == nil && i.Person != "" && i.Person != p.ID {
		return problem.New(problem.Conflict, "people.taken", "Identity", uri).On("identity")
	}
	_, err = s.state(ctx, "identity.linked", ledger.Activity{Kind: ledger.IdentityLinked, Object: p.ID, Data: ledger.Data(ledger.Identity{URI: uri, Verified: verified})})
	return err
}

// Unlink takes an identity from a person.
func (s *Service) Unlink(ctx context.Context, person, uri string) error {
	p, err := s.edit(ctx, person)
	if err != nil {
		return err
	}
	_, err = s.state(ctx, "identity.unlinked", ledger.Activity{Kind: ledger.IdentityUnlinked, Object: p.ID, Data: ledger.Data(ledger.Identity{URI: uri})})
	return err
}

// state states a fact with its audit entry, and waits until it can be read.
func (s *Service) state(ctx context.Context, action string, a ledger.Activity) (ledger.Activity, error) {
	a.Actor, a.At = actor(ctx), s.clock()
	var added []ledger.Activity
	err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) (err error) {
		if added, err = s.ledger.AppendTx(ctx, q, a); err != nil {
			return err
		}
		object := a.Object
		if object == "" {
			object = added[0].ID
		}
		return s.org.Audit(ctx, q, action, object, nil) // names and addresses stay out: the audit log outlives an erasure
	})
	if err != nil {
		return a, err
	}
	s.ledger.Wake()
	return added[0], s.ledger.Await(ctx, added)
}
