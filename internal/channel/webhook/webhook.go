// Package webhook decides what a signed call from another program says: a JSON body in, checked against its Standard Webhooks signature
// (https://www.standardwebhooks.com), posts out.
package webhook

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/problem"
)

// Tolerance is how far a call's timestamp may be from our clock, either way.
const Tolerance = 5 * time.Minute

// The headers of a call.
const (
	HeaderID        = "webhook-id"
	HeaderTimestamp = "webhook-timestamp"
	HeaderSignature = "webhook-signature"
)

const prefix = "whsec_"

// Connector takes in signed calls.
type Connector struct{}

// New makes the connector.
func New() Connector { return Connector{} }

// Describe says what the connector can do.
func (Connector) Describe() channel.Description {
	return channel.Description{Kind: "webhook", Icon: "webhook", Can: channel.Receive,
		Fields: []channel.Field{{Name: "secret", Type: channel.Secret, Required: true}}}
}

// Mint makes the secret that both sides share: 32 random bytes.
func (Connector) Mint() channel.Settings {
	key := make([]byte, 32)
	rand.Read(key) // never fails: see crypto/rand
	return channel.Settings{"secret": prefix + base64.StdEncoding.EncodeToString(key)}
}

// Open reads the secret. Several may be given with spaces between, for a change of secrets without a gap.
func (Connector) Open(set channel.Settings, _ channel.World) (channel.Session, error) {
	s := &session{}
	for _, text := range strings.Fields(set["secret"]) {
		key, err := decode(text)
		if err != nil || len(key) < 24 || len(key) > 64 {
			return nil, problem.New(problem.Invalid, "channel.webhook.bad_secret").On("secret")
		}
		s.keys = append(s.keys, key)
	}
	if len(s.keys) == 0 || len(s.keys) > 4 {
		return nil, problem.New(problem.Invalid, "channel.webhook.bad_secret").On("secret")
	}
	return s, nil
}

func decode(secret string) ([]byte, error) {
	return base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, prefix))
}

type session struct{ keys [][]byte }

// Check has nobody to ask: the other side calls us.
func (s *session) Check(context.Context) (channel.Health, error) { return channel.Health{}, nil }

func (s *session) Close() error { return nil }

// Screen refuses a call that is unsigned or whose time is past: the signature of one that is not need not be worked out.
func (s *session) Screen(header http.Header, now time.Time) error {
	call, stamp := header.Get(HeaderID), header.Get(HeaderTimestamp)
	if call == "" || len(call) > 300 || stamp == "" || header.Get(HeaderSignature) == "" {
		return problem.New(problem.Unauthenticated, "channel.webhook.unsigned")
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return problem.New(problem.Unauthenticated, "channel.webhook.unsigned")
	}
	if at := time.Unix(seconds, 0); seconds < 0 || seconds > 1<<40 || at.Before(now.Add(-Tolerance)) || at.After(now.Add(Tolerance)) {
		return problem.New(problem.Unauthenticated, "channel.webhook.stale")
	}
	return nil
}

// Receive checks the signature and reads the posts.
func (s *session) Receive(header http.Header, body []byte, now time.Time) ([]channel.Item, error) {
	if err := s.Screen(header, now); err != nil {
		return nil, err
	}
	call := header.Get(HeaderID)
	if !s.signed(call, header.Get(HeaderTimestamp), body, header.Values(HeaderSignature)) {
		return nil, problem.New(problem.Unauthenticated, "channel.webhook.bad_signature")
	}
	return posts(call, body)
}

// maxSignatures bounds the work that one unsigned call can cause.
const maxSignatures = 20

func (s *session) signed(call, stamp string, body []byte, values []string) bool {
	given := strings.Fields(strings.Join(values, " "))
	good := 0
	for _, key := range s.keys {
		want := sum(key, call, stamp, body)
		for _, one := range given[:min(len(given), maxSignatures)] {
			version, text, _ := strings.Cut(one, ",")
			if version != "v1" {
				continue
			}
			got, err := base64.StdEncoding.DecodeString(text)
			if err != nil {
				continue
			}
			good |= subtle.ConstantTimeCompare(got, want)
		}
	}
	return good == 1
}

func sum(key []byte, call, stamp string, body []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(call + "." + stamp + "."))
	mac.Write(body)
	return mac.Sum(nil)
}

// Sign sets the headers of a call made at the time at with a secret, as a sender does.
func Sign(header http.Header, secret, call string, at time.Time, body []byte) error {
	key, err := decode(secret)
	if err != nil {
		return problem.New(problem.Invalid, "channel.webhook.bad_secret")
	}
	stamp := strconv.FormatInt(at.Unix(), 10)
	header.Set(HeaderID, call)
	header.Set(HeaderTimestamp, stamp)
	header.Set(HeaderSignature, "v1,"+base64.StdEncoding.EncodeToString(sum(key, call, stamp, body)))
	return nil
}
