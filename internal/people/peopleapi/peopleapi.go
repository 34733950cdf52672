// Package peopleapi offers persons, identities and merges over REST.
package peopleapi

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/entente/entente/internal/api"
	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/people"
	"github.com/entente/entente/internal/problem"
)

// Person is somebody, or an organisation.
type Person struct {
	ID           string     `json:"id"`
	Name         string     `json:"name"`
	Organisation string     `json:"organisation,omitempty"`
	Title        string     `json:"title,omitempty"`
	Kinds        []string   `json:"kinds" doc:"Relationship kinds: customer, supplier …"`
	Lang         string     `json:"lang,omitempty"`
	Note         string     `json:"note,omitempty"`
	Since        time.Time  `json:"since"`
	Identities   []Identity `json:"identities"`
	Consents     []Consent  `json:"consents,omitempty" doc:"Of one person, not in lists. A refusal at any address counts for all; agreement for its address."`
}

// Identity is one address of a person.
type Identity struct {
	URI      string    `json:"uri" doc:"mailto:, acct:, https:, tel: or postal:"`
	Name     string    `json:"name,omitempty"`
	Verified bool      `json:"verified"`
	Posts    int       `json:"posts"`
	LastAt   time.Time `json:"last_at"`
}

// Draft is what is said of a person; what is left out stays.
type Draft struct {
	Name         string   `json:"name,omitempty" maxLength:"200"`
	Organisation string   `json:"organisation,omitempty" maxLength:"200"`
	Title        string   `json:"title,omitempty" maxLength:"200"`
	Kinds        []string `json:"kinds,omitempty" maxItems:"20"`
	Note         string   `json:"note,omitempty" maxLength:"5000"`
	Identities   []string `json:"identities,omitempty" maxItems:"50" doc:"URIs; only when a person is added."`
}

// Consent is the newest word of an address on whether its owner agrees to something.
type Consent struct {
	Identity string    `json:"identity"`
	Purpose  string    `json:"purpose" enum:"survey" doc:"survey: to be asked how content they are."`
	Given    bool      `json:"given"`
	How      string    `json:"how,omitempty"`
	At       time.Time `json:"at"`
}

// Event is one thing in a timeline.
type Event struct {
	ID       string    `json:"id"`
	At       time.Time `json:"at"`
	Identity string    `json:"identity"`
	Type     string    `json:"type" enum:"post,reply,order"`
	Text     string    `json:"text,omitempty"`
	Amount   int64     `json:"amount,omitempty" doc:"Minor units."`
	Currency string    `json:"currency,omitempty"`
}

// Merge is a merge that was done.
type Merge struct {
	ID         string     `json:"id"`
	Person     string     `json:"person" doc:"Who was taken in."`
	Identities []string   `json:"identities"`
	At         time.Time  `json:"at"`
	UndoneAt   *time.Time `json:"undone_at,omitempty"`
}

func person(p *people.Person) Person {
	out := Person{ID: p.ID, Name: p.Name, Organisation: p.Organisation, Title: p.Title, Kinds: p.Kinds, Lang: p.Lang, Note: p.Note, Since: p.Since, Identities: []Identity{}}
	if out.Kinds == nil {
		out.Kinds = []string{}
	}
	for _, i := range p.Identities {
		out.Identities = append(out.Identities, Identity{i.URI, i.Name, i.Verified, i.Posts, i.LastAt})
	}
	return out
}

func (d *Draft) facts() (ledger.Person, error) {
	out := ledger.Person{Name: d.Name, Organisation: d.Organisation, Title: d.Title, Kinds: d.Kinds, Note: d.Note}
	for _, raw := range d.Identities {
		uri, err := channel.Identify(raw, "")
		if err != nil {
			return out, problem.Of(err).On("identities")
		}
		out.Identities = append(out.Identities, ledger.Identity{URI: uri})
	}
	return out, nil
}

// ByID is the id in a path. It is exported because the specification is made from exported fields.
type ByID struct {
	ID string `path:"id" maxLength:"50"`
}

