package enrich_test

import (
	"fmt"
	"testing"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
)

// TestDeletedIsNotJudged: a post of a sample that is deleted later is offered to nobody, nor can it be judged.
func TestDeletedIsNotJudged(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := newDesk(t, d, "1")
		var posts []ledger.Activity
		for n := range 30 {
			posts = append(posts, said(n, "", fmt.Sprint("My brake squeaks ", n)))
		}
		k.state(t, posts...)
		claire, ada := as(t, "claire", org.Social), as(t, "ada", org.Volunteer)
		s, err := k.review.Draw(claire, 20, 300, 42)
		if err != nil {
			t.Fatal(err)
		}
		first, err := k.review.Next(ada, s.ID)
		if err != nil {
			t.Fatal(err)
		}
		for n := range 30 {
			if postID(n) == first.Post {
				k.state(t, about(ledger.PostDeleted, n, nil))
			}
		}
		next, err := k.review.Next(ada, s.ID)
		if err != nil || next.Post == first.Post {
			t.Errorf("a deleted post is offered: %v %v", next.Post, err)
		}
		if err := k.review.Judge(ada, s.ID, first.Post, map[string]string{enrich.Sentiment: "negative"}); err == nil {
			t.Error("a deleted post is judged")
		}
	})
}
