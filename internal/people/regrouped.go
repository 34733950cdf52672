package people

import (
	"context"
	"fmt"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
)

// Regrouped are the addresses of whom facts of a batch say that they are somebody's, or not any more, with the other addresses of everybody concerned: followers that count people
// count anew what was done under these. What this package derives is of the whole batch, so it is asked once, after all of it.
func Regrouped(ctx context.Context, q db.Q, list []ledger.Activity) ([]string, error) {
	var addresses, concerned, parted []string
	for i := range list {
		a := &list[i]
		switch a.Kind {
		case ledger.PersonAdded, ledger.PersonDescribed:
			var p ledger.Person
			if err := a.Decode(&p); err != nil {
				return nil, err
			}
			for _, x := range p.Identities {
				addresses = append(addresses, x.URI)
			}
			if len(p.Identities) > 0 {
				concerned = append(concerned, a.Object)
			}
		case ledger.IdentityLinked, ledger.IdentityUnlinked:
			var x ledger.Identity
			if err := a.Decode(&x); err != nil {
				return nil, err
			}
			addresses, concerned = append(addresses, x.URI), append(concerned, a.Object)
		case ledger.PersonMerged:
			var m ledger.Merged
			if err := a.Decode(&m); err != nil {
				return nil, err
			}
			addresses, concerned = append(addresses, m.Identities...), append(concerned, a.Object, m.Person)
		case ledger.PersonUnmerged:
			var m ledger.Unmerged
			if err := a.Decode(&m); err != nil {
				return nil, err
			}
			parted = append(parted, m.Merge)
		}
	}
	if len(parted) > 0 {
		type merge struct {
			kept, taken string
			identities  []string
		}
		merges, err := db.All(ctx, q, func(m *merge) []any { return []any{&m.kept, &m.taken, db.JSON(&m.identities)} }, "SELECT kept, taken, identities FROM person_merge WHERE id IN "+db.Among(q, "$1"), db.Texts(parted))
		if err != nil {
			return nil, fmt.Errorf("see who was taken for one person: %w", err)
		}
		for _, m := range merges {
			addresses, concerned = append(addresses, m.identities...), append(concerned, m.kept, m.taken)
		}
	}
	if len(concerned) > 0 {
		more, err := db.All(ctx, q, db.Self[string], "SELECT uri FROM identity WHERE person IN "+db.Among(q, "$1")+" ORDER BY uri", db.Texts(concerned))
		if err != nil {
			return nil, fmt.Errorf("find the addresses of people: %w", err)
		}
		addresses = append(addresses, more...)
	}
	return addresses, nil
}
