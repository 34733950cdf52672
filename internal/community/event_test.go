package community_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

func (k *square) seats(event string, date int) string {
	k.t.Helper()
	list, err := k.SeatsOf(k.t.Context(), event, date)
	must(k.t, err)
	var out []string
	for _, s := range list {
		out = append(out, s.Name+" "+s.State)
	}
	return strings.Join(out, ", ")
}

// TestEvents follows an event through enrolment, a waiting list, another date, reminders and its end: who is told what, once, and what calendars show whom.
func TestEvents(t *testing.T) {
	each(t, func(t *testing.T, k *square) {
		k.mails()
		must(t, k.db.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
			_, err := db.Exec(ctx, q, `UPDATE community_space SET holds = '["question","discussion","event"]' WHERE slug = 'help'`)
			return err
		}))
		ada, bob, eve, zoe := k.join("Ada", org.Plain), k.join("Bob", org.Plain), k.join("Eve", org.Plain), k.join("Zoe", org.Plain)
		day := func(days int, clock string) string {
			return k.now().AddDate(0, 0, days).Format(time.DateOnly) + "T" + clock
		}
		plan := community.EventPlan{Starts: day(10, "18:30"), Ends: day(10, "20:00"), Zone: "Europe/Paris", Place: "12, rue; du Lac", Link: "https://meet.example/r", Seats: 2}
		announce := func(p community.EventPlan) (string, error) {
			k.pass(time.Minute)
			return k.Start(ada, community.Begin{Space: k.spaces["help"], Kind: community.Events, Title: "Brakes before winter", Body: "Bring your bicycle.", Lang: "en", Event: p})
		}
		for change, key := range map[string]string{"zone": "community.event.bad_zone", "ends": "community.event.ends_first", "link": "community.event.bad_link", "where": "community.event.nowhere"} {
			p := plan
			switch change {
			case "zone":
				p.Zone = "Europe/Nowhere"
			case "ends":
				p.Ends = p.Starts
			case "link":
				p.Link = "javascript:alert(1)"
			case "where":
				p.Place, p.Link = "", ""
			}
			_, err := announce(p)
			refused(t, err, problem.Invalid, key)
		}
		gap := plan
		gap.Starts, gap.Ends = "2027-03-28T02:30", "2027-03-28T04:00"
		_, err := announce(gap)
		refused(t, err, problem.Invalid, "community.event.no_such_time")
		event, err := announce(plan)
		must(t, err)
		k.tells()

		var all sync.WaitGroup
		for range 4 {
			all.Go(func() { _ = k.Enrol(bob, k.id, event, 0, true) })
		}
		all.Wait()
		for _, who := range []context.Context{bob, eve, zoe} {
			k.pass(time.Minute)
			must(t, k.Enrol(who, k.id, event, 0, true))
		}
		same(t, "seats", "Bob in, Eve in, Zoe waiting", k.seats(event, 0))
		must(t, k.Enrol(ada, k.id, event, 0, true))
		refused(t, k.Enrol(t.Context(), k.id, event, 0, true), problem.Unauthenticated, "problem.sign_in")
		must(t, k.Enrol(bob, k.id, event, 0, false))
		k.tells()
		k.tells()
		same(t, "seats", "Eve in, Zoe in, Ada waiting", k.seats(event, 0))
		same(t, "who moved up is told", []string{"event_seat: Brakes before winter"}, k.told(zoe))
		same(t, "who left is not", []string{}, k.told(bob))
		must(t, k.Enrol(bob, k.id, event, 0, true)) // at the end of those who wait
		same(t, "seats", "Eve in, Zoe in, Ada waiting, Bob waiting", k.seats(event, 0))

		e, _, err := k.Event(t.Context(), event)
		must(t, err)
		moved := e.Plan()
		moved.Starts, moved.Ends, moved.Seats, moved.Reason = day(11, "18:30"), day(11, "20:00"), 3, "The hall is "+unseen+"taken."
		refused(t, k.ChangeEvent(bob, k.id, event, moved), problem.Forbidden, "community.post.not_yours")
		must(t, k.ChangeEvent(ada, k.id, event, moved))
		refused(t, k.ChangeEvent(ada, k.id, event, moved), problem.Conflict, "problem.conflict")
		must(t, k.SetWishes(eve, k.sight(eve), k.id, community.Wish{Level: community.Silence, Mail: true, Digest: community.Never}))
		k.tells()
		k.tells()
		same(t, "seats", "Eve in, Zoe in, Ada in, Bob waiting", k.seats(event, 0))
		same(t, "who announced it moved up, and is not told of their own change", []string{"event_seat: Brakes before winter"}, k.told(ada))
		same(t, "those who enrolled", []string{"event_changed: Brakes before winter", "event_seat: Brakes before winter"}, k.told(zoe))
		same(t, "those who want nothing", []string{}, k.told(eve))

		list := func(who context.Context) string {
			o := k.sight(who)
			found, _, err := k.Events(who, o, community.EventQuery{Community: k.id})
			must(t, err)
			c, _ := o.ByID(k.id)
			raw, err := k.Calendar(who, o, c, org.Who(who), found, "Velo")
			must(t, err)
			return strings.ReplaceAll(string(raw), "\r\n ", "")
		}
		if c := list(zoe); !strings.Contains(c, "UID:"+event+"@") || !strings.Contains(c, "SEQUENCE:1") || !strings.Contains(c, `LOCATION:12\, rue\; du Lac`) || !strings.Contains(c, "meet.example") || !strings.Contains(c, "CONFIRMED") {
			t.Errorf("the calendar of who comes:\n%s", c)
		}
		if c := list(bob); strings.Contains(c, "meet.example") || !strings.Contains(c, "TENTATIVE") {
			t.Errorf("the calendar of who waits:\n%s", c)
		}
		token, err := k.CalendarToken(zoe, k.id, true)
		must(t, err)
		m, err := k.CalendarReader(t.Context(), k.id, token)
		must(t, err)
		same(t, "whose calendar", "Zoe", m.Name)
		_, err = k.CalendarToken(zoe, k.id, true)
		must(t, err)
		_, err = k.CalendarReader(t.Context(), k.id, token)
		refused(t, err, problem.Missing, "problem.not_found")

		e, _, err = k.Event(t.Context(), event)
		must(t, err)
		k.pass(e.StartsAt.Sub(k.now()) - 20*time.Hour)
		k.tells()
		k.tells()
		k.pass(e.StartsAt.Sub(k.now()) - 30*time.Minute)
		k.tells()
		k.tells()
		same(t, "reminders", "event_soon: Brakes before winter,event_soon: Brakes before winter", strings.Join(k.told(zoe)[:2], ","))
		if n := len(k.told(zoe)); n != 4 {
			t.Errorf("%d notices", n)
		}
		refused(t, k.CancelEvent(ada, k.id, event, 0, false, " "), problem.Invalid, "community.event.say_why")
		must(t, k.CancelEvent(ada, k.id, event, 0, false, "Snow."))
		k.tells()
		same(t, "called off", "event_cancelled: Brakes before winter", k.told(zoe)[0])
		same(t, "called off, for who waits", "event_cancelled: Brakes before winter", k.told(bob)[0])
		refused(t, k.Enrol(k.join("Kim", org.Plain), k.id, event, 0, true), problem.Conflict, "community.event.is_off")
		rebuilt(t, k)
	})
}

