package cli

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/entente/entente/assets"
	"github.com/entente/entente/internal/app"
	"github.com/entente/entente/internal/config"
	"github.com/entente/entente/internal/org"
)

// An installation without a mail server is well.
func TestDoctorWithoutMailServer(t *testing.T) {
	t.Setenv("ENTENTE_SMTP", "") // so not parallel
	t.Setenv("ENTENTE_DATABASE_URL", "")
	data := t.TempDir()
	a, err := app.Open(t.Context(), config.Config{Data: data, Listen: "127.0.0.1:0"}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Org.SetUp(org.AsOperator(t.Context()), org.SetUp{Organisation: "Vélo", Lang: "en", OwnerName: "Ada", OwnerEmail: "ada@velo.example",
		Password: "bouquet of spokes 7"}); err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	doctor := func(more ...string) (int, string) {
		var out, errs bytes.Buffer
		code := Run(t.Context(), append([]string{"doctor", "--data", data}, more...), strings.NewReader(""), &out, &errs)
		return code, out.String() + errs.String()
	}
	want := done
	if assets.Check() != nil { // a checkout in which the browser side was not built
		want = failed
	}
	if code, out := doctor(); code != want || !strings.Contains(out, "hint    no mail server") {
		t.Errorf("status %d: %s", code, out)
	}
	if code, out := doctor("--smtp", "smtp://mail.example", "--mail-from", "us@velo.example"); code != want || !strings.Contains(out, "ok      mail server") {
		t.Errorf("status %d: %s", code, out)
	}
}
