package business

import "slices"

// Need says whether a kind of fact has something.
type Need byte

// The needs.
const (
	Never Need = iota
	May
	Must
)

// The kinds of business facts.
const (
	Order         = "order"
	Revenue       = "revenue"
	CustomerStart = "customer_start"
	CustomerEnd   = "customer_end"
	Contact       = "contact"
	Hours         = "hours"
	Cost          = "cost"
	Applicant     = "applicant"
	Purchase      = "purchase"
	Lead          = "lead"
	Rating        = "rating"
	Visit         = "visit"
	Survey        = "survey"
	Benefit       = "benefit"
)

// The units of quantities.
const (
	Pieces = "pieces"
	Heads  = "people"
	Acts   = "contacts"
	Time   = "hours"
	Points = "points"
	Counts = "visits"
	Shares = "share"
)

// FactKind is a kind of business fact: what its columns mean.
type FactKind struct {
	ID       string
	Unit     string   // of the quantity
	Quantity Need     // Never: it counts 1; May: 1 when nothing is said
	Amount   Need     // money in minor units of the currency
	Before   Need     // the price before
	Period   Need     // from at until until; May: a moment or a period; Must: a moment is taken as its month
	Statuses []string // the values of status; empty: it has none. The first counts when nothing is said, unless Stated
	Stated   bool     // a status must be said
	Labels   []string // the values of label; empty: any words
	Labelled Need     // whether it has a label
	Signed   bool     // its amount may be below zero
	Least    float64  // the least quantity
	Most     float64  // the greatest quantity; 0: none
	Fields   []string // which of person, organisation, channel, team, partner, campaign, community, source, ref concern it
}

// Kinds lists the kinds, in the order in which pages show them.
func Kinds() []FactKind {
	return []FactKind{
		{ID: Order, Unit: Pieces, Quantity: May, Amount: Must, Signed: true, Least: -1e6, Most: 1e6, Labelled: May,
			Fields: []string{"person", "organisation", "channel", "partner", "campaign", "community", "source", "ref"}},
		{ID: Revenue, Unit: Pieces, Quantity: May, Amount: Must, Signed: true, Period: Must, Statuses: []string{"new", "expansion", "contraction", "churn", "base"}, Stated: true, Labelled: May,
			Fields: []string{"person", "organisation", "channel", "partner", "campaign", "community", "ref"}},
		{ID: CustomerStart, Unit: Heads, Quantity: May, Labelled: May,
			Fields: []string{"person", "organisation", "channel", "partner", "campaign", "community", "source", "ref"}},
		{ID: CustomerEnd, Unit: Heads, Quantity: May, Labelled: May,
			Fields: []string{"person", "organisation", "channel", "partner", "campaign", "community", "source", "ref"}},
		{ID: Contact, Unit: Acts, Quantity: May, Period: May, Statuses: []string{"assisted", "self_service"}, Labelled: May,
			Fields: []string{"person", "organisation", "channel", "team", "community", "ref"}},
		{ID: Hours, Unit: Time, Quantity: Must, Period: May, Labelled: May,
			Fields: []string{"person", "team", "channel", "campaign", "community", "ref"}},
		{ID: Cost, Unit: Pieces, Quantity: May, Amount: Must, Signed: true, Period: May, Labelled: Must, Labels: []string{"platform", "moderation", "content", "acquisition", "licences", "other"},
			Fields: []string{"organisation", "channel", "team", "partner", "campaign", "community", "ref"}},
		{ID: Applicant, Unit: Heads, Quantity: May, Statuses: []string{"applied", "passed", "interviewed", "offered", "accepted"}, Labelled: May,
			Fields: []string{"person", "channel", "team", "campaign", "community", "source", "ref"}},
		{ID: Purchase, Unit: Pieces, Quantity: Must, Amount: Must, Before: May, Labelled: May,
			Fields: []string{"organisation", "team", "partner", "ref"}},
		{ID: Lead, Unit: Heads, Quantity: May, Amount: May, Statuses: []string{"open", "won", "lost"}, Labelled: May,
			Fields: []string{"person", "organisation", "channel", "team", "partner", "campaign", "community", "source", "ref"}},
		{ID: Rating, Unit: Points, Quantity: Must, Least: 0, Most: 10, Labelled: Must, Labels: []string{"csat", "nps", "ces"},
			Fields: []string{"person", "organisation", "channel", "team", "partner", "community", "ref"}},
		{ID: Visit, Unit: Counts, Quantity: Must, Period: Must, Labelled: Must, Labels: []string{"visits", "reach", "impressions", "followers", "views", "sessions"},
			Fields: []string{"channel", "campaign", "community", "source", "ref"}},
		{ID: Survey, Unit: Shares, Quantity: Must, Least: -1e9, Period: May, Labelled: Must,
			Fields: []string{"channel", "team", "partner", "community", "ref"}},
		{ID: Benefit, Unit: Pieces, Quantity: May, Amount: Must, Period: May, Signed: true, Labelled: Must, Labels: []string{"measured", "holdout", "modelled", "assumed"},
			Fields: []string{"organisation", "team", "partner", "campaign", "community", "ref"}},
	}
}

// Kind is the kind with this id.
func Kind(id string) (FactKind, bool) {
	list := Kinds()
	if i := slices.IndexFunc(list, func(k FactKind) bool { return k.ID == id }); i >= 0 {
		return list[i], true
	}
	return FactKind{}, false
}
