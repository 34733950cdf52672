package app_test

import (
	"net/url"
	"time"
)

// deskSteps call the operations of what the inbox is set to, of aims, leads, contact points and certificates.
func deskSteps() []step {
	none := func(map[string]reply) request { return request{} }
	of := func(from string, body any) func(map[string]reply) request {
		return func(got map[string]reply) request {
			r := id(got[from].id())
			if body != nil {
				r = r.with(body)
			}
			return r
		}
	}
	aims := func(got map[string]reply) request {
		return request{values: map[string]string{"member": got["me"].id()}}
	}
	aim := func(got map[string]reply) request {
		return request{values: map[string]string{"member": got["me"].id(), "aim": got["set-aim"].id()}}
	}
	rule := object{"name": "Brakes", "query": "brake", "to": "skill", "value": "Brakes", "active": true}
	lesson := object{"title": object{"en": "Parcels"}, "minutes": 5, "steps": []object{
		{"kind": "lesson", "title": object{"en": "Where they are"}, "text": object{"en": "Ask for the number first."}},
		{"kind": "quiz", "title": object{"en": "Try it"}, "pass": 100, "questions": []object{{"text": object{"en": "What do you ask for?"},
			"choices": []object{{"text": object{"en": "The number"}, "right": true}, {"text": object{"en": "Patience"}}}}}}}}
	point := object{"name": "Help over REST", "languages": []any{"en"}, "sites": []any{"https://shop.example"}, "survey": true}
	work := object{"work": "Answer in the forum", "duties": object{"role:social": "a", "role:volunteer": "r"}}
	other := func(got map[string]reply) string {
		items, _ := got["list-team-profiles"].object()["items"].([]any)
		for _, i := range items {
			if m, _ := i.(object)["member"].(string); m != got["me"].id() {
				return m
			}
		}
		return ""
	}
	return []step{
		{"read-service-levels", none},
		{"replace-service-levels", func(got map[string]reply) request { return request{body: got["read-service-levels"].object()} }},
		{"create-view", func(map[string]reply) request {
			return request{body: object{"name": "French, angry", "view": "open", "filter": object{"language": "fr", "feeling": "negative"}}}
		}},
		{"list-views", none},
		{"delete-view", of("create-view", nil)},
		{"create-routing-rule", func(map[string]reply) request { return request{body: rule} }},
		{"list-routing-rules", none},
		{"replace-routing-rule", of("create-routing-rule", rule)},
		{"move-routing-rule", of("create-routing-rule", object{"by": -1})},
		{"delete-routing-rule", of("create-routing-rule", nil)},
		{"set-aim", func(got map[string]reply) request { return aims(got).with(object{"measure": "kept", "target": 80}) }},
		{"list-aims", aims},
		{"agree-aim", func(got map[string]reply) request { return aim(got).with(object{"target": 80}) }},
		{"delete-aim", aim},
		{"create-responsibility", func(map[string]reply) request { return request{body: work} }},
		{"replace-responsibility", of("create-responsibility", work)},
		{"delete-responsibility", of("create-responsibility", nil)},
		{"create-lead", func(got map[string]reply) request {
			return request{body: object{"conversation": got["list-conversations"].first("id"), "name": "Ten bicycles", "owner": got["me"].id(), "due_at": time.Now().AddDate(0, 0, 7).UTC().Format(time.RFC3339), "amount": 2500000, "currency": "EUR"}}
		}},
		{"list-leads", none},
		{"get-lead", of("create-lead", nil)},
		{"decide-lead", func(got map[string]reply) request {
			r := of("create-lead", object{"state": "lost", "outcome": "Too dear"})(got)
			r.query = url.Values{"seen": {got["create-lead"].text("updated_at")}}
			return r
		}},
		{"create-contact-point", func(map[string]reply) request { return request{body: point} }},
		{"list-contact-points", none},
		{"get-contact-point", of("create-contact-point", nil)},
		{"replace-contact-point", func(got map[string]reply) request {
			r := of("create-contact-point", point)(got)
			r.query = url.Values{"seen": {got["create-contact-point"].text("changed_at")}}
			return r
		}},
		{"read-contact-figures", of("create-contact-point", nil)},
		{"close-contact-point", of("create-contact-point", object{"closed": true})},
		{"list-courses", none},
		{"create-course", func(map[string]reply) request { return request{body: lesson} }},
		{"get-course-draft", of("create-course", nil)},
		{"replace-course-draft", func(got map[string]reply) request {
			return of("create-course", object{"seen": got["get-course-draft"].text("seen"), "content": lesson})(got)
		}},
		{"publish-course", func(got map[string]reply) request {
			return of("create-course", object{"seen": got["replace-course-draft"].text("seen")})(got)
		}},
		{"retire-course", of("create-course", nil)},
		{"list-certificates", none},
		{"recognise-certificate", func(got map[string]reply) request {
			return id(got["list-courses"].first("id")).with(object{"member": other(got)})
		}},
		{"revoke-certificate", func(got map[string]reply) request {
			return id(got["list-courses"].first("id")).with(object{"member": other(got), "reason": "A mistake"})
		}},
	}
}
