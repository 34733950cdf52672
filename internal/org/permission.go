package org

// Permission is something that may be done; every route names one.
type Permission string

// The permissions. Public needs no sign-in; Member needs only that.
const (
	Public            Permission = "public"
	SignedIn          Permission = "signed_in"
	ListeningRead     Permission = "listening:read"
	ListeningEdit     Permission = "listening:edit"
	InboxRead         Permission = "inbox:read"
	InboxEdit         Permission = "inbox:edit" // take, note, reply, resolve
	InboxAssign       Permission = "inbox:assign"
	PeopleRead        Permission = "people:read"
	PeopleEdit        Permission = "people:edit"
	ChannelRead       Permission = "channel:read"
	ChannelEdit       Permission = "channel:edit"
	ImportRun         Permission = "import:run"
	ExportRun         Permission = "export:run"
	CommunityRead     Permission = "community:read" // every community, whatever its audience
	CommunityEdit     Permission = "community:edit" // make and change communities and spaces
	CommunityModerate Permission = "community:moderate"
	MeasureRead       Permission = "measure:read"
	MeasureEdit       Permission = "measure:edit" // own measures, dashboards, reports, business facts
	StrategyRead      Permission = "strategy:read"
	StrategyEdit      Permission = "strategy:edit"
	MemberRead        Permission = "member:read"
	MemberEdit        Permission = "member:edit" // invite, change roles, suspend
	AuditRead         Permission = "audit:read"
	OrgEdit           Permission = "org:edit"
)

// Role is what a member is in the organisation.
type Role string

// The roles.
const (
	Owner      Role = "owner"      // everything
	Strategist Role = "strategist" // the map and its measures, and reads all the rest
	Social     Role = "social"     // the social team: listening, inbox, people, channels
	Volunteer  Role = "volunteer"  // answers what fits their skills
	Plain      Role = "member"     // a member of communities: signs in, no more for now
)

// Roles lists the roles, the most trusted first.
func Roles() []Role { return []Role{Owner, Strategist, Social, Volunteer, Plain} }

// Permissions lists what a role may do.
func (r Role) Permissions() []Permission {
	switch r {
	case Owner:
		return []Permission{SignedIn, ListeningRead, ListeningEdit, InboxRead, InboxEdit, InboxAssign, PeopleRead, PeopleEdit, ChannelRead,
			ChannelEdit, ImportRun, ExportRun, CommunityRead, CommunityEdit, CommunityModerate, MeasureRead, MeasureEdit, StrategyRead, StrategyEdit, MemberRead,
			MemberEdit, AuditRead, OrgEdit}
	case Strategist:
		return []Permission{SignedIn, ListeningRead, InboxRead, PeopleRead, ChannelRead, CommunityRead, MeasureRead, MeasureEdit, StrategyRead, StrategyEdit, MemberRead, ImportRun}
	case Social:
		return []Permission{SignedIn, ListeningRead, ListeningEdit, InboxRead, InboxEdit, InboxAssign, PeopleRead, PeopleEdit, ChannelRead,
			ChannelEdit, ImportRun, CommunityRead, CommunityEdit, CommunityModerate, MeasureRead, MeasureEdit, StrategyRead, MemberRead}
	case Volunteer:
		return []Permission{SignedIn, ListeningRead, InboxRead, InboxEdit, PeopleRead, CommunityRead, MeasureRead, StrategyRead}
	case Plain:
		return []Permission{SignedIn}
	}
	return nil
}

// May reports whether the role includes the permission.
func (r Role) May(p Permission) bool {
	if p == Public {
		return true
	}
	for _, have := range r.Permissions() {
		if have == p {
			return true
		}
	}
	return false
}
