package community_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

func (k *square) article(who context.Context, id string) community.Article {
	k.t.Helper()
	a, err := k.Article(who, k.sight(who), k.id, id)
	must(k.t, err)
	return a
}

// TestArticles follows an article from a thread through review, versions and a translation that falls behind, to readers whom it helped or not.
func TestArticles(t *testing.T) {
	each(t, func(t *testing.T, k *square) {
		k.holding()
		ada, bob, lea := k.join("Ada", org.Plain), k.join("Bob", org.Plain), k.join("Lea", org.Social)
		q := k.ask(ada, "How is a chain oiled?", "It squeaks.")
		best := k.reply(bob, q, "One drop on each link.")
		_, err := k.Pick(ada, k.id, best, true)
		must(t, err)
		th, _ := k.thread(t.Context(), q)
		seed, err := k.SeedOf(t.Context(), &th)
		must(t, err)
		if !strings.Contains(seed, "> It squeaks.") || !strings.Contains(seed, "One drop on each link.") {
			t.Errorf("it begins with %q", seed)
		}
		draft := community.ArticleDraft{Space: k.spaces["help"], Kind: community.Guide, Title: "Oiling a chain", Body: seed, Lang: "en", Thread: q, Months: 6}
		write := func(who context.Context, d community.ArticleDraft) (string, error) {
			k.pass(time.Minute)
			return k.WriteArticle(who, d)
		}
		_, err = write(t.Context(), draft)
		refused(t, err, problem.Unauthenticated, "problem.sign_in")
		bad := draft
		bad.Space = k.spaces["talk"]
		_, err = write(bob, bad)
		refused(t, err, problem.Invalid, "community.article.not_here")
		one, err := write(bob, draft)
		must(t, err)
		if a := k.article(bob, one); a.Public() || a.State != community.Drafted || cmp.Diff([]string{"Ada", "Bob"}, a.Credits) != "" {
			t.Errorf("the draft is %+v", a)
		}
		_, err = k.Article(ada, k.sight(ada), k.id, one)
		refused(t, err, problem.Missing, "problem.not_found")
		turn := func(who context.Context, id string, to community.ArticleState) error {
			k.pass(time.Minute)
			return k.TurnArticle(who, k.id, id, to, "")
		}
		refused(t, turn(bob, one, community.Approved), problem.Forbidden, "problem.forbidden")
		must(t, turn(bob, one, community.InReview))
		k.tells()
		must(t, k.TurnArticle(lea, k.id, one, community.Drafted, "Say which oil."))
		must(t, turn(bob, one, community.InReview))
		must(t, turn(lea, one, community.Approved))
		k.tells()
		k.tells()
		same(t, "who looks after it", []string{"article_in: ", "article_in: "}, k.told(lea))
		told, err := k.Notices(bob, k.sight(bob), k.id)
		must(t, err)
		words := map[community.NoticeKind]string{}
		for _, n := range told {
			words[n.Kind] = n.By + ": " + n.Words
		}
		if words[community.ArticleBack] != "Lea: Oiling a chain\nSay which oil." || words[community.ArticleOut] != "Lea: Oiling a chain" {
			t.Errorf("its writer is told %q", words)
		}
		if made, err := k.ArticlesOf(t.Context(), k.sight(t.Context()), q); err != nil || len(made) != 1 || made[0].ApprovedBy != "Lea" {
			t.Errorf("of the thread: %+v, %v", made, err)
		}

		french := community.ArticleDraft{Space: k.spaces["help"], Kind: community.Guide, Title: "Huiler une chaîne", Body: "Une goutte par maillon.", Lang: "en", Original: one}
		_, err = write(bob, french)
		refused(t, err, problem.Invalid, "community.article.same_language")
		french.Lang = "fr"
		two, err := write(bob, french)
		must(t, err)
		must(t, turn(lea, two, community.Approved))
		outdated := func() bool {
			a := k.article(t.Context(), two)
			out, err := k.Outdated(t.Context(), &a)
			must(t, err)
			return out
		}
		if outdated() {
			t.Error("the translation is outdated before the original changed")
		}
		draft.Body += "\n\nWipe off the rest."
		must(t, k.ReviseArticle(bob, k.id, one, draft, 1))
		refused(t, k.ReviseArticle(bob, k.id, one, draft, 1), problem.Conflict, "problem.conflict")
		refused(t, k.ReviseArticle(ada, k.id, one, draft, 2), problem.Forbidden, "community.post.not_yours")
		if a := k.article(ada, one); a.Approved != 1 || a.Version != 2 || outdated() {
			t.Errorf("what was approved is %+v", a)
		}
		must(t, turn(lea, one, community.Approved))
		if !outdated() {
			t.Error("the original changed and nobody is told")
		}
		must(t, k.ReviseArticle(bob, k.id, two, french, 1))
		must(t, turn(lea, two, community.Approved))
		if outdated() {
			t.Error("translated anew, and outdated still")
		}
		list, err := k.Revisions(t.Context(), one)
		must(t, err)
		if len(list) != 2 || list[0].Version != 2 {
			t.Errorf("versions %+v", list)
		}

		secret := strings.Repeat("s", 32)
		help := func(who context.Context, secret string, yes bool, why string) {
			t.Helper()
			k.pass(time.Minute)
			must(t, k.Helped(who, k.id, one, secret, yes, why))
		}
		help(ada, "", false, "Which oil?")
		help(ada, "", true, "")
		help(t.Context(), secret, false, "Which oil?")
		help(t.Context(), secret, false, "Which oil, please?")
		help(t.Context(), secret+"2", true, "")
		refused(t, k.Helped(t.Context(), k.id, one, "", true, ""), problem.Invalid, "problem.bad_form")
		if a := k.article(t.Context(), one); a.Yes != 2 || a.No != 1 {
			t.Errorf("%d and %d readers", a.Yes, a.No)
		}
		reasons, err := k.Reasons(t.Context(), one)
		must(t, err)
		if diff := cmp.Diff([]string{"Which oil, please?"}, reasons); diff != "" {
			t.Error(diff)
		}

		if a := k.article(t.Context(), one); a.Stale(k.now()) || !a.Stale(k.now().AddDate(0, 7, 0)) {
			t.Error("it is stale at the wrong time")
		}
		again := func() string {
			list, err := k.Articles(lea, k.sight(lea), community.ArticleQuery{Community: k.id, Stale: true})
			must(t, err)
			var out []string
			for _, a := range list {
				out = append(out, a.ID)
			}
			return strings.Join(out, " ")
		}
		if got := again(); got != "" {
			t.Errorf("to be looked at again: %q", got)
		}
		old := func(who context.Context) (out []string) {
			list, err := k.Notices(who, k.sight(who), k.id)
			must(t, err)
			for _, n := range list {
				if n.Kind == community.ArticleOld {
					out = append(out, n.Words)
				}
			}
			return out
		}
		was := k.article(t.Context(), one)
		k.pass(was.CheckedAt.AddDate(0, 6, 0).Sub(k.now()) - time.Hour)
		k.tells()
		same(t, "told too early", []string(nil), old(bob))
		k.pass(time.Hour)
		k.tells()
		k.tells()
		same(t, "its writer", []string{"Oiling a chain"}, old(bob))
		same(t, "who looks after it", []string{"Oiling a chain"}, old(lea))
		same(t, "others", []string(nil), old(ada))
		k.pass(40 * 24 * time.Hour)
		if got := again(); got != one {
			t.Errorf("to be looked at again is %q, want %q", got, one)
		}
		must(t, k.ForgetNotices(t.Context()))
		k.tells()
		same(t, "its writer, later", 1, len(old(bob)))
		must(t, turn(lea, one, community.Confirmed))
		if got := again(); got != "" {
			t.Errorf("to be looked at again: %q", got)
		}
		if a := k.article(t.Context(), one); a.Stale(k.now()) || a.State != community.Approved {
			t.Errorf("confirmed, and %+v", a)
		}
		must(t, turn(lea, one, community.Withdrawn))
		_, err = k.Article(t.Context(), k.sight(t.Context()), k.id, one)
		refused(t, err, problem.Missing, "problem.not_found")
		must(t, turn(lea, one, community.Drafted))
		_, err = k.Article(t.Context(), k.sight(t.Context()), k.id, one)
		refused(t, err, problem.Missing, "problem.not_found")
		all, err := k.Articles(t.Context(), k.sight(t.Context()), community.ArticleQuery{Community: k.id})
		must(t, err)
		waiting, err := k.Articles(lea, k.sight(lea), community.ArticleQuery{Community: k.id, Unread: true})
		must(t, err)
		if len(all) != 1 || all[0].ID != two || len(waiting) != 1 || waiting[0].ID != one {
			t.Errorf("read: %+v, waiting: %+v", all, waiting)
		}
		rebuilt(t, k)
	})
}

