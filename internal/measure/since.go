package measure

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/measure/kpi"
)

// ofKind reads business facts of a kind, and where that is asked for with a label or a status of that kind, or one of several.
func ofKind(query, kind, words string) (string, []any) {
	if words == "" {
		return query + " WHERE kind = $1", []any{kind}
	}
	column, list := "label", strings.Split(words, "|")
	if k, known := ledger.KindOfFact(kind); known && slices.Contains(k.Statuses, list[0]) {
		column = "status"
	}
	args, marks := []any{kind}, make([]string, len(list))
	for i, word := range list {
		args, marks[i] = append(args, word), fmt.Sprint("$", i+2)
	}
	return query + " WHERE kind = $1 AND " + column + " IN (" + strings.Join(marks, ", ") + ")", args
}

// Since is the moment from which all that a measure stands on has been told: the first post or conversation, of business facts the first of the
// kind that came last. Zero when nothing has been.
func (s *Service) Since(ctx context.Context, m kpi.Measure) (time.Time, error) {
	var queries []string
	var args [][]any
	for _, n := range m.Needs {
		if kind, label, fact := kpi.FactNeed(n); fact {
			query, of := ofKind("SELECT MIN(at) FROM business_fact", kind, label)
			queries, args = append(queries, query), append(args, of)
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
			of = args[i]
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
