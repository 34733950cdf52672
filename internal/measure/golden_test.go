package measure_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/problem"
)

var (
	_1may = time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	may   = measure.Window{From: _1may, To: _1may.AddDate(0, 1, 0)}
)

func on(day, hour, minute int) time.Time {
	return time.Date(2026, 5, day, hour, minute, 0, 0, time.UTC)
}

// fill states a month whose numbers are worked out by hand beside the tests.
func fill(w *world) {
	w.channel("news")
	w.channel("mail")
	w.topic("bike", "bike")
	ask := ledger.Said{Direct: true, Inbox: true}
	reply := func(to string) ledger.Said {
		return ledger.Said{Ours: true, Member: "m1", InReplyTo: []string{to}, Text: "Bring it in and we look at it"}
	}
	w.state(
		// Answered after 30 minutes, resolved after 2 hours.
		said("mail", "a", on(4, 9, 0), ask), said("mail", "a1", on(4, 9, 30), reply("a")),
		about(ledger.ConversationResolved, conversationID("mail", "a"), on(4, 11, 0)),
		// An acknowledgement by a machine is no answer; a human being answers after 4 hours, and it is never resolved.
		said("mail", "b", on(5, 8, 0), ask), said("mail", "b0", on(5, 8, 0), ledger.Said{Ours: true, Automatic: "reply", InReplyTo: []string{"b"}}),
		said("mail", "b1", on(5, 12, 0), reply("b")),
		// Answered after 1 hour, resolved after 2, comes back 10 hours later, resolved 3 hours after that: open for 5 hours.
		said("mail", "c", on(6, 8, 0), ask), said("mail", "c1", on(6, 9, 0), reply("c")),
		about(ledger.ConversationResolved, conversationID("mail", "c"), on(6, 10, 0)),
		said("mail", "c2", on(6, 20, 0), ledger.Said{Direct: true, Inbox: true, InReplyTo: []string{"c"}, Text: "Still loose"}),
		about(ledger.ConversationResolved, conversationID("mail", "c"), on(6, 23, 0)),
		// Closed without an answer after 6 hours.
		said("mail", "d", on(7, 8, 0), ask), about(ledger.ConversationResolved, conversationID("mail", "d"), on(7, 14, 0)),
		// Nobody has answered.
		said("news", "e", on(30, 12, 0), ask),
		// Outside of the month.
		said("mail", "f", on(31, 23, 59).Add(time.Minute), ask), said("mail", "g", on(0, 23, 0), ask),
		about(ledger.ConversationResolved, conversationID("mail", "g"), on(2, 0, 0)),
		// Within earshot: not for anybody to answer.
		said("news", "h", on(10, 10, 10), ledger.Said{Text: "Nothing about two wheels"}), said("news", "i", on(10, 10, 50), ledger.Said{}),
		// A newsletter.
		said("news", "j", on(11, 10, 0), ledger.Said{Automatic: "bulk"}),
	)
	w.state(
		labelled(postID("mail", "a"), "negative", on(20, 0, 0)), labelled(postID("mail", "b"), "positive", on(20, 0, 0)),
		labelled(postID("mail", "c"), "positive", on(20, 0, 0)), labelled(postID("news", "h"), "neutral", on(20, 0, 0)),
		labelled(postID("news", "i"), "negative", on(20, 0, 0)), labelled(postID("news", "i"), "", on(21, 0, 0)), // taken back
		labelled(postID("mail", "a1"), "positive", on(20, 0, 0)), labelled(postID("news", "j"), "positive", on(20, 0, 0)), // ours, a machine's
		labelled(postID("mail", "f"), "positive", on(31, 0, 0)), // said in June
	)
}

