package inbox_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/hours"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/inbox/due"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/listening"
	"github.com/entente/entente/internal/people"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

func followed(d *db.DB, clock func() time.Time) *ledger.Ledger {
	log := slog.New(slog.DiscardHandler)
	e := enrich.New(d, log, enrich.LanguageIdentifier{})
	return ledger.New(d, log, clock, channel.PostFollower(), people.Follower(), e.Follower(), listening.NewMatcher(e).Follower(), inbox.Follower())
}

// TestRebuild holds that what is derived does not depend on how the ledger was cut into batches, nor on when conversations were opened.
func TestRebuild(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		clock := func() time.Time { return noon.Add(100 * 24 * time.Hour) }
		l := followed(d, clock)
		s := inbox.New(d, l, nil, nil, slog.New(slog.DiscardHandler), clock)
		topic(t, d, "brakes", "brake*", noon.Add(-time.Hour))
		topic(t, d, "price", "price OR prix", time.Time{})
		dbtest.Check(t, d, func(rt *rapid.T) {
			if err := d.Tx(ctx, func(ctx context.Context, q db.Q) error {
				_, err := db.Exec(ctx, q, "DELETE FROM activity")
				return err
			}); err != nil {
				rt.Fatal(err)
			}
			if err := l.Rebuild(ctx, 500, nil); err != nil {
				rt.Fatal(err)
			}
			h := &history{}
			n := rapid.IntRange(1, 60).Draw(rt, "activities")
			for range n {
				if _, err := l.Append(ctx, h.draw(rt)); err != nil {
					rt.Fatal(err)
				}
				switch rapid.IntRange(0, 12).Draw(rt, "then") {
				case 0, 1:
					if err := l.CatchUp(ctx); err != nil {
						rt.Fatal(err)
					}
				case 2:
					if err := s.OpenDueOnce(ctx); err != nil {
						rt.Fatal(err)
					}
				}
			}
			level(rt, d, l)
			if err := s.OpenDueOnce(ctx); err != nil {
				rt.Fatal(err)
			}
			level(rt, d, l)
			if failed, err := l.Failures(ctx); err != nil || len(failed) > 0 {
				rt.Fatalf("failures: %v %v", failed, err)
			}
			live := snapshot(rt, d, l)
			if due := live["mention_due"]; len(due) > 0 {
				rt.Fatalf("still due: %v", due)
			}
			for _, size := range []int{1, 7, 500} {
				if err := l.Rebuild(ctx, size, nil); err != nil {
					rt.Fatal(err)
				}
				level(rt, d, l)
				if failed, err := l.Failures(ctx); err != nil || len(failed) > 0 {
					rt.Fatalf("failures in batches of %d: %v %v", size, failed, err)
				}
				if diff := cmp.Diff(live, snapshot(rt, d, l)); diff != "" {
					rt.Fatalf("derived in batches of %d (-live +rebuilt):\n%s", size, diff)
				}
			}
			consistent(rt, d)
		})
	})
}

// level digests everything. On PostgreSQL a transaction anywhere on the server, of another test too, holds followers back for its time.
func level(t *rapid.T, d *db.DB, l *ledger.Ledger) {
	for {
		if err := l.CatchUp(context.Background()); err != nil {
			t.Fatal(err)
		}
		behind, _, err := db.Value[int](context.Background(), d.Read(), "SELECT COUNT(*) FROM activity a JOIN derivation d ON d.id = 1 WHERE (a.tx, a.seq) > (d.tx, d.seq)")
		if err != nil {
			t.Fatal(err)
		}
		if behind == 0 {
			return
		}
	}
}

func topic(t *testing.T, d *db.DB, name, query string, inboxAt time.Time) {
	t.Helper()
	err := d.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, "INSERT INTO topic (id, name, query, inbox_at, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $5)",
			id.From(name, "topic"), name, query, db.T(inboxAt), db.T(noon))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// consistent checks what must hold of the derived rows whatever happened.
