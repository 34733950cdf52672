package subscription_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/channel/feed"
	"github.com/entente/entente/internal/channel/subscription"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/seal"
)

func service(t *testing.T) *channel.Service {
	t.Helper()
	box, err := seal.New(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	d := dbtest.SQLite(t)
	return channel.New(d, ledger.New(d, log, time.Now), box, channel.World{HTTP: http.DefaultClient, Clock: time.Now, Log: log}, log, time.Now, feed.New())
}

const opml = `<?xml version="1.0"?><opml version="2.0"><body>
	<outline text="Bikes"><outline type="rss" text="Vélo" xmlUrl="https://velo.example/feed"/></outline>
	<outline type="rss" text="VÉLO" xmlUrl="https://velo.example/other"/>
	<outline type="rss" text="Vélo" xmlUrl="https://velo.example/feed"/>
	<outline type="rss" xmlUrl="https://nameless.example/feed"/>
	<outline type="rss" text="Bad" xmlUrl="javascript:alert(1)"/>
	</body></opml>`

func TestImport(t *testing.T) {
	t.Parallel()
	s := service(t)
	got, err := subscription.Import(t.Context(), s, strings.NewReader(opml), channel.InboxNone)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]string{}
	for _, a := range got.Added {
		names[a.Settings["url"]] = a.Name
		if a.Inbox != channel.InboxNone {
			t.Errorf("%s goes to the inbox by %q", a.Name, a.Inbox)
		}
	}
	want := map[string]string{"https://velo.example/feed": "Vélo", "https://velo.example/other": "VÉLO (2)", "https://nameless.example/feed": "https://nameless.example/feed"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("channels (-want +got):\n%s", diff)
	}
	again, err := subscription.Import(t.Context(), s, strings.NewReader(opml), "")
	if err != nil || len(again.Added) != 0 || again.Known != 3 {
		t.Errorf("once more: %d added, %d known, %v; want 0 and 3", len(again.Added), again.Known, err)
	}
	var out bytes.Buffer
	if err := subscription.Export(t.Context(), s, &out, "Ours"); err != nil {
		t.Fatal(err)
	}
	back, err := subscription.Import(t.Context(), service(t), &out, "")
	if err != nil || len(back.Added) != 3 {
		t.Errorf("what was exported brings %d back, %v; want 3", len(back.Added), err)
	}
	if _, err := subscription.Import(t.Context(), s, strings.NewReader("<html>"), ""); !problem.Is(err, problem.Invalid) {
		t.Errorf("no list of feeds: %v, want a problem", err)
	}
}
