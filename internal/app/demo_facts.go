package app

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/entente/entente/internal/business"
	"github.com/entente/entente/internal/intake"
)

// demoFacts imports the sample's business facts as files that the accounts, the desk and the shop bring.
func (a *App) demoFacts(ctx context.Context, folder string, shift time.Duration, say func(string)) error {
	for _, f := range []struct{ name, kind, origin string }{
		{"contacts", business.Contact, "standard"},
		{"heures", business.Hours, "paie"},
		{"couts", business.Cost, "compta"},
		{"revenue", business.Revenue, "compta"},
		{"clients-arrives", business.CustomerStart, "crm"},
		{"clients-partis", business.CustomerEnd, "crm"},
		{"pistes", business.Lead, "crm"},
		{"ratings", business.Rating, "survey"},
		{"audience", business.Visit, "audience"},
		{"applicants", business.Applicant, "jobs"},
		{"achats", business.Purchase, "compta"},
		{"enquete", business.Survey, "survey"},
		{"benefices", business.Benefit, "compta"},
		{"rencontres", business.Touch, "site"},
		{"issues", business.Outcome, "crm"},
		{"partenaires", business.Act, "crm"},
		{"negociations", business.Proposal, "compta"},
		{"portee", business.Visit, "veille"},
		{"alliances", business.Survey, "direction"},
	} {
		name := "facts/" + f.name + ".csv"
		report, err := a.importFile(ctx, filepath.Join(folder, filepath.FromSlash(name)), "facts", intake.Settings{Target: intake.FactTarget(f.kind), Origin: f.origin}, shift)
		if err != nil {
			return fmt.Errorf("import %s: %w", name, err)
		}
		if report.Broken != nil || report.Refused > 0 {
			return fmt.Errorf("import %s: %d refused, %v", name, report.Refused, report.Broken)
		}
		say(fmt.Sprintf("%-28s %5d", name, report.Added))
	}
	_, err := a.Folder.AddRule(ctx, business.Rule{Pattern: "couts-*.csv", Kind: business.Cost, Settings: intake.Settings{Origin: "compta"}})
	return err
}
