package planweb_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/plan"
)

// A volunteer with a task sees no money and nobody else's hours on any page, is offered nothing that is refused, and reports on their task by
// a plain form; as owner they see and may more.
func TestVolunteer(t *testing.T) {
	t.Parallel()
	x := open(t, dbtest.SQLite(t))
	i := x.large()
	at := "/initiatives/" + i.ID
	vic := x.visitor("vic@velo.example")
	for _, page := range []string{"/initiatives", "/initiatives/portfolio", "/initiatives/capacity", at, at + "/timeline", at + "/people", at + "/tasks/" + i.Tasks[0].ID} {
		a := vic.get(page)
		vic.says(a, 200)
		said := attribute.ReplaceAllStringFunc(a.text, func(x string) string { // a nonce holds any letters by chance
			if strings.HasPrefix(x, "nonce") {
				return ""
			}
			return x
		})
		for _, no := range []string{"€", "CHF", "/money", "/edit/", "/steps", "/initiatives/new"} {
			if strings.Contains(said, no) {
				t.Errorf("%s shows %s to a volunteer", page, no)
			}
		}
	}
	vic.says(vic.get(at), 200, "Money, and the hours of others, are shown")
	vic.says(vic.get("/initiatives/portfolio"), 200, "The money of 1 initiative is shown to its owner")
	vic.says(vic.get(at+"/money"), 403)
	vic.says(vic.get(at+"/timeline"), 200, "/tasks/"+i.Tasks[0].ID, "Yours")
	vic.says(vic.post(at+"/bookings", "day", "2026-11-02", "amount", "5", "currency", "EUR"), 403)

	task := at + "/tasks/" + i.Tasks[0].ID
	form := vic.get(task)
	vic.says(form, 200, "Report progress", "It is done")
	vic.says(vic.post(task, "seen", seen(form), "done", "much", "hours", "1:30", "day", "2026-11-02"), 422, "Please give 0 to 100", `value="1:30"`)
	vic.says(vic.post(task, "seen", seen(form), "done", "40", "began", "2026-11-02", "hours", "1:30", "day", "2026-11-02"), 200, "Noted", "40%")
	vic.says(vic.post(task, "seen", seen(form), "done", "10", "day", "2026-11-02"), 422, "Somebody else changed it meanwhile")
	people := vic.get(at + "/people")
	vic.says(people, 200, "Your hours", "1 h 30", i.Tasks[0].Name)
	vic.says(vic.post(task, "seen", seen(vic.get(task)), "done", "90", "began", "2026-11-02", "then", "finished", "day", "2026-11-02"), 200, "100%")
	vic.says(vic.get(at+"/tasks/nothing"), 404)

	now, err := x.s.Initiative(x.ctx, i.ID)
	if err != nil {
		t.Fatal(err)
	}
	about := now.About()
	about.Owner = x.vic
	if _, err := x.s.ChangeAbout(x.ctx, i.ID, now.UpdatedAt, about); err != nil {
		t.Fatal(err)
	}
	vic.says(vic.get(at), 200, "/money", "€")
	vic.says(vic.get(at+"/money"), 200, "€", "1 h 30", "Book")
	page := vic.get(at)
	for _, no := range []string{`value="stop"`, `value="approve"`, "/edit/"} {
		if strings.Contains(page.text, no) {
			t.Errorf("an owner is offered %s", no)
		}
	}
	vic.says(page, 200, `value="finish"`)
	vic.says(vic.post(at+"/steps", "step", "finish", "seen", seen(page)), 200, "Done")
}

// Tasks are moved by buttons of the form and by the places that dragging leaves; what waits for a row goes on waiting for the same task.
func TestTasksAreMoved(t *testing.T) {
	t.Parallel()
	x := open(t, dbtest.SQLite(t))
	i, err := x.s.Add(x.ctx, plan.About{Name: "Guides"})
	if err != nil {
		t.Fatal(err)
	}
	if i, err = x.s.ChangeTasks(x.ctx, i.ID, time.Time{}, []plan.Task{{Name: "Write", Length: 1}, {Name: "Print", Length: 1}, {Name: "Online", After: []plan.Wait{{Task: "#1"}}}}); err != nil {
		t.Fatal(err)
	}
	ada := x.visitor("ada@velo.example")
	at := "/initiatives/" + i.ID + "/edit/tasks"
	move := func(then string, places ...string) []string {
		t.Helper()
		now, err := x.s.Initiative(x.ctx, i.ID)
		if err != nil {
			t.Fatal(err)
		}
		number := map[string]string{}
		for n, task := range now.Tasks {
			number[task.ID] = string(rune('1' + n))
		}
		form := []string{"seen", seen(ada.get(at)), "rows", "4", "then", then}
		for n, task := range now.Tasks {
			row := "task_" + string(rune('0'+n)) + "_"
			form = append(form, row+"id", task.ID, row+"name", task.Name, row+"length", "1")
			if len(task.After) > 0 {
				form = append(form, row+"after", number[task.After[0].Task])
			}
			if len(places) > n {
				form = append(form, row+"place", places[n])
			}
		}
		if a := ada.post(at, form...); a.status != http.StatusOK {
			t.Fatalf("%s: %d", then, a.status)
		}
		if now, err = x.s.Initiative(x.ctx, i.ID); err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, task := range now.Tasks {
			names = append(names, task.Name)
			for _, w := range task.After {
				if on, _ := now.Task(w.Task); on.Name != "Write" {
					t.Errorf("after %s, %s waits for %s", then, task.Name, on.Name)
				}
			}
		}
		return names
	}
	ada.says(ada.get(at), 200, `value="down:0"`, `value="up:2"`, "Move row 2 up")
	for _, tt := range []struct {
		then   string
		places []string
		want   []string
	}{
		{"up:2", nil, []string{"Write", "Online", "Print"}},
		{"up:0", nil, []string{"Write", "Online", "Print"}},
		{"down:0", nil, []string{"Online", "Write", "Print"}},
		{"down:9", nil, []string{"Online", "Write", "Print"}},
		{"more", []string{"3", "1", "2"}, []string{"Write", "Print", "Online"}},
		{"up:1", []string{"1", "3", "2"}, []string{"Write", "Print", "Online"}},
		{"", []string{"", "x", "-4"}, []string{"Online", "Write", "Print"}},
	} {
		if diff := cmp.Diff(tt.want, move(tt.then, tt.places...)); diff != "" {
			t.Errorf("%s %v: %s", tt.then, tt.places, diff)
		}
	}
}
