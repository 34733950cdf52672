package listening

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/entente/entente/internal/db"
)

// Volume is how many posts were said from At on, until the next.
type Volume struct {
	At time.Time
	N  int
}

// VolumeBy counts posts of a topic ("" for all posts by others) and channel ("" for all) between cuts, which are ascending: n cuts give
// n-1 counts. Cuts should stand on full hours.
func (s *Service) VolumeBy(ctx context.Context, topic, channel string, cuts []time.Time) ([]Volume, error) {
	if len(cuts) < 2 {
		return nil, nil
	}
	q := s.db.Read()
	now, err := stateOf(ctx, q, topic)
	if err != nil {
		return nil, fmt.Errorf("read volume: %w", err)
	}
	key := volumeKey(topic, channel, cuts)
	if list, ok := s.volumes.find(key, now); ok {
		return list, nil
	}
	list, err := volumeBy(ctx, q, topic, channel, cuts)
	if err != nil {
		return nil, fmt.Errorf("read volume: %w", err)
	}
	s.volumes.keep(key, now, list)
	return slices.Clone(list), nil
}

func volumeBy(ctx context.Context, q db.Q, topic, channel string, cuts []time.Time) ([]Volume, error) {
	var w db.Where
	w.And("topic = ?", topic).And("hour >= ?", hourOf(cuts[0].UnixMicro())).And("hour < ?", hourOf(cuts[len(cuts)-1].UnixMicro()))
	if channel != "" {
		w.And("channel = ?", channel)
	}
	type row struct{ hour, n int64 }
	rows, err := db.All(ctx, q, func(r *row) []any { return []any{&r.hour, &r.n} },
		"SELECT hour, SUM(n) FROM mention_hour "+w.String()+" GROUP BY hour ORDER BY hour", w.Args...)
	if err != nil {
		return nil, err
	}
	out := make([]Volume, len(cuts)-1)
	at := 0
	for i := range out {
		out[i].At = cuts[i]
		for at < len(rows) && rows[at].hour < hourOf(cuts[i+1].UnixMicro()) {
			out[i].N += int(rows[at].n)
			at++
		}
	}
	return out, nil
}

// state is what counts follow from: how far the ledger is digested, and how far old posts are matched against the topic as it was last
// saved. While it is the same, so are they.
type state struct{ tx, seq, filled, saved int64 }

func stateOf(ctx context.Context, q db.Q, topic string) (state, error) {
	v, _, err := db.One(ctx, q, func(v *state) []any { return []any{&v.tx, &v.seq, &v.filled, &v.saved} },
		`SELECT d.tx, d.seq, COALESCE(t.filled_to, 0), COALESCE(t.updated_at, 0) FROM derivation d LEFT JOIN topic t ON t.id = $1 WHERE d.id = 1`, topic)
	return v, err
}

// volumes remembers counts, for pages that many look at while nothing new is said. Half a year by the hour, for several topics, is the
// dearest thing such a page reads.
type volumes struct {
	mu   sync.Mutex
	list map[string]remembered
}

type remembered struct {
	at   state
	list []Volume
}

const maxVolumes = 512

func volumeKey(topic, channel string, cuts []time.Time) string {
	var b strings.Builder
	b.WriteString(topic + " " + channel)
	for _, t := range cuts {
		b.WriteByte(' ')
		b.WriteString(strconv.FormatInt(t.Unix(), 36))
	}
	return b.String()
}

func (v *volumes) find(key string, now state) ([]Volume, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if r, ok := v.list[key]; ok && r.at == now {
		return slices.Clone(r.list), true
	}
	return nil, false
}

func (v *volumes) keep(key string, now state, list []Volume) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.list == nil || len(v.list) >= maxVolumes {
		v.list = map[string]remembered{}
	}
	v.list[key] = remembered{now, list}
}
