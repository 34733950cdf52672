package orgweb_test

import (
	"context"
	"errors"
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

	xhtml "golang.org/x/net/html"

	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/org/orgweb"
	"github.com/entente/entente/internal/web"
)

const (
	ownerEmail = "ada@velo.example"
	ownerWord  = "Pignon libre 42"
)

type site struct {
	*httptest.Server
	s   *org.Service
	web *web.Server
}

// open serves the pages on a fresh installation, which is set up when wanted.
func open(t *testing.T, setUp bool, options ...org.Option) *site {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	s := org.New(dbtest.SQLite(t), log, time.Now, options...)
	t.Cleanup(func() { s.Wait(context.Background()) })
	server := web.New(web.Options{Org: s, Log: log})
	orgweb.Routes(server.Routes(), server, s, orgweb.Options{Demo: []orgweb.DemoAccount{{Name: "Ada", Email: ownerEmail, Password: ownerWord, Role: org.Owner}}, Mail: "/channels"})
	server.Routes().Page("GET /{$}", org.SignedIn, func(w http.ResponseWriter, r *http.Request) error {
		_, err := io.WriteString(w, "home")
		return err
	})
	srv := httptest.NewServer(server.Handler())
	t.Cleanup(srv.Close)
	if setUp {
		if err := s.SetUp(t.Context(), org.SetUp{Organisation: "Vélo Lumière", Lang: "en", URL: srv.URL, OwnerName: "Ada Morel", OwnerEmail: ownerEmail, Password: ownerWord}); err != nil {
			t.Fatal(err)
		}
	}
	return &site{srv, s, server}
}

// visitor is a browser without JavaScript.
type visitor struct {
	t    *testing.T
	site *site
	c    *http.Client
}

func (s *site) visitor(t *testing.T) *visitor {
	jar, _ := cookiejar.New(nil)
	return &visitor{t, s, &http.Client{Jar: jar}}
}

type answer struct {
	status int
	path   string // after redirects
	text   string
	header http.Header
}

func (v *visitor) do(req *http.Request) answer {
	v.t.Helper()
	req.Header.Set("Accept-Language", "en")
	res, err := v.c.Do(req)
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return answer{res.StatusCode, res.Request.URL.RequestURI(), html.UnescapeString(string(body)), res.Header}
}

func (v *visitor) get(path string) answer {
	v.t.Helper()
	req, _ := http.NewRequest("GET", v.site.URL+path, nil)
	return v.do(req)
}

