package measure_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/measure/own"
)

// TestGoldenStated holds measures of touches, outcomes, acts, negotiations and comparisons against numbers worked out by hand.
func TestGoldenStated(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC))
		w.topic("bike", "bike")
		touch := func(who string, day int, source string) stated {
			return stated{id: fmt.Sprint("t", who, day, source), kind: "touch", at: on(day, 0, 0), person: who, source: source}
		}
		order := func(who string, day int) stated {
			return stated{id: fmt.Sprint("o", who, day), kind: "order", at: on(day, 0, 0), person: who, amount: 100, currency: "EUR"}
		}
		w.book(
			// ann: search, forum, newsletter, each 7 days apart, the last at the order. ben: Mastodon only. cem: search only. dan: too long ago. eva: nothing. fay: was met by the
			// organisation, which says nothing of her. gus met us and bought nothing.
			touch("ann", 1, "search"), touch("ann", 8, "forum"), touch("ann", 15, "newsletter"), order("ann", 15),
			touch("ben", 2, "Mastodon"), order("ben", 3), touch("cem", 1, "search"), order("cem", 9), touch("dan", -90, "forum"), order("dan", 20), order("eva", 5), order("fay", 6), touch("gus", 4, "search"),
			stated{id: "refund", kind: "order", at: on(15, 0, 0), person: "ben", amount: -100, currency: "EUR"},
			// Outcomes.
			stated{id: "h1", kind: "outcome", at: on(1, 0, 0), label: "hire", status: "met"}, stated{id: "h2", kind: "outcome", at: on(1, 0, 0), label: "hire", status: "missed"}, stated{id: "h3", kind: "outcome", at: on(1, 0, 0), label: "hire", status: "open"},
			stated{id: "p1", kind: "outcome", at: on(1, 0, 0), label: "participation", status: "met", quantity: 3}, stated{id: "p2", kind: "outcome", at: on(1, 0, 0), label: "participation", status: "open", quantity: 9},
			stated{id: "b1", kind: "outcome", at: on(1, 0, 0), label: "bid", status: "open", amount: 70_000, currency: "EUR"}, stated{id: "b2", kind: "outcome", at: on(1, 0, 0), label: "bid", status: "open", amount: 5_000, currency: "EUR"},
			stated{id: "b3", kind: "outcome", at: on(1, 0, 0), label: "bid", status: "open"}, stated{id: "b4", kind: "outcome", at: on(1, 0, 0), label: "bid", status: "met", amount: 900, currency: "EUR"}, stated{id: "b5", kind: "outcome", at: on(1, 0, 0), label: "bid", status: "missed"},
			stated{id: "c1", kind: "outcome", at: on(1, 0, 0), label: "capability", status: "met"}, stated{id: "c2", kind: "outcome", at: on(1, 0, 0), label: "capability", status: "open"},
			stated{id: "e1", kind: "outcome", at: on(1, 0, 0), label: "exit", status: "met", quantity: 3}, stated{id: "e2", kind: "outcome", at: on(1, 0, 0), label: "exit", status: "open"},
			stated{id: "k1", kind: "outcome", at: on(1, 0, 0), label: "knowledge", status: "met"}, stated{id: "k2", kind: "outcome", at: on(1, 0, 0), label: "knowledge", status: "missed"},
			// Of two partners: 5 and, stated again, 6; shares 42 of 40 % and 10 of 20 %.
			stated{id: "s1", kind: "survey", at: on(1, 0, 0), label: "alliance_stage", quantity: 3, partner: "north"}, stated{id: "s2", kind: "survey", at: on(9, 0, 0), label: "alliance_stage", quantity: 5, partner: "north"},
			stated{id: "s3", kind: "survey", at: on(2, 0, 0), label: "alliance_stage", quantity: 6, partner: "south"},
			stated{id: "s4", kind: "survey", at: on(2, 0, 0), label: "share_received", quantity: 0.42, partner: "north"}, stated{id: "s5", kind: "survey", at: on(2, 0, 0), label: "share_agreed", quantity: 0.40, partner: "north"},
			stated{id: "s6", kind: "survey", at: on(2, 0, 0), label: "share_received", quantity: 0.10, partner: "south"}, stated{id: "s7", kind: "survey", at: on(2, 0, 0), label: "share_agreed", quantity: 0.20, partner: "south"},
			// (12.00 − 10.00) · 100 − (5.00 − 6.00) · 10 = 190.00
			stated{id: "n1", kind: "proposal", at: on(3, 0, 0), quantity: 100, amount: 1000, currency: "EUR"}, stated{id: "n2", kind: "proposal", at: on(3, 0, 0), quantity: 10, amount: 600, currency: "EUR"},
			// 30 days before the end of May: half of 40 points of revenue, and 100 capped of enablement at its last moment but one.
			stated{id: "a1", kind: "act", at: on(2, 0, 0), label: "revenue", quantity: 40, partner: "north"}, stated{id: "a2", kind: "act", at: on(32, 0, 0).Add(-time.Microsecond), label: "enablement", quantity: 500, partner: "north"},
			// Reach: 300 of 400, of which a half of the other topic lies in May.
			stated{id: "r1", kind: "visit", at: on(1, 0, 0), until: on(32, 0, 0), label: "mentions_reach", quantity: 300, topic: "bike"}, stated{id: "r2", kind: "visit", at: on(-30, 0, 0), until: on(32, 0, 0), label: "mentions_reach", quantity: 200, topic: "others"},
		)
		for i := range 30 {
			for part, amount := range map[string]int64{"members_after": 1500, "members_before": 1000, "others_after": 900, "others_before": 850} {
				w.book(stated{id: fmt.Sprint(part, i), kind: "comparison", at: on(2, 0, 0), status: part, amount: amount + int64(i%3), currency: "EUR"})
			}
		}
		// Of January, February and March: the difference was 150, 140 and 150, so from one month to the next it grew by nothing.
		for i, amounts := range [][2]int64{{1000, 850}, {1100, 960}, {1200, 1050}} {
			w.book(stated{id: fmt.Sprint("me", i), kind: "comparison", at: on(-100+30*i, 0, 0), status: "members_earlier", amount: amounts[0], currency: "EUR"}, stated{id: fmt.Sprint("oe", i), kind: "comparison", at: on(-100+30*i, 0, 0), status: "others_earlier", amount: amounts[1], currency: "EUR"})
		}
		err := w.db.Tx(w.ctx, func(ctx context.Context, q db.Q) error {
			if _, err := db.Exec(ctx, q, "UPDATE business_fact SET before = 1200 WHERE id = 'n1'"); err != nil {
				return err
			}
			_, err := db.Exec(ctx, q, "UPDATE business_fact SET before = 500 WHERE id = 'n2'")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		bike := measure.Filter{Topic: "bike"}
		for _, c := range []struct {
			id    string
			value float64
			n     int
			f     measure.Filter
		}{
			// Of three orders with touches: ann's by the rule, ben's to Mastodon, cem's to the search.
			{"attributed-first-touch", 1. / 3, 3, measure.Filter{}}, {"attributed-last-touch", 1. / 3, 3, measure.Filter{}}, {"attributed-linear", (1 + 1./3) / 3, 3, measure.Filter{}},
			{"attributed-position", (1 + 0.2) / 3, 3, measure.Filter{}}, {"attributed-time-decay", (1 + 2./7) / 3, 3, measure.Filter{}}, {"attributed-shapley", (1 + 1./3) / 3, 3, measure.Filter{}},
			{"member-effect", 450, 120, measure.Filter{}}, {"share-of-voice-reach", 0.75, 2, bike},
			{"quality-of-hire", 0.5, 2, measure.Filter{}}, {"employee-participation", 0.25, 12, measure.Filter{}}, {"cost-avoidance", 19_000, 2, measure.Filter{}},
			{"partner-engagement", 0.4*40*math.Exp2(-1) + 0.3*100, 2, measure.Filter{}}, {"joint-pipeline", 75_000, 2, measure.Filter{}}, {"bid-win-rate", 0.5, 2, measure.Filter{}},
			{"capability-fill-rate", 0.5, 2, measure.Filter{}}, {"alliance-stage", 5.5, 3, measure.Filter{}}, {"value-split", (1.05 + 0.5) / 2, 4, measure.Filter{}},
			{"exit-readiness", 0.75, 4, measure.Filter{}}, {"knowledge-correction-rate", 0.5, 2, measure.Filter{}},
		} {
			r, err := w.s.Compute(w.ctx, c.id, may, c.f)
			if err != nil {
				t.Errorf("%s: %v", c.id, err)
				continue
			}
			if math.Abs(r.Value.Value-c.value) > 1e-6*math.Abs(c.value) || !r.Value.Defined() || r.N != c.n {
				t.Errorf("%s is %+v of n %d, want %v of %d", c.id, r.Value, r.N, c.value, c.n)
			}
			if rows := w.rows(c.id, may, c.f, ""); counted(rows) != r.N {
				t.Errorf("%s: rows come to %d, n is %d", c.id, counted(rows), r.N)
			}
		}
		if r, err := w.s.Compute(w.ctx, "member-effect", may, measure.Filter{}); err != nil || r.LeftOut != 6 || len(r.Terms) != 5 || r.Terms[4].ID != kpi.PreTrend {
			t.Errorf("earlier months: %+v, %v", r, err)
		} else if v := r.Terms[4].Value; v.N != 3 || math.Abs(v.Value) > 1e-9 || v.Low >= 0 || v.High <= 0 {
			t.Errorf("both moved alike: %+v", v)
		}
		if rows := w.rows("member-effect", may, measure.Filter{}, "members_earlier"); len(rows) != 3 {
			t.Errorf("rows of earlier months: %v", rows)
		}
		if r, err := w.s.Compute(w.ctx, "member-effect", measure.Window{From: may.From.AddDate(4, 0, 0), To: may.To.AddDate(4, 0, 0)}, measure.Filter{}); err != nil || r.LeftOut != 0 {
			t.Errorf("years later: %+v, %v", r, err)
		}
		// Years before, members bought more and more already when others did not: no effect is told.
		past := measure.Window{From: may.From.AddDate(-8, 0, 0), To: may.To.AddDate(-8, 0, 0)}
		for i := range 30 {
			for part, amount := range map[string]int64{"members_after": 1500, "members_before": 1000, "others_after": 900, "others_before": 850} {
				w.book(stated{id: fmt.Sprint("past", part, i), kind: "comparison", at: past.From.AddDate(0, 0, 1), status: part, amount: amount + int64(i%3), currency: "EUR"})
			}
		}
		for i := range 4 {
			w.book(stated{id: fmt.Sprint("pm", i), kind: "comparison", at: past.From.AddDate(0, -6+i, 1), status: "members_earlier", amount: int64(600 + 100*i + i%2), currency: "EUR"},
				stated{id: fmt.Sprint("po", i), kind: "comparison", at: past.From.AddDate(0, -6+i, 1), status: "others_earlier", amount: 800, currency: "EUR"})
		}
		if r, err := w.s.Compute(w.ctx, "member-effect", past, measure.Filter{}); err != nil || r.Value.Defined() || r.Why != "moved_apart" || r.N != 120 || len(r.Terms) != 5 || r.Terms[4].Value.Low <= 0 {
			t.Errorf("groups that moved apart: %+v, %v", r, err)
		}
		// Whoever was met and bought nothing counts for the removal of the search: P = 3/4 of all four ways, without it 1/4 (ben), without the forum or the newsletter 2/4,
		// without Mastodon 2/4; their effects are 2/3, 1/3, 1/3 and 1/3.
		r, err := w.s.Compute(w.ctx, "attributed-removal", may, measure.Filter{})
		if err != nil || r.N != 3 || !r.Value.Defined() || math.Abs(r.Value.Value-0.4) > 1e-9 || r.LeftOut != 3 || len(r.Terms) != 4 || r.Terms[0].Name != "search" {
			t.Errorf("removal: %+v, %v", r, err)
		}
		if r, err := w.s.Compute(w.ctx, "share-of-voice-reach", may, measure.Filter{}); err != nil || r.Value.Defined() || r.Why != "choose_topic" {
			t.Errorf("reach without a topic: %+v, %v", r, err)
		}
		// What is missing is said by kind and label.
		for id, want := range map[string]measure.Need{"reuse-hours-saved": {Kind: "survey", Label: "minutes_per_reuse"}, "benefit-per-idea": {Kind: "benefit"}} {
			m, err := w.s.Find(id)
			if err != nil {
				t.Fatal(err)
			}
			if missing, err := w.s.Missing(w.ctx, m); err != nil || len(missing) != 1 || missing[0] != want {
				t.Errorf("%s misses %v, %v", id, missing, err)
			}
		}
	})
}

