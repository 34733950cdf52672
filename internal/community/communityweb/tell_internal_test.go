package communityweb

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/community"
)

func TestThreadIn(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://velo.example/c/velo/t/abc/why-so": "abc",
		"https://forum.velo.example/t/abc#p-def":   "abc",
		" /c/velo/p/def ":                          "def",
		"abc":                                      "abc",
		"https://velo.example/":                    "https://velo.example/",
		"https://velo.example/c/velo/t":            "https://velo.example/c/velo/t",
		"":                                         "",
	} {
		if got := threadIn(address); got != want {
			t.Errorf("%q: %q, want %q", address, got, want)
		}
	}
}

// TestLinked: what programs that search are told is JSON that cannot leave its element, and says which answer was accepted.
func TestLinked(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	for _, kind := range []string{community.Questions, community.Discussions} {
		v := &threadView{t: community.Thread{ID: "q", Kind: kind, Title: "</script><script>alert(1)</script>", Replies: 2, At: at},
			first: community.Post{ID: "q", HTML: "<p>&lt;!-- --&gt; &amp; &lt;script&gt;</p>\n", AuthorName: "Ada", At: at},
			posts: []community.Post{{ID: "a", Kind: "answer", Accepted: true, HTML: "<p><strong>Yes</strong>.</p>\n", AuthorName: "Bob", Score: 3, At: at}, {ID: "b", Kind: "answer", HTML: "<p>No.</p>", At: at},
				{ID: "c", Kind: "answer", DeletedAt: at, At: at}}}
		v.url = "https://velo.example/c/velo"
		out := v.linked(t.Context())
		body := strings.TrimSuffix(strings.TrimPrefix(out, `<script type="application/ld+json">`), "</script>")
		if strings.ContainsAny(body, "<>&") {
			t.Errorf("%s: %s", kind, out)
		}
		var doc map[string]any
		if err := json.Unmarshal([]byte(body), &doc); err != nil {
			t.Fatal(err)
		}
		if kind == community.Discussions {
			if doc["@type"] != "DiscussionForumPosting" || len(doc["comment"].([]any)) != 2 {
				t.Errorf("%v", doc)
			}
			continue
		}
		q := doc["mainEntity"].(map[string]any)
		if doc["@type"] != "QAPage" || q["name"] != v.t.Title || q["acceptedAnswer"].(map[string]any)["text"] != "Yes." || len(q["suggestedAnswer"].([]any)) != 1 {
			t.Errorf("%v", doc)
		}
	}
}
