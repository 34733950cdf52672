package businessweb_test

import (
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/business"
	"github.com/entente/entente/internal/business/businessweb"
	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/intake"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/web"
)

var now = time.Date(2026, 11, 4, 12, 0, 0, 0, time.UTC)

// site is an installation with members of some roles.
type site struct {
	*httptest.Server
	s      *business.Service
	w      *business.Watcher
	org    *org.Service
	dir    string
	cookie string // name of the session's
	tokens map[org.Role]string
}

func open(t testing.TB) *site {
	t.Helper()
	d, log, clock := dbtest.SQLite(t), slog.New(slog.DiscardHandler), func() time.Time { return now }
	o := org.New(d, log, clock)
	ctx := org.AsOperator(t.Context())
	const word = "Pignon libre 42"
	if err := o.SetUp(ctx, org.SetUp{Organisation: "Vélo", Lang: "en", Zone: "Europe/Paris", URL: "http://localhost", OwnerName: "Ada", OwnerEmail: "ada@velo.example", Password: word}); err != nil {
		t.Fatal(err)
	}
	l := ledger.New(d, log, clock, business.Follower())
	dir := t.TempDir()
	in := intake.New(d, l, channel.New(d, l, nil, channel.World{}, log, clock), o, filepath.Join(dir, "imports"), log, clock, nil)
	x := &site{s: business.New(d, l, o, log, clock), w: business.NewWatcher(d, in, o, filepath.Join(dir, "facts"), log, clock), org: o, dir: filepath.Join(dir, "facts"), tokens: map[org.Role]string{}}
	if err := x.w.Begin(ctx); err != nil {
		t.Fatal(err)
	}
	server := web.New(web.Options{Org: o, Log: log, Live: web.NewLive(), Clock: clock})
	businessweb.Routes(server.Routes(), x.s, x.w, o, clock)
	x.Server, x.cookie = httptest.NewServer(server.Handler()), server.SessionCookie()
	t.Cleanup(x.Close)
	for role, email := range map[org.Role]string{org.Owner: "ada@velo.example", org.Plain: "bo@velo.example"} {
		if role != org.Owner {
			inv, err := o.Invite(ctx, org.Invite{Email: email, Name: "Bo", Role: role, Lang: "en"})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := o.Accept(ctx, strings.TrimPrefix(inv.Path, org.InvitationPath), org.Accept{Name: "Bo", Lang: "en", Zone: "Europe/Paris", Password: word}, org.Visit{}); err != nil {
				t.Fatal(err)
			}
		}
		token, err := o.SignIn(t.Context(), email, word, org.Visit{})
		if err != nil {
			t.Fatal(err)
		}
		x.tokens[role] = token
	}
	return x
}

