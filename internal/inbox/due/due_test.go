package due

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/entente/entente/internal/hours"
)

// TestNaiveClock compares due times, warnings, pauses and breaches with a clock that goes minute by minute and knows no arithmetic of
// calendars, across clock changes.
func TestNaiveClock(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		cal := Calendar{ID: "c", Name: "C", Calendar: hours.Calendar{Zone: rapid.SampledFrom([]string{"UTC", "Europe/Paris", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo"}).Draw(r, "zone")}}
		for d := range cal.Week {
			last := 0
			for range rapid.IntRange(0, 2).Draw(r, "stretches") {
				from := rapid.IntRange(last, 1300).Draw(r, "from")
				last = rapid.IntRange(from+30, min(from+600, 1440)).Draw(r, "to")
				if cal.Week[d] = append(cal.Week[d], hours.Stretch{From: from, To: last}); last > 1300 {
					break
				}
			}
		}
		cal.Week[1] = []hours.Stretch{{From: 0, To: 600}} // somebody is there some time
		cal.Holidays = []string{"03-30", "2026-10-26"}
		p := Policy{ID: "p", Name: "P", Calendar: rapid.SampledFrom([]string{"c", "c", Around}).Draw(r, "calendar"), Pause: true,
			Resolution: rapid.IntRange(1, 2000).Draw(r, "minutes"), Warn: rapid.SampledFrom([]int{0, 50, 80}).Draw(r, "warn")}
		said := Promises{Calendars: []Calendar{cal}, Policies: []Policy{p}}
		if err := said.Check(); err != nil {
			r.Fatal(err)
		}
		b, err := said.Open()
		if err != nil {
			r.Fatal(err)
		}
		open := func(at time.Time) bool { return p.Calendar == Around || b.clocks["c"].Open(at) }
		begin := rapid.SampledFrom([]time.Time{time.Date(2026, 3, 27, 6, 0, 0, 0, time.UTC), time.Date(2026, 10, 23, 6, 0, 0, 0, time.UTC), time.Date(2018, 11, 2, 0, 0, 0, 0, time.UTC)}).Draw(r, "begin")
		at := begin
		item := b.Begin(b.For(Case{}, at), Resolution, at)
		gone, minutes, paused := 0, p.Resolution, false
		var due time.Time // of the naive clock: when the last minute was over
		for range rapid.IntRange(0, 6).Draw(r, "turns") {
			to := at.Add(time.Duration(rapid.IntRange(0, 3000).Draw(r, "later")) * time.Minute)
			for ; at.Before(to); at = at.Add(time.Minute) {
				if !paused && due.IsZero() && open(at) {
					if gone++; gone == minutes {
						due = at.Add(time.Minute)
					}
				}
			}
			if at.Equal(due) { // the very moment is in time and its last: what a pause does then is no matter of clocks
				at = at.Add(time.Minute)
			}
			if want := !due.IsZero() && at.After(due); item.Breached(at) != want {
				r.Fatalf("breached %t at %s, want %t: %+v, naive %s", !want, at, want, *item, due)
			}
			if left := minutes - gone; due.IsZero() && b.Left(item, &p, at) != time.Duration(left)*time.Minute {
				r.Fatalf("%s left at %s, a walk finds %d minutes", b.Left(item, &p, at), at, left)
			}
			if paused {
				b.Resume(item, &p, at)
			} else {
				b.Pause(item, &p, at)
			}
			paused = item.State == Paused
		}
		b.Resume(item, &p, at)
		warn := time.Time{}
		for end := at.Add(60 * 24 * time.Hour); due.IsZero() && at.Before(end); at = at.Add(time.Minute) {
			if open(at) {
				if gone++; gone*100 >= minutes*p.Warn && warn.IsZero() && gone*100 < minutes*p.Warn+100 {
					warn = at.Add(time.Minute)
				}
				if gone == minutes {
					due = at.Add(time.Minute)
				}
			}
		}
		if !due.IsZero() && !item.DueAt.Equal(due) {
			r.Fatalf("due at %s, a walk finds %s", item.DueAt, due)
		}
		if p.Warn == 0 && !item.WarnAt.IsZero() || p.Warn > 0 && item.WarnAt.After(item.DueAt) {
			r.Fatalf("warned at %s, due at %s", item.WarnAt, item.DueAt)
		}
		if !warn.IsZero() && (item.WarnAt.After(warn) || b.Between(&p, item.WarnAt, warn) > time.Minute) {
			r.Fatalf("warned at %s, a walk finds %s", item.WarnAt, warn)
		}
		b.End(item, &p, Dropped, due)
		if item.State != Dropped || item.Breached(due.Add(time.Hour)) {
			r.Fatal("what is dropped in time is breached")
		}
	})
}

func TestFor(t *testing.T) {
	t.Parallel()
	b, err := (&Promises{Policies: []Policy{{ID: "urgent", Priorities: []string{"urgent"}}, {ID: "angry mail", Kinds: []string{"complaint"}, Seen: "private", Channels: []string{"mail"}},
		{ID: "usual", Priorities: []string{Usual}, Languages: []string{"fr", "en"}}, {ID: "good news", Feelings: []string{"positive"}}}}).Open()
	if err != nil {
		t.Fatal(err)
	}
	for want, c := range map[string]Case{
		"urgent":     {Channel: "mail", Kind: "complaint", Private: true, Priority: "urgent"},
		"angry mail": {Channel: "mail", Kind: "complaint", Private: true, Language: "fr"},
		"usual":      {Channel: "mail", Kind: "complaint", Language: "fr"},
		"good news":  {Language: "de", Feeling: "positive"},
		"":           {Language: "de", Priority: "low"},
	} {
		got := ""
		if p := b.For(c, time.Now()); p != nil {
			got = p.ID
		}
		if got != want {
			t.Errorf("%+v: %q, want %q", c, got, want)
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	good := func() Promises {
		return Promises{Calendars: []Calendar{{ID: "c", Name: "C", Calendar: hours.Usual("UTC")}}, Policies: []Policy{{ID: "p", Name: "P", FirstReply: 1, Calendar: "c"}}}
	}
	for name, spoil := range map[string]func(*Promises){
		"":            func(*Promises) {},
		"no name":     func(p *Promises) { p.Policies[0].Name = " " },
		"no promise":  func(p *Promises) { p.Policies[0].FirstReply = 0 },
		"negative":    func(p *Promises) { p.Policies[0].NextReply = -1 },
		"for ever":    func(p *Promises) { p.Policies[0].Resolution = 1 << 40 },
		"no calendar": func(p *Promises) { p.Calendars = nil },
		"warning":     func(p *Promises) { p.Policies[0].Warn = 100 },
		"priority":    func(p *Promises) { p.Policies[0].Priorities = []string{"never"} },
		"twice":       func(p *Promises) { p.Policies = append(p.Policies, p.Policies[0]) },
		"zone":        func(p *Promises) { p.Calendars[0].Zone = "Mars" },
		"seen":        func(p *Promises) { p.Policies[0].Seen = "x" },
	} {
		p := good()
		spoil(&p)
		if err := p.Check(); (err == nil) != (name == "") {
			t.Errorf("%q: %v", name, err)
		}
	}
}
