package schedule_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/entente/entente/internal/plan/schedule"
)

func after(list ...int) (out []schedule.Link) {
	for _, i := range list {
		out = append(out, schedule.Link{Task: i})
	}
	return out
}

func TestLay(t *testing.T) {
	t.Parallel()
	// Friday: two days of work reach Monday; a lag of one day leaves Tuesday out; the milestone stands where its task ends.
	tasks := []schedule.Task{
		{Length: 2},
		{Length: 3, After: []schedule.Link{{Task: 0, Lag: 1}}},
		{Length: 1, After: after(0)},
		{After: after(1, 2)},
		{Length: 1, From: day("2026-12-05")}, // a Saturday
	}
	p, err := schedule.Lay(tasks, day("2026-11-20"), schedule.Ordinary())
	if err != nil {
		t.Fatal(err)
	}
	slot := func(from, to string, slack int) schedule.Slot {
		return schedule.Slot{Start: day(from), End: day(to), Slack: slack, Critical: slack == 0}
	}
	want := []schedule.Slot{slot("2026-11-20", "2026-11-23", 6), slot("2026-11-25", "2026-11-27", 6), slot("2026-11-24", "2026-11-24", 9),
		slot("2026-11-27", "2026-11-27", 6), slot("2026-12-07", "2026-12-07", 0)}
	if diff := cmp.Diff(want, p.Slots); diff != "" {
		t.Error(diff)
	}
	if p.Start != day("2026-11-20") || p.End != day("2026-12-07") {
		t.Errorf("from %s to %s", p.Start, p.End)
	}
}

func TestForecast(t *testing.T) {
	t.Parallel()
	c, start := schedule.Ordinary(), day("2026-11-02") // a Monday
	for name, test := range map[string]struct {
		tasks []schedule.Task
		today string
		want  []string // start and end of each
	}{
		"nothing happened: what should have begun begins today": {[]schedule.Task{{Length: 3}, {Length: 2, After: after(0)}}, "2026-11-09",
			[]string{"2026-11-09", "2026-11-11", "2026-11-12", "2026-11-13"}},
		"done early: what waits may begin early": {[]schedule.Task{{Length: 5, Began: start, Ended: day("2026-11-03")}, {Length: 2, After: after(0)}}, "2026-11-04",
			[]string{"2026-11-02", "2026-11-03", "2026-11-04", "2026-11-05"}},
		"half done late: half is left": {[]schedule.Task{{Length: 4, Began: start, Done: 50}}, "2026-11-09", []string{"2026-11-02", "2026-11-10"}},
		"nothing said: the planned length holds, and today at least": {[]schedule.Task{{Length: 4, Began: start}, {Length: 2, Began: start}}, "2026-11-04",
			[]string{"2026-11-02", "2026-11-05", "2026-11-02", "2026-11-04"}},
		"all is said to be done, but not ended": {[]schedule.Task{{Length: 2, Began: start, Done: 100}}, "2026-11-03", []string{"2026-11-02", "2026-11-03"}},
		"a milestone that was missed":           {[]schedule.Task{{Length: 1, Began: start, Ended: start}, {After: after(0)}}, "2026-11-05", []string{"2026-11-02", "2026-11-02", "2026-11-05", "2026-11-05"}},
		"a beginning on the first day":          {[]schedule.Task{{}, {Length: 1, After: after(0)}}, "2026-11-02", []string{"2026-11-02", "2026-11-02", "2026-11-02", "2026-11-02"}},
		"ended on a Sunday":                     {[]schedule.Task{{Length: 5, Ended: day("2026-11-08")}, {Length: 1, After: after(0)}}, "2026-11-09", []string{"2026-11-02", "2026-11-08", "2026-11-09", "2026-11-09"}},
	} {
		p, err := schedule.Forecast(test.tasks, start, day(test.today), c)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range p.Slots {
			got = append(got, s.Start.String(), s.End.String())
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestCycle(t *testing.T) {
	t.Parallel()
	tasks := []schedule.Task{{Length: 1}, {Length: 1, After: after(0, 3)}, {Length: 1, After: after(1)}, {Length: 1, After: after(2)}}
	_, err := schedule.Lay(tasks, day("2026-11-02"), schedule.Ordinary())
	var c *schedule.Cycle
	if !errors.As(err, &c) {
		t.Fatalf("a circle gives %v", err)
	}
	if diff := cmp.Diff([]int{1, 2, 3, 1}, c.Chain); diff != "" {
		t.Error(diff)
	}
	if _, err := schedule.Lay([]schedule.Task{{After: after(0)}}, day("2026-11-02"), schedule.Ordinary()); !errors.As(err, &c) || len(c.Chain) != 2 {
		t.Errorf("a task that waits for itself: %v", err)
	}
	if _, err := schedule.Lay([]schedule.Task{{After: after(7)}}, day("2026-11-02"), schedule.Ordinary()); err == nil {
		t.Error("a task waits for one that does not exist")
	}
}

// TestCriticalPath compares with brute force: the end is the longest of all chains, each counted by itself, and a task is critical exactly
// when all ends a day later if it takes a day longer.
func TestCriticalPath(t *testing.T) {
	t.Parallel()
	c, start := schedule.Ordinary(), day("2026-11-02")
	origin := c.Index(start)
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 8).Draw(t, "n")
		tasks := make([]schedule.Task, n)
		for i := range tasks {
			tasks[i].Length = rapid.IntRange(0, 4).Draw(t, "length")
			if rapid.IntRange(0, 3).Draw(t, "fixed") == 0 {
				tasks[i].From = start + schedule.Day(rapid.IntRange(-5, 20).Draw(t, "from"))
			}
			for j := range i {
				if rapid.IntRange(0, 2).Draw(t, "link") == 0 {
					tasks[i].After = append(tasks[i].After, schedule.Link{Task: j, Lag: rapid.IntRange(0, 3).Draw(t, "lag")})
				}
			}
		}
		finish := func(longer int) int {
			most := 0
			var walk func(i, at int)
			walk = func(i, at int) {
				at += tasks[i].Length
				if i == longer {
					at++
				}
				most = max(most, at)
				for k := range tasks {
					for _, l := range tasks[k].After {
						if l.Task == i {
							walk(k, at+l.Lag)
						}
					}
				}
			}
			for i, task := range tasks {
				at := origin
				if task.From != 0 && task.Length == 0 {
					at = max(at, c.Index(task.From+1))
				} else if task.From != 0 {
					at = max(at, c.Index(task.From))
				}
				walk(i, at)
			}
			return most
		}
		p, err := schedule.Lay(tasks, start, c)
		if err != nil {
			t.Fatal(err)
		}
		end := finish(-1)
		if want := max(end-1, origin); p.End != c.At(want) {
			t.Fatalf("ends on %s, want %s", p.End, c.At(want))
		}
		some := false
		for i, s := range p.Slots {
			if later := finish(i) > end; later != s.Critical {
				t.Fatalf("task %d of %+v: critical %v, and a day more moves the end: %v", i, tasks, s.Critical, later)
			}
			some = some || s.Critical
			for _, l := range tasks[i].After {
				if before := p.Slots[l.Task]; tasks[i].Length > 0 && tasks[l.Task].Length > 0 && c.Days(before.End+1, s.Start-1) < l.Lag || s.Start < before.Start {
					t.Fatalf("task %d begins on %s, %d waits for it", i, s.Start, l.Task)
				}
			}
		}
		if !some {
			t.Fatal("nothing is critical")
		}
	})
}