func consistent(t *rapid.T, d *db.DB) {
	for what, query := range map[string]string{
		"counts":            "SELECT COUNT(*) FROM conversation_count k WHERE n <> (SELECT COUNT(*) FROM conversation c WHERE c.state = k.state AND c.assignee = k.assignee AND (c.waiting_since IS NOT NULL) = (k.waiting = 1))",
		"counted":           "SELECT (SELECT COALESCE(SUM(n), 0) FROM conversation_count) - (SELECT COUNT(*) FROM conversation)",
		"spans":             "SELECT COUNT(*) FROM conversation c WHERE c.reopened + 1 <> (SELECT COUNT(*) FROM conversation_span s WHERE s.conversation = c.id)",
		"ends of spans":     "SELECT COUNT(*) FROM conversation c WHERE (c.state = 'resolved') <> EXISTS (SELECT 1 FROM conversation_span s WHERE s.conversation = c.id AND s.n = c.reopened AND s.resolved_at IS NOT NULL)",
		"begin of spans":    "SELECT COUNT(*) FROM conversation c JOIN conversation_span s ON s.conversation = c.id AND s.n = 0 WHERE s.opened_at <> c.opened_at",
		"roots":             "SELECT COUNT(*) FROM conversation c LEFT JOIN post p ON p.id = c.root WHERE p.id IS NULL OR p.root <> p.id",
		"first posts":       "SELECT COUNT(*) FROM conversation c LEFT JOIN post p ON p.id = c.post WHERE p.id IS NULL OR p.root <> c.root",
		"aliases":           "SELECT COUNT(*) FROM conversation_alias a LEFT JOIN conversation c ON c.id = a.conversation WHERE c.id IS NULL",
		"resolved, waiting": "SELECT COUNT(*) FROM conversation WHERE state = 'resolved' AND waiting_since IS NOT NULL",
		"threads":           "SELECT COUNT(*) FROM post p JOIN post up ON up.id = p.parent WHERE p.root <> up.root AND p.root <> p.id AND NOT EXISTS (SELECT 1 FROM thread_move m WHERE m.old_root = p.root OR m.new_root = p.root)",
		"due":               "SELECT COUNT(*) FROM conversation c WHERE COALESCE(c.due_at, 0) <> COALESCE((SELECT MIN(due_at) FROM conversation_promise p WHERE p.conversation = c.id AND p.state = 'running'), 0)",
		"running":           "SELECT COUNT(*) FROM conversation_promise p LEFT JOIN conversation c ON c.id = p.conversation WHERE c.id IS NULL OR p.n >= c.promised OR c.state = 'resolved' AND p.state IN ('running', 'paused') OR p.state = 'running' AND p.due_at IS NULL",
		"one at a time":     "SELECT COUNT(*) FROM (SELECT 1 FROM conversation_promise WHERE state IN ('running', 'paused') GROUP BY conversation, aim = 'resolution' HAVING COUNT(*) > 1) AS v",
		"waits promised":    "SELECT COUNT(*) FROM conversation_promise p JOIN conversation c ON c.id = p.conversation WHERE p.state = 'running' AND p.aim <> 'resolution' AND (c.waiting_since IS NULL OR c.waiting_since <> p.begun_at)",
		"deleted words":     "SELECT COUNT(*) FROM conversation c JOIN post p ON p.id = c.post WHERE p.deleted_at IS NOT NULL AND c.excerpt <> ''",
	} {
		n, _, err := db.Value[int](context.Background(), d.Read(), query)
		if err != nil || n != 0 {
			t.Fatalf("%s: %d wrong (%v)", what, n, err)
		}
	}
}

func snapshot(t *rapid.T, d *db.DB, l *ledger.Ledger) map[string][]string {
	out := map[string][]string{}
	for _, table := range l.Tables() {
		query := "SELECT * FROM " + table
		if table == "post_text" {
			query = db.Pick(d.Read(), "SELECT rowid FROM post_text", "SELECT seq, stems::text FROM post_text")
		}
		out[table] = dump(t, d, query)
		if table == "post_text" && d.Engine() == db.SQLite { // the words of an index without content can only be asked for
			for _, w := range []string{"brake", "price", "prix", "squeak", "thank"} {
				out["post_text "+w] = dump(t, d, "SELECT rowid FROM post_text WHERE post_text MATCH '"+w+"'")
			}
		}
	}
	return out
}

