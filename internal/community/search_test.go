package community_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/lang"
)

// TestSearch: everything of a community is found by stems of both languages and with a letter wrong, nobody finds or counts what they may not
// read, and what was not found is counted.
func TestSearch(t *testing.T) {
	each(t, func(t *testing.T, k *square) {
		k.holding()
		ada, bob, lea := k.join("Ada", org.Plain), k.join("Bob", org.Plain), k.join("Lea", org.Social)
		q := k.ask(ada, "Why do my brakes squeak?", "They squeak since I washed them.")
		k.reply(bob, q, "Bedding in the pads helps.")
		k.propose(ada, "Sell quiet brake pads")
		eve := k.join("Eve", org.Plain)
		k.enter(eve, "den")
		_, err := k.Start(eve, community.Begin{Space: k.spaces["den"], Kind: community.Questions, Title: "Brakes of the prototype", Body: "Secret brakes.", Lang: "en"})
		must(t, err)
		article, err := k.WriteArticle(bob, community.ArticleDraft{Space: k.spaces["help"], Kind: community.Guide, Title: "Les freins qui grincent", Body: "Nettoyez les **disques** à l’alcool.", Lang: "fr"})
		must(t, err)
		look := func(who context.Context, words, kind string) community.Results {
			t.Helper()
			r, err := k.Search(who, k.sight(who), community.Search{Community: k.id, Words: words, Kind: kind})
			must(t, err)
			return r
		}
		titles := func(r community.Results) (out []string) {
			for _, f := range r.List {
				out = append(out, f.Kind+" "+f.Title)
			}
			return out
		}
		want := func(r community.Results, list ...string) {
			t.Helper()
			if diff := cmp.Diff(list, titles(r)); diff != "" {
				t.Error(diff)
			}
		}
		// Questions like one in a group are found by who is in it, and by nobody else.
		for who, found := range map[context.Context]int{eve: 2, ada: 1, lea: 1, t.Context(): 1} {
			list, err := k.Similar(who, k.sight(who), k.id, "Brakes of a prototype squeak")
			must(t, err)
			if len(list) != found {
				t.Errorf("%d are similar, want %d: %+v", len(list), found, list)
			}
		}
		k.pass(time.Minute)
		_, err = k.Start(ada, community.Begin{Space: k.spaces["help"], Kind: community.Questions, Title: "Which oil for the chain?", Body: "Any oil.", Tags: "chain oil", Lang: "en"})
		must(t, err)
		for tag, found := range map[string]int{"oil": 1, "OIL": 1, "oi": 0, "": 2} {
			list, err := k.Threads(t.Context(), k.sight(t.Context()), community.Query{Community: k.id, Space: k.spaces["help"], Tag: tag})
			must(t, err)
			if n := len(list.Threads); n != found && (tag != "" || n <= 1) {
				t.Errorf("%d threads with the tag %q, want %d", n, tag, found)
			}
		}
		want(look(t.Context(), "frein", "")) // the draft is nobody's yet
		must(t, k.TurnArticle(lea, k.id, article, community.Approved, ""))
		want(look(t.Context(), "frein grince", ""), "article Les freins qui grincent")
		r := look(t.Context(), "brake", "")
		if diff := cmp.Diff(map[string]int{"question": 1, "idea": 1}, r.Kinds); diff != "" {
			t.Errorf("counts of a visitor: %s", diff)
		}
		want(look(t.Context(), "brake", "idea"), "idea Sell quiet brake pads")
		r = look(t.Context(), "breukkes", "question")
		if want(r); r.Mended {
			t.Error("three letters were mended")
		}
		if r = look(t.Context(), "braks", "question"); !r.Mended || r.Words != "brake" {
			t.Errorf("a letter was not mended: %+v", r)
		}
		want(r, "question Why do my brakes squeak?")
		// Words of posts and articles too, where no title has one nearly so; of a hidden group for who is in it.
		for misspelt, right := range map[string]string{"beding": "bedding", "nettoyz": "nettoyez", "alcol": "alcool"} {
			if r = look(t.Context(), misspelt, ""); !r.Mended || r.Words != right || len(r.List) != 1 {
				t.Errorf("%s was taken for %q", misspelt, r.Words)
			}
		}
		if r = look(t.Context(), "secrat", ""); r.Mended || r.Meant != "" || len(r.List) > 0 {
			t.Errorf("a word of a hidden group is offered: %+v", r)
		}
		if r = look(eve, "secrat", ""); !r.Mended || r.Words != "secret" {
			t.Errorf("who is in it is offered %q", r.Words)
		}
		// So are words written by ear, of titles and of texts, for who may read them; words that somebody wrote so are left alone.
		_, err = k.Start(eve, community.Begin{Space: k.spaces["den"], Kind: community.Questions, Title: "Tubeless photographs", Body: "On a tricycle.", Lang: "en"})
		must(t, err)
		k.reply(lea, q, "La chaîne et le dérailleur grincent : la vélocité.")
		for heard, meant := range map[string]string{"dérayeur": "derailleur", "chenne": "chaine", "skwicks": "", "velosité": "velocite", "fotograffs": "", "trissicle": "", "disques": "", "squeeks": "squeak"} {
			if r = look(t.Context(), heard, ""); r.Words != map[bool]string{true: meant, false: lang.Fold(heard)}[meant != ""] || r.Mended != (meant != "") || meant != "" && len(r.List) == 0 {
				t.Errorf("%s was taken for %q, mended %v", heard, r.Words, r.Mended)
			}
		}
		for heard, meant := range map[string]string{"fotograffs": "photographs", "trissicle": "tricycle"} {
			if r = look(eve, heard, ""); !r.Mended || r.Words != meant {
				t.Errorf("%s was taken for %q by who is in it", heard, r.Words)
			}
		}
		gone := k.reply(bob, q, "A zeppelin helps.")
		if r = look(t.Context(), "zepelin", ""); r.Words != "zeppelin" {
			t.Errorf("taken for %q", r.Words)
		}
		must(t, k.Delete(bob, k.id, gone))
		if r = look(t.Context(), "zepelin", ""); r.Mended || len(r.List) > 0 {
			t.Errorf("a word that was taken away is offered: %+v", r)
		}
		if r = look(t.Context(), "bob", ""); len(r.List) != 1 || r.List[0].Kind != community.People || r.List[0].Count != 1 {
			t.Errorf("people: %+v", r.List)
		}
		r = look(t.Context(), "pads alcohol", "")
		if !r.Some || len(r.List) == 0 {
			t.Errorf("some of the words: %+v", r)
		}
		var marked []string
		for _, b := range look(t.Context(), "squeaking", "question").List[0].Said {
			if b.Hit {
				marked = append(marked, b.Text)
			}
		}
		if diff := cmp.Diff([]string{"squeak"}, marked); diff != "" {
			t.Errorf("marked: %s", diff)
		}
		bits := []community.Bit{{Text: "Why do my brakes "}, {Text: "squeak", Hit: true}, {Text: "?"}}
		if diff := cmp.Diff(bits, look(t.Context(), "squeaking", "question").List[0].Titled); diff != "" {
			t.Errorf("marked in the title: %s", diff)
		}
		if diff := cmp.Diff([]community.Bit{{Text: "Bob", Hit: true}}, look(t.Context(), "bob", "").List[0].Titled); diff != "" {
			t.Errorf("marked in a name: %s", diff)
		}
		for _, words := range []string{"", "  ", "?!", strings.Repeat("é", 5000), "a OR (b", `"`, "\x00\xff", "-brake", "title:x"} {
			look(t.Context(), words, "")
		}
		look(t.Context(), "tag:nothing", "") // there are no words in it to be told of
		look(t.Context(), "Velociraptor", "")
		look(ada, "velociraptor", "")
		_, err = k.Misses(ada, k.id)
		refused(t, err, problem.Forbidden, "problem.forbidden")
		misses, err := k.Misses(lea, k.id)
		must(t, err)
		if len(misses) == 0 || misses[0].Words != "velociraptor" || misses[0].N != 2 {
			t.Errorf("misses: %+v", misses)
		}
		for _, m := range misses {
			if m.Words == "" {
				t.Errorf("a search without words is told: %+v", m)
			}
		}
	})
}

