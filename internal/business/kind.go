package business

import "github.com/entente/entente/internal/ledger"

// The kinds of business facts.
const (
	Order         = ledger.FactOrder
	Revenue       = ledger.FactRevenue
	CustomerStart = ledger.FactCustomerStart
	CustomerEnd   = ledger.FactCustomerEnd
	Contact       = ledger.FactContact
	Hours         = ledger.FactHours
	Cost          = ledger.FactCost
	Applicant     = ledger.FactApplicant
	Purchase      = ledger.FactPurchase
	Lead          = ledger.FactLead
	Rating        = ledger.FactRating
	Visit         = ledger.FactVisit
	Survey        = ledger.FactSurvey
	Benefit       = ledger.FactBenefit
	Touch         = ledger.FactTouch
	Outcome       = ledger.FactOutcome
	Act           = ledger.FactAct
	Proposal      = ledger.FactProposal
	Comparison    = ledger.FactComparison
)

// FactKind is a kind of business fact: what its columns mean.
type FactKind = ledger.FactKind

// Kinds lists the kinds, in the order in which pages show them. Files are read by them too, so the list stands with the ledger.
func Kinds() []FactKind { return ledger.FactKinds() }

// Kind is the kind with this id.
func Kind(id string) (FactKind, bool) { return ledger.KindOfFact(id) }
