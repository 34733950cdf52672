package measure_test

import (
	"context"
	"fmt"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/measure"
)

// stated is a row of business_fact.
type stated struct {
	id, kind         string
	at               time.Time
	quantity         float64
	amount, before   int64
	currency         string
	person, team     string
	source, channel  string
	community        string
	status, label    string
	ref, external    string
	until            time.Time
	partner, topic   string
	language, matter string
	withoutOldPrices bool
}

// book puts rows into business_fact as its follower would.
func (w *world) book(list ...stated) {
	w.t.Helper()
	rows := make([][]any, len(list))
	for i, f := range list {
		if f.id == "" {
			f.id = fmt.Sprintf("%s-%d-%d", f.kind, f.at.UnixMicro(), i)
		}
		if f.quantity == 0 {
			f.quantity = 1
		}
		var amount, before any
		if f.currency != "" {
			amount = f.amount
		}
		if f.kind == "purchase" && !f.withoutOldPrices {
			before = f.before
		}
		rows[i] = []any{f.id, f.kind, db.T(f.at), f.quantity, amount, before, f.currency, f.person, f.team, f.source, f.channel, f.community, f.status, f.label, f.ref, f.external, "a", int64(1),
			db.T(f.until), f.partner, f.topic, f.language, f.matter}
	}
	err := w.db.Tx(w.ctx, func(ctx context.Context, q db.Q) error {
		return db.Insert(ctx, q, "business_fact (id, kind, at, quantity, amount, before, currency, person, team, source, channel, community, status, label, ref, external, activity, stated_at, until, partner, topic, language, matter)", rows, "")
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// TestGoldenFacts holds measures of business facts against numbers worked out by hand.
func TestGoldenFacts(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC))
		rating := func(label string, score float64, n int) (out []stated) {
			for i := range n {
				out = append(out, stated{id: fmt.Sprint(label, score, i), kind: "rating", at: on(3, 0, i), label: label, quantity: score})
			}
			return out
		}
		for _, list := range [][]stated{rating("csat", 5, 50), rating("csat", 4, 34), rating("csat", 2, 16), rating("nps", 10, 300), rating("nps", 8, 200), rating("nps", 3, 100),
			rating("ces", 6, 20), rating("ces", 4, 20)} {
			w.book(list...)
		}
		w.book(
			// 6a: 100,000 · 0.43 · 0.65 · 0.09 = 2,515.5.
			stated{kind: "visit", at: on(1, 0, 0), label: "visits", quantity: 60_000}, stated{kind: "visit", at: on(2, 0, 0), label: "visits", quantity: 40_000},
			stated{kind: "visit", at: on(2, 0, 0), label: "reach", quantity: 999}, stated{id: "unasked", kind: "visit", at: on(2, 0, 0), label: "visits", quantity: 5e6, community: "elsewhere"},
			stated{kind: "survey", at: on(1, 0, 0), label: "support", quantity: 0.43, ref: "1000"}, stated{kind: "survey", at: on(1, 0, 0), label: "found", quantity: 0.65, ref: "400"},
			stated{kind: "survey", at: on(1, 0, 0), label: "would_contact", quantity: 0.09, ref: "200"},
			// 6b: 1,000 · 0.5 · 0.4 · 0.8 = 160.
			stated{kind: "contact", at: on(1, 0, 0), status: "self_service", quantity: 1000},
			stated{kind: "survey", at: on(1, 0, 0), label: "success", quantity: 0.5, ref: "100"}, stated{kind: "survey", at: on(1, 0, 0), label: "intent", quantity: 0.4, ref: "100"},
			stated{kind: "survey", at: on(1, 0, 0), label: "no_further", quantity: 0.8, ref: "100"},
			// C_assisted = 20,000.00 / 8,000 = 2.50.
			stated{kind: "contact", at: on(1, 0, 0), status: "assisted", quantity: 8000},
			stated{kind: "cost", at: on(1, 0, 0), label: "support", amount: 2_000_000, currency: "EUR"}, stated{kind: "cost", at: on(1, 0, 0), label: "platform", amount: 300_000, currency: "EUR"},
			stated{kind: "cost", at: on(1, 0, 0), label: "moderation", amount: -100_000, currency: "EUR"}, stated{kind: "cost", at: on(1, 0, 0), label: "acquisition", amount: 100_000, currency: "EUR"},
			// Customers: a stays, b leaves, c left before, d comes in the window, e leaves and comes back, nobody is named of f.
			stated{kind: "customer_start", at: on(-30, 0, 0), person: "a"}, stated{kind: "customer_start", at: on(-30, 0, 0), person: "b"}, stated{kind: "customer_end", at: on(9, 0, 0), person: "b"},
			stated{kind: "customer_start", at: on(-30, 0, 0), person: "c"}, stated{kind: "customer_end", at: on(-3, 0, 0), person: "c"}, stated{kind: "customer_start", at: on(5, 0, 0), person: "d"},
			stated{kind: "customer_start", at: on(-30, 1, 0), person: "e"}, stated{kind: "customer_end", at: on(4, 0, 0), person: "e"}, stated{kind: "customer_start", at: on(6, 0, 0), person: "e"},
			stated{kind: "customer_start", at: on(-30, 0, 0)}, stated{kind: "customer_start", at: on(-20, 0, 0), person: "a"},
			// GRR = (10,000 − 500 − 500)/10,000 = 0.9; NRR 1.1.
			stated{kind: "revenue", at: on(1, 0, 0), status: "base", amount: 1_000_000, currency: "EUR"}, stated{kind: "revenue", at: on(1, 0, 0), status: "contraction", amount: -50_000, currency: "EUR"},
			stated{kind: "revenue", at: on(1, 0, 0), status: "churn", amount: 50_000, currency: "EUR"}, stated{kind: "revenue", at: on(1, 0, 0), status: "expansion", amount: 200_000, currency: "EUR"},
			stated{kind: "revenue", at: on(1, 0, 0), status: "new", amount: 70_000, currency: "EUR"},
			// Leads: two won in time (one by a fact of its own), one won too late, one lost, one open; by source.
			stated{kind: "lead", at: on(2, 0, 0), status: "won", source: "referral"}, stated{kind: "lead", at: on(3, 0, 0), status: "open", external: "l2", source: "Mastodon"},
			stated{kind: "lead", at: on(13, 0, 0), status: "won", ref: "l2"}, stated{kind: "lead", at: on(4, 0, 0), status: "open", external: "l3", channel: "shop"},
			stated{kind: "lead", at: on(150, 0, 0), status: "won", ref: "l3"}, stated{kind: "lead", at: on(5, 0, 0), status: "lost", external: "l4"}, stated{kind: "lead", at: on(6, 0, 0), status: "open", source: "fair"},
			stated{kind: "applicant", at: on(2, 0, 0), status: "applied", quantity: 6, source: "forum"}, stated{kind: "applicant", at: on(3, 0, 0), status: "passed", source: "forum"},
			stated{kind: "applicant", at: on(4, 0, 0), status: "interviewed", source: "board"}, stated{kind: "applicant", at: on(5, 0, 0), status: "offered", source: "board"}, stated{kind: "applicant", at: on(6, 0, 0), status: "accepted", source: "board"},
			// (12.00 − 10.50) · 100 − (5.00 − 4.00) · 10 = 140.00
			stated{kind: "purchase", at: on(2, 0, 0), quantity: 100, amount: 1050, before: 1200, currency: "EUR"}, stated{kind: "purchase", at: on(3, 0, 0), quantity: 10, amount: 500, before: 400, currency: "EUR"},
			stated{kind: "purchase", at: on(3, 0, 0), id: "dear", quantity: 10, amount: 500, currency: "EUR", withoutOldPrices: true},
			stated{kind: "benefit", at: on(2, 0, 0), label: "measured", amount: 2_000_000, currency: "EUR"}, stated{kind: "benefit", at: on(2, 0, 0), label: "holdout", amount: 1_000_000, currency: "EUR"},
			stated{kind: "benefit", at: on(2, 0, 0), label: "modelled", amount: 9_000_000, currency: "EUR"}, stated{kind: "benefit", at: on(2, 0, 0), label: "assumed", amount: 500_000, currency: "EUR"},
			stated{kind: "survey", at: on(-300, 0, 0), label: "contribution_margin", quantity: 0.5}, stated{kind: "survey", at: on(-300, 0, 0), label: "discount_rate", quantity: 0.1},
			// Beside May, in dollars.
			stated{kind: "cost", at: on(35, 0, 0), label: "acquisition", amount: 100_000, currency: "USD"}, stated{kind: "cost", at: on(36, 0, 0), label: "acquisition", amount: 100_000, currency: "EUR"},
		)
		for _, c := range []struct {
			id       string
			value    float64
			n        int
			currency string
		}{
			{"csat", 0.84, 100, ""}, {"nps", 100. / 3, 600, ""}, {"ces", 5, 40, ""},
			{"deflected-contacts", 2515.5, 6, ""}, {"deflected-entitled", 160, 4, ""}, {"contact-avoidance-rate", 2515.5 / 10515.5, 7, ""},
			{"contact-saving", 2515.5 * 250, 10, "EUR"}, {"contact-saving-net", 2515.5*250 - 400_000, 10, "EUR"}, {"cost-per-contact-saved", 400_000 / 2515.5, 10, "EUR"},
			{"customer-retention", 2. / 3, 3, ""}, {"customer-churn", 1. / 3, 3, ""},
			{"gross-revenue-retention", 0.9, 3, ""}, {"net-revenue-retention", 1.1, 4, ""},
			// m = 0.5 · (1,000,000 + 200,000 + 70,000 − 100,000)/3 = 195,000; r = 2/3, d = 10 % a year for the 31 days of May.
			{"customer-lifetime-value", 195_000 * 2. / 3 / (math.Pow(1.1, 31./365) - 2./3), 3, "EUR"},
			{"lead-conversion", 0.4, 5, ""}, {"social-lead-share", 0.6, 5, ""}, {"cost-per-lead", 20_000, 6, "EUR"}, {"win-rate", 2. / 3, 3, ""}, {"referral-conversion", 1, 1, ""},
			{"applicant-quality", 0.4, 10, ""}, {"interview-rate", 0.3, 10, ""}, {"offer-acceptance", 0.5, 2, ""}, {"supplier-savings", 14_000, 2, "EUR"},
			// (30,000 − 25,000)/25,000: cost 20,000 + 3,000 + 1,000 + 1,000.
			{"programme-return", 0.2, 6, "EUR"}, {"programme-potential", 9_500_000, 2, "EUR"},
		} {
			r, err := w.s.Compute(w.ctx, c.id, may, measure.Filter{})
			if err != nil {
				t.Errorf("%s: %v", c.id, err)
				continue
			}
			if math.Abs(r.Value.Value-c.value) > 1e-6*math.Abs(c.value) || !r.Value.Defined() || r.N != c.n || r.Currency != c.currency && c.currency != "" {
				t.Errorf("%s is %+v of n %d (%s), want %v of %d", c.id, r.Value, r.N, r.Currency, c.value, c.n)
			}
			if rows := w.rows(c.id, may, measure.Filter{}, ""); counted(rows) != r.N {
				t.Errorf("%s: rows come to %d, n is %d", c.id, counted(rows), r.N)
			}
			if r, err := w.s.Compute(w.ctx, c.id, measure.Window{From: on(-400, 0, 0), To: on(-390, 0, 0)}, measure.Filter{}); err != nil || r.Value.Defined() || r.N != 0 {
				t.Errorf("%s of nothing is %+v, %v", c.id, r.Value, err)
			}
		}
		for _, row := range w.rows("supplier-savings", may, measure.Filter{}, "purchase") {
			if row.At.Equal(on(2, 0, 0)) && row.Title != "Purchases · 100 · €10.50" {
				t.Errorf("a purchase is called %q", row.Title)
			}
		}
		june := measure.Window{From: may.To, To: may.To.AddDate(0, 1, 0)}
		if r, err := w.s.Compute(w.ctx, "cost-per-lead", june, measure.Filter{}); err != nil || r.Value.Defined() || r.Why != "mixed_currencies" || len(r.Currencies) != 2 {
			t.Errorf("two currencies are added: %+v, %v", r, err)
		}
		cycle, err := w.s.Compute(w.ctx, "lead-cycle-time", may, measure.Filter{})
		if err != nil || cycle.N != 3 || cycle.Open != 1 || cycle.Median.Value != 146*24*time.Hour {
			t.Errorf("lead cycle: n %d, open %d, %v, %v; want 10 days, 146 days and one open", cycle.N, cycle.Open, cycle.Median.Value, err)
		}
		if r, err := w.s.Compute(w.ctx, "csat", may, measure.Filter{Team: "north"}); err != nil || r.N != 0 {
			t.Errorf("of another team: %+v, %v", r.Value, err)
		}
	})
}

