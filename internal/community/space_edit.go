package community

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// SpacePlan is what a space should be.
type SpacePlan struct {
	Slug   string
	Name   Texts
	About  Texts
	Access Access
	Holds  []string
}

// Accesses lists the ways to enter a space.
func Accesses() []Access { return []Access{OpenSpace, OnRequest, ByInvitation, Hidden} }

// Holdings lists what a space may hold.
func Holdings() []string { return []string{Questions, Discussions, Ideas, Articles, Events} }

// Reserved are the words that no space may be called: below a community's address they lead elsewhere.
func Reserved() []string {
	return []string{"about", "all", "api", "articles", "ask", "bookmarks", "c", "challenges", "confirm", "contact", "embed", "events", "fediverse", "feed", "files", "forgot", "hooks", "ideas", "join", "language", "leave", "letter", "look", "mail", "me", "media", "members", "mentions", "mine", "moderation", "new", "notices", "oembed", "opensearch", "p", "people", "post", "preview", "push", "recognition", "reset", "roadmap", "robots",
		"search", "settings", "similar", "sign-in", "sign-out", "sign-up", "sitemap", "space", "spaces", "t", "tags", "theme", "thread", "u", "welcome"}
}

// Planned is the space as a plan, to change it.
func (s Space) Planned() SpacePlan {
	return SpacePlan{Slug: s.Slug, Name: s.Name, About: s.About, Access: s.Access, Holds: s.Holds}
}

func (p SpacePlan) checked(langs []string) (SpacePlan, error) {
	var errs []error
	p.Slug = strings.ToLower(strings.TrimSpace(p.Slug))
	switch {
	case !slugForm.MatchString(p.Slug):
		errs = append(errs, refuse("slug", "community.bad_slug"))
	case slices.Contains(Reserved(), p.Slug):
		errs = append(errs, refuse("slug", "community.slug_reserved"))
	}
	name, err := checkTexts(p.Name, langs, "name", maxName, true)
	errs = append(errs, err)
	for l, n := range name {
		name[l] = strings.Join(strings.Fields(n), " ")
	}
	about, err := checkTexts(p.About, langs, "about", maxAbout, false)
	errs = append(errs, err)
	p.Name, p.About = name, about
	if !slices.Contains(Accesses(), p.Access) {
		errs = append(errs, refuse("access", "community.bad_choice"))
	}
	var holds []string
	for _, h := range Holdings() {
		if slices.Contains(p.Holds, h) {
			holds = append(holds, h)
		}
	}
	if p.Holds = holds; len(holds) == 0 {
		errs = append(errs, refuse("holds", "problem.required"))
	}
	return p, errors.Join(errs...)
}

// AddSpace makes a space at the end of a community's. Whoever makes a closed one is in it, as its moderator.
func (s *Service) AddSpace(ctx context.Context, community string, p SpacePlan) (Space, error) {
	sp := Space{ID: s.newID(), Community: clipped(community), CreatedAt: s.Now()}
	err := s.edit(ctx, org.CommunityEdit, "community.add_space", "space:"+sp.ID, map[string]any{"community": sp.Community, "slug": p.Slug, "access": p.Access, "name": p.Name.In(i18n.Lang(ctx), i18n.Languages()...)},
		func(ctx context.Context, q db.Q) error {
			m, err := s.all(ctx, q)
			if err != nil {
				return err
			}
			i, found := m.ids[sp.Community]
			if !found {
				return notFound()
			}
			if p, err = p.checked(m.Communities[i].Langs); err != nil {
				return err
			}
			n := 0
			for _, other := range m.Spaces {
				if other.Community == sp.Community {
					n++
					sp.Position = max(sp.Position, other.Position+1)
					if other.Slug == p.Slug {
						return problem.New(problem.Conflict, "community.slug_taken").On("slug")
					}
				}
			}
			if n >= maxSpaces {
				return problem.New(problem.Conflict, "community.too_many", "Max", maxSpaces)
			}
			sp.Slug, sp.Name, sp.About, sp.Access, sp.Holds = p.Slug, p.Name, p.About, p.Access, p.Holds
			if err := taken(db.Insert(ctx, q, "community_space (id, community, slug, name, about, access, holds, position, created_at)",
				[][]any{{sp.ID, sp.Community, sp.Slug, db.J(sp.Name), db.J(sp.About), string(sp.Access), db.J(sp.Holds), sp.Position, db.T(sp.CreatedAt)}}, "")); err != nil {
				return err
			}
			if who := org.Who(ctx); who != nil && !sp.Listened() {
				return s.put(ctx, q, Membership{Community: sp.Community, Space: sp.ID, Member: who.ID, State: In, Role: Moderator, By: who.ID})
			}
			return nil
		})
	return sp, err
}

