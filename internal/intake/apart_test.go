package intake

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
)

// TestTwoForums brings two forums into one community whose posts have the same numbers, into a space each: nothing of one lands below what was said in the
// other, and what is brought again is there once.
func TestTwoForums(t *testing.T) {
	t.Parallel()
	dump := func(day, name string) string {
		return folder(t, map[string]string{
			"Posts.xml": `<posts><row Id="1" PostTypeId="1" AcceptedAnswerId="2" CreationDate="` + day + `T08:00:00.120" Title="` + name + ` asks" Body="` + name + ` one" />
<row Id="2" PostTypeId="2" ParentId="1" CreationDate="` + day + `T09:00:00" Body="` + name + ` two" /><row Id="3" PostTypeId="2" ParentId="1" CreationDate="` + day + `T10:00:00" Body="` + name + ` three" /></posts>`,
			"Comments.xml": `<comments><row Id="7" PostId="1" Text="` + name + ` seven" CreationDate="` + day + `T11:00:00" /></comments>`})
	}
	first, second := dump("2024-01-01", "open"), dump("2025-02-02", "closed")
	short := folder(t, map[string]string{"Posts.xml": `<posts><row Id="1" PostTypeId="1" CreationDate="2024-01-01T08:00:00.120" Title="open asks" Body="open one" /></posts>`})
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := testRunner(t, d, noon)
		ch := place(t, r, "stackexchange", "forum")
		into := func(file, space string) Report {
			return run(t, r, "stackexchange", file, Options{Settings: Settings{Channel: ch, Space: space}, to: Destination{Space: space, Channel: ch, URL: "https://new.example", Holds: []string{"question"}},
				communities: &Communities{}}, false)
		}
		into(short, "hall") // of whose forum the rest comes later
		if report := into(second, "den"); report.Refused > 0 || report.Added != 5 {
			t.Errorf("the second forum: %+v", report.Progress)
		}
		into(first, "hall")
		for _, again := range []Report{into(first, "hall"), into(second, "den")} {
			if again.Added > 0 || again.Known != 5 {
				t.Errorf("brought again: %+v", again.Progress)
			}
		}
		type row struct{ above, says, url string }
		list, err := db.All(t.Context(), d.Read(), func(r *row) []any { return []any{&r.above, &r.says, &r.url} },
			"SELECT q.text, p.text, p.url FROM post p JOIN post q ON q.id = p.root ORDER BY q.at, p.at")
		if err != nil {
			t.Fatal(err)
		}
		if len(list) != 8 {
			t.Errorf("%d posts", len(list))
		}
		for _, r := range list {
			above, _, _ := strings.Cut(r.above, " ")
			if !strings.HasPrefix(r.says, above) {
				t.Errorf("%q stands below %q", r.says, r.above)
			}
			if strings.HasPrefix(r.url, "https://new.example/questions/") && above != "open" {
				t.Errorf("the old address leads to %q", r.says)
			}
		}
		picked, err := db.All(t.Context(), d.Read(), db.Self[string], "SELECT p.text FROM activity a JOIN post p ON p.id = a.object WHERE a.kind = 'answer.picked' ORDER BY p.at")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"open one", "closed one"}, picked); diff != "" {
			t.Error(diff)
		}
	})
}
