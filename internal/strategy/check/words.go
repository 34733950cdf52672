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
			start stop support sustain teach test track train transfer transform triple turn understand unify win write
			address advance advise allocate analyse analyze apply approach approve assess assign assist audit award balance broaden budget calculate celebrate
			centralise centralize change clarify clean clear communicate compare compete conquer conserve consult contact contain continue control coordinate
			correct cost curate decrease define demonstrate describe diagnose distribute document draft edit enforce enrich ensure entrust evaluate exceed
			exchange execute experiment exploit explore finance finish focus follow fund generate govern guide harmonise harmonize host implement influence
			initiate innovate inspire install intensify interview invent investigate join localise localize manage map market match mediate mentor merge
			migrate model moderate motivate negotiate network nurture onboard operate order overcome pay perform pilot place position practice prepare present
			price prioritise prioritize process professionalise professionalize project propose purchase put qualify rank read reclaim recommend reconcile
			record recycle redesign redirect refine reform refresh reinforce relaunch relieve relocate report represent request rescue research restructure
			retrain return review revise revive rewrite run safeguard scale schedule select send separate set settle shape show specialise specialize sponsor
			staff steer stimulate streamline structure study substitute succeed supervise supply surpass survey switch tackle take target tell tighten trace
			trade translate treat trim uncover undertake update upgrade uphold upskill use validate value verify visit widen work`),
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
			supprimer tenir tester traiter transferer transformer transmettre tripler trouver unifier utiliser vendre verifier
			abolir accorder activer actualiser agir analyser appuyer archiver armer articuler attribuer autonomiser bannir bruler cartographier celebrer
			centraliser clarifier classer coacher collaborer commander communiquer comparer concentrer concevoir confier contribuer controler cooperer
			coordonner corriger debloquer decider definir deleguer desservir devenir distraire distribuer documenter echanger elever emanciper employer
			encadrer enrichir entrainer evaluer eveiller examiner exceller experimenter expliquer exploiter explorer exporter extraire federer financer
			fluidifier franchir freiner generaliser gerer hausser hisser illustrer imaginer implanter inaugurer influencer initier innover inspirer instruire
			intensifier internaliser interroger inventer jumeler labelliser legitimer localiser louer majorer manager migrer missionner moderer motiver
			negocier normaliser nourrir numeriser octroyer ordonner orienter participer payer permettre plaire planifier porter poursuivre presenter prioriser
			privilegier professionnaliser programmer prolonger prouver puiser qualifier questionner raffermir rajeunir ralentir rassurer rationaliser recenser
			recompenser reconquerir recuperer recycler redonner redresser reformer refuser regagner regler regrouper rehabiliter rejoindre relancer relocaliser
			remettre remporter renegocier rentabiliser renvoyer reparer reperer representer reserver responsabiliser resserrer ressourcer restituer retablir
			retrouver reveler revoir rompre sauvegarder segmenter sensibiliser separer soigner solliciter soumettre specialiser sponsoriser stimuler structurer
			substituer surpasser surveiller taire tarir tisser toucher tracer traduire refaire soustraire tranquilliser trier user valider varier veiller viser vivre`),
	}
}

// either are verbs of that list which are nouns too: beginning a name they are verbs, after "and" they may be either.
func either() []string {
	return strings.Fields(`address advance approach audit award balance budget change contact control cost cover design document draft experiment finance focus fund guide handle
		help host influence interview lead map market match measure mentor model network open order pilot place plan position practice present price process
		project purchase question rank record reform report request research return review reward schedule set share shift sponsor staff start stop
		structure study support survey switch target test track trade train transfer transform trust turn update upgrade use value visit work`)
}

// vague are words that say too little to be held to, folded, each with the advice it gets: verb (what will be different?), degree (from how
// much to how much?), time (by which date?), thing (whose, and seen by what?).
func vague() map[string]map[string][]string {
	return map[string]map[string][]string{
		"en": {
			"verb": {"improve", "enhance", "optimise", "optimize", "strengthen", "foster", "engage", "leverage", "boost", "promote", "facilitate",
				"contribute to", "work on", "focus on", "be more", "become more", "strive", "become the leader", "become a leader", "be the leader", "become the reference", "act fast", "try to", "seek to", "aim to", "drive engagement", "maximise",
				"maximize", "minimise", "minimize", "rethink", "reinvent"},
			"degree": {"better", "best", "more", "less", "significantly", "substantially", "considerably", "as much as possible", "to the maximum",
				"world class", "world-class", "best in class", "state of the art", "leading", "excellent", "great", "high quality", "several", "many", "some", "various"},
			"time": {"as soon as possible", "asap", "soon", "quickly", "rapidly", "eventually", "in time", "in the long term", "in due course", "continuously", "regularly"},
			"thing": {"visibility", "awareness", "presence", "buzz", "synergy", "synergies", "excellence", "innovation culture", "brand image", "engagement",
				"customer centricity", "digital transformation", "added value", "thought leadership", "experience", "potential"},
		},
		"fr": {
			"verb": {"ameliorer", "optimiser", "renforcer", "favoriser", "dynamiser", "booster", "valoriser", "promouvoir", "faciliter", "contribuer a", "travailler sur",
				"devenir le leader", "devenir leader", "devenir un leader", "etre le leader", "etre leader", "devenir la reference", "devenir une reference", "agir vite", "essayer de", "tenter de", "viser a", "chercher a", "etre plus", "devenir plus", "engager", "animer", "piloter", "maximiser", "minimiser", "repenser",
				"reinventer", "oeuvrer a", "perenniser"},
			"degree": {"et bien", "mieux", "meilleur", "meilleure", "meilleurs", "meilleures", "plus de", "moins de", "davantage", "significativement", "sensiblement", "fortement", "au maximum", "le plus possible",
				"autant que possible", "de qualite", "haute qualite", "excellent", "excellente", "plusieurs", "quelques", "divers", "nombreux"},
			"time": {"vite", "des que possible", "au plus vite", "au plus tot", "bientot", "rapidement", "prochainement", "a terme", "a long terme", "regulierement", "continuellement", "en continu"},
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

// listed reports whether a word is known to be a verb, whatever it ends in.
func listed(code, folded string) bool {
	return slices.Contains(verbs()[code], folded) || slices.ContainsFunc(vague()[code]["verb"], func(phrase string) bool {
		first, _, _ := strings.Cut(phrase, " ")
		return first == folded
	})
}

func isVerb(code, folded string) bool {
	if listed(code, folded) {
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

// named reports whether a word cannot be a verb: an article, a pronoun, an adjective of degree, or a noun by its
// end. What is listed as a verb is one.
func named(code, folded string) bool {
	if listed(code, folded) {
		return false
	}
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
