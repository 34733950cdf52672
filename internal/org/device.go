package org

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
)

// A device that signed in carries a paper of it, so that whoever guesses passwords for an address elsewhere makes its owner wait no longer:
// tries with a paper count for themselves. (OWASP calls it a device cookie.) A paper is not a way in. It is signed with the member's
// password hash: a new password makes all of them worthless, and no key has to be kept.

// DeviceFor is how long a device is known since it last signed in.
const DeviceFor = 400 * 24 * time.Hour

const (
	maxPapers = 4   // members who share a browser
	maxPaper  = 120 // bytes of one
)

// paper is one device of one member.
type paper struct {
	member, nonce string
	at            time.Time
	mac           string
}

func (p paper) String() string {
	return p.member + "." + p.nonce + "." + strconv.FormatInt(p.at.Unix(), 36) + "." + p.mac
}

func (p paper) signed(hash string) string {
	m := hmac.New(sha256.New, []byte(hash))
	fmt.Fprintf(m, "device\x00%s\x00%s\x00%d", p.member, p.nonce, p.at.Unix())
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

// papers reads what a browser carries; what is none is left out.
func papers(carried string) (out []paper) {
	if len(carried) > maxPapers*(maxPaper+1) {
		return nil
	}
	for _, one := range strings.Split(carried, "~") {
		parts := strings.Split(one, ".")
		if len(one) > maxPaper || len(parts) != 4 || parts[0] == "" || parts[1] == "" {
			continue
		}
		if at, err := strconv.ParseInt(parts[2], 36, 64); err == nil && at > 0 && at < 1<<40 {
			out = append(out, paper{parts[0], parts[1], time.Unix(at, 0), parts[3]})
		}
	}
	return out
}

// known finds the paper of a member among those carried.
func (s *Service) known(carried, member, hash string) (paper, bool) {
	if member == "" || hash == "" {
		return paper{}, false
	}
	for _, p := range papers(carried) {
		if p.member == member && hmac.Equal([]byte(p.mac), []byte(p.signed(hash))) && s.now().Sub(p.at) < DeviceFor {
			return p, true
		}
	}
	return paper{}, false
}

// subject is under which the tries of the device are counted.
func (p paper) subject() string { return "device:" + digest(p.member+"."+p.nonce) }

// Remember gives the papers a browser is to carry from now on: those it has, and a fresh one of the member whose session it is.
func (s *Service) Remember(ctx context.Context, sessionToken, carried string) (string, error) {
	m, _, err := s.Authenticate(ctx, sessionToken)
	if err != nil {
		return "", err
	}
	hash, _, err := db.Value[string](ctx, s.db.Read(), "SELECT password FROM member WHERE id = $1", m.ID)
	if err != nil {
		return "", fmt.Errorf("remember a device: %w", err)
	}
	if hash == "" {
		return carried, nil
	}
	var nonce [16]byte
	rand.Read(nonce[:]) // never fails: see crypto/rand
	p := paper{member: m.ID, nonce: base64.RawURLEncoding.EncodeToString(nonce[:]), at: s.now()}
	p.mac = p.signed(hash)
	out := []string{p.String()}
	for _, old := range papers(carried) {
		if old.member != m.ID && len(out) < maxPapers {
			out = append(out, old.String())
		}
	}
	return strings.Join(out, "~"), nil
}
