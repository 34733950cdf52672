package businessapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/api"
	"github.com/entente/entente/internal/business"
	"github.com/entente/entente/internal/business/businessapi"
	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/intake"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
)

func TestOverREST(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		now := time.Date(2026, 11, 4, 12, 0, 0, 0, time.UTC)
		log, clock := slog.New(slog.DiscardHandler), func() time.Time { return now }
		o := org.New(d, log, clock)
		ctx := org.AsOperator(t.Context())
		const word = "Pignon libre 42"
		if err := o.SetUp(ctx, org.SetUp{Organisation: "Vélo", Lang: "en", URL: "http://localhost", OwnerName: "Ada", OwnerEmail: "ada@velo.example", Password: word}); err != nil {
			t.Fatal(err)
		}
		ada, err := o.ByEmail(ctx, "ada@velo.example")
		if err != nil {
			t.Fatal(err)
		}
		l := ledger.New(d, log, clock, business.Follower())
		dir := t.TempDir()
		in := intake.New(d, l, channel.New(d, l, nil, channel.World{}, log, clock), o, filepath.Join(dir, "imports"), log, clock, nil)
		a := api.New(o, d, log, clock)
		businessapi.Operations(a, business.New(d, l, o, log, clock), business.NewWatcher(d, in, o, filepath.Join(dir, "facts"), log, clock))
		if _, err := a.OpenAPI(); err != nil {
			t.Fatal(err)
		}
		srv := httptest.NewServer(a.Handler())
		t.Cleanup(srv.Close)
		token := func(scopes ...org.Permission) string {
			secret, _, err := o.MakeToken(org.With(context.WithoutCancel(t.Context()), ada), "test", scopes, 24*time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			return secret
		}
		reads, writes := token(org.MeasureRead, org.StrategyEdit), token(org.MeasureRead, org.MeasureEdit, org.StrategyEdit) // amounts are for those who steer
		call := func(secret, method, path, key, body string, want int) map[string]any {
			t.Helper()
			q, err := http.NewRequestWithContext(t.Context(), method, srv.URL+api.Prefix+path, bytes.NewReader([]byte(body)))
			if err != nil {
				t.Fatal(err)
			}
			q.Header.Set("Authorization", "Bearer "+secret)
			q.Header.Set("Content-Type", "application/json")
			if key != "" {
				q.Header.Set("Idempotency-Key", key)
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
			if want >= 400 {
				out["text"] = string(got)
			}
			return out
		}
		items := func(page map[string]any) []any { return page["items"].([]any) }
		state := `{"facts":[{"kind":"cost","origin":"books","external_id":"c1","at":"2026-03-01T00:00:00+01:00","until":"2026-04-01T00:00:00+02:00","amount":123450,"currency":"EUR","label":"platform"},
			{"kind":"hours","external_id":"h1","at":"2026-03-02T00:00:00Z","quantity":7.5,"team":"Desk"}]}`
		call(reads, "POST", "/facts", "", state, 403)
		first := items(call(writes, "POST", "/facts", "k1", state, 200))
		if again := items(call(writes, "POST", "/facts", "k1", state, 200)); len(again) != 2 || again[0].(map[string]any)["new"] != true {
			t.Errorf("the answer to a key is kept: %v", again)
		}
		if again := items(call(writes, "POST", "/facts", "", state, 200)); again[0].(map[string]any)["new"] != false {
			t.Errorf("said again: %v", again)
		}
		id := first[0].(map[string]any)["id"].(string)
		f := call(reads, "GET", "/facts/"+id, "", "", 200)
		if f["amount"] != 123450.0 || f["external_id"] != "c1" || f["label"] != "platform" || f["withdrawn"] != false {
			t.Errorf("%v", f)
		}
		for body, field := range map[string]string{
			`{"facts":[{"kind":"x","external_id":"1","at":"2026-03-02T00:00:00Z"}]}`:                                                             "facts[0].kind",
			`{"facts":[{"kind":"cost","external_id":"1","at":"2026-03-02T00:00:00Z","amount":1,"currency":"XYZ","label":"other"}]}`:              "facts[0].currency",
			`{"facts":[{"kind":"cost","external_id":"1","at":"2026-03-02T00:00:00Z","amount":1,"label":"other"}]}`:                               "facts[0].currency",
			`{"facts":[{"kind":"hours","external_id":"1","at":"2026-03-02T00:00:00Z"}]}`:                                                         "facts[0].quantity",
			`{"facts":[{"kind":"cost","external_id":"1","at":"2027-03-02T00:00:00Z","amount":1,"currency":"EUR","label":"other"}]}`:              "facts[0].at",
			`{"facts":[{"kind":"cost","external_id":"1","at":"2026-03-02T00:00:00Z","amount":1,"currency":"EUR","label":"other","person":"x"}]}`: "facts[0].person",
		} {
			if got := call(writes, "POST", "/facts", "", body, 422); !strings.Contains(got["text"].(string), field) {
				t.Errorf("%s: %v does not name %s", body, got["text"], field)
			}
		}
		correction := `{"at":"2026-03-01T00:00:00+01:00","amount":100,"currency":"EUR","label":"content","note":"typing mistake"}`
		call(writes, "PUT", "/facts/"+id+"?was=nothing", "", correction, 409)
		if f = call(writes, "PUT", "/facts/"+id+"?was="+f["activity"].(string), "", correction, 200); f["amount"] != 100.0 {
			t.Errorf("%v", f)
		}
		if totals := items(call(reads, "GET", "/fact-totals?kind=cost", "", "", 200)); len(totals) != 1 || totals[0].(map[string]any)["amount"] != 100.0 {
			t.Errorf("%v", totals)
		}
		call(writes, "DELETE", "/facts/"+id+"?note=twice", "", "", 204)
		if list := items(call(reads, "GET", "/facts?kind=cost", "", "", 200)); len(list) != 0 {
			t.Errorf("%v", list)
		}
		if list := items(call(reads, "GET", "/facts?kind=cost&withdrawn=true", "", "", 200)); len(list) != 1 {
			t.Errorf("%v", list)
		}
		lines := items(call(reads, "GET", "/facts/"+id+"/history", "", "", 200))
		if len(lines) != 3 || lines[0].(map[string]any)["withdrawn"] != true || lines[2].(map[string]any)["amount"] != 123450.0 || lines[1].(map[string]any)["note"] != "typing mistake" {
			t.Errorf("%v", lines)
		}
		page := call(reads, "GET", "/facts?limit=1", "", "", 200)
		if len(items(page)) != 1 || page["next"] != nil {
			t.Errorf("%v", page)
		}
		kinds := items(call(reads, "GET", "/fact-kinds", "", "", 200))
		if len(kinds) != len(business.Kinds()) {
			t.Errorf("%d kinds", len(kinds))
		}
		rule := call(writes, "POST", "/folder-rules", "", `{"pattern":"*.csv","kind":"cost","columns":"amount=Total"}`, 201)
		call(writes, "POST", "/folder-rules", "", `{"pattern":"a/b","kind":"cost"}`, 422)
		if rules := items(call(reads, "GET", "/folder-rules", "", "", 200)); len(rules) != 1 || rules[0].(map[string]any)["columns"] != "amount=Total" {
			t.Errorf("%v", rules)
		}
		call(writes, "DELETE", "/folder-rules/"+rule["id"].(string), "", "", 204)
		if files := items(call(reads, "GET", "/folder-files", "", "", 200)); len(files) != 0 {
			t.Errorf("%v", files)
		}
	})
}
