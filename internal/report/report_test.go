package report_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/plan"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/report"
	"github.com/entente/entente/internal/report/due"
	"github.com/entente/entente/internal/strategy"
)

func TestDashboards(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.channel("forum")
		w.say("forum", 3, 4, "The bike arrived with a loose brake")
		b, err := w.s.AddDashboard(w.ada, report.Dashboard{Name: " Monday ", Tiles: []report.Tile{{Measure: "volume"}, {Measure: "volume", Kind: report.Bars, By: kpi.ByChannel, Width: 9}}})
		w.must(err)
		if b.Name != "Monday" || b.Tiles[0].Kind != report.Figure || b.Tiles[1].Width != 3 {
			t.Errorf("made %+v", b)
		}
		for name, tile := range map[string]report.Tile{"no such measure": {Measure: "luck"}, "p90 of a count": {Measure: "volume", Statistic: report.P90}, "bars of nothing": {Measure: "volume", Kind: report.Bars},
			"a filter it does not know": {Measure: "volume", Filter: measure.Filter{Team: "x"}}, "a week of years": {Measure: "volume", Days: 3}} {
			if _, err := w.s.AddTile(w.ada, b.ID, tile); !problem.Is(err, problem.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := w.s.Dashboard(w.vic, b.ID); !problem.Is(err, problem.Missing) {
			t.Errorf("Vic reads a private dashboard: %v", err)
		}
		if _, err := w.s.ChangeDashboard(w.ada, b.ID, "Monday", "", []org.Role{org.Volunteer, org.Plain}); err != nil {
			t.Fatal(err)
		}
		shared, err := w.s.Dashboard(w.vic, b.ID)
		if err != nil || !slices.Equal(shared.Roles, []org.Role{org.Volunteer}) || shared.MayChange(w.vic) {
			t.Errorf("shared: %+v, %v", shared.Roles, err)
		}
		if _, err := w.s.MoveTile(w.vic, b.ID, b.Tiles[0].ID, 1); !problem.Is(err, problem.Forbidden) {
			t.Errorf("Vic moves a tile: %v", err)
		}
		moved, err := w.s.MoveTile(w.ada, b.ID, b.Tiles[0].ID, 5)
		if err != nil || moved.Tiles[1].ID != b.Tiles[0].ID {
			t.Errorf("moved %+v, %v", moved.Tiles, err)
		}
		r, err := w.s.Read(w.ada, moved.Tiles[1], w.now)
		if err != nil || r.Result.N != 4 || !r.Compared || r.Against.N != 0 {
			t.Errorf("read n = %d, %+v, %v", r.Result.N, r.Problem, err)
		}
		// What was not heard yet is no nought to compare with, and of what was heard in part nothing is told.
		if text, _ := r.Moved(w.ada); r.Against.Why != measure.Untold || r.Against.Value.Defined() || r.Change.Known || !strings.HasPrefix(text, "nothing was heard") {
			t.Errorf("against a period in which nothing was heard: %+v, %q", r.Against, text)
		}
		early, err := w.s.Read(w.ada, moved.Tiles[1], w.now.AddDate(0, 0, 28))
		if text, _ := early.Moved(w.ada); err != nil || early.Against.N != 4 || !early.Partly || early.Change.Known || !strings.HasPrefix(text, "not compared") {
			t.Errorf("against a period that was heard in part: %+v, %q, %v", early.Against, text, err)
		}
		bars, err := w.s.Read(w.ada, moved.Tiles[0], w.now)
		if err != nil || len(bars.Slices) != 1 || bars.Slices[0].Result.N != 4 {
			t.Errorf("bars %+v, %v", bars.Slices, err)
		}
		gone, err := w.s.Read(w.ada, report.Tile{Measure: "luck", Days: 30, Step: measure.Week}, w.now)
		if err != nil || gone.Problem == nil {
			t.Errorf("a measure that is gone: %+v, %v", gone.Problem, err)
		}
		w.must(w.s.RemoveDashboard(w.ada, b.ID))
	})
}

