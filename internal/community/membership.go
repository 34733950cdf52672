package community

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
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

// Listed is somebody who is in, or would like to be.
type Listed struct {
	Membership
	Name  string
	Email string // only for those who look after the community
}

// maxRequest bounds what somebody says when they ask to be let in.
const maxRequest = 500

// put keeps a membership, over what was there.
func (s *Service) put(ctx context.Context, q db.Q, m Membership) error {
	if m.Role == "" {
		m.Role = Plain
	}
	_, err := db.Exec(ctx, q, `INSERT INTO community_membership (community, space, member, state, role, words, made_by, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (member, community, space) DO UPDATE SET state = excluded.state, role = excluded.role, words = excluded.words, made_by = excluded.made_by, at = excluded.at`,
		m.Community, m.Space, m.Member, string(m.State), string(m.Role), m.Words, m.By, db.T(s.Now()))
	if err != nil {
		return fmt.Errorf("keep a membership: %w", err)
	}
	return nil
}

func (s *Service) drop(ctx context.Context, q db.Q, community, space, member string) (int64, error) {
	n, err := db.Exec(ctx, q, "DELETE FROM community_membership WHERE member = $1 AND community = $2 AND space = $3", member, community, space)
	if err != nil {
		return n, fmt.Errorf("drop a membership: %w", err)
	}
	return n, nil
}

// join lets a member who takes part for the first time be counted among those who have joined. It decides nothing: whether they may write was
// asked before.
func (s *Service) join(ctx context.Context, q db.Q, o Sight, community string) error {
	if o.Member == "" || o.Joined(community) {
		return nil
	}
	if err := s.put(ctx, q, Membership{Community: community, Member: o.Member, State: In}); err != nil {
		return err
	}
	return s.org.Audit(ctx, q, "community.join", "community:"+community, nil)
}

func signedIn(ctx context.Context) (*org.Member, error) {
	m := org.Who(ctx)
	if m == nil {
		return nil, problem.New(problem.Unauthenticated, "problem.sign_in")
	}
	return m, nil
}

// Join lets whoever acts join a community, or ask to, as its rule of sign-up says; those invited are in at once. It returns where they stand
// then. A community that is not seen can be joined too: that is how one comes to see it. One that is for invited people alone does not say that
// it is there.
func (s *Service) Join(ctx context.Context, community, words string) (State, error) {
	m, err := signedIn(ctx)
	if err != nil {
		return "", err
	}
	state := In
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		o, err := s.Sees(ctx, q)
		if err != nil {
			return err
		}
		i, found := o.all.ids[community]
		if !found {
			return notFound()
		}
		c, was := o.all.Communities[i], o.Standing(community)
		if _, seen := o.ByID(community); !seen {
			if was, err = s.stateOf(ctx, q, community, "", m.ID); err != nil {
				return err
			}
		}
		if !c.ClosedAt.IsZero() {
			return notFound()
		}
		state = In
		switch {
		case was == In:
			return nil
		case was == Awaited:
		case c.Audience == Invited && !may(ctx, org.CommunityRead):
			return notFound()
		case c.closes() && !o.seesOf(community) && c.SignUp == Open:
			return problem.New(problem.Forbidden, "community.not_your_kind")
		case c.SignUp == Open || may(ctx, org.CommunityRead):
		case c.SignUp == Approval:
			state = Asked
		default:
			return problem.New(problem.Forbidden, "community.by_invitation")
		}
		if err := s.put(ctx, q, Membership{Community: community, Member: m.ID, State: state, Words: clean(words)}); err != nil {
			return err
		}
		if state == Asked {
			if err := s.tellKeepers(ctx, q, c, Space{}, m, words); err != nil {
				return err
			}
			return s.org.Audit(ctx, q, "community.ask", "community:"+community, nil)
		}
		return s.org.Audit(ctx, q, "community.join", "community:"+community, nil)
	})
	return state, err
}

func (o Sight) seesOf(community string) bool {
	_, seen := o.places[community]
	return seen
}

