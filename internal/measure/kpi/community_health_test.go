package kpi

import (
	"math"
	"testing"
	"time"
)

// TestCommunityHealth works out a week that is better than all before it on four sides, and one in which nothing was said.
func TestCommunityHealth(t *testing.T) {
	t.Parallel()
	to := firstMonday().Add(3000 * week)
	var facts []Fact
	for k := 1; k <= 53; k++ {
		at := to.Add(-time.Duration(k) * week)
		best := 1.0
		if k == 1 {
			best = 2
		}
		for _, id := range []string{"content", "liveliness", "interaction"} {
			facts = append(facts, Fact{At: at, Part: id, Sum: 10 * best})
		}
		facts = append(facts, Fact{At: at, Part: "responsiveness", Sum: 3600 / best})
		if k%2 == 0 {
			facts = append(facts, Fact{At: at, Part: "members", Sum: 1}) // in half of the weeks before nobody was new, as in this one
		}
	}
	facts = append(facts, Fact{At: to.Add(-time.Hour), Part: "said", N: 40})
	e := health(to.Add(-4*week), to, facts)
	// Four sides at 1; members at 13/52: 26 of the 52 weeks before had a new one, 26 none.
	if want := 1000 * math.Pow(0.25, 0.2); math.Abs(e.Value.Value-want) > 1e-6 || e.Counts["said"] != 40 || e.Why != "" {
		t.Errorf("%+v, want %v", e.Value, want)
	}
	if s := e.Terms[2]; s.Value.Defined() || s.Weight != 0 {
		t.Errorf("traffic that nobody stated: %+v", s)
	}
	silent := health(to, to.Add(week), facts)
	if math.Abs(silent.Value.Value-10*math.Pow(25, 0.25)) > 1e-6 { // three sides at the least, members as often as not
		t.Errorf("a silent week is %+v", silent.Value)
	}
	if none := health(to, to.Add(week), nil); none.Value.Defined() || none.Why != "" {
		t.Errorf("no community: %+v", none)
	}
	if young := health(to.Add(-week), to, facts[:5]); young.Value.Defined() || young.Why != "too_few_sides" {
		t.Errorf("one week: %+v", young)
	}
}
