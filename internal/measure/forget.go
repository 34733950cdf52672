package measure

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/enrich"
)

const (
	lately   = 10 * time.Minute    // a key that nobody asked for since then rests: its days are put right no more often
	unasked  = 45 * 24 * time.Hour // after which a key is forgotten
	mostKeys = 2000                // kept; the one that was not asked for longest makes room
)

// exists reports whether there is what a filter names: its channel, topic, member and kind. Nothing is kept for what there is not.
func exists(ctx context.Context, q db.Q, f Filter) (bool, error) {
	if f.Kind != "" && !slices.Contains(enrich.KindNames(), f.Kind) {
		return false, nil
	}
	for _, of := range []struct{ table, id string }{{"channel", f.Channel}, {"topic", f.Topic}, {"member", f.Member}} {
		if of.id == "" {
			continue
		}
		_, found, err := db.Value[int](ctx, q, "SELECT 1 FROM "+of.table+" WHERE id = $1", of.id)
		if err != nil {
			return false, fmt.Errorf("look whether a %s exists: %w", of.table, err)
		}
		if !found {
			return false, nil
		}
	}
	return true, nil
}

// watching marks what is asked by programs, which ask for all that is in use and must not keep it so.
type watching struct{}

// asked notes that a reader asks for a key that is kept.
func (s *Service) asked(ctx context.Context, k keeping) {
	if ctx.Value(watching{}) != nil {
		return
	}
	now := s.clock()
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	if h := s.store.keys[k.id]; h != nil {
		h.used = now
	}
	if s.store.asks == nil {
		s.store.asks = map[string]time.Time{}
	}
	s.store.asks[k.id] = now
}

// tellAsked lets the database know what readers asked for.
func (s *Service) tellAsked(ctx context.Context, q db.Q) error {
	s.store.mu.Lock()
	asks := maps.Clone(s.store.asks)
	s.store.mu.Unlock()
	for id, at := range asks {
		if _, err := db.Exec(ctx, q, "UPDATE measure_key SET asked_at = $1 WHERE id = $2 AND asked_at < $1", db.T(at), id); err != nil {
			return err
		}
	}
	return nil
}

// tell lets the database know what readers asked for, for the other nodes.
func (s *Service) tell(ctx context.Context) error {
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if err := lockGen(ctx, q); err != nil {
			return err
		}
		return s.tellAsked(ctx, q)
	})
}

// drop forgets keys and their days. Whoever works with what is kept meanwhile notices by its generation.
func drop(ctx context.Context, q db.Q, keys []string) error {
	if len(keys) == 0 {
		return nil
	}
	for _, of := range []string{"measure_day WHERE key", "measure_key WHERE id"} {
		if _, err := db.Exec(ctx, q, "DELETE FROM "+of+" IN "+db.Among(q, "$1"), db.Texts(keys)); err != nil {
			return err
		}
	}
	_, err := db.Exec(ctx, q, "UPDATE measure_gen SET gen = gen + 1 WHERE one = 1")
	return err
}

// makeRoom lets the keys that were not asked for longest go, so that one more has a place.
func (s *Service) makeRoom(ctx context.Context, q db.Q) error {
	n, _, err := db.Value[int](ctx, q, "SELECT COUNT(*) FROM measure_key")
	if err != nil || n < s.most {
		return err
	}
	if err := s.tellAsked(ctx, q); err != nil {
		return err
	}
	keys, err := db.All(ctx, q, db.Self[string], "SELECT id FROM measure_key ORDER BY asked_at, id"+db.Limit(n-s.most+1))
	if err != nil {
		return err
	}
	return drop(ctx, q, keys)
}

// lost lists the keys that stand on something that is no more.
func (s *Service) lost(ctx context.Context, q db.Q) ([]string, error) {
	type key struct{ id, filter string }
	keys, err := db.All(ctx, q, func(k *key) []any { return []any{&k.id, &k.filter} }, "SELECT id, filter FROM measure_key")
	if err != nil {
		return nil, err
	}
	var out []string
	known := map[Filter]bool{}
	for _, k := range keys {
		var f Filter
		if json.Unmarshal([]byte(k.filter), &f) != nil {
			continue // of another version: nobody asks for it
		}
		f = Filter{Channel: f.Channel, Topic: f.Topic, Member: f.Member, Kind: f.Kind}
		there, asked := known[f]
		if !asked {
			if there, err = exists(ctx, q, f); err != nil {
				return nil, err
			}
			known[f] = there
		}
		if !there {
			out = append(out, k.id)
		}
	}
	return out, nil
}

// forget drops what nobody has asked for, what another version of the program kept, and what stands on something that is no more.
func (s *Service) forget(ctx context.Context) error {
	lost, err := s.lost(ctx, s.db.Read())
	if err != nil {
		return err
	}
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if err := lockGen(ctx, q); err != nil {
			return err
		}
		if err := s.tellAsked(ctx, q); err != nil {
			return err
		}
		gone, err := db.All(ctx, q, db.Self[string], "SELECT id FROM measure_key WHERE asked_at < $1", db.T(s.clock().Add(-unasked)))
		if err != nil {
			return err
		}
		if err := drop(ctx, q, append(gone, lost...)); err != nil {
			return err
		}
		_, err = db.Exec(ctx, q, "DELETE FROM measure_day WHERE key NOT IN (SELECT id FROM measure_key)")
		return err
	})
	if err != nil {
		return err
	}
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	for id, at := range s.store.asks { // the database knows; what was asked meanwhile stays noted
		if at.Before(s.clock()) {
			delete(s.store.asks, id)
		}
	}
	return nil
}
