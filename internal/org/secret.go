package org

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
)

// newSecret makes 256 random bits as 43 letters, digits, - and _.
func newSecret() string {
	var raw [32]byte
	rand.Read(raw[:]) // never fails: see crypto/rand
	return base64.RawURLEncoding.EncodeToString(raw[:])
}

// digest is how a secret is kept and looked up. The look-up is by index on a digest the caller cannot steer, so its timing tells nothing.
func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// plausible refuses early what cannot be a secret of ours, so that nobody makes us hash megabytes.
func plausible(secret string) bool { return len(secret) >= 40 && len(secret) <= 64 }
