package lead_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/business"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/inbox/inboxtest"
	"github.com/entente/entente/internal/lead"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// TestFlowsBack: what came of a lead is in the conversation's history, told to whoever handed it over, and in the books, once; only who owns it or
// assigns decides.
func TestFlowsBack(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := inboxtest.New(t, d, business.Follower())
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		ines, _ := k.Join("Ines", org.Volunteer)
		karim, _ := k.Join("Karim", org.Volunteer)
		s := lead.New(d, k.Ledger, k.Channels, k.Inbox, k.Org, slog.New(slog.DiscardHandler), k.Now)
		k.Hear(k.Post.ID, inboxtest.Mail("m1", "ada", "Ten bikes", "For our firm.", k.Now()))
		c := k.About(k.Post.ID, "m1")
		for name, bad := range map[string]lead.Lead{
			"no owner": {Name: "x", DueAt: k.Now().AddDate(0, 0, 7)}, "no day": {Name: "x", Owner: karim.ID}, "no name": {Owner: karim.ID, DueAt: k.Now().AddDate(0, 0, 7)},
			"no money": {Name: "x", Owner: karim.ID, DueAt: k.Now().AddDate(0, 0, 7), Amount: 5, Currency: "XXX"}, "below zero": {Name: "x", Owner: karim.ID, DueAt: k.Now().AddDate(0, 0, 7), Amount: -1},
		} {
			bad.Conversation = c.ID
			if _, err := s.Hand(k.As(ines), bad); !problem.Is(err, problem.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		l, err := s.Hand(k.As(ines), lead.Lead{Conversation: c.ID, Name: "Ten bikes", Owner: karim.ID, DueAt: k.Now().AddDate(0, 0, 7), Amount: 1_000_000, Currency: "EUR"})
		must(err)
		k.Pass(8 * 24 * time.Hour)
		for range 2 {
			must(s.Remind(t.Context()))
		}
		if _, err := s.Decide(k.As(ines), l.ID, time.Time{}, lead.Won, 1, "EUR", ""); !problem.Is(err, problem.Forbidden) {
			t.Errorf("who handed it over decided: %v", err)
		}
		done, err := s.Decide(k.As(karim), l.ID, l.UpdatedAt, lead.Won, 900_000, "EUR", "Signed.")
		must(err)
		if _, err := s.Decide(k.As(karim), l.ID, l.UpdatedAt, lead.Lost, 0, "", "No."); !problem.Is(err, problem.Conflict) {
			t.Errorf("decided on what was seen before: %v", err)
		}
		k.Level()
		told := func(m *org.Member) (out []string) {
			list, err := k.Inbox.Notices(k.As(m), 50)
			must(err)
			for _, n := range list {
				out = append(out, strings.TrimPrefix(n.Key, "lead.told."))
			}
			return out
		}
		if got := strings.Join(told(karim), " "); got != "over handed" {
			t.Errorf("who owns it was told %q", got)
		}
		if got := strings.Join(told(ines), " "); got != "won over" {
			t.Errorf("who handed it over was told %q", got)
		}
		notes, err := db.All(t.Context(), d.Read(), db.Self[string], "SELECT CAST(data AS TEXT) FROM activity WHERE kind = $1 ORDER BY seq", ledger.ConversationNoted)
		must(err)
		if len(notes) != 2 || !strings.Contains(notes[1], "9,000") && !strings.Contains(notes[1], "9.000") || !strings.Contains(notes[1], "Signed.") {
			t.Errorf("the history says %q", notes)
		}
		books := func() string {
			list, err := db.All(t.Context(), d.Read(), db.Self[string], "SELECT status || ':' || COALESCE(amount, 0) || ':' || CASE ref WHEN '' THEN 'lead' ELSE 'outcome' END FROM business_fact WHERE kind = 'lead' ORDER BY ref")
			must(err)
			return strings.Join(list, " ")
		}
		if got := books(); got != "open:1000000:lead won:900000:outcome" {
			t.Errorf("the books have %q", got)
		}
		again, err := s.Decide(k.As(karim), l.ID, done.UpdatedAt, lead.Open, 0, "", "")
		must(err)
		k.Level()
		if got := books(); got != "open:1000000:lead" || again.State != lead.Open {
			t.Errorf("taken back, the books have %q", got)
		}
		if _, err := s.Decide(k.As(karim), l.ID, again.UpdatedAt, lead.Lost, 0, "", "Too dear."); err != nil {
			t.Error(err)
		}
		k.Level()
		if got := books(); got != "open:1000000:lead lost:0:outcome" {
			t.Errorf("lost after all, the books have %q", got)
		}
	})
}
