package app

import (
	"context"
	"fmt"

	"github.com/entente/entente/internal/community"
)

// demoCommunities makes the two communities of the demo, with their spaces, and lets people speak there.
func (a *App) demoCommunities(ctx context.Context) error {
	questions, talk := []string{community.Questions}, []string{community.Discussions}
	for _, c := range []struct {
		community.Plan
		spaces []community.SpacePlan
	}{
		{community.Plan{Slug: "sillage", Langs: []string{"fr", "en"}, Audience: community.Everybody, SignUp: community.Open,
			Name:  community.Texts{"fr": "Le Sillage", "en": "Le Sillage"},
			About: community.Texts{"fr": "Ceux qui roulent en Bruyère, entre eux.", "en": "People who ride Bruyère, among themselves."},
			Welcome: community.Texts{
				"fr": "Posez une question, racontez une sortie, aidez quelqu’un à régler ses freins.\n\nL’équipe de Bruyère Cycles lit et répond ; les meilleures réponses viennent souvent d’un autre cycliste.",
				"en": "Ask a question, tell of a ride, help somebody with their brakes.\n\nThe team of Bruyère Cycles reads and answers; the best answers often come from another rider."},
			Look: community.Look{Accent: "#8a2f5b", Font: "rounded"}},
			[]community.SpacePlan{
				{Slug: "questions", Holds: questions, Access: community.OpenSpace, Name: community.Texts{"fr": "Questions", "en": "Questions"},
					About: community.Texts{"fr": "Entretien, pièces, livraison : demandez.", "en": "Care, parts, delivery: ask."}},
				{Slug: "discussions", Holds: talk, Access: community.OpenSpace, Name: community.Texts{"fr": "Discussions", "en": "Discussions"},
					About: community.Texts{"fr": "Sorties, voyages, vie quotidienne à vélo.", "en": "Rides, journeys, every day by bicycle."}},
				{Slug: "atelier", Holds: []string{community.Questions, community.Discussions}, Access: community.OnRequest, Name: community.Texts{"fr": "Atelier", "en": "Workshop"},
					About: community.Texts{"fr": "Pour ceux qui démontent tout et le remontent.", "en": "For those who take everything apart and put it together again."}},
				{Slug: "idees", Holds: []string{community.Ideas}, Access: community.OpenSpace, Name: community.Texts{"fr": "Idées", "en": "Ideas"},
					About: community.Texts{"fr": "Ce que Bruyère devrait changer : proposez, votez, suivez.", "en": "What Bruyère should change: propose, vote, follow."}},
				{Slug: "savoir", Holds: []string{community.Articles}, Access: community.OpenSpace, Name: community.Texts{"fr": "Savoir-faire", "en": "Know-how"},
					About: community.Texts{"fr": "Guides et bonnes pratiques, relus par l’atelier.", "en": "Guides and best practices, read by the workshop first."}},
				{Slug: "rendez-vous", Holds: []string{community.Events}, Access: community.OpenSpace, Name: community.Texts{"fr": "Rendez-vous", "en": "Meetings"},
					About: community.Texts{"fr": "Sorties, ateliers ouverts et soirées en ligne.", "en": "Rides, open workshops and evenings online."}},
				{Slug: "pionniers", Holds: talk, Access: community.Hidden, Name: community.Texts{"fr": "Pionniers", "en": "Pioneers"},
					About: community.Texts{"fr": "Essais de prototypes, avant tout le monde.", "en": "Prototypes, before anybody else."}},
			}},
		{community.Plan{Slug: "equipe", Langs: []string{"fr"}, Audience: community.ByKind, Kinds: []string{"employee"}, SignUp: community.Approval,
			Name:  community.Texts{"fr": "Équipe Bruyère"},
			About: community.Texts{"fr": "Entre collègues."},
			Look:  community.Look{Accent: "#2b5d34", Background: "#f6f8f2"}},
			[]community.SpacePlan{
				{Slug: "discussions", Holds: talk, Access: community.OpenSpace, Name: community.Texts{"fr": "La machine à café"}, About: community.Texts{"fr": "Nouvelles, arrivées, anniversaires."}},
				{Slug: "questions", Holds: questions, Access: community.OpenSpace, Name: community.Texts{"fr": "Qui sait ?"}, About: community.Texts{"fr": "Demander à un collègue, d’un atelier ou d’un magasin à l’autre."}},
			}},
	} {
		made, err := a.Community.Add(ctx, c.Plan)
		if err != nil {
			return fmt.Errorf("%s: %w", c.Slug, err)
		}
		for _, sp := range c.spaces {
			if _, err := a.Community.AddSpace(ctx, made.ID, sp); err != nil {
				return fmt.Errorf("%s of %s: %w", sp.Slug, c.Slug, err)
			}
		}
	}
	return a.demoTalk(ctx)
}
