package situation_test

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/hours"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/inbox/due"
	"github.com/entente/entente/internal/inbox/inboxtest"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/situation"
	"github.com/entente/entente/internal/team"
)

// week is what the test itself knows of the conversations of a week, by what began them.
type week map[string]*talk

// talk is what happened in a conversation, in order.
type talk struct {
	id     string // the conversation
	public bool
	events []happening
	queued int // answers
	sent   int
}

type happening struct {
	at   time.Time
	what byte // t: they spoke, o: we did, r: resolved
}

func (k *talk) note(at time.Time, what byte) { k.events = append(k.events, happening{at, what}) }

// promises are those of the week: who asks in public is answered sooner.
func promises(from time.Time) due.Promises {
	c := hours.Usual("Europe/Paris")
	for d := 1; d <= 5; d++ {
		c.Week[d] = []hours.Stretch{{From: 9 * 60, To: 12*60 + 30}, {From: 14 * 60, To: 18 * 60}}
	}
	c.Week[0], c.Week[6], c.Holidays = nil, nil, []string{"2026-05-14"}
	return due.Promises{Calendars: []due.Calendar{{ID: "c", Name: "Shop", Calendar: c}}, Policies: []due.Policy{
		{ID: "public", Name: "Public", Seen: "public", FirstReply: 30, NextReply: 45, Resolution: 240, Calendar: "c", Pause: true, From: from},
		{ID: "rest", Name: "Rest", FirstReply: 90, NextReply: 120, Resolution: 480, Calendar: due.Around, From: from}}}
}

// open says by hand whether somebody is there in the minute that begins at an instant: in Paris, in May.
func open(at time.Time) bool {
	at = at.UTC().Add(2 * time.Hour)
	m := at.Hour()*60 + at.Minute()
	return at.Weekday() >= time.Monday && at.Weekday() <= time.Friday && at.Day() != 14 && (m >= 540 && m < 750 || m >= 840 && m < 1080)
}

// kept is one thing promised, as the walk finds it.
type kept struct {
	aim   due.Aim
	begun time.Time
	ended time.Time // zero: it goes on
	late  bool
}

// walk goes through a conversation minute by minute and says what was promised and whether it was kept.
func (k *talk) walk(now time.Time) []kept {
	limits := map[due.Aim]int{due.FirstReply: 90, due.NextReply: 120, due.Resolution: 480}
	if k.public {
		limits = map[due.Aim]int{due.FirstReply: 30, due.NextReply: 45, due.Resolution: 240}
	}
	counts := func(at time.Time) bool { return !k.public || open(at) }
	var out []kept
	var reply, whole *kept
	used := map[*kept]int{}
	answered, paused := false, false
	begin := func(aim due.Aim, at time.Time) *kept { return &kept{aim: aim, begun: at} }
	end := func(p **kept, at time.Time) {
		if *p != nil {
			(*p).ended = at
			out = append(out, **p)
			*p = nil
		}
	}
	at := k.events[0].at
	pass := func(to time.Time) {
		for ; at.Before(to); at = at.Add(time.Minute) {
			for _, p := range []*kept{reply, whole} {
				if p == nil || p == whole && paused {
					continue
				}
				if used[p] >= limits[p.aim] {
					p.late = true // another minute begins when the last one is over
				} else if counts(at) {
					used[p]++
				}
			}
		}
	}
	for _, e := range k.events {
		pass(e.at)
		switch e.what {
		case 't':
			if whole == nil {
				whole = begin(due.Resolution, e.at)
			}
			if reply == nil {
				reply = begin(map[bool]due.Aim{false: due.FirstReply, true: due.NextReply}[answered], e.at)
			}
			paused = false
		case 'o':
			end(&reply, e.at)
			answered, paused = true, k.public && whole != nil && !whole.late
		case 'r':
			end(&whole, e.at)
		}
	}
	pass(now)
	end(&reply, time.Time{})
	end(&whole, time.Time{})
	return out
}

// TestWeek plays a working week: conversations come in, routing gives them to volunteers, on Wednesday many have one cause and a statement
// goes out, on Thursday the channel is down for a day. In the end nothing is lost, nothing was answered twice, and what was promised is
// kept or broken as a walk through all minutes says.
func TestWeek(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		talks, members := 2000, 30
		if r.DB.Engine() == db.Postgres {
			talks, members = 60, 5
		}
		playWeek(t, r, talks, members)
	})
}

