package community_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/channel/community"
)

// TestReceipts: the same sending has the same receipt however often it is sent or looked for, so that its post is stated once.
func TestReceipts(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct{ url, want string }{
		"with an address":    {"https://velo.example/c/velo/", "https://velo.example/c/velo/p/k1"},
		"without an address": {"", ""},
	} {
		s, err := community.New().Open(channel.Settings{"url": c.url}, channel.World{Clock: func() time.Time { return noon }})
		if err != nil {
			t.Fatal(err)
		}
		want := channel.Receipt{ExternalID: "k1", URL: c.want, At: noon}
		out := channel.Outgoing{Key: "k1", InReplyTo: "q1", Text: "Here you are."}
		for range 2 {
			got, err := s.(channel.Sender).Send(t.Context(), out)
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("%s: %v\n%s", name, err, diff)
			}
		}
		got, found, err := s.(channel.Finder).Find(t.Context(), out)
		if diff := cmp.Diff(want, got); diff != "" || err != nil || !found {
			t.Errorf("%s: found %t, %v\n%s", name, found, err, diff)
		}
	}
}
