package community

import (
	"context"
	"fmt"
	"net/mail"
	"slices"
	"strings"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// maxVotes bounds how many open votes a board may give each person.
const maxVotes = 100

// Support makes somebody for an idea, or not any more. Who has two addresses that are known to be theirs has one vote. With an address the vote is that person's, noted by who moderates; "" is whoever acts.
func (s *Service) Support(ctx context.Context, community, idea string, want bool, address string) error {
	m := org.Who(ctx)
	if m == nil {
		return problem.New(problem.Unauthenticated, "problem.sign_in")
	}
	o, err := s.Sees(ctx, nil)
	if err != nil {
		return err
	}
	t, err := s.Thread(ctx, o, community, idea)
	if err != nil {
		return err
	}
	i, found, err := s.Idea(ctx, t.ID)
	if err != nil {
		return err
	}
	if !found {
		return notFound()
	}
	w, err := s.speaker(ctx, t.Space)
	if err != nil {
		return err
	}
	voter, by := w.actor(), ""
	if address != "" {
		if !o.MayModerate(t.Space) || !staff(m) {
			return problem.New(problem.Forbidden, "problem.forbidden")
		}
		if voter, err = voterOf(address); err != nil {
			return err
		}
		if voter != w.actor() {
			by = m.ID
		}
	}
	switch {
	case !t.DeletedAt.IsZero():
		return problem.New(problem.Conflict, "community.post.removed")
	case i.MergedInto != "":
		return problem.New(problem.Conflict, "community.idea.is_merged")
	case !i.Status.TakesVotes(), t.Locked:
		return problem.New(problem.Conflict, "community.idea.no_more_votes")
	}
	if err := s.votes.within(m.ID, s.Now(), mostVotes); err != nil {
		return err
	}
	for range voteTries {
		done, err := s.cast(ctx, &w, t.ID, voter, by, want)
		if done || err != nil {
			return err
		}
		if err := s.ledger.CatchUp(ctx); err != nil {
			return err
		}
	}
	return problem.New(problem.Conflict, "problem.conflict")
}

// cast casts one vote; done is false when the same person voted on the board at the same moment, so that it is to be decided anew. Addresses that are known to be of
// one person have one vote together.
func (s *Service) cast(ctx context.Context, w *speaker, idea, voter, by string, want bool) (done bool, err error) {
	q := s.db.Read()
	of, err := addressesOf(ctx, q, voter)
	if err != nil {
		return false, err
	}
	among := db.Texts(of)
	// The last vote is read first: when another comes before this one is stated, the key says so, and what was counted is not relied on.
	last, _, err := db.Value[string](ctx, q, "SELECT COALESCE(MAX(last), '') FROM community_idea_ballot WHERE space = $1 AND voter IN "+db.Among(q, "$2"), w.space.ID, among)
	if err != nil {
		return false, fmt.Errorf("see how somebody voted last: %w", err)
	}
	given, err := db.All(ctx, q, db.Self[string], "SELECT voter FROM community_idea_vote WHERE idea = $1 AND value = 1 AND voter IN "+db.Among(q, "$2")+" ORDER BY voter", idea, among)
	if err != nil {
		return false, fmt.Errorf("see how somebody voted: %w", err)
	}
	if len(given) > 0 == want {
		return true, nil
	}
	value := -1
	if want {
		value = 1
		left, limited, err := s.left(ctx, q, w.space.ID, of)
		if err != nil {
			return false, err
		}
		if limited && left <= 0 {
			return false, problem.New(problem.Conflict, "community.idea.none_left")
		}
		given = []string{voter}
	}
	votes := make([]ledger.Activity, len(given))
	for i, actor := range given {
		votes[i] = ledger.Activity{Kind: ledger.VoteCast, Actor: actor, Object: idea, Channel: w.community.Channel, At: s.Now(), Key: "ballot:" + id.From(w.space.ID, of[0]) + ":" + last,
			Data: ledger.Data(ledger.Vote{Value: value, By: by})}
		if i > 0 { // they voted under both before these were known to be theirs
			votes[i].Key += ":" + actor
		}
	}
	added, err := s.ledger.State(ctx, votes...)
	if err != nil {
		return false, fmt.Errorf("state a vote: %w", err)
	}
	return len(added) > 0, nil
}

// addressesOf are the identities of the person whose an identity is, itself among them, always in the same order.
func addressesOf(ctx context.Context, q db.Q, identity string) ([]string, error) {
	list, err := db.All(ctx, q, db.Self[string], "SELECT j.uri FROM identity i JOIN identity j ON j.person = i.person WHERE i.uri = $1 AND i.person <> '' ORDER BY j.uri"+db.Limit(200), identity)
	if err != nil {
		return nil, fmt.Errorf("find the addresses of somebody: %w", err)
	}
	if !slices.Contains(list, identity) {
		list = append(list, identity)
		slices.Sort(list)
	}
	return list, nil
}

// left is how many votes somebody has left on a board, when it gives each a number of them: those on ideas that still take votes are in use.
func (s *Service) left(ctx context.Context, q db.Q, space string, of []string) (n int, limited bool, err error) {
	most, limited, err := db.Value[int](ctx, q, "SELECT votes FROM community_board WHERE space = $1", space)
	if err != nil || !limited {
		return 0, false, err
	}
	used, _, err := db.Value[int](ctx, q, `SELECT COUNT(DISTINCT v.idea) FROM community_idea_vote v JOIN community_idea i ON i.id = v.idea JOIN community_thread t ON t.id = v.idea
		WHERE v.voter IN `+db.Among(q, "$1")+` AND v.value = 1 AND t.space = $2 AND t.deleted_at IS NULL AND i.merged_into = '' AND i.status IN ('open', 'review', 'planned')`, db.Texts(of), space)
	return max(most-used, 0), true, err
}

// VotesLeft is how many votes a member has left on a board; limited is false where they have as many as they like.
func (s *Service) VotesLeft(ctx context.Context, m *org.Member, space string) (n int, limited bool, err error) {
	of, err := addressesOf(ctx, s.db.Read(), actorOf(m))
	if err != nil {
		return 0, false, err
	}
	if n, limited, err = s.left(ctx, s.db.Read(), space, of); err != nil {
		err = fmt.Errorf("count the votes left: %w", err)
	}
	return n, limited, err
}

// VotesEach is how many open votes a board gives each person, 0 for as many as they like.
func (s *Service) VotesEach(ctx context.Context, space string) (int, error) {
	n, _, err := db.Value[int](ctx, s.db.Read(), "SELECT votes FROM community_board WHERE space = $1", space)
	return n, err
}

// LimitVotes says how many open votes each person has on a board: 0 for as many as they like.
func (s *Service) LimitVotes(ctx context.Context, space string, votes int) error {
	if votes < 0 || votes > maxVotes {
		return problem.New(problem.Invalid, "community.idea.bad_limit", "Max", maxVotes).On("votes")
	}
	o, err := s.Sees(ctx, nil)
	if err != nil {
		return err
	}
	if sp, known := o.SpaceByID(space); !known || !sp.Takes(Ideas) {
		return notFound()
	}
	return s.edit(ctx, org.CommunityEdit, "community.limit_votes", "space:"+space, map[string]int{"votes": votes}, func(ctx context.Context, q db.Q) error {
		if votes == 0 {
			_, err := db.Exec(ctx, q, "DELETE FROM community_board WHERE space = $1", space)
			return err
		}
		_, err := db.Exec(ctx, q, "INSERT INTO community_board (space, votes) VALUES ($1, $2) ON CONFLICT (space) DO UPDATE SET votes = excluded.votes", space, votes)
		return err
	})
}

// voterOf is the identity of somebody by the address that staff typed.
func voterOf(address string) (string, error) {
	bad := problem.New(problem.Invalid, "community.idea.bad_address").On("address")
	address = strings.ToLower(strings.TrimSpace(address))
	if len(address) > 200 || strings.ContainsFunc(address, invisible) {
		return "", bad
	}
	a, err := mail.ParseAddress(address)
	if err != nil || a.Address != address {
		return "", bad
	}
	return "mailto:" + address, nil
}

// Supports says which of some ideas a member is for.
func (s *Service) Supports(ctx context.Context, m *org.Member, ideas []Idea) (map[string]bool, error) {
	out := map[string]bool{}
	if m == nil || len(ideas) == 0 {
		return out, nil
	}
	q := s.db.Read()
	of, err := addressesOf(ctx, q, actorOf(m))
	if err != nil {
		return nil, err
	}
	list, err := db.All(ctx, q, db.Self[string], "SELECT idea FROM community_idea_vote WHERE voter IN "+db.Among(q, "$1")+" AND value = 1 AND idea IN "+db.Among(q, "$2"), db.Texts(of), db.Texts(idsOf(ideas)))
	if err != nil {
		return nil, fmt.Errorf("see how somebody voted: %w", err)
	}
	for _, i := range list {
		out[i] = true
	}
	return out, nil
}

func idsOf(ideas []Idea) []string {
	out := make([]string, len(ideas))
	for i := range ideas {
		out[i] = ideas[i].ID
	}
	return out
}

// Worth is an amount of money.
type Worth struct {
	Currency string
	Amount   int64 // in minor units
}

// Behind is what the people who are for some ideas have ordered until now, by idea and currency, the orders of one person under any of their
// identities. It is for those who may read about people, beside the number of votes and never in its place.
func (s *Service) Behind(ctx context.Context, ideas []Idea) (map[string][]Worth, error) {
	out := map[string][]Worth{}
	if len(ideas) == 0 || org.Require(ctx, org.PeopleRead) != nil {
		return out, nil
	}
	type row struct {
		idea string
		Worth
	}
	q := s.db.Read()
	list, err := db.All(ctx, q, func(r *row) []any { return []any{&r.idea, &r.Currency, &r.Amount} },
		`SELECT w.idea, a.currency, CAST(SUM(a.amount) AS BIGINT) FROM (
			SELECT DISTINCT v.idea AS idea, COALESCE(j.uri, v.voter) AS uri FROM community_idea_vote v
			LEFT JOIN identity i ON i.uri = v.voter AND i.person <> '' LEFT JOIN identity j ON j.person = i.person
			WHERE v.value = 1 AND v.idea IN `+db.Among(q, "$1")+`) AS w
		JOIN timeline l ON l.identity = w.uri JOIN activity a ON a.id = l.activity AND a.kind = 'order.placed' AND a.currency <> ''
		GROUP BY w.idea, a.currency ORDER BY w.idea, 3 DESC, a.currency`, db.Texts(idsOf(ideas)))
	if err != nil {
		return nil, fmt.Errorf("read what voters ordered: %w", err)
	}
	for _, r := range list {
		out[r.idea] = append(out[r.idea], r.Worth)
	}
	return out, nil
}
