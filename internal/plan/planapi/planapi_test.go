package planapi_test

import (
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/api"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/plan"
	"github.com/entente/entente/internal/plan/planapi"
	"github.com/entente/entente/internal/strategy"
)

func TestOperations(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		now := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
		ctx, log, clock := t.Context(), slog.New(slog.DiscardHandler), func() time.Time { return now }
		o := org.New(d, log, clock)
		if err := o.SetUp(ctx, org.SetUp{Organisation: "Bruyère", Lang: "fr", Zone: "Europe/Paris", URL: "http://localhost", OwnerName: "Ada", OwnerEmail: "ada@example.org", Password: "heather on the hills 42"}); err != nil {
			t.Fatal(err)
		}
		ada, err := o.ByEmail(ctx, "ada@example.org")
		if err != nil {
			t.Fatal(err)
		}
		token := func(scopes ...org.Permission) string {
			secret, _, err := o.MakeToken(org.With(ctx, ada), "test", scopes, 24*time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			return secret
		}
		reads, edits := token(org.StrategyRead), token(org.StrategyRead, org.StrategyEdit)
		m := measure.New(d, o, clock)
		st := strategy.New(d, m, o, log, clock)
		made, err := st.AddMap(org.With(ctx, ada), strategy.Draft{Name: strategy.Words{"en": "Map"}, Perspectives: []strategy.Perspective{{ID: "v", Name: strategy.Words{"en": "Value"}}},
			Objectives: []strategy.Objective{{ID: "o", Perspective: "v", Name: strategy.Words{"en": "Keep customers"}}}})
		if err != nil {
			t.Fatal(err)
		}
		a := api.New(o, d, log, clock)
		planapi.Operations(a, plan.New(d, m, st, o, log, clock))
		h := a.Handler()
		ask := func(token, method, path, body string, status int) map[string]any {
			t.Helper()
			r := httptest.NewRequest(method, api.Prefix+path, strings.NewReader(body))
			r.Header.Set("Authorization", "Bearer "+token)
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != status {
				t.Fatalf("%s %s: %d, want %d: %s", method, path, w.Code, status, w.Body)
			}
			out := map[string]any{}
			if status != 204 {
				if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
					t.Fatalf("%s: %v: %s", path, err, w.Body)
				}
			}
			return out
		}
		ask(reads, "POST", "/initiatives", `{"name":"Guides"}`, 403)
		ask(edits, "POST", "/initiatives", `{"name":"Guides","start":"soon"}`, 422)
		first := ask(edits, "POST", "/initiatives", `{"name":"Guides"}`, 201)
		id, seen := first["id"].(string), url.QueryEscape(first["updated_at"].(string))
		ask(edits, "POST", "/initiatives", `{"name":"guides"}`, 409)
		at := "/initiatives/" + id
		ask(edits, "PUT", at+"?seen="+seen, `{"name":"Guides","owner":"`+ada.ID+`","outcome":"Fewer calls","scope_in":"Batteries","manner":"Workshops","exit":"Ten are online","start":"2026-11-02","end":"2026-12-31","objectives":["`+made.Objectives[0].ID+`"]}`, 200)
		ask(edits, "PUT", at+"?seen="+seen, `{"name":"Guides"}`, 409)
		ask(edits, "PUT", at+"/tasks", `{"items":[{"name":"A","length":5,"after":[{"task":"#2"}]},{"name":"B","length":5,"after":[{"task":"#1"}]}]}`, 422)
		i := ask(edits, "PUT", at+"/tasks", `{"items":[{"name":"A","length":5,"minutes":600,"member":"`+ada.ID+`"},{"name":"B","length":3,"after":[{"task":"#1","lag":2}]}]}`, 200)
		if k := i["tasks"].([]any)[1].(map[string]any)["after"].([]any)[0].(map[string]any); k["task"] != i["tasks"].([]any)[0].(map[string]any)["id"] || k["lag"] != 2.0 {
			t.Errorf("the second task waits for %v", k)
		}
		ask(edits, "PUT", at+"/budget", `{"items":[{"kind":"hours","label":"Write","funding":"Support","amount":4500,"minutes":600}]}`, 200)
		ask(edits, "PUT", at+"/contributors", `{"items":[{"member":"`+ada.ID+`","minutes_a_week":300}]}`, 200)
		ask(edits, "PUT", at+"/benefits", `{"items":[{"kind":"money","label":"Calls","likely":90000,"from":"2027-01-01"}]}`, 200)
		ask(edits, "POST", at+"/steps", `{"step":"propose"}`, 201)
		refused := ask(edits, "POST", at+"/steps", `{"step":"approve"}`, 422)
		if errs := refused["errors"].([]any); len(errs) != 1 || errs[0].(map[string]any)["key"] != "plan.gap.risk" {
			t.Errorf("refused for %v", errs)
		}
		ask(edits, "PUT", at+"/risks", `{"items":[{"name":"Late","probability":3,"impact":2,"trigger":"a week lost","contingency":"fewer guides","reserve":5000}]}`, 200)
		ask(edits, "POST", at+"/steps", `{"step":"approve"}`, 201)
		ask(edits, "POST", at+"/steps", `{"step":"approve"}`, 409)
		b := ask(edits, "POST", at+"/bookings", `{"line":"`+ask(reads, "GET", at, "", 200)["lines"].([]any)[0].(map[string]any)["id"].(string)+`","day":"2026-11-02","minutes":120}`, 201)
		if b["amount"] != 9000.0 || b["currency"] != "EUR" {
			t.Errorf("two hours cost %v", b)
		}
		standing := ask(reads, "GET", at+"/standing", "", 200)
		account := standing["accounts"].([]any)[0].(map[string]any)
		if standing["due"] != "2026-11-13" || account["budget"] != 45000.0 || account["actual"] != 9000.0 || account["roi"] != 1.0 || len(standing["missing"].([]any)) != 0 {
			t.Errorf("it stands at %v", standing)
		}
		if list := ask(reads, "GET", at+"/steps", "", 200)["items"].([]any); len(list) != 2 {
			t.Errorf("%d decisions", len(list))
		}
		if list := ask(reads, "GET", "/capacity?weeks=2", "", 200)["items"].([]any); len(list) != 1 || list[0].(map[string]any)["weeks"].([]any)[0].(map[string]any)["planned"] != 600.0 {
			t.Errorf("capacity %v", list)
		}
		if list := ask(reads, "GET", "/means", "", 200)["items"].([]any); len(list) != 1 || list[0].(map[string]any)["funded"] != true {
			t.Errorf("means %v", list)
		}
		ask(edits, "DELETE", at+"/bookings/"+b["id"].(string), "", 204)
		if list := ask(reads, "GET", at+"/bookings", "", 200)["items"].([]any); len(list) != 0 {
			t.Errorf("%d bookings", len(list))
		}
		ask(edits, "DELETE", at, "", 409)
		ask(edits, "PUT", "/working-days", `{"weekdays":[],"closed":[]}`, 422)
		days := ask(edits, "PUT", "/working-days", `{"weekdays":["monday","saturday"],"closed":["2026-12-26"]}`, 200)
		if got := days["weekdays"].([]any); len(got) != 2 || got[1] != "saturday" {
			t.Errorf("working days %v", days)
		}
		ask(reads, "GET", "/working-days", "", 200)
		ask(reads, "GET", "/initiatives/nothing/standing", "", 404)
		if list := ask(reads, "GET", "/initiatives", "", 200)["items"].([]any); len(list) != 1 {
			t.Errorf("%d initiatives", len(list))
		}
		if _, err := a.OpenAPI(); err != nil {
			t.Error(err)
		}
	})
}
