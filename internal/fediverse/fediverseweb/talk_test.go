package fediverseweb_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/fediverse"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

func wants(t *testing.T, what string, got, want any) {
	t.Helper()
	if got != want {
		t.Fatalf("%s: %v, want %v", what, got, want)
	}
}

// TestConversation: a community is found, followed and answered from another server, which hears what is said, edited and taken away, and is moderated as
// members are.
func TestConversation(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		p := newPlace(t, d)
		e := newElsewhere(t, p.now)
		ada := e.person("ada")
		karim := p.join("Karim", org.Plain)
		before := p.ask(karim, "What squeaked before anybody listened?")

		// Off by default: nothing is told, nothing taken.
		code, _, _ := p.get("/c/velo", activity)
		wants(t, "a group that is off", code, http.StatusNotFound)
		code, _, _ = p.get("/.well-known/webfinger?resource=acct:velo@"+p.url[7:], "")
		wants(t, "webfinger of one that is off", code, http.StatusNotFound)
		wants(t, "an inbox that is off", ada.send(p, ada.does("Follow", p.url+"/c/velo")), http.StatusNotFound)
		if err := p.Set(karim, fediverse.Place{Community: p.id}, true); !problem.Is(err, problem.Forbidden) {
			t.Fatalf("a plain member switches it on: %v", err)
		}
		p.pass(time.Minute)
		p.on(1, "talk")

		// Found.
		_, finger, head := p.get("/.well-known/webfinger?resource=acct:velo@"+p.url[7:], "")
		if head.Get("Content-Type") != "application/jrd+json" {
			t.Fatal(finger, p.url)
		}
		link := finger["links"].([]any)[0].(map[string]any)
		wants(t, "what webfinger leads to", link["href"], p.url+"/c/velo")
		_, group, _ := p.get("/c/velo", activity)
		wants(t, "the actor", group["type"], "Group")
		wants(t, "its id", group["id"], p.url+"/c/velo")
		code, page, _ := p.get("/c/velo", "text/html,application/activity+json;q=0.1")
		if wants(t, "the page", code, http.StatusOK); page != nil {
			t.Fatal("who prefers a page is given a document")
		}
		_, info, _ := p.get("/nodeinfo/2.1", "application/json")
		wants(t, "nodeinfo", info["version"], "2.1")

		// Followed.
		wants(t, "follow", ada.send(p, ada.does("Follow", group["id"])), http.StatusAccepted)
		p.tell()
		if got := e.took("Accept"); len(got) != 1 || got[0]["object"].(map[string]any)["actor"] != ada.id {
			t.Fatalf("accepted: %v", got)
		}
		_, count, _ := p.get("/c/velo/fediverse/followers", activity)
		if count["totalItems"] != 1.0 || count["orderedItems"] != nil || count["items"] != nil {
			t.Fatalf("followers: %v", count)
		}

		// Hears what a member asks, by the community; not what was said before.
		question := p.ask(karim, "Why does my wheel squeak uphill?")
		p.tell()
		got := e.took("Announce")
		wants(t, "announcements", len(got), 2)
		create := got[0]["object"]
		if _, plain := create.(string); plain {
			create = got[1]["object"]
		}
		note := create.(map[string]any)["object"].(map[string]any)
		wants(t, "what is told", note["id"], p.url+"/c/velo/p/"+question)
		wants(t, "its kind", note["type"], "Page")
		if html := note["content"].(string); !strings.Contains(html, "<strong>squeaks</strong>") || !strings.Contains(html, p.url+"/help") {
			t.Fatalf("content: %s", html)
		}
		code, again, _ := p.get("/c/velo/p/"+question, `application/ld+json; profile="https://www.w3.org/ns/activitystreams"`)
		wants(t, "the object", code, http.StatusOK)
		wants(t, "as it was told", again["content"], note["content"])
		code, author, _ := p.get(strings.TrimPrefix(note["attributedTo"].(string), p.url), activity)
		wants(t, "its author", code, http.StatusOK)
		wants(t, "by name", author["name"], "Karim")
		if strings.Contains(strings.ToLower(author["id"].(string)+author["preferredUsername"].(string)), "@velo.example") {
			t.Fatal("an address goes out")
		}
		_, announced, _ := p.get(strings.TrimPrefix(got[0]["id"].(string), p.url), activity)
		wants(t, "the activity at its address", announced["type"], "Announce")
		_, outbox, _ := p.get("/c/velo/fediverse/outbox", activity)
		wants(t, "threads in the outbox", len(outbox["orderedItems"].([]any)), 2)

		// Answers: the first one waits, then stands in the thread, with where they come from.
		reply := ada.note(note["id"].(string), `<p>Oil <b>it</b>.<script>alert(1)</script> <img src="https://evil.example/x.png" alt="a wheel"></p><p><a href="javascript:alert(1)">press</a></p>`)
		wants(t, "an answer", ada.send(p, ada.does("Create", reply)), http.StatusAccepted)
		wants(t, "answers that are shown", len(p.leaf(question).Posts), 0)
		o, err := p.community.Sees(p.boss, nil)
		must(t, err)
		queue, err := p.community.Queue(p.boss, o, false)
		must(t, err)
		wants(t, "answers that wait", len(queue), 1)
		brief, err := p.community.Brief(p.boss, o, queue[0].ID)
		must(t, err)
		if !brief.May || strings.Contains(brief.HTML, "<script") || !strings.Contains(brief.HTML, "<strong>it</strong>") {
			t.Fatalf("what the moderator sees: %v", brief)
		}
		must(t, p.community.Decide(p.boss, queue[0].ID, "published", "", ""))
		answers := p.leaf(question).Posts
		wants(t, "answers", len(answers), 1)
		if a := answers[0]; a.Kind != "answer" || !strings.HasPrefix(a.AuthorName, "Ada (@ada@127.0.0.1") || strings.Contains(a.HTML, "<img") || strings.Contains(a.HTML, "javascript") {
			t.Fatalf("the answer: %q %q %q", a.Kind, a.AuthorName, a.HTML)
		}
		p.tell()
		if got := e.took("Announce"); len(got) != 1 || got[0]["object"] != reply["id"] {
			t.Fatalf("the answer is announced: %v", got)
		}
		code, _, head = p.get("/c/velo/p/"+answers[0].ID, activity)
		wants(t, "the answer is where it was said", code, http.StatusFound)
		wants(t, "there", head.Get("Location"), reply["id"])

		// It is heard as all else is: the conversation of the question has it, and what is answered from the inbox reaches her.
		heard, _, err := db.Value[int](t.Context(), d.Read(), "SELECT COUNT(*) FROM post p JOIN conversation c ON c.root = p.root WHERE p.id = $1 AND p.author LIKE 'acct:ada@%'", answers[0].ID)
		must(t, err)
		wants(t, "conversations that have it", heard, 1)

		// The second does not wait: she is trusted now. A vote, taken back, a flag.
		second := ada.note(reply["id"].(string), "<p>Or grease.</p>")
		wants(t, "another", ada.send(p, ada.does("Create", second)), http.StatusAccepted)
		comments := p.leaf(question).Comments[answers[0].ID]
		wants(t, "comments", len(comments), 1)
		like := ada.does("Like", note["id"])
		wants(t, "a like", ada.send(p, like), http.StatusAccepted)
		wants(t, "score", score(p, question), 1)
		again2 := ada.does("Like", note["id"])
		wants(t, "a second like", ada.send(p, again2), http.StatusAccepted)
		wants(t, "score of one person", score(p, question), 1)
		wants(t, "an undo", ada.send(p, ada.does("Undo", like)), http.StatusAccepted)
		wants(t, "score after", score(p, question), 0)
		flag := ada.does("Flag", []string{p.url + "/users/none", note["id"].(string)})
		flag["content"] = "This is <b>rude</b>"
		wants(t, "a flag", ada.send(p, flag), http.StatusAccepted)
		queue, err = p.community.Queue(p.boss, o, false)
		must(t, err)
		wants(t, "flags", len(queue), 1)
		if brief, err = p.community.Brief(p.boss, o, queue[0].ID); err != nil || len(brief.Flags) != 1 || brief.Flags[0].Words != "This is rude" || !strings.HasPrefix(brief.Flags[0].Name, "ada@") {
			t.Fatalf("the flag: %v %v", brief.Flags, err)
		}

		// Edits and takes away what is hers.
		reply["content"] = "<p>Oil it <em>twice</em>.</p>"
		wants(t, "an edit", ada.send(p, ada.does("Update", reply)), http.StatusAccepted)
		post, _, err := p.read(answers[0].ID)
		must(t, err)
		if post.Edits != 1 || !strings.Contains(post.HTML, "<em>twice</em>") {
			t.Fatalf("edited: %d %s", post.Edits, post.HTML)
		}
		// An edit that brings a link of somebody still new is looked at first; what was agreed to stays meanwhile.
		reply["content"] = `<p>Oil it <em>twice</em>, with <a href="https://oil.example/">this</a>.</p>`
		wants(t, "an edit with a link", ada.send(p, ada.does("Update", reply)), http.StatusAccepted)
		if post, _, err = p.read(answers[0].ID); err != nil || post.Edits != 1 || strings.Contains(post.HTML, "oil.example") {
			t.Fatalf("edited unseen: %d %s (%v)", post.Edits, post.HTML, err)
		}
		queue, err = p.community.Queue(p.boss, o, false)
		must(t, err)
		at := slices.IndexFunc(queue, func(c community.Case) bool { return c.Cause == community.CauseEdit })
		if at < 0 {
			t.Fatalf("no edit waits: %v", queue)
		}
		must(t, p.community.Decide(p.boss, queue[at].ID, "published", "", ""))
		if post, _, err = p.read(answers[0].ID); err != nil || post.Edits != 2 || !strings.Contains(post.HTML, "oil.example") {
			t.Fatalf("agreed to: %d %s (%v)", post.Edits, post.HTML, err)
		}
		wants(t, "a deletion", ada.send(p, ada.does("Delete", map[string]any{"type": "Tombstone", "id": second["id"]})), http.StatusAccepted)
		if post, _, err = p.read(comments[0].ID); err != nil || post.DeletedAt.IsZero() {
			t.Fatalf("deleted: %v %v", post, err)
		}
		p.tell()
		e.took("")

		// A member answers her: it reaches her by name, and so does the edit and the end of it.
		said, err := p.community.Reply(karim, p.id, community.Reply{Post: answers[0].ID, Body: "It helped."})
		must(t, err)
		p.tell()
		created := e.took("Create")
		wants(t, "an answer to her", len(created), 1)
		if o := created[0]["object"].(map[string]any); o["inReplyTo"] != reply["id"] || o["tag"].([]any)[0].(map[string]any)["href"] != ada.id {
			t.Fatalf("an answer to her: %v", o)
		}
		post, _, err = p.read(said)
		must(t, err)
		must(t, p.community.Edit(karim, p.id, community.Change{Post: said, Body: "It helped a lot.", Seen: post.Edits}))
		p.tell()
		wants(t, "an update", len(e.took("Update")), 1)
		must(t, p.community.Delete(karim, p.id, said))
		p.tell()
		wants(t, "a deletion", len(e.took("Delete")), 1)
		code, stone, _ := p.get("/c/velo/p/"+said, activity)
		wants(t, "a tombstone", code, http.StatusGone)
		wants(t, "of kind", stone["type"], "Tombstone")

		// Begins a thread where strangers may.
		thread := ada.note("", "<p>Who rides to Brest in June? Tell me.</p>")
		delete(thread, "inReplyTo")
		thread["cc"] = []any{group["id"]}
		wants(t, "a thread", ada.send(p, ada.does("Create", thread)), http.StatusAccepted)
		o, err = p.community.Sees(t.Context(), nil)
		must(t, err)
		threads, err := p.community.Threads(t.Context(), o, community.Query{Community: p.id, Space: p.spaces["talk"]})
		must(t, err)
		if len(threads.Threads) != 1 || !strings.HasPrefix(threads.Threads[0].Title, "Who rides to Brest") {
			t.Fatalf("threads: %v", threads.Threads)
		}

		// What a member keeps here does not go out, and what went is asked back.
		must(t, p.Refuse(karim, true))
		p.tell()
		wants(t, "asked back", len(e.took("Delete")), 1)
		code, _, _ = p.get("/c/velo/p/"+question, activity)
		wants(t, "kept here", code, http.StatusNotFound)
		p.ask(karim, "Does this stay where I said it?")
		p.tell()
		wants(t, "told of it", len(e.took("Announce")), 0)
		code, _, _ = p.get("/c/velo/p/"+before, activity)
		wants(t, "also what was said before", code, http.StatusNotFound)
		must(t, p.Refuse(karim, false))

		// Silenced, she is not heard; a report goes to her instance; suspended, she does not follow.
		handle := strings.TrimPrefix(answers[0].Author, "acct:")
		must(t, p.Report(p.boss, p.id, answers[0].ID, "insults"))
		p.tell()
		if got := e.took("Flag"); len(got) != 1 || got[0]["content"] != "insults" {
			t.Fatalf("reported: %v", got)
		}
		must(t, p.Block(p.boss, p.id, handle, fediverse.Silenced, "insults", 3))
		wants(t, "from who is silenced", ada.send(p, ada.does("Create", ada.note(note["id"].(string), "<p>Again.</p>"))), http.StatusForbidden)
		p.pass(4 * 24 * time.Hour)
		wants(t, "after three days", ada.send(p, ada.does("Like", note["id"])), http.StatusAccepted)
		must(t, p.Block(p.boss, p.id, e.url[7:strings.LastIndexByte(e.url, ':')], fediverse.Suspended, "spam", 0))
		wants(t, "from an instance that is not let in", ada.send(p, ada.does("Like", note["id"])), http.StatusForbidden)
		p.ask(karim, "Is anybody out there to hear me?")
		p.tell()
		wants(t, "told to whom is suspended", len(e.took("Announce")), 0)

		// Leaves.
		blocks, err := p.Blocks(p.boss, p.id)
		must(t, err)
		wants(t, "blocks", len(blocks), 1)
		must(t, p.Unblock(p.boss, p.id, blocks[0].ID))
		e.put("/users/ada", nil)
		wants(t, "who is gone", ada.send(p, ada.does("Delete", ada.id)), http.StatusAccepted)
		if post, _, err = p.read(answers[0].ID); err != nil || post.DeletedAt.IsZero() {
			t.Fatalf("what she said: %v %v", post, err)
		}
		figures, err := p.Figures(p.boss, p.id)
		must(t, err)
		wants(t, "followers", figures.Followers, 0)
		must(t, p.Tidy(context.WithoutCancel(t.Context())))

		// What was derived is derived again.
		was := p.leaf(question)
		must(t, p.ledger.Rebuild(t.Context(), 7, nil))
		if now := p.leaf(question); len(now.Posts) != len(was.Posts) || now.First.Score != was.First.Score {
			t.Fatalf("rebuilt: %v, was %v", now, was)
		}
	})
}

