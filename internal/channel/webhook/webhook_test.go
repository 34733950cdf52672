package webhook

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/problem"
)

var now = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func open(t testing.TB, secret string) channel.Receiver {
	t.Helper()
	s, err := New().Open(channel.Settings{"secret": secret}, channel.World{})
	if err != nil {
		t.Fatal(err)
	}
	return s.(channel.Receiver)
}

// The vector of the Standard Webhooks specification's reference libraries.
func TestKnownSignature(t *testing.T) {
	t.Parallel()
	r := open(t, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	header := http.Header{}
	header.Set("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek")
	header.Set("webhook-timestamp", "1614265330")
	header.Set("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
	_, err := r.Receive(header, []byte(`{"test": 2432232314}`), time.Unix(1614265330, 0))
	if problem.Is(err, problem.Unauthenticated) {
		t.Errorf("the published vector was refused: %v", err)
	}
	if _, err := r.Receive(header, []byte(`{"test": 2432232315}`), time.Unix(1614265330, 0)); !problem.Is(err, problem.Unauthenticated) {
		t.Errorf("a changed body: %v, want unauthenticated", err)
	}
}

func TestSignature(t *testing.T) {
	t.Parallel()
	mine, other := New().Mint()["secret"], New().Mint()["secret"]
	body := []byte(`{"id":"1","text":"hello"}`)
	signed := func(secret string, at time.Time) http.Header {
		h := http.Header{}
		if err := Sign(h, secret, "msg_1", at, body); err != nil {
			t.Fatal(err)
		}
		return h
	}
	with := func(h http.Header, name, value string) http.Header {
		h = h.Clone()
		h.Set(name, value)
		return h
	}
	good := signed(mine, now)
	tests := map[string]struct {
		secret string
		header http.Header
		key    string
	}{
		"good":                        {mine, good, ""},
		"one of several signatures":   {mine, with(good, HeaderSignature, "v1a,xx v1,AAAA "+good.Get(HeaderSignature)), ""},
		"one of two secrets":          {other + " " + mine, good, ""},
		"just within the tolerance":   {mine, signed(mine, now.Add(-Tolerance)), ""},
		"another secret":              {other, good, "channel.webhook.bad_signature"},
		"another id":                  {mine, with(good, HeaderID, "msg_2"), "channel.webhook.bad_signature"},
		"another time":                {mine, with(good, HeaderTimestamp, strconv.FormatInt(now.Unix()+1, 10)), "channel.webhook.bad_signature"},
		"another version":             {mine, with(good, HeaderSignature, strings.Replace(good.Get(HeaderSignature), "v1", "v2", 1)), "channel.webhook.bad_signature"},
		"a prefix of the signature":   {mine, with(good, HeaderSignature, good.Get(HeaderSignature)[:20]), "channel.webhook.bad_signature"},
		"stale and badly signed":      {other, signed(mine, now.Add(-time.Hour)), "channel.webhook.stale"},
		"too old":                     {mine, signed(mine, now.Add(-Tolerance-time.Second)), "channel.webhook.stale"},
		"from the future":             {mine, signed(mine, now.Add(Tolerance+time.Second)), "channel.webhook.stale"},
		"unsigned":                    {mine, http.Header{}, "channel.webhook.unsigned"},
		"a timestamp that is no time": {mine, with(good, HeaderTimestamp, "noon"), "channel.webhook.unsigned"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			items, err := open(t, test.secret).Receive(test.header, body, now)
			if test.key == "" {
				if err != nil || len(items) != 1 {
					t.Fatalf("Receive = %v, %v; want one item", items, err)
				}
				return
			}
			if p := problem.Of(err); p.Key != test.key || p.Code != problem.Unauthenticated {
				t.Errorf("Receive: %v, want %s", err, test.key)
			}
		})
	}
}

func TestBody(t *testing.T) {
	t.Parallel()
	full := channel.Item{At: now, Author: ledger.Address{URI: "mailto:ada@example.org", Name: "Ada"}, Edited: true, Said: ledger.Said{ExternalID: "7",
		Kind: "question", Title: "Brakes", Text: "Do they squeak?", URL: "https://example.org/7", Lang: "en", InReplyTo: []string{"6"},
		Tags: []string{"brake"}, Followers: 1200, In: "12 Vélo", Private: true, Direct: true}}
	const fullText = `{"id":"7","at":"2026-11-21T13:00:00+01:00","author":{"uri":"mailto:ada@example.org","name":"Ada","followers":1200},"in":"12 Vélo","title":"Brakes",
		"text":"Do they squeak?","url":"https://example.org/7","lang":"en","in_reply_to":"6","kind":"question","tags":["brake"],"private":true,
		"edited":true,"later":"fields are ignored"}`
	tests := []struct {
		name, body string
		want       []channel.Item
		key, field string
	}{
		{name: "one", body: fullText, want: []channel.Item{full}},
		{name: "a list", body: `[` + fullText + `,{"text":"b"}]`, want: []channel.Item{full, {Said: ledger.Said{ExternalID: "msg#1", Text: "b"}}}},
		{name: "an envelope", body: `{"type":"post.said","data":` + fullText + `}`, want: []channel.Item{full}},
		{name: "an envelope of several", body: `{"data":[{"id":"a","text":"a","in_reply_to":["b","c"]}]}`,
			want: []channel.Item{{Said: ledger.Said{ExternalID: "a", Text: "a", InReplyTo: []string{"b", "c"}}}}},
		{name: "no id", body: `{"title":"only a title"}`, want: []channel.Item{{Said: ledger.Said{ExternalID: "msg#0", Title: "only a title"}}}},
		{name: "an empty list", body: `[]`, want: []channel.Item{}},
		{name: "nothing", body: ``, want: []channel.Item{}},
		{name: "no text", body: `{"id":"1"}`, key: "problem.required", field: "text"},
		{name: "no text, second", body: `[{"text":"a"},{"text":" "}]`, key: "problem.required", field: "[1].text"},
		{name: "a bad date", body: `{"text":"a","at":"yesterday"}`, key: "channel.webhook.bad_date", field: "at"},
		{name: "a bad kind", body: `{"text":"a","kind":"order"}`, key: "channel.bad_choice", field: "kind"},
		{name: "an author who is no identity", body: `{"text":"a","author":{"uri":"javascript:alert(1)"}}`, key: "channel.bad_identity", field: "author.uri"},
		{name: "an author who is a member of ours", body: `{"text":"a","author":{"uri":"member:0123"}}`, key: "channel.bad_identity", field: "author.uri"},
		{name: "no JSON", body: `text=a`, key: "channel.webhook.bad_body"},
		{name: "two documents", body: `{"text":"a"} {"text":"b"}`, key: "channel.webhook.bad_body"},
		{name: "a wrong type", body: `{"text":7}`, key: "channel.webhook.bad_body"},
		{name: "deep", body: strings.Repeat("[", 20000), key: "channel.webhook.bad_body"},
		{name: "too many", body: `[` + strings.Repeat(`{"text":"a"},`, maxPosts) + `{"text":"a"}]`, key: "channel.webhook.too_many"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := posts("msg", []byte(test.body))
			if test.key != "" {
				if p := problem.Of(err); p.Key != test.key || p.Field != test.field {
					t.Errorf("posts: %v on %q, want %s on %q", err, p.Field, test.key, test.field)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for i := range got {
				got[i].At = got[i].At.UTC()
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("posts (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSecret(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{"", "whsec_", "whsec_c2hvcnQ=", "whsec_%%%", strings.Repeat("A", 400)} {
		if _, err := New().Open(channel.Settings{"secret": secret}, channel.World{}); problem.Of(err).Field != "secret" {
			t.Errorf("secret %q: %v, want a problem on the field", secret, err)
		}
	}
	if a, b := New().Mint()["secret"], New().Mint()["secret"]; a == b || !strings.HasPrefix(a, "whsec_") {
		t.Errorf("Mint = %q, %q; want two different secrets", a, b)
	}
}

func FuzzBody(f *testing.F) {
	for _, seed := range []string{`{"text":"a"}`, `[{"text":"a","in_reply_to":["b"]}]`, `{"data":[{"id":"\u0000","text":"\ud800"}]}`, `[`, `null`, `[null]`, `{"data":null}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		items, err := posts("msg", body)
		if err != nil && problem.Is(err, problem.Internal) {
			t.Errorf("%q: %v, want a problem for the sender", body, err)
		}
		for _, item := range items {
			if item.ExternalID == "" || len(bytes.TrimSpace([]byte(item.Text+item.Title))) == 0 {
				t.Errorf("%q gave an item without id or words: %+v", body, item)
			}
		}
	})
}
