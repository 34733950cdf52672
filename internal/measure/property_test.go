package measure_test

import (
	"fmt"
	"slices"
	"sort"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
)

// thread is what a test knows of a conversation without asking the database.
type thread struct {
	opened, reply time.Time
	spans         [][2]time.Time // the second is zero while open
	onTopic       bool
}

func (th *thread) open() bool { return th.spans[len(th.spans)-1][1].IsZero() }

type post struct {
	at              time.Time
	others, onTopic bool
	label           string
}

// TestNaive states random threads and compares every measure with one worked out post by post, its rows with its n, and the sum of its
// steps with the whole. Each run has a channel of its own in one database.
func TestNaive(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		start := time.Date(2026, 3, 20, 0, 0, 0, 0, time.UTC) // clocks change in Europe on the 29th
		w := newWorld(t, d, start.AddDate(0, 0, 49))
		w.topic("bike", "bike")
		run := 0
		dbtest.Check(t, d, func(r *rapid.T) {
			run++
			ch := fmt.Sprintf("ch%d", run)
			threads, posts, list := draw(r, ch, start)
			w.state(list...)
			from := start.Add(time.Duration(rapid.IntRange(0, 30*24*60).Draw(r, "from")) * time.Minute)
			win := measure.Window{From: from, To: from.Add(time.Duration(rapid.IntRange(1, 25*24*60).Draw(r, "minutes")) * time.Minute)}
			f := measure.Filter{Channel: ch}
			if rapid.Bool().Draw(r, "topic") {
				f.Topic = "bike"
			}
			zone, err := time.LoadLocation(rapid.SampledFrom([]string{"UTC", "Europe/Paris", "Asia/Kathmandu"}).Draw(r, "zone"))
			if err != nil {
				r.Fatal(err)
			}
			ctx := i18n.With(w.ctx, "en", zone)
			step := rapid.SampledFrom(measure.Steps()).Draw(r, "step")
			want := naive(threads, posts, win, w.now, f.Topic != "")
			others := 0
			all := w.s.All()
			order := make([]int, len(all))
			for i := range order {
				order[i] = i
			}
			asked := f
			for _, i := range rapid.Permutation(order).Draw(r, "measures") {
				m, f := all[i], asked
				if _, worked := want[m.ID]; !worked {
					if others++; others > 5 || !slices.Contains(m.Dims, kpi.ByChannel) {
						continue // each run looks at a few
					}
					if !slices.Contains(m.Dims, kpi.ByTopic) {
						f.Topic = ""
					}
				}
				got, err := w.s.Compute(ctx, m.ID, win, f)
				if err != nil {
					r.Fatal(err)
				}
				if _, worked := want[m.ID]; worked && (got.N != want[m.ID].n || got.Open != want[m.ID].open || got.Of != want[m.ID].of || got.LeftOut != want[m.ID].left) {
					r.Fatalf("%s: n %d open %d of %d left out %d, want %+v", m.ID, got.N, got.Open, got.Of, got.LeftOut, want[m.ID])
				}
				rows := w.rows(m.ID, win, f, "")
				if counted(rows) != got.N {
					r.Fatalf("%s: %d rows, n is %d", m.ID, counted(rows), got.N)
				}
				var waits []time.Duration
				for _, row := range rows {
					waits = append(waits, row.For)
				}
				sort.Slice(waits, func(i, j int) bool { return waits[i] < waits[j] })
				if want[m.ID].waits != nil && fmt.Sprint(waits) != fmt.Sprint(want[m.ID].waits) {
					r.Fatalf("%s: waits %v, want %v", m.ID, waits, want[m.ID].waits)
				}
				byPart := 0
				for _, p := range got.Parts {
					if p.Role == "numerator" || p.Role == "denominator" {
						n := counted(w.rows(m.ID, win, f, p.ID))
						if n != p.N {
							r.Fatalf("%s: %d rows of %s, told %d", m.ID, n, p.ID, p.N)
						}
						byPart += n
					}
				}
				if byPart != got.N {
					r.Fatalf("%s: parts add up to %d, n is %d", m.ID, byPart, got.N)
				}
				report, err := w.s.Report(ctx, m.ID, win, step, f)
				if err != nil {
					r.Fatal(err)
				}
				earlier, err := w.s.Compute(ctx, m.ID, win.Before(zone), f)
				if err != nil {
					r.Fatal(err)
				}
				if diff := cmp.Diff(got, report.Result, cmpopts.EquateNaNs()); diff != "" {
					r.Fatalf("%s: a report says otherwise: %s", m.ID, diff)
				}
				if diff := cmp.Diff(earlier, report.Before, cmpopts.EquateNaNs()); diff != "" {
					r.Fatalf("%s: a report says otherwise of the window before: %s", m.ID, diff)
				}
				points, err := w.s.Series(ctx, m.ID, win, step, f)
				if err != nil {
					r.Fatal(err)
				}
				sum := 0
				for _, p := range points {
					one, err := w.s.Compute(ctx, m.ID, p.Window, f)
					if err != nil {
						r.Fatal(err)
					}
					if one.N != p.N || one.Value != p.Value || one.P90 != p.P90 || one.Of != p.Of {
						r.Fatalf("%s: a step says %+v, asked alone %+v", m.ID, p.Result, one)
					}
					sum += p.N
				}
				if m.Stock {
					sum = points[len(points)-1].N
				}
				if sum != got.N {
					r.Fatalf("%s: steps add up to %d, n is %d", m.ID, sum, got.N)
				}
			}
		})
	})
}

