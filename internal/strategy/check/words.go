package check

import (
	"maps"
	"slices"
	"strings"

	"github.com/entente/entente/lang"
)

// verbs are those an objective may begin with, folded, by language. Those of vague begin one too, and are then told.
func verbs() map[string][]string {
	return map[string][]string{
		"en": strings.Fields(`delight hear persuade convince mend repair question recover reassure thank welcome remember rebuild regain explain sign trust accept accelerate achieve acquire adapt adopt align answer anticipate attract automate avoid bring build buy cancel certify
			close coach collect combine complete connect consolidate convert cover create cut deepen defend deliver deploy design detect develop
			digitise digitize discover diversify double earn educate eliminate embed empower enable encourage end enlarge enter equip establish
			expand extend fill find fix free fulfil fulfill gain gather give grow guarantee halve handle help hire hold identify include increase
			inform integrate introduce invest invite involve keep know launch lead learn lift listen lower maintain make measure meet mobilise
			mobilize modernise modernize monitor move multiply obtain offer open organise organize plan preserve prevent produce protect prove
			provide publish raise reach recognise recognize recruit reduce refer reinvest remove renew replace reply resolve respond restore retain
			reuse reward satisfy save secure sell serve share shift shorten simplify solve speed spread stabilise stabilize standardise standardize
			start stop support sustain teach test track train transfer transform triple turn understand unify win write`),
		"fr": strings.Fields(`abaisser accelerer accepter accompagner accroitre accueillir acheter acquerir adapter adopter aider aligner allonger amener
			ancrer anticiper appliquer apporter apprendre approfondir arreter associer assurer atteindre attirer augmenter automatiser baisser
			batir bloquer capter cesser changer co-construire collecter combler comprendre conclure conduire connaitre connecter conquerir
			conserver consolider construire contenir convertir couvrir creer cultiver decouvrir dedoubler defendre deployer detecter developper
			diffuser diminuer diversifier diviser donner doubler ecouter ecourter economiser eduquer elargir eliminer embaucher encourager
			enseigner entretenir equilibrer equiper eteindre etablir etendre eviter executer faire fermer fideliser finir fixer former fournir
			gagner garantir garder generer guider harmoniser identifier impliquer inciter inclure informer installer instaurer integrer investir
			inviter lancer lever liberer limiter livrer maintenir maitriser mener mesurer mettre mobiliser moderniser multiplier nouer obtenir
			offrir organiser outiller ouvrir parrainer partager passer percer pourvoir preparer preserver prevenir produire progresser proposer
			proteger publier raccourcir ramener rapprocher rassembler reagir realiser recevoir recommander reconnaitre recruter rediger reduire
			reinvestir relever relier remercier remplacer rendre renouveler repartir repondre reprendre resoudre respecter restaurer retenir
			reunir reussir reutiliser revaloriser satisfaire securiser servir simplifier sortir soutenir stabiliser standardiser stopper suivre
			supprimer tenir tester traiter transferer transformer transmettre tripler trouver unifier utiliser vendre verifier`),
	}
}

// vague are words that say too little to be held to, folded, each with the advice it gets: verb (what will be different?), degree (from how
// much to how much?), time (by which date?), thing (whose, and seen by what?).
func vague() map[string]map[string][]string {
	return map[string]map[string][]string{
		"en": {
			"verb": {"improve", "enhance", "optimise", "optimize", "strengthen", "foster", "engage", "leverage", "boost", "promote", "facilitate",
				"contribute to", "work on", "focus on", "be more", "become more", "strive", "try to", "seek to", "aim to", "drive engagement", "maximise",
				"maximize", "minimise", "minimize", "rethink", "reinvent"},
			"degree": {"better", "best", "more", "less", "significantly", "substantially", "considerably", "as much as possible", "to the maximum",
				"world class", "world-class", "best in class", "state of the art", "leading", "excellent", "great", "high quality", "several", "many", "some", "various"},
			"time": {"as soon as possible", "asap", "soon", "quickly", "rapidly", "eventually", "in time", "in the long term", "in due course", "continuously", "regularly"},
			"thing": {"visibility", "awareness", "presence", "buzz", "synergy", "synergies", "excellence", "innovation culture", "brand image", "engagement",
				"customer centricity", "digital transformation", "added value", "thought leadership", "experience", "potential"},
		},
		"fr": {
			"verb": {"ameliorer", "optimiser", "renforcer", "favoriser", "dynamiser", "booster", "valoriser", "promouvoir", "faciliter", "contribuer a", "travailler sur",
				"essayer de", "tenter de", "viser a", "chercher a", "etre plus", "devenir plus", "engager", "animer", "piloter", "maximiser", "minimiser", "repenser",
				"reinventer", "oeuvrer a", "perenniser"},
			"degree": {"mieux", "meilleur", "meilleure", "meilleurs", "meilleures", "plus de", "moins de", "davantage", "significativement", "sensiblement", "fortement", "au maximum", "le plus possible",
				"autant que possible", "de qualite", "haute qualite", "excellent", "excellente", "plusieurs", "quelques", "divers", "nombreux"},
			"time": {"des que possible", "au plus vite", "au plus tot", "bientot", "rapidement", "prochainement", "a terme", "a long terme", "regulierement", "continuellement", "en continu"},
			"thing": {"visibilite", "notoriete", "presence", "buzz", "synergie", "synergies", "excellence", "culture de l'innovation", "image de marque", "rayonnement",
				"engagement", "transformation numerique", "transformation digitale", "valeur ajoutee", "leadership", "experience client", "potentiel"},
		},
	}
}

