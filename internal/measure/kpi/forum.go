package kpi

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/measure/stat"
)

// Whatever is said in a community of ours is a contribution: questions and answers, discussions, ideas, events and what is said of them, also where
// not everybody may read it; closed groups are in no table of posts. Of forums elsewhere questions, answers and comments are: plain posts, articles,
// mails and reviews are not a community's.
//
// contribution is whether post r is one.
const contribution = "(" + asked + " AND r.private = 0 OR " + inOurs + ") AND r.automatic = ''"

const (
	asked  = "r.kind IN ('question', 'answer', 'comment')" // as the index post_forum has it
	inOurs = "r.channel IN (SELECT k.channel FROM community k)"
)

// forum is what people said in forums between the cuts, those of ours too when ours is asked for.
func (a Ask) forum(part string, ours bool) Source {
	w := a.between(&db.Where{}, "p.at")
	// Each side is found by an index of its own, in its stretch of time: where little is a forum's, the rest is not looked at.
	within := " AND p.at >= " + w.Arg(db.T(a.From())) + " AND p.at < " + w.Arg(db.T(a.To()))
	w.And("(" + ofP(asked) + " AND p.private = 0" + within + " OR " + ofP(inOurs) + within + ")").And("p.automatic = ''")
	return a.inForum(w, part, ours)
}

func (a Ask) inForum(w *db.Where, part string, ours bool) Source {
	if !ours {
		w.And("p.ours = 0")
	}
	return Source{Table: "post p", ID: "p.id", At: "p.at", Part: part, Where: a.letThrough(w)}
}

// ofP is a condition on post r as one on post p.
func ofP(condition string) string { return strings.ReplaceAll(condition, "r.", "p.") }

// forumOf is what was said in forums of one of the kinds that are theirs.
func (a Ask) forumOf(kind, part string, ours bool) Source {
	w := a.between((&db.Where{}).And("p.kind = '"+kind+"'").And(ofP(asked)), "p.at")
	return a.inForum(w.And("(p.private = 0 OR "+ofP(inOurs)+")").And("p.automatic = ''"), part, ours)
}

// questions is the questions that members asked between the cuts.
func (a Ask) questions(part string) Source { return a.forumOf("question", part, false) }

const answeredBy = "SELECT %s FROM post r WHERE r.root = p.root AND r.id <> p.id AND r.author <> p.author AND r.automatic = '' AND r.kind IN ('answer', 'comment')"

// reply is the beginning of a subselect of what others said to question p.
func reply(what string) string { return strings.Replace(answeredBy, "%s", what, 1) }

func communityMeasure(id string, entry int, m Measure) Measure {
	m.ID, m.Section, m.Entry, m.Days, m.Evidence = id, Community, entry, 30, Measured
	m.Dims, m.Of, m.From = ofPosts(), OfPosts, []string{ledger.PostSaid, ledger.AnswerPicked}
	if m.Clock == "" {
		m.Clock = NoClock
	}
	return m
}

// AnswerRate is the share of questions that somebody else replied to.
func AnswerRate() Measure {
	return communityMeasure("answer-rate", 22, Measure{Unit: Share, Better: Higher, MinN: 20, Interval: Wilson, Stage: Output,
		Parts:   []Part{{"replied", Numerator}, {"unreplied", Denominator}},
		Formula: "a = #{ questions with ≥ 1 reply } / #{ questions }",
		Source: func(a Ask) Source {
			return a.questions("CASE WHEN EXISTS (" + reply("1") + ") THEN 'replied' ELSE 'unreplied' END")
		},
		Estimate: shares(20, "replied", "unreplied"),
	})
}

// SolveRate is the share of questions with an accepted answer.
func SolveRate() Measure {
	return communityMeasure("solve-rate", 22, Measure{Unit: Share, Better: Higher, MinN: 20, Interval: Wilson, Stage: Outcome,
		Parts:    []Part{{"solved", Numerator}, {"unsolved", Denominator}},
		Formula:  "s = #{ questions with an accepted answer } / #{ questions }",
		Source:   func(a Ask) Source { return a.questions("CASE WHEN p.accepted <> '' THEN 'solved' ELSE 'unsolved' END") },
		Estimate: shares(20, "solved", "unsolved"),
	})
}

