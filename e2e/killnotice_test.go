package e2e

import (
	"fmt"
	"io"
	"math/rand/v2"
	"mime/quotedprintable"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/id"
)

// killNotices kills the program while many are told by mail of what one says: each notice is in a mail that the mail server took once, or in
// one of which nobody can know, and doctor counts those.
func killNotices(t *testing.T, p place, r *rand.Rand, kills int) {
	const people = 8
	office := newPostOffice(t, rand.New(rand.NewPCG(r.Uint64(), 3)))
	mail := []string{"ENTENTE_SMTP=smtp://" + office.address, "ENTENTE_MAIL_FROM=notices@velo.example"}
	s, c := settled(t, p, mail...)
	post := func(to string, values ...string) string {
		t.Helper()
		a := c.post(to, values...)
		if a.status != http.StatusSeeOther {
			t.Fatalf("%s: %d\n%.9000s", to, a.status, shownText(a.body))
		}
		return a.to()
	}
	post("/govern/gate/open", "reason", "This is a test of what comes by mail.")
	community := strings.TrimPrefix(post("/communities", "slug", "velo", "name_en", "Velo", "lang", "en", "audience", "public", "sign_up", "open"), "/communities/")
	post("/communities/"+community+"/spaces", "slug", "talk", "name_en", "Talk", "access", "open", "holds", "discussion")
	for n := range people {
		member := id.New()
		p.sql(t, "INSERT INTO member (id, email, name, role, lang, zone, state, created_at) VALUES ($1, $2, $3, 'member', 'en', 'UTC', 'active', 1)", member, fmt.Sprintf("p%d@velo.example", n), fmt.Sprintf("P%d", n))
		p.sql(t, "INSERT INTO community_level (member, place, level, at) VALUES ($1, $2, 'all', 1)", member, "community:"+community)
	}

	const due = "UPDATE community_mail SET due_at = 1 WHERE state = 'queued'" // the minute to take it back, or the hour of those held back, has passed
	const mails = "SELECT COUNT(*) FROM community_mail WHERE state IN ('queued', 'sending')"
	acknowledged, next := map[string]bool{}, 0
	for cycle := range kills {
		stop, done, one := make(chan bool), make(chan bool), make(chan bool)
		go func() {
			defer close(done)
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				title := fmt.Sprintf("Fact number %d.", next)
				a, err := c.tryPost("/c/velo/ask", form("kind", "discussion", "space", "talk", "title", title, "body", "It is so.", "token", fmt.Sprintf("t%d", next)))
				if err != nil {
					return // killed under way: the same form is sent again after the restart
				}
				if a.status == http.StatusTooManyRequests {
					return // nobody says so much in a minute; the next start counts anew
				}
				if a.status != http.StatusSeeOther {
					t.Errorf("fact %d: %d\n%.500s", next, a.status, shownText(a.body))
					return
				}
				acknowledged[title] = true
				next++
				if n == 0 {
					close(one)
				}
				p.sql(t, due)
				<-time.After(30 * time.Millisecond)
			}
		}()
		if cycle%2 == 1 {
			select {
			case <-one:
			case <-done:
			}
		}
		<-time.After(between(r, 20*time.Millisecond, 700*time.Millisecond))
		s.kill()
		close(stop)
		<-done
		p.sql(t, due)
		p.sql(t, "UPDATE community_mail SET lease_until = 1 WHERE state = 'sending'")
		if cycle%3 == 0 {
			p.sql(t, "UPDATE community_mail SET created_at = $1", time.Now().Add(-2*time.Hour).UnixMicro()) // what follows is told one by one again
		}
		s = again(t, p, mail...)
		c = c.moved(t, s.URL)
	}
	threads := "SELECT COUNT(*) FROM community_thread"
	state := func() string {
		return fmt.Sprintf("%s\n%s notices of %s threads\n%s", strings.Join(p.rows(t, "SELECT kind, state, COUNT(*) FROM community_mail GROUP BY kind, state"), "\n"),
			p.rows(t, "SELECT COUNT(*) FROM community_notice"), p.rows(t, threads), s.out)
	}
	waitFor(t, "everybody to be told", func() bool {
		return p.count(t, undigested) == 0 && p.count(t, "SELECT COUNT(*) FROM community_notice") >= people*p.count(t, threads)
	}, state)
	s.stop()
	p.sql(t, due)
	s = again(t, p, mail...) // it looks for what is due as it starts
	waitFor(t, "everything to be sent", func() bool { return p.count(t, mails) == 0 }, state)
	s.stop()

	office.mu.Lock()
	defer office.mu.Unlock()
	if n, want := p.count(t, "SELECT COUNT(*) FROM community_notice"), people*p.count(t, threads); n != want {
		t.Errorf("%d notices, want %d", n, want)
	}
	said := map[string]string{}
	for id, raw := range office.words {
		text, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(raw)))
		if err != nil {
			t.Logf("%s: %v", id, err)
		}
		said[id] = string(text)
		if office.taken[id] != 1 {
			t.Errorf("%s was sent %d times", id, office.taken[id])
		}
	}
	arrived, open := 0, map[string]bool{}
	for _, row := range p.rows(t, "SELECT n.member, t.title, COALESCE(m.id, ''), COALESCE(m.state, '') FROM community_notice n JOIN community_thread t ON t.id = n.thread LEFT JOIN community_mail m ON m.id = n.mail") {
		f := strings.Split(row, "|")
		text, taken := said[f[2]+"@velo.example"]
		switch {
		case f[3] == "uncertain":
			open[f[2]] = true
		case f[3] != "sent" || !taken:
			t.Errorf("the mail about %q is %q, and the mail server took it: %t", f[1], f[3], taken)
		case !strings.Contains(text, f[1]):
			t.Errorf("the mail about %q says nothing of it\n%.300s", f[1], text)
		default:
			arrived++
		}
	}
	titles := p.rows(t, "SELECT title FROM community_thread")
	for title := range acknowledged {
		n := 0
		for _, other := range titles {
			if other == title {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%q was acknowledged and is there %d times", title, n)
		}
	}
	if len(acknowledged) < kills/2 || arrived == 0 {
		t.Errorf("only %d facts were acknowledged and %d notices arrived: nothing was tested", len(acknowledged), arrived)
	}
	if got := p.command(t, "doctor"); len(open) > 0 && !strings.Contains(got.out, fmt.Sprintf("%d notices by mail of which nobody knows whether they arrived", len(open))) {
		t.Errorf("%d mails of which nobody knows are not told of: %s", len(open), got)
	}
	t.Logf("%d kills, %d facts, %d notices arrived in %d mails, %d mails uncertain", kills, len(titles), arrived, len(said), len(open))
}
