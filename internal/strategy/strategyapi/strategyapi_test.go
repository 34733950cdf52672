package strategyapi_test

import (
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/api"
	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/strategy"
	"github.com/entente/entente/internal/strategy/strategyapi"
)

func TestOperations(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		now := time.Date(2026, 11, 20, 15, 0, 0, 0, time.UTC)
		ctx, log, clock := t.Context(), slog.New(slog.DiscardHandler), func() time.Time { return now }
		o := org.New(d, log, clock)
		const word = "heather on the hills 42"
		if err := o.SetUp(ctx, org.SetUp{Organisation: "Bruyère", Lang: "fr", Zone: "Europe/Paris", URL: "http://localhost", OwnerName: "Ada", OwnerEmail: "ada@example.org", Password: word}); err != nil {
			t.Fatal(err)
		}
		session, err := o.SignIn(ctx, "ada@example.org", word, org.Visit{})
		if err != nil {
			t.Fatal(err)
		}
		ada, _, err := o.Authenticate(ctx, session)
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
		led := ledger.New(d, log, clock, channel.PostFollower())
		if _, err := led.State(ctx, ledger.Activity{Kind: ledger.PostSaid, Actor: "mailto:ada@example.org", Channel: "news", At: now.AddDate(0, 0, -2), LearnedAt: now, Key: ledger.SaidKey("news", "1"),
			Data: ledger.Data(ledger.Said{ExternalID: "1", Text: "The heather is out", Ours: true})}); err != nil {
			t.Fatal(err)
		}
		a := api.New(o, d, log, clock)
		strategyapi.Operations(a, strategy.New(d, measure.New(d, o, clock), o, log, clock))
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
		if list := ask(reads, "GET", "/maps", "", 200)["items"].([]any); len(list) != 0 {
			t.Errorf("%d maps at first", len(list))
		}
		ask(reads, "POST", "/maps", "{}", 403)
		m := ask(edits, "POST", "/maps", "{}", 201)
		id := m["id"].(string)
		perspective := m["objectives"].([]any)[2].(map[string]any)["perspective"].(string)
		top := m["objectives"].([]any)[0].(map[string]any)["id"].(string)
		ask(edits, "POST", "/maps/"+id+"/objectives", `{"perspective":"`+perspective+`","name":{"tlh":"x"}}`, 422)
		added := ask(edits, "POST", "/maps/"+id+"/objectives", `{"perspective":"`+perspective+`","name":{"en":"Answer mails"},"due_at":"2027-01-20T12:00:00Z"}`, 201)["id"].(string)
		measured := `{"measure":"volume","better":"lower","weight":1,"baseline":10,"baseline_at":"2026-09-21T12:00:00Z","target":2,"days":28}`
		ask(edits, "POST", "/objectives/"+added+"/measures", strings.Replace(measured, `"target":2`, `"target":20`, 1), 422)
		one := ask(edits, "POST", "/objectives/"+added+"/measures", measured, 201)["id"].(string)
		ask(edits, "PUT", "/objective-measures/"+one, strings.Replace(measured, `"weight":1`, `"weight":2`, 1), 200)
		ask(edits, "POST", "/objective-links", `{"from":"`+added+`","to":"`+top+`","lag_days":14}`, 201)
		ask(edits, "POST", "/objective-links", `{"from":"`+top+`","to":"`+added+`"}`, 422)
		ask(edits, "POST", "/objective-links", `{"from":"`+added+`","to":"`+top+`"}`, 409)
		ask(edits, "PUT", "/objectives/"+added, `{"perspective":"`+perspective+`","name":{"en":"Answer all mails"},"due_at":"2027-01-20T12:00:00Z"}`, 200)
		if got := ask(reads, "GET", "/objectives/"+added, "", 200); got["name"].(map[string]any)["en"] != "Answer all mails" || got["measures"].([]any)[0].(map[string]any)["weight"] != 2.0 {
			t.Errorf("the objective reads %v", got)
		}
		e := ask(reads, "GET", "/maps/"+id+"/evaluation", "", 200)
		st := e["objectives"].([]any)[7].(map[string]any)
		reading := st["readings"].([]any)[0].(map[string]any)
		// Nobody says anything to us, and we are heard: (0 − 10) / (2 − 10) = 1.25, half of the time has gone by.
		if st["state"] != "on-track" || st["progress"] != 1.0 || reading["progress"] != 1.25 || reading["value"] != 0.0 || st["coverage"] != 1.0 {
			t.Errorf("it stands at %v", st)
		}
		if counts := e["counts"].(map[string]any); counts["on_track"] != 1.0 || counts["unknown"] != 7.0 {
			t.Errorf("counted %v", counts)
		}
		if links := e["links"].([]any); len(links) != 8 || links[0].(map[string]any)["verdict"] != "too-few-data" {
			t.Errorf("links %v", links)
		}
		ask(reads, "GET", "/maps/"+id+"/evaluation?at=2026-01-01T00:00:00Z", "", 200)
		ask(reads, "GET", "/maps/nothing/evaluation", "", 404)
		ask(reads, "DELETE", "/objectives/"+added, "", 403)
		ask(edits, "DELETE", "/objective-links/"+added+"/"+top, "", 204)
		ask(edits, "DELETE", "/objective-measures/"+one, "", 204)
		ask(edits, "DELETE", "/objectives/"+added, "", 204)
		ask(edits, "DELETE", "/maps/"+id, "", 204)
		ask(reads, "GET", "/maps/"+id, "", 404)
		if _, err := a.OpenAPI(); err != nil {
			t.Error(err)
		}
	})
}
