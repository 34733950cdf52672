package courseweb_test

import (
	"context"
	"encoding/json"
	"io/fs"
	"log/slog"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/entente/entente/internal/charter"
	"github.com/entente/entente/internal/course"
	"github.com/entente/entente/internal/course/courseweb"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/inbox/inboxtest"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/team"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
	"github.com/entente/entente/internal/web/webtest"
	"github.com/entente/entente/sample"
)

// TestInBrowser goes from the first lesson to the certificate in a real browser, and looks at all pages, wide and narrow, light and dark.
func TestInBrowser(t *testing.T) {
	b := webtest.Start(t)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	d := dbtest.SQLite(t)
	k := inboxtest.New(t, d)
	log := slog.New(slog.DiscardHandler)
	people := team.New(d, k.Org, log, k.Now)
	s := course.New(d, k.Org, charter.New(d, k.Org, log, k.Now), people, k.Inbox, nil, func() ([]course.Content, error) { return read(t), nil }, log, k.Now)
	boss, secret := k.Join("Karim", org.Social)
	ada := k.As(boss)
	v := read(t)[0]
	c, err := s.Add(ada, v)
	must(err)
	c, err = s.Publish(ada, c.ID, c.Mark())
	must(err)
	must(s.SetGate(ada, course.Gate{Course: c.ID, Reach: course.Everywhere}))
	server := web.New(web.Options{Org: k.Org, Log: log, Clock: k.Now})
	courseweb.Routes(server.Routes(), s, people, k.Org, func(context.Context, string) []ui.Tab { return nil })
	site := httptest.NewServer(server.Handler())
	t.Cleanup(site.Close)
	w := b.Window(t, site.URL)
	w.Open("/design")
	w.Cookie("entente", secret)
	path := "/courses/" + c.ID
	w.Open(path)
	w.Click("form[action$='/start'] button")
	for i := range v.Steps {
		st := &v.Steps[i]
		w.Until("location.pathname === " + webtest.Quote(path+"/steps/"+st.ID))
		switch st.Kind {
		case course.Scenario:
			w.Type("#f-text", "Sorry.")
			w.Click("main form .btn-primary")
			w.Until("document.querySelectorAll('main .card .state-warning').length > 0")
			w.Post(path+"/steps/"+st.ID, "seen", "1", "text", strings.ReplaceAll(st.Model["en"], "Tom", "Karim"))
			w.Open(path + "/steps/" + st.ID)
		case course.Quiz:
			for q := range st.Questions {
				for j, ch := range st.Questions[q].Choices {
					if ch.Right {
						w.Click("#f-q" + strconv.Itoa(q) + "-" + strconv.Itoa(j))
					}
				}
			}
		}
		w.Click("main form .btn-primary, main form a.btn-primary")
	}
	w.Until("location.pathname === " + webtest.Quote(path))
	if list, err := s.Own(ada); err != nil || len(list) != 1 {
		t.Fatalf("%d certificates, %v", len(list), err)
	}
	edit := path + "/edit"
	w.Walk(t, "course", []webtest.View{webtest.Narrow, webtest.Wide}, map[string]string{"list": "/courses", "course": path, "new": "/courses/new", "lesson": path + "/steps/who", "scenario": path + "/steps/late",
		"quiz": path + "/steps/quiz", "edit": edit, "edit-lesson": edit + "/who", "edit-scenario": edit + "/late", "edit-quiz": edit + "/quiz", "certificates": "/certificates", "welcome": "/welcome"}, nil)
}

func read(t testing.TB) (out []course.Content) {
	t.Helper()
	raw, err := fs.ReadFile(sample.Files(), "courses/answering.json")
	if err == nil {
		var v course.Content
		err = json.Unmarshal(raw, &v)
		out = append(out, v)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}
