package strategy_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/strategy"
)

// Posts that come to seven plus seven channels by chance alone, independently, are tested as if each of the one drove each of the other. The
// first and the last of the weeks looked at are not whole.
func TestIndependentCountsAreSeldomConsistent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	const channels, weeks, mean = 7, 27, 30.0
	random := rand.New(rand.NewPCG(1, 2))
	now := w.now // Monday noon
	var list []ledger.Activity
	d := strategy.Draft{Name: strategy.Words{"en": "Chance"},
		Perspectives: []strategy.Perspective{{ID: "up", Name: strategy.Words{"en": "Up"}}, {ID: "down", Name: strategy.Words{"en": "Down"}}}}
	for i := range 2 * channels {
		name := fmt.Sprint("c", i)
		w.exec("INSERT INTO channel (id, kind, name, created_at) VALUES ($1, 'feed', $1, 1)", name)
		// Waits between events of a Poisson process are exponential.
		step := func() time.Duration {
			return time.Duration(-math.Log(1-random.Float64()) / mean * float64(7*24*time.Hour)).Truncate(time.Microsecond)
		}
		for at, k := now.AddDate(0, 0, -7*weeks).Add(step()), 0; at.Before(now); at, k = at.Add(step()), k+1 {
			external := fmt.Sprint(k)
			list = append(list, ledger.Activity{ID: id.From(name+external, "post"), Kind: ledger.PostSaid, Actor: "mailto:ada@example.org", Channel: name, At: at,
				LearnedAt: at, Key: ledger.SaidKey(name, external), Data: ledger.Data(ledger.Said{ExternalID: external, Text: "Hello"})})
		}
		perspective := "down"
		if i >= channels {
			perspective = "up"
			for j := range channels {
				d.Links = append(d.Links, strategy.Link{Origin: fmt.Sprint("c", j), Serves: name})
			}
		}
		d.Objectives = append(d.Objectives, strategy.Objective{ID: name, Perspective: perspective, Name: strategy.Words{"en": name}, DueAt: due,
			Measures: []strategy.Measure{{Measure: "volume", Better: kpi.Higher, Weight: 1, Baseline: 1, BaselineAt: baseline, Target: 100, Days: 28, Channel: name}}})
	}
	if _, err := w.led.State(w.ctx, list...); err != nil {
		t.Fatal(err)
	}
	m, err := w.s.AddMap(w.ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	e, err := w.s.Evaluate(w.ctx, m.ID, now)
	if err != nil {
		t.Fatal(err)
	}
	consistent := 0
	for _, l := range e.Links {
		if l.Correlation.N < 20 || !l.Correlation.Bounded {
			t.Fatalf("tested on %+v", l.Correlation)
		}
		if l.Correlation.Verdict == stat.Consistent {
			consistent++
		}
	}
	if consistent*10 >= len(e.Links) || len(e.Links) != channels*channels {
		t.Errorf("%d of %d links between unrelated counts are consistent", consistent, len(e.Links))
	}
	// A week that is not over does not look like a fall.
	for _, st := range e.Objectives {
		spark := st.Readings[0].Spark
		if last := spark[len(spark)-1]; last.Known || !spark[len(spark)-2].Known {
			t.Fatalf("%s ends in %+v", st.Name.In("en"), spark[len(spark)-2:])
		}
	}
}
