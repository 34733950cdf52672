package query

import (
	"database/sql"
	"os"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"
	"pgregory.net/rapid"

	"github.com/entente/entente/lang"
)

func TestNarrowOnSQLite(t *testing.T) {
	t.Parallel()
	db, err := sql.Open("sqlite", "file::memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(`CREATE VIRTUAL TABLE post USING fts5(stems, detail=none,
		tokenize="unicode61 remove_diacritics 0 categories 'L* N* M* P* S* C*'")`); err != nil {
		t.Fatal(err)
	}
	neverLoses(t, SQLite, func(index, expr string) (bool, error) {
		if _, err := db.Exec("DELETE FROM post"); err != nil {
			return false, err
		}
		if _, err := db.Exec("INSERT INTO post (stems) VALUES (?)", index); err != nil {
			return false, err
		}
		var n int
		err := db.QueryRow("SELECT count(*) FROM post WHERE post MATCH ?", expr).Scan(&n)
		return n == 1, err
	})
}

func TestNarrowOnPostgres(t *testing.T) {
	t.Parallel()
	url := os.Getenv("ENTENTE_TEST_POSTGRES")
	if url == "" {
		t.Skip("ENTENTE_TEST_POSTGRES names no server")
	}
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	neverLoses(t, Postgres, func(index, expr string) (found bool, err error) {
		err = db.QueryRow("SELECT array_to_tsvector(array_remove(string_to_array($1, ' '), '')) @@ CAST($2 AS tsquery)", index, expr).Scan(&found)
		return found, err
	})
}

// neverLoses holds an engine to what narrowing promises, with hostile queries and posts too.
func neverLoses(t *testing.T, engine Engine, search func(index, expr string) (bool, error)) {
	var hits int
	rapid.Check(t, func(t *rapid.T) {
		src := rapid.OneOf(rapid.Custom(drawQuery), rapid.String(), rapid.StringMatching(`["'*():^+{}\\\\ a-cé&|!:;0-9-]{1,20}`),
			rapid.StringMatching(`([a-z]|[0-9]|[éœßжπ字ไ한🔥'’._@#/-]){2,12}\*?`)).Draw(t, "query")
		d := drawDoc(t)
		if rapid.Bool().Draw(t, "hostile") {
			d = NewDoc(Doc{Lang: rapid.SampledFrom(append(lang.Stemmed(), "")).Draw(t, "lang"), Text: src + " " + d.Text}, nil)
		}
		q, _ := Parse(src)
		expr := q.Narrow(engine)
		if expr == "" {
			return
		}
		found, err := search(d.IndexText(nil), expr)
		if err != nil {
			t.Fatalf("%q: %s: %v", src, expr, err)
		}
		if q.Match(d) {
			hits++
			if !found {
				t.Fatalf("%q: %s loses %q", src, expr, d.IndexText(nil))
			}
		}
	})
	if hits == 0 {
		t.Error("no hits: too few to tell")
	}
}