// TestRowsAddUp opens the rows behind a tile: by the address that stands under its number, they are as many as its n.
func TestRowsAddUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	w.channel("forum")
	for day := range 40 {
		w.say("forum", day, 1+day%3, "The bike arrived with a loose brake")
	}
	zone, err := time.LoadLocation("Pacific/Auckland")
	w.must(err)
	ctx := i18n.With(w.ada, "en", zone)
	r, err := w.s.Read(ctx, report.Tile{Measure: "volume", Days: 30, Step: measure.Week}, w.now)
	w.must(err)
	path := report.RowsPath(ctx, "volume", r.Window, measure.Filter{Channel: "forum"})
	first := r.Window.From.In(zone).Format(time.DateOnly)
	if !strings.Contains(path, "from="+first) || !strings.Contains(path, fmt.Sprintf("at=%d", w.now.UnixMicro())) || !strings.Contains(path, "channel=forum") {
		t.Errorf("rows at %s", path)
	}
	rows, _, err := w.s.Measures().Rows(ctx, "volume", r.Window, measure.Filter{}, measure.Paging{Limit: 200})
	if err != nil || len(rows) != r.Result.N {
		t.Errorf("%d rows behind n = %d, %v", len(rows), r.Result.N, err)
	}
}

// TestNotes builds worlds where it is known what there is to tell.
func TestNotes(t *testing.T) {
	t.Parallel()
	const brake = "The bike arrived with a loose brake and nobody answers me"
	for name, test := range map[string]struct {
		build func(*world)
		want  []string // what sentences say; none: no note
	}{
		"nothing new": {func(w *world) {
			for day := range 70 {
				w.say("forum", day, 3, brake)
			}
		}, nil},
		"one channel brings most": {func(w *world) {
			for day := range 70 {
				w.say("forum", day, 2, brake)
				if day < 30 {
					w.say("blog", day, 4, brake)
				}
			}
		}, []string{"Volume rose over 30 days, from 60 posts to 180 posts, mostly on blog (n = 120 of 180)"}},
		"all bring more": {func(w *world) {
			for day := range 70 {
				n := 2
				if day < 30 {
					n = 6
				}
				w.say("forum", day, n, brake)
				w.say("blog", day, n, brake)
			}
		}, []string{"Volume rose over 30 days, from 120 posts to 360 posts, n = 360."}},
		"a spike": {func(w *world) {
			for day := range 70 {
				n := 4
				if day == 2 {
					n = 30
				}
				w.say("forum", day, n, brake)
			}
		}, []string{"Volume: 30 posts on Wednesday"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, dbtest.SQLite(t))
			w.channel("forum")
			w.channel("blog")
			test.build(w)
			notes, err := w.s.NotesAt(w.ada, []report.Subject{{Measure: "volume", Days: 30}}, w.now)
			w.must(err)
			again, err := w.s.NotesAt(w.ada, []report.Subject{{Measure: "volume", Days: 30}}, w.now)
			w.must(err)
			namer, err := w.s.Namer(w.ada)
			w.must(err)
			plain := func(list []report.Note) (out []string) {
				for _, n := range list {
					out = append(out, strings.ReplaceAll(n.Sentence(w.ada, namer), "\u00a0", " "))
				}
				return out
			}
			got := plain(notes)
			if diff := cmp.Diff(got, plain(again)); diff != "" {
				t.Errorf("told differently the second time: %s", diff)
			}
			if len(test.want) == 0 && len(got) > 0 {
				t.Errorf("told %q of nothing", got)
			}
			for _, want := range test.want {
				if !slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, want) }) {
					t.Errorf("%q is not told: %q", want, got)
				}
			}
			for _, n := range notes {
				rows, _, err := w.s.Measures().Rows(w.ada, n.Measure.ID, n.Window, n.Narrowed, measure.Paging{Limit: 500})
				if err != nil || len(rows) != n.NarrowedN && !n.OnWeekday && n.NarrowedN <= 200 {
					t.Errorf("%d rows behind %d, %v", len(rows), n.NarrowedN, err)
				}
			}
		})
	}
}