func (s *Service) stateOf(ctx context.Context, q db.Q, community, space, member string) (State, error) {
	v, _, err := db.Value[string](ctx, q, "SELECT state FROM community_membership WHERE member = $1 AND community = $2 AND space = $3", member, community, space)
	if err != nil {
		return "", fmt.Errorf("read a membership: %w", err)
	}
	return State(v), nil
}

func clean(words string) string {
	words = TextOf(words)
	if r := []rune(words); len(r) > maxRequest {
		words = string(r[:maxRequest])
	}
	return words
}

// Leave ends what whoever acts has with a community: membership, requests and invitations, those of its spaces too.
func (s *Service) Leave(ctx context.Context, community string) error {
	m, err := signedIn(ctx)
	if err != nil {
		return err
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		n, err := db.Exec(ctx, q, "DELETE FROM community_membership WHERE member = $1 AND community = $2", m.ID, clipped(community))
		if err != nil {
			return fmt.Errorf("leave a community: %w", err)
		}
		if n == 0 {
			return nil
		}
		return s.org.Audit(ctx, q, "community.leave", "community:"+community, nil)
	})
}

// JoinSpace lets whoever acts into a space, or asks for it, as its access says. It returns where they stand then.
func (s *Service) JoinSpace(ctx context.Context, space, words string) (State, error) {
	m, err := signedIn(ctx)
	if err != nil {
		return "", err
	}
	state := In
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		o, err := s.Sees(ctx, q)
		if err != nil {
			return err
		}
		sp, known := o.SpaceByID(space)
		if !known {
			return notFound()
		}
		if !sp.ArchivedAt.IsZero() {
			return problem.New(problem.Conflict, "community.space_archived")
		}
		was, err := s.stateOf(ctx, q, sp.Community, sp.ID, m.ID)
		if err != nil || was == In {
			return err
		}
		state = In
		switch {
		case was == Awaited:
		case sp.Access == OpenSpace && o.places[sp.Community].writes:
		case sp.Access == OpenSpace:
			return problem.New(problem.Forbidden, "community.join_first")
		case sp.Access == OnRequest && !o.places[sp.Community].writes:
			return problem.New(problem.Forbidden, "community.join_first")
		case sp.Access == OnRequest:
			state = Asked
		default:
			return problem.New(problem.Forbidden, "community.by_invitation")
		}
		if state == In {
			if err := s.join(ctx, q, o, sp.Community); err != nil {
				return err
			}
		}
		if err := s.put(ctx, q, Membership{Community: sp.Community, Space: sp.ID, Member: m.ID, State: state, Words: clean(words)}); err != nil {
			return err
		}
		if state == Asked {
			c, _ := o.ByID(sp.Community)
			if err := s.tellKeepers(ctx, q, c, sp, m, words); err != nil {
				return err
			}
			return s.org.Audit(ctx, q, "community.ask", "space:"+sp.ID, map[string]string{"name": sp.Called(i18n.Lang(ctx), i18n.Languages()...)})
		}
		return s.org.Audit(ctx, q, "community.join", "space:"+sp.ID, map[string]string{"name": sp.Called(i18n.Lang(ctx), i18n.Languages()...)})
	})
	return state, err
}

// LeaveSpace ends what whoever acts has with a space: membership, request or invitation.
func (s *Service) LeaveSpace(ctx context.Context, space string) error {
	m, err := signedIn(ctx)
	if err != nil {
		return err
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		n, err := db.Exec(ctx, q, "DELETE FROM community_membership WHERE member = $1 AND space = $2 AND space <> ''", m.ID, clipped(space))
		if err != nil {
			return fmt.Errorf("leave a space: %w", err)
		}
		if n == 0 {
			return nil
		}
		return s.org.Audit(ctx, q, "community.leave", "space:"+space, nil)
	})
}

// mostKeepers is how many are told that somebody asks to be let in.
const mostKeepers = 20