func (v *visitor) post(path string, pairs ...string) answer {
	v.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	req, _ := http.NewRequest("POST", v.site.URL+path, strings.NewReader(form.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	return v.do(req)
}

func (v *visitor) signIn() {
	v.t.Helper()
	v.post("/sign-in", "email", ownerEmail, "password", ownerWord).want(v.t, 200, "/", "home")
}

// want fails unless the answer has the status, ends at the path ("" for any) and holds every text.
func (a answer) want(t *testing.T, status int, path string, texts ...string) answer {
	t.Helper()
	if a.status != status || path != "" && a.path != path {
		t.Fatalf("answered %d at %s, want %d at %s\n%.2000s", a.status, a.path, status, path, a.text)
	}
	for _, s := range texts {
		if !strings.Contains(a.text, s) {
			t.Fatalf("%s does not say %q\n%s", a.path, s, a.text)
		}
	}
	return a
}

func TestFirstVisit(t *testing.T) {
	t.Parallel()
	s := open(t, false)
	v := s.visitor(t)
	v.get("/members").want(t, 200, "/set-up", "Set up Entente", "Mails cannot be sent yet", `value="`+s.URL+`"`)
	v.get("/sign-in").want(t, 200, "/set-up")
	a := v.post("/set-up", "organisation", "", "lang", "fr", "zone", "Europe/Paris", "owner_name", "Ada", "owner_email", "x", "password", "azertyuiop")
	a.want(t, 422, "", "3 things to put right", `href="#f-organisation"`, `href="#f-owner_email"`, `id="f-password-error"`, `value="Ada"`)
	if strings.Contains(a.text, "azertyuiop") {
		t.Error("the password is written back")
	}
	good := []string{"organisation", "Vélo Lumière", "lang", "en", "zone", "Europe/Paris", "url", s.URL, "owner_name", "Ada", "owner_email", ownerEmail, "password", ownerWord}
	v.post("/set-up", good...).want(t, 200, "/members", "Vélo Lumière is ready", ownerEmail)
	w := s.visitor(t)
	w.get("/set-up").want(t, 200, "/sign-in")
	w.post("/set-up", good...).want(t, 422, "", "has been set up already")
	w.get("/me").want(t, 200, "/sign-in?to=%2Fme")
}

func TestSignInPage(t *testing.T) {
	t.Parallel()
	s := open(t, true)
	v := s.visitor(t)
	v.get("/sign-in").want(t, 200, "", "Look around", ownerWord, "Owner")
	v.post("/sign-in", "email", ownerEmail, "password", "nope", "to", "/me").want(t, 422, "", "do not go together", `name="to" value="/me"`, `value="`+ownerEmail+`"`)
	v.post("/sign-in").want(t, 422, "", "2 things to put right")
	v.post("/sign-in", "email", ownerEmail, "password", ownerWord, "to", "//evil.example").want(t, 200, "/", "home")
	v.get("/sign-in?to=/me").want(t, 200, "/me", "My profile")
	v.post("/sign-out").want(t, 200, "/sign-in", "You are signed out")
	v.get("/me").want(t, 200, "/sign-in?to=%2Fme")
	for range 6 {
		v.post("/sign-in", "email", "guess@velo.example", "password", "nope")
	}
	v.post("/sign-in", "email", "guess@velo.example", "password", "nope").want(t, 422, "", "Too many attempts. Please try again in ")
	// Who guesses elsewhere does not keep the owner out of a browser that signed in before; others wait.
	for range 8 {
		s.visitor(t).post("/sign-in", "email", ownerEmail, "password", "nope")
	}
	s.visitor(t).post("/sign-in", "email", ownerEmail, "password", ownerWord).want(t, 422, "", "Too many attempts")
	v.post("/sign-in", "email", ownerEmail, "password", ownerWord).want(t, 200, "/", "home")
	v.post("/sign-out").want(t, 200, "/sign-in")

	req, _ := http.NewRequest("POST", s.URL+"/sign-in", strings.NewReader("email="+ownerEmail+"&password="+url.QueryEscape(ownerWord)))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	s.visitor(t).do(req).want(t, 403, "")
}

var linkIn = regexp.MustCompile(`http://127[^<"]+/(?:invitation|reset)/[\w-]+`)

func (s *site) path(t *testing.T, a answer) string {
	t.Helper()
	link := linkIn.FindString(a.text)
	if link == "" {
		t.Fatalf("no link in\n%s", a.text)
	}
	return strings.TrimPrefix(link, s.URL)
}

func TestInvitationByLink(t *testing.T) {
	t.Parallel()
	s := open(t, true)
	owner := s.visitor(t)
	owner.signIn()
	owner.get("/members").want(t, 200, "", "Mails cannot be sent yet", "/channels", "Make an invitation link")
	owner.post("/members", "email", "bad", "role", "emperor", "lang", "en").want(t, 422, "", "complete mail address", `value="bad"`)
	a := owner.post("/members", "email", "leo@velo.example", "role", "volunteer", "lang", "fr").want(t, 200, "", "Pass this link on to leo@velo.example", "invited")
	if a.header.Get("Cache-Control") != "no-store" {
		t.Error("a page with a link may be kept")
	}
	link := s.path(t, a)
	guest := s.visitor(t)
	guest.get(link).want(t, 200, "", "Join Vélo Lumière", "leo@velo.example", "Volunteer")
	guest.post(link, "name", "", "lang", "en", "zone", "UTC", "password", "short").want(t, 422, "", "2 things to put right")
	guest.post(link, "name", "Léo", "lang", "en", "zone", "Europe/Brussels", "password", "Dérailleur arrière 7").want(t, 200, "/", "home")
	guest.get("/me").want(t, 200, "", "Léo", "Europe/Brussels")
	owner.get("/members?q=LEO@&role=volunteer").want(t, 200, "", "leo@velo.example", `value="LEO@"`)
	owner.get("/members?q=LEO@&role=owner&before=nobody").want(t, 200, "", "Nobody is called so")
	guest.get("/members").want(t, 403, "")
	guest.get("/audit").want(t, 403, "")
	guest.post("/members", "email", "x@velo.example", "role", "owner").want(t, 403, "")
	s.visitor(t).get(link).want(t, 422, "", "This link does not work any more")
	s.visitor(t).get("/invitation/nonsense").want(t, 422, "", "This link does not work any more")

	leo, err := s.s.ByEmail(t.Context(), "leo@velo.example")
	if err != nil {
		t.Fatal(err)
	}
	reset := s.path(t, owner.post("/members/"+leo.ID+"/reset-link").want(t, 200, "", "Pass this link on to Léo"))
	owner.post("/members/"+leo.ID+"/role", "role", "social").want(t, 200, "/members", "The role of Léo is changed")
	owner.post("/members/"+leo.ID+"/role", "role", "emperor").want(t, 200, "/members", "choose a role")
	fresh := s.visitor(t)
	fresh.post(reset, "password", "short").want(t, 422, "", "at least 10")
	fresh.post(reset, "password", "Une autre phrase 1").want(t, 200, "/sign-in", "Your new password holds")
	fresh.get(reset).want(t, 422, "")
	guest.get("/me").want(t, 200, "/sign-in?to=%2Fme")
	fresh.post("/sign-in", "email", leo.Email, "password", "Une autre phrase 1").want(t, 200, "/")
	owner.post("/members/"+leo.ID+"/suspend").want(t, 200, "/members", "Léo is suspended")
	fresh.get("/me").want(t, 200, "/sign-in?to=%2Fme")
	owner.post("/members/"+leo.ID+"/resume").want(t, 200, "/members", "Léo may sign in again")
	owner.post("/members/nobody/suspend").want(t, 404, "")

	owner.get("/members").want(t, 200, "", "/members/"+leo.ID+"/remove")
	owner.get("/members/"+leo.ID+"/remove").want(t, 200, "", "Remove Léo", "under the name Léo", "Former member")
	guest.get("/members/"+leo.ID+"/remove").want(t, 200, "/sign-in?to=%2Fmembers%2F"+leo.ID+"%2Fremove")
	owner.post("/members/"+leo.ID+"/remove", "name", "own").want(t, 200, "/members", "Léo is no longer a member", "1 member")
	owner.get("/members/"+leo.ID+"/remove").want(t, 404, "")
	owner.post("/members/"+leo.ID+"/remove", "name", "former").want(t, 404, "")
	ada, _ := s.s.ByEmail(t.Context(), ownerEmail)
	owner.post("/members/"+ada.ID+"/remove", "name", "own").want(t, 200, "/members", "suspend or remove yourself")
	owner.post("/members/"+ada.ID+"/role", "role", "member").want(t, 200, "/members", "There must always be an owner")
	owner.get("/audit").want(t, 200, "", "Changed a role", "Léo", "Changed the role from Volunteer to Social team", "Invited", "Removed a member", "Suspended", "127.0.0.1")
	owner.get("/audit?action=member.suspend&member="+ada.ID+"&from=2026-01-01&to=bad").want(t, 200, "", "Suspended")
	owner.get("/audit?from=1999-01-01&to=1999-01-02").want(t, 200, "", "Nothing was noted")
	owner.get("/audit?before=%ff").want(t, 422, "")
}

func TestMe(t *testing.T) {
	t.Parallel()
	s := open(t, true)
	v, other := s.visitor(t), s.visitor(t)
	v.signIn()
	other.signIn()
	v.get("/me").want(t, 200, "", "this one", "End all others", "UTC")
	v.post("/me", "name", " ", "lang", "xx", "zone", "Mars/Olympus", "theme", "").want(t, 422, "", "3 things to put right", "Mars/Olympus")
	v.post("/me", "name", "Ada <b>M</b>", "lang", "fr", "zone", "Europe/Paris", "theme", "dark").want(t, 200, "/me", "Mon profil", "Enregistré", `data-theme="dark"`)
	v.post("/me", "name", "Ada", "lang", "en", "zone", "Europe/Paris", "theme", "").want(t, 200, "/me", "My profile")
	v.post("/me/password", "current", "nope", "password", "Une autre phrase 1").want(t, 422, "", "not your current password")
	v.post("/me/password", "current", ownerWord, "password", "Une autre phrase 1").want(t, 200, "/me", "Your new password holds")
	other.get("/me").want(t, 200, "/sign-in?to=%2Fme")

	v.post("/me/tokens", "name", "", "days", "9999999999999999999").want(t, 422, "", "3 things to put right", `href="#f-token-name"`, `href="#f-token-scopes"`, `href="#f-token-expires"`)
	a := v.post("/me/tokens", "name", "backup", "days", "30", "scopes", "export:run", "scopes", "inbox:read").want(t, 200, "", "shown this once", "Export everything")
	secret := regexp.MustCompile(`ent_[\w-]{43}`).FindString(a.text)
	m, token, err := s.s.Bearer(t.Context(), secret)
	if err != nil || !m.May(org.ExportRun) || m.May(org.OrgEdit) {
		t.Fatalf("token %q: %+v, %v", secret, m, err)
	}
	if strings.Contains(v.get("/me").text, secret) {
		t.Error("the secret is shown twice")
	}
	v.post("/me/tokens/"+token.ID+"/revoke").want(t, 200, "/me", "The token is revoked")
	v.post("/me/tokens/"+token.ID+"/revoke").want(t, 404, "")
	v.post("/me/sessions/end-others").want(t, 200, "/me", "Your other sessions have ended")
}

// What a stranger sends along with a request for the page is not read, let alone kept in a file.
func TestSignInPageReadsNoBody(t *testing.T) {
	t.Parallel()
	v := open(t, true).visitor(t)
	v.get("/sign-in?to=/inbox").want(t, 200, "", `value="/inbox"`)
	var body strings.Builder
	form := multipart.NewWriter(&body)
	if err := errors.Join(form.WriteField("to", "/inbox"), form.Close()); err != nil {
		t.Fatal(err)
	}
	req, _ := http.NewRequest("GET", v.site.URL+"/sign-in", strings.NewReader(body.String()))
	req.Header.Set("Content-Type", form.FormDataContentType())
	if a := v.do(req).want(t, 200, ""); strings.Contains(a.text, `value="/inbox"`) {
		t.Error("the page reads the body of a GET")
	}
}

// The address of a page with a secret in it goes nowhere: not as Referer, not into a cache; that of a dead link neither.
func TestSecretAddressesStay(t *testing.T) {
	t.Parallel()
	s := open(t, true)
	op := org.AsOperator(t.Context())
	ada, err := s.s.ByEmail(op, ownerEmail)
	if err != nil {
		t.Fatal(err)
	}
	reset, err := s.s.ResetLink(op, ada.ID)
	if err != nil {
		t.Fatal(err)
	}
	invited, err := s.s.Invite(op, org.Invite{Email: "bo@velo.example", Role: org.Social})
	if err != nil {
		t.Fatal(err)
	}
	v := s.visitor(t)
	for _, path := range []string{reset.Path, invited.Path, org.ResetPath + "x", org.InvitationPath + "x"} {
		for _, a := range []answer{v.get(path), v.post(path, "password", "short")} {
			if got := a.header.Get("Referrer-Policy") + ", " + a.header.Get("Cache-Control"); got != "no-referrer, no-store" {
				t.Errorf("%s answers %d with %s", a.path, a.status, got)
			}
		}
	}
}

func TestOrganisationPage(t *testing.T) {
	t.Parallel()
	s := open(t, true)
	v := s.visitor(t)
	v.signIn()
	v.post("/organisation", "name", "", "lang", "en", "zone", "UTC", "url", "ftp://x", "addresses", "one two").want(t, 422, "", "3 things to put right", "one two")
	v.post("/organisation", "name", "Vélo", "lang", "en", "zone", "UTC", "url", "https://velo.example", "addresses", "velo.example\r\ncontact@velo.example").
		want(t, 200, "/organisation", "Saved", "velo.example\ncontact@velo.example")
}

func TestForgotten(t *testing.T) {
	t.Parallel()
	s := open(t, true)
	s.visitor(t).get("/forgot").want(t, 200, "", "Ask an owner for a link")
	s = open(t, true, org.WithMailer(outbox(func(string) {})))
	v := s.visitor(t)
	known := v.post("/forgot", "email", ownerEmail).want(t, 200, "")
	unknown := v.post("/forgot", "email", "nobody@velo.example").want(t, 200, "")
	nonce := regexp.MustCompile(`nonce="[^"]+"`)
	clean := func(a answer, email string) string {
		return strings.ReplaceAll(nonce.ReplaceAllString(a.text, ""), email, "")
	}
	if clean(known, ownerEmail) != clean(unknown, "nobody@velo.example") {
		t.Error("the answer tells who is a member")
	}
	v.post("/forgot", "email", "").want(t, 422, "", "Please fill this in")
}

type outbox func(text string)

func (o outbox) Send(_ context.Context, _, _, text string) error {
	o(text)
	return nil
}

// Every sentence used has words in every language, and both languages have the same ones.
func TestWords(t *testing.T) {
	t.Parallel()
	for key := range i18n.Keys("en") {
		if !strings.HasPrefix(key, "org.") {
			continue
		}
		if _, ok := i18n.Keys("fr")[key]; !ok {
			t.Errorf("%s is missing in French", key)
		}
		if s := i18n.T(i18n.With(t.Context(), "fr", nil), key); regexp.MustCompile(` [:;!?»]|« |'`).MatchString(s) {
			t.Errorf("%s breaks French typography: %s", key, s)
		}
	}
	for _, r := range org.Roles() {
		for _, key := range []string{"org.role." + string(r), "org.role." + string(r) + "_hint"} {
			if !i18n.Has(key) {
				t.Errorf("%s is missing", key)
			}
		}
	}
	for _, p := range org.Owner.Permissions() {
		if key := "org.permission." + strings.ReplaceAll(string(p), ":", "_"); !i18n.Has(key) {
			t.Errorf("%s is missing", key)
		}
	}
}

// Hostile values come out as text.
func TestNothingIsExecuted(t *testing.T) {
	t.Parallel()
	s := open(t, true)
	v := s.visitor(t)
	v.signIn()
	const evil = `"><script>alert(1)</script>`
	v.post("/me", "name", evil, "lang", "en", "zone", "UTC", "theme", "")
	v.post("/members", "email", "e@velo.example", "name", evil, "role", "member", "lang", "en")
	for _, path := range []string{"/me", "/members", "/audit", "/audit?action=" + url.QueryEscape(evil), "/sign-in?to=" + url.QueryEscape("/"+evil)} {
		who := v
		if strings.HasPrefix(path, "/sign-in") {
			who = s.visitor(t)
		}
		req, _ := http.NewRequest("GET", s.URL+path, nil)
		res, err := who.c.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		raw, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if strings.Contains(string(raw), "<script>alert") {
			t.Errorf("%s lets a script through", path)
		}
		if res.StatusCode != 200 {
			t.Errorf("%s answers %d", path, res.StatusCode)
		}
	}
}

// In the made-up language every sentence stands between brackets: what does not was never given to translators.
func TestEverythingIsSpoken(t *testing.T) {
	t.Parallel()
	s, fresh := open(t, true), open(t, false)
	op := org.AsOperator(t.Context())
	invited, err := s.s.Invite(op, org.Invite{Email: "leo@velo.example", Role: org.Volunteer})
	if err != nil {
		t.Fatal(err)
	}
	ada, err := s.s.ByEmail(t.Context(), ownerEmail)
	if err != nil {
		t.Fatal(err)
	}
	reset, err := s.s.ResetLink(op, ada.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.s.MakeToken(org.With(t.Context(), ada), "123", []org.Permission{org.ExportRun}, time.Hour); err != nil {
		t.Fatal(err)
	}
	v := s.visitor(t)
	v.signIn()
	data := regexp.MustCompile(`^(Entente|Vélo Lumière|Ada( Morel)?|AM?|A|LV|L|Firefox.*|Go-http-client/1.1|[\w.]+@velo.example|(member|token):\w+|organisation|(email|name|owner|role|expires_at|scopes): .*)$`)
	for _, c := range []struct {
		site    *site
		visitor *visitor
		path    string
	}{{fresh, fresh.visitor(t), "/set-up"}, {s, s.visitor(t), "/sign-in"}, {s, s.visitor(t), "/forgot"}, {s, s.visitor(t), invited.Path}, {s, s.visitor(t), reset.Path},
		{s, s.visitor(t), "/reset/x"}, {s, v, "/me"}, {s, v, "/members"}, {s, v, "/audit"}, {s, v, "/organisation"}} {
		u, _ := url.Parse(c.site.URL)
		c.visitor.c.Jar.SetCookies(u, []*http.Cookie{{Name: "lang", Value: i18n.Pseudo}})
		req, _ := http.NewRequest("GET", c.site.URL+c.path, nil)
		res, err := c.visitor.c.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := xhtml.Parse(res.Body)
		res.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		said := false
		for n := range doc.Descendants() {
			if n.Type != xhtml.TextNode || n.Parent.Data == "code" || n.Parent.Data == "time" || n.Parent.Data == "kbd" || n.Parent.Data == "title" {
				continue
			}
			zone, lang := false, false
			for p := range n.Ancestors() {
				for _, a := range p.Attr {
					zone = zone || p.Data == "select" && (a.Val == "zone" || a.Val == "lang" || a.Val == "member")
					lang = lang || a.Key == "lang" && p.Data == "button"
				}
			}
			text := strings.TrimSpace(n.Data)
			if zone || lang || !regexp.MustCompile(`\pL`).MatchString(text) {
				continue
			}
			said = said || strings.HasPrefix(text, "⟦")
			for _, part := range strings.Split(regexp.MustCompile(`⟦[^⟧]*⟧`).ReplaceAllString(text, ""), " · ") {
				if part = strings.TrimSpace(strings.Trim(part, "·–, ")); part != "" && regexp.MustCompile(`\pL`).MatchString(part) && !data.MatchString(part) {
					t.Errorf("%s says %q", c.path, part)
				}
			}
		}
		if !said {
			t.Errorf("%s says nothing", c.path)
		}
	}
}
