package people

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/sorting"
)

// A merge takes one person, with everybody merged into it before, into another. An identity always belongs to the person at the top.
// Each merge keeps what it brought. A merge may be undone at any time, inner ones before outer ones or after: undoing gives back to the
// person what its merge brought and still is at the top, and the merges above forget that they brought it.

type mergeRow struct {
	id, kept, taken string
	uris            []string
	undone          time.Time
}

func mergeFields(m *mergeRow) []any {
	return []any{&m.id, &m.kept, &m.taken, db.JSON(&m.uris), db.At(&m.undone)}
}

const mergeColumns = "id, kept, taken, identities, undone_at"

func (c *crowd) merge(a *ledger.Activity) error {
	var d ledger.Merged
	if err := a.Decode(&d); err != nil {
		return err
	}
	kept, err := c.person(a.Object)
	if err != nil || kept == nil {
		return err
	}
	taken, err := c.person(d.Person)
	if err != nil || taken == nil || taken.MergedInto != "" || kept.MergedInto != "" || taken.ID == kept.ID {
		return err // somebody was quicker; two persons at the top cannot make a circle
	}
	taken.MergedInto = kept.ID
	c.dirty[taken.ID] = true
	brought, err := c.of(taken.ID)
	if err != nil {
		return err
	}
	for _, i := range brought {
		i.Person = kept.ID
	}
	_, err = db.Exec(c.ctx, c.q, "INSERT INTO person_merge (id, kept, taken, identities, at) VALUES ($1, $2, $3, $4, $5)",
		a.ID, kept.ID, taken.ID, db.J(addresses(brought)), db.T(a.At))
	return err
}

func (c *crowd) unmerge(a *ledger.Activity) error {
	var d ledger.Unmerged
	if err := a.Decode(&d); err != nil {
		return err
	}
	m, found, err := db.One(c.ctx, c.q, mergeFields, "SELECT "+mergeColumns+" FROM person_merge WHERE id = $1", d.Merge)
	if err != nil || !found || !m.undone.IsZero() {
		return err
	}
	taken, err := c.person(m.taken)
	if err != nil || taken == nil || taken.MergedInto != m.kept {
		return err
	}
	top, err := c.top(m.kept)
	if err != nil || top == nil {
		return err
	}
	var back []string
	for _, uri := range m.uris {
		i, err := c.find(uri, a.At)
		if err != nil {
			return err
		}
		if i.Person == top.ID {
			i.Person = taken.ID
			back = append(back, uri)
		}
	}
	taken.MergedInto = ""
	c.dirty[taken.ID] = true
	if err := c.forget(m.kept, back); err != nil {
		return err
	}
	_, err = db.Exec(c.ctx, c.q, "UPDATE person_merge SET undone_at = $1 WHERE id = $2", db.T(a.At), m.id)
	return err
}

// of lists the identities of a person, those of the batch included, by address.
func (c *crowd) of(person string) ([]*Identity, error) {
	list, err := db.All(c.ctx, c.q, identityFields, "SELECT "+identityColumns+" FROM identity WHERE person = $1", person)
	if err != nil {
		return nil, err
	}
	for i := range list {
		if c.known[list[i].URI] == nil {
			c.known[list[i].URI] = &list[i]
		}
	}
	var out []*Identity
	for uri, i := range c.known {
		if i.Person == person {
			c.changed[uri] = true
			out = append(out, i)
		}
	}
	sorting.Func(out, func(a, b *Identity) int {
		if a.URI < b.URI {
			return -1
		}
		return 1
	})
	return out, nil
}

func addresses(list []*Identity) []string {
	out := make([]string, len(list))
	for i := range list {
		out[i] = list[i].URI
	}
	return out
}

