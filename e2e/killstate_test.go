package e2e

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/id"
)

// killStatements kills the program while a statement goes out to many, replies are approved and a rule does its doings: each copy, each
// approved reply and each doing is there once.
func killStatements(t *testing.T, p place, r *rand.Rand, kills int) {
	const mails, held = 60, 10
	office := newPostOffice(t, rand.New(rand.NewPCG(r.Uint64(), 3)))
	s, c := settled(t, p)
	post := func(to string, values ...string) answer {
		t.Helper()
		a := c.post(to, values...)
		if a.status != http.StatusSeeOther {
			t.Fatalf("%s: %d\n%.1500s", to, a.status, a.body)
		}
		return a
	}
	post("/channels", "kind", "mail", "name", "Support", "inbox", "all", "enabled", "true", "set-address", "shop@velo.example", "set-name", "Vélo",
		"set-imap_host", "127.0.0.1:1", "set-imap_security", "none", "set-imap_user", "shop", "set-imap_password", "secret", "set-smtp_host", office.address, "set-smtp_security", "none")
	post("/rules", "name", "Bikes", "when", "heard", "words", "bike", "note", "Look into the shed.", "per_hour", "500", "on", "yes")
	var box bytes.Buffer
	at := time.Now().UTC().Add(-time.Hour)
	for n := range mails {
		fmt.Fprintf(&box, "From ada@example.org Mon Mar  2 10:00:00 2026\nFrom: Writer %d <w%d@example.org>\nTo: shop@velo.example\nSubject: Question %d\n"+
			"Date: %s\nMessage-ID: <q%d@example.org>\n\nWhere is my bike number %d?\n\n", n, n, n, at.Format(time.RFC1123Z), n, n)
	}
	p.must(t, "import", "mbox", write(t, "box.mbox", box.Bytes()), "--channel", "Support", "--inbox", "--direct", "--own", "shop@velo.example")
	waitFor(t, "conversations", func() bool { return p.count(t, "SELECT COUNT(*) FROM conversation") == mails })
	conversations := p.rows(t, "SELECT id FROM conversation ORDER BY id")
	bo := id.New()
	p.sql(t, "INSERT INTO member (id, email, name, role, lang, zone, state, created_at) VALUES ($1, 'bo@velo.example', 'Bo', 'volunteer', 'en', 'UTC', 'active', 1)", bo)
	var waiting []string
	for n := range held {
		waiting = append(waiting, id.New())
		p.sql(t, "INSERT INTO reply_approval (id, conversation, member, answer, state, created_at) VALUES ($1, $2, $3, $4, 'waiting', $5)", waiting[n], conversations[n], bo,
			fmt.Sprintf(`{"Text": "Held reply %d. We call you tomorrow.", "Private": true}`, n), n+1)
	}
	room := post("/situations", "name", "Bikes", "level", "serious").header.Get("Location")
	post(room+"/gather", "words", "bike")
	post(room+"/statements", "kind", "statement", "text_en", "All bikes are in the shed. We call each of you by Friday.")
	statement := p.rows(t, "SELECT id FROM situation_statement")[0]
	post(room+"/statements/"+statement, "do", "override")
	post(room+"/statements/"+statement, "do", "begin")

	next := 0
	for range kills {
		done, stop := make(chan bool), make(chan bool)
		go func() {
			defer close(done)
			for next < held {
				select {
				case <-stop:
					return
				default:
				}
				a, err := c.tryPost("/approvals/"+waiting[next], form("do", "approve", "override", "yes"))
				if err != nil {
					return // killed under way: approved again after the restart
				}
				if a.status != http.StatusSeeOther && a.status != http.StatusNotFound {
					t.Errorf("approval %d: %d\n%.500s", next, a.status, a.body)
					return
				}
				next++
				<-time.After(20 * time.Millisecond)
			}
		}()
		<-time.After(between(r, 20*time.Millisecond, 400*time.Millisecond))
		s.kill()
		close(stop)
		<-done
		p.sql(t, "UPDATE outgoing SET due_at = 1 WHERE state = 'queued'")
		p.sql(t, "UPDATE outgoing SET lease_until = 1 WHERE lease_until IS NOT NULL")
		if p.database != "" {
			p.sql(t, "UPDATE rule_cursor SET lease_until = NULL") // on SQLite the next process takes the turn by itself
		}
		s = again(t, p)
		c = c.moved(t, s.URL)
	}
	for ; next < held; next++ {
		c.post("/approvals/"+waiting[next], "do", "approve", "override", "yes")
	}
	moving := "SELECT COUNT(*) FROM situation_copy WHERE state = 'waiting'"
	waitFor(t, "all copies to be handed over", func() bool { return p.count(t, moving) == 0 }, func() string { return s.out.String() })
	waitFor(t, "everything to be sent", func() bool {
		p.sql(t, "UPDATE outgoing SET due_at = 1 WHERE state = 'queued'")
		return p.count(t, "SELECT COUNT(*) FROM outgoing WHERE state IN ('queued', 'sending')") == 0 && p.count(t, undigested) == 0 &&
			p.count(t, "SELECT COUNT(*) FROM activity WHERE kind = 'conversation.noted'") >= mails
	}, func() string {
		return strings.Join(p.rows(t, "SELECT state, COUNT(*) FROM outgoing GROUP BY state"), "\n")
	})
	s.stop()

	queued := map[string]int{}
	for _, row := range p.rows(t, "SELECT conversation, content FROM outgoing") {
		conversation, content, _ := strings.Cut(row, "|")
		queued[conversation+" "+regexp.MustCompile(`Held reply \d+|All bikes`).FindString(content)]++
	}
	for what, n := range queued {
		if n != 1 {
			t.Errorf("%s was queued %d times", what, n)
		}
	}
	if len(queued) != mails+held {
		t.Errorf("%d were queued, want %d", len(queued), mails+held)
	}
	office.mu.Lock()
	defer office.mu.Unlock()
	for id, n := range office.taken {
		if n != 1 {
			t.Errorf("%s was sent %d times", id, n)
		}
	}
	sent := p.count(t, "SELECT COUNT(*) FROM outgoing WHERE state = 'sent'")
	if unsure := p.count(t, "SELECT COUNT(*) FROM outgoing WHERE state = 'uncertain'"); sent+unsure != mails+held {
		t.Errorf("%d were sent and %d are for a person to look at, of %d", sent, unsure, mails+held)
	}
	if n := p.count(t, "SELECT COUNT(*) FROM activity WHERE kind = 'conversation.noted'"); n != mails {
		t.Errorf("the rule noted %d times, want %d", n, mails)
	}
	sameAfterRebuild(t, p)
	t.Logf("%d kills, %d sent", kills, sent)
}
