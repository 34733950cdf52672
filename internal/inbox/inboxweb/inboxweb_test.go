package inboxweb_test

import (
	"context"
	"fmt"
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
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/inbox/inboxtest"
	"github.com/entente/entente/internal/inbox/inboxweb"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/listening"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

type site struct {
	*inboxtest.Desk
	url string
	t   *testing.T
}

func open(t *testing.T, d *db.DB) *site {
	t.Helper()
	k := inboxtest.New(t, d)
	s := web.New(web.Options{Org: k.Org, Log: slog.New(slog.DiscardHandler), Live: web.NewLive(), Clock: k.Now})
	inboxweb.Routes(s.Routes(), k.Inbox, inboxweb.Options{Situations: func(context.Context) []ui.Option { return []ui.Option{{Value: "hot1", Label: "Hot brakes"}} }})
	srv := httptest.NewServer(s.Handler())
	t.Cleanup(srv.Close)
	return &site{k, srv.URL, t}
}

// reader is a browser without JavaScript.
type reader struct {
	s       *site
	cookies map[string]string
	lang    string
}

func (s *site) as(name string, role org.Role) (*reader, *org.Member) {
	m, secret := s.Join(name, role)
	return &reader{s, map[string]string{"entente": secret}, "en"}, m
}

func (r *reader) do(method, path string, form url.Values, header ...string) (int, string, string) {
	r.s.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	q, err := http.NewRequestWithContext(r.s.t.Context(), method, r.s.url+path, body)
	if err != nil {
		r.s.t.Fatal(err)
	}
	if form != nil {
		q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(header); i += 2 {
		q.Header.Set(header[i], header[i+1])
	}
	q.Header.Set("Accept-Language", r.lang)
	q.AddCookie(&http.Cookie{Name: "lang", Value: r.lang})
	for n, v := range r.cookies {
		q.AddCookie(&http.Cookie{Name: n, Value: v})
	}
	a, err := http.DefaultTransport.RoundTrip(q)
	if err != nil {
		r.s.t.Fatal(err)
	}
	defer a.Body.Close()
	for _, c := range a.Cookies() {
		if c.MaxAge < 0 {
			delete(r.cookies, c.Name)
		} else {
			r.cookies[c.Name] = c.Value
		}
	}
	raw, err := io.ReadAll(a.Body)
	if err != nil {
		r.s.t.Fatal(err)
	}
	return a.StatusCode, string(raw), a.Header.Get("Location")
}

func (r *reader) get(path string, want int, contains ...string) string {
	r.s.t.Helper()
	status, body, to := r.do("GET", path, nil)
	if status != want {
		r.s.t.Fatalf("GET %s: %d (%s), want %d", path, status, to, want)
	}
	for _, c := range contains {
		if !strings.Contains(body, c) {
			r.s.t.Fatalf("GET %s does not say %q", path, c)
		}
	}
	return body
}

// post sends a form and follows where it leads; the page it ends on must say all of contains.
func (r *reader) post(path string, form url.Values, contains ...string) string {
	r.s.t.Helper()
	status, body, to := r.do("POST", path, form)
	if status != http.StatusSeeOther {
		r.s.t.Fatalf("POST %s: %d %s", path, status, body)
	}
	to, _, _ = strings.Cut(to, "#")
	return r.get(to, 200, contains...)
}

// TestSearchBox holds that the queue is searched and narrowed to a topic by its address alone, and that a search is kept on the way.
func TestSearchBox(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		vera, m := s.as("Vera", org.Owner)
		e := enrich.New(d, slog.New(slog.DiscardHandler), enrich.LanguageIdentifier{})
		topic, err := listening.New(d, s.Ledger, e, s.Org, slog.New(slog.DiscardHandler), s.Now, nil).Add(s.As(m), listening.Draft{Name: "Stopping power", Query: "brakes"})
		if err != nil {
			t.Fatal(err)
		}
		s.Hear(s.Post.ID, inboxtest.Mail("m1", "ada", "Stopping", "The brakes squeak.", s.Now().Add(-3*time.Hour)),
			inboxtest.Mail("m2", "bo", "Price", "How much?", s.Now().Add(-2*time.Hour)),
			inboxtest.Mail("m3", "cyd", "Late", "My brakes never came.", s.Now().Add(-time.Hour)))
		lacks := func(page string, words ...string) {
			t.Helper()
			for _, w := range words {
				if strings.Contains(page, w) {
					t.Errorf("the page says %q", w)
				}
			}
		}
		page := vera.get("/inbox?q=squeaking", 200, `name="q"`, "data-search", `value="squeaking"`, "Stopping", "Stopping power", "q=squeaking")
		lacks(page, ">Price", ">Late")
		page = vera.get("/inbox?topic="+topic.ID, 200, "Stopping", "Late", `value="`+topic.ID+`" selected`)
		lacks(page, ">Price")
		lacks(vera.get("/inbox?topic="+topic.ID+"&q=never", 200, "Late"), ">Stopping<")
		vera.get("/inbox?q=helicopter", 200, "Nothing like this here", "/inbox\"")
		vera.get("/inbox?q="+url.QueryEscape("langg:fr"), 422, "This search cannot be read", "lang")
		vera.get("/inbox?q="+strings.Repeat("a+", 900), 422)
		vera.get("/inbox?q=%FF%00", 422)

		// From conversation to conversation within what was looked for; the list stands beside.
		c, late := s.About(s.Post.ID, "m1"), s.About(s.Post.ID, "m3")
		page = vera.get("/inbox/"+c.ID+"?q=brakes", 200, `id="beside"`, `aria-current="true"`, "/inbox/"+late.ID+"?q=brakes", "/inbox?q=brakes")
		lacks(page, ">Price")
		if _, body, _ := vera.do("GET", "/inbox/"+c.ID+"?q=brakes", nil, "HX-Request", "true", "HX-Target", "beside"); !strings.HasPrefix(strings.TrimSpace(body), `<div id="beside"`) || !strings.Contains(body, late.ID) {
			t.Errorf("the list alone: %s", body)
		}
		vera.get("/inbox/"+c.ID+"?q="+url.QueryEscape("langg:fr"), 200, "Price") // what cannot be read does not hide the conversation

		// Narrowed by a situation: in the address, from the list of those that go on, and in the words.
		s.Inbox.WithSituations(func(_ context.Context, _ db.Q, which string) (string, []any, error) {
			if which == "flood" {
				return "", nil, problem.New(problem.Invalid, "situation.none_called", "Name", which)
			}
			return "id = ?", []any{late.ID}, nil
		})
		page = vera.get("/inbox?view=open&situation=any", 200, "Late", `<option value="any" selected`, `<option value="hot1"`, "Hot brakes", "situation=any")
		lacks(page, ">Price", ">Stopping<")
		lacks(vera.get("/inbox?view=open&situation=none", 200, "Price", "Stopping"), ">Late")
		lacks(vera.get("/inbox?view=open&q="+url.QueryEscape("situation:any brakes"), 200, "Late"), ">Price", ">Stopping<")
		vera.get("/inbox?q="+url.QueryEscape("situation:flood"), 422, "This search cannot be read", "flood")
		vera.get("/inbox?situation=flood", 422, "This search cannot be read")
		vera.get("/inbox?q="+url.QueryEscape("situation:any OR brakes"), 422, "This search cannot be read")
		vera.get("/inbox/"+c.ID+"?situation=flood", 200, "Price")

		vera.lang = "fr"
		vera.get("/inbox?q=brakes", 200, "Rechercher", "Tous les sujets")
	})
}

