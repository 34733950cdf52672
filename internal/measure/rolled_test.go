package measure_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/measure/own"
	"github.com/entente/entente/internal/org"
)

// TestRolled states random histories, in batches of different sizes and in another order than they happened: answers that come late, edits,
// deletions, threads that turn out to be one, labels, business facts that are corrected and withdrawn. What stands on kept days must be
// what the rows say, at every moment, and again after all is kept anew.
func TestRolled(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		start := time.Date(2026, 3, 20, 0, 0, 0, 0, time.UTC) // clocks change in Europe on the 29th
		w := newWorld(t, d, start.AddDate(0, 0, 49))
		w.topic("bike", "bike")
		w.member("m1")
		plain := measure.New(d, org.New(d, w.log, func() time.Time { return w.now }), func() time.Time { return w.now })
		plain.Directly()
		w.s.Trust(w.enrich)
		plain.Trust(w.enrich)
		for _, d := range []own.Definition{
			{Name: "money", Way: own.Count, Of: kpi.OfPosts, Query: "money OR bike"},
			{Name: "of all", Way: own.Share, Of: kpi.OfPosts, PartQuery: "bike"},
			{Name: "costs", Way: own.Sum, Of: kpi.OfFacts, Fact: "cost", Value: "amount"},
			{Name: "answered to resolved", Way: own.Duration, Of: kpi.OfConversations, Begin: "answered", End: "resolved"},
			{Name: "won", Way: own.Duration, Of: kpi.OfFacts, Fact: "lead", Begin: "open", End: "won"},
		} {
			if _, err := w.s.AddOwn(w.ctx, d); err != nil {
				t.Fatal(err)
			}
		}
		run, most := 0, 30 // each compares hundreds of numbers
		if d.Engine() == db.Postgres {
			most = 10 // the same statements, three times as slow
		}
		rapid.Check(t, func(r *rapid.T) {
			if run++; run > most {
				return
			}
			w.now = w.now.Add(time.Duration(rapid.IntRange(0, 30).Draw(r, "hours on")) * time.Hour) // never back: what was too recent once is not again
			start := w.now.AddDate(0, 0, -49-rapid.IntRange(0, 3).Draw(r, "days ago"))
			ch := fmt.Sprintf("ch%d", run)
			w.channel(ch)
			history := drawHistory(r, ch, start)
			filters := []measure.Filter{{}, {Channel: ch}, {Channel: ch, Topic: "bike"}, {Member: "m1"}, {Language: "en"}, {Kind: "complaint"}, {Campaign: "spring"}}
			zones := []string{"UTC", "Europe/Paris", "Asia/Kathmandu", "Asia/Kolkata", "America/St_Johns"}
			compare := func(when string, often int) {
				w.now = w.now.Add(time.Duration(rapid.IntRange(0, 300*60).Draw(r, "seconds on")) * time.Second)
				zone, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(r, "zone"))
				if err != nil {
					r.Fatal(err)
				}
				ctx := i18n.With(w.ctx, "en", zone)
				win := measure.Last(rapid.IntRange(1, 60).Draw(r, "window"), w.now, zone)
				if rapid.Bool().Draw(r, "odd window") {
					win.From = win.From.Add(time.Duration(rapid.IntRange(0, 90).Draw(r, "later")) * time.Minute)
					win.To = win.To.Add(-time.Duration(rapid.IntRange(0, 90).Draw(r, "earlier")) * time.Minute)
				}
				step := rapid.SampledFrom(measure.Steps()).Draw(r, "step")
				luck := rand.New(rand.NewPCG(rapid.Uint64().Draw(r, "luck"), 1))
				for _, m := range w.s.All() {
					for _, f := range filters {
						if luck.IntN(often) > 0 {
							continue
						}
						want, err := plain.Report(ctx, m.ID, win, step, f)
						if err != nil {
							continue // cannot be narrowed so
						}
						got, err := w.s.Report(ctx, m.ID, win, step, f)
						if err != nil {
							r.Fatal(err)
						}
						if diff := cmp.Diff(numbers(want), numbers(got), cmpopts.EquateNaNs(), cmpopts.EquateApprox(1e-9, 1e-9)); diff != "" {
							r.Fatalf("%s, %s of %+v from %s to %s by %s in %s: -rows +kept\n%s", when, m.ID, f, win.From, win.To, step, zone, diff)
						}
					}
				}
			}
			w.s.Lately(rapid.SampledFrom([]time.Duration{10 * time.Minute, 10_000 * time.Hour}).Draw(r, "lately")) // or nothing rests
			compare("before", 10)
			roll(r, w)
			for len(history) > 0 {
				n := min(len(history), rapid.SampledFrom([]int{1, 7, 500}).Draw(r, "batch"))
				w.state(history[:n]...)
				history = history[n:]
				switch rapid.IntRange(0, 4).Draw(r, "then") {
				case 0:
					roll(r, w)
				case 2:
					if err := w.s.Rested(w.ctx); err != nil {
						r.Fatal(err)
					}
				case 1:
					compare("meanwhile", 25)
				}
			}
			compare("dirty", 20)
			roll(r, w)
			compare("settled", 5)
			if rapid.IntRange(0, 3).Draw(r, "anew") == 0 {
				if err := w.s.Anew(w.ctx); err != nil {
					r.Fatal(err)
				}
				compare("anew", 20)
			}
		})
		rolled, all := w.s.Rolled()
		t.Logf("%d of %d readings stood on what is kept", rolled, all)
		if rolled*3 < all {
			t.Errorf("only %d of %d readings stood on what is kept", rolled, all)
		}
	})
}

