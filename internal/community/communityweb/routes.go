// Package communityweb shows on pages what community decides: forms come in, pages in the community's own look and calls of community go out.
package communityweb

import (
	"context"
	"net/http"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/push"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

type handlers struct {
	s   *community.Service
	org *org.Service
	web *web.Server

	options Options
	drawing chan struct{} // pictures being drawn
	lines   ui.Memo       // of lists of threads
}

// Options is what modules further right add.
type Options struct {
	// Push tells browsers of notices; nil for nobody.
	Push *push.Service
	// Idea gives panels for the page of an idea; nil for none.
	Idea func(ctx context.Context, c community.Community, i community.Idea) []ui.Panel
	// Marks say how people are recognised for what the reader may read, by identity; nil for nothing.
	Marks func(ctx context.Context, o community.Sight, c community.Community, people []string) map[string]Mark
	// Person gives panels for the page of somebody, by their handle; nil for none.
	Person func(ctx context.Context, o community.Sight, c community.Community, handle string) []ui.Panel
	// Products are the names of what the organisation sells, for who may know them; nil for none.
	Products func(ctx context.Context) ([]string, error)
	// Document answers a page to programs that ask for it in another form; done is false for all others. nil for none.
	Document func(w http.ResponseWriter, r *http.Request, c community.Community) (done bool, err error)
}

// Mark stands beside somebody's name.
type Mark struct{ Label, Hint, Href string }

// Routes registers the pages.
func Routes(r *web.Routes, server *web.Server, s *community.Service, o *org.Service, options Options) {
	h := &handlers{s: s, org: o, web: server, options: options, drawing: make(chan struct{}, 2)}
	h.places(r)
	h.threads(r)
	h.olds(r)
	h.persons(r)
	h.claims(r)
	h.notices(r)
	h.push(r)
	h.forgetting(r)
	h.moderation(r)
	h.ideas(r)
	h.articles(r)
	h.events(r)
	h.challenges(r)
	h.ambassadors(r)
	h.bridges(r)
}

// places registers the pages of communities and spaces.
func (h *handlers) places(r *web.Routes) {
	r.Page("GET /c/{slug}", org.Public, h.inside(h.home))
	r.Page("GET /c/{slug}/look.css", org.Public, h.look)
	r.Page("GET /c/{slug}/sign-in", org.Public, h.outside(h.signInPage))
	r.Do("POST /c/{slug}/sign-in", org.Public, h.outside(h.signIn))
	r.Do("POST /c/{slug}/sign-out", org.Public, h.outside(h.signOut))
	r.Page("GET /c/{slug}/sign-up", org.Public, h.outside(h.signUpPage))
	r.Do("POST /c/{slug}/sign-up", org.Public, h.outside(h.signUp))
	r.Page("GET /c/{slug}/confirm/{secret}", org.Public, h.outside(h.confirmPage))
	r.Do("POST /c/{slug}/confirm/{secret}", org.Public, h.outside(h.confirm))
	r.Page("GET /c/{slug}/invited/{secret}", org.Public, h.invitedPage)
	r.Do("POST /c/{slug}/invited/{secret}", org.Public, h.come)
	r.Page("GET /c/{slug}/join", org.SignedIn, h.outside(h.joinPage))
	r.Do("POST /c/{slug}/join", org.SignedIn, h.outside(h.join))
	r.Do("POST /c/{slug}/leave", org.SignedIn, h.outside(h.leave))
	r.Page("GET /c/{slug}/spaces", org.Public, h.inside(h.spaces))
	r.Do("POST /c/{slug}/spaces/{space}/join", org.SignedIn, h.inside(h.joinSpace))
	r.Do("POST /c/{slug}/spaces/{space}/leave", org.SignedIn, h.inside(h.leaveSpace))
	r.Page("GET /c/{slug}/spaces/{space}/members", org.SignedIn, h.inside(h.spaceMembers))
	r.Do("POST /c/{slug}/spaces/{space}/members", org.SignedIn, h.inside(h.inviteToSpace))
	r.Do("POST /c/{slug}/spaces/{space}/members/{member}/{do}", org.SignedIn, h.inside(h.decideInSpace))

	r.Page("GET /communities", org.CommunityRead, h.overview)
	r.Page("GET /communities/new", org.CommunityEdit, h.newPage)
	r.Do("POST /communities", org.CommunityEdit, h.add)
	r.Page("GET /sign-ups", org.MemberEdit, h.signUps)
	r.Do("POST /sign-ups/{id}/{do}", org.MemberEdit, h.decideSignUp)
	r.Page("GET /communities/{id}", org.CommunityRead, h.one)
	r.Page("GET /communities/{id}/settings", org.CommunityEdit, h.settings)
	r.Do("POST /communities/{id}/settings", org.CommunityEdit, h.change)
	r.Do("POST /communities/{id}/{do}", org.CommunityEdit, h.openOrClose)
	r.Page("GET /communities/{id}/members", org.CommunityModerate, h.members)
	r.Do("POST /communities/{id}/members", org.CommunityModerate, h.invite)
	r.Do("POST /communities/{id}/members/{member}/{do}", org.CommunityModerate, h.decide)
	r.Page("GET /communities/{id}/spaces/new", org.CommunityEdit, h.newSpace)
	r.Do("POST /communities/{id}/spaces", org.CommunityEdit, h.addSpace)
	r.Page("GET /communities/{id}/spaces/{space}", org.CommunityEdit, h.editSpace)
	r.Do("POST /communities/{id}/spaces/{space}", org.CommunityEdit, h.changeSpace)
	r.Do("POST /communities/{id}/spaces/{space}/{do}", org.CommunityEdit, h.doSpace)
}

// visit is a request within a community that whoever asks sees.
type visit struct {
	community.Community
	Sight community.Sight
	Lang  string // in which its names are shown
}

// Called is the community's name for the reader.
func (v visit) Called() string { return v.Community.Called(v.Lang) }

// Space is a space's name for the reader.
func (v visit) SpaceName(sp community.Space) string { return sp.Called(v.Lang, v.Langs...) }

type inner func(w http.ResponseWriter, r *http.Request, v visit) error
