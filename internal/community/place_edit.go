package community

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Plan is what a community should be.
type Plan struct {
	Slug     string
	Host     string // "" for none
	Name     Texts
	About    Texts
	Welcome  Texts // Markdown
	Langs    []string
	Audience Audience
	Kinds    []string
	Groups   []string // ids of spaces
	SignUp   SignUp
	Look     Look
}

const (
	maxName    = 80
	maxAbout   = 300
	maxWelcome = 20_000
	maxKinds   = 20
	maxGroups  = 50
	maxPlaces  = 500 // communities
	maxSpaces  = 200 // of a community
)

var slugForm = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$`)

// Audiences lists the audiences.
func Audiences() []Audience { return []Audience{Everybody, Members, ByKind, ByGroup, Invited} }

// SignUps lists the rules of sign-up.
func SignUps() []SignUp { return []SignUp{Open, Approval, Closed} }

func refuse(field, key string, args ...any) error {
	return problem.New(problem.Invalid, key, args...).On(field)
}

// checkTexts returns the texts of the languages, and what is wrong with them. The first language must have one when it is needed.
func checkTexts(t Texts, langs []string, field string, most int, needed bool) (Texts, error) {
	out := t.cleaned(langs)
	var errs []error
	if needed && len(langs) > 0 && out[langs[0]] == "" {
		errs = append(errs, refuse(field+"_"+langs[0], "problem.required"))
	}
	for _, l := range langs {
		if utf8.RuneCountInString(out[l]) > most {
			errs = append(errs, refuse(field+"_"+l, "problem.too_long", "Max", most))
		}
	}
	return out, errors.Join(errs...)
}

// checked returns the plan cleaned, or everything that is wrong with it.
func (p Plan) checked(main string) (Plan, error) {
	var errs []error
	note := func(err error) { errs = append(errs, err) }
	p.Slug = strings.ToLower(strings.TrimSpace(p.Slug))
	if !slugForm.MatchString(p.Slug) {
		note(refuse("slug", "community.bad_slug"))
	}
	var langs []string
	for _, l := range p.Langs {
		if i18n.Known(l) && !slices.Contains(langs, l) {
			langs = append(langs, l)
		}
	}
	if p.Langs = langs; len(langs) == 0 {
		note(refuse("langs", "problem.required"))
	}
	var err error
	p.Name, err = checkTexts(p.Name, p.Langs, "name", maxName, true)
	note(err)
	for l, name := range p.Name {
		p.Name[l] = strings.Join(strings.Fields(name), " ")
	}
	p.About, err = checkTexts(p.About, p.Langs, "about", maxAbout, false)
	note(err)
	p.Welcome, err = checkTexts(p.Welcome, p.Langs, "welcome", maxWelcome, false)
	note(err)
	if !slices.Contains(Audiences(), p.Audience) {
		note(refuse("audience", "community.bad_choice"))
	}
	if !slices.Contains(SignUps(), p.SignUp) {
		note(refuse("sign_up", "community.bad_choice"))
	}
	var kinds []string
	for _, k := range p.Kinds {
		if k = strings.ToLower(strings.TrimSpace(k)); k != "" && len(k) <= 40 && utf8.ValidString(k) && !slices.Contains(kinds, k) && len(kinds) < maxKinds {
			kinds = append(kinds, k)
		}
	}
	if p.Kinds = kinds; p.Audience == ByKind && len(kinds) == 0 {
		note(refuse("kinds", "problem.required"))
	}
	if p.Groups = slices.Compact(slices.Sorted(slices.Values(p.Groups))); p.Audience != ByGroup {
		p.Groups = nil
	} else if len(p.Groups) == 0 || len(p.Groups) > maxGroups {
		note(refuse("groups", "community.some_groups", "Max", maxGroups))
	}
	if p.Audience == Invited {
		p.SignUp = Closed
	}
	p.Host, err = checkHost(p.Host, main)
	note(err)
	p.Look, err = p.Look.Checked()
	note(err)
	return p, errors.Join(errs...)
}

// checkHost returns a host name in lower case and ASCII. It must not be the installation's own.
func checkHost(host, main string) (string, error) {
	host = strings.TrimSuffix(strings.ToLower(strings.TrimSpace(host)), ".")
	if host == "" {
		return "", nil
	}
	bad := refuse("host", "community.bad_host")
	if len(host) > 253 || !utf8.ValidString(host) {
		return "", bad
	}
	ascii, err := idna.Lookup.ToASCII(host)
	if err != nil || !strings.Contains(ascii, ".") || strings.ContainsAny(ascii, "/:@?#[]") {
		return "", bad
	}
	if _, err := netip.ParseAddr(ascii); err == nil {
		return "", bad
	}
	if u, err := url.Parse(main); err == nil && strings.EqualFold(u.Hostname(), ascii) {
		return "", refuse("host", "community.host_is_ours")
	}
	return ascii, nil
}

func (s *Service) mainURL(ctx context.Context) string {
	o, err := s.org.Organisation(ctx)
	if err != nil {
		return ""
	}
	return strings.TrimRight(o.URL, "/")
}

// URL is the address of a community in the world: its own host name where it has one, by the scheme of the installation's.
func (s *Service) URL(ctx context.Context, c Community) string {
	main := s.mainURL(ctx)
	if c.Host == "" {
		return main + c.Path()
	}
	u, err := url.Parse(main)
	if err != nil || u.Scheme == "" {
		return "https://" + c.Host
	}
	if port := u.Port(); port != "" {
		return u.Scheme + "://" + c.Host + ":" + port
	}
	return u.Scheme + "://" + c.Host
}

// Add makes a community, and the channel that its posts come through.
func (s *Service) Add(ctx context.Context, p Plan) (Community, error) {
	if err := org.Require(ctx, org.CommunityEdit); err != nil {
		return Community{}, err
	}
	p, err := p.checked(s.mainURL(ctx))
	if err != nil {
		return Community{}, err
	}
	m, err := s.Map(ctx)
	if err != nil {
		return Community{}, err
	}
	if len(m.Communities) >= maxPlaces {
		return Community{}, problem.New(problem.Conflict, "community.too_many", "Max", maxPlaces)
	}
	c := p.made(Community{ID: s.newID(), CreatedAt: s.Now()})
	if err := errors.Join(m.free(&c), m.knows(c.Groups)); err != nil {
		return c, err
	}
	// The channel is made first and by itself: it has its own transaction.
	a, err := s.channels.Add(ctx, channel.Draft{Kind: "community", Name: channelName(m, &c), Settings: channel.Settings{"url": s.URL(ctx, c)}, Inbox: channel.InboxQuestions})
	if err != nil {
		return c, fmt.Errorf("make the channel of a community: %w", err)
	}
	c.Channel = a.ID
	err = s.edit(ctx, org.CommunityEdit, "community.add", "community:"+c.ID, map[string]any{"slug": c.Slug, "audience": c.Audience}, func(ctx context.Context, q db.Q) error {
		c.ChangedAt = c.CreatedAt
		return taken(db.Insert(ctx, q, "community (id, slug, host, channel, name, about, welcome, langs, audience, kinds, of_groups, sign_up, look, created_at, changed_at)",
			[][]any{{c.ID, c.Slug, c.Host, c.Channel, db.J(c.Name), db.J(c.About), db.J(c.Welcome), db.J(c.Langs), string(c.Audience), db.J(c.Kinds), db.J(c.Groups), string(c.SignUp),
				db.J(c.Look), db.T(c.CreatedAt), db.T(c.ChangedAt)}}, ""))
	})
	if err != nil {
		if gone := s.channels.Remove(ctx, a.ID); gone != nil {
			s.log.Warn("the channel of a community that was not made stayed", "channel", a.ID, "error", gone)
		}
		return Community{}, err
	}
	return c, nil
}

// channelName is a name no other channel of a community has; channels have names of their own.
func channelName(m *Map, c *Community) string {
	name := c.Called(c.Langs[0])
	for i := range m.Communities {
		if strings.EqualFold(m.Communities[i].Called(m.Communities[i].Langs[0]), name) {
			return name + " (" + c.Slug + ")"
		}
	}
	return name
}

// made is the community as planned.
func (p Plan) made(c Community) Community {
	c.Slug, c.Host, c.Name, c.About, c.Welcome, c.Langs = p.Slug, p.Host, p.Name, p.About, p.Welcome, p.Langs
	c.Audience, c.Kinds, c.Groups, c.SignUp, c.Look = p.Audience, p.Kinds, p.Groups, p.SignUp, p.Look
	return c
}

// Planned is the community as a plan, to change it.
func (c Community) Planned() Plan {
	return Plan{Slug: c.Slug, Host: c.Host, Name: c.Name, About: c.About, Welcome: c.Welcome, Langs: c.Langs, Audience: c.Audience, Kinds: c.Kinds, Groups: c.Groups, SignUp: c.SignUp, Look: c.Look}
}

// free refuses an address or host name that another community has.
func (m *Map) free(c *Community) error {
	if i, found := m.slugs[c.Slug]; found && m.Communities[i].ID != c.ID {
		return problem.New(problem.Conflict, "community.slug_taken").On("slug")
	}
	if i, found := m.hosts[c.Host]; found && c.Host != "" && m.Communities[i].ID != c.ID {
		return problem.New(problem.Conflict, "community.host_taken").On("host")
	}
	return nil
}

// knows refuses groups that are none: whoever comes into an open space without being let in is in no group.
func (m *Map) knows(groups []string) error {
	for _, g := range groups {
		if i, found := m.spaces[g]; !found || m.Spaces[i].Access == OpenSpace {
			return refuse("groups", "community.bad_choice")
		}
	}
	return nil
}

// Groups lists the spaces that people are let into, of all communities, for who makes communities.
func (s *Service) Groups(ctx context.Context) ([]Space, error) {
	if err := org.Require(ctx, org.CommunityEdit); err != nil {
		return nil, err
	}
	m, err := s.Map(ctx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(m.Spaces), func(sp Space) bool { return sp.Access == OpenSpace || !sp.ArchivedAt.IsZero() }), nil
}

// taken says in words what the database refused because somebody else was faster.
func taken(err error) error {
	if db.Duplicate(err) {
		return problem.New(problem.Conflict, "community.slug_taken").On("slug").Because(err)
	}
	return err
}

// Change changes a community.
func (s *Service) Change(ctx context.Context, community string, p Plan) (Community, error) {
	if err := org.Require(ctx, org.CommunityEdit); err != nil {
		return Community{}, err
	}
	p, err := p.checked(s.mainURL(ctx))
	if err != nil {
		return Community{}, err
	}
	var c Community
	err = s.edit(ctx, org.CommunityEdit, "community.change", "community:"+clipped(community), map[string]any{"slug": p.Slug, "audience": p.Audience, "sign_up": p.SignUp},
		func(ctx context.Context, q db.Q) error {
			m, err := s.all(ctx, q)
			if err != nil {
				return err
			}
			i, found := m.ids[community]
			if !found {
				return notFound()
			}
			c = p.made(m.Communities[i])
			if err := errors.Join(m.free(&c), m.knows(c.Groups)); err != nil {
				return err
			}
			c.ChangedAt = s.Now()
			if err := s.noteFormer(ctx, q, "slug", "", m.Communities[i].Slug, c.Slug, c.ID); err != nil {
				return err
			}
			if err := s.noteFormer(ctx, q, "host", "", m.Communities[i].Host, c.Host, c.ID); err != nil {
				return err
			}
			_, err = db.Exec(ctx, q, `UPDATE community SET slug = $1, host = $2, name = $3, about = $4, welcome = $5, langs = $6, audience = $7, kinds = $8, sign_up = $9,
				look = $10, changed_at = $11, of_groups = $12 WHERE id = $13`, c.Slug, c.Host, db.J(c.Name), db.J(c.About), db.J(c.Welcome), db.J(c.Langs), string(c.Audience), db.J(c.Kinds),
				string(c.SignUp), db.J(c.Look), db.T(c.ChangedAt), db.J(c.Groups), c.ID)
			return taken(err)
		})
	return c, err
}

// Close closes a community, or opens it again. One that is closed is seen only by those who may make communities; nothing is lost.
func (s *Service) Close(ctx context.Context, community string, closed bool) error {
	action := "community.open"
	at := any(nil)
	if closed {
		action, at = "community.close", db.T(s.Now())
	}
	return s.edit(ctx, org.CommunityEdit, action, "community:"+clipped(community), nil, func(ctx context.Context, q db.Q) error {
		n, err := db.Exec(ctx, q, "UPDATE community SET closed_at = $1 WHERE id = $2", at, clipped(community))
		if err == nil && n == 0 {
			return notFound()
		}
		return err
	})
}

// clipped is an id as it may be looked for: what cannot be one finds nothing.
func clipped(one string) string {
	if !id.Valid(one) {
		return ""
	}
	return one
}
