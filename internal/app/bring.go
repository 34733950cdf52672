package app

import (
	"context"
	"io"
	"strings"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/intake"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/outside"
)

// maxFetched is the most bytes of a file that an import downloads.
const maxFetched = community.MaxFile

// bring lets files be imported into communities.
func (a *App) bring() {
	gate := outside.New(outside.Options{AllowPrivate: a.Config.AllowPrivate, UserAgent: "Entente (+" + a.Config.Public() + ")", MaxBody: maxFetched})
	a.Intake.WithCommunities(intake.Communities{Spaces: a.destinations, Space: a.spaceFor, File: a.fileFor, Client: gate.Client(),
		Line: func(text string) string { return strings.Join(strings.Fields(community.TextOf(text)), " ") }})
}

func (a *App) destination(ctx context.Context, c *community.Community, sp *community.Space) intake.Destination {
	lang := i18n.Lang(ctx)
	return intake.Destination{Space: sp.ID, Community: c.ID, Channel: c.Channel, Name: c.Called(lang) + " / " + sp.Called(lang, c.Langs...), Path: c.Slug + "/" + sp.Slug,
		URL: a.Community.URL(ctx, *c), Holds: sp.Holds, Private: c.Audience != community.Everybody || sp.Access != community.OpenSpace, Closed: !sp.Listened()}
}

// destinations are the spaces in use that whoever asks knows of: a hidden group is told only to those who look after communities.
func (a *App) destinations(ctx context.Context) ([]intake.Destination, error) {
	o, err := a.Community.Sees(ctx, nil)
	if err != nil {
		return nil, err
	}
	var out []intake.Destination
	for _, c := range o.Communities() {
		for _, sp := range o.Spaces(c.ID) {
			if c.ClosedAt.IsZero() && sp.ArchivedAt.IsZero() {
				out = append(out, a.destination(ctx, &c, &sp))
			}
		}
	}
	return out, nil
}

// spaceFor is the space of a category.
func (a *App) spaceFor(ctx context.Context, beside intake.Destination, slug, name, about string, closed bool) (intake.Destination, error) {
	m, err := a.Community.Map(ctx)
	if err != nil {
		return beside, err
	}
	var c community.Community
	for _, one := range m.Communities {
		if one.ID == beside.Community {
			c = one
		}
	}
	for _, sp := range m.Spaces {
		if sp.Community == c.ID && sp.Slug == slug {
			return a.destination(ctx, &c, &sp), nil
		}
	}
	access := community.OpenSpace
	if closed {
		access = community.ByInvitation
	}
	if r := []rune(about); len(r) > 200 {
		about = string(r[:200])
	}
	sp, err := a.Community.AddSpace(ctx, c.ID, community.SpacePlan{Slug: slug, Name: community.Texts{c.Langs[0]: name}, About: community.Texts{c.Langs[0]: about}, Access: access, Holds: beside.Holds})
	if err != nil {
		return beside, err
	}
	return a.destination(ctx, &c, &sp), nil
}

func (a *App) fileFor(ctx context.Context, to intake.Destination, key, name string, open func() (io.ReadCloser, error)) (string, ledger.Attachment, error) {
	f, attached, err := a.Community.BringFor(ctx, to.Community, key, name, open)
	return f.Markdown(), attached, err
}
