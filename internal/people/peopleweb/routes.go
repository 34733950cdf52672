// Package peopleweb shows persons, what was said and done with them, and lets members put identities together and apart.
package peopleweb

import (
	"context"

	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/people"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

// Options are what other modules add to these pages.
type Options struct {
	// Panels shows what stands to the right of a person: their conversations.
	Panels func(ctx context.Context, uris []string) []ui.Panel
}

type pages struct {
	people *people.Service
	Options
}

// Routes registers the pages.
func Routes(r *web.Routes, s *people.Service, o Options) {
	p := &pages{s, o}
	r.Page("GET /people", org.PeopleRead, p.list)
	r.Page("GET /people/of", org.PeopleRead, p.of)
	r.Page("GET /people/{id}", org.PeopleRead, p.person)
	r.Page("GET /people/{id}/merge", org.PeopleEdit, p.choose)
	r.Do("POST /people", org.PeopleEdit, p.add)
	r.Do("POST /people/{id}", org.PeopleEdit, p.describe)
	r.Do("POST /people/{id}/identities", org.PeopleEdit, p.link)
	r.Do("POST /people/{id}/identities/remove", org.PeopleEdit, p.unlink)
	r.Do("POST /people/{id}/consent", org.PeopleEdit, p.consent)
	r.Do("POST /people/{id}/merge", org.PeopleEdit, p.merge)
	r.Do("POST /people/{id}/unmerge", org.PeopleEdit, p.unmerge)
}
