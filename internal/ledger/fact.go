package ledger

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/problem"
)

// FactStated is a statement about a business fact: Fact; object: the fact, whose id is FactID; at: when it counts, of a period its
// beginning; amount and currency: the money, none when there is no currency.
const FactStated = "fact.stated"

// Fact is what a source states about something that counts in the books. The last statement about a fact replaces those before.
type Fact struct {
	Kind         string    `json:"kind"`
	Origin       string    `json:"origin,omitempty"`   // the system that states it
	External     string    `json:"external,omitempty"` // what it is called there
	Until        time.Time `json:"until,omitzero"`     // the end of the period, exclusive; zero for a moment
	Quantity     float64   `json:"quantity"`           // in the unit of the kind
	Before       *int64    `json:"before,omitempty"`   // the price before, in minor units
	Person       string    `json:"person,omitempty"`
	Organisation string    `json:"organisation,omitempty"`
	Channel      string    `json:"channel,omitempty"`
	Team         string    `json:"team,omitempty"`
	Partner      string    `json:"partner,omitempty"`
	Campaign     string    `json:"campaign,omitempty"`
	Community    string    `json:"community,omitempty"`
	Source       string    `json:"source,omitempty"`   // where an applicant or a customer comes from
	Topic        string    `json:"topic,omitempty"`    // what it was about, by the name of one of ours
	Language     string    `json:"language,omitempty"` // ISO 639-1, in which people spoke
	Matter       string    `json:"matter,omitempty"`   // what kind of matter it was, one of Matters
	Status       string    `json:"status,omitempty"`
	Label        string    `json:"label,omitempty"`
	Ref          string    `json:"ref,omitempty"`      // what it belongs to
	Version      int64     `json:"version,omitempty"`  // of the statement; a higher one wins
	StatedAt     time.Time `json:"stated_at,omitzero"` // of statements of one version the later one wins; zero: when it was learned
	Void         bool      `json:"void,omitempty"`     // the fact is taken back
	Note         string    `json:"note,omitempty"`     // why it was corrected or taken back
	ByHand       bool      `json:"by_hand,omitempty"`  // a member said so: the source may repeat what it said before without undoing it
	Of           string    `json:"of,omitempty"`       // the activity that first stated it, where that is no statement but an order
}

// FactID is the id of the fact that a source calls external.
func FactID(kind, origin, external string) string {
	return id.From("fact\x00"+kind+"\x00"+origin, external)
}

// OrderFact is the id of the fact that an order is, which statements may correct.
func OrderFact(activity string) string { return id.From(activity, "fact") }

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
	FactOrder         = "order"
	FactRevenue       = "revenue"
	FactCustomerStart = "customer_start"
	FactCustomerEnd   = "customer_end"
	FactContact       = "contact"
	FactHours         = "hours"
	FactCost          = "cost"
	FactApplicant     = "applicant"
	FactPurchase      = "purchase"
	FactLead          = "lead"
	FactRating        = "rating"
	FactVisit         = "visit"
	FactSurvey        = "survey"
	FactBenefit       = "benefit"
	FactTouch         = "touch"
	FactOutcome       = "outcome"
	FactAct           = "act"
	FactProposal      = "proposal"
	FactComparison    = "comparison"
)

// The units of quantities.
const (
	UnitPieces   = "pieces"
	UnitPeople   = "people"
	UnitContacts = "contacts"
	UnitHours    = "hours"
	UnitPoints   = "points"
	UnitVisits   = "visits"
	UnitValue    = "value"
	UnitTimes    = "times"
)

// FactKind is a kind of business fact: what its columns mean.
type FactKind struct {
	ID       string
	Unit     string   // of the quantity
	Quantity Need     // May: 1 when nothing is said
	Least    float64  // the least quantity
	Most     float64  // the greatest quantity
	Sums     bool     // quantities may be added; those of ratings may not
	Amount   Need     // money
	Signed   bool     // the amount may be below zero
	Before   bool     // it may have a price before
	Period   Need     // Must: a period; May: a moment or a period; Never: a moment
	Status   Need     // Must: it has to be said; May: the first when nothing is said
	Statuses []string // the values of the status
	Label    Need     // Must: it has to be said
	Labels   []string // the values of the label; nil: any words
	Fields   []string // which of person, organisation, channel, team, partner, campaign, community, source, topic, language, matter, ref concern it
}

