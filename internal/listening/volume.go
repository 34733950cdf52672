package listening

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
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
	list, err := s.volumes.Read(ctx, s.db, volumeKey(topic, channel, cuts), func(ctx context.Context) ([]Volume, error) {
		return volumeBy(ctx, s.db.Read(), topic, channel, cuts)
	})
	if err != nil {
		return nil, fmt.Errorf("read volume: %w", err)
	}
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

func volumeKey(topic, channel string, cuts []time.Time) string {
	var b strings.Builder
	b.WriteString(topic + " " + channel)
	for _, t := range cuts {
		b.WriteByte(' ')
		b.WriteString(strconv.FormatInt(t.Unix(), 36))
	}
	return b.String()
}