func field(t *testing.T, page, name string) string {
	t.Helper()
	m := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(page)
	if m == nil {
		t.Fatalf("the page has no field %q", name)
	}
	return m[1]
}

func TestEmptyViews(t *testing.T) {
	t.Parallel()
	s := open(t, dbtest.SQLite(t))
	vera, _ := s.as("Vera", org.Volunteer)
	vera.get("/inbox", 200, "Your inbox is empty", "/channels")
	s.Hear(s.Post.ID, inboxtest.Mail("m1", "ada", "Brakes", "x", s.Now()))
	vera.get("/inbox?view=mine", 200, "Nothing is yours", "See the open conversation")
	vera.get("/inbox?view=resolved", 200, "Nothing is resolved yet")
	vera.get("/inbox?channel="+s.Deaf.ID, 200, "Nothing like this here")
	vera.get("/inbox?view=nonsense&channel=%00%27&assignee=%FF", 200, "Brakes")
	vera.get("/inbox?after=nonsense", 422)
	vera.lang = "fr"
	vera.get("/inbox?view=mine", 200, "Rien ne vous est attribué")
	plain, _ := s.as("Guest", org.Plain)
	plain.get("/inbox", 403)
	nobody := &reader{s, map[string]string{}, "en"}
	nobody.get("/inbox", 303)
}

