// Package people decides who we are in relation with: identities come in with everything said and done, persons are made when somebody
// writes to us or a member says so, and one timeline a person goes out.
package people

import (
	"context"
	"log/slog"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
)

// Service reads persons and states facts about them.
type Service struct {
	db     *db.DB
	ledger *ledger.Ledger
	org    *org.Service
	log    *slog.Logger
	clock  func() time.Time
}

// New makes the service.
func New(d *db.DB, l *ledger.Ledger, o *org.Service, log *slog.Logger, clock func() time.Time) *Service {
	return &Service{d, l, o, log, clock}
}

// Person is somebody, or an organisation, with the addresses we know.
type Person struct {
	ID, Name, Organisation, Title, Lang, Note string
	Kinds                                     []string
	Firm                                      bool
	Since                                     time.Time
	MergedInto                                string
	Identities                                []Identity
}

// Identity is one address.
type Identity struct {
	URI, Name, Person string
	Verified          bool
	Posts             int
	FirstAt, LastAt   time.Time
}

const identityColumns = "uri, name, person, verified, posts, first_at, last_at"

func identityFields(i *Identity) []any {
	return []any{&i.URI, &i.Name, &i.Person, db.Bool(&i.Verified), &i.Posts, db.At(&i.FirstAt), db.At(&i.LastAt)}
}

const personColumns = "id, name, organisation, title, kinds, lang, note, firm, since, merged_into"

func personFields(p *Person) []any {
	return []any{&p.ID, &p.Name, &p.Organisation, &p.Title, db.JSON(&p.Kinds), &p.Lang, &p.Note, db.Bool(&p.Firm), db.At(&p.Since), &p.MergedInto}
}

// identities reads those with these addresses.
func identities(ctx context.Context, q db.Q, uris []string) (map[string]*Identity, error) {
	if len(uris) == 0 {
		return map[string]*Identity{}, nil
	}
	list, err := db.All(ctx, q, identityFields, "SELECT "+identityColumns+" FROM identity WHERE uri IN "+db.Among(q, "$1"), db.Texts(uris))
	if err != nil {
		return nil, err
	}
	out := make(map[string]*Identity, len(list))
	for i := range list {
		out[list[i].URI] = &list[i]
	}
	return out, nil
}
