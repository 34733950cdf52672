package kpi

import "github.com/entente/entente/internal/ledger"

// What measures that people put together use of this package; see package own.

// Own is the section of those, Facts their unit when they count business facts.
const (
	Own   Section = "own"
	Facts Unit    = "facts"
)

// The intervals of theirs that no measure of the catalogue has.
const (
	Compound Interval = "compound" // of a sum: as many come as by chance, each of its own size
	Ordered  Interval = "ordered"  // of a quantile: between order statistics
)

// Said is the posts of others said between the cuts.
func Said(a Ask, part string) Source { return a.said(part) }

// Opened is the conversations opened between the cuts.
func Opened(a Ask) Source { return a.opened() }

// Wait estimates from waits of which some go on.
func Wait(facts []Fact, least int) Estimated { return wait(facts, least) }

// Stated is the business facts of a kind between the cuts, with those of periods that reach into them where spread is asked for; each row counts once.
func Stated(a Ask, kind string, spread bool) Source {
	if spread {
		return a.statedAny("''", "", kind)
	}
	s := a.stated(kind, "''")
	s.N = ""
	return s
}

// OfFactsDims is what business facts of a kind can be narrowed by.
func OfFactsDims(kind string) []Dimension {
	out := ofFacts()
	k, _ := ledger.KindOfFact(kind)
	for _, d := range []struct {
		field string
		by    Dimension
	}{{"topic", ByTopic}, {"language", ByLanguage}, {"matter", ByKind}} {
		if k.Has(d.field) {
			out = append(out, d.by)
		}
	}
	return out
}

// OfPostsDims is what posts can be narrowed by.
func OfPostsDims() []Dimension { return ofPosts() }

// OfConversationsDims is what conversations can be narrowed by.
func OfConversationsDims() []Dimension { return ofConversations() }