// FirstReplyTime is how long questions wait for the first reply of anybody else.
func FirstReplyTime() Measure {
	return communityMeasure("first-reply-time", 22, Measure{Unit: Seconds, Better: Lower, Clock: Calendar, MinN: 10, Interval: Brookmeyer, Stage: Output, Moving: true,
		Parts:   []Part{{"replied", Numerator}, {"unreplied", Denominator}},
		Formula: "S(t) = ∏ (1 − dᵢ/nᵢ), tᵢ ≤ t;  median = min{ t : S(t) ≤ ½ },  t = first reply − asked",
		Source: func(a Ask) Source {
			s := a.questions("")
			first := "(" + reply("MIN(r.at)") + ")"
			end := "COALESCE(" + first + ", " + s.Where.Arg(db.T(a.Now)) + ")"
			s.Part = "CASE WHEN " + first + " IS NULL THEN 'unreplied' ELSE 'replied' END"
			s.For = "CASE WHEN " + end + " > p.at THEN " + end + " - p.at ELSE 0 END"
			s.Open = "CASE WHEN " + first + " IS NULL THEN 1 ELSE 0 END"
			return s
		},
		Estimate: func(facts []Fact) Estimated { return wait(facts, 10) },
	})
}

// StaffShare is the share of answers that are ours; in a community that helps itself it falls.
func StaffShare() Measure {
	return communityMeasure("staff-answer-share", 22, Measure{Unit: Share, Better: Lower, MinN: 20, Interval: Wilson, Stage: Output,
		Parts:   []Part{{"by_staff", Numerator}, {"by_members", Denominator}},
		Formula: "s = #{ answers of ours } / #{ answers }",
		Source: func(a Ask) Source {
			return a.forumOf("answer", "CASE WHEN p.ours = 1 THEN 'by_staff' ELSE 'by_members' END", true)
		},
		Estimate: shares(20, "by_staff", "by_members"),
	})
}

// orphanTime is how long a question may wait before it is an orphan.
const orphanTime = 7 * day

// OrphanRate is the share of questions that nobody replied to within 7 days.
func OrphanRate() Measure {
	return communityMeasure("orphan-rate", 22, Measure{Unit: Share, Better: Lower, MinN: 20, Interval: Wilson, Stage: Output, Moving: true, Ripens: orphanTime,
		Parts:   []Part{{"orphaned", Numerator}, {"replied", Denominator}, {"too_recent", LeftOut}},
		Formula: "o = #{ questions without reply after 7 d } / #{ questions }",
		Source: func(a Ask) Source {
			s := a.questions("")
			s.Part = "CASE WHEN p.at > " + s.Where.Arg(db.T(a.Now.Add(-orphanTime))) + " THEN 'too_recent' WHEN EXISTS (" + reply("1") + " AND r.at <= p.at + " + since(orphanTime) + ") THEN 'replied' ELSE 'orphaned' END"
			return s
		},
		Estimate: shares(20, "orphaned", "replied"),
	})
}

// contributions is what members said, by author.
func (a Ask) contributions() Source {
	s := a.forum("'said'", false)
	s.Key = "p.author"
	return s
}

// Stickiness is the part of days of the window on which a member active in it was active, on average: mean daily active members over those of
// the window. Active is who said something; who only reads is not seen.
func Stickiness() Measure {
	return communityMeasure("stickiness", 20, Measure{Unit: Ratio, Better: Higher, MinN: 30, Interval: Student, Stage: Outcome,
		Parts:   []Part{{"said", Denominator}},
		Formula: "s = mean(DAU) / MAU = Σᵢ daysᵢ / (D · MAU)",
		Source:  func(a Ask) Source { return a.contributions() },
		Within:  true,
		Between: func(from, to time.Time, facts []Fact) Estimated {
			days, n := map[string]map[int64]bool{}, 0
			for _, f := range facts {
				if f.At.Before(from) || f.N <= 0 {
					continue
				}
				n += f.N
				if days[f.Key] == nil {
					days[f.Key] = map[int64]bool{}
				}
				days[f.Key][number(f.At)] = true
			}
			e := Estimated{Counts: map[string]int{"said": n}}
			if len(days) == 0 {
				return e
			}
			zone := facts[0].At.Location()
			all := float64(number(to.Add(-time.Microsecond).In(zone)) - number(from.In(zone)) + 1)
			values := make([]float64, 0, len(days))
			for _, d := range days {
				values = append(values, float64(len(d))/all)
			}
			m := stat.MomentsOf(values...).Mean()
			m.Low, m.High = max(0, m.Low), min(1, m.High)
			e.Value = m.AtLeast(30)
			e.Terms = []Term{{ID: "daily_active", Unit: People, Value: stat.Exact(m.Value*float64(len(days)), len(days))}, {ID: "active", Unit: People, Value: stat.Exact(float64(len(days)), len(days))}}
			return e
		},
	})
}

