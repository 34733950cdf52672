package peopleweb_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/inbox/inboxtest"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/people"
	"github.com/entente/entente/internal/people/peopleweb"
	"github.com/entente/entente/internal/web"
)

type site struct {
	*inboxtest.Desk
	people *people.Service
	url    string
	t      *testing.T
}

func open(t *testing.T) *site {
	t.Helper()
	k := inboxtest.New(t, dbtest.SQLite(t))
	log := slog.New(slog.DiscardHandler)
	p := people.New(k.DB, k.Ledger, k.Org, log, k.Now)
	s := web.New(web.Options{Org: k.Org, Log: log, Live: web.NewLive(), Clock: k.Now})
	peopleweb.Routes(s.Routes(), p, peopleweb.Options{})
	srv := httptest.NewServer(s.Handler())
	t.Cleanup(srv.Close)
	return &site{k, p, srv.URL, t}
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

// post sends a form and follows where it leads.
func (r *reader) post(path string, form url.Values, contains ...string) string {
	r.s.t.Helper()
	status, body, to := r.do("POST", path, form)
	if status != http.StatusSeeOther {
		r.s.t.Fatalf("POST %s: %d %.300s", path, status, body)
	}
	r.get(to, 200, contains...)
	return to
}

func TestPages(t *testing.T) {
	t.Parallel()
	s := open(t)
	paul := s.as("Paul", org.Social)
	paul.get("/people", 200, "Nobody here")
	paul.lang = "fr"
	paul.get("/people", 200, "Personnes")
	paul.lang = "en"
	s.Hear(s.Post.ID, inboxtest.Mail("m1", "ada", "Brakes", "They squeak.", s.Now()))
	said := inboxtest.Question("q1", "bo", "Where?", "Where is it?", s.Now())
	said.Direct, said.AuthorName = false, "Ada"
	s.Hear(s.Deaf.ID, said)
	paul.get("/people", 200, "Ada", "ada@example.org", "Identities that belong to nobody yet", "bo@example.org")
	paul.get("/people?q=zzz", 200, "Nobody here")
	paul.get("/people?after=nonsense", 404)

	_, _, to := paul.do("GET", "/people/of?uri=mailto:ada@example.org", nil)
	if !strings.HasPrefix(to, "/people/") {
		t.Fatalf("an identity of somebody leads to %q", to)
	}
	ada := to
	paul.get(ada, 200, "Brakes", "They squeak.", "Link an identity")
	paul.get("/people/of?uri=bo@example.org", 200, "Not linked to a person", "Make a person", "Link to Ada", "Where?")
	paul.get("/people/of?uri=nobody@example.org", 404)
	paul.get("/people/of", 404)
	paul.get("/people/nobody", 404)
	paul.get("/people/nobody/merge", 404)
	paul.get(ada+"?before=zzz", 404)
	paul.get(ada+"?before=1", 404)

	bo := paul.post("/people", url.Values{"name": {"Bo"}, "uri": {"mailto:bo@example.org"}}, "The person was added.", "Where?")
	paul.post(ada, url.Values{"organisation": {"Analytical"}, "title": {"Countess"}, "kind": {"partner"}, "note": {"<b>kind</b>"}}, "Saved.", "Countess, Analytical", "Partner", "&lt;b&gt;kind&lt;/b&gt;")
	if status, body, _ := paul.do("POST", ada, url.Values{"name": {strings.Repeat("x", 300)}, "note": {"typed"}}); status != 422 || !strings.Contains(body, "typed") || !strings.Contains(body, `aria-invalid="true"`) {
		t.Errorf("a name too long: %d", status)
	}
	if status, _, _ := paul.do("POST", ada, url.Values{"kind": {"king"}}); status != 422 {
		t.Errorf("an unknown relationship: %d", status)
	}
	paul.post(ada+"/identities", url.Values{"identity": {"+33 1 23 45 67 89"}, "verified": {"1"}}, "The identity was linked.", "+33123456789", "verified")
	paul.post(ada+"/identities", url.Values{"identity": {"bo@example.org"}}, "belongs to somebody else")
	paul.post(ada+"/identities", url.Values{"identity": {"not an address"}})
	paul.post(ada+"/identities/remove", url.Values{"identity": {"tel:+33123456789"}}, "The identity was taken away.")

	paul.get(ada+"/merge", 200, "Merge into Ada")
	paul.get(ada+"/merge?q=bo", 200, "Merge Bo")
	paul.get(ada+"/merge?q=zzz", 200, "Nobody found")
	paul.post(ada+"/merge", url.Values{"person": {strings.TrimPrefix(bo, "/people/")}}, "Merged.", "Merged into this person", "bo@example.org", "Where?")
	if _, _, to := paul.do("GET", bo, nil); to != ada {
		t.Errorf("who was merged leads to %q", to)
	}
	if status, _, _ := paul.do("POST", ada+"/merge", url.Values{"person": {strings.TrimPrefix(bo, "/people/")}}); status != 422 {
		t.Errorf("merged twice: %d", status)
	}
	merge := regexp.MustCompile(`name="merge" value="([^"]+)"`).FindStringSubmatch(paul.get(ada, 200))
	if merge == nil {
		t.Fatal("the merge cannot be undone")
	}
	paul.post(ada+"/unmerge", url.Values{"merge": {merge[1]}}, "The merge was undone.", "undone ")
	paul.post(ada+"/unmerge", url.Values{"merge": {merge[1]}}, "This merge was undone already.")
	paul.get(bo, 200, "Where?")

	paul.lang = "fr"
	for _, path := range []string{"/people", ada, ada + "/merge", "/people?q=ada&kind=partner"} {
		if body := paul.get(path, 200); strings.Contains(body, "people.") && regexp.MustCompile(`>\s*people\.[a-z_.]+`).MatchString(body) {
			t.Errorf("%s shows a key", path)
		}
	}
}

func TestWhoMay(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.Hear(s.Post.ID, inboxtest.Mail("m1", "ada", "Brakes", "They squeak.", s.Now()))
	i, p, err := s.people.ByIdentity(t.Context(), "mailto:ada@example.org")
	if err != nil || i.Person == "" {
		t.Fatal(err)
	}
	plain := s.as("Guest", org.Plain)
	for _, path := range []string{"/people", "/people/" + p.ID, "/people/of?uri=" + i.URI, "/people/" + p.ID + "/merge"} {
		plain.get(path, 403)
	}
	for _, path := range []string{"/people", "/people/" + p.ID, "/people/" + p.ID + "/identities", "/people/" + p.ID + "/identities/remove", "/people/" + p.ID + "/merge", "/people/" + p.ID + "/unmerge"} {
		if status, _, _ := plain.do("POST", path, url.Values{"name": {"x"}}); status != 403 {
			t.Errorf("POST %s: %d", path, status)
		}
	}
	nobody := &reader{s, map[string]string{}, "en"}
	nobody.get("/people", 303)
}

func TestHostilePages(t *testing.T) {
	t.Parallel()
	s := open(t)
	paul := s.as("Paul", org.Social)
	evil := `"><script>alert(1)</script>` + strings.Repeat("long", 60)
	m := inboxtest.Mail("m1", "ada", evil, evil, s.Now())
	m.AuthorName, m.URL = evil, "javascript:alert(1)"
	s.Hear(s.Post.ID, m)
	_, p, err := s.people.ByIdentity(t.Context(), "mailto:ada@example.org")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Ledger.State(t.Context(), ledger.Activity{Kind: ledger.OrderPlaced, Actor: "mailto:ada@example.org", At: s.Now(), Amount: -5, Currency: "EUR",
		Data: ledger.Data(ledger.Order{ExternalID: evil, Product: evil, Through: "../x", Quantity: 3})}); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/people", "/people/" + p.ID, "/people/" + p.ID + "/merge", "/people?q=" + url.QueryEscape(evil)} {
		if body := paul.get(path, 200); strings.Contains(body, "<script>alert") || strings.Contains(body, "javascript:") {
			t.Errorf("%s shows hostile words as they are", path)
		}
	}
	paul.get("/people/"+strings.Repeat("x", 5000), 404)
	paul.get("/people?after=x-%00&kind=%25&q=%00", 200)
}
