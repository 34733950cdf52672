package app_test

// ruleSteps call the operations of rules.
func ruleSteps() []step {
	none := func(map[string]reply) request { return request{} }
	of := func(got map[string]reply) request { return id(got["create-rule"].id()) }
	body := object{"name": "Bells", "when": "opened", "if": object{"words": "bell"}, "then": object{"note": "See the list of bells."}, "on": true}
	with := func(in func(map[string]reply) request, body any) func(map[string]reply) request {
		return func(got map[string]reply) request { return in(got).with(body) }
	}
	return []step{
		{"create-rule", with(none, body)},
		{"list-rules", none},
		{"get-rule", of},
		{"replace-rule", with(of, body)},
		{"move-rule", with(of, object{"up": true})},
		{"try-rule", with(none, body)},
		{"list-rule-firings", of},
		{"delete-rule", of},
		{"read-survey-settings", none},
		{"replace-survey-settings", with(none, object{"on": true, "scale": "nps", "share": 20, "quiet_days": 90, "after_minutes": 60})},
		{"read-satisfaction", none},
		{"list-ratings", none},
	}
}
