package app_test

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/app"
	"github.com/entente/entente/internal/db"
)

// loopsPlanned looks at how SQLite finds what the loops behind the pages look for every few seconds: never by reading a whole table of those that
// grow with what is said. Two loops that did took a quarter of the processor where there were ten million activities.
func loopsPlanned(t *testing.T, a *app.App) {
	t.Helper()
	before := a.DB.Asked()
	ctx, stop := context.WithCancel(t.Context())
	done := app.Work(a, ctx)
	// Nothing tells that every loop went round once. So this waits until many have asked and nobody asks anything new: a slow machine waits longer.
	const many = 20
	for n := -1; n != len(a.DB.Asked()) || n < len(before)+many; time.Sleep(2 * time.Second) {
		n = len(a.DB.Asked())
	}
	stop()
	<-done
	grows := strings.Fields("activity post conversation conversation_span enrichment mention business_fact community_thread community_post community_vote community_heard community_notice delivery person identity reply_kept reply_help measure_row")
	named := regexp.MustCompile(`(?:FROM|JOIN|,)\s+(\w+)(?:\s+AS)?\s+(\w+)`)
	read := regexp.MustCompile(`^(?:SCAN (\w+)|SEARCH (\w+) USING (?:COVERING )?INDEX \w+ \(state=\?\)$)`)
	argument := regexp.MustCompile(`\$\d+`)
	type step struct {
		id, parent, other int
		detail            string
	}
	fine := []string{
		"SELECT COUNT(*) FROM post",                              // once for each version of the enrichers
		"SELECT tx, seq FROM activity ORDER BY seq DESC LIMIT 1", // the last row
	}
	looked := 0
	for _, query := range a.DB.Asked() {
		if slices.Contains(before, query) || slices.Contains(fine, query) {
			continue
		}
		looked++
		plan, err := db.All(t.Context(), a.DB.Read(), func(p *step) []any { return []any{&p.id, &p.parent, &p.other, &p.detail} },
			"EXPLAIN QUERY PLAN "+argument.ReplaceAllString(query, "CAST('[]' AS TEXT)"))
		if err != nil {
			t.Errorf("%s: %v", query, err)
		}
		means := map[string]string{}
		for _, m := range named.FindAllStringSubmatch(query, -1) {
			means[m[2]] = m[1]
		}
		for _, p := range plan {
			m := read.FindStringSubmatch(p.detail)
			if m == nil {
				continue
			}
			table := m[1] + m[2]
			if of := means[table]; of != "" {
				table = of
			}
			if slices.Contains(grows, table) {
				t.Errorf("%s, of %s, for %s", p.detail, table, strings.Join(strings.Fields(query), " "))
			}
		}
	}
	if looked < many-len(fine) {
		t.Errorf("the loops asked %d questions only", looked)
	}
}
