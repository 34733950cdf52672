package kpi

// CrisisTimes wait for situations: conversations with one cause.
func CrisisTimes() []Measure {
	var out []Measure
	for _, id := range []string{"crisis-detection-time", "crisis-acknowledgement-time", "crisis-statement-time", "crisis-all-clear-time"} {
		out = append(out, pending(Measure{
			ID: id, Section: Service, Entry: 5, Unit: Seconds, Better: Lower, Days: 365, Clock: Calendar, MinN: 3, Interval: Brookmeyer, Evidence: Measured, Stage: Output,
			Parts: []Part{{"ended", Numerator}, {"open", Denominator}},
			Formula: map[string]string{"crisis-detection-time": "t = detected − first item", "crisis-acknowledgement-time": "t = acknowledged − detected",
				"crisis-statement-time": "t = first public statement − detected", "crisis-all-clear-time": "t = all-clear − detected"}[id],
		}, "situation"))
	}
	return out
}
