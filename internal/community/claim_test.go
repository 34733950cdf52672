package community_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

const formerAda = "https://old.example/users/7"

// bring states what a forum said that was brought here.
func (k *square) bring(external, above, author, name, was string) string {
	k.t.Helper()
	k.pass(time.Minute)
	said := ledger.Said{ExternalID: external, Kind: "question", AuthorName: name, Title: "Which pump?", Text: "Said before.", Markup: "Said before.", Space: k.spaces["help"], Was: was}
	if above != "" {
		said.Kind, said.Title, said.Space, said.InReplyTo = "answer", "", "", []string{above}
	}
	a := ledger.Activity{ID: id.New(), Kind: ledger.PostSaid, Actor: author, Channel: k.channel, At: k.now(), Key: ledger.SaidKey(k.channel, external)}
	a.Object = a.ID
	a.Say(&said)
	_, err := k.ledger.State(k.t.Context(), a)
	must(k.t, err)
	return a.ID
}

// TestClaim: what was brought under an identity of elsewhere becomes a member's who says that it was them, once somebody else has confirmed it; later parts of
// the forum follow; and it can be undone.
func TestClaim(t *testing.T) {
	each(t, func(t *testing.T, k *square) {
		ada, eve, lea := k.join("Ada", org.Plain), k.join("Eve", org.Plain), k.join("Lea", org.Social)
		q := k.bring("q1", "", formerAda, "ada77", "")
		a := k.bring("a2", "q1", "https://old.example/users/8", "bob", "")
		k.bring("a3", "q1", "mailto:eve@velo.example", "Eve", "")
		author := func(post string) string {
			t.Helper()
			p, _, err := k.Post(lea, k.sight(lea), k.id, post)
			must(t, err)
			return p.Author
		}
		ask := func(who context.Context, handle, words string) error {
			return k.AskClaim(who, k.sight(who), k.id, handle, words+unseen)
		}
		waiting := func() string {
			t.Helper()
			list, err := k.Claims(lea, k.id)
			must(t, err)
			if len(list) == 0 || list[0].State != community.ClaimAsked {
				t.Fatalf("claims: %+v", list)
			}
			return list[0].ID
		}
		refused(t, ask(t.Context(), "ada77", "me"), problem.Unauthenticated, "problem.sign_in")
		refused(t, ask(ada, "ada77", " "), problem.Invalid, "problem.required")
		refused(t, ask(ada, "eve", "me"), problem.Forbidden, "community.claim.not_this") // whose address is known
		must(t, ask(ada, "ada77", "The word is quokka."))
		must(t, ask(ada, "ada77", "Twice is once."))
		k.pass(time.Minute)
		must(t, ask(eve, "ada77", "No, I."))
		list, err := k.Claims(lea, k.id)
		must(t, err)
		if len(list) != 2 || list[1].Asker != "Ada" || list[1].Name != "ada77" || list[1].Posts != 1 || list[1].Words != "The word is quokka." {
			t.Fatalf("claims: %+v", list)
		}
		_, err = k.Claims(ada, k.id)
		refused(t, err, problem.Forbidden, "problem.forbidden")
		refused(t, k.DecideClaim(ada, k.id, list[1].ID, community.ClaimConfirmed), problem.Forbidden, "problem.forbidden")
		refused(t, k.DecideClaim(lea, k.id, list[1].ID, community.ClaimUndone), problem.Conflict, "community.moderation.decided_already")
		if author(q) != formerAda {
			t.Fatal("it was given away before anybody confirmed it")
		}
		must(t, k.DecideClaim(lea, k.id, list[1].ID, community.ClaimConfirmed))
		refused(t, k.DecideClaim(lea, k.id, waiting(), community.ClaimConfirmed), problem.Conflict, "community.claim.taken")
		must(t, k.DecideClaim(lea, k.id, waiting(), community.ClaimRefused))

		// It is hers: she changes it, finds it among what she said, at the old name too; the rest stays whose it was.
		must(t, k.Edit(ada, k.id, community.Change{Post: q, Title: "Which pump fits?", Body: "Said by me.", Seen: 0}))
		for _, handle := range []string{"ada77", "ada"} {
			p, err := k.Profile(eve, k.sight(eve), k.id, handle)
			must(t, err)
			if p.Handle != "ada" || p.Member != org.Who(ada).ID || p.Said != 1 || p.Claim != "" {
				t.Errorf("%s is %+v", handle, p)
			}
		}
		if author(a) != "https://old.example/users/8" {
			t.Error("what somebody else said was given away")
		}
		later := k.bring("q9", "", formerAda, "ada77", "")
		own := k.ask(ada, "Said here by me?", "Here.")
		if author(later) != "mailto:ada@velo.example" {
			t.Error("what was brought later is not hers")
		}
		rebuilt(t, k)

		// Undone, it is as it was brought; what she said here stays hers.
		must(t, k.DecideClaim(lea, k.id, list[1].ID, community.ClaimUndone))
		got := []string{author(q), author(later), author(own)}
		if diff := cmp.Diff([]string{formerAda, formerAda, "mailto:ada@velo.example"}, got); diff != "" {
			t.Errorf("undone: %s", diff)
		}
		rebuilt(t, k)
		said, err := db.All(t.Context(), k.db.Read(), db.Self[string], "SELECT action FROM audit WHERE action LIKE 'community.claim%' ORDER BY at, id")
		must(t, err)
		if len(said) != 6 { // asked three times, confirmed, refused, undone
			t.Errorf("audited: %v", said)
		}
		refused(t, ask(lea, "ada", "me"), problem.Forbidden, "community.claim.not_this")
		must(t, ask(lea, "ada77", "It was me all the time."))
		refused(t, k.DecideClaim(lea, k.id, waiting(), community.ClaimConfirmed), problem.Forbidden, "community.claim.own")
	})
}

