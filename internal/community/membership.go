package community

import (
	"time"

	"github.com/entente/entente/internal/db"
)

// State is where somebody stands towards a community or a space.
type State string

// The states.
const (
	In      State = "in"
	Asked   State = "asked"
	Awaited State = "invited"
)

// Role is what somebody is in a space.
type Role string

// The roles.
const (
	Plain     Role = "member"
	Moderator Role = "moderator"
)

// Membership says that somebody is in a community (Space is "") or in a space of it, or would like to be.
type Membership struct {
	Community string
	Space     string
	Member    string // id
	State     State
	Role      Role
	Words     string // with which they asked
	By        string // id of the member who invited or accepted them
	At        time.Time
}

const membershipColumns = "b.community, b.space, b.member, b.state, b.role, b.words, b.made_by, b.at"

func membershipFields(m *Membership) []any {
	return []any{&m.Community, &m.Space, &m.Member, &m.State, &m.Role, &m.Words, &m.By, db.At(&m.At)}
}