// tellKeepers tells those who decide who is in a space, or in a community, that somebody asks to be let in: its moderators, and where there are none the team that looks
// after communities.
func (s *Service) tellKeepers(ctx context.Context, q db.Q, c Community, sp Space, who *org.Member, words string) error {
	var keepers []string
	var err error
	if sp.ID != "" {
		if keepers, err = db.All(ctx, q, db.Self[string], "SELECT member FROM community_membership WHERE community = $1 AND space = $2 AND state = 'in' AND role = 'moderator' ORDER BY member"+db.Limit(mostKeepers), c.ID, sp.ID); err != nil {
			return fmt.Errorf("find who looks after a space: %w", err)
		}
	}
	if len(keepers) == 0 {
		team, err := s.org.Team(org.AsOperator(ctx))
		if err != nil {
			return err
		}
		for _, m := range team {
			if m.State == org.Active && m.Role.May(org.CommunityModerate) && len(keepers) < mostKeepers {
				keepers = append(keepers, m.ID)
			}
		}
	}
	for _, k := range keepers {
		if k == who.ID {
			continue
		}
		if err := s.wordOfPlace(ctx, q, AsksIn, k, c, sp, lineOf(who.Name), clean(words)); err != nil {
			return err
		}
	}
	return nil
}

// wordOfPlace tells a member something about who is in a community or a space of it; it leads to where one sees or decides that.
func (s *Service) wordOfPlace(ctx context.Context, q db.Q, kind NoticeKind, member string, c Community, sp Space, by, words string) error {
	m, err := s.org.Find(org.AsOperator(ctx), member)
	if problem.Is(err, problem.Missing) {
		return nil
	}
	if err != nil {
		return err
	}
	name, to := c.Called(m.Lang), c.Path()
	if sp.ID != "" {
		name, to = sp.Called(m.Lang, c.Langs...), c.Path()+"/spaces/"+sp.Slug
	}
	switch {
	case kind == AsksIn && sp.ID == "":
		to = "/communities/" + c.ID + "/members"
	case kind == AsksIn, kind == MadeKeeper:
		to += "/members"
	case kind == AskedIn && sp.ID == "":
		to += "/join"
	case kind == AskedIn:
		to = c.Path() + "/spaces"
	}
	return s.word(ctx, q, Notice{Member: member, Community: c.ID, Kind: kind, Subject: to, By: by, Words: strings.TrimSpace(name + "\n" + words)})
}

// keeping gives the community (and the space, when space is not "") if whoever acts decides who is in it: staff who moderate or make
// communities, and the moderators of the space.
func (s *Service) keeping(ctx context.Context, q db.Q, community, space string) (Community, Space, error) {
	o, err := s.Sees(ctx, q)
	if err != nil {
		return Community{}, Space{}, err
	}
	c, seen := o.ByID(community)
	if !seen {
		return c, Space{}, notFound()
	}
	if space == "" {
		if may(ctx, org.CommunityEdit) || may(ctx, org.CommunityModerate) {
			return c, Space{}, nil
		}
		return c, Space{}, org.Require(ctx, org.CommunityModerate)
	}
	sp, known := o.SpaceByID(space)
	if !known || sp.Community != c.ID {
		return c, sp, notFound()
	}
	if o.MayModerate(sp.ID) || may(ctx, org.CommunityEdit) {
		return c, sp, nil
	}
	return c, sp, problem.New(problem.Forbidden, "problem.forbidden")
}

// MayKeep reports whether whoever acts decides who is in the space, or in the community when space is "".
func (s *Service) MayKeep(ctx context.Context, community, space string) bool {
	_, _, err := s.keeping(ctx, nil, community, space)
	return err == nil
}

// decide runs a change of who is in a community or space.
func (s *Service) decide(ctx context.Context, action, community, space, member string, do func(ctx context.Context, q db.Q, c Community, sp Space) error) error {
	if !id.Valid(member) {
		return notFound()
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		c, sp, err := s.keeping(ctx, q, community, space)
		if err != nil {
			return err
		}
		if err := do(ctx, q, c, sp); err != nil {
			return err
		}
		object := "community:" + c.ID
		if space != "" {
			object = "space:" + sp.ID
		}
		return s.org.Audit(ctx, q, action, object, map[string]any{"member": member})
	})
}

func by(ctx context.Context) string {
	if m := org.Who(ctx); m != nil {
		return m.ID
	}
	return ""
}