func roll(r *rapid.T, w *world) {
	if err := w.s.Roll(w.ctx); err != nil {
		r.Fatal(err)
	}
}

// numbers is what of a report must not differ.
func numbers(r measure.Report) []measure.Result {
	out := []measure.Result{r.Result, r.Before}
	for _, p := range r.Points {
		out = append(out, p.Result)
	}
	for i := range out {
		if math.IsInf(out[i].Value.High, 0) {
			out[i].Value.High = math.MaxFloat64
		}
	}
	return out
}

// drawHistory draws what happened and shuffles when we learn of it.
func drawHistory(r *rapid.T, ch string, start time.Time) []ledger.Activity {
	texts := []string{"The bike squeaks and I want my money back", "Nothing of note", "Merci beaucoup pour votre aide", "Great service, the bike is wonderful"}
	moment := func(label string) time.Time {
		return start.Add(time.Duration(rapid.IntRange(0, 45*24*60*60).Draw(r, label)) * time.Second)
	}
	var list []ledger.Activity
	var posts []string
	n := rapid.IntRange(1, 12).Draw(r, "posts")
	for i := range n {
		external := fmt.Sprintf("p%d", i)
		s := ledger.Said{Text: rapid.SampledFrom(texts).Draw(r, "text"), Inbox: rapid.IntRange(0, 3).Draw(r, "inbox") > 0, Private: rapid.IntRange(0, 3).Draw(r, "private") == 0,
			Kind: rapid.SampledFrom([]string{"", "question", "question", "answer", "comment"}).Draw(r, "kind")}
		for range rapid.IntRange(0, 2).Draw(r, "parents") { // also of those that were not heard yet, and of two threads
			s.InReplyTo = append(s.InReplyTo, fmt.Sprintf("p%d", rapid.IntRange(0, n-1).Draw(r, "parent")))
		}
		switch rapid.IntRange(0, 5).Draw(r, "by") {
		case 0:
			s.Ours, s.Member = true, "m1"
		case 1:
			s.Automatic = "bulk"
		}
		at := moment("at")
		one := said(ch, external, at, s)
		if !s.Ours {
			one.Actor = "acct:" + rapid.SampledFrom([]string{"ada", "bob", "cy"}).Draw(r, "author") + "@example.social"
		}
		list = append(list, one)
		post := postID(ch, external)
		posts = append(posts, post)
		switch rapid.IntRange(0, 9).Draw(r, "and") {
		case 0:
			list = append(list, ledger.Activity{Kind: ledger.PostDeleted, Actor: "member:m1", Object: post, Channel: ch, At: at.Add(time.Hour), LearnedAt: at})
		case 1, 2:
			e := s
			e.ExternalID, e.Text = external, rapid.SampledFrom(texts).Draw(r, "edited")
			list = append(list, ledger.Activity{Kind: ledger.PostEdited, Actor: "acct:ada@example.social", Object: post, Channel: ch, At: at.Add(time.Hour), LearnedAt: at, Data: ledger.Data(e)})
		case 5:
			list = append(list, ledger.Activity{Kind: ledger.AnswerPicked, Actor: one.Actor, Object: post, Channel: ch, At: at.Add(time.Hour), LearnedAt: at,
				Data: ledger.Data(ledger.Picked{Answer: fmt.Sprintf("p%d", rapid.IntRange(0, n-1).Draw(r, "picked"))})})
		case 3, 4:
			list = append(list, labelled(post, rapid.SampledFrom([]string{"positive", "neutral", "negative", ""}).Draw(r, "label"), at))
		}
		for _, kind := range []string{ledger.ConversationResolved, ledger.ConversationReopened, ledger.ConversationTaken} {
			if rapid.IntRange(0, 2).Draw(r, "done") == 0 {
				list = append(list, about(kind, conversationID(ch, external), at.Add(time.Duration(rapid.IntRange(1, 5*24*60).Draw(r, "after"))*time.Minute)))
			}
		}
	}
	for i := range rapid.IntRange(0, 6).Draw(r, "facts") {
		key := id.From(ch+fmt.Sprint(i), "fact")
		kind := rapid.SampledFrom([]string{"contact", "cost", "rating", "lead", "order"}).Draw(r, "fact")
		for v := range rapid.IntRange(1, 3).Draw(r, "statements") {
			f := ledger.Fact{Kind: kind, Quantity: float64(rapid.IntRange(1, 5).Draw(r, "quantity")), Campaign: rapid.SampledFrom([]string{"", "spring"}).Draw(r, "campaign"), Channel: ch, Version: int64(v), Void: v > 0 && rapid.Bool().Draw(r, "void")}
			switch kind {
			case "contact":
				f.Status = rapid.SampledFrom([]string{"assisted", "self_service"}).Draw(r, "status")
			case "cost":
				f.Label = rapid.SampledFrom([]string{"platform", "moderation"}).Draw(r, "label")
			case "rating":
				f.Label = "csat"
			case "lead":
				f.Status = rapid.SampledFrom([]string{"open", "won", "lost"}).Draw(r, "status")
			}
			if kind == "lead" { // what became of an enquiry may be stated apart
				f.External, f.Ref = rapid.SampledFrom([]string{"", "e0", "e1"}).Draw(r, "external"), rapid.SampledFrom([]string{"", "e0", "e1"}).Draw(r, "ref")
			}
			fact := moment("fact at")
			if kind == "cost" || kind == "contact" { // of a period
				if days := rapid.SampledFrom([]int{0, 0, 1, 7, 40}).Draw(r, "days"); days > 0 {
					f.Until = fact.AddDate(0, 0, days)
				}
			}
			a := ledger.Activity{Kind: ledger.FactStated, Actor: "member:m1", Object: key, Channel: ch, At: fact, Data: ledger.Data(f)}
			if kind == "cost" || kind == "order" {
				a.Amount, a.Currency = int64(rapid.IntRange(1, 90000).Draw(r, "amount")), "EUR"
			}
			list = append(list, a)
		}
	}
	// Posts come in any order among themselves; what is done with something comes after it, as it must.
	order := rapid.Permutation(list).Draw(r, "order")
	var first, second []ledger.Activity
	for _, a := range order {
		if a.Kind == ledger.PostSaid || a.Kind == ledger.FactStated {
			first = append(first, a)
		} else {
			second = append(second, a)
		}
	}
	if rapid.Bool().Draw(r, "late") && len(first) > 1 { // some are heard after what was done with others
		n := len(first) / 2
		return append(append(append([]ledger.Activity{}, first[:n]...), second...), first[n:]...)
	}
	return append(first, second...)
}

