package listeningapi_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/api"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/inbox/inboxtest"
	"github.com/entente/entente/internal/listening"
	"github.com/entente/entente/internal/listening/listeningapi"
	"github.com/entente/entente/internal/org"
)

func TestOverREST(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := inboxtest.New(t, d)
		log := slog.New(slog.DiscardHandler)
		l := listening.New(d, k.Ledger, enrich.New(d, log, enrich.LanguageIdentifier{}), k.Org, log, k.Now, nil)
		a := api.New(k.Org, d, log, k.Now)
		listeningapi.Operations(a, l)
		if _, err := a.OpenAPI(); err != nil {
			t.Fatal(err)
		}
		srv := httptest.NewServer(a.Handler())
		t.Cleanup(srv.Close)
		paul, _ := k.Join("Paul", org.Social)
		token := func(scopes ...org.Permission) string {
			secret, _, err := k.Org.MakeToken(k.As(paul), "test", scopes, 24*time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			return secret
		}
		reads, writes := token(org.ListeningRead), token(org.ListeningRead, org.ListeningEdit)
		call := func(secret, method, path string, body any, want int) map[string]any {
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
			if want >= 400 && !strings.HasPrefix(r.Header.Get("Content-Type"), "application/problem+json") {
				t.Errorf("%s %s: a problem as %s", method, path, r.Header.Get("Content-Type"))
			}
			out := map[string]any{}
			if len(got) > 0 {
				if err := json.Unmarshal(got, &out); err != nil {
					t.Fatal(err)
				}
			}
			return out
		}
		items := func(page map[string]any) []any { return page["items"].([]any) }

		for n, text := range []string{"My brakes squeak when it rains on the road", "The price is much too high for what it is", "The brake failed again on the way home"} {
			k.Hear(k.Deaf.ID, inboxtest.Question("q"+string(rune('0'+n)), "ada", "", text, k.Now().Add(time.Duration(n-5)*time.Hour)))
		}
		preview := call(reads, "GET", "/topics/preview?query=brake", nil, 200)
		if len(preview["hits"].([]any)) != 2 || preview["all"] != true || len(preview["problems"].([]any)) != 0 {
			t.Errorf("%v", preview)
		}
		if p := call(reads, "GET", "/topics/preview?query="+url.QueryEscape("(brake"), nil, 200); len(p["problems"].([]any)) != 1 || p["problems"].([]any)[0].(map[string]any)["error"] != true {
			t.Errorf("%v", p)
		}
		topic := call(writes, "POST", "/topics", map[string]any{"name": "Brakes", "query": "brake"}, 201)
		path := "/topics/" + topic["id"].(string)
		if topic["filled"] != false || topic["inbox"] != false {
			t.Errorf("%v", topic)
		}
		if err := l.Fill(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := call(reads, "GET", path, nil, 200); got["filled"] != true || got["name"] != "Brakes" {
			t.Errorf("%v", got)
		}
		call(reads, "POST", "/topics", map[string]any{"name": "x", "query": "y"}, 403)
		call(writes, "POST", "/topics", map[string]any{"name": "x", "query": "(y"}, 422)
		call(writes, "POST", "/topics", map[string]any{"name": "", "query": "y"}, 422)
		call(writes, "PUT", path, map[string]any{"name": "Brakes", "query": "langu:fr"}, 422)
		if got := items(call(reads, "GET", "/topics", nil, 200)); len(got) != 1 {
			t.Errorf("%v", got)
		}

		page := call(reads, "GET", "/mentions?limit=1&topic="+topic["id"].(string), nil, 200)
		first := items(page)[0].(map[string]any)
		if first["external_id"] != "q2" || first["lang"] != "en" || first["author"] != "mailto:ada@example.org" || first["topics"].([]any)[0] != topic["id"] {
			t.Errorf("%v", page)
		}
		page = call(reads, "GET", "/mentions?limit=1&topic="+topic["id"].(string)+"&cursor="+url.QueryEscape(page["next"].(string)), nil, 200)
		if list := items(page); len(list) != 1 || list[0].(map[string]any)["external_id"] != "q0" || page["next"] != nil {
			t.Errorf("%v", page)
		}
		if got := items(call(reads, "GET", "/mentions?since="+k.Now().Add(-4*time.Hour).Format(time.RFC3339)+"&until="+k.Now().Add(-3*time.Hour).Format(time.RFC3339), nil, 200)); len(got) != 1 {
			t.Errorf("%v", got)
		}
		if got := items(call(reads, "GET", "/mentions?sentiment=none&channel="+k.Deaf.ID, nil, 200)); len(got) != 3 {
			t.Errorf("%v", got)
		}
		call(reads, "GET", "/mentions?sentiment=angry", nil, 422)
		call(reads, "GET", "/mentions?cursor=nonsense", nil, 422)
		if got := items(call(reads, "GET", "/mentions/volume?days=1000", nil, 200)); len(got) != 1000 {
			t.Errorf("%d days", len(got))
		}
		call(reads, "GET", "/mentions/volume?days=0", nil, 422)

		if got := call(writes, "PUT", path, map[string]any{"name": "Brakes", "query": "brake", "exclude": "way home\nlang:de"}, 200); got["exclude"] != "way home\nlang:de" || got["filled"] != false {
			t.Errorf("%v", got)
		}
		if err := l.Fill(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := items(call(reads, "GET", "/mentions?topic="+topic["id"].(string), nil, 200)); len(got) != 1 {
			t.Errorf("%v", got)
		}
		if got := items(call(reads, "GET", "/mentions?kind=complaint", nil, 200)); len(got) != 0 {
			t.Errorf("%v", got)
		}
		call(reads, "GET", "/mentions?kind=rant", nil, 422)
		if got := items(call(reads, "GET", "/mentions?query="+url.QueryEscape("brake -home"), nil, 200)); len(got) != 1 {
			t.Errorf("%v", got)
		}
		call(reads, "GET", "/mentions?query="+url.QueryEscape("(brake"), nil, 422)
		call(writes, "PUT", path, map[string]any{"name": "Brakes", "query": "brake", "exclude": "(open"}, 422)
		preview = call(reads, "GET", "/topics/preview?query="+url.QueryEscape("brake OR zzyzx")+"&exclude="+url.QueryEscape("way home\n(open"), nil, 200)
		if len(preview["exclude"].([]any)) != 1 || preview["found"] != float64(0) {
			t.Errorf("%v", preview)
		}
		preview = call(reads, "GET", "/topics/preview?query="+url.QueryEscape("brake OR zzyzx")+"&exclude="+url.QueryEscape("way home"), nil, 200)
		if preview["found"] != float64(1) || preview["unheard"].([]any)[0] != "zzyzx" {
			t.Errorf("%v", preview)
		}
		if got := call(writes, "PUT", path, map[string]any{"name": "Price", "query": "price", "inbox": true}, 200); got["inbox"] != true || got["filled"] != false {
			t.Errorf("%v", got)
		}
		call(writes, "DELETE", path, nil, 204)
		call(writes, "DELETE", path, nil, 404)
		call(reads, "GET", path, nil, 404)
		call(writes, "PUT", path, map[string]any{"name": "x", "query": "y"}, 404)
	})
}