// TestDay is a day of somebody who answers.
func TestDay(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		vera, _ := s.as("Vera", org.Volunteer)
		paul, _ := s.as("Paul", org.Social)
		for i := range 3 {
			s.Hear(s.Post.ID, inboxtest.Mail(fmt.Sprint("m", i), "ada", fmt.Sprint("Mail ", i), "They squeak.", s.Now().Add(time.Duration(i-50)*time.Hour)))
		}
		c := s.About(s.Post.ID, "m0")
		next := s.About(s.Post.ID, "m1")
		vera.get("/inbox", 200, "Mail 0", "Mail 1", "Waiting for 2", "/inbox/"+c.ID)
		page := vera.get("/inbox/"+c.ID, 200, "They squeak.", "help@velo.example", "/inbox/"+next.ID)
		vera.post("/inbox/"+c.ID+"/take", nil, "It is yours")
		paul.post("/inbox/"+c.ID+"/take", nil, "Vera has it.")
		paul.get("/inbox/"+c.ID, 200, "With Vera")

		status, body, _ := vera.do("POST", "/inbox/"+c.ID+"/reply", url.Values{"text": {" "}, "private": {"yes"}, "token": {"t0"}})
		if status != 422 || !strings.Contains(body, "Please fill this in.") {
			t.Fatalf("an empty reply: %d", status)
		}
		form := url.Values{"text": {"Bring it in <b>today</b>."}, "private": {"yes"}, "token": {field(t, page, "token")}, "to": {field(t, page, "to")}}
		for range 2 {
			vera.post("/inbox/"+c.ID+"/reply", form, "It leaves in ten seconds", "Leaves in a moment", "Bring it in &lt;b&gt;today&lt;/b&gt;.")
		}
		status, body, _ = vera.do("GET", "/inbox/"+c.ID+"/answers", nil, "HX-Request", "true")
		if status != 200 || strings.Count(body, "Leaves in a moment") != 1 {
			t.Fatalf("answers on their way: %d %s", status, body)
		}
		s.Pass(time.Minute)
		s.Send()
		if sent := s.Town.Sent(); len(sent) != 1 || sent[0].Text != "Bring it in <b>today</b>." {
			t.Fatalf("sent %v", sent)
		}
		vera.get("/inbox/"+c.ID, 200, "Answered", "to Ada")
		vera.post("/inbox/"+c.ID+"/notes", url.Values{"note": {"Ask the workshop"}, "token": {"n1"}}, "Note kept", "Ask the workshop", "Private note")
		vera.post("/posts/"+c.Post+"/label", url.Values{"sentiment": {"negative"}, "back": {"/inbox/" + c.ID}}, "Negative", `aria-pressed="true"`)
		vera.post("/posts/"+c.Post+"/label", url.Values{"sentiment": {""}, "back": {"//evil.example"}}, "Label taken back")
		vera.post("/inbox/"+next.ID+"/resolve", nil, "Resolved: Mail 1", "Mail 2") // and on to the next
		vera.get("/inbox?view=resolved", 200, "Mail 1")
		vera.post("/inbox/"+next.ID+"/reopen", nil, "Open again")
		vera.post("/inbox/"+c.ID+"/release", nil, "Given back to everybody")
		if status, _, _ := vera.do("POST", "/inbox/"+c.ID+"/assign", url.Values{"to": {"x"}}); status != 403 {
			t.Errorf("a volunteer assigns: %d", status)
		}
		m, err := s.Org.ByEmail(t.Context(), "vera@velo.example")
		if err != nil {
			t.Fatal(err)
		}
		paul.post("/inbox/"+c.ID+"/assign", url.Values{"to": {m.ID}, "from": {""}}, "Given to Vera", "Paul gave it to Vera")
		paul.post("/inbox/"+c.ID+"/assign", url.Values{"to": {m.ID}, "from": {""}}) // again
		paul.get("/inbox/"+c.ID, 200, "Vera took it", "Vera gave it back")
		part := func(target string) string {
			_, body, _ := paul.do("GET", "/inbox/"+c.ID, nil, "HX-Request", "true", "HX-Target", target)
			return body
		}
		if body := part("conversation"); !strings.HasPrefix(strings.TrimSpace(body), `<div id="conversation"`) {
			t.Errorf("a live region is not answered by itself: %.60s", body)
		}
	})
}