// TestArticleOfConversation makes an article of what was answered in the inbox: the customer is not in it, and only the team knows where it came from.
func TestArticleOfConversation(t *testing.T) {
	each(t, func(t *testing.T, k *square) {
		k.holding()
		ada, bob, lea := k.join("Ada", org.Plain), k.join("Bob", org.Plain), k.join("Lea", org.Social)
		q := k.ask(ada, "Why does my chain squeak?", "I left it in the rain of Toulon.")
		k.reply(bob, q, "Buy a new one.")
		c, found, err := k.inbox.Of(lea, q)
		must(t, err)
		if !found {
			t.Fatal("it does not stand in the inbox")
		}
		k.pass(time.Minute)
		_, err = k.inbox.Reply(lea, c.ID, inbox.Answer{Text: "Dear Ada, write to ada@velo.example if one drop of oil on each link does not help.", To: q})
		must(t, err)
		_, err = k.channels.SendOnce(t.Context(), k.now())
		must(t, err)
		k.level()

		for _, who := range []context.Context{t.Context(), ada, bob} {
			if _, _, err := k.SeedOfConversation(who, c.ID); err == nil {
				t.Error("somebody outside of the team reads what was answered")
			}
		}
		from, seed, err := k.SeedOfConversation(lea, c.ID)
		must(t, err)
		if want := "Dear …, write to … if one drop of oil on each link does not help."; seed != want || from.ID != c.ID {
			t.Errorf("it begins with %q, want %q", seed, want)
		}
		_, _, err = k.SeedOfConversation(lea, "00000000000000000000")
		refused(t, err, problem.Missing, "problem.not_found")

		k.pass(time.Minute)
		draft := community.ArticleDraft{Space: k.spaces["help"], Kind: community.Guide, Title: "Oiling a chain", Body: seed, Lang: "en", Conversation: c.ID}
		_, err = k.WriteArticle(bob, draft)
		refused(t, err, problem.Forbidden, "problem.forbidden")
		one, err := k.WriteArticle(lea, draft)
		must(t, err)
		k.pass(time.Minute)
		draft.Conversation = ""
		must(t, k.ReviseArticle(lea, k.id, one, draft, 1))
		must(t, k.TurnArticle(lea, k.id, one, community.Approved, ""))
		if a := k.article(bob, one); a.Conversation != c.ID || len(a.Credits) != 0 {
			t.Errorf("of a conversation, and %+v", a)
		}
		made, err := k.ArticlesOfConversation(lea, k.sight(lea), c.ID)
		must(t, err)
		if len(made) != 1 || made[0].ID != one {
			t.Errorf("made of the conversation: %+v", made)
		}
		_, err = k.ArticlesOfConversation(bob, k.sight(bob), c.ID)
		refused(t, err, problem.Forbidden, "problem.forbidden")
		rebuilt(t, k)
	})
}

