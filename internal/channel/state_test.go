package channel

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/ledger"
)

func saidText(id, text string) ledger.Said { return ledger.Said{ExternalID: id, Text: text} }

func state(t testing.TB, s *Service, a Account, items ...Item) int {
	t.Helper()
	n, err := s.State(t.Context(), a.ID, items)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestStateOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := testService(t, d, &clockwork{at: noon}, newTown())
		a, b := addTown(t, s, "oslo"), addTown(t, s, "bergen")
		one := Item{Said: saidText("1", "a")}
		for want, got := range map[int]int{
			2: state(t, s, a, one, Item{Said: saidText("2", "b")}, one),
			1: state(t, s, b, one),
			0: state(t, s, a, one, Item{Said: saidText("1", "other words, not said to be an edit")}),
		} {
			if got != want {
				t.Errorf("added %d, want %d", got, want)
			}
		}
		for _, said := range activities(t, s, ledger.PostSaid) {
			if said.Object != said.ID {
				t.Errorf("post %s has the object %s", said.ID, said.Object)
			}
		}
	})
}

func TestEdits(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clock := &clockwork{at: noon}
		s := testService(t, d, clock, newTown())
		a := addTown(t, s, "oslo")
		edit := func(text string, score int) Item {
			return Item{Said: ledger.Said{ExternalID: "1", Text: text, Score: score}, At: noon.Add(-time.Hour), Edited: true}
		}
		for i, step := range []struct {
			items []Item
			want  int
		}{
			{[]Item{edit("a", 0)}, 1},               // not known yet: it is said
			{[]Item{edit("a", 5)}, 0},               // more votes are no edit
			{[]Item{edit("b", 5)}, 1},               // an edit
			{[]Item{edit("b", 5), edit("b", 6)}, 0}, // learned again
			{[]Item{edit("a", 0)}, 1},               // and back
			{[]Item{edit("b", 0), edit("c", 0)}, 2}, // and on, twice at once
		} {
			clock.turn(time.Minute)
			if got := state(t, s, a, step.items...); got != step.want {
				t.Errorf("step %d added %d, want %d", i, got, step.want)
			}
		}
		said, edits := activities(t, s, ledger.PostSaid), activities(t, s, ledger.PostEdited)
		if len(said) != 1 || len(edits) != 4 {
			t.Fatalf("%d said and %d edits, want 1 and 4", len(said), len(edits))
		}
		for _, e := range edits {
			if e.Object != said[0].ID || !e.At.After(said[0].At) {
				t.Errorf("an edit of %s at %v, want of %s, later than %v", e.Object, e.At, said[0].ID, said[0].At)
			}
		}
		if err := s.ledger.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}

