package intake

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/ledger"
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

// TestTwoTables: the lines of two tables of ideas or articles that are numbered alike are apart, with all that is said of them, and what is brought again is there
// once.
func TestTwoTables(t *testing.T) {
	t.Parallel()
	const heads = "id;title;text;date;status;voters;url\n"
	ideas := []string{heads + "1;Longer;too short;2024-01-01;planned;a@x.example;https://ideas.example/forums/1/suggestions/1-longer/\n", heads + "1;Wider;too narrow;;planned;a@x.example;\n"}
	articles := []string{"id;title;text;date;kind;months\n1;Pumps;So.;2024-01-01;guide;6\n", "id;title;text;date;kind;months\n1;Tyres;So.;;guide;6\n"}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := testRunner(t, d, noon)
		ch := place(t, r, "stackexchange", "forum")
		into := func(table, target string) Report {
			return run(t, r, "csv", write(t, "table.csv", []byte(table)), Options{Settings: Settings{Channel: ch, Space: "hall", Target: target},
				to: Destination{Space: "hall", Channel: ch, URL: "https://new.example", Holds: []string{"idea", "article"}}, communities: &Communities{}}, false)
		}
		for range 2 { // brought again, it is there once
			for _, table := range ideas {
				if report := into(table, IdeaLines); report.Refused > 0 {
					t.Fatalf("refused: %+v", report.Progress)
				}
			}
			for _, table := range articles {
				into(table, ArticleLines)
			}
		}
		for query, want := range map[string][]string{
			"SELECT p.title || ' ' || a.kind FROM activity a JOIN post p ON p.id = a.object WHERE a.kind IN ('idea.judged', 'vote.cast') ORDER BY 1": {"Longer idea.judged", "Longer vote.cast", "Wider idea.judged", "Wider vote.cast"},
			"SELECT kind FROM activity WHERE kind LIKE 'article.%' GROUP BY kind, object ORDER BY 1":                                                 {"article.turned", "article.turned", "article.written", "article.written"},
			"SELECT kind FROM activity WHERE kind LIKE 'article.%' ORDER BY 1":                                                                       {"article.turned", "article.turned", "article.written", "article.written"},
		} {
			got, err := db.All(t.Context(), d.Read(), db.Self[string], query)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %s", query, diff)
			}
		}
		was, err := db.All(t.Context(), d.Read(), func(a *ledger.Activity) []any { return []any{db.JSON(&a.Data)} }, "SELECT data FROM activity WHERE kind = 'post.said' AND data LIKE '%suggestions%'")
		if err != nil || len(was) != 1 {
			t.Fatalf("%d with an old address: %v", len(was), err)
		}
		if said, err := was[0].Said(); err != nil || said.Was != "/forums/1/suggestions/1-longer" {
			t.Errorf("was at %q: %v", said.Was, err)
		}
	})
}

// TestNumbersOfTwo: links in posts of a second forum say that they are of it, and the post whose number the first has is found by that.
func TestNumbersOfTwo(t *testing.T) {
	t.Parallel()
	dump := func(day, site string) string {
		return folder(t, map[string]string{"Posts.xml": `<posts><row Id="1" PostTypeId="1" CreationDate="` + day + `T08:00:00" Title="Of ` + site + `" Body="&lt;a href=&quot;https://` + site + `/q/1#x&quot;&gt;this&lt;/a&gt;" /></posts>`})
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := testRunner(t, d, noon)
		ch := place(t, r, "stackexchange", "forum")
		for _, x := range [][2]string{{"2024-01-01", "one.example"}, {"2024-02-02", "two.example"}} {
			run(t, r, "stackexchange", dump(x[0], x[1]), Options{Settings: Settings{Channel: ch, Space: "hall", Site: "https://" + x[1]},
				to: Destination{Space: "hall", Channel: ch, URL: "https://new.example", Holds: []string{"question"}}, communities: &Communities{}}, false)
		}
		list, err := db.All(t.Context(), d.Read(), func(a *ledger.Activity) []any { return []any{db.JSON(&a.Data)} }, "SELECT data FROM activity WHERE kind = 'post.said' ORDER BY at")
		if err != nil || len(list) != 2 {
			t.Fatalf("%d posts: %v", len(list), err)
		}
		var got []string
		for i := range list {
			said, err := list[i].Said()
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, said.Was+" "+said.Markup)
		}
		if diff := cmp.Diff([]string{" [this](<https://new.example/q/1#x>)", "two.example/q1 [this](<https://new.example/q/1?from=two.example#x>)"}, got); diff != "" {
			t.Error(diff)
		}
	})
}

// TestTurnedLines: titles, names and tags that are brought into a community stand there as people may write them.
func TestTurnedLines(t *testing.T) {
	t.Parallel()
	const turned = "\u202e" // what follows is read from the right
	ideas := "id;title;text;author name;tags\n1;Lon" + turned + "ger;short;A" + turned + "da;x" + turned + "y\n"
	articles := "id;title;text;author name;kind;months\n2;Pum" + turned + "ps;So.;A" + turned + "da;guide;6\n"
	posts := `<posts><row Id="1" PostTypeId="1" CreationDate="2024-01-01T10:00:00.000" Body="x" OwnerUserId="1" Title="Why &#x202e;so" Tags="&lt;a&#x202e;b&gt;"/></posts>`
	users := `<users><row Id="1" DisplayName="E&#x202e;ve"/></users>`
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := testRunner(t, d, noon)
		ch := place(t, r, "stackexchange", "forum")
		dump := folder(t, map[string]string{"Posts.xml": posts, "Users.xml": users})
		for _, c := range []struct{ format, file, target string }{{"csv", write(t, "ideas.csv", []byte(ideas)), IdeaLines}, {"csv", write(t, "articles.csv", []byte(articles)), ArticleLines}, {"stackexchange", dump, ""}} {
			report := run(t, r, c.format, c.file, Options{Settings: Settings{Channel: ch, Space: "hall", Target: c.target},
				to:          Destination{Space: "hall", Channel: ch, URL: "https://new.example", Holds: []string{"idea", "article", "question"}},
				communities: &Communities{Line: func(s string) string { return strings.ReplaceAll(s, turned, "") }}}, false)
			if report.Refused > 0 || report.Added == 0 {
				t.Fatalf("%s: %+v", c.format, report.Progress)
			}
		}
		list, err := db.All(t.Context(), d.Read(), db.Self[string], "SELECT CAST(data AS TEXT) FROM activity WHERE kind IN ('post.said', 'article.written')")
		if err != nil || len(list) != 3 {
			t.Fatal(list, err)
		}
		for _, data := range list {
			if strings.Contains(data, turned) || strings.Contains(data, `\u202e`) {
				t.Error(data)
			}
		}
	})
}
