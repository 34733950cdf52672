package business

import (
	"context"
	"fmt"
	"slices"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
)

// Follower derives the facts that count now.
func Follower() ledger.Follower {
	return ledger.Follower{Name: "business", Version: 1, Tables: []string{"business_fact", "business_withdrawn"}, Apply: apply}
}

// book is a fact as a batch finds and leaves it.
type book struct {
	now           Fact
	fact, back    bool // stands in business_fact, in business_withdrawn
	known, change bool
}

func apply(ctx context.Context, q db.Q, list []ledger.Activity) error {
	var facts []Fact
	for i := range list {
		f, ok, err := stated(&list[i])
		if err != nil {
			return err
		}
		if ok {
			facts = append(facts, f)
		}
	}
	if len(facts) == 0 {
		return nil
	}
	books, err := open(ctx, q, facts)
	if err != nil {
		return err
	}
	for i := range facts {
		f := &facts[i]
		b := books[f.ID]
		if !b.known || f.after(&b.now) {
			b.now, b.known, b.change = *f, true, true
		}
	}
	return closeBooks(ctx, q, books)
}

// open reads how far the facts of a batch were stated before it.
func open(ctx context.Context, q db.Q, facts []Fact) (map[string]*book, error) {
	books := make(map[string]*book, len(facts))
	ids := make([]string, 0, len(facts))
	for i := range facts {
		if books[facts[i].ID] == nil {
			books[facts[i].ID] = &book{}
			ids = append(ids, facts[i].ID)
		}
	}
	stamp := func(f *Fact) []any { return []any{&f.ID, &f.Version, db.At(&f.StatedAt)} }
	for _, table := range []string{"business_fact", "business_withdrawn"} {
		rows, err := db.All(ctx, q, stamp, "SELECT id, version, stated_at FROM "+table+" WHERE id IN "+db.Among(q, "$1"), db.Texts(ids))
		if err != nil {
			return nil, fmt.Errorf("find facts: %w", err)
		}
		for i := range rows {
			b := books[rows[i].ID]
			b.now, b.known = rows[i], true
			b.fact, b.back = table == "business_fact", table == "business_withdrawn"
		}
	}
	return books, nil
}

func closeBooks(ctx context.Context, q db.Q, books map[string]*book) error {
	ids := make([]string, 0, len(books))
	for id, b := range books {
		if b.change {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	var facts, back [][]any
	var noFact, noBack []string
	for _, id := range ids {
		b := books[id]
		if b.now.Withdrawn {
			back = append(back, b.now.withdrawnRow())
			if b.fact {
				noFact = append(noFact, id)
			}
			continue
		}
		facts = append(facts, b.now.row())
		if b.back {
			noBack = append(noBack, id)
		}
	}
	if err := db.Insert(ctx, q, "business_fact ("+factColumns+")", facts, `ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, at = excluded.at, until = excluded.until,
		quantity = excluded.quantity, amount = excluded.amount, before = excluded.before, currency = excluded.currency, person = excluded.person,
		organisation = excluded.organisation, channel = excluded.channel, team = excluded.team, partner = excluded.partner, campaign = excluded.campaign,
		community = excluded.community, source = excluded.source, status = excluded.status, label = excluded.label, ref = excluded.ref,
		activity = excluded.activity, origin = excluded.origin, external = excluded.external, version = excluded.version, stated_at = excluded.stated_at,
		topic = excluded.topic, language = excluded.language, matter = excluded.matter`); err != nil {
		return fmt.Errorf("note facts: %w", err)
	}
	if err := db.Insert(ctx, q, "business_withdrawn ("+withdrawnColumns+")", back, `ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, at = excluded.at,
		activity = excluded.activity, origin = excluded.origin, external = excluded.external, version = excluded.version, stated_at = excluded.stated_at`); err != nil {
		return fmt.Errorf("note withdrawn facts: %w", err)
	}
	for _, gone := range []struct {
		table string
		ids   []string
	}{{"business_fact", noFact}, {"business_withdrawn", noBack}} {
		if len(gone.ids) == 0 {
			continue
		}
		if _, err := db.Exec(ctx, q, "DELETE FROM "+gone.table+" WHERE id IN "+db.Among(q, "$1"), db.Texts(gone.ids)); err != nil {
			return fmt.Errorf("note what counts no more: %w", err)
		}
	}
	return nil
}