// TestPartsOfWaits tells whose wait got longer: of what kind, in which language, where, on which day of the week; the note opens exactly those.
func TestPartsOfWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	w.channel("mail")
	w.channel("chat")
	for day := range 62 {
		var list []ledger.Activity
		at := w.now.Truncate(24*time.Hour).AddDate(0, 0, -day-1).Add(8 * time.Hour)
		asked := at
		for _, text := range []string{"My brake squeaks when I ride in the rain", "Ma commande n'est toujours pas arrivée et personne ne me répond"} {
			for _, kind := range []string{"question", "complaint"} {
				for _, ch := range []string{"mail", "chat"} {
					n, wait := 0, time.Hour
					if at.Weekday() == time.Monday || day%4 == 0 {
						n = 1
					}
					if strings.HasPrefix(text, "Ma") && kind == "complaint" && ch == "mail" {
						if n = 2; at.Weekday() == time.Monday {
							n = 60
							if day < 30 {
								wait = 7 * time.Hour
							}
						}
					}
					for range n {
						asked = asked.Add(time.Minute)
						ext := fmt.Sprintf("%d-%d", day, asked.Unix())
						for _, p := range []struct {
							ext string
							at  time.Time
							s   ledger.Said
						}{{ext, asked, ledger.Said{Text: text, Direct: true, Inbox: true}},
							{ext + "r", asked.Add(wait + time.Duration((7*day+3*asked.Minute())%17)*time.Minute), ledger.Said{Ours: true, Text: "Bring it in", InReplyTo: []string{ext}}}} {
							p.s.ExternalID = p.ext
							list = append(list, ledger.Activity{ID: id.From(p.ext, "post"), Kind: ledger.PostSaid, Actor: "mailto:bo@example.org", Channel: ch, At: p.at, LearnedAt: p.at, Key: ledger.SaidKey(ch, p.ext), Data: ledger.Data(p.s)})
						}
						list = append(list, ledger.Activity{Kind: ledger.PostLabelled, Actor: "member:m1", Object: id.From(ext, "post"), At: asked, LearnedAt: asked, Data: ledger.Data(ledger.Label{Label: "kinds", Value: kind})})
					}
				}
			}
		}
		_, err := w.led.State(t.Context(), list...)
		w.must(err)
	}
	notes, err := w.s.NotesAt(w.ada, []report.Subject{{Measure: "first-response-time", Days: 30}}, w.now)
	w.must(err)
	namer, err := w.s.Namer(w.ada)
	w.must(err)
	if len(notes) != 1 || !strings.Contains(strings.ReplaceAll(notes[0].Sentence(w.ada, namer), "\u00a0", " "), "mostly complaints in French on mail on Mondays (n = 240 of ") {
		for _, n := range notes {
			t.Log(n.Sentence(w.ada, namer))
		}
		t.Fatalf("%d notes", len(notes))
	}
	n := notes[0]
	rows, _, err := w.s.Measures().Rows(w.ada, n.Measure.ID, n.Window, n.Narrowed, measure.Paging{Weekday: 1, Limit: 1000})
	w.must(err)
	for _, r := range rows {
		if r.At.Weekday() != time.Monday {
			t.Errorf("a row of %s", r.At)
		}
	}
	if len(rows) != n.NarrowedN || !strings.HasSuffix(n.Path(w.ada), "&weekday=1") {
		t.Errorf("%d rows behind %d at %s", len(rows), n.NarrowedN, n.Path(w.ada))
	}
}

// post office keeps what was sent.
type office struct {
	mu   sync.Mutex
	got  []report.Letter
	fail error
}

func (o *office) Post(_ context.Context, l report.Letter) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.fail == nil || !errors.Is(o.fail, report.ErrNotSent) {
		o.got = append(o.got, l)
	}
	return o.fail
}

func (o *office) to() (out []string) {
	for _, l := range o.got {
		out = append(out, l.To)
	}
	slices.Sort(out)
	return out
}

// press keeps the page that is printed last.
type press struct{ page string }

func (*press) Able() bool { return true }

func (p *press) PDF(_ context.Context, html []byte) ([]byte, error) {
	p.page = string(html)
	return []byte("%PDF-"), nil
}

func monday(to ...report.Recipient) report.Mailing {
	return report.Mailing{Name: "Monday <review>", Content: report.OfPack, Lang: "fr", Enabled: true, Recipients: to,
		Rhythm: due.Rhythm{Every: due.Week, Weekday: time.Monday, Minute: 480, Zone: "Europe/Paris"}}
}

