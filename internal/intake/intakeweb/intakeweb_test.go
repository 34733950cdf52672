package intakeweb_test

import (
	"bytes"
	"context"
	"html"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/intake"
	"github.com/entente/entente/internal/intake/intakeweb"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/web"
)

type site struct {
	t   *testing.T
	url string
	s   *intake.Service
	c   *http.Client
}

func open(t *testing.T) *site {
	t.Helper()
	d, log := dbtest.SQLite(t), slog.New(slog.DiscardHandler)
	o := org.New(d, log, time.Now)
	t.Cleanup(func() { o.Wait(context.Background()) })
	l := ledger.New(d, log, time.Now, channel.PostFollower())
	s := intake.New(d, l, channel.New(d, l, nil, channel.World{}, log, time.Now), o, t.TempDir(), log, time.Now, nil)
	server := web.New(web.Options{Org: o, Log: log})
	intakeweb.Routes(server.Routes(), s)
	srv := httptest.NewServer(server.Handler())
	t.Cleanup(srv.Close)
	const word = "Pignon libre 42"
	if err := o.SetUp(t.Context(), org.SetUp{Organisation: "Vélo", Lang: "en", URL: srv.URL, OwnerName: "Ada", OwnerEmail: "ada@velo.example", Password: word}); err != nil {
		t.Fatal(err)
	}
	token, err := o.SignIn(t.Context(), "ada@velo.example", word, org.Visit{})
	if err != nil {
		t.Fatal(err)
	}
	jar, _ := cookiejar.New(nil)
	u, _ := url.Parse(srv.URL)
	jar.SetCookies(u, []*http.Cookie{{Name: server.SessionCookie(), Value: token, Path: "/"}})
	return &site{t, srv.URL, s, &http.Client{Jar: jar}}
}

// do answers with the status, the path after redirects and the text.
func (s *site) do(method, path, kind string, body io.Reader) (int, string, string) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, body)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Accept-Language", "en")
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	res, err := s.c.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return res.StatusCode, res.Request.URL.Path, html.UnescapeString(string(text))
}

func (s *site) post(path string, form url.Values) (int, string, string) {
	return s.do("POST", path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
}

func (s *site) upload(name, text string) (int, string, string) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if name != "" {
		p, _ := w.CreateFormFile("file", name)
		io.WriteString(p, text)
	}
	w.Close()
	return s.do("POST", "/import", w.FormDataContentType(), &b)
}

func has(t *testing.T, text string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("the page lacks %q:\n%s", w, regexp.MustCompile(`\s*<[^>]*>\s*`).ReplaceAllString(text, " "))
		}
	}
	if key := regexp.MustCompile(`intake\.[a-z_]+`).FindString(text); key != "" {
		t.Errorf("the page speaks in keys: %s", key)
	}
}

func TestImportOnPages(t *testing.T) {
	t.Parallel()
	s := open(t)
	status, _, text := s.do("GET", "/import", "", nil)
	if status != 200 {
		t.Fatal(status, text)
	}
	has(t, text, "Nothing imported yet")
	if status, _, text = s.upload("", ""); status != 422 || !strings.Contains(text, "Please fill this in.") {
		t.Error("no file", status)
	}
	status, path, text := s.upload("reviews.csv", "no;when;who;said\n1;03/04/2026;zoe@y.example;lovely bike\n2;32/04/2026;a@b.example;hm\n")
	if status != 422 { // the headings tell nothing
		t.Error(status)
	}
	has(t, text, "reviews.csv", "The headings do not tell what the lines are.")
	form := url.Values{"format": {"csv"}, "format_was": {"csv"}, "target": {"posts"}, "do": {"look"}}
	_, _, text = s.post(path, form)
	has(t, text, "No column was found for: Text.", "– not in this table –")
	form.Set("mapped", "posts")
	for field, heading := range map[string]string{"id": "no", "at": "when", "author": "who", "text": "said"} {
		form.Set("column."+field, heading)
	}
	status, _, text = s.post(path, form)
	has(t, text, "lovely bike", "zoe@y.example", "The date cannot be read.", "Refused")
	if status != 200 || strings.Contains(text, "form-errors") {
		t.Error("the preview", status)
	}
	form.Set("do", "import")
	if status, _, text = s.post(path, form); status != 422 || !strings.Contains(text, "Please choose the channel of these posts.") {
		t.Error("without a channel", status)
	}
	// It is tried, and then done from there: what a dry run did without is asked for first.
	try := func(channel string) {
		t.Helper()
		form.Set("do", "try")
		form.Set("new_channel", channel)
		s.post(path, form)
		if more, err := s.s.RunNext(t.Context()); err != nil || !more {
			t.Fatal(more, err)
		}
		_, _, text = s.do("GET", path, "", nil)
		has(t, text, "Dry run: nothing was changed.", "Would be added", `action="`+path+`/again"`)
	}
	try("")
	status, _, text = s.post(path+"/again", nil)
	if has(t, text, "Please choose the channel of these posts.", "lovely bike"); status != 422 {
		t.Error("done without a channel", status)
	}
	try("Reviews")
	status, at, text := s.post(path+"/again", nil)
	if status != 200 || at != path {
		t.Fatal(status, at)
	}
	has(t, text, "Waiting", `hx-get="`+path+`/progress"`, "Cancel")
	if more, err := s.s.RunNext(t.Context()); err != nil || !more {
		t.Fatal(more, err)
	}
	_, _, text = s.do("GET", path+"/progress", "", nil)
	has(t, text, "Done", "Download the list of what was refused", "See the channel", "Run again")
	if strings.Contains(text, "hx-get") {
		t.Error("it polls though it is done")
	}
	_, _, text = s.do("GET", path+"/refused", "", nil)
	has(t, text, "reviews.csv:3,The date cannot be read.,32/04/2026")
	_, _, text = s.do("GET", "/import", "", nil)
	has(t, text, "1 added", "reviews.csv")
	if status, at, _ = s.post(path+"/again", nil); status != 200 || at != path {
		t.Error("again", status, at)
	}
	if status, _, text = s.post(path+"/cancel", nil); status != 200 {
		t.Error("cancel", status)
	}
	has(t, text, "It was stopped.")
	if status, at, text = s.post(path+"/remove", nil); status != 200 || at != "/import" {
		t.Error("remove", status, at)
	}
	has(t, text, "The file was removed.")
	if status, _, _ = s.do("GET", path+"/refused", "", nil); status != 404 {
		t.Error("the list is still there", status)
	}
	if status, _, _ = s.do("GET", "/import/nothing", "", nil); status != 404 {
		t.Error(status)
	}
}

// TestEveryFormatHasASettingsPage opens the settings for each format, whatever the file is: nothing may break.
func TestEveryFormatHasASettingsPage(t *testing.T) {
	t.Parallel()
	s := open(t)
	_, path, _ := s.upload("notes.txt", "hello there\n")
	for _, f := range intake.Formats() {
		status, _, text := s.post(path, url.Values{"format": {f.Describe().Name}, "do": {"look"}})
		if status != 422 && status != 200 {
			t.Errorf("%s: %d", f.Describe().Name, status)
		}
		has(t, text, "notes.txt")
	}
	status, _, text := s.post(path, url.Values{"format": {"vcard"}, "format_was": {"vcard"}, "do": {"try"}})
	if status != 200 {
		t.Fatal(status)
	}
	has(t, text, "Dry run")
	if _, err := s.s.RunNext(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, _, text = s.do("GET", path, "", nil)
	has(t, text, "Failed", "There are no address cards in this file.")
}
