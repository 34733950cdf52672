package app

import (
	"context"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/rule"
)

// demoRules keeps rules of the social team, before the sample's posts come in: what was said in the last days is met by them.
func (a *App) demoRules(ctx context.Context) error {
	members, err := a.Org.Members(ctx)
	if err != nil {
		return err
	}
	who := map[string]*org.Member{}
	for _, m := range members {
		who[strings.SplitN(m.Email, ".", 2)[0]] = m
	}
	lead, karim := who["ines"], who["karim"]
	if lead == nil || karim == nil {
		return nil
	}
	ctx = org.AsOperator(org.With(ctx, lead))
	if err := a.Rules.Once(ctx); err != nil { // from here on
		return err
	}
	for _, r := range []rule.Rule{
		{Name: "Batterie\u00a0: à Karim", When: rule.Opened, If: rule.Conditions{Words: "batterie OR battery OR Akku OR autonomie", Held: rule.Nobody},
			Then: rule.Doings{Assign: karim.ID, Note: "Batterie\u00a0: voir d’abord la liste des numéros de série concernés."}, Last: true, State: rule.On},
		{Name: "Colère en public", When: rule.Heard, If: rule.Conditions{Words: "sentiment:negative emotion:anger", Privacy: rule.Public},
			Then: rule.Doings{Open: true, TellTeam: true}, PerHour: 20, State: rule.On},
		{Name: "Attend depuis plus d’un jour", When: rule.Waiting, WaitFor: 24 * time.Hour, If: rule.Conditions{Held: rule.Nobody}, Then: rule.Doings{TellTeam: true}, State: rule.On},
		{Name: "Presse", When: rule.Opened, If: rule.Conditions{Words: `journaliste OR "service presse" OR journalist`}, Then: rule.Doings{Tell: []string{lead.ID}}, State: rule.Off},
	} {
		if _, err := a.Rules.Add(ctx, r); err != nil {
			return err
		}
	}
	// As if they were kept some days ago: they meet what was said since.
	return a.DB.Tx(ctx, func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, "UPDATE rule SET since_at = $1", db.T(a.Clock().AddDate(0, 0, -4)))
		return err
	})
}