func TestMailing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		o := &office{}
		w.s.WithMail(o, nil)
		ada := org.Who(w.ada).ID
		m, err := w.s.SaveMailing(w.ada, monday(report.Recipient{Member: ada}, report.Recipient{Address: "Board@Example.org"}, report.Recipient{Address: "board@example.org"}))
		w.must(err)
		if want := time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC); !m.DueAt.Equal(want) || len(m.Recipients) != 2 {
			t.Errorf("due %v to %v", m.DueAt, m.Recipients)
		}
		run := func() {
			t.Helper()
			var all sync.WaitGroup
			for range 4 { // as many nodes
				all.Go(func() {
					if _, err := w.s.Claim(t.Context()); err != nil {
						t.Error(err)
					}
					if _, err := w.s.SendOnce(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
		}
		run()
		if len(o.got) != 0 {
			t.Fatalf("sent before it was due: %v", o.to())
		}
		w.now = time.Date(2026, 12, 9, 12, 0, 0, 0, time.UTC) // three Mondays passed while nothing ran
		run()
		run()
		if diff := cmp.Diff([]string{"ada@velo.example", "board@example.org"}, o.to()); diff != "" {
			t.Fatalf("sent: %s", diff)
		}
		link := ""
		for _, l := range o.got {
			if strings.Contains(l.HTML, "<script") || strings.Contains(l.HTML, "<review>") || !strings.Contains(l.HTML, "&lt;review&gt;") || !strings.Contains(l.Text, "Monday <review>") {
				t.Errorf("the letter to %s: %s", l.To, l.HTML)
			}
			if (l.Unsubscribe != "") != (l.To == "board@example.org") {
				t.Errorf("a link to end it for %s: %q", l.To, l.Unsubscribe)
			}
			if l.Unsubscribe != "" {
				link = l.Unsubscribe
			}
		}
		_, secret, _ := strings.Cut(link, report.UnsubscribePath)
		if x, err := w.s.Subscribed(t.Context(), secret); err != nil || x.Ended || x.Address != "board@example.org" {
			t.Errorf("subscribed: %+v, %v", x, err)
		}
		for range 2 {
			_, err = w.s.Unsubscribe(t.Context(), secret)
			w.must(err)
		}
		if _, err := w.s.Subscribed(t.Context(), strings.Repeat("x", 32)); !problem.Is(err, problem.Missing) {
			t.Errorf("a link of nobody: %v", err)
		}
		o.got = nil
		w.now = w.now.AddDate(0, 0, 7)
		run()
		if diff := cmp.Diff([]string{"ada@velo.example"}, o.to()); diff != "" {
			t.Errorf("sent after it was ended: %s", diff)
		}
		mails, err := w.s.Mails(w.ada, m.ID)
		if err != nil || len(mails) != 4 {
			t.Errorf("%d mails listed, %v", len(mails), err)
		}
		if _, err := w.s.Mailing(w.vic, m.ID); !problem.Is(err, problem.Missing) {
			t.Errorf("Vic reads it: %v", err)
		}
	})
}

// What is off in a pack has its reasons beside it, on the page and in the mail alike; an amount that is hidden is none.
func TestPackReasons(t *testing.T) {
	t.Parallel()
	reading := func(measure string, s stat.State, target float64) strategy.Reading {
		return strategy.Reading{Measure: strategy.Measure{Measure: measure, Target: target}, Unit: kpi.Share, State: s, Value: stat.Estimate{Value: 0.5}}
	}
	hidden := reading("contact-saving", stat.Watch, 1000)
	hidden.Hidden = true
	st := strategy.Standing{Readings: []strategy.Reading{reading("response-rate", stat.Off, 0.9), reading("csat", stat.OnTrack, 0.8), hidden}}
	got := report.PackReasons(i18n.With(t.Context(), "en", time.UTC), st, map[string]string{"response-rate": "Response rate"})
	if len(got) != 2 || got[0].Text != "Response rate: 50%, target 90%." || !strings.HasPrefix(got[0].Href, "/measures/response-rate/rows?") || got[1].Text != "contact-saving: amount not shown." || got[1].Href != "" {
		t.Errorf("%+v", got)
	}
}

// A member who is sent a pack reads no amounts in it that the pages hide from them; an address outside reads what the owner of the report sees.
func TestMailedMoney(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		o := &office{}
		w.s.WithMail(o, nil)
		w.exec("INSERT INTO business_fact (id, kind, at, amount, currency, label, activity, stated_at) VALUES ('b', 'benefit', $1, 123456, 'EUR', 'measured', 'a', 1)", db.T(w.now.AddDate(0, -1, 0)))
		m := monday(report.Recipient{Member: org.Who(w.ada).ID}, report.Recipient{Member: org.Who(w.vic).ID}, report.Recipient{Address: "board@example.org"})
		m.Content, m.Lang = report.OfPack, "en"
		_, err := w.s.SaveMailing(w.ada, m)
		w.must(err)
		w.now = w.now.AddDate(0, 0, 7)
		_, err = w.s.Claim(t.Context())
		w.must(err)
		_, err = w.s.SendOnce(t.Context())
		w.must(err)
		want := map[string]bool{"ada@velo.example": true, "vic@velo.example": false, "board@example.org": true}
		for _, l := range o.got {
			if in := strings.Contains(l.HTML, "1,234.56") && strings.Contains(l.Text, "1,234.56"); in != want[l.To] || strings.Contains(l.HTML, "steer the strategy") == in {
				t.Errorf("the amount is in the mail to %s: %v\n%s", l.To, in, l.Text)
			}
		}
		if len(o.got) != len(want) {
			t.Errorf("sent to %v", o.to())
		}
		// The same holds for a dashboard with a measure in money.
		// Beside it stands a wait of which so many go on that it can only be more than something; on paper it says so too.
		w.channel("mail")
		var asked []ledger.Activity
		for i := range 40 {
			at, ext := w.now.AddDate(0, 0, -5).Add(time.Duration(i)*time.Minute), fmt.Sprint("q", i)
			for _, s := range []ledger.Said{{ExternalID: ext, Text: "My brake squeaks", Direct: true, Inbox: true}, {ExternalID: ext + "r", Ours: true, Text: "Bring it in", InReplyTo: []string{ext}}} {
				if s.Ours {
					at = at.Add(time.Hour)
				}
				if !s.Ours || i%4 != 0 {
					asked = append(asked, ledger.Activity{ID: id.From(s.ExternalID, "post"), Kind: ledger.PostSaid, Actor: "mailto:bo@example.org", Channel: "mail", At: at, LearnedAt: at, Key: ledger.SaidKey("mail", s.ExternalID), Data: ledger.Data(s)})
				}
			}
		}
		_, err = w.led.State(t.Context(), asked...)
		w.must(err)
		paper := &press{}
		w.s.WithMail(o, paper)
		w.exec("INSERT INTO business_fact (id, kind, at, quantity, amount, before, currency, activity, stated_at) VALUES ('p', 'purchase', $1, 1, 100, 98765500, 'EUR', 'a', 1)", db.T(w.now.AddDate(0, 0, -3)))
		board, err := w.s.AddDashboard(w.ada, report.Dashboard{Name: "Money", Tiles: []report.Tile{{Measure: "supplier-savings", Days: 30}, {Measure: "first-response-time", Statistic: report.P90, Days: 30}}})
		w.must(err)
		w.exec("DELETE FROM report_sending")
		w.exec("DELETE FROM report_plan")
		m.Content, o.got = "dashboard:"+board.ID, nil
		_, err = w.s.SaveMailing(w.ada, m)
		w.must(err)
		w.now = w.now.AddDate(0, 0, 7)
		_, err = w.s.Claim(t.Context())
		w.must(err)
		_, err = w.s.SendOnce(t.Context())
		w.must(err)
		for _, l := range o.got {
			if in := strings.Contains(l.HTML, "987,654") && strings.Contains(l.Text, "987,654"); in != want[l.To] || strings.Contains(l.HTML, "steer the strategy") == in {
				t.Errorf("the amount is on the dashboard sent to %s: %v\n%s", l.To, in, l.Text)
			}
			if string(l.PDF) != "%PDF-" || !strings.Contains(paper.page, "more than") || !strings.Contains(l.HTML, "more than") || !strings.Contains(l.Text, "more than") {
				t.Errorf("a wait that is beyond what was seen, to %s with %q:\n%s\n%s", l.To, l.PDF, l.Text, paper.page)
			}
		}
		if len(o.got) != len(want) {
			t.Errorf("the dashboard was sent to %v", o.to())
		}
	})
}

