package community_test

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/seal"
)

// office keeps what was given to the mail server; fault is what it says instead of taking a mail.
type office struct {
	mu    sync.Mutex
	sent  []community.Letter
	fault error
}

func (o *office) Deliver(_ context.Context, l community.Letter) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.fault != nil {
		return o.fault
	}
	o.sent = append(o.sent, l)
	return nil
}

func (o *office) take() []community.Letter {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := o.sent
	o.sent = nil
	return out
}

func (k *square) mails() *office {
	k.t.Helper()
	box, err := seal.New(make([]byte, 32))
	must(k.t, err)
	must(k.t, k.db.Tx(k.t.Context(), func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, "INSERT INTO organisation (one, name, lang, zone, created_at, changed_at) VALUES (1, 'Velo', 'en', 'UTC', $1, $1)", db.T(k.now()))
		return err
	}))
	o := &office{}
	k.WithMail(o, box)
	return o
}

// tells lets people be told of what was said, and sends the mails of the next minutes.
func (k *square) tells() {
	k.t.Helper()
	for n := 1; n > 0; {
		var err error
		n, err = k.Hear(k.t.Context())
		must(k.t, err)
	}
	k.pass(2 * time.Minute)
	_, err := k.QueueDigests(k.t.Context())
	must(k.t, err)
	for n := 1; n > 0; {
		n, err = k.SendOnce(k.t.Context())
		must(k.t, err)
	}
}

// notices are what somebody is told, the newest first, as "kind: title".
func (k *square) told(who context.Context) []string {
	k.t.Helper()
	list, err := k.Notices(who, k.sight(who), k.id)
	must(k.t, err)
	out := []string{}
	for _, n := range list {
		out = append(out, string(n.Kind)+": "+n.Title)
	}
	return out
}

func (k *square) fresh(who context.Context) int {
	k.t.Helper()
	n, err := k.NewNotices(who, k.sight(who), k.id)
	must(k.t, err)
	return n
}

func same[T any](t testing.TB, what string, want, got T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("%s (-want +got):\n%s", what, diff)
	}
}

// TestQuotesInNotices: what a post quotes is no part of a line about it, and stands in a mail as a quote.
func TestQuotesInNotices(t *testing.T) {
	each(t, func(t *testing.T, k *square) {
		o := k.mails()
		ada, bob := k.join("Ada", org.Plain), k.join("Bob", org.Plain)
		q := k.ask(ada, "Why do my brakes squeak?", "They squeak in the rain.")
		k.reply(bob, q, community.Quote("Ada", "They squeak\nin the rain. 3 > 2")+"Clean the rims: 2 > 1.")
		k.reply(bob, q, "> Only what **she** said")
		k.tells()
		list, err := k.Notices(ada, k.sight(ada), k.id)
		must(t, err)
		same(t, "what they say", []string{"Only what she said", "Clean the rims: 2 > 1."}, []string{list[0].Excerpt, list[1].Excerpt})
		var text, html string
		for _, l := range o.take() {
			text, html = text+l.Text, html+l.HTML
		}
		if !strings.Contains(text, "> Ada\n\n> They squeak\n> in the rain. 3 > 2\n\nClean the rims: 2 > 1.") {
			t.Errorf("as plain text:\n%s", text)
		}
		if !regexp.MustCompile(`<blockquote[^>]*><p[^>]*>They squeak<br>in the rain. 3 &gt; 2</p></blockquote><p[^>]*>Clean the rims: 2 &gt; 1.</p>`).MatchString(html) {
			t.Errorf("as HTML:\n%s", html)
		}
	})
}

