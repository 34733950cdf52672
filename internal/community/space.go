package community

import (
	"slices"
	"time"

	"github.com/entente/entente/internal/db"
)

// Access is who may enter a space.
type Access string

// The ways to enter a space.
const (
	OpenSpace    Access = "open"       // whoever sees the community
	OnRequest    Access = "request"    // whoever asks and is accepted; all know that it is there
	ByInvitation Access = "invitation" // whoever is invited; all know that it is there
	Hidden       Access = "hidden"     // whoever is invited; nobody else learns that it is there
)

// What a space may hold.
const (
	Questions   = "question"
	Discussions = "discussion"
	Ideas       = "idea"
	Articles    = "article"
	Events      = "event"
)

// Space is a section of a community; one that is not open is a group.
type Space struct {
	ID         string
	Community  string
	Slug       string
	Name       Texts
	About      Texts
	Access     Access
	Holds      []string // Questions, Discussions, Ideas, Articles, Events
	Position   int
	CreatedAt  time.Time
	ArchivedAt time.Time // zero while it is in use; an archived one can be read and not written to
}

// Called is its name in a language, of those of its community.
func (s *Space) Called(lang string, langs ...string) string { return s.Name.In(lang, langs...) }

// Takes reports whether the space holds such things.
func (s *Space) Takes(kind string) bool { return slices.Contains(s.Holds, kind) }

// Listened reports whether what is said there may be heard by the social team: closed groups are not listened to.
func (s *Space) Listened() bool { return s.Access == OpenSpace || s.Access == OnRequest }

const spaceColumns = "s.id, s.community, s.slug, s.name, s.about, s.access, s.holds, s.position, s.created_at, s.archived_at"

func spaceFields(s *Space) []any {
	return []any{&s.ID, &s.Community, &s.Slug, db.JSON(&s.Name), db.JSON(&s.About), &s.Access, db.JSON(&s.Holds), &s.Position, db.At(&s.CreatedAt), db.At(&s.ArchivedAt)}
}
