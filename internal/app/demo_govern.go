package app

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/entente/entente/internal/charter"
	"github.com/entente/entente/internal/govern"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/org"
)

// demoGovern gives the sample organisation a charter and what goes with steering, by the hands of its strategist.
func (a *App) demoGovern(ctx context.Context) error {
	if err := a.demoCharter(ctx); err != nil {
		return fmt.Errorf("charter: %w", err)
	}
	members, err := a.Org.Members(ctx)
	if err != nil {
		return err
	}
	d := &governDemo{App: a, ctx: ctx, who: map[string]string{}, now: a.Clock()}
	for _, m := range members {
		d.who[strings.SplitN(m.Email, ".", 2)[0]] = m.ID
	}
	maps, err := a.Strategy.Maps(ctx)
	if err != nil {
		return err
	}
	if len(maps) > 0 {
		m, err := a.Strategy.Map(ctx, maps[0].ID)
		if err != nil {
			return err
		}
		for _, o := range m.Objectives {
			d.objectives = append(d.objectives, o.ID)
		}
	}
	topics, err := a.Listening.Topics(ctx)
	if err != nil {
		return err
	}
	for _, t := range topics {
		d.topics = append(d.topics, t.ID)
	}
	for name, step := range map[string]func() error{"orientation": d.orientation, "readiness": d.readiness, "spending": d.spending, "relations": d.ties} {
		if err := step(); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if err := d.surroundings(); err != nil {
		return fmt.Errorf("surroundings: %w", err)
	}
	if err := d.insights(); err != nil {
		return fmt.Errorf("insights: %w", err)
	}
	if err := d.reviews(); err != nil {
		return fmt.Errorf("reviews: %w", err)
	}
	return nil
}

type governDemo struct {
	*App
	ctx        context.Context
	who        map[string]string // member by first name
	objectives []string
	topics     []string
	now        time.Time
}

func (d *governDemo) days(n int) time.Time { return d.now.AddDate(0, 0, n) }

func (d *governDemo) objective(i int) string {
	if len(d.objectives) == 0 {
		return ""
	}
	return d.objectives[i%len(d.objectives)]
}

func (d *governDemo) topic(i int) string {
	if len(d.topics) == 0 {
		return ""
	}
	return d.topics[i%len(d.topics)]
}

// demoCharter puts the charter that comes with Entente in force, with a draft of the next version, and lets most of those who speak agree.
func (a *App) demoCharter(ctx context.Context) error {
	first, err := a.Charter.Begin(ctx)
	if err != nil {
		return err
	}
	if first, err = a.Charter.Publish(ctx, first.ID, "", a.Clock(), true); err != nil {
		return err
	}
	members, err := a.Org.Members(ctx)
	if err != nil {
		return err
	}
	for _, m := range members {
		if charter.Speaks(m.Role) && m.Role != org.Volunteer || m.Email == "karim.belhadj-roche@bruyere.example" {
			if err := a.Charter.Acknowledge(org.AsOperator(org.With(ctx, m)), first.ID, m.Lang); err != nil {
				return err
			}
		}
	}
	draft, err := a.Charter.Begin(ctx)
	if err != nil {
		return err
	}
	rule, _ := draft.Rule("next_step")
	seen := rule.Mark()
	rule.Sentence = charter.Words{"en": "My answer ends with what happens next: who does what, by when, and where to write if it does not happen.",
		"fr": "Ma réponse finit par la suite\u00a0: qui fait quoi, pour quand, et où écrire si cela n’a pas lieu."}
	if _, err := a.Charter.SetRule(ctx, draft.ID, seen, rule); err != nil {
		return err
	}
	rule, _ = draft.Rule("knows_place")
	seen = rule.Mark()
	rule.Binding = true
	if _, err = a.Charter.SetRule(ctx, draft.ID, seen, rule); err != nil {
		return err
	}
	_, err = a.Charter.Reword(ctx, draft.ID, draft.WordsMark(), draft.Title, draft.Preamble, "Après l’affaire des batteries\u00a0: dire aussi où écrire si la suite ne vient pas\u202f\u202f; lire un lieu avant d’y parler devient obligatoire.")
	return err
}

func (d *governDemo) orientation() error {
	for question, choices := range map[string][]string{"better": {"service", "reputation", "products"}, "hurts": {"unanswered", "same_questions", "bad_reviews"}, "buyers": {"both"}, "purchase": {"weeks"},
		"product": {"explained"}, "talk": {"mail", "forums", "reviews", "networks"}, "volume": {"hundreds"}, "experts": {"many"}, "suggestions": {"sometimes"}, "colleagues": {"dozen"},
		"stakeholders": {"customers", "prospects", "resellers", "employees"}} {
		if err := d.Govern.Answer(d.ctx, question, choices); err != nil {
			return err
		}
	}
	return nil
}

func (d *governDemo) readiness() error {
	for question, c := range map[string]govern.Claim{
		"sponsor": {Level: 4, Evidence: "Claire Vannier, propriétaire, préside la revue mensuelle.", EvidenceOn: d.days(-40)}, "lead": {Level: 4, Evidence: "Mathilde Roussin, lettre de mission, deux jours par semaine.", EvidenceOn: d.days(-210)},
		"team": {Level: 3, Evidence: "Inès et Tom se remplacent\u202f; planning des congés.", EvidenceOn: d.days(-30)}, "skills": {Level: 2}, "training": {Level: 2}, "volunteers": {Level: 3, Evidence: "Quatre volontaires, une heure par semaine chacun.", EvidenceOn: d.days(-60)},
		"hours": {Level: 3, Evidence: "Présence du lundi au samedi, 9 h à 18 h, affichée sur le site.", EvidenceOn: d.days(-20)}, "spokespeople": {Level: 2},
		"charter": {Level: 4, Evidence: "Version 1 en vigueur, acceptée par 4 personnes sur 7.", Link: "https://bruyere.example/charte", EvidenceOn: d.days(-1)}, "privacy": {Level: 1}, "rights": {Level: 3, Evidence: "Rôles revus au printemps.", EvidenceOn: d.days(-190)},
		"moderation": {Level: 3, Evidence: "Règles publiées en tête du forum.", EvidenceOn: d.days(-300)}, "tools": {Level: 2}, "budget": {Level: 3, Evidence: "Budget voté, ligne 614.", EvidenceOn: d.days(-320)}, "law": {Level: 1}, "accessibility": {Level: 1},
		"listening": {Level: 5, Evidence: "Douze sujets suivis, relus chaque mois.", EvidenceOn: d.days(-5)}, "triage": {Level: 4, Evidence: "Schéma affiché à l’atelier et au service.", EvidenceOn: d.days(-80)}, "service_levels": {Level: 3, Evidence: "Réponse sous un jour ouvré, mesurée.", EvidenceOn: d.days(-15)},
		"escalation": {Level: 2}, "crisis": {Level: 3, Evidence: "Plan d’une page, exercé en mars.", EvidenceOn: d.days(-240)}, "handover": {Level: 3, Evidence: "Registre des enseignements.", EvidenceOn: d.days(-3)}, "planning": {Level: 2}, "access": {Level: 2},
		"answering": {Level: 3, Evidence: "Vingt réponses relues en octobre.", EvidenceOn: d.days(-25)}, "both_ways": {Level: 2}, "exercise": {Level: 1}, "measuring": {Level: 4, Evidence: "Carte stratégique mesurée.", EvidenceOn: d.days(-2)}, "reviewing": {Level: 3, Evidence: "Revue mensuelle depuis septembre.", EvidenceOn: d.days(-28)},
	} {
		c.Question = question
		if _, err := d.Govern.Claim(d.ctx, c); err != nil {
			return fmt.Errorf("%s: %w", question, err)
		}
	}
	return nil
}

func (d *governDemo) spending() error {
	for _, e := range []govern.Spending{
		{Tool: "Veille & Co", Capability: "listening", Department: "Marketing", Payer: "Marketing", Amount: 34900, Period: "month", BeginsAt: d.days(-400), EndsAt: d.days(55), Approval: "yes", Owner: d.who["ines"]},
		{Tool: "SocialEar", Capability: "listening", Department: "Produit", Payer: "R&D", Amount: 190000, Period: "year", BeginsAt: d.days(-200), EndsAt: d.days(165), Approval: "no", Owner: d.who["julien"]},
		{Tool: "ForumPlus", Capability: "community", Department: "Service client", Payer: "Service client", Amount: 12900, Period: "month", BeginsAt: d.days(-900), Approval: "yes", Owner: d.who["tom"]},
		{Tool: "AvisVérifiés", Capability: "reviews", Department: "Ventes", Payer: "Ventes", Amount: 54000, Period: "quarter", BeginsAt: d.days(-300), EndsAt: d.days(330), Approval: "asked", Owner: d.who["sandrine"]},
		{Tool: "PlanPost", Capability: "publishing", Department: "Marketing", Payer: "Marketing", Amount: 4900, Period: "month", BeginsAt: d.days(-120), Approval: "yes", Owner: d.who["ines"]},
		{Tool: "CareerPost", Capability: "publishing", Department: "Ressources humaines", Payer: "RH", Amount: 78000, Period: "year", BeginsAt: d.days(-80), EndsAt: d.days(285), Approval: "no", Owner: d.who["oriane"]},
	} {
		e.Currency = "EUR"
		if _, err := d.Govern.AddSpending(d.ctx, e); err != nil {
			return fmt.Errorf("%s: %w", e.Tool, err)
		}
	}
	return nil
}

func (d *governDemo) ties() error {
	for _, t := range []govern.Tie{
		{Name: "Clients", Kind: "customer", Ties: []govern.Strand{{Kind: "buys", Wanted: 80, By: govern.Usual}, {Kind: "asks", Wanted: 40, By: govern.Usual}, {Kind: "recommends", Wanted: 25, By: govern.OnCard + "ambassador"}, {Kind: "tests", Wanted: 6, By: ""}}, Wanted: 120, Worth: "Entretien, accessoires, recommandation à l’entourage.", Amount: 18000, How: "Courriel, forum, atelier ouvert du samedi.", Often: "needed", Owner: d.who["tom"], Objective: d.objective(0)},
		{Name: "Revendeurs", Kind: "reseller", Ties: []govern.Strand{{Kind: "resells", Wanted: 12, By: govern.Usual}, {Kind: "answers", Wanted: 4, By: govern.Usual}}, Wanted: 12, Worth: "Premier contact avec les clients hors de Lyon.", Amount: 2500000, How: "Lettre du mois, visite deux fois par an.", Often: "monthly", Owner: d.who["sandrine"], Objective: d.objective(2)},
		{Name: "Fournisseurs", Kind: "supplier", Ties: []govern.Strand{{Kind: "supplies", Wanted: 8, By: govern.Usual}, {Kind: "tests", Wanted: 3, By: ""}}, Wanted: 8, Worth: "Qualité des batteries, délais.", How: "Point qualité avec chacun.", Often: "quarterly", Owner: d.who["julien"]},
		{Name: "Presse cycliste", Kind: "journalist", Ties: []govern.Strand{{Kind: "reports", Wanted: 6, By: govern.Usual}}, Wanted: 6, Worth: "Être interrogés sur les batteries.", How: "Invitations à l’atelier, essais.", Often: "needed"},
	} {
		t.Currency, t.DueAt = "EUR", d.days(365)
		if _, err := d.Govern.AddTie(d.ctx, t); err != nil {
			return fmt.Errorf("%s: %w", t.Name, err)
		}
	}
	return nil
}

func (d *governDemo) surroundings() error {
	var battery string
	for i, r := range []govern.Risk{
		{Name: "Nouvelle série de batteries défectueuse", Cause: "Plus de trois messages par semaine sur une même erreur de batterie.", Probability: 3, Impact: 5, Response: "Contrôle à la réception, suivi des numéros de série.", Contingency: "Rappel ciblé par numéro de série\u202f; atelier mobile\u202f; communiqué dans l’heure.", Owner: d.who["julien"], ReviewAt: d.days(20)},
		{Name: "Pic de questions au printemps sans renfort", Cause: "Plus de 40 conversations ouvertes.", Probability: 4, Impact: 3, Response: "Former deux volontaires avant mars.", Contingency: "Réponses types, horaires réduits annoncés.", Owner: d.who["ines"], ReviewAt: d.days(60)},
		{Name: "Compte du forum pris par un tiers", Cause: "Connexion inconnue, message qui n’est pas de nous.", Probability: 2, Impact: 4, Response: "Double authentification.", Owner: d.who["tom"], ReviewAt: d.days(-12)},
		{Name: "Départ de la seule personne qui connaît les moteurs", Cause: "Entretien annuel.", Probability: 3, Impact: 4, Contingency: "Contrat d’assistance avec le fabricant.", ReviewAt: d.days(90)},
		{Name: "Mauvaise réponse citée dans la presse", Cause: "Question d’un journaliste.", Probability: 2, Impact: 2, Contingency: "Correction visible le jour même.", Owner: d.who["claire"], ReviewAt: d.days(120)},
	} {
		r.Objective = d.objective(i)
		saved, err := d.Govern.AddRisk(d.ctx, r)
		if err != nil {
			return fmt.Errorf("%s: %w", r.Name, err)
		}
		if i == 0 {
			battery = saved.ID
		}
	}
	for i, e := range []govern.Surrounding{
		{Factor: "legal", Name: "Règlement européen sur les batteries\u00a0: passeport numérique", Source: "https://eur-lex.europa.eu/eli/reg/2023/1542/oj", SourceOn: time.Date(2023, 7, 28, 12, 0, 0, 0, time.UTC), Probability: 5, Impact: 4, Horizon: "year", Risk: battery, ReviewAt: d.days(45)},
		{Factor: "political", Name: "Prime à l’achat de vélos électriques revue chaque année", Source: "Loi de finances", SourceOn: d.days(-60), Probability: 4, Impact: 4, Horizon: "quarter", ReviewAt: d.days(30)},
		{Factor: "economic", Name: "Stocks des concurrents bradés", Source: "Revue professionnelle", SourceOn: d.days(-90), Probability: 4, Impact: 3, Horizon: "quarter", Topic: d.topic(2), ReviewAt: d.days(20)},
		{Factor: "social", Name: "Les familles remplacent la seconde voiture", Source: "Enquête mobilité", SourceOn: d.days(-200), Probability: 3, Impact: 4, Horizon: "three_years", Topic: d.topic(0), ReviewAt: d.days(100)},
		{Factor: "technological", Name: "Moteurs mis à jour à distance", Note: "Les clients demandent des corrections sans passer à l’atelier.", Probability: 4, Impact: 3, Horizon: "year", Topic: d.topic(1), ReviewAt: d.days(-5)},
		{Factor: "environmental", Name: "Reprise et réemploi des batteries usagées", Source: "https://www.ecologie.gouv.fr", SourceOn: d.days(-120), Probability: 4, Impact: 3, Horizon: "year", ReviewAt: d.days(70)},
	} {
		e.Objective = d.objective(i + 3)
		if _, err := d.Govern.AddSurrounding(d.ctx, e); err != nil {
			return fmt.Errorf("%s: %w", e.Name, err)
		}
	}
	return nil
}

func (d *governDemo) insights() error {
	about := ""
	list, _, err := d.Inbox.Queue(d.ctx, inbox.OpenView, inbox.Filter{}, "", 1)
	if err == nil && len(list) > 0 {
		about = "conversation:" + list[0].ID
	}
	then := d.now
	// Handed over and decided on their days, so that the wait between the two is one.
	past := govern.New(d.DB, d.Measure, d.Strategy, nil, nil, d.Org, d.Log, func() time.Time { return then })
	for _, i := range []struct {
		govern.Insight
		handed, took             int // days ago, and days until the decision
		verdict, reason, outcome string
	}{
		{govern.Insight{Name: "L’erreur 21 vient presque toujours de la plaque de contact", Note: "Onze conversations en six semaines, toutes réglées en nettoyant la plaque.", Department: "Produit", Owner: d.who["julien"], About: about, DueAt: d.days(-30)}, 61, 19, "done", "Plaque renforcée à partir de la série C.", "Aucune erreur 21 signalée sur la série C."},
		{govern.Insight{Name: "Les notices ne disent pas comment ranger la batterie l’hiver", Department: "Produit", Owner: d.who["julien"], DueAt: d.days(-18)}, 48, 26, "planned", "Nouvelle notice au printemps.", ""},
		{govern.Insight{Name: "On demande un porte-bagages pour siège double", Department: "Produit", Owner: d.who["julien"], DueAt: d.days(-12)}, 40, 9, "refused", "Poids autorisé dépassé\u202f; un accessoire d’un partenaire est recommandé.", ""},
		{govern.Insight{Name: "Les revendeurs ne connaissent pas nos délais de pièces", Department: "Ventes", Owner: d.who["sandrine"], DueAt: d.days(-20)}, 50, 6, "done", "Délais affichés chaque lundi.", "Moitié moins de questions de revendeurs."},
		{govern.Insight{Name: "Le prix de la révision surprend à la caisse", Department: "Ventes", Owner: d.who["sandrine"], DueAt: d.days(-60)}, 90, 13, "done", "Prix affiché à la prise de rendez-vous.", "Plus une plainte à ce sujet depuis."},
		{govern.Insight{Name: "Les vis de la béquille se desserrent après cent kilomètres", Department: "Produit", Owner: d.who["julien"], DueAt: d.days(-75)}, 104, 4, "done", "Frein-filet au montage.", "Trois signalements le mois d’avant, aucun le mois d’après."},
		{govern.Insight{Name: "Les clients cherchent les horaires de l’atelier sur le forum", Department: "Atelier", Owner: d.who["karim"], DueAt: d.days(-25)}, 54, 31, "planned", "Une page d’horaires avec la refonte du site.", ""},
		{govern.Insight{Name: "Personne ne comprend l’écran quand la batterie est froide", Department: "Produit", Owner: d.who["julien"], DueAt: d.days(-5)}, 33, 17, "planned", "Message en toutes lettres à la prochaine mise à jour.", ""},
		{govern.Insight{Name: "Une ville voisine cherche des vélos pour ses agents", Department: "Ventes", Owner: d.who["sandrine"], DueAt: d.days(-40)}, 69, 3, "done", "Rendez-vous pris le jour même.", "Douze vélos commandés."},
		{govern.Insight{Name: "Trois candidats ont abandonné faute de réponse", Department: "Ressources humaines", Owner: d.who["oriane"], DueAt: d.days(5)}, 12, 0, "", "", ""},
		{govern.Insight{Name: "Le numéro de colis arrive deux jours trop tard", Department: "Logistique", Owner: d.who["karim"], DueAt: d.days(-9)}, 37, 0, "", "", ""},
	} {
		i.Objective = d.objective(3)
		then = d.now.AddDate(0, 0, -i.handed)
		saved, err := past.HandInsight(d.ctx, i.Insight)
		if err != nil {
			return fmt.Errorf("%s: %w", i.Name, err)
		}
		if i.verdict != "" {
			then = then.AddDate(0, 0, i.took)
			if _, err := past.DecideInsight(d.ctx, saved.ID, saved.UpdatedAt, i.verdict, i.reason, i.outcome); err != nil {
				return fmt.Errorf("%s: %w", i.Name, err)
			}
		}
	}
	return nil
}

func (d *governDemo) reviews() error {
	at := d.days(-21)
	people := []string{d.who["claire"], d.who["mathilde"], d.who["ines"], d.who["tom"]}
	last, err := d.Govern.AddReview(d.ctx, govern.Review{Name: "Revue mensuelle", Rhythm: govern.Monthly, At: time.Date(at.Year(), at.Month(), at.Day(), 8, 30, 0, 0, time.UTC), Minutes: 60, Place: "Salle de l’atelier", Participants: people})
	if err != nil {
		return err
	}
	for _, x := range []govern.Action{
		{Name: "Écrire l’article sur l’erreur 21", Owner: d.who["karim"], DueAt: d.days(-4)}, {Name: "Faire accepter la charte par les volontaires", Owner: d.who["mathilde"], DueAt: d.days(9)},
		{Name: "Comparer les deux outils de veille", Owner: d.who["ines"], DueAt: d.days(14)},
	} {
		x.Review, x.Objective = last.ID, d.objective(4)
		if _, err := d.Govern.AddAction(d.ctx, x); err != nil {
			return err
		}
	}
	for _, x := range []govern.Decision{
		{Name: "Répondre publiquement à chaque avis négatif sous un jour ouvré", Why: "Les avis restés seuls sont ceux qu’on cite.", Instead: "Répondre seulement en privé.", DecidedBy: "Revue mensuelle", DecidedAt: d.days(-21), Owner: d.who["tom"], ReviewAt: d.days(70)},
		{Name: "Garder le forum ouvert à la lecture sans compte", Why: "La moitié des visites viennent d’un moteur de recherche.", DecidedBy: "Claire Vannier", DecidedAt: d.days(-130), Owner: d.who["ines"], ReviewAt: d.days(-8)},
	} {
		x.Review, x.Objective = last.ID, d.objective(5)
		if _, err := d.Govern.AddDecision(d.ctx, x); err != nil {
			return err
		}
	}
	_, _, err = d.Govern.HoldReview(d.ctx, last.ID, "Beaucoup de batteries, peu de freins. La charte doit être acceptée avant Noël.")
	return err
}
