package intake

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/entente/entente/internal/ledger"
)

func sample(t testing.TB, name string) string {
	t.Helper()
	p := filepath.Join("..", "..", "sample", name)
	if _, err := os.Stat(p); err != nil {
		t.Skip("no sample")
	}
	return p
}

// readAll reads a file with a format and fails on what ends the reading.
func readAll(t testing.TB, format, file string, opts Options) []Row {
	t.Helper()
	rows, err := tryRead(t, format, file, opts)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return rows
}

func tryRead(t testing.TB, format, file string, opts Options) ([]Row, error) {
	t.Helper()
	src, err := Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	f, ok := Find(format)
	if !ok {
		t.Fatalf("no format %s", format)
	}
	if opts.Now.IsZero() {
		opts.Now = time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	}
	return Preview(t.Context(), f, src, opts, 1<<30)
}

func TestSampleIsUnderstood(t *testing.T) {
	t.Parallel()
	member := func(_ context.Context, email string) (string, bool) { return "m-" + email, true }
	for _, c := range []struct {
		format, file string
		least        int
		opts         Options
	}{
		{"feed", "feeds/gazette-derailleur.xml", 5, Options{}},
		{"feed", "feeds/two-wheels-tested.xml", 5, Options{}},
		{"feed", "feeds/carnet-aline.atom", 3, Options{}},
		{"feed", "feeds/forum-velotaf.atom", 20, Options{}},
		{"feed", "feeds/pedal-notes.json", 5, Options{}},
		{"mbox", "mail/contact.mbox", 100, Options{Settings: Settings{Own: "contact@bruyere.example service@bruyere.example"}, Member: member}},
		{"stackexchange", "forum", 300, Options{Settings: Settings{Site: "https://forum.bruyere.example", Staff: "https://bruyere.example/team/"}}},
		{"csv", "customers.csv", 100, Options{}},
		{"csv", "orders.csv", 400, Options{}},
		{"vcard", "people.vcf", 30, Options{}},
		{"jsonl", "handling.jsonl", 600, Options{Member: member}},
		{"facts", "facts/heures.csv", 100, Options{}}, {"facts", "facts/couts.csv", 40, Options{}},
		{"facts", "facts/revenue.csv", 35, Options{}}, {"facts", "facts/ratings.csv", 200, Options{}}, {"facts", "facts/audience.csv", 90, Options{}}, {"facts", "facts/achats.csv", 12, Options{}},
	} {
		t.Run(c.file, func(t *testing.T) {
			t.Parallel()
			file := sample(t, c.file)
			src, err := Open(file)
			if err != nil {
				t.Fatal(err)
			}
			if got := Detect(src); got != c.format {
				t.Errorf("detected %q, want %q", got, c.format)
			}
			rows := readAll(t, c.format, file, c.opts)
			if len(rows) < c.least {
				t.Errorf("%d rows, want %d", len(rows), c.least)
			}
			kinds := map[string]int{}
			for _, r := range rows {
				switch {
				case r.Refused != nil:
					t.Errorf("%s refused: %s %v %s", r.Place, r.Refused.Reason, r.Refused.Args, r.Refused.Detail)
				case r.Item != nil:
					kinds[ledger.PostSaid+" "+r.Item.Kind]++
					if r.Item.Ours {
						kinds["ours"]++
					}
					if r.Item.Member != "" {
						kinds["by a member"]++
					}
				case r.Fact != nil:
					kinds[r.Fact.Kind]++
				}
			}
			t.Log(kinds)
		})
	}
}

func TestSampleFacts(t *testing.T) {
	t.Parallel()
	for file, kind := range map[string]string{"contacts": ledger.FactContact, "heures": ledger.FactHours, "couts": ledger.FactCost, "revenue": ledger.FactRevenue,
		"clients-arrives": ledger.FactCustomerStart, "clients-partis": ledger.FactCustomerEnd, "pistes": ledger.FactLead, "ratings": ledger.FactRating, "audience": ledger.FactVisit,
		"applicants": ledger.FactApplicant, "achats": ledger.FactPurchase, "enquete": ledger.FactSurvey, "benefices": ledger.FactBenefit,
		"rencontres": ledger.FactTouch, "issues": ledger.FactOutcome, "partenaires": ledger.FactAct, "negociations": ledger.FactProposal, "portee": ledger.FactVisit, "alliances": ledger.FactSurvey} {
		for _, r := range readAll(t, "facts", sample(t, "facts/"+file+".csv"), Options{Settings: Settings{Target: FactTarget(kind)}}) {
			if r.Refused != nil {
				t.Errorf("%s refused: %s %q %v %s", r.Place, r.Refused.Reason, r.Refused.Column, r.Refused.Args, r.Refused.Detail)
			}
		}
	}
}
