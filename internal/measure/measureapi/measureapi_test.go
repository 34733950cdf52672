package measureapi_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/entente/entente/internal/api"
	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/listening"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/measureapi"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/people"
)

func TestOperations(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 15, 0, 0, 0, time.UTC)
	ctx, d, log, clock := t.Context(), dbtest.SQLite(t), slog.New(slog.NewTextHandler(io.Discard, nil)), func() time.Time { return now }
	o := org.New(d, log, clock)
	if err := o.SetUp(ctx, org.SetUp{Organisation: "Bruyère", Lang: "fr", Zone: "Europe/Paris", URL: "http://localhost", OwnerName: "Ada",
		OwnerEmail: "ada@example.org", Password: "heather on the hills 42"}); err != nil {
		t.Fatal(err)
	}
	session, err := o.SignIn(ctx, "ada@example.org", "heather on the hills 42", org.Visit{})
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
	numbers, all := token(org.MeasureRead), token(org.MeasureRead, org.InboxRead, org.ListeningRead)
	e := enrich.New(d, log, enrich.LanguageIdentifier{})
	l := ledger.New(d, log, clock, channel.PostFollower(), people.Follower(), e.Follower(), listening.NewMatcher(e).Follower(), inbox.Follower())
	said := func(external string, at time.Time, s ledger.Said) ledger.Activity {
		s.ExternalID, s.Title = external, "A secret matter"
		return ledger.Activity{ID: id.From(external, "post"), Kind: ledger.PostSaid, Actor: "mailto:bo@example.org", Channel: "mail", At: at, LearnedAt: at,
			Key: ledger.SaidKey("mail", external), Data: ledger.Data(s)}
	}
	noon := time.Date(2026, 11, 18, 12, 0, 0, 0, time.UTC)
	if _, err := l.State(ctx, said("a", noon, ledger.Said{Inbox: true, Private: true}), said("a1", noon.Add(time.Hour), ledger.Said{Ours: true, InReplyTo: []string{"a"}}),
		said("b", noon.Add(11*time.Hour+30*time.Minute), ledger.Said{Inbox: true})); err != nil { // the 19th in Paris
		t.Fatal(err)
	}
	a := api.New(o, d, log, clock)
	measureapi.Operations(a, measure.New(d, o, clock))
	h := a.Handler()
	ask := func(token, path string) (int, map[string]any) {
		r := httptest.NewRequest("GET", api.Prefix+path, nil)
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		var body map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
			t.Fatalf("%s: %v: %s", path, err, w.Body)
		}
		return w.Code, body
	}
	at := func(v any, path ...any) any {
		for _, p := range path {
			switch p := p.(type) {
			case string:
				m, _ := v.(map[string]any)
				v = m[p]
			case int:
				list, _ := v.([]any)
				if p >= len(list) {
					return nil
				}
				v = list[p]
			}
		}
		return v
	}
	for _, c := range []struct {
		path string
		at   []any
		want any
	}{
		{"/measures", []any{"items", 0, "id"}, "volume"},
		{"/measures", []any{"items", 2, "formula"}, "r = A / (A + W)"},
		{"/measures/response-rate", []any{"result", "number", "value"}, 0.5},
		{"/measures/response-rate", []any{"result", "grade"}, "too-few"},
		{"/measures/response-rate", []any{"result", "parts", "unanswered"}, 1.0},
		{"/measures/first-response-time?from=2026-11-18&to=2026-11-18&zone=Europe/Paris", []any{"result", "number", "value"}, 3600.0},
		{"/measures/volume?from=2026-11-18&to=2026-11-18&zone=Europe/Paris", []any{"result", "n"}, 1.0},
		{"/measures/volume?from=2026-11-18&to=2026-11-18&zone=UTC", []any{"result", "n"}, 2.0},
		{"/measures/volume?from=2026-11-18&to=2026-11-18", []any{"result", "n"}, 1.0}, // the organisation's zone
		{"/measures/volume?from=2026-11-18T12:00:00Z&to=2026-11-18T12:00:01Z", []any{"result", "n"}, 1.0},
		{"/measures/volume/series?from=2026-11-18&to=2026-11-19&step=day", []any{"items", 1, "n"}, 1.0},
		{"/measures/volume/series?step=week", []any{"items", 0, "complete"}, false},
		{"/measures/first-response-time/rows?part=answered", []any{"items", 0, "seconds"}, 3600.0},
		{"/measures/first-response-time/rows?limit=1", []any{"items", 0, "open"}, true},
		{"/measures/likes", []any{"key"}, "measure.unknown"},
		{"/measures/volume?from=yesterday", []any{"key"}, "measure.bad_date"},
		{"/measures/volume?zone=Mars/Olympus", []any{"key"}, "measure.bad_zone"},
		{"/measures/volume/rows?cursor=x", []any{"key"}, "measure.bad_cursor"},
		{"/measures/volume?from=2026-11-19&to=2026-11-18", []any{"key"}, "measure.window_empty"},
		{"/measures/volume?member=m", []any{"key"}, "measure.filter_unknown"},
		{"/measures/volume?channel=mial", []any{"key"}, "measure.filter_unknown"},
		{"/measures/volume?language=fz", []any{"key"}, "measure.filter_unknown"},
		{"/measures/volume?from=1066-10-14", []any{"key"}, "measure.bad_date"},
	} {
		_, body := ask(all, c.path)
		if got := at(body, c.at...); got != c.want {
			t.Errorf("%s: %v is %v, want %v", c.path, c.at, got, c.want)
		}
	}
	if _, body := ask(all, "/measures/response-rate/rows"); at(body, "items", 0, "title") != "A secret matter" {
		t.Errorf("who may read conversations gets %v", body)
	}
	if _, body := ask(numbers, "/measures/response-rate/rows"); at(body, "items", 0, "id") == nil || at(body, "items", 0, "title") != nil || at(body, "items", 0, "author") != nil {
		t.Errorf("who may read numbers only gets %v", body)
	}
	if code, _ := ask(token(org.InboxRead), "/measures"); code != 403 {
		t.Errorf("without the permission: %d", code)
	}
}