func playWeek(t *testing.T, r *room, talks, members int) {
	chance := rand.New(rand.NewPCG(2026, 5))
	r.Pass(6*24*time.Hour + 18*time.Hour) // Monday, 8 o'clock in Paris
	monday := r.Now()
	lea := r.As(r.lea)
	r.must(r.Inbox.Promise(lea, promises(monday), ""))
	profiles := team.New(r.DB, r.Org, slog.New(slog.DiscardHandler), r.Now)
	always := hours.Calendar{Zone: "UTC"}
	for d := range always.Week {
		always.Week[d] = []hours.Stretch{{From: 0, To: 1440}}
	}
	var crew []*org.Member
	for i := range members {
		m, _ := r.Join(fmt.Sprint("Vol", i), org.Volunteer)
		crew = append(crew, m)
		was, err := profiles.Find(r.As(m), m.ID)
		r.must(err)
		_, err = profiles.Save(org.AsOperator(t.Context()), was.Mark(), team.Profile{Member: m.ID, Skills: []string{[]string{"brakes", "battery", "prices"}[i%3]}, Languages: []string{"en"},
			Calendar: always, Minutes: 2400, Routed: true})
		r.must(err)
	}
	r.must(r.Inbox.SetRouting(lea, inbox.Routing{Automatic: true, Most: 6, Cost: 8}))

	const step, day = time.Hour, 24 // so many steps
	steps := 5 * day
	all, byID := week{}, map[string]*talk{}
	answers := map[int][]channel.Item{} // what they say to our answers, by step
	arrived := 0                        // of what was sent
	var inCrisis []string
	say := func(n int, now time.Time, text string) (items []channel.Item) {
		for range n {
			ext := fmt.Sprint("m", len(all))
			at := now.Add(-time.Duration(1+chance.IntN(59)) * time.Minute)
			i := inboxtest.Mail(ext, fmt.Sprint("rider", len(all)), "Bike", text, at)
			if chance.IntN(3) == 0 {
				i = inboxtest.Question(ext, fmt.Sprint("rider", len(all)), "Bike", text, at)
			}
			all[ext] = &talk{public: !i.Private}
			items = append(items, i)
		}
		return items
	}
	texts := []string{"My brakes squeak.", "What is the price of a wheel?", "The battery does not charge.", "Thank you, and where is your shop?"}
	for n := 1; n <= steps; n++ {
		r.Pass(step)
		now := r.Now()
		crisis := n == 2*day+4 // Wednesday, noon in Paris
		var items []channel.Item
		if h := n % day; h > 0 && h < 12 {
			items = say(talks*7/8/(5*11), now, texts[chance.IntN(len(texts))])
		}
		if crisis {
			items = append(items, say(talks/8, now, "Smoke comes out of the battery of my Lande!")...)
		}
		if n == steps-13 { // the rest
			items = append(items, say(talks-len(all), now, texts[0])...)
		}
		fresh := len(items)
		for _, i := range answers[n] {
			i.At = now.Add(-time.Duration(1+chance.IntN(59)) * time.Minute)
			items = append(items, i)
		}
		if len(items) > 0 {
			r.Hear(r.Post.ID, items...)
		}
		for x, i := range items {
			k := all[i.ExternalID]
			if x < fresh {
				k.id = r.About(r.Post.ID, i.ExternalID).ID
				byID[k.id] = k
				if crisis && strings.HasPrefix(i.Text, "Smoke") {
					inCrisis = append(inCrisis, k.id)
				}
			} else {
				k = all[i.InReplyTo[0]]
			}
			k.note(i.At.UTC(), 't')
		}
		r.Town.Break(nil)
		if n >= 3*24 && n < 4*24 {
			r.Town.Break(&channel.Fault{Kind: channel.Temporary, Err: fmt.Errorf("the host is down")})
		}
		if crisis {
			v, err := r.s.Start(lea, situation.Draft{Name: "Smoke", Level: situation.Crisis, Conversations: inCrisis})
			r.must(err)
			w := r.approved(v, "Please stop charging. We call you.")
			_, err = r.s.Begin(lea, w.ID)
			r.must(err)
			if got, err := r.s.Deliver(t.Context()); err != nil || got != len(inCrisis) {
				t.Fatalf("%d of %d copies: %v", got, len(inCrisis), err)
			}
			for _, c := range inCrisis {
				byID[c].queued++
			}
		}
		_, err := r.Inbox.RouteWaiting(t.Context())
		r.must(err)
		r.answer(chance, crew, byID, n, now, answers)
		for { // what is due goes out
			sent, err := r.Channels.SendOnce(t.Context(), now)
			r.must(err)
			if sent == 0 {
				break
			}
		}
		r.Level()
		for sent := r.Town.Sent(); arrived < len(sent); arrived++ {
			ext, _, _ := strings.Cut(sent[arrived].InReplyTo, "-")
			k := all[ext]
			k.note(now.UTC(), 'o')
			k.sent++
		}
	}
	r.check(all, talks)
}