// counted is how many rows count in all.
func counted(rows []measure.Row) int {
	n := 0
	for _, r := range rows {
		n += r.N
	}
	return n
}

// draw makes threads whose events are in order of time.
func draw(r *rapid.T, ch string, start time.Time) (threads []*thread, posts []post, list []ledger.Activity) {
	texts := []string{"The bike squeaks", "Nothing of note"}
	kinds := []string{"theirs", "ours", "machine", "resolve", "reopen"}
	for i := range rapid.IntRange(1, 6).Draw(r, "threads") {
		at := start.Add(time.Duration(rapid.IntRange(0, 30*24*60).Draw(r, "opened")) * time.Minute)
		first, onTopic := fmt.Sprintf("p%d", i), false
		var th *thread
		conversation := ""
		for k := range rapid.IntRange(1, 7).Draw(r, "events") {
			external, kind := first, rapid.SampledFrom([]string{"theirs", "theirs", "machine"}).Draw(r, "first")
			s := ledger.Said{Text: rapid.SampledFrom(texts).Draw(r, "text"), Inbox: true}
			if k > 0 {
				external, kind = fmt.Sprintf("p%d.%d", i, k), rapid.SampledFrom(kinds).Draw(r, "kind")
				s.InReplyTo = []string{first}
				at = at.Add(time.Duration(rapid.IntRange(1, 3*24*60).Draw(r, "later")) * time.Minute)
			}
			switch kind {
			case "resolve":
				if th != nil {
					list = append(list, about(ledger.ConversationResolved, conversation, at))
					if th.open() {
						th.spans[len(th.spans)-1][1] = at
					}
				}
				continue
			case "reopen":
				if th != nil {
					list = append(list, about(ledger.ConversationReopened, conversation, at))
					if !th.open() {
						th.spans = append(th.spans, [2]time.Time{at})
					}
				}
				continue
			case "ours":
				s.Ours, s.Member = true, "m1"
				if th != nil && th.reply.IsZero() {
					th.reply = at
				}
			case "machine":
				s.Automatic = "bulk"
			case "theirs":
				if th == nil {
					th = &thread{opened: at, spans: [][2]time.Time{{at}}}
					threads, conversation = append(threads, th), conversationID(ch, external)
				} else if !th.open() {
					th.spans = append(th.spans, [2]time.Time{at})
				}
			}
			p := post{at: at, others: kind == "theirs", onTopic: s.Text == texts[0]}
			list = append(list, said(ch, external, at, s))
			if rapid.Bool().Draw(r, "labelled") {
				p.label = rapid.SampledFrom([]string{"positive", "neutral", "negative"}).Draw(r, "label")
				list = append(list, labelled(postID(ch, external), p.label, at))
			}
			posts = append(posts, p)
			onTopic = onTopic || kind != "ours" && p.onTopic
		}
		if th != nil {
			th.onTopic = onTopic
		}
	}
	return threads, posts, list
}

type expected struct {
	n, open, of, left int
	waits             []time.Duration
}

func naive(threads []*thread, posts []post, win measure.Window, now time.Time, topic bool) map[string]expected {
	in := func(t time.Time) bool { return !t.Before(win.From) && t.Before(win.To) }
	var volume, sentiment, rate, first, resolution, open expected
	for _, p := range posts {
		if p.others && in(p.at) && (p.onTopic || !topic) {
			volume.n++
			sentiment.of++
			if p.label != "" {
				sentiment.n++
			}
		}
	}
	end := win.To
	if now.Before(end) {
		end = now
	}
	first.waits, resolution.waits = []time.Duration{}, []time.Duration{}
	for _, th := range threads {
		if topic && !th.onTopic {
			continue
		}
		for _, s := range th.spans {
			if s[0].Before(end) && (s[1].IsZero() || !s[1].Before(end)) {
				open.n++
			}
		}
		if !in(th.opened) {
			continue
		}
		var sum time.Duration
		for _, s := range th.spans {
			if s[1].IsZero() {
				s[1] = now
			}
			sum += max(0, s[1].Sub(s[0]))
		}
		resolution.n++
		resolution.waits = append(resolution.waits, sum)
		if th.open() {
			resolution.open++
		}
		until := th.reply
		if until.IsZero() {
			until = now
			if !th.open() {
				until = th.spans[len(th.spans)-1][1]
			}
			first.open++
		}
		first.n++
		first.waits = append(first.waits, max(0, until.Sub(th.opened)))
		if th.reply.IsZero() && !th.open() {
			rate.left++
		} else {
			rate.n++
		}
	}
	for _, e := range []expected{first, resolution} {
		sort.Slice(e.waits, func(i, j int) bool { return e.waits[i] < e.waits[j] })
	}
	return map[string]expected{"volume": volume, "net-sentiment": sentiment, "overall-sentiment": {n: sentiment.n, left: sentiment.of - sentiment.n}, "response-rate": rate, "first-response-time": first,
		"resolution-time": resolution, "open-conversations": open}
}
