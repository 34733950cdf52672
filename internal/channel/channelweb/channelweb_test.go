package channelweb_test

import (
	"bytes"
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

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/channel/channelweb"
	"github.com/entente/entente/internal/channel/feed"
	"github.com/entente/entente/internal/channel/webhook"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/org/orgweb"
	"github.com/entente/entente/internal/seal"
	"github.com/entente/entente/internal/web"
)

const (
	email = "ada@velo.example"
	word  = "Pignon libre 42"
)

// post is a connector that sends, and fails as the test wants.
type post struct{ err error }

func (p *post) Describe() channel.Description {
	return channel.Description{Kind: "post", Icon: "mail", Can: channel.Publish, Fields: []channel.Field{{Name: "url", Type: channel.URL}}}
}
func (p *post) Open(channel.Settings, channel.World) (channel.Session, error) { return p, nil }
func (p *post) Check(context.Context) (channel.Health, error)                 { return channel.Health{}, nil }
func (p *post) Close() error                                                  { return nil }
func (p *post) Send(context.Context, channel.Outgoing) (channel.Receipt, error) {
	return channel.Receipt{ExternalID: "there"}, p.err
}

type site struct {
	t     *testing.T
	at    string
	c     *http.Client
	s     *channel.Service
	org   *org.Service
	post  *post
	pages *web.Server
}

func open(t *testing.T) *site {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	d := dbtest.SQLite(t)
	o := org.New(d, log, time.Now)
	t.Cleanup(func() { o.Wait(context.Background()) })
	box, err := seal.New(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	p := &post{}
	l := ledger.New(d, log, time.Now, channel.PostFollower())
	s := channel.New(d, l, box, channel.World{HTTP: http.DefaultClient, Clock: time.Now, Log: log}, log, time.Now, feed.New(), webhook.New(), p).WithAudit(o.Audit)
	pages := web.New(web.Options{Org: o, Log: log, Live: web.NewLive()})
	orgweb.Routes(pages.Routes(), pages, o, orgweb.Options{})
	channelweb.Routes(pages.Routes(), s, o, time.Now)
	server := httptest.NewServer(pages.Handler())
	t.Cleanup(server.Close)
	if err := o.SetUp(t.Context(), org.SetUp{Organisation: "Vélo", Lang: "en", URL: server.URL, OwnerName: "Ada", OwnerEmail: email, Password: word}); err != nil {
		t.Fatal(err)
	}
	v := &site{t, server.URL, nil, s, o, p, pages}
	v.stranger()
	return v
}

func (v *site) stranger() {
	jar, _ := cookiejar.New(nil)
	v.c = &http.Client{Jar: jar}
}

func (v *site) do(r *http.Request) (int, string, string) {
	v.t.Helper()
	r.Header.Set("Accept-Language", "en")
	res, err := v.c.Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	text := html.UnescapeString(string(body))
	if m := regexp.MustCompile(`>\s*(channel|feed)\.[a-z_.]+\s*<`).FindString(text); m != "" {
		v.t.Errorf("%s shows the key %q", r.URL.Path, m)
	}
	return res.StatusCode, res.Request.URL.Path, text
}

func (v *site) see(path string) (int, string) {
	v.t.Helper()
	r, err := http.NewRequest(http.MethodGet, v.at+path, nil)
	if err != nil {
		v.t.Fatal(err)
	}
	status, _, text := v.do(r)
	return status, text
}

func (v *site) send(path string, fields ...string) (int, string, string) {
	v.t.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	r, err := http.NewRequest(http.MethodPost, v.at+path, strings.NewReader(form.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", v.at)
	return v.do(r)
}

func (v *site) signIn() {
	v.t.Helper()
	if status, _, text := v.send("/sign-in", "email", email, "password", word); status >= 400 && status != 404 {
		v.t.Fatalf("sign in: %d %s", status, text)
	}
}

func has(t *testing.T, what, text string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("%s does not say %q", what, w)
		}
	}
}

func TestFeed(t *testing.T) {
	t.Parallel()
	v := open(t)
	v.signIn()
	place := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/feed" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/rss+xml")
		io.WriteString(w, `<rss version="2.0"><channel><title>The Crier</title><item><guid>1</guid><title>Hear ye</title></item></channel></rss>`)
	}))
	t.Cleanup(place.Close)

	_, text := v.see("/channels")
	has(t, "the empty list", text, "No channel yet", "/channels/new")
	_, text = v.see("/channels/new")
	has(t, "the choice", text, "/channels/new?kind=feed", "/channels/new?kind=webhook")
	_, text = v.see("/channels/new?kind=feed")
	has(t, "the form", text, `name="set-url"`, `name="set-password"`, `type="password"`, "Test the connection")

	status, _, text := v.send("/channels", "kind", "feed", "set-url", "", "enabled", "on")
	if status != 422 {
		t.Errorf("without an address: %d, want 422", status)
	}
	has(t, "the form without an address", text, "Please fill this in.", `#f-set-url`)
	status, _, text = v.send("/channels", "kind", "feed", "set-url", place.URL+"/nothing", "enabled", "on", "do", "try")
	if status != 422 || !strings.Contains(text, place.URL+"/nothing") {
		t.Errorf("trying an address with nothing: %d, want 422 and the address kept", status)
	}
	_, _, text = v.send("/channels", "kind", "feed", "set-url", place.URL+"/feed", "set-user", "ada", "set-password", "s3cret-word", "enabled", "on", "do", "try")
	has(t, "the form after trying", text, "The connection works.", "The Crier")
	if strings.Contains(text, "s3cret-word") {
		t.Error("the password came back in the form")
	}
	status, path, text := v.send("/channels", "kind", "feed", "set-url", place.URL+"/feed", "set-user", "ada", "set-password", "s3cret-word", "enabled", "on", "inbox", "none")
	if status != 200 || !strings.HasPrefix(path, "/channels/") {
		t.Fatalf("adding: %d at %s: %s", status, path, text)
	}
	has(t, "the channel", text, "was added", "Kept sealed", "Not asked yet", "Nothing becomes a conversation")
	if strings.Contains(text, "s3cret-word") {
		t.Error("the password is on the channel's page")
	}
	if _, err := v.s.PollOnce(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	_, text = v.see(path)
	has(t, "the channel after a poll", text, "The Crier", "Works")
	_, text = v.see(path + "/edit")
	has(t, "the edit form", text, place.URL+"/feed", "One is kept.")
	_, _, text = v.send(path, "kind", "feed", "name", "Crier", "set-url", place.URL+"/feed", "set-user", "ada", "set-password", "", "inbox", "all", "enabled", "on")
	has(t, "the channel after a change", text, "Crier was changed", "Kept sealed", "Every thread becomes a conversation")
	status, _, text = v.send(path, "kind", "feed", "name", "Crier", "set-url", "https://evil.example/feed", "set-user", "ada", "set-password", "", "enabled", "on")
	if status != 422 {
		t.Errorf("moving it with the old password: %d, want 422", status)
	}
	has(t, "the form", text, "Please type the secret again.")
	for _, step := range []struct{ action, want string }{{"poll", "asked in a moment"}, {"check", "The connection works."}, {"disable", "Turned off"}, {"poll", "This channel is turned off."}, {"enable", "is turned on"}} {
		_, _, text = v.send(path + "/" + step.action)
		has(t, step.action, text, step.want)
	}
	_, text = v.see(path + "/remove")
	has(t, "the question", text, "What was said there stays")
	_, at, text := v.send(path + "/remove")
	if has(t, "the list", text, "Crier was removed"); at != "/channels" {
		t.Errorf("after removing at %s", at)
	}
	if status, _ := v.see(path); status != 404 {
		t.Errorf("a removed channel's page: %d, want 404", status)
	}
	log, _, err := v.org.AuditLog(org.AsOperator(t.Context()), org.AuditFilter{Action: "channel."})
	if err != nil || len(log) != 5 {
		t.Errorf("%d entries in the audit log, %v; want add, change, disable, enable, remove", len(log), err)
	}
}