func TestNotices(t *testing.T) {
	each(t, func(t *testing.T, k *square) {
		o := k.mails()
		ada, bob, lea, eve := k.join("Ada", org.Plain), k.join("Bob", org.Plain), k.join("Lea", org.Social), k.join("Eve", org.Plain)
		q := k.ask(ada, "Why do my brakes squeak?", "They squeak in the rain.")
		must(t, k.Follow(eve, k.id, q, true))
		answer := k.reply(bob, q, "Clean the **rims** with alcohol.")
		k.tells()
		k.tells() // nobody is told twice
		same(t, "Ada", []string{"answer: Why do my brakes squeak?"}, k.told(ada))
		same(t, "Eve", []string{"followed: Why do my brakes squeak?"}, k.told(eve))
		same(t, "Bob", []string{}, k.told(bob))
		sent := o.take()
		if len(sent) != 2 || sent[0].To != "ada@velo.example" {
			t.Fatalf("sent %+v", sent)
		}
		l := sent[0]
		if l.Thread != q || !l.Again || l.From != "Velo" || l.Subject != "Why do my brakes squeak?" || !strings.Contains(l.Text, "Clean the rims with alcohol.") ||
			!strings.Contains(l.Text, "Bob answered your question") || !strings.Contains(l.HTML, "Clean the rims") || !strings.HasPrefix(l.Unsubscribe, "https://velo.example/c/velo/mail/") {
			t.Fatalf("mail %+v", l)
		}
		k.reply(ada, answer, "That did it, thank you.")
		_, err := k.Pick(ada, k.id, answer, true)
		must(t, err)
		k.tells()
		same(t, "Bob", []string{"accepted: Why do my brakes squeak?", "comment: Why do my brakes squeak?"}, k.told(bob))
		same(t, "new for Bob", 2, k.fresh(bob))
		must(t, k.ReadNoticesOf(bob, q))
		same(t, "new for Bob after reading", 0, k.fresh(bob))

		// What is taken away is not told of, in the list, the count or by mail.
		o.take()
		second := k.reply(lea, q, "Or buy new pads.")
		must(t, k.Delete(lea, k.id, second))
		third := k.reply(lea, q, "Or ride in the sun.")
		_, err = k.Hear(t.Context())
		must(t, err)
		must(t, k.Delete(lea, k.id, third))
		k.tells()
		same(t, "mails about what was taken away", 0, len(o.take()))
		same(t, "new for Eve", 2, k.fresh(eve)) // Bob's answer, Ada's comment

		// Who is suspended, or not confirmed, gets no mail.
		must(t, k.db.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
			_, err := db.Exec(ctx, q, "UPDATE member SET state = 'suspended' WHERE email = 'ada@velo.example'")
			return err
		}))
		k.reply(bob, q, "Alcohol again.")
		k.tells()
		for _, l := range o.take() {
			if l.To == "ada@velo.example" {
				t.Errorf("a mail to somebody suspended: %+v", l)
			}
		}
	})
}

// TestNoticesOfGroups: what is said in a group that somebody has left reaches them no more, neither in the list nor in the count.
func TestNoticesOfGroups(t *testing.T) {
	each(t, func(t *testing.T, k *square) {
		o := k.mails()
		ada, bob := k.join("Ada", org.Plain), k.join("Bob", org.Plain)
		k.enter(ada, "den")
		k.enter(bob, "den")
		k.pass(time.Minute)
		q, err := k.Start(ada, community.Begin{Space: k.spaces["den"], Kind: community.Questions, Title: "A secret question", Body: "Hush."})
		must(t, err)
		k.reply(bob, q, "A secret answer.")
		_, err = k.Hear(t.Context())
		must(t, err)
		same(t, "Ada", []string{"answer: A secret question"}, k.told(ada))
		must(t, k.db.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
			_, err := db.Exec(ctx, q, "DELETE FROM community_membership WHERE member = $1 AND space = $2", org.Who(ada).ID, k.spaces["den"])
			return err
		}))
		k.tells()
		same(t, "Ada after leaving", []string{}, k.told(ada))
		same(t, "new for Ada after leaving", 0, k.fresh(ada))
		same(t, "mails", 0, len(o.take()))
	})
}

