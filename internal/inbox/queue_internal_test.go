package inbox

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/id"
)

// fill makes n conversations of 200 channels and 20 members, most of them resolved.
func fill(t testing.TB, d *db.DB, n int) {
	t.Helper()
	began := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for from := 0; from < n; from += 10_000 {
		var rows [][]any
		for i := from; i < min(n, from+10_000); i++ {
			c := Conversation{ID: id.From(fmt.Sprint(i), "c"), Root: id.From(fmt.Sprint(i), "p"), Channel: fmt.Sprint("ch", i*7919%200), State: Resolved,
				Author: "mailto:a@example.org", Title: "A title of a usual length for a question", Excerpt: strings.Repeat("words ", 30),
				OpenedAt: began.Add(time.Duration(i) * time.Minute), LastAt: began.Add(time.Duration(i*7%n) * time.Minute)}
			if i%3 > 0 {
				c.Assignee = fmt.Sprint("m", i%20)
			}
			c.Lang, c.Feeling, c.Nature = []string{"fr", "en", "de"}[i%3], Feelings()[i%3], Natures()[i%6]
			if i%15 == 0 {
				c.State, c.DueAt = Open, c.LastAt.Add(time.Hour)
				if i%2 == 0 {
					c.WaitingSince = c.LastAt
				}
			}
			rows = append(rows, c.row())
		}
		if err := d.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
			return db.Insert(ctx, q, "conversation ("+columns+")", rows, "")
		}); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, "ANALYZE")
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// spy notes what is asked.
type spy struct {
	db.Q
	text string
	args []any
}

func (s *spy) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	s.text, s.args = text, args
	return s.Q.QueryContext(ctx, text, args...)
}

// sights are ways to look at the queue; of those that are narrowed PostgreSQL may think that they have few rows.
func sights() (out map[string]func(context.Context, db.Q) (*walk, error), narrowed map[string]bool) {
	narrowed = map[string]bool{}
	out = map[string]func(context.Context, db.Q) (*walk, error){}
	for _, v := range Views() {
		for name, f := range map[string]Filter{"all": {}, "a channel": {Channel: "ch7"}, "a member": {Assignee: "m4"}, "nobody": {Assignee: Nobody}} {
			out[string(v)+", "+name] = func(context.Context, db.Q) (*walk, error) { return walkOf(v, f, "m5") }
		}
		for name, f := range map[string]Filter{"a language": {Language: "fr"}, "a feeling": {Feeling: "negative", Age: 30}, "complaints": {Nature: "complaint", Priority: "urgent"},
			"late": {Service: Late}, "soon": {Service: Soon, Language: "fr"}} {
			out[string(v)+", "+name] = func(ctx context.Context, q db.Q) (*walk, error) {
				w, err := walkOf(v, f, "m5")
				if err == nil {
					err = w.narrow(f, time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC))
				}
				if err == nil {
					err = w.alike(ctx, q, f)
				}
				return w, err
			}
			narrowed[string(v)+", "+name] = true
		}
	}
	return out, narrowed
}

// TestPlans holds that a page of the queue is read along an index, in order: neither all rows are looked at nor any are sorted.
func TestPlans(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		fill(t, d, 30_000)
		all, narrowed := sights()
		for name, make := range all {
			w, err := make(t.Context(), d.Read())
			if err != nil {
				t.Fatal(err)
			}
			s := &spy{Q: d.Read()}
			first, err := w.read(t.Context(), s, place{}, w.up, 51)
			if err != nil {
				t.Fatal(err)
			}
			if len(first) > 10 {
				if _, err := w.read(t.Context(), s, w.at(&first[10]), w.up, 51); err != nil {
					t.Fatal(err)
				}
			}
			type line struct {
				a, b, c int
				text    string
			}
			fields, explain := func(l *line) []any { return []any{&l.a, &l.b, &l.c, &l.text} }, "EXPLAIN QUERY PLAN "
			if d.Engine() == db.Postgres {
				fields, explain = func(l *line) []any { return []any{&l.text} }, "EXPLAIN "
			}
			plan, err := db.All(t.Context(), d.Read(), fields, explain+s.text, s.args...)
			if err != nil {
				t.Fatal(err)
			}
			all := ""
			for _, l := range plan {
				all += l.text + "\n"
			}
			for _, bad := range []string{"TEMP B-TREE", "SCAN conversation\n", "Seq Scan on conversation "} {
				if strings.Contains(all, bad) {
					t.Errorf("%s:\n%s", name, all)
				}
			}
			// PostgreSQL may rightly sort what is few: it would rather read 1000 rows at once than 50 in order.
			if strings.Contains(all, "Sort") && !strings.Contains(name, "waiting") && !strings.Contains(name, "due") && !narrowed[name] && len(first) > 50 {
				t.Errorf("%s:\n%s", name, all)
			}
		}
	})
}

func BenchmarkQueue(b *testing.B) {
	for engine, open := range map[string]func(testing.TB) *db.DB{"sqlite": dbtest.SQLite, "postgres": dbtest.Postgres} {
		b.Run(engine, func(b *testing.B) {
			d := open(b)
			fill(b, d, 300_000)
			all, _ := sights()
			for name, make := range all {
				b.Run(name, func(b *testing.B) {
					w, err := make(b.Context(), d.Read())
					if err != nil {
						b.Fatal(err)
					}
					for b.Loop() {
						if _, err := w.read(b.Context(), d.Read(), place{}, w.up, 51); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		})
	}
}