func TestUncertainOnPage(t *testing.T) {
	t.Parallel()
	s := open(t, dbtest.SQLite(t))
	vera, _ := s.as("Vera", org.Volunteer)
	s.Hear(s.Post.ID, inboxtest.Mail("m1", "ada", "Brakes", "x", s.Now()))
	c := s.About(s.Post.ID, "m1")
	s.Town.Break(&channel.Fault{Kind: channel.Uncertain, Err: io.ErrUnexpectedEOF})
	vera.post("/inbox/"+c.ID+"/reply", url.Values{"text": {"Hello"}, "private": {"yes"}})
	s.Pass(time.Minute)
	s.Send()
	page := vera.get("/inbox/"+c.ID, 200, "Perhaps sent", "It may or may not have arrived", "unexpected EOF", "Send again", "I saw it there")
	id := regexp.MustCompile(`/answers/([0-9a-z]{20})`).FindStringSubmatch(page)[1]
	if status, _, _ := vera.do("POST", "/inbox/"+c.ID+"/answers/"+id, url.Values{"do": {"explode"}}); status != 422 {
		t.Errorf("an unknown deed: %d", status)
	}
	vera.post("/inbox/"+c.ID+"/answers/"+id, url.Values{"do": {"withdraw"}}, "Taken back")
	vera.post("/inbox/"+c.ID+"/answers/"+id, url.Values{"do": {"sent"}}) // too late: told, not broken
}

func TestHostile(t *testing.T) {
	t.Parallel()
	s := open(t, dbtest.SQLite(t))
	vera, _ := s.as("Vera", org.Volunteer)
	evil := `"><script>alert(1)</script><img src=x onerror=alert(1)>`
	i := inboxtest.Question("q1", "ada", evil, evil+"\n\u202eabc", s.Now())
	i.AuthorName, i.Quoted, i.URL, i.Lang = evil, evil, "javascript:alert(1)", evil
	i.Attachments = []ledger.Attachment{{Name: evil, Type: evil, Size: -5}}
	s.Hear(s.Deaf.ID, i)
	c := s.About(s.Deaf.ID, "q1")
	for _, path := range []string{"/inbox", "/inbox/" + c.ID} {
		body := vera.get(path, 200, "&lt;script&gt;")
		if strings.Contains(body, "<script>alert") || strings.Contains(body, "<img src=x") || strings.Contains(body, "javascript:") {
			t.Errorf("%s shows hostile words as they are", path)
		}
	}
	vera.get("/inbox/"+strings.Repeat("x", 5000), 404)
	vera.get("/inbox/%00", 404)
	vera.get("/inbox/"+c.ID+"?before=zzz", 422)
	vera.get("/inbox/"+c.ID+"?to=zzz", 200)
}

func TestLongThreadAndDeletion(t *testing.T) {
	t.Parallel()
	s := open(t, dbtest.SQLite(t))
	vera, _ := s.as("Vera", org.Volunteer)
	items := []channel.Item{inboxtest.Question("q0", "ada", "Long", "the very first", s.Now().Add(-600*time.Minute))}
	for i := 1; i < 500; i++ {
		items = append(items, inboxtest.Question(fmt.Sprint("q", i), "bo", "", fmt.Sprint("word ", i), s.Now().Add(time.Duration(i-600)*time.Minute), "q0"))
	}
	s.Hear(s.Deaf.ID, items...)
	c := s.About(s.Deaf.ID, "q0")
	page := vera.get("/inbox/"+c.ID, 200, "word 499", "Earlier posts", "it only listens")
	if strings.Contains(page, "the very first") {
		t.Error("500 posts on one page")
	}
	links := 0
	for strings.Contains(page, "Earlier posts") {
		m := regexp.MustCompile(`href="(/inbox/[^"]*before=[^"]*)"[^>]*>\s*<svg[^>]*>.*?</svg>\s*<span>Earlier posts`).FindStringSubmatch(page)
		if m == nil {
			t.Fatal("no way to earlier posts")
		}
		page = vera.get(strings.ReplaceAll(m[1], "&amp;", "&"), 200, "Latest posts")
		links++
	}
	if links != 4 || !strings.Contains(page, "the very first") {
		t.Errorf("the beginning is %d pages away", links)
	}
	if _, err := s.Ledger.State(t.Context(), ledger.Activity{Kind: ledger.PostDeleted, Object: c.Root, At: s.Now()}); err != nil {
		t.Fatal(err)
	}
	s.Level()
	vera.get("/inbox?view=open", 200, "Without words")
	if body := vera.get("/inbox/"+c.ID+"?before="+cursorOfSecond(t, s, c), 200, "Deleted by its author"); strings.Contains(body, "the very first") {
		t.Error("deleted words are shown")
	}
}

