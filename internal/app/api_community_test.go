package app_test

// communitySteps call the operations of communities.
func communitySteps() []step {
	first := func(got map[string]reply) request {
		return request{values: map[string]string{"id": got["list-communities"].first("id")}}
	}
	return []step{
		{"list-communities", func(map[string]reply) request { return request{} }},
		{"get-community", first},
		{"list-spaces", first},
	}
}
