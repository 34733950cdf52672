package people

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// What is asked of people here only where they do not refuse it.
const (
	ToSurvey = ledger.ToSurvey
	ToHelp   = ledger.ToHelp
)

// Purposes lists what people agree to or not.
func Purposes() []string { return ledger.Purposes() }

// Consent is the newest word on whether somebody agrees, of one address.
type Consent struct {
	URI, Purpose string
	Given        bool
	How          string // how they said so
	Actor        string // who noted it: member:ID, or whoever it is about
	At           time.Time
}

const (
	consentColumns = "uri, purpose, given, how, actor, at"
	maxHow         = 300
)

func consentFields(c *Consent) []any {
	return []any{&c.URI, &c.Purpose, db.Bool(&c.Given), &c.How, &c.Actor, db.At(&c.At)}
}

// consented keeps the newest word of each address, in whatever order they arrive.
func (c *crowd) consented(a *ledger.Activity) error {
	var d ledger.Consent
	if err := a.Decode(&d); err != nil {
		return err
	}
	var rows [][]any
	var seen []string
	for _, uri := range d.Identities {
		if uri != "" && !slices.Contains(seen, uri) {
			seen = append(seen, uri)
			rows = append(rows, []any{uri, d.Purpose, db.B(d.Given), d.How, a.Actor, db.T(a.At)})
		}
	}
	return c.agreed(rows, "excluded.at >= consent.at")
}

// consentedIn takes what a file says of whether a person agrees. A line tells no day on which that was said, so it is as new as our knowing it, and makes no
// agreement of a refusal: files are older than they look.
func (c *crowd) consentedIn(a *ledger.Activity, d *ledger.Person) error {
	var rows [][]any
	for _, k := range d.Consents {
		for _, i := range d.Identities {
			rows = append(rows, []any{i.URI, k.Purpose, db.B(k.Given), k.How, a.Actor, db.T(a.LearnedAt)})
		}
	}
	return c.agreed(rows, "excluded.at >= consent.at AND (consent.given = 1 OR excluded.given = 0)")
}

func (c *crowd) agreed(rows [][]any, when string) error {
	return db.Insert(c.ctx, c.q, "consent ("+consentColumns+")", rows, `ON CONFLICT (uri, purpose) DO UPDATE SET given = excluded.given, how = excluded.how,
		actor = excluded.actor, at = excluded.at WHERE `+when)
}

// Addresses are all addresses of whoever has this one, itself among them.
func Addresses(ctx context.Context, q db.Q, uri string) ([]string, error) {
	same, err := db.All(ctx, q, db.Self[string], "SELECT uri FROM identity WHERE person <> '' AND person = (SELECT person FROM identity WHERE uri = $1) AND uri <> $1 ORDER BY uri", uri)
	if err != nil {
		return nil, fmt.Errorf("find the addresses of a person: %w", err)
	}
	return append(same, uri), nil
}

// Agrees says what whoever has these addresses wants, asked at one of them: that they refused at any of them counts for all, that they agreed
// counts for the address they agreed with. So putting persons together never makes more of what was agreed to.
func Agrees(ctx context.Context, q db.Q, purpose, uri string, all []string) (agreed, refused bool, err error) {
	list, err := db.All(ctx, q, consentFields, "SELECT "+consentColumns+" FROM consent WHERE purpose = $1 AND uri IN "+db.Among(q, "$2"), purpose, db.Texts(all))
	if err != nil {
		return false, false, fmt.Errorf("read what somebody agreed to: %w", err)
	}
	for _, c := range list {
		refused = refused || !c.Given
		agreed = agreed || c.Given && c.URI == uri
	}
	return agreed && !refused, refused, nil
}

// Consents lists what is known of whether a person agrees, by purpose and address.
func (s *Service) Consents(ctx context.Context, p *Person) ([]Consent, error) {
	if err := org.Require(ctx, org.PeopleRead); err != nil {
		return nil, err
	}
	uris := []string{}
	for _, i := range p.Identities {
		uris = append(uris, i.URI)
	}
	q := s.db.Read()
	return db.All(ctx, q, consentFields, "SELECT "+consentColumns+" FROM consent WHERE uri IN "+db.Among(q, "$1")+" ORDER BY purpose, given, at DESC, uri", db.Texts(uris))
}

// Consent notes that a person agrees or does not, for all addresses they have now; how says how we know.
func (s *Service) Consent(ctx context.Context, person, purpose string, given bool, how string) error {
	p, err := s.edit(ctx, person)
	if err != nil {
		return err
	}
	how = strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(how, ""), "\x00", ""))
	switch {
	case !slices.Contains(Purposes(), purpose):
		return problem.New(problem.Invalid, "people.consent.unknown").On("purpose")
	case len(p.Identities) == 0:
		return problem.New(problem.Invalid, "people.consent.no_address")
	case given && how == "":
		return problem.New(problem.Invalid, "people.consent.how_needed").On("how")
	case utf8.RuneCountInString(how) > maxHow:
		return problem.New(problem.Invalid, "problem.too_long", "Max", maxHow).On("how")
	}
	d := ledger.Consent{Purpose: purpose, Given: given, How: how}
	for _, i := range p.Identities {
		d.Identities = append(d.Identities, i.URI)
	}
	_, err = s.state(ctx, "person.consented", ledger.Activity{Kind: ledger.PersonConsented, Object: p.ID, Data: ledger.Data(d)})
	return err
}
