package letter_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"

	"github.com/entente/entente/internal/channel"
	forum "github.com/entente/entente/internal/channel/community"
	"github.com/entente/entente/internal/channel/mail"
	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/letter"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/people"
	"github.com/entente/entente/internal/seal"
)

// town is a community whose mailbox is on a server in this process.
type town struct {
	t        *testing.T
	db       *db.DB
	ledger   *ledger.Ledger
	channels *channel.Service
	places   *community.Service
	letters  *letter.Service
	user     *imapmemserver.User
	id       string
	spaces   map[string]string

	mu    sync.Mutex
	time  time.Time
	sent  []community.Letter
	fault error
	n     int
}

func (k *town) Deliver(_ context.Context, l community.Letter) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.fault == nil {
		k.sent = append(k.sent, l)
	}
	return k.fault
}

func (k *town) took() []community.Letter {
	k.mu.Lock()
	defer k.mu.Unlock()
	out := k.sent
	k.sent = nil
	return out
}

func (k *town) now() time.Time {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.time
}

func (k *town) pass(d time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.time = k.time.Add(d)
}

func (k *town) must(err error) {
	k.t.Helper()
	if err != nil {
		k.t.Fatal(err)
	}
}

type literal struct{ *strings.Reader }

func (l literal) Size() int64 { return l.Reader.Size() }

func newTown(t *testing.T, d *db.DB) *town {
	k := &town{t: t, db: d, time: time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC), id: id.New(), spaces: map[string]string{}}
	mem := imapmemserver.New()
	k.user = imapmemserver.NewUser("contact@velo.example", "secret")
	k.must(k.user.Create("INBOX", nil))
	mem.AddUser(k.user)
	srv := imapserver.New(&imapserver.Options{NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
		return mem.NewSession(), nil, nil
	},
		Caps: imap.CapSet{imap.CapIMAP4rev1: {}}, InsecureAuth: true})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	k.must(err)
	done := make(chan struct{})
	go func() { defer close(done); _ = srv.Serve(l) }()
	t.Cleanup(func() { _ = srv.Close(); _ = l.Close(); <-done })

	log := slog.New(slog.DiscardHandler)
	box, err := seal.New(make([]byte, 32))
	k.must(err)
	o := org.New(d, log, k.now, org.WithURL("https://velo.example"))
	k.ledger = ledger.New(d, log, k.now, channel.PostFollower(), people.Follower(), community.Follower())
	k.channels = channel.New(d, k.ledger, box, channel.World{Clock: k.now, Log: log, Dial: (&net.Dialer{}).DialContext}, log, k.now, forum.New(), mail.New())
	k.places = community.New(d, k.ledger, k.channels, o, log, k.now).WithMail(k, box)
	k.letters = letter.New(d, k.channels, k.places, o, k, log, k.now)
	k.channels.WithLetters(k.letters.Take)
	k.places.WithPosts(k.letters.Address)
	a, err := k.channels.Add(t.Context(), channel.Draft{Kind: forum.Kind, Name: "Velo", Settings: channel.Settings{"url": "https://velo.example/c/velo"}, Inbox: channel.InboxNone})
	k.must(err)
	_, err = k.channels.Add(t.Context(), channel.Draft{Kind: mail.Kind, Name: "Mail", Inbox: channel.InboxNone, Settings: channel.Settings{"address": "contact@velo.example", "imap_host": l.Addr().String(),
		"imap_security": "none", "imap_user": "contact@velo.example", "imap_password": "secret", "auth_server": "mx.velo.example", "posts": "contact+*@velo.example"}})
	k.must(err)
	k.must(d.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
		if _, err := db.Exec(ctx, q, "INSERT INTO organisation (one, name, lang, zone, created_at, changed_at) VALUES (1, 'Velo', 'en', 'UTC', $1, $1)", db.T(k.now())); err != nil {
			return err
		}
		if _, err := db.Exec(ctx, q, `INSERT INTO community (id, slug, channel, name, langs, audience, sign_up, created_at, changed_at)
			VALUES ($1, 'velo', $2, '{"en":"Velo"}', '["en","fr"]', 'public', 'open', $3, $3)`, k.id, a.ID, db.T(k.now())); err != nil {
			return err
		}
		for i, sp := range []struct{ slug, access string }{{"help", "open"}, {"den", "hidden"}} {
			k.spaces[sp.slug] = id.New()
			if _, err := db.Exec(ctx, q, `INSERT INTO community_space (id, community, slug, name, access, holds, position, created_at)
				VALUES ($1, $2, $3, '{"en":"Space"}', $4, '["question","discussion"]', $5, $6)`, k.spaces[sp.slug], k.id, sp.slug, sp.access, i, db.T(k.now())); err != nil {
				return err
			}
		}
		return nil
	}))
	return k
}