func cursorOfSecond(t *testing.T, s *site, c inbox.Conversation) string {
	t.Helper()
	m, _ := s.Join("Reader", org.Volunteer)
	cursor := ""
	for {
		line, err := s.Inbox.Timeline(s.As(m), c.ID, cursor, 100)
		if err != nil {
			t.Fatal(err)
		}
		if line.Earlier == "" {
			return cursor
		}
		cursor = line.Earlier
	}
}

func TestPresenceOnPage(t *testing.T) {
	t.Parallel()
	s := open(t, dbtest.SQLite(t))
	vera, _ := s.as("Vera", org.Volunteer)
	paul, _ := s.as("Paul", org.Volunteer)
	s.Hear(s.Post.ID, inboxtest.Mail("m1", "ada", "Brakes", "x", s.Now()))
	path := "/inbox/" + s.About(s.Post.ID, "m1").ID + "/presence"
	if status, _, _ := vera.do("POST", path+"?writing=1", nil); status != 204 {
		t.Fatalf("alone: %d, want 204", status)
	}
	if status, body, _ := paul.do("POST", path, nil); status != 200 || !strings.Contains(body, "Vera is writing an answer") {
		t.Fatalf("told %d %s", status, body)
	}
	if status, _, _ := vera.do("DELETE", path, nil); status != 204 {
		t.Fatalf("left: %d", status)
	}
	if status, _, _ := paul.do("POST", path, nil); status != 204 {
		t.Fatalf("alone again: %d", status)
	}
}

// TestAnsweredMeanwhileOnPage: who sends what was written beside a colleague's answer is shown that first, keeps their words, and may send them all the same.
func TestAnsweredMeanwhileOnPage(t *testing.T) {
	t.Parallel()
	s := open(t, dbtest.SQLite(t))
	vera, _ := s.as("Vera", org.Volunteer)
	paul, _ := s.as("Paul", org.Volunteer)
	s.Hear(s.Post.ID, inboxtest.Mail("m1", "ada", "Brakes", "x", s.Now()))
	path := "/inbox/" + s.About(s.Post.ID, "m1").ID
	form := func(page, text string) url.Values {
		return url.Values{"text": {text}, "private": {"yes"}, "token": {field(t, page, "token")}, "to": {field(t, page, "to")}, "seen": {field(t, page, "seen")}}
	}
	hers, his := form(vera.get(path, 200), "Bring it in tomorrow at nine."), form(paul.get(path, 200), "Come at ten, we look at it.")
	s.Pass(time.Minute)
	vera.post(path+"/reply", hers, "It leaves in ten seconds")
	if _, body, _ := paul.do("POST", path+"/compose", his, "HX-Request", "true", "HX-Target", "composer"); field(t, body, "seen") != his.Get("seen") {
		t.Error("asking for hints counts as having seen the answer")
	}
	status, page, _ := paul.do("POST", path+"/reply", his)
	if status != 422 || !strings.Contains(page, "Vera answered while you were writing") || !strings.Contains(page, "Bring it in tomorrow at nine.") || !strings.Contains(page, "Come at ten, we look at it.") {
		t.Fatalf("written beside an answer: %d %s", status, page)
	}
	paul.lang = "fr"
	if _, page, _ := paul.do("POST", path+"/reply", his); !strings.Contains(page, "Vera a répondu pendant que vous écriviez") {
		t.Error("not told in French")
	}
	paul.lang = "en"
	paul.post(path+"/reply", form(page, "Come at ten, we look at it."), "It leaves in ten seconds")
	s.Pass(time.Minute)
	s.Send()
	if sent := s.Town.Sent(); len(sent) != 2 {
		t.Errorf("%d were sent, want both", len(sent))
	}
}

