package community_test

import (
	"context"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/migrations"
	"github.com/entente/entente/internal/org"
)

// TestIndex: what is found follows what is said, edited, hidden, moved, split and solved; a closed group is found by those in it alone, in lists, counts and
// suggestions; and a rebuilt index is the same.
func TestIndex(t *testing.T) {
	each(t, func(t *testing.T, k *square) {
		k.holding()
		ada, bob, lea := k.join("Lovelace", org.Plain), k.join("Bob", org.Plain), k.join("Lea", org.Social)
		eve := k.join("Eve", org.Plain)
		k.enter(eve, "den")
		q := k.ask(ada, "Why does the derailleur rattle?", "It rattles since the **crash** of March.")
		answer := k.reply(bob, q, "Bend the hanger back, then index the gears.")
		secret, err := k.Start(eve, community.Begin{Space: k.spaces["den"], Kind: community.Questions, Title: "Derailleurs of the prototype", Body: "The zirconium one.", Lang: "en"})
		must(t, err)
		look := func(who context.Context, in community.Search) community.Results {
			t.Helper()
			in.Community = k.id
			r, err := k.Search(who, k.sight(who), in)
			must(t, err)
			return r
		}
		found := func(who context.Context, words string, want ...string) community.Results {
			t.Helper()
			r := look(who, community.Search{Words: words})
			var got []string
			for _, f := range r.List {
				got = append(got, f.Title)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %s", words, diff)
			}
			if r.Sum != len(want) {
				t.Errorf("%s: counted %d of %d", words, r.Sum, len(want))
			}
			return r
		}
		const asked, closed = "Why does the derailleur rattle?", "Derailleurs of the prototype"
		r := found(bob, "derailleur", asked)
		if diff := cmp.Diff(map[string]int{"answered": 1}, r.States); diff != "" {
			t.Errorf("states: %s", diff)
		}
		found(eve, "derailleur", closed, asked)
		found(bob, "zirconium")
		found(eve, "zirconium", closed)
		if r := look(bob, community.Search{Words: "prototipe"}); r.Mended || r.Meant != "" || len(r.Spaces) > 0 {
			t.Errorf("a closed group shows itself: %+v", r)
		}
		if r := look(eve, community.Search{Words: "prototipe"}); !r.Mended || r.Words != "prototype" {
			t.Errorf("not mended for who may read it: %+v", r)
		}
		// the query language
		found(bob, `"index the gears"`, asked)
		found(bob, `"gears index"`)
		found(bob, "title:rattle -hanger", asked)
		found(bob, "rattle in:help author:lovelace since:1d", asked)
		found(bob, "rattle author:nobody")
		found(bob, "hang*", asked)
		found(bob, "kind:answer gears", asked)
		found(bob, "kind:question rattle", asked)
		found(bob, "kind:idea rattle")
		found(bob, "kind:discussion rattle")
		if r := look(bob, community.Search{Words: "kind:question rattle -sentiment:negative"}); r.Sum != 1 || len(r.Problems) > 0 {
			t.Errorf("what is only excluded is refused: %+v", r)
		}
		for _, words := range []string{"rattle kind:complaint", "rattle sentiment:negative", "rattle followers:>10", "site:velo.example rattle"} {
			if r := look(bob, community.Search{Words: words}); len(r.Problems) != 1 || r.Problems[0].Key != "community.search.cannot" || r.Sum != 0 {
				t.Errorf("%s is not refused: %+v", words, r)
			}
		}
		if r := look(bob, community.Search{Words: "tilte:rattle derailleur"}); len(r.Problems) == 0 {
			t.Error("a field that is none is not pointed out")
		}
		// facets: each counts what there is when it is chosen in place of what is
		r = look(eve, community.Search{Words: "derailleur", Space: k.spaces["den"], State: community.QuestionOpen})
		if r.Sum != 1 || r.Spaces[k.spaces["den"]] != 1 || r.States["answered"] != 0 || r.Langs["en"] != 1 || r.Ages[7] != 1 {
			t.Errorf("facets: %+v", r)
		}
		// edited, accepted, moved, split, hidden, shown
		must(t, k.Edit(ada, k.id, community.Change{Post: q, Title: asked, Body: "It rattles since the fall.", Tags: "gears"}))
		found(bob, "crash")
		found(bob, "fall tag:gears", asked)
		_, err = k.Pick(ada, k.id, answer, true)
		must(t, err)
		for _, words := range []string{"rattle", "hanger"} { // of the question, and of the answer alone
			if r := look(bob, community.Search{Words: words}); r.States["solved"] != 1 {
				t.Errorf("%s, solved: %+v", words, r.States)
			}
		}
		odd := k.reply(lea, q, "By the way, who rides the marathon?")
		split, err := k.Split(lea, k.id, q, "A marathon", []string{odd})
		must(t, err)
		must(t, k.db.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
			_, err := db.Exec(ctx, q, `UPDATE community_space SET holds = '["question"]' WHERE slug = 'talk'`)
			return err
		}))
		must(t, k.Turn(lea, k.id, q, "moved", k.spaces["talk"]))
		for _, words := range []string{"derailleur", "hanger"} {
			if r := found(bob, words, asked); r.Spaces[k.spaces["talk"]] != 1 || len(r.Spaces) != 1 || r.Tags["gears"] != 1 {
				t.Errorf("%s, moved: %+v, %+v", words, r.Spaces, r.Tags)
			}
		}
		found(bob, "marathon", "A marathon")
		must(t, k.Delete(eve, k.id, secret))
		found(eve, "zirconium")
		before := indexed(t, k.db, "derailleur", "fall", "marathon", "gear")
		for _, size := range []int{1, 5} {
			must(t, k.ledger.Rebuild(t.Context(), size, nil))
			if diff := cmp.Diff(before, indexed(t, k.db, "derailleur", "fall", "marathon", "gear")); diff != "" {
				t.Errorf("rebuilt: %s", diff)
			}
		}
		// An installation of before gets by migration what the follower derives.
		text, err := fs.ReadFile(migrations.Files(), "00465_community_hit.sql")
		must(t, err)
		_, fill, _ := strings.Cut(string(text), "\nINSERT")
		fill, _, _ = strings.Cut(fill, ";")
		must(t, k.db.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
			if _, err := db.Exec(ctx, q, "DELETE FROM community_hit"); err != nil {
				return err
			}
			_, err := db.Exec(ctx, q, "INSERT"+fill)
			return err
		}))
		if diff := cmp.Diff(before["community_hit"], indexed(t, k.db)["community_hit"]); diff != "" || len(before["community_hit"]) == 0 {
			t.Errorf("filled: %s", diff)
		}
		must(t, k.Delete(lea, k.id, split))
		found(bob, "marathon")
	})
}

func indexed(t *testing.T, d *db.DB, words ...string) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for _, table := range []string{"community_doc", "community_hit", "community_find", "community_word", "community_name"} {
		list, err := db.All(t.Context(), d.Read(), db.Self[string], "SELECT "+db.Pick(d.Read(), "json_object('r', "+columnsOf(table)+")", "CAST(ROW("+columnsOf(table)+") AS TEXT)")+" FROM "+table+" ORDER BY 1")
		must(t, err)
		out[table] = list
	}
	for _, w := range words {
		list, err := db.All(t.Context(), d.Read(), db.Self[int64], "SELECT "+db.Pick(d.Read(), "rowid FROM community_text WHERE community_text MATCH $1", "n FROM community_text WHERE stems @@ CAST($1 AS tsquery)")+" ORDER BY 1", w)
		must(t, err)
		out["text "+w] = strings.Fields(strings.Trim(fmt.Sprint(list), "[]"))
	}
	return out
}

func columnsOf(table string) string {
	return map[string]string{"community_doc": "n || id || top || at", "community_hit": "n || space || top || lang || at || facet", "community_find": "n || id || kind || space || lang || at || state || title || tags", "community_word": "word || space || back || n",
		"community_name": "channel || word || author"}[table]
}