func dump(t *rapid.T, d *db.DB, query string) []string {
	rows, err := d.Read().QueryContext(context.Background(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for rows.Next() {
		values := make([]any, len(names))
		for i := range values {
			values[i] = new(any)
		}
		if err := rows.Scan(values...); err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for i, v := range values {
			fmt.Fprintf(&b, "%s=%v ", names[i], *v.(*any))
		}
		out = append(out, b.String())
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

// history draws activities that may follow each other, sensible or not.
type history struct {
	said    map[int]string // post by number: its channel
	edits   int
	persons []string
	merges  []ledger.Activity
	joined  []ledger.Split // what undoes merges of threads
}

const (
	histPosts   = 14
	histMembers = 3
)

// promises are some that may be made, the n-th.
func promises(n int, pause bool) []byte {
	p := due.Promises{Calendars: []due.Calendar{{ID: "c", Name: "C", Calendar: hours.Usual("Europe/Paris")}}}
	if n > 0 {
		p.Policies = append(p.Policies, due.Policy{ID: "all", Name: "All", FirstReply: 60, NextReply: 30 * n, Resolution: 200, Calendar: "c", Pause: pause, Waits: []string{"b"}, Warn: 80, From: noon})
	}
	if n > 1 {
		p.Policies = slices.Insert(p.Policies, 0, due.Policy{ID: "urgent", Name: "Urgent", FirstReply: 5, Resolution: 50, Priorities: []string{"urgent"}, Pause: pause},
			due.Policy{ID: "angry", Name: "Angry", NextReply: 7, Feelings: []string{"negative"}})
	}
	raw, err := json.Marshal(p)
	if err != nil {
		panic(err)
	}
	return raw
}

func postID(n int) string { return id.From(fmt.Sprint("post", n), "test") }

func conversationOf(n int) string { return id.From(postID(n), "conversation") }

func (h *history) draw(t *rapid.T) ledger.Activity {
	if h.said == nil {
		h.said = map[int]string{}
	}
	number := func(what string, most int) int { return rapid.IntRange(0, most-1).Draw(t, what) }
	flag := func(what string, oneIn int) bool { return number(what, oneIn) == 0 }
	at := noon.Add(time.Duration(number("minute", 600)) * time.Minute)
	member := fmt.Sprint("member:m", number("member", histMembers))
	n := number("post", histPosts)
	a := ledger.Activity{Actor: member, At: at}
	about := func(kind string, v any) ledger.Activity {
		a.Kind, a.Object = kind, postID(n)
		if v != nil {
			a.Data = ledger.Data(v)
		}
		return a
	}
	handle := func(kind string, v any) ledger.Activity {
		about(kind, v)
		a.Object = conversationOf(n)
		return a
	}
	words := func() (title, text string) {
		list := []string{"my brakes squeak", "what is the price", "merci pour le prix", "thank you", "the brake failed and the price is high", ""}
		return list[number("title", len(list))], list[number("text", len(list))]
	}
	uri := func() string { return fmt.Sprintf("mailto:p%d@example.org", number("person", 5)) }
	switch kind := number("kind", 43); {
	case kind < 13:
		if _, there := h.said[n]; there {
			return about(ledger.PostLabelled, ledger.Label{Label: "sentiment", Value: []string{"", "negative", "positive"}[number("value", 3)]})
		}
		ch := []string{"one", "two"}[number("channel", 5)/4]
		h.said[n] = ch
		title, text := words()
		s := ledger.Said{ExternalID: fmt.Sprint("e", n), AuthorName: "P", Title: title, Text: text, Direct: flag("direct", 3), Inbox: flag("inbox", 3),
			Private: flag("private", 4)}
		for range number("replies", 3) {
			s.InReplyTo = append(s.InReplyTo, fmt.Sprint("e", number("reply to", histPosts)))
		}
		a.ID, a.Kind, a.Actor, a.Channel, a.Key = postID(n), ledger.PostSaid, uri(), ch, ledger.SaidKey(ch, s.ExternalID)
		switch number("who", 6) {
		case 0:
			s.Ours, s.Member, a.Actor = true, "m1", "member:m1"
			s.To = []ledger.Address{{URI: uri(), Name: "To"}}
		case 1:
			s.Automatic = "reply"
		}
		a.Data = ledger.Data(s)
		return a
	case kind < 15:
		title, text := words()
		h.edits++
		return about(ledger.PostEdited, ledger.Said{ExternalID: fmt.Sprint("e", n), Title: title, Text: text, Inbox: flag("inbox", 3)})
	case kind == 15:
		return about(ledger.PostDeleted, nil)
	case kind == 16:
		return about(ledger.PostLabelled, ledger.Label{Label: "sentiment", Value: []string{"", "negative", "positive"}[number("value", 3)]})
	case kind == 17:
		return about(ledger.VoteCast, ledger.Vote{Value: 1})
	case kind < 20:
		return about(ledger.AnswerPicked, ledger.Picked{Answer: []string{"", "e1", "e2"}[number("answer", 3)]})
	case kind < 22:
		return handle(ledger.ConversationOpened, ledger.Opened{Post: postID(n)})
	case kind == 22 && flag("passed", 2):
		return handle(ledger.ConversationPassed, ledger.Passed{Reason: "time", Words: []string{"", "no"}[number("words", 2)]})
	case kind == 24 && flag("handed up", 2):
		return handle(ledger.ConversationEscalated, ledger.Escalated{To: []string{"", "m2"}[number("to", 2)], Reason: "legal"})
	case kind == 22:
		return handle(ledger.ConversationTaken, nil)
	case kind == 23:
		return handle(ledger.ConversationAssigned, ledger.Assigned{To: "m2"})
	case kind == 24:
		return handle(ledger.ConversationReleased, nil)
	case kind == 25:
		return handle(ledger.ConversationNoted, ledger.Noted{Text: "hm"})
	case kind < 28:
		return handle(ledger.ConversationResolved, nil)
	case kind < 30:
		return handle(ledger.ConversationReopened, nil)
	case kind == 30:
		a.ID, a.Kind = id.From(fmt.Sprint("person", len(h.persons)), "test"), ledger.PersonAdded
		h.persons = append(h.persons, a.ID)
		a.Data = ledger.Data(ledger.Person{Name: "Ada", Kinds: []string{"customer"}, Identities: []ledger.Identity{{URI: uri(), Verified: flag("verified", 2)}}})
		return a
	case kind == 34 || kind == 35:
		a.Kind, a.Data = ledger.ServicePromised, ledger.Data(ledger.Promised{Promises: promises(number("promises", 3), flag("pause", 2))})
		return a
	case kind == 36:
		return handle(ledger.ConversationRanked, ledger.Ranked{Priority: []string{"", "urgent", "low"}[number("priority", 3)]})
	case kind == 38:
		return handle(ledger.ConversationLinked, ledger.Linked{To: conversationOf(number("to", histPosts))})
	case kind == 39:
		return handle(ledger.ConversationUnlinked, ledger.Linked{To: conversationOf(number("to", histPosts))})
	case kind == 40 || kind == 41:
		m := ledger.MergedThreads{Thread: postID(n), Into: postID(number("into", histPosts))}
		h.joined = append(h.joined, ledger.Split{Post: m.Thread, Also: []string{postID(number("also", histPosts))}, Begin: postID(number("begin", histPosts)), ResolvedAt: at})
		return handle(ledger.ConversationMerged, m)
	case kind == 42:
		s := ledger.Split{Post: postID(n), Assignee: []string{"", "m1"}[number("whose", 2)]}
		if len(h.joined) > 0 && flag("undo", 2) {
			s = h.joined[number("which", len(h.joined))]
		}
		return handle(ledger.ConversationSplit, s)
	case kind == 37:
		return handle(ledger.ConversationTagged, ledger.Tagged{On: []string{"a", "b"}[:number("on", 2)+1], Off: []string{"b", "a"}[:number("off", 3)]})
	case kind == 31 && len(h.persons) > 1:
		a.ID, a.Kind, a.Object = id.From(fmt.Sprint("merge", len(h.merges)), "test"), ledger.PersonMerged, h.persons[number("kept", len(h.persons))]
		a.Data = ledger.Data(ledger.Merged{Person: h.persons[number("taken", len(h.persons))], Identities: []string{uri(), uri()}})
		h.merges = append(h.merges, a)
		return a
	case kind == 32 && len(h.merges) > 0:
		m := h.merges[number("merge", len(h.merges))]
		a.Kind, a.Object, a.Data = ledger.PersonUnmerged, m.Object, ledger.Data(ledger.Unmerged{Merge: m.ID})
		return a
	case kind == 33 && len(h.persons) > 0:
		a.Kind, a.Object = []string{ledger.IdentityLinked, ledger.IdentityUnlinked, ledger.PersonDescribed}[number("what", 3)], h.persons[number("whose", len(h.persons))]
		a.Data = ledger.Data(ledger.Identity{URI: uri()})
		if a.Kind == ledger.PersonDescribed {
			a.Data = ledger.Data(ledger.Person{Title: "Dr", Identities: []ledger.Identity{{URI: uri()}}})
		}
		return a
	}
	a.Kind, a.Actor, a.Amount, a.Currency, a.Data = ledger.OrderPlaced, uri(), 100, "EUR", ledger.Data(ledger.Order{ExternalID: "o"})
	return a
}