// number counts the days that a calendar shows.
func number(t time.Time) int64 {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400
}

// activeWithin is how soon a new member says something.
const activeWithin = 7 * day

// Activation is the share of those who joined a community of ours in the window and said something there within 7 days.
func Activation() Measure {
	return Measure{
		ID: "activation-rate", Section: Community, Entry: 20, Unit: Share, Better: Higher, Days: 30, Clock: NoClock, MinN: 20, Interval: Wilson, Evidence: Measured, Stage: Outcome,
		Dims: []Dimension{ByChannel, ByCommunity}, Of: OfPeople, From: []string{ledger.PostSaid}, Moving: true,
		Parts:   []Part{{"activated", Numerator}, {"silent", Denominator}, {"too_recent", LeftOut}},
		Formula: "a = #{ new members with a first contribution ≤ 7 d } / #{ new members }",
		Source: func(a Ask) Source {
			w := a.between((&db.Where{}).And("x.space = ''").And("x.state = 'in'"), "x.at")
			if a.Filter.Channel != "" {
				w.And("k.channel = ?", a.Filter.Channel)
			}
			said := `SELECT 1 FROM post r WHERE r.author = 'mailto:' || m.email AND r.channel = k.channel AND r.automatic = '' AND r.at >= x.at AND r.at <= x.at + ` + since(activeWithin)
			return Source{Table: "community_membership x JOIN community k ON k.id = x.community JOIN member m ON m.id = x.member", ID: "x.member", At: "x.at", Tie: "x.community", Where: w,
				Part: "CASE WHEN x.at > " + w.Arg(db.T(a.Now.Add(-activeWithin))) + " THEN 'too_recent' WHEN EXISTS (" + said + ") THEN 'activated' ELSE 'silent' END"}
		},
		Estimate: shares(20, "activated", "silent"),
	}
}

// MemberRetention is the share of those who first said something in the window and said something again in that week after.
func MemberRetention(week int) Measure {
	id := map[int]string{4: "member-retention-w4", 12: "member-retention-w12"}[week]
	begin, end := time.Duration(week)*7*day, time.Duration(week+1)*7*day
	return communityMeasure(id, 20, Measure{Unit: Share, Better: Higher, MinN: 30, Interval: Wilson, Stage: Outcome, Moving: true, Ripens: end,
		Parts:   []Part{{"came_back", Numerator}, {"stayed_away", Denominator}, {"too_recent", LeftOut}},
		Formula: map[int]string{4: "r = #{ first in the window, again in days 28 to 34 } / #{ first in the window }", 12: "r = #{ first in the window, again in days 84 to 90 } / #{ first in the window }"}[week],
		Source: func(a Ask) Source {
			s := a.forum("", false)
			other := "SELECT 1 FROM post r WHERE r.author = p.author AND " + contribution + " AND r.ours = 0"
			s.Where.And("NOT EXISTS (" + other + " AND (r.at, r.id) < (p.at, p.id))")
			s.Part = "CASE WHEN p.at + " + since(end) + " > " + s.Where.Arg(db.T(a.Now)) + " THEN 'too_recent' WHEN EXISTS (" + other + " AND r.at >= p.at + " + since(begin) + " AND r.at < p.at + " + since(end) + ") THEN 'came_back' ELSE 'stayed_away' END"
			return s
		},
		Estimate: shares(30, "came_back", "stayed_away"),
	})
}