const most = 1e12

// FactKinds lists the kinds, in the order in which pages show them.
func FactKinds() []FactKind {
	return []FactKind{
		{ID: FactOrder, Unit: UnitPieces, Quantity: May, Least: -most, Most: most, Sums: true, Amount: Must, Signed: true, Label: May,
			Fields: []string{"person", "organisation", "channel", "partner", "campaign", "community", "source", "ref"}},
		{ID: FactRevenue, Unit: UnitPieces, Quantity: May, Most: most, Sums: true, Amount: Must, Signed: true, Period: Must,
			Status: May, Statuses: []string{"base", "new", "expansion", "contraction", "churn"}, Label: May,
			Fields: []string{"person", "organisation", "channel", "partner", "campaign", "community", "ref"}},
		{ID: FactCustomerStart, Unit: UnitPeople, Quantity: May, Most: most, Sums: true, Label: May,
			Fields: []string{"person", "organisation", "channel", "partner", "campaign", "community", "source", "ref"}},
		{ID: FactCustomerEnd, Unit: UnitPeople, Quantity: May, Most: most, Sums: true, Label: May,
			Fields: []string{"person", "organisation", "channel", "partner", "campaign", "community", "source", "ref"}},
		{ID: FactContact, Unit: UnitContacts, Quantity: May, Most: most, Sums: true, Period: May, Status: May, Statuses: []string{"assisted", "self_service"}, Label: May,
			Fields: []string{"person", "organisation", "channel", "team", "community", "topic", "language", "matter", "ref"}},
		{ID: FactHours, Unit: UnitHours, Quantity: Must, Most: most, Sums: true, Period: May, Label: May,
			Fields: []string{"person", "team", "channel", "campaign", "community", "ref"}},
		{ID: FactCost, Unit: UnitPieces, Quantity: May, Most: most, Amount: Must, Signed: true, Period: May,
			Label: Must, Labels: []string{"platform", "moderation", "content", "acquisition", "licences", "support", "other"},
			Fields: []string{"organisation", "channel", "team", "partner", "campaign", "community", "ref"}},
		{ID: FactApplicant, Unit: UnitPeople, Quantity: May, Most: most, Sums: true, Status: May, Statuses: []string{"applied", "passed", "interviewed", "offered", "accepted"}, Label: May,
			Fields: []string{"person", "channel", "team", "campaign", "community", "source", "ref"}},
		{ID: FactPurchase, Unit: UnitPieces, Quantity: Must, Most: most, Sums: true, Amount: Must, Before: true, Label: May,
			Fields: []string{"organisation", "team", "partner", "ref"}},
		{ID: FactLead, Unit: UnitPeople, Quantity: May, Most: most, Sums: true, Amount: May, Status: May, Statuses: []string{"open", "won", "lost"}, Label: May,
			Fields: []string{"person", "organisation", "channel", "team", "partner", "campaign", "community", "source", "topic", "language", "ref"}},
		{ID: FactRating, Unit: UnitPoints, Quantity: Must, Most: 10, Label: Must, Labels: []string{"csat", "nps", "ces", "enps"},
			Fields: []string{"person", "organisation", "channel", "team", "partner", "community", "topic", "language", "matter", "ref"}},
		{ID: FactVisit, Unit: UnitVisits, Quantity: Must, Most: most, Sums: true, Period: Must, Label: Must, Labels: []string{"visits", "sessions", "views", "impressions", "reach", "followers", "mentions_reach"},
			Fields: []string{"channel", "campaign", "community", "source", "topic", "language", "ref"}},
		{ID: FactSurvey, Unit: UnitValue, Quantity: Must, Least: -most, Most: most, Period: May, Label: Must,
			Fields: []string{"channel", "team", "partner", "community", "topic", "language", "ref"}},
		{ID: FactBenefit, Unit: UnitPieces, Quantity: May, Most: most, Amount: Must, Signed: true, Period: May, Label: Must, Labels: []string{"measured", "holdout", "modelled", "assumed"},
			Fields: []string{"organisation", "team", "partner", "campaign", "community", "ref"}},
		{ID: FactTouch, Unit: UnitTimes, Quantity: May, Most: most, Sums: true, Label: May,
			Fields: []string{"person", "organisation", "channel", "partner", "campaign", "community", "source", "topic", "language", "ref"}},
		{ID: FactOutcome, Unit: UnitTimes, Quantity: May, Most: most, Sums: true, Amount: May, Status: May, Statuses: []string{"open", "met", "missed"},
			Label: Must, Labels: []string{"bid", "capability", "exit", "hire", "participation", "knowledge"},
			Fields: []string{"person", "organisation", "channel", "team", "partner", "campaign", "community", "source", "topic", "language", "ref"}},
		{ID: FactAct, Unit: UnitPoints, Quantity: May, Most: most, Sums: true, Label: Must, Labels: []string{"enablement", "revenue", "activity", "experience"},
			Fields: []string{"person", "organisation", "team", "partner", "campaign", "community", "ref"}},
		{ID: FactProposal, Unit: UnitPieces, Quantity: Must, Most: most, Sums: true, Amount: Must, Before: true, Label: May,
			Fields: []string{"organisation", "team", "partner", "ref"}},
		{ID: FactComparison, Unit: UnitPieces, Quantity: May, Most: most, Sums: true, Amount: Must, Signed: true, Period: May,
			Status: Must, Statuses: []string{"members_before", "members_after", "others_before", "others_after", "members_earlier", "others_earlier"}, Label: May,
			Fields: []string{"person", "organisation", "team", "campaign", "community", "ref"}},
	}
}

