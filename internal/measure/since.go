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

// Told reports whether anything of the kind that a measure stands on was told within a window: without it a number only says that nobody told
// anything. Of people, visits, insights and situations there need not be any.
func (s *Service) Told(ctx context.Context, m kpi.Measure, w Window) (bool, error) {
	var queries []string
	var args [][]any
	from, to := db.T(w.From), db.T(w.To)
	ask := func(query string, of ...any) { queries, args = append(queries, query), append(args, of) }
	for _, n := range m.Needs {
		if kind, _, fact := kpi.FactNeed(n); fact {
			ask("SELECT 1 FROM business_fact WHERE kind = $1 AND at >= $2 AND at < $3", kind, from, to)
			// Of a period that reaches into the window; the longest are of some years.
			ask("SELECT 1 FROM business_fact WHERE kind = $1 AND at >= $2 AND at < $3 AND until > $3", kind, db.T(w.From.AddDate(-3, 0, 0)), from)
		}
	}
	switch {
	case len(queries) > 0:
	case m.Of == kpi.OfConversations:
		ask("SELECT 1 FROM conversation WHERE opened_at >= $1 AND opened_at < $2", from, to)
		ask("SELECT 1 FROM post WHERE at >= $1 AND at < $2", from, to)
	case m.Of == kpi.OfPosts:
		ask("SELECT 1 FROM post WHERE at >= $1 AND at < $2", from, to)
	default:
		return true, nil
	}
	for i, query := range queries {
		_, found, err := db.Value[int](ctx, s.db.Read(), query+" LIMIT 1", args[i]...)
		if err != nil {
			return false, fmt.Errorf("look whether %s is told: %w", m.ID, err)
		}
		if found {
			return true, nil
		}
	}
	return false, nil
}

// Untold is Result.Why of a period in which nothing was told yet.
const Untold = "untold"

// Comparable reports whether a number can be held against the one of an earlier window: not when a part of it came before anything was told,
// since the change would be one of the records. Where nothing was told in it, the earlier number is taken away: it would read as a nought.
func (s *Service) Comparable(ctx context.Context, m kpi.Measure, earlier *Result) (bool, error) {
	since, err := s.Since(ctx, m)
	if err != nil || !since.After(earlier.Window.From) {
		return err == nil, err
	}
	told := true
	if earlier.N == 0 {
		told, err = s.Told(ctx, m, earlier.Window)
	}
	if err == nil && !told {
		*earlier = Result{ID: earlier.ID, Unit: earlier.Unit, Window: earlier.Window, Currency: earlier.Currency, Why: Untold}
	}
	return false, err
}