// often is how many contributions in the window make somebody one who contributes often: of 90-9-1 the one. The number is ours.
const often = 10

// ContributingShare is the part of those who are members of a community of ours at the end of the window, as far as they are still, that said
// something there in the window.
func ContributingShare() Measure {
	const said = "r.author = 'mailto:' || m.email AND r.channel = k.channel AND r.automatic = ''"
	const from = "community_membership x JOIN community k ON k.id = x.community JOIN member m ON m.id = x.member"
	members := func(a Ask) *db.Where {
		w := (&db.Where{}).And("x.space = ''").And("x.state = 'in'").And("x.at < ?", db.T(a.To()))
		if a.Filter.Channel != "" {
			w.And("k.channel = ?", a.Filter.Channel)
		}
		return w
	}
	return Measure{
		ID: "contributing-share", Section: Community, Entry: 21, Unit: Share, Better: Higher, Days: 30, Clock: NoClock, MinN: 100, Interval: Wilson, Evidence: Measured, Stage: Outcome,
		Dims: []Dimension{ByChannel, ByCommunity}, Of: OfPeople, From: []string{ledger.PostSaid}, Stock: true,
		Parts:   []Part{{"often", Numerator}, {"contributed", Numerator}, {"silent", Denominator}},
		Formula: "c = #{ members who contributed } / #{ members }",
		Source: func(a Ask) Source {
			w := members(a)
			wrote := "(SELECT COUNT(*) FROM post r WHERE " + said + " AND r.at >= " + w.Arg(db.T(a.From())) + " AND r.at < " + w.Arg(db.T(a.To())) + ")"
			return Source{Table: from, ID: "x.member", At: "x.at", Tie: "x.community", Where: w,
				Part: "CASE WHEN " + wrote + " >= " + strconv.Itoa(often) + " THEN 'often' WHEN " + wrote + " > 0 THEN 'contributed' ELSE 'silent' END"}
		},
		Facts: func(ctx context.Context, q db.Q, a Ask) ([]Fact, error) {
			w := members(a)
			list, err := Source{Table: from, At: "x.at", Part: "'joined'", Where: w}.read(ctx, q, a.Cuts)
			if err != nil {
				return nil, err
			}
			// From what was said to whoever said it, and not the other way: there are more members than posts in a window. Since when they are members is
			// the end of their fact, which is of no period.
			w = members(a)
			a.between(w, "r.at")
			w.And(said).And("m.email = SUBSTR(r.author, 8) AND m.id = x.member AND k.id = x.community") // 7 letters of "mailto:"
			wrote, err := db.All(ctx, q, func(f *Fact) []any { f.N = 1; return []any{db.At(&f.At), &f.Part, &f.Key, db.At(&f.Until)} },
				"SELECT r.at, 'wrote', x.member || ' ' || x.community, x.at FROM community k CROSS JOIN post r CROSS JOIN member m CROSS JOIN community_membership x "+w.String(), w.Args...)
			return append(list, wrote...), wrap(err)
		},
		Between: func(from, to time.Time, facts []Fact) Estimated {
			wrote, members := map[string]int{}, 0
			for _, f := range facts {
				switch {
				case f.Part == "joined":
					members += f.N
				case f.Part == "wrote" && !f.At.Before(from) && f.Until.Before(to):
					wrote[f.Key] += f.N
				}
			}
			some, much := 0, 0
			for _, n := range wrote {
				if n >= often {
					much++
				} else {
					some++
				}
			}
			return Estimated{Value: stat.Share(some+much, members).AtLeast(100), Counts: map[string]int{"often": much, "contributed": some, "silent": members - some - much}}
		},
	}
}

// ContributionGini is how unevenly what is said is spread over those who said something.
func ContributionGini() Measure {
	return communityMeasure("contribution-gini", 21, Measure{Unit: Ratio, Better: Lower, MinN: 30, Interval: Jackknife, Stage: Output,
		Parts:   []Part{{"said", Denominator}},
		Formula: "G = Σ (2i − n − 1)·xᵢ / (n · Σx),  x sorted",
		Source:  func(a Ask) Source { return a.contributions() },
		Estimate: func(facts []Fact) Estimated {
			_, x := byKey(facts)
			return Estimated{Value: stat.Gini(x).AtLeast(30)}
		},
	})
}