// TestEventChangesWait: what somebody new makes of an event that was agreed to reaches nobody before a moderator agreed to that too.
func TestEventChangesWait(t *testing.T) {
	each(t, func(t *testing.T, k *square) {
		k.mails()
		must(t, k.db.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
			_, err := db.Exec(ctx, q, `UPDATE community_space SET holds = '["event"]' WHERE slug = 'help'`)
			return err
		}))
		ada, bob, lea := k.join("Ada", org.Plain), k.join("Bob", org.Plain), k.join("Lea", org.Social)
		must(t, k.SetRule(lea, k.id, 1, ""))
		day := k.now().AddDate(0, 0, 10).Format(time.DateOnly)
		_, err := k.Start(ada, community.Begin{Space: k.spaces["help"], Kind: community.Events, Title: "Brakes before winter", Body: "Bring your bicycle.", Lang: "en",
			Event: community.EventPlan{Starts: day + "T18:30", Ends: day + "T20:00", Zone: "Europe/Paris", Place: "The hall", Seats: 5}})
		if !community.Waits(err) {
			t.Fatalf("a first event: %v", err)
		}
		held := k.queue(lea)[0]
		must(t, k.Decide(lea, held.ID, "published", "", ""))
		event := held.Post
		must(t, k.Enrol(bob, k.id, event, 0, true))
		k.tells()
		is := func() community.Event {
			e, _, err := k.Event(t.Context(), event)
			must(t, err)
			return e
		}
		e := is()
		k.pass(time.Minute)
		change := func(place, reason string, seats int) error {
			now := is()
			to := now.Plan()
			to.Place, to.Reason, to.Seats = place, reason, seats
			return k.ChangeEvent(ada, k.id, event, to)
		}
		must(t, change(e.Place, "", 6)) // of which nobody is told
		if err := change("My shop", "Buy <watches> there.", 6); !community.Waits(err) {
			t.Fatalf("another place: %v", err)
		}
		if err := k.CancelEvent(ada, k.id, event, 0, false, "Buy watches."); !community.Waits(err) {
			t.Fatalf("calling it off: %v", err)
		}
		if err := change("My shop", "Buy <watches> there.", 6); !community.Waits(err) {
			t.Fatalf("another place: %v", err)
		}
		k.tells()
		same(t, "told", []string{}, k.told(bob))
		same(t, "where it is", "The hall", is().Place)
		list := k.queue(lea)
		same(t, "what waits: the later of three", 1, len(list))
		b, err := k.Brief(lea, k.sight(lea), list[0].ID)
		must(t, err)
		if b.Title != "Brakes before winter" || !strings.Contains(b.HTML, "My shop") || !strings.Contains(b.HTML, "Buy &lt;watches&gt; there.") {
			t.Errorf("what waits is shown as %q %q", b.Title, b.HTML)
		}
		own, err := k.Own(ada, k.id)
		must(t, err)
		same(t, "what its author finds", 1, len(own))
		must(t, k.Decide(lea, list[0].ID, "published", "", ""))
		k.tells()
		same(t, "told", []string{"event_changed: Brakes before winter"}, k.told(bob))
		same(t, "where it is", "My shop", is().Place)
		if err := change("Elsewhere", "", 6); !community.Waits(err) {
			t.Fatalf("another place: %v", err)
		}
		must(t, k.ChangeEvent(lea, k.id, event, func() community.EventPlan { e := is(); p := e.Plan(); p.Place = "The hall"; return p }()))
		refused(t, k.Decide(lea, k.queue(lea)[0].ID, "published", "", ""), problem.Conflict, "community.moderation.edit_outdated")
		rebuilt(t, k)
	})
}

