package kpi

import (
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/measure/stat"
)

// ShareOfVoice is the share of the filter's topic among the mentions of all topics. Which topics are brands is nowhere stated, so all that
// are tracked count; without a topic in the filter there is no number.
func ShareOfVoice() Measure {
	return Measure{
		ID: "share-of-voice", Section: Reputation, Entry: 15, Unit: Share, Better: Higher, Days: 30, Clock: NoClock, MinN: 30, Interval: Wilson, Evidence: Measured, Stage: Outtake,
		Dims: ofPosts(), Of: OfPosts, From: []string{ledger.PostSaid},
		Parts:   []Part{{"ours", Numerator}, {"other_topics", Denominator}, {"no_topic", LeftOut}},
		Formula: "v = #{ mentions of our topic } / #{ mentions of all topics }",
		Source:  func(a Ask) Source { return a.voices() },
		Estimate: func(facts []Fact) Estimated {
			ours, others := count(facts, "ours"), count(facts, "other_topics")
			if count(facts, "no_topic") > 0 {
				return Estimated{Why: "choose_topic"}
			}
			return Estimated{Value: stat.Share(ours, ours+others).AtLeast(30)}
		},
	}
}

// voices is the mentions of all topics; a post with two of them counts twice.
func (a Ask) voices() Source {
	topic := a.Filter.Topic
	a.Filter.Topic = ""
	s := a.said("")
	s.Table, s.Tie = "post p JOIN mention m ON m.post = p.id", "m.topic"
	s.Part = "'no_topic'"
	if topic != "" {
		s.Part = "CASE WHEN m.topic = " + s.Where.Arg(topic) + " THEN 'ours' ELSE 'other_topics' END"
	}
	return s
}

// ShareOfVoiceByReach waits for the reach of posts.
func ShareOfVoiceByReach() Measure {
	return pending(Measure{
		ID: "share-of-voice-reach", Section: Reputation, Entry: 15, Unit: Share, Better: Higher, Days: 30, Clock: NoClock, MinN: 30, Interval: RatioDelta, Evidence: Modelled, Stage: Outtake,
		Parts:   []Part{{"ours", Numerator}, {"other_topics", Denominator}},
		Formula: "v = Σ reach(ours) / Σ reach(all)",
	}, "reach")
}
