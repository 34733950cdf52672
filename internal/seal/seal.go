// Package seal decides how secrets are kept at rest: AES-256-GCM under a key of the installation, bound to the row they belong to, so that
// a sealed secret moved to another row does not open.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
)

// Box seals under the current key, and opens what was sealed under it or an earlier one.
type Box struct {
	file string // where the keys stand, "" when they do not change while the program runs

	mu   sync.Mutex
	keys []key // the current one first
}

// key is one key; id names it, so that another can be told from it.
type key struct {
	id   string
	aead cipher.AEAD
}

// ErrSealed says that a secret does not open: it was sealed under another key, for another row, or was changed.
var ErrSealed = errors.New("a sealed secret does not open with this installation's key")

// New makes a box from 32 bytes, and those of earlier keys.
func New(current []byte, earlier ...[]byte) (*Box, error) {
	keys, err := ready(append([][]byte{current}, earlier...))
	return &Box{keys: keys}, err
}

func ready(raw [][]byte) (out []key, err error) {
	for _, k := range raw {
		block, err := aes.NewCipher(k)
		if err != nil {
			return nil, fmt.Errorf("the sealing key: %w", err)
		}
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, err
		}
		sum := make([]byte, 16)
		block.Encrypt(sum, make([]byte, 16))
		out = append(out, key{base64.RawURLEncoding.EncodeToString(sum[:6]), aead})
	}
	return out, nil
}

// Seal closes plain for the row named by bound. Where the keys stand in a file, it is read again: a new one holds at once.
func (b *Box) Seal(bound string, plain []byte) string {
	b.again()
	k := b.ring()[0]
	return k.id + "." + base64.RawURLEncoding.EncodeToString(k.aead.Seal(nil, nil, plain, []byte(bound)))
}

// Open opens what was sealed for the same row.
func (b *Box) Open(bound, sealed string) ([]byte, error) {
	id, body, ok := strings.Cut(sealed, ".")
	if !ok {
		return nil, ErrSealed
	}
	k, found := b.find(id)
	if !found && b.again() {
		k, found = b.find(id)
	}
	raw, err := base64.RawURLEncoding.DecodeString(body)
	if !found || err != nil {
		return nil, ErrSealed
	}
	plain, err := k.aead.Open(nil, nil, raw, []byte(bound))
	if err != nil {
		return nil, ErrSealed
	}
	return plain, nil
}

// Reseal gives a sealed secret under the current key, unchanged when it is already.
func (b *Box) Reseal(bound, sealed string) (string, error) {
	if id, _, _ := strings.Cut(sealed, "."); id == b.ring()[0].id {
		return sealed, nil
	}
	plain, err := b.Open(bound, sealed)
	if err != nil {
		return "", err
	}
	return b.Seal(bound, plain), nil
}

// Keys is how many keys there are, the current one and earlier ones.
func (b *Box) Keys() int { return len(b.ring()) }

func (b *Box) ring() []key {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.keys
}

func (b *Box) find(id string) (key, bool) {
	for _, k := range b.ring() {
		if k.id == id {
			return k, true
		}
	}
	return key{}, false
}

// again reads the keys anew where they stand in a file; what cannot be read changes nothing.
func (b *Box) again() bool {
	if b.file == "" {
		return false
	}
	raw, err := readKeys(b.file)
	if err != nil {
		return false
	}
	keys, err := ready(raw)
	if err != nil {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.keys = keys
	return true
}
