package check

import "regexp"

// The patterns are of folded text: small letters, no accents, plain apostrophes. English and French stand side by side: nobody says at which
// sentence somebody changes the language.

func anyOf(patterns ...string) *regexp.Regexp {
	all := ""
	for i, p := range patterns {
		if i > 0 {
			all += "|"
		}
		all += p
	}
	return regexp.MustCompile(`(?:` + all + `)`)
}

var (
	mask = anyOf(
		`\bas an? (?:happy |satisfied |long[- ]time |loyal |simple |mere )?(?:customer|client|user|fan|rider|buyer|owner),? (?:i|we|my)\b`,
		`\bi (?:have )?bought (?:one|two|three|four|several|mine|it|this|these)[a-z ]{0,20} myself\b`, `\bi (?:a|'|hav)[a-z]* (?:totally |completely |fully )?(?:independent|not paid|neutral)\b`,
		`\bi(?: a|')m (?:just |only )?(?:a|an) (?:happy |satisfied |simple |ordinary |normal )?(?:customer|user|fan)\b`,
		`\b(?:i do not|i don't) (?:work|belong) (?:for|to|at) (?:this|the|that) (?:brand|company|firm)\b`,
		`\ben tant qu(?:e |')(?:simple |ancien(?:ne)? )?(?:client|cliente|utilisateur|utilisatrice|acheteur|acheteuse|fan)[a-z ]{0,20},? (?:je|j'|nous|mon|ma)\b`,
		`\bj'en ai achete [a-z ]{0,12}moi-meme\b`, `\bje suis (?:totalement |completement |tout a fait )?(?:independante?|neutre)\b`,
		`\bje (?:ne )?suis (?:qu')?(?:juste |seulement )?un(?:e)? (?:simple )?(?:client|cliente|utilisateur|utilisatrice|fan)\b`,
		`\bje ne travaille pas (?:pour|chez|dans) (?:cette|la|ces) (?:marque|entreprise|boite)\b`,
	)

	introduces = anyOf(
		`\bi(?: a|')m [a-z' -]{2,60} (?:from|of|at|with) [a-z]`,
		`\bmy name is [a-z]`, `\bi work (?:at|for|in) [a-z]`, `\bthis is [a-z' -]{2,40} from [a-z]`, `\bwe are the (?:team|people|workshop)\b`,
		`\bje suis [a-z' -]{2,60} (?:de|du|des|d'|chez|pour) ?[a-z]`, `\bje m'appelle [a-z]`, `\bje travaille (?:chez|pour|a|dans) [a-z]`,
		`\bici [a-z' -]{2,40}, (?:de|du|chez)\b`, `\bnous sommes (?:l'equipe|l'atelier)\b`,
	)

	link = regexp.MustCompile(`\bhttps?://[^\s<>]{4,}|\bwww\.[a-z0-9-]+\.[a-z]{2,}\S*`)

	// What is said instead of an answer.
	courtesy = anyOf(
		`\bthank(?:s| you)[^.!?\n]*\b(?:message|feedback|comment|post|patience|understanding|reaching out|contacting us|contacting|letting us know|writing|hint|trust)\b[^.!?\n]*`,
		`\bthank(?:s| you)(?: (?:so|very) much| a lot)?\b`,
		`\byour satisfaction is [^.!?\n]*`, `\bwe (?:are |'re )?(?:very |so |really |truly )?sorry (?:for|about) [^.!?\n]*`, `\b(?:we )?apologi[sz]e [^.!?\n]*`, `\bsorry\b(?: for [^.!?\n]*)?`,
		`\b(?:we |i )?(?:have |'ve )?(?:passed|forwarded) (?:it|this|that|your [a-z]+) on\b[^.!?\n]*`, `\b(?:we |i )?(?:have |'ve )?noted\b[^.!?\n]*`, `\bduly noted\b`,
		`\b(?:please |kindly )?(?:contact|write to|call|turn to|reach out to) (?:our|the) (?:customer )?(?:support|service|hotline|helpdesk|team|care)\b[^.!?\n]*`,
		`\b(?:great|good|excellent) (?:question|point)\b`, `\bwe hear you\b`, `\b(?:rest|be) assured\b[^.!?\n]*`, `\bsee you soon\b`, `\byour [a-z ]{0,20}team\b`, `\bwe (?:love|like|appreciate|value|welcome|enjoy) (?:to hear|hearing|your|all|every|our|any)[^.!?\n]*`,
		`\bwe (?:take|treat) (?:all|every|each|your|this|any)[^.!?\n]*\bserious(?:ly)?\b[^.!?\n]*`, `\bwe are always (?:looking|trying|working|striving)[^.!?\n]*`,
		`\b(?:hello|hi|dear|good (?:morning|day|evening)|best regards|kind regards|regards|cheers)\b[^.!?,;:\n]{0,20}`,
		`\bmerci\b[^.!?\n]*\b(?:message|retour|commentaire|avis|patience|comprehension|contactes?|confiance|contacter|remarque|temps)\b[^.!?\n]*`,
		`\bmerci(?: beaucoup| bien)?\b`, `\bnous vous remercions\b[^.!?\n]*`, `\bvotre satisfaction est [^.!?\n]*`,
		`\b(?:nous sommes |je suis )?(?:vraiment |sincerement |tres )?desole[es]*\b(?: pour [^.!?\n]*| de [^.!?\n]*)?`, `\b(?:toutes )?n(?:os|otre) excuses\b[^.!?\n]*`, `\bveuillez nous excuser\b[^.!?\n]*`,
		`\b(?:nous (?:l')?avons|j'ai|c'est|bien) (?:bien )?(?:transmis|note)\b[^.!?\n]*`,
		`\b(?:merci de |veuillez |vous pouvez )?(?:contacte[rz]|ecri(?:re|vez) a|appele[rz]|vous adresser a) (?:notre|le|au) (?:service|support|equipe|standard)\b[^.!?\n]*`,
		`\b(?:excellente|bonne|tres bonne) (?:question|remarque)\b`, `\bnous vous entendons\b`, `\bsoyez assures?\b[^.!?\n]*`, `\b(?:a )?tres bientot\b`, `\ba bientot\b`, `\bvotre equipe\b[^.!?\n]{0,20}`, `\bnous (?:adorons|aimons|apprecions)\b[^.!?\n]*`,
		`\bnous prenons (?:tou(?:s|tes)|chaque|votre|vos)[^.!?\n]*\bserieux\b[^.!?\n]*`, `\bnous cherchons (?:sans cesse|toujours)[^.!?\n]*`,
		`\b(?:bonjour|bonsoir|cordialement|bien a vous|salut|madame|monsieur)\b[^.!?,;:\n]{0,20}`,
	)

	// Advice, a measure, a place to look, an order to do something.
	advice = anyOf(
		`\b(?:try|check|loosen|tighten|turn|press|hold|pull|push|remove|replace|clean|restart|reset|unplug|plug|open|close|take|use|avoid|make sure|look at|measure|charge|download|install|go to|bring|come by|stop|disconnect|grease|adjust|swap|ask for)\b`,
		`\byou (?:can|could|should|need|may|will find)\b`, `\bit is (?:the|because|a|an|due)\b`, `\bcomes from\b`, `\bgoes away\b`, `\bthe (?:reason|cause|trick|solution|answer) is\b`, `\bcan order\b`,
		`\b(?:essayez|essaie|verifiez|verifie|desserrez|resserrez|serrez|tournez|appuyez|maintenez|tirez|poussez|retirez|remplacez|nettoyez|redemarrez|debranchez|branchez|ouvrez|fermez|prenez|utilisez|evitez|regardez|mesurez|chargez|telechargez|installez|passez|apportez|deposez|arretez|graissez|reglez|changez|demandez|assurez-vous)\b`,
		`\bvous (?:pouvez|devriez|devez|trouverez)\b`, `\bil (?:faut|suffit)\b`, `\bc'est (?:la|le|l'|parce|du|une?)\b`, `\bvient (?:de|du|d')`, `\bdisparait\b`, `\bla (?:raison|cause|solution|reponse) (?:est|:)`, `\bpeut commander\b`,
		`\b\d+(?:[.,]\d+)? ?(?:mm|cm|m|km|kg|g|nm|bar|v|w|wh|ah|%|h|min|minutes?|seconds?|secondes?|hours?|heures?|days?|jours?|weeks?|semaines?|euros?|€)\b`,
	)

	// Somebody will do something, or the other is asked for what is needed to go on.
	commits = anyOf(
		`\bi(?:'ll| will| shall|'m going to| am going to) [a-z]+`, `\bwe(?:'ll| will| shall| are going to) [a-z]+`,
		`\bi (?:call|write|send|ask|check|look|come back|answer|tell|post|take care|get back|bring|reserve|close|let you know|am here|stay)\b`, `\bi (?:have |'ve )?asked\b`,
		`\band (?:write|tell|answer|call|send|post|come back)\b`,
		`\b(?:takes over|gets back to you|answers you|will answer|will be (?:mended|corrected|there|back|out))\b`,
		`\b(?:tell|write|send|give|show|let) (?:it |that |them )?(?:to )?(?:me|us)\b`, `\bask me\b`, `\bask (?:for|again)\b`, `\bcome (?:by|back|over)\b`, `\bif (?:it|that|this|nothing)[^.!?\n]*\b(?:write|tell|call|come|ask|send)\b`,
		`\bdoes (?:that|it|this) (?:help|work|fit)\b`, `\b(?:which|what|when|where|how)\b[^.!?\n]{3,120}\?`, `\bis it better\b`,
		`\byou (?:get|will get|'ll get|receive|will receive|will hear)\b`, `\b(?:leaves|ships|arrives|comes|is sent|goes out) (?:today|tomorrow|tonight|on|within|by|this|next)\b`,
		`\bje (?:vous |te |m'en |le |la |l'|lui |les |leur |y |vous l'|vous le )*(?:appelle|ecris|envoie|demande|regarde|reviens|reponds|repondrai|dis|dirai|signale|poste|m'occupe|occupe|rappelle|reserve|ferme|trouve|tiens|reste|verifie|reverifie|previens|ecrirai|enverrai|reviendrai|rappellerai|verrai|vais [a-z]+)\b`,
		`\bj'(?:appelle|ecris|envoie|attends|y ecris|ai demande|irai|enverrai|ecrirai)\b`, `\bnous (?:vous |le |la |les |l')*(?:regardons|verifions|cherchons|appelons|ecrivons|envoyons|rappelons|revenons|reviendrons|enverrons|rappellerons|repondrons|tiendrons|allons [a-z]+)\b`,
		`\b(?:prend le relais|vous repond|sera (?:corrigee?|la|disponible|envoyee?))\b`,
		`\b(?:dites|ecrivez|envoyez|donnez|montrez|redites|redemandez|rappelez|prevenez|tenez)-(?:le-|la-|les-)?(?:moi|nous)\b`, `\bpassez\b`, `\brevenez\b`, `\bredemandez\b`,
		`\bsi (?:ca|cela|rien|elle|il|c'est)[^.!?\n]*\b(?:ecrivez|dites|appelez|passez|revenez)\b`,
		`\best-ce (?:mieux|bon|que)\b`, `\b(?:quel|quelle|quels|quelles|quand|ou|comment|combien|pour quel)\b[^.!?\n]{3,120}\?`,
		`\bvous (?:recevrez|recevez|aurez)\b`, `\b(?:part|arrive|est envoyee?) (?:aujourd'hui|demain|ce soir|le|sous|d'ici|cette|lundi|mardi|mercredi|jeudi|vendredi|samedi)\b`,
	)

	moment = anyOf(
		`\b(?:today|tonight|tomorrow|soon as|this (?:week|afternoon|evening|month)|next (?:week|month)|within|by (?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|tonight|tomorrow|noon)|on (?:monday|tuesday|wednesday|thursday|friday|saturday|sunday)|(?:on |until )?\d{1,2} (?:january|february|march|april|may|june|july|august|september|october|november|december))\b`,
		`\b(?:aujourd'hui|ce soir|demain|des que|cette (?:semaine|apres-midi)|ce mois|la semaine prochaine|dans l'heure|d'ici|sous|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|(?:le )?\d{1,2} (?:janvier|fevrier|mars|avril|mai|juin|juillet|aout|septembre|octobre|novembre|decembre))\b`,
	)

	denies = anyOf(`\b(?:no|not|never|cannot|without|nor)\b`, `n't\b`, `\b(?:pas|sans|jamais|aucune?|ni)\b`)

	// A conversation that is at its end needs no step.
	ending = anyOf(`\byou(?:'re| are) (?:very )?welcome\b`, `\bglad (?:it|that|to)\b`, `\benjoy (?:the|your)\b`, `\bhave (?:a )?(?:fun|good|nice|safe)\b`,
		`\bavec plaisir\b`, `\bde rien\b`, `\bje vous en prie\b`, `\bbonne (?:route|journee|balade|soiree)\b`, `\b(?:content|ravi|heureux)(?:e|s|es)? (?:que|d')`)

	sale = anyOf(
		`\b(?:\d+|ten|twenty|fifteen|fifty) ?(?:%|per ?cent) (?:off|discount|cheaper)\b`, `\b(?:promo|discount|coupon|voucher) ?code\b`, `\buse (?:the |our )?code\b`, `\b(?:special|limited|exclusive) offer\b`,
		`\b(?:buy|order) (?:now|today|yours|one now)\b`, `\bour (?:brand[- ]?)?new (?:model|range|collection|product|line|bike|series)\b`, `\b(?:our|the) (?:new |whole |full )?(?:range|collection|line) of\b`, `\bdiscover (?:our|the) (?:new|range|collection|latest)`,
		`\bare the best (?:on|in) (?:the )?(?:market|world|town)\b`, `\bfree (?:delivery|shipping) (?:with|on|for)\b`, `\b(?:only|just) (?:\d+|a few|two|three|four|five) left(?: in stock)?\b`, `\bon sale\b`, `\b(?:you will|you'll) (?:love|adore)\b`, `\bavailable in (?:\d+|two|three|four|five|many|all) (?:colou?rs|sizes)\b`, `\bsave (?:up to )?\d+`,
		`\bfrom (?:only |just )?(?:€ ?)?[0-9][0-9.,]* ?(?:euros?|€|eur)(?:\b|\s|$)`, `\bdon't miss\b`, `\bvisit our (?:shop|store|website)\b`, `\b(?:check out|have a look at|look at) our (?:new |range|shop|store|collection|offers)`,
		`\b(?:\d+|dix|vingt|quinze|cinquante) ?(?:%|pour ?cents?) (?:de )?(?:remise|reduction|rabais|moins cher)\b`, `\bcode (?:promo|de reduction|avantage)\b`, `\bavec le code\b`, `\boffre (?:speciale|limitee|exclusive)\b`,
		`\b(?:achetez|commandez) (?:maintenant|vite|aujourd'hui|des maintenant|le votre)\b`, `\bnotre (?:tout )?nouve(?:au|lle) (?:modele|gamme|collection|produit|velo|serie)\b`, `\b(?:notre|la|toute notre) (?:nouvelle |belle )?gamme d`, `\bdecouvrez (?:notre|nos|la nouvelle|les nouve)`,
		`\b(?:les meilleur[es]*|le meilleur|la meilleure) du marche\b`, `\blivraison (?:offerte|gratuite)\b`, `\bplus qu(?:e |')(?:\d+|deux|trois|quatre|quelques)[a-z ]{0,20} en stock\b`, `\ben (?:promotion|solde|promo)\b`, `\bvous allez (?:l'|les )?adorer\b`, `\bdisponibles? en (?:\d+|deux|trois|quatre|plusieurs) (?:couleurs|coloris|tailles)\b`, `\bprofitez (?:de|d'|vite)`,
		`\ba partir de (?:seulement )?[0-9][0-9 .,]* ?(?:euros?|€|eur)`, `\bne (?:manquez|ratez) pas\b`, `\b(?:visitez|venez voir|allez voir|voyez) (?:notre|nos) (?:boutique|magasin|site|offres)`,
	)

	rude = anyOf(
		`\bif you had (?:only )?(?:read|listened|looked|tried|paid)\b`, `\b(?:nobody|no ?one) else (?:complains?|has (?:a|this|that)|had)\b`, `\byou (?:obviously|clearly|evidently) (?:did|do|have|don't|didn't|never|can't|cannot)\b`,
		`(?:^|[.!?\n] ?|please,? |should |must |need to |have to |now )calm down\b`, `\bstop (?:whining|complaining|moaning|crying)\b`, `\b(?:it|that|this) is (?:all )?(?:entirely )?your (?:own )?(?:fault|problem)\b`, `\byour (?:own )?fault\b`, `\b(?:people|somebody|someone|customers) like you\b`,
		`\b(?:stupid|dumb|idiotic|silly|ridiculous) (?:question|idea|comment|remark|thing)\b`, `\b(?:idiots?|morons?|imbeciles?|fools?|liars?|trolls?)\b`, `\b(?:you are|you're) (?:lying|stupid|crazy|ridiculous|a liar|wrong and you know)\b`, `\bshut up\b`, `\brtfm\b`,
		`\bread the (?:manual|thread|faq)(?: (?:first|before))?(?: *!|[^.!?\n]{0,40} next time)`, `\blearn to (?:read|ride|write)\b`, `\bwhat (?:is|'s) wrong with you\b`, `\bgo (?:away|elsewhere)\b`, `\bget a life\b`, `\bas (?:everyone|everybody|anyone) (?:else )?knows\b`,
		`\bsi vous aviez (?:seulement )?(?:lu|ecoute|regarde|essaye|fait attention)\b`, `\bpersonne (?:d'autre )?ne s'en plaint\b`, `\bpersonne d'autre n(?:e |')`, `\b(?:visiblement|manifestement|clairement),? (?:vous|tu) (?:n'|ne )`,
		`\b(?:calmez-vous|calme-toi|du calme)\b`, `\barretez de (?:pleurnicher|vous plaindre|raler)\b`, `\bc'est (?:entierement )?(?:de )?votre faute\b`, `\bde votre (?:propre )?faute\b`, `\b(?:gens|personnes|quelqu'un|clients) comme vous\b`,
		`\b(?:question|idee|remarque|commentaire) (?:stupide|idiote?|ridicule|debile)\b`, `\b(?:idiote?s?|imbeciles?|cretins?|debiles?|abrutie?s?|menteu(?:r|se)s?|connards?|connes?)\b`, `\bvous (?:mentez|racontez n'importe quoi|etes (?:ridicule|de mauvaise foi))\b`, `\b(?:taisez-vous|la ferme)\b`,
		`\blisez (?:la notice|le fil|le mode d'emploi|avant)\b[^.!?\n]{0,40}!`, `\bapprenez a (?:lire|ecrire|rouler)\b`, `\ballez voir ailleurs\b`, `\bil ne fallait pas\b`, `\bcomme tout le monde (?:le )?sait\b`, `\bn'importe quoi\b`,
	)

	private = anyOf(
		`\b(?:in|by|as|via) (?:a )?(?:private|direct) (?:message|mail|chat)?\b`, `\b(?:write|send|message) (?:to )?(?:you|me|us) (?:in private|privately|directly|a (?:private|direct) message)\b`, `\bin private\b`, `\bprivately\b`, `\b(?:dm|pm|direct message|private message)\b`, `\bby mail\b`,
		`\ben (?:message )?prive\b`, `\b(?:par|en) (?:mp|dm|message prive|message direct|courriel|mail)\b`, `\bmessage prive\b`,
	)
)