func (k *town) join(name string) context.Context {
	k.t.Helper()
	m := &org.Member{ID: id.New(), Email: strings.ToLower(name) + "@bruyere.example", Name: name, Role: org.Plain, Lang: "en", Zone: "UTC", State: org.Active, CreatedAt: k.now()}
	k.must(k.db.Tx(k.t.Context(), func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, "INSERT INTO member (id, email, name, role, lang, zone, state, created_at) VALUES ($1, $2, $3, $4, 'en', 'UTC', 'active', $5)", m.ID, m.Email, m.Name, string(m.Role), db.T(k.now()))
		return err
	}))
	return org.With(k.t.Context(), m)
}

const proof = "Authentication-Results: mx.velo.example; dkim=pass header.d=bruyere.example; spf=pass smtp.mailfrom=x@bruyere.example\r\n"

// arrive puts a mail into the mailbox; head stands above, body below what every mail has.
func (k *town) arrive(head, from, to, body string) {
	k.t.Helper()
	k.n++
	raw := head + "From: " + from + "\r\nTo: " + to + "\r\nSubject: Re: Which chain for the winter?\r\nDate: Mon, 4 May 2026 12:00:00 +0000\r\n"
	if !strings.Contains(head, "Message-ID") {
		raw += fmt.Sprintf("Message-ID: <m%d@bruyere.example>\r\n", k.n)
	}
	if !strings.HasPrefix(body, "Content-Type:") {
		raw += "\r\n"
	}
	_, err := k.user.Append("INBOX", literal{strings.NewReader(raw + body)}, &imap.AppendOptions{Time: k.now()})
	k.must(err)
}

// work fetches and handles what is there.
func (k *town) work() {
	k.t.Helper()
	k.pass(10 * time.Minute)
	polled, err := k.channels.PollOnce(k.t.Context(), k.now())
	k.must(err)
	if polled.Failed > 0 {
		k.t.Fatal("the mailbox could not be read")
	}
	for _, step := range []func(context.Context) (int, error){k.letters.HandleOnce, k.letters.AnswerOnce} {
		for n := 1; n > 0; {
			n, err = step(k.t.Context())
			k.must(err)
		}
	}
}

// said are the texts of a thread's posts, the first left out.
func (k *town) said(thread string) []string {
	k.t.Helper()
	list, err := db.All(k.t.Context(), k.db.Read(), db.Self[string], "SELECT author_name || ': ' || markup FROM community_post WHERE thread = $1 AND id <> $1 ORDER BY at, id", thread)
	k.must(err)
	return list
}

// told is the one word that somebody got.
func (k *town) told(to, words string) string {
	k.t.Helper()
	list := k.took()
	if len(list) != 1 || list[0].To != to || !strings.Contains(list[0].Text, words) || list[0].Answers == "" || list[0].ReplyTo != "" {
		k.t.Fatalf("%s was to be told %q; sent were %+v", to, words, list)
	}
	return list[0].Text
}

func (k *town) quiet(why string) {
	k.t.Helper()
	if list := k.took(); len(list) > 0 {
		k.t.Fatalf("%s: sent were %+v", why, list)
	}
}

func (k *town) has(thread string, n int, why string) {
	k.t.Helper()
	if list := k.said(thread); len(list) != n {
		k.t.Fatalf("%s: %d posts, want %d: %q", why, len(list), n, list)
	}
}