// LetIn lets in who asked.
func (s *Service) LetIn(ctx context.Context, community, space, member string) error {
	return s.decide(ctx, "community.accept", community, space, member, func(ctx context.Context, q db.Q, c Community, sp Space) error {
		was, err := s.stateOf(ctx, q, c.ID, sp.ID, member)
		if err != nil {
			return err
		}
		if was != Asked {
			return problem.New(problem.Conflict, "community.did_not_ask")
		}
		if err := s.wordOfPlace(ctx, q, CameIn, member, c, sp, lineOf(org.Who(ctx).Name), ""); err != nil {
			return err
		}
		return s.put(ctx, q, Membership{Community: c.ID, Space: sp.ID, Member: member, State: In, By: by(ctx)})
	})
}

// Invite invites a member by their address: into a community, or into a space of one that they see.
func (s *Service) Invite(ctx context.Context, community, space, address string) error {
	m, err := s.org.ByEmail(ctx, address)
	if err != nil {
		if problem.Is(err, problem.Missing) {
			return problem.New(problem.Invalid, "community.nobody_here").On("address")
		}
		return err
	}
	if m.State != org.Active {
		return problem.New(problem.Invalid, "community.nobody_here").On("address")
	}
	return s.decide(ctx, "community.invite", community, space, m.ID, func(ctx context.Context, q db.Q, c Community, sp Space) error {
		if space != "" {
			o, err := s.Sees(org.With(ctx, m), q)
			if err != nil {
				return err
			}
			if _, sees := o.ByID(c.ID); !sees {
				return problem.New(problem.Invalid, "community.nobody_here").On("address")
			}
		}
		was, err := s.stateOf(ctx, q, c.ID, sp.ID, m.ID)
		switch {
		case err != nil:
			return err
		case was == In:
			return problem.New(problem.Conflict, "community.is_in").On("address")
		case was == Asked:
			if err := s.wordOfPlace(ctx, q, CameIn, m.ID, c, sp, lineOf(org.Who(ctx).Name), ""); err != nil {
				return err
			}
			return s.put(ctx, q, Membership{Community: c.ID, Space: sp.ID, Member: m.ID, State: In, By: by(ctx)})
		}
		if space == "" { // who was put out before may come back
			list, err := s.sanctionsOf(ctx, q, m.ID)
			if err != nil {
				return err
			}
			for _, x := range list {
				if x.Community == c.ID && x.Kind == Suspended && x.Reason == reasonOut {
					if err := s.endSanction(ctx, q, x, ""); err != nil {
						return err
					}
				}
			}
		}
		if was != Awaited {
			if err := s.wordOfPlace(ctx, q, AskedIn, m.ID, c, sp, lineOf(org.Who(ctx).Name), ""); err != nil {
				return err
			}
		}
		return s.put(ctx, q, Membership{Community: c.ID, Space: sp.ID, Member: m.ID, State: Awaited, By: by(ctx)})
	})
}

// reasonOut is why somebody is suspended who was put out of a community that they would see by what they are.
const reasonOut = "out"

// PutOut ends what somebody has with a community or space: membership, request or invitation. Out of a community is out of its spaces. Whoever would see a community all the
// same, by what they are to us, is suspended there until they are invited again, or somebody ends that.
func (s *Service) PutOut(ctx context.Context, community, space, member string) error {
	return s.decide(ctx, "community.put_out", community, space, member, func(ctx context.Context, q db.Q, c Community, sp Space) error {
		was, err := s.stateOf(ctx, q, c.ID, sp.ID, member)
		if err != nil {
			return err
		}
		if was == Asked {
			if err := s.wordOfPlace(ctx, q, KeptOut, member, c, sp, lineOf(org.Who(ctx).Name), ""); err != nil {
				return err
			}
		}
		if space == "" {
			if _, err := db.Exec(ctx, q, "DELETE FROM community_membership WHERE member = $1 AND community = $2", member, c.ID); err != nil {
				return err
			}
			m, err := s.org.Find(org.AsOperator(ctx), member)
			if err != nil || was != In || !c.closes() || m.Role != org.Plain {
				return err
			}
			x := s.newID()
			if err := db.Insert(ctx, q, "community_sanction (id, community, member, kind, reason, words, made_by, at, until_at)",
				[][]any{{x, c.ID, member, Suspended, reasonOut, "", by(ctx), db.T(s.Now()), db.T(time.Time{})}}, ""); err != nil {
				return fmt.Errorf("keep that somebody was put out: %w", err)
			}
			return s.word(ctx, q, Notice{Member: member, Community: c.ID, Kind: Banning, Subject: x})
		}
		_, err = s.drop(ctx, q, c.ID, sp.ID, member)
		return err
	})
}

