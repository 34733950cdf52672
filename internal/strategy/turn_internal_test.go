package strategy

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/org"
)

// An evaluation that runs out of time gives its turns back: else no map would ever show a number again.
func TestTurnsComeBack(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	measures := measure.New(d, org.New(d, nil, time.Now), time.Now)
	s := &Service{measures: measures, turns: make(chan struct{}, atOnce)}
	var m Map
	for i := range 40 {
		m.Objectives = append(m.Objectives, Objective{ID: fmt.Sprint(i), Measures: []Measure{{Measure: "volume", Better: kpi.Higher, Days: 30, Baseline: 1, Target: 2}}})
	}
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	e, err := s.evaluate(ctx, m, time.Now(), time.UTC, atOnce)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(s.turns); n > 0 {
		t.Errorf("%d turns were not given back", n)
	}
	if n := e.Unknown; n != len(m.Objectives) {
		t.Errorf("%d of %d objectives are unknown", n, len(m.Objectives))
	}
}
