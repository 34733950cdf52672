package inboxapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/entente/entente/internal/api"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/inbox/inboxapi"
	"github.com/entente/entente/internal/inbox/inboxtest"
	"github.com/entente/entente/internal/org"
)

func TestOverREST(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := inboxtest.New(t, d)
		a := api.New(k.Org, d, slog.New(slog.DiscardHandler), k.Now)
		inboxapi.Operations(a, k.Inbox)
		if _, err := a.OpenAPI(); err != nil {
			t.Fatal(err)
		}
		srv := httptest.NewServer(a.Handler())
		t.Cleanup(srv.Close)
		token := func(m *org.Member, scopes ...org.Permission) string {
			secret, _, err := k.Org.MakeToken(k.As(m), "test", scopes, 24*time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			return secret
		}
		call := func(secret, method, path string, body any, want int, key ...string) map[string]any {
			t.Helper()
			raw, err := json.Marshal(body)
			if err != nil {
				t.Fatal(err)
			}
			q, err := http.NewRequestWithContext(t.Context(), method, srv.URL+api.Prefix+path, bytes.NewReader(raw))
			if err != nil {
				t.Fatal(err)
			}
			q.Header.Set("Authorization", "Bearer "+secret)
			q.Header.Set("Content-Type", "application/json")
			if len(key) > 0 {
				q.Header.Set("Idempotency-Key", key[0])
			}
			r, err := http.DefaultClient.Do(q)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Body.Close()
			got, err := io.ReadAll(r.Body)
			if err != nil {
				t.Fatal(err)
			}
			if r.StatusCode != want {
				t.Fatalf("%s %s: %d %s, want %d", method, path, r.StatusCode, got, want)
			}
			out := map[string]any{}
			if len(got) > 0 {
				if err := json.Unmarshal(got, &out); err != nil {
					t.Fatal(err)
				}
			}
			return out
		}
		k.Hear(k.Post.ID, inboxtest.Mail("m1", "ada", "Brakes", "They squeak.", k.Now().Add(-time.Hour)), inboxtest.Mail("m2", "bo", "Price", "How much?", k.Now()))
		c := k.About(k.Post.ID, "m1")
		vera, _ := k.Join("Vera", org.Volunteer)
		paul, _ := k.Join("Paul", org.Social)
		reads, writes := token(vera, org.InboxRead), token(vera, org.InboxRead, org.InboxEdit)
		assigns := token(paul, org.InboxRead, org.InboxEdit, org.InboxAssign)

		call(reads, "GET", "/conversations?view=secret", nil, 422)
		page := call(reads, "GET", "/conversations?view=waiting&limit=1", nil, 200)
		if items := page["items"].([]any); len(items) != 1 || items[0].(map[string]any)["title"] != "Brakes" {
			t.Fatalf("first page %v", page)
		}
		page = call(reads, "GET", "/conversations?view=waiting&limit=1&cursor="+page["next"].(string), nil, 200)
		if items := page["items"].([]any); len(items) != 1 || items[0].(map[string]any)["title"] != "Price" || page["next"] != nil {
			t.Fatalf("second page %v", page)
		}
		if n := call(reads, "GET", "/conversations/counts", nil, 200); n["waiting"] != 2.0 || n["unassigned"] != 2.0 {
			t.Errorf("counts %v", n)
		}
		path := "/conversations/" + c.ID
		call(reads, "POST", path+"/take", nil, 403)
		if got := call(writes, "POST", path+"/take", nil, 200); got["assignee"] != vera.ID {
			t.Errorf("taken %v", got)
		}
		if got := call(assigns, "POST", path+"/take", nil, 409); got["key"] != "inbox.taken_by" {
			t.Errorf("told %v", got)
		}
		call(writes, "POST", path+"/assign", map[string]any{"to": paul.ID}, 403)
		call(assigns, "POST", path+"/assign", map[string]any{"to": paul.ID, "expect": ""}, 409)
		call(assigns, "POST", path+"/assign", map[string]any{"to": paul.ID}, 200)
		call(assigns, "POST", path+"/release", nil, 200)
		call(writes, "POST", path+"/notes", map[string]any{"text": "hm"}, 201)
		first := call(writes, "POST", path+"/replies", map[string]any{"text": "Bring it in."}, 202, "k1")
		if again := call(writes, "POST", path+"/replies", map[string]any{"text": "Bring it in."}, 202, "k1"); again["id"] != first["id"] {
			t.Errorf("said twice: %v %v", first, again)
		}
		// A crash: the answer was queued, what became of the key was not noted. The same request queues nothing, also when the key is forgotten.
		for _, statement := range []string{"UPDATE api_answer SET status = 0, body = ''", "DELETE FROM api_answer"} {
			if err := d.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
				_, err := db.Exec(ctx, q, statement)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			if again := call(writes, "POST", path+"/replies", map[string]any{"text": "Bring it in."}, 202, "k1"); again["id"] != first["id"] {
				t.Errorf("%s: said twice: %v %v", statement, first, again)
			}
		}
		if first["private"] != true || first["state"] != "queued" {
			t.Errorf("reply %v", first)
		}
		k.Send()
		if sent := k.Town.Sent(); len(sent) != 1 {
			t.Errorf("sent %v", sent)
		}
		call(writes, "POST", path+"/replies/"+first["id"].(string)+"/withdraw", nil, 409)
		call(writes, "PUT", "/posts/"+c.Post+"/sentiment", map[string]any{"sentiment": "positive"}, 204)
		if p := call(reads, "GET", "/posts/"+c.Post, nil, 200); p["sentiment"] != "positive" || p["text"] != "They squeak." {
			t.Errorf("post %v", p)
		}
		if got := call(writes, "POST", "/posts/"+c.Post+"/conversation", nil, 200); got["id"] != c.ID {
			t.Errorf("opened %v", got)
		}
		// The key is free for other words once it is forgotten.
		if err := d.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
			_, err := db.Exec(ctx, q, "DELETE FROM api_answer")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		other := call(writes, "POST", path+"/replies", map[string]any{"text": "Or send it.", "not_before": k.Now().Add(time.Hour)}, 202, "k1")
		if other["id"] == first["id"] {
			t.Error("other words under a forgotten key are not queued")
		}
		call(writes, "POST", path+"/replies/"+other["id"].(string)+"/withdraw", nil, 200)
		// A colleague answered: whoever has not seen that is told, and which answer it is; who has seen it, or says so, is heard. The key is free again after a refusal.
		k.Pass(time.Minute)
		quick := map[string]any{"text": "We are open until six."}
		if got := call(assigns, "POST", path+"/replies", quick, 409, "p1"); got["key"] != "inbox.answered_meanwhile" || got["other"] != first["id"] {
			t.Errorf("told %v, beside %v", got, first["id"])
		}
		quick["seen"] = k.Now().Add(-time.Hour)
		if got := call(assigns, "POST", path+"/replies", quick, 409, "p1"); got["other"] != first["id"] {
			t.Errorf("told %v", got)
		}
		quick["seen"] = first["created_at"]
		theirs := call(assigns, "POST", path+"/replies", quick, 202, "p1")
		k.Pass(time.Minute)
		late := map[string]any{"text": "Bring the key, too.", "seen": first["created_at"]}
		if got := call(writes, "POST", path+"/replies", late, 409); got["other"] != theirs["id"] {
			t.Errorf("told %v, beside %v", got, theirs["id"])
		}
		late["anyway"] = true
		call(writes, "POST", path+"/replies", late, 202)
		k.Send()
		if page := call(reads, "GET", "/conversations?q=squeaking", nil, 200)["items"].([]any); len(page) != 1 || page[0].(map[string]any)["id"] != c.ID {
			t.Errorf("searched %v", page)
		}
		call(reads, "GET", "/conversations?q=langg:fr", nil, 422)
		if page := call(reads, "GET", "/conversations?topic=nothing", nil, 200)["items"].([]any); len(page) != 0 {
			t.Errorf("about nothing %v", page)
		}
		line := call(reads, "GET", path+"/thread", nil, 200)["items"].([]any)
		if len(line) != 9 { // four posts, taken, assigned, released, noted, taken again by answering
			t.Errorf("%d entries: %v", len(line), line)
		}
		if got := call(writes, "POST", path+"/resolve", nil, 200); got["state"] != "resolved" || got["resolved_at"] == nil {
			t.Errorf("resolved %v", got)
		}
		if got := call(writes, "POST", path+"/reopen", nil, 200); got["state"] != "open" {
			t.Errorf("reopened %v", got)
		}
		call(reads, "GET", "/conversations/nothing", nil, 404)
	})
}
