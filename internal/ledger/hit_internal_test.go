package ledger

import (
	"log/slog"
	"testing"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
)

// TestFreshIsUsed: what this process appended is found without being read again.
func TestFreshIsUsed(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := New(d, slog.New(slog.DiscardHandler), time.Now)
		var list []Activity
		for range 5 {
			list = append(list, Activity{Kind: "test.stated", At: time.Now()})
		}
		for range 2 {
			if _, err := l.Append(t.Context(), list...); err != nil {
				t.Fatal(err)
			}
		}
		heads, err := db.All(t.Context(), d.Read(), func(h *head) []any { return []any{&h.Seq, &h.Tx, &h.id} }, "SELECT seq, tx, id FROM activity ORDER BY tx, seq")
		if err != nil {
			t.Fatal(err)
		}
		if found, all := l.fresh.find(heads); len(heads) != 10 || !all || found[9].Position() != heads[9].Position {
			t.Errorf("of %d, all is %v", len(heads), all)
		}
	})
}
