package listeningweb_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/inbox/inboxtest"
	"github.com/entente/entente/internal/listening"
	"github.com/entente/entente/internal/listening/listeningweb"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/web"
)

type site struct {
	*inboxtest.Desk
	listening *listening.Service
	url       string
	t         *testing.T
}

func open(t *testing.T) *site {
	t.Helper()
	k := inboxtest.New(t, dbtest.SQLite(t))
	log := slog.New(slog.DiscardHandler)
	l := listening.New(k.DB, k.Ledger, enrich.New(k.DB, log, enrich.LanguageIdentifier{}), k.Org, log, k.Now, nil)
	s := web.New(web.Options{Org: k.Org, Log: log, Live: web.NewLive(), Clock: k.Now})
	listeningweb.Routes(s.Routes(), l, k.Channels, listeningweb.Options{})
	all := http.NewServeMux()
	all.Handle("/", s.Handler())
	all.HandleFunc("GET /in/{secret}", func(w http.ResponseWriter, r *http.Request) { // for browsers
		http.SetCookie(w, &http.Cookie{Name: "entente", Value: r.PathValue("secret"), Path: "/", HttpOnly: true})
		http.Redirect(w, r, "/topics", http.StatusSeeOther)
	})
	srv := httptest.NewServer(all)
	t.Cleanup(srv.Close)
	return &site{k, l, srv.URL, t}
}

// reader is a browser without JavaScript.
type reader struct {
	s      *site
	cookie map[string]string
	lang   string
}

func (s *site) as(name string, role org.Role) *reader {
	_, secret := s.Join(name, role)
	return &reader{s, map[string]string{"entente": secret}, "en"}
}

