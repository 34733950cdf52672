package orient_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/entente/entente/internal/govern/orient"
	"github.com/entente/entente/internal/i18n"
)

func ids(list []orient.Proposal) []string {
	var out []string
	for _, p := range list {
		out = append(out, p.ID)
	}
	return out
}

// TestCases: organisations as one meets them.
func TestCases(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name              string
		answers           map[string][]string
		direction, market string
		first             orient.Subject // activity
		wants, not        []string
	}{
		{"a bicycle maker flooded with questions", map[string][]string{"better": {"service", "reputation"}, "hurts": {"unanswered", "same_questions", "bad_reviews"}, "buyers": {"people"}, "product": {"explained"},
			"talk": {"mail", "forums", "reviews"}, "volume": {"hundreds"}, "experts": {"many"}, "stakeholders": {"customers"}},
			"outward", "b2c", "support", []string{"answer_in_time", "settle_complaints", "customers_help"}, []string{"work_across", "tie_suppliers"}},
		{"a consultancy that loses what it knows", map[string][]string{"better": {"knowledge", "working_together"}, "hurts": {"lost_knowledge", "silos"}, "buyers": {"firms"}, "purchase": {"months"}, "product": {"expert"},
			"talk": {"inside"}, "colleagues": {"many"}, "stakeholders": {"employees"}},
			"inward", "b2b", "best_practices", []string{"share_knowledge", "work_across"}, []string{"settle_complaints", "answer_in_time"}},
		{"a maker of machines who is unknown", map[string][]string{"better": {"sales"}, "hurts": {"unknown"}, "buyers": {"firms"}, "purchase": {"months"}, "talk": {"professional", "events"}, "stakeholders": {"prospects", "press"}},
			"outward", "b2b", "thought_leadership", []string{"be_asked", "win_prospects"}, []string{"settle_complaints"}},
		{"nobody has answered", nil, "", "", "support", nil, orient.IDs()},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := orient.Infer(c.answers)
			if r.Direction() != c.direction || r.Market() != c.market || r.Activities[0].Subject != c.first {
				t.Errorf("it looks %s to %s with %s first (%d points), want %s, %s, %s", r.Direction(), r.Market(), r.Activities[0].Subject, r.Activities[0].Points, c.direction, c.market, c.first)
			}
			got := ids(r.Proposals)
			for _, w := range c.wants {
				if !slices.Contains(got, w) {
					t.Errorf("%s is not proposed: %v", w, got)
				}
			}
			for _, w := range c.not {
				if slices.Contains(got, w) {
					t.Errorf("%s is proposed", w)
				}
			}
		})
	}
}

// TestExplained: whatever is answered, each point has a reason among the answers, and answering more never lowers a weight.
func TestExplained(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		answers := map[string][]string{"nonsense": {"x"}}
		for _, q := range orient.Questions() {
			for _, c := range q.Choices {
				if rapid.Bool().Draw(t, q.ID+c.ID) {
					answers[q.ID] = append(answers[q.ID], c.ID)
				}
			}
			answers[q.ID] = append(answers[q.ID], "unknown")
		}
		r := orient.Infer(answers)
		check := func(reasons []orient.Reason) (sum int) {
			for _, x := range reasons {
				if !slices.Contains(answers[x.Question], x.Choice) {
					t.Fatalf("%+v was not answered", x)
				}
				sum += x.Points
			}
			return sum
		}
		for _, w := range append(append(slices.Clone(r.Activities), r.Stakeholders...), r.Inward, r.Outward, r.B2B, r.B2C) {
			if check(w.Reasons) != w.Points {
				t.Fatalf("%s has %d points, its reasons %d", w.Subject, w.Points, check(w.Reasons))
			}
		}
		for _, p := range r.Proposals {
			if check(p.Reasons); len(p.Reasons) == 0 || len(p.Measures) == 0 || len(p.Presence) == 0 {
				t.Fatalf("%s is not explained", p.ID)
			}
		}
	})
}

func TestWords(t *testing.T) {
	t.Parallel()
	need := func(key string) {
		if !i18n.Has(key) {
			t.Errorf("%s has no words", key)
		}
	}
	subjects := append(orient.Activities(), orient.Stakeholders()...)
	for _, s := range append(subjects, orient.Inward, orient.Outward, orient.B2B, orient.B2C) {
		need("govern.subject." + string(s))
	}
	for _, q := range orient.Questions() {
		need("govern.orient." + q.ID)
		seen := map[string]bool{}
		for _, c := range q.Choices {
			if seen[c.ID] {
				t.Errorf("%s has %s twice", q.ID, c.ID)
			}
			seen[c.ID] = true
			need("govern.orient." + q.ID + "." + c.ID)
			for _, e := range c.Effects {
				if e.Points <= 0 || !i18n.Has("govern.subject."+string(e.For)) {
					t.Errorf("%s %s: %+v", q.ID, c.ID, e)
				}
			}
		}
	}
	for _, id := range orient.IDs() {
		need("govern.proposal." + id)
	}
	for _, p := range orient.Places() {
		need("govern.place." + p)
	}
}