func TestRepair(t *testing.T) {
	t.Parallel()
	clock := &clockwork{at: noon}
	s := testService(t, dbtest.SQLite(t), clock, newTown())
	a := addTown(t, s, "oslo")
	long := strings.Repeat("é", maxText)
	tests := map[string]struct {
		item  Item
		check func(a ledger.Activity, v ledger.Said) bool
	}{
		"no date":       {Item{}, func(a ledger.Activity, v ledger.Said) bool { return a.At.Equal(noon) && v.Dated }},
		"a future date": {Item{At: noon.Add(time.Hour)}, func(a ledger.Activity, v ledger.Said) bool { return a.At.Equal(noon) && v.Dated }},
		"a fast clock":  {Item{At: noon.Add(time.Minute)}, func(a ledger.Activity, v ledger.Said) bool { return a.At.Equal(noon) && !v.Dated }},
		"the year 1":    {Item{At: time.Date(1, 2, 3, 0, 0, 0, 0, time.UTC)}, func(a ledger.Activity, v ledger.Said) bool { return a.At.Equal(noon) && v.Dated }},
		"a good date":   {Item{At: noon.Add(-time.Hour)}, func(a ledger.Activity, v ledger.Said) bool { return a.At.Equal(noon.Add(-time.Hour)) && !v.Dated }},
		"an author": {Item{Author: ledger.Address{URI: "MAILTO:Ada@Example.ORG", Name: " Ada\n Lovelace"}}, func(a ledger.Activity, v ledger.Said) bool {
			return a.Actor == "mailto:ada@example.org" && v.AuthorName == "Ada Lovelace"
		}},
		"no author":   {Item{}, func(a ledger.Activity, v ledger.Said) bool { return a.Actor == "https://oslo.example/" }},
		"an impostor": {Item{Author: ledger.Address{URI: "member:01234567890123456789"}}, func(a ledger.Activity, v ledger.Said) bool { return a.Actor == "https://oslo.example/" }},
		"NUL, bad UTF-8": {Item{Said: ledger.Said{Title: "a\x00b\xff\nc", Text: "x\x00y\xc3z\r\nw\x1b"}}, func(_ ledger.Activity, v ledger.Said) bool {
			return v.Title == "ab\uFFFD c" && v.Text == "xy\uFFFDz\nw"
		}},
		"a long text": {Item{Said: ledger.Said{Text: long}}, func(_ ledger.Activity, v ledger.Said) bool {
			return len(v.Text) <= maxText && utf8.ValidString(v.Text) && strings.HasSuffix(v.Text, "é…")
		}},
		"a script as URL": {Item{Said: ledger.Said{URL: "javascript:alert(1)"}}, func(_ ledger.Activity, v ledger.Said) bool { return v.URL == "" }},
		"a good URL":      {Item{Said: ledger.Said{URL: " https://example.org/é "}}, func(_ ledger.Activity, v ledger.Said) bool { return v.URL == "https://example.org/é" }},
		"reply to itself": {Item{Said: ledger.Said{ExternalID: "me", InReplyTo: []string{"me", "", "b", "b", "c"}}}, func(_ ledger.Activity, v ledger.Said) bool { return strings.Join(v.InReplyTo, " ") == "b c" }},
		"many of all": {Item{Said: ledger.Said{Tags: make([]string, 5000), InReplyTo: make([]string, 5000), To: make([]ledger.Address, 5000),
			Attachments: make([]ledger.Attachment, 5000), Bounced: make([]string, 5000)}}, func(_ ledger.Activity, v ledger.Said) bool {
			return len(v.Attachments) == maxListed && v.Tags == nil && v.To == nil
		}},
		"followers below 0":  {Item{Said: ledger.Said{Followers: -3, In: " 12\nVélo "}}, func(_ ledger.Activity, v ledger.Said) bool { return v.Followers == 0 && v.In == "12 Vélo" }},
		"followers past all": {Item{Said: ledger.Said{Followers: math.MaxInt}}, func(_ ledger.Activity, v ledger.Said) bool { return v.Followers == maxFollowers }},
		"a size below 0":     {Item{Said: ledger.Said{Attachments: []ledger.Attachment{{Name: "a\x00", Size: -1}}}}, func(_ ledger.Activity, v ledger.Said) bool { return v.Attachments[0] == ledger.Attachment{Name: "a"} }},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := s.said(&a, test.item)
			var v ledger.Said
			if err := got.Decode(&v); err != nil {
				t.Fatal(err)
			}
			if v.ExternalID == "" {
				t.Error("it has no external id")
			}
			if !test.check(got, v) {
				text := v.Text[:min(len(v.Text), 100)]
				t.Errorf("actor %q at %v: %q %q %+v", got.Actor, got.At, v.Title, text, v.InReplyTo)
			}
		})
	}
}