// TopContributors is the part of all that the most active one in a hundred of those who said something said.
func TopContributors() Measure {
	return communityMeasure("top-contributor-share", 21, Measure{Unit: Ratio, Better: Lower, MinN: 100, Interval: ExactNumber, Stage: Output,
		Parts:   []Part{{"said", Denominator}},
		Formula: "t = Σ x(top 1 %) / Σ x",
		Source:  func(a Ask) Source { return a.contributions() },
		Estimate: func(facts []Fact) Estimated {
			_, x := byKey(facts)
			return Estimated{Value: stat.TopShare(x, 0.01).AtLeast(100)}
		},
	})
}

// betweenEnds is what separates the two ends of a tie in a key.
const betweenEnds = " → "

// ties is who replied to whom, those of ours too.
func (a Ask) ties() Source {
	s := a.forum("'reply'", true)
	s.Table = "post p JOIN post q ON q.id = p.parent"
	s.Key = "p.author || '" + betweenEnds + "' || q.author"
	s.Where.And("p.author <> q.author")
	return s
}

func network(facts []Fact) stat.Network {
	keys, _ := byKey(facts)
	ties := make([]stat.Tie, len(keys))
	for i, k := range keys {
		ties[i].From, ties[i].To, _ = strings.Cut(k, betweenEnds)
	}
	return stat.NetworkOf(ties)
}

func networkMeasure(id string, m Measure, of func(stat.Network) stat.Estimate) Measure {
	m.Parts = []Part{{"reply", Denominator}}
	m.Source = func(a Ask) Source { return a.ties() }
	m.Estimate = func(facts []Fact) Estimated {
		n := network(facts)
		return Estimated{Value: of(n).AtLeast(m.MinN), Terms: []Term{{ID: "people_tied", Unit: People, Value: stat.Exact(float64(n.People()), n.People())}}}
	}
	return communityMeasure(id, 24, m)
}

// NetworkDensity is the part of pairs among those who replied or were replied to that are tied.
func NetworkDensity() Measure {
	return networkMeasure("network-density", Measure{Unit: Ratio, Better: Neither, MinN: 10, Interval: ExactNumber, Stage: Output, Formula: "d = 2E / (n(n − 1))"},
		stat.Network.Density)
}

// NetworkReciprocity is the share of tied pairs in which both replied to the other.
func NetworkReciprocity() Measure {
	return networkMeasure("network-reciprocity", Measure{Unit: Ratio, Better: Higher, MinN: 20, Interval: Wilson, Stage: Output, Formula: "r = #{ pairs tied both ways } / #{ pairs tied }"},
		stat.Network.Reciprocity)
}

// ConnectedShare is the share of them with three ties or more.
func ConnectedShare() Measure {
	return networkMeasure("connected-share", Measure{Unit: Ratio, Better: Higher, MinN: 20, Interval: Wilson, Stage: Outcome, Formula: "c = #{ i : degree(i) ≥ 3 } / n"},
		func(n stat.Network) stat.Estimate { return n.Connected(3) })
}

// BusFactor is the smallest number of people who gave half of the accepted answers.
func BusFactor() Measure {
	return communityMeasure("bus-factor", 24, Measure{Unit: People, Better: Higher, MinN: 20, Interval: ExactNumber, Stage: Output,
		Parts:   []Part{{"accepted", Denominator}},
		Formula: "b = min{ k : Σ x(top k) ≥ ½ Σ x }",
		Source: func(a Ask) Source {
			s := a.forum("'accepted'", true)
			s.Key = "p.author"
			s.Where.And("EXISTS (SELECT 1 FROM post q WHERE q.id = p.root AND q.accepted = p.external_id AND q.channel = p.channel)")
			return s
		},
		Estimate: func(facts []Fact) Estimated {
			_, x := byKey(facts)
			b := stat.BusFactor(x, 0.5)
			b.N = count(facts, "accepted")
			return Estimated{Value: b.AtLeast(20)}
		},
	})
}