func TestGolden(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC))
		fill(w)
		check := func(t *testing.T) {
			type want struct {
				value          float64
				n, open, apart int
				of             int
				grade          stat.Grade
			}
			const h = 3600.0
			for _, c := range []struct {
				name, id string
				f        measure.Filter
				win      measure.Window
				want     want
			}{
				{"a b c c2 d e h i", "volume", measure.Filter{}, may, want{8, 8, 0, 0, 0, stat.Enough}},
				{"in a channel", "volume", measure.Filter{Channel: "news"}, may, want{3, 3, 0, 0, 0, stat.Enough}},
				{"of a topic, without c2 and h", "volume", measure.Filter{Topic: "bike"}, may, want{6, 6, 0, 0, 0, stat.Enough}},
				{"in English, counted one by one", "volume", measure.Filter{Language: "en", Topic: "bike"}, may, want{6, 6, 0, 0, 0, stat.Enough}},
				{"an hour cut through", "volume", measure.Filter{}, measure.Window{From: on(10, 10, 30), To: on(10, 11, 30)}, want{1, 1, 0, 0, 0, stat.Enough}},
				{"nothing", "volume", measure.Filter{Channel: "none"}, may, want{0, 0, 0, 0, 0, stat.Enough}},
				{"a b c of a b c e, d needed none", "response-rate", measure.Filter{}, may, want{0.75, 4, 0, 1, 0, stat.TooFew}},
				{"mail", "response-rate", measure.Filter{Channel: "mail"}, may, want{1, 3, 0, 1, 0, stat.TooFew}},
				{"without anything", "response-rate", measure.Filter{Channel: "none"}, may, want{0, 0, 0, 0, 0, stat.NoData}},
				// Waits ½, 1, 4, 6+ and 48+ hours: S = .8, .6, .4: the median is 4 hours.
				{"censored", "first-response-time", measure.Filter{}, may, want{4 * h, 5, 2, 0, 0, stat.TooFew}},
				// Monday 4 May from 9:00 half an hour; b on Tuesday 8:00 to 12:00 three hours of ours, c on Wednesday 8:00 to 9:00 none, d until 14:00 five and
				// open, e from Saturday on until Monday noon three and open: S falls at 0, ½ and 3 to .4.
				{"in working hours", "first-response-hours", measure.Filter{}, may, want{3 * h, 5, 2, 0, 0, stat.TooFew}},
				// 2, 5 and 6 hours, and 48+ and 27 days+: S = .8, .6, .4: 6 hours.
				{"sum of spans", "resolution-time", measure.Filter{}, may, want{6 * h, 5, 2, 0, 0, stat.TooFew}},
				{"b and e", "open-conversations", measure.Filter{}, may, want{2, 2, 0, 0, 0, stat.Enough}},
				{"f too, by now", "open-conversations", measure.Filter{}, measure.Window{From: may.From, To: w.now.Add(time.Hour)}, want{3, 3, 0, 0, 0, stat.Enough}},
				{"c, between its two times", "open-conversations", measure.Filter{}, measure.Window{From: may.From, To: on(6, 9, 30)}, want{2, 2, 0, 0, 0, stat.Enough}},
				{"c, when just resolved", "open-conversations", measure.Filter{}, measure.Window{From: may.From, To: on(6, 10, 0).Add(time.Microsecond)}, want{1, 1, 0, 0, 0, stat.Enough}},
				{"g, in April", "open-conversations", measure.Filter{Channel: "mail"}, measure.Window{From: on(0, 0, 0), To: may.From}, want{1, 1, 0, 0, 0, stat.Enough}},
				{"of the member who has it", "open-conversations", measure.Filter{Member: "nobody"}, may, want{0, 0, 0, 0, 0, stat.Enough}},
				// 100·(2 − 1)/4
				{"by hand", "net-sentiment", measure.Filter{}, may, want{25, 4, 0, 0, 8, stat.TooFew}},
				{"of a topic", "net-sentiment", measure.Filter{Topic: "bike"}, may, want{100.0 / 3, 3, 0, 0, 6, stat.TooFew}},
			} {
				r, err := w.s.Compute(w.ctx, c.id, c.win, c.f)
				if err != nil {
					t.Fatalf("%s, %s: %v", c.id, c.name, err)
				}
				got := want{r.Value.Value, r.N, r.Open, r.LeftOut, r.Of, r.Value.Grade}
				if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(want{}), cmpopts.EquateApprox(1e-12, 0)); diff != "" {
					t.Errorf("%s, %s: %s", c.id, c.name, diff)
				}
				if rows := w.rows(c.id, c.win, c.f, ""); len(rows) != c.want.n {
					t.Errorf("%s, %s: %d rows, n is %d", c.id, c.name, len(rows), c.want.n)
				}
			}
			left := w.rows("response-rate", may, measure.Filter{}, "closed_unanswered")
			if len(left) != 1 || left[0].ID != conversationID("mail", "d") || left[0].Title == "" {
				t.Errorf("left out %+v, want d", left)
			}
			slow := w.rows("resolution-time", may, measure.Filter{}, "resolved")
			if len(slow) != 3 || slow[1].ID != conversationID("mail", "c") || slow[1].For != 5*time.Hour || slow[1].Open || slow[1].Channel != "mail" {
				t.Errorf("resolved %+v, want d, c (5 h), a", slow)
			}
		}
		t.Run("derived", check)
		if err := w.led.Rebuild(w.ctx, 3, nil); err != nil {
			t.Fatal(err)
		}
		t.Run("rebuilt", check)
	})
}

