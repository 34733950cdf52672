package strategyweb

import (
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/strategy"
)

// Below the drawing of a crowded map only what was used last is unfolded, and the first flaws; all of it is there, without a script.
func TestFolded(t *testing.T) {
	t.Parallel()
	few, many := editorPage{Fold: "b"}, editorPage{Fold: "b"}
	few.E.Objectives = make([]strategy.Standing, strategy.Readable)
	many.E.Objectives = make([]strategy.Standing, strategy.Readable+1)
	if !few.unfolded("a") || many.unfolded("a") || !many.unfolded("b") {
		t.Error("a map of few is folded, or one of many is not")
	}
	var list []flawView
	for _, text := range []string{"one", "two", "three", "four", "five", "six", "seven"} {
		list = append(list, flawView{text: text, about: []strategy.Standing{{Objective: strategy.Objective{ID: "o"}}}})
	}
	for n, more := range map[int]string{mostFlaws: "", 7: "2 more things to look at"} {
		var b strings.Builder
		if err := flawsBody(list[:n]).Render(i18n.With(t.Context(), "en", time.UTC), &b); err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(b.String(), objectiveHref("o")); got != n || more != "" && !strings.Contains(b.String(), more) || more == "" && strings.Contains(b.String(), " more thing") {
			t.Errorf("%d flaws: %d ways to objectives in %s", n, got, b.String())
		}
	}
}
