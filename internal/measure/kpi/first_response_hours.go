package kpi

// FirstResponseHours is the first response time in working hours: what is asked and answered while nobody is there took no time.
func FirstResponseHours() Measure {
	m := FirstResponseTime()
	m.ID, m.Clock = "first-response-hours", Business
	m.Formula = "W(c) = |[opened, answered] ∩ hours|;  S(t) = ∏ (1 − dᵢ/nᵢ), tᵢ ≤ t;  median = min{ t : S(t) ≤ ½ }"
	return m
}