// Matters are the kinds of matters, by the names that kinds of posts have.
func Matters() []string {
	return []string{"complaint", "praise", "suggestion", "question", "lead", "job"}
}

// KindOfFact is the kind with this id.
func KindOfFact(kind string) (FactKind, bool) {
	list := FactKinds()
	if i := slices.IndexFunc(list, func(k FactKind) bool { return k.ID == kind }); i >= 0 {
		return list[i], true
	}
	return FactKind{}, false
}

// Has reports whether a field concerns the kind.
func (k *FactKind) Has(field string) bool { return slices.Contains(k.Fields, field) }

// Text is the field of that name, one of FactKind.Fields.
func (f *Fact) Text(field string) *string {
	switch field {
	case "person":
		return &f.Person
	case "organisation":
		return &f.Organisation
	case "channel":
		return &f.Channel
	case "team":
		return &f.Team
	case "partner":
		return &f.Partner
	case "campaign":
		return &f.Campaign
	case "community":
		return &f.Community
	case "source":
		return &f.Source
	case "topic":
		return &f.Topic
	case "language":
		return &f.Language
	case "matter":
		return &f.Matter
	}
	return &f.Ref
}

func unreadable(r rune) bool { return r < ' ' || r == utf8.RuneError }

// What a statement may have at most.
const (
	maxFactText = 300           // bytes of a field
	maxAmount   = 1_000_000_000 // of the greatest unit; in minor units with two figures 10^11
	longest     = 11 * 366 * 24 * time.Hour
)

// Check says, as a *problem.Problem on a field, why a fact cannot be stated so; nil when it can. It fills in what the kind says when
// nothing is said.
func (f *Fact) Check(at time.Time, amount int64, currency string) error {
	k, found := KindOfFact(f.Kind)
	if !found {
		return problem.New(problem.Invalid, "ledger.fact.kind", "Value", f.Kind).On("kind")
	}
	return k.Check(f, at, amount, currency)
}