func (r *reader) do(method, path string, form url.Values) (int, string, string) {
	r.s.t.Helper()
	q, err := http.NewRequestWithContext(r.s.t.Context(), method, r.s.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		r.s.t.Fatal(err)
	}
	if method == http.MethodPost {
		q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	q.AddCookie(&http.Cookie{Name: "lang", Value: r.lang})
	for n, v := range r.cookie {
		q.AddCookie(&http.Cookie{Name: n, Value: v})
	}
	a, err := http.DefaultTransport.RoundTrip(q)
	if err != nil {
		r.s.t.Fatal(err)
	}
	defer a.Body.Close()
	for _, c := range a.Cookies() {
		r.cookie[c.Name] = c.Value
	}
	raw, err := io.ReadAll(a.Body)
	if err != nil {
		r.s.t.Fatal(err)
	}
	return a.StatusCode, string(raw), a.Header.Get("Location")
}

func (r *reader) get(path string, want int, contains ...string) string {
	r.s.t.Helper()
	status, body, _ := r.do("GET", path, nil)
	if status != want {
		r.s.t.Fatalf("GET %s: %d, want %d", path, status, want)
	}
	for _, c := range contains {
		if !strings.Contains(body, c) {
			r.s.t.Errorf("GET %s does not say %q", path, c)
		}
	}
	return body
}

func (s *site) hear(external, title, text string, at time.Time) string {
	s.t.Helper()
	s.Hear(s.Deaf.ID, inboxtest.Question(external, "ada", title, text, at))
	return s.PostID(s.Deaf.ID, external)
}

func TestTopicPages(t *testing.T) {
	t.Parallel()
	s := open(t)
	paul := s.as("Paul", org.Social)
	paul.get("/topics", 200, "No topic yet", "/topics/new")
	s.hear("q1", "Brakes", "My brakes squeak", s.Now())
	paul.get("/topics/new?query=brake&name=B", 200, "1 hit", "My brakes squeak", `value="B"`)
	paul.get("/topics/preview?query=brake", 200, "1 hit")
	paul.get("/topics/preview?query="+strings.Repeat("x", 9000), 413)

	status, body, _ := paul.do("POST", "/topics", url.Values{"name": {"B"}, "query": {"(brake"}})
	if status != 422 || !strings.Contains(body, `aria-invalid="true"`) || !strings.Contains(body, "(brake</textarea>") || !strings.Contains(body, `value="B"`) {
		t.Errorf("a bad query: %d", status)
	}
	if status, _, _ := paul.do("POST", "/topics", url.Values{"query": {"brake"}}); status != 422 {
		t.Errorf("without a name: %d", status)
	}
	status, body, _ = paul.do("POST", "/topics", url.Values{"name": {"B"}, "query": {"brake"}, "try": {"1"}})
	if status != 200 || !strings.Contains(body, "1 hit") || strings.Contains(body, `aria-invalid="true"`) {
		t.Errorf("a preview without JavaScript: %d", status)
	}
	if list, err := s.listening.Topics(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("a preview saved something: %v %v", list, err)
	}
	// a problem is shown where it is, and mended by its button
	paul.get("/topics/preview?query="+url.QueryEscape("brake autor:ada"), 200, "<code>brake <mark>autor:</mark>ada</code>", `form="topic"`, `name="mended"`, `value="brake author:ada"`, "formnovalidate")
	paul.get("/topics/preview?query="+url.QueryEscape("brake OR whistle OR squaek"), 200, "1 hit", "these words: whistle, squaek", "1 post that could match")
	paul.get("/topics/preview?query=brake&exclude=squeaks", 200, "No post matches")
	paul.get("/topics/preview?query=brake&exclude="+url.QueryEscape("fine\n(open"), 200, "<mark>(open</mark>", `name="mended-exclude"`)
	status, body, _ = paul.do("POST", "/topics", url.Values{"name": {""}, "query": {"autor:ada"}, "mended": {"author:ada"}, "exclude": {"zest"}, "inbox": {"1"}})
	if status != 200 || !strings.Contains(body, "author:ada</textarea>") || !strings.Contains(body, "zest</textarea>") || !strings.Contains(body, "checked") || !strings.Contains(body, "1 hit") {
		t.Errorf("mended: %d", status)
	}
	status, body, _ = paul.do("POST", "/topics", url.Values{"name": {"B"}, "query": {"brake"}, "exclude": {"(open"}})
	if status != 422 || !strings.Contains(body, `aria-invalid="true"`) {
		t.Errorf("a bad exclusion: %d", status)
	}
	status, _, to := paul.do("POST", "/topics", url.Values{"name": {"Brakes"}, "query": {"brake"}, "exclude": {"brake pad\r\nzest"}, "inbox": {"1"}})
	if status != 303 || to != "/topics" {
		t.Fatalf("saved: %d %s", status, to)
	}
	paul.get("/topics", 200, "Brakes is saved", "matching older posts")
	if err := s.listening.Fill(t.Context()); err != nil {
		t.Fatal(err)
	}
	list, err := s.listening.Topics(t.Context())
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	topic := "/topics/" + list[0].ID
	paul.get("/topics", 200, "Yes")
	paul.get(topic, 200, "Edit topic", ">brake</textarea>", ">brake pad\nzest</textarea>", "checked", "1 hit")
	if status, _, _ := paul.do("POST", topic, url.Values{"name": {"Brakes"}, "query": {"langu:fr"}}); status != 422 {
		t.Errorf("changed to a bad query: %d", status)
	}
	if status, _, _ := paul.do("POST", topic, url.Values{"name": {"Wheels"}, "query": {"wheel"}}); status != 303 {
		t.Errorf("changed: %d", status)
	}
	paul.lang = "fr"
	paul.get("/topics", 200, "Wheels", "Non")
	paul.get(topic, 200, "Recherche")
	paul.lang = "en"
	if status, _, _ := paul.do("POST", topic+"/remove", nil); status != 303 {
		t.Errorf("removed: %d", status)
	}
	paul.get(topic, 404)
	paul.get("/mentions?topic="+list[0].ID, 404)
	for _, path := range []string{topic, topic + "/remove"} {
		if status, _, _ := paul.do("POST", path, url.Values{"name": {"x"}, "query": {"y"}}); status != 404 {
			t.Errorf("POST %s: %d", path, status)
		}
	}
	vera := s.as("Vera", org.Volunteer)
	vera.get("/topics", 200)
	vera.get("/topics/new", 403)
	if status, _, _ := vera.do("POST", "/topics", url.Values{"name": {"x"}, "query": {"y"}}); status != 403 {
		t.Errorf("a volunteer saves a topic: %d", status)
	}
	plain := s.as("Guest", org.Plain)
	for _, path := range []string{"/topics", "/mentions", "/mentions/x"} {
		plain.get(path, 403)
	}
}

func TestMentionPages(t *testing.T) {
	t.Parallel()
	s := open(t)
	paul := s.as("Paul", org.Social)
	paul.get("/mentions", 200, "Nothing heard yet", "/channels")
	now := s.Now()
	post := s.hear("q0", "Brakes", "My brakes squeak when it rains on the road", now)
	for i := range 60 {
		s.hear("w"+string(rune('A'+i)), "Wheel "+string(rune('A'+i)), "The wheel turns", now.Add(-time.Duration(i+1)*time.Hour))
	}
	if _, err := s.listening.Add(org.AsOperator(t.Context()), listening.Draft{Name: "Wheels", Query: "wheel"}); err != nil {
		t.Fatal(err)
	}
	if err := s.listening.Fill(t.Context()); err != nil {
		t.Fatal(err)
	}
	paul.get("/mentions?post="+post, 303)
	body := paul.get("/mentions", 200, "Brakes", "Old forum", "Wheels", "Volume over time", "Exact days", `data-open`)
	if strings.Contains(body, s.Deaf.ID+"<") {
		t.Error("a channel is shown by its id")
	}
	query := "/mentions?channel=" + s.Deaf.ID + "&lang=en&from=2020-01-01&to=2026-12-31"
	older := regexp.MustCompile(`href="(/mentions\?before=[^"]+)"`).FindStringSubmatch(paul.get(query, 200, "2020", "2026"))
	if older == nil {
		t.Fatal("no second page")
	}
	next := strings.ReplaceAll(older[1], "&amp;", "&")
	for _, kept := range []string{"channel=" + s.Deaf.ID, "lang=en", "from=2020-01-01", "to=2026-12-31"} {
		if !strings.Contains(next, kept) {
			t.Errorf("the second page forgets %s: %s", kept, next)
		}
	}
	if body := paul.get(next, 200, "Wheel "); strings.Contains(body, "Wheel A<") || strings.Contains(body, "Brakes<") {
		t.Error("the second page begins again")
	}
	day := now.Format("2006-01-02")
	if body := paul.get("/mentions?from="+day+"&to="+day, 200, "Brakes", "The days before", "The days after", "All days"); strings.Contains(body, "Wheel Z") {
		t.Error("another day is shown")
	}
	if body := paul.get("/mentions?to=2020-01-01", 200, "No mention fits", "Until"); strings.Contains(body, "Brakes<") {
		t.Error("later days are shown")
	}
	if body := paul.get("/mentions?period=days", 200, `name="from"`, `name="to"`, "Brakes"); !strings.Contains(body, `value="days" selected`) {
		t.Error("the choice of exact days is forgotten")
	}
	if body := paul.get("/mentions?period=180&from=2020-01-01&to=2020-01-02", 200); strings.Contains(body, `name="from"`) {
		t.Error("a period was chosen, and days count still")
	}
	paul.get("/mentions?from="+day, 200, "Brakes", "From")
	paul.get("/mentions?from=nonsense&to=0001-01-01&period=99999", 200, "Brakes")
	paul.get("/mentions?from=1970-01-01&to=2199-12-31", 200, "Brakes")
	paul.get("/mentions?kind=complaint", 200, "No mention fits", `value="complaint" selected`)
	if body := paul.get("/mentions?q=brake", 200, "Brakes", `value="brake"`); strings.Contains(body, "Wheel A<") {
		t.Error("a search finds everything")
	}
	searched := regexp.MustCompile(`href="(/mentions\?before=[^"]+)"`).FindStringSubmatch(paul.get("/mentions?q=wheel&lang=en", 200, "Wheel A"))
	if searched == nil || !strings.Contains(searched[1], "q=wheel") {
		t.Errorf("the next page of a search: %v", searched)
	}
	paul.get("/mentions?q="+url.QueryEscape("autor:ada brake"), 200, "<mark>autor:</mark>", "/mentions?q=author%3Aada", "No mention fits")
	paul.get("/mentions?q="+strings.Repeat("x", 9000), 413)
	paul.get("/mentions?kind=%27", 200, "No mention fits")
	paul.get("/mentions?label=positive", 200, "No mention fits", "Show all")
	paul.get("/mentions?topic=nothing", 404)
	paul.get("/mentions?before=nonsense", 404)
	paul.get("/mentions/nothing", 404)
	paul.get("/mentions/"+post, 200, "My brakes squeak", "Old forum", "Question", "English", "/people/of?uri=mailto%3Aada%40example.org", "https://forum.example/q0")
	paul.lang = "fr"
	for _, path := range []string{"/mentions", "/mentions/" + post, "/topics", "/topics/new"} {
		if body := paul.get(path, 200); regexp.MustCompile(`>\s*listening\.[a-z_.]+`).MatchString(body) {
			t.Errorf("%s shows a key", path)
		}
	}
}

func TestHostilePost(t *testing.T) {
	t.Parallel()
	s := open(t)
	paul := s.as("Paul", org.Social)
	evil := `"><script>alert(1)</script>`
	m := inboxtest.Question("q1", "ada", evil, evil+strings.Repeat("x", 50000), s.Now())
	m.AuthorName, m.URL, m.Kind, m.Lang, m.Quoted = evil, "javascript:alert(1)", evil, evil, evil
	nobody := inboxtest.Question("q2", "ada", "", "", time.Time{})
	nobody.Author.URI, nobody.AuthorName, nobody.Author.Name = "", "", ""
	s.Hear(s.Deaf.ID, m, nobody, channel.Item{})
	for _, path := range []string{"/mentions", "/mentions/" + s.PostID(s.Deaf.ID, "q1"), "/topics/new?name=" + url.QueryEscape(evil) + "&query=" + url.QueryEscape("alert "+evil)} {
		if body := paul.get(path, 200); strings.Contains(body, "<script>alert") || strings.Contains(body, "javascript:") {
			t.Errorf("%s shows hostile words as they are", path)
		}
	}
	if body := paul.get("/mentions/"+s.PostID(s.Deaf.ID, "q2"), 200, "Without words", "gave no usable date"); strings.Contains(body, "/people/of?uri=channel") {
		t.Error("what nobody signed leads to a person")
	}
	paul.get("/mentions/"+strings.Repeat("x", 5000), 404)
	paul.get("/mentions?channel=%00&lang=%FF&label=%27&topic=", 200)
}
