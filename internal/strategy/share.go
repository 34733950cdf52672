package strategy

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Shows is how much a link lets its readers see.
type Shows string

// From the names alone to states and to the numbers behind them. Owners, notes and what was said are never shown.
const (
	ShowNames  Shows = "names"
	ShowStates Shows = "states"
	ShowValues Shows = "values"
)

// AllShows lists them, the least first.
func AllShows() []Shows { return []Shows{ShowNames, ShowStates, ShowValues} }

// SharedPath is where shared maps are read; the secret follows.
const SharedPath = "/shared/strategy/"

// Share is a link with which anybody who has it reads a map, without an account, until it ends.
type Share struct {
	ID, Map   string
	Label     string // for whom it is
	Shows     Shows
	Member    string // who made it
	CreatedAt time.Time
	ExpiresAt time.Time
	RevokedAt time.Time // zero while it holds
	Opened    int64
	OpenedAt  time.Time // last
}

// Works reports whether the link still opens the map at a moment.
func (l Share) Works(at time.Time) bool { return l.RevokedAt.IsZero() && at.Before(l.ExpiresAt) }

// Rests reports whether a link does not work although it has not ended, because whoever made it (nil when no longer known) is removed or
// suspended or may no longer change maps. One that the operator made never rests.
func (l Share) Rests(maker *org.Member) bool {
	return l.Member != "" && (maker == nil || maker.State != org.Active || !maker.Role.May(org.StrategyEdit))
}

// MaxShareFor is how long a link may last, MaxShares how many of a map may work at once.
const (
	MaxShareFor = 366 * 24 * time.Hour
	MaxShares   = 50
)

const shareColumns = "id, map, label, shows, member, created_at, expires_at, revoked_at, opened, opened_at"

func shareFields(l *Share) []any {
	return []any{&l.ID, &l.Map, &l.Label, (*string)(&l.Shows), &l.Member, db.At(&l.CreatedAt), db.At(&l.ExpiresAt), db.At(&l.RevokedAt), &l.Opened, db.At(&l.OpenedAt)}
}

// Shares lists the links of a map, newest first, those that no longer work too.
func (s *Service) Shares(ctx context.Context, mapID string) ([]Share, error) {
	if err := org.Require(ctx, org.StrategyEdit); err != nil {
		return nil, err
	}
	if !id.Valid(mapID) {
		return nil, notFound()
	}
	list, err := db.All(ctx, s.db.Read(), shareFields, "SELECT "+shareColumns+" FROM strategy_share WHERE map = $1 ORDER BY created_at DESC, id DESC LIMIT 200", mapID)
	if err != nil {
		return nil, fmt.Errorf("list the links of a map: %w", err)
	}
	return list, nil
}

// AllShares lists the links of all maps that have neither ended nor been revoked, newest first, for owners: whoever made them may have left.
func (s *Service) AllShares(ctx context.Context) ([]Share, error) {
	if err := org.Require(ctx, org.MemberEdit); err != nil {
		return nil, err
	}
	list, err := db.All(ctx, s.db.Read(), shareFields, "SELECT "+shareColumns+" FROM strategy_share WHERE revoked_at IS NULL AND expires_at > $1 ORDER BY created_at DESC, id DESC LIMIT 500", db.T(s.Now()))
	if err != nil {
		return nil, fmt.Errorf("list the links of all maps: %w", err)
	}
	return list, nil
}

// MakeShare makes a link that lasts so long. The secret is given this once; only its digest is kept.
func (s *Service) MakeShare(ctx context.Context, l Share, lasts time.Duration) (secret string, made Share, err error) {
	if err := org.Require(ctx, org.StrategyEdit); err != nil {
		return "", l, err
	}
	var errs []error
	if l.Label, err = text(l.Label, "label", maxWords); err != nil {
		errs = append(errs, err)
	}
	if !slices.Contains(AllShows(), l.Shows) {
		errs = append(errs, problem.New(problem.Invalid, "strategy.shows_unknown").On("shows"))
	}
	if lasts <= 0 || lasts > MaxShareFor {
		errs = append(errs, problem.New(problem.Invalid, "strategy.share_lasts", "Max", int(MaxShareFor/(24*time.Hour))).On("days"))
	}
	if err := errors.Join(errs...); err != nil {
		return "", l, err
	}
	var raw [32]byte
	rand.Read(raw[:]) // never fails: see crypto/rand
	secret = base64.RawURLEncoding.EncodeToString(raw[:])
	now := s.Now()
	l.ID, l.Member, l.CreatedAt, l.ExpiresAt, l.RevokedAt = s.newID(), actor(ctx), now, now.Add(lasts), time.Time{}
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if _, err := mapOf(ctx, q, l.Map); err != nil {
			return err
		}
		n, _, err := db.Value[int](ctx, q, "SELECT COUNT(*) FROM strategy_share WHERE map = $1 AND revoked_at IS NULL AND expires_at > $2", l.Map, db.T(now))
		if err != nil {
			return fmt.Errorf("count links: %w", err)
		}
		if n >= MaxShares {
			return problem.New(problem.Invalid, "strategy.too_many_shares", "Max", MaxShares)
		}
		if err := db.Insert(ctx, q, "strategy_share (id, map, digest, label, shows, member, created_at, expires_at)",
			[][]any{{l.ID, l.Map, digest(secret), l.Label, string(l.Shows), l.Member, db.T(l.CreatedAt), db.T(l.ExpiresAt)}}, ""); err != nil {
			return err
		}
		return s.org.Audit(ctx, q, "strategy.share_made", "map:"+l.Map, map[string]any{"share": l.ID, "label": l.Label, "shows": l.Shows, "until": l.ExpiresAt})
	})
	return secret, l, err
}