// TestForum states random threads of a forum and compares its measures with ones worked out post by post.
func TestForum(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		start := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
		w := newWorld(t, d, start.AddDate(0, 0, 60))
		run := 0
		dbtest.Check(t, d, func(r *rapid.T) {
			if run++; run > 25 {
				return
			}
			ch := fmt.Sprintf("forum%d", run)
			type post struct {
				at                 time.Time
				author, kind, root string
				ours, accepted     bool
				to                 string
			}
			var posts []post
			var list []ledger.Activity
			people := []string{"ann", "ben", "cem", "us"}
			for q := range rapid.IntRange(1, 5).Draw(r, "questions") {
				at := start.Add(time.Duration(rapid.IntRange(0, 40*24*60).Draw(r, "asked")) * time.Minute)
				id := fmt.Sprintf("q%d", q)
				asker := rapid.SampledFrom(people[:3]).Draw(r, "asker")
				question := post{at: at, author: asker, kind: "question", root: id}
				say := func(external, author, kind, to string, at time.Time) {
					a := said(ch, external, at, ledger.Said{Kind: kind, Ours: author == "us", Member: map[bool]string{true: "m1"}[author == "us"]})
					a.Actor = "acct:" + author + "@" + ch + ".example"
					if to != "" {
						var s ledger.Said
						if err := a.Decode(&s); err != nil {
							r.Fatal(err)
						}
						s.InReplyTo = []string{to}
						a.Data = ledger.Data(s)
					}
					list = append(list, a)
				}
				say(id, asker, "question", "", at)
				for k := range rapid.IntRange(0, 4).Draw(r, "answers") {
					at = at.Add(time.Duration(rapid.IntRange(1, 5*24*60).Draw(r, "later")) * time.Minute)
					author, kind := rapid.SampledFrom(people).Draw(r, "author"), rapid.SampledFrom([]string{"answer", "answer", "comment"}).Draw(r, "kind")
					external := fmt.Sprintf("%s.%d", id, k)
					say(external, author, kind, id, at)
					a := post{at: at, author: author, kind: kind, root: id, ours: author == "us", to: asker}
					if kind == "answer" && !question.accepted && rapid.IntRange(0, 2).Draw(r, "accepts") == 0 {
						question.accepted, a.accepted = true, true
						list = append(list, ledger.Activity{Kind: ledger.AnswerPicked, Actor: "acct:" + asker + "@" + ch + ".example", Channel: ch, Object: postID(ch, id), At: at, LearnedAt: at, Data: ledger.Data(ledger.Picked{Answer: external})})
					}
					posts = append(posts, a)
				}
				posts = append(posts, question)
			}
			w.state(list...)
			from := start.Add(time.Duration(rapid.IntRange(0, 20*24*60).Draw(r, "from")) * time.Minute)
			win := measure.Window{From: from, To: from.Add(time.Duration(rapid.IntRange(25*60, 30*24*60).Draw(r, "minutes")) * time.Minute)}
			in := func(p post) bool { return !p.at.Before(win.From) && p.at.Before(win.To) }
			asked, replied, solved, orphaned, young, answers, staff := 0, 0, 0, 0, 0, 0, 0
			ties, people2, accepted := map[[2]string]bool{}, map[string]bool{}, map[string]int{}
			said, days, replies := map[string]int{}, map[string]map[int]bool{}, 0
			for _, p := range posts {
				if !in(p) {
					continue
				}
				if !p.ours {
					said[p.author]++
					if days[p.author] == nil {
						days[p.author] = map[int]bool{}
					}
					days[p.author][p.at.YearDay()] = true
				}
				if p.to != "" && p.to != p.author {
					replies++
					ties[[2]string{p.author, p.to}] = true
					people2[p.author], people2[p.to] = true, true
				}
				switch p.kind {
				case "answer":
					answers++
					if p.ours {
						staff++
					}
					if p.accepted {
						accepted[p.author]++
					}
				case "question":
					asked++
					first := time.Time{}
					for _, o := range posts {
						if o.root == p.root && o.kind != "question" && o.author != p.author && (first.IsZero() || o.at.Before(first)) {
							first = o.at
						}
					}
					if !first.IsZero() {
						replied++
					}
					if p.accepted {
						solved++
					}
					switch {
					case p.at.After(w.now.AddDate(0, 0, -7)):
						young++
					case first.IsZero() || first.After(p.at.AddDate(0, 0, 7)):
						orphaned++
					}
				}
			}
			f := measure.Filter{Channel: ch}
			share := func(k, n int) float64 { return float64(k) / float64(n) }
			look := func(id string, value float64, n int) {
				got, err := w.s.Compute(w.ctx, id, win, f)
				if err != nil {
					r.Fatal(err)
				}
				if got.N != n || got.Value.Defined() && math.Abs(got.Value.Value-value) > 1e-9 || !math.IsNaN(value) && !got.Value.Defined() {
					r.Fatalf("%s is %+v of n %d, want %v of %d", id, got.Value, got.N, value, n)
				}
				if rows := w.rows(id, win, f, ""); counted(rows) != n {
					r.Fatalf("%s: rows come to %d, n is %d", id, counted(rows), n)
				}
			}
			look("answer-rate", share(replied, asked), asked)
			look("solve-rate", share(solved, asked), asked)
			look("orphan-rate", share(orphaned, asked-young), asked-young)
			look("staff-answer-share", share(staff, answers), answers)
			total, active := 0, 0
			for who, n := range said {
				total += n
				active += len(days[who])
			}
			look("stickiness", float64(active)/float64(len(said)*(win.To.Add(-time.Microsecond).YearDay()-win.From.YearDay()+1)), total)
			pairs := map[[2]string]bool{}
			for tie := range ties {
				if tie[0] > tie[1] {
					tie[0], tie[1] = tie[1], tie[0]
				}
				pairs[tie] = true
			}
			n := float64(len(people2))
			look("network-density", 2*float64(len(pairs))/(n*(n-1)), replies)
			look("network-reciprocity", share(len(ties)-len(pairs), len(pairs)), replies)
			sum, most := 0, 0
			for _, k := range accepted {
				sum, most = sum+k, max(most, k)
			}
			got, err := w.s.Compute(w.ctx, "bus-factor", win, f)
			if err != nil || got.N != sum || sum > 0 && (2*most >= sum) != (got.Value.Value == 1) {
				r.Fatalf("bus factor %+v of %v, %v", got.Value, accepted, err)
			}
			wait, err := w.s.Compute(w.ctx, "first-reply-time", win, f)
			if err != nil || wait.N != asked || wait.Open != asked-replied {
				r.Fatalf("first reply: %d of %d, %d open, %v", wait.N, asked, wait.Open, err)
			}
			for _, id := range []string{"contribution-gini", "top-contributor-share", "community-health", "member-retention-w4", "engagement-rate-reach"} {
				got, err := w.s.Compute(w.ctx, id, win, f)
				if err != nil {
					r.Fatal(err)
				}
				if rows := w.rows(id, win, f, ""); counted(rows) != got.N {
					r.Fatalf("%s: rows come to %d, n is %d", id, counted(rows), got.N)
				}
			}
		})
	})
}

