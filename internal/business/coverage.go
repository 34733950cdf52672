package business

import (
	"context"
	"fmt"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
)

// Coverage is what is known of a kind of fact, and what is not.
type Coverage struct {
	Kind        FactKind
	Count       int
	First, Last time.Time   // moments or beginnings of periods; zero when there are none
	Learned     time.Time   // when the newest of them was stated
	Gaps        []time.Time // months without any, after the first and up to the last that has ended; at most 24 months back
}

const months = 24

// Cover says of each kind how many facts there are, from when to when, and in which months there are none.
func (s *Service) Cover(ctx context.Context, zone *time.Location) ([]Coverage, error) {
	now := s.clock().In(zone)
	this := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, zone)
	q := s.db.Read()
	var out []Coverage
	for _, k := range Kinds() {
		c := Coverage{Kind: k}
		var err error
		if c.Count, _, err = db.Value[int](ctx, q, "SELECT COUNT(*) FROM business_fact WHERE kind = $1", k.ID); err != nil {
			return nil, fmt.Errorf("count facts: %w", err)
		}
		if c.Count == 0 {
			out = append(out, c)
			continue
		}
		for _, end := range []struct {
			order string
			at    *time.Time
		}{{"", &c.First}, {" DESC", &c.Last}} {
			at, _, err := db.One(ctx, q, func(f *Fact) []any { return []any{db.At(&f.At), db.At(&f.StatedAt)} },
				"SELECT at, stated_at FROM business_fact WHERE kind = $1 ORDER BY at"+end.order+" LIMIT 1", k.ID)
			if err != nil {
				return nil, fmt.Errorf("find the ends of facts: %w", err)
			}
			*end.at = at.At
			if end.order != "" {
				c.Learned = at.StatedAt
			}
		}
		if c.Gaps, err = s.gaps(ctx, &c, this, zone); err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// gaps are the months before this one in which no fact lies and which none spans.
func (s *Service) gaps(ctx context.Context, c *Coverage, this time.Time, zone *time.Location) ([]time.Time, error) {
	q := s.db.Read()
	first := c.First.In(zone)
	month := time.Date(first.Year(), first.Month(), 1, 0, 0, 0, 0, zone)
	if oldest := this.AddDate(0, -months, 0); month.Before(oldest) {
		month = oldest
	}
	var long []Fact
	if c.Kind.Period != ledger.Never {
		const longer = 32 * 24 * time.Hour // than a month
		var err error
		long, err = db.All(ctx, q, func(f *Fact) []any { return []any{db.At(&f.At), db.At(&f.Until)} },
			"SELECT DISTINCT at, until FROM business_fact WHERE kind = $1 AND until > $2 AND until - at > $3", c.Kind.ID, db.T(month), longer.Microseconds())
		if err != nil {
			return nil, fmt.Errorf("find long periods: %w", err)
		}
	}
	var out []time.Time
	for ; month.Before(this); month = month.AddDate(0, 1, 0) {
		next := month.AddDate(0, 1, 0)
		spanned := false
		for _, f := range long {
			spanned = spanned || f.At.Before(next) && f.Until.After(month)
		}
		if spanned {
			continue
		}
		_, there, err := db.Value[int](ctx, q, "SELECT 1 FROM business_fact WHERE kind = $1 AND at >= $2 AND at < $3 LIMIT 1", c.Kind.ID, db.T(month), db.T(next))
		if err != nil {
			return nil, fmt.Errorf("look for gaps: %w", err)
		}
		if !there {
			out = append(out, month)
		}
	}
	return out, nil
}
