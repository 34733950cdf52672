package check

import (
	"regexp"
	"strings"
)

var (
	mailAddress = regexp.MustCompile(`[a-z0-9._%+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}`)
	phone       = regexp.MustCompile(`(?:\+|\b00)[1-9][0-9]{0,2}(?:[ .()/-]{0,2}[0-9]){7,12}\b|\b0[1-9](?:[ .-]?[0-9]{2}){4}\b`)
	iban        = regexp.MustCompile(`\b[a-z]{2}[0-9]{2}(?: ?[a-z0-9]{4}){3,7}(?: ?[a-z0-9]{1,4})?\b`)
	card        = regexp.MustCompile(`\b(?:[0-9][ -]?){13,19}\b`)
	orderNumber = anyOf(
		`\b(?:your |the )?(?:order|invoice|customer|contract|parcel|ticket|case|serial)(?: number| no\.?| nr\.?|)? ?(?:n[o°º]\.? ?|#|nr\.? ?|:)? ?#?[0-9][0-9-]{2,}\b`,
		`\b(?:votre |la |le )?(?:commande|facture|contrat|colis|dossier|client|numero de serie)(?: numero)? ?(?:n[o°º]?\.? ?|#|:)? ?#?[0-9][0-9-]{2,}\b`,
	)
	street = anyOf(
		`\b\d{1,4}(?: ?(?:bis|ter))?,? (?:rue|avenue|av\.|boulevard|bd|place|chemin|impasse|allee|quai|route|cours|square) (?:de |du |des |d'|de la |de l')?[a-z]+`,
		`\b\d{1,4},? (?:[a-z]+ ){1,3}(?:street|road|avenue|lane|drive|square|close|gardens|terrace)\b`,
	)
	health = anyOf(
		`\b(?:your|his|her) (?:recent |last )?(?:operation|surgery|illness|disease|pregnancy|therapy|diagnosis|disability|sick leave|cancer|depression)\b`,
		`\b(?:votre|son|sa) (?:recente? )?(?:operation|chirurgie|maladie|grossesse|therapie|diagnostic|handicap|arret maladie|cancer|depression)\b`,
	)
	born = anyOf(`\bborn (?:on|in) [0-9]`, `\bdate of birth\b`, `\bne(?:e)? le [0-9]`, `\bdate de naissance\b`)

	atOurs = anyOf(`\b(?:we are|we're|our|us|shop|workshop|store|office)\b`, `\b(?:nous sommes|notre|nos|boutique|magasin|atelier|bureaux?|chez nous)\b`)

	asksFor = anyOf(
		`\b(?:photo|picture|copy|scan) of (?:your|the) (?:invoice|id|passport|receipt|licence)\b[^.!?\n]*\b(?:name|address)\b[^.!?\n]*`,
		`\b(?:photo|copie|scan) de (?:votre|la|l'|le) ?(?:facture|carte|passeport|ticket)\b[^.!?\n]*\b(?:nom|adresse)\b[^.!?\n]*`,
		`\b(?:give|send|tell|write|post|share)\b[^.!?\n]{0,40}\byour (?:full |home |postal |e-?mail |phone |mobile |order |customer |account |bank )*(?:address|number|phone|e-?mail|name and address|iban|details|birthday|date of birth)\b[^.!?\n]*`,
		`\bwhat is your (?:full |home |postal |e-?mail |phone |mobile |order |customer )*(?:address|number|phone|e-?mail)\b[^.!?\n]*`,
		`\b(?:donner|donnez|envoyer|envoyez|indiquer|indiquez|ecrire|dire|dites|communiquer|communiquez|poster|laissez)\b[^.!?\n]{0,40}\b(?:votre|vos|l'|le) ?(?:numero de (?:commande|client|telephone|compte|dossier|contrat|carte|securite sociale|facture)|adresse|mail|courriel|telephone|coordonnees|date de naissance|iban)\b[^.!?\n]*`,
		`\bquel(?:le)? est votre (?:numero|adresse|mail|courriel|telephone)\b[^.!?\n]*`,
	)
)

// personal looks at all that would be published: what is quoted is published too.
func (t *text) personal(in *Input) Finding {
	if in.Private {
		return met("no_personal_data.private")
	}
	ours := func(s Span) bool {
		words := strings.ToLower(t.raw[s.From:s.To])
		for _, o := range in.Ours {
			if o = strings.ToLower(o); o != "" && (words == o || strings.HasPrefix(o, "@") && strings.HasSuffix(words, o) || digits(words) != "" && len(digits(o)) > 6 && digits(words) == digits(o)) {
				return true
			}
		}
		return false
	}
	links := t.whole.find(t.raw, link)
	inLink := func(s Span) bool {
		for _, l := range links {
			if s.From >= l.From && s.To <= l.To {
				return true
			}
		}
		return false
	}
	var found []Span
	for _, p := range []*regexp.Regexp{mailAddress, phone, iban, orderNumber, street, health, born} {
		for _, s := range t.whole.find(t.raw, p) {
			if !ours(s) && !inLink(s) && !(p == street && t.before(s, 60, atOurs)) {
				found = append(found, s)
			}
		}
	}
	for _, s := range t.whole.find(t.raw, card) {
		if !inLink(s) && luhn(digits(t.raw[s.From:s.To])) {
			found = append(found, s)
		}
	}
	if len(found) > 0 {
		return notMet("no_personal_data.shown", merged(found)...)
	}
	// Asked for in public, unless it is said that it goes another way.
	for _, s := range t.find(asksFor) {
		words := fold(t.raw[s.From:s.To])
		if !private.MatchString(words.s) && !t.before(s, 24, denies) {
			found = append(found, s)
		}
	}
	if len(found) > 0 {
		return notMet("no_personal_data.asked", merged(found)...)
	}
	return met("no_personal_data.none")
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// luhn reports whether digits are a number of a card, by their check digit (ISO/IEC 7812-1).
func luhn(d string) bool {
	if len(d) < 13 || strings.Count(d, d[:1]) == len(d) {
		return false
	}
	sum := 0
	for i := range len(d) {
		n := int(d[len(d)-1-i] - '0')
		if i%2 == 1 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return sum%10 == 0
}