// TestBrokenSending holds a mail to never going out twice: what was under way when a node died is uncertain, what surely did not go out is tried
// again.
func TestBrokenSending(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		o := &office{fail: fmt.Errorf("full: %w", report.ErrNotSent)}
		w.s.WithMail(o, nil)
		m, err := w.s.SaveMailing(w.ada, monday(report.Recipient{Address: "board@example.org"}))
		w.must(err)
		state := func() report.Mail {
			t.Helper()
			list, err := w.s.Mails(w.ada, m.ID)
			if err != nil || len(list) != 1 {
				t.Fatalf("%d mails, %v", len(list), err)
			}
			return list[0]
		}
		once := func() {
			t.Helper()
			_, err := w.s.SendOnce(t.Context())
			w.must(err)
		}
		w.now = time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC)
		_, err = w.s.Claim(t.Context())
		w.must(err)
		once()
		if x := state(); x.State != report.Queued || x.Attempts != 1 || !x.DueAt.After(w.now) {
			t.Errorf("refused once: %+v", x)
		}
		// A node takes it and dies.
		w.now = w.now.Add(time.Hour)
		w.exec("UPDATE report_sending SET state = 'sending', lease_until = $1", db.T(w.now.Add(time.Minute)))
		o.fail = nil
		once()
		if x := state(); x.State != report.Sending || len(o.got) != 0 {
			t.Errorf("taken from a node that may be at it: %+v", x)
		}
		w.now = w.now.Add(time.Hour)
		once()
		once()
		if x := state(); x.State != report.Uncertain || len(o.got) != 0 {
			t.Errorf("a node died: %+v, sent %v", x, o.to())
		}
		// Nobody knows whether this one arrived.
		w.exec("UPDATE report_sending SET state = 'queued', lease_until = NULL")
		o.fail = errors.New("the line broke")
		once()
		once()
		if x := state(); x.State != report.Uncertain || len(o.got) != 1 {
			t.Errorf("the line broke: %+v, sent %v", x, o.to())
		}
		// Whoever knows better sends it again: the same mail, once more.
		if err := w.s.SendAgain(w.vic, m.ID, state().ID); err == nil {
			t.Error("Vic sends Ada's report")
		}
		if err := w.s.SendAgain(w.ada, m.ID, "0000"); !problem.Is(err, problem.Missing) {
			t.Errorf("a mail of nobody: %v", err)
		}
		w.must(w.s.SendAgain(w.ada, m.ID, state().ID))
		if x := state(); x.State != report.Queued || x.Attempts != 0 || x.Problem != "" {
			t.Errorf("to be sent again: %+v", x)
		}
		o.fail = nil
		once()
		if x := state(); x.State != report.Sent || len(o.got) != 2 || o.got[0].ID != o.got[1].ID {
			t.Errorf("sent again: %+v, sent %v", x, o.to())
		}
		if err := w.s.SendAgain(w.ada, m.ID, state().ID); !problem.Is(err, problem.Conflict) {
			t.Errorf("what was sent is sent again: %v", err)
		}
	})
}

