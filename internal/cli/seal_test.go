package cli

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/entente/entente/internal/app"
	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/config"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/seal"
)

// installations are one on each engine, with so many channels that keep a secret.
func installations(t *testing.T, channels int, f func(t *testing.T, c config.Config)) {
	for engine, url := range map[string]func() string{"sqlite": func() string { return "" }, "postgres": func() string { return dbtest.PostgresURL(t) }} {
		t.Run(engine, func(t *testing.T) {
			c := config.Config{Data: t.TempDir(), Listen: "127.0.0.1:0", DatabaseURL: url()}
			opened(t, c, func(a *app.App) {
				op := org.AsOperator(t.Context())
				if err := a.Org.SetUp(op, org.SetUp{Organisation: "Vélo", Lang: "en", OwnerName: "Ada", OwnerEmail: "ada@velo.example", Password: "bouquet of spokes 7"}); err != nil {
					t.Fatal(err)
				}
				for i := range channels {
					if _, err := a.Channels.Add(op, channel.Draft{Kind: "webhook", Name: fmt.Sprint("Shop ", i), Inbox: channel.InboxNone}); err != nil {
						t.Fatal(err)
					}
				}
			})
			f(t, c)
		})
	}
}

func opened(t *testing.T, c config.Config, do func(a *app.App)) {
	t.Helper()
	a, err := app.Open(t.Context(), c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	do(a)
}

// open counts the channels whose secrets open, and tells under which keys they are sealed.
func open(t *testing.T, c config.Config) (n int, under map[string]int) {
	t.Helper()
	under = map[string]int{}
	opened(t, c, func(a *app.App) {
		list, err := a.Channels.List(org.AsOperator(t.Context()))
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range list {
			if len(one.Secrets) > 0 {
				n++
			}
		}
		texts, err := db.All(t.Context(), a.DB.Read(), db.Self[string], "SELECT secrets FROM channel WHERE secrets <> ''")
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range texts {
			id, _, _ := strings.Cut(s, ".")
			under[id]++
		}
	})
	return n, under
}

func command(t *testing.T, c config.Config, args ...string) (int, string) {
	t.Helper()
	var out bytes.Buffer
	args = append(args, "--data", c.Data, "--log-level", "error")
	if c.DatabaseURL != "" {
		args = append(args, "--database-url", c.DatabaseURL)
	}
	if c.SecretKey != "" {
		args = append(args, "--secret-key", c.SecretKey)
	}
	code := Run(t.Context(), args, strings.NewReader(""), &out, &out)
	return code, out.String()
}

func keysIn(t *testing.T, c config.Config) []string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(c.Data, "secret.key"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(raw))
}

func TestSealRotate(t *testing.T) {
	t.Setenv("ENTENTE_DATABASE_URL", "")
	t.Setenv("ENTENTE_SECRET_KEY", "")
	installations(t, 3, func(t *testing.T, c config.Config) {
		_, before := open(t, c)
		if code, out := command(t, c, "seal", "rotate"); code != done || !strings.Contains(out, "3 secrets") {
			t.Fatalf("status %d: %s", code, out)
		}
		n, after := open(t, c)
		if n != 3 || len(after) != 1 || len(keysIn(t, c)) != 2 {
			t.Fatalf("%d open, under %v, %d keys", n, after, len(keysIn(t, c)))
		}
		for old := range before {
			if after[old] > 0 {
				t.Error("sealed under the old key still")
			}
		}
		if code, out := command(t, c, "seal", "forget"); code != done {
			t.Fatalf("status %d: %s", code, out)
		}
		if n, _ := open(t, c); n != 3 || len(keysIn(t, c)) != 1 {
			t.Fatalf("%d open, %d keys", n, len(keysIn(t, c)))
		}
		// Keys in the environment are the operator's to change.
		one := c
		one.SecretKey = keysIn(t, c)[0]
		if code, out := command(t, one, "seal", "rotate"); code != refused || !strings.Contains(out, "holds one key") {
			t.Errorf("status %d: %s", code, out)
		}
		two := c
		two.SecretKey = seal.NewKey() + "," + one.SecretKey
		if code, out := command(t, two, "seal", "rotate"); code != done {
			t.Errorf("status %d: %s", code, out)
		}
		two.SecretKey, _, _ = strings.Cut(two.SecretKey, ",")
		if n, _ := open(t, two); n != 3 {
			t.Errorf("%d open with the new key alone", n)
		}
		if code, out := command(t, two, "seal", "forget"); code != refused {
			t.Errorf("status %d: %s", code, out)
		}
	})
}

