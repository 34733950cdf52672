package fediverseweb_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/fediverse/signature"
	"github.com/entente/entente/internal/org"
)

// TestHostile: what is forged, replayed, said in the name of another, too large, too deep or runs in circles is refused or does nothing.
func TestHostile(t *testing.T) {
	t.Parallel()
	p := newPlace(t, dbtest.SQLite(t))
	e, evil := newElsewhere(t, p.now), newElsewhere(t, p.now)
	ada, bob, eve := e.person("ada"), e.person("bob"), evil.person("eve")
	karim := p.join("Karim", org.Plain)
	p.on(0, "")
	question := p.ask(karim, "Why does my wheel squeak uphill?")
	target := p.url + "/c/velo/p/" + question
	inbox := p.url + "/c/velo/fediverse/inbox"
	shown := func() int { return len(p.leaf(question).Posts) }

	// A good one, and the same again, also with a fresh signature.
	reply := ada.does("Create", ada.note(target, "<p>Oil it.</p>"))
	r, raw := ada.request(inbox, reply)
	wants(t, "an answer", status(t, r), http.StatusAccepted)
	first := r.Header
	again, _ := http.NewRequest(http.MethodPost, inbox, strings.NewReader(string(raw)))
	again.Header = first.Clone()
	wants(t, "replayed", status(t, again), http.StatusAccepted)
	wants(t, "signed anew", ada.send(p, reply), http.StatusAccepted)
	wants(t, "answers", shown(), 1)
	post := p.leaf(question).Posts[0]

	// Like, Undo, and the first Like replayed: the vote stays taken back.
	like := ada.does("Like", target)
	r, raw = ada.request(inbox, like)
	wants(t, "like", status(t, r), http.StatusAccepted)
	wants(t, "undo", ada.send(p, ada.does("Undo", like)), http.StatusAccepted)
	again, _ = http.NewRequest(http.MethodPost, inbox, strings.NewReader(string(raw)))
	again.Header = r.Header.Clone()
	wants(t, "like replayed", status(t, again), http.StatusAccepted)
	wants(t, "score", score(p, question), 0)

	notes := map[string]func() *http.Request{
		"no signature": func() *http.Request {
			r, _ := ada.request(inbox, ada.does("Create", ada.note(target, "x")))
			r.Header.Del("Signature")
			return r
		},
		"another body": func() *http.Request {
			r, _ := ada.request(inbox, ada.does("Create", ada.note(target, "x")))
			other, _ := json.Marshal(ada.does("Create", ada.note(target, "y")))
			q, _ := http.NewRequest(http.MethodPost, inbox, strings.NewReader(string(other)))
			q.Header = r.Header
			return q
		},
		"another inbox": func() *http.Request {
			r, raw := ada.request(p.url+"/elsewhere", ada.does("Create", ada.note(target, "x")))
			q, _ := http.NewRequest(http.MethodPost, inbox, strings.NewReader(string(raw)))
			q.Header = r.Header
			return q
		},
		"signed for another host": func() *http.Request {
			r, _ := ada.request(inbox, ada.does("Create", ada.note(target, "x")))
			r.Host = "other.example"
			raw, _ := json.Marshal(ada.does("Create", ada.note(target, "x")))
			q, _ := http.NewRequest(http.MethodPost, inbox, strings.NewReader(string(raw)))
			q.Host = "other.example"
			q.Header.Set("Content-Type", activity)
			must(t, signature.Sign(q, raw, ada.id+"#main-key", ada.key, p.now()))
			return q
		},
		"long ago": func() *http.Request {
			raw, _ := json.Marshal(ada.does("Create", ada.note(target, "x")))
			q, _ := http.NewRequest(http.MethodPost, inbox, strings.NewReader(string(raw)))
			must(t, signature.Sign(q, raw, ada.id+"#main-key", ada.key, p.now().Add(-2*time.Hour)))
			return q
		},
		"another's key": func() *http.Request {
			raw, _ := json.Marshal(ada.does("Create", ada.note(target, "x")))
			q, _ := http.NewRequest(http.MethodPost, inbox, strings.NewReader(string(raw)))
			must(t, signature.Sign(q, raw, ada.id+"#main-key", keys()[1], p.now()))
			return q
		},
		"in the name of a neighbour": func() *http.Request {
			m := bob.does("Create", bob.note(target, "x"))
			raw, _ := json.Marshal(m)
			q, _ := http.NewRequest(http.MethodPost, inbox, strings.NewReader(string(raw)))
			must(t, signature.Sign(q, raw, ada.id+"#main-key", ada.key, p.now()))
			return q
		},
		"in the name of another host": func() *http.Request {
			raw, _ := json.Marshal(ada.does("Create", ada.note(target, "x")))
			q, _ := http.NewRequest(http.MethodPost, inbox, strings.NewReader(string(raw)))
			must(t, signature.Sign(q, raw, eve.id+"#main-key", eve.key, p.now()))
			return q
		},
		"an object of another host": func() *http.Request {
			r, _ := eve.request(inbox, eve.does("Create", map[string]any{"id": ada.id + "/notes/99", "type": "Note", "attributedTo": eve.id, "inReplyTo": target, "content": "x", "to": []string{public}}))
			return r
		},
		"attributed to another": func() *http.Request {
			n := eve.note(target, "x")
			n["attributedTo"] = ada.id
			r, _ := eve.request(inbox, eve.does("Create", n))
			return r
		},
		"an object that is another's where it is": func() *http.Request {
			evil.put("/stolen", map[string]any{"id": ada.id + "/notes/1", "type": "Note", "attributedTo": ada.id, "inReplyTo": target, "content": "x", "to": []string{public}})
			r, _ := eve.request(inbox, eve.does("Create", evil.url+"/stolen"))
			return r
		},
		"an object in circles": func() *http.Request {
			evil.put("/a", evil.url+"/b")
			evil.put("/b", evil.url+"/a")
			r, _ := eve.request(inbox, eve.does("Create", evil.url+"/a"))
			return r
		},
		"the end of another's post": func() *http.Request {
			r, _ := eve.request(inbox, eve.does("Delete", post.ExternalID))
			return r
		},
		"undoing what another did": func() *http.Request {
			r, _ := eve.request(inbox, eve.does("Undo", ada.does("Like", target)))
			return r
		},
		"an actor that redirects to ours": func() *http.Request {
			evil.put("/users/loop", p.url+"/c/velo")
			x := &person{e: evil, id: evil.url + "/users/loop", key: keys()[0]}
			r, _ := x.request(inbox, x.does("Like", target))
			return r
		},
	}
	for name, make := range notes {
		if got := status(t, make()); got != http.StatusUnauthorized && !(name == "signed for another host" && got == http.StatusNotFound) {
			t.Errorf("%s: %d", name, got)
		}
	}
	for name, body := range map[string]string{
		"no JSON": "<xml>", "nothing": "", "a list": "[]", "no actor": `{"id":"https://a.example/1","type":"Like"}`,
		"deep": `{"type":"Create","id":"https://a.example/1","actor":"https://a.example/u","object":` + strings.Repeat(`[`, 60_000) + strings.Repeat(`]`, 60_000) + "}",
	} {
		q, _ := http.NewRequest(http.MethodPost, inbox, strings.NewReader(body))
		wants(t, name, status(t, q), http.StatusBadRequest)
	}
	q, _ := http.NewRequest(http.MethodPost, inbox, strings.NewReader(`{"type":"`+strings.Repeat("x", 300<<10)+`"}`))
	wants(t, "large", status(t, q), http.StatusRequestEntityTooLarge)

	// By their own means a neighbour may not change or end it, and what is not for everybody does not stand here.
	edit := bob.note(target, "<p>Mine now.</p>")
	edit["id"] = post.ExternalID
	wants(t, "a neighbour's edit", bob.send(p, bob.does("Update", edit)), http.StatusAccepted)
	wants(t, "a neighbour's deletion", bob.send(p, bob.does("Delete", post.ExternalID)), http.StatusAccepted)
	private := ada.note(target, "<p>Between us.</p>")
	private["to"] = []string{p.url + "/c/velo"}
	wants(t, "a private answer", ada.send(p, ada.does("Create", private)), http.StatusAccepted)
	if now := p.leaf(question).Posts; len(now) != 1 || now[0].HTML != post.HTML || now[0].Edits != 0 {
		t.Errorf("the post: %v", now)
	}

	// A new key is believed once it is asked for; what was signed by the old one no more.
	p.pass(10 * time.Minute)
	old := ada.key
	ada.key = keys()[1]
	e.put("/users/ada", ada.doc("ada"))
	wants(t, "a new key", ada.send(p, ada.does("Create", ada.note(target, "<p>With a new key.</p>"))), http.StatusAccepted)
	wants(t, "answers", shown(), 2)
	ada.key = old
	p.pass(10 * time.Minute)
	wants(t, "the old key", ada.send(p, ada.does("Create", ada.note(target, "<p>With the old key.</p>"))), http.StatusUnauthorized)
	ada.key = keys()[1]

	// Names that look like others, words turned round, and what answers a post that is gone.
	odd := e.person("odd")
	doc := odd.doc("odd")
	doc["preferredUsername"], doc["name"] = "clаire", "Claire\u202e (@claire@velo.example)"
	e.put("/users/odd", doc)
	wants(t, "a name that looks like another", odd.send(p, odd.does("Create", odd.note(target, "<p>abc\u202edef</p>"))), http.StatusAccepted)
	posts := p.leaf(question).Posts
	last := posts[len(posts)-1]
	if strings.ContainsAny(last.AuthorName+last.HTML, "\u202e") || !strings.Contains(last.AuthorName, "(@odd@127.0.0.1") || strings.Count(last.AuthorName, "@") != 2 {
		t.Errorf("shown as %q: %q", last.AuthorName, last.HTML)
	}
	must(t, p.community.Delete(karim, p.id, question))
	wants(t, "an answer to what is gone", ada.send(p, ada.does("Create", ada.note(target, "<p>Too late.</p>"))), http.StatusAccepted)
	wants(t, "answers", shown(), len(posts))

	// A flood of one person ends; what it said before stands.
	another := p.ask(karim, "Where do I buy a chain in Brest?")
	busy := 0
	for i := range 20 {
		if ada.send(p, ada.does("Create", ada.note(p.url+"/c/velo/p/"+another, fmt.Sprintf("<p>Buy %d.</p>", i)))) == http.StatusTooManyRequests {
			busy++
		}
	}
	_, th, err := p.read(another)
	must(t, err)
	if th.Replies != 12 || busy != 8 {
		t.Errorf("%d answers of a flood, %d refused", th.Replies, busy)
	}
}
