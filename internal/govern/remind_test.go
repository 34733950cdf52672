package govern_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/govern"
	"github.com/entente/entente/internal/org"
)

// Whoever decides is reminded before the day, and told with who handed it over when it is past; the same reminder has the same token.
func TestRemind(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	tom, vic := w.member("tom@velo.example", org.Social), w.member("vic@velo.example", org.Volunteer)
	i, err := w.s.HandInsight(tom, govern.Insight{Name: "Plates wear", Department: "Product", Owner: me(vic), DueAt: w.days(10)})
	w.must(err)
	var told []string
	remind := func() {
		w.must(w.s.Remind(t.Context(), func(_ context.Context, _ db.Q, token string, to []string, key string, _ []any, _, href string) error {
			if href != "/govern/insights/"+i.ID {
				t.Errorf("leads to %s", href)
			}
			told = append(told, fmt.Sprint(len(to), key[len("govern.remind."):], token == ""))
			return nil
		}))
	}
	remind()
	w.now = w.days(8)
	remind()
	w.now = w.days(3)
	remind()
	_, err = w.s.DecideInsight(vic, i.ID, time.Time{}, "done", "So be it", "")
	w.must(err)
	remind()
	if diff := cmp.Diff([]string{"1soonfalse", "2overfalse"}, told); diff != "" {
		t.Error(diff)
	}
}

// A decision on an insight comes back to its conversation and to whoever handed it over, once, also after a restart; another decision comes back anew.
func TestFlowBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	tom, vic := w.member("tom@velo.example", org.Social), w.member("vic@velo.example", org.Volunteer)
	i, err := w.s.HandInsight(tom, govern.Insight{Name: "Plates wear", Department: "Product", Owner: me(vic), About: "conversation:c1", DueAt: w.days(10)})
	w.must(err)
	tokens := map[string]bool{} // what the inbox knows of, as its tables do
	var got []string
	flow := func(done map[string]bool) {
		w.must(w.s.FlowBack(t.Context(), func(_ context.Context, _ db.Q, token string, to []string, key string, _ []any, _, href string) error {
			if !tokens["told "+token] {
				got = append(got, fmt.Sprint("told ", to[0] == me(tom), " ", key, " ", href == "/govern/insights/"+i.ID))
			}
			tokens["told "+token] = true
			return nil
		}, func(_ context.Context, _ db.Q, token, by, conversation, text string) error {
			if !tokens["noted "+token] {
				got = append(got, fmt.Sprint("noted ", by == me(vic), " ", conversation, " ", text))
			}
			tokens["noted "+token] = true
			return nil
		}, done))
	}
	done := map[string]bool{}
	flow(done)
	decided, err := w.s.DecideInsight(vic, i.ID, time.Time{}, "done", "Stronger from series C", "No error since")
	w.must(err)
	flow(done)
	flow(done)
	flow(map[string]bool{}) // begun anew
	w.now = w.now.Add(time.Hour)
	_, err = w.s.DecideInsight(vic, i.ID, decided.UpdatedAt, "refused", "Too dear", "")
	w.must(err)
	flow(map[string]bool{})
	if diff := cmp.Diff([]string{"noted true c1 Decided: Plates wear, Done\nStronger from series C\nNo error since", "told true govern.remind.decided true",
		"noted true c1 Decided: Plates wear, Refused\nToo dear", "told true govern.remind.decided true"}, got); diff != "" {
		t.Error(diff)
	}
}
