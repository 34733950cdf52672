package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/entente/entente/internal/business"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/plan"
	"github.com/entente/entente/internal/plan/cost"
	"github.com/entente/entente/internal/plan/schedule"
	"github.com/entente/entente/internal/problem"
)

// planDemo makes initiatives by the hands of members; what was decided weeks ago is decided by a service whose clock stands there.
type planDemo struct {
	*App
	now, then  *plan.Service
	boss       context.Context // the owner
	strategist context.Context
	who        map[string]string // ids of members by first name
	objectives map[string]string // ids by English name
	today      schedule.Day
}

// demoPlan gives the sample organisation three initiatives: one that runs late, one that is approved and begins soon, and one that was sent
// back because nobody said what is done when its risk comes true.
func (a *App) demoPlan(ctx context.Context) error {
	d := &planDemo{App: a, now: a.Plan, who: map[string]string{}, objectives: map[string]string{}, today: a.Plan.Today(ctx)}
	d.then = plan.New(a.DB, a.Measure, a.Strategy, a.Org, slog.New(slog.DiscardHandler), func() time.Time { return a.Clock().AddDate(0, 0, -50) })
	members, err := a.Org.Members(ctx)
	if err != nil {
		return err
	}
	for _, m := range members {
		d.who[strings.SplitN(m.Email, ".", 2)[0]] = m.ID
		switch m.Role {
		case org.Owner:
			d.boss = org.AsOperator(org.With(ctx, m))
		case org.Strategist:
			d.strategist = org.AsOperator(org.With(ctx, m))
		}
	}
	list, err := a.Plan.Objectives(ctx)
	if err != nil {
		return err
	}
	for _, o := range list {
		d.objectives[o.Name.In("en")] = o.ID
	}
	year, _, _ := d.today.Date()
	var closed []schedule.Day
	for y := year; y <= year+1; y++ {
		for _, day := range [][2]int{{1, 1}, {5, 1}, {5, 8}, {7, 14}, {8, 15}, {11, 1}, {11, 11}, {12, 25}} {
			closed = append(closed, schedule.On(y, time.Month(day[0]), day[1]))
		}
	}
	if err := a.Plan.ChangeCalendar(d.boss, [7]bool{false, true, true, true, true, true, false}, closed); err != nil {
		return err
	}
	for name, make := range map[string]func() error{"guides": d.guides, "forum": d.forum, "club": d.club} {
		if err := make(); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// parts are what belongs to an initiative.
type planParts struct {
	people   []plan.Contributor
	tasks    []plan.Task
	lines    []cost.Line
	risks    []plan.Risk
	benefits []plan.Benefit
}

func (d *planDemo) make(s *plan.Service, about plan.About, p planParts) (plan.Initiative, error) {
	i, err := s.Add(d.strategist, about)
	for _, change := range []func() (plan.Initiative, error){
		func() (plan.Initiative, error) { return s.ChangePeople(d.strategist, i.ID, time.Time{}, p.people) },
		func() (plan.Initiative, error) { return s.ChangeTasks(d.strategist, i.ID, time.Time{}, p.tasks) },
		func() (plan.Initiative, error) { return s.ChangeBudget(d.strategist, i.ID, time.Time{}, p.lines) },
		func() (plan.Initiative, error) { return s.ChangeRisks(d.strategist, i.ID, time.Time{}, p.risks) },
		func() (plan.Initiative, error) { return s.ChangeBenefits(d.strategist, i.ID, time.Time{}, p.benefits) },
	} {
		if err == nil {
			i, err = change()
		}
	}
	return i, err
}

func (d *planDemo) serves(names ...string) []string {
	var out []string
	for _, n := range names {
		if d.objectives[n] != "" {
			out = append(out, d.objectives[n])
		}
	}
	return out
}

// guides runs, and is late: the second task took longer than planned.
func (d *planDemo) guides() error {
	start := (d.today - 48).Monday()
	after := func(rows ...string) (out []plan.Wait) {
		for _, r := range rows {
			out = append(out, plan.Wait{Task: r})
		}
		return out
	}
	i, err := d.make(d.then, plan.About{Name: "Guides batterie Lande 2", Owner: d.who["ines"], Currency: "EUR", Start: start, End: start + 95,
		Outcome:  "Les propriétaires d’un Lande 2 trouvent seuls comment charger, ranger et vérifier leur batterie.\nLe service client répond moins souvent aux mêmes questions.",
		ScopeIn:  "Batteries du Lande 2, en français et en anglais, sur le forum et dans les courriels de réponse.",
		ScopeOut: "Les autres modèles ; les réparations en atelier.",
		Manner:   "Deux ateliers avec le service client pour choisir les questions, rédaction à deux, relecture par l’atelier, essai avec dix clients avant la mise en ligne.",
		Exit:     "Douze guides en ligne et relus. Abandon si moins de trois clients sur dix trouvent leur réponse à l’essai.", Objectives: d.serves("Restore trust in the Lande 2", "Answer every mail within a day")},
		planParts{
			people: []plan.Contributor{{Member: d.who["ines"], Minutes: 10 * 60}, {Member: d.who["tom"], Minutes: 8 * 60}, {Member: d.who["karim"], Minutes: 7 * 60}},
			tasks: []plan.Task{
				{Name: "Choisir les questions avec le service client", Length: 5, Member: d.who["ines"], Minutes: 10 * 60},
				{Name: "Rédiger les guides en français", Length: 15, Member: d.who["tom"], Minutes: 40 * 60, After: after("#1")},
				{Name: "Traduire en anglais", Length: 8, Member: d.who["tom"], Minutes: 20 * 60, After: after("#2")},
				{Name: "Faire relire par l’atelier", Length: 5, Member: d.who["karim"], Minutes: 12 * 60, After: after("#2")},
				{Name: "Photographier les gestes", Length: 4, Member: d.who["karim"], Minutes: 8 * 60, After: after("#1")},
				{Name: "Essayer avec dix clients", Length: 6, Member: d.who["ines"], Minutes: 10 * 60, After: []plan.Wait{{Task: "#3"}, {Task: "#4"}, {Task: "#5", Lag: 1}}},
				{Name: "Corriger d’après l’essai", Length: 4, Member: d.who["tom"], Minutes: 12 * 60, After: after("#6")},
				{Name: "Guides en ligne", After: after("#7")},
			},
			lines: []cost.Line{
				{Kind: cost.Hours, Label: "Rédaction et relecture", Funding: "Service client", Amount: 3800, Minutes: 118 * 60},
				{Kind: cost.OneOff, Label: "Prises de vue", Funding: "Marketing", Amount: 92000, From: start + 14},
				{Kind: cost.Licences, Label: "Outil de schémas", Funding: "Marketing", Amount: 1450, Count: 3, Every: cost.Month},
				{Kind: cost.Recurring, Label: "Hébergement des guides", Funding: "Informatique", Amount: 12000, Every: cost.Quarter},
			},
			risks: []plan.Risk{
				{Name: "L’atelier n’a pas le temps de relire", Trigger: "Une relecture a plus de cinq jours de retard", Probability: 3, Impact: 3, Contingency: "Julien relit à la place de Karim ; deux guides sortent sans photo.", Reserve: 40000},
				{Name: "Un nouveau rappel change les consignes", Trigger: "L’équipe produit annonce une consigne de charge", Probability: 2, Impact: 5, Contingency: "Arrêter l’essai, reprendre les trois guides de charge d’abord.", Reserve: 80000},
			},
			benefits: []plan.Benefit{
				{Kind: plan.InMoney, Label: "Courriels évités", Low: 45000, Likely: 95000, High: 140000, Every: cost.Month, Grade: kpi.Modelled, From: start + 100, To: start + 100 + 540},
				{Kind: plan.InMeasure, Label: "Réponses plus rapides sur le reste", Measure: "response-rate", Baseline: 0.62, Target: 0.85, To: start + 180},
			},
		})
	if err != nil {
		return err
	}
	for _, step := range []struct {
		ctx  context.Context
		step plan.Step
		note string
	}{{d.strategist, plan.Propose, ""}, {d.boss, plan.Approve, "D’accord, à condition que l’essai ait bien lieu."}, {d.strategist, plan.Start, ""}} {
		if _, err := d.then.Take(step.ctx, i.ID, time.Time{}, step.step, step.note); err != nil {
			return fmt.Errorf("%s: %w", step.step, err)
		}
	}
	tasks := i.Tasks
	tasks[0].Began, tasks[0].Ended = start+1, start+9
	tasks[1].Began, tasks[1].Done = start+14, 80
	tasks[4].Began, tasks[4].Ended = start+16, start+22
	if _, err := d.now.ChangeTasks(d.strategist, i.ID, time.Time{}, tasks); err != nil {
		return err
	}
	for _, b := range []plan.Booking{
		{Line: i.Lines[0].ID, Day: start + 9, Minutes: 14 * 60, Note: "Ateliers avec le service client"},
		{Line: i.Lines[0].ID, Day: start + 30, Minutes: 46 * 60, Note: "Rédaction, cinq semaines"},
		{Line: i.Lines[1].ID, Day: start + 22, Amount: 101500, Currency: "EUR", Note: "Facture du photographe"},
		{Line: i.Lines[3].ID, Day: start + 2, Amount: 12000, Currency: "EUR"},
	} {
		b.Initiative = i.ID
		if _, err := d.now.Book(d.strategist, b); err != nil {
			return fmt.Errorf("book: %w", err)
		}
	}
	_, err = d.Business.State(d.boss, []business.Statement{{Fact: ledger.Fact{Kind: business.Cost, Origin: "compta", External: "CO-GUIDES-1", Quantity: 1, Campaign: i.Name, Label: "licences"}, At: d.Clock().AddDate(0, 0, -30),
		Amount: 4350, Currency: "EUR"}})
	return err
}

// forum is approved and begins next week; Tom would have too much to do.
func (d *planDemo) forum() error {
	start := d.today.Monday() + 7
	i, err := d.make(d.now, plan.About{Name: "Permanence du soir au forum", Owner: d.who["tom"], Currency: "EUR", Start: start, End: start + 88,
		Outcome: "Les questions posées au forum après le travail ont leur réponse le soir même.", ScopeIn: "Le forum, du lundi au jeudi, de 18 h à 21 h.", ScopeOut: "Les courriels, les fins de semaine.",
		Manner: "Des volontaires se relaient par deux, Tom prépare les premières réponses et reste joignable. Chaque semaine, point sur ce qui reste ouvert.",
		Exit:   "Neuf questions du soir sur dix ont une réponse avant minuit pendant quatre semaines. Abandon s’il reste moins de six volontaires.", Objectives: d.serves("Answer forum questions before they grow old", "Grow volunteers in every department")},
		planParts{
			people: []plan.Contributor{{Member: d.who["tom"], Minutes: 4 * 60}, {Member: d.who["sandrine"], Minutes: 5 * 60}, {Member: d.who["oriane"], Minutes: 3 * 60}},
			tasks: []plan.Task{
				{Name: "Trouver et former douze volontaires", Length: 10, Member: d.who["tom"], Minutes: 30 * 60},
				{Name: "Tableau des tours et fiche de relais", Length: 3, Member: d.who["sandrine"], Minutes: 5 * 60},
				{Name: "Premier soir", After: []plan.Wait{{Task: "#1"}, {Task: "#2"}}},
				{Name: "Six semaines de permanence", Length: 30, Member: d.who["tom"], Minutes: 24 * 60, After: []plan.Wait{{Task: "#3"}}},
				{Name: "Regarder les chiffres, décider de la suite", Length: 2, Member: d.who["tom"], Minutes: 6 * 60, After: []plan.Wait{{Task: "#4"}}},
			},
			lines:    []cost.Line{{Kind: cost.Recurring, Label: "Repas et déplacements", Funding: "Ressources humaines", Amount: 18000, Every: cost.Month}, {Kind: cost.OneOff, Label: "Journée de formation", Funding: "Ressources humaines", Amount: 120000}},
			risks:    []plan.Risk{{Name: "Les volontaires se lassent", Trigger: "Deux soirs avec une seule personne", Probability: 3, Impact: 3, Contingency: "Deux soirs par semaine au lieu de quatre", Reserve: 30000}},
			benefits: []plan.Benefit{{Kind: plan.InMoney, Label: "Appels qui n’ont pas lieu", Low: 10000, Likely: 42000, High: 70000, Every: cost.Month, Grade: kpi.Assumed, From: start + 60, To: start + 425}},
		})
	if err != nil {
		return err
	}
	if _, err := d.now.Take(d.strategist, i.ID, time.Time{}, plan.Propose, ""); err != nil {
		return err
	}
	_, err = d.now.Take(d.boss, i.ID, time.Time{}, plan.Approve, "")
	return err
}

// club was proposed, could not be approved for a missing contingency, and was sent back.
func (d *planDemo) club() error {
	start := d.today.Monday() + 35
	i, err := d.make(d.now, plan.About{Name: "Club des ambassadeurs", Owner: d.who["mathilde"], Currency: "EUR", Start: start, End: start + 180,
		Outcome: "Cent propriétaires racontent leur vélo à qui hésite encore.", ScopeIn: "Propriétaires depuis plus d’un an, France et Royaume-Uni.", Manner: "Invitations par le forum, deux rencontres, un kit de récit.",
		Exit: "Cent membres actifs. Abandon si moins de vingt le sont après trois mois.", Objectives: d.serves("Win riders who compare before they buy")},
		planParts{
			people:   []plan.Contributor{{Member: d.who["mathilde"], Minutes: 6 * 60}},
			tasks:    []plan.Task{{Name: "Écrire le kit", Length: 10, Member: d.who["mathilde"], Minutes: 30 * 60}, {Name: "Première rencontre", Length: 1, Member: d.who["mathilde"], Minutes: 8 * 60, After: []plan.Wait{{Task: "#1", Lag: 10}}}},
			lines:    []cost.Line{{Kind: cost.OneOff, Label: "Rencontres", Funding: "Marketing", Amount: 640000}, {Kind: cost.Licences, Label: "Outil de parrainage", Funding: "Marketing", Amount: 8900, Count: 2, Every: cost.Month}},
			risks:    []plan.Risk{{Name: "Un ambassadeur promet ce que nous ne tenons pas", Trigger: "Un message public contredit nos conditions de garantie", Probability: 4, Impact: 4}},
			benefits: []plan.Benefit{{Kind: plan.InMoney, Label: "Ventes sur recommandation", Low: 0, Likely: 160000, High: 420000, Every: cost.Month, Grade: kpi.Assumed, From: start + 90, To: start + 455}},
		})
	if err != nil {
		return err
	}
	if _, err := d.now.Take(d.strategist, i.ID, time.Time{}, plan.Propose, ""); err != nil {
		return err
	}
	if _, err := d.now.Take(d.boss, i.ID, time.Time{}, plan.Approve, ""); !problem.Is(err, problem.Invalid) {
		return errors.Join(errors.New("an initiative without a contingency could be approved"), err)
	}
	_, err = d.now.Take(d.boss, i.ID, time.Time{}, plan.SendBack, "Que faisons-nous quand un ambassadeur promet trop ? Il manque le plan de secours.")
	return err
}
