package strategy

import "context"

// FromTemplate makes the map with which an organisation can begin: the perspectives of a social business and a few objectives, linked,
// without measures and owners, which only the organisation can choose. Its words are in all languages of the interface.
func (s *Service) FromTemplate(ctx context.Context) (Map, error) {
	due := s.Now().AddDate(1, 0, 0)
	d := Draft{
		Name: Words{"en": "Strategy map", "fr": "Carte stratégique"},
		Perspectives: []Perspective{
			{ID: "value", Name: Words{"en": "Shareholder and customer value", "fr": "Valeur pour l’actionnaire et le client"}},
			{ID: "internal", Name: Words{"en": "Internal and operational value", "fr": "Valeur interne et opérationnelle"}},
			{ID: "goals", Within: "internal", Name: Words{"en": "Objectives that serve business goals", "fr": "Objectifs au service des buts de l’entreprise"}},
			{ID: "insight", Within: "internal", Name: Words{"en": "Audience insight to innovation", "fr": "De l’écoute du public à l’innovation"}},
			{ID: "implementation", Within: "internal", Name: Words{"en": "Implementation plan", "fr": "Plan de mise en œuvre"}},
			{ID: "govern", Within: "internal", Name: Words{"en": "Govern, measure, refine", "fr": "Gouverner, mesurer, affiner"}},
			{ID: "learning", Name: Words{"en": "Learning and growth", "fr": "Apprentissage et développement"}},
		},
		Objectives: []Objective{
			{ID: "keep", Perspective: "value", Name: Words{"en": "Keep the customers we have", "fr": "Garder les clients que nous avons"}},
			{ID: "trust", Perspective: "value", Name: Words{"en": "Earn the trust of those who compare", "fr": "Gagner la confiance de ceux qui comparent"}},
			{ID: "answer", Perspective: "goals", Name: Words{"en": "Answer every question in time", "fr": "Répondre à temps à chaque question"}},
			{ID: "ideas", Perspective: "insight", Name: Words{"en": "Turn what we hear into improvements", "fr": "Transformer ce que nous entendons en améliorations"}},
			{ID: "staff", Perspective: "implementation", Name: Words{"en": "Staff the inbox for peaks", "fr": "Renforcer l’équipe pendant les pics"}},
			{ID: "close", Perspective: "govern", Name: Words{"en": "Close what we open", "fr": "Clore ce que nous ouvrons"}},
			{ID: "volunteers", Perspective: "learning", Name: Words{"en": "Train volunteers in every department", "fr": "Former des volontaires dans chaque service"}},
		},
		Links: []Link{
			{Origin: "volunteers", Serves: "answer", LagDays: 42}, {Origin: "volunteers", Serves: "staff", LagDays: 42},
			{Origin: "staff", Serves: "answer", LagDays: 14}, {Origin: "close", Serves: "answer", LagDays: 14},
			{Origin: "ideas", Serves: "trust", LagDays: 84}, {Origin: "answer", Serves: "keep", LagDays: 28}, {Origin: "answer", Serves: "trust", LagDays: 28},
		},
	}
	for i := range d.Objectives {
		d.Objectives[i].DueAt = due
	}
	return s.AddMap(ctx, d)
}
