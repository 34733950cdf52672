package app_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/app"
	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/config"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
)

// TestRenamed: pages and feeds of a community and of a space are found at the addresses they had, by who may know of them; robots are told what there is.
func TestRenamed(t *testing.T) {
	t.Parallel()
	a, err := app.Open(t.Context(), config.Config{Data: t.TempDir(), Listen: "127.0.0.1:0"}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(a.Org.SetUp(t.Context(), org.SetUp{Organisation: "Velo", URL: "https://office.example", OwnerName: "Ada", OwnerEmail: "ada@velo.example", Password: "a long pass phrase", Lang: "en", Zone: "UTC"}))
	owner := org.AsOperator(t.Context())
	plan := func(slug, host string, who community.Audience) community.Plan {
		return community.Plan{Slug: slug, Host: host, Name: community.Texts{"en": "Riders"}, Langs: []string{"en"}, Audience: who, SignUp: community.Closed}
	}
	riders, err := a.Community.Add(owner, plan("riders", "", community.Everybody))
	must(err)
	secret, err := a.Community.Add(owner, plan("secret", "", community.Invited))
	must(err)
	within := community.SpacePlan{Slug: "bikes", Name: community.Texts{"en": "Bikes"}, Access: community.OpenSpace, Holds: []string{community.Questions}}
	bikes, err := a.Community.AddSpace(owner, riders.ID, within)
	must(err)
	hidden := within
	hidden.Slug, hidden.Access = "attic", community.Hidden
	attic, err := a.Community.AddSpace(owner, riders.ID, hidden)
	must(err)
	ask := func(method, host, path string) *httptest.ResponseRecorder {
		res, req := httptest.NewRecorder(), httptest.NewRequest(method, "https://"+host+path, nil)
		a.Handler().ServeHTTP(res, req)
		return res
	}
	leads := func(host, path, to string) {
		t.Helper()
		want := http.StatusMovedPermanently
		if to == "" {
			want = http.StatusNotFound
		}
		if res := ask(http.MethodGet, host, path); res.Code != want || res.Header().Get("Location") != to {
			t.Errorf("%s%s leads to %d %q, want %d %q", host, path, res.Code, res.Header().Get("Location"), want, to)
		}
	}
	for _, slug := range []string{"cyclists", "wheels"} {
		_, err = a.Community.Change(owner, riders.ID, plan(slug, "", community.Everybody))
		must(err)
		_, err = a.Community.Change(owner, secret.ID, plan("more-"+slug, "", community.Invited))
		must(err)
		within.Slug, hidden.Slug = slug+"-space", slug+"-attic"
		_, err = a.Community.ChangeSpace(owner, bikes.ID, within)
		must(err)
		_, err = a.Community.ChangeSpace(owner, attic.ID, hidden)
		must(err)
	}
	leads("office.example", "/c/riders/all?tag=a", "https://office.example/c/wheels/all?tag=a")
	leads("office.example", "/c/cyclists", "https://office.example/c/wheels")
	leads("office.example", "/c/riders/feed.atom", "https://office.example/c/wheels/feed.atom")
	leads("office.example", "/c/wheels/bikes", "/c/wheels/wheels-space")
	leads("office.example", "/c/wheels/cyclists-space/feed.json?x=1", "/c/wheels/wheels-space/feed.json?x=1")
	leads("office.example", "/c/wheels/attic", "")
	leads("office.example", "/c/secret", "")
	leads("office.example", "/c/wheels/none", "")
	for _, host := range []string{"riders.example", "wheels.example"} {
		_, err = a.Community.Change(owner, riders.ID, plan("wheels", host, community.Everybody))
		must(err)
	}
	leads("riders.example", "/wheels-space?x=1", "https://wheels.example/wheels-space?x=1")
	leads("riders.example", "/", "https://wheels.example/")
	leads("office.example", "/c/riders/all", "https://wheels.example/all")
	leads("wheels.example", "/bikes", "/wheels-space")
	if res := ask(http.MethodPost, "riders.example", "/ask"); res.Code != http.StatusPermanentRedirect {
		t.Errorf("a form is sent again with %d", res.Code)
	}
	// Who takes an address has it.
	_, err = a.Community.Add(owner, plan("riders", "riders.example", community.Everybody))
	must(err)
	if res := ask(http.MethodGet, "office.example", "/c/riders"); res.Code != http.StatusOK {
		t.Errorf("a community that has the slug now is answered with %d", res.Code)
	}
	if res := ask(http.MethodGet, "riders.example", "/"); res.Code != http.StatusOK {
		t.Errorf("a community that has the host name now is answered with %d", res.Code)
	}
	robots := ask(http.MethodGet, "office.example", "/robots.txt").Body.String()
	for _, line := range []string{"Disallow: /\n", "Allow: /c/\n", "Sitemap: https://wheels.example/sitemap.xml\n", "Sitemap: https://riders.example/sitemap.xml\n"} {
		if !strings.Contains(robots, line) {
			t.Errorf("robots are not told %q:\n%s", line, robots)
		}
	}
	if strings.Contains(robots, "secret") || strings.Contains(robots, "more-") {
		t.Errorf("robots are told what is for invited people:\n%s", robots)
	}
}

// TestHealthPage: the health of a community is empty before anything is said there; then each number leads to rows of that community alone, and who does
// not see the community is told nothing.
func TestHealthPage(t *testing.T) {
	t.Parallel()
	a, err := app.Open(t.Context(), config.Config{Data: t.TempDir(), Listen: "127.0.0.1:0"}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(a.Org.SetUp(t.Context(), org.SetUp{Organisation: "Velo", URL: "http://example.com", OwnerName: "Ada", OwnerEmail: "ada@velo.example", Password: "heather on the hills 42", Lang: "en", Zone: "UTC"}))
	token, err := a.Org.SignIn(t.Context(), "ada@velo.example", "heather on the hills 42", org.Visit{})
	must(err)
	c, err := a.Community.Add(org.AsOperator(t.Context()), community.Plan{Slug: "riders", Name: community.Texts{"en": "Riders"}, Langs: []string{"en"}, Audience: community.Everybody, SignUp: community.Closed})
	must(err)
	read := func(path, cookie string, want int) string {
		t.Helper()
		res, req := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "http://example.com"+path, nil)
		req.Header.Set("Cookie", cookie)
		a.Handler().ServeHTTP(res, req)
		if res.Code != want {
			t.Fatalf("%s: %d, want %d", path, res.Code, want)
		}
		return res.Body.String()
	}
	owner := a.Web.SessionCookie() + "=" + token
	page := "/communities/" + c.ID + "/health"
	if body := read(page, owner, http.StatusOK); !strings.Contains(body, "Nothing was said here yet") || strings.Contains(body, "<table") {
		t.Error("a page about nothing does not say so")
	}
	read(page, "", http.StatusSeeOther)
	read("/communities/none/health", owner, http.StatusNotFound)
	if !strings.Contains(read("/communities/"+c.ID, owner, http.StatusOK), page) {
		t.Error("the community's page does not lead to its health")
	}
	say := func(channel, name string, at time.Time) ledger.Activity {
		return ledger.Activity{ID: name, Kind: ledger.PostSaid, Actor: "mailto:bo@velo.example", Channel: channel, At: at, LearnedAt: at, Key: ledger.SaidKey(channel, name),
			Data: ledger.Data(ledger.Said{ExternalID: name, Title: "Ride " + name, Text: "Who comes along?"})}
	}
	now := time.Now().UTC().Add(-time.Hour)
	_, err = a.Ledger.State(t.Context(), say(c.Channel, "one", now), say(c.Channel, "two", now.AddDate(0, 0, -8)), say("elsewhere", "three", now))
	must(err)
	body := read(page, owner, http.StatusOK)
	for _, want := range []string{"Riders", "Six sides", "Too few weeks", "Bus factor", "Orphaned questions", "Stickiness"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, link := range regexp.MustCompile(`href="(/measures/[^"]+|/business/facts[^"]*)"`).FindAllStringSubmatch(body, -1) {
		to := strings.ReplaceAll(link[1], "&amp;", "&")
		if strings.HasPrefix(to, "/measures/") && !strings.Contains(to, "community="+c.ID) {
			t.Errorf("%s is not about the community", to)
		}
		if rows := read(to, owner, http.StatusOK); strings.Contains(to, "/stickiness") && (strings.Contains(rows, "Ride three") || !strings.Contains(read("/measures/stickiness/rows?community="+c.ID, owner, http.StatusOK), "Ride two")) {
			t.Errorf("%s leads to what others said", to)
		}
	}
}

// Whether the database answers may be asked by anybody; why it does not is for the log.
func TestReady(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	a, err := app.Open(t.Context(), config.Config{Data: t.TempDir(), Listen: "127.0.0.1:0"}, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	ask := func() *httptest.ResponseRecorder {
		res := httptest.NewRecorder()
		a.Handler().ServeHTTP(res, httptest.NewRequest(http.MethodGet, "/readyz", nil))
		return res
	}
	if res := ask(); res.Code != http.StatusOK || res.Body.String() != "ready\n" {
		t.Errorf("answered %d %q", res.Code, res.Body)
	}
	a.DB.Close()
	if res := ask(); res.Code != http.StatusServiceUnavailable || res.Body.String() != "database\n" {
		t.Errorf("without a database: answered %d %q", res.Code, res.Body)
	}
	if !strings.Contains(log.String(), "closed") {
		t.Errorf("the log does not say why: %s", &log)
	}
}
