package channel

import (
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/entente/entente/internal/ledger"
)

// TestSaidIsWhatIsRead: followers get what a channel said without decoding it; it must be what they would have read.
func TestSaidIsWhatIsRead(t *testing.T) {
	t.Parallel()
	now := func() time.Time { return time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC) }
	log := slog.New(slog.DiscardHandler)
	s := New(nil, ledger.New(nil, log, now), nil, World{}, log, now)
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "caf\xe9", "\\ufffd", "\ufffd", "<&>\u2028", "\x00\x85", "a\r\nb"}),
			rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }))
		texts := rapid.SliceOfN(text, 0, 3)
		draw := func(name string) string { return text.Draw(t, name) }
		item := Item{Author: ledger.Address{URI: draw("author"), Name: draw("name")}, At: now()}
		item.Said = ledger.Said{ExternalID: draw("id"), Kind: draw("kind"), AuthorName: draw("by"), Title: draw("title"), Text: draw("text"), Quoted: draw("quoted"),
			URL: draw("url"), Lang: draw("lang"), InReplyTo: texts.Draw(t, "replies"), Member: draw("member"), Automatic: draw("automatic"),
			Bounced: texts.Draw(t, "bounced"), Tags: texts.Draw(t, "tags"), Conversation: draw("conversation"),
			To: []ledger.Address{{URI: "mailto:" + draw("to") + "@example.org", Name: draw("toname")}}, Attachments: []ledger.Attachment{}}
		a := s.said(&Account{ID: "c", Inbox: InboxAll}, item)
		got, err := a.Said()
		if err != nil {
			t.Fatal(err)
		}
		want := new(ledger.Said)
		if err := a.Decode(want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}