func score(p *place, post string) int {
	p.t.Helper()
	x, _, err := p.read(post)
	must(p.t, err)
	return x.Score
}

// TestTakenBack: the words of a post that not everybody may read any more are neither at the address of what carried them nor sent, and that it is gone is told.
func TestTakenBack(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		p := newPlace(t, d)
		e := newElsewhere(t, p.now)
		ada := e.person("ada")
		karim := p.join("Karim", org.Plain)
		p.on(0, "talk")
		wants(t, "follow", ada.send(p, ada.does("Follow", p.url+"/c/velo")), http.StatusAccepted)
		p.tell()
		e.took("")
		told := func(what, kind string, code int) {
			t.Helper()
			list, err := db.All(t.Context(), d.Read(), db.Self[string], "SELECT id FROM fediverse_event WHERE kind = $1 ORDER BY id", kind)
			must(t, err)
			if len(list) == 0 {
				t.Fatalf("%s: no %s was said", what, kind)
			}
			got, _, _ := p.get("/c/velo/fediverse/activities/"+list[len(list)-1], activity)
			wants(t, what+", "+kind, got, code)
		}
		queued := func() {
			t.Helper()
			for {
				n, err := p.TellOnce(t.Context())
				must(t, err)
				if n == 0 {
					return
				}
			}
		}
		set := func(query string, args ...any) {
			t.Helper()
			must(t, d.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
				_, err := db.Exec(ctx, q, query, args...)
				return err
			}))
		}

		// Deleted after it went out.
		question := p.ask(karim, "Where is my phone number now?")
		p.tell()
		must(t, p.community.Edit(karim, p.id, community.Change{Post: question, Title: "Where is my number?", Body: "Here."}))
		p.tell()
		told("while it stands", "create", http.StatusOK)
		told("while it stands", "update", http.StatusOK)
		e.took("")
		must(t, p.community.Delete(karim, p.id, question))
		for _, kind := range []string{"create", "update", "edited"} {
			told("deleted", kind, http.StatusNotFound)
		}
		p.tell()
		wants(t, "told that it is gone", len(e.took("Delete")), 1)
		n, _, err := db.Value[int](t.Context(), d.Read(), "SELECT COUNT(*) FROM fediverse_event WHERE post <> '' AND body <> ''")
		must(t, err)
		wants(t, "bodies that are kept", n, 0)

		// Moved out of sight while it waits.
		question = p.ask(karim, "Who sees this before it is moved?")
		queued()
		set("UPDATE community_thread SET space = $1 WHERE id = $2", p.spaces["den"], question)
		told("moved", "create", http.StatusNotFound)
		p.tell()
		for _, a := range e.took("Announce") {
			if _, plain := a["object"].(string); !plain {
				t.Errorf("went out: %v", a)
			}
		}
		why, _, err := db.Value[string](t.Context(), d.Read(), "SELECT error FROM fediverse_delivery WHERE state = 'failed'")
		must(t, err)
		wants(t, "why not", why, "gone")

		// Kept here by who said it, also afterwards.
		p.ask(karim, "May I keep this one to myself?")
		queued()
		must(t, p.Refuse(karim, true))
		told("refused", "create", http.StatusNotFound)
		must(t, p.Refuse(karim, false))
		told("refused before", "create", http.StatusNotFound)
		p.tell()
		wants(t, "asked back", len(e.took("Delete")), 1)
	})
}