func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// RevokeShare makes a link useless at once.
func (s *Service) RevokeShare(ctx context.Context, share string) error {
	if err := org.Require(ctx, org.StrategyEdit); err != nil {
		return err
	}
	if !id.Valid(share) {
		return notFound()
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		l, found, err := db.One(ctx, q, shareFields, "SELECT "+shareColumns+" FROM strategy_share WHERE id = $1", share)
		if err != nil {
			return fmt.Errorf("find a link: %w", err)
		}
		if !found {
			return notFound()
		}
		if !l.RevokedAt.IsZero() {
			return nil
		}
		if _, err := db.Exec(ctx, q, "UPDATE strategy_share SET revoked_at = $1 WHERE id = $2", db.T(s.Now()), share); err != nil {
			return fmt.Errorf("revoke a link: %w", err)
		}
		return s.org.Audit(ctx, q, "strategy.share_revoked", "map:"+l.Map, map[string]any{"share": l.ID, "label": l.Label})
	})
}

// Shared is what somebody with a link may see: the map as it stands, without what the link does not show. Whoever calls needs no
// permission; what does not work, works no longer, or never was, is the same Missing.
func (s *Service) Shared(ctx context.Context, secret string) (Share, Evaluation, error) {
	gone := problem.New(problem.Missing, "strategy.share_gone")
	if len(secret) != 43 {
		return Share{}, Evaluation{}, gone
	}
	l, found, err := db.One(ctx, s.db.Read(), shareFields, "SELECT "+shareColumns+" FROM strategy_share WHERE digest = $1", digest(secret))
	if err != nil {
		return Share{}, Evaluation{}, fmt.Errorf("find a link: %w", err)
	}
	ctx = org.WithoutMoney(ctx) // whoever has a link may be anybody
	now := s.Now()
	if !found || !l.Works(now) {
		return Share{}, Evaluation{}, gone
	}
	// A link speaks for whoever made it: it rests while they may not make one.
	maker, err := s.org.Find(ctx, l.Member)
	if err != nil && !problem.Is(err, problem.Missing) {
		return Share{}, Evaluation{}, fmt.Errorf("find who made a link: %w", err)
	}
	if l.Rests(maker) {
		return Share{}, Evaluation{}, gone
	}
	// Counted once a minute at most: whoever reloads does not make us write.
	if now.Sub(l.OpenedAt) > time.Minute {
		err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
			_, err := db.Exec(ctx, q, "UPDATE strategy_share SET opened = opened + 1, opened_at = $1 WHERE id = $2", db.T(now), l.ID)
			return err
		})
		if err != nil {
			s.log.Warn("the opening of a shared map was not counted", "error", err)
		}
	}
	m, err := s.read(ctx, l.Map)
	if err != nil {
		return l, Evaluation{}, err
	}
	if l.Shows == ShowNames {
		e := Evaluation{Map: m, At: now}
		for _, o := range m.Objectives {
			e.Objectives = append(e.Objectives, Standing{Objective: o})
		}
		for _, k := range m.Links {
			e.Links = append(e.Links, Tested{Link: k})
		}
		return l, limited(e, l.Shows), nil
	}
	e, err := s.soon(ctx, m, now)
	return l, limited(e, l.Shows), err
}

// limited is a copy of an evaluation without what a link does not show.
func limited(e Evaluation, shows Shows) Evaluation {
	e.Objectives, e.Links = slices.Clone(e.Objectives), slices.Clone(e.Links)
	e.Map.Objectives = slices.Clone(e.Map.Objectives)
	for i := range e.Map.Objectives {
		o := &e.Map.Objectives[i]
		o.Owner, o.Note, o.Goal, o.Measures = "", "", "", nil
	}
	for i := range e.Objectives {
		st := &e.Objectives[i]
		st.Owner, st.Note, st.Goal, st.Measures, st.Missing = "", "", "", nil, nil
		if shows == ShowValues {
			continue
		}
		st.Readings, st.Leading, st.Lagging = nil, stat.Rolled{}, stat.Rolled{}
		st.Rolled = stat.Rolled{State: st.Rolled.State}
		if shows == ShowNames {
			st.Rolled = stat.Rolled{}
		}
	}
	for i := range e.Links {
		e.Links[i].Note = ""
		switch shows { // a verdict is a state, the figures behind it are values
		case ShowStates:
			e.Links[i].Correlation = stat.Correlation{Verdict: e.Links[i].Correlation.Verdict}
		case ShowNames:
			e.Links[i].Correlation = stat.Correlation{}
		}
	}
	if shows == ShowNames {
		e.OnTrack, e.Watch, e.Off, e.Unknown = 0, 0, 0, 0
	}
	return e
}