// Operations adds the operations.
func Operations(a *api.API, s *people.Service) {
	find := func(ctx context.Context, id string) (*api.One[Person], error) {
		p, err := s.Find(ctx, id)
		if err != nil {
			return nil, err
		}
		out := person(&p)
		list, err := s.Consents(ctx, &p)
		for _, c := range list {
			out.Consents = append(out.Consents, Consent{c.URI, c.Purpose, c.Given, c.How, c.At})
		}
		return api.Only(out), err
	}
	api.Add(a, api.Op{ID: "list-people", Method: http.MethodGet, Path: "/people", Tag: "people", Summary: "List persons by name", Permission: org.PeopleRead},
		func(ctx context.Context, in *struct {
			api.Paging
			Search string `query:"search" maxLength:"200" doc:"Beginning of a name or of an e-mail address."`
			Kind   string `query:"kind" maxLength:"50"`
		}) (*api.List[Person], error) {
			parts, err := api.ParseCursor(in.Cursor, 2)
			if err != nil {
				return nil, err
			}
			var after people.Place
			if parts != nil {
				after = people.Place{Folded: parts[0], ID: parts[1]}
			}
			list, next, err := s.List(ctx, in.Search, in.Kind, after, in.Limit)
			if err != nil {
				return nil, err
			}
			out := make([]Person, len(list))
			for i := range list {
				out[i] = person(&list[i])
			}
			cursor := ""
			if next.ID != "" {
				cursor = api.Cursor(next.Folded, next.ID)
			}
			return api.Listed(out, cursor), nil
		})
	api.Add(a, api.Op{ID: "create-person", Method: http.MethodPost, Path: "/people", Tag: "people", Summary: "Add a person", Permission: org.PeopleEdit, Status: http.StatusCreated},
		func(ctx context.Context, in *struct{ Body Draft }) (*api.One[Person], error) {
			d, err := in.Body.facts()
			if err != nil {
				return nil, err
			}
			p, err := s.Add(ctx, d)
			if err != nil {
				return nil, err
			}
			return api.Only(person(&p)), nil
		})
	api.Add(a, api.Op{ID: "get-person", Method: http.MethodGet, Path: "/people/{id}", Tag: "people", Summary: "One person; one merged gives the person it was merged into", Permission: org.PeopleRead},
		func(ctx context.Context, in *ByID) (*api.One[Person], error) { return find(ctx, in.ID) })
	api.Add(a, api.Op{ID: "describe-person", Method: http.MethodPatch, Path: "/people/{id}", Tag: "people", Summary: "Say more of a person", Permission: org.PeopleEdit},
		func(ctx context.Context, in *struct {
			ByID
			Body Draft
		}) (*api.One[Person], error) {
			d, err := in.Body.facts()
			if err != nil {
				return nil, err
			}
			if err := s.Describe(ctx, in.ID, d); err != nil {
				return nil, err
			}
			return find(ctx, in.ID)
		})
	api.Add(a, api.Op{ID: "find-identity", Method: http.MethodGet, Path: "/identities", Tag: "people", Summary: "Whose identity this is", Permission: org.PeopleRead},
		func(ctx context.Context, in *struct {
			URI string `query:"uri" required:"true" maxLength:"500"`
		}) (*api.One[struct {
			Identity Identity `json:"identity"`
			Person   string   `json:"person,omitempty"`
		}], error) {
			i, p, err := s.ByIdentity(ctx, in.URI)
			if err != nil {
				return nil, err
			}
			return api.Only(struct {
				Identity Identity `json:"identity"`
				Person   string   `json:"person,omitempty"`
			}{Identity{i.URI, i.Name, i.Verified, i.Posts, i.LastAt}, p.ID}), nil
		})
	api.Add(a, api.Op{ID: "link-identity", Method: http.MethodPost, Path: "/people/{id}/identities", Tag: "people", Summary: "Link an identity", Permission: org.PeopleEdit},
		func(ctx context.Context, in *struct {
			ByID
			Body struct {
				URI      string `json:"uri" minLength:"1" maxLength:"500"`
				Verified bool   `json:"verified,omitempty"`
			}
		}) (*api.One[Person], error) {
			uri, err := channel.Identify(in.Body.URI, "")
			if err != nil {
				return nil, problem.Of(err).On("uri")
			}
			if err := s.Link(ctx, in.ID, uri, in.Body.Verified); err != nil {
				return nil, err
			}
			return find(ctx, in.ID)
		})
	api.Add(a, api.Op{ID: "unlink-identity", Method: http.MethodDelete, Path: "/people/{id}/identities", Tag: "people", Summary: "Unlink an identity", Permission: org.PeopleEdit},
		func(ctx context.Context, in *struct {
			ByID
			URI string `query:"uri" required:"true" maxLength:"500"`
		}) (*api.One[Person], error) {
			if err := s.Unlink(ctx, in.ID, in.URI); err != nil {
				return nil, err
			}
			return find(ctx, in.ID)
		})
	api.Add(a, api.Op{ID: "note-consent", Method: http.MethodPost, Path: "/people/{id}/consents", Tag: "people", Summary: "Note whether somebody agrees, for all addresses they have", Permission: org.PeopleEdit},
		func(ctx context.Context, in *struct {
			ByID
			Body struct {
				Purpose string `json:"purpose" enum:"survey,help,news,quote" doc:"Being asked how content they are, being asked to help others, newsletters and other marketing, being quoted."`
				Given   bool   `json:"given"`
				How     string `json:"how,omitempty" maxLength:"300" doc:"How they said so; needed where they agreed."`
			}
		}) (*api.One[Person], error) {
			if err := s.Consent(ctx, in.ID, in.Body.Purpose, in.Body.Given, in.Body.How); err != nil {
				return nil, err
			}
			return find(ctx, in.ID)
		})
	api.Add(a, api.Op{ID: "list-timeline", Method: http.MethodGet, Path: "/people/{id}/timeline", Tag: "people", Summary: "What was said and done with a person, newest first", Permission: org.PeopleRead},
		func(ctx context.Context, in *struct {
			ByID
			api.Paging
		}) (*api.List[Event], error) {
			parts, err := api.ParseCursor(in.Cursor, 2)
			if err != nil {
				return nil, err
			}
			var before people.Moment
			if parts != nil {
				n, err := strconv.ParseInt(parts[0], 10, 64)
				if err != nil {
					return nil, problem.New(problem.Invalid, "api.bad_cursor").On("cursor")
				}
				before = people.Moment{At: time.UnixMicro(n), ID: parts[1]}
			}
			p, err := s.Find(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			uris := make([]string, len(p.Identities))
			for i := range p.Identities {
				uris[i] = p.Identities[i].URI
			}
			list, next, err := s.Timeline(ctx, uris, before, in.Limit)
			if err != nil {
				return nil, err
			}
			var out []Event
			for _, e := range list {
				v := Event{ID: e.ID, At: e.At, Identity: e.Identity, Amount: e.Amount, Currency: e.Currency}
				switch {
				case e.Order != nil:
					v.Type, v.Text = "order", e.Order.Product
				case e.Post != nil && e.Post.Ours:
					v.Type, v.Text = "reply", e.Post.Text
				case e.Post != nil:
					v.Type, v.Text = "post", e.Post.Text
				default:
					continue
				}
				out = append(out, v)
			}
			cursor := ""
			if next.ID != "" {
				cursor = api.Cursor(strconv.FormatInt(next.At.UnixMicro(), 10), next.ID)
			}
			return api.Listed(out, cursor), nil
		})
	api.Add(a, api.Op{ID: "merge-person", Method: http.MethodPost, Path: "/people/{id}/merges", Tag: "people", Summary: "Merge another person into this one", Permission: org.PeopleEdit},
		func(ctx context.Context, in *struct {
			ByID
			Body struct {
				Person string `json:"person" minLength:"1" maxLength:"50"`
			}
		}) (*api.One[Person], error) {
			if err := s.Merge(ctx, in.ID, in.Body.Person); err != nil {
				return nil, err
			}
			return find(ctx, in.ID)
		})
	api.Add(a, api.Op{ID: "list-merges", Method: http.MethodGet, Path: "/people/{id}/merges", Tag: "people", Summary: "Merges into a person", Permission: org.PeopleRead},
		func(ctx context.Context, in *ByID) (*api.List[Merge], error) {
			if _, err := s.Find(ctx, in.ID); err != nil {
				return nil, err
			}
			list, err := s.Merges(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			var out []Merge
			for _, m := range list {
				v := Merge{ID: m.ID, Person: m.Taken, Identities: m.Identities, At: m.At}
				if !m.UndoneAt.IsZero() {
					v.UndoneAt = &m.UndoneAt
				}
				out = append(out, v)
			}
			return api.Listed(out, ""), nil
		})
	api.Add(a, api.Op{ID: "undo-merge", Method: http.MethodDelete, Path: "/merges/{id}", Tag: "people", Summary: "Undo a merge, exactly", Permission: org.PeopleEdit, Status: http.StatusNoContent},
		func(ctx context.Context, in *ByID) (*api.None, error) { return nil, s.Unmerge(ctx, in.ID) })
}
