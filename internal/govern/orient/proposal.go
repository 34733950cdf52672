package orient

import (
	"cmp"
	"slices"

	"github.com/entente/entente/internal/sorting"
)

// Row is where on a map an objective belongs.
type Row string

// The rows, as on the main template: value on top, learning at the foot.
const (
	Value          Row = "value"
	Goals          Row = "goals"
	Insight        Row = "insight"
	Implementation Row = "implementation"
	Learning       Row = "learning"
)

// Proposal is an objective that follows from the answers, with what would measure it and where one would have to be.
type Proposal struct {
	ID       string
	Row      Row
	Measures []string // of the catalogue
	Presence []string // kinds of places
	With     []Subject
	Points   int
	Reasons  []Reason
}

// rule says when an objective is proposed: when all of Needs weigh enough, and the direction and the market fit.
type rule struct {
	id       string
	row      Row
	needs    []Effect
	toward   Subject // Inward, Outward or "" for either
	market   Subject // B2B, B2C or "" for either
	with     []Subject
	measures []string
	presence []string
}

func rules() []rule {
	n := effects
	return []rule{
		{id: "keep_customers", row: Value, needs: n("customers", 3), toward: Outward, with: []Subject{"customers"}, measures: []string{"customer-retention", "csat"}, presence: []string{"mailbox", "community"}},
		{id: "win_prospects", row: Value, needs: n("prospects", 3), toward: Outward, with: []Subject{"prospects"}, measures: []string{"lead-conversion", "social-lead-share"}, presence: []string{"professional_networks", "forums"}},
		{id: "earn_trust", row: Value, needs: n("research", 3), toward: Outward, with: []Subject{"customers", "prospects"}, measures: []string{"net-sentiment", "share-of-voice"}, presence: []string{"reviews", "networks"}},
		{id: "answer_in_time", row: Goals, needs: n("support", Matters), toward: Outward, with: []Subject{"customers"}, measures: []string{"first-response-time", "response-rate"}, presence: []string{"mailbox", "networks", "forums"}},
		{id: "settle_complaints", row: Goals, needs: n("support", Matters, "customers", 3), toward: Outward, market: B2C, with: []Subject{"customers"}, measures: []string{"complaint-follow-up", "resolution-time"}, presence: []string{"reviews", "networks"}},
		{id: "answers_before_contact", row: Goals, needs: n("support", Matters, "best_practices", 3), with: []Subject{"customers"}, measures: []string{"contact-avoidance-rate", "article-reuse"}, presence: []string{"community", "website"}},
		{id: "customers_help", row: Goals, needs: n("problem_solving", Matters), toward: Outward, with: []Subject{"customers"}, measures: []string{"active-ambassadors", "contributing-share"}, presence: []string{"community", "forums"}},
		{id: "be_asked", row: Goals, needs: n("thought_leadership", Matters), toward: Outward, with: []Subject{"prospects", "press"}, measures: []string{"share-of-voice", "social-lead-share"}, presence: []string{"professional_networks", "events", "blog"}},
		{id: "equip_resellers", row: Goals, needs: n("resellers", 3), with: []Subject{"resellers"}, measures: []string{"partner-engagement"}, presence: []string{"partner_community"}},
		{id: "tie_suppliers", row: Goals, needs: n("suppliers", 3), with: []Subject{"suppliers"}, measures: []string{"supplier-savings"}, presence: []string{"partner_community"}},
		{id: "ideas_to_product", row: Insight, needs: n("ideas", Matters), with: []Subject{"customers", "employees"}, measures: []string{"volume", "net-sentiment"}, presence: []string{"community", "forums"}},
		{id: "innovate_together", row: Insight, needs: n("innovation", Matters), with: []Subject{"customers", "partners"}, measures: []string{"volume"}, presence: []string{"community", "events"}},
		{id: "hear_market", row: Insight, needs: n("research", Matters), toward: Outward, with: []Subject{"customers", "prospects"}, measures: []string{"net-sentiment", "volume"}, presence: []string{"reviews", "forums", "networks"}},
		{id: "work_across", row: Implementation, needs: n("collaboration", Matters), toward: Inward, with: []Subject{"employees"}, measures: []string{"employee-participation", "open-conversations"}, presence: []string{"employee_community"}},
		{id: "share_knowledge", row: Learning, needs: n("best_practices", Matters), with: []Subject{"employees"}, measures: []string{"article-reuse", "knowledge-correction-rate"}, presence: []string{"employee_community", "website"}},
		{id: "train_volunteers", row: Learning, needs: n("support", Matters, "employees", 1), with: []Subject{"employees"}, measures: []string{"trained-and-active"}, presence: []string{"employee_community"}},
		{id: "attract_talent", row: Value, needs: n("applicants", 3), with: []Subject{"applicants", "employees"}, measures: []string{"quality-of-applicants"}, presence: []string{"professional_networks", "events"}},
	}
}

// fits reports whether a side is not clearly the other one.
func fits(want Subject, side string) bool {
	return want == "" || side == "both" || side == "" || side == string(want)
}

func proposals(r Result, weights map[Subject]*Weight) []Proposal {
	var out []Proposal
	for _, rule := range rules() {
		// An inward organisation may still have an outward side that matters: only a clear opposite rules a proposal out.
		if !fits(rule.market, r.Market()) || rule.toward == Outward && r.Outward.Points == 0 || rule.toward == Inward && r.Inward.Points == 0 {
			continue
		}
		p := Proposal{ID: rule.id, Row: rule.row, Measures: rule.measures, Presence: rule.presence, With: rule.with}
		ok := true
		for _, need := range rule.needs {
			w := weights[need.For]
			if w == nil || w.Points < need.Points {
				ok = false
				break
			}
			p.Points += w.Points
			for _, reason := range w.Reasons {
				if !slices.ContainsFunc(p.Reasons, func(x Reason) bool { return x.Question == reason.Question && x.Choice == reason.Choice }) {
					p.Reasons = append(p.Reasons, reason)
				}
			}
		}
		if !ok {
			continue
		}
		p.Points = p.Points * 2 / (1 + len(rule.needs)) // a proposal that needs more is not worth more for that
		sorting.Stable(p.Reasons, func(a, b Reason) int { return b.Points - a.Points })
		out = append(out, p)
	}
	sorting.Stable(out, func(a, b Proposal) int { return cmp.Compare(b.Points, a.Points) })
	return out[:min(len(out), maxProposals)]
}

// maxProposals: more is no orientation.
const maxProposals = 8

// Presence lists the kinds of places over some proposals, the most wanted first.
func Presence(list []Proposal) []string {
	points := map[string]int{}
	var out []string
	for _, p := range list {
		for _, place := range p.Presence {
			if points[place] == 0 {
				out = append(out, place)
			}
			points[place] += p.Points
		}
	}
	sorting.Stable(out, func(a, b string) int { return points[b] - points[a] })
	return out
}

// IDs lists all that can ever be proposed.
func IDs() []string {
	var out []string
	for _, r := range rules() {
		out = append(out, r.id)
	}
	return out
}

// Places lists all kinds of places that can be proposed.
func Places() []string {
	var out []string
	for _, r := range rules() {
		for _, p := range r.presence {
			if !slices.Contains(out, p) {
				out = append(out, p)
			}
		}
	}
	return out
}