// do answers with the status, the text and where it leads. Nothing runs scripts.
func (x *site) do(t testing.TB, role org.Role, lang, method, path string, form url.Values) (int, string, string) {
	t.Helper()
	q, err := http.NewRequestWithContext(t.Context(), method, x.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	if method == http.MethodPost {
		q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	q.AddCookie(&http.Cookie{Name: "lang", Value: lang})
	q.AddCookie(&http.Cookie{Name: x.cookie, Value: x.tokens[role]})
	a, err := http.DefaultTransport.RoundTrip(q)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	raw, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return a.StatusCode, html.UnescapeString(string(raw)), a.Header.Get("Location")
}

func (x *site) see(t testing.TB, lang, path string, contains ...string) string {
	t.Helper()
	status, text, _ := x.do(t, org.Owner, lang, http.MethodGet, path, nil)
	if status != http.StatusOK {
		t.Fatalf("GET %s: %d", path, status)
	}
	for _, c := range contains {
		if !strings.Contains(text, c) {
			t.Errorf("GET %s does not say %q", path, c)
		}
	}
	return text
}

func (x *site) post(t testing.TB, path string, want int, pairs ...string) (string, string) {
	t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	status, text, to := x.do(t, org.Owner, "fr", http.MethodPost, path, form)
	if status != want {
		t.Fatalf("POST %s: %d, want %d\n%.2000s", path, status, want, text)
	}
	return text, to
}

func hidden(text, name string) string {
	m := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	return m[1]
}

// TestFactByHand states a fact by a form, corrects it, withdraws it and brings it back, in French, without scripts.
func TestFactByHand(t *testing.T) {
	t.Parallel()
	x := open(t)
	x.see(t, "en", "/business", "19 kinds of facts are missing", "/import?format=facts&kind=cost")
	x.see(t, "fr", "/business/facts?kind=cost", "Aucun fait ici")
	x.see(t, "fr", "/business/facts/new?kind=cost", "Énoncer un fait")
	text, _ := x.post(t, "/business/facts", 422, "kind", "cost", "when", "mars", "amount", "douze", "label", "platform")
	for _, want := range []string{"La période est illisible", "Le nombre est illisible", `value="douze"`} {
		if !strings.Contains(text, want) {
			t.Errorf("the form that is refused does not say %q", want)
		}
	}
	_, to := x.post(t, "/business/facts", 303, "kind", "cost", "when", "mars 2026", "amount", "1 234,50 €", "label", "platform", "organisation", "<b>Régie & fils</b>")
	text = x.see(t, "en", to, "Costs, March 2026", "€1,234.50", "<b>Régie & fils</b>", "Ada stated", "By hand")
	if strings.Count(text, "<b>") > 4 && !strings.Contains(text, "Platform") {
		t.Error("no label")
	}
	was := hidden(text, "was")
	form := x.see(t, "fr", to+"/correct", `value="1234,50"`, `value="2026-03"`)
	if hidden(form, "was") != was {
		t.Error("the form does not say what it corrects")
	}
	x.post(t, to+"/correct", 303, "was", was, "when", "T1 2026", "amount", "1000", "currency", "EUR", "label", "content", "note", "mauvaise ligne")
	x.see(t, "fr", to, "Coûts, T1 2026", "1\u202f000,00", "Ada a corrigé en", "mauvaise ligne", "1\u202f234,50")
	text, _ = x.post(t, to+"/correct", 422, "was", was, "when", "2026-03", "amount", "1", "label", "content")
	if !strings.Contains(text, "Quelqu’un d’autre a corrigé ce fait") {
		t.Error("a stale correction is not explained")
	}
	x.post(t, to+"/withdraw", 422, "was", "", "note", "")
	x.post(t, to+"/withdraw", 303, "was", "", "note", "saisi deux fois")
	x.see(t, "fr", to, "Retiré", "saisi deux fois", "T1 2026")
	x.see(t, "fr", "/business/facts?kind=cost", "1 fait retiré")
	x.see(t, "fr", "/business/facts?kind=cost&withdrawn=1", to)
	x.see(t, "fr", to+"/correct", `value="1000,00"`)
	x.post(t, to+"/correct", 303, "when", "2026-03", "amount", "7", "label", "content")
	x.see(t, "en", "/business/facts?kind=cost&period=12m", to, "€7.00", "March 2026")
	for _, days := range []string{"from=2026-12-01&to=2026-01-01", "from=9999-01-01&to=9999-12-31", "from=someday&to=2026-01-01", "from=2026-02-30&to=2026-03-01", "from=0001-01-01&to=2026-01-01"} {
		x.see(t, "en", "/business/facts?kind=cost&period=custom&"+days, "is no period", "the last twelve months")
	}
	for _, path := range []string{"/business/facts/nothing", "/business/facts?kind=x", "/business/facts?kind=cost&before=x", "/business/example?kind=x"} {
		if status, _, _ := x.do(t, org.Owner, "en", http.MethodGet, path, nil); status != http.StatusNotFound {
			t.Errorf("GET %s: %d", path, status)
		}
	}
}

// TestMayNot holds that whoever reads no measures sees no facts, and that nothing is shown to strangers.
func TestMayNot(t *testing.T) {
	t.Parallel()
	x := open(t)
	for _, path := range []string{"/business", "/business/facts", "/business/folder", "/business/facts/new"} {
		if status, _, _ := x.do(t, org.Plain, "en", http.MethodGet, path, nil); status != http.StatusForbidden {
			t.Errorf("GET %s: %d", path, status)
		}
		if status, _, _ := x.do(t, "nobody", "en", http.MethodGet, path, nil); status == http.StatusOK {
			t.Errorf("GET %s is open", path)
		}
	}
	if status, _, _ := x.do(t, org.Plain, "en", http.MethodPost, "/business/facts", url.Values{"kind": {"cost"}}); status != http.StatusForbidden {
		t.Errorf("a member states facts: %d", status)
	}
}

func TestFolderPage(t *testing.T) {
	t.Parallel()
	x := open(t)
	x.see(t, "fr", "/business/folder", "Pas encore de règle", x.dir)
	text, _ := x.post(t, "/business/folder", 422, "pattern", "../x", "kind", "cost", "columns", "amount")
	if !strings.Contains(text, "champ=titre") {
		t.Error("bad columns are not explained")
	}
	x.post(t, "/business/folder", 303, "pattern", "couts-*.csv", "kind", "cost", "columns", "amount=Total HT; period=Quand", "decimal", ",")
	if err := os.WriteFile(filepath.Join(x.dir, "couts-1.csv"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(x.dir, "other.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	text = x.see(t, "en", "/business/folder", "couts-*.csv", "amount=Total HT; period=Quand", "couts-1.csv", "waits until it stops growing", "other.txt", "no rule fits its name")
	rule := regexp.MustCompile(`/business/folder/([a-z0-9]{20})/remove`).FindStringSubmatch(text)
	if rule == nil {
		t.Fatal("the rule cannot be removed")
	}
	x.post(t, "/business/folder/"+rule[1]+"/remove", 303)
	x.see(t, "en", "/business/folder", "No rules yet")
}

func TestExample(t *testing.T) {
	t.Parallel()
	x := open(t)
	x.see(t, "en", "/business/example?kind=hours&lang=fr", "\uFEFFRéférence;Période;Heures")
	x.see(t, "en", "/business/example?kind=hours", "\uFEFFReference,Period,Hours")
}
