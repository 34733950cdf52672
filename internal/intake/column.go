package intake

import (
	"slices"
	"strings"

	"github.com/entente/entente/lang"
)

// The targets of a table: what each of its lines is.
const (
	Customers = "customers"
	Orders    = "orders"
	Posts     = "posts"

	IdeaLines    = "ideas"    // of a community
	ArticleLines = "articles" // of a community
)

// Targets lists what a table may hold.
func Targets() []string { return []string{Customers, Orders, Posts, IdeaLines, ArticleLines} }

// Column is a field of a target: what a column of a table may mean.
type Column struct {
	Name  string   // key intake.column.NAME
	Names []string // headings that mean it, folded
	Must  bool     // nothing can be made of a table without it
	Sure  bool     // a heading that tells which target this is
	Whole bool     // a heading that merely begins or ends so means something else
}

// Columns lists the fields of a target.
func Columns(target string) []Column {
	if k, ok := kindOfTarget(target); ok {
		return factColumns(&k)
	}
	switch target {
	case Customers:
		return []Column{
			{Name: "id", Names: words("id|no client|n client|numero client|client no|customer id|customer no|customer number|reference|ref|code client|numero|n°|no|n° client|identifiant")},
			{Name: "name", Names: words("name|full name|nom|nom complet|nom de famille|last name|surname|family name|client|customer|customer name|nom du client|contact|display name|raison sociale")},
			{Name: "first_name", Names: words("first name|given name|prenom|forename|firstname"), Sure: true},
			{Name: "email", Names: words("email|e mail|mail|courriel|adresse mail|adresse email|adresse e mail|email address|e mail address|adresse electronique|mel")},
			{Name: "phone", Names: words("phone|telephone|tel|phone number|numero de telephone|portable|mobile|cell|gsm|fixe"), Sure: true},
			{Name: "address", Names: words("address|adresse|street|rue|address 1|adresse 1|street address|voie|adresse postale"), Sure: true},
			{Name: "postcode", Names: words("postcode|postal code|zip|zip code|code postal|cp|npa"), Sure: true},
			{Name: "city", Names: words("city|town|ville|commune|localite"), Sure: true},
			{Name: "country", Names: words("country|pays|country code|code pays"), Sure: true},
			{Name: "since", Names: words("since|customer since|client depuis|depuis|date d inscription|inscrit le|created|created at|date de creation|registered|signup date|date")},
			{Name: "kind", Names: words("type|kind|kinds|category|categorie|segment|relation|relationship|type de client|customer type|groupe|group|tags")},
			{Name: "organisation", Names: words("organisation|organization|company|societe|entreprise|firm|firme|employer|employeur|enseigne"), Sure: true},
			{Name: "title", Names: words("title|job title|fonction|titre|poste|role|position")},
			{Name: "website", Names: words("website|web|site|site web|url|homepage|page web")},
			{Name: "lang", Names: words("language|langue|lang|locale")},
			{Name: "note", Names: words("note|notes|comment|commentaire|commentaires|remarque|remarques|comments")},
			{Name: "consent_news", Names: words("consent news|newsletter|newsletters|opt in|optin|marketing consent|accepts marketing|accepts newsletter|email opt in|opt in newsletter|consentement newsletter|consentement marketing|accepte la newsletter|infolettre|lettre d information|consentement publicite"), Whole: true},
			{Name: "consent_survey", Names: words("consent survey|consent surveys|accepts surveys|survey consent|consentement enquetes|consentement enquete|accepte les enquetes"), Whole: true},
			{Name: "consent_help", Names: words("consent help|ambassador|ambassadeur|ambassadrice|consent ambassador|consentement ambassadeur"), Whole: true},
			{Name: "consent_quote", Names: words("consent quote|may be quoted|quotable|consentement citation|peut etre cite|citable"), Whole: true},
		}
	case Orders:
		return []Column{
			{Name: "id", Names: words("order id|order|order no|order number|no commande|n commande|numero de commande|commande|id|reference|ref|invoice|facture|no facture|invoice number|numero"), Must: true},
			{Name: "date", Names: words("date|order date|date de commande|ordered at|placed at|created at|created|le|date de facture|invoice date|day|jour"), Must: true},
			{Name: "email", Names: words("email|e mail|mail|courriel|customer email|client email|buyer|acheteur|adresse mail|adresse email|customer|client")},
			{Name: "phone", Names: words("phone|telephone|tel")},
			{Name: "product", Names: words("product|produit|article|item|sku|designation|libelle|product name|description|reference produit")},
			{Name: "quantity", Names: words("quantity|quantite|qty|qte|nombre|count|units"), Sure: true},
			{Name: "amount", Names: words("amount|montant|total|price|prix|total ttc|montant ttc|prix total|value|ca|revenue|net|gross|subtotal|total amount|prix ttc"), Must: true, Sure: true},
			{Name: "currency", Names: words("currency|devise|monnaie|currency code"), Sure: true},
			{Name: "through", Names: words("channel|canal|through|via|source|point de vente|canal de vente|sales channel|store")},
			{Name: "reseller", Names: words("reseller|revendeur|dealer|partner|magasin|distributeur"), Sure: true},
		}
	case Posts:
		return []Column{
			{Name: "id", Names: words("id|post id|external id|guid|tweet id|message id|numero")},
			{Name: "at", Names: words("date|at|created at|created|published|publie le|time|timestamp|posted|posted at|date de publication|heure|datetime")},
			{Name: "text", Names: words("text|texte|message|body|content|contenu|post|comment|commentaire|review|avis|tweet|full text|verbatim"), Must: true, Sure: true},
			{Name: "title", Names: words("title|titre|subject|objet|sujet|headline")},
			{Name: "author", Names: words("author|auteur|from|de|email|author email|courriel|author url|handle|username|user|utilisateur|account|compte|pseudo")},
			{Name: "author_name", Names: words("author name|name|nom|nom de l auteur|display name|user name")},
			{Name: "url", Names: words("url|link|lien|permalink|adresse"), Sure: true},
			{Name: "lang", Names: words("language|langue|lang")},
			{Name: "in_reply_to", Names: words("in reply to|reply to|parent|parent id|en reponse a|replied to|thread"), Sure: true},
			{Name: "kind", Names: words("kind|type|post type")},
			{Name: "tags", Names: words("tags|etiquettes|mots cles|hashtags|labels"), Sure: true},
			{Name: "score", Names: words("score|votes|likes|note|rating|stars|etoiles|j aime")},
			{Name: "followers", Names: words("followers|follower count|followers count|author followers|abonnes|nombre d abonnes"), Sure: true},
			{Name: "in", Names: words("in|community|communaute|group|groupe|forum|subreddit|place|lieu")},
		}
	case IdeaLines:
		return append(threadColumns(),
			Column{Name: "status", Names: words("status|state|statut|etat|etape"), Sure: true},
			Column{Name: "reason", Names: words("reason|raison|response|reponse|official response|motif"), Sure: true},
			Column{Name: "score", Names: words("votes|score|supporters|soutiens|vote count|voix|nombre de votes"), Sure: true},
			Column{Name: "voters", Names: words("voters|votants|voter emails|supporter emails")})
	case ArticleLines:
		return append(threadColumns(),
			Column{Name: "kind", Names: words("kind|type|genre|article type")},
			Column{Name: "status", Names: words("status|state|statut|etat|draft|published")},
			Column{Name: "months", Names: words("months|mois|review after|revoir apres"), Sure: true})
	}
	return nil
}

