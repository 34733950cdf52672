package seal

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRotate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	running, err := Load("", dir)
	if err != nil {
		t.Fatal(err)
	}
	old := running.Seal("channel:1", []byte("s3cret"))
	fresh, err := Rotate(dir)
	if err != nil {
		t.Fatal(err)
	}
	if fresh.Keys() != 2 {
		t.Fatalf("%d keys, want the new and the old", fresh.Keys())
	}
	anew, err := fresh.Reseal("channel:1", old)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := fresh.Reseal("channel:1", anew); err != nil || again != anew {
		t.Errorf("what is under the current key is sealed again: %v", err)
	}
	if _, err := fresh.Reseal("channel:2", old); !errors.Is(err, ErrSealed) {
		t.Errorf("resealed for another row: %v", err)
	}
	// A program that runs opens both, and seals under the new key, without a restart.
	for name, sealed := range map[string]string{"old": old, "new": anew, "its own": running.Seal("channel:1", []byte("s3cret"))} {
		if got, err := running.Open("channel:1", sealed); err != nil || string(got) != "s3cret" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if id := func(s string) string { id, _, _ := strings.Cut(s, "."); return id }; id(running.Seal("x", nil)) != id(anew) || id(old) == id(anew) {
		t.Error("a running program still seals under the old key")
	}
	only, err := Forget(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := only.Open("channel:1", old); !errors.Is(err, ErrSealed) || only.Keys() != 1 {
		t.Errorf("a forgotten key still opens: %v", err)
	}
	if got, err := only.Open("channel:1", anew); err != nil || string(got) != "s3cret" {
		t.Errorf("the current key does not open: %v", err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v %v", left, err)
	}
	if info, err := os.Stat(filepath.Join(dir, File)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file of keys is %v, %v", info.Mode(), err)
	}
}

func TestKeysAsText(t *testing.T) {
	t.Parallel()
	a, b := NewKey(), NewKey()
	first, err := Load(a, "")
	if err != nil {
		t.Fatal(err)
	}
	sealed := first.Seal("x", []byte("s"))
	for _, text := range []string{b + "," + a, b + " " + a + "\n", a + ", " + b} {
		both, err := Load(text, "")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := both.Open("x", sealed); err != nil || string(got) != "s" {
			t.Errorf("%q, %v", got, err)
		}
	}
	for _, text := range []string{" ", ",", "c2hvcnQ=", a + ",c2hvcnQ=", strings.Repeat(a+",", maxKeys+1)} {
		if _, err := Load(text, ""); err == nil {
			t.Errorf("%.20q was taken", text)
		}
	}
}

func FuzzOpen(f *testing.F) {
	box, err := New(make([]byte, 32))
	if err != nil {
		f.Fatal(err)
	}
	sealed := box.Seal("row", []byte("s"))
	f.Add(sealed)
	f.Add(sealed[:9])
	f.Add("..")
	f.Fuzz(func(t *testing.T, text string) {
		if got, err := box.Open("row", text); err == nil && string(got) != "s" {
			t.Fatalf("%q opens as %q", text, got)
		}
	})
}
