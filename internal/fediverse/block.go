package fediverse

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/fediverse/wire"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// What is done about an instance or a person. Of who is silenced nothing is taken in; who is suspended does not follow any more either.
const (
	Silenced  = "silence"
	Suspended = "suspend"
)

// Block is an instance or a person that a community does not let in.
type Block struct {
	ID        string
	Community string
	Host      string // with those below it
	Actor     string // handle of a person, "" for all of the instance
	Kind      string
	Reason    string
	By        string
	At        time.Time
	Until     time.Time // zero until somebody ends it
}

func (b *Block) holds(now time.Time) bool { return b.Until.IsZero() || b.Until.After(now) }

const blockColumns = "id, community, host, actor, kind, reason, made_by, at, until_at"

func blockFields(b *Block) []any {
	return []any{&b.ID, &b.Community, &b.Host, &b.Actor, &b.Kind, &b.Reason, &b.By, db.At(&b.At), db.At(&b.Until)}
}

const (
	maxReason  = 500
	mostBlocks = 5_000
)

func (s *Service) blocked(ctx context.Context) ([]Block, error) {
	return s.blocks.Read(ctx, s.db, "", func(ctx context.Context) ([]Block, error) {
		list, err := db.All(ctx, s.db.Read(), blockFields, "SELECT "+blockColumns+" FROM fediverse_block WHERE ended_at IS NULL ORDER BY at DESC, id"+db.Limit(mostBlocks))
		if err != nil {
			return nil, fmt.Errorf("read who is not let in: %w", err)
		}
		return list, nil
	})
}

// barred finds what keeps somebody out of a community. handle is "" for an instance as a whole.
func (s *Service) barred(ctx context.Context, communityID, host, handle string) (*Block, error) {
	list, err := s.blocked(ctx)
	if err != nil {
		return nil, err
	}
	host, _, _ = strings.Cut(strings.ToLower(host), ":")
	var found *Block
	for i := range list {
		b := &list[i]
		if b.Community != communityID || !b.holds(s.clock()) {
			continue
		}
		on := b.Actor != "" && b.Actor == handle || b.Actor == "" && (host == b.Host || strings.HasSuffix(host, "."+b.Host))
		if on && (found == nil || b.Kind == Suspended) {
			found = b
		}
	}
	return found, nil
}

// Blocks lists whom a community does not let in.
func (s *Service) Blocks(ctx context.Context, communityID string) ([]Block, error) {
	if _, err := s.looksAfter(ctx, communityID); err != nil {
		return nil, err
	}
	list, err := s.blocked(ctx)
	var out []Block
	for _, b := range list {
		if b.Community == communityID && b.holds(s.clock()) {
			out = append(out, b)
		}
	}
	return out, err
}

// Block keeps an instance (social.example) or a person (ada@social.example) out of a community, with a reason, for days or until somebody ends it.
func (s *Service) Block(ctx context.Context, communityID, whom, kind, reason string, days int) error {
	c, err := s.looksAfter(ctx, communityID)
	if err != nil {
		return err
	}
	b := Block{ID: s.newID(), Community: c.ID, Kind: kind, Reason: strings.Join(strings.Fields(strings.ToValidUTF8(reason, "")), " "), By: org.Who(ctx).ID, At: s.Now()}
	whom = strings.ToLower(strings.TrimPrefix(strings.TrimSpace(whom), "@"))
	if user, host, person := strings.Cut(whom, "@"); person {
		b.Actor, b.Host = user+"@"+host, host
		if user == "" {
			whom = ""
		}
	} else {
		b.Host = strings.Trim(strings.TrimPrefix(strings.TrimPrefix(whom, "https://"), "http://"), "/.")
	}
	switch {
	case kind != Silenced && kind != Suspended:
		return problem.New(problem.Invalid, "problem.bad_form")
	case whom == "" || !wire.Named(b.Host) && s.main(ctx).Scheme == "https" || len(whom) > 250 || strings.ContainsAny(whom, " /\\\"<>"):
		return problem.New(problem.Invalid, "fediverse.no_such_host").On("whom")
	case b.Reason == "":
		return problem.New(problem.Invalid, "problem.required").On("reason")
	case utf8.RuneCountInString(b.Reason) > maxReason:
		return problem.New(problem.Invalid, "problem.too_long", "Max", maxReason).On("reason")
	case days < 0 || days > 3650:
		return problem.New(problem.Invalid, "problem.bad_form").On("days")
	}
	if days > 0 {
		b.Until = b.At.AddDate(0, 0, days)
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if _, err := db.Exec(ctx, q, "UPDATE fediverse_block SET ended_at = $1, ended_by = $2 WHERE community = $3 AND host = $4 AND actor = $5 AND ended_at IS NULL", db.T(b.At), b.By, b.Community, b.Host, b.Actor); err != nil {
			return fmt.Errorf("end an earlier block: %w", err)
		}
		if err := db.Insert(ctx, q, "fediverse_block ("+blockColumns+")", [][]any{{b.ID, b.Community, b.Host, b.Actor, b.Kind, b.Reason, b.By, db.T(b.At), db.T(b.Until)}}, ""); err != nil {
			return fmt.Errorf("keep a block: %w", err)
		}
		if kind == Suspended {
			if err := s.dropFollowers(ctx, q, &b); err != nil {
				return err
			}
		}
		return s.org.Audit(ctx, q, "fediverse."+kind, "community:"+c.ID, map[string]any{"whom": whom, "reason": b.Reason, "days": days})
	})
}