func TestValue(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.channel("forum")
		w.say("forum", 2, 40, "The bike arrived with a loose brake") // first: the first fact derives everything anew
		fact := func(id, kind, label, status, channel, currency string, amount int64) {
			w.exec("INSERT INTO business_fact (id, kind, at, amount, currency, label, status, channel, activity, stated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'a', 1)", id, kind, db.T(w.now.AddDate(0, -1, 0)), amount, currency, label, status, channel)
		}
		fact("1", "benefit", "measured", "", "", "EUR", 100000)
		fact("2", "benefit", "holdout", "", "", "EUR", 50000)
		fact("3", "benefit", "modelled", "", "", "EUR", 700000)
		fact("4", "benefit", "measured", "", "", "CHF", 9000)
		fact("5", "lead", "", "won", "forum", "EUR", 300000)
		fact("6", "lead", "", "won", "", "EUR", 999999) // from nowhere we are
		fact("7", "cost", "platform", "", "", "EUR", 20000)
		v, err := w.s.Value(w.ada, measure.Last(365, w.now, time.UTC), "")
		w.must(err)
		want := []report.Sum{{Currency: "CHF", Proven: 9000, Lines: 1}, {Currency: "EUR", Proven: 150000, Potential: 1000000, Cost: 20000, Lines: 4}}
		if diff := cmp.Diff(want, v.Sums); diff != "" {
			t.Error(diff)
		}
		bad := report.ValueLine{Name: "x", Measure: "net-sentiment", Price: 1, Currency: "EUR", Grade: report.Assumed, Reason: "said"}
		if _, err := w.s.SaveValueLine(w.ada, bad); !problem.Is(err, problem.Invalid) {
			t.Errorf("a price for an index: %v", err)
		}
		l, err := w.s.SaveValueLine(w.ada, report.ValueLine{Name: "Posts", Measure: "volume", Price: 250, Currency: "EUR", Grade: report.Assumed, Reason: "said"})
		w.must(err)
		v, err = w.s.Value(w.ada, measure.Last(365, w.now, time.UTC), "")
		w.must(err)
		for _, e := range v.Entries {
			if e.Ref == l.ID && (e.Value.Value != 10000 || e.Grade != report.Assumed || !e.Value.Bounded || e.N != 40) {
				t.Errorf("40 posts at 2.50: %+v", e)
			}
		}
		if v.Sums[1].Proven != 150000 || v.Sums[1].Potential != 1010000 {
			t.Errorf("what is assumed is added to what is measured: %+v", v.Sums)
		}
		// What is stated of a period counts by its days: of a year that ends with the window of 73 days a fifth, of one that is over nothing.
		quarter := measure.Window{From: time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 8, 13, 0, 0, 0, 0, time.UTC)}
		for i, f := range []struct {
			kind, label string
			from, until time.Time
		}{{"cost", "platform", time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)}, {"benefit", "measured", time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)},
			{"cost", "platform", time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), quarter.From}} {
			w.exec("INSERT INTO business_fact (id, kind, at, until, amount, currency, label, activity, stated_at) VALUES ($1, $2, $3, $4, 1200000, 'SEK', $5, 'a', 1)", fmt.Sprint("period", i), f.kind, db.T(f.from), db.T(f.until), f.label)
		}
		v, err = w.s.Value(w.ada, quarter, "")
		w.must(err)
		if diff := cmp.Diff([]report.Sum{{Currency: "EUR", Lines: 1}, {Currency: "SEK", Proven: 240000, Cost: 240000, Lines: 1}}, v.Sums); diff != "" {
			t.Error(diff)
		}
		w.exec("DELETE FROM business_fact WHERE currency = 'SEK'")
		v, err = w.s.Value(w.ada, measure.Last(365, w.now, time.UTC), "")
		w.must(err)
		hidden, err := w.s.Value(w.vic, measure.Last(365, w.now, time.UTC), "")
		w.must(err)
		if !hidden.Hidden || len(hidden.Sums) != 0 || len(hidden.Entries) != len(v.Entries) {
			t.Errorf("Vic sees %d lines of %d and the sums %+v", len(hidden.Entries), len(v.Entries), hidden.Sums)
		}
		for _, e := range hidden.Entries {
			if e.Value.Defined() || e.Result.Value.Defined() || e.Price != 0 || e.Reason != "" || e.Grade == "" || e.Ref == l.ID && e.N != 40 {
				t.Errorf("Vic sees of %s: %+v", e.Name, e)
			}
		}
		if _, err := w.s.ValueLines(w.vic); !problem.Is(err, problem.Forbidden) {
			t.Errorf("Vic reads prices: %v", err)
		}
	})
}

