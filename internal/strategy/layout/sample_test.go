package layout

import (
	"fmt"
	"math"

	"github.com/entente/entente/internal/measure/stat"
)

func frenchWords() Words {
	return Words{
		OnTrack: "En bonne voie", Watch: "À surveiller", Off: "En retard", Unknown: "Sans donnée récente",
		Target: "Cible", Expected: "Attendu à ce jour", Progress: "Avancement", Supports: "Soutient", NoMeasure: "Pas encore de mesure",
		Consistent: "Lien confirmé par les mesures", NotConsistent: "Lien non confirmé", TooFewData: "Trop peu de données", Legend: "Légende", Colon: "\u00a0: ",
	}
}

func englishWords() Words {
	return Words{
		OnTrack: "On track", Watch: "Watch", Off: "Off track", Unknown: "No recent data",
		Target: "Target", Expected: "Expected by now", Progress: "Progress", Supports: "Supports", NoMeasure: "No measure yet",
		Consistent: "Consistent with the data", NotConsistent: "Not consistent", TooFewData: "Too few data", Legend: "Legend",
	}
}

func wave(n int, slope, swing float64) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = slope*float64(i) + swing*math.Sin(float64(i)*1.3)
	}
	return out
}

// frenchMap is a realistic map of an e-bike maker.
func frenchMap() Map {
	card := func(s stat.State, measure, value, target string, p, e float64) Card {
		return Card{State: s, Measure: measure, Value: value, Target: target, Bar: true, Progress: p, Expected: e, Points: wave(14, p, 1.5)}
	}
	return Map{
		Title: "Carte stratégique 2026 – Vélos Lumière",
		Desc:  "Comment nos conversations avec les clients, les revendeurs et les fournisseurs créent de la valeur. Situation au 30 juin 2026.",
		Bands: []Band{
			{ID: "value", Title: "Valeur pour l’actionnaire et pour le client"},
			{ID: "internal", Title: "Valeur interne et opérationnelle", Steps: []Step{
				{"goals", "Objectifs au service des buts de l’entreprise"}, {"insight", "De l’écoute à l’innovation"},
				{"plan", "Plan de mise en œuvre"}, {"govern", "Gouverner, mesurer, affiner"},
			}},
			{ID: "learning", Title: "Apprentissage et développement"},
		},
		Objectives: []Objective{
			{ID: "v1", Band: "value", Title: "Accroître la marge sur les ventes après première recommandation", Href: "/o/v1", Card: card(stat.OnTrack, "Marge brute recommandée", "184 k€", "240 k€", .62, .55)},
			{ID: "v2", Band: "value", Title: "Fidéliser les propriétaires de vélos électriques", Href: "/o/v2", Card: card(stat.Watch, "Taux de rétention à 12 mois", "81,4 %", "88 %", .41, .5)},
			{ID: "v3", Band: "value", Title: "Améliorer la réputation de la marque dans les forums spécialisés", Href: "/o/v3", Card: card(stat.Off, "Sentiment net", "+12,5", "+35", .15, .5)},
			{ID: "i1", Band: "internal", Step: "goals", Title: "Répondre à chaque réclamation publique en moins de quatre heures", Href: "/o/i1", Card: card(stat.Off, "Délai de première réponse, médiane", "7 h 40", "4 h", .2, .6)},
			{ID: "i2", Band: "internal", Step: "goals", Title: "Transmettre les prospects aux revendeurs", Href: "/o/i2", Card: card(stat.OnTrack, "Prospects transmis par mois", "46", "50", .88, .6)},
			{ID: "i3", Band: "internal", Step: "insight", Title: "Transformer les suggestions en améliorations du produit", Href: "/o/i3", Card: card(stat.OnTrack, "Idées réalisées", "9", "12", .75, .6)},
			{ID: "i4", Band: "internal", Step: "plan", Title: "Ouvrir la communauté des ateliers partenaires", Href: "/o/i4", Card: card(stat.Watch, "Ateliers actifs", "23", "40", .42, .55)},
			{ID: "i5", Band: "internal", Step: "govern", Title: "Appliquer la charte de parole dans tous les canaux", Href: "/o/i5", Card: card(stat.OnTrack, "Charte signée", "92 %", "95 %", .9, .8)},
			{ID: "i6", Band: "internal", Step: "govern", Title: "Détecter les crises avant la presse", Href: "/o/i6", Card: Card{State: stat.Unknown, Measure: "Délai de détection", Note: "Aucune donnée depuis 41 jours"}},
			{ID: "l1", Band: "learning", Title: "Former les volontaires à répondre au nom de l’entreprise", Href: "/o/l1", Card: card(stat.OnTrack, "Volontaires formés et actifs", "31", "36", .8, .7)},
			{ID: "l2", Band: "learning", Title: "Partager les connaissances entre l’atelier et le service client", Href: "/o/l2", Card: card(stat.Watch, "Articles corrigés", "58", "120", .38, .5)},
			{ID: "l3", Band: "learning", Title: "Faire participer les salariés à l’écoute", Href: "/o/l3", Card: card(stat.OnTrack, "Participation", "44 %", "45 %", .95, .8)},
		},
		Links: []Link{
			{From: "l1", To: "i1", Weight: .9, Verdict: stat.Consistent}, {From: "l1", To: "i5", Weight: .5, Verdict: stat.Consistent}, {From: "l2", To: "i1", Weight: .6},
			{From: "l2", To: "i3", Weight: .8, Verdict: stat.Consistent}, {From: "l2", To: "i4", Weight: .3}, {From: "l3", To: "i3", Weight: .5, Verdict: stat.NotConsistent}, {From: "l3", To: "i6", Weight: .7},
			{From: "i1", To: "v2", Weight: .9, Verdict: stat.Consistent}, {From: "i1", To: "v3", Weight: .7}, {From: "i2", To: "v1", Weight: .8, Verdict: stat.Consistent},
			{From: "i3", To: "v3", Weight: .5}, {From: "i4", To: "v1", Weight: .4}, {From: "i4", To: "v2", Weight: .6}, {From: "i5", To: "v3", Weight: .4, Verdict: stat.NotConsistent},
			{From: "i6", To: "v3", Weight: .8}, {From: "v2", To: "v1", Weight: .8, Verdict: stat.Consistent}, {From: "v3", To: "v2", Weight: .5},
		},
	}
}

