package fediverseweb_test

import (
	"bytes"
	"context"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/entente/entente/internal/channel"
	forum "github.com/entente/entente/internal/channel/community"
	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/fediverse"
	"github.com/entente/entente/internal/fediverse/fediverseweb"
	"github.com/entente/entente/internal/fediverse/signature"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/listening"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/people"
	"github.com/entente/entente/internal/seal"
	"github.com/entente/entente/internal/web"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// keys are two for all of elsewhere: making one takes long.
var keys = sync.OnceValue(func() (out [2]*rsa.PrivateKey) {
	for i := range out {
		var err error
		if out[i], _, err = signature.NewKey(); err != nil {
			panic(err)
		}
	}
	return out
})

// place is an installation with one public community, velo, with the spaces help and talk, that answers on a real port.
type place struct {
	*fediverse.Service
	t         *testing.T
	db        *db.DB
	community *community.Service
	inbox     *inbox.Service
	channels  *channel.Service
	ledger    *ledger.Ledger
	id        string
	channel   string
	spaces    map[string]string
	url       string
	boss      context.Context

	mu   sync.Mutex
	time time.Time
}

func (p *place) now() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.time
}

func (p *place) pass(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.time = p.time.Add(d)
}

func newPlace(t *testing.T, d *db.DB) *place {
	t.Helper()
	p := &place{t: t, db: d, id: id.New(), spaces: map[string]string{}, time: time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)}
	var handler http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	p.url = server.URL
	log := slog.New(slog.DiscardHandler)
	box, err := seal.New(make([]byte, 32))
	must(t, err)
	o := org.New(d, log, p.now, org.WithURL(server.URL))
	e := enrich.New(d, log, enrich.LanguageIdentifier{})
	p.ledger = ledger.New(d, log, p.now, channel.PostFollower(), people.Follower(), e.Follower(), listening.NewMatcher(e).Follower(), inbox.Follower(), community.Follower())
	p.channels = channel.New(d, p.ledger, box, channel.World{Clock: p.now, Log: log}, log, p.now, forum.New())
	p.inbox = inbox.New(d, p.ledger, p.channels, o, log, p.now)
	p.community = community.New(d, p.ledger, p.channels, o, log, p.now)
	a, err := p.channels.Add(t.Context(), channel.Draft{Kind: forum.Kind, Name: "Velo", Settings: channel.Settings{"url": server.URL + "/c/velo"}, Inbox: channel.InboxQuestions})
	must(t, err)
	p.channel = a.ID
	must(t, d.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
		if _, err := db.Exec(ctx, q, "INSERT INTO organisation (one, name, lang, zone, url, created_at, changed_at) VALUES (1, 'Velo', 'en', 'UTC', $1, $2, $2)", server.URL, db.T(p.now())); err != nil {
			return err
		}
		if _, err := db.Exec(ctx, q, `INSERT INTO community (id, slug, channel, name, about, langs, audience, sign_up, created_at, changed_at)
			VALUES ($1, 'velo', $2, '{"en":"Velo"}', '{"en":"Wheels"}', '["en","fr"]', 'public', 'open', $3, $3)`, p.id, p.channel, db.T(p.now())); err != nil {
			return err
		}
		for i, sp := range []struct{ slug, access, holds string }{{"help", "open", `["question","discussion"]`}, {"talk", "open", `["discussion"]`}, {"den", "hidden", `["question"]`}, {"club", "request", `["question"]`}} {
			p.spaces[sp.slug] = id.New()
			if _, err := db.Exec(ctx, q, `INSERT INTO community_space (id, community, slug, name, access, holds, position, created_at)
				VALUES ($1, $2, $3, '{"en":"Space"}', $4, $5, $6, $7)`, p.spaces[sp.slug], p.id, sp.slug, sp.access, sp.holds, i, db.T(p.now())); err != nil {
				return err
			}
		}
		return nil
	}))
	p.boss = p.join("Boss", org.Owner)
	p.Service = fediverse.New(d, p.ledger, p.community, o, box, server.Client(), log, p.now)
	s := web.New(web.Options{Org: o, Log: log, Live: web.NewLive(), Clock: p.now})
	r := s.Routes()
	fediverseweb.Routes(r, p.Service, p.community, log)
	document := fediverseweb.Document(p.Service, log)
	for _, pattern := range []string{"GET /c/{slug}", "GET /c/{slug}/t/{thread}", "GET /c/{slug}/p/{post}"} {
		r.Page(pattern, org.Public, func(w http.ResponseWriter, r *http.Request) error {
			o, err := p.community.Sees(r.Context(), nil)
			if err != nil {
				return err
			}
			c, _ := o.Community(r.PathValue("slug"))
			done, err := document(w, r, c)
			if !done && err == nil {
				_, err = io.WriteString(w, "page")
			}
			return err
		})
	}
	handler = s.Handler()
	return p
}

