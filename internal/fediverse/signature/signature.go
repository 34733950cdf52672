// Package signature decides whether a request comes from who says so, as the fediverse signs: draft-cavage-http-signatures-12 with RSA and SHA-256.
// Requests and keys come in, signed requests and verdicts go out; nothing is fetched and nothing kept.
package signature

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Limits of what is believed.
const (
	Window   = time.Hour       // how old a signed request may be
	Ahead    = 5 * time.Minute // how far its clock may be ahead of ours
	KeyBits  = 2048            // of keys made here
	leastKey = 2048            // bits: others are guessed
	mostKey  = 8192            // bits: others take too long
	maxParam = 4096            // bytes of the header
)

// What is wrong with a signature.
var (
	ErrNone      = errors.New("the request is not signed")
	ErrMalformed = errors.New("the signature cannot be read")
	ErrUncovered = errors.New("the signature does not cover what it must")
	ErrDigest    = errors.New("the body is not the one that was signed")
	ErrClock     = errors.New("the signature is too old or of the future")
	ErrForged    = errors.New("the signature is not of this key")
	ErrKey       = errors.New("the key cannot be used")
)

// Sign signs a request with a key whose public half is found at keyID. A request with a body is given all of it in body, nil for none. Target is the
// path and query that the other side sees.
func Sign(r *http.Request, body []byte, keyID string, key *rsa.PrivateKey, now time.Time) error {
	r.Header.Set("Date", now.UTC().Format(http.TimeFormat))
	if r.Host == "" {
		r.Host = r.URL.Host
	}
	names := []string{"(request-target)", "host", "date"}
	if body != nil {
		r.Header.Set("Digest", Digest(body))
		names = append(names, "digest")
		if r.Header.Get("Content-Type") != "" {
			names = append(names, "content-type")
		}
	}
	text, err := signed(r, r.URL.RequestURI(), names, "", "")
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(text))
	raw, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		return fmt.Errorf("sign a request: %w", err)
	}
	r.Header.Set("Signature", fmt.Sprintf(`keyId="%s",algorithm="rsa-sha256",headers="%s",signature="%s"`, keyID, strings.Join(names, " "), base64.StdEncoding.EncodeToString(raw)))
	return nil
}

// Digest is the Digest header of a body: RFC 3230 with SHA-256.
func Digest(body []byte) string {
	sum := sha256.Sum256(body)
	return "SHA-256=" + base64.StdEncoding.EncodeToString(sum[:])
}

// Claim is what a request says of its signature. It is believed once Verify has found it true.
type Claim struct {
	KeyID string

	text string // that was signed
	raw  []byte
}

// Read finds what a request claims and holds it against everything but the key: what is covered, the digest of the body and the clock. uri is the path
// and query as they came, before anything rewrote them.
func Read(r *http.Request, uri string, body []byte, now time.Time) (Claim, error) {
	list := r.Header.Values("Signature")
	if len(list) == 0 {
		return Claim{}, ErrNone
	}
	if len(list) > 1 || len(list[0]) > maxParam {
		return Claim{}, ErrMalformed
	}
	p, err := params(list[0])
	if err != nil {
		return Claim{}, err
	}
	c := Claim{KeyID: p["keyid"]}
	if c.raw, err = base64.StdEncoding.DecodeString(p["signature"]); err != nil || len(c.raw) == 0 || c.KeyID == "" {
		return Claim{}, ErrMalformed
	}
	switch strings.ToLower(p["algorithm"]) {
	case "", "rsa-sha256", "hs2019":
	default:
		return Claim{}, ErrMalformed
	}
	names := strings.Fields(strings.ToLower(p["headers"]))
	if len(names) > 20 {
		return Claim{}, ErrMalformed
	}
	need := []string{"(request-target)", "host"}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		need = append(need, "digest")
	}
	for _, n := range need {
		if !slices.Contains(names, n) {
			return Claim{}, ErrUncovered
		}
	}
	if err := timely(r, names, p, now); err != nil {
		return Claim{}, err
	}
	if slices.Contains(need, "digest") {
		if err := same(r.Header.Values("Digest"), body); err != nil {
			return Claim{}, err
		}
	}
	if c.text, err = signed(r, uri, names, p["created"], p["expires"]); err != nil {
		return Claim{}, err
	}
	return c, nil
}

// Verify holds a claim against the public key that its KeyID stands for.
func (c Claim) Verify(key *rsa.PublicKey) error {
	sum := sha256.Sum256([]byte(c.text))
	if rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], c.raw) != nil {
		return ErrForged
	}
	return nil
}

