package seal

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// File holds the current key in its first line, and earlier ones below.
const File = "secret.key"

// maxKeys is how many keys there may be at one time.
const maxKeys = 16

// NewKey makes a key as it is written: 32 bytes in base64.
func NewKey() string {
	var raw [32]byte
	rand.Read(raw[:]) // never fails: see crypto/rand
	return base64.StdEncoding.EncodeToString(raw[:])
}

// Load reads the keys from text (base64 of 32 bytes each, the current one first, commas or spaces between), or when that is "" from a file
// in folder, made on first use and readable by nobody else.
func Load(text, folder string) (*Box, error) {
	if text != "" {
		raw, err := parseKeys(text)
		if err != nil {
			return nil, err
		}
		return New(raw[0], raw[1:]...)
	}
	path := filepath.Join(folder, File)
	raw, err := readKeys(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := makeKey(path); err != nil {
			return nil, err
		}
		raw, err = readKeys(path)
	}
	if err != nil {
		return nil, err
	}
	b, err := New(raw[0], raw[1:]...)
	if err != nil {
		return nil, err
	}
	b.file = path
	return b, nil
}

func makeKey(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil // by another at the same moment
	}
	if err != nil {
		return fmt.Errorf("make %s: %w", path, err)
	}
	_, werr := f.WriteString(NewKey() + "\n")
	if err := errors.Join(werr, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

func readKeys(path string) ([][]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return parseKeys(string(text))
}

func parseKeys(text string) (out [][]byte, err error) {
	for _, one := range strings.Fields(strings.ReplaceAll(text, ",", " ")) {
		k, err := base64.StdEncoding.DecodeString(one)
		if err != nil || len(k) != 32 {
			return nil, errors.New("the sealing key must be 32 bytes in base64")
		}
		out = append(out, k)
	}
	if len(out) == 0 || len(out) > maxKeys {
		return nil, fmt.Errorf("there must be 1 to %d sealing keys, 32 bytes in base64 each", maxKeys)
	}
	return out, nil
}

// Rotate puts a new key before those in the folder's file. Everything sealed still opens; what is sealed from now on, here and in programs
// that run, is sealed under the new one. The file is either the old or the new one, whatever happens meanwhile.
func Rotate(folder string) (*Box, error) {
	return rewrite(folder, func(lines []string) ([]string, error) {
		if len(lines) == maxKeys {
			return nil, fmt.Errorf("there are %d sealing keys already; forget the earlier ones first", maxKeys)
		}
		return append([]string{NewKey()}, lines...), nil
	})
}

// Forget leaves only the current key in the folder's file.
func Forget(folder string) (*Box, error) {
	return rewrite(folder, func(lines []string) ([]string, error) { return lines[:1], nil })
}

func rewrite(folder string, change func([]string) ([]string, error)) (*Box, error) {
	if _, err := Load("", folder); err != nil {
		return nil, err
	}
	path := filepath.Join(folder, File)
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	lines, err := change(strings.Fields(strings.ReplaceAll(string(text), ",", " ")))
	if err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(folder, File+".*") // readable by nobody else
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", path, err)
	}
	defer os.Remove(f.Name())
	_, werr := f.WriteString(strings.Join(lines, "\n") + "\n")
	if err := errors.Join(werr, f.Sync(), f.Close()); err != nil {
		return nil, fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return nil, fmt.Errorf("write %s: %w", path, err)
	}
	if d, err := os.Open(folder); err == nil { // so that the new name outlives a power cut; not every system can
		_ = d.Sync()
		_ = d.Close()
	}
	return Load("", folder)
}
