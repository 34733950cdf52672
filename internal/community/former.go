package community

import (
	"context"
	"fmt"
	"strings"

	"github.com/entente/entente/internal/db"
)

// formers are addresses that communities and spaces had before they were renamed. Each leads to where it leads now for as long as nobody else has it.
type formers struct {
	slugs, hosts map[string]string            // communities
	spaces       map[string]map[string]string // by community
}

func readFormers(ctx context.Context, q db.Q) (formers, error) {
	f := formers{map[string]string{}, map[string]string{}, map[string]map[string]string{}}
	type row struct{ kind, within, address, id string }
	list, err := db.All(ctx, q, func(r *row) []any { return []any{&r.kind, &r.within, &r.address, &r.id} }, "SELECT kind, within, address, id FROM community_former")
	if err != nil {
		return f, fmt.Errorf("read former addresses: %w", err)
	}
	for _, r := range list {
		switch r.kind {
		case "slug":
			f.slugs[r.address] = r.id
		case "host":
			f.hosts[r.address] = r.id
		case "space":
			if f.spaces[r.within] == nil {
				f.spaces[r.within] = map[string]string{}
			}
			f.spaces[r.within][r.address] = r.id
		}
	}
	return f, nil
}

// noteFormer notes that something is at an address no more; who left it last is found there.
func (s *Service) noteFormer(ctx context.Context, q db.Q, kind, within, was, is, id string) error {
	if was == is || was == "" {
		return nil
	}
	if _, err := db.Exec(ctx, q, `INSERT INTO community_former (kind, within, address, id, at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (kind, within, address) DO UPDATE SET id = excluded.id, at = excluded.at`, kind, within, was, id, db.T(s.Now())); err != nil {
		return fmt.Errorf("keep a former address: %w", err)
	}
	return nil
}

// ByFormerHost finds the community that had a host name which none has now.
func (m *Map) ByFormerHost(host string) (Community, bool) {
	i, found := m.ids[m.former.hosts[host]]
	if _, taken := m.hosts[host]; !found || taken || host == "" {
		return Community{}, false
	}
	return m.Communities[i], true
}

// renamedSpace is where a path below a space that had another name is now, for who may read it; "" for nowhere.
func (o Sight) renamedSpace(community, path, query string) string {
	slug, rest, below := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	id := o.all.former.spaces[community][slug]
	if id == "" || !o.May(id) {
		return ""
	}
	sp, _ := o.SpaceByID(id)
	if sp.Slug == slug {
		return ""
	}
	to := "/" + sp.Slug
	if below {
		to += "/" + rest
	}
	return withQuery(to, query)
}

func withQuery(path, query string) string {
	if query != "" {
		return path + "?" + query
	}
	return path
}

// Moved is where an address below a former slug of a community is now, for who may know of it; "" for nowhere.
func (s *Service) Moved(ctx context.Context, c *Community, path, query string) (string, error) {
	o, err := s.Sees(ctx, nil)
	if err != nil || !o.Shows(c.ID) {
		return "", err
	}
	return withQuery(s.URL(ctx, *c)+path, query), nil
}
