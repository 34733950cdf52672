package communityweb

import (
	"context"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

// href is an address below a community, for its reader: at its own host name without the community's path.
func href(ctx context.Context, c community.Community, path string) string {
	return web.Href(ctx, c.Path()+path)
}

// Place finds the community that a request is for: by its own host name, or below /c/. One for invited people alone is told only to those who
// see it; at its own host name it shows itself, for there is nothing else.
// contact says whether there is a form of its own by which people write to those who look after it, nil for nowhere.
// more is what else stands at the foot of its pages; each may give nil.
func Place(s *community.Service, contact func(ctx context.Context, community string) bool, more ...func(ctx context.Context, c community.Community) templ.Component) web.PlaceOf {
	return func(ctx context.Context, host, path string) (*web.Place, error) {
		slug, below := "", strings.HasPrefix(path, "/c/")
		if below {
			slug, _, _ = strings.Cut(path[3:], "/")
		}
		m, err := s.Map(ctx)
		if err != nil {
			return nil, err
		}
		c, own := m.ByHost(host)
		if !own {
			var found bool
			if c, found = m.ByFormerHost(host); found && s.URL(ctx, c) != "" {
				return &web.Place{Path: c.Path(), Moved: s.URL(ctx, c)}, nil
			}
			if c, found = m.BySlug(slug); !found {
				return nil, nil
			}
		}
		f := frame{s: s, c: c, own: own, contact: contact, more: more}
		return &web.Place{Path: c.Path(), SignIn: c.Path() + "/sign-in", Own: own, Frame: f.around, Shown: f.shown,
			Was: func(ctx context.Context, path, query string) (string, error) {
				if rest, former := strings.CutPrefix(path, "/c/"+slug); former && slug != c.Slug && !own {
					return s.Moved(ctx, &c, rest, query)
				}
				to, err := s.OldAddress(ctx, &c, strings.TrimPrefix(path, c.Path()), query)
				if to != "" {
					to = c.Path() + to
				}
				return to, err
			}}, nil
	}
}

type frame struct {
	s   *community.Service
	c   community.Community
	own bool

	contact func(ctx context.Context, community string) bool
	more    []func(ctx context.Context, c community.Community) templ.Component
}

// shown reports whether whoever asks may learn that the community is there.
func (f frame) shown(ctx context.Context) bool {
	if f.own {
		return true
	}
	o, err := f.s.Sees(ctx, nil)
	return err == nil && o.Shows(f.c.ID)
}

// around draws the community's frame: what whoever asks sees of it, and nothing more.
func (f frame) around(ctx context.Context, p ui.ShellProps) templ.Component {
	lang := i18n.Lang(ctx)
	c := f.c
	p.Brand = c.Called(lang)
	if look := c.Look; look != (community.Look{}) {
		p.Head = both(lookLink(href(ctx, c, "/look.css?v="+look.Version())), p.Head)
	}
	place := ui.PlaceProps{Name: p.Brand, Href: href(ctx, c, "")}
	if logo, _, err := f.s.Adornments(ctx, c.ID); err == nil && logo.ID != "" {
		place.Logo = logo.Path()
	}
	if p.Icon = place.Logo; p.Icon == "" {
		fill, ink := c.Look.Mark()
		p.Icon = ui.TabIcon(p.Brand, fill, ink)
	}
	o, err := f.s.Sees(ctx, nil)
	if err == nil {
		if _, seen := o.ByID(c.ID); seen {
			place.Nav = f.nav(ctx, o, lang, p.To)
			if m := org.Who(ctx); m != nil && !f.own && o.ModeratesIn(c.ID) {
				place.Nav = append(place.Nav, ui.NavItem{Label: i18n.T(ctx, "community.moderation.title"), Href: "/moderation", Count: f.s.WaitingCases(ctx)})
			}
			p.Head = both(searchLink(href(ctx, c, "/opensearch.xml"), p.Brand), p.Head)
		}
	}
	m := org.Who(ctx)
	place.Actions = frameActions(c, m, p.To, f.own)
	if m != nil && err == nil {
		if x, found, err := f.s.Sanctioned(ctx, c.ID); err == nil && found {
			place.Actions = templ.Join(restraint(href(ctx, c, "/mine"), x.Kind), place.Actions)
		}
		if fresh, err := f.s.NewNotices(ctx, o, c.ID); err == nil {
			place.Actions = templ.Join(bell(href(ctx, c, "/notices"), fresh), place.Actions)
		}
	}
	place.Foot = frameFoot(c, lang)
	if place.Nav != nil {
		place.Foot = templ.Join(place.Foot, figuresLink(href(ctx, c, "/moderation"), href(ctx, c, "/recognition")))
		if f.contact != nil && f.contact(ctx, c.ID) {
			place.Foot = templ.Join(place.Foot, contactLink(href(ctx, c, "/contact")))
		}
		for _, more := range f.more {
			if part := more(ctx, c); part != nil {
				place.Foot = templ.Join(place.Foot, part)
			}
		}
	}
	return ui.Place(p, place)
}

const mostInNav = 6

func (f frame) nav(ctx context.Context, o community.Sight, lang, at string) []ui.NavItem {
	path, _, _ := strings.Cut(at, "?")
	item := func(label, to string) ui.NavItem {
		h := href(ctx, f.c, to)
		return ui.NavItem{Label: label, Href: h, Current: path == h || to != "" && strings.HasPrefix(path, h+"/")}
	}
	out := []ui.NavItem{item(i18n.T(ctx, "community.home"), "")}
	n, meets := 0, false
	for _, sp := range o.Spaces(f.c.ID) {
		meets = meets || o.May(sp.ID) && sp.Takes(community.Events) && len(sp.Holds) > 1 // a space for events alone is their list
		if o.May(sp.ID) && sp.ArchivedAt.IsZero() && n < mostInNav {
			out = append(out, item(sp.Called(lang, f.c.Langs...), "/"+sp.Slug))
			n++
		}
	}
	if meets {
		out = append(out, item(i18n.T(ctx, "community.event.title"), "/events"))
	}
	return append(out, item(i18n.T(ctx, "community.spaces"), "/spaces"), item(i18n.T(ctx, "community.search.title"), "/search"))
}

func both(a, b templ.Component) templ.Component {
	if b == nil {
		return a
	}
	return templ.Join(a, b)
}

// inside lets in who sees the community. Nobody signed in is sent to sign in where there is something to see then; who is signed in and is none
// of its audience, to where one asks to be let in.
func (h *handlers) inside(do inner) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		ctx := r.Context()
		o, err := h.s.Sees(ctx, nil)
		if err != nil {
			return err
		}
		c, seen := o.Community(r.PathValue("slug"))
		switch {
		case seen:
			if h.options.Document != nil && r.Method == http.MethodGet {
				if done, err := h.options.Document(w, r, c); done || err != nil {
					return err
				}
			}
			return do(w, r, visit{c, o, i18n.Lang(ctx)})
		case c.ID == "" || !o.Shows(c.ID) && !web.AtOwnHost(ctx):
			return problem.New(problem.Missing, "problem.not_found")
		case org.Who(ctx) == nil:
			return problem.New(problem.Unauthenticated, "problem.sign_in")
		case r.Method != http.MethodGet:
			return problem.New(problem.Forbidden, "community.join_first")
		}
		if _, found, err := h.s.Sanctioned(ctx, c.ID); err != nil {
			return err
		} else if found {
			return web.Redirect(w, r, c.Path()+"/mine")
		}
		return web.Redirect(w, r, c.Path()+"/join")
	}
}

// outside is for the pages by which one comes to see a community: it must be one that says that it is there.
func (h *handlers) outside(do inner) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		ctx := r.Context()
		o, err := h.s.Sees(ctx, nil)
		if err != nil {
			return err
		}
		c, seen := o.Community(r.PathValue("slug"))
		if !seen && (c.ID == "" || !o.Shows(c.ID) && !web.AtOwnHost(ctx)) {
			return problem.New(problem.Missing, "problem.not_found")
		}
		return do(w, r, visit{c, o, i18n.Lang(ctx)})
	}
}

// look sends the style sheet of a community: tokens only, so anybody may have it.
func (h *handlers) look(w http.ResponseWriter, r *http.Request) error {
	m, err := h.s.Map(r.Context())
	if err != nil {
		return err
	}
	c, found := m.BySlug(r.PathValue("slug"))
	if !found {
		return problem.New(problem.Missing, "problem.not_found")
	}
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=3600")
	if r.URL.Query().Get("v") == c.Look.Version() {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	_, err = w.Write([]byte(c.Look.CSS()))
	_ = err // the reader has gone; there is nobody to tell
	return nil
}