func (p *place) join(name string, role org.Role) context.Context {
	p.t.Helper()
	m := &org.Member{ID: id.New(), Email: strings.ToLower(name) + "@velo.example", Name: name, Role: role, Lang: "en", Zone: "UTC", State: org.Active, CreatedAt: p.now()}
	must(p.t, p.db.Tx(p.t.Context(), func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, "INSERT INTO member (id, email, name, role, lang, zone, state, created_at) VALUES ($1, $2, $3, $4, 'en', 'UTC', 'active', $5)",
			m.ID, m.Email, m.Name, string(role), db.T(p.now()))
		return err
	}))
	return org.With(p.t.Context(), m)
}

// on switches the community on, and looks at the ledger from now on.
func (p *place) on(hold int, space string) {
	p.t.Helper()
	must(p.t, p.Set(p.boss, fediverse.Place{Community: p.id, Hold: hold, Space: p.spaces[space]}, true))
	p.tell()
}

// tell says and delivers all that is due.
func (p *place) tell() {
	p.t.Helper()
	for {
		n, err := p.TellOnce(p.t.Context())
		must(p.t, err)
		if n == 0 {
			break
		}
	}
	for {
		n, err := p.DeliverOnce(p.t.Context(), p.now())
		must(p.t, err)
		if n == 0 {
			return
		}
	}
}

func (p *place) ask(who context.Context, title string) string {
	p.t.Helper()
	post, err := p.community.Start(who, community.Begin{Space: p.spaces["help"], Kind: community.Questions, Title: title, Body: "It **squeaks** on [hills](/help)."})
	must(p.t, err)
	return post
}

// read is a post as everybody reads it.
func (p *place) read(post string) (community.Post, community.Thread, error) {
	o, err := p.community.Sees(p.t.Context(), nil)
	must(p.t, err)
	return p.community.Post(p.t.Context(), o, p.id, post)
}

// leaf is the thread of a post as everybody reads it.
func (p *place) leaf(post string) community.Leaf {
	p.t.Helper()
	_, th, err := p.read(post)
	must(p.t, err)
	l, err := p.community.Leaf(p.t.Context(), &th, 0)
	must(p.t, err)
	return l
}

// get reads a document as the fediverse does.
func (p *place) get(path, accept string) (int, map[string]any, http.Header) {
	p.t.Helper()
	r, err := http.NewRequest(http.MethodGet, p.url+path, nil)
	must(p.t, err)
	r.Header.Set("Accept", accept)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	a, err := client.Do(r)
	must(p.t, err)
	defer a.Body.Close()
	raw, err := io.ReadAll(a.Body)
	must(p.t, err)
	var m map[string]any
	_ = json.Unmarshal(raw, &m)
	return a.StatusCode, m, a.Header
}

const activity = "application/activity+json"

// elsewhere is another server of the fediverse: its actors have keys of their own, what it is sent it believes only when the signature holds, and it does each
// activity once.
type elsewhere struct {
	t   *testing.T
	url string

	mu    sync.Mutex
	docs  map[string]any
	got   []map[string]any // each activity once
	calls int              // with repetitions
	bad   []string
	now   func() time.Time
}

func newElsewhere(t *testing.T, now func() time.Time) *elsewhere {
	e := &elsewhere{t: t, docs: map[string]any{}, now: now}
	s := httptest.NewServer(e)
	t.Cleanup(s.Close)
	e.url = s.URL
	return e
}

func (e *elsewhere) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		e.receive(w, r)
		return
	}
	e.mu.Lock()
	d, found := e.docs[r.URL.Path]
	e.mu.Unlock()
	if to, moved := d.(string); moved {
		http.Redirect(w, r, to, http.StatusFound)
		return
	}
	if !found {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", activity)
	_ = json.NewEncoder(w).Encode(d)
}

