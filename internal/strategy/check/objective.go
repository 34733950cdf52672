package check

import (
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

const (
	fewestWords  = 3 // a verb, and an object of more than an article
	farAway      = 8 // years: a date further off than that is a placeholder
	leastHistory = 13
)

func specific(o Objective) []Finding {
	var out []Finding
	codes := slices.Sorted(maps.Keys(o.Name))
	var begins, unknown, twice, object, empty []Span
	checked := 0
	for _, code := range codes {
		text := o.Name[code]
		words := wordsOf(text)
		if len(words) == 0 || verbs()[code] == nil {
			continue
		}
		checked++
		if first := (Span{Lang: code, Start: words[0].start, End: words[0].end, Text: text[words[0].start:words[0].end], Advice: "begin"}); named(code, words[0].folded) {
			begins = append(begins, first)
		} else if !isVerb(code, words[0].folded) {
			unknown = append(unknown, first)
		}
		for i := 1; i+1 < len(words); i++ {
			if next := words[i+1]; slices.Contains(and()[code], words[i].folded) && isVerb(code, next.folded) && !slices.Contains(either(), next.folded) {
				twice = append(twice, Span{Lang: code, Start: words[i].start, End: next.end, Text: text[words[i].start:next.end], Advice: "split"})
			}
		}
		if len(words) < fewestWords && len(words) > 0 {
			object = append(object, Span{Lang: code, Start: 0, End: len(text), Text: text, Advice: "object"})
		}
		empty = append(empty, vagueIn(code, text)...)
	}
	say := func(rule string, spans []Span, bad Verdict) {
		f := Finding{Letter: Specific, Rule: rule, Verdict: Pass, Field: "name"}
		if checked == 0 {
			f.Verdict = Unsure
		} else if len(spans) > 0 {
			f.Verdict, f.Spans, f.Args = bad, spans, []any{"Words", quoted(spans), "Count", len(spans)}
		}
		out = append(out, f)
	}
	if len(begins) > 0 {
		say("verb", begins, Fail)
	} else {
		say("verb", unknown, Warn)
	}
	say("one", twice, Warn)
	say("object", object, Fail)
	say("vague", empty, Fail)

	scope := Finding{Letter: Specific, Rule: "scope", Verdict: Warn, Field: "stakeholders"}
	if o.Stakeholders > 0 || slices.ContainsFunc(o.Measures, func(m Measure) bool { return m.Narrowed }) {
		scope.Verdict = Pass
	}
	owner := Finding{Letter: Specific, Rule: "owner", Verdict: Fail, Field: "owner"}
	if o.Owner != "" {
		owner.Verdict = Pass
	}
	return append(out, scope, owner)
}

// quoted lists words once each.
func quoted(spans []Span) string {
	var list []string
	for _, s := range spans {
		if w := strings.ToLower(s.Text); !slices.Contains(list, w) {
			list = append(list, w)
		}
	}
	return strings.Join(list, ", ")
}

func measurable(o Objective) []Finding {
	one := func(rule string, lacks func(Measure) bool, bad Verdict) Finding {
		f := Finding{Letter: Measurable, Rule: rule, Verdict: Pass, Field: "measures"}
		var names []string
		for _, m := range o.Measures {
			if lacks(m) {
				names = append(names, m.Name)
			}
		}
		switch {
		case len(o.Measures) == 0:
			f.Verdict = Unsure
		case len(names) > 0:
			f.Verdict, f.Args = bad, []any{"Names", strings.Join(names, ", "), "Count", len(names)}
		}
		return f
	}
	some := Finding{Letter: Measurable, Rule: "measure", Verdict: Fail, Field: "measures"}
	if len(o.Measures) > 0 {
		some.Verdict, some.Args = Pass, []any{"Count", len(o.Measures)}
	}
	leading, lagging := false, false
	for _, m := range o.Measures {
		leading, lagging = leading || m.Leading, lagging || !m.Leading
	}
	both := Finding{Letter: Measurable, Rule: "leading", Verdict: Pass, Field: "measures"}
	switch {
	case len(o.Measures) == 0:
		both.Verdict = Unsure
	case !leading:
		both.Verdict = Warn
	case !lagging:
		both.Rule, both.Verdict = "lagging", Warn
	}
	honest := Finding{Letter: Measurable, Rule: "baseline_true", Verdict: Pass, Field: "measures"}
	if !slices.ContainsFunc(o.Measures, func(m Measure) bool { return m.Then != nil }) {
		honest.Verdict = Unsure
	}
	for _, m := range o.Measures {
		// A stated baseline outside of what was measured makes the way look longer or shorter than it is.
		if m.Then != nil && honest.Verdict != Warn && (m.Baseline < m.Then.Low || m.Baseline > m.Then.High) {
			honest.Verdict, honest.Measure = Warn, m.ID
			honest.Args = []any{"Name", m.Name, "Stated", m.Baseline, "Value", m.Then.Value, "Low", m.Then.Low, "High", m.Then.High}
		}
	}
	return []Finding{some, honest,
		one("unit", func(m Measure) bool { return m.Unit == "" || !m.Formula }, Fail),
		one("baseline", func(m Measure) bool { return m.BaselineAt.IsZero() || !finite(m.Baseline) }, Fail),
		one("target", func(m Measure) bool { return !m.Within && (!finite(m.Target) || m.Target == m.Baseline) }, Fail),
		one("data", func(m Measure) bool { return !m.Judged }, Warn),
		both}
}

func achievable(o Objective) []Finding {
	var out []Finding
	history := Finding{Letter: Achievable, Rule: "history", Verdict: Unsure, Field: "measures"}
	for _, m := range o.Measures {
		best, known := bestYear(m)
		years := o.Due.Sub(m.BaselineAt).Hours() / (365.25 * 24)
		if !known || m.Within || !finite(m.Target, m.Baseline) || o.Due.IsZero() || years <= 0 {
			continue
		}
		if history.Verdict == Unsure {
			history.Verdict = Pass
		}
		if history.Verdict == Warn {
			break
		}
		// What would have to change in a year; a shorter way must not be steeper either, so it is not stretched to one.
		wanted := math.Abs(m.Target-m.Baseline) / max(years, 1)
		if wanted > best+1e-12 {
			history.Verdict, history.Measure = Warn, m.ID
			history.Args = []any{"Name", m.Name, "Wanted", wanted, "Best", best} // in the measure's unit
		}
	}
	out = append(out, history)
	hours := Finding{Letter: Achievable, Rule: "hours", Verdict: Unsure, Field: "plan"}
	if o.Planned != nil {
		hours.Verdict, hours.Args = Pass, []any{"Needed", o.Planned.Needed, "Available", o.Planned.Available}
		if o.Planned.Needed > o.Planned.Available+1e-9 {
			hours.Verdict = Fail
		}
	} else if o.Withheld {
		hours.Rule, hours.Field = "hours_private", ""
	}
	return append(out, hours)
}

// bestYear is the largest change for the better over twelve months in the course of a measure, 0 when it only got worse. It is known from
// thirteen months on.
func bestYear(m Measure) (change float64, known bool) {
	for i := 12; i < len(m.Months); i++ {
		from, to := m.Months[i-12], m.Months[i]
		if !finite(from, to) {
			continue
		}
		known = true
		gain := to - from
		if m.Minimise {
			gain = -gain
		}
		change = max(change, gain)
	}
	return change, known && len(m.Months) >= leastHistory
}

func relevant(o Objective) []Finding {
	goal := Finding{Letter: Relevant, Rule: "goal", Verdict: Fail, Field: "goal"}
	switch {
	case o.Business && strings.TrimSpace(o.Goal) != "":
		goal.Verdict = Pass
	case o.Business: // its way up to one is the reason
		goal.Rule, goal.Verdict = "goal_above", Pass
	case strings.TrimSpace(o.Goal) != "":
		goal.Rule, goal.Verdict = "goal_kind", Warn
	}
	chain := Finding{Letter: Relevant, Rule: "outputs", Verdict: Unsure, Field: "measures"}
	if len(o.Measures) > 0 {
		chain.Verdict = Warn
		for _, m := range o.Measures {
			if late(m.Stage) {
				chain.Verdict = Pass
			}
		}
	}
	return []Finding{goal, chain}
}

// late reports whether a stage of the chain of communication is about what happens with others rather than what we put out.
func late(stage string) bool {
	switch strings.TrimSuffix(stage, "s") {
	case "outtake", "outcome", "impact":
		return true
	}
	return false
}

func timeBound(o Objective, now time.Time) []Finding {
	due := Finding{Letter: TimeBound, Rule: "due", Verdict: Fail, Field: "due"}
	if o.Due.IsZero() {
		return []Finding{due}
	}
	due.Verdict = Pass
	out := []Finding{due}
	real := Finding{Letter: TimeBound, Rule: "placeholder", Verdict: Pass, Field: "due", Args: []any{"Due", o.Due}}
	switch day := o.Due; {
	case day.Year() >= now.Year()+farAway:
		real.Verdict = Fail
	case day.Weekday() == time.Saturday || day.Weekday() == time.Sunday:
		real.Rule, real.Verdict = "weekend", Warn
	}
	past := Finding{Letter: TimeBound, Rule: "past", Verdict: Pass, Field: "due", Args: []any{"Due", o.Due}}
	if !o.Due.After(now) {
		past.Verdict = Fail
	}
	start := Finding{Letter: TimeBound, Rule: "start", Verdict: Pass, Field: "measures"}
	switch {
	case o.Start.IsZero():
		start.Verdict = Fail
	case !o.Start.Before(o.Due):
		start.Rule, start.Verdict = "order", Fail
	}
	checkpoints := Finding{Letter: TimeBound, Rule: "checkpoints", Verdict: Pass, Field: "plan", Args: []any{"Count", o.Checkpoints}}
	if o.Checkpoints == 0 && o.Due.Sub(now) > 90*24*time.Hour {
		checkpoints.Verdict = Warn
	}
	return append(out, real, past, start, checkpoints)
}

func finite(list ...float64) bool {
	for _, v := range list {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
	}
	return true
}
