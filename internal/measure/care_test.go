package measure_test

import (
	"math"
	"testing"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/measure"
)

// TestGoldenCare holds measures that look further than their own thread against threads worked out by hand.
func TestGoldenCare(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, on(31, 12, 0))
		w.channel("mail")
		w.channel("net")
		w.topic("bike", "bike")
		w.topic("brake", "brake")
		w.topic("rival", "rival")
		by := func(who string, a ledger.Activity) ledger.Activity {
			a.Actor = "acct:" + who + "@example.social"
			return a
		}
		ask := ledger.Said{Direct: true, Inbox: true}
		reply := func(to string, private bool) ledger.Said {
			return ledger.Said{Ours: true, Member: "m1", InReplyTo: []string{to}, Text: "We look at it", Private: private}
		}
		resolved := func(channel, external string, at time.Time) ledger.Activity {
			return about(ledger.ConversationResolved, conversationID(channel, external), at)
		}
		again := func(who, to, id string, at time.Time) ledger.Activity {
			return by(who, said("mail", id, at, ledger.Said{Direct: true, Inbox: true, InReplyTo: []string{to}, Text: "Still loose"}))
		}
		w.state(
			// Settled at once.
			by("a", said("mail", "a", on(4, 9, 0), ask)), said("mail", "a1", on(4, 10, 0), reply("a", false)), resolved("mail", "a", on(4, 11, 0)),
			// A second turn.
			by("b", said("mail", "b", on(4, 9, 0), ask)), said("mail", "b1", on(4, 10, 0), reply("b", false)), again("b", "b", "b2", on(4, 11, 0)),
			said("mail", "b3", on(4, 12, 0), reply("b2", false)), resolved("mail", "b", on(4, 13, 0)),
			// Reopened after six days, and after eight.
			by("c", said("mail", "c", on(4, 9, 0), ask)), said("mail", "c1", on(4, 10, 0), reply("c", false)), resolved("mail", "c", on(4, 11, 0)), again("c", "c", "c2", on(10, 11, 0)),
			by("d", said("mail", "d", on(4, 9, 0), ask)), said("mail", "d1", on(4, 10, 0), reply("d", false)), resolved("mail", "d", on(4, 11, 0)), again("d", "d", "d2", on(12, 12, 0)),
			// A new conversation of the same author two days later; that one is resolved without an answer.
			by("e", said("mail", "e", on(4, 9, 0), ask)), said("mail", "e1", on(4, 10, 0), reply("e", false)), resolved("mail", "e", on(4, 11, 0)),
			by("e", said("mail", "f", on(6, 9, 0), ask)), resolved("mail", "f", on(6, 11, 0)),
			// Resolved yesterday: too early to tell.
			by("g", said("mail", "g", on(30, 9, 0), ask)), said("mail", "g1", on(30, 10, 0), reply("g", false)), resolved("mail", "g", on(30, 11, 0)),
			// Complaints in public: answered in public and by mail, answered in public only, not answered; and one by mail, which is not public.
			by("h", said("net", "h", on(15, 9, 0), ledger.Said{Inbox: true, Text: "The brake is a shame"})), said("net", "h1", on(15, 10, 0), reply("h", false)),
			by("h", said("mail", "h2", on(16, 9, 0), ledger.Said{Direct: true, Inbox: true, Private: true, Text: "My number"})), said("mail", "h3", on(16, 10, 0), reply("h2", true)),
			by("i", said("net", "i", on(15, 9, 0), ledger.Said{Inbox: true, Text: "Bike and rival, both bad"})), said("net", "i1", on(15, 10, 0), reply("i", false)),
			by("j", said("net", "j", on(15, 9, 0), ledger.Said{Inbox: true, Text: "A rival for my bike"})),
			by("k", said("mail", "k", on(15, 9, 0), ledger.Said{Inbox: true, Private: true})), said("mail", "k1", on(15, 10, 0), reply("k", true)),
			// What we say, and two replies of others to it.
			said("net", "ours", on(20, 9, 0), ledger.Said{Ours: true, Member: "m1", Text: "New in the shop"}),
			by("l", said("net", "l", on(20, 10, 0), ledger.Said{InReplyTo: []string{"ours"}, Text: "Nice"})),
			by("m", said("net", "m", on(20, 11, 0), ledger.Said{InReplyTo: []string{"ours"}, Text: "Nice too"})),
		)
		for _, external := range []string{"h", "i", "j"} {
			w.state(labelled(postID("net", external), "negative", on(21, 0, 0)))
		}
		w.state(labelled(postID("mail", "k"), "negative", on(21, 0, 0)), labelled(postID("mail", "a"), "positive", on(21, 0, 0)), labelled(postID("mail", "b"), "neutral", on(21, 0, 0)))
		w.book(stated{kind: "visit", at: on(1, 0, 0), label: "reach", quantity: 400, channel: "net"},
			stated{kind: "visit", at: on(1, 0, 0), id: "f1", label: "followers", quantity: 90, channel: "net"}, stated{kind: "visit", at: on(9, 0, 0), id: "f2", label: "followers", quantity: 110, channel: "net"})
		for _, c := range []struct {
			id      string
			f       measure.Filter
			value   float64
			n, left int
		}{
			// a and d of a b c d e; f needed no answer, g is too young.
			{"first-contact-resolution", measure.Filter{}, 0.4, 5, 2},
			{"complaint-follow-up", measure.Filter{}, 0.5, 2, 1},
			{"polarity", measure.Filter{}, 100 * (1. - 4) / 5, 5, 1},
			// In net, rival is mentioned by i and j, bike by them too, brake by h.
			{"share-of-voice", measure.Filter{Topic: "rival", Channel: "net"}, 2. / 5, 5, 0},
			{"share-of-voice", measure.Filter{Topic: "bike", Channel: "net"}, 2. / 5, 5, 0},
			// h1 and i1 are replies of ours; l and m of others: 2 of 400. Replies to one post of ours that begins a thread, with 100 followers.
			{"engagement-rate-reach", measure.Filter{Channel: "net"}, 2. / 400, 2, 0},
			{"engagement-rate-followers", measure.Filter{Channel: "net"}, 2. / 100, 2, 0},
			{"engagement-rate-daily", measure.Filter{Channel: "net"}, 2. / 3100, 2, 0},
		} {
			r, err := w.s.Compute(w.ctx, c.id, may, c.f)
			if err != nil {
				t.Fatal(err)
			}
			if math.Abs(r.Value.Value-c.value) > 1e-9 || r.N != c.n || r.LeftOut != c.left {
				t.Errorf("%s: %+v of n %d, %d left out; want %v of %d, %d", c.id, r.Value, r.N, r.LeftOut, c.value, c.n, c.left)
			}
			if rows := w.rows(c.id, may, c.f, ""); counted(rows) != r.N {
				t.Errorf("%s: rows come to %d, n is %d", c.id, counted(rows), r.N)
			}
		}
		if r, err := w.s.Compute(w.ctx, "share-of-voice", may, measure.Filter{}); err != nil || r.Value.Defined() || r.Why != "choose_topic" {
			t.Errorf("without a topic: %+v, %v", r, err)
		}
		index, err := w.s.Compute(w.ctx, "reputation-index", may, measure.Filter{Topic: "bike"})
		if err != nil || len(index.Terms) != 5 {
			t.Fatalf("index %+v, %v", index, err)
		}
		sum := 0.0
		for _, term := range index.Terms {
			sum += term.Weight
		}
		if math.Abs(sum-1) > 1e-9 {
			t.Errorf("weights add up to %v: %+v", sum, index.Terms)
		}
	})
}