// threadColumns are the fields of what people write in a community.
func threadColumns() []Column {
	return []Column{
		{Name: "id", Names: words("id|idea id|article id|number|numero|reference|ref")},
		{Name: "title", Names: words("title|titre|idea|idee|name|nom|subject|sujet"), Must: true},
		{Name: "text", Names: words("text|texte|body|content|contenu|description|html|markdown"), Must: true},
		{Name: "author", Names: words("author email|email|e mail|mail|courriel|author url|author|auteur|creator email")},
		{Name: "author_name", Names: words("author name|author|auteur|name of author|nom de l auteur|creator|user name|display name")},
		{Name: "at", Names: words("date|created at|created|at|published|publie le|cree le|submitted at|published at")},
		{Name: "lang", Names: words("language|langue|lang|locale")},
		{Name: "tags", Names: words("tags|etiquettes|mots cles|labels|category|categorie|topics")},
		{Name: "url", Names: words("url|link|lien|permalink|address|adresse|old url|ancienne adresse")},
	}
}

func words(s string) []string { return strings.Split(s, "|") }

// heading is the form in which headings are compared: lower case, without accents and marks.
func heading(s string) string {
	s = strings.Map(func(r rune) rune {
		switch r {
		case '_', '-', '.', ':', '/', '(', ')', '\'', '’', '°', 'º', '#', '*', '"':
			return ' '
		}
		return r
	}, lang.Fold(s))
	return strings.Join(strings.Fields(s), " ")
}

// guess finds which column of head means which field of target. The best heading wins a field, and each column means one thing.
func guess(target string, head []string) (columns map[string]int, score int) {
	columns = map[string]int{}
	taken := map[int]bool{}
	folded := make([]string, len(head))
	for i, h := range head {
		folded[i] = heading(h)
	}
	fields := Columns(target)
	try := func(part bool, match func(name, head string) bool, worth int) {
		for rank := range 20 { // the first of a field's names fits best
			for _, f := range fields {
				if _, found := columns[f.Name]; found || rank >= len(f.Names) || part && f.Whole {
					continue
				}
				name := heading(f.Names[rank])
				for i, h := range folded {
					if !taken[i] && h != "" && match(name, h) {
						columns[f.Name], taken[i] = i, true
						score += worth
						if f.Sure {
							score += worth
						}
						break
					}
				}
			}
		}
	}
	try(false, func(name, head string) bool { return name == head }, 3)
	try(true, func(name, head string) bool {
		return len(name) > 3 && (strings.HasPrefix(head, name+" ") || strings.HasSuffix(head, " "+name))
	}, 1)
	for _, f := range fields {
		if _, found := columns[f.Name]; f.Must && !found {
			score -= 10
		}
	}
	return columns, score
}

// guessTarget finds which target fits head best; "" when none does.
func guessTarget(head []string) string { return guessAmong(head, Orders, Posts, Customers) }

func guessAmong(head []string, targets ...string) string {
	best, most := "", 3 // one heading alone may be chance
	for _, t := range targets {
		if _, score := guess(t, head); score > most {
			best, most = t, score
		}
	}
	return best
}

// chosen turns a mapping by headings into one by places.
func chosen(target string, head []string, columns map[string]string) map[string]int {
	out := map[string]int{}
	for _, f := range Columns(target) {
		want, named := columns[f.Name]
		if !named || want == "" {
			continue
		}
		if i := slices.IndexFunc(head, func(h string) bool { return heading(h) == heading(want) }); i >= 0 {
			out[f.Name] = i
		}
	}
	return out
}
