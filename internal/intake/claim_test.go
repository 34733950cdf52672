package intake

import (
	"fmt"
	"strings"
	"testing"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/org"
)

// Jobs whose files are on another machine do not stand before those whose files are here, however many they are.
func TestClaimBehindOthers(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		here := testService(t, d, noon)
		there := New(d, here.runner.Ledger, here.runner.Channels, here.org, t.TempDir(), here.log, noon, nil)
		ctx := org.AsOperator(t.Context())
		queue := func(s *Service, name string) Job {
			j, err := s.Receive(ctx, name, strings.NewReader("BEGIN:VCARD\nFN:A\nEND:VCARD\n"), -1)
			if err != nil {
				t.Fatal(err)
			}
			if j, err = s.Start(ctx, j.ID, Order{Format: "vcard"}); err != nil {
				t.Fatal(err)
			}
			return j
		}
		for i := range 51 {
			queue(there, fmt.Sprint(i, ".vcf"))
		}
		if j, found, err := here.claim(ctx); err != nil || found || j.ID != "" {
			t.Fatal("claimed a job whose file is elsewhere", j, err)
		}
		mine := queue(here, "mine.vcf")
		for _, want := range []string{mine.ID, ""} {
			if j, found, err := here.claim(ctx); err != nil || j.ID != want || found != (want != "") {
				t.Errorf("claimed %q, want %q, %v", j.ID, want, err)
			}
		}
		if j, found, err := there.claim(ctx); err != nil || !found || j.Name != "0.vcf" || j.State != Running {
			t.Errorf("the other machine claimed %+v %v", j, err)
		}
	})
}