// answer lets volunteers answer some of what they have, and resolve some of what is answered. Now and then somebody presses twice.
func (r *room) answer(chance *rand.Rand, crew []*org.Member, byID map[string]*talk, n int, now time.Time, answers map[int][]channel.Item) {
	type line struct {
		id, assignee, first string
		waits               bool
	}
	list, err := db.All(r.T.Context(), r.DB.Read(), func(l *line) []any { return []any{&l.id, &l.assignee, &l.first, db.Bool(&l.waits)} },
		`SELECT c.id, c.assignee, p.external_id, CASE WHEN c.waiting_since IS NULL THEN 0 ELSE 1 END FROM conversation c JOIN post p ON p.id = c.post
		WHERE c.state = 'open' AND c.assignee <> '' ORDER BY c.id`)
	r.must(err)
	who := map[string]*org.Member{}
	for _, m := range crew {
		who[m.ID] = m
	}
	down := n >= 3*24 && n < 4*24
	for _, l := range list {
		k := byID[l.id]
		as := r.As(who[l.assignee])
		switch {
		case k.queued > k.sent: // an answer is on its way
		case l.waits && chance.IntN(5) < 3:
			in := inbox.Answer{Text: fmt.Sprint("We look at it, ", k.queued), Private: !k.public, Token: fmt.Sprint(l.id, n), Resolve: !down && chance.IntN(5) < 3}
			sending, err := r.Inbox.Reply(as, l.id, in)
			r.must(err)
			if chance.IntN(20) == 0 {
				again, err := r.Inbox.Reply(as, l.id, in)
				if err != nil || again.ID != sending.ID {
					r.T.Fatalf("pressed twice: %v and %v, %v", sending.ID, again.ID, err)
				}
			}
			k.queued++
			if in.Resolve {
				k.note(now.UTC(), 'r')
			}
			if chance.IntN(4) == 0 {
				at := n + 2 + chance.IntN(20)
				ext := fmt.Sprint(l.first, "-", at)
				i := inboxtest.Mail(ext, "rider", "", "And then?", now, l.first)
				i.Private = !k.public
				answers[at] = append(answers[at], i)
			}
		case !l.waits && chance.IntN(5) < 3:
			_, err := r.Inbox.Resolve(as, l.id)
			r.must(err)
			k.note(now.UTC(), 'r')
		}
	}
}

// check compares what is there with what the test noted.
func (r *room) check(all week, talks int) {
	t, ctx := r.T, r.T.Context()
	if n, _, err := db.Value[int](ctx, r.DB.Read(), "SELECT COUNT(*) FROM conversation"); err != nil || n != talks || len(all) != talks {
		t.Fatalf("%d conversations, %d were begun, want %d: %v", n, len(all), talks, err)
	}
	if n, _, err := db.Value[int](ctx, r.DB.Read(), "SELECT COUNT(*) FROM outgoing WHERE state <> 'sent'"); err != nil || n != 0 {
		how, _ := db.All(ctx, r.DB.Read(), func(s *string) []any { return []any{s} },
			"SELECT conversation || ' ' || state || ' ' || attempts || ' due ' || due_at || ' ' || error FROM outgoing WHERE state <> 'sent' LIMIT 5")
		t.Errorf("%d answers did not arrive at %d: %v %q", n, r.Now().UnixMicro(), err, how)
	}
	type promise struct {
		id            string
		aim           due.Aim
		begun, ended  time.Time
		due           time.Time
		state, policy string
	}
	rows, err := db.All(ctx, r.DB.Read(), func(p *promise) []any {
		return []any{&p.id, (*string)(&p.aim), db.At(&p.begun), db.At(&p.ended), db.At(&p.due), &p.state, &p.policy}
	}, "SELECT conversation, aim, begun_at, ended_at, due_at, state, policy FROM conversation_promise")
	r.must(err)
	got := map[string]map[kept]int{}
	for _, p := range rows {
		end := p.ended
		if end.IsZero() {
			end = r.Now()
		}
		if got[p.id] == nil {
			got[p.id] = map[kept]int{}
		}
		got[p.id][kept{p.aim, p.begun, p.ended, !p.due.IsZero() && end.After(p.due)}]++
	}
	posts, late, promised := 0, 0, 0
	for ext, k := range all {
		said := 0
		for _, e := range k.events {
			if e.what != 'r' {
				said++
			}
		}
		if n, _, err := db.Value[int](ctx, r.DB.Read(), "SELECT posts FROM conversation WHERE id = $1", k.id); err != nil || n != said || k.sent != k.queued {
			t.Fatalf("%s has %d posts, want %d; %d of %d answers arrived: %v", ext, n, said, k.sent, k.queued, err)
		}
		posts += said
		want := map[kept]int{}
		for _, p := range k.walk(r.Now().UTC()) {
			want[p]++
			promised++
			if p.late {
				late++
			}
		}
		if diff := cmp.Diff(want, got[k.id], cmp.AllowUnexported(kept{})); diff != "" {
			t.Fatalf("%s, public %t (-walk +kept):\n%s\n%v", ext, k.public, diff, k.events)
		}
	}
	if late == 0 || late == promised || posts < talks {
		t.Errorf("%d of %d promises are late, %d posts: that is no week", late, promised, posts)
	}
	t.Logf("%d conversations, %d posts, %d of %d promises broken", talks, posts, late, promised)
}
