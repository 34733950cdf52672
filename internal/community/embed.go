package community

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// mostSites is how many sites may show a community's threads.
const mostSites = 20

// Sites lists the sites (scheme and host) that may show public threads and ideas of a community in their pages, sorted.
func (s *Service) Sites(ctx context.Context, community string) ([]string, error) {
	type row struct{ list []string }
	r, _, err := db.One(ctx, s.db.Read(), func(r *row) []any { return []any{db.JSON(&r.list)} }, "SELECT sites FROM community_embed WHERE community = $1", community)
	if err != nil {
		return nil, fmt.Errorf("read which sites may show a community: %w", err)
	}
	return r.list, nil
}

// SetSites says which sites may: one address a line.
func (s *Service) SetSites(ctx context.Context, community, text string) error {
	sites := []string{}
	for _, line := range strings.Fields(text) {
		site, err := site(line)
		if err != nil {
			return err
		}
		if !slices.Contains(sites, site) {
			sites = append(sites, site)
		}
	}
	if len(sites) > mostSites {
		return problem.New(problem.Invalid, "community.embed.many", "Max", mostSites).On("sites")
	}
	slices.Sort(sites)
	return s.edit(ctx, org.CommunityEdit, "community.sites", "community:"+community, sites, func(ctx context.Context, q db.Q) error {
		n, err := db.Exec(ctx, q, `INSERT INTO community_embed (community, sites, changed_at) SELECT id, $2, $3 FROM community WHERE id = $1
			ON CONFLICT (community) DO UPDATE SET sites = excluded.sites, changed_at = excluded.changed_at`, community, db.J(sites), db.T(s.Now()))
		if err == nil && n == 0 {
			return notFound()
		}
		return err
	})
}

// site is the scheme and host of an address: what a browser compares.
func site(text string) (string, error) {
	u, err := url.Parse(text)
	if err == nil && u.Scheme == "" {
		u, err = url.Parse("https://" + text)
	}
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || len(text) > 200 || strings.ContainsAny(u.Host, " ;,'\"*()<>\\") ||
		strings.IndexFunc(u.Host, func(r rune) bool { return r > '~' || r <= ' ' }) >= 0 {
		return "", problem.New(problem.Invalid, "community.embed.bad_site", "Site", brief(text)).On("sites")
	}
	return u.Scheme + "://" + strings.ToLower(u.Host), nil
}

// brief is a text as a message can quote it.
func brief(text string) string {
	if len(text) > 100 {
		return strings.ToValidUTF8(text[:100], "") + "…"
	}
	return text
}
