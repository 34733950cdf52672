package community

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// ClaimState is what became of a claim.
type ClaimState string

// The states of claims.
const (
	ClaimAsked     ClaimState = "asked"
	ClaimConfirmed ClaimState = "confirmed"
	ClaimRefused   ClaimState = "refused"
	ClaimUndone    ClaimState = "undone" // confirmed, and taken back
)

// Claim is that a member says that what was brought from elsewhere under an identity is theirs.
type Claim struct {
	ID        string
	Community string
	Author    string // the identity
	Member    string
	Words     string // why one can believe it
	State     ClaimState
	At        time.Time
	DecidedBy string
	DecidedAt time.Time
	Handle    string // of the identity, as it is called here
	Name      string
	Asker     string // the member's name
	Posts     int
}

const mostClaims = 5 // of a member that wait at once

const claimColumns = "k.id, k.community, k.author, k.member, k.words, k.state, k.at, k.decided_by, k.decided_at"

func claimFields(k *Claim) []any {
	return []any{&k.ID, &k.Community, &k.Author, &k.Member, &k.Words, (*string)(&k.State), db.At(&k.At), &k.DecidedBy, db.At(&k.DecidedAt)}
}

// claimable reports whether an identity may be somebody's who has an account here: that of an address of another site. Who has a mail address proves it by
// signing up, those of the fediverse speak for themselves, and an installation's own address stands for who has no name.
func (s *Service) claimable(ctx context.Context, c *Community, author string) bool {
	if !strings.HasPrefix(author, "https://") && !strings.HasPrefix(author, "http://") {
		return false
	}
	own, err := s.channels.Find(ctx, c.Channel)
	return err == nil && strings.TrimRight(author, "/") != strings.TrimRight(own.Settings["url"], "/") && strings.TrimRight(author, "/") != strings.TrimRight(s.URL(ctx, *c), "/")
}

// AskClaim says that what was brought under the identity of a handle is of whoever acts. Somebody who looks after communities decides.
func (s *Service) AskClaim(ctx context.Context, o Sight, community, handle, words string) error {
	m, err := signedIn(ctx)
	if err != nil {
		return err
	}
	p, err := s.Profile(ctx, o, community, handle)
	if err != nil {
		return err
	}
	words = TextOf(words)
	switch {
	case p.Claim == "":
		return problem.New(problem.Forbidden, "community.claim.not_this")
	case words == "":
		return problem.New(problem.Invalid, "problem.required").On("words")
	case utf8.RuneCountInString(words) > maxWords:
		return problem.New(problem.Invalid, "problem.too_long", "Max", maxWords).On("words")
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		n, _, err := db.Value[int](ctx, q, "SELECT COUNT(*) FROM community_claim WHERE member = $1 AND state = 'asked'", m.ID)
		if err != nil {
			return fmt.Errorf("count what somebody claims: %w", err)
		}
		if n >= mostClaims {
			return problem.New(problem.Busy, "community.claim.too_many", "Max", mostClaims)
		}
		if err := db.Insert(ctx, q, "community_claim (id, community, author, member, words, state, at)", [][]any{{s.newID(), community, p.Claim, m.ID, words, string(ClaimAsked), db.T(s.Now())}},
			"ON CONFLICT DO NOTHING"); err != nil {
			return fmt.Errorf("keep a claim: %w", err)
		}
		return s.org.Audit(ctx, q, "community.claim_asked", "community:"+community, map[string]string{"author": p.Claim})
	})
}

// Claimed is what whoever acts last said of the identity of a profile, nil for nothing.
func (s *Service) Claimed(ctx context.Context, community string, p *Profile) (*Claim, error) {
	m := org.Who(ctx)
	if m == nil || p.Claim == "" {
		return nil, nil
	}
	k, found, err := db.One(ctx, s.db.Read(), claimFields, "SELECT "+claimColumns+" FROM community_claim k WHERE k.community = $1 AND k.author = $2 AND k.member = $3 ORDER BY k.at DESC, k.id DESC LIMIT 1",
		community, p.Claim, m.ID)
	if err != nil || !found {
		return nil, err
	}
	return &k, nil
}

