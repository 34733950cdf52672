package plan

import (
	"testing"
	"time"

	"github.com/entente/entente/internal/plan/schedule"
)

// Holidays of every year fall in each year around; 29 February only where there is one.
func TestHolidaysAround(t *testing.T) {
	t.Parallel()
	got := map[schedule.Day]bool{}
	for _, d := range holidaysAround([]string{"12-25", "02-29", "2026-05-14", "2099-12-31"}, 2026) {
		got[d] = true
	}
	for day, want := range map[schedule.Day]bool{
		schedule.On(2026, time.December, 25): true, schedule.On(2040, time.December, 25): true, schedule.On(2028, time.February, 29): true,
		schedule.On(2027, time.March, 1): false, schedule.On(2026, time.May, 14): true, schedule.On(2027, time.May, 14): false,
	} {
		if got[day] != want {
			t.Errorf("%s is a holiday: %t, want %t", day, got[day], want)
		}
	}
}
