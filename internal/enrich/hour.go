package enrich

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/sorting"
)

// hourOf is the hour since 1970 in which a post is counted, -1 for what we or machines say.
func hourOf(ours bool, automatic string, at time.Time) int64 {
	if ours || automatic != "" {
		return -1
	}
	return at.Unix() / 3600
}

type hourKey struct {
	hour                            int64
	channel, lang, sentiment, kinds string
}

// tally is what to add to label_hour.
type tally map[hourKey]int

func (t tally) add(hour int64, channel string, l Taken, n int) {
	if hour >= 0 {
		t[hourKey{hour, channel, l.Lang, l.Sentiment, strings.Join(l.Kinds, ",")}] += n
	}
}

// write adds it, in one order, so that two nodes never wait for each other.
func (t tally) write(ctx context.Context, q db.Q) error {
	keys, less := make([]hourKey, 0, len(t)), false
	for k, n := range t {
		if n != 0 {
			keys = append(keys, k)
			less = less || n < 0
		}
	}
	sorting.Func(keys, func(a, b hourKey) int {
		return cmp.Or(cmp.Compare(a.hour, b.hour), cmp.Compare(a.channel, b.channel), cmp.Compare(a.lang, b.lang), cmp.Compare(a.sentiment, b.sentiment),
			cmp.Compare(a.kinds, b.kinds))
	})
	rows := make([][]any, len(keys))
	for i, k := range keys {
		rows[i] = []any{k.hour, k.channel, k.lang, k.sentiment, k.kinds, t[k]}
	}
	if err := db.Insert(ctx, q, "label_hour (hour, channel, lang, sentiment, kinds, n)", rows,
		"ON CONFLICT (hour, channel, lang, sentiment, kinds) DO UPDATE SET n = label_hour.n + excluded.n"); err != nil || !less {
		return err
	}
	for _, k := range keys { // what is counted no more leaves no row, as if it had never been
		if t[k] >= 0 {
			continue
		}
		if _, err := db.Exec(ctx, q, "DELETE FROM label_hour WHERE hour = $1 AND channel = $2 AND lang = $3 AND sentiment = $4 AND kinds = $5 AND n = 0",
			k.hour, k.channel, k.lang, k.sentiment, k.kinds); err != nil {
			return err
		}
	}
	return nil
}
