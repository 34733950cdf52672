package governapi_test

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
	"github.com/entente/entente/internal/govern"
	"github.com/entente/entente/internal/govern/governapi"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/plan"
	"github.com/entente/entente/internal/plan/cost"
	"github.com/entente/entente/internal/plan/schedule"
	"github.com/entente/entente/internal/strategy"
)

// What was seen is asked of every change: of two who replace the same entry the second is told, and nothing is overwritten.
func TestSeen(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clock := func() time.Time { return time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC) }
		log := slog.New(slog.DiscardHandler)
		o := org.New(d, log, clock)
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		must(o.SetUp(t.Context(), org.SetUp{Organisation: "Vélo", Lang: "en", Zone: "Europe/Paris", URL: "http://localhost", OwnerName: "Ada", OwnerEmail: "ada@velo.example", Password: "Pignon libre 42"}))
		ada, err := o.ByEmail(t.Context(), "ada@velo.example")
		must(err)
		token, _, err := o.MakeToken(org.With(t.Context(), ada), "test", []org.Permission{org.StrategyRead, org.StrategyEdit}, time.Hour)
		must(err)
		m := measure.New(d, o, clock)
		a := api.New(o, d, log, clock)
		st := strategy.New(d, m, o, log, clock)
		p := plan.New(d, m, st, o, log, clock)
		governapi.Operations(a, govern.New(d, m, st, nil, nil, o, log, clock).WithPlan(p))
		h := a.Handler()
		ask := func(method, path, body string, status int) map[string]any {
			t.Helper()
			r := httptest.NewRequest(method, api.Prefix+"/govern"+path, strings.NewReader(body))
			r.Header.Set("Authorization", "Bearer "+token)
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != status {
				t.Fatalf("%s %s: %d, want %d: %s", method, path, w.Code, status, w.Body)
			}
			out := map[string]any{}
			must(json.Unmarshal(w.Body.Bytes(), &out))
			return out
		}
		const due = `"due_at":"2026-12-01T00:00:00Z"`
		for path, body := range map[string]string{
			"/risks":        `{"name":"Fire","probability":2,"impact":5}`,
			"/surroundings": `{"factor":"legal","name":"Battery law","probability":2,"impact":5,"horizon":"year"}`,
			"/decisions":    `{"name":"Stay","decided_at":"2026-11-01T00:00:00Z"}`,
			"/reviews":      `{"name":"Monthly","rhythm":"monthly","at":"2026-12-01T09:00:00Z"}`,
			"/actions":      `{"name":"Write","owner":"` + ada.ID + `",` + due + `}`,
			"/spendings":    `{"tool":"Ear","capability":"listening","department":"Sales","amount":100,"currency":"EUR","period":"month","begins_at":"2026-01-01T00:00:00Z","approval":"no"}`,
			"/insights":     `{"name":"Plates wear","department":"Product",` + due + `}`,
			"/ties":         `{"name":"Riders","kind":"customer","ties":[{"kind":"buys","wanted":4,"counted_by":"usual"},{"kind":"tests"}]}`,
		} {
			made := ask("POST", path, body, 201)
			one, seen := path+"/"+made["id"].(string), "?seen="+url.QueryEscape(made["updated_at"].(string))
			ask("PUT", one+seen, body, 200)
			if p := ask("PUT", one+seen, body, 409); p["key"] != "govern.changed_meanwhile" {
				t.Errorf("%s: refused as %v", path, p["key"])
			}
			if p := ask("PUT", one, body, 409); p["key"] != "govern.seen_missing" { // who does not say what was seen would overwrite
				t.Errorf("%s: refused as %v", path, p["key"])
			}
			switch path {
			case "/ties":
				told, _ := json.Marshal(made["ties"])
				if want := `[{"actual":0,"counted_by":"fact:order","kind":"buys","wanted":4},{"kind":"tests"}]`; string(told) != want || made["persons"] != 0. {
					t.Errorf("ties: %s, want %s, of %v persons", told, want, made["persons"])
				}
			case "/insights":
				ask("POST", one+"/decide"+seen, `{"verdict":"done","reason":"so"}`, 409)
			case "/actions":
				ask("POST", one+"/finish"+seen, `{"done":true}`, 409)
			}
		}
		// What an initiative plans meets what a department pays for.
		op := org.With(t.Context(), ada)
		i, err := p.Add(op, plan.About{Name: "Hear riders", Start: schedule.Of(clock(), time.UTC), End: schedule.Of(clock().AddDate(0, 3, 0), time.UTC)})
		must(err)
		_, err = p.ChangeBudget(op, i.ID, time.Time{}, []cost.Line{{Kind: cost.Licences, Label: "Ear", Funding: "Marketing", Currency: "EUR", Amount: 300, Count: 4, Every: cost.Quarter}})
		must(err)
		doubled := ask("GET", "/doubled-capabilities", "", 200)["items"].([]any)
		if len(doubled) != 1 || len(doubled[0].(map[string]any)["entries"].([]any)) != 1 || doubled[0].(map[string]any)["licences"].([]any)[0].(map[string]any)["initiative"] != i.ID {
			t.Errorf("doubled: %v", doubled)
		}
	})
}