func TestLevels(t *testing.T) {
	each(t, func(t *testing.T, k *square) {
		ada, bob := k.join("Ada", org.Plain), k.join("Bob", org.Plain)
		wish := func(who context.Context, level, help community.Level) {
			t.Helper()
			must(t, k.SetWishes(who, k.sight(who), k.id, community.Wish{Level: level, Spaces: map[string]community.Level{k.spaces["help"]: help}, Mail: true, Digest: community.Never}))
		}
		wish(bob, community.Silence, community.Everything)
		first := k.ask(ada, "The first question", "One.")
		k.tells()
		same(t, "everything of a space", []string{"begun: The first question"}, k.told(bob))
		wish(bob, community.Everything, community.Mine)
		k.ask(ada, "The second question", "Two.")
		k.tells()
		same(t, "only what is mine", 1, len(k.told(bob)))
		must(t, k.SetLevelOf(ada, k.id, first, community.Silence))
		k.reply(bob, first, "An answer nobody hears of.")
		k.tells()
		same(t, "nothing of a thread", []string{}, k.told(ada))
		level := func(who context.Context, thread string, want community.Level) {
			t.Helper()
			th, err := k.Thread(who, k.sight(who), k.id, thread)
			must(t, err)
			l, err := k.LevelOf(who, k.id, &th)
			must(t, err)
			same(t, "level", want, l)
		}
		level(ada, first, community.Silence)
		must(t, k.SetLevelOf(ada, k.id, first, community.Everything))
		wish(ada, community.Silence, "")
		k.reply(bob, first, "An answer that Ada follows.")
		k.tells()
		same(t, "a followed thread", []string{"answer: The first question"}, k.told(ada))
		// In a space of which somebody wants everything, what concerns them alone can be wanted of one thread, or nothing, and they can follow it again.
		wish(bob, community.Mine, community.Everything)
		level(bob, first, community.Everything)
		heard := len(k.told(bob))
		must(t, k.SetLevelOf(bob, k.id, first, community.Mine))
		level(bob, first, community.Mine)
		k.reply(ada, first, "Nobody in particular.")
		k.tells()
		same(t, "what does not concern Bob", heard, len(k.told(bob)))
		must(t, k.Follow(bob, k.id, first, true))
		level(bob, first, community.Everything)
		k.reply(ada, first, "All who follow.")
		k.tells()
		same(t, "what Bob follows", heard+1, len(k.told(bob)))
		wish(bob, community.Silence, community.Silence)
		must(t, k.Follow(bob, k.id, first, false))
		level(bob, first, community.Silence)
		refused(t, k.SetLevelOf(ada, k.id, first, "loud"), problem.Invalid, "problem.bad_form")
	})
}

// TestManyNotices: when many come at once, they go out in one mail.
func TestManyNotices(t *testing.T) {
	each(t, func(t *testing.T, k *square) {
		o := k.mails()
		ada, bob := k.join("Ada", org.Plain), k.join("Bob", org.Plain)
		q := k.ask(ada, "Which tyre for winter?", "It snows.")
		for i := range 9 {
			k.reply(bob, q, fmt.Sprintf("Tyre number %d.", i))
			k.tells()
		}
		same(t, "mails at once", 4, len(o.take()))
		k.pass(time.Hour)
		k.tells()
		sent := o.take()
		if len(sent) != 1 || sent[0].Subject != "5 notices from Velo" || strings.Count(sent[0].Text, "Bob answered your question") != 5 || sent[0].Thread != "" {
			t.Fatalf("held back: %+v", sent)
		}
		lea := k.join("Lea", org.Social)
		// What does not fit into one mail goes into the next, and none is left out.
		for i := range 50 {
			k.reply(lea, q, fmt.Sprintf("Pump number %d.", i))
			k.pass(10 * time.Second)
		}
		k.tells()
		k.pass(time.Hour)
		k.tells()
		told := ""
		for _, l := range o.take() {
			told += l.Text
		}
		for i := range 50 {
			same(t, fmt.Sprintf("mails that tell of pump %d", i), 1, strings.Count(told, fmt.Sprintf("Pump number %d.", i)))
		}
	})
}