// TestEmptied lets the only conversation of a day turn out to have begun earlier, which leaves an empty text for that day, and then opens
// another on it: it counts.
func TestEmptied(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		at := time.Date(2026, 3, 20, 9, 30, 0, 0, time.UTC)
		w := newWorld(t, d, at.AddDate(0, 0, 10))
		w.channel("ch")
		win := measure.Last(30, w.now, time.UTC)
		for i, c := range []struct {
			happens []ledger.Activity
			want    int
		}{
			{nil, 0},
			{[]ledger.Activity{said("ch", "q", at, ledger.Said{Inbox: true, InReplyTo: []string{"p"}})}, 1},
			{[]ledger.Activity{said("ch", "p", at.AddDate(0, 0, -2), ledger.Said{Inbox: true})}, 1},
			{[]ledger.Activity{said("ch", "r", at.Add(2*time.Hour), ledger.Said{Inbox: true})}, 2},
		} {
			if len(c.happens) > 0 {
				w.state(c.happens...)
			}
			for _, when := range []string{"dirty", "settled"} {
				r, err := w.s.Compute(w.ctx, "resolution-time", win, measure.Filter{})
				if err != nil {
					t.Fatal(err)
				}
				if r.N != c.want {
					t.Errorf("step %d, %s: %d conversations, want %d", i, when, r.N, c.want)
				}
				if err := w.s.Roll(w.ctx); err != nil {
					t.Fatal(err)
				}
			}
		}
		if rolled, _ := w.s.Rolled(); rolled < 6 {
			t.Errorf("only %d readings stood on what is kept", rolled)
		}
	})
}