// TestValueOfObjectives holds that an objective is credited with what its measure counts, that no total counts anything twice, and that won leads
// and benefits of ideas reach the objectives of their initiative.
func TestValueOfObjectives(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.channel("forum")
		w.say("forum", 2, 1, "The bike arrived with a loose brake") // first: the first fact derives everything anew
		name := func(text string) strategy.Words { return strategy.Words{"en": text} }
		saves := func(channel string) []strategy.Measure {
			return []strategy.Measure{{Measure: "contact-saving", Better: kpi.Higher, Weight: 1, BaselineAt: w.now.AddDate(0, -6, 0), Target: 1000, Days: 365, Channel: channel}}
		}
		m, err := w.strategy.AddMap(w.ada, strategy.Draft{Name: name("Our map"), Perspectives: []strategy.Perspective{{ID: "value", Name: name("Value")}},
			Objectives: []strategy.Objective{{ID: "all", Perspective: "value", Name: name("Save"), Measures: saves("")}, {ID: "part", Perspective: "value", Name: name("Save here"), Measures: saves("forum")},
				{ID: "idea", Perspective: "value", Name: name("Invent")}}})
		w.must(err)
		at := map[string]string{}
		for _, o := range m.Objectives {
			at[o.Name["en"]] = o.ID
		}
		i, err := w.plan.Add(w.ada, plan.About{Name: "Bell", Currency: "EUR", Objectives: []string{at["Invent"]}})
		w.must(err)
		w.exec("INSERT INTO community_idea (id, status, status_at, initiative) VALUES ('bell', 'done', 1, $1)", i.ID)
		for n, f := range []struct {
			kind, label, status, channel, ref, campaign, currency string
			quantity                                              float64
			amount                                                any
		}{{kind: "visit", label: "visits", channel: "forum", quantity: 60_000}, {kind: "visit", label: "visits", quantity: 40_000}, {kind: "survey", label: "support", channel: "forum", quantity: 0.43, ref: "1000"},
			{kind: "survey", label: "found", channel: "forum", quantity: 0.65, ref: "400"}, {kind: "survey", label: "would_contact", channel: "forum", quantity: 0.09, ref: "200"},
			{kind: "contact", status: "assisted", channel: "forum", quantity: 8000}, {kind: "cost", label: "support", channel: "forum", quantity: 1, amount: 2_000_000, currency: "EUR"},
			{kind: "benefit", label: "measured", quantity: 1, amount: 70_000, currency: "EUR", ref: "https://velo.example/c/riders/ideas/bell"}, {kind: "lead", status: "won", quantity: 1, amount: 30_000, currency: "EUR", channel: "forum", campaign: "bell"},
			{kind: "lead", status: "won", quantity: 1, amount: 5_000, currency: "EUR", channel: "forum"}} {
			w.exec("INSERT INTO business_fact (id, kind, at, quantity, amount, currency, label, status, channel, ref, campaign, activity, stated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'a', 1)",
				fmt.Sprint("f", n), f.kind, db.T(w.now.AddDate(0, -1, 0)), f.quantity, f.amount, f.currency, f.label, f.status, f.channel, f.ref, f.campaign)
		}
		year := measure.Last(365, w.now, time.UTC)
		whole, err := w.s.Measures().Compute(w.ada, "contact-saving", year, measure.Filter{})
		w.must(err)
		part, err := w.s.Measures().Compute(w.ada, "contact-saving", year, measure.Filter{Channel: "forum"})
		w.must(err)
		if !whole.Value.Defined() || !(part.Value.Value > 0) || part.Value.Value >= whole.Value.Value {
			t.Fatalf("of %+v a part is %+v", whole.Value, part.Value)
		}
		for objective, want := range map[string]float64{"": whole.Value.Value, at["Save"]: whole.Value.Value, at["Save here"]: part.Value.Value, at["Invent"]: 0} {
			v, err := w.s.Value(w.ada, year, objective)
			w.must(err)
			added := 0.0
			for _, e := range v.Entries {
				if e.Origin == report.FromMeasure && e.Ref == "contact-saving" && !e.Twice {
					added += e.Value.Value
				}
			}
			if added != want {
				t.Errorf("to %q is added %v, want %v", objective, added, want)
			}
			if objective == at["Invent"] && !cmp.Equal(v.Sums, []report.Sum{{Currency: "EUR", Proven: 70_000, Potential: 30_000, Lines: 2}}) {
				t.Errorf("of the initiative are %+v", v.Sums)
			}
		}
	})
}