// GiveRole makes somebody who is in a space its moderator, or a member as others.
func (s *Service) GiveRole(ctx context.Context, community, space, member string, to Role) error {
	if to != Plain && to != Moderator || space == "" {
		return problem.New(problem.Invalid, "community.bad_choice").On("role")
	}
	return s.decide(ctx, "community.role", community, space, member, func(ctx context.Context, q db.Q, c Community, sp Space) error {
		n, err := db.Exec(ctx, q, "UPDATE community_membership SET role = $1 WHERE member = $2 AND community = $3 AND space = $4 AND state = 'in'", string(to), member, c.ID, sp.ID)
		if err == nil && n == 0 {
			return notFound()
		}
		if err != nil || to != Moderator {
			return err
		}
		return s.wordOfPlace(ctx, q, MadeKeeper, member, c, sp, lineOf(org.Who(ctx).Name), "")
	})
}

// maxListed is how many of each state are listed.
const maxListed = 500

// Among lists who is in a community (space "") or a space, who asked and who was invited; for those who decide that, and of a space also for
// those who read it, who learn the names of the ones who are in.
func (s *Service) Among(ctx context.Context, community, space string, state State) ([]Listed, error) {
	_, _, err := s.keeping(ctx, nil, community, space)
	keeps := err == nil
	if !keeps {
		o, other := s.Sees(ctx, nil)
		if other != nil {
			return nil, other
		}
		if space == "" || !o.May(space) || state != In || o.Member == "" {
			return nil, err
		}
	}
	list, err := db.All(ctx, s.db.Read(), func(l *Listed) []any { return append(membershipFields(&l.Membership), &l.Name, &l.Email) },
		"SELECT "+membershipColumns+", m.name, m.email FROM community_membership b JOIN member m ON m.id = b.member AND m.state = 'active' "+
			"WHERE b.community = $1 AND b.space = $2 AND b.state = $3 ORDER BY b.at, b.member"+db.Limit(maxListed), community, space, string(state))
	if err != nil {
		return nil, fmt.Errorf("list who is in: %w", err)
	}
	if !keeps {
		for i := range list {
			list[i].Email, list[i].Words, list[i].By = "", "", ""
		}
	}
	return list, nil
}

// Standings says where whoever acts stands towards the spaces of a community, by the id of the space.
func (s *Service) Standings(ctx context.Context, community string) (map[string]State, error) {
	out := map[string]State{}
	m := org.Who(ctx)
	if m == nil {
		return out, nil
	}
	list, err := s.tiesOf(ctx, m.ID)
	if err != nil {
		return nil, err
	}
	for _, b := range list {
		if b.Community == community && b.Space != "" {
			out[b.Space] = b.State
		}
	}
	return out, nil
}

func (s *Service) tiesOf(ctx context.Context, member string) ([]Membership, error) {
	return s.ties.Read(ctx, s.db, member, func(ctx context.Context) ([]Membership, error) { return ties(ctx, s.db.Read(), member) })
}

func ties(ctx context.Context, q db.Q, member string) ([]Membership, error) {
	list, err := db.All(ctx, q, membershipFields, "SELECT "+membershipColumns+" FROM community_membership b WHERE b.member = $1", member)
	if err != nil {
		return nil, fmt.Errorf("read what somebody belongs to: %w", err)
	}
	return list, nil
}

// Problems lists every problem joined in err, in order; nil when err is nil.
func Problems(err error) []*problem.Problem { return org.Problems(err) }
