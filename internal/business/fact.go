package business

import (
	"context"
	"fmt"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/problem"
)

// Fact is a business fact as it counts now.
type Fact struct {
	ID, Kind                                                          string
	At                                                                time.Time
	Until                                                             time.Time // zero for a moment
	Quantity                                                          float64   // in the unit of the kind
	Amount, Before                                                    *int64    // minor units of Currency
	Currency                                                          string
	Person, Organisation, Channel, Team, Partner, Campaign, Community string
	Source, Status, Label, Ref                                        string
	Topic, Language, Matter                                           string
	Activity                                                          string // that states it now
	Origin, External                                                  string
	Version                                                           int64
	StatedAt                                                          time.Time
	Withdrawn                                                         bool
	Hidden                                                            bool // the amount is left out for whoever asked
}

const factColumns = "id, kind, at, until, quantity, amount, before, currency, person, organisation, channel, team, partner, campaign, community, source, status, label, ref, activity, origin, external, version, stated_at, topic, language, matter"

func factFields(f *Fact) []any {
	return []any{&f.ID, &f.Kind, db.At(&f.At), db.At(&f.Until), &f.Quantity, &f.Amount, &f.Before, &f.Currency, &f.Person, &f.Organisation, &f.Channel, &f.Team,
		&f.Partner, &f.Campaign, &f.Community, &f.Source, &f.Status, &f.Label, &f.Ref, &f.Activity, &f.Origin, &f.External, &f.Version, db.At(&f.StatedAt),
		&f.Topic, &f.Language, &f.Matter}
}

func (f *Fact) row() []any {
	return []any{f.ID, f.Kind, db.T(f.At), db.T(f.Until), f.Quantity, minor(f.Amount), minor(f.Before), f.Currency, f.Person, f.Organisation, f.Channel, f.Team,
		f.Partner, f.Campaign, f.Community, f.Source, f.Status, f.Label, f.Ref, f.Activity, f.Origin, f.External, f.Version, db.T(f.StatedAt),
		f.Topic, f.Language, f.Matter}
}

func minor(v *int64) any {
	if v == nil {
		return nil
	}
	return *v
}

const withdrawnColumns = "id, kind, at, activity, origin, external, version, stated_at"

func withdrawnFields(f *Fact) []any {
	f.Withdrawn = true
	return []any{&f.ID, &f.Kind, db.At(&f.At), &f.Activity, &f.Origin, &f.External, &f.Version, db.At(&f.StatedAt)}
}

func (f *Fact) withdrawnRow() []any {
	return []any{f.ID, f.Kind, db.T(f.At), f.Activity, f.Origin, f.External, f.Version, db.T(f.StatedAt)}
}

// Money reports whether the fact has an amount.
func (f *Fact) Money() bool { return f.Currency != "" && f.Amount != nil }

// stated reads what an activity states; ok is false when it states no business fact.
func stated(a *ledger.Activity) (f Fact, ok bool, err error) {
	switch a.Kind {
	case ledger.FactStated:
		var d ledger.Fact
		if err := a.Decode(&d); err != nil {
			return f, false, err
		}
		f = Fact{ID: a.Object, Kind: d.Kind, At: a.At, Until: d.Until, Quantity: d.Quantity, Before: d.Before, Currency: a.Currency, Person: d.Person,
			Organisation: d.Organisation, Channel: d.Channel, Team: d.Team, Partner: d.Partner, Campaign: d.Campaign, Community: d.Community, Source: d.Source,
			Status: d.Status, Label: d.Label, Ref: d.Ref, Topic: d.Topic, Language: d.Language, Matter: d.Matter, Activity: a.ID, Origin: d.Origin, External: d.External, Version: d.Version, StatedAt: d.StatedAt, Withdrawn: d.Void}
		if f.Currency != "" {
			f.Amount = &a.Amount
		}
		if f.StatedAt.IsZero() {
			f.StatedAt = a.LearnedAt
		}
		return f, true, nil
	case ledger.OrderPlaced:
		var d ledger.Order
		if err := a.Decode(&d); err != nil {
			return f, false, err
		}
		f = Fact{ID: ledger.OrderFact(a.ID), Kind: Order, At: a.At, Quantity: float64(d.Quantity), Amount: &a.Amount, Currency: a.Currency, Person: a.Actor,
			Channel: d.Through, Partner: d.Reseller, Label: d.Product, Ref: d.ExternalID, Activity: a.ID, Origin: Orders, External: d.ExternalID, StatedAt: a.LearnedAt}
		if d.Quantity == 0 {
			f.Quantity = 1
		}
		if f.Currency == "" {
			f.Amount = nil
		}
		return f, true, nil
	}
	return f, false, nil
}

// Where facts come from that no source names.
const (
	Orders = "orders" // tables and lists of orders
	Files  = "files"  // files whose import names no system
	API    = "api"    // calls that name no system
	Hand   = "hand"   // forms
)

// after reports whether f was stated after g, or is the same statement said later: what a source calls a higher version, then what it says later.
func (f *Fact) after(g *Fact) bool {
	if f.Version != g.Version {
		return f.Version > g.Version
	}
	return !f.StatedAt.Before(g.StatedAt)
}

// Find returns a fact, withdrawn or not.
func (s *Service) Find(ctx context.Context, fact string) (Fact, error) {
	f, err := find(ctx, s.db.Read(), fact)
	return f.shown(ctx), err
}

func find(ctx context.Context, q db.Q, fact string) (Fact, error) {
	f, found, err := db.One(ctx, q, factFields, "SELECT "+factColumns+" FROM business_fact WHERE id = $1", fact)
	if err == nil && !found {
		f, found, err = db.One(ctx, q, withdrawnFields, "SELECT "+withdrawnColumns+" FROM business_withdrawn WHERE id = $1", fact)
	}
	if err != nil {
		return f, fmt.Errorf("find a fact: %w", err)
	}
	if !found {
		return f, problem.New(problem.Missing, "problem.not_found")
	}
	return f, nil
}
