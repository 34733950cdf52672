package kpi

func idea(id string, entry int, unit Unit, interval Interval, clock Clock, stage Stage, formula, need string, parts ...Part) Measure {
	better := Higher
	if clock == Calendar || id == "duplication-rate" {
		better = Lower
	}
	return pending(Measure{ID: id, Section: Innovation, Entry: entry, Unit: unit, Better: better, Days: 180, Clock: clock, MinN: 10, Interval: interval, Evidence: Measured, Stage: stage,
		Parts: parts, Formula: formula}, need)
}

// Ideas are the measures of ideas and knowledge. Those of ideas and of knowledge wait for
// them; insights are there.
func Ideas() []Measure {
	reuse := idea("reuse-hours-saved", 26, Hours, Student, NoClock, Impact, "h = #{ reuses } · verified minutes / 60", "knowledge", Part{"reuse", Numerator})
	reuse.Evidence = Surveyed
	return []Measure{
		idea("idea-implementation-rate", 25, Share, Wilson, NoClock, Outcome, "i = #implemented / #selected", "idea", Part{"implemented", Numerator}, Part{"selected", Denominator}),
		idea("idea-conversion", 25, Share, Wilson, NoClock, Outcome, "c = #implemented / #submitted", "idea", Part{"implemented", Numerator}, Part{"submitted", Denominator}),
		idea("innovation-cycle-time", 25, Seconds, Brookmeyer, Calendar, Output, "median(implemented − submitted)", "idea", Part{"implemented", Numerator}, Part{"open", Denominator}),
		idea("idea-response-rate", 25, Share, Wilson, NoClock, Output, "r = #{ ideas with a reasoned answer } / #{ ideas }", "idea", Part{"answered", Numerator}, Part{"unanswered", Denominator}),
		idea("benefit-per-idea", 25, Money, Student, NoClock, Impact, "b = Σ benefit / #implemented", "idea", Part{"implemented", Denominator}),
		InsightRate(), InsightTime(),
		idea("duplication-rate", 26, Share, Wilson, NoClock, Output, "d = #{ new items merged as duplicates } / #{ new items }", "knowledge", Part{"duplicate", Numerator}, Part{"distinct", Denominator}),
		reuse,
	}
}