// TestOldAddress: what was brought is found at the address it had, by who may read it and by nobody else; the first that had it keeps it.
func TestOldAddress(t *testing.T) {
	each(t, func(t *testing.T, k *square) {
		lea, eve := k.join("Lea", org.Social), k.join("Eve", org.Plain)
		c, _ := k.sight(lea).ByID(k.id)
		q := k.bring("idea-1", "", formerAda, "ada77", "/forums/12/suggestions/5?lang=fr")
		a := k.bring("a2", "idea-1", formerAda, "ada77", "old.example/a2")
		k.bring("idea-2", "", formerAda, "ada77", "/forums/12/suggestions/5?lang=fr")
		article := id.New()
		must(t, func() error {
			k.pass(time.Minute)
			_, err := k.ledger.State(t.Context(), ledger.Activity{ID: article, Object: article, Kind: ledger.ArticleWritten, Actor: formerAda, Channel: k.channel, At: k.now(), Key: "article:" + article,
				Data: ledger.Data(ledger.Written{Space: k.spaces["help"], Kind: "guide", Title: "Pumps", Markup: "So.", Lang: "en", Version: 1, Was: "/kb/pumps"})})
			return err
		}())
		at := func(who context.Context, path, query string) string {
			t.Helper()
			to, err := k.OldAddress(who, &c, path, query)
			must(t, err)
			return to
		}
		for _, x := range []struct {
			who               context.Context
			path, query, want string
		}{
			{t.Context(), "/forums/12/suggestions/5", "lang=fr", "/t/" + q + "/which-pump"},
			{t.Context(), "/forums/12/suggestions/5/", "lang=fr", "/t/" + q + "/which-pump"},
			{t.Context(), "/forums/12/suggestions/5", "", ""},
			{t.Context(), "/forums/12/suggestions/6", "lang=fr", ""},
			{t.Context(), "/kb/pumps", "utm=x", ""}, // a draft
			{lea, "/kb/pumps", "utm=x", "/articles/" + article + "/pumps"},
		} {
			if got := at(x.who, x.path, x.query); got != x.want {
				t.Errorf("%s?%s leads to %q, want %q", x.path, x.query, got, x.want)
			}
		}
		if got, err := k.WasAt(t.Context(), &c, "old.example/a2"); err != nil || got != a {
			t.Errorf("the number leads to %q, %v", got, err)
		}
		must(t, k.db.Tx(t.Context(), func(ctx context.Context, tx db.Q) error {
			_, err := db.Exec(ctx, tx, "UPDATE community_thread SET space = $1 WHERE id = $2", k.spaces["den"], q)
			return err
		}))
		if got := at(eve, "/forums/12/suggestions/5", "lang=fr"); got != "" {
			t.Errorf("of what they may not read somebody is told %q", got)
		}
	})
}
