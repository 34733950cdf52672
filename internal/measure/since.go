package measure

import (
	"context"
	"fmt"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/measure/kpi"
)

// Since is the moment from which all that a measure stands on has been told: the first post or conversation, of business facts the first of the
// kind that came last. Zero when nothing has been.
func (s *Service) Since(ctx context.Context, m kpi.Measure) (time.Time, error) {
	var queries []string
	var args [][2]string // kind and label
	for _, n := range m.Needs {
		if kind, label, fact := kpi.FactNeed(n); fact {
			queries, args = append(queries, "SELECT MIN(at) FROM business_fact WHERE kind = $1 AND (label = $2 OR $2 = '')"), append(args, [2]string{kind, label})
		}
	}
	switch {
	case len(queries) > 0:
	case m.Of == kpi.OfConversations:
		queries = []string{"SELECT MIN(opened_at) FROM conversation"}
	case m.Of == kpi.OfPeople:
		queries = []string{"SELECT MIN(at) FROM community_membership"}
	case m.Of == kpi.OfInsights:
		queries = []string{"SELECT MIN(created_at) FROM insight"}
	case m.Of == kpi.OfVisits:
		queries = []string{"SELECT MIN(at) FROM contact_visit"}
	case m.Of == kpi.OfSituations:
		queries = []string{"SELECT MIN(detected_at) FROM situation WHERE peak = 'crisis' AND drill = 0"}
	default:
		queries = []string{"SELECT MIN(at) FROM post"}
	}
	var latest time.Time
	for i, query := range queries {
		var of []any
		if i < len(args) {
			of = []any{args[i][0], args[i][1]}
		}
		at, _, err := db.One(ctx, s.db.Read(), func(t *time.Time) []any { return []any{db.At(t)} }, query, of...)
		if err != nil {
			return latest, fmt.Errorf("look since when %s is told: %w", m.ID, err)
		}
		if at.IsZero() {
			return time.Time{}, nil
		}
		if at.After(latest) {
			latest = at
		}
	}
	return latest, nil
}