// Whatever an item holds, it can be stated, and what is stated fits.
func TestStateAnything(t *testing.T) {
	t.Parallel()
	s := testService(t, dbtest.SQLite(t), &clockwork{at: noon}, newTown())
	a := addTown(t, s, "oslo")
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
			rapid.Map(rapid.SliceOfN(rapid.Byte(), 1, 4), func(b []byte) string { return strings.Repeat(string(b), 200_000) }))
		item := Item{Said: ledger.Said{ExternalID: text.Draw(rt, "id"), Title: text.Draw(rt, "title"), Text: text.Draw(rt, "text"), URL: text.Draw(rt, "url"),
			InReplyTo: rapid.SliceOfN(text, 0, 3).Draw(rt, "replies"), Quoted: text.Draw(rt, "quoted")},
			Author: ledger.Address{URI: text.Draw(rt, "author"), Name: text.Draw(rt, "name")},
			At:     time.Unix(rapid.Int64Range(-1<<40, 1<<40).Draw(rt, "at"), 0), Edited: rapid.Bool().Draw(rt, "edited")}
		if _, err := s.State(t.Context(), a.ID, []Item{item}); err != nil {
			rt.Fatalf("it cannot be stated: %v", err)
		}
		got := s.said(&a, item)
		if len(got.Data) > ledger.MaxData/2 || !utf8.Valid(got.Data) || len(got.Key) > maxExternalID+100 {
			rt.Fatalf("%d bytes of data, key of %d bytes", len(got.Data), len(got.Key))
		}
		if once := clean(item.Text, 500); clean(once, 500) != once || len(once) > 500 {
			rt.Fatalf("clean twice differs: %q", once)
		}
		if once := External(item.ExternalID); External(once) != once {
			rt.Fatalf("External twice differs: %q", once)
		}
	})
}

// An edit stands after the post it edits also when its transaction began first.
func TestEditBegunFirst(t *testing.T) {
	t.Parallel()
	d := dbtest.Postgres(t)
	s := testService(t, d, &clockwork{at: noon}, newTown())
	a := addTown(t, s, "oslo")
	item := Item{Said: ledger.Said{ExternalID: "1", Text: "before"}, At: noon, Author: ledger.Address{URI: "acct:ada@example.org"}}
	edited := item
	edited.Text, edited.Edited = "after", true
	tries := 0
	err := d.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
		if _, _, err := db.Value[string](ctx, q, "SELECT pg_current_xact_id()::text"); err != nil {
			return err
		}
		if tries++; tries == 1 {
			if _, err := s.State(t.Context(), a.ID, []Item{item}); err != nil {
				return err
			}
		}
		_, err := s.state(ctx, q, &a, []Item{edited})
		return err
	})
	if err != nil || tries != 2 {
		t.Fatalf("%d tries, %v; want 2", tries, err)
	}
	order, err := db.All(t.Context(), d.Read(), db.Self[string], "SELECT kind FROM activity ORDER BY tx, seq")
	if diff := cmp.Diff([]string{ledger.PostSaid, ledger.PostEdited}, order); err != nil || diff != "" {
		t.Errorf("the ledger, %v (-want +got):\n%s", err, diff)
	}
}

// TestSameID: what carries the id of something else that was said at another time is kept too, whenever it comes, and once; what is read again, perhaps
// otherwise than before, is not another.
func TestSameID(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := testService(t, d, &clockwork{at: noon}, newTown())
		a := addTown(t, s, "oslo")
		first := Item{Said: saidText("1", "page one"), At: noon.Add(-2 * time.Hour), Digest: "0123456789abcdef"}
		other := Item{Said: saidText("1", "page two"), At: noon.Add(-time.Hour), Digest: "fedcba9876543210"}
		again := Item{Said: saidText("1", "page one, read better"), At: first.At, Digest: first.Digest}
		for i, step := range []struct {
			item Item
			want int
		}{{first, 1}, {other, 1}, {first, 0}, {other, 0}, {again, 0}} {
			if got := state(t, s, a, step.item); got != step.want {
				t.Errorf("step %d: added %d, want %d", i, got, step.want)
			}
		}
	})
}
