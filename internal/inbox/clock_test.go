package inbox_test

import (
	"context"
	"testing"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/hours"
	"github.com/entente/entente/internal/inbox/due"
	"github.com/entente/entente/internal/inbox/inboxtest"
	"github.com/entente/entente/internal/org"
)

// TestClockChange: over the nights in which clocks are changed, an hour that comes twice is worked twice and one that is skipped is not, for what is
// promised and for the time that members give; what they give is counted on the day that their clocks show.
func TestClockChange(t *testing.T) {
	each(t, func(t *testing.T, k *inboxtest.Desk) {
		sam, _ := k.Join("Sam", org.Social)
		vic, _ := k.Join("Vic", org.Volunteer)
		must(t, k.DB.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
			_, err := db.Exec(ctx, q, "UPDATE member SET zone = 'Europe/Paris' WHERE id = $1", vic.ID)
			return err
		}))
		night := hours.Calendar{Zone: "Europe/Paris"}
		night.Week[time.Sunday] = []hours.Stretch{{From: 60, To: 360}}
		must(t, k.Inbox.Promise(k.As(sam), due.Promises{Calendars: []due.Calendar{{ID: "n", Name: "At night", Calendar: night}},
			Policies: []due.Policy{{ID: "p", Name: "P", FirstReply: 240, Calendar: "n"}}}, ""))
		to := func(text string, minutes int) {
			t.Helper()
			at, err := time.Parse(time.RFC3339, text)
			must(t, err)
			k.Pass(at.Add(time.Duration(minutes) * time.Minute).Sub(k.Now()))
		}
		for _, x := range []struct{ saturday, due, midnight, changed string }{
			{"2026-10-24T20:00:00Z", "2026-10-25T03:00:00Z", "2026-10-24T22:00:00Z", "2026-10-25T01:00:00Z"},
			{"2027-03-27T20:00:00Z", "2027-03-28T04:00:00Z", "2027-03-27T23:00:00Z", "2027-03-28T01:00:00Z"},
		} {
			to(x.saturday, 0)
			k.Hear(k.Post.ID, inboxtest.Mail(x.saturday, "ada", "Brakes", "They squeak.", k.Now()))
			c := k.About(k.Post.ID, x.saturday)
			if got := c.DueAt.UTC().Format(time.RFC3339); got != x.due {
				t.Errorf("what is said at %s is due at %s, want %s", x.saturday, got, x.due)
			}
			look := func(around string, minutes int) { // so long before and after it
				to(around, -minutes)
				for range 2 * minutes * 60 / 40 {
					must(t, k.Inbox.Enter(k.As(vic), c.ID, vic.ID, false))
					k.Pass(40 * time.Second)
				}
				must(t, k.Inbox.Enter(k.As(vic), c.ID, vic.ID, false))
			}
			look(x.midnight, 10)
			look(x.changed, 30)
			given := func(day string) int {
				t.Helper()
				n, _, err := db.Value[int](t.Context(), k.DB.Read(), "SELECT seconds FROM team_time WHERE member = $1 AND day = $2", vic.ID, day)
				must(t, err)
				return n
			}
			saturday, sunday := given(x.saturday[:10]), given(x.due[:10])
			if saturday != 600-40 || sunday != 600+40+3600 { // the forty seconds that end at midnight are Sunday's
				t.Errorf("%d s were given on %s and %d on the day after, want ten minutes, and an hour and ten minutes", saturday, x.saturday[:10], sunday)
			}
		}
	})
}