// largeMap has n objectives in four bands, one of them in steps, and about two links each.
func largeMap(n int) Map {
	m := Map{
		Title: "Group strategy map", Desc: "Sixty objectives of four divisions.",
		Bands: []Band{
			{ID: "b0", Title: "Shareholder value"}, {ID: "b1", Title: "Customer value"},
			{ID: "b2", Title: "Internal and operational value", Steps: []Step{{"s0", "Goals that serve the business"}, {"s1", "Audience insight to innovation"}, {"s2", "Implementation plan"}, {"s3", "Govern, measure, refine"}}},
			{ID: "b3", Title: "Learning and growth"},
		},
	}
	verbs := []string{"Grow the share of", "Shorten the time to", "Open a community for", "Turn suggestions into", "Answer every question about", "Reduce the cost of"}
	nouns := []string{"repeat orders", "first replies to complaints", "workshops and resellers", "accepted product ideas", "battery safety", "assisted contacts in the peak season"}
	band := []int{0, 1, 1, 2, 2, 2, 2, 3, 3, 3}
	of := make([]int, n)
	for i := range n {
		b := band[i%len(band)]
		of[i] = b
		m.Objectives = append(m.Objectives, Objective{
			ID: fmt.Sprint("o", i), Band: fmt.Sprint("b", b), Step: fmt.Sprint("s", i%4), Href: fmt.Sprint("/o/", i),
			Title: verbs[i%6] + " " + nouns[(i/6+i)%6],
			Card: Card{State: stat.State(i % 4), Measure: "Measure " + fmt.Sprint(i), Value: fmt.Sprint(i*7%100, " %"), Target: "80 %", Bar: true,
				Progress: float64(i*7%100) / 100, Expected: .5, Points: wave(10, .2, 1)},
		})
	}
	for i := range n {
		for k := range 2 {
			for step := 1; step < n; step++ {
				j := (i*7 + k*11 + step) % n
				if of[j] == of[i]-1 {
					m.Links = append(m.Links, Link{From: fmt.Sprint("o", i), To: fmt.Sprint("o", j), Weight: float64(1+i%3) / 3, Verdict: stat.Verdict(i % 3)})
					break
				}
			}
		}
	}
	return m
}