func TestOpenFromAPost(t *testing.T) {
	t.Parallel()
	s := open(t, dbtest.SQLite(t))
	vera, m := s.as("Vera", org.Volunteer)
	silent, err := s.Channels.Place(t.Context(), "stackexchange", "Elsewhere", channel.InboxNone)
	if err != nil {
		t.Fatal(err)
	}
	i := inboxtest.Question("q1", "bo", "Unheard", "y", s.Now())
	i.Inbox, i.Direct = false, false
	s.Hear(silent.ID, i)
	var panel strings.Builder
	for _, p := range inboxweb.AboutPost(s.As(m), s.Inbox, s.PostID(silent.ID, "q1")) {
		if err := p.Body.Render(s.As(m), &panel); err != nil {
			t.Fatal(err)
		}
	}
	action := regexp.MustCompile(`action="([^"]+)"`).FindStringSubmatch(panel.String())
	if action == nil {
		t.Fatalf("no way to open it: %s", panel.String())
	}
	vera.post(action[1], nil, "Unheard", "Vera opened it")
}

// TestWords holds that no key is shown where a sentence belongs.
func TestWords(t *testing.T) {
	t.Parallel()
	s := open(t, dbtest.SQLite(t))
	paul, _ := s.as("Paul", org.Social)
	s.Hear(s.Post.ID, inboxtest.Mail("m1", "ada", "Brakes", "x", s.Now()))
	s.Hear(s.Deaf.ID, inboxtest.Question("q1", "bo", "Q", "y", s.Now()))
	c := s.About(s.Post.ID, "m1")
	paul.post("/inbox/"+c.ID+"/take", nil)
	paul.post("/inbox/"+c.ID+"/notes", url.Values{"note": {"n"}})
	for _, lang := range []string{"en", "fr"} {
		paul.lang = lang
		for _, path := range []string{"/inbox", "/inbox?view=resolved", "/inbox/" + c.ID, "/inbox/" + s.About(s.Deaf.ID, "q1").ID} {
			if m := regexp.MustCompile(`>\s*inbox\.[a-z_.]+\s*<`).FindString(paul.get(path, 200)); m != "" {
				t.Errorf("%s in %s shows %s", path, lang, m)
			}
		}
	}
}

// TestHeldPages: the page of one member is never another's, each form has a token of its own, and what is done shows at once to whoever did it and to others.
func TestHeldPages(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		vera, _ := s.as("Vera", org.Volunteer)
		paul, _ := s.as("Paul", org.Volunteer)
		s.Hear(s.Post.ID, inboxtest.Mail("m1", "ada", "Brakes", "x", s.Now()))
		path := "/inbox/" + s.About(s.Post.ID, "m1").ID
		token := func(page string) string {
			m := regexp.MustCompile(`action="[^"]*/notes[^"]*"[^>]*>\s*<input[^>]*name="token" value="(\w+)"`).FindStringSubmatch(page)
			if m == nil {
				t.Fatal("the form for a note has no token")
			}
			return m[1]
		}
		for range 3 {
			hers, his := vera.get(path, 200, "Vera"), paul.get(path, 200, "Paul")
			if strings.Contains(hers, "Paul") || strings.Contains(his, "Vera") {
				t.Fatal("the page of another is shown")
			}
			if again := vera.get(path, 200); token(again) == token(hers) || token(hers) == token(his) {
				t.Error("two pages have one token")
			}
		}
		for i := range 3 {
			note := fmt.Sprintf("Looked at it, %d.", i)
			vera.post(path+"/notes", url.Values{"note": {note}, "token": {token(vera.get(path, 200))}}, note)
			paul.get(path, 200, note)
			vera.get(path, 200, note)
		}
		vera.get("/inbox?view=unassigned", 200, "Brakes")
		vera.post(path+"/take", url.Values{})
		if strings.Contains(vera.get("/inbox?view=unassigned", 200), path) {
			t.Error("what was taken is still to be taken")
		}
	})
}
