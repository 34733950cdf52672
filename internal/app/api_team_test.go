package app_test

import "net/url"

// teamSteps call the operations of the team and of routing.
func teamSteps() []step {
	none := func(map[string]reply) request { return request{} }
	conversation := func(got map[string]reply) request { return id(got["list-conversations"].first("id")) }
	member := func(got map[string]reply) request {
		return request{values: map[string]string{"member": got["me"].id()}}
	}
	return []step{
		{"list-team-profiles", none},
		{"get-team-profile", member},
		{"replace-team-profile", func(got map[string]reply) request {
			r := member(got).with(object{"skills": []any{"Brakes"}, "languages": []any{"en", "fr"}, "calendar": got["get-team-profile"].object()["calendar"], "minutes": 60,
				"absences": []any{object{"from": "2026-12-24", "to": "2026-12-31"}}, "routed": true, "mail": true})
			r.query = url.Values{"seen": {got["get-team-profile"].text("mark")}}
			return r
		}},
		{"list-responsibilities", none},
		{"suggest-members", conversation},
		{"pass-conversation", func(got map[string]reply) request { return conversation(got).with(object{"reason": "time"}) }},
		{"escalate-conversation", func(got map[string]reply) request { return conversation(got).with(object{"reason": "legal"}) }},
		{"list-notices", none},
	}
}
