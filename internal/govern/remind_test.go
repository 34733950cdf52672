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
