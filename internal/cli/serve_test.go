package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A demo whose filling was broken off leaves a folder in which the next start begins anew, with the sealing key that lay there.
func TestDemoBrokenOff(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	key := []byte("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n")
	if err := os.WriteFile(filepath.Join(data, "secret.key"), key, 0o600); err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		ctx, cancel := context.WithCancel(t.Context())
		out, errs := &until{text: "topics", then: cancel}, bytes.Buffer{}
		code := Run(ctx, []string{"serve", "--demo", "--data", data, "--listen", "127.0.0.1:0"}, strings.NewReader(""), out, &errs)
		cancel()
		if code != failed || !strings.Contains(out.String(), "topics") || !strings.Contains(errs.String(), "cancel") {
			t.Fatalf("time %d: %d\n%s%s", i+1, code, out, &errs)
		}
		if _, err := os.Stat(filepath.Join(data, "entente.db")); err == nil {
			t.Error("half a demo lies where an installation is looked for")
		}
	}
	for _, place := range []string{data, filepath.Join(data, begun)} {
		if got, err := os.ReadFile(filepath.Join(place, "secret.key")); err != nil || !bytes.Equal(got, key) {
			t.Errorf("the key in %s: %q (%v)", place, got, err)
		}
	}
}

// until does something once text was written.
type until struct {
	bytes.Buffer
	text string
	then func()
}

func (u *until) Write(b []byte) (int, error) {
	if bytes.Contains(b, []byte(u.text)) {
		u.then()
	}
	return u.Buffer.Write(b)
}
