package org

import (
	"slices"
	"time"
)

// State is where a member stands.
type State string

// The states of a member.
const (
	Active    State = "active"
	Suspended State = "suspended" // may not sign in; sessions and tokens are dead
	Invited   State = "invited"   // has not accepted yet
	Removed   State = "removed"   // is no member any more; what they did names them still
)

// Member is somebody who may sign in.
type Member struct {
	ID         string
	Email      string // lower case
	Name       string
	Role       Role
	Lang       string // "en", "fr"
	Zone       string // such as Europe/Paris
	Theme      string // "light", "dark", "" for what the machine prefers
	State      State
	CreatedAt  time.Time
	LastSeenAt time.Time // zero when never; exact to a minute

	scopes  []Permission // what the token they came with allows
	limited bool         // they came with a token
	token   string       // its id
}

// May reports whether the member may do p now. Nobody (nil) may do only what is Public; somebody who came with a token may do only
// what is in its scopes too. SignedIn holds for every token; as a scope it allows to look after sessions, tokens and profile.
func (m *Member) May(p Permission) bool {
	if p == Public {
		return true
	}
	if m == nil || m.State != Active || !m.Role.May(p) {
		return false
	}
	return !m.limited || p == SignedIn || slices.Contains(m.scopes, p)
}

// ByToken reports whether the member came with a personal token and not with a session.
func (m *Member) ByToken() bool { return m != nil && m.limited }

// Location is the member's time zone, UTC when it is unknown here.
func (m *Member) Location() *time.Location {
	if m == nil {
		return time.UTC
	}
	if l, err := location(m.Zone); err == nil {
		return l
	}
	return time.UTC
}