// timely holds when the request was signed against the clock.
func timely(r *http.Request, names []string, p map[string]string, now time.Time) error {
	at := time.Time{}
	switch {
	case slices.Contains(names, "(created)"):
		n, err := strconv.ParseInt(p["created"], 10, 64)
		if err != nil {
			return ErrMalformed
		}
		at = time.Unix(n, 0)
	case slices.Contains(names, "date"):
		var err error
		if at, err = http.ParseTime(r.Header.Get("Date")); err != nil {
			return ErrClock
		}
	default:
		return ErrUncovered
	}
	if now.Sub(at) > Window || at.Sub(now) > Ahead {
		return ErrClock
	}
	if text := p["expires"]; text != "" {
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return ErrMalformed
		}
		if float64(now.Unix()) > n {
			return ErrClock
		}
	}
	return nil
}

// same holds the body against its digest. Of several algorithms, SHA-256 must be one.
func same(headers []string, body []byte) error {
	for _, part := range strings.Split(strings.Join(headers, ","), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		if !strings.EqualFold(name, "SHA-256") {
			continue
		}
		said, err := base64.StdEncoding.DecodeString(value)
		sum := sha256.Sum256(body)
		if err != nil || !bytes.Equal(said, sum[:]) {
			return ErrDigest
		}
		return nil
	}
	return ErrDigest
}

// signed is the text that a signature is made of.
func signed(r *http.Request, uri string, names []string, created, expires string) (string, error) {
	var b strings.Builder
	for i, n := range names {
		if slices.Contains(names[:i], n) {
			return "", ErrMalformed
		}
		value := ""
		switch n {
		case "(request-target)":
			value = strings.ToLower(r.Method) + " " + uri
		case "(created)":
			value = created
		case "(expires)":
			value = expires
		case "host":
			value = r.Host
		default:
			list := r.Header.Values(n)
			if len(list) == 0 {
				return "", ErrUncovered
			}
			trimmed := make([]string, len(list))
			for j := range list {
				trimmed[j] = strings.TrimSpace(list[j])
			}
			value = strings.Join(trimmed, ", ")
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(n + ": " + value)
	}
	return b.String(), nil
}

// params reads name="value" or name=value between commas; names are in lower case, each once.
func params(text string) (map[string]string, error) {
	out := map[string]string{}
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimSpace(text) {
		name, rest, found := strings.Cut(text, "=")
		name = strings.ToLower(strings.TrimSpace(name))
		if _, twice := out[name]; !found || twice || name == "" || strings.ContainsAny(name, `", `) {
			return nil, ErrMalformed
		}
		value := ""
		if strings.HasPrefix(rest, `"`) {
			if value, text, found = strings.Cut(rest[1:], `"`); !found {
				return nil, ErrMalformed
			}
			if text = strings.TrimSpace(text); text != "" && text[0] != ',' {
				return nil, ErrMalformed
			}
			text = strings.TrimPrefix(text, ",")
		} else {
			value, text, _ = strings.Cut(rest, ",")
			value = strings.TrimSpace(value)
		}
		out[name] = value
	}
	if out["headers"] == "" {
		out["headers"] = "date"
	}
	return out, nil
}

// Public reads a public key as actors publish them, in PEM.
func Public(text string) (*rsa.PublicKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, ErrKey
	}
	var key *rsa.PublicKey
	if block.Type == "RSA PUBLIC KEY" {
		k, err := x509.ParsePKCS1PublicKey(block.Bytes)
		if err != nil {
			return nil, ErrKey
		}
		key = k
	} else {
		k, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			return nil, ErrKey
		}
		var ok bool
		if key, ok = k.(*rsa.PublicKey); !ok {
			return nil, ErrKey
		}
	}
	if n := key.N.BitLen(); n < leastKey || n > mostKey {
		return nil, ErrKey
	}
	return key, nil
}

// PublicText is a public key in PEM.
func PublicText(key *rsa.PublicKey) (string, error) {
	raw, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return "", fmt.Errorf("write a public key: %w", err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: raw})), nil
}

// Private reads a key as PrivateBytes wrote it.
func Private(raw []byte) (*rsa.PrivateKey, error) {
	k, err := x509.ParsePKCS8PrivateKey(raw)
	if err != nil {
		return nil, ErrKey
	}
	key, ok := k.(*rsa.PrivateKey)
	if !ok {
		return nil, ErrKey
	}
	return key, nil
}

// NewKey makes a key, and its form to be sealed and kept.
func NewKey() (*rsa.PrivateKey, []byte, error) {
	key, err := rsa.GenerateKey(rand.Reader, KeyBits)
	if err != nil {
		return nil, nil, fmt.Errorf("make a key: %w", err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, fmt.Errorf("write a key: %w", err)
	}
	return key, raw, nil
}
