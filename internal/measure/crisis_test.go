package measure_test

import (
	"testing"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/measure"
)

// TestCrises works the four times of crises out by hand. Four crises of May: first said 10, 20, 40 and 60 minutes before they were detected; taken on
// after 5, 15 and 30 minutes, the fourth not at all (cleared after 4 hours); a statement after 30, 60 and 120 minutes; cleared after 1, 2, 3 and
// 4 hours. By Kaplan and Meier half of the four is reached between the second and the third. A drill, a situation that never was a crisis, and one
// of April count nowhere. A fifth, still going on for 2 hours at the end of May, is observed until then.
func TestCrises(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, on(31, 12, 0))
		after := func(at time.Time, minutes int) any {
			if minutes < 0 {
				return nil
			}
			return db.T(at.Add(time.Duration(minutes) * time.Minute))
		}
		add := func(id, peak string, drill int, at time.Time, first, taken, stated, cleared int) {
			w.exec("INSERT INTO situation (id, name, level, peak, drill, since_at, detected_at, acknowledged_at, stated_at, cleared_at, last) VALUES ($1, $1, 'watch', $2, $3, $4, $5, $6, $7, $8, '')",
				id, peak, drill, db.T(at.Add(-time.Duration(first)*time.Minute)), db.T(at), after(at, taken), after(at, stated), after(at, cleared))
		}
		add("a", "crisis", 0, on(4, 9, 0), 10, 5, 30, 60)
		add("b", "crisis", 0, on(8, 9, 0), 20, 15, 60, 120)
		add("c", "crisis", 0, on(12, 9, 0), 40, 30, 120, 180)
		add("d", "crisis", 0, on(16, 9, 0), 60, -1, -1, 240)
		add("drill", "crisis", 1, on(17, 9, 0), 500, 500, 500, 500)
		add("mild", "serious", 0, on(18, 9, 0), 500, 500, 500, 500)
		add("early", "crisis", 0, on(1, 0, 0).Add(-time.Minute), 500, 500, 500, 500)

		want := func(id string, n, open int, median time.Duration) {
			t.Helper()
			r, err := w.s.Compute(w.ctx, id, measure.Window{From: may.From, To: on(31, 12, 0)}, measure.Filter{})
			if err != nil {
				t.Fatal(err)
			}
			if r.N != n || r.Open != open || !r.Median.Reached || r.Median.Value != median {
				t.Errorf("%s: %+v of %d, %d open; want %s of %d, %d open", id, r.Median, r.N, r.Open, median, n, open)
			}
		}
		// S after 10, 20, 40, 60 minutes is 3/4, 1/2, 1/4, 0: the median lies in the middle of 20 and 40.
		want("crisis-detection-time", 4, 0, 30*time.Minute)
		// The fourth is censored at 4 hours: the same steps, at 5, 15 and 30.
		want("crisis-acknowledgement-time", 4, 1, 22*time.Minute+30*time.Second)
		want("crisis-statement-time", 4, 1, 90*time.Minute)
		want("crisis-all-clear-time", 4, 0, 150*time.Minute)

		// A fifth is going on: S after 1, 2 hours is 4/5, 3/5, then it is censored, then 3/10 after 3.
		add("e", "crisis", 0, on(31, 10, 0), 30, 10, -1, -1)
		want("crisis-detection-time", 5, 0, 30*time.Minute)
		want("crisis-all-clear-time", 5, 1, 180*time.Minute)
		want("crisis-acknowledgement-time", 5, 1, 15*time.Minute)
		if rows := w.rows("crisis-all-clear-time", measure.Window{From: may.From, To: on(31, 12, 0)}, measure.Filter{}, "open"); len(rows) != 1 || rows[0].ID != "e" || rows[0].For != 2*time.Hour {
			t.Errorf("behind it goes on: %+v", rows)
		}
	})
}