func (e *elsewhere) receive(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var m map[string]any
	err := json.Unmarshal(body, &m)
	if err == nil {
		err = e.check(r, body, m)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.calls++
	if err != nil {
		e.bad = append(e.bad, err.Error())
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	for _, g := range e.got {
		if g["id"] == m["id"] {
			return
		}
	}
	e.got = append(e.got, m)
	w.WriteHeader(http.StatusAccepted)
}

// check does what Mastodon does: the key is read from the actor's document, and the actor must be the activity's.
func (e *elsewhere) check(r *http.Request, body []byte, m map[string]any) error {
	c, err := signature.Read(r, r.RequestURI, body, e.now())
	if err != nil {
		return err
	}
	q, err := http.NewRequest(http.MethodGet, strings.Split(c.KeyID, "#")[0], nil)
	if err != nil {
		return err
	}
	q.Header.Set("Accept", activity)
	a, err := http.DefaultClient.Do(q)
	if err != nil {
		return err
	}
	defer a.Body.Close()
	var doc struct {
		ID        string
		PublicKey struct{ ID, Owner, PublicKeyPem string }
	}
	if err := json.NewDecoder(a.Body).Decode(&doc); err != nil {
		return fmt.Errorf("%s: %s: %w", q.URL, a.Status, err)
	}
	key, err := signature.Public(doc.PublicKey.PublicKeyPem)
	if err != nil {
		return err
	}
	if doc.ID != m["actor"] || doc.PublicKey.ID != c.KeyID || doc.PublicKey.Owner != doc.ID {
		return fmt.Errorf("%v is not of %s", m["actor"], doc.ID)
	}
	return c.Verify(key)
}

// took gives the activities of a type since it was last asked, and forgets all.
func (e *elsewhere) took(kind string) []map[string]any {
	e.t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, b := range e.bad {
		e.t.Errorf("elsewhere refused: %s", b)
	}
	var out []map[string]any
	for _, g := range e.got {
		if g["type"] == kind {
			out = append(out, g)
		}
	}
	e.got, e.bad = nil, nil
	return out
}

func (e *elsewhere) put(path string, doc any) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.docs[path] = doc
}

// person is an actor of elsewhere.
type person struct {
	e    *elsewhere
	id   string
	key  *rsa.PrivateKey
	last int
}

func (e *elsewhere) person(name string) *person {
	e.t.Helper()
	a := &person{e: e, id: e.url + "/users/" + name, key: keys()[0]}
	e.put("/users/"+name, a.doc(name))
	return a
}

func (a *person) doc(name string) map[string]any {
	text, err := signature.PublicText(&a.key.PublicKey)
	must(a.e.t, err)
	return map[string]any{"@context": "https://www.w3.org/ns/activitystreams", "id": a.id, "type": "Person", "preferredUsername": name, "name": strings.ToUpper(name[:1]) + name[1:],
		"inbox": a.id + "/inbox", "endpoints": map[string]any{"sharedInbox": a.e.url + "/inbox"}, "publicKey": map[string]any{"id": a.id + "#main-key", "owner": a.id, "publicKeyPem": text}}
}

const public = "https://www.w3.org/ns/activitystreams#Public"

// note is what somebody says.
func (a *person) note(reply, html string) map[string]any {
	a.last++
	return map[string]any{"id": fmt.Sprintf("%s/notes/%d", a.id, a.last), "type": "Note", "attributedTo": a.id, "inReplyTo": reply, "content": html, "to": []string{public}}
}

// does is an activity of theirs.
func (a *person) does(kind string, object any) map[string]any {
	a.last++
	return map[string]any{"@context": "https://www.w3.org/ns/activitystreams", "id": fmt.Sprintf("%s#%s-%d", a.id, kind, a.last), "type": kind, "actor": a.id, "object": object, "to": []string{public}}
}

// request is a signed one.
func (a *person) request(to string, m any) (*http.Request, []byte) {
	raw, err := json.Marshal(m)
	must(a.e.t, err)
	r, err := http.NewRequest(http.MethodPost, to, bytes.NewReader(raw))
	must(a.e.t, err)
	r.Header.Set("Content-Type", activity)
	must(a.e.t, signature.Sign(r, raw, a.id+"#main-key", a.key, a.e.now()))
	return r, raw
}

// send sends an activity to an installation, and gives the status of the answer.
func (a *person) send(p *place, m any) int {
	a.e.t.Helper()
	r, _ := a.request(p.url+"/fediverse/inbox", m)
	return status(a.e.t, r)
}

func status(t testing.TB, r *http.Request) int {
	t.Helper()
	answer, err := http.DefaultClient.Do(r)
	must(t, err)
	_, _ = io.Copy(io.Discard, answer.Body)
	answer.Body.Close()
	return answer.StatusCode
}