func TestUnsubscribe(t *testing.T) {
	each(t, func(t *testing.T, k *square) {
		o := k.mails()
		ada, bob := k.join("Ada", org.Plain), k.join("Bob", org.Plain)
		q := k.ask(ada, "Which tyre for winter?", "It snows.")
		k.reply(bob, q, "Studded.")
		k.tells()
		sent := o.take()
		same(t, "mails", 1, len(sent))
		token := sent[0].Unsubscribe[strings.LastIndexByte(sent[0].Unsubscribe, '/')+1:]
		for _, bad := range []string{"", "x", token + "0", token[:len(token)-1] + "!", strings.Repeat("0", len(token)), k.id + token[20:]} {
			_, err := k.Unsubscribe(t.Context(), k.id, bad, false)
			refused(t, err, problem.Missing, "problem.not_found")
		}
		_, err := k.Unsubscribe(t.Context(), "elsewhere", token, false)
		refused(t, err, problem.Missing, "problem.not_found")
		x, err := k.Unsubscribe(t.Context(), k.id, token, true)
		must(t, err)
		if x.Thread != q || x.Ended {
			t.Fatalf("%+v", x)
		}
		k.reply(bob, q, "Or chains.")
		k.tells()
		same(t, "told of the thread", 1, len(k.told(ada)))
		for range 2 {
			x, err = k.Unsubscribe(t.Context(), k.id, token, false)
			must(t, err)
			same(t, "ended", true, x.Ended)
		}
		other := k.ask(ada, "Which light for winter?", "It is dark.")
		k.reply(bob, other, "A bright one.")
		k.tells()
		same(t, "mails after the end", 0, len(o.take()))
		same(t, "in the page", 2, len(k.told(ada)))

		// The link in a mail that asks for help ends being asked, and nothing else.
		_, err = k.Pick(ada, k.id, k.reply(bob, other, "The brightest."), true)
		must(t, err)
		lead := k.join("Lea", org.Social)
		must(t, k.SetWilling(bob, true))
		k.tells()
		o.take()
		must(t, k.AskToHelp(lead, k.id, k.ask(ada, "Which light for a child?", "Small."), org.Who(bob).ID))
		k.tells()
		sent = o.take()
		same(t, "mails that ask for help", 1, len(sent))
		same(t, "says what it ends", true, strings.Contains(sent[0].Text, "Do not ask me to help any more"))
		x, err = k.Unsubscribe(t.Context(), k.id, sent[0].Unsubscribe[strings.LastIndexByte(sent[0].Unsubscribe, '/')+1:], false)
		must(t, err)
		willing, said, err := k.Willing(bob)
		must(t, err)
		same(t, "ended, willing, said", [3]bool{true, false, true}, [3]bool{x.Ended, willing, said})
	})
}

// TestFaultsOfMail: what surely did not go out is tried again, what nobody knows of is not.
func TestFaultsOfMail(t *testing.T) {
	each(t, func(t *testing.T, k *square) {
		o := k.mails()
		ada, bob := k.join("Ada", org.Plain), k.join("Bob", org.Plain)
		q := k.ask(ada, "Which tyre for winter?", "It snows.")
		k.reply(bob, q, "Studded.")
		o.fault = fmt.Errorf("down: %w", community.ErrNotSent)
		k.tells()
		o.fault = nil
		k.tells()
		same(t, "too early", 0, len(o.take()))
		k.pass(10 * time.Minute)
		k.tells()
		same(t, "again", 1, len(o.take()))
		k.reply(bob, q, "Or chains.")
		o.fault = fmt.Errorf("the line broke")
		k.tells()
		o.fault = nil
		k.pass(24 * time.Hour)
		k.tells()
		same(t, "not again", 0, len(o.take()))
	})
}

