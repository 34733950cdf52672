package listening_test

import (
	"fmt"
	"testing"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/ledger"
)

// A quiet channel is not drowned by a busy one, and the name of a channel that is none is pointed out.
func TestPreviewOfChannel(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		n := newNode(t, d, noon)
		n.exec(t, "INSERT INTO channel (id, kind, name, created_at) VALUES ('one', 'feed', 'Front page', 1)")
		var posts []ledger.Activity
		for i := range 20 {
			posts = append(posts, said(i, noon, ledger.Said{Text: "the brake #Sale", URL: "https://velo.example.org/" + fmt.Sprint(i)}))
		}
		n.state(t, posts...)
		for _, c := range []struct {
			query         string
			found, looked int
			unheard       string
		}{
			{`channel:"front page"`, 10, 20, ""}, // channel two has no row, so SQL cannot tell
			{"channel:fro* brake", 10, 20, ""},
			{"channel:frnot", 0, 10, `channel:frnot channel:front`},
			{"brake followers:>10", 0, 20, "followers:>10"},
			{"in:forum", 0, 20, "in:forum"},
			{"brake OR site:velo.exemple.org", 20, 20, "site:velo.exemple.org site:velo.example.org"},
			{"tag:slae", 0, 0, "tag:slae tag:Sale"},
			{"author:p1 site:example.org tag:sale", 7, 20, ""},
			{"-channel:frnot", 20, 20, ""},
			{"channel:front OR channel:frnot", 10, 20, "channel:frnot channel:front"},
		} {
			p, err := n.s.Try(n.ctx, c.query, "", 5)
			if err != nil {
				t.Fatal(err)
			}
			unheard := ""
			for _, odd := range p.Problems {
				if odd.Key == "query.only_negative" {
					continue
				}
				unheard += c.query[odd.Start:odd.End]
				if odd.Suggestion != "" {
					unheard += " " + odd.Suggestion
				}
			}
			if p.Found != c.found || p.Looked != c.looked || unheard != c.unheard {
				t.Errorf("%s: %d found of %d, unheard %q", c.query, p.Found, p.Looked, unheard)
			}
		}
		n.exec(t, "INSERT INTO channel (id, kind, name, created_at) VALUES ('two', 'feed', 'Back page', 1)")
		if p, err := n.s.Try(n.ctx, "channel:front", "", 5); err != nil || p.Found != 10 || p.Looked != 10 {
			t.Errorf("%d found of %d, %v", p.Found, p.Looked, err)
		}
	})
}