// TestPeriods holds that what is stated of a quarter counts in each month by its days, and that months add up to the quarter.
func TestPeriods(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC))
		at := func(month, day int) time.Time { return time.Date(2026, time.Month(month), day, 0, 0, 0, 0, time.UTC) }
		w.book(
			stated{id: "cost", kind: "cost", at: at(4, 1), until: at(7, 1), label: "platform", amount: 910_00, currency: "EUR"},
			stated{id: "benefit", kind: "benefit", at: at(4, 1), until: at(7, 1), label: "measured", amount: 1820_00, currency: "EUR"},
			stated{id: "hours", kind: "hours", at: at(4, 1), until: at(7, 1), quantity: 182, team: "desk"}, stated{id: "hour", kind: "hours", at: at(5, 9), quantity: 9},
			stated{id: "visits", kind: "visit", at: at(4, 1), until: at(7, 1), label: "visits", quantity: 91_000},
			stated{id: "q1", kind: "survey", at: at(4, 1), until: at(7, 1), label: "support", quantity: 0.5, ref: "910"}, stated{id: "q2", kind: "survey", at: at(4, 1), until: at(7, 1), label: "found", quantity: 0.5, ref: "910"},
			stated{id: "q3", kind: "survey", at: at(4, 1), until: at(7, 1), label: "would_contact", quantity: 0.1, ref: "910"},
		)
		sum, err := w.s.AddOwn(w.ctx, own.Definition{Name: "Hours worked", Way: own.Sum, Of: kpi.OfFacts, Fact: "hours", Value: "quantity", Days: 30, Better: kpi.Lower, MinN: 1})
		if err != nil {
			t.Fatal(err)
		}
		for id, want := range map[string]struct {
			value float64 // of a day of the quarter
			extra float64 // in May
			share bool
		}{"programme-return": {value: 1, share: true}, "deflected-contacts": {value: 1000 * 0.5 * 0.5 * 0.1}, sum.ID: {value: 2, extra: 9}} {
			total := 0.0
			for month := 4; month <= 6; month++ {
				win := measure.Window{From: at(month, 1), To: at(month+1, 1)}
				r, err := w.s.Compute(w.ctx, id, win, measure.Filter{})
				if err != nil {
					t.Fatal(err)
				}
				days := win.To.Sub(win.From).Hours() / 24
				expected := want.value * days
				if want.share {
					expected = want.value
				}
				if month == 5 {
					expected += want.extra
				}
				if !r.Value.Defined() || math.Abs(r.Value.Value-expected) > 0.02*expected {
					t.Errorf("%s in month %d is %+v, want %v", id, month, r.Value, expected)
				}
				total += r.Value.Value
				if rows := w.rows(id, win, measure.Filter{}, ""); counted(rows) != r.N || r.N == 0 {
					t.Errorf("%s in month %d: rows come to %d, n is %d", id, month, counted(rows), r.N)
				}
			}
			all, err := w.s.Compute(w.ctx, id, measure.Window{From: at(4, 1), To: at(7, 1)}, measure.Filter{})
			if err != nil {
				t.Fatal(err)
			}
			if !want.share && math.Abs(total-all.Value.Value) > 1e-6*total+1 {
				t.Errorf("%s: months add up to %v, the quarter is %v", id, total, all.Value.Value)
			}
			points, err := w.s.Series(w.ctx, id, measure.Window{From: at(4, 1), To: at(7, 1)}, measure.Month, measure.Filter{})
			if err != nil || len(points) != 3 || !points[1].Value.Defined() {
				t.Errorf("%s month by month: %v, %v", id, points, err)
			}
		}
		// Half of April, of which a fifth left, and 15 days of 31 of May: (5,000 − 1,000 + 15,000) / 20,000.
		w.book(stated{id: "april", kind: "revenue", at: at(4, 1), until: at(5, 1), status: "base", amount: 10_000_00, currency: "EUR"}, stated{id: "left", kind: "revenue", at: at(4, 1), until: at(5, 1), status: "churn", amount: 2_000_00, currency: "EUR"},
			stated{id: "may", kind: "revenue", at: at(5, 1), until: at(6, 1), status: "base", amount: 31_000_00, currency: "EUR"})
		halves := measure.Window{From: at(4, 16), To: at(5, 16)}
		if r, err := w.s.Compute(w.ctx, "gross-revenue-retention", halves, measure.Filter{}); err != nil || math.Abs(r.Value.Value-0.95) > 1e-9 || r.N != 3 {
			t.Errorf("two halves of months: %+v of %d, %v", r.Value, r.N, err)
		}
		if rows := w.rows("gross-revenue-retention", halves, measure.Filter{}, ""); len(rows) != 3 || rows[2].Share != 0.5 || math.Abs(rows[0].Share-15./31) > 1e-9 || !strings.Contains(rows[2].Title, "50% in the period shown") {
			t.Errorf("rows of two halves of months: %v", rows)
		}
		if r, err := w.s.Compute(w.ctx, "programme-return", measure.Window{From: at(7, 1), To: at(8, 1)}, measure.Filter{}); err != nil || r.N != 0 {
			t.Errorf("after the quarter: %+v, %v", r, err)
		}
	})
}

