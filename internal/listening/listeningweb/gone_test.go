package listeningweb_test

import (
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/inbox/inboxtest"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
)

// TestLinesSayWhatPostsSay: an edit is seen at once; the words of a post that was deleted there are shown to nobody any more, also where nobody had signed it and nobody can tell the language.
func TestLinesSayWhatPostsSay(t *testing.T) {
	t.Parallel()
	s := open(t)
	paul := s.as("Paul", org.Social)
	unsigned := inboxtest.Question("q1", "ada", "XJ-900", "7742 1881", s.Now())
	unsigned.AuthorName, unsigned.Author.Name = "", ""
	s.Hear(s.Deaf.ID, unsigned)
	paul.get("/mentions", 200, "7742 1881")
	for _, text := range []string{"2290 0001", "3318 0002"} { // two edits of one day, where dates have no time
		again := unsigned
		again.Text, again.Edited, again.At = text, true, unsigned.At.Add(time.Hour)
		s.Hear(s.Deaf.ID, again)
		paul.get("/mentions", 200, text)
	}
	if _, err := s.Ledger.State(t.Context(), ledger.Activity{Kind: ledger.PostDeleted, Object: s.PostID(s.Deaf.ID, "q1"), At: s.Now()}); err != nil {
		t.Fatal(err)
	}
	if body := paul.get("/mentions", 200, "This post was deleted."); strings.Contains(body, "3318 0002") {
		t.Error("the list still has the words of a deleted post")
	}
}
