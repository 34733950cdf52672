package kpi

import "testing"

func TestOpenConversations(t *testing.T) {
	t.Parallel()
	e := OpenConversations().Estimate([]Fact{facts("open", 40), facts("open", 3), facts("open", -5)}).Value
	if e.Value != 38 || e.N != 38 || e.Bounded || !e.OK() {
		t.Errorf("40 + 3 − 5 is %+v, want 38 without an interval", e)
	}
}
