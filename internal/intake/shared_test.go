package intake

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/entente/entente/internal/problem"
)

// TestSharedFiles tries all feeds and mails of the shared data: each is understood or refused for a reason.
func TestSharedFiles(t *testing.T) {
	t.Parallel()
	for format, name := range map[string]string{"feed": "feeds", "eml": "mail"} {
		dir := filepath.Join("..", "..", "..", "shared", "data", name)
		if _, err := os.Stat(dir); err != nil {
			t.Skip("no shared data")
		}
		got := run(t, &Runner{Clock: noon}, format, dir, Options{}, true)
		if got.Added == 0 || got.Broken != nil && problem.Is(got.Broken, problem.Internal) {
			t.Errorf("%s: %+v", name, got)
		}
		t.Logf("%s: %d would be added, %d twice, %d refused", name, got.Added, got.Known, got.Refused)
	}
}
