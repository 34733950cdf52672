package app

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/lead"
	"github.com/entente/entente/internal/org"
)

// demoLeads hands some conversations of the sample to whoever sells, and says what came of two.
func (a *App) demoLeads(ctx context.Context) error {
	members, err := a.Org.Members(ctx)
	if err != nil {
		return err
	}
	who := map[string]*org.Member{}
	for _, m := range members {
		who[strings.SplitN(m.Email, ".", 2)[0]] = m
	}
	social, seller := who["ines"], who["karim"]
	if social == nil || seller == nil {
		return nil
	}
	if err := a.demoAmbassadors(ctx, members, social); err != nil {
		return err
	}
	ids, err := db.All(ctx, a.DB.Read(), db.Self[string], "SELECT id FROM conversation WHERE author LIKE 'mailto:%' ORDER BY opened_at DESC, id DESC LIMIT 40")
	if err != nil || len(ids) < 40 {
		return err
	}
	for n, l := range []lead.Lead{
		{Name: "Douze vélos cargo pour une coopérative de livraison", Amount: 5_400_000, Note: "Veut essayer avant l’été, à Rennes."},
		{Name: "Flotte de quatre Callune pour une mairie", Amount: 1_560_000},
		{Name: "Fleet of eight for a campsite", Amount: 2_300_000},
		{Name: "Deux vélos d’occasion pour un loueur"},
	} {
		l.Conversation, l.Owner, l.Currency, l.DueAt = ids[n*9], seller.ID, "EUR", a.Clock().AddDate(0, 0, 3+4*n)
		l, err := a.Lead.Hand(org.AsOperator(org.With(ctx, social)), l)
		if err != nil {
			return fmt.Errorf("hand %q: %w", l.Name, err)
		}
		switch n {
		case 1:
			_, err = a.Lead.Decide(org.AsOperator(org.With(ctx, seller)), l.ID, time.Time{}, lead.Won, 1_490_000, "EUR", "Essai à l’atelier de Nantes, signé la semaine suivante.")
		case 3:
			_, err = a.Lead.Decide(org.AsOperator(org.With(ctx, seller)), l.ID, time.Time{}, lead.Lost, 0, "", "Cherchait moins cher que nos reconditionnés.")
		}
		if err != nil {
			return fmt.Errorf("decide %q: %w", l.Name, err)
		}
	}
	return nil
}

// demoAmbassadors lets members of communities agree to be asked, and asks two who know.
func (a *App) demoAmbassadors(ctx context.Context, members []*org.Member, social *org.Member) error {
	for _, m := range members {
		if m.Role == org.Plain && m.State == org.Active {
			if err := a.Community.SetWilling(org.AsOperator(org.With(ctx, m)), true); err != nil {
				return err
			}
		}
	}
	asking := org.AsOperator(org.With(ctx, social))
	roots, err := db.All(ctx, a.DB.Read(), db.Self[string], "SELECT id FROM community_thread WHERE kind = 'question' AND accepted = '' AND deleted_at IS NULL ORDER BY at DESC, id DESC LIMIT 12")
	if err != nil {
		return err
	}
	asked, at := 0, a.Clock()
	s := community.New(a.DB, a.Ledger, a.Channels, a.Org, a.Log, func() time.Time { return at })
	for _, root := range roots {
		at = a.Clock().Add(-3 * time.Hour)
		t, c, found := s.ThreadOf(asking, root)
		if !found || !t.Open() || asked == 2 {
			continue
		}
		helps := strings.Contains(t.Title, "clous")
		if helps {
			at = at.Add(-20 * time.Hour)
		}
		list, err := s.Ambassadors(asking, &t)
		if err != nil {
			return err
		}
		if len(list) > 0 {
			if err := s.AskToHelp(asking, c.ID, t.ID, list[0].Member.ID); err != nil {
				return fmt.Errorf("ask to help: %w", err)
			}
			if asked++; !helps {
				continue
			}
			at = at.Add(5 * time.Hour)
			_, err := s.Reply(org.AsOperator(org.With(ctx, list[0].Member)), c.ID, community.Reply{Post: t.ID, Body: "Oui : des 42-622 à clous passent avec 4 mm de marge. Des 47 frottent quand la neige colle.", Lang: "fr"})
			if err != nil {
				return fmt.Errorf("help: %w", err)
			}
			done, err := s.HelpAsked(asking, t.ID, time.Time{})
			if err != nil || len(done) == 0 {
				return err
			}
			if err := s.ThankFor(asking, done[0].ID); err != nil {
				return fmt.Errorf("thank for help: %w", err)
			}
		}
	}
	return nil
}
