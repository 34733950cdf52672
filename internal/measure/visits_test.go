package measure_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/measure"
)

// TestVisits works out by hand what answers before contact saved: of 100 from whom they were held back 40 wrote, of 400 who were shown some 60 did, so
// D = (0.40 − 0.15) · 400 = 100; of those who were shown some, 240 read one and did not write.
func TestVisits(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, on(31, 0, 0))
		n := 0
		add := func(many, held, holdout int, at time.Time, read bool, after time.Duration) {
			for range many {
				n++
				var readAt, wroteAt any
				if read {
					readAt = db.T(at.Add(time.Minute))
				}
				if after > 0 {
					wroteAt = db.T(at.Add(after))
				}
				w.exec("INSERT INTO contact_visit (id, point, at, held, holdout, read_at, wrote_at) VALUES ($1, 'p', $2, $3, $4, $5, $6)", fmt.Sprint("v", n), db.T(at), held, holdout, readAt, wroteAt)
			}
		}
		early := on(5, 9, 0)
		add(40, 1, 20, early, false, time.Hour)
		add(60, 1, 20, early, false, 0)
		add(50, 0, 20, early, false, time.Hour)
		add(10, 0, 20, early, true, 71*time.Hour)
		add(235, 0, 20, early, true, 0)
		add(5, 0, 20, early, true, 73*time.Hour) // too late to be about the same
		add(100, 0, 20, early, false, 0)
		add(30, 0, 0, early, false, time.Hour)                // nobody was held back: nothing to compare with
		add(7, 0, 20, on(30, 0, 0), true, 0)                  // may still write
		add(9, 0, 20, on(1, 0, 0).AddDate(0, 0, -2), true, 0) // before the window

		r, err := w.s.Compute(w.ctx, "deflected-holdout", may, measure.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(r.Value.Value-100) > 1e-9 || r.N != 500 || r.LeftOut != 7 || !r.Value.Bounded || !(r.Value.Low > 50 && r.Value.Low < 70 && r.Value.High > 135 && r.Value.High < 150) {
			t.Errorf("the experiment gives %+v of %d, %d left out, want 100 of 500, 7 left out", r.Value, r.N, r.LeftOut)
		}
		if r, err = w.s.Compute(w.ctx, "deflected-explicit", may, measure.Filter{}); err != nil || r.Value.Value != 240 || r.N != 240 || r.LeftOut != 17 {
			t.Errorf("left after reading: %+v of %d, %d left out (%v), want 240, 17 left out", r.Value, r.N, r.LeftOut, err)
		}
		if rows := w.rows("deflected-holdout", may, measure.Filter{}, "control_wrote"); len(rows) != 40 {
			t.Errorf("behind it are %d", len(rows))
		}
	})
}
