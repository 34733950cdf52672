package kpi

import (
	"testing"

	"github.com/entente/entente/internal/measure/stat"
)

// 80 positive, 20 negative and 100 neutral are 30; the interval is 30 ± 1.96·100·√((.4+.1−.09)/200) = ± 8.874.
func TestNetSentiment(t *testing.T) {
	t.Parallel()
	e := NetSentiment().Estimate([]Fact{facts("positive", 80), facts("negative", 20), facts("neutral", 100), facts("said", 9000)}).Value
	if !near(e.Value, 30) || e.N != 200 || !near(e.Low, 30-8.87416) || !near(e.High, 30+8.87416) {
		t.Errorf("80, 20 and 100 are %+v", e)
	}
	if e := NetSentiment().Estimate([]Fact{facts("positive", 29)}).Value; e.Grade != stat.TooFew {
		t.Errorf("29 labels are graded %s", e.Grade)
	}
}