// TestLetters: notices are answered by mail, threads begun, and what is not surely its author's waits for their word.
func TestLetters(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := newTown(t, d)
		ada, bob, eve := k.join("Ada"), k.join("Bob"), k.join("Eve")
		ctx := t.Context()
		q, err := k.places.Start(ada, community.Begin{Space: k.spaces["help"], Kind: community.Questions, Title: "Which chain for the winter?", Body: "Mine rusts."})
		k.must(err)
		k.must(k.places.Follow(bob, k.id, q, true))
		answer, err := k.places.Reply(eve, k.id, community.Reply{Post: q, Body: "Any, with wax."})
		k.must(err)
		_, err = k.places.Hear(ctx)
		k.must(err)
		k.pass(2 * time.Minute)
		_, err = k.places.SendOnce(ctx)
		k.must(err)
		to := map[string]string{}
		for _, l := range k.took() {
			to[l.To] = l.ReplyTo
			if !strings.Contains(l.Text, "Answer this mail") {
				t.Fatalf("a notice does not say that it can be answered: %s", l.Text)
			}
		}
		reply := to["ada@bruyere.example"]
		if !regexp.MustCompile(`^contact\+[0-9a-z]{44}@velo\.example$`).MatchString(reply) || to["bob@bruyere.example"] == reply || to["bob@bruyere.example"] == "" {
			t.Fatalf("answers go to %v", to)
		}

		k.arrive(proof, "Ada <ada@bruyere.example>", reply, "Which **wax**?\r\n\r\nOn Mon, 4 May 2026, Velo <contact@velo.example> wrote:\r\n> Any, with wax.\r\n")
		k.work()
		if got := k.said(q); len(got) != 2 || got[1] != "Ada: Which **wax**?" {
			t.Fatalf("said %q", got)
		}
		parent, _, err := db.Value[string](ctx, d.Read(), "SELECT parent FROM community_post WHERE thread = $1 AND author = 'mailto:ada@bruyere.example' AND id <> $1", q)
		k.must(err)
		if parent != answer {
			t.Fatal("it does not answer what the notice was about")
		}
		if n, _, _ := db.Value[int](ctx, d.Read(), "SELECT COUNT(*) FROM post WHERE kind = 'mail'"); n != 0 {
			t.Fatal("a letter is a post of the mailbox too")
		}
		k.quiet("what is posted needs no word")

		// The same mail again: by the same id with other words, and under another id.
		k.arrive(proof+"Message-ID: <m1@bruyere.example>\r\n", "ada@bruyere.example", reply, "Something else.")
		k.arrive(proof+"Message-ID: <other@bruyere.example>\r\n", "Ada <ada@bruyere.example>", reply, "Which **wax**?\r\n\r\nOn Mon, 4 May 2026, Velo <contact@velo.example> wrote:\r\n> Any, with wax.\r\n")
		k.work()
		k.has(q, 2, "a mail that comes again")

		// Nothing is published that its author may not have written: no proof, another server's word, another's domain, another member.
		forged := "Authentication-Results: mx.evil.example; dkim=pass header.d=bruyere.example\r\n"
		k.arrive(forged, "ada@bruyere.example", reply, "I like rust.")
		k.work()
		k.has(q, 2, "a forged mail")
		text := k.told("ada@bruyere.example", "cannot tell that it is yours")
		if strings.Contains(text, "rust") {
			t.Fatal("what was forged is sent on")
		}
		token := regexp.MustCompile(`/letter/([0-9a-z]+)`).FindStringSubmatch(text)[1]
		if _, err := k.letters.Pending(ctx, token[:len(token)-1]+"0"); err == nil && !strings.HasSuffix(token, "0") {
			t.Fatal("a link that nobody made works")
		}
		for range 2 {
			l, err := k.letters.Confirm(ctx, token)
			k.must(err)
			if l.State != letter.Posted || l.Post == "" {
				t.Fatalf("confirmed: %+v", l)
			}
		}
		k.has(q, 3, "what its author confirmed, twice")
		k.arrive("", "eve@bruyere.example", reply, "I am Ada.")
		k.work()
		text = k.told("ada@bruyere.example", "cannot tell")
		token = regexp.MustCompile(`/letter/([0-9a-z]+)`).FindStringSubmatch(text)[1]
		k.must(k.letters.Drop(ctx, token))
		if _, err := k.letters.Confirm(ctx, token); err == nil {
			t.Fatal("what was thrown away can be posted")
		}
		k.has(q, 3, "what its author threw away")

		// Machines are not answered, and say nothing.
		for _, head := range []string{"Auto-Submitted: auto-replied\r\n", "Precedence: bulk\r\n", "X-Autoreply: yes\r\n", "Return-Path: <>\r\n"} {
			k.arrive(proof+head, "ada@bruyere.example", reply, "I am away.")
		}
		k.arrive(proof, "contact@velo.example", reply, "Round and round.")
		k.arrive(proof, "contact+velo.help@velo.example", reply, "Round and round.")
		k.work()
		k.has(q, 3, "machines")
		k.quiet("machines")

		// What cannot be posted is told.
		k.arrive(proof, "ada@bruyere.example", reply, "On Mon, 4 May 2026, Velo <contact@velo.example> wrote:\r\n> Any, with wax.\r\n")
		k.work()
		k.told("ada@bruyere.example", "No text of yours")
		k.arrive(proof, "ada@bruyere.example", reply, strings.Repeat("long ", 20_000))
		k.work()
		k.told("ada@bruyere.example", "40000")
		files := "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nHere is the list.\r\n--b\r\nContent-Type: text/csv; name=list.csv\r\nContent-Disposition: attachment; filename=list.csv\r\n\r\na,b\r\n" +
			"--b\r\nContent-Type: application/zip\r\nContent-Disposition: attachment; filename=all.zip\r\nContent-Transfer-Encoding: base64\r\n\r\nUEsDBAo=\r\n--b--\r\n"
		k.pass(25 * time.Hour)
		k.arrive(proof, "ada@bruyere.example", reply, files)
		k.work()
		k.told("ada@bruyere.example", "all.zip")
		if got := k.said(q); len(got) != 4 || !strings.HasPrefix(got[3], "Ada: Here is the list.\n\n[list.csv](/media/") {
			t.Fatalf("said %q", got)
		}
		k.must(k.places.Delete(eve, k.id, answer))
		k.arrive(proof, "ada@bruyere.example", reply, "Too late.")
		k.work()
		k.told("ada@bruyere.example", "removed")

		// A thread by mail, and who may is asked as on the page: of a hidden space there is nothing to learn.
		k.arrive(proof, "bob@bruyere.example", "contact+velo.help@velo.example", "Mine too.")
		k.work()
		if n, _, _ := db.Value[int](ctx, d.Read(), "SELECT COUNT(*) FROM community_thread WHERE title = 'Which chain for the winter?' AND author = 'mailto:bob@bruyere.example'"); n != 1 {
			t.Fatal("a thread was not begun by mail")
		}
		k.arrive(proof, "bob@bruyere.example", "contact+velo.den@velo.example", "Hello?")
		k.work()
		hidden := k.told("bob@bruyere.example", "no space")
		k.arrive(proof, "bob@bruyere.example", "contact+velo.nothing@velo.example", "Hello there?")
		k.work()
		if k.told("bob@bruyere.example", "no space") != hidden {
			t.Fatal("a hidden space is told from none")
		}
		k.arrive(proof, "mallory@bruyere.example", "contact+velo.help@velo.example", "Buy.")
		k.arrive("", "nobody@elsewhere.example", "contact+velo.help@velo.example", "Buy now.")
		k.work()
		k.told("mallory@bruyere.example", "address of your account")

		// Somebody who goes on and on is told so much a day, and no more.
		for i := range 30 {
			k.arrive(proof, "bob@bruyere.example", "contact+velo.den@velo.example", fmt.Sprintf("Hello %d?", i))
		}
		k.work()
		if n := len(k.took()); n > 5 {
			t.Fatalf("%d words to one sender in a day", n)
		}
		k.pass(72 * time.Hour) // what was more than is taken in an hour comes later
		k.work()
		if n := len(k.took()); n > 5 {
			t.Fatalf("%d words to one sender in a later day", n)
		}

		// What is not for us stays a mail like any other.
		k.arrive("", "dan@bruyere.example", "contact+news@velo.example", "A question.")
		k.arrive("", "dan@bruyere.example", "contact@velo.example", "Another question.")
		k.work()
		if n, _, _ := db.Value[int](ctx, d.Read(), "SELECT COUNT(*) FROM post WHERE kind = 'mail'"); n != 2 {
			t.Fatalf("%d mails are posts, want 2", n)
		}

		// After ninety days a notice is answered on the page.
		k.pass(community.RepliesFor)
		k.arrive(proof, "ada@bruyere.example", reply, "Spring has come.")
		k.work()
		k.told("ada@bruyere.example", "too old")

		// A word of which nobody knows whether it went is not said again.
		k.fault = errors.New("the line broke")
		k.arrive(proof, "ada@bruyere.example", reply, "Summer has come.")
		k.work()
		k.fault = nil
		k.pass(time.Hour)
		k.work()
		k.quiet("after an uncertain mail")
		k.must(k.letters.Forget(ctx))
		if n, _, _ := db.Value[int](ctx, d.Read(), "SELECT COUNT(*) FROM letter_part"); n != 0 {
			t.Fatalf("%d parts of letters are kept that nobody needs", n)
		}
	})
}
