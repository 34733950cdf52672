package community

import (
	"context"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/i18n"
)

// Audience is whom a community is for.
type Audience string

// The audiences.
const (
	Everybody Audience = "public"  // whoever comes by may read
	Members   Audience = "members" // who has joined
	ByKind    Audience = "kinds"   // whose person is of one of the kinds: employee, customer, partner …
	Invited   Audience = "invited" // who was invited and came
	ByGroup   Audience = "group"   // who is in one of some spaces, of this community or others
)

// SignUp is how somebody becomes a member of a community.
type SignUp string

// The rules of sign-up.
const (
	Open     SignUp = "open"     // by themselves
	Approval SignUp = "approval" // when somebody of the team agrees
	Closed   SignUp = "closed"   // by invitation
)

// Community is a branded place.
type Community struct {
	ID        string
	Slug      string // its address is /c/SLUG
	Host      string // its own host name, "" for none
	Channel   string // the channel its posts come through
	Name      Texts
	About     Texts    // a sentence
	Welcome   Texts    // Markdown, on its first page
	Langs     []string // the first is its own
	Audience  Audience
	Kinds     []string // of ByKind
	Groups    []string // of ByGroup: ids of spaces
	SignUp    SignUp
	Look      Look
	CreatedAt time.Time
	ChangedAt time.Time
	ClosedAt  time.Time // zero while it is open; a closed one is seen by nobody but those who look after it
}

// Called is its name in a language.
func (c *Community) Called(lang string) string { return c.Name.In(lang, c.Langs...) }

// closes reports whether people see the community by what they are, without having joined.
func (c *Community) closes() bool { return c.Audience == ByKind || c.Audience == ByGroup }

// Path is where its pages stand among all.
func (c *Community) Path() string { return "/c/" + c.Slug }

const communityColumns = "c.id, c.slug, c.host, c.channel, c.name, c.about, c.welcome, c.langs, c.audience, c.kinds, c.of_groups, c.sign_up, c.look, c.created_at, c.changed_at, c.closed_at"

func communityFields(c *Community) []any {
	return []any{&c.ID, &c.Slug, &c.Host, &c.Channel, db.JSON(&c.Name), db.JSON(&c.About), db.JSON(&c.Welcome), db.JSON(&c.Langs), &c.Audience,
		db.JSON(&c.Kinds), db.JSON(&c.Groups), &c.SignUp, db.JSON(&c.Look), db.At(&c.CreatedAt), db.At(&c.ChangedAt), db.At(&c.ClosedAt)}
}

// CalledFor is what a community is called for whoever asks, who must see it.
func (s *Service) CalledFor(ctx context.Context, id string) (string, error) {
	o, err := s.Sees(ctx, nil)
	if err != nil {
		return "", err
	}
	c, seen := o.ByID(id)
	if !seen {
		return "", notFound()
	}
	return c.Called(i18n.Lang(ctx)), nil
}
