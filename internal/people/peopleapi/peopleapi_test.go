package peopleapi_test

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
	"github.com/entente/entente/internal/inbox/inboxtest"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/people"
	"github.com/entente/entente/internal/people/peopleapi"
)

func TestOverREST(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := inboxtest.New(t, d)
		log := slog.New(slog.DiscardHandler)
		a := api.New(k.Org, d, log, k.Now)
		peopleapi.Operations(a, people.New(d, k.Ledger, k.Org, log, k.Now))
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
		reads, writes := token(org.PeopleRead), token(org.PeopleRead, org.PeopleEdit)
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

		for n := range 3 {
			k.Hear(k.Post.ID, inboxtest.Mail("m"+string(rune('0'+n)), "ada", "Brakes", "They squeak.", k.Now().Add(time.Duration(n-5)*time.Hour)))
		}
		found := call(reads, "GET", "/identities?uri=mailto:ada@example.org", nil, 200)
		ada := "/people/" + found["person"].(string)
		if p := call(reads, "GET", ada, nil, 200); p["name"] != "Ada" || len(p["identities"].([]any)) != 1 {
			t.Errorf("%v", p)
		}
		bo := call(writes, "POST", "/people", map[string]any{"name": "Bo", "kinds": []string{"partner"}, "identities": []string{"BO@example.org", "+33 1 23 45 67 89"}}, 201)
		if ids := bo["identities"].([]any); len(ids) != 2 || ids[0].(map[string]any)["uri"] != "mailto:bo@example.org" {
			t.Errorf("%v", bo)
		}
		call(writes, "POST", "/people", map[string]any{"name": "Bo", "identities": []string{"bo@example.org"}}, 409)
		call(writes, "POST", "/people", map[string]any{"name": "Cy", "identities": []string{"not an address"}}, 422)
		call(writes, "POST", "/people", map[string]any{}, 422)
		call(writes, "POST", "/people", map[string]any{"name": strings.Repeat("x", 201)}, 422)
		call(reads, "POST", "/people", map[string]any{"name": "Cy"}, 403)

		page := call(reads, "GET", "/people?limit=1", nil, 200)
		if list := items(page); len(list) != 1 || list[0].(map[string]any)["name"] != "Ada" {
			t.Errorf("%v", page)
		}
		page = call(reads, "GET", "/people?limit=1&cursor="+url.QueryEscape(page["next"].(string)), nil, 200)
		if list := items(page); len(list) != 1 || list[0].(map[string]any)["name"] != "Bo" || page["next"] != nil {
			t.Errorf("%v", page)
		}
		if got := items(call(reads, "GET", "/people?search=bo@&kind=partner", nil, 200)); len(got) != 1 {
			t.Errorf("%v", got)
		}
		call(reads, "GET", "/people?cursor=nonsense", nil, 422)

		if p := call(writes, "PATCH", ada, map[string]any{"organisation": "Analytical"}, 200); p["organisation"] != "Analytical" || p["name"] != "Ada" {
			t.Errorf("%v", p)
		}
		call(writes, "POST", ada+"/identities", map[string]any{"uri": "bo@example.org"}, 409)
		call(writes, "POST", ada+"/identities", map[string]any{"uri": "nothing"}, 422)
		if p := call(writes, "POST", ada+"/identities", map[string]any{"uri": "acct:ada@example.social", "verified": true}, 200); len(p["identities"].([]any)) != 2 {
			t.Errorf("%v", p)
		}
		if p := call(writes, "DELETE", ada+"/identities?uri=acct:ada@example.social", nil, 200); len(p["identities"].([]any)) != 1 {
			t.Errorf("%v", p)
		}

		// What Ada wrote came by mail: a token without the inbox does not hear it.
		if list := items(call(reads, "GET", ada+"/timeline", nil, 200)); len(list) != 0 {
			t.Errorf("%v", list)
		}
		hears := token(org.PeopleRead, org.InboxRead)
		line := call(hears, "GET", ada+"/timeline?limit=2", nil, 200)
		if list := items(line); len(list) != 2 || list[0].(map[string]any)["type"] != "post" {
			t.Errorf("%v", line)
		}
		if list := items(call(hears, "GET", ada+"/timeline?limit=2&cursor="+url.QueryEscape(line["next"].(string)), nil, 200)); len(list) != 1 {
			t.Errorf("%v", list)
		}
		call(reads, "GET", ada+"/timeline?cursor=nonsense", nil, 422)

		if p := call(writes, "POST", ada+"/merges", map[string]any{"person": bo["id"]}, 200); len(p["identities"].([]any)) != 3 {
			t.Errorf("%v", p)
		}
		call(writes, "POST", ada+"/merges", map[string]any{"person": bo["id"]}, 422)
		if p := call(reads, "GET", "/people/"+bo["id"].(string), nil, 200); "/people/"+p["id"].(string) != ada {
			t.Errorf("who was merged is %v", p)
		}
		merges := items(call(reads, "GET", ada+"/merges", nil, 200))
		if len(merges) != 1 || len(merges[0].(map[string]any)["identities"].([]any)) != 2 {
			t.Fatalf("%v", merges)
		}
		merge := "/merges/" + merges[0].(map[string]any)["id"].(string)
		call(reads, "DELETE", merge, nil, 403)
		call(writes, "DELETE", merge, nil, 204)
		call(writes, "DELETE", merge, nil, 409)
		if p := call(reads, "GET", "/people/"+bo["id"].(string), nil, 200); p["name"] != "Bo" || len(p["identities"].([]any)) != 2 {
			t.Errorf("after undoing: %v", p)
		}
		for _, path := range []string{"/people/nobody", "/people/nobody/timeline", "/identities?uri=x"} {
			call(reads, "GET", path, nil, 404)
		}
		call(writes, "DELETE", "/merges/nothing", nil, 404)
		call("nonsense", "GET", "/people", nil, 401)
	})
}
