package seal

import (
	"bytes"
	"errors"
	"testing"
)

func TestSeal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a, err := Load("", dir)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Load("", dir)
	if err != nil {
		t.Fatal(err)
	}
	other, err := Load("", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	sealed := a.Seal("channel:1", []byte("s3cret"))
	if got, err := again.Open("channel:1", sealed); err != nil || !bytes.Equal(got, []byte("s3cret")) {
		t.Fatalf("Open = %q, %v", got, err)
	}
	for name, open := range map[string]func() ([]byte, error){
		"another row": func() ([]byte, error) { return a.Open("channel:2", sealed) },
		"another key": func() ([]byte, error) { return other.Open("channel:1", sealed) },
		"changed":     func() ([]byte, error) { return a.Open("channel:1", sealed[:len(sealed)-2]+"AA") },
		"rubbish":     func() ([]byte, error) { return a.Open("channel:1", "x") },
	} {
		if got, err := open(); !errors.Is(err, ErrSealed) {
			t.Errorf("%s: Open = %q, %v; want ErrSealed", name, got, err)
		}
	}
	if _, err := Load("c2hvcnQ=", dir); err == nil {
		t.Error("a short key was taken")
	}
}
