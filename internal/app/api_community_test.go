package app_test

// communitySteps call the operations of communities.
func communitySteps() []step {
	first := func(got map[string]reply) request {
		return request{values: map[string]string{"id": got["list-communities"].first("id")}}
	}
	thread := func(got map[string]reply) request {
		return request{values: map[string]string{"id": got["get-community"].id(), "item": got["start-thread"].id()}}
	}
	return []step{
		{"list-communities", func(map[string]reply) request { return request{} }},
		{"get-community", first},
		{"list-spaces", first},
		{"list-threads", first},
		{"change-community", func(got map[string]reply) request {
			c := got["get-community"]
			return request{values: map[string]string{"id": c.id()}, body: map[string]any{"slug": c.text("slug"), "name": map[string]string{"fr": "Le Sillage", "en": "The wake"}, "langs": []string{"fr", "en"},
				"audience": c.text("audience"), "sign_up": c.text("sign_up")}}
		}},
		{"add-space", func(got map[string]reply) request {
			return request{values: map[string]string{"id": got["get-community"].id()}, body: map[string]any{"slug": "hall", "name": map[string]string{"fr": "Salle", "en": "Hall"}, "access": "open", "holds": []string{"question", "idea", "article"}}}
		}},
		{"change-space", func(got map[string]reply) request {
			return request{values: map[string]string{"id": got["get-community"].id(), "item": got["add-space"].id()}, body: map[string]any{"slug": "hall", "name": map[string]string{"fr": "La salle", "en": "The hall"}, "access": "open", "holds": []string{"question", "idea", "article"}}}
		}},
		{"start-thread", func(got map[string]reply) request {
			return request{values: map[string]string{"id": got["get-community"].id()}, body: map[string]any{"space": got["add-space"].id(), "kind": "idea", "title": "An idea over REST", "body": "So *be* it"}}
		}},
		{"get-thread", thread},
		{"reply-to-post", func(got map[string]reply) request {
			r := thread(got)
			r.body = map[string]any{"body": "Yes"}
			return r
		}},
		{"change-post", func(got map[string]reply) request {
			return request{values: map[string]string{"id": got["get-community"].id(), "item": got["reply-to-post"].id()}, body: map[string]any{"body": "Yes indeed"}}
		}},
		{"vote-on-post", func(got map[string]reply) request {
			r := thread(got)
			r.body = map[string]any{"value": 1}
			return r
		}},
		{"judge-idea", func(got map[string]reply) request {
			r := thread(got)
			r.body = map[string]any{"decision": "planned", "reason": "It is good"}
			return r
		}},
		{"remove-post", func(got map[string]reply) request {
			return request{values: map[string]string{"id": got["get-community"].id(), "item": got["reply-to-post"].id()}}
		}},
		{"list-community-members", first},
		{"put-out-of-community", func(got map[string]reply) request {
			return request{values: map[string]string{"id": got["get-community"].id(), "item": got["list-community-members"].first("id")}}
		}},
		{"invite-to-community", func(got map[string]reply) request {
			r := first(got)
			r.body = map[string]any{"email": got["list-community-members"].first("email")}
			return r
		}},
		{"list-articles", first},
		{"get-article", func(got map[string]reply) request {
			return request{values: map[string]string{"id": got["list-communities"].first("id"), "item": got["list-articles"].first("id")}}
		}},
		{"get-notice-wishes", first},
		{"set-notice-wishes", func(got map[string]reply) request {
			r := first(got)
			r.body = map[string]any{"level": "mine", "mail": true, "digest": "weekly"}
			return r
		}},
		{"list-moderation-cases", func(map[string]reply) request { return request{} }},
	}
}
