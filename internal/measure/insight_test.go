package measure_test

import (
	"testing"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/problem"
)

// TestInsights works the time and the rate of decisions out by hand: four insights were handed over in May, decided after 2, 4 and 10 days, and
// one is open for 20. By Kaplan and Meier S(2) = 3/4, S(4) = 1/2 and S(10) = 1/4, so the median lies in the middle of 4 and 10 days.
func TestInsights(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, on(31, 0, 0))
		add := func(id string, at time.Time, after int) {
			var decided any
			verdict := ""
			if after > 0 {
				decided, verdict = db.T(at.AddDate(0, 0, after)), "refused"
			}
			w.exec("INSERT INTO insight (id, name, department, due_at, verdict, decided_at, created_at, updated_at) VALUES ($1, $2, 'Workshop', $3, $4, $5, $6, $6)",
				id, "Brakes squeak "+id, db.T(at.AddDate(0, 0, 7)), verdict, decided, db.T(at))
		}
		add("a", on(3, 9, 0), 2)
		add("b", on(4, 9, 0), 4)
		add("c", on(5, 9, 0), 10)
		add("d", on(11, 0, 0), 0)
		add("e", on(1, 0, 0).AddDate(0, 0, -2), 1) // before the window

		r, err := w.s.Compute(w.ctx, "insight-to-decision-time", may, measure.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		if !r.Median.Reached || r.Median.Value != 7*24*time.Hour || r.N != 4 || r.Open != 1 {
			t.Errorf("the median is %+v of %d, %d open, want 7 days of 4, 1 open", r.Median, r.N, r.Open)
		}
		if r, err = w.s.Compute(w.ctx, "insight-to-decision-rate", may, measure.Filter{}); err != nil || r.Value.Value != 0.75 || r.N != 4 {
			t.Errorf("the rate is %+v of %d (%v), want 3/4", r.Value, r.N, err)
		}
		rows := w.rows("insight-to-decision-time", may, measure.Filter{}, "")
		if len(rows) != 4 || rows[0].ID != "d" || !rows[0].Open || rows[0].For != 20*24*time.Hour || rows[0].Title != "Brakes squeak d" || rows[0].Author != "Workshop" {
			t.Errorf("behind it are %+v", rows)
		}
		if open := w.rows("insight-to-decision-rate", may, measure.Filter{}, "undecided"); len(open) != 1 || open[0].ID != "d" {
			t.Errorf("undecided are %+v", open)
		}
		m, err := w.s.Find("insight-to-decision-rate")
		if since, e := w.s.Since(w.ctx, m); err != nil || e != nil || !since.Equal(on(1, 0, 0).AddDate(0, 0, -2)) {
			t.Errorf("told since %v (%v, %v)", since, err, e)
		}
		if m, err = w.s.Find("customer-retention"); err == nil {
			w.state(fact("customer_start", "s1", on(3, 0, 0), ledger.Fact{Person: "mailto:a@example.org"}, 0, ""))
			if since, err := w.s.Since(w.ctx, m); err != nil || !since.IsZero() {
				t.Errorf("without a customer that left, nobody knows who stayed: %v %v", since, err)
			}
			w.state(fact("customer_end", "e1", on(9, 0, 0), ledger.Fact{Person: "mailto:a@example.org"}, 0, ""))
			if since, err := w.s.Since(w.ctx, m); err != nil || !since.Equal(on(9, 0, 0)) {
				t.Errorf("both are told since %v %v", since, err)
			}
		}
		w.exec("UPDATE insight SET verdict = 'done', decided_at = $1 WHERE id = 'd'", db.T(on(12, 0, 0)))
		if r, err = w.s.Compute(w.ctx, "insight-to-decision-rate", may, measure.Filter{}); err != nil || r.Value.Value != 1 {
			t.Errorf("after the last decision the rate is %+v (%v)", r.Value, err)
		}
	})
}

// TestKnown refuses a filter that names what is not there.
func TestKnown(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, on(31, 0, 0))
		w.channel("mail")
		w.topic("bike", "bike")
		w.member("m1")
		w.state(fact("cost", "c1", on(3, 0, 0), ledger.Fact{Label: "platform", Team: "sav", Partner: "acme", Campaign: "spring", Community: "riders"}, 500, "EUR"))
		for _, f := range []measure.Filter{{}, {Channel: "mail"}, {Topic: "bike"}, {Member: "m1"}, {Language: "fr"}, {Kind: "complaint"}, {Team: "sav"}, {Partner: "acme"}, {Campaign: "spring"}, {Community: "riders"}} {
			if err := w.s.Known(w.ctx, f); err != nil {
				t.Errorf("%+v is refused: %v", f, err)
			}
		}
		for _, f := range []measure.Filter{{Channel: "mial"}, {Topic: "bik"}, {Member: "m2"}, {Language: "fz"}, {Kind: "complain"}, {Team: "SAV"}, {Partner: "acm"}, {Campaign: "sprin"}, {Community: "rider"}, {Team: "\x00"}} {
			if err := w.s.Known(w.ctx, f); !problem.Is(err, problem.Invalid) {
				t.Errorf("%+v is taken: %v", f, err)
			}
		}
	})
}