// Claims lists what is claimed in a community, what waits first, for those who look after communities.
func (s *Service) Claims(ctx context.Context, community string) ([]Claim, error) {
	if err := org.Require(ctx, org.CommunityModerate); err != nil {
		return nil, err
	}
	c, known, err := s.listed(ctx, community)
	if err != nil || !known {
		return nil, orNotFound(err)
	}
	list, err := db.All(ctx, s.db.Read(), func(k *Claim) []any { return append(claimFields(k), &k.Handle, &k.Name, &k.Asker, &k.Posts) }, "SELECT "+claimColumns+`, COALESCE(v.handle, ''), COALESCE(v.name, ''),
		COALESCE(m.name, ''), (SELECT COUNT(*) FROM community_post p WHERE p.channel = $2 AND p.author = k.author)
		FROM community_claim k LEFT JOIN community_voice v ON v.channel = $2 AND v.author = k.author LEFT JOIN member m ON m.id = k.member
		WHERE k.community = $1 ORDER BY CASE WHEN k.state = 'asked' THEN 0 ELSE 1 END, k.at DESC, k.id`+db.Limit(listedCases), c.ID, c.Channel)
	if err != nil {
		return nil, fmt.Errorf("list what is claimed: %w", err)
	}
	return list, nil
}

// WaitingClaims counts the claims in a community that wait for somebody; -1 when none was ever made.
func (s *Service) WaitingClaims(ctx context.Context, community string) (int, error) {
	n, _, err := db.Value[int](ctx, s.db.Read(), "SELECT COALESCE(SUM(CASE WHEN state = 'asked' THEN 1 ELSE 0 END), -1) FROM community_claim WHERE community = $1", community)
	return n, err
}

// DecideClaim confirms or refuses a claim that waits, or takes back one that was confirmed. Nobody decides on their own.
func (s *Service) DecideClaim(ctx context.Context, community, claim string, to ClaimState) error {
	if err := org.Require(ctx, org.CommunityModerate); err != nil {
		return err
	}
	by, err := signedIn(ctx)
	if err != nil {
		return err
	}
	c, known, err := s.listed(ctx, community)
	if err != nil || !known {
		return orNotFound(err)
	}
	var stated []ledger.Activity
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		k, found, err := db.One(ctx, q, claimFields, "SELECT "+claimColumns+" FROM community_claim k WHERE k.id = $1 AND k.community = $2", claim, c.ID)
		if err != nil || !found {
			return orNotFound(err)
		}
		from := ClaimAsked
		if to == ClaimUndone {
			from = ClaimConfirmed
		}
		switch {
		case to != ClaimConfirmed && to != ClaimRefused && to != ClaimUndone:
			return problem.New(problem.Invalid, "problem.bad_form")
		case k.Member == by.ID:
			return problem.New(problem.Forbidden, "community.claim.own")
		case k.State != from:
			return problem.New(problem.Conflict, "community.moderation.decided_already")
		}
		n, err := db.Exec(ctx, q, "UPDATE community_claim SET state = $1, decided_by = $2, decided_at = $3 WHERE id = $4 AND state = $5", string(to), by.ID, db.T(s.Now()), k.ID, string(from))
		if err != nil {
			return fmt.Errorf("decide a claim: %w", err)
		}
		if n == 0 {
			return problem.New(problem.Conflict, "community.moderation.decided_already")
		}
		if err := s.org.Audit(ctx, q, "community.claim_"+string(to), "community:"+c.ID, map[string]string{"author": k.Author, "member": k.Member}); err != nil || to == ClaimRefused {
			return err
		}
		what := ledger.Claimed{Author: k.Author}
		if to == ClaimConfirmed {
			_, taken, err := db.Value[int](ctx, q, "SELECT 1 FROM community_claim WHERE community = $1 AND author = $2 AND state = 'confirmed' AND id <> $3", c.ID, k.Author, k.ID)
			if err != nil {
				return fmt.Errorf("see who has it: %w", err)
			}
			if taken {
				return problem.New(problem.Conflict, "community.claim.taken")
			}
			m, err := s.org.Find(ctx, k.Member)
			if err != nil {
				return err
			}
			if m == nil || m.State != org.Active {
				return notFound()
			}
			what.As, what.Name = actorOf(m), m.Name
		}
		stated, err = s.ledger.AppendTx(ctx, q, ledger.Activity{Kind: ledger.AuthorClaimed, Actor: "member:" + by.ID, Object: c.Channel, Channel: c.Channel, At: s.Now(),
			Key: "claim:" + k.ID + ":" + string(to), Data: ledger.Data(what)})
		return err
	})
	if err != nil || len(stated) == 0 {
		return err
	}
	s.ledger.Wake()
	return s.ledger.Await(ctx, stated)
}

// claimTables are what is derived of what was brought.
func claimTables() []string {
	return []string{"community_old", "community_claimed", "community_spoken"}
}

