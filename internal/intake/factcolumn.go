package intake

import "github.com/entente/entente/internal/ledger"

// factColumns lists what a column of a table of facts of a kind may mean.
func factColumns(k *ledger.FactKind) []Column {
	quantity := map[string]string{
		ledger.UnitHours:    "hours|heures|duree|duration|temps|time|temps passe|time spent|nombre d heures|minutes|quantite|quantity|heures passees",
		ledger.UnitVisits:   "visits|visites|value|valeur|nombre|count|vues|views|sessions|impressions|portee|reach|abonnes|followers|quantite|quantity|total",
		ledger.UnitPoints:   "rating|note|score|value|valeur|satisfaction|points|etoiles|stars|quantite|quantity",
		ledger.UnitValue:    "value|valeur|share|part|proportion|moyenne|mean|average|resultat|result|pourcentage|percentage|taux|rate",
		ledger.UnitContacts: "contacts|nombre|count|number|tickets|appels|calls|demandes|requests|quantite|quantity|total|nombre de contacts",
		ledger.UnitPeople:   "number|nombre|count|quantite|quantity|effectif|total|personnes|people",
		ledger.UnitTimes:    "number|nombre|count|fois|times|quantite|quantity|total",
		ledger.UnitPieces:   "quantity|quantite|qty|qte|volume|nombre|units|pieces|count|unites",
	}[k.Unit]
	label := map[string]string{
		ledger.FactCost:    "category|categorie|type|nature|poste|type de cout|cost type|poste de depense|label|libelle|kind",
		ledger.FactRating:  "scale|echelle|type|indicateur|metric|enquete|survey|label|kind|mesure",
		ledger.FactVisit:   "metric|mesure|indicateur|type|label|what|quoi|kind",
		ledger.FactSurvey:  "question|question id|id question|code question|item|label|indicateur",
		ledger.FactBenefit: "grade|evidence|preuve|niveau de preuve|evidence grade|type|label|fiabilite",
		ledger.FactOutcome: "what|quoi|objet|category|categorie|type|nature|label|kind",
		ledger.FactAct:     "pillar|pilier|category|categorie|type|nature|label|kind",
		ledger.FactTouch:   "medium|support|utm medium|content|contenu|label|libelle|type",
		ledger.FactOrder:   "product|produit|article|item|designation|libelle|label",
	}[k.ID]
	if label == "" {
		label = "label|libelle|description|designation|objet|subject|intitule|motif|reason|item|article"
	}
	amount := "amount|montant|total|value|valeur|montant ht|montant ttc|somme|euros|eur"
	switch k.ID {
	case ledger.FactCost:
		amount = "cost|cout|" + amount + "|depense|depenses|expense|spend|charge|prix|price"
	case ledger.FactRevenue:
		amount = "revenue|mrr|ca|chiffre d affaires|revenu|revenus|" + amount + "|arr|recette"
	case ledger.FactProposal:
		amount = "final price|prix final|prix negocie|prix convenu|unit price|prix unitaire|price|prix"
	case ledger.FactPurchase:
		amount = "unit price|prix unitaire|price|prix|new price|nouveau prix|prix paye|price paid|prix apres|pu|prix negocie|" + amount
	case ledger.FactBenefit:
		amount = "benefit|benefice|gain|economie|saving|savings|" + amount
	case ledger.FactOrder:
		amount += "|price|prix|revenue|ca|prix ttc"
	}
	list := []Column{
		{Name: "period", Names: words("period|periode|month|mois|quarter|trimestre|semaine|week|mois concerne|exercice")},
		{Name: "at", Names: words("date|at|day|jour|le|created at|date de creation|occurred at|date et heure|datetime|when|quand|date du contact|date d achat|date de facture|client depuis|customer since|since|depuis")},
		{Name: "from", Names: words("from|start|debut|du|date de debut|start date|date debut|begin|period start|debut de periode")},
		{Name: "to", Names: words("to|end|fin|au|until|date de fin|end date|date fin|period end|fin de periode|jusqu au")},
		{Name: "id", Names: words("id|external id|reference|numero|no|n|number id|identifiant|ticket|ticket id|facture|invoice|no facture|piece|cle|key")},
	}
	if k.Quantity != ledger.Never {
		list = append(list, Column{Name: "quantity", Names: words(quantity), Must: k.Quantity == ledger.Must, Sure: k.Quantity == ledger.Must})
	}
	if k.Unit == ledger.UnitHours {
		list = append(list, Column{Name: "unit", Names: words("unit|unite")})
	}
	if k.Before {
		list = append(list, Column{Name: "before", Names: words("price before|prix avant|old price|ancien prix|before|avant|prix precedent|previous price|prix initial|proposed price|prix propose|proposed|propose"), Sure: true})
	}
	if k.Amount != ledger.Never {
		list = append(list, Column{Name: "amount", Names: words(amount), Must: k.Amount == ledger.Must, Sure: k.Amount == ledger.Must},
			Column{Name: "currency", Names: words("currency|devise|monnaie|currency code|code devise")})
	}
	if k.Status != ledger.Never {
		list = append(list, Column{Name: "status", Names: words("status|statut|etat|state|etape|stage|mouvement|movement|type|issue|resultat|outcome")})
	}
	list = append(list, Column{Name: "label", Names: words(label), Must: k.Label == ledger.Must, Sure: k.Label == ledger.Must})
	names := map[string]string{
		"person":       "person|personne|customer|client|email|e mail|courriel|mail|contact|candidat|candidate|employe|employee|collaborateur|salarie|prospect",
		"organisation": "organisation|organization|company|societe|entreprise|firm|supplier|fournisseur|firme|vendor|prestataire|raison sociale",
		"channel":      "channel|canal|through|via|reseau|network|page|site",
		"team":         "team|equipe|service|department|departement|pole",
		"partner":      "partner|partenaire|reseller|revendeur",
		"campaign":     "campaign|campagne|operation|utm campaign",
		"community":    "community|communaute|forum|groupe|group",
		"source":       "source|origin|origine|provenance|referrer|utm source|source de candidature",
		"topic":        "topic|theme|sujet",
		"language":     "language|langue|lang",
		"matter":       "matter|nature de la demande|kind of matter|nature|genre",
		"ref":          "ref|lead|piste|question|related to|lie a|concerne|contract|contrat|commande|order|opportunity|opportunite|n|echantillon|sample size|respondents|repondants",
	}
	for _, f := range k.Fields {
		list = append(list, Column{Name: f, Names: words(names[f])})
	}
	note := "note|notes|comment|commentaire|commentaires|remarque|comments"
	if k.ID == ledger.FactRating { // in French that is the mark
		note = "comment|commentaire|commentaires|remarque|comments|verbatim"
	}
	return append(list,
		Column{Name: "version", Names: words("version|revision|rev")},
		Column{Name: "stated_at", Names: words("stated at|updated at|modifie le|mis a jour le|updated|last modified|date de modification|maj le")},
		Column{Name: "withdrawn", Names: words("withdrawn|annule|supprime|void|deleted|cancelled|retire")},
		Column{Name: "note", Names: words(note)})
}
