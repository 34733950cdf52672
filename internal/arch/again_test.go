package arch_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// What failed is run again alone; only what then passes each time is forgiven, and named.
func TestAgain(t *testing.T) {
	t.Parallel()
	script, err := filepath.Abs("../../scripts/again.sh")
	if err != nil {
		t.Fatal(err)
	}
	const (
		sound   = "func TestSound(t *testing.T) {}"
		once    = "func TestOnce(t *testing.T) { if os.WriteFile(\"once\", nil, 0o600) == nil && !was { t.Fatal(\"for want of time\") } }"
		broken  = "func TestBroken(t *testing.T) { t.Fatal(\"broken\") }"
		panics  = "func TestPanics(t *testing.T) { panic(1) }"
		several = "func TestA(t *testing.T) { TestOnce(t) }\nfunc TestB(t *testing.T) { TestOnce(t) }\nfunc TestC(t *testing.T) { TestOnce(t) }"
	)
	for _, c := range []struct {
		name, tests string
		good        bool
		says        string
	}{
		{"for want of time", sound + once, true, "Failed once, and passed three times alone"},
		{"broken", once + broken, false, "--- FAIL: TestBroken"},
		{"a panic", once + panics, false, "panic: 1"},
		{"four at once", once + several, false, "--- FAIL: TestC"},
		{"does not compile", "func TestWrong() int {}", false, "setup failed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for name, text := range map[string]string{
				"go.mod":      "module probe\n\ngo 1.26\n",
				"one_test.go": "package probe\n\nimport (\"os\"; \"testing\")\n\nvar _, missing = os.Stat(\"once\")\nvar was = missing == nil\n\n" + strings.ReplaceAll(c.tests, "}func", "}\nfunc"),
			} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			run := func(name string, args ...string) ([]byte, error) {
				command := exec.Command(name, args...)
				command.Dir = dir
				command.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off")
				return command.CombinedOutput()
			}
			said, err := run("go", "test", "-vet=off", "-count=1", ".")
			if err == nil {
				t.Fatalf("nothing failed: %s", said)
			}
			kept := filepath.Join(dir, "said")
			if err := os.WriteFile(kept, said, 0o600); err != nil {
				t.Fatal(err)
			}
			out, err := run("sh", script, kept)
			if (err == nil) != c.good || !strings.Contains(string(out), c.says) {
				t.Errorf("good %v, said %s", err == nil, out)
			}
		})
	}
}