func TestWebhook(t *testing.T) {
	t.Parallel()
	v := open(t)
	v.signIn()
	_, text := v.see("/channels/new?kind=webhook")
	if strings.Contains(text, "required") {
		t.Error("the secret must be typed though it can be made")
	}
	status, _, text := v.send("/channels", "kind", "webhook", "name", "Shop", "set-secret", "", "enabled", "on")
	secret := regexp.MustCompile(`whsec_[A-Za-z0-9+/=]+`).FindString(text)
	hook := regexp.MustCompile(`http://[^"<>\s]+/hooks/[0-9a-z]{20}`).FindString(text)
	if status != 200 || secret == "" || hook == "" {
		t.Fatalf("the secret and the address are not shown: %d %q %q", status, secret, hook)
	}
	body := `{"id":"1","text":"hello"}`
	r, err := http.NewRequest(http.MethodPost, hook, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if err := webhook.Sign(r.Header, secret, "m1", time.Now(), []byte(body)); err != nil {
		t.Fatal(err)
	}
	if status, _, text := v.do(r); status != 202 {
		t.Errorf("a call to the address shown: %d %s", status, text)
	}
	path := "/channels/" + hook[len(hook)-20:]
	if _, text := v.see(path); strings.Contains(text, "whsec_") {
		t.Error("the secret is shown again")
	}
	_, _, text = v.send(path + "/renew")
	if fresh := regexp.MustCompile(`whsec_[A-Za-z0-9+/=]+`).FindString(text); fresh == "" || fresh == secret {
		t.Errorf("the new secret is %q", fresh)
	}
}

func TestOutgoing(t *testing.T) {
	t.Parallel()
	v := open(t)
	v.signIn()
	a, err := v.s.Add(t.Context(), channel.Draft{Kind: "post", Name: "Post"})
	if err != nil {
		t.Fatal(err)
	}
	v.post.err = &channel.Fault{Kind: channel.Uncertain, Err: errors.New("no answer")}
	say := func(text string) string {
		id, err := v.s.Say(t.Context(), a.ID, "", "", channel.Outgoing{Text: text}, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	one, two, three := say("First words"), say("Second words"), say("Third words")
	if _, err := v.s.SendOnce(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	_, text := v.see("/channels/outgoing")
	has(t, "the list", text, "First words", "Second words", "Perhaps sent", "no answer", "Send again", "It is there")
	_, text = v.see("/channels")
	has(t, "the channels", text, "3 answers were not sent")
	v.send("/channels/outgoing/" + one + "/resend")
	v.send("/channels/outgoing/" + two + "/mark-sent")
	v.send("/channels/outgoing/" + three + "/withdraw")
	v.post.err = nil
	if _, err := v.s.SendOnce(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]channel.SendingState{one: channel.Sent, two: channel.Sent, three: channel.Withdrawn} {
		if got, err := v.s.Sending(t.Context(), id); err != nil || got.State != want {
			t.Errorf("state %s, %v; want %s", got.State, err, want)
		}
	}
	_, _, text = v.send("/channels/outgoing/" + one + "/resend")
	has(t, "resending what is sent", text, "This has changed meanwhile")
	_, text = v.see("/channels/outgoing")
	has(t, "the empty list", text, "Everything is sent")
}

func TestOPML(t *testing.T) {
	t.Parallel()
	v := open(t)
	v.signIn()
	upload := func(name, content string) (int, string) {
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		form.WriteField("inbox", "none")
		if name != "" {
			file, err := form.CreateFormFile("file", name)
			if err != nil {
				t.Fatal(err)
			}
			io.WriteString(file, content)
		}
		form.Close()
		r, err := http.NewRequest(http.MethodPost, v.at+"/channels/import", &body)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", form.FormDataContentType())
		r.Header.Set("Origin", v.at)
		status, _, text := v.do(r)
		return status, text
	}
	_, text := v.see("/channels/import")
	has(t, "the form", text, `type="file"`)
	if status, _ := upload("", ""); status != 422 {
		t.Errorf("without a file: %d, want 422", status)
	}
	if status, text := upload("a.opml", "<html>"); status != 422 || !strings.Contains(text, "not a list of feeds") {
		t.Errorf("with something else: %d, want 422 with the reason", status)
	}
	_, text = upload("a.opml", `<opml version="2.0"><body><outline type="rss" text="Crier" xmlUrl="https://crier.example/feed"/></body></opml>`)
	has(t, "the list", text, "1 feeds added", "Crier")
	_, text = v.see("/channels/feeds.opml")
	has(t, "the export", text, `xmlUrl="https://crier.example/feed"`)
}

func TestWhoMay(t *testing.T) {
	t.Parallel()
	v := open(t)
	for _, route := range v.pages.List() {
		if !strings.Contains(route.Pattern, "/channels") {
			continue
		}
		if route.Permission != org.ChannelRead && route.Permission != org.ChannelEdit {
			t.Errorf("%s may be used with %s", route.Pattern, route.Permission)
		}
		if strings.HasPrefix(route.Pattern, "POST") && route.Permission != org.ChannelEdit {
			t.Errorf("%s changes something with %s", route.Pattern, route.Permission)
		}
	}
	if status, text := v.see("/channels"); strings.Contains(text, "No channel yet") {
		t.Errorf("a stranger sees the channels: %d", status)
	}
}

// Every key the pages may need is said in both languages.
func TestWords(t *testing.T) {
	t.Parallel()
	var keys []string
	for _, in := range channel.Inboxes() {
		keys = append(keys, "channel.inbox."+string(in))
	}
	for _, f := range []channel.FaultKind{channel.Temporary, channel.Throttled, channel.Unauthorised, channel.Refused, channel.Gone, channel.Uncertain} {
		keys = append(keys, "channel.fault."+string(f), "channel.fault."+string(f)+".said")
	}
	for _, s := range []channel.SendingState{channel.Queued, channel.Underway, channel.Sent, channel.Failed, channel.Unknown, channel.Withdrawn} {
		keys = append(keys, "channel.sending."+string(s))
	}
	for _, a := range []string{"add", "change", "renew", "enable", "disable", "remove"} {
		keys = append(keys, "org.audit.channel."+a)
	}
	for _, a := range []string{"sending_resend", "sending_mark_sent", "sending_withdraw"} {
		keys = append(keys, "channel.audit."+a)
	}
	for _, kind := range []string{"feed", "mail", "webhook"} {
		keys = append(keys, "channel.about."+kind)
	}
	for _, lang := range []string{"en", "fr"} {
		for _, key := range keys {
			if _, ok := i18n.Keys(lang)[key]; !ok {
				t.Errorf("%s is not said in %s", key, lang)
			}
		}
	}
}
