package push_test

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/push"
	"github.com/entente/entente/internal/seal"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// receiver is a browser and its push service.
type receiver struct {
	t      *testing.T
	key    *ecdh.PrivateKey
	secret []byte
	server *httptest.Server
	status int
	broken bool
	public string // of the sender
	got    []push.Message
	calls  int
}

func (b *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.calls++
	body, _ := io.ReadAll(r.Body)
	if b.broken {
		panic(http.ErrAbortHandler)
	}
	if b.status != 0 {
		w.Header().Set("Retry-After", "600")
		w.WriteHeader(b.status)
		return
	}
	b.voucher(r.Header.Get("Authorization"))
	if r.Header.Get("TTL") == "" || r.Header.Get("Content-Encoding") != "aes128gcm" || !regexp.MustCompile(`^[0-9A-Za-z_-]{1,32}$`).MatchString(r.Header.Get("Topic")) {
		b.t.Errorf("headers %v", r.Header)
	}
	var m push.Message
	if err := json.Unmarshal(b.open(body), &m); err != nil {
		b.t.Error(err)
	}
	b.got = append(b.got, m)
	w.WriteHeader(http.StatusCreated)
}

// voucher checks who sends, as a push service does (RFC 8292).
func (b *receiver) voucher(head string) {
	f := regexp.MustCompile(`^vapid t=([^.]+)\.([^.]+)\.([^,]+), k=(.+)$`).FindStringSubmatch(head)
	if f == nil || f[4] != b.public {
		b.t.Errorf("voucher %q, want one of %q", head, b.public)
		return
	}
	b64 := base64.RawURLEncoding
	point, _ := b64.DecodeString(f[4])
	sig, _ := b64.DecodeString(f[3])
	claims, _ := b64.DecodeString(f[2])
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	must(b.t, err)
	sum := sha256.Sum256([]byte(f[1] + "." + f[2]))
	if len(sig) != 64 || !ecdsa.Verify(key, sum[:], new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])) {
		b.t.Error("the voucher is not signed")
	}
	if !strings.Contains(string(claims), `"aud":"`+b.server.URL+`"`) || !strings.Contains(string(claims), `"sub":"https://velo.example"`) {
		b.t.Errorf("claims %s", claims)
	}
}

// open reads a message as a browser does (RFC 8291).
func (b *receiver) open(body []byte) []byte {
	salt, theirs := body[:16], body[21:21+int(body[20])]
	public, err := ecdh.P256().NewPublicKey(theirs)
	must(b.t, err)
	shared, err := b.key.ECDH(public)
	must(b.t, err)
	derive := func(secret, salt []byte, info string, n int) []byte {
		out, err := hkdf.Key(sha256.New, secret, salt, info, n)
		must(b.t, err)
		return out
	}
	ikm := derive(shared, b.secret, "WebPush: info\x00"+string(b.key.PublicKey().Bytes())+string(theirs), 32)
	block, err := aes.NewCipher(derive(ikm, salt, "Content-Encoding: aes128gcm\x00", 16))
	must(b.t, err)
	gcm, err := cipher.NewGCM(block)
	must(b.t, err)
	plain, err := gcm.Open(nil, derive(ikm, salt, "Content-Encoding: nonce\x00", 12), body[21+int(body[20]):], nil)
	must(b.t, err)
	return plain[:len(plain)-1]
}