// TestSealKilled kills the program when the new key is in its file and half of the secrets are sealed under it: all open, and once more does
// what is left.
func TestSealKilled(t *testing.T) {
	t.Setenv("ENTENTE_DATABASE_URL", "")
	t.Setenv("ENTENTE_SECRET_KEY", "")
	if data := os.Getenv("ENTENTE_TEST_SEAL"); data != "" {
		sealHalf(t, config.Config{Data: data, Listen: "127.0.0.1:0", DatabaseURL: os.Getenv("ENTENTE_TEST_SEAL_URL")})
		return
	}
	installations(t, 4, func(t *testing.T, c config.Config) {
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSealKilled$")
		child.Env = append(os.Environ(), "ENTENTE_TEST_SEAL="+c.Data, "ENTENTE_TEST_SEAL_URL="+c.DatabaseURL)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for lines.Scan() && lines.Text() != "half" {
		}
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = child.Wait() // it was killed
		if n := len(keysIn(t, c)); n != 2 {
			t.Fatalf("%d keys: the program was not killed in the middle", n)
		}
		if n, under := open(t, c); n != 4 || len(under) != 1 {
			t.Fatalf("%d open after the kill, under %v", n, under)
		}
		if code, out := command(t, c, "seal", "rotate"); code != done || !strings.Contains(out, "4 secrets") {
			t.Fatalf("status %d: %s", code, out)
		}
		if code, out := command(t, c, "seal", "forget"); code != done {
			t.Fatalf("status %d: %s", code, out)
		}
		if n, under := open(t, c); n != 4 || len(under) != 1 || len(keysIn(t, c)) != 1 {
			t.Fatalf("%d open, under %v, %d keys", n, under, len(keysIn(t, c)))
		}
	})
}

// sealHalf does what rotate does, and stops where half is written and nothing committed.
func sealHalf(t *testing.T, c config.Config) {
	opened(t, c, func(a *app.App) {
		_, _, err := reseal(t.Context(), a.DB, func() (*seal.Box, error) { return seal.Rotate(c.Data) }, func(n int) {
			if n == 2 {
				fmt.Println("half")
				select {}
			}
		})
		t.Error(err)
	})
}

// TestSealSettings: keys that the program made for itself are sealed anew too, and open after the old key is gone.
func TestSealSettings(t *testing.T) {
	t.Setenv("ENTENTE_DATABASE_URL", "")
	t.Setenv("ENTENTE_SECRET_KEY", "")
	installations(t, 0, func(t *testing.T, c config.Config) {
		opened(t, c, func(a *app.App) {
			box, err := seal.Load("", c.Data)
			if err != nil {
				t.Fatal(err)
			}
			err = a.DB.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
				if err := a.Org.SwapSetting(ctx, q, "push.key", "", box.Seal("push.key", []byte("made first"))); err != nil {
					return err
				}
				return a.Org.SwapSetting(ctx, q, "push.key", "", box.Seal("push.key", []byte("made by another node")))
			})
			if err != nil {
				t.Fatal(err)
			}
		})
		for _, verb := range []string{"rotate", "forget"} {
			if code, out := command(t, c, "seal", verb); code != done {
				t.Fatalf("%s: status %d: %s", verb, code, out)
			}
		}
		opened(t, c, func(a *app.App) {
			box, err := seal.Load("", c.Data)
			if err != nil {
				t.Fatal(err)
			}
			var text string
			if err := a.Org.Setting(org.AsOperator(t.Context()), "push.key", &text); err != nil {
				t.Fatal(err)
			}
			if plain, err := box.Open("push.key", text); err != nil || string(plain) != "made first" {
				t.Errorf("opens as %q: %v", plain, err)
			}
		})
	})
}