// ChangeSpace changes a space.
func (s *Service) ChangeSpace(ctx context.Context, space string, p SpacePlan) (Space, error) {
	var sp Space
	err := s.edit(ctx, org.CommunityEdit, "community.change_space", "space:"+clipped(space), map[string]any{"slug": p.Slug, "access": p.Access}, func(ctx context.Context, q db.Q) error {
		m, err := s.all(ctx, q)
		if err != nil {
			return err
		}
		i, found := m.spaces[space]
		if !found {
			return notFound()
		}
		sp = m.Spaces[i]
		if p, err = p.checked(m.Communities[m.ids[sp.Community]].Langs); err != nil {
			return err
		}
		for _, other := range m.Spaces {
			if other.Community == sp.Community && other.Slug == p.Slug && other.ID != sp.ID {
				return problem.New(problem.Conflict, "community.slug_taken").On("slug")
			}
		}
		// What was said within a closed group was never heard by the social team, and what was said in the open was: neither can be undone.
		if after := (&Space{Access: p.Access}); sp.Listened() != after.Listened() {
			said, _, err := db.Value[int64](ctx, q, "SELECT count(*) FROM (SELECT 1 FROM community_thread WHERE space = $1 LIMIT 1) AS t", sp.ID)
			if err != nil {
				return err
			}
			if said > 0 {
				return problem.New(problem.Conflict, "community.access_stays").On("access")
			}
		}
		if err := s.noteFormer(ctx, q, "space", sp.Community, sp.Slug, p.Slug, sp.ID); err != nil {
			return err
		}
		sp.Slug, sp.Name, sp.About, sp.Access, sp.Holds = p.Slug, p.Name, p.About, p.Access, p.Holds
		_, err = db.Exec(ctx, q, "UPDATE community_space SET slug = $1, name = $2, about = $3, access = $4, holds = $5 WHERE id = $6",
			sp.Slug, db.J(sp.Name), db.J(sp.About), string(sp.Access), db.J(sp.Holds), sp.ID)
		return taken(err)
	})
	return sp, err
}

// ArchiveSpace closes a space to what is new, or opens it again; what was said there can still be read.
func (s *Service) ArchiveSpace(ctx context.Context, space string, archived bool) error {
	action, at := "community.reopen_space", any(nil)
	if archived {
		action, at = "community.archive_space", db.T(s.Now())
	}
	return s.edit(ctx, org.CommunityEdit, action, "space:"+clipped(space), nil, func(ctx context.Context, q db.Q) error {
		n, err := db.Exec(ctx, q, "UPDATE community_space SET archived_at = $1 WHERE id = $2", at, clipped(space))
		if err == nil && n == 0 {
			return notFound()
		}
		return err
	})
}

// MoveSpace puts a space one place up, or down.
func (s *Service) MoveSpace(ctx context.Context, space string, down bool) error {
	return s.edit(ctx, org.CommunityEdit, "community.move_space", "space:"+clipped(space), map[string]any{"down": down}, func(ctx context.Context, q db.Q) error {
		m, err := s.all(ctx, q)
		if err != nil {
			return err
		}
		i, found := m.spaces[space]
		if !found {
			return notFound()
		}
		j := i - 1
		if down {
			j = i + 1
		}
		if j < 0 || j >= len(m.Spaces) || m.Spaces[j].Community != m.Spaces[i].Community {
			return nil
		}
		m.Spaces[i], m.Spaces[j] = m.Spaces[j], m.Spaces[i]
		at := 0
		for _, sp := range m.Spaces {
			if sp.Community != m.Spaces[i].Community {
				continue
			}
			if _, err := db.Exec(ctx, q, "UPDATE community_space SET position = $1 WHERE id = $2", at, sp.ID); err != nil {
				return fmt.Errorf("order the spaces: %w", err)
			}
			at++
		}
		return nil
	})
}
