package communityweb

import (
	"strings"
	"testing"

	"github.com/entente/entente/internal/community"
)

// TestSplitPages: what was chosen on another page goes along in the form, and each other page can be gone to from it.
func TestSplitPages(t *testing.T) {
	t.Parallel()
	v := &splitView{threadView: &threadView{hall: hall{}, t: community.Thread{ID: "thread"}, page: 1, leaf: community.Leaf{Pages: 3, Page: 1}, posts: []community.Post{{ID: "here"}, {ID: "too"}}},
		chosen: []string{"before", "here"}}
	var b strings.Builder
	if err := splitPage(v).Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	html := b.String()
	for _, want := range []string{`type="hidden" name="post" value="before"`, `name="go" value="1"`, `name="go" value="3"`, `value="here" checked`, `value="too"`} {
		if !strings.Contains(html, want) {
			t.Errorf("no %s in\n%s", want, html)
		}
	}
	for _, not := range []string{`name="go" value="2"`, `type="hidden" name="post" value="here"`, `value="too" checked`} {
		if strings.Contains(html, not) {
			t.Errorf("%s in\n%s", not, html)
		}
	}
	if first, go1 := strings.Index(html, "btn-primary"), strings.Index(html, `name="go"`); first < 0 || go1 < first {
		t.Error("enter in the title goes to another page")
	}
}
