package signature_test

import (
	"crypto/rsa"
	"crypto/x509"
	"sync"
	"testing"

	"github.com/entente/entente/internal/fediverse/signature"
)

type pair struct {
	key *rsa.PrivateKey
	raw []byte
	err error
}

// made is one key for all tests: making one takes long.
var made = sync.OnceValue(func() (p pair) {
	p.key, p.raw, p.err = signature.NewKey()
	return p
})

func key(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	if p := made(); p.err != nil {
		t.Fatal(p.err)
	}
	return made().key
}

// spki reads a key of whatever length.
func spki(t *testing.T, raw []byte) *rsa.PublicKey {
	t.Helper()
	k, err := x509.ParsePKIXPublicKey(raw)
	if err != nil {
		t.Fatal(err)
	}
	return k.(*rsa.PublicKey)
}
