package channel

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/problem"
)

func TestSettings(t *testing.T) {
	t.Parallel()
	d := Description{Fields: []Field{
		{Name: "url", Type: URL, Required: true}, {Name: "host", Type: Host}, {Name: "count", Type: Number}, {Name: "mode", Type: Choice, Choices: []string{"a", "b"}, Default: "a"},
		{Name: "strict", Type: Switch, Default: "true"}, {Name: "mail", Type: Mail}, {Name: "text", Type: Text}, {Name: "token", Type: Secret},
	}}
	with := func(more Settings) Settings {
		out := Settings{"url": "https://example.org/feed"}
		for k, v := range more {
			out[k] = v
		}
		return out
	}
	tests := map[string]struct {
		given, kept, want Settings
		field             string
	}{
		"defaults":                {given: with(nil), want: with(Settings{"mode": "a", "strict": "true"})},
		"a switch turned off":     {given: with(Settings{"strict": ""}), want: with(Settings{"mode": "a"})},
		"all":                     {given: with(Settings{"host": "mail.example.org:993", "count": "-3", "mode": "b", "strict": "on", "mail": "ada@example.org", "text": " a ", "token": " t "}), want: with(Settings{"host": "mail.example.org:993", "count": "-3", "mode": "b", "strict": "true", "mail": "ada@example.org", "text": "a", "token": " t "})},
		"a kept secret":           {given: with(nil), kept: Settings{"token": "old"}, want: with(Settings{"mode": "a", "strict": "true", "token": "old"})},
		"an empty secret":         {given: with(Settings{"token": ""}), kept: Settings{"token": "old"}, want: with(Settings{"mode": "a", "strict": "true", "token": "old"})},
		"a new secret":            {given: with(Settings{"token": "new"}), kept: Settings{"token": "old"}, want: with(Settings{"mode": "a", "strict": "true", "token": "new"})},
		"no scheme":               {given: Settings{"url": "example.org/feed"}, want: with(Settings{"mode": "a", "strict": "true"})},
		"an IPv6 host":            {given: with(Settings{"host": "[::1]:993"}), want: with(Settings{"mode": "a", "strict": "true", "host": "[::1]:993"})},
		"nothing":                 {given: Settings{}, field: "url"},
		"blank":                   {given: Settings{"url": " "}, field: "url"},
		"a file":                  {given: Settings{"url": "file:///etc/passwd"}, field: "url"},
		"no host":                 {given: Settings{"url": "https:///feed"}, field: "url"},
		"a port that is none":     {given: with(Settings{"host": "example.org:0"}), field: "host"},
		"a host with a path":      {given: with(Settings{"host": "example.org/x"}), field: "host"},
		"no number":               {given: with(Settings{"count": "many"}), field: "count"},
		"no choice":               {given: with(Settings{"mode": "c"}), field: "mode"},
		"no switch":               {given: with(Settings{"strict": "perhaps"}), field: "strict"},
		"no address":              {given: with(Settings{"mail": "ada"}), field: "mail"},
		"a header break":          {given: with(Settings{"text": "a\r\nBcc: b"}), field: "text"},
		"too long":                {given: with(Settings{"text": strings.Repeat("a", maxSetting+1)}), field: "text"},
		"a setting that is none":  {given: with(Settings{"tokens": "x"}), field: "tokens"},
		"a secret that is a book": {given: with(Settings{"token": strings.Repeat("a", maxSecret+1)}), field: "token"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := d.checked(test.given, test.kept)
			if test.field != "" {
				if p := problem.Of(err); p.Field != test.field || p.Code != problem.Invalid {
					t.Errorf("%v on %q, want a problem on %q", err, p.Field, test.field)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("settings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAccounts(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clock, w := &clockwork{at: noon}, newTown()
		s := testService(t, d, clock, w)
		ctx := t.Context()
		a, err := s.Add(ctx, Draft{Kind: "town", Name: "Oslo", Settings: Settings{"url": "https://oslo.example/a", "token": "s3cret"}})
		if err != nil {
			t.Fatal(err)
		}
		found, err := s.FindByName(ctx, "oSLO ")
		if err != nil || found.ID != a.ID {
			t.Fatalf("FindByName = %+v, %v", found, err)
		}
		if diff := cmp.Diff(Settings{"url": "https://oslo.example/a", "mode": "fast"}, found.Settings); diff != "" {
			t.Errorf("settings without secrets (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"token"}, found.Secrets); diff != "" || found.Inbox != InboxMentions || !found.Enabled {
			t.Errorf("found %+v", found)
		}
		raw, _, err := db.Value[string](ctx, d.Read(), "SELECT settings || secrets FROM channel WHERE id = $1", a.ID)
		if err != nil || strings.Contains(raw, "s3cret") {
			t.Errorf("the secret lies open: %q, %v", raw, err)
		}

		for name, draft := range map[string]Draft{
			"kind":  {Kind: "village", Settings: Settings{"url": "https://a.example"}},
			"name":  {Kind: "town", Name: "OSLO", Settings: Settings{"url": "https://a.example"}},
			"url":   {Kind: "town"},
			"depth": {Kind: "town", Settings: Settings{"url": "https://a.example", "depth": "13"}}, // the connector's own rule
			"inbox": {Kind: "town", Settings: Settings{"url": "https://a.example"}, Inbox: "some"},
		} {
			if _, err := s.Add(ctx, draft); problem.Of(err).Field != name {
				t.Errorf("Add: %v, want a problem on %s", err, name)
			}
		}

		token := func() string {
			t.Helper()
			now := reload(t, s, a.ID)
			all, err := s.opened(&now)
			if err != nil {
				t.Fatal(err)
			}
			return all["token"]
		}
		if a, err = s.Update(ctx, a.ID, Draft{Name: "Christiania", Settings: Settings{"url": "https://oslo.example/b", "token": ""}, Inbox: InboxAll}); err != nil {
			t.Fatal(err)
		}
		if a.Name != "Christiania" || a.Settings["url"] != "https://oslo.example/b" || a.Inbox != InboxAll || token() != "s3cret" {
			t.Errorf("after a change: %+v, token %q", a, token())
		}
		if _, err := s.Update(ctx, a.ID, Draft{Settings: Settings{"url": "https://evil.example/"}}); problem.Of(err).Field != "token" {
			t.Errorf("moved to another machine with the old secret: %v", err)
		}
		if _, err := s.Update(ctx, a.ID, Draft{Settings: Settings{"url": "https://bergen.example/", "token": "new"}}); err != nil || token() != "new" {
			t.Errorf("moved with a new secret: %v, %q", err, token())
		}
		if _, err := s.Update(ctx, a.ID, Draft{Kind: "other"}); problem.Of(err).Field != "kind" {
			t.Errorf("another kind: %v", err)
		}

		if err := s.Disable(ctx, a.ID); err != nil || reload(t, s, a.ID).Enabled {
			t.Errorf("Disable: %v", err)
		}
		if err := s.PollNow(ctx, a.ID); problem.Of(err).Key != "channel.disabled" {
			t.Errorf("PollNow of a disabled channel: %v", err)
		}
		if err := s.Enable(ctx, a.ID); err != nil || !reload(t, s, a.ID).Enabled {
			t.Errorf("Enable: %v", err)
		}
		if err := s.Remove(ctx, a.ID); err != nil {
			t.Fatal(err)
		}
		gone := reload(t, s, a.ID)
		if gone.RemovedAt.IsZero() || len(gone.Secrets) != 0 {
			t.Errorf("after Remove: %+v", gone)
		}
		if list, err := s.List(ctx); err != nil || len(list) != 0 {
			t.Errorf("List = %v, %v; want none", list, err)
		}
		for name, err := range map[string]error{"Remove": s.Remove(ctx, a.ID), "Enable": s.Enable(ctx, a.ID), "PollNow": s.PollNow(ctx, a.ID)} {
			if !problem.Is(err, problem.Missing) {
				t.Errorf("%s of a removed channel: %v", name, err)
			}
		}
		if _, err := s.Add(ctx, Draft{Kind: "town", Name: "Christiania", Settings: Settings{"url": "https://a.example"}}); err != nil {
			t.Errorf("the name of a removed channel is not free: %v", err)
		}
	})
}

func TestAddAll(t *testing.T) {
	t.Parallel()
	s := testService(t, dbtest.SQLite(t), &clockwork{at: noon}, newTown())
	good := Draft{Kind: "town", Settings: Settings{"url": "https://a.example"}}
	if _, err := s.AddAll(t.Context(), []Draft{good, {Kind: "town"}}); err == nil {
		t.Fatal("a bad draft was taken")
	}
	if list, err := s.List(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("%d channels were added with a bad one, %v", len(list), err)
	}
	list, err := s.AddAll(t.Context(), []Draft{good, good})
	if err != nil || list[0].Name != "https://a.example" || list[1].Name != "https://a.example (2)" {
		t.Errorf("AddAll = %+v, %v", list, err)
	}
}

func TestTry(t *testing.T) {
	t.Parallel()
	w := newTown()
	s := testService(t, dbtest.SQLite(t), &clockwork{at: noon}, w)
	draft := Draft{Kind: "town", Settings: Settings{"url": "https://a.example", "token": "good"}}
	if h, err := s.Try(t.Context(), "", draft); err != nil || h.Title != "Town" {
		t.Errorf("Try = %+v, %v", h, err)
	}
	a, err := s.Add(t.Context(), draft)
	if err != nil {
		t.Fatal(err)
	}
	draft.Settings = Settings{"url": "https://a.example", "token": "expired"}
	_, err = s.Try(t.Context(), a.ID, draft)
	if p := problem.Of(err); p.Key != "channel.fault.unauthorised.said" || strings.Contains(p.Error(), "expired") {
		t.Errorf("Try with a bad token: %v, want a problem without it", err)
	}
	if _, err := s.Check(t.Context(), a.ID); err != nil || !reload(t, s, a.ID).State.ExpiresAt.Equal(noon.Add(24*time.Hour)) {
		t.Errorf("Check: %v, expires %v", err, reload(t, s, a.ID).State.ExpiresAt)
	}
}

func TestPlace(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := testService(t, d, &clockwork{at: noon}, newTown())
		a, err := s.Place(t.Context(), "stackexchange", "Forum", InboxQuestions)
		if err != nil {
			t.Fatal(err)
		}
		again, err := s.Place(t.Context(), "stackexchange", "forum", InboxNone)
		if err != nil || again.ID != a.ID || again.Inbox != InboxQuestions {
			t.Errorf("Place again = %+v, %v; want the same", again, err)
		}
		if _, err := s.Place(t.Context(), "mbox", "Forum", InboxNone); problem.Of(err).Field != "name" {
			t.Errorf("Place with the name of another: %v", err)
		}
		if n, err := s.State(t.Context(), a.ID, []Item{{Said: saidText("1", "a")}}); err != nil || n != 1 {
			t.Errorf("State in it = %d, %v", n, err)
		}
		if _, err := s.Update(t.Context(), a.ID, Draft{Name: "Archive", Inbox: InboxNone}); err != nil {
			t.Errorf("Update: %v", err)
		}
		if sum := pollOnce(t, s, noon.Add(99999*time.Hour)); sum.Channels != 0 {
			t.Error("it was polled")
		}
	})
}

// veiled is a town that is spoken to more or less safely.
type veiled struct{ *town }

func (v veiled) Describe() Description {
	says := v.town.Describe()
	says.Fields = append(says.Fields, Field{Name: "security", Type: Choice, Choices: []string{"tls", "none"}, Default: "tls", Guards: true})
	return says
}

// Secrets that were given for a safe way are not sent over an open one unasked.
func TestUpdateLessSafe(t *testing.T) {
	t.Parallel()
	s := testService(t, dbtest.SQLite(t), &clockwork{at: noon}, veiled{newTown()})
	a, err := s.Add(t.Context(), Draft{Kind: "town", Settings: Settings{"url": "https://oslo.example/", "token": "s3cret"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		given Settings
		field string
	}{
		{Settings{"security": "none"}, "token"},
		{Settings{"security": "tls"}, ""},
		{Settings{"security": "none", "token": "again"}, ""},
		{Settings{"security": "none", "mode": "slow"}, ""},
		{Settings{"security": "tls"}, ""},
		{Settings{"security": "none"}, "token"},
	} {
		p := problem.Problem{}
		if _, err := s.Update(t.Context(), a.ID, Draft{Settings: step.given}); err != nil {
			p = *problem.Of(err)
		}
		if p.Field != step.field || step.field != "" && p.Key != "channel.secret_again" {
			t.Errorf("%v: %q on %q, want a problem on %q", step.given, p.Key, p.Field, step.field)
		}
	}
}

// A secret sealed under a key that is lost is shown as missing and can be typed again.
func TestLostKey(t *testing.T) {
	t.Parallel()
	w := newTown()
	s := testService(t, dbtest.SQLite(t), &clockwork{at: noon}, w)
	a, err := s.Add(t.Context(), Draft{Kind: "town", Settings: Settings{"url": "https://a.example", "token": "old"}})
	if err != nil {
		t.Fatal(err)
	}
	err = s.db.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, "UPDATE channel SET secrets = 'elsewhere.AAAA'")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	pollOnce(t, s, noon)
	if got := reload(t, s, a.ID); got.State.Fault != Refused || len(got.Secrets) != 0 {
		t.Errorf("state %+v, secrets %v; want refused and none", got.State, got.Secrets)
	}
	if _, err := s.Update(t.Context(), a.ID, Draft{Settings: Settings{"token": "new"}}); err != nil {
		t.Fatal(err)
	}
	if sum := pollOnce(t, s, noon); sum.Failed != 0 || sum.Channels != 1 {
		t.Errorf("after typing it again: %+v", sum)
	}
}

// Every change that people make is noted in its own transaction, without secrets; a change that cannot be noted is not made.
func TestAudit(t *testing.T) {
	t.Parallel()
	var noted []string
	var refuse error
	s := testService(t, dbtest.SQLite(t), &clockwork{at: noon}, newTown()).WithAudit(func(_ context.Context, _ db.Q, action, object string, details any) error {
		raw, err := json.Marshal(details)
		if err != nil || strings.Contains(string(raw), "s3cret") {
			t.Errorf("%s notes %s, %v", action, raw, err)
		}
		noted = append(noted, action)
		return refuse
	})
	ctx := t.Context()
	a, err := s.Add(ctx, Draft{Kind: "town", Settings: Settings{"url": "https://a.example", "token": "s3cret"}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Update(ctx, a.ID, Draft{Settings: Settings{"token": "s3cret2"}})
	for _, err := range []error{err, s.Disable(ctx, a.ID), s.Enable(ctx, a.ID)} {
		if err != nil {
			t.Error(err)
		}
	}
	key := queue(t, s, a.ID, Outgoing{Text: "hello"})
	if err := s.Withdraw(ctx, key); err != nil {
		t.Error(err)
	}
	refuse = errors.New("the audit log is full")
	if err := s.Remove(ctx, a.ID); !errors.Is(err, refuse) || !reload(t, s, a.ID).RemovedAt.IsZero() {
		t.Errorf("Remove that cannot be noted: %v", err)
	}
	want := []string{"channel.add", "channel.change", "channel.disable", "channel.enable", "channel.sending_withdraw", "channel.remove"}
	if diff := cmp.Diff(want, noted); diff != "" {
		t.Errorf("noted (-want +got):\n%s", diff)
	}
}

// The sentence of a problem behind a fault is kept beside the words of the other side.
func TestRemark(t *testing.T) {
	t.Parallel()
	w := newTown()
	s := testService(t, dbtest.SQLite(t), &clockwork{at: noon}, w)
	a, err := s.Add(t.Context(), Draft{Kind: "town", Settings: Settings{"url": "https://a.example", "token": "s3cret"}})
	if err != nil {
		t.Fatal(err)
	}
	w.fail = func(int) error {
		return &Fault{Kind: Unauthorised, Err: problem.New(problem.Invalid, "feed.unauthorised", "Status", "401 s3cret\nno")}
	}
	pollOnce(t, s, noon)
	got := reload(t, s, a.ID).State.Remark
	if got.Key != "feed.unauthorised" || len(got.Args) != 2 || got.Args[1] != "401 ••• no" || strings.Contains(got.Text, "s3cret") {
		t.Errorf("remark %+v", got)
	}
}
