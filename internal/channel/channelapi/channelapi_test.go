package channelapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/api"
	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/channel/channelapi"
	"github.com/entente/entente/internal/channel/feed"
	"github.com/entente/entente/internal/channel/webhook"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/seal"
)

// post is a connector that cannot say whether it sent.
type post struct{}

func (post) Describe() channel.Description {
	return channel.Description{Kind: "post", Icon: "mail", Can: channel.Publish}
}
func (post) Open(channel.Settings, channel.World) (channel.Session, error) { return post{}, nil }
func (post) Check(context.Context) (channel.Health, error)                 { return channel.Health{}, nil }
func (post) Close() error                                                  { return nil }
func (post) Send(context.Context, channel.Outgoing) (channel.Receipt, error) {
	return channel.Receipt{}, &channel.Fault{Kind: channel.Uncertain, Err: errors.New("no answer")}
}

type site struct {
	t   *testing.T
	s   *channel.Service
	org *org.Service
	url string
}

func open(t *testing.T) *site {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	d := dbtest.SQLite(t)
	o := org.New(d, log, time.Now)
	err := o.SetUp(t.Context(), org.SetUp{Organisation: "Vélo", Lang: "en", URL: "https://velo.example", OwnerName: "Ada", OwnerEmail: "ada@velo.example", Password: "Pignon libre 42"})
	if err != nil {
		t.Fatal(err)
	}
	box, err := seal.New(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	s := channel.New(d, ledger.New(d, log, time.Now), box, channel.World{HTTP: http.DefaultClient, Clock: time.Now, Log: log}, log, time.Now,
		feed.New(), webhook.New(), post{}).WithAudit(o.Audit)
	a := api.New(o, d, log, time.Now)
	channelapi.Operations(a, s)
	server := httptest.NewServer(a.Handler())
	t.Cleanup(server.Close)
	return &site{t, s, o, server.URL + api.Prefix}
}

func (v *site) token(scopes ...org.Permission) string {
	v.t.Helper()
	m, err := v.org.ByEmail(v.t.Context(), "ada@velo.example")
	if err != nil {
		v.t.Fatal(err)
	}
	secret, _, err := v.org.MakeToken(org.With(context.Background(), m), "test", scopes, time.Hour)
	if err != nil {
		v.t.Fatal(err)
	}
	return secret
}

func (v *site) call(token, method, path, body string, want int) map[string]any {
	v.t.Helper()
	r, err := http.NewRequest(method, v.url+path, strings.NewReader(body))
	if err != nil {
		v.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	if res.StatusCode != want {
		v.t.Fatalf("%s %s %s: %d, want %d: %s", method, path, body, res.StatusCode, want, raw)
	}
	out := map[string]any{}
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &out); err != nil {
			v.t.Fatalf("%s %s: %s", method, path, raw)
		}
	}
	if strings.Contains(string(raw), "s3cret-word") {
		v.t.Errorf("%s %s tells the secret: %s", method, path, raw)
	}
	return out
}