// and joins two verbs, which makes two objectives.
func and() map[string][]string {
	return map[string][]string{"en": {"and", "or"}, "fr": {"et", "ou"}}
}

// word is a word of a name, folded, with where it stands.
type word struct {
	folded     string
	start, end int
}

func wordsOf(text string) []word {
	var out []word
	at := 0
	for at < len(text) {
		for at < len(text) && text[at] <= ' ' {
			at++
		}
		end := at
		for end < len(text) && text[end] > ' ' {
			end++
		}
		if end > at {
			raw := text[at:end]
			trimmed := strings.Trim(raw, ".,;:!?()[]«»\"“”…\u00a0\u202f")
			if trimmed != "" {
				start := at + strings.Index(raw, trimmed)
				// d'innovation and l'image are about the noun.
				folded := strings.ReplaceAll(lang.Fold(trimmed), "’", "'")
				if _, rest, found := strings.Cut(folded, "'"); found && rest != "" && len(folded)-len(rest) <= 3 {
					folded = rest
				}
				out = append(out, word{folded, start, start + len(trimmed)})
			}
		}
		at = end
	}
	return out
}

func isVerb(code, folded string) bool {
	if slices.Contains(verbs()[code], folded) || slices.Contains(vague()[code]["verb"], folded) {
		return true
	}
	if code != "fr" || len(folded) < 4 || slices.Contains(nouns(), folded) {
		return false // English verbs cannot be told by their ends
	}
	return slices.ContainsFunc([]string{"er", "ir", "endre", "ondre", "ordre", "aincre", "ettre", "attre", "aitre", "uire", "crire", "clore", "indre", "vivre", "suivre"},
		func(end string) bool { return strings.HasSuffix(folded, end) })
}

// nouns look like French infinitives, folded.
func nouns() []string {
	return strings.Fields(`hiver avenir atelier papier plaisir premier dernier courrier metier chantier calendrier dossier loisir desir courriel leader
		ordre desordre lettre souvenir savoir-faire pouvoir devoir espoir soir miroir tresor fichier cahier quartier panier financier policier
		particulier regulier entier danger clair cher hier fier leger pair tir cuir loisirs employer cendre gendre tendre moindre`)
}

// named reports whether a word cannot be a verb: an article, a pronoun, an adjective of degree, or a noun by its end.
func named(code, folded string) bool {
	if slices.Contains(strings.Fields("a an the our my your their all every more less better best new good high higher lower greater top no "+
		"un une le la les des du de notre nos votre vos mon ma mes plus moins mieux meilleur meilleure nouveau nouvelle bonne bon zero"), folded) {
		return true
	}
	ends := map[string][]string{"en": {"tion", "sion", "ment", "ness", "ity", "ance", "ence", "ship", "ism", "ing", "ers"},
		"fr": {"tion", "sion", "ment", "ite", "ance", "ence", "isme", "age", "eur", "aire", "oire", "ie"}}
	return slices.Contains(nouns(), folded) || slices.ContainsFunc(ends[code], func(end string) bool { return len(folded) > len(end)+1 && strings.HasSuffix(folded, end) })
}

// vagueIn finds the empty words of a name.
func vagueIn(code, text string) []Span {
	words := wordsOf(text)
	var out []Span
	for i := 0; i < len(words); i++ {
		best, advice := 0, ""
		for _, kind := range slices.Sorted(maps.Keys(vague()[code])) {
			for _, phrase := range vague()[code][kind] {
				parts := strings.Fields(phrase)
				if len(parts) <= best || i+len(parts) > len(words) {
					continue
				}
				same := true
				for j, p := range parts {
					same = same && words[i+j].folded == bare(p)
				}
				if same {
					best, advice = len(parts), kind
				}
			}
		}
		if best > 0 {
			start, end := words[i].start, words[i+best-1].end
			out = append(out, Span{Lang: code, Start: start, End: end, Text: text[start:end], Advice: advice})
			i += best - 1
		}
	}
	return out
}

// bare takes an elided article away, as wordsOf does.
func bare(w string) string {
	if _, rest, found := strings.Cut(w, "'"); found && rest != "" {
		return rest
	}
	return w
}
