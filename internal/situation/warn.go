package situation

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
)

const (
	lookEvery = time.Minute
	stuckFor  = 7 * 24 * time.Hour // after a statement began, people are told of copies that do not go out
)

// Path is the page of a situation.
func Path(situation string) string { return "/situations/" + situation }

// warn tells members once for each token.
func (s *Service) warn(ctx context.Context, q db.Q, token string, members []string, key, situation string, args ...any) error {
	if len(members) == 0 {
		return nil
	}
	to := "/situations"
	if situation != "" {
		to = Path(situation)
	}
	if err := s.inbox.TellOnce(ctx, q, key+":"+token, members, key, args, "", to); err != nil {
		return fmt.Errorf("warn of a situation: %w", err)
	}
	return nil
}

// others are members without whoever acts.
func others(ctx context.Context, members []string) []string {
	me := org.Who(ctx)
	return slices.DeleteFunc(slices.Clone(members), func(m string) bool { return m == "" || me != nil && m == me.ID })
}

// announce tells the social team and the owner of a situation that is more than watched.
func (s *Service) announce(ctx context.Context, q db.Q, situation string, d *Draft, m *org.Member) error {
	if d.Level == Watch && d.Owner == "" {
		return nil
	}
	team := []string{d.Owner}
	if d.Level != Watch {
		social, err := s.inbox.SocialTeam(ctx)
		if err != nil {
			return err
		}
		team = append(team, social...)
	}
	key := "situation.tell.opened"
	if d.Drill {
		key = "situation.tell.opened_drill"
	}
	return s.warn(ctx, q, situation, others(ctx, team), key, situation, "Name", d.Name, "Level", i18n.T(ctx, "situation.level."+string(d.Level)))
}

// Look warns of what nobody may have seen: steps that are late, copies of statements that do not go out, new suggestions. Each once.
func (s *Service) Look(ctx context.Context) error {
	ctx = org.AsOperator(ctx)
	now := s.Now()
	list, err := db.All(ctx, s.db.Read(), fields, "SELECT "+columns+" FROM situation v WHERE v.cleared_at IS NULL ORDER BY v.detected_at DESC LIMIT 100")
	if err != nil {
		return fmt.Errorf("read situations: %w", err)
	}
	team, err := s.inbox.SocialTeam(ctx)
	if err != nil {
		return err
	}
	whom := func(owner string) []string {
		if owner != "" {
			return []string{owner}
		}
		return team
	}
	var hints []Suggestion
	if !s.hints.same(ctx, s.db) {
		if hints, err = s.Suggestions(ctx); err != nil {
			return err
		}
	}
	type stuck struct {
		statement, situation, name, owner string
		n                                 int
	}
	held, err := db.All(ctx, s.db.Read(), func(r *stuck) []any { return []any{&r.statement, &r.situation, &r.name, &r.owner, &r.n} },
		`SELECT t.id, v.id, v.name, v.owner, COUNT(*) FROM situation_statement t JOIN situation v ON v.id = t.situation JOIN situation_copy y ON y.statement = t.id LEFT JOIN outgoing o ON o.id = y.sending AND y.sending <> ''
		WHERE t.begun_at >= $1 AND t.state IN ('underway', 'delivered') AND (y.state = 'skipped' OR o.state IN ('failed', 'uncertain') OR o.state = 'queued' AND o.error <> '') GROUP BY t.id, v.id, v.name, v.owner`, db.T(now.Add(-stuckFor)))
	if err != nil {
		return fmt.Errorf("find copies that do not go out: %w", err)
	}
	if len(list)+len(held)+len(hints) == 0 {
		return nil
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		for i := range list {
			v := &list[i]
			for k := range v.Steps {
				if st := &v.Steps[k]; !st.Done() && now.After(v.Due(st)) {
					if err := s.warn(ctx, q, v.ID+":"+strconv.Itoa(k), whom(v.Owner), "situation.tell.late", v.ID, "Name", v.Name, "Step", st.Name); err != nil {
						return err
					}
				}
			}
		}
		for _, r := range held {
			if err := s.warn(ctx, q, r.statement, whom(r.owner), "situation.tell.stuck", r.situation, "Name", r.name, "N", r.n); err != nil {
				return err
			}
		}
		for _, h := range hints {
			if err := s.warn(ctx, q, h.Key, team, "situation.tell.suggested", "", "N", len(h.Conversations), "Title", h.Title); err != nil {
				return err
			}
		}
		return nil
	})
}

// same reports whether no conversation was opened since it was asked last.
func (h *hints) same(ctx context.Context, d *db.DB) bool {
	newest, _, err := db.Value[int64](ctx, d.Read(), "SELECT COALESCE(MAX(opened_at), 0) FROM conversation")
	h.Lock()
	defer h.Unlock()
	same := err == nil && newest == h.newest
	h.newest = newest
	return same
}