// TestArticleProducts finds articles by what they are about: by the whole name, as it was approved.
func TestArticleProducts(t *testing.T) {
	each(t, func(t *testing.T, k *square) {
		k.holding()
		lea := k.join("Lea", org.Social)
		write := func(title string, products ...string) (string, community.ArticleDraft) {
			t.Helper()
			k.pass(time.Minute)
			d := community.ArticleDraft{Space: k.spaces["help"], Kind: community.Guide, Title: title, Body: "One drop.", Lang: "en", Products: products}
			a, err := k.WriteArticle(lea, d)
			must(t, err)
			must(t, k.TurnArticle(lea, k.id, a, community.Approved, ""))
			return a, d
		}
		about := func(product string) (out []string) {
			t.Helper()
			list, err := k.Articles(t.Context(), k.sight(t.Context()), community.ArticleQuery{Community: k.id, Product: product})
			must(t, err)
			for _, a := range list {
				out = append(out, a.Title)
			}
			return out
		}
		one, d := write("Oiling a chain", "Callune", " Lande 2 ", "Callune")
		write("Pumping a tyre", "Callune 2", `10" wheel <b>`)
		write("About nothing that is sold")
		all := []string{`10" wheel <b>`, "Callune", "Callune 2", "Lande 2"}
		for product, want := range map[string][]string{"Callune": {"Oiling a chain"}, "Callune 2": {"Pumping a tyre"}, "Lande 2": {"Oiling a chain"}, `10" wheel <b>`: {"Pumping a tyre"},
			"callune": nil, "Call": nil, "%": nil, ",": nil, "[": nil} {
			if diff := cmp.Diff(want, about(product)); diff != "" {
				t.Errorf("about %s (-want +got):\n%s", product, diff)
			}
		}
		known, err := k.Products(t.Context(), k.sight(t.Context()), k.id)
		must(t, err)
		if diff := cmp.Diff(all, known); diff != "" {
			t.Errorf("products (-want +got):\n%s", diff)
		}
		k.pass(time.Minute)
		d.Products = []string{"Ajonc"}
		must(t, k.ReviseArticle(lea, k.id, one, d, 1))
		if got := about("Callune"); len(got) != 1 {
			t.Errorf("what was approved is about Callune still, and found: %v", got)
		}
		must(t, k.TurnArticle(lea, k.id, one, community.Approved, ""))
		if a, b := about("Callune"), about("Ajonc"); len(a) != 0 || len(b) != 1 {
			t.Errorf("approved anew: %v and %v", a, b)
		}
		d.Products = strings.Split("abcdefghi", "")
		_, err = k.WriteArticle(lea, d)
		refused(t, err, problem.Invalid, "community.article.many_products")
		rebuilt(t, k)
	})
}

