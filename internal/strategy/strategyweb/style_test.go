package strategyweb_test

import (
	"os"
	"strings"
	"testing"

	"github.com/entente/entente/internal/strategy/layout"
)

// The style sheet of pages holds that of the drawing, letter for letter: files saved from the map and the page look the same.
func TestStyleSheet(t *testing.T) {
	t.Parallel()
	const path = "../../../assets/src/map.css"
	have, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const mark = "/* layout.Style() */"
	page, drawing, found := strings.Cut(string(have), mark)
	if !found {
		t.Fatalf("%s has no %s", path, mark)
	}
	if strings.TrimSpace(drawing) == strings.TrimSpace(layout.Style()) {
		return
	}
	if os.Getenv("UPDATE") == "" {
		t.Fatalf("%s differs from layout.Style(): run UPDATE=1 go test", path)
	}
	if err := os.WriteFile(path, []byte(page+mark+layout.Style()), 0o644); err != nil {
		t.Fatal(err)
	}
}
