package dbtest

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/entente/entente/internal/db"
)

// Check holds a property on drawn cases: a hundred on SQLite, twenty-five on PostgreSQL, where the same statements take three times as long
// and what differs between the engines shows early.
func Check(t *testing.T, d *db.DB, property func(*rapid.T)) {
	t.Helper()
	run, most, failed := 0, 100, false
	if d.Engine() == db.Postgres {
		most = 25
	}
	rapid.Check(t, func(r *rapid.T) {
		if run++; run > most && !failed { // what failed is made smaller for as long as it takes
			return
		}
		defer func() { failed = failed || r.Failed() }()
		property(r)
	})
}
