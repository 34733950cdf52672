// Package seal decides how secrets are kept at rest: AES-256-GCM under a key of the installation, bound to the row they belong to, so that
// a sealed secret moved to another row does not open.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Box seals and opens.
type Box struct {
	id   string // names the key, so that a later key can be told from it
	aead cipher.AEAD
}

// ErrSealed says that a secret does not open: it was sealed under another key, for another row, or was changed.
var ErrSealed = errors.New("a sealed secret does not open with this installation's key")

// New makes a box from 32 bytes.
func New(key []byte) (*Box, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("the sealing key: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, err
	}
	sum := make([]byte, 16)
	block.Encrypt(sum, make([]byte, 16))
	return &Box{base64.RawURLEncoding.EncodeToString(sum[:6]), aead}, nil
}

// Load reads the key from text (base64, 32 bytes), or when that is "" from a file in folder, made on first use and readable by nobody else.
func Load(text, folder string) (*Box, error) {
	if text == "" {
		path := filepath.Join(folder, "secret.key")
		raw, err := os.ReadFile(path)
		if errors.Is(err, os.ErrNotExist) {
			fresh := make([]byte, 32)
			rand.Read(fresh) // never fails: see crypto/rand
			if err := os.MkdirAll(folder, 0o700); err != nil {
				return nil, fmt.Errorf("make the data folder: %w", err)
			}
			f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
			if err == nil {
				_, werr := f.WriteString(base64.StdEncoding.EncodeToString(fresh) + "\n")
				if err := errors.Join(werr, f.Sync(), f.Close()); err != nil {
					return nil, fmt.Errorf("write %s: %w", path, err)
				}
			} else if !errors.Is(err, os.ErrExist) {
				return nil, fmt.Errorf("make %s: %w", path, err)
			}
			raw, err = os.ReadFile(path)
			if err != nil {
				return nil, fmt.Errorf("read %s: %w", path, err)
			}
		} else if err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		text = string(raw)
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || len(key) != 32 {
		return nil, errors.New("the sealing key must be 32 bytes in base64")
	}
	return New(key)
}

// Seal closes plain for the row named by bound.
func (b *Box) Seal(bound string, plain []byte) string {
	return b.id + "." + base64.RawURLEncoding.EncodeToString(b.aead.Seal(nil, nil, plain, []byte(bound)))
}

// Open opens what was sealed for the same row.
func (b *Box) Open(bound, sealed string) ([]byte, error) {
	id, body, ok := strings.Cut(sealed, ".")
	if !ok || id != b.id {
		return nil, ErrSealed
	}
	raw, err := base64.RawURLEncoding.DecodeString(body)
	if err != nil {
		return nil, ErrSealed
	}
	plain, err := b.aead.Open(nil, nil, raw, []byte(bound))
	if err != nil {
		return nil, ErrSealed
	}
	return plain, nil
}
