package business_test

import (
	"bufio"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/entente/entente/internal/business"
	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/intake"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/listening"
	"github.com/entente/entente/internal/people"
)

// BenchmarkImport brings 100,000 costs into SQLite, with all followers, then the same file again.
func BenchmarkImport(b *testing.B) {
	const lines = 100_000
	file := filepath.Join(b.TempDir(), "costs.csv")
	f, err := os.Create(file)
	if err != nil {
		b.Fatal(err)
	}
	out := bufio.NewWriter(f)
	fmt.Fprintln(out, "Référence;Date;Catégorie;Montant;Équipe")
	for i := range lines {
		fmt.Fprintf(out, "C%d;%02d/%02d/2026;plateforme;%d,%02d €;Équipe %d\n", i, i%28+1, i%9+1, i%9000+1, i%100, i%7)
	}
	if err := out.Flush(); err != nil {
		b.Fatal(err)
	}
	f.Close()
	format, _ := intake.Find("facts")
	log := slog.New(slog.DiscardHandler)
	for b.Loop() {
		b.StopTimer()
		d := dbtest.SQLite(b)
		e := enrich.New(d, log, enrich.LanguageIdentifier{})
		l := ledger.New(d, log, time.Now, channel.PostFollower(), people.Follower(), business.Follower(), e.Follower(), listening.NewMatcher(e).Follower(), inbox.Follower())
		r := intake.Runner{DB: d, Ledger: l, Clock: time.Now}
		b.StartTimer()
		for _, again := range []bool{false, true} {
			src, err := intake.Open(file)
			if err != nil {
				b.Fatal(err)
			}
			report, err := r.Run(b.Context(), intake.Task{Format: format, Source: src, Options: intake.Options{Settings: intake.Settings{Target: intake.FactTarget(business.Cost)}}})
			src.Close()
			if err != nil || report.Broken != nil || !again && report.Added != lines || again && report.Known != lines {
				b.Fatal(report, err)
			}
			name := "facts/s"
			if again {
				name = "again/s"
			}
			b.ReportMetric(report.Rate(), name)
		}
	}
}
