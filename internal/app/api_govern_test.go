package app_test

import (
	"net/url"
	"time"
)

// governSteps call the operations of charter and governance.
func governSteps() []step {
	day := func(n int) string { return time.Now().AddDate(0, 0, n).UTC().Format(time.RFC3339) }
	none := func(map[string]reply) request { return request{} }
	of := func(from string) func(map[string]reply) request {
		return func(got map[string]reply) request { return id(got[from].id()) }
	}
	then := func(in func(map[string]reply) request, body any) func(map[string]reply) request {
		return func(got map[string]reply) request { return in(got).with(body) }
	}
	// seen adds the state of an entry that a request says it has seen.
	seen := func(in func(map[string]reply) request, from, mark string) func(map[string]reply) request {
		return func(got map[string]reply) request {
			r := in(got)
			r.query = url.Values{"seen": {got[from].text(mark)}}
			return r
		}
	}
	five := func(one, many string, body object, more ...step) []step {
		out := []step{{"create-" + one, then(none, body)}, {"list-" + many, none}, {"get-" + one, of("create-" + one)}, {"replace-" + one, seen(then(of("create-"+one), body), "get-"+one, "updated_at")}}
		return append(append(out, more...), step{"delete-" + one, of("create-" + one)})
	}
	rule := func(got map[string]reply) request {
		return request{values: map[string]string{"id": got["begin-charter-version"].id(), "rule": "be-kind"}}
	}
	out := []step{
		{"read-charter", none},
		{"list-charter-versions", none},
		{"discard-charter-version", func(got map[string]reply) request { return id(got["list-charter-versions"].first("id")) }}, // the demo's draft is the newest
		{"begin-charter-version", none},
		{"get-charter-version", of("begin-charter-version")},
		{"reword-charter-version", seen(then(of("begin-charter-version"), object{"title": object{"en": "Charter", "fr": "Charte"}, "note": "New title"}), "get-charter-version", "words_mark")},
		{"replace-charter-rule", then(rule, object{"sentence": object{"en": "Be kind.", "fr": "Sois aimable."}, "binding": true, "check": "not_aggressive"})},
		{"delete-charter-rule", rule},
		{"compare-charter-versions", func(got map[string]reply) request {
			return request{values: map[string]string{"id": got["begin-charter-version"].id(), "since": got["read-charter"].id()}}
		}},
		{"publish-charter-version", then(of("begin-charter-version"), object{"anew": true})},
		{"list-charter-standings", none},
		{"read-orientation", none},
		{"answer-orientation", func(map[string]reply) request {
			return request{values: map[string]string{"question": "buyers"}, body: object{"choices": []string{"people"}}}
		}},
		{"put-proposal", then(func(map[string]reply) request { return id("answer_in_time") }, object{})},
		{"read-readiness", none},
		{"claim-readiness", then(none, object{"question": "privacy", "level": 3, "evidence": "Settled", "evidence_on": day(-3)})},
		{"open-gate", then(none, object{"reason": "The fair"})},
		{"close-gate", none},
	}
	out = append(out, five("risk", "risks", object{"name": "Fire", "probability": 2, "impact": 5})...)
	out = append(out, five("surrounding", "surroundings", object{"factor": "legal", "name": "Law", "probability": 2, "impact": 5, "horizon": "year"},
		step{"mark-surrounding-reviewed", then(of("create-surrounding"), object{"review_at": day(30)})})...)
	out = append(out, five("decision", "decisions", object{"name": "Stay", "decided_at": day(-1)})...)
	out = append(out, five("review", "reviews", object{"name": "Monthly", "rhythm": "monthly", "at": day(-1)},
		step{"read-agenda", of("create-review")}, step{"hold-review", then(of("create-review"), object{"notes": "All said."})})...)
	action := func(got map[string]reply) request {
		return request{body: object{"name": "Write", "owner": got["me"].id(), "due_at": day(3)}}
	}
	out = append(out, step{"create-action", action}, step{"list-actions", none}, step{"get-action", of("create-action")},
		step{"replace-action", seen(func(got map[string]reply) request { return id(got["create-action"].id()).with(action(got).body) }, "get-action", "updated_at")},
		step{"finish-action", then(of("create-action"), object{"done": true})}, step{"delete-action", of("create-action")})
	out = append(out, five("spending", "spendings", object{"tool": "Ear", "capability": "listening", "department": "Sales", "amount": 100, "currency": "EUR", "period": "month", "begins_at": day(-9), "approval": "no"})...)
	out = append(out, step{"list-doubled-capabilities", none})
	out = append(out, five("insight", "insights", object{"name": "Plates wear", "department": "Product", "due_at": day(9)},
		step{"decide-insight", then(of("create-insight"), object{"verdict": "planned", "reason": "In spring"})}, step{"read-insight-rate", none})...)
	return append(out, five("tie", "ties", object{"name": "Customers", "kind": "customer", "wanted": 5})...)
}
