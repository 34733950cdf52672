package app

import (
	"context"
	"fmt"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/hours"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/team"
)

// demoTeam says what the members of the sample can and when they are there, who does what, and how conversations find them.
func (a *App) demoTeam(ctx context.Context) error {
	id := func(mail string) string {
		m, err := a.Org.ByEmail(ctx, mail+"@bruyere.example")
		if err != nil {
			return ""
		}
		return m.ID
	}
	day := func(from, to int) []hours.Stretch { return []hours.Stretch{{From: from * 60, To: to * 60}} }
	week := func(days ...[]hours.Stretch) (w [7][]hours.Stretch) {
		for i, d := range days {
			w[(i+1)%7] = d // from Monday
		}
		return w
	}
	office := week(day(9, 18), day(9, 18), day(9, 18), day(9, 18), day(9, 17))
	evenings := week(day(12, 14), day(17, 20), day(12, 14), day(17, 20), day(12, 14), day(10, 16), day(10, 16))
	now := a.Clock().UTC()
	date := func(days int) string { return now.AddDate(0, 0, days).Format(time.DateOnly) }
	given := map[string]int{} // minutes a day, over four weeks
	for _, p := range []struct {
		mail   string
		daily  int
		member team.Profile
	}{
		{"claire.vannier", 4, team.Profile{Skills: []string{"Crise", "Presse", "Stratégie"}, Department: "Direction", Minutes: 60}},
		{"ines.cordelier", 38, team.Profile{Skills: []string{"Communauté", "Crise", "Événements"}, Department: "Équipe sociale", Minutes: 1200, Routed: true}},
		{"tom.ashdown", 44, team.Profile{Skills: []string{"Communauté", "Garantie", "Warranty", "Support"}, Department: "Équipe sociale", Minutes: 1200, Routed: true}},
		{"karim.belhadj-roche", 21, team.Profile{Skills: []string{"Atelier", "Batterie", "Battery", "Garantie", "Moteur"}, Department: "Atelier", Minutes: 180, Routed: true}},
		{"sandrine.pelloux", 9, team.Profile{Skills: []string{"Livraison", "Revendeurs", "Devis", "Vente"}, Department: "Ventes", Minutes: 120, Routed: true}},
		{"julien.favre-gex", 6, team.Profile{Skills: []string{"Application", "Batterie", "Fournisseurs", "Produit"}, Department: "Produit", Minutes: 120, Routed: true,
			Absences: []team.Absence{{From: date(18), To: date(32)}}}},
		{"oriane.tissot", 3, team.Profile{Skills: []string{"Emploi", "Formation"}, Department: "Ressources humaines", Minutes: 60, Routed: true, Mentor: id("tom.ashdown"), Approval: team.Beginner}},
	} {
		was, err := a.Team.Find(ctx, id(p.mail))
		if err != nil {
			return fmt.Errorf("%s: %w", p.mail, err)
		}
		m := p.member
		m.Member, m.Languages, m.Mail, m.Cheer = was.Member, []string{"en", "fr"}, true, true
		m.Calendar = hours.Calendar{Zone: "Europe/Paris", Week: office, Holidays: []string{"01-01", "05-01", "12-25"}}
		if p.member.Minutes < 1000 && p.member.Routed {
			m.Calendar.Week = evenings
		}
		if _, err := a.Team.Save(ctx, was.Mark(), m); err != nil {
			return fmt.Errorf("%s: %w", p.mail, err)
		}
		given[m.Member] = p.daily
	}
	err := a.DB.Tx(ctx, func(ctx context.Context, q db.Q) error {
		for member, minutes := range given {
			for d := range 28 {
				at := now.AddDate(0, 0, -d)
				if at.Weekday() == time.Sunday {
					continue
				}
				if err := a.Team.Spend(ctx, q, member, at, time.Duration(minutes+(d*7)%5)*time.Minute); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, w := range []struct {
		name string
		who  map[string]team.Letter
	}{
		{"Répondre aux questions techniques", map[string]team.Letter{"department:Atelier": "r", "role:social": "a", "department:Produit": "c"}},
		{"Répondre aux réclamations", map[string]team.Letter{"role:social": "r", "role:owner": "a", "department:Ventes": "c", "role:strategist": "i"}},
		{"Répondre aux avis négatifs en public", map[string]team.Letter{"role:social": "a", "role:volunteer": "c", "role:owner": "i"}},
		{"Parler à la presse", map[string]team.Letter{"role:owner": "a", "role:strategist": "r", "role:social": "i"}},
		{"Renseigner sur prix et délais", map[string]team.Letter{"department:Ventes": "r", "role:social": "a", "role:volunteer": "i"}},
		{"Recevoir les candidatures", map[string]team.Letter{"department:Ressources humaines": "a", "role:social": "c"}},
		{"Décréter une crise et en sortir", map[string]team.Letter{"role:owner": "a", "role:social": "r", "role:strategist": "c", "role:volunteer": "i"}},
		{"Relire les réponses des débutants", map[string]team.Letter{"role:social": "r"}},
	} {
		if _, err := a.Team.SetWork(ctx, team.Work{Name: w.name, Duties: w.who}); err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
		}
	}
	for _, r := range []inbox.Rule{
		{Name: "Danger ou blessure", Query: "brûl* OR burn* OR fum* OR smok* OR bless* OR accident*", To: inbox.Target{Kind: inbox.ToDepartment, Value: "Équipe sociale"}, Urgent: true, Active: true},
		{Name: "Candidatures", Query: "kind:job OR candidature* OR stage", To: inbox.Target{Kind: inbox.ToDepartment, Value: "Ressources humaines"}, Active: true},
		{Name: "Devis et revendeurs", Query: "devis OR quote OR revendeur* OR reseller*", To: inbox.Target{Kind: inbox.ToSkill, Value: "Devis"}, Active: true},
	} {
		if _, err := a.Inbox.SetRule(ctx, r); err != nil {
			return fmt.Errorf("%s: %w", r.Name, err)
		}
	}
	return a.demoAims(ctx, id)
}

// demoAims are two aims of a volunteer: one agreed, one that waits for them.
func (a *App) demoAims(ctx context.Context, id func(string) string) error {
	volunteer, err := a.Org.Find(ctx, id("karim.belhadj-roche"))
	if err != nil {
		return err
	}
	lead, err := a.Org.Find(ctx, id("ines.cordelier"))
	if err != nil {
		return err
	}
	own, theirs := org.AsOperator(org.With(ctx, volunteer)), org.AsOperator(org.With(ctx, lead))
	kept, err := a.Team.SetAim(own, team.Aim{Member: volunteer.ID, Measure: team.AimKept, Target: 95, Words: "Vérifier que le vélo roule avant de clore."})
	if err != nil {
		return err
	}
	if err := a.Team.AgreeAim(theirs, volunteer.ID, kept.ID, kept.Target); err != nil {
		return err
	}
	_, err = a.Team.SetAim(theirs, team.Aim{Member: volunteer.ID, Measure: team.AimBreadth, Target: 3, Words: "Aller voir du côté de l’application."})
	return err
}
