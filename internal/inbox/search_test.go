package inbox_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/inbox/inboxtest"
	"github.com/entente/entente/internal/listening"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

func titles(t *testing.T, k *inboxtest.Desk, m *org.Member, view inbox.View, f inbox.Filter, limit int) string {
	t.Helper()
	var got []string
	for cursor := ""; ; {
		list, next, err := k.Inbox.Queue(k.As(m), view, f, cursor, limit)
		must(t, err)
		for _, c := range list {
			got = append(got, c.Name())
		}
		if cursor = next; next == "" {
			return strings.Join(got, ", ")
		}
	}
}

func hear(k *inboxtest.Desk, channelID string, external []string) {
	var items []channel.Item
	for i, e := range external {
		items = append(items, inboxtest.Question(e, "dan", e, "A bicycle, "+e, k.Now().Add(-time.Duration(i)*time.Minute)))
	}
	k.Hear(channelID, items...)
}

// crowd says of a topic that it has many mentions.
func crowd(topic string) func(context.Context, db.Q) error {
	return func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, "INSERT INTO mention_hour (topic, hour, channel, n) VALUES ($1, 1, 'x', 1000000)", topic)
		return err
	}
}

func TestSearch(t *testing.T) {
	each(t, func(t *testing.T, k *inboxtest.Desk) {
		vera, _ := k.Join("Vera", org.Owner)
		ago := func(h int) time.Time { return k.Now().Add(-time.Duration(h) * time.Hour) }
		k.Hear(k.Post.ID, inboxtest.Mail("m1", "ada", "Brakes", "They were squeaking all day.", ago(9)),
			inboxtest.Mail("m2", "bo", "Price", "How much are the brakes?", ago(8)),
			inboxtest.Mail("m3", "cyd", "Facture", "Les réclamations restent sans réponse.", ago(7)))
		k.Hear(k.Post.ID, inboxtest.Mail("m4", "ada", "Re: Brakes", "And now the saddle.", ago(1), "m1"))
		k.Hear(k.Deaf.ID, inboxtest.Question("q1", "dan", "Squeaky chain", "It squeaks.", ago(6)))
		_, err := k.Inbox.Resolve(k.As(vera), k.About(k.Post.ID, "m2").ID)
		must(t, err)
		for name, test := range map[string]struct {
			view inbox.View
			f    inbox.Filter
			want string
		}{
			"a word, its endings":     {inbox.WaitingView, inbox.Filter{Words: "squeaks"}, "Brakes, Squeaky chain"},
			"of an answer":            {inbox.OpenView, inbox.Filter{Words: "saddle"}, "Brakes"},
			"only of the view":        {inbox.OpenView, inbox.Filter{Words: "brakes"}, "Brakes"},
			"of what is resolved":     {inbox.ResolvedView, inbox.Filter{Words: "brakes"}, "Price"},
			"accents":                 {inbox.OpenView, inbox.Filter{Words: "reclamation"}, "Facture"},
			"a phrase":                {inbox.OpenView, inbox.Filter{Words: `"sans réponse"`}, "Facture"},
			"not these words":         {inbox.OpenView, inbox.Filter{Words: `"réponse sans"`}, ""},
			"who":                     {inbox.OpenView, inbox.Filter{Words: "author:dan"}, "Squeaky chain"},
			"without any word":        {inbox.OpenView, inbox.Filter{Words: "-squeaks"}, "Brakes, Facture"}, // its second post does not squeak
			"with a channel":          {inbox.OpenView, inbox.Filter{Words: "squeaks", Channel: k.Deaf.ID}, "Squeaky chain"},
			"spaces are no search":    {inbox.ResolvedView, inbox.Filter{Words: "  "}, "Price"},
			"what the index splits":   {inbox.OpenView, inbox.Filter{Words: "nothing' of\" this*"}, "refused"},
			"nobody said it":          {inbox.OpenView, inbox.Filter{Words: "helicopter"}, ""},
			"an alternative":          {inbox.OpenView, inbox.Filter{Words: "saddle OR chain"}, "Brakes, Squeaky chain"},
			"mine is none":            {inbox.MineView, inbox.Filter{Words: "saddle"}, ""},
			"hostile to either index": {inbox.OpenView, inbox.Filter{Words: `"'); DROP TABLE post & | ! :* \"`}, ""},
		} {
			if test.want == "refused" {
				_, _, err := k.Inbox.Queue(k.As(vera), test.view, test.f, "", 10)
				if p := problem.Of(err); err == nil || p.Code != problem.Invalid || p.Field != "q" {
					t.Errorf("%s: %v, want a refusal of q", name, err)
				}
				continue
			}
			for _, limit := range []int{1, 50} {
				if got := titles(t, k, vera, test.view, test.f, limit); got != test.want {
					t.Errorf("%s, %d at once: %q, want %q", name, limit, got, test.want)
				}
			}
		}
		// The neighbours are those of the search.
		c := k.About(k.Post.ID, "m1")
		_, after, err := k.Inbox.Beside(k.As(vera), inbox.WaitingView, inbox.Filter{Words: "squeaks"}, &c)
		must(t, err)
		if want := k.About(k.Deaf.ID, "q1").ID; after != want {
			t.Errorf("after: %s, want the chain", after)
		}
		list, here, err := k.Inbox.Around(k.As(vera), inbox.WaitingView, inbox.Filter{}, &c, 5, 5)
		must(t, err)
		var names []string
		for _, c := range list {
			names = append(names, c.Name())
		}
		if got := fmt.Sprint(here, names); got != "0 [Brakes Facture Squeaky chain]" {
			t.Errorf("around: %s", got)
		}
		_, _, err = k.Inbox.Queue(k.As(vera), inbox.OpenView, inbox.Filter{Words: strings.Repeat("a ", 600)}, "", 10)
		refused(t, err, problem.Invalid, "problem.too_long")
	})
}