// TestOfWhatFacts holds that facts are narrowed by what they were about, in which language, and what kind of matter it was.
func TestOfWhatFacts(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, on(32, 0, 0))
		w.topic("bike", "bike")
		w.book(stated{id: "1", kind: "rating", at: on(1, 0, 0), label: "csat", quantity: 5, topic: "bike", language: "fr", matter: "complaint"}, stated{id: "2", kind: "rating", at: on(2, 0, 0), label: "csat", quantity: 1, topic: "other", language: "en", matter: "question"})
		for _, f := range []measure.Filter{{Topic: "bike"}, {Language: "fr"}, {Kind: "complaint"}} {
			r, err := w.s.Compute(w.ctx, "csat", may, f)
			if err != nil || r.N != 1 || r.Value.Value != 1 {
				t.Errorf("%+v: %+v of %d, %v", f, r.Value, r.N, err)
			}
			if rows := w.rows("csat", may, f, ""); len(rows) != 1 || rows[0].ID != "1" {
				t.Errorf("%+v: %v", f, rows)
			}
		}
	})
}

// TestPartnerAndCampaign holds that what is said is narrowed by the organisation of who said it, and by a campaign that a link in the thread names.
func TestPartnerAndCampaign(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, on(32, 0, 0))
		say := func(id, author, text string, to ...string) ledger.Activity {
			a := said("ch", id, on(1, 0, 0), ledger.Said{Text: text, Inbox: true, InReplyTo: to})
			a.Actor = author
			return a
		}
		ours := say("ad", "acct:us@ch.example", "Our spring bikes: https://shop.example/?utm_source=ch&utm_campaign=spring%20sale&x=1")
		ours.Data = ledger.Data(ledger.Said{ExternalID: "ad", Text: "Our spring bikes: https://shop.example/?utm_source=ch&utm_campaign=spring%20sale&x=1", Ours: true, Member: "m1"})
		w.state(ours, say("yes", "acct:ann@ch.example", "Which size?", "ad"), say("other", "acct:ben@ch.example", "See https://shop.example/?utm_campaign=spring_sale2"), say("plain", "acct:cem@ch.example", "Nothing"))
		err := w.db.Tx(w.ctx, func(ctx context.Context, q db.Q) error {
			if err := db.Insert(ctx, q, "person (id, name, organisation, since)", [][]any{{"p-ben", "Ben", "Pédalier", int64(1)}}, ""); err != nil {
				return err
			}
			return db.Insert(ctx, q, "identity (uri, person, first_at, last_at)", [][]any{{"acct:ben@ch.example", "p-ben", int64(1), int64(1)}}, "ON CONFLICT (uri) DO UPDATE SET person = excluded.person")
		})
		if err != nil {
			t.Fatal(err)
		}
		// What links and people name can be chosen, whatever the window, and is no error.
		for by, want := range map[kpi.Dimension][]string{kpi.ByCampaign: {"spring sale", "spring_sale2"}, kpi.ByPartner: {"Pédalier"}} {
			var got []string
			list, err := w.s.Values(w.ctx, by, measure.Window{From: on(20, 0, 0), To: on(21, 0, 0)})
			for _, c := range list {
				got = append(got, c.ID)
			}
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("%s can be %v (%v), want %v", by, got, err, want)
			}
		}
		for f, known := range map[measure.Filter]bool{{Campaign: "Spring sale"}: true, {Campaign: "spring"}: false, {Partner: "Pédalier"}: true, {Partner: "Pédal"}: false} {
			if err := w.s.Known(w.ctx, f); (err == nil) != known {
				t.Errorf("%+v is known: %v, want %v", f, err, known)
			}
		}
		for _, c := range []struct {
			f    measure.Filter
			want int
		}{{measure.Filter{}, 3}, {measure.Filter{Campaign: "spring sale"}, 1}, {measure.Filter{Campaign: "Spring Sale"}, 1}, {measure.Filter{Campaign: "spring"}, 0}, {measure.Filter{Campaign: "spring_sale2"}, 1},
			{measure.Filter{Campaign: "spring_sale"}, 0}, {measure.Filter{Campaign: "%"}, 0}, {measure.Filter{Partner: "Pédalier"}, 1}, {measure.Filter{Partner: "Nobody"}, 0}} {
			for _, id := range []string{"volume", "overall-sentiment", "response-rate", "open-conversations"} {
				r, err := w.s.Compute(w.ctx, id, may, c.f)
				if err != nil {
					t.Errorf("%s of %+v: %v", id, c.f, err)
				}
				if id == "volume" && r.N != c.want || id == "response-rate" && r.N > c.want {
					t.Errorf("%s of %+v counts %d, want %d", id, c.f, r.N, c.want)
				}
				if rows := w.rows(id, may, c.f, ""); counted(rows) != r.N {
					t.Errorf("%s of %+v: rows come to %d, n is %d", id, c.f, counted(rows), r.N)
				}
			}
		}
	})
}