// TestFollowed states random comings and goings of customers: what SQL lists as rows is what going through them in order counts.
func TestFollowed(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, on(200, 0, 0))
		run := 0
		dbtest.Check(t, d, func(r *rapid.T) {
			if run++; run > 40 {
				return
			}
			team := fmt.Sprint("team", run)
			var list []stated
			for i := range rapid.IntRange(0, 14).Draw(r, "moves") {
				list = append(list, stated{id: fmt.Sprint(team, "-", i), team: team, at: on(rapid.IntRange(0, 12).Draw(r, "day"), 0, 0),
					kind: rapid.SampledFrom([]string{"customer_start", "customer_end"}).Draw(r, "kind"), person: rapid.SampledFrom([]string{"a", "b", "c", ""}).Draw(r, "who")})
			}
			if len(list) > 0 {
				w.book(list...)
			}
			from := rapid.IntRange(0, 10).Draw(r, "from")
			win := measure.Window{From: on(from, 0, 0), To: on(from+rapid.IntRange(1, 6).Draw(r, "days"), 0, 0)}
			kept, lost := 0, 0
			for _, who := range []string{"a", "b", "c"} {
				at := func(until time.Time) bool { // of a day on which one came and left, he left last
					is := false
					for day := 0; on(day, 0, 0).Before(until); day++ {
						for _, kind := range []string{"customer_start", "customer_end"} {
							for _, f := range list {
								if f.person == who && f.kind == kind && f.at.Equal(on(day, 0, 0)) {
									is = kind == "customer_start"
								}
							}
						}
					}
					return is
				}
				if at(win.From) {
					if at(win.To) {
						kept++
					} else {
						lost++
					}
				}
			}
			f := measure.Filter{Team: team}
			got, err := w.s.Compute(w.ctx, "customer-retention", win, f)
			if err != nil {
				r.Fatal(err)
			}
			if got.Parts[0].N != kept || got.Parts[1].N != lost {
				r.Fatalf("kept %d, lost %d; want %d and %d", got.Parts[0].N, got.Parts[1].N, kept, lost)
			}
			for _, p := range got.Parts {
				if rows := w.rows("customer-retention", win, f, p.ID); counted(rows) != p.N {
					r.Fatalf("%s: %d rows, told %d", p.ID, counted(rows), p.N)
				}
			}
		})
	})
}