// TestBrowsers: a browser is told once of each notice, in words that only it can read, until it is gone or its session has ended.
func TestBrowsers(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, now := t.Context(), time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
		clock := func() time.Time { return now }
		log := slog.New(slog.DiscardHandler)
		box, err := seal.New(make([]byte, 32))
		must(t, err)
		o := org.New(d, log, clock, org.WithURL("https://velo.example"))
		m := &org.Member{ID: id.New(), Email: "ada@velo.example", Name: "Ada", Role: org.Plain, Lang: "en", Zone: "UTC", State: org.Active}
		session := org.Session{ID: id.New(), Member: m.ID, Agent: "Firefox · Linux"}
		run := func(query string, args ...any) {
			t.Helper()
			must(t, d.Tx(ctx, func(ctx context.Context, q db.Q) error { _, err := db.Exec(ctx, q, query, args...); return err }))
		}
		run("INSERT INTO organisation (one, name, url, lang, zone, created_at, changed_at) VALUES (1, 'Velo', 'https://velo.example', 'en', 'UTC', $1, $1)", db.T(now))
		run("INSERT INTO member (id, email, name, role, lang, zone, state, created_at) VALUES ($1, $2, 'Ada', 'member', 'en', 'UTC', 'active', $3)", m.ID, m.Email, db.T(now))
		run("INSERT INTO member_session (id, member, hash, created_at, seen_at) VALUES ($1, $2, 'x', $3, $3)", session.ID, m.ID, db.T(now))
		b := &receiver{t: t, secret: make([]byte, 16)}
		b.key, err = ecdh.P256().GenerateKey(rand.Reader)
		must(t, err)
		b.server = httptest.NewTLSServer(b)
		t.Cleanup(b.server.Close)
		b.server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
		s := push.New(d, o, box, b.server.Client(), log, clock)
		b.public, err = s.PublicKey(ctx)
		must(t, err)
		b64 := base64.RawURLEncoding
		good := push.Subscription{Endpoint: b.server.URL + "/to/ada", Key: b64.EncodeToString(b.key.PublicKey().Bytes()), Secret: b64.EncodeToString(b.secret)}
		who := org.With(ctx, m)
		for name, bad := range map[string]push.Subscription{"not encrypted": {strings.Replace(good.Endpoint, "https", "http", 1), good.Key, good.Secret}, "no key": {good.Endpoint, "AAAA", good.Secret},
			"short secret": {good.Endpoint, good.Key, "AAAA"}, "a file": {"file:///etc/passwd", good.Key, good.Secret}} {
			if _, err := s.Add(who, "velo", bad, session); err == nil {
				t.Errorf("%s: let in", name)
			}
		}
		for range 2 {
			_, err = s.Add(who, "velo", good, session)
			must(t, err)
		}
		if list, err := s.Browsers(who, "velo"); err != nil || len(list) != 1 || list[0].Agent != "Firefox · Linux" || list[0].Service != "127.0.0.1" {
			t.Fatalf("browsers %+v, %v", list, err)
		}
		if sealed, _, _ := db.Value[string](ctx, d.Read(), "SELECT address FROM push_browser"); strings.Contains(sealed, "127.0.0.1") {
			t.Fatal("the address of a browser is kept open")
		}
		wanted := true
		write := func(ctx context.Context, notice string) (push.Message, bool, error) {
			return push.Message{Title: "Bob answered « " + notice + " » to " + org.Who(ctx).Name, Body: strings.Repeat("é", 100), URL: "https://velo.example/c/velo/notices/" + notice, Tag: notice}, wanted, nil
		}
		tell := func(notice string) {
			t.Helper()
			must(t, d.Tx(ctx, func(ctx context.Context, q db.Q) error { return s.Queue(ctx, q, m.ID, "velo", notice) }))
		}
		send := func(want int, why string) {
			t.Helper()
			now = now.Add(time.Minute)
			for range 2 {
				if _, err := s.SendOnce(ctx, write); err != nil {
					t.Fatal(err)
				}
			}
			if len(b.got) != want {
				t.Fatalf("%s: the browser was told %d times, want %d", why, len(b.got), want)
			}
		}
		tell("n1")
		tell("n1")
		send(1, "one notice")
		if b.got[0].Title != "Bob answered « n1 » to Ada" || b.got[0].Tag != "n1" {
			t.Fatalf("told %+v", b.got[0])
		}
		wanted = false
		tell("n2")
		send(1, "one that was read meanwhile")
		wanted = true
		b.status = http.StatusServiceUnavailable
		tell("n3")
		send(1, "a service that is busy")
		b.status = 0
		send(1, "before it asked to be asked again")
		now = now.Add(10 * time.Minute)
		send(2, "after it")
		b.broken = true
		tell("n4")
		send(2, "a line that breaks after the message went")
		b.broken = false
		now = now.Add(24 * time.Hour)
		send(2, "of which nobody knows whether it arrived")
		tell("n5")
		run("UPDATE push_sending SET state = 'sending', due_at = $1 WHERE notice = 'n5'", db.T(now.Add(time.Minute))) // killed here
		now = now.Add(time.Hour)
		send(2, "one that was under way when the program was killed")
		for i := range 20 {
			tell("flood" + string(rune('a'+i)))
		}
		send(2+12, "a flood")
		b.got, now = nil, now.Add(2*time.Hour)
		b.status = http.StatusGone
		tell("n6")
		send(0, "a browser that is gone")
		if list, err := s.Browsers(who, "velo"); err != nil || len(list) != 0 {
			t.Fatalf("browsers %+v, %v", list, err)
		}
		b.status = 0
		kept, err := s.Add(who, "velo", good, session)
		must(t, err)
		tell("n7")
		run("DELETE FROM member_session WHERE id = $1", session.ID)
		calls := b.calls
		send(0, "after signing out")
		must(t, s.Forget(ctx))
		if n, _, _ := db.Value[int](ctx, d.Read(), "SELECT COUNT(*) FROM push_browser"); n != 0 || b.calls != calls {
			t.Fatalf("after signing out: %d browsers, %d calls", n, b.calls-calls)
		}
		if err := s.Remove(who, "velo", kept.ID); err == nil {
			t.Fatal("a browser that is not there was removed")
		}
	})
}