// TestRepeatingEvents: an event takes place again at the same time by the clocks; each date has its own seats, and is moved and called off alone or with those
// after it; lists show the next, calendars each.
func TestRepeatingEvents(t *testing.T) {
	each(t, func(t *testing.T, k *square) {
		k.mails()
		must(t, k.db.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
			_, err := db.Exec(ctx, q, `UPDATE community_space SET holds = '["event"]' WHERE slug = 'help'`)
			return err
		}))
		ada, bob, eve, zoe := k.join("Ada", org.Plain), k.join("Bob", org.Plain), k.join("Eve", org.Plain), k.join("Zoe", org.Plain)
		announce := func(often, until string) (string, error) {
			return k.Start(ada, community.Begin{Space: k.spaces["help"], Kind: community.Events, Title: "Open workshop", Body: "Bring your bicycle.", Lang: "en",
				Event: community.EventPlan{Starts: "2026-10-15T18:30", Ends: "2026-10-15T20:00", Zone: "Europe/Paris", Place: "The hall", Seats: 1, Often: often, Until: until}})
		}
		for _, c := range [][3]string{{"hour", "2026-11-05", "problem.bad_form"}, {"week", "", "community.challenge.bad_day"}, {"week", "2026-10-21", "community.event.no_dates"}, {"week", "2028-10-21", "community.event.many_dates"}} {
			_, err := announce(c[0], c[1])
			refused(t, err, problem.Invalid, c[2])
		}
		monthly, err := announce("month", "2027-02-28")
		must(t, err)
		event, err := announce("week", "2026-11-05")
		must(t, err)
		dates := func(event string) []community.Event {
			t.Helper()
			list, err := k.Dates(t.Context(), event)
			must(t, err)
			return list
		}
		starts := func(event string) string {
			var out []string
			for _, d := range dates(event) {
				if out = append(out, d.StartsAt.UTC().Format("01-02 15:04")); d.Cancelled {
					out = append(out, "off")
				}
			}
			return strings.Join(out, ", ")
		}
		same(t, "the third Thursdays", "10-15 16:30, 11-19 17:30, 12-17 17:30, 01-21 17:30, 02-18 17:30", starts(monthly))
		same(t, "each week, by the clocks of Paris", "10-15 16:30, 10-22 16:30, 10-29 17:30, 11-05 17:30", starts(event))

		must(t, k.Enrol(bob, k.id, event, 0, true))
		must(t, k.Enrol(eve, k.id, event, community.EachDate, true))
		must(t, k.Enrol(bob, k.id, event, 1, true))
		must(t, k.Enrol(zoe, k.id, event, 3, true))
		refused(t, k.Enrol(zoe, k.id, event, 4, true), problem.Missing, "problem.not_found")
		same(t, "seats", "Bob in, Eve waiting; Eve in, Bob waiting; Eve in; Eve in, Zoe waiting", strings.Join([]string{k.seats(event, 0), k.seats(event, 1), k.seats(event, 2), k.seats(event, 3)}, "; "))
		must(t, k.Enrol(bob, k.id, event, 0, false))
		k.tells()
		k.tells()
		same(t, "who moved up", []string{"event_seat: Open workshop"}, k.told(eve))

		change := func(date int, only bool, clock string) {
			t.Helper()
			d := dates(event)[date]
			p := d.Plan()
			day := d.StartsAt.In(d.Location()).Format(time.DateOnly)
			p.Date, p.Only, p.Starts, p.Ends, p.Reason = date, only, day+"T"+clock, day+"T22:00", "The hall is taken."
			must(t, k.ChangeEvent(ada, k.id, event, p))
			k.tells()
			k.tells()
		}
		change(1, true, "19:00")
		same(t, "one moved", "10-15 16:30, 10-22 17:00, 10-29 17:30, 11-05 17:30", starts(event))
		same(t, "who comes", "event_changed: Open workshop", k.told(eve)[0])
		same(t, "who waits", []string{"event_changed: Open workshop"}, k.told(bob))
		same(t, "who comes on another date", []string{}, k.told(zoe))
		list, err := k.Notices(bob, k.sight(bob), k.id)
		must(t, err)
		if !strings.Contains(list[0].Words, "22") || strings.Contains(list[0].Words, "after") {
			t.Errorf("they are told %q", list[0].Words)
		}
		must(t, k.CancelEvent(ada, k.id, event, 2, true, "Rain."))
		change(1, false, "19:30")
		same(t, "this one and those after it moved", "10-15 16:30, 10-22 17:30, 10-29 18:30, off, 11-05 18:30", starts(event))
		same(t, "who waits for the last", []string{"event_changed: Open workshop"}, k.told(zoe))
		list, err = k.Notices(zoe, k.sight(zoe), k.id)
		must(t, err)
		if !strings.Contains(list[0].Words, "after it") && !strings.Contains(list[0].Words, "dates after") {
			t.Errorf("they are told %q", list[0].Words)
		}

		next := func(past bool) string {
			found, _, err := k.Events(zoe, k.sight(zoe), community.EventQuery{Community: k.id, Past: past})
			must(t, err)
			var out []string
			for _, e := range found {
				if e.ID == event {
					out = append(out, e.StartsAt.UTC().Format("01-02"))
				}
			}
			return strings.Join(out, " ")
		}
		same(t, "what comes next", "10-15", next(false))
		calendar := func() string {
			o := k.sight(eve)
			found, _, err := k.Events(eve, o, community.EventQuery{Community: k.id, Each: true, Mine: "mailto:" + org.Who(eve).Email})
			must(t, err)
			c, _ := o.ByID(k.id)
			raw, err := k.Calendar(eve, o, c, org.Who(eve), found, "Velo")
			must(t, err)
			return string(raw)
		}
		if c := calendar(); strings.Count(c, "BEGIN:VEVENT") != 4 || !strings.Contains(c, "UID:"+event+"@") || !strings.Contains(c, "UID:"+event+"-3@") || strings.Count(c, "STATUS:CANCELLED") != 1 || strings.Count(c, "STATUS:CONFIRMED") != 3 {
			t.Errorf("the calendar of who comes:\n%s", c)
		}
		k.pass(dates(event)[1].StartsAt.Sub(k.now()) - 20*time.Hour)
		k.tells()
		k.tells()
		same(t, "who is reminded", "event_soon: Open workshop", k.told(eve)[0])
		same(t, "who comes another time", 1, len(k.told(zoe)))
		same(t, "what comes next", "10-22", next(false))
		same(t, "what is past goes on", "", next(true))
		must(t, k.CancelEvent(ada, k.id, event, 1, false, "The hall burnt down."))
		k.tells()
		same(t, "all called off", "event_cancelled: Open workshop", k.told(zoe)[0])
		k.pass(60 * 24 * time.Hour)
		same(t, "what is past", "11-05", next(true))
		rebuilt(t, k)
	})
}