// TestShifted: what is moved or merged to where not everybody reads it is taken back, post by post and nothing beside it; what comes back is announced as if it were
// new; and what somebody of elsewhere changes is told on, once.
func TestShifted(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		p := newPlace(t, d)
		e := newElsewhere(t, p.now)
		ada := e.person("ada")
		karim := p.join("Karim", org.Plain)
		p.on(0, "talk")
		wants(t, "follow", ada.send(p, ada.does("Follow", p.url+"/c/velo")), http.StatusAccepted)
		p.tell()
		e.took("")
		question := p.ask(karim, "Which pump fits my valve?")
		p.tell()
		e.took("")
		reply := ada.note(p.url+"/c/velo/p/"+question, "<p>Any of them.</p>")
		wants(t, "an answer", ada.send(p, ada.does("Create", reply)), http.StatusAccepted)
		p.tell()
		e.took("")

		reply["content"] = "<p>Any with a hose.</p>"
		update := ada.does("Update", reply)
		wants(t, "an edit", ada.send(p, update), http.StatusAccepted)
		wants(t, "the same edit", ada.send(p, ada.does("Update", reply)), http.StatusAccepted)
		p.tell()
		got := e.took("Announce")
		wants(t, "told on", len(got), 1)
		if o := got[0]["object"].(map[string]any); o["type"] != "Update" || o["id"] != update["id"] || o["actor"] != ada.id || o["object"] != reply["id"] {
			t.Fatalf("told on: %v", got)
		}

		objects := func(list []map[string]any, kind string) []string {
			var out []string
			for _, a := range list {
				o, ok := a["object"].(map[string]any)
				switch {
				case !ok && kind == "":
					out = append(out, a["object"].(string))
				case ok && o["type"] == kind:
					inner, _ := o["object"].(map[string]any)
					out = append(out, inner["id"].(string))
				}
			}
			slices.Sort(out)
			return out
		}
		ours, theirs := p.url+"/c/velo/p/"+question, reply["id"].(string)
		turn := func(thread, state, to string) []map[string]any {
			t.Helper()
			must(t, p.community.Turn(p.boss, p.id, thread, state, to))
			p.tell()
			e.mu.Lock()
			defer e.mu.Unlock()
			list := e.got
			e.got = nil
			return list
		}
		undone := func(list []map[string]any) []string {
			var out []string
			for _, a := range list {
				if a["type"] == "Undo" {
					out = append(out, a["object"].(map[string]any)["object"].(string))
				}
			}
			return out
		}
		list := turn(question, "moved", p.spaces["club"])
		if diff := cmp.Diff([][]string{{ours}, {theirs}}, [][]string{objects(list, "Delete"), undone(list)}); diff != "" {
			t.Errorf("moved out of sight: %s", diff)
		}
		list = turn(question, "moved", p.spaces["help"])
		if diff := cmp.Diff([][]string{{ours}, slices.Sorted(slices.Values([]string{ours, theirs}))}, [][]string{objects(list, "Create"), objects(list, "")}); diff != "" {
			t.Errorf("moved back: %s", diff)
		}

		// Merged into one that only those who asked to be let in read: that one was taken back before, and nothing of it is told again.
		other := p.ask(karim, "Which pump fits the small valve?")
		p.tell()
		turn(other, "moved", p.spaces["club"])
		list = turn(question, "merged", other)
		if diff := cmp.Diff([][]string{{ours}, {theirs}}, [][]string{objects(list, "Delete"), undone(list)}); diff != "" {
			t.Errorf("merged out of sight: %s", diff)
		}
		code, _, _ := p.get("/c/velo/p/"+question, activity)
		wants(t, "what was merged", code, http.StatusNotFound)

		// What was said before anything was told, or merged there where everybody reads, is not taken back.
		third, fourth := p.ask(karim, "Where do I park?"), p.ask(karim, "Where do we park?")
		p.tell()
		if list = turn(third, "merged", fourth); len(objects(list, "Delete"))+len(undone(list)) != 0 {
			t.Errorf("merged in sight: %v", list)
		}
	})
}

// TestAlike: two actors of one host whose names look the same here are two, and each stays who they are.
func TestAlike(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		p := newPlace(t, d)
		e := newElsewhere(t, p.now)
		p.on(0, "talk")
		for _, name := range []string{"ada", "ADA", "ada"} {
			wants(t, "follow", e.person(name).send(p, e.person(name).does("Follow", p.url+"/c/velo")), http.StatusAccepted)
		}
		n, _, err := db.Value[int](t.Context(), d.Read(), "SELECT COUNT(DISTINCT handle) FROM fediverse_actor")
		must(t, err)
		wants(t, "handles", n, 2)
	})
}