// TestSearchWhole: more than thousands of posts are counted for whoever asks for that, and said to be more for the others.
func TestSearchWhole(t *testing.T) {
	t.Parallel()
	k := newSquare(t, dbtest.SQLite(t))
	ada := k.join("Ada", org.Plain)
	k.ask(ada, "Does a tandem fit?", "A tandem in the lift.")
	long := k.ask(ada, "Many tandems", "All about tandems.")
	var all []ledger.Activity
	for i := range 5100 {
		name := "answer" + strconv.Itoa(i)
		if i == 3000 {
			all = append(all, ledger.Activity{Kind: ledger.PostSaid, Actor: "mailto:bob@velo.example", Channel: k.channel, At: k.now().Add(time.Duration(i) * time.Second), Key: "between",
				Data: ledger.Data(ledger.Said{ExternalID: "between", Kind: "question", Space: k.spaces["help"], Title: "One more tandem", AuthorName: "Bob", Text: "A tandem.", Markup: "A tandem.", Lang: "en"})})
		}
		all = append(all, ledger.Activity{Kind: ledger.PostSaid, Actor: "mailto:bob@velo.example", Channel: k.channel, At: k.now().Add(time.Duration(i) * time.Second), Key: name,
			Data: ledger.Data(ledger.Said{ExternalID: name, Kind: "answer", InReplyTo: []string{long}, AuthorName: "Bob", Text: "A tandem.", Markup: "A tandem.", Lang: "en"})})
	}
	for i := range community.MostPeople + 2 { // people of one name, and one more of another
		name := "Zoltan N" + strconv.Itoa(i)
		if i > community.MostPeople {
			name = "Yvette"
		}
		all = append(all, ledger.Activity{Kind: ledger.PostSaid, Actor: fmt.Sprintf("mailto:z%d@velo.example", i), Channel: k.channel, At: k.now(), Key: "person" + strconv.Itoa(i),
			Data: ledger.Data(ledger.Said{ExternalID: "person" + strconv.Itoa(i), Kind: "answer", InReplyTo: []string{long}, AuthorName: name, Text: "Yes.", Markup: "Yes.", Lang: "en"})})
	}
	var picks []ledger.Activity
	for i := range community.MostAnswering + 1 { // questions that are solved; the oldest of them has the word in its title
		name, title := "solved"+strconv.Itoa(i), "How to mount it"
		if i == 0 {
			title = "A unicycle"
		}
		said := ledger.Said{ExternalID: name, Kind: "question", Space: k.spaces["help"], Title: title, AuthorName: "Bob", Text: "My unicycle.", Markup: "My unicycle.", Lang: "en"}
		reply := ledger.Said{ExternalID: name + "a", Kind: "answer", InReplyTo: []string{name}, AuthorName: "Bob", Text: "So.", Markup: "So.", Lang: "en"}
		asked := ledger.Activity{ID: id.New(), Kind: ledger.PostSaid, Actor: "mailto:bob@velo.example", Channel: k.channel, At: k.now().Add(time.Duration(i) * time.Second), Key: name, Data: ledger.Data(said)}
		answered := asked
		answered.ID, answered.Key, answered.Data = "", name+"a", ledger.Data(reply)
		all = append(all, asked, answered)
		picks = append(picks, ledger.Activity{Kind: ledger.AnswerPicked, Actor: "mailto:bob@velo.example", Object: asked.ID, Channel: k.channel, At: k.now(), Key: name + "p", Data: ledger.Data(ledger.Picked{Answer: name + "a"})})
	}
	_, err := k.ledger.Append(t.Context(), append(all, picks...)...)
	must(t, err)
	k.pass(2 * time.Hour)
	must(t, k.ledger.Finish(t.Context()))
	answers, err := k.Answers(ada, k.sight(ada), k.id, "unicycle", community.MostAnswering)
	must(t, err)
	if len(answers) == 0 || answers[0].Title != "A unicycle" {
		t.Errorf("what has the word in its title does not answer first: %d, %+v", len(answers), answers)
	}
	for _, c := range []struct {
		words string
		whole bool
		busy  int // searches under way
		sum   int
		least bool
	}{{"tandem", false, 0, 2, true}, {"tandem", false, 9, 1, true}, {"tandem", true, 9, 3, false}, {"title:tandem OR text:tandem", true, 0, 3, false}, {"tandem", false, 0, 2, true}} {
		done := k.Searching(c.busy)
		r, err := k.Search(ada, k.sight(ada), community.Search{Community: k.id, Words: c.words, Whole: c.whole})
		done()
		must(t, err)
		if r.Sum != c.sum || r.Least != c.least || r.Kinds[community.Questions] != c.sum {
			t.Errorf("%q, whole %v, %d under way: %d found, more %v, %v; want %d, %v", c.words, c.whole, c.busy, r.Sum, r.Least, r.Kinds, c.sum, c.least)
		}
	}
	// Who searches waits for a turn, unless they left meanwhile; one who counts all has a turn of their own.
	next := k.AllSearching()
	gone, leave := context.WithCancel(ada)
	leave()
	if _, err := k.Search(gone, k.sight(ada), community.Search{Community: k.id, Words: "tandem"}); !errors.Is(err, context.Canceled) {
		t.Errorf("who left while others search: %v", err)
	}
	if r, err := k.Search(ada, k.sight(ada), community.Search{Community: k.id, Words: "tandem", Whole: true}); err != nil || r.Sum != 3 {
		t.Errorf("who counts all while others search: %d found, %v", r.Sum, err)
	}
	waits := make(chan error, 1)
	go func() {
		_, err := k.Search(ada, k.sight(ada), community.Search{Community: k.id, Words: "tandem"})
		waits <- err
	}()
	select {
	case err := <-waits:
		t.Errorf("a search did not wait: %v", err)
	case <-time.After(20 * time.Millisecond):
	}
	next()
	must(t, <-waits)
	for words, crowd := range map[string]bool{"zoltan": true, "yvette": false} {
		r, err := k.Search(ada, k.sight(ada), community.Search{Community: k.id, Words: words, Kind: community.People})
		must(t, err)
		if r.Crowd != crowd || crowd && r.Sum != community.MostPeople || !crowd && r.Sum != 1 {
			t.Errorf("%q: %d people, more %v", words, r.Sum, r.Crowd)
		}
	}
}
