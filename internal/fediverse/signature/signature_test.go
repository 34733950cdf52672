package signature_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/fediverse/signature"
)

// The key, the request and the signatures are those of draft-cavage-http-signatures-12, appendix C. Its key has 1,024 bits, which nobody may use here:
// Claim.Verify is held against it all the same, for the text that is signed.
const (
	draftBody = `{"hello": "world"}`
	draftPath = "/foo?param=value&pet=dog"
	draftDate = "Sun, 05 Jan 2014 21:31:40 GMT"
)

func draft(t *testing.T, headers, value string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, "http://example.com"+draftPath, strings.NewReader(draftBody))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Date", draftDate)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Content-Length", "18")
	r.Header.Set("Digest", "SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=")
	r.Header.Set("Signature", `keyId="Test",algorithm="rsa-sha256",headers="`+headers+`",signature="`+value+`"`)
	return r
}

func draftKey(t *testing.T) *rsa.PublicKey {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString("MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDCFENGw33yGihy92pDjZQhl0C36rPJj+CvfSC8+q28hxA161QFNUd13wuCTUcq0Qd2qsBe/2hFyc2DCJJg0h1L78+6Z4UMR7EOcpfdUE9Hf3m/hs+FUR45uBJeDK1HSFHD8bHKD6kv8FPGfJTotc+2xjJwoYi+1hqp1fIekaxsyQIDAQAB")
	if err != nil {
		t.Fatal(err)
	}
	return spki(t, raw)
}

// TestDraft holds the signed text against the golden vectors of the draft's appendix C.3.
func TestDraft(t *testing.T) {
	t.Parallel()
	at, _ := http.ParseTime(draftDate)
	const headers = "(request-target) host date content-type digest content-length"
	r := draft(t, headers, "vSdrb+dS3EceC9bcwHSo4MlyKS59iFIrhgYkz8+oVLEEzmYZZvRs8rgOp+63LEM3v+MFHB32NfpB2bEKBIvB1q52LaEUHFv120V01IL+TAD48XaERZFukWgHoBTLMhYS2Gb51gWxpeIq8knRmPnYePbF5MOkR0Zkly4zKH7s1dE=")
	c, err := signature.Read(r, draftPath, []byte(draftBody), at)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Verify(draftKey(t)); err != nil {
		t.Error(err)
	}
	r.Header.Set("Date", "Sun, 05 Jan 2014 21:31:41 GMT")
	if c, err = signature.Read(r, draftPath, []byte(draftBody), at); err != nil {
		t.Fatal(err)
	}
	if err := c.Verify(draftKey(t)); !errors.Is(err, signature.ErrForged) {
		t.Errorf("another date: %v", err)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	key := key(t)
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	body := []byte(`{"type":"Follow"}`)
	for name, c := range map[string]struct {
		spoil func(r *http.Request)
		body  string
		later time.Duration
		want  error
	}{
		"as signed":               {},
		"half an hour late":       {later: 30 * time.Minute},
		"too late":                {later: 61 * time.Minute, want: signature.ErrClock},
		"of the future":           {later: -6 * time.Minute, want: signature.ErrClock},
		"another body":            {body: `{"type":"Delete"}`, want: signature.ErrDigest},
		"another body and digest": {body: `{"type":"Delete"}`, spoil: func(r *http.Request) { r.Header.Set("Digest", signature.Digest([]byte(`{"type":"Delete"}`))) }, want: signature.ErrForged},
		"another host":            {spoil: func(r *http.Request) { r.Host = "other.example" }, want: signature.ErrForged},
		"no signature":            {spoil: func(r *http.Request) { r.Header.Del("Signature") }, want: signature.ErrNone},
		"two signatures":          {spoil: func(r *http.Request) { r.Header.Add("Signature", r.Header.Get("Signature")) }, want: signature.ErrMalformed},
		"no digest":               {spoil: func(r *http.Request) { r.Header.Del("Digest") }, want: signature.ErrDigest},
		"target not covered":      {spoil: swap("(request-target) ", ""), want: signature.ErrUncovered},
		"digest not covered":      {spoil: swap(" digest", ""), want: signature.ErrUncovered},
		"date not covered":        {spoil: swap(" date", ""), want: signature.ErrUncovered},
		"a header twice":          {spoil: swap(" date", " date date"), want: signature.ErrMalformed},
		"an unknown header":       {spoil: swap(" date", " date x-none"), want: signature.ErrUncovered},
		"another algorithm":       {spoil: swap("rsa-sha256", "hmac-sha256"), want: signature.ErrMalformed},
		"no base64":               {spoil: swap(`signature="`, `signature="~`), want: signature.ErrMalformed},
		"cut off":                 {spoil: func(r *http.Request) { s := r.Header.Get("Signature"); r.Header.Set("Signature", s[:len(s)-1]) }, want: signature.ErrMalformed},
	} {
		r, err := http.NewRequest(http.MethodPost, "https://velo.example/c/velo/fediverse/inbox?x=1", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/activity+json")
		if err := signature.Sign(r, body, "https://social.example/ada#main-key", key, now); err != nil {
			t.Fatal(err)
		}
		if c.spoil != nil {
			c.spoil(r)
		}
		got := string(body)
		if c.body != "" {
			got = c.body
		}
		claim, err := signature.Read(r, r.URL.RequestURI(), []byte(got), now.Add(c.later))
		if err == nil {
			err = claim.Verify(&key.PublicKey)
		}
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func swap(a, b string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Signature", strings.Replace(r.Header.Get("Signature"), a, b, 1)) }
}

// TestCreated takes what newer software signs: hs2019 with (created).
func TestCreated(t *testing.T) {
	t.Parallel()
	key := key(t)
	now := time.Unix(1_777_000_000, 0)
	body := []byte("{}")
	r, _ := http.NewRequest(http.MethodPost, "https://velo.example/in", nil)
	r.Host = "velo.example"
	r.Header.Set("Digest", "md5=x,"+strings.Replace(signature.Digest(body), "SHA-256", "sha-256", 1))
	sum := sha256.Sum256([]byte("(request-target): post /in\nhost: velo.example\n(created): 1777000000\ndigest: " + r.Header.Get("Digest")))
	raw, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Signature", `keyId="k", algorithm="hs2019", created=1777000000, headers="(request-target) host (created) digest", signature="`+base64.StdEncoding.EncodeToString(raw)+`"`)
	for at, want := range map[time.Time]error{now: nil, now.Add(2 * time.Hour): signature.ErrClock} {
		c, err := signature.Read(r, "/in", body, at)
		if err == nil {
			err = c.Verify(&key.PublicKey)
		}
		if !errors.Is(err, want) {
			t.Errorf("%v: %v, want %v", at, err, want)
		}
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	key, raw := key(t), made().raw
	again, err := signature.Private(raw)
	if err != nil || !again.Equal(key) {
		t.Fatalf("a private key read again: %v", err)
	}
	text, err := signature.PublicText(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	if pub, err := signature.Public(text); err != nil || !pub.Equal(&key.PublicKey) {
		t.Fatalf("a public key read again: %v", err)
	}
	for _, bad := range []string{"", "x", strings.Replace(text, "MII", "MIJ", 1), "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----"} {
		if _, err := signature.Public(bad); !errors.Is(err, signature.ErrKey) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