// dropFollowers takes away those who are suspended, and what waits for them.
func (s *Service) dropFollowers(ctx context.Context, q db.Q, b *Block) error {
	if b.Actor != "" {
		_, err := db.Exec(ctx, q, "DELETE FROM fediverse_follower WHERE community = $1 AND actor IN (SELECT uri FROM fediverse_actor WHERE handle = $2)", b.Community, b.Actor)
		return err
	}
	const of = " WHERE community = $1 AND (host = $2 OR host LIKE $3 OR host LIKE $4 OR host LIKE $5)"
	args := []any{b.Community, b.Host, "%." + b.Host, b.Host + ":%", "%." + b.Host + ":%"} // on whatever port
	if _, err := db.Exec(ctx, q, "DELETE FROM fediverse_follower"+of, args...); err != nil {
		return fmt.Errorf("forget followers: %w", err)
	}
	_, err := db.Exec(ctx, q, "DELETE FROM fediverse_delivery"+of+" AND state = 'queued'", args...)
	return err
}

// Unblock lets an instance or a person in again.
func (s *Service) Unblock(ctx context.Context, communityID, block string) error {
	c, err := s.looksAfter(ctx, communityID)
	if err != nil {
		return err
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		n, err := db.Exec(ctx, q, "UPDATE fediverse_block SET ended_at = $1, ended_by = $2 WHERE id = $3 AND community = $4 AND ended_at IS NULL", db.T(s.Now()), org.Who(ctx).ID, block, c.ID)
		if err != nil {
			return fmt.Errorf("end a block: %w", err)
		}
		if n == 0 {
			return notFound()
		}
		return s.org.Audit(ctx, q, "fediverse.unblock", "community:"+c.ID, map[string]string{"block": block})
	})
}

// refused are the members whose posts do not go out.
func (s *Service) refused(ctx context.Context) (map[string]bool, error) {
	return s.refusals.Read(ctx, s.db, "", func(ctx context.Context) (map[string]bool, error) {
		list, err := db.All(ctx, s.db.Read(), db.Self[string], "SELECT member FROM fediverse_refusal")
		if err != nil {
			return nil, fmt.Errorf("read who does not wish to be in the fediverse: %w", err)
		}
		out := make(map[string]bool, len(list))
		for _, m := range list {
			out[m] = true
		}
		return out, nil
	})
}

// Refuses reports whether whoever acts wishes that their posts stay here.
func (s *Service) Refuses(ctx context.Context) (bool, error) {
	m := org.Who(ctx)
	if m == nil {
		return false, nil
	}
	all, err := s.refused(ctx)
	return all[m.ID], err
}

// Refuse keeps the posts of whoever acts from going out, from now on, and asks that those that went out be taken away; or lets them go out again.
func (s *Service) Refuse(ctx context.Context, refuse bool) error {
	m := org.Who(ctx)
	if m == nil {
		return problem.New(problem.Unauthenticated, "problem.sign_in")
	}
	was, err := s.Refuses(ctx)
	if err != nil || was == refuse {
		return err
	}
	if refuse {
		if err := s.takeBack(ctx, m); err != nil {
			return err
		}
	}
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if refuse {
			if _, err := db.Exec(ctx, q, "INSERT INTO fediverse_refusal (member, at) VALUES ($1, $2) ON CONFLICT DO NOTHING", m.ID, db.T(s.Now())); err != nil {
				return fmt.Errorf("keep that somebody stays out of the fediverse: %w", err)
			}
			return nil
		}
		_, err := db.Exec(ctx, q, "DELETE FROM fediverse_refusal WHERE member = $1", m.ID)
		return err
	})
	if err == nil {
		s.Wake()
	}
	return err
}
