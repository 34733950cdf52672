package strategy

import (
	"context"

	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Template is a map with which an organisation can begin: perspectives and a few objectives, linked, without measures and owners, which
// only the organisation can choose. Its words are in all languages of the interface. "strategy.template.ID" and "strategy.template.ID_text"
// say what it is for.
type Template struct {
	ID    string
	draft func() Draft
}

// MainTemplate is the one that is offered first.
const MainTemplate = "social"

// Templates lists the templates, the main one first.
func Templates() []Template {
	return []Template{{MainTemplate, socialTemplate}, {"small", smallTemplate}, {"employees", employeesTemplate}, {"alliance", allianceTemplate}}
}

// Preview is the map that a template would make, with ids of its own: to be drawn, not to be kept.
func (t Template) Preview() Map {
	d := t.draft()
	m := Map{Name: d.Name, Perspectives: d.Perspectives, Themes: d.Themes, Objectives: d.Objectives, Links: d.Links}
	for i := range m.Perspectives {
		m.Perspectives[i].Position = i
	}
	m.settle()
	return m
}

// As is what a new map is called and whose it is; what is zero is the template's.
type As struct {
	Name  Words
	Kind  Kind
	Scope string
}

// FromTemplate makes a map of a template; "" is the main one. Its objectives are due in a year.
func (s *Service) FromTemplate(ctx context.Context, template string, as As) (Map, error) {
	if err := org.Require(ctx, org.StrategyEdit); err != nil {
		return Map{}, err
	}
	if template == "" {
		template = MainTemplate
	}
	for _, t := range Templates() {
		if t.ID != template {
			continue
		}
		d := t.draft()
		d.Kind, d.Scope = as.Kind, as.Scope
		if as.Name.In("en") != "" {
			d.Name = as.Name
		}
		due := s.Now().AddDate(1, 0, 0)
		for i := range d.Objectives {
			d.Objectives[i].DueAt = due
		}
		return s.AddMap(ctx, d)
	}
	return Map{}, problem.New(problem.Invalid, "strategy.template_unknown").On("template")
}

// EmptyMap makes a map with one perspective and nothing in it.
func (s *Service) EmptyMap(ctx context.Context, as As) (Map, error) {
	return s.AddMap(ctx, Draft{Name: as.Name, Kind: as.Kind, Scope: as.Scope, Perspectives: []Perspective{{ID: "value", Name: said("Value", "Valeur")}}})
}

func said(en, fr string) Words { return Words{"en": en, "fr": fr} }

func band(id, en, fr string) Perspective { return Perspective{ID: id, Name: said(en, fr)} }

func step(within, id, en, fr string) Perspective {
	return Perspective{ID: id, Within: within, Name: said(en, fr)}
}

func goal(perspective, id, en, fr string, themes ...string) Objective {
	return Objective{ID: id, Perspective: perspective, Name: said(en, fr), Themes: themes}
}

func leadsTo(from, to string, weeks int) Link {
	return Link{Origin: from, Serves: to, LagDays: 7 * weeks}
}

// socialTemplate is the map of a social business: value, the work inside in four steps, learning.
func socialTemplate() Draft {
	return Draft{
		Name: said("Strategy map", "Carte stratégique"),
		Perspectives: []Perspective{
			band("value", "Shareholder and customer value", "Valeur pour l’actionnaire et le client"),
			band("internal", "Internal and operational value", "Valeur interne et opérationnelle"),
			step("internal", "goals", "Objectives that serve business goals", "Objectifs au service des buts de l’entreprise"),
			step("internal", "insight", "Audience insight to innovation", "De l’écoute du public à l’innovation"),
			step("internal", "implementation", "Implementation plan", "Plan de mise en œuvre"),
			step("internal", "govern", "Govern, measure, refine", "Gouverner, mesurer, affiner"),
			band("learning", "Learning and growth", "Apprentissage et développement"),
		},
		Themes: []Theme{{ID: "service", Name: said("Service that is talked about", "Un service dont on parle")}, {ID: "voice", Name: said("Hear and improve", "Écouter et améliorer")}},
		Objectives: []Objective{
			goal("value", "keep", "Keep the customers we have", "Garder les clients que nous avons", "service"),
			goal("value", "trust", "Earn the trust of those who compare", "Gagner la confiance de ceux qui comparent", "service", "voice"),
			goal("goals", "answer", "Answer every question in time", "Répondre à temps à chaque question", "service"),
			goal("insight", "ideas", "Turn what we hear into improvements", "Transformer ce que nous entendons en améliorations", "voice"),
			goal("implementation", "staff", "Staff the inbox for peaks", "Renforcer l’équipe pendant les pics", "service"),
			goal("govern", "close", "Close what we open", "Clore ce que nous ouvrons", "service"),
			goal("learning", "volunteers", "Train volunteers in every department", "Former des volontaires dans chaque service", "service", "voice"),
		},
		Links: []Link{
			leadsTo("volunteers", "answer", 6), leadsTo("volunteers", "staff", 6), leadsTo("staff", "answer", 2), leadsTo("close", "answer", 2),
			leadsTo("ideas", "trust", 12), leadsTo("answer", "keep", 4), leadsTo("answer", "trust", 4),
		},
	}
}

// smallTemplate is for a firm of a few people: four rows, one objective that matters in each, no steps.
func smallTemplate() Draft {
	return Draft{
		Name: said("Our plan on one page", "Notre plan sur une page"),
		Perspectives: []Perspective{
			band("money", "Money", "Argent"), band("customers", "Customers", "Clients"),
			band("work", "How we work", "Notre façon de travailler"), band("us", "Ourselves", "Nous-mêmes"),
		},
		Objectives: []Objective{
			goal("money", "orders", "Win orders by recommendation", "Gagner des commandes par recommandation"),
			goal("customers", "return", "Bring customers back", "Faire revenir les clients"),
			goal("customers", "praise", "Earn good reviews", "Mériter de bons avis"),
			goal("work", "today", "Answer within the day", "Répondre dans la journée"),
			goal("work", "mend", "Mend what is complained about", "Corriger ce dont on se plaint"),
			goal("us", "hour", "Reserve an hour a day for listening", "Réserver une heure par jour à l’écoute"),
		},
		Links: []Link{leadsTo("hour", "today", 2), leadsTo("hour", "mend", 4), leadsTo("today", "praise", 4), leadsTo("mend", "return", 8), leadsTo("mend", "praise", 8),
			leadsTo("praise", "orders", 8), leadsTo("return", "orders", 8)},
	}
}

// employeesTemplate begins with those who work here: what they know and want carries customers and results.
func employeesTemplate() Draft {
	return Draft{
		Name: said("Employees first", "Les salariés d’abord"),
		Perspectives: []Perspective{
			band("results", "Results", "Résultats"), band("customers", "What customers notice", "Ce que les clients remarquent"),
			band("employees", "Employees", "Salariés"),
			step("employees", "heard", "Being heard", "Être écouté"), step("employees", "share", "Sharing what one knows", "Partager ce que l’on sait"),
			step("employees", "act", "Acting on one’s own", "Agir de sa propre initiative"),
			band("conditions", "Leadership and conditions", "Direction et conditions"),
		},
		Themes: []Theme{{ID: "pride", Name: said("Proud to say where we work", "Fiers de dire où nous travaillons")}},
		Objectives: []Objective{
			goal("results", "recruit", "Attract applicants who fit", "Attirer des candidats qui conviennent", "pride"),
			goal("results", "stay", "Keep those who know the work", "Garder ceux qui connaissent le métier", "pride"),
			goal("customers", "solve", "Solve questions at the first contact", "Résoudre les questions au premier contact"),
			goal("heard", "listen", "Listen to what is said inside", "Écouter ce qui se dit à l’intérieur", "pride"),
			goal("share", "write", "Write down what helps others", "Écrire ce qui aide les autres"),
			goal("act", "speak", "Let employees speak for the firm", "Laisser les salariés parler au nom de l’entreprise", "pride"),
			goal("conditions", "time", "Release time for answering", "Libérer du temps pour répondre"),
			goal("conditions", "charter", "Agree on a charter of speaking", "Convenir d’une charte de parole"),
		},
		Links: []Link{leadsTo("time", "write", 6), leadsTo("time", "speak", 6), leadsTo("charter", "speak", 4), leadsTo("listen", "stay", 12), leadsTo("write", "solve", 8),
			leadsTo("speak", "recruit", 12), leadsTo("solve", "stay", 12)},
	}
}

// allianceTemplate is for firms that work together: outcomes, stakeholders, processes, enablers.
func allianceTemplate() Draft {
	return Draft{
		Name: said("Map of the alliance", "Carte de l’alliance"),
		Perspectives: []Perspective{
			band("outcomes", "Outcomes", "Résultats"), band("stakeholders", "Stakeholders", "Parties prenantes"),
			band("processes", "Processes", "Processus"), band("enablers", "Enablers", "Leviers"),
		},
		Objectives: []Objective{
			goal("outcomes", "bids", "Win bids together", "Remporter des appels d’offres ensemble"),
			goal("outcomes", "share", "Share value as agreed", "Partager la valeur comme convenu"),
			goal("stakeholders", "members", "Keep member firms committed", "Maintenir l’engagement des membres"),
			goal("stakeholders", "clients", "Prove what we did together", "Prouver ce que nous avons fait ensemble"),
			goal("processes", "match", "Match calls with capabilities", "Rapprocher appels et capacités"),
			goal("processes", "answer", "Answer calls in one voice", "Répondre aux appels d’une seule voix"),
			goal("enablers", "rules", "Agree on rules and on exit", "Convenir des règles et de la sortie"),
			goal("enablers", "know", "Describe what each firm can do", "Décrire ce que chaque entreprise sait faire"),
		},
		Links: []Link{leadsTo("know", "match", 4), leadsTo("rules", "answer", 4), leadsTo("rules", "members", 12), leadsTo("match", "bids", 8), leadsTo("answer", "bids", 8),
			leadsTo("clients", "bids", 16), leadsTo("members", "share", 16), leadsTo("bids", "share", 12)},
	}
}