// deriveClaimed gives what was brought under an identity to a member, or gives it back to whom it was brought of: the ledger says whose it was.
func deriveClaimed(ctx context.Context, q db.Q, a *ledger.Activity) error {
	var c ledger.Claimed
	if err := a.Decode(&c); err != nil {
		return err
	}
	had, _, err := db.Value[string](ctx, q, "SELECT taker FROM community_claimed WHERE channel = $1 AND author = $2", a.Channel, c.Author)
	if err != nil {
		return fmt.Errorf("see whose something is: %w", err)
	}
	if had != "" {
		const was = " AND (SELECT x.actor FROM activity x WHERE x.id = "
		if err := run(ctx, q,
			step{"UPDATE community_post SET author = $1 WHERE channel = $2 AND author = $3" + was + "community_post.id) = $1", []any{c.Author, a.Channel, had}},
			step{"UPDATE community_article SET author = $1 WHERE channel = $2 AND author = $3" + was + "community_article.id) = $1", []any{c.Author, a.Channel, had}},
			step{"UPDATE community_thread SET author = $1 WHERE channel = $2 AND author = $3" + was + "community_thread.id) = $1", []any{c.Author, a.Channel, had}},
			step{"DELETE FROM community_claimed WHERE channel = $1 AND author = $2", []any{a.Channel, c.Author}}); err != nil {
			return err
		}
	}
	if c.As == "" {
		return nil
	}
	if err := deriveVoice(ctx, q, &ledger.Activity{Channel: a.Channel, Actor: c.As}, &ledger.Said{AuthorName: c.Name}); err != nil {
		return err
	}
	steps := []step{{"INSERT INTO community_claimed (channel, author, taker) VALUES ($1, $2, $3)", []any{a.Channel, c.Author, c.As}}}
	for _, table := range []string{"community_post", "community_thread", "community_article"} {
		steps = append(steps, step{"UPDATE " + table + " SET author = $1 WHERE channel = $2 AND author = $3", []any{c.As, a.Channel, c.Author}})
	}
	return run(ctx, q, steps...)
}

// takerOf is whose what an identity says is: its own, or the member's who claimed it.
func takerOf(ctx context.Context, q db.Q, channel, author string) (string, error) {
	if !strings.HasPrefix(author, "http") {
		return author, nil
	}
	taker, found, err := db.Value[string](ctx, q, "SELECT taker FROM community_claimed WHERE channel = $1 AND author = $2", channel, author)
	if err != nil {
		return "", fmt.Errorf("see whose something is: %w", err)
	}
	if !found {
		return author, nil
	}
	return taker, nil
}

// deriveOld notes the address that something had before it was brought. The first that had it keeps it.
func deriveOld(ctx context.Context, q db.Q, channel, was, id string) error {
	if was == "" {
		return nil
	}
	_, err := db.Exec(ctx, q, "INSERT INTO community_old (channel, address, id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", channel, was, id)
	return err
}

// WasAt is the post or article that was at an address before it was brought into a community, "" for none: whoever asks for it is asked whether they may read it.
func (s *Service) WasAt(ctx context.Context, c *Community, address string) (string, error) {
	if address == "" || len(address) > 600 {
		return "", nil
	}
	id, _, err := db.Value[string](ctx, s.db.Read(), "SELECT id FROM community_old WHERE channel = $1 AND address = $2", c.Channel, address)
	if err != nil {
		return "", fmt.Errorf("find what was at an address: %w", err)
	}
	return id, nil
}

// OldAddress leads from the path and query of an address of before, below the community, to the path where whoever asks reads it now; "" for nowhere.
func (s *Service) OldAddress(ctx context.Context, c *Community, path, query string) (string, error) {
	path = strings.TrimRight(path, "/")
	id := ""
	for _, address := range []string{path + "?" + query, path} {
		if query == "" && strings.HasSuffix(address, "?") {
			continue
		}
		var err error
		if id, err = s.WasAt(ctx, c, address); err != nil {
			return "", err
		}
		if id != "" {
			break
		}
	}
	o, err := s.Sees(ctx, nil)
	if err != nil {
		return "", err
	}
	if id == "" {
		return o.renamedSpace(c.ID, path, query), nil
	}
	if p, t, err := s.Post(ctx, o, c.ID, id); err == nil {
		if p.ID == t.ID {
			return t.Path(), nil
		}
		return "/p/" + p.ID, nil
	} else if !problem.Is(err, problem.Missing) {
		return "", err
	}
	a, err := s.Article(ctx, o, c.ID, id)
	if problem.Is(err, problem.Missing) {
		return "", nil
	}
	return a.Path(), err
}