// Check is Fact.Check for a fact of this kind.
func (k *FactKind) Check(f *Fact, at time.Time, amount int64, currency string) error {
	wrong := func(field, key string, args ...any) error {
		return problem.New(problem.Invalid, "ledger.fact."+key, args...).On(field)
	}
	if f.Void {
		return nil
	}
	switch {
	case math.IsNaN(f.Quantity) || math.IsInf(f.Quantity, 0) || f.Quantity < k.Least || f.Quantity > k.Most:
		return wrong("quantity", "quantity", "Least", k.Least, "Most", k.Most)
	case k.Amount == Must && currency == "":
		return wrong("amount", "no_amount")
	case k.Amount == Never && currency != "":
		return wrong("amount", "amount")
	case currency != "" && (len(currency) != 3 || strings.Trim(currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != ""):
		return wrong("currency", "currency", "Value", currency)
	case amount < 0 && !k.Signed:
		return wrong("amount", "negative")
	case amount > maxAmount*1000 || amount < -maxAmount*1000:
		return wrong("amount", "too_much")
	case f.Before != nil && (!k.Before || currency == "" || *f.Before < 0 || *f.Before > maxAmount*1000):
		return wrong("before", "before")
	case k.Period == Never && !f.Until.IsZero():
		return wrong("until", "no_period")
	case k.Period == Must && f.Until.IsZero():
		return wrong("until", "period")
	case !f.Until.IsZero() && !f.Until.After(at):
		return wrong("until", "backwards")
	case !f.Until.IsZero() && f.Until.Sub(at) > longest:
		return wrong("until", "too_long")
	case f.Version < 0:
		return wrong("version", "version")
	}
	if k.Status == May && f.Status == "" {
		f.Status = k.Statuses[0]
	}
	if k.Status == Never && f.Status != "" || k.Status != Never && !slices.Contains(k.Statuses, f.Status) {
		return wrong("status", "status", "Value", f.Status, "Known", strings.Join(k.Statuses, ", "))
	}
	switch {
	case k.Label == Must && f.Label == "":
		return wrong("label", "no_label", "Known", strings.Join(k.Labels, ", "))
	case f.Label != "" && k.Labels != nil && !slices.Contains(k.Labels, f.Label):
		return wrong("label", "label", "Value", f.Label, "Known", strings.Join(k.Labels, ", "))
	case k.ID == FactRating && f.Label == "csat" && (f.Quantity < 1 || f.Quantity > 5):
		return wrong("quantity", "quantity", "Least", 1, "Most", 5)
	case k.ID == FactRating && f.Label == "ces" && (f.Quantity < 1 || f.Quantity > 7):
		return wrong("quantity", "quantity", "Least", 1, "Most", 7)
	}
	if f.Language = strings.ToLower(f.Language); f.Language != "" && (len(f.Language) != 2 || strings.Trim(f.Language, "abcdefghijklmnopqrstuvwxyz") != "") {
		return wrong("language", "language", "Value", f.Language)
	}
	if f.Matter != "" && k.Has("matter") && !slices.Contains(Matters(), f.Matter) {
		return wrong("matter", "label", "Value", f.Matter, "Known", strings.Join(Matters(), ", "))
	}
	if n, err := strconv.Atoi(f.Ref); k.ID == FactSurvey && f.Ref != "" && (err != nil || n < 1) { // measures read it
		return wrong("ref", "answers", "Value", f.Ref)
	}
	for _, t := range []struct{ field, text string }{{"person", f.Person}, {"organisation", f.Organisation}, {"channel", f.Channel}, {"team", f.Team}, {"partner", f.Partner},
		{"campaign", f.Campaign}, {"community", f.Community}, {"source", f.Source}, {"ref", f.Ref}, {"topic", f.Topic}, {"language", f.Language}, {"matter", f.Matter}, {"label", f.Label}, {"origin", f.Origin}, {"external", f.External}, {"note", f.Note}} {
		if strings.ContainsFunc(t.text, unreadable) {
			return wrong(t.field, "unreadable")
		}
		if len(t.text) > maxFactText {
			return wrong(t.field, "long", "Max", maxFactText)
		}
		if t.text != "" && t.field != "label" && t.field != "origin" && t.field != "external" && t.field != "note" && !k.Has(t.field) {
			return wrong(t.field, "field", "Value", t.text)
		}
	}
	return nil
}
