package people

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
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

// List lists persons by name. search finds names that begin with it, or an address that does.
func (s *Service) List(ctx context.Context, search, kind string, after Place, limit int) ([]Person, Place, error) {
	var w db.Where
	w.And("merged_into = ''")
	if after.ID != "" {
		w.And("(folded, id) > (?, ?)", after.Folded, after.ID)
	}
	if text := Folded(search); text != "" {
		w.And("(folded >= ? AND folded < ? OR id IN (SELECT person FROM identity WHERE uri >= ? AND uri < ? AND person <> ''))",
			text, text+"\U0010FFFF", "mailto:"+text, "mailto:"+text+"\U0010FFFF")
	}
	if kind != "" {
		w.And("kinds LIKE ?", `%"`+strings.NewReplacer("%", "", "_", "", `"`, "", `\`, "").Replace(kind)+`"%`)
	}
	type row struct {
		Person
		folded string
	}
	rows, err := db.All(ctx, s.db.Read(), func(r *row) []any { return append(personFields(&r.Person), &r.folded) },
		"SELECT "+personColumns+", folded FROM person "+w.String()+" ORDER BY folded, id LIMIT "+w.Arg(limit+1), w.Args...)
	if err != nil {
		return nil, Place{}, fmt.Errorf("list persons: %w", err)
	}
	var next Place
	if len(rows) > limit {
		rows = rows[:limit]
		next = Place{rows[limit-1].folded, rows[limit-1].ID}
	}
	out := make([]Person, len(rows))
	ids := make([]string, len(rows))
	for i := range rows {
		out[i], ids[i] = rows[i].Person, rows[i].ID
	}
	all, err := db.All(ctx, s.db.Read(), identityFields, "SELECT "+identityColumns+" FROM identity WHERE person <> '' AND person IN "+
		db.Among(s.db.Read(), "$1")+" ORDER BY posts DESC, uri", db.Texts(ids))
	if err != nil {
		return nil, Place{}, err
	}
	for i := range out {
		for _, a := range all {
			if a.Person == out[i].ID {
				out[i].Identities = append(out[i].Identities, a)
			}
		}
	}
	return out, next, nil
}

// Loose lists identities that belong to nobody, those who say most first.
func (s *Service) Loose(ctx context.Context, search string, limit int) ([]Identity, error) {
	var w db.Where
	w.And("person = ''").And("posts > 0")
	if search != "" {
		w.And("(name LIKE ? OR uri LIKE ?)", "%"+escapeLike(search)+"%", "%"+escapeLike(search)+"%")
	}
	return db.All(ctx, s.db.Read(), identityFields, "SELECT "+identityColumns+" FROM identity "+w.String()+" ORDER BY last_at DESC LIMIT "+w.Arg(limit), w.Args...)
}

func escapeLike(s string) string { return strings.NewReplacer("%", "", "_", "").Replace(s) }

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
	return s.Find(ctx, added.ID)
}

// Describe changes what is said of a person; what is empty stays.
func (s *Service) Describe(ctx context.Context, person string, d ledger.Person) error {
	p, err := s.edit(ctx, person)
	if err != nil {
		return err
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

// Merge takes one person into another, with all its identities. It can be undone, see Unmerge.
func (s *Service) Merge(ctx context.Context, kept, taken string) error {
	k, err := s.edit(ctx, kept)
	if err != nil {
		return err
	}
	t, err := s.Find(ctx, taken)
	if err != nil {
		return err
	}
	if k.ID == t.ID {
		return problem.New(problem.Invalid, "people.same").On("person")
	}
	m := ledger.Merged{Person: t.ID}
	for _, i := range t.Identities {
		m.Identities = append(m.Identities, i.URI)
	}
	_, err = s.state(ctx, "person.merged", ledger.Activity{Kind: ledger.PersonMerged, Object: k.ID, Data: ledger.Data(m)})
	return err
}

// MergeDone is a merge as it was done.
type MergeDone struct {
	ID, Kept, Taken string
	TakenName       string
	Identities      []string
	At, UndoneAt    time.Time
}

// Merges lists the merges into a person, newest first.
func (s *Service) Merges(ctx context.Context, person string) ([]MergeDone, error) {
	return db.All(ctx, s.db.Read(), func(m *MergeDone) []any {
		return []any{&m.ID, &m.Kept, &m.Taken, db.Str(&m.TakenName), db.JSON(&m.Identities), db.At(&m.At), db.At(&m.UndoneAt)}
	}, `SELECT m.id, m.kept, m.taken, p.name, m.identities, m.at, m.undone_at FROM person_merge m LEFT JOIN person p ON p.id = m.taken
		WHERE m.kept = $1 ORDER BY m.at DESC, m.id DESC`, person)
}

// Unmerge undoes a merge: the person is there again, with the identities it brought.
func (s *Service) Unmerge(ctx context.Context, merge string) error {
	if err := org.Require(ctx, org.PeopleEdit); err != nil {
		return err
	}
	type row struct {
		kept   string
		undone time.Time
	}
	m, found, err := db.One(ctx, s.db.Read(), func(r *row) []any { return []any{&r.kept, db.At(&r.undone)} },
		"SELECT kept, undone_at FROM person_merge WHERE id = $1", merge)
	if err != nil {
		return err
	}
	if !found {
		return problem.New(problem.Missing, "problem.not_found")
	}
	if !m.undone.IsZero() {
		return problem.New(problem.Conflict, "people.undone")
	}
	_, err = s.state(ctx, "person.unmerged", ledger.Activity{Kind: ledger.PersonUnmerged, Object: m.kept, Data: ledger.Data(ledger.Unmerged{Merge: merge})})
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
