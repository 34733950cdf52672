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

// ShareOfVoiceByReach is the share of the filter's topic in how many people what is said of all topics reached, as somebody states it.
func ShareOfVoiceByReach() Measure {
	return Measure{
		ID: "share-of-voice-reach", Section: Reputation, Entry: 15, Unit: Share, Better: Higher, Days: 30, Clock: NoClock, Interval: ExactNumber, Evidence: Modelled, Stage: Outtake,
		Dims: []Dimension{ByTopic, ByChannel, ByLanguage, ByCommunity, ByCampaign}, Of: OfFacts, From: stating(), Needs: needs("visit/mentions_reach"), Spread: true,
		Parts:   []Part{{"ours", Numerator}, {"other_topics", Denominator}, {"no_topic", LeftOut}},
		Formula: "v = Σ reach(ours) / Σ reach(all)",
		Source: func(a Ask) Source {
			topic := a.Filter.Topic
			a.Filter.Topic = ""
			s := a.statedAny("'no_topic'", "f.quantity", "visit")
			s.Where.And("f.label = 'mentions_reach'").And("f.topic <> ''")
			if topic != "" {
				s.Part = "CASE WHEN f.topic " + named(s.Where.Arg(topic)) + " THEN 'ours' ELSE 'other_topics' END"
			}
			return s
		},
		Estimate: func(facts []Fact) Estimated {
			ours, others := sum(facts, "ours"), sum(facts, "other_topics")
			switch {
			case count(facts, "no_topic") > 0:
				return Estimated{Why: "choose_topic"}
			case ours.Sum+others.Sum <= 0:
				return Estimated{}
			}
			return Estimated{Value: stat.Exact(ours.Sum/(ours.Sum+others.Sum), ours.N+others.N)}
		},
	}
}
