package kpi

import "testing"

// The interval of a Poisson count of 10 is 4.795 to 18.390 (Garwood 1936, table).
func TestVolume(t *testing.T) {
	t.Parallel()
	e := Volume().Estimate([]Fact{facts("said", 12), facts("said", -2), facts("other", 5)}).Value
	if e.Value != 10 || e.N != 10 || !near(e.Low, 4.79539) || !near(e.High, 18.39036) {
		t.Errorf("10 posts are %+v", e)
	}
	if none := Volume().Estimate(nil).Value; !none.OK() || none.Value != 0 || !near(none.High, 3.68888) {
		t.Errorf("no post is %+v: zero is a number too", none)
	}
}