// TestRemembered looks at numbers again and again while answers come in and waits grow: what is remembered must be what the rows say.
func TestRemembered(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		start := time.Date(2026, 3, 20, 0, 0, 0, 0, time.UTC)
		w := newWorld(t, d, start.AddDate(0, 0, 21))
		w.s.Trust(w.enrich)
		plain := measure.New(d, org.New(d, w.log, func() time.Time { return w.now }), func() time.Time { return w.now })
		plain.Directly()
		plain.Trust(w.enrich)
		const ch = "ch"
		w.channel(ch)
		luck := rand.New(rand.NewPCG(3, 4))
		var list []ledger.Activity
		for i := range 60 {
			at := start.Add(time.Duration(luck.IntN(17*24*60)) * time.Minute)
			list = append(list, said(ch, fmt.Sprintf("q%d", i), at, ledger.Said{Text: "The bike squeaks", Inbox: true}))
			if i%3 > 0 {
				list = append(list, said(ch, fmt.Sprintf("a%d", i), at.Add(time.Duration(1+luck.IntN(3*24*60))*time.Minute), ledger.Said{Text: "Thank you", Ours: true, InReplyTo: []string{fmt.Sprintf("q%d", i)}}))
			}
		}
		w.state(list...)
		ids := []string{"volume", "response-rate", "first-response-time", "resolution-time", "open-conversations", "overall-sentiment"}
		compare := func(ctx context.Context) {
			for _, m := range ids {
				for _, f := range []measure.Filter{{}, {Channel: ch}} {
					win := measure.Last(35, w.now, time.UTC)
					want, err := plain.Report(ctx, m, win, measure.Week, f)
					if err != nil {
						t.Fatal(err)
					}
					got, err := w.s.Report(ctx, m, win, measure.Week, f)
					if err != nil {
						t.Fatal(err)
					}
					if diff := cmp.Diff(numbers(want), numbers(got), cmpopts.EquateNaNs(), cmpopts.EquateApprox(1e-9, 1e-9)); diff != "" {
						t.Fatalf("%s of %+v at %s: -rows +kept\n%s", m, f, w.now, diff)
					}
				}
			}
		}
		compare(w.ctx)
		if err := w.s.Roll(w.ctx); err != nil {
			t.Fatal(err)
		}
		for i := range 24 {
			w.now = w.now.Add(time.Duration(luck.IntN(200*60)) * time.Second)
			at := w.now.Add(-time.Duration(luck.IntN(3*24*60)) * time.Minute)
			switch i % 6 {
			case 0: // said in an hour that is not over
				w.state(said(ch, fmt.Sprintf("n%d", i), w.now, ledger.Said{Text: "The bike squeaks", Inbox: true}))
			case 1: // to come, and so not counted now
				w.state(said(ch, fmt.Sprintf("n%d", i), w.now.Add(7*time.Minute), ledger.Said{Text: "The bike squeaks", Inbox: true}))
			case 2: // learned late
				w.state(said(ch, fmt.Sprintf("n%d", i), at, ledger.Said{Text: "At last", Ours: true, InReplyTo: []string{fmt.Sprintf("q%d", 3*i)}}))
			}
			if i%2 == 0 {
				if err := w.s.Roll(w.ctx); err != nil {
					t.Fatal(err)
				}
			}
			compare(w.ctx)
			if err := w.s.Together(w.ctx, func(ctx context.Context) error { compare(ctx); return nil }); err != nil {
				t.Fatal(err)
			}
		}
		if n := w.s.Remembered(); n < 200 {
			t.Errorf("%d numbers were remembered", n)
		}
	})
}