func TestDigest(t *testing.T) {
	each(t, func(t *testing.T, k *square) {
		o := k.mails()
		ada, bob := k.join("Ada", org.Plain), k.join("Bob", org.Plain)
		must(t, k.db.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
			_, err := db.Exec(ctx, q, "UPDATE member SET zone = 'Europe/Paris', lang = 'fr' WHERE email = 'bob@velo.example'")
			return err
		}))
		m, err := k.org.ByEmail(t.Context(), "bob@velo.example")
		must(t, err)
		bob = org.With(t.Context(), m)
		must(t, k.SetWishes(bob, k.sight(bob), k.id, community.Wish{Level: community.Mine, Spaces: map[string]community.Level{k.spaces["talk"]: community.Everything}, Digest: community.Daily}))
		k.holding()
		lea := k.join("Lea", org.Social)
		q := k.ask(ada, "Which tyre for winter?", "It snows.")
		k.reply(bob, q, "Studded.")
		mine := k.ask(bob, "Where is the pump?", "I lost it.")
		k.reply(ada, mine, "Under the stairs.")
		k.ask(ada, "Which light for winter?", "It is dark.")
		quiet := k.ask(bob, "Is it too loud here?", "I hear nothing.")
		k.reply(ada, quiet, "Yes.")
		must(t, k.SetLevelOf(bob, k.id, quiet, community.Silence))
		_, err = k.Start(ada, community.Begin{Space: k.spaces["talk"], Kind: community.Discussions, Title: "A ride on Sunday", Body: "To the sea."})
		must(t, err)
		k.propose(ada, "A bell that rings")
		text, err := k.WriteArticle(lea, community.ArticleDraft{Space: k.spaces["help"], Kind: community.Guide, Title: "Oiling a chain", Body: "With oil.", Lang: "en"})
		must(t, err)
		must(t, k.TurnArticle(lea, k.id, text, community.Approved, ""))
		k.tells()
		for _, l := range o.take() { // Ada has each notice by mail
			if l.To == "bob@velo.example" {
				t.Errorf("before the morning: %+v", l)
			}
		}
		k.mu.Lock()
		k.time = time.Date(2026, 5, 5, 5, 1, 0, 0, time.UTC) // 7:01 in Paris
		k.mu.Unlock()
		k.tells()
		sent := o.take()
		if len(sent) != 1 || sent[0].To != "bob@velo.example" || sent[0].Subject != "Votre journée sur Velo" {
			t.Fatalf("sent %+v", sent)
		}
		heads := regexp.MustCompile(`(?m)^(Réponses pour vous|Questions sans réponse là où vous répondez|Nouveau là où vous voulez tout savoir|Idées|Articles approuvés|Where is the pump\?|A ride on Sunday|A bell that rings|Oiling a chain|Is it too.*|Which light for winter\?|Which tyre.*)$`).FindAllString(sent[0].Text, -1)
		same(t, "digest", []string{"Réponses pour vous", "Where is the pump?", "Questions sans réponse là où vous répondez", "Which light for winter?", "Nouveau là où vous voulez tout savoir", "A ride on Sunday",
			"Idées", "A bell that rings", "Articles approuvés", "Oiling a chain"}, heads)
		// Nothing happened: nothing comes.
		k.pass(48 * time.Hour)
		for _, thread := range []string{q, mine} {
			th, err := k.Thread(bob, k.sight(bob), k.id, thread)
			must(t, err)
			must(t, k.Read(bob, &th))
		}
		all, err := k.Threads(bob, k.sight(bob), community.Query{Community: k.id})
		must(t, err)
		for i := range all.Threads {
			must(t, k.Read(bob, &all.Threads[i]))
		}
		k.tells()
		same(t, "an empty digest", 0, len(o.take()))
	})
}

