package kpi

// ServiceLevel waits for service levels: until when what is to be answered.
func ServiceLevel() Measure {
	return pending(Measure{
		ID: "sla-attainment", Section: Service, Entry: 3, Unit: Share, Better: Higher, Days: 30, Clock: NoClock, MinN: 20, Interval: Wilson, Evidence: Measured, Stage: Output,
		Parts:   []Part{{"met", Numerator}, {"breached", Denominator}},
		Formula: "a = #{ due, met } / #{ due in the window }",
	}, "service-level")
}
