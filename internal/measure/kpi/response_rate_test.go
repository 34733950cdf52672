package kpi

import (
	"testing"

	"github.com/entente/entente/internal/measure/stat"
)

// Wilson for 84 of 100 is 0.7558 to 0.8990.
func TestResponseRate(t *testing.T) {
	t.Parallel()
	e := ResponseRate().Estimate([]Fact{facts("answered", 84), facts("unanswered", 16), facts("closed_unanswered", 900)}).Value
	if e.Value != 0.84 || e.N != 100 || !near(e.Low, 0.7558) || !near(e.High, 0.8990) {
		t.Errorf("84 of 100 is %+v", e)
	}
	if e := ResponseRate().Estimate([]Fact{facts("answered", 19)}).Value; e.Grade != stat.TooFew {
		t.Errorf("19 conversations are graded %s", e.Grade)
	}
	if e := ResponseRate().Estimate([]Fact{facts("closed_unanswered", 3)}).Value; e.Defined() {
		t.Errorf("nothing that needed an answer is %+v", e)
	}
}
