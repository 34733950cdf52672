package query

import (
	"math"
	"strconv"
	"strings"
)

// unknown is the value of lang:, sentiment: and emotion: for posts of which nothing is known.
const unknown = "unknown"

// labels lists the values of a field that has few; nil for other fields.
func labels(field string) []string {
	switch field {
	case "kind":
		return []string{"praise", "complaint", "suggestion", "question", "lead", "job", "none", "article", "discussion", "idea", "event", "mail", "answer", "comment", "review", "post"}
	case "sentiment":
		return []string{"negative", "neutral", "positive", unknown}
	case "emotion":
		return []string{"anger", "disgust", "fear", "joy", "sadness", "surprise", "none", unknown}
	}
	return nil
}

// labelNamed is the label of a field that people mean by another word, "" when it is none; name is folded.
func labelNamed(field, name string) string {
	switch field + ":" + name {
	case "kind:complaints", "kind:plainte", "kind:plaintes", "kind:reclamation", "kind:reclamations", "kind:bug", "kind:bugs", "kind:problem", "kind:probleme":
		return "complaint"
	case "kind:ideas", "kind:idee", "kind:idees", "kind:feature", "kind:request", "kind:demande":
		return "suggestion"
	case "kind:compliment", "kind:compliments", "kind:eloge", "kind:eloges", "kind:thanks", "kind:merci":
		return "praise"
	case "kind:sale", "kind:sales", "kind:prospect", "kind:prospects", "kind:achat", "kind:vente", "kind:buy":
		return "lead"
	case "kind:emploi", "kind:candidature", "kind:jobs", "kind:recrutement", "kind:application":
		return "job"
	case "kind:email", "kind:e-mail", "kind:courriel", "kind:message":
		return "mail"
	case "kind:evenement", "kind:evenements", "kind:meeting", "kind:rencontre":
		return "event"
	case "kind:avis":
		return "review"
	case "kind:reponse":
		return "answer"
	case "kind:commentaire":
		return "comment"
	case "sentiment:negatif", "sentiment:neg", "sentiment:bad", "sentiment:mauvais", "sentiment:-":
		return "negative"
	case "sentiment:neutre", "sentiment:none":
		return "neutral"
	case "sentiment:positif", "sentiment:pos", "sentiment:good", "sentiment:bon", "sentiment:+":
		return "positive"
	case "emotion:colere", "emotion:angry":
		return "anger"
	case "emotion:degout":
		return "disgust"
	case "emotion:peur", "emotion:afraid":
		return "fear"
	case "emotion:joie", "emotion:happy", "emotion:happiness", "emotion:love":
		return "joy"
	case "emotion:tristesse", "emotion:sad":
		return "sadness"
	case "emotion:neutral", "emotion:neutre", "emotion:aucune":
		return "none"
	}
	return ""
}

// parseCount reads >5, >=5, <5, <=5, 5 or 5..9, where 5k and 5m are thousands and millions. Both bounds are included.
func parseCount(s string) (low, high int, ok bool) {
	low, high = 0, math.MaxInt
	if a, b, isRange := strings.Cut(s, ".."); isRange {
		var okA, okB bool
		low, okA = count(a)
		high, okB = count(b)
		return low, high, okA && okB && low <= high
	}
	rest := strings.TrimLeft(s, "<>=")
	n, ok := count(rest)
	if !ok {
		return 0, 0, false
	}
	switch s[:len(s)-len(rest)] {
	case ">":
		low = n + 1
	case ">=":
		low = n
	case "<":
		high = n - 1
	case "<=":
		high = n
	case "", "=":
		low, high = n, n
	default:
		return 0, 0, false
	}
	return low, high, low <= high
}

// count reads a whole number below 10^15.
func count(s string) (int, bool) {
	unit := 1
	if s != "" {
		switch s[len(s)-1] | 0x20 {
		case 'k':
			s, unit = s[:len(s)-1], 1000
		case 'm':
			s, unit = s[:len(s)-1], 1000000
		}
	}
	n, err := strconv.ParseUint(s, 10, 32)
	return int(n) * unit, err == nil
}

func writeCount(low, high int) string {
	switch {
	case low == high:
		return strconv.Itoa(low)
	case high == math.MaxInt:
		return ">=" + strconv.Itoa(low)
	case low == 0:
		return "<=" + strconv.Itoa(high)
	}
	return strconv.Itoa(low) + ".." + strconv.Itoa(high)
}