// forget takes identities out of what the merges from a person up brought.
func (c *crowd) forget(person string, uris []string) error {
	for len(uris) > 0 {
		p, err := c.person(person)
		if err != nil || p == nil || p.MergedInto == "" {
			return err
		}
		m, found, err := db.One(c.ctx, c.q, mergeFields, "SELECT "+mergeColumns+" FROM person_merge WHERE kept = $1 AND taken = $2 AND undone_at IS NULL",
			p.MergedInto, person)
		if err != nil || !found {
			return err
		}
		if err := c.rewrite(m, uris); err != nil {
			return err
		}
		person = p.MergedInto
	}
	return nil
}

// release takes an identity out of what any merge into its person brought: a member said where it belongs since.
func (c *crowd) release(i *Identity) error {
	under := []string{i.Person}
	for len(under) > 0 {
		list, err := db.All(c.ctx, c.q, mergeFields, "SELECT "+mergeColumns+" FROM person_merge WHERE undone_at IS NULL AND kept IN "+db.Among(c.q, "$1"), db.Texts(under))
		if err != nil {
			return err
		}
		under = nil
		for _, m := range list {
			if slices.Contains(m.uris, i.URI) {
				under = append(under, m.taken)
				if err := c.rewrite(m, []string{i.URI}); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (c *crowd) rewrite(m mergeRow, without []string) error {
	left := slices.DeleteFunc(slices.Clone(m.uris), func(uri string) bool { return slices.Contains(without, uri) })
	if len(left) == len(m.uris) {
		return nil
	}
	_, err := db.Exec(c.ctx, c.q, "UPDATE person_merge SET identities = $1 WHERE id = $2", db.J(left), m.id)
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
	done, err := s.state(ctx, "person.merged", ledger.Activity{Kind: ledger.PersonMerged, Object: k.ID, Data: ledger.Data(m)})
	if err != nil {
		return err
	}
	_, found, err := db.Value[string](ctx, s.db.Read(), "SELECT id FROM person_merge WHERE id = $1", done.ID)
	if err != nil || found {
		return err
	}
	// Not there: the followers are held back, or one of the two was merged by somebody else between.
	merged, _, err := db.Value[int](ctx, s.db.Read(), "SELECT COUNT(*) FROM person WHERE id IN ($1, $2) AND merged_into <> ''", k.ID, t.ID)
	if err == nil && merged > 0 {
		err = problem.New(problem.Conflict, "people.merged_meanwhile")
	}
	return err
}

// MergeDone is a merge as it was done. Identities are those that undoing it gives back.
type MergeDone struct {
	ID, Kept, Taken     string
	KeptName, TakenName string
	Identities          []string
	At, UndoneAt        time.Time
}

// Merges lists the merges into a person and into those merged into it, newest first.
func (s *Service) Merges(ctx context.Context, person string) ([]MergeDone, error) {
	list, err := db.All(ctx, s.db.Read(), func(m *MergeDone) []any {
		return []any{&m.ID, &m.Kept, &m.Taken, db.Str(&m.KeptName), db.Str(&m.TakenName), db.JSON(&m.Identities), db.At(&m.At), db.At(&m.UndoneAt)}
	}, `WITH RECURSIVE tree(id) AS (SELECT CAST($1 AS TEXT) UNION SELECT m.taken FROM person_merge m JOIN tree ON m.kept = tree.id WHERE m.undone_at IS NULL)
		SELECT m.id, m.kept, m.taken, k.name, p.name, m.identities, m.at, m.undone_at FROM person_merge m LEFT JOIN person p ON p.id = m.taken
		LEFT JOIN person k ON k.id = m.kept WHERE m.kept IN (SELECT id FROM tree) ORDER BY m.at DESC, m.id DESC LIMIT 200`, person)
	if err != nil {
		return nil, fmt.Errorf("list merges: %w", err)
	}
	return list, nil
}

// Unmerge undoes a merge: the person is there again, with the identities it brought.
func (s *Service) Unmerge(ctx context.Context, merge string) error {
	if err := org.Require(ctx, org.PeopleEdit); err != nil {
		return err
	}
	m, found, err := db.One(ctx, s.db.Read(), mergeFields, "SELECT "+mergeColumns+" FROM person_merge WHERE id = $1", merge)
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