func TestSeries(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC))
		fill(w)
		values := func(id string, step measure.Step, zone string) (out []float64) {
			z, err := time.LoadLocation(zone)
			if err != nil {
				t.Fatal(err)
			}
			points, err := w.s.Series(i18n.With(w.ctx, "en", z), id, may, step, measure.Filter{})
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range points {
				v := p.Value.Value
				if !p.Value.Defined() {
					v = math.NaN()
				}
				out = append(out, v)
			}
			return out
		}
		nan := math.NaN()
		for _, c := range []struct {
			id   string
			step measure.Step
			zone string
			want []float64
		}{
			// 1 May 2026 is a Friday: 1–3, 4–10, 11–17, 18–24, 25–31 May.
			{"volume", measure.Week, "UTC", []float64{0, 7, 0, 0, 1}},
			{"volume", measure.Month, "UTC", []float64{8}},
			{"volume", measure.Week, "Asia/Kolkata", []float64{0, 7, 0, 0, 1, 0}}, // UTC 31 May 18:30 begins 1 June there
			{"open-conversations", measure.Week, "UTC", []float64{0, 1, 1, 1, 2}},
			{"response-rate", measure.Week, "UTC", []float64{nan, 1, nan, nan, 0}},
			{"net-sentiment", measure.Week, "UTC", []float64{nan, 25, nan, nan, nan}},
		} {
			if diff := cmp.Diff(c.want, values(c.id, c.step, c.zone), cmpopts.EquateNaNs(), cmpopts.EquateApprox(1e-12, 0)); diff != "" {
				t.Errorf("%s by %s in %s: %s", c.id, c.step, c.zone, diff)
			}
		}
		r, err := w.s.Report(w.ctx, "volume", measure.Window{From: on(8, 0, 0), To: on(15, 0, 0)}, measure.Day, measure.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		// 8–14 May: h and i; 1–7 May: a b c c2 d and e is later.
		if r.Result.N != 2 || r.Before.N != 5 || r.Change.By != -3 || !r.Change.Known || r.Change.Clear || len(r.Points) != 7 {
			t.Errorf("report: n %d before %d change %+v, %d points", r.Result.N, r.Before.N, r.Change, len(r.Points))
		}
	})
}

func TestRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t), on(30, 0, 0))
	for _, c := range []struct {
		name string
		id   string
		win  measure.Window
		step measure.Step
		f    measure.Filter
		code problem.Code
		key  string
	}{
		{"no such measure", "likes", may, measure.Day, measure.Filter{}, problem.Missing, "measure.unknown"},
		{"an empty window", "volume", measure.Window{From: may.To, To: may.From}, measure.Day, measure.Filter{}, problem.Invalid, "measure.window_empty"},
		{"no window", "volume", measure.Window{}, measure.Day, measure.Filter{}, problem.Invalid, "measure.window_empty"},
		{"for ever", "volume", measure.Window{From: time.Time{}, To: may.To}, measure.Day, measure.Filter{}, problem.Invalid, "measure.window_long"},
		{"too fine", "volume", measure.Window{From: may.To.AddDate(-9, 0, 0), To: may.To}, measure.Day, measure.Filter{}, problem.Invalid, "measure.too_many_points"},
		{"no such step", "volume", may, "fortnight", measure.Filter{}, problem.Invalid, "measure.step_unknown"},
		{"posts of a member", "volume", may, measure.Day, measure.Filter{Member: "m1"}, problem.Invalid, "measure.filter_member"},
		{"a filter with NUL", "volume", may, measure.Day, measure.Filter{Channel: "a\x00b"}, problem.Invalid, "measure.filter_bad"},
	} {
		_, err := w.s.Series(w.ctx, c.id, c.win, c.step, c.f)
		if p := problem.Of(err); p.Code != c.code || p.Key != c.key {
			t.Errorf("%s: got %v, want %s %s", c.name, err, c.code, c.key)
		}
	}
	for _, p := range []measure.Paging{{Part: "said' OR 1=1"}, {Part: "answered"}, {Cursor: "\x00"}, {Cursor: "aGVsbG8"}, {Cursor: "eCB5"}} {
		if _, _, err := w.s.Rows(w.ctx, "volume", may, measure.Filter{}, p); !problem.Is(err, problem.Invalid) {
			t.Errorf("rows of %+v: %v, want refused", p, err)
		}
	}
}
