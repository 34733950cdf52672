package team_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/team"
)

const password = "Pignon libre 42"

func TestProfiles(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		now := time.Date(2026, 11, 20, 15, 0, 0, 0, time.UTC) // a Friday
		clock := func() time.Time { return now }
		o := org.New(d, slog.New(slog.DiscardHandler), clock)
		s := team.New(d, o, slog.New(slog.DiscardHandler), clock)
		must(o.SetUp(t.Context(), org.SetUp{Organisation: "Vélo", Lang: "en", URL: "http://localhost", OwnerName: "Ada", OwnerEmail: "ada@velo.example", Password: password}))
		join := func(email string) context.Context {
			invited, err := o.Invite(org.AsOperator(t.Context()), org.Invite{Email: email, Name: email[:3], Role: org.Volunteer, Lang: "en"})
			must(err)
			_, err = o.Accept(t.Context(), strings.TrimPrefix(invited.Path, org.InvitationPath), org.Accept{Name: email[:3], Lang: "en", Zone: "UTC", Password: password}, org.Visit{})
			must(err)
			m, err := o.ByEmail(t.Context(), email)
			must(err)
			return org.With(t.Context(), m)
		}
		boss, err := o.ByEmail(t.Context(), "ada@velo.example")
		must(err)
		ada, vic, zoe := org.With(t.Context(), boss), join("vic@velo.example"), join("zoe@velo.example")

		p, err := s.Find(vic, org.Who(vic).ID)
		must(err)
		if p.Known || p.Approval != team.Free || !p.Here(now) {
			t.Fatalf("at first: %+v", p)
		}
		first := p.Mark()
		p.Skills, p.Minutes, p.Approval, p.Mentor = []string{"Batteries", " BATTERIES ", "Livraison"}, 120, team.Beginner, boss.ID
		p.Absences = []team.Absence{{From: "2026-11-20", To: "2026-11-22"}}
		saved, err := s.Save(vic, first, p)
		must(err)
		if len(saved.Skills) != 2 || saved.Approval != team.Free || saved.Mentor != "" || saved.Here(now) {
			t.Errorf("saved by themselves: %+v", saved)
		}
		for name, err := range map[string]error{
			"upon an old page":        second(s.Save(vic, first, p)),
			"of somebody else":        second(s.Save(zoe, saved.Mark(), p)),
			"with a day that is none": second(s.Save(vic, saved.Mark(), with(saved, func(p *team.Profile) { p.Absences = []team.Absence{{From: "2026-02-31", To: "2026-03-01"}} }))),
			"without a language":      second(s.Save(vic, saved.Mark(), with(saved, func(p *team.Profile) { p.Languages = nil }))),
			"mentored by themselves":  second(s.Save(ada, saved.Mark(), with(saved, func(p *team.Profile) { p.Mentor = p.Member }))),
			"a beginner alone":        second(s.Save(ada, saved.Mark(), with(saved, func(p *team.Profile) { p.Approval = team.Beginner }))),
		} {
			if err == nil {
				t.Errorf("a profile is saved %s", name)
			}
		}
		p.Mentor, p.Approval = boss.ID, team.Beginner
		if saved, err = s.Save(ada, saved.Mark(), p); err != nil || saved.Approval != team.Beginner {
			t.Fatalf("by who assigns: %+v, %v", saved, err)
		}
		approve := func(unchanged bool) (freed bool) {
			must(d.Tx(ada, func(ctx context.Context, q db.Q) error {
				freed, err = s.Approve(ctx, q, p.Member, unchanged)
				return err
			}))
			return freed
		}
		for range team.ApprovedToSpeak - 1 {
			approve(true)
		}
		approve(false) // begins anew
		for i := range team.ApprovedToSpeak {
			if freed := approve(true); freed != (i == team.ApprovedToSpeak-1) {
				t.Errorf("after %d in a row: freed %t", i+1, freed)
			}
		}
		for range 2 {
			must(d.Tx(ada, func(ctx context.Context, q db.Q) error { return s.Spend(ctx, q, p.Member, now, 90*time.Second) }))
		}
		if given, err := s.ThisWeek(ada); err != nil || given[p.Member] != 3*time.Minute {
			t.Errorf("given %v, %v", given, err)
		}
		// A week begins when Monday does where the organisation is, and so does a quarter.
		in := func(zone string) {
			t.Helper()
			v, err := o.Organisation(ada)
			must(err)
			v.Zone = zone
			must(o.ChangeOrganisation(ada, v))
		}
		friday := now
		now = time.Date(2026, 11, 22, 23, 30, 0, 0, time.UTC) // Monday has begun in Paris, and not in New York
		for zone, want := range map[string]time.Duration{"America/New_York": 3 * time.Minute, "Europe/Paris": 0} {
			in(zone)
			if given, err := s.ThisWeek(ada); err != nil || given[p.Member] != want {
				t.Errorf("in %s given %v this week, want %v (%v)", zone, given[p.Member], want, err)
			}
			weeks, err := s.Weeks(ada, 2)
			must(err)
			if last := weeks[1]; last.Given != want || last.Monday.Weekday() != time.Monday || last.Monday.Hour() != 0 || last.Monday.Location().String() != zone {
				t.Errorf("in %s the last week is %+v", zone, last)
			}
		}
		now = time.Date(2026, 12, 31, 23, 30, 0, 0, time.UTC)
		for zone, want := range map[string]string{"America/New_York": "2026-Q4", "Europe/Paris": "2027-Q1"} {
			in(zone)
			a, err := s.SetAim(vic, team.Aim{Member: p.Member, Measure: team.AimTime, Target: 90})
			if err != nil || a.Quarter != want {
				t.Errorf("in %s it is %s, %v; want %s", zone, a.Quarter, err, want)
			}
			must(s.DropAim(vic, p.Member, a.ID))
		}
		in("UTC")
		now = friday

		w, err := s.SetWork(ada, team.Work{Name: "Answer mails", Duties: map[string]team.Letter{"role:volunteer": team.Responsible}})
		must(err)
		if got := w.Gaps(); len(got) != 1 || got[0] != team.NobodyAnswers {
			t.Errorf("gaps %v", got)
		}
		if _, err := s.SetWork(vic, w); !problem.Is(err, problem.Forbidden) {
			t.Errorf("a volunteer changes the matrix: %v", err)
		}
		if _, err := s.SetWork(ada, team.Work{Name: "x", Duties: map[string]team.Letter{"role:king": team.Accountable}}); !problem.Is(err, problem.Invalid) {
			t.Errorf("a role that is none: %v", err)
		}
		w.Duties["role:social"] = team.Accountable
		_, err = s.SetWork(ada, w)
		must(err)
		if list, err := s.Matrix(vic); err != nil || len(list) != 1 || len(list[0].Gaps()) != 0 {
			t.Errorf("the matrix: %+v, %v", list, err)
		}
		must(s.RemoveWork(ada, w.ID))

		a, err := s.SetAim(vic, team.Aim{Member: p.Member, Measure: team.AimKept, Target: 90})
		must(err)
		if a.Agreed() || a.Quarter != "2026-Q4" {
			t.Errorf("agreed by one: %+v", a)
		}
		must(s.AgreeAim(vic, p.Member, a.ID, 90)) // once more for the same side
		if list, err := s.Aims(ada, p.Member, a.Quarter); err != nil || len(list) != 1 || list[0].Agreed() {
			t.Errorf("agreed by one twice: %+v, %v", list, err)
		}
		if err := s.AgreeAim(ada, p.Member, a.ID, 80); !problem.Is(err, problem.Conflict) {
			t.Errorf("agreed to what reads otherwise: %v", err)
		}
		must(s.AgreeAim(ada, p.Member, a.ID, 90))
		if list, err := s.Aims(vic, p.Member, a.Quarter); err != nil || len(list) != 1 || !list[0].Agreed() {
			t.Errorf("agreed by both: %+v, %v", list, err)
		}
		if a, err = s.SetAim(ada, team.Aim{Member: p.Member, Measure: team.AimKept, Target: 95}); err != nil || a.Agreed() {
			t.Errorf("changed by one: %+v, %v", a, err)
		}
		for name, err := range map[string]error{"seen": second(s.Aims(zoe, p.Member, a.Quarter)), "set": second(s.SetAim(zoe, a)), "dropped": s.DropAim(zoe, p.Member, a.ID)} {
			if !problem.Is(err, problem.Forbidden) {
				t.Errorf("%s by a third: %v", name, err)
			}
		}
		if _, err := s.SetAim(vic, team.Aim{Member: p.Member, Measure: "volume", Target: 1}); !problem.Is(err, problem.Invalid) {
			t.Errorf("an aim by volume: %v", err)
		}
	})
}

func with(p team.Profile, change func(*team.Profile)) team.Profile { change(&p); return p }

func second[T any](_ T, err error) error { return err }
