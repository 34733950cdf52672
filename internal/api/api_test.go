package api_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/entente/entente/internal/api"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// kit is the interface with operations that do what a test tells them.
type kit struct {
	handler http.Handler
	token   string
	do      func(context.Context) error
	done    atomic.Int64
	clock   atomic.Int64 // added to the time, in seconds
}

type thing struct {
	Name string `json:"name" maxLength:"20"`
	N    int64  `json:"n,omitempty" minimum:"0"`
}

func newKit(t *testing.T, d *db.DB) *kit {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	k := &kit{do: func(context.Context) error { return nil }}
	now := func() time.Time { return time.Now().Add(time.Duration(k.clock.Load()) * time.Second) }
	o := org.New(d, log, time.Now)
	if err := o.SetUp(t.Context(), org.SetUp{Organisation: "Vélo", Lang: "en", URL: "https://velo.example", OwnerName: "Ada", OwnerEmail: "ada@velo.example", Password: "Pignon libre 42"}); err != nil {
		t.Fatal(err)
	}
	m, err := o.ByEmail(t.Context(), "ada@velo.example")
	if err != nil {
		t.Fatal(err)
	}
	if k.token, _, err = o.MakeToken(org.With(context.WithoutCancel(t.Context()), m), "test", []org.Permission{org.InboxEdit}, 90*time.Hour); err != nil {
		t.Fatal(err)
	}
	a := api.New(o, d, log, now)
	work := func(ctx context.Context, in *struct {
		ID   string `path:"id" maxLength:"10"`
		Dry  bool   `query:"dry"`
		Body thing
	}) (*api.One[thing], error) {
		if err := k.do(ctx); err != nil {
			return nil, err
		}
		in.Body.N = k.done.Add(1)
		return api.Only(in.Body), nil
	}
	api.Add(a, api.Op{ID: "do", Method: "POST", Path: "/things/{id}", Tag: "t", Summary: "Do", Permission: org.InboxEdit, Status: 201}, work)
	api.Add(a, api.Op{ID: "do-secretly", Method: "POST", Path: "/secrets/{id}", Tag: "t", Summary: "Do", Permission: org.InboxEdit, Secret: true}, work)
	k.handler = a.Handler()
	return k
}

func (k *kit) post(path, key, body string, more ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", api.Prefix+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+k.token)
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	for i := 0; i < len(more); i += 2 {
		r.Header.Set(more[i], more[i+1])
	}
	w := httptest.NewRecorder()
	k.handler.ServeHTTP(w, r)
	return w
}

const one = `{"name":"one"}`

func TestKeyOfWorkThatFailed(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		for name, c := range map[string]struct {
			do     func(context.Context) error
			status int
		}{
			"error":    {func(context.Context) error { return errors.New("disk on fire") }, 500},
			"panic":    {func(context.Context) error { panic("boom") }, 500},
			"invalid":  {func(context.Context) error { return problem.New(problem.Invalid, "problem.required").On("name") }, 422},
			"busy":     {func(context.Context) error { return problem.New(problem.Busy, "problem.busy") }, 429},
			"conflict": {func(context.Context) error { return problem.New(problem.Conflict, "problem.conflict") }, 409},
		} {
			was := k.done.Load()
			k.do = c.do
			if w := k.post("/things/a", name, one); w.Code != c.status || w.Header().Get("Content-Type") != "application/problem+json" ||
				strings.Contains(w.Body.String(), "fire") || strings.Contains(w.Body.String(), "boom") {
				t.Errorf("%s: %d %v %s", name, w.Code, w.Header(), w.Body)
			}
			k.do = func(context.Context) error { return nil }
			if w := k.post("/things/a", name, one); w.Code != 201 || w.Header().Get("Idempotent-Replayed") != "" {
				t.Errorf("%s: then %d %s", name, w.Code, w.Body)
			}
			if w := k.post("/things/a", name, one); w.Code != 201 || w.Header().Get("Idempotent-Replayed") != "true" {
				t.Errorf("%s: at last %d %s", name, w.Code, w.Body)
			}
			if n := k.done.Load() - was; n != 1 {
				t.Errorf("%s: done %d times", name, n)
			}
		}
	})
}

