package community_test

import (
	"context"
	"testing"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/org"
)

// TestAsk: whoever asked in a community is asked once how it went, there and by mail; nobody else is, and not who silenced the place.
func TestAsk(t *testing.T) {
	each(t, func(t *testing.T, k *square) {
		o := k.mails()
		ada, bob := k.join("Ada", org.Plain), k.join("Bob", org.Plain)
		thread := k.ask(ada, "Why do my brakes squeak?", "They squeak in the rain.")
		k.tells()
		o.take()
		type row struct{ channel, author string }
		r, _, err := db.One(t.Context(), k.db.Read(), func(r *row) []any { return []any{&r.channel, &r.author} }, "SELECT channel, author FROM community_post WHERE id = $1", thread)
		must(t, err)
		ask := func(author string) (asked bool) {
			must(t, k.db.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
				var err error
				asked, err = k.Ask(ctx, q, r.channel, author, thread, "/s/token")
				return err
			}))
			return asked
		}
		if !ask(r.author) || !ask(r.author) || ask("mailto:bob@velo.example") {
			t.Error("asked the wrong people")
		}
		k.tells()
		same(t, "Ada", []string{"survey: Why do my brakes squeak?"}, k.told(ada))
		same(t, "Bob", []string{}, k.told(bob))
		if sent := o.take(); len(sent) != 1 || sent[0].To != "ada@velo.example" {
			t.Errorf("mails %+v", sent)
		}
		must(t, k.SetLevelOf(ada, k.id, thread, community.Silence))
		if ask(r.author) {
			t.Error("asked who silenced the thread")
		}
	})
}
