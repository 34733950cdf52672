package kpi

// All lists the measures in the order in which they are shown.
func All() []Measure {
	return []Measure{
		Volume(),            // how much is said
		OpenConversations(), // how much waits for us
		ResponseRate(),      // how much of it we answer
		FirstResponseTime(), // how soon
		ResolutionTime(),    // how soon it is done
		NetSentiment(),      // how they speak of us
		OverallSentiment(),  // the same by what models say of all posts
	}
}