// TestThanksInWords: who is thanked in words is told once, with the words; nothing is left of thanks that were taken back.
func TestThanksInWords(t *testing.T) {
	each(t, func(t *testing.T, k *square) {
		post := k.mails()
		ada, bob := k.join("Ada", org.Plain), k.join("Bob", org.Plain)
		k.ask(bob, "Why do my brakes squeak?", "They squeak.")
		k.tells()
		thanks := func(key string, data ledger.Thanks) string {
			added, err := k.ledger.State(t.Context(), ledger.Activity{Kind: ledger.MemberThanked, Actor: "mailto:" + org.Who(ada).Email, Channel: k.channel, At: k.now(), Key: key, Data: ledger.Data(data)})
			must(t, err)
			return added[0].ID
		}
		to := "mailto:" + org.Who(bob).Email
		first := thanks("thanks:1", ledger.Thanks{To: to, Name: "Ada", Words: "You saved my winter."})
		thanks("thanks:2", ledger.Thanks{To: "mailto:nobody@velo.example", Name: "Ada", Words: "Thanks."})
		post.take()
		k.tells()
		k.tells()
		list, err := k.Notices(bob, k.sight(bob), k.id)
		must(t, err)
		if len(list) != 1 || list[0].Kind != community.WordsOfThanks || list[0].Words != "You saved my winter." || list[0].By != "Ada" {
			t.Fatalf("who is thanked is told %+v", list)
		}
		same(t, "who thanks", []string{}, k.told(ada))
		if m := post.take(); len(m) != 1 || m[0].Subject != "Ada thanks you" || !strings.Contains(m[0].Text, "You saved my winter.") || m[0].ReplyTo != "" {
			t.Errorf("mails %+v", m)
		}
		thanks("thanks_back:"+first, ledger.Thanks{To: to, Back: first})
		k.tells()
		same(t, "after they were taken back", []string{}, k.told(bob))
		same(t, "and how many are new", 0, k.fresh(bob))
	})
}

// TestInAndOut: who asks to be let in, is let in, refused, invited or made a moderator, and who decides that, is told, with who did it and where it leads.
func TestInAndOut(t *testing.T) {
	each(t, func(t *testing.T, k *square) {
		o := k.mails()
		ada, bob, lea := k.join("Ada", org.Plain), k.join("Bob", org.Plain), k.join("Lea", org.Social)
		den := k.spaces["den"]
		must(t, k.db.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
			_, err := db.Exec(ctx, q, "UPDATE community_space SET access = 'request' WHERE id = $1", den)
			return err
		}))
		asks := func(who context.Context) {
			t.Helper()
			state, err := k.JoinSpace(who, den, "Please.")
			must(t, err)
			same(t, "asks", community.Asked, state)
		}
		news := func(who context.Context) (out []string) {
			t.Helper()
			list, err := k.Notices(who, k.sight(who), k.id)
			must(t, err)
			for _, n := range list {
				out = append(out, string(n.Kind)+" "+n.By+" "+n.Subject+" "+strings.ReplaceAll(n.Words, "\n", " "))
			}
			slices.Sort(out)
			return out
		}
		asks(ada)
		must(t, k.LetIn(lea, k.id, den, org.Who(ada).ID))
		must(t, k.GiveRole(lea, k.id, den, org.Who(ada).ID, community.Moderator))
		asks(bob)
		must(t, k.PutOut(ada, k.id, den, org.Who(bob).ID))
		must(t, k.Invite(ada, k.id, den, "bob@velo.example"))
		same(t, "Lea", []string{"asks_in Ada /c/velo/spaces/den/members Space Please."}, news(lea))
		same(t, "Ada", []string{"asks_in Bob /c/velo/spaces/den/members Space Please.", "let_in Lea /c/velo/spaces/den Space", "moderator Lea /c/velo/spaces/den/members Space"}, news(ada))
		same(t, "Bob", []string{"invited Ada /c/velo/spaces Space", "not_let_in Ada /c/velo/spaces/den Space"}, news(bob))
		o.take()
		k.tells()
		var subjects []string
		for _, l := range o.take() {
			subjects = append(subjects, l.To+" "+l.Subject)
		}
		slices.Sort(subjects)
		same(t, "mails", []string{"ada@velo.example Bob asks to be let in", "ada@velo.example Lea made you a moderator", "ada@velo.example You were let in", "bob@velo.example Ada invites you",
			"bob@velo.example You were not let in", "lea@velo.example Ada asks to be let in"}, subjects)
	})
}