func TestKeyAtTheSameTime(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		inside, leave := make(chan bool), make(chan bool)
		k.do = func(context.Context) error { inside <- true; <-leave; return nil }
		first := make(chan *httptest.ResponseRecorder, 1)
		go func() { first <- k.post("/things/a", "k", one) }()
		<-inside
		if w := k.post("/things/a", "k", one); w.Code != 409 || !strings.Contains(w.Body.String(), "api.key_busy") || w.Header().Get("Retry-After") == "" {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		if w := k.post("/things/b", "k", one); w.Code != 422 {
			t.Errorf("the key with another address: %d %s", w.Code, w.Body)
		}
		if w := k.post("/things/a?dry=true", "k", one); w.Code != 422 {
			t.Errorf("the key with another question: %d %s", w.Code, w.Body)
		}
		k.clock.Store(11 * 60)
		if w := k.post("/things/a", "k", one); w.Code != 409 || !strings.Contains(w.Body.String(), "api.key_broken") {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		k.clock.Store(0)
		leave <- true
		if w := <-first; w.Code != 201 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		k.do = func(context.Context) error { return nil }
		if w := k.post("/things/a", "k", one); w.Code != 201 || w.Header().Get("Idempotent-Replayed") != "true" || w.Body.String() != `{"name":"one","n":1}`+"\n" {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		k.clock.Store(24*3600 + 1)
		if w := k.post("/things/a", "k", one); w.Code != 201 || w.Header().Get("Idempotent-Replayed") != "" {
			t.Errorf("after a day: %d %s", w.Code, w.Body)
		}
	})
}

// TestKeyOfACallerWhoLeft: whoever hangs up and asks again gets what was done, and it is not done again.
func TestKeyOfACallerWhoLeft(t *testing.T) {
	t.Parallel()
	k := newKit(t, dbtest.SQLite(t))
	ctx, leave := context.WithCancel(t.Context())
	k.do = func(context.Context) error { leave(); return nil }
	r := httptest.NewRequest("POST", api.Prefix+"/things/a", strings.NewReader(one)).WithContext(ctx)
	r.Header.Set("Authorization", "Bearer "+k.token)
	r.Header.Set("Idempotency-Key", "k")
	k.handler.ServeHTTP(httptest.NewRecorder(), r)
	k.do = func(context.Context) error { return nil }
	if w := k.post("/things/a", "k", one); w.Code != 201 || w.Header().Get("Idempotent-Replayed") != "true" || k.done.Load() != 1 {
		t.Errorf("%d %s, done %d times", w.Code, w.Body, k.done.Load())
	}
}

func TestSecretIsNotKept(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	k := newKit(t, d)
	if w := k.post("/secrets/a", "k", `{"name":"hush"}`); w.Code != 200 || !strings.Contains(w.Body.String(), "hush") {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if w := k.post("/secrets/a", "k", `{"name":"hush"}`); w.Code != 409 || !strings.Contains(w.Body.String(), "api.key_secret") || k.done.Load() != 1 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	body, _, err := db.Value[string](t.Context(), d.Read(), "SELECT body FROM api_answer WHERE key = 'k'")
	if err != nil || body != "" {
		t.Errorf("kept %q, %v", body, err)
	}
}

func TestFaultsAreSaidWhereTheyAre(t *testing.T) {
	t.Parallel()
	k := newKit(t, dbtest.SQLite(t))
	k.do = func(context.Context) error {
		return errors.Join(problem.New(problem.Invalid, "problem.required").On("id"), problem.New(problem.Invalid, "problem.required").On("dry"),
			problem.New(problem.Invalid, "problem.required").On("name"))
	}
	w := k.post("/things/a", "", one, "Accept-Language", "fr")
	for _, want := range []string{`"path.id"`, `"query.dry"`, `"body.name"`, `Veuillez remplir ce champ.`} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s is not in %s", want, w.Body)
		}
	}
	for _, c := range []struct{ path, body, location, says string }{
		{"/things/a?dry=perhaps", one, "query.dry", "Doit être true ou false."},
		{"/things/aaaaaaaaaaaaaaa", one, "path.id", "Nombre de caractères : 10 au plus."},
		{"/things/a", `{"name":7}`, "body.name", "Doit être du texte."},
		{"/things/a", `{"name":"x","n":-1}`, "body.n", "Doit valoir au moins 0."},
		{"/things/a", `{}`, "body.name", "Est absent."},
		{"/things/a", `{"name":"x","more":1}`, "body.more", "Ce membre n’existe pas."},
		{"/things/a", `{"name":"x","n":99999999999999999999}`, "body.n", "Ce n’est pas acceptable ici."},
	} {
		w := k.post(c.path, "", c.body, "Accept-Language", "fr")
		if w.Code != 422 || !strings.Contains(w.Body.String(), `"location":"`+c.location+`"`) || !strings.Contains(w.Body.String(), c.says) {
			t.Errorf("%s %s: %d %s", c.path, c.body, w.Code, w.Body)
		}
	}
}

// slow breaks off.
type slow struct{}

func (slow) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestBodyThatBreaksOff(t *testing.T) {
	t.Parallel()
	k := newKit(t, dbtest.SQLite(t))
	for _, key := range []string{"", "k"} {
		r := httptest.NewRequest("POST", api.Prefix+"/things/a", slow{})
		r.Header.Set("Authorization", "Bearer "+k.token)
		if key != "" {
			r.Header.Set("Idempotency-Key", key)
		}
		w := httptest.NewRecorder()
		k.handler.ServeHTTP(w, r)
		if w.Code != 400 && w.Code != 500 || w.Header().Get("Content-Type") != "application/problem+json" || k.done.Load() != 0 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
}

func TestCursor(t *testing.T) {
	t.Parallel()
	for _, parts := range [][]string{{""}, {"a"}, {"é", "\"", "日本"}, {"1", "2", "3"}} {
		got, err := api.ParseCursor(api.Cursor(parts...), len(parts))
		if err != nil || strings.Join(got, "|") != strings.Join(parts, "|") {
			t.Errorf("%q gives %q, %v", parts, got, err)
		}
		if _, err := api.ParseCursor(api.Cursor(parts...), len(parts)+1); !problem.Is(err, problem.Invalid) {
			t.Errorf("%q read as one part more: %v", parts, err)
		}
	}
	if _, err := api.ParseCursor(api.Cursor("a\x00"), 1); !problem.Is(err, problem.Invalid) {
		t.Errorf("NUL: %v", err)
	}
}

func FuzzParseCursor(f *testing.F) {
	for _, seed := range []string{"", "x", "WyJhIl0", "bnVsbA", api.Cursor("a", "b")} {
		f.Add(seed, 1)
	}
	f.Fuzz(func(t *testing.T, text string, n int) {
		parts, err := api.ParseCursor(text, n)
		if err == nil && text != "" && len(parts) != n {
			t.Errorf("%q gives %d parts, want %d", text, len(parts), n)
		}
	})
}
