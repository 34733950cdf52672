package app

import (
	"context"
	"fmt"
	"time"

	"github.com/entente/entente/internal/community"
)

// demoIdea is an idea of the demo; days is how long ago it was proposed.
type demoIdea struct {
	lang, by          string
	days              float64
	title, tags, body string
	votes             []string
	noted             []string // addresses of those whose vote staff noted
	replies           []demoReply
	steps             []demoStep
	into              int    // the idea that it was taken into, from 1; 0 for none
	initiative        string // name of the one that was made of it
}

type demoStep struct {
	by     string
	days   float64 // after it was proposed
	to     community.Status
	reason string
}

// demoIdeas fills the board of ideas; at is the clock of the service.
func (a *App) demoIdeas(ctx context.Context, s *community.Service, people map[string]context.Context, at *time.Time) error {
	all, err := s.Map(ctx)
	if err != nil {
		return err
	}
	c, found := all.BySlug("sillage")
	space := ""
	for _, sp := range all.Spaces {
		if sp.Community == c.ID && sp.Slug == "idees" {
			space = sp.ID
		}
	}
	if !found || space == "" {
		return nil
	}
	initiatives, err := a.Plan.Initiatives(people["claire"])
	if err != nil {
		return err
	}
	now := a.Clock()
	var made []string
	for _, i := range demoBoard() {
		begun := now.Add(-time.Duration(i.days * 24 * float64(time.Hour)))
		*at = begun
		idea, err := s.Start(people[i.by], community.Begin{Space: space, Kind: community.Ideas, Title: i.title, Body: i.body, Tags: i.tags, Lang: i.lang})
		if err != nil {
			return fmt.Errorf("%q: %w", i.title, err)
		}
		made = append(made, idea)
		for n, voter := range i.votes {
			*at = begun.Add(time.Duration(n+1) * 5 * time.Hour)
			if err := s.Support(people[voter], c.ID, idea, true, ""); err != nil {
				return fmt.Errorf("vote for %q: %w", i.title, err)
			}
		}
		for _, address := range i.noted {
			if err := s.Support(people["ines"], c.ID, idea, true, address); err != nil {
				return fmt.Errorf("note a vote for %q: %w", i.title, err)
			}
		}
		for _, r := range i.replies {
			*at = begun.Add(time.Duration(r.hours * float64(time.Hour)))
			if _, err := s.Reply(people[r.by], c.ID, community.Reply{Post: idea, Body: r.body, Lang: i.lang}); err != nil {
				return fmt.Errorf("reply to %q: %w", i.title, err)
			}
		}
		for _, p := range i.steps {
			*at = begun.Add(time.Duration(p.days * 24 * float64(time.Hour)))
			if err := s.Judge(people[p.by], c.ID, idea, p.to, p.reason); err != nil {
				return fmt.Errorf("decide on %q: %w", i.title, err)
			}
		}
		for _, initiative := range initiatives {
			if initiative.Name != i.initiative {
				continue
			}
			*at = at.Add(time.Hour)
			if err := s.Adopt(people["claire"], c.ID, idea, "Nous en avons fait une initiative : trois guides courts, relus par l’atelier.", initiative.ID); err != nil {
				return fmt.Errorf("adopt %q: %w", i.title, err)
			}
		}
		if i.into > 0 {
			*at = begun.Add(30 * time.Hour)
			if err := s.Merge(people["ines"], c.ID, idea, made[i.into-1], "C’est la même demande : les voix comptent ensemble."); err != nil {
				return fmt.Errorf("merge %q: %w", i.title, err)
			}
		}
	}
	return a.demoChallenges(s, people, at, c, space, made)
}

func demoBoard() []demoIdea {
	return []demoIdea{
		{lang: "fr", by: "odile", days: 28, title: "Un guide simple pour hiverner sa batterie", tags: "batterie hiver", initiative: "Guides batterie Lande 2",
			body:  "On pose tous la même question en novembre. Un guide d’une page, avec un dessin, qu’on accroche dans le garage : où la ranger, à quelle charge, quand la vérifier.",
			votes: []string{"odile", "nadia", "paulo", "gwen", "sandrine"}, noted: []string{"gildas.coudrelle@courriel.example"},
			replies: []demoReply{{by: "karim", hours: 20, body: "Je le relis volontiers. J’ai déjà la moitié du texte dans mes réponses."}},
			steps:   []demoStep{{by: "ines", days: 4, to: community.IdeaReview, reason: "Cinq voix en trois jours et onze conversations sur le sujet ce mois-ci : nous regardons qui peut l’écrire."}}},
		{lang: "fr", by: "nadia", days: 40, title: "Un anneau pour accrocher la remorque sans démonter la roue", tags: "remorque",
			body:  "Chaque matin, trois minutes pour la remorque des enfants. Un anneau fixe sur l’axe suffirait.",
			votes: []string{"nadia", "paulo", "odile"},
			steps: []demoStep{
				{by: "ines", days: 6, to: community.IdeaPlanned, reason: "L’atelier en a soudé deux pour essai."},
				{by: "ines", days: 31, to: community.IdeaDone, reason: "L’anneau est en rayon depuis lundi, 14 €, et monté sans frais à la prochaine révision de qui a voté ici."}}},
		{lang: "en", by: "gwen", days: 15, title: "Spare parts list in English on every product page", tags: "parts english",
			body:  "I can read the French one with a dictionary, but \"patte de dérailleur\" cost me an evening. A list with numbers and English names would do.",
			votes: []string{"gwen", "nadia", "paulo", "odile"}, noted: []string{"dougal.jellicoeray@mailbox.example"},
			steps: []demoStep{{by: "ines", days: 9, to: community.IdeaStarted, reason: "The Lande 2 list is translated and online; Erica and Callune follow before Christmas."}}},
		{lang: "fr", by: "paulo", days: 8, title: "Prêter un vélo pendant les réparations longues", tags: "atelier",
			body:  "Quand la réparation dure plus de deux jours, un vélo de prêt changerait tout pour qui n’a pas de voiture.",
			votes: []string{"paulo", "nadia"},
			replies: []demoReply{{by: "nadia", hours: 9, body: "Même une vieille Callune ferait l’affaire."},
				{by: "sandrine", hours: 30, body: "À l’atelier d’Annecy nous pourrions en garder deux. Je demande."}}},
		{lang: "fr", by: "odile", days: 5, title: "Des horaires d’atelier le jeudi soir", tags: "atelier horaires",
			body: "Jusqu’à 20 h une fois par semaine, pour qui travaille loin.", votes: []string{"odile"}},
		{lang: "fr", by: "nadia", days: 3, title: "Un vélo de remplacement quand la réparation dure", tags: "atelier",
			body: "J’ai attendu neuf jours une pièce. Un vélo de prêt, même simple, m’aurait sauvé la semaine.", votes: []string{"nadia", "odile"}, into: 4},
		{lang: "fr", by: "paulo", days: 22, title: "Une application qui bride le moteur la nuit", tags: "application",
			body: "Pour éviter que quelqu’un parte avec.", votes: []string{"paulo"},
			steps: []demoStep{{by: "ines", days: 7, to: community.IdeaDeclined, reason: "Une panne du téléphone laisserait quelqu’un sans assistance sur la route. Nous préférons un antivol de cadre, à l’essai chez nous."}}},
	}
}