// TestArticlePictures: who may read an article sees its pictures, of a draft nobody else; they stay as long as it does, and nobody publishes what another brought.
func TestArticlePictures(t *testing.T) {
	each(t, func(t *testing.T, k *square) {
		k.holding()
		ada, bob, lea := k.join("Ada", org.Plain), k.join("Bob", org.Plain), k.join("Lea", org.Social)
		bring := func(who context.Context) community.File {
			f, err := k.Bring(who, k.id, "drawing.png", bytes.NewReader(drawing(t)))
			must(t, err)
			return f
		}
		sees := func(who context.Context, f community.File) bool {
			_, err := k.File(who, k.sight(who), f.ID)
			if err != nil && !problem.Is(err, problem.Missing) {
				t.Fatal(err)
			}
			return err == nil
		}
		own, later, others := bring(ada), bring(ada), bring(bob)
		draft := community.ArticleDraft{Space: k.spaces["help"], Kind: community.Guide, Title: "How to true a wheel", Body: "Look: " + own.Markdown() + others.Markdown(), Lang: "en"}
		article, err := k.WriteArticle(ada, draft)
		must(t, err)
		if !sees(lea, own) || sees(bob, own) || sees(t.Context(), own) {
			t.Error("a picture of a draft is for its writer and who moderates")
		}
		must(t, k.TurnArticle(ada, k.id, article, community.InReview, ""))
		must(t, k.TurnArticle(lea, k.id, article, community.Approved, ""))
		if !sees(bob, own) || !sees(t.Context(), own) {
			t.Error("readers of an article do not see its picture")
		}
		if sees(t.Context(), others) {
			t.Error("a picture that somebody else brought got out")
		}
		draft.Body = own.Markdown() + later.Markdown()
		must(t, k.ReviseArticle(lea, k.id, article, community.ArticleDraft{Kind: draft.Kind, Title: draft.Title, Body: own.Markdown(), Lang: "en"}, 1))
		must(t, k.ReviseArticle(ada, k.id, article, draft, 2))
		if sees(bob, later) || !sees(bob, own) {
			t.Error("a picture of a version that is not approved is shown, or one that is not any more")
		}
		for range 3 {
			k.pass(community.OrphanFor + 24*time.Hour)
			must(t, k.Tidy(t.Context()))
		}
		if !sees(bob, own) || sees(bob, others) {
			t.Error("a picture of an article is gone, or one that nothing shows is not")
		}
		must(t, k.TurnArticle(lea, k.id, article, community.Approved, ""))
		if !sees(bob, later) {
			t.Error("a picture of the version that was approved last is not shown")
		}
		must(t, k.TurnArticle(lea, k.id, article, community.Withdrawn, unseen+"Wrong."))
		if sees(bob, own) {
			t.Error("a picture of an article that was withdrawn is shown")
		}
		rebuilt(t, k)
	})
}