func TestChannels(t *testing.T) {
	t.Parallel()
	v := open(t)
	edit, read := v.token(org.ChannelRead, org.ChannelEdit), v.token(org.ChannelRead)
	if kinds := v.call(read, "GET", "/channel-kinds", "", 200)["items"].([]any); len(kinds) != 3 {
		t.Errorf("%d kinds, want 3", len(kinds))
	}
	v.call(read, "POST", "/channels", `{"kind":"feed","settings":{"url":"https://a.example/feed"}}`, 403)
	made := v.call(edit, "POST", "/channels", `{"kind":"feed","name":"A","settings":{"url":"https://a.example/feed","user":"ada","password":"s3cret-word"},"inbox":"none"}`, 201)
	id := made["id"].(string)
	if secrets := made["secrets"].([]any); len(secrets) != 1 || secrets[0] != "password" || made["inbox"] != "none" || made["enabled"] != true {
		t.Errorf("made %v", made)
	}
	refused := v.call(edit, "POST", "/channels", `{"kind":"feed","settings":{"url":"file:///etc/passwd"}}`, 422)
	if where := refused["errors"].([]any)[0].(map[string]any)["location"]; where != "body.settings.url" {
		t.Errorf("the problem is at %v, want body.settings.url", where)
	}
	v.call(edit, "POST", "/channels", `{"kind":"feed","name":"a","settings":{"url":"https://b.example/feed"}}`, 409)
	changed := v.call(edit, "PATCH", "/channels/"+id, `{"name":"Aa"}`, 200)
	if changed["name"] != "Aa" || changed["settings"].(map[string]any)["user"] != "ada" || len(changed["secrets"].([]any)) != 1 {
		t.Errorf("changed %v", changed)
	}
	if off := v.call(edit, "PATCH", "/channels/"+id, `{"enabled":false}`, 200); off["enabled"] != false {
		t.Errorf("turned off: %v", off)
	}
	v.call(edit, "POST", "/channels/"+id+"/poll", "", 422)
	hook := v.call(edit, "POST", "/channels", `{"kind":"webhook","name":"Shop"}`, 201)
	secret := hook["shown"].(map[string]any)["secret"].(string)
	if !strings.HasPrefix(secret, "whsec_") {
		t.Errorf("the secret shown is %q", secret)
	}
	if again := v.call(edit, "GET", "/channels/"+hook["id"].(string), "", 200); again["shown"] != nil {
		t.Errorf("shown again: %v", again["shown"])
	}
	renewed := v.call(edit, "POST", "/channels/"+hook["id"].(string)+"/renew", "", 200)
	if renewed["shown"].(map[string]any)["secret"] == secret {
		t.Error("the new secret is the old one")
	}
	page := v.call(read, "GET", "/channels?limit=1", "", 200)
	rest := v.call(read, "GET", "/channels?limit=1&cursor="+page["next"].(string), "", 200)
	first, second := page["items"].([]any)[0].(map[string]any)["id"], rest["items"].([]any)[0].(map[string]any)["id"]
	if first != id || second != hook["id"] || rest["next"] != nil {
		t.Errorf("pages %v and %v, next %v", first, second, rest["next"])
	}
	v.call(edit, "DELETE", "/channels/"+id, "", 204)
	v.call(edit, "GET", "/channels/"+id, "", 404)
	v.call(edit, "PATCH", "/channels/"+id, `{"name":"B"}`, 404)
}

func TestOutgoing(t *testing.T) {
	t.Parallel()
	v := open(t)
	edit := v.token(org.ChannelRead, org.ChannelEdit)
	id := v.call(edit, "POST", "/channels", `{"kind":"post","name":"Post"}`, 201)["id"].(string)
	for _, text := range []string{"one", "two", "three"} {
		if _, err := v.s.Say(t.Context(), id, "", "", channel.Outgoing{Text: text}, time.Time{}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := v.s.SendOnce(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	var got []map[string]any
	for path := "/outgoing?state=uncertain&limit=2"; path != ""; {
		page := v.call(edit, "GET", path, "", 200)
		for _, item := range page["items"].([]any) {
			got = append(got, item.(map[string]any))
		}
		path = ""
		if next, ok := page["next"].(string); ok {
			path = "/outgoing?state=uncertain&limit=2&cursor=" + next
		}
	}
	if len(got) != 3 || got[0]["text"] != "one" || got[2]["text"] != "three" || got[0]["detail"] != "no answer" {
		t.Fatalf("uncertain: %v", got)
	}
	for i, step := range []struct{ action, want string }{{"resend", "queued"}, {"mark-sent", "sent"}, {"withdraw", "withdrawn"}} {
		if v := v.call(edit, "POST", "/outgoing/"+got[i]["id"].(string)+"/"+step.action, "", 200); v["state"] != step.want {
			t.Errorf("%s: %v, want %s", step.action, v["state"], step.want)
		}
	}
	v.call(edit, "POST", "/outgoing/"+got[1]["id"].(string)+"/resend", "", 409)
	v.call(v.token(org.ChannelRead), "POST", "/outgoing/"+got[0]["id"].(string)+"/withdraw", "", 403)
}
