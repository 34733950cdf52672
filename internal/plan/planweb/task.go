package planweb

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/entente/entente/internal/plan"
	"github.com/entente/entente/internal/plan/schedule"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/sorting"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

// taskRowsOf writes the tasks into the form; what a task waits for is written by number.
func taskRowsOf(i plan.Initiative) (out []row) {
	for _, t := range i.Tasks {
		done := ""
		if t.Done > 0 {
			done = strconv.Itoa(t.Done)
		}
		out = append(out, row{"id": t.ID, "name": t.Name, "length": strconv.Itoa(t.Length), "after": waits(i, t), "from": t.From.String(), "member": t.Member,
			"hours": schedule.TypeMinutes(t.Minutes), "done": done, "began": t.Began.String(), "ended": t.Ended.String()})
	}
	return out
}

// ordered puts the places of rows into the order that was asked for: by the place each was dragged to, then, for a step such as "up:3",
// with that row and its neighbour exchanged. What is named by its number stays named: numbers are those of the page.
func ordered(rows []row, list []int, step string) (out []int, moved int) {
	out = slices.Clone(list)
	place := func(at int) int {
		if n, err := strconv.Atoi(rows[at]["place"]); err == nil {
			return n
		}
		return at + 1
	}
	sorting.Stable(out, func(a, b int) int { return place(a) - place(b) })
	way, of, _ := strings.Cut(step, ":")
	at, err := strconv.Atoi(of)
	n := slices.Index(out, at)
	by := map[string]int{"up": -1, "down": 1}[way]
	if err != nil || n < 0 || by == 0 || n+by < 0 || n+by >= len(out) {
		return out, -1
	}
	out[n], out[n+by] = out[n+by], out[n]
	return out, n + by
}

func (t *typedRows) tasks() (out []plan.Task) {
	place := map[int]int{} // in the list, by number typed
	for n, at := range t.list {
		place[at+1] = n + 1
	}
	t.each(func(n int, r row) {
		task := plan.Task{ID: r["id"], Name: r["name"], Length: t.whole(n, r, "length", "plan.length_unread", 1), From: t.day(n, r, "from"), Member: r["member"],
			Minutes: t.minutes(n, r, "hours"), Done: t.whole(n, r, "done", "plan.percent_bad", 0), Began: t.day(n, r, "began"), Ended: t.day(n, r, "ended")}
		after, ok := schedule.ParseRows(r["after"])
		for _, a := range after {
			switch {
			case place[a.Number] > 0:
				task.After = append(task.After, plan.Wait{Task: "#" + strconv.Itoa(place[a.Number]), Lag: a.Lag})
			case a.Number > len(t.rows) || t.rows[a.Number-1]["remove"] == "":
				ok = false
			}
		}
		if !ok {
			t.refuse(n, "after", "plan.after_bad")
		}
		out = append(out, task)
	})
	return out
}

// taskPage is one task: when, by whom, how far, and the form to report on it.
type taskPage struct {
	page
	Task   plan.Task
	N      int // its place
	Form   row
	Seen   string
	Report bool
}

func (h *handlers) task(w http.ResponseWriter, r *http.Request) error {
	return h.showTask(w, r, nil, "", nil)
}

func (h *handlers) showTask(w http.ResponseWriter, r *http.Request, typed row, seenAt string, bad wrong) error {
	ctx := r.Context()
	base, err := h.open(r, "timeline")
	if err != nil {
		return err
	}
	base.Wrong = bad
	n := slices.IndexFunc(base.St.Tasks, func(t plan.Task) bool { return t.ID == r.PathValue("task") })
	if n < 0 {
		return problem.New(problem.Missing, "problem.not_found")
	}
	p := taskPage{page: base, Task: base.St.Tasks[n], N: n, Form: typed, Seen: seenAt}
	if p.Report = p.St.MayReport(ctx, p.Task); typed == nil {
		p.Seen = seen(p.St.UpdatedAt)
		p.Form = row{"done": strconv.Itoa(p.Task.Done), "began": p.Task.Began.String(), "ended": p.Task.Ended.String(), "day": p.St.World.Today.String()}
	}
	return web.Show(w, r, web.Page{Title: p.Task.Name}, taskBody(p))
}

func (h *handlers) report(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	typed := row{}
	for _, f := range []string{"done", "began", "ended", "hours", "day", "note"} {
		typed[f] = in.Text(f)
	}
	var errs []error
	read := func(field string) schedule.Day {
		d, ok := schedule.ParseDay(typed[field])
		if !ok {
			errs = append(errs, problem.New(problem.Invalid, "plan.day_bad").On(field))
		}
		return d
	}
	p := plan.Progress{Began: read("began"), Ended: read("ended"), Day: read("day"), Note: typed["note"]}
	if text := strings.TrimSpace(strings.TrimSuffix(typed["done"], "%")); text != "" {
		if p.Done, err = strconv.Atoi(text); err != nil {
			errs = append(errs, problem.New(problem.Invalid, "plan.percent_bad").On("done"))
		}
	}
	var ok bool
	if p.Minutes, ok = schedule.ParseMinutes(typed["hours"]); !ok {
		errs = append(errs, problem.New(problem.Invalid, "plan.hours_bad").On("hours"))
	}
	if in.Text("then") == "finished" && p.Ended == 0 {
		p.Ended = h.s.Today(ctx)
	}
	if len(errs) == 0 {
		if _, err := h.s.Report(ctx, r.PathValue("id"), readSeen(in), r.PathValue("task"), p); err != nil {
			errs = append(errs, err)
		}
	}
	if len(errs) > 0 {
		bad, err := mend(ctx, w, nil, errs...)
		if err != nil {
			return err
		}
		return h.showTask(w, r, typed, in.Text("seen"), bad)
	}
	web.Flash(w, r, ui.Success, "plan.reported")
	return web.Redirect(w, r, href(r.PathValue("id"), "timeline"))
}
