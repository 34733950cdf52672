package enrichapi_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/internal/api"
	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/enrich/enrichapi"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/inbox/inboxtest"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/listening"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/people"
	"github.com/entente/entente/internal/seal"
)

// gloom finds everything a negative complaint.
type gloom struct{ enrich.LanguageIdentifier }

func (gloom) Name() string { return "gloom" }
func (g gloom) Enrich(in enrich.Input, r *enrich.Reading) {
	g.LanguageIdentifier.Enrich(in, r)
	r.Classified, r.Sure, r.Sentiment, r.Kinds[1], r.Said[1] = true, [3]bool{true, true, true}, [3]float64{0.75, 0.2, 0.05}, 0.9, true
	r.Emotion, r.Aggression = [7]float64{6: 1}, [4]float64{1}
}

func TestOverREST(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := inboxtest.New(t, d)
		log := slog.New(slog.DiscardHandler)
		e := enrich.New(d, log, gloom{})
		led := ledger.New(d, log, k.Now, channel.PostFollower(), people.Follower(), e.Follower(), listening.NewMatcher(e).Follower(), inbox.Follower())
		a := api.New(k.Org, d, log, k.Now)
		box, err := seal.New(make([]byte, 32))
		if err != nil {
			t.Fatal(err)
		}
		far := enrich.NewElsewhere(d, led, e, k.Org, box, http.DefaultClient, log, k.Now)
		enrichapi.Operations(a, enrich.NewReview(d, led, e, k.Org, log, k.Now), far)
		if _, err := a.OpenAPI(); err != nil {
			t.Fatal(err)
		}
		srv := httptest.NewServer(a.Handler())
		t.Cleanup(srv.Close)
		olga, _ := k.Join("Olga", org.Owner)
		token := func(scopes ...org.Permission) string {
			secret, _, err := k.Org.MakeToken(k.As(olga), "test", scopes, 24*time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			return secret
		}
		reads, works, runs, exports := token(org.ListeningRead), token(org.ListeningRead, org.InboxRead, org.InboxEdit), token(org.ListeningRead, org.ListeningEdit), token(org.ExportRun)
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
		type object = map[string]any
		for n := range 25 {
			k.Hear(k.Deaf.ID, inboxtest.Question("q"+string(rune('a'+n)), "ada", "", "The brake squeaks on the road", k.Now().Add(-time.Duration(n+1)*time.Hour)))
		}
		if run := call(reads, "GET", "/models", nil, 200)["run"].(object); run["done"] != false || run["total"] != 0.0 {
			t.Errorf("before: %v", run)
		}
		if got := call(reads, "GET", "/models/elsewhere", nil, 200); got["on_since"] != nil || got["host"] != nil {
			t.Errorf("a model elsewhere, before anybody set one: %v", got)
		}
		if err := far.Set(k.As(olga), enrich.Asking{Address: "https://api.example.com/v1?token=hidden", Kind: "openai", Model: "oracle-7b", Heads: []string{enrich.Sentiment},
			Batch: 1, Requests: 5, Characters: 10_000}, "sk-very-secret", false, true); err != nil {
			t.Fatal(err)
		}
		if got := call(reads, "GET", "/models/elsewhere", nil, 200); got["on_since"] == nil || got["host"] != "api.example.com" || got["requests"].(object)["of"] != 5.0 ||
			strings.Contains(fmt.Sprint(got), "hidden") || strings.Contains(fmt.Sprint(got), "secret") {
			t.Errorf("a model elsewhere: %v", got)
		}
		call(runs, "POST", "/models/pause", object{}, 200)
		if err := e.Backfill(t.Context(), led, nil); err != nil {
			t.Fatal(err)
		}
		post := "/posts/" + k.PostID(k.Deaf.ID, "qa") + "/labels"
		if got := call(reads, "GET", post, nil, 200); got["classified"] != false {
			t.Errorf("read while paused: %v", got)
		}
		call(reads, "POST", "/models/resume", object{}, 403)
		call(runs, "POST", "/models/resume", object{}, 200)
		if err := e.Backfill(t.Context(), led, nil); err != nil {
			t.Fatal(err)
		}
		if run := call(reads, "GET", "/models", nil, 200)["run"].(object); run["done"] != true || run["looked"] != 25.0 || run["changed"] != 25.0 {
			t.Errorf("after: %v", run)
		}

		got := call(reads, "GET", post, nil, 200)
		if got["sentiment"].(object)["label"] != "negative" || cmp.Diff([]any{"complaint"}, got["kinds"]) != "" || got["language"].(object)["code"] != "en" {
			t.Errorf("%v", got)
		}
		if p := got["sentiment"].(object)["p"].(object)["negative"].(float64); p < 0.749 || p > 0.751 {
			t.Errorf("p %v", p)
		}
		call(reads, "PATCH", post, object{"sentiment": "positive"}, 403)
		call(works, "PATCH", post, object{"sentiment": "glad"}, 422)
		call(works, "PATCH", post, object{"kinds": []string{"pest"}}, 422)
		call(works, "PATCH", post, object{"take_back": []string{"mood"}}, 422)
		call(works, "PATCH", "/posts/nosuch/labels", object{"sentiment": "positive"}, 404)
		got = call(works, "PATCH", post, object{"sentiment": "positive", "kinds": []string{"question", "praise"}}, 200)
		if got["sentiment"].(object)["label"] != "positive" || cmp.Diff([]any{"praise", "question"}, got["kinds"]) != "" || cmp.Diff([]any{"sentiment", "kinds"}, got["by_hand"]) != "" {
			t.Errorf("%v", got)
		}
		got = call(works, "PATCH", post, object{"take_back": []string{"sentiment"}, "kinds": []string{}}, 200)
		if got["sentiment"].(object)["label"] != "negative" || len(got["kinds"].([]any)) != 0 {
			t.Errorf("%v", got)
		}
		history := call(reads, "GET", post+"/history", nil, 200)["items"].([]any)
		if len(history) != 4 || history[0].(object)["by"] != "Olga" {
			t.Errorf("%v", history)
		}
		call(reads, "GET", "/corrections", nil, 403)
		list := call(exports, "GET", "/corrections", nil, 200)["items"].([]any)
		if len(list) != 1 || cmp.Diff([]any{"none"}, list[0].(object)["kinds"]) != "" {
			t.Errorf("%v", list)
		}

		call(works, "POST", "/samples", object{"size": 20, "days": 30}, 403)
		call(runs, "POST", "/samples", object{"size": 2, "days": 30}, 422)
		sample := call(runs, "POST", "/samples", object{"size": 20, "days": 30, "seed": 3}, 201, "once")
		if again := call(runs, "POST", "/samples", object{"size": 20, "days": 30, "seed": 3}, 201, "once"); again["id"] != sample["id"] {
			t.Error("asked once more with the same key, it draws another")
		}
		here := "/samples/" + sample["id"].(string)
		next := call(works, "GET", here+"/next", nil, 200)["post"].(object)
		for _, told := range []string{"sentiment", "kinds", "labels", "p"} {
			if _, is := next[told]; is {
				t.Errorf("the model's %s is told", told)
			}
		}
		call(works, "POST", here+"/judgements", object{"post": next["id"]}, 422)
		call(works, "POST", here+"/judgements", object{"post": "nosuch", "sentiment": "neutral"}, 404)
		after := call(works, "POST", here+"/judgements", object{"post": next["id"], "sentiment": "neutral", "kinds": []string{}}, 201)
		if after["sample"].(object)["judged"] != 1.0 || after["post"].(object)["id"] == next["id"] {
			t.Errorf("%v", after)
		}
		call(works, "DELETE", here+"/judgements/last", nil, 204)
		call(works, "DELETE", here+"/judgements/last", nil, 409)
		after = call(works, "POST", here+"/judgements", object{"post": next["id"], "skip": true}, 201)
		if after["sample"].(object)["judged"] != 0.0 || after["post"].(object)["id"] == next["id"] {
			t.Errorf("%v", after)
		}
		if all := call(reads, "GET", "/samples", nil, 200)["items"].([]any); len(all) != 1 {
			t.Errorf("%v", all)
		}

		call(works, "PUT", "/models/thresholds", object{"sentiment": 0.8, "emotion": 0, "aggression": 0}, 403)
		call(runs, "PUT", "/models/thresholds", object{"sentiment": 1.8, "emotion": 0, "aggression": 0}, 422)
		call(runs, "PUT", "/models/thresholds", object{"sentiment": 0.8, "emotion": 0, "aggression": 0, "kinds": object{"pest": 0.5}}, 422)
		if got := call(runs, "PUT", "/models/thresholds", object{"sentiment": 0.8, "emotion": 0, "aggression": 0}, 200); got["thresholds"].(object)["sentiment"] != 0.8 {
			t.Errorf("%v", got)
		}
	})
}