// TestFollows lets something happen days after what a measure counts, which changes that: a reply to a question, the answer that is accepted, what
// somebody says again or said before, what became of an enquiry, a cost of a month that is put right.
func TestFollows(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		start := time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)
		w := newWorld(t, d, start.AddDate(0, 0, 45))
		w.channel("ch")
		plain := measure.New(d, org.New(d, w.log, func() time.Time { return w.now }), func() time.Time { return w.now })
		plain.Directly()
		at := func(days int) time.Time { return start.AddDate(0, 0, days) }
		post := func(external, author string, days int, s ledger.Said) ledger.Activity {
			a := said("ch", external, at(days), s)
			if author != "" {
				a.Actor = "acct:" + author + "@example.social"
			}
			return a
		}
		pick := func(answer string, days int) ledger.Activity {
			return ledger.Activity{Kind: ledger.AnswerPicked, Actor: "acct:ada@example.social", Object: postID("ch", "q"), Channel: "ch", At: at(days), LearnedAt: at(days), Data: ledger.Data(ledger.Picked{Answer: answer})}
		}
		lead := func(key, status, external, ref string, days int, version int64) ledger.Activity {
			return ledger.Activity{Kind: ledger.FactStated, Actor: "member:m1", Object: id.From(key, "fact"), At: at(days),
				Data: ledger.Data(ledger.Fact{Kind: "lead", Quantity: 1, Status: status, External: external, Ref: ref, Version: version})}
		}
		cost := func(amount int64, days, lasts int, version int64) ledger.Activity {
			return ledger.Activity{Kind: ledger.FactStated, Actor: "member:m1", Object: id.From("cost", "fact"), At: at(days), Amount: amount, Currency: "EUR",
				Data: ledger.Data(ledger.Fact{Kind: "cost", Label: "acquisition", Quantity: 1, Until: at(days + lasts), Version: version})}
		}
		ids := []string{"answer-rate", "first-reply-time", "orphan-rate", "member-retention-w4", "member-retention-w12", "bus-factor", "contribution-gini", "network-reciprocity", "stickiness",
			"lead-conversion", "win-rate", "lead-cycle-time", "cost-per-lead", "first-response-hours", "complaint-follow-up", "trained-and-active"}
		win := measure.Window{From: at(-5), To: at(45)}
		compare := func(when string) {
			for _, m := range ids {
				want, err := plain.Report(w.ctx, m, win, measure.Week, measure.Filter{})
				if err != nil {
					t.Fatal(err)
				}
				got, err := w.s.Report(w.ctx, m, win, measure.Week, measure.Filter{})
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(numbers(want), numbers(got), cmpopts.EquateNaNs(), cmpopts.EquateApprox(1e-9, 1e-9)); diff != "" {
					t.Errorf("%s, %s: -rows +kept\n%s", when, m, diff)
				}
			}
		}
		private := func(external, author string, days int, to string) ledger.Activity {
			s := ledger.Said{Private: true, Inbox: author != "", Text: "Between us"}
			if to != "" {
				s.InReplyTo = []string{to}
			}
			if author == "" {
				s.Ours, s.Member = true, "m1"
			}
			return post(external, author, days, s)
		}
		edited := func(external string, days int, s ledger.Said) ledger.Activity {
			s.ExternalID = external
			return ledger.Activity{Kind: ledger.PostEdited, Actor: "acct:ada@example.social", Object: postID("ch", external), Channel: "ch", At: at(days), LearnedAt: at(days), Data: ledger.Data(s)}
		}
		for i, happens := range [][]ledger.Activity{
			{post("q", "ada", 10, ledger.Said{Kind: "question", Inbox: true}), post("r", "bob", 11, ledger.Said{Kind: "question"}), lead("l", "open", "e1", "", 20, 0), cost(9000, 5, 40, 0)},
			{post("a", "bob", 12, ledger.Said{Kind: "answer", InReplyTo: []string{"q"}}), post("b", "cy", 30, ledger.Said{Kind: "answer", InReplyTo: []string{"r"}})},
			{pick("a", 13)},
			{post("again", "ada", 40, ledger.Said{Kind: "question"})},
			{post("before", "ada", 3, ledger.Said{Kind: "question"})},
			{post("long", "ada", 1, ledger.Said{Kind: "question"}), post("since", "ada", 2, ledger.Said{Kind: "comment"})},
			{pick("", 14)},
			{lead("w", "won", "", "e1", 35, 0)},
			{lead("w", "won", "", "e2", 35, 1)},
			{cost(3000, 20, 10, 1)},
			{post("ours", "", 41, ledger.Said{Kind: "answer", Ours: true, Member: "m1", InReplyTo: []string{"q"}})},
			{edited("before", 42, ledger.Said{Text: "It is ours", Ours: true})},
			{post("moan", "dan", 4, ledger.Said{Inbox: true, Text: "The bike squeaks"}), post("sorry", "", 5, ledger.Said{Ours: true, Member: "m1", InReplyTo: []string{"moan"}}),
				private("dm", "dan", 20, "")},
			{labelled(postID("ch", "moan"), "negative", at(6))},
			{private("told", "", 22, "dm")},
			{private("dm2", "dan", 23, ""), post("told2", "", 24, ledger.Said{Ours: true, Member: "m1", InReplyTo: []string{"dm2"}})},
		} {
			w.state(happens...)
			compare(fmt.Sprintf("step %d, dirty", i))
			if err := w.s.Roll(w.ctx); err != nil {
				t.Fatal(err)
			}
			compare(fmt.Sprintf("step %d, settled", i))
		}
		answer, place := postID("ch", "told"), conversationID("ch", "dm")
		root, _, err := db.Value[string](t.Context(), d.Read(), "SELECT root FROM conversation WHERE id = $1", place)
		if err != nil {
			t.Fatal(err)
		}
		given := db.T(at(4))
		for _, happens := range []string{ // each makes another number of what it says
			fmt.Sprintf("UPDATE post SET private = 0 WHERE id = '%s'", answer), fmt.Sprintf("UPDATE post SET private = 1 WHERE id = '%s'", answer),
			fmt.Sprintf("UPDATE conversation SET root = 'elsewhere' WHERE id = '%s'", place), fmt.Sprintf("UPDATE conversation SET root = '%s' WHERE id = '%s'", root, place),
			fmt.Sprintf("DELETE FROM conversation_author WHERE conversation = '%s'", place),
			fmt.Sprintf("INSERT INTO conversation_author (author, conversation) SELECT author, id FROM conversation WHERE id = '%s'", place),
			fmt.Sprintf("DELETE FROM post WHERE id = '%s'", answer), fmt.Sprintf("UPDATE post SET private = 1 WHERE id = '%s'", postID("ch", "told2")),
			fmt.Sprintf("DELETE FROM conversation WHERE id = '%s'", conversationID("ch", "dm2")),
			fmt.Sprintf("INSERT INTO certificate (id, course, member, attempt, given_at) VALUES ('c1', 'c', 'm1', 'c1', %d)", given), fmt.Sprintf("UPDATE certificate SET revoked_at = %d WHERE id = 'c1'", given),
			fmt.Sprintf("INSERT INTO certificate (id, course, member, attempt, given_at) VALUES ('c2', 'c', 'm1', 'c2', %d)", given), fmt.Sprintf("UPDATE certificate SET until = %d WHERE id = 'c2'", given),
			fmt.Sprintf("INSERT INTO certificate (id, course, member, attempt, given_at) VALUES ('c3', 'c', 'm1', 'c3', %d)", given), "DELETE FROM certificate WHERE id = 'c3'",
		} {
			w.exec(happens)
			compare(happens + ", dirty")
			if err := w.s.Roll(w.ctx); err != nil {
				t.Fatal(err)
			}
			compare(happens + ", settled")
		}
		for range 12 { // what was too recent is not for ever
			w.now = w.now.Add(9*24*time.Hour + 7*time.Minute)
			compare("at " + w.now.String())
		}
		rolled, all := w.s.Rolled()
		if rolled*10 < all*9 {
			t.Errorf("only %d of %d readings stood on what is kept", rolled, all)
		}
	})
}