// TestSlowService: a push service that does not answer holds up nobody whose browser has another, not even what comes while it is still asked.
func TestSlowService(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, now := t.Context(), time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
		var clock sync.Mutex
		at := func() time.Time { clock.Lock(); defer clock.Unlock(); return now }
		box, err := seal.New(make([]byte, 32))
		must(t, err)
		log := slog.New(slog.DiscardHandler)
		o := org.New(d, log, at, org.WithURL("https://velo.example"))
		release, asked := make(chan struct{}), make(chan struct{}, 10)
		var ended atomic.Bool
		slow := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			asked <- struct{}{}
			select {
			case <-release:
			case <-r.Context().Done():
				ended.Store(true)
			}
			w.WriteHeader(http.StatusCreated)
		}))
		defer slow.Close()
		told := make(chan struct{}, 10)
		quick := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if ended.Load() {
				t.Error("it was told once the slow one had ended")
			}
			w.WriteHeader(http.StatusCreated)
			told <- struct{}{}
		}))
		quick.StartTLS()
		defer quick.Close()
		client := quick.Client() // which takes example.com for its own, and knows the certificate of both
		s := push.New(d, o, box, client, log, at)
		ids := map[string]string{"ada": id.New(), "bob": id.New()}
		must(t, d.Tx(ctx, func(ctx context.Context, q db.Q) error {
			if _, err := db.Exec(ctx, q, "INSERT INTO organisation (one, name, url, lang, zone, created_at, changed_at) VALUES (1, 'Velo', 'https://velo.example', 'en', 'UTC', 1, 1)"); err != nil {
				return err
			}
			for who, member := range ids {
				if _, err := db.Exec(ctx, q, "INSERT INTO member (id, email, name, role, lang, zone, state, created_at) VALUES ($1, $2, $2, 'member', 'en', 'UTC', 'active', 1)", member, who+"@velo.example"); err != nil {
					return err
				}
				if _, err := db.Exec(ctx, q, "INSERT INTO member_session (id, hash, member, created_at, seen_at) VALUES ($1, $2, $1, 1, 1)", member, who); err != nil {
					return err
				}
			}
			return nil
		}))
		key, err := ecdh.P256().GenerateKey(rand.Reader)
		must(t, err)
		b64 := base64.RawURLEncoding
		for who, endpoint := range map[string]string{"ada": slow.URL, "bob": "https://example.com"} {
			m, err := o.Find(org.AsOperator(ctx), ids[who])
			must(t, err)
			_, err = s.Add(org.With(ctx, m), "velo", push.Subscription{Endpoint: endpoint + "/" + who, Key: b64.EncodeToString(key.PublicKey().Bytes()), Secret: b64.EncodeToString(make([]byte, 16))},
				org.Session{ID: m.ID, Member: m.ID})
			must(t, err)
		}
		write := func(_ context.Context, notice string) (push.Message, bool, error) {
			return push.Message{Title: notice, URL: "https://velo.example", Tag: notice}, true, nil
		}
		queue := func(who, notice string) {
			t.Helper()
			must(t, d.Tx(ctx, func(ctx context.Context, q db.Q) error { return s.Queue(ctx, q, ids[who], "velo", notice) }))
		}
		pass := func(d time.Duration) { clock.Lock(); defer clock.Unlock(); now = now.Add(d) }
		queue("ada", "a1")
		queue("ada", "a2")
		pass(time.Second)
		queue("bob", "b1")
		pass(time.Minute)
		first := make(chan error, 1)
		go func() { _, err := s.SendOnce(ctx, write); first <- err }()
		<-asked
		<-told
		queue("bob", "b2")
		pass(time.Minute)
		for again := true; again; { // until what was told first is noted
			_, err := s.SendOnce(ctx, write)
			must(t, err)
			select {
			case <-told:
				again = false
			default:
				runtime.Gosched()
			}
		}
		close(release)
		must(t, <-first)
		<-asked
		if n, _, err := db.Value[int](ctx, d.Read(), "SELECT COUNT(*) FROM push_sending WHERE state = 'sent'"); err != nil || n != 4 {
			t.Errorf("%d were told in the end: %v", n, err)
		}
	})
}