// TestSearchEnds holds that a search ends after so many posts, finds the newest and says so.
func TestSearchEnds(t *testing.T) {
	each(t, func(t *testing.T, k *inboxtest.Desk) {
		vera, _ := k.Join("Vera", org.Owner)
		many := k.Deaf.ID
		for from := 0; from < 2600; from += 1300 {
			batch := make([]string, 0, 1300)
			for i := from; i < from+1300; i++ {
				batch = append(batch, fmt.Sprint("q", i))
			}
			hear(k, many, batch)
		}
		list, _, reach, err := k.Inbox.Search(k.As(vera), inbox.OpenView, inbox.Filter{Words: "bicycle"}, "", 200)
		must(t, err)
		if reach.All || !reach.Searched || len(list) != 200 {
			t.Fatalf("%d found, %+v: a word in each of 2600 conversations is not looked up to the end", len(list), reach)
		}
		list, _, reach, err = k.Inbox.Search(k.As(vera), inbox.OpenView, inbox.Filter{Words: "text:q17"}, "", 200)
		must(t, err)
		if !reach.All || len(list) != 1 {
			t.Fatalf("%d found, %+v: a rare word is found wherever it stands", len(list), reach)
		}
	})
}

func TestTopicFilter(t *testing.T) {
	each(t, func(t *testing.T, k *inboxtest.Desk) {
		vera, _ := k.Join("Vera", org.Owner)
		e := enrich.New(k.DB, slog.New(slog.DiscardHandler), enrich.LanguageIdentifier{})
		listen := listening.New(k.DB, k.Ledger, e, k.Org, slog.New(slog.DiscardHandler), k.Now, nil)
		topic, err := listen.Add(k.As(vera), listening.Draft{Name: "Brakes", Query: "brakes"})
		must(t, err)
		ago := func(h int) time.Time { return k.Now().Add(-time.Duration(h) * time.Hour) }
		k.Hear(k.Post.ID, inboxtest.Mail("m1", "ada", "Stopping", "The brakes squeak.", ago(3)), inboxtest.Mail("m2", "bo", "Price", "How much?", ago(2)))
		f := inbox.Filter{Topic: topic.ID}
		if got := titles(t, k, vera, inbox.WaitingView, f, 1); got != "Stopping" {
			t.Errorf("about brakes: %q", got)
		}
		f.Words = "squeaks"
		if got := titles(t, k, vera, inbox.OpenView, f, 10); got != "Stopping" {
			t.Errorf("about brakes, with squeaks: %q", got)
		}
		if got := titles(t, k, vera, inbox.OpenView, inbox.Filter{Topic: "nonsense"}, 10); got != "" {
			t.Errorf("about nothing: %q", got)
		}
		// Of a topic with many mentions conversations are asked one by one: the same must come out.
		must(t, k.DB.Tx(t.Context(), crowd(topic.ID)))
		if got := titles(t, k, vera, inbox.OpenView, f, 10); got != "Stopping" {
			t.Errorf("about brakes, of a crowded topic: %q", got)
		}
		list, err := k.Inbox.Topics(k.As(vera))
		must(t, err)
		if len(list) != 1 || list[0].Name != "Brakes" {
			t.Errorf("topics: %v", list)
		}
	})
}
