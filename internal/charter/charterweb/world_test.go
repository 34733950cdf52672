package charterweb_test

import (
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/charter"
	"github.com/entente/entente/internal/charter/charterweb"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/web"
)

const password = "Pignon libre 42"

type site struct {
	*httptest.Server
	t   *testing.T
	org *org.Service
	s   *charter.Service
	now time.Time
}

func open(t *testing.T, d *db.DB) *site {
	t.Helper()
	x := &site{t: t, now: time.Date(2026, 11, 20, 15, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return x.now }
	log := slog.New(slog.DiscardHandler)
	x.org = org.New(d, log, time.Now)
	x.s = charter.New(d, x.org, log, clock)
	s := web.New(web.Options{Org: x.org, Log: log, Clock: clock})
	charterweb.Routes(s.Routes(), x.s, x.org)
	// Sign in without the pages of org, which this test is not about.
	s.Routes().Do("POST /in/{email}", org.Public, func(w http.ResponseWriter, r *http.Request) error {
		token, err := x.org.SignIn(r.Context(), r.PathValue("email"), password, web.VisitOf(r))
		if err == nil {
			s.SignIn(w, token)
		}
		return err
	})
	x.Server = httptest.NewServer(s.Handler())
	t.Cleanup(x.Server.Close)
	x.must(x.org.SetUp(t.Context(), org.SetUp{Organisation: "Vélo Lumière", Lang: "en", URL: x.URL, OwnerName: "Ada Morel", OwnerEmail: "ada@velo.example", Password: password}))
	invited, err := x.org.Invite(org.AsOperator(t.Context()), org.Invite{Email: "vic@velo.example", Name: "Vic", Role: org.Volunteer, Lang: "en"})
	x.must(err)
	_, err = x.org.Accept(t.Context(), strings.TrimPrefix(invited.Path, org.InvitationPath), org.Accept{Name: "Vic", Lang: "en", Zone: "UTC", Password: password}, org.Visit{})
	x.must(err)
	return x
}

func (x *site) must(err error) {
	x.t.Helper()
	if err != nil {
		x.t.Fatal(err)
	}
}

type visitor struct {
	*site
	c *http.Client
}

func (x *site) visitor(email string) *visitor {
	jar, _ := cookiejar.New(nil)
	v := &visitor{x, &http.Client{Jar: jar}}
	v.post("/in/" + email)
	return v
}

type answer struct {
	status     int
	path, text string
}

func (v *visitor) take(res *http.Response, err error) answer {
	v.t.Helper()
	v.must(err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	v.must(err)
	return answer{res.StatusCode, res.Request.URL.Path, strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(html.UnescapeString(string(body)))}
}

func (v *visitor) get(path string) answer {
	v.t.Helper()
	return v.take(v.c.Get(v.URL + path))
}

func (v *visitor) post(path string, pairs ...string) answer {
	v.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return v.take(v.c.PostForm(v.URL+path, form))
}

// shows fails unless the answer has the status and all the texts.
func (a answer) shows(t *testing.T, status int, texts ...string) {
	t.Helper()
	if a.status != status {
		t.Fatalf("%s: status %d, want %d", a.path, a.status, status)
	}
	for _, s := range texts {
		if !strings.Contains(a.text, s) {
			t.Errorf("%s does not show %q", a.path, s)
		}
	}
}
